"""Which steps an utterance takes, all that it does weighed."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.analysis import playbook
from monitor.analysis import text as texts
from monitor.analysis.context import Act, Said
from monitor.analysis.taken import FEATURES, WEIGHED, Taken, features
from monitor.errors import ConfigError
from tests.analysis.talk import said

SHEET = playbook.BUILT_IN / "taken.toml"


def uttered(words: str, **acts: float) -> Said:
    heard = said("agent", words, 0.0)
    text = texts.read(words)
    made = tuple(Act(label, 0, len(text.norm), chance, "") for label, chance in acts.items())
    return Said(heard, text, made, frozenset(acts))


@pytest.mark.parametrize("step", WEIGHED)
def test_a_step_is_taken_by_what_is_like_it_and_not_by_a_breach(step: str) -> None:
    taken = Taken(SHEET)
    sure = taken.chances(uttered("这个我给您这样办，您看行不行？", **{step: 0.95}), {step: 0.9})
    assert sure[step] > 0.5
    breached = taken.chances(uttered("这个我给您这样办，您看行不行？", **{step: 0.95}, dismiss=0.95), {step: 0.9})
    assert breached.get(step, 0.0) < sure[step]


def test_what_is_weighed_is_between_nothing_and_all() -> None:
    given = features(uttered("您当时是在哪家门店办的，办的时候跟您说没说过要收手续费，收了多少，还记得吗？", ask=0.7, cant=0.4))
    assert {*given, "found"} == set(FEATURES)
    assert all(0 <= value <= 1 for value in given.values())
    assert (given["ask"], given["breach"], given["long"], given["asks"]) == (0.7, 0.4, 1.0, 1.0)
    assert not any(features(uttered("")).values())


def test_a_sheet_without_a_weight_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "taken.toml"
    path.write_text(SHEET.read_text("utf-8").replace("breach =", "breaches =", 1), "utf-8")
    with pytest.raises(ConfigError, match=r"taken.toml: soothe: breach, breaches: one weight for each of soothe, "):
        Taken(path)
