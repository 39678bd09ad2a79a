"""A banned phrase nobody could be sure of is told once two others are known, and only then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

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

Line = tuple[Speaker, str, Mapping[str, float]]
COMPLAINT: Line = ("customer", "你们的柜门又掉下来了，差点砸着孩子。", {})
ANSWER: Line = ("customer", "那也不能就这么算了吧。", {})
DOUBTFUL: Line = ("agent", "门嘛，用着用着总会松的。", {"belittle": 0.4, "blame_customer": 0.3})
SURE: Line = ("agent", "这个不归我管。", {"not_my_job": 0.9})
SURE_TOO: Line = ("agent", "您自己上网看去。", {"read_it_yourself": 0.9})


def hear(*lines: Line, drafts: bool = False) -> list[list[Finding]]:
    """What each line gives: of phrases, then of doubts; `drafts`: what its draft would give."""
    book = playbook.load()
    phrases, doubts, story, given = PhraseDetector(book), Doubts(book), Story(), list[list[Finding]]()
    for number, (speaker, words, acts) in enumerate(lines):
        text = texts.read(words)
        does = tuple(Act(label, 0, len(text.norm), chance, "") for label, chance in acts.items())
        one = Said(said(speaker, words, 10.0 * number, id=f"u{number}"), text, does, frozenset(acts))
        one = replace(one, findings=tuple(phrases.judge(one, story.context)))
        draft = replace(one, utterance=replace(one.utterance, stage="draft"))
        guessed, first = doubts.judge(draft, story.context), doubts.judge(one, story.context)
        assert first == doubts.judge(one, story.context), "to judge changes nothing"
        one = replace(one, findings=(*one.findings, *(guessed if drafts else first)))
        doubts.settle(one)
        story.settle(one)
        given.append(list(one.findings))
    return given


def told(*lines: Line, drafts: bool = False) -> list[str]:
    """The findings that only doubts tell, by id and the line they come with."""
    found = hear(*lines, drafts=drafts)
    return [f"{one.id} at {at}" for at, made in enumerate(found) for one in made if "不能确定" in one.because]


def test_a_doubt_before_two_sure_ones_is_told_with_the_second() -> None:
    assert told(COMPLAINT, DOUBTFUL, ANSWER, SURE, ANSWER) == []
    assert told(COMPLAINT, DOUBTFUL, ANSWER, SURE, ANSWER, SURE_TOO) == ["u1.belittle at 5"]
    [doubt] = [one for one in hear(COMPLAINT, DOUBTFUL, ANSWER, SURE, ANSWER, SURE_TOO)[5] if one.utterance == "u1"]
    assert (doubt.kind, doubt.start, doubt.text) == ("banned_phrase", 10.0, DOUBTFUL[1].rstrip("。"))
    assert LEAST <= doubt.confidence <= MOST


def test_a_doubt_after_two_sure_ones_is_told_at_once_and_one_a_call() -> None:
    lines = (COMPLAINT, SURE, ANSWER, SURE_TOO, ANSWER, DOUBTFUL)
    assert told(*lines) == ["u5.belittle at 5"]
    assert told(*lines, ANSWER, DOUBTFUL) == ["u5.belittle at 5"]


@pytest.mark.parametrize("does", ["soothe", "probe", "act", "elevate", "ask"])
def test_who_helps_meanwhile_is_not_doubted(does: str) -> None:
    helping: Line = (DOUBTFUL[0], DOUBTFUL[1], {**DOUBTFUL[2], does: 0.9})
    assert told(COMPLAINT, helping, ANSWER, SURE, ANSWER, SURE_TOO) == []


def test_neither_a_greeting_nor_more_of_a_turn_with_a_sure_one_is_doubted() -> None:
    assert told(DOUBTFUL, COMPLAINT, SURE, ANSWER, SURE_TOO) == [], "the customer has not spoken"
    assert told(COMPLAINT, SURE, DOUBTFUL, ANSWER, SURE_TOO) == [], "another rule explains the turn"
    assert told(COMPLAINT, DOUBTFUL, SURE, ANSWER, SURE_TOO) == []


def test_what_the_words_take_back_is_not_doubted() -> None:
    quoted: Line = ("agent", "您是说，他讲门用着用着总会松的？", DOUBTFUL[2])
    assert told(COMPLAINT, quoted, ANSWER, SURE, ANSWER, SURE_TOO) == []


def test_a_finding_too_weak_to_count_is_told_anew_as_surer() -> None:
    found = hear(COMPLAINT, ("agent", "您坐着歇歇脚。", {"stall": 0.55}), ANSWER, SURE, ANSWER, SURE_TOO)
    [weak], [again] = found[1], [one for one in found[5] if one.utterance == "u1"]
    assert (weak.id, again.id) == ("u1.stall", "u1.stall")
    assert weak.confidence < LEAST <= again.confidence


def test_a_draft_tells_no_doubt() -> None:
    lines = (COMPLAINT, DOUBTFUL, ANSWER, SURE, ANSWER)
    assert told(*lines, SURE_TOO, drafts=True) == []


def test_it_makes_the_third_banned_phrase_that_calls_a_supervisor() -> None:
    engine, alerts = Engine(load_rules(), "c", ("agent", "customer")), list[str]()
    for made in hear(COMPLAINT, DOUBTFUL, ANSWER, SURE, ANSWER, SURE_TOO):
        for one in made:
            alerts += [alert.rule for alert in engine.feed(one) if alert.severity == "critical"]
    assert alerts == ["three_banned_phrases"]
