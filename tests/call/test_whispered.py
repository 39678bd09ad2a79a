"""Whispers in a call from sound to end: before the final words, once, marked, a supervisor's between; whole calls bear them."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from monitor import config, labels, scripts
from monitor.alerts.rules import load_rules
from monitor.alerts.whisper_sheet import load_whispers
from monitor.alerts.whisper_state import VITAL
from monitor.alerts.whispers import PACE
from monitor.analysis.analyzer import Analysis
from monitor.call import Conversation
from monitor.errors import MonitorError
from monitor.records import CallRecord, Speech, Whisper
from monitor.review import as_report
from tests.call.support import KIND, THREAT, Script, Watched, run


def threat(speech: Speech) -> str:
    return THREAT if speech.speaker == "customer" else KIND


def wrong(speech: Speech) -> str:
    return KIND if speech.stage == "final" else threat(speech)


async def test_a_whisper_comes_before_the_final_words_and_once(analysis: Analysis, sound: Path) -> None:
    live = Watched()
    await run(analysis, Script(threat), live, sound)
    told: list[Whisper] = live.of("whisper")
    words = told[0].because[0].split(".")[0]
    first = next(number for number, (type, _) in enumerate(live.events) if type == "whisper")
    heard = [data.stage for type, data in live.events[:first] if type == "utterance" and data.id == words]
    assert heard
    assert "final" not in heard, "it waits for no final words"
    sent = [whisper for whisper in told if whisper.status == "sent"]
    assert sent[0].rule == "regulator"
    assert len({whisper.id for whisper in sent}) == len(sent), "none twice"
    assert all(later.at - before.at >= PACE for before, later in pairwise(sent))
    assert {whisper.status for whisper in live.record().whispers} == {"withdrawn"}, "the call is over"
    assert all(whisper.when for whisper in told)


async def test_a_whisper_on_words_misheard_is_withdrawn(analysis: Analysis, sound: Path) -> None:
    live = Watched()
    await run(analysis, Script(wrong), live, sound, segment=config.Segment(padding=0.6))
    told: list[Whisper] = live.of("whisper")
    assert "sent" in {whisper.status for whisper in told}, "it was guessed"
    assert {whisper.status for whisper in live.whispers.values()} == {"withdrawn"}
    assert not any(finding.kind == "escalation" for finding in live.record().findings)


async def test_review_lists_what_was_vital_live(analysis: Analysis, sound: Path) -> None:
    live, offline = Watched(), Watched()
    await run(analysis, Script(threat), live, sound)
    await run(analysis, Script(threat), offline, sound, live=False)
    vital = [[whisper for whisper in outlet.record().whispers if whisper.priority >= VITAL] for outlet in (live, offline)]
    rules = [[whisper.rule for whisper in whispers] for whispers in vital]
    assert rules[0]
    assert rules[0] == rules[1]
    [whisper] = as_report(offline.record())["whispers"][:1]
    assert set(whisper) == {"id", "at", "say", "reason", "because", "rule", "priority", "expires"}


class Desk(Watched):
    """Says when a whisper was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.whispered = asyncio.Event()

    def show(self, type: str, **fields: Any) -> None:
        super().show(type, **fields)
        if type == "whisper":
            self.whispered.set()


async def test_the_agent_and_a_supervisor_in_the_middle_of_a_call(analysis: Analysis, sound: Path) -> None:
    desk, talks = Desk(), list[tuple[Conversation, asyncio.Task[None]]]()

    async def talk(conversation: Conversation) -> None:
        await desk.whispered.wait()
        first = desk.of("whisper")[0]
        assert await conversation.mark("nothing@here", "used") is None
        for status in ("seen", "used"):
            marked = await conversation.mark(first.id, status)
            assert marked == desk.whispers[first.id] == desk.of("whisper")[-1]
            assert marked.status == status
        typed = await conversation.whisper("先道歉", "李主管")
        assert desk.of("whisper")[-1] == typed == desk.whispers["supervisor@1"]

    def join(conversation: Conversation) -> None:
        talks.append((conversation, asyncio.create_task(talk(conversation))))

    await run(analysis, Script(threat), desk, sound, spoil=join)
    [(conversation, task)] = talks
    await task
    told: list[Whisper] = desk.of("whisper")
    assert told[0].id in {id for id, whisper in desk.whispers.items() if whisper.status == "used"}
    assert desk.whispers["supervisor@1"].status == "withdrawn"
    at = desk.whispers["supervisor@1"].at
    assert not [one for one in told if one.origin == "playbook" and one.status == "sent" and at < one.at < at + PACE]
    for asked in (conversation.whisper("太晚了", None), conversation.mark(told[0].id, "dismissed")):
        with pytest.raises(MonitorError) as error:
            await asked
        assert error.value.code == "call_over"


async def test_a_call_that_fails_leaves_no_whisper_standing(analysis: Analysis, sound: Path) -> None:
    live = Watched()
    await run(analysis, Script(threat), live, sound, status="failed")
    assert live.whispers
    assert {whisper.status for whisper in live.whispers.values()} == {"withdrawn"}


@pytest.fixture(scope="module")
def scripted(analysis: Analysis, calls: Path) -> list[CallRecord]:
    samples = labels.load_samples(calls)
    rules, whispers = load_rules(), load_whispers()
    return [scripts.review(sample, analysis, rules, whispers=whispers) for sample in samples]


def test_whole_calls_are_whispered_to_at_a_bearable_pace(scripted: list[CallRecord]) -> None:
    assert sum(record.call.seconds for record in scripted) / sum(len(record.whispers) for record in scripted) >= 20
    for record in scripted:
        assert all(later.at - before.at >= PACE for before, later in pairwise(record.whispers))
        if record.summary.type in ("inquiry", "none"):
            assert len(record.whispers) <= 1, "nothing is wrong"
        elif record.summary.level == 3:
            assert any(whisper.priority >= 80 for whisper in record.whispers), "a threat has its answer"
        for whisper in record.whispers:
            assert not set(whisper.say + whisper.reason) & set("{}")


@pytest.mark.parametrize(
    ("call", "rule", "after", "before", "says"),
    [
        ("dev-01", "regulator", 103, 113, "不拦您"),
        ("dev-03", "overpromise", 13, 19, "按时答复"),
        ("dev-03", "made_to_repeat", 72, 80, "刚才说过"),
        ("dev-07", "demand_supervisor", 36, 58, "赵先生"),
        ("dev-09", "extreme_again", 71, 86, "陪着您"),
        ("dev-12", "suggestion_thank", 20, 40, "很有价值"),
    ],
)
def test_the_right_word_at_the_right_moment(
    scripted: list[CallRecord], call: str, rule: str, after: float, before: float, says: str
) -> None:
    [record] = [record for record in scripted if record.call.id == call]
    told = [whisper for whisper in record.whispers if whisper.rule == rule and after <= whisper.at <= before]
    assert any(says in whisper.say for whisper in told), [(whisper.rule, whisper.at) for whisper in record.whispers]
