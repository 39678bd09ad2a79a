"""`callmonitor rules try` on results and on sound."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor import config, labels, replay, review, scripts
from monitor.alerts import rules as alert_rules
from monitor.alerts.rules import load_rules
from monitor.analysis.analyzer import Analysis
from monitor.cli import cli
from monitor.errors import MonitorError
from tests.rules.support import run

pytestmark = pytest.mark.usefixtures("_log_restored")


@pytest.fixture(scope="module")
def reports(calls: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a review kept of the bundled calls' scripts."""
    folder = tmp_path_factory.mktemp("reports")
    analysis, built_in = Analysis(config.Analysis()), load_rules()
    for sample in labels.load_samples(calls):
        report = review.as_report(scripts.review(sample, analysis, built_in))
        (folder / f"{sample.id}.json").write_text(json.dumps(report, ensure_ascii=False), "utf-8")
    return folder


def test_rules_come_to_the_same_on_what_was_kept(reports: Path) -> None:
    built_in = load_rules()
    for path in sorted(reports.glob("*.json")):
        raised = json.loads(path.read_text("utf-8"))["alerts"]
        [past] = replay.load(path)
        again = replay.alerts(built_in, past, 5.0)
        assert [(one.rule, one.severity, one.because) for one in again] == [
            (one["rule"], one["severity"], tuple(one["because"])) for one in raised
        ]
        for one, then in zip(again, raised, strict=True):
            slack = 1.0 if "silence" in one.rule else 0.001
            assert one.at == pytest.approx(then["at"], abs=slack)


def test_tried_on_kept_results(reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = run("try", alert_rules.BUILT_IN, reports, monkeypatch=monkeypatch)
    assert outcome.exit_code == 0, outcome.output
    rows = [row.split() for row in outcome.stdout.splitlines()]
    raised = [alert for path in reports.glob("*.json") for alert in json.loads(path.read_text("utf-8"))["alerts"]]
    assert sum(row[0].startswith("dev-") for row in rows if row) == len(raised)
    assert f"{len(raised)} alerts in 16 calls" in outcome.stdout
    fired = {alert["rule"] for alert in raised}
    [silent] = [row for row in outcome.stdout.splitlines() if row.startswith("never fired: ")]
    assert {rule.id for rule in load_rules().rule} - fired == set(silent.removeprefix("never fired: ").split(", "))


def test_many_results_in_one_file_and_words_that_a_terminal_would_obey(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = [json.loads(path.read_text("utf-8")) for path in sorted(reports.glob("*.json"))[:2]]
    for shape in shapes:
        shape["call"]["id"] = "\x1b[2J" + shape["call"]["id"]
        for finding in shape["findings"]:
            finding["text"] = "\x1b]0;pwned\x07[bold]" + finding["text"]
    path = tmp_path / "all.json"
    path.write_text("\n".join(json.dumps(shape) for shape in shapes) + "\n", "utf-8")
    outcome = run("try", alert_rules.BUILT_IN, path, monkeypatch=monkeypatch)
    assert outcome.exit_code == 0
    assert "\x1b" not in outcome.output
    assert "\x07" not in outcome.output
    assert "[bold]" in outcome.stdout, "text, not markup"
    assert "in 2 calls" in outcome.stdout


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON"),
        ('{"call": {}}', "is no result of a review: call.id: Field required"),
        ('{"call": {"id": "c", "seconds": 3}, "utterances": [], "findings": [{"kind": 1}]}', "findings.0"),
        ("[]", "is no result of a review"),
        ('{"a": 1}\n{"a"\n', ":2: is not JSON"),
        ("", "is not JSON"),
    ],
)
def test_a_file_that_is_no_result_is_named(
    reports: Path, tmp_path: Path, text: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text, "utf-8")
    outcome = run("try", alert_rules.BUILT_IN, path, reports / "dev-09.json", monkeypatch=monkeypatch)
    assert outcome.exit_code == 1
    assert says in outcome.stderr
    assert "in 1 calls" in outcome.stdout, "the other is tried all the same"


def test_there_must_be_rules_and_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    none = run("try", alert_rules.BUILT_IN, tmp_path, monkeypatch=monkeypatch)
    assert none.exit_code == 1
    assert "no calls there" in none.stderr
    wrong = run("try", tmp_path / "nowhere.toml", tmp_path, monkeypatch=monkeypatch)
    assert isinstance(wrong.exception, MonitorError)


@pytest.mark.model
def test_tried_on_sound_and_on_what_was_kept_of_it(calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(calls / "dev-09.opus", tmp_path)
    heard = run("try", alert_rules.BUILT_IN, tmp_path, monkeypatch=monkeypatch)
    assert heard.exit_code == 0, heard.output
    kept = CliRunner().invoke(cli, ["review", str(tmp_path), "--out", str(tmp_path)])
    assert kept.exit_code == 0
    again = run("try", alert_rules.BUILT_IN, tmp_path, monkeypatch=monkeypatch)
    assert "reviewed" not in again.stderr
    quiet = [row for row in heard.stdout.splitlines() if "silence" not in row]
    assert [row for row in again.stdout.splitlines() if "silence" not in row] == quiet


def test_one_channel_is_known_by_its_speaker(reports: Path) -> None:
    [past] = replay.load(reports / "dev-09.json")
    findings = tuple(replace(one, speaker="unknown") for one in past.findings if one.kind == "escalation")
    utterances = tuple(one.model_copy(update={"speaker": "unknown"}) for one in past.utterances)
    shared = past.model_copy(update={"utterances": utterances, "findings": findings})
    raised = {alert.rule for alert in replay.alerts(load_rules(), shared, 5.0)}
    assert raised
    assert "supervisor_not_brought_in" not in raised
