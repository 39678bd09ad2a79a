"""One model for all calls: what waits to be decoded is decoded in batches, off the event loop.

A batch takes only stretches of one context length: shorter ones ride cheaply together, and a result never depends on its
company, so that live and offline agree. Where there are two workers and calls are live, one keeps to the short work that
alerts wait for, drafts and interims, so that no draft stands behind a long final. What waits and is overtaken is given up; what
is being decoded already is not, or on a busy machine no interim would ever be finished.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from monitor.records import Samples, Speech, Stage, Utterance

log = structlog.get_logger(__name__)


STEADY: dict[Stage, int] = {"final": 0, "draft": 0, "interim": 1}
QUICK: dict[Stage, int] = {"draft": 0, "interim": 1, "final": 2}


class Engine(Protocol):
    """What turns batches into words: `monitor.speech.transcript.Transcriber`."""

    @property
    def workers(self) -> int: ...

    def context(self, samples: Samples) -> float: ...

    def transcribe(self, batch: Sequence[Speech]) -> list[Utterance | None]: ...


@dataclass(slots=True)
class Job:
    order: int
    speech: Speech
    context: float
    result: asyncio.Future[Utterance | None] = field(repr=False)

    @property
    def interim(self) -> bool:
        return self.speech.stage == "interim"


class Scheduler:
    """Use as `async with Scheduler(transcriber, batch) as scheduler`; its tasks end with the block."""

    def __init__(self, engine: Engine, batch: int, *, live: bool = False) -> None:
        """`batch`: stretches decoded together, at most. `live`: keep a worker for what alerts wait for."""
        self._engine, self._batch = engine, batch
        self._quick = live and engine.workers > 1
        self._jobs: list[Job] = []
        self._numbers = itertools.count()
        self._wake = asyncio.Event()
        self._threads = ThreadPoolExecutor(engine.workers, "decoder")
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Scheduler:
        for worker in range(self._engine.workers):
            task = asyncio.create_task(self._run(quick=self._quick and worker == 0), name=f"decoder {worker}")
            self._tasks.append(task)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for job in self._jobs:
            job.result.cancel()
        self._jobs.clear()
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)

    def __len__(self) -> int:
        """How many stretches wait."""
        return len(self._jobs)

    async def transcribe(self, speech: Speech) -> Utterance | None:
        """The words of `speech`; None where there were none, or it was overtaken. Raises what the decoder raised."""
        if not self._tasks or all(task.done() for task in self._tasks):
            raise RuntimeError("the scheduler is not running")
        self._overtake(speech)
        job = Job(next(self._numbers), speech, self._engine.context(speech.samples), asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self._wake.set()
        try:
            return await job.result
        finally:
            if job in self._jobs:
                self._jobs.remove(job)

    def _overtake(self, speech: Speech) -> None:
        """An interim still waiting is pointless once more of the same utterance is here; a draft, once all of it is."""
        for job in self._jobs:
            pointless = job.interim or speech.stage == "final"
            if pointless and (job.speech.call, job.speech.id) == (speech.call, speech.id):
                _resolve(job, None)
        self._jobs = [job for job in self._jobs if not job.result.done()]

    def _next(self, quick: bool) -> list[Job]:
        """The jobs to decode now, at most a batch, all of one context and either none or all interims. Removes them."""
        self._jobs = [job for job in self._jobs if not job.result.done()]
        finals = sum(job.speech.stage == "final" for job in self._jobs)
        rank = QUICK if quick else STEADY
        able = [job for job in self._jobs if not quick or job.speech.stage != "final" or finals > 1]
        if not able:
            return []
        first = min(able, key=lambda job: (rank[job.speech.stage], job.order))
        fit = [job for job in able if (job.interim, job.context) == (first.interim, first.context)]
        chosen = sorted(fit, key=lambda job: (rank[job.speech.stage], job.order))[: self._batch]
        self._jobs = [job for job in self._jobs if job not in chosen]
        return chosen

    async def _run(self, quick: bool) -> None:
        while True:
            jobs = self._next(quick)
            if not jobs:
                self._wake.clear()
                await self._wake.wait()
                continue
            await self._decode(jobs)

    async def _decode(self, jobs: list[Job]) -> None:
        """Decode a batch for those who wait. One that fails is tried one by one: a stretch's fault is nobody else's."""
        loop = asyncio.get_running_loop()
        try:
            results = await loop.run_in_executor(self._threads, self._engine.transcribe, [job.speech for job in jobs])
            for job, utterance in zip(jobs, results, strict=True):
                _resolve(job, utterance)
        except Exception as error:  # whatever the decoder raises belongs to those who wait, not to this task
            if len(jobs) > 1:
                for job in jobs:
                    await self._decode([job])
                return
            log.exception("decoding_failed")
            if not jobs[0].result.done():
                jobs[0].result.set_exception(error)
        finally:
            for job in jobs:
                job.result.cancel()  # nothing, where it is answered


def _resolve(job: Job, utterance: Utterance | None) -> None:
    if not job.result.done():
        job.result.set_result(utterance)
