"""The measuring commands themselves, with the real model, on a few seconds of one call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from monitor import config
from monitor.bench import pieces, server, sound
from monitor.bench.plan import Slice
from monitor.cli import cli
from monitor.errors import MonitorError
from monitor.speech.vad import VadModel

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.model, pytest.mark.usefixtures("_log_restored")]


@pytest.fixture
def short(tmp_path: Path, calls: Path) -> Path:
    """A folder with the first twenty seconds of a labelled call."""
    whole = sound.load(calls, 1)[0]
    folder = tmp_path / "calls"
    folder.mkdir()
    (path,) = pieces.cut([Slice(whole, 0.0, 20.0)], tmp_path).values()
    path.rename(folder / "short.wav")
    raw = json.loads((calls / f"{whole.id}.json").read_text("utf-8"))
    raw["turns"] = [turn for turn in raw["turns"] if turn["end"] <= 20.5]
    raw |= {"seconds": 20.0, "expect": {}}
    (folder / "short.json").write_text(json.dumps(raw), "utf-8")
    return folder


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> dict[str, Any]:
    """A command of the real product; its figures."""
    monkeypatch.chdir(ROOT)  # where the model is
    path = tmp_path / "figures.json"
    result = CliRunner().invoke(cli, [*map(str, arguments), "--json", str(path)])
    assert result.exit_code == 0, result.output + repr(result.exception)
    return dict(json.loads(path.read_text("utf-8")))


def test_live_calls_end_whole_and_none_of_their_alerts_is_lost(
    short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    found = run(tmp_path, monkeypatch, "bench", "live", short, "--calls", "2", "--minutes", "0.4", "--results", kept)
    assert found["failed"] == {}
    assert found["lost"] == []
    assert found["alerts_expected"] > 0, "this stretch has an alert"
    assert found["latency_own"]["count"] > 0
    assert found["latency_labelled"]["count"] > 0
    assert found["texts"]["final"] > 2
    assert found["call_seconds"] == pytest.approx(sum(24.0 - begins for begins in (0.0, 2.5)), abs=1.0)
    assert found["reached"]["no alert lost"]
    assert list(kept.glob("base-5-short@*.json"))


def test_the_limit_the_rival_and_the_review_hear_the_same_call(
    short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewed = run(tmp_path, monkeypatch, "bench", "review", short)
    assert reviewed["call_seconds"] == pytest.approx(20.0)
    assert reviewed["cer"] < 0.5
    (tmp_path / "figures.json").rename(tmp_path / "review.json")
    limit = run(tmp_path, monkeypatch, "bench", "limit", short, "--reached", tmp_path / "review.json")
    assert limit["segments"] > 0
    assert limit["reached"]["review.json"] == pytest.approx(reviewed["calls_per_second"] / limit["calls_per_second"], abs=0.01)
    versus = run(tmp_path, monkeypatch, "bench", "versus", short)
    ours, theirs, whole = versus["sides"]
    assert ours["cer"] == whole["cer"] == reviewed["cer"], "the speech part is the review's"
    assert theirs["cer"] < 0.5


def test_capacity_measures_the_model_that_is_here(short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = run(tmp_path, monkeypatch, "capacity", short)
    base, *others = found["models"]
    assert (base["model"], base["estimate"]) == ("base", False)
    assert base["whole"] > base["decoding"] > 0
    assert base["calls"] >= others[-1]["calls"]


def test_a_file_that_no_measuring_wrote_is_named(short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.json").write_text("[]", "utf-8")
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(cli, ["bench", "limit", str(short), "--reached", str(tmp_path / "other.json")])
    assert isinstance(result.exception, MonitorError)
    assert "other.json" in str(result.exception)


def test_pieces_are_the_recording_to_the_sample(calls: Path, tmp_path: Path) -> None:
    take = sound.load(calls, 1)[0]
    paths = pieces.cut([Slice(take, 0.0, 5.0), Slice(take, 5.0, 5.0), Slice(take, 0.0, 10.0)], tmp_path)
    first, second, both = (b"".join(pieces.blocks(path)) for path in paths.values())
    assert len(both) == 10 * 8_000 * 4
    assert first + second == both


def test_silence_holds_no_speech(tmp_path: Path) -> None:
    path = pieces.silence(tmp_path, 10.0)
    heard = sound.heard(path, config.Config(), VadModel(), drafts=True)
    assert {type(one).__name__ for one in heard} == {"Silence"}


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    settings = config.Config(alerts=config.Alerts(rules=tmp_path / "missing.toml"))
    with pytest.raises(MonitorError, match="missing"):
        async with server.started(settings, tmp_path):
            pass


ROBOT = config.Webhook(name="duty", shape="wecom", url="env:DUTY", teams=("一组",))


def test_nobody_outside_is_told_of_the_alerts_of_a_measuring(tmp_path: Path) -> None:
    site = config.Config(server=config.Server(host="0.0.0.0"), data=config.Data(database="postgresql://db/x"), webhook=(ROBOT,))
    own = server.own(site, tmp_path)
    assert own.webhook == ()
    assert own.server == config.Server()
    assert own.data == config.Data(folder=tmp_path / "data")


def test_the_services_settings_survive_the_way_through_a_file(tmp_path: Path) -> None:
    settings = config.Config(
        data=config.Data(folder=tmp_path / '数 "据"'),
        decode=config.Decode(beam=1, prompt="以下\n是"),
        model=config.Model(name="small"),
        webhook=(ROBOT,),
    )
    path = tmp_path / "config.toml"
    path.write_text(server.toml(settings), "utf-8")
    assert config.load(path) == settings
