"""One model for all calls: what waits to be decoded is decoded in batches, off the event loop.

Each stretch has a time by which it is due: drafts, which alerts wait for, sooner than finals, and each further one of the same
call a little later, so that a call that sends much holds nobody up. Interims come after all these. A batch takes only stretches
of one shape, for a result never depends on its company, so that live and offline agree; live, it takes about `SLOT`
seconds of work, so that nobody stands behind it for long. Where nobody waits for alerts, those go first of whose shape most
wait; a rare shape may then wait until the review is nearly over. How many go together is the caller's to say (`calibration`).

Where there are two workers and calls are live, a lone final is left to one of them for a moment, and under strain any interim
for good, so that no draft stands behind it. What waits and is overtaken is given up; what is being decoded already is not, or
on a busy machine no interim would ever be finished. Where all that is too much, `strain` says what is left out: no draft and no
final ever is.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from monitor.meters import Meters, Outcome
from monitor.records import Speech, Stage, Utterance
from monitor.speech.lead import Past, Shape
from monitor.speech.strain import FEW_INTERIMS, NARROW, Strain

PATIENCE: dict[Stage, float] = {"draft": 0.3, "final": 1.0, "interim": 0.0}  # seconds after which it is due
TURN = 0.3  # seconds by which each further stretch of the same call is due later
SLOT = 0.4  # seconds of work in a live batch ...
FEWEST = 4  # ... which is no smaller for it than this, where a batch may be larger: alone a stretch costs more
WORK = 0.014  # seconds of work for a second of context, until it is known better
LEARNING = 0.1  # weight of a batch's own figure in that
LONE = 0.25  # seconds that a lone final is left to the other worker
LONG = 3.0  # seconds without a breath, after which an interim is decoded under strain too: no draft tells those words yet
WATCH = 0.25  # seconds between looks at what waits, where nothing else happens

log = structlog.get_logger(__name__)


class Engine(Protocol):
    """What turns batches into words: `monitor.speech.transcript.Transcriber`."""

    @property
    def workers(self) -> int: ...

    def shape(self, speech: Speech) -> Shape: ...

    def led(self, speech: Speech, past: Past) -> Speech: ...

    def transcribe(self, batch: Sequence[Speech], *, narrow: bool) -> list[Utterance | None]: ...


@dataclass(slots=True, eq=False)
class Job:
    order: int
    speech: Speech
    shape: Shape
    asked: float  # the loop's clock
    due: float
    result: asyncio.Future[Utterance | None] = field(repr=False)

    @property
    def interim(self) -> bool:
        return self.speech.stage == "interim"

    @property
    def whole(self) -> bool:
        return self.speech.stage == "final"


class Scheduler:
    """Use as `async with Scheduler(transcriber, batch) as scheduler`; its tasks end with the block."""

    def __init__(self, engine: Engine, batch: int, *, live: bool = False, meters: Meters | None = None) -> None:
        """`batch`: stretches decoded together, at most. `live`: alerts are waited for."""
        self._engine, self._batch, self._live = engine, batch, live
        self._meters = meters or Meters()
        self._strain = Strain()
        self._work = WORK
        self._jobs: list[Job] = []
        self._numbers = itertools.count()
        self._wake = asyncio.Event()
        self._threads = ThreadPoolExecutor(engine.workers, "decoder")
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Scheduler:
        for worker in range(self._engine.workers):
            task = asyncio.create_task(self._run(worker), name=f"decoder {worker}")
            self._tasks.append(task)
        if self._live:
            self._tasks.append(asyncio.create_task(self._watch(), name="decoder's strain"))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for job in self._jobs:
            job.result.cancel()
        self._jobs.clear()
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)

    @property
    def strained(self) -> bool:
        """Whether there is no time to decode a final anew whose drafts have said it all, nor for what leads a stretch."""
        return self._strain.level >= NARROW

    def led(self, speech: Speech, past: Past) -> Speech:
        """A stretch with what of its speaker's past goes in front of it: nothing where there is no time for it."""
        return speech if self.strained else self._engine.led(speech, past)

    def __len__(self) -> int:
        """How many stretches wait."""
        return len(self._jobs)

    async def transcribe(self, speech: Speech, asked: float | None = None) -> Utterance | None:
        """The words of `speech`; None where there were none, it was overtaken, or there is no time for interims.

        `asked`: the loop's time from which it has been waiting, where that is not now. Raises what the decoder raised.
        """
        if not self._tasks or all(task.done() for task in self._tasks):
            raise RuntimeError("the scheduler is not running")
        due = self._overtake(speech)
        if speech.stage == "interim" and self._strain.level >= FEW_INTERIMS and speech.end - speech.start < LONG:
            self._meters.segment("interim", "overtaken")
            return None
        loop = asyncio.get_running_loop()
        asked = loop.time() if asked is None else asked
        job = Job(
            next(self._numbers), speech, self._engine.shape(speech), asked,
            min(due, asked + PATIENCE[speech.stage]), loop.create_future(),
        )  # fmt: skip
        self._jobs.append(job)
        self._look()
        self._wake.set()
        try:
            return await job.result
        finally:
            if job in self._jobs:
                self._jobs.remove(job)

    def _overtake(self, speech: Speech) -> float:
        """An interim still waiting is pointless once more of the same utterance is here; a draft, once all of it is.

        When what is overtaken was due, which is when the alert is waited for.
        """
        due = float("inf")
        for job in self._jobs:
            if (job.speech.call, job.speech.id) == (speech.call, speech.id) and (job.interim or speech.stage == "final"):
                self._resolve(job, None, "overtaken")
                due = due if job.interim else min(due, job.due)
        self._jobs = [job for job in self._jobs if not job.result.done()]
        return due

    def _look(self) -> None:
        """See how long what alerts wait for has waited, and tell."""
        now = asyncio.get_running_loop().time()
        waiting = Counter[Stage](job.speech.stage for job in self._jobs)
        oldest = min((job.asked for job in self._jobs if not job.interim), default=now)
        final = min((job.asked for job in self._jobs if job.whole), default=now)
        if self._live:
            calls = {job.speech.call for job in self._jobs}  # one that sends faster than it is spoken is no strain
            self._meters.degraded(self._strain.see(now, now - oldest if len(calls) > 1 else 0.0))
        self._meters.queue(waiting, now - final)

    async def _watch(self) -> None:
        """Look, where nothing comes and nothing goes, and give a final that was left alone too long to whoever is free."""
        while True:
            await asyncio.sleep(WATCH)
            self._look()
            self._wake.set()

    def _next(self, worker: int) -> list[Job]:
        """The jobs to decode now, at most a batch, all of one shape and either none or all interims. Removes them."""
        self._jobs = [job for job in self._jobs if not job.result.done()]
        spare = self._live and worker == 0 and self._engine.workers > 1  # the one that keeps free for drafts
        fresh = asyncio.get_running_loop().time() - LONE
        lone = spare and [job.asked > fresh for job in self._jobs if job.whole] == [True]
        pressed = spare and self._strain.level >= FEW_INTERIMS
        able = self._in_turn([job for job in self._jobs if not ((lone and job.whole) or (pressed and job.interim))])
        if not able:
            return []
        first = able[0] if self._live else _fullest(able)
        fit = [job for job in able if (job.interim, job.shape) == (first.interim, first.shape)]
        chosen = fit[: self._room(first.shape.context)]
        self._jobs = [job for job in self._jobs if job not in chosen]
        return chosen

    def _room(self, context: float) -> int:
        """Stretches for one batch. Behind with the work it is full, for the larger a batch the less each costs."""
        if not self._live or self._strain.level:
            return self._batch
        return min(self._batch, max(FEWEST, int(SLOT / (self._work * context))))

    def _in_turn(self, jobs: Sequence[Job]) -> list[Job]:
        """Interims last; by when they are due, each further one of a call later than the one before it."""
        met = Counter[str]()
        turns = list[tuple[bool, float, int, Job]]()
        for job in sorted(jobs, key=lambda job: (job.interim, job.due, job.order)):
            turns.append((job.interim, job.due + TURN * met[job.speech.call], job.order, job))
            met[job.speech.call] += 1
        return [job for *_, job in sorted(turns, key=lambda turn: turn[:3])]

    async def _run(self, worker: int) -> None:
        while True:
            jobs = self._next(worker)
            if not jobs:
                self._wake.clear()
                await self._wake.wait()
                continue
            await self._decode(jobs)
            self._look()

    async def _decode(self, jobs: list[Job]) -> None:
        """Decode a batch for those who wait. One that fails is tried one by one: a stretch's fault is nobody else's."""
        loop = asyncio.get_running_loop()
        began, narrow = loop.time(), self.strained
        try:
            speeches = [job.speech for job in jobs]
            results = await loop.run_in_executor(self._threads, lambda: self._engine.transcribe(speeches, narrow=narrow))
            self._took(jobs, began, loop.time() - began)
            for job, utterance in zip(jobs, results, strict=True):
                self._resolve(job, utterance, "decoded" if utterance else "gated")
        except Exception as error:  # whatever the decoder raises belongs to those who wait, not to this task
            if len(jobs) > 1:
                for job in jobs:
                    await self._decode([job])
                return
            log.exception("decoding_failed")
            self._meters.segment(jobs[0].speech.stage, "failed")
            if not jobs[0].result.done():
                jobs[0].result.set_exception(error)
        finally:
            for job in jobs:
                job.result.cancel()  # nothing, where it is answered

    def _took(self, jobs: Sequence[Job], began: float, seconds: float) -> None:
        """Remember what a batch cost; interims, searched narrowly, say nothing of the others."""
        self._meters.batch(jobs[0].speech.stage, len(jobs), [began - job.asked for job in jobs], seconds)
        if not jobs[0].interim:
            self._work += LEARNING * (seconds / (len(jobs) * jobs[0].shape.context) - self._work)

    def _resolve(self, job: Job, utterance: Utterance | None, outcome: Outcome) -> None:
        if not job.result.done():
            job.result.set_result(utterance)
            self._meters.segment(job.speech.stage, outcome)


def _fullest(jobs: Sequence[Job]) -> Job:
    """The first of those of which most can be decoded together, interims last."""
    alike = Counter((job.interim, job.shape) for job in jobs)
    return max(jobs, key=lambda job: (not job.interim, alike[job.interim, job.shape]))
