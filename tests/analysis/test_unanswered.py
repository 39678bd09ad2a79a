"""After a threat, a turn of the agent's that answers nothing brushes it off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from monitor.analysis import playbook
from monitor.analysis import text as texts
from monitor.analysis.context import SURE, Act, Said, Story
from monitor.analysis.unanswered import CONFIDENCE, Unanswered
from monitor.records import Finding, Speaker
from tests.analysis.talk import said

THREAT = "行，那我现在就去市场监管局。"
MOCKS = "出门左拐，公交两站地。"
NEXT = "你这是什么态度？"


class Call:
    def __init__(self) -> None:
        self.unanswered, self.story, self.time = Unanswered(playbook.load()), Story(), 0.0

    def say(self, speaker: Speaker, words: str, acts: Mapping[str, float] | None = None, level: int = 0) -> Said | None:
        text, uttered = texts.read(words), said(speaker, words, self.time, self.time + 4.0)
        self.time += 5.0
        does = tuple(Act(label, 0, len(text.norm), chance, "") for label, chance in (acts or {}).items())
        one = Said(uttered, text, does)
        if level:
            one = replace(one, findings=(rung(one, level),))
        told = self.unanswered.settle(one, self.story.context)
        self.story.settle(one)
        return told


def rung(one: Said, level: int) -> Finding:
    return Finding(
        call="c", id=f"{one.utterance.id}.x", kind="escalation", rule="external_threat", speaker="customer",
        start=one.utterance.start, end=one.utterance.end, text=one.utterance.text, confidence=0.9, because="",
        utterance=one.utterance.id, level=level,
    )  # fmt: skip


def replied(*turn: tuple[str, Mapping[str, float]], level: int = 3) -> Said | None:
    call = Call()
    call.say("customer", THREAT, level=level)
    for words, acts in turn:
        assert call.say("agent", words, acts) is None, "only when the turn is over"
    return call.say("customer", NEXT)


def test_mockery_in_words_that_nothing_knows_is_told_when_the_turn_is_over() -> None:
    told = replied((MOCKS, {}))
    assert told
    finding = told.findings[-1]
    assert (finding.kind, finding.rule, finding.start, finding.confidence) == ("banned_phrase", "dismiss", 5.0, CONFIDENCE)
    assert CONFIDENCE >= SURE
    assert "威胁" in finding.because
    assert finding.text == "出门左拐，公交两站地"


@pytest.mark.parametrize("level", [0, 1, 2])
def test_only_a_threat_wants_an_answer(level: int) -> None:
    assert replied((MOCKS, {}), level=level) is None


@pytest.mark.parametrize("does", ["soothe", "act", "elevate", "probe", "promise_dated", "ask", "absolute"])
def test_who_does_something_about_it_does_not_brush_off(does: str) -> None:
    assert replied((MOCKS, {does: 0.5})) is None
    assert replied((MOCKS, {}), ("我请经理过来。", {does: 0.5})) is None


@pytest.mark.parametrize("words", ["", "嗯，知道了。", "您先别挂。", "您是哪一天买的，在哪家店？"])
def test_few_words_and_questions_are_left_alone(words: str) -> None:
    assert replied((words, {})) is None


def test_a_backchannel_of_the_customer_does_not_end_the_turn() -> None:
    call = Call()
    call.say("customer", THREAT, level=3)
    call.say("agent", MOCKS)
    assert call.say("customer", "嗯") is None
    assert call.say("agent", "我请经理过来跟您说。", {"elevate": 0.9}) is None
    assert call.say("customer", NEXT) is None


def test_a_threat_followed_by_more_in_the_same_turn_still_is_one() -> None:
    call = Call()
    call.say("customer", THREAT, level=3)
    call.say("customer", "我说到做到的。")
    call.say("agent", MOCKS)
    assert call.say("customer", NEXT)


def test_at_the_end_of_the_call_too_and_once() -> None:
    call = Call()
    call.say("customer", THREAT, level=3)
    call.say("agent", MOCKS)
    assert call.unanswered.close()
    assert call.unanswered.close() is None


def test_the_next_turn_answers_something_else() -> None:
    call = Call()
    call.say("customer", THREAT, level=3)
    call.say("agent", "我请经理过来跟您说。", {"elevate": 0.9})
    call.say("customer", NEXT)
    call.say("agent", MOCKS)
    assert call.say("customer", NEXT) is None
