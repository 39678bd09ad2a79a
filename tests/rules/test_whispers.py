"""`callmonitor rules check` on the whispers of a site, and on the facts they are filled with."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.analysis import facts
from tests.rules.support import change, run

pytestmark = pytest.mark.usefixtures("_log_restored")

WHISPERS = """\
without = ["fast_speech"]

[[whisper]]
id = "repair_cant"
when = { kind = "banned_phrase", rule = "cant" }
say = ["{name}，我来想办法。", "我来想办法。"]
why = "我们不说办不了"
en = "We find a way"
priority = 90
cooldown = 60
expires = 30
"""
CASES = """\
[[case]]
name = "cannot"
facts = { called = "王先生" }
findings = [{ u = "a1", is = "banned_phrase/cant", start = 5, end = 10 }]
seconds = 20
whispers = ["repair_cant 10 sent"]
says = "王先生，我来想办法。"
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "whispers.toml").write_text(WHISPERS, "utf-8")
    (folder / "whispers.tests.toml").write_text(CASES, "utf-8")
    return folder


def test_what_is_well_is_said_to_have_been_looked_at(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "facts.toml").write_text(facts.BUILT_IN.read_text("utf-8"), "utf-8")
    outcome = run("check", site, monkeypatch=monkeypatch)
    assert outcome.exit_code == 0, outcome.output
    lines = outcome.stdout.splitlines()
    assert f"{site}/facts.toml: instead of the built-in one" in lines
    assert any(
        line.startswith(f"{site}/whispers.toml: ") and line.endswith(" whispers with the built-in ones") for line in lines
    )
    assert f"{site}/whispers.tests.toml: 1 case, all as expected" in lines


def test_all_that_is_wrong_is_told_at_once(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(site / "whispers.toml", "priority = 90", 'priority = 900\nmood = "bad"')
    change(site / "whispers.toml", "fast_speech", "fast_talk")
    change(site / "whispers.tests.toml", "seconds = 20", "second = 20")
    outcome = run("check", site, monkeypatch=monkeypatch)
    assert outcome.exit_code == 1
    for fault in (
        f"{site}/whispers.toml:1: without: there is no built-in whisper 'fast_talk'",
        f"{site}/whispers.toml:9: whisper.0.priority: Input should be less than or equal to 99",
        f"{site}/whispers.toml:10: whisper.0.mood: unknown key",
        f"{site}/whispers.tests.toml:5: case.0.second: unknown key",
    ):
        assert fault in outcome.stdout


def test_a_case_that_comes_out_otherwise_is_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(site / "whispers.tests.toml", "王先生，我来", "王女士，我来")
    outcome = run("check", site, monkeypatch=monkeypatch)
    assert outcome.exit_code == 1
    assert f"{site}/whispers.tests.toml:2: cannot: should whisper repair_cant 10 sent, 王女士，我来想办法。" in outcome.stdout
    assert "whispers repair_cant 10 sent, 王先生，我来想办法。" in outcome.stdout
