"""`callmonitor evaluate`: the bundled calls' scripts and sound, kept results, and labels that are broken."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from monitor import config, labels, scripts
from monitor.alerts.rules import load_rules
from monitor.analysis.analyzer import Analysis
from monitor.cli import cli
from monitor.errors import MonitorError
from monitor.records import Silence, Utterance

ROOT = Path(__file__).parent.parent


def run(*arguments: str | Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.chdir(ROOT)  # where the model is
    return CliRunner().invoke(cli, ["evaluate", *map(str, arguments)])


@pytest.fixture
def one(tmp_path: Path, calls: Path) -> Path:
    """A folder with one short labelled call and its recording."""
    folder = tmp_path / "calls"
    folder.mkdir()
    for suffix in (".json", ".opus"):
        shutil.copy(calls / f"dev-09{suffix}", folder)
    (folder / "notes.json").write_text("{}", "utf-8")
    return folder


@pytest.mark.usefixtures("_log_restored")
def test_the_scripts_are_judged_and_the_figures_written(one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = tmp_path / "figures.json"
    outcome = run(one, "--text", "--json", figures, "--results", tmp_path / "kept", monkeypatch=monkeypatch)
    assert outcome.exit_code == 0, outcome.output
    written = json.loads(figures.read_text("utf-8"))
    assert written["call"]["calls"] == 1
    assert written["call"]["cer"] == 0.0
    assert written["kinds"]["escalation"]["found"] > 0
    assert "escalation" in outcome.stdout
    assert "utterances analysed" in outcome.stderr
    kept = json.loads((tmp_path / "kept" / "dev-09.json").read_text("utf-8"))
    assert kept["call"]["model"] == "script"
    again = run(one, "--text", "--results", tmp_path / "kept", monkeypatch=monkeypatch)
    assert again.stdout == outcome.stdout
    assert "1 of 1 results reused" in again.stderr
    sound = run(one, "--results", tmp_path / "kept", monkeypatch=monkeypatch)
    assert sound.exit_code == 1
    assert "is a result by scripts" in str(sound.exception) + sound.stderr


@pytest.mark.model
@pytest.mark.usefixtures("_log_restored")
def test_the_sound_is_reviewed_like_any_recording(one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, reviewed = tmp_path / "kept", tmp_path / "reviewed"
    outcome = run(one, "--results", kept, "--json", tmp_path / "figures.json", monkeypatch=monkeypatch)
    assert outcome.exit_code == 0, outcome.output
    assert "times real time" in outcome.stderr
    figures = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert 0 < figures["call"]["cer"] < 0.3
    assert figures["kinds"]["escalation"]["recall"] > 0
    CliRunner().invoke(cli, ["review", str(one), "--out", str(reviewed)])
    by_review, by_evaluate = (json.loads((folder / "dev-09.json").read_text("utf-8")) for folder in (reviewed, kept))
    assert by_evaluate == by_review
    (one / "dev-09.opus").unlink()
    again = run(one, "--results", kept, monkeypatch=monkeypatch)
    assert (again.exit_code, again.stdout) == (0, outcome.stdout), "a kept result needs no sound"


@pytest.mark.usefixtures("_log_restored")
def test_a_call_without_its_recording_is_named_and_missed(one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (one / "dev-09.opus").unlink()
    outcome = run(one, monkeypatch=monkeypatch)
    assert outcome.exit_code == 1
    assert "dev-09: has no recording" in outcome.stderr
    assert "dev-09: no result" in outcome.stdout


def _without(shape: dict[str, Any]) -> None:
    del shape["complaint"]


def _late(shape: dict[str, Any]) -> None:
    shape["turns"][2]["end"] = 0.1


def _beyond(shape: dict[str, Any]) -> None:
    shape["expect"]["alert_by_turn"] = 99


def _spoken(shape: dict[str, Any]) -> None:
    shape["turns"][1]["speaker"] = "boss"


def _several(shape: dict[str, Any]) -> None:
    shape["turns"] = []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_without, "complaint: Field required"),
        (_late, "turns.2: .*ends at 0.1 s, before it starts"),
        (_beyond, "expect.alert_by_turn is 99, and the last turn is"),
        (_spoken, "turns.1.speaker: "),
        (_several, "turns: "),
    ],
)
def test_broken_labels_are_refused_with_their_place(one: Path, change: Any, says: str) -> None:
    path = one / "dev-09.json"
    shape = json.loads(path.read_text("utf-8"))
    change(shape)
    path.write_text(json.dumps(shape), "utf-8")
    with pytest.raises(MonitorError, match=says) as error:
        labels.load_samples(one)
    assert str(error.value).startswith(str(path))


def test_every_file_that_is_wrong_is_named(one: Path, tmp_path: Path) -> None:
    (one / "a.json").write_text('{"turns": [', "utf-8")
    (one / "b.json").write_bytes(b"\xff\xfe")
    (one / "c.json").write_text("[" * 100_000, "utf-8")
    with pytest.raises(MonitorError) as error:
        labels.load_samples(one)
    assert [line.split(": ")[0].rpartition("/")[2] for line in str(error.value).splitlines()] == [
        "a.json:1",
        "b.json",
        "c.json",
    ]
    with pytest.raises(MonitorError, match="there is no such folder"):
        labels.load_samples(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MonitorError, match="holds no labelled call"):
        labels.load_samples(tmp_path / "empty")


def test_two_recordings_of_one_call_are_refused(one: Path) -> None:
    shutil.copy(one / "dev-09.opus", one / "dev-09.wav")
    with pytest.raises(MonitorError, match="are both beside"):
        labels.load_samples(one)


def test_a_misspelt_label_is_doubted(one: Path) -> None:
    path = one / "dev-09.json"
    shape = json.loads(path.read_text("utf-8"))
    shape["turns"][0]["labels"] = [{"kind": "escalation", "rule": "regulater"}, {"kind": "escalade"}, {"kind": "promise"}]
    path.write_text(json.dumps(shape), "utf-8")
    [sample] = labels.load_samples(one)
    assert list(labels.doubts(sample)) == [
        "dev-09: turns.0: escalation has no rule 'regulater'",
        "dev-09: turns.0: the kind 'escalade' is not one that is found",
    ]


def test_a_result_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"call": {"model": "base"}, "utterances": []}', "utf-8")
    with pytest.raises(MonitorError, match="findings: Field required"):
        labels.load_result(path)


def test_a_script_is_heard_as_a_call_would_be(calls: Path) -> None:
    """Each side's words in order and its silences between them; every moment of the call is accounted for."""
    for sample in labels.load_samples(calls):
        heard = list(scripts._heard(sample.id, sample.labels))
        for side in scripts.SIDES:
            own = [one for one in heard if one.speaker == side]
            said = [one for one in own if isinstance(one, Utterance)]
            assert [one.text for one in said] == [turn.text for turn in sample.labels.turns if turn.speaker == side]
            assert max(one.end for one in own) == pytest.approx(max(sample.labels.length, said[-1].end))
            latest = 0.0
            for one in own:
                assert one.end >= latest or isinstance(one, Silence)
                assert one.start >= 0.0
                assert one.end > one.start
                latest = max(latest, one.end)


def test_a_script_raises_the_alerts_of_its_words(calls: Path) -> None:
    analysis, rules = Analysis(config.Analysis()), load_rules()
    [sample] = [sample for sample in labels.load_samples(calls) if sample.id == "dev-09"]
    record = scripts.review(sample, analysis, rules)
    assert [alert.rule for alert in record.alerts if alert.severity == "critical"]
    assert record == scripts.review(sample, analysis, rules), "the same words, the same verdict"
