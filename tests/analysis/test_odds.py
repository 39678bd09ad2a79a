"""How the call so far weighs a doubt about one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from monitor.analysis import playbook
from monitor.analysis.acts import telling
from monitor.analysis.context import Act, Said
from monitor.analysis.odds import Odds
from monitor.analysis.text import read
from monitor.records import Finding, Speaker, Utterance

ODDS = Odds(playbook.load())


def act(label: str, probability: float, length: int = 60) -> Act:
    return Act(label, 0, length, probability, "像这样")


def said(speaker: Speaker, acts: Sequence[Act] = (), *findings: Finding) -> Said:
    words = Utterance(call="c", id="u", speaker=speaker, start=0, end=2, text="说了什么", stage="final", confidence=0.9)
    return Said(words, read(words.text), tuple(acts), findings=findings)


def found(kind: str, rule: str, confidence: float = 0.9) -> Finding:
    seen = Finding(
        call="c", id="u.1", kind="", rule=None, speaker="agent", start=0, end=2, text="说了", confidence=0, because=""
    )
    return replace(seen, kind=kind, rule=rule, confidence=confidence)


def weighed(label: str, before: Sequence[Said], *beside: Act, probability: float = 0.7) -> float:
    """What a doubt of 0.7 becomes."""
    speaker: Speaker = "agent" if label in ("cant", "absolute", "soothe") else "customer"
    acts = ODDS.weigh([act(label, probability), *beside], speaker, before)
    return next(one.probability for one in acts if one.label == label)


TROUBLE = said("customer", [act("cause_product", 0.8)])
BREACH = said("agent", (), found("banned_phrase", "dismiss"))
THREAT = said("customer", (), found("escalation", "legal"))


@pytest.mark.parametrize("label", ["cant", "absolute", "legal", "dissatisfied"])
def test_a_doubt_counts_less_while_nothing_is_wrong_and_more_the_more_is(label: str) -> None:
    calm, troubled, after = (weighed(label, before) for before in ([], [TROUBLE], [TROUBLE, BREACH]))
    assert calm < 0.4
    assert troubled == pytest.approx(0.7, abs=1e-3)
    assert 0.7 < after < 0.85


def test_what_an_agent_says_is_not_worse_for_the_customers_threats_alone() -> None:
    assert weighed("cant", [THREAT]) == pytest.approx(0.7, abs=1e-3)
    assert weighed("legal", [THREAT]) > 0.7


def test_one_breach_after_another_grows_likelier_only_up_to_a_point() -> None:
    once, twice, often = (weighed("cant", [BREACH] * times) for times in (1, 2, 9))
    assert 0.7 < once < twice == often


def test_a_first_line_that_tells_the_trouble_itself_is_no_calm_one() -> None:
    assert weighed("legal", [], act("demand", 0.9)) == pytest.approx(0.7, abs=1e-3)
    assert weighed("legal", [], act("demand", 0.3)) < 0.4


def test_what_is_hardly_sure_is_no_trouble() -> None:
    doubtful = [said("customer", [act("cause_product", 0.3)]), said("agent", (), found("banned_phrase", "cant", 0.4))]
    assert weighed("cant", doubtful) == weighed("cant", [])
    assert weighed("cant", [said("agent", [act("demand", 0.9)])]) == weighed("cant", [])


def test_a_certain_threat_stays_one_in_the_first_line() -> None:
    assert weighed("legal", [], probability=0.99) > 0.9
    assert 0 <= weighed("legal", [], probability=0.0) < 0.01 < 0.99 < weighed("legal", [], probability=1.0) <= 1


def test_what_few_words_can_tell_at_most_they_still_tell() -> None:
    """A short act is never sure; that is no doubt which a calm call could deepen."""
    (short,) = ODDS.weigh([act("legal", 0.99 * telling(3), length=3)], "customer", [])
    assert short.probability > 0.9 * telling(3)


def test_other_acts_are_left_as_they_are_and_the_surest_comes_first() -> None:
    assert weighed("soothe", []) == 0.7
    acts = ODDS.weigh([act("cant", 0.7), act("soothe", 0.5)], "agent", [])
    assert [one.label for one in acts] == ["soothe", "cant"]
    assert [replace(one, probability=0.5) for one in acts] == [act("soothe", 0.5), act("cant", 0.5)]


def test_a_speaker_nobody_knows_is_not_weighed() -> None:
    acts = (act("cant", 0.7), act("legal", 0.6))
    assert ODDS.weigh(acts, "unknown", []) == acts
    assert ODDS.weigh((), "agent", []) == ()
