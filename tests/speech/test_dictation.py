"""Who leads whom, and when a draft's words will do for the final."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from monitor.records import RATE, Lead, Speaker, Speech, Stage, Utterance, Word
from monitor.speech.dictation import Dictation
from monitor.speech.lead import Past, Shape
from monitor.speech.scheduler import Scheduler
from monitor.speech.strain import NARROW


@dataclass
class Ear:
    """An engine that hears in each stretch its own name, and writes down what led it: the words, for tokens."""

    workers: int = 1
    heard: list[tuple[str, Stage, str]] = field(default_factory=list)
    deaf: frozenset[str] = frozenset()  # hears nothing there
    broken: frozenset[str] = frozenset()

    def shape(self, speech: Speech) -> Shape:
        return Shape(8.0, 0)

    def led(self, speech: Speech, past: Past) -> Speech:
        said = "".join(text.strip() for text, _ in past.pieces)
        return replace(speech, lead=Lead(past.samples, tuple(map(ord, said)))) if said else speech

    def transcribe(self, batch: Sequence[Speech], *, narrow: bool = False) -> list[Utterance | None]:
        for one in batch:
            self.heard.append((name(one), one.stage, "".join(map(chr, one.lead.tokens)) if one.lead else ""))
        if any(name(one) in self.broken for one in batch):
            raise RuntimeError("out of memory")
        return [None if name(one) in self.deaf else said(one) for one in batch]


def name(speech: Speech) -> str:
    return f"{speech.id}{speech.part or ''}"


def said(one: Speech) -> Utterance:
    return Utterance(
        call="c", id=one.id, speaker=one.speaker, start=one.start, end=one.end, text=name(one), stage=one.stage, confidence=0.9,
        words=(Word(name(one), one.start, one.end),), spans=one.spans,
    )  # fmt: skip


def speech(
    id: str, stage: Stage = "final", at: float = 0.0, seconds: float = 1.0, who: Speaker = "agent", part: int = 0
) -> Speech:
    return Speech(
        call="c", id=id, speaker=who, start=at, end=at + seconds, stage=stage, spans=((at, at + seconds),), voicing=0.9,
        offset=at, part=part, samples=np.zeros(round(seconds * RATE), np.float32),
    )  # fmt: skip


async def dictate(ear: Ear, *stretches: Speech, strained: bool = False, slowly: bool = False) -> list[str | None]:
    """All at once, or each when the one before is done."""
    async with Scheduler(ear, 4) as scheduler:
        if strained:
            scheduler._strain.level = NARROW
        dictation, tasks = Dictation(scheduler, 8.0), list[asyncio.Task[Utterance | None]]()
        for one in stretches:
            tasks.append(asyncio.create_task(dictation.begin(one)))
            if slowly:
                await asyncio.gather(tasks[-1], return_exceptions=True)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert not len(dictation), "nothing is left of what is settled"
    return [one.text if isinstance(one, Utterance) else None for one in results]


async def test_a_final_is_led_by_what_its_speaker_said_however_fast_it_comes() -> None:
    call = [
        speech("a", at=0),
        speech("x", at=1, who="customer"),
        speech("b", at=2),
        speech("y", at=3, who="customer"),
        speech("c", at=4),
    ]
    for slowly in (True, False):
        ear = Ear()
        assert await dictate(ear, *call, slowly=slowly) == ["a", "x", "b", "y", "c"]
        assert sorted(ear.heard) == [
            (one, "final", by) for one, by in (("a", ""), ("b", "a"), ("c", "ab"), ("x", ""), ("y", "x"))
        ]


async def test_where_nothing_was_said_or_it_failed_what_came_before_leads_on() -> None:
    ear = Ear(deaf=frozenset("b"), broken=frozenset("c"))
    assert await dictate(ear, speech("a"), speech("b", at=2), speech("c", at=4), speech("d", at=6), slowly=True) == [
        "a",
        None,
        None,
        "d",
    ]
    assert ear.heard[-1] == ("d", "final", "a")


async def test_a_draft_of_the_same_sound_that_was_led_alike_is_the_final() -> None:
    ear = Ear()
    assert await dictate(ear, speech("a"), speech("b", "draft", at=2), speech("b", at=2), slowly=True) == ["a", "b", "b"]
    assert ear.heard == [("a", "final", ""), ("b", "draft", "a")], "and is not decoded again"


async def test_a_draft_that_was_not_led_by_what_leads_the_final_is_not_it() -> None:
    ear = Ear()
    assert (await dictate(ear, speech("a"), speech("b", "draft", at=2), speech("b", at=2)))[::2] == ["a", "b"]
    assert ("b", "draft", "") in ear.heard
    assert ear.heard[-1] == ("b", "final", "a"), "the draft began before the words before it were known"


async def test_drafts_lead_the_drafts_after_them_and_a_final_of_several_is_heard_whole() -> None:
    ear = Ear()
    parts = [speech("b", "draft", at=2), speech("b", "draft", at=3, part=1), speech("b", at=2, seconds=2)]
    assert await dictate(ear, speech("a"), *parts, slowly=True) == ["a", "b", "b1", "b"]
    assert ear.heard == [("a", "final", ""), ("b", "draft", "a"), ("b1", "draft", "ab"), ("b", "final", "a")]


async def test_under_strain_a_final_is_its_drafts_where_they_all_spoke() -> None:
    parts = [speech("b", "draft", at=2), speech("b", "draft", at=3, part=1)]
    whole = speech("b", at=2, seconds=2)
    whole = replace(whole, spans=((2.0, 3.0), (3.0, 4.0)))
    ear = Ear()
    assert await dictate(ear, *parts, whole, speech("c", at=5), strained=True, slowly=True) == ["b", "b1", "bb1", "c"]
    assert ear.heard[-1] == ("c", "final", ""), "nor is anything put in front"
    for fault in (Ear(deaf=frozenset({"b1"})), Ear(broken=frozenset({"b1"}))):
        assert await dictate(fault, *parts, whole, strained=True, slowly=True) == ["b", None, "b"]
        assert [stage for _, stage, _ in fault.heard] == ["draft", "draft", "final"], "nothing said is lost"
