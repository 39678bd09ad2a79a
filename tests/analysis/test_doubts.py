"""A banned phrase nobody could be sure of is told once two others are known, and only then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import pytest

from monitor.alerts.engine import Engine
from monitor.alerts.rules import load_rules
from monitor.analysis import playbook
from monitor.analysis import text as texts
from monitor.analysis.context import Act, Said, Story
from monitor.analysis.doubts import LEAST, MOST, Doubts
from monitor.analysis.phrases import PhraseDetector
from monitor.records import Finding, Speaker
from tests.analysis.talk import said


class Line(NamedTuple):
    speaker: Speaker
    words: str
    acts: Mapping[str, float]
    start: float | None = None  # none: after the line before


COMPLAINT = Line("customer", "你们的柜门又掉下来了，差点砸着孩子。", {})
ANSWER = Line("customer", "那也不能就这么算了吧。", {})
DOUBTFUL = Line("agent", "门嘛，用着用着总会松的。", {"belittle": 0.4, "blame_customer": 0.3})
HELPING = Line("agent", "我给您登记，今天就安排师傅上门。", {"act": 0.9})
SURE = Line("agent", "这个不归我管。", {"not_my_job": 0.9})
SURE_TOO = Line("agent", "您自己上网看去。", {"read_it_yourself": 0.9})
SURE_AGAIN = Line("agent", "我们这儿就是这么规定的，办不了。", {"hide_behind_policy": 0.9})
DOUBTED = (COMPLAINT, DOUBTFUL, ANSWER, SURE, ANSWER, SURE_TOO)


def hear(*lines: Line) -> list[list[Finding]]:
    """What is told with each line: doubts, then what phrases find."""
    book = playbook.load()
    phrases, doubts, story, given = PhraseDetector(book), Doubts(book), Story(), list[list[Finding]]()
    for number, (speaker, words, acts, start) in enumerate(lines):
        text = texts.read(words)
        does = tuple(Act(label, 0, len(text.norm), chance, "") for label, chance in acts.items())
        uttered = said(speaker, words, 10.0 * number if start is None else start, id=f"u{number}")
        one = Said(uttered, text, does, frozenset(acts))
        one = replace(one, findings=tuple(phrases.judge(one, story.context)))
        story.settle(one)
        given.append([*doubts.settle(one), *one.findings])
    return given


def told(*lines: Line) -> list[str]:
    """The doubts that are told, by id and the line they come with."""
    return [f"{one.id} at {at}" for at, made in enumerate(hear(*lines)) for one in made if one.doubted]


def test_a_doubt_before_two_sure_ones_is_told_with_the_second() -> None:
    assert told(*DOUBTED[:-1]) == []
    assert told(*DOUBTED) == ["u1.belittle at 5"]
    [doubt] = [one for one in hear(*DOUBTED)[5] if one.doubted]
    assert (doubt.kind, doubt.utterance, doubt.start, doubt.text) == ("banned_phrase", "u1", 10.0, DOUBTFUL.words.rstrip("。"))
    assert LEAST <= doubt.confidence <= MOST


def test_a_doubt_after_two_sure_ones_is_told_when_its_turn_is_over_and_one_a_call() -> None:
    lines = (COMPLAINT, SURE, ANSWER, SURE_TOO, ANSWER, DOUBTFUL, ANSWER)
    assert told(*lines) == ["u5.belittle at 6"]
    assert told(*lines, DOUBTFUL, ANSWER) == ["u5.belittle at 6"]


def test_what_turns_out_to_be_sure_afterwards_counts() -> None:
    doubts, last = Doubts(playbook.load()), list[Finding]()
    for number, (speaker, words, acts, _) in enumerate((*DOUBTED[:-1], Line("agent", "搁那儿。", {}))):
        text = texts.read(words)
        does = tuple(Act(label, 0, len(text.norm), chance, "") for label, chance in acts.items())
        one = Said(said(speaker, words, 10.0 * number), text, does, frozenset(acts))
        one = replace(one, findings=tuple(PhraseDetector(playbook.load()).judge(one, Story().context)))
        last = doubts.settle(one)
    assert not last
    assert [one.rule for one in doubts.amend()] == ["belittle"]
    assert doubts.amend() == []


def test_the_likeliest_is_told() -> None:
    likelier = DOUBTFUL._replace(acts={"belittle": 0.45, "blame_customer": 0.35})
    assert told(COMPLAINT, DOUBTFUL, ANSWER, likelier, ANSWER, SURE, ANSWER, SURE_TOO) == ["u3.belittle at 7"]


def test_with_three_sure_ones_nothing_is_left_to_tell() -> None:
    assert told(COMPLAINT, SURE, ANSWER, SURE_TOO, ANSWER, SURE_AGAIN, ANSWER, DOUBTFUL, ANSWER) == []


@pytest.mark.parametrize("does", ["soothe", "probe", "act", "elevate", "ask"])
def test_who_helps_meanwhile_is_not_doubted(does: str) -> None:
    helping = DOUBTFUL._replace(acts={**DOUBTFUL.acts, does: 0.9})
    assert told(COMPLAINT, helping, *DOUBTED[2:]) == []


def test_who_goes_on_to_help_in_the_same_turn_is_not_doubted() -> None:
    assert told(COMPLAINT, DOUBTFUL, HELPING, *DOUBTED[2:]) == []
    assert told(COMPLAINT, HELPING, DOUBTFUL, *DOUBTED[2:]) == []
    assert told(COMPLAINT, SURE, ANSWER, SURE_TOO, ANSWER, DOUBTFUL, HELPING, ANSWER) == []


def test_neither_a_greeting_nor_a_turn_with_a_sure_one_is_doubted() -> None:
    assert told(DOUBTFUL, COMPLAINT, SURE, ANSWER, SURE_TOO, ANSWER) == [], "the customer has not spoken"
    assert told(COMPLAINT, SURE, DOUBTFUL, ANSWER, SURE_TOO, ANSWER) == []
    assert told(COMPLAINT, DOUBTFUL, SURE, ANSWER, SURE_TOO, ANSWER) == []


def test_who_is_talked_over_goes_on_with_the_same_turn() -> None:
    """The customer began first and was settled later: what the agent says then belongs to the turn of the sure one."""
    over = ANSWER._replace(start=38.0)
    lines = (COMPLAINT, SURE, ANSWER, SURE_TOO._replace(start=40.0), over, DOUBTFUL._replace(start=50.0))
    assert told(*lines, ANSWER) == []


def test_what_the_words_take_back_is_not_doubted() -> None:
    quoted = DOUBTFUL._replace(words="您是说，他讲门用着用着总会松的？")
    assert told(COMPLAINT, quoted, *DOUBTED[2:]) == []


def test_it_takes_nothing_from_what_comes_with_it() -> None:
    """What is told late is of another utterance: the next piece of the turn may break that very rule."""
    again = Line("agent", "多大点事儿，小题大做。", {"belittle": 0.95})
    found = hear(*DOUBTED, again)
    assert [one.id for one in found[6]] == ["u6.belittle"]


def test_it_makes_the_third_banned_phrase_that_calls_a_supervisor() -> None:
    engine, alerts = Engine(load_rules(), "c", ("agent", "customer")), dict[str, str]()
    for made in hear(*DOUBTED):
        for one in made:
            alerts |= {alert.rule: alert.text for alert in engine.feed(one) if alert.severity == "critical"}
    [(rule, words)] = alerts.items()
    assert rule == "three_banned_phrases"
    assert words in SURE_TOO.words, "the newest words, not the doubted ones"
