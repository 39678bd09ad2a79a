"""`callmonitor bench versus`: recordings to text by us and by faster-whisper's BatchedInferencePipeline, side by side.

The same recordings, model, beam, number type and cores, in one process, taking turns. Theirs gets each channel as a mono 16 kHz
stream with its own voice activity detection, and the best of several batch sizes and of one or several streams at once. Ours
runs as in a review: once the speech part by itself, which is what theirs does too, and once whole, analysis and all.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

import opencc
from faster_whisper import BatchedInferencePipeline

from monitor import app, config, review
from monitor.app import Workshop
from monitor.bench import sound
from monitor.bench.figures import Figures
from monitor.bench.limit import Layout, Say, layouts, loaded
from monitor.bench.sound import Take
from monitor.errors import MonitorError
from monitor.ingest.file import probe, speakers
from monitor.records import Samples, Speaker, Speech, Utterance
from monitor.speech import machine
from monitor.speech.dictation import Dictation
from monitor.speech.listener import Listener

ROUNDS = 2
BATCHES = (4, 8, 16)  # of theirs, of which the best is taken
WAITING = 256  # utterances of a recording that may wait for the decoder
PILOT = 2  # recordings by which their best layout is found

Written = dict[str, dict[Speaker, str]]  # call, speaker, all that was said
Stream = tuple[str, Speaker, Samples]


@dataclass(slots=True)
class Side:
    """One way to do it, and what came of it."""

    name: str
    run: Callable[[], Awaitable[Written]]
    seconds: list[float] = field(default_factory=list)  # a round each
    cpu: list[float] = field(default_factory=list)
    written: Written = field(default_factory=dict)

    async def go(self) -> None:
        began, cpu = time.perf_counter(), time.process_time()
        self.written = await self.run()
        self.seconds.append(time.perf_counter() - began)
        self.cpu.append(time.process_time() - cpu)


async def versus(settings: config.Config, takes: Sequence[Take], say: Say) -> Figures:
    """Run all sides ROUNDS times in turn. Raises MonitorError where a recording cannot be reviewed."""
    machine.prepare()
    layout, pipeline = await asyncio.to_thread(_tuned, settings, takes[:PILOT], say)
    async with app.workshop(settings) as shop:
        speech = Side("our speech part", lambda: ours(shop, takes))
        whole = Side("our whole review", lambda: reviewed(shop, takes))
        other = Side("BatchedInferencePipeline", lambda: asyncio.to_thread(theirs, pipeline, settings, takes, layout))
        sides = (speech, other, whole)
        await ours(shop, takes[:1])  # theirs was warmed up when it was tuned
        for number in range(ROUNDS):
            for side in sides:
                await side.go()
                say(f"round {number + 1}, {side.name}: {side.seconds[-1]:.1f} s")
    calls = sum(take.seconds for take in takes)
    return {
        "recordings": len(takes),
        "call_seconds": round(calls, 1),
        "their_layout": asdict(layout),
        "sides": [_figures(side, takes, calls) for side in sides],
        "ratio_speech": round(sum(other.seconds) / sum(speech.seconds), 3),
        "ratio_review": round(sum(other.seconds) / sum(whole.seconds), 3),
    }


def _figures(side: Side, takes: Sequence[Take], calls: float) -> Figures:
    cer = sound.error_rate(takes, side.written)
    return {
        "name": side.name,
        "seconds": [round(seconds, 2) for seconds in side.seconds],
        "cpu_seconds": [round(seconds, 2) for seconds in side.cpu],
        "calls_per_second": round(calls * len(side.seconds) / sum(side.seconds), 2),
        "cer": None if cer is None else round(cer, 4),
    }


async def ours(shop: Workshop, takes: Sequence[Take]) -> Written:
    """The speech part of a review: decoder, listener, scheduler; as many recordings at once as a review takes."""
    gate = asyncio.Semaphore(review.TOGETHER)

    async def one(take: Take) -> dict[Speaker, str]:
        async with gate:
            return await _spoken(shop, take)

    async with asyncio.TaskGroup() as group:
        tasks = {take.id: group.create_task(one(take)) for take in takes}
    return {call: task.result() for call, task in tasks.items()}


async def _spoken(shop: Workshop, take: Take) -> dict[Speaker, str]:
    settings, loop = shop.settings, asyncio.get_running_loop()
    sides = speakers(probe(take.path).channels)
    listener = Listener(take.id, sides, shop.vad, settings.vad, settings.segment, drafts=False)
    room, decoding = asyncio.Semaphore(WAITING), list[asyncio.Task[Utterance | None]]()
    dictation = Dictation(shop.rooms.scheduler, settings.decode.lead)

    async def decode(speech: Speech) -> Utterance | None:
        try:
            return await dictation.begin(speech)
        finally:
            room.release()

    async with asyncio.TaskGroup() as group:
        blocks = sound.chunks(take.path)
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            for heard in await loop.run_in_executor(shop.rooms.hearing, listener.feed, block):
                if isinstance(heard, Speech):
                    await room.acquire()
                    decoding.append(group.create_task(decode(heard)))
        for heard in await loop.run_in_executor(shop.rooms.hearing, listener.finish):
            if isinstance(heard, Speech):
                await room.acquire()
                decoding.append(group.create_task(decode(heard)))
    return joined([utterance for task in decoding if (utterance := task.result())])


def joined(utterances: Sequence[Utterance]) -> dict[Speaker, str]:
    """All that each speaker said, in order."""
    written: dict[Speaker, str] = {}
    for utterance in sorted(utterances, key=lambda utterance: utterance.start):
        written[utterance.speaker] = written.get(utterance.speaker, "") + utterance.text
    return written


async def reviewed(shop: Workshop, takes: Sequence[Take]) -> Written:
    """The whole review, as `callmonitor review` does it."""
    written: Written = {}
    names = {take.path: take.id for take in takes}
    async for outcome in review.review(shop, list(names), lambda path, done, seconds: None):
        if outcome.record is None:
            raise outcome.error or MonitorError(f"{outcome.path}: no result")
        written[names[outcome.path]] = joined(outcome.record.utterances)
    return written


def theirs(pipeline: BatchedInferencePipeline, settings: config.Config, takes: Sequence[Take], layout: Layout) -> Written:
    """faster-whisper's own way: its detector, its batches; the streams shared out over the layout's workers."""
    simplify = opencc.OpenCC("tw2s")  # as we do, so that both are held against the same script
    written: Written = {take.id: {} for take in takes}

    def one(stream: Stream) -> None:
        call, speaker, samples = stream
        segments, _ = pipeline.transcribe(
            samples,
            language=settings.model.language,
            beam_size=settings.decode.beam,
            batch_size=layout.batch,
            vad_filter=True,
        )
        written[call][speaker] = simplify.convert("".join(segment.text for segment in segments))

    with ThreadPoolExecutor(layout.workers) as pool:
        list(pool.map(one, ((take.id, *stream) for take in takes for stream in sound.streams(take.path).items())))
    return written


def _tuned(settings: config.Config, takes: Sequence[Take], say: Say) -> tuple[Layout, BatchedInferencePipeline]:
    """Their best layout on `takes`, and a pipeline that has it, warm."""
    found: list[tuple[float, Layout]] = []
    for workers, threads in layouts():
        pipeline = BatchedInferencePipeline(loaded(settings, workers, threads))
        theirs(pipeline, settings, takes[:1], Layout(workers, threads, BATCHES[0]))
        for size in BATCHES:
            layout = Layout(workers, threads, size)
            began = time.perf_counter()
            theirs(pipeline, settings, takes, layout)
            found.append((time.perf_counter() - began, layout))
            say(f"theirs, {layout}: {found[-1][0]:.1f} s")
    _, best = min(found, key=lambda one: one[0])
    pipeline = BatchedInferencePipeline(loaded(settings, best.workers, best.threads))
    theirs(pipeline, settings, takes[:1], best)
    return best, pipeline


def rows(figures: Figures) -> Iterator[Sequence[str]]:
    for side in figures["sides"]:
        cer: Any = side["cer"]
        yield (
            side["name"],
            " / ".join(f"{seconds:.1f}" for seconds in side["seconds"]),
            " / ".join(f"{seconds:.1f}" for seconds in side["cpu_seconds"]),
            f"{side['calls_per_second']:.1f}",
            "-" if cer is None else f"{cer:.1%}",
        )


def notes(figures: Figures) -> Iterator[str]:
    layout = figures["their_layout"]
    yield f"theirs at its best: {layout['workers']} at once on {layout['threads']} threads each, batches of {layout['batch']}"
    yield f"ours: {figures['ratio_speech']:.2f} times as fast, the whole review {figures['ratio_review']:.2f} times"


COLUMNS = ("", "seconds", "CPU s", "x real time", "CER")
