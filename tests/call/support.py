"""A call with everything real but the words, which are scripted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from monitor import config
from monitor.alerts.engine import Engine
from monitor.alerts.rules import Rules, load_rules
from monitor.alerts.whisper_sheet import load_whispers
from monitor.alerts.whispers import Whisperer
from monitor.analysis.analyzer import Analysis
from monitor.call import Conversation, Rooms
from monitor.errors import ArchiveError
from monitor.ingest.file import pcm, probe, speakers
from monitor.ingest.pcm import Decoder
from monitor.page.api import local_now
from monitor.records import Alert, CallInfo, CallStatus, CallView, EarlierCall, Speech, Stage, Summary, Utterance
from monitor.review import Notebook
from monitor.speech.lead import Past, Shape
from monitor.speech.listener import Listener
from monitor.speech.scheduler import Scheduler
from monitor.speech.vad import VadModel

THREAT = "我要打一二三一五投诉你们。"
KIND = "好的，谢谢您，麻烦了。"


@dataclass
class Script:
    """A decoder that hears in every stretch what the script says; it writes down what it was given."""

    say: Callable[[Speech], str]
    given: list[tuple[str, Stage]] = field(default_factory=list)
    workers: int = 1

    def shape(self, speech: Speech) -> Shape:
        return Shape(8.0, 0)

    def led(self, speech: Speech, past: Past) -> Speech:
        return speech

    def transcribe(self, batch: Sequence[Speech], *, narrow: bool = False) -> list[Utterance | None]:
        self.given += [(speech.id, speech.stage) for speech in batch]
        return [
            Utterance(
                call=one.call,
                id=one.id,
                speaker=one.speaker,
                start=one.start,
                end=one.end,
                text=self.say(one),
                stage=one.stage,
                confidence=0.9,
                spans=one.spans,
            )
            for one in batch
        ]


class Watched(Notebook):
    """A notebook that also keeps what a page would have been shown; `full`: nothing more can be kept at the end."""

    def __init__(self, *, full: bool = False) -> None:
        super().__init__()
        self.full = full
        self.events: list[tuple[str, Any]] = []
        self.timed: list[tuple[Alert, float]] = []

    async def close(self, view: CallView, summary: Summary) -> CallView:
        if self.full:
            raise ArchiveError("the disk is full", code="disk_full")
        return await super().close(view, summary)

    def show(self, type: str, **fields: Any) -> None:
        assert type != "summary" or fields["data"] == self.summary, "kept before it is shown"
        self.events.append((type, fields.get("data")))

    def raised(self, alert: Alert, said: float, heard: float) -> None:
        assert alert.id in {shown.id for shown in self.of("alert")}, "timed when it is shown, not before"
        assert said <= heard, "a phrase ends no later than the words it is part of"
        self.timed.append((alert, said))

    def of(self, type: str) -> list[Any]:
        return [data for kind, data in self.events if kind == type]


@contextmanager
def threads() -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
    with ThreadPoolExecutor(1) as hearing, ThreadPoolExecutor(1) as thinking:
        yield hearing, thinking


async def run(
    analysis: Analysis,
    script: Script,
    outlet: Notebook,
    sound: Path,
    *,
    live: bool = True,
    segment: config.Segment | None = None,
    spoil: Callable[[Conversation], None] = lambda conversation: None,
    hurried: bool = False,
    rules: Rules | None = None,
    status: CallStatus = "ended",
    earlier: Sequence[EarlierCall] = (),
) -> Notebook:
    """The first 30 s of a bundled call. Each block waits for what it led to, as it would at the speed of speech.

    `hurried`: all in one, so that an utterance's drafts and its final come at once.
    """
    shape = probe(sound)
    channels = speakers(shape.channels, swap=False)
    info = CallInfo(id="c", started=local_now(), source="live" if live else "file", model="script", channels=channels)
    listener = Listener("c", channels, VadModel(), config.Vad(), segment or config.Segment(), drafts=live)
    with threads() as (hearing, thinking):
        async with Scheduler(script, 4) as scheduler:
            conversation = Conversation(
                info,
                Decoder("c", shape.rate, "pcm_s16le", channels),
                listener,
                analysis.call(info, [analysis.remember(call) for call in earlier]),
                Engine(rules or load_rules(), "c", channels),
                Whisperer(load_whispers(), "c"),
                Rooms(scheduler, config.Decode().lead, hearing, thinking, local_now),
                outlet,
            )
            spoil(conversation)
            blocks = list(islice(pcm(sound), 300))
            for block in [b"".join(blocks)] if hurried else blocks:
                await conversation.audio(block)
                await asyncio.gather(*conversation._tasks, return_exceptions=True)
            await conversation.end(status, None)
            left = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            assert left == ["decoder 0"], "a call that is over leaves no task behind"
            assert not len(conversation._dictation), "nor any of its sound"
    return outlet


def verdict(outlet: Notebook) -> tuple[Any, ...]:
    record = outlet.record()
    alerts = [replace(alert, raised=None) for alert in record.alerts if alert.by != "system"]
    return record.utterances, record.findings, alerts, record.summary
