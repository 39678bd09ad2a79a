"""One call from its first sample to its summary, live or recorded: what is heard, what it means, what is shown.

    audio ──▶ listener ──final, silence──▶ in order ──▶ analyzer ──▶ engine, whisperer ──▶ outlet
                 └──interim, draft──▶ guesses: looked at without consequence, shown as provisional

Finals and silences are settled strictly in the order of the audio, whatever the decoder finishes first; guesses change nothing
that is settled. So a call comes to the same verdict however fast its audio came and whatever was guessed on the way. What is
whispered to the agent is no verdict: it minds what was shown before and what the agent did with it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import structlog

from monitor import judge
from monitor.alerts.engine import Engine
from monitor.alerts.whispers import Whisperer
from monitor.analysis.analyzer import Analyzer
from monitor.analysis.risk import FLOOR
from monitor.errors import MonitorError
from monitor.guess import Guess
from monitor.ingest.pcm import Decoder
from monitor.outlet import Outlet, Presenter
from monitor.records import CallInfo, CallStatus, CallView, Chunk, Silence, Speech, Summary, Utterance, Whisper, WhisperStatus
from monitor.speech.dictation import Dictation
from monitor.speech.listener import Listener
from monitor.speech.scheduler import Scheduler
from monitor.speech.transcript import join

BLOCK = 0.064  # seconds of audio heard at a time: less costs more turns than it gains
QUIET_BLOCK = 0.3  # while nobody speaks: who begins to is not done, nor due for an interim, before that is over
BACKLOG = 256  # finals and silences that may wait; then the sender waits
MOODS = 60  # utterances whose mood a call's line shows

log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rooms:
    """What all calls share, built once."""

    scheduler: Scheduler
    lead: float  # seconds of its speaker's past that an utterance is heard with
    hearing: Executor  # a thread for what is computed on audio
    thinking: Executor  # a thread for what is computed on words
    now: Callable[[], datetime]


Heard = Silence | tuple[Speech, "asyncio.Task[Utterance | None]"]


class Conversation:
    """One call. `audio` and `end` are called by one task, in order."""

    def __init__(
        self,
        info: CallInfo,
        decoder: Decoder,
        listener: Listener,
        analyzer: Analyzer,
        engine: Engine,
        whisperer: Whisperer,
        rooms: Rooms,
        outlet: Outlet,
    ) -> None:
        self.info = info
        self._decoder, self._listener = decoder, listener
        self._analyzer, self._engine, self._whisperer = analyzer, engine, whisperer
        self._rooms, self._outlet = rooms, outlet
        self._page = Presenter(outlet, rooms.now)
        self._waiting: list[bytes] = []  # payloads not heard yet
        self._behind = 0.0  # seconds of them
        self._seconds = 0.0
        self._order: asyncio.Queue[Heard | None] = asyncio.Queue(BACKLOG)
        self._dictation = Dictation(rooms.scheduler, rooms.lead)
        self._parts: dict[str, dict[int, Utterance]] = {}  # of utterances still open, what their drafts said
        self._tasks: set[asyncio.Task[Any]] = set()  # decodings and guesses under way
        self._guesses: dict[str, Guess] = {}
        self._settled: set[str] = set()
        self._moods: deque[tuple[float, str, float]] = deque(maxlen=MOODS)
        self._turn = asyncio.Lock()  # one thing is judged and shown at a time
        self._summary = Summary()
        self._level = 0  # as last shown
        self._over = False  # nothing more is whispered
        self._settling = asyncio.create_task(self._settle_all(), name=f"call {info.id}")

    @property
    def seconds(self) -> float:
        return self._seconds

    async def audio(self, payload: bytes) -> None:
        """The next samples, as they came. Waits when the decoder is far behind; raises what made the call fail."""
        if self._settling.done():
            self._settling.result()
        self._waiting.append(payload)
        self._behind += self._decoder.seconds(payload)
        if self._behind >= (QUIET_BLOCK if self._listener.quiet else BLOCK):
            await self._take(await self._off_loop(self._rooms.hearing, self._listen))

    def _listen(self) -> list[Speech | Silence]:
        """Hear what has come, resampled; off the loop."""
        payload, self._waiting, self._behind = b"".join(self._waiting), [], 0.0
        return self._hear_chunks(self._decoder.feed(payload))

    def _listen_to_the_end(self) -> list[Speech | Silence]:
        return [*self._listen(), *self._hear_chunks(self._decoder.finish()), *self._listener.finish()]

    def _hear_chunks(self, chunks: list[Chunk]) -> list[Speech | Silence]:
        self._seconds = max([self._seconds, *(chunk.end for chunk in chunks)])
        return self._listener.feed(chunks)

    async def end(self, status: CallStatus, why: str | None) -> Summary:
        """Nothing more comes: settle what is left and close the call. Raises MonitorError where that cannot be kept."""
        fault: MonitorError | None = None
        try:
            await self._take(await self._off_loop(self._rooms.hearing, self._listen_to_the_end))
            await self._put(None)
            await self._settling
            await self._judge(partial(self._finish, whole=status == "ended"), None)
        except MonitorError as error:
            fault, status, why = error, "failed", str(error)
        except Exception:
            log.exception("call_failed", call=self.info.id)
            fault = MonitorError("this call failed inside the service; its log says where", code="internal")
            status, why = "failed", str(fault)
        finally:
            await self._stop()
        self._guesses.clear()
        with suppress(MonitorError):  # a call that failed has not come to withdraw them; what cannot be kept was told
            await self._hush()
        ended = self.info.started + timedelta(seconds=self._seconds)
        view = replace(
            self.view(), status=status, why=why, ended=max(ended, self._rooms.now()) if self.info.source == "live" else ended
        )
        try:
            view = await self._outlet.close(view, self._summary)
        except MonitorError as error:  # it is over all the same, and who watches must see that
            fault, view = error, replace(view, status="failed", why=str(error))
        else:
            self._page.sum_up(self._summary)
        self._outlet.show("call", data=view)
        if fault:
            raise fault
        return self._summary

    async def _stop(self) -> None:
        """End every task of this call and see it ended: nothing is shown of a call after its close."""
        tasks = (self._settling, *self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def whisper(self, text: str, by: str | None) -> Whisper:
        """Whisper a supervisor's own words to the agent. Raises MonitorError: `call_over`, or what kept it from being kept."""
        async with self._turn:
            if self._over:
                raise MonitorError("this call is over; nobody hears a whisper", code="call_over")
            [kept] = await self._page.whispered([self._whisperer.say(text, by, self._seconds)])
            return kept

    async def mark(self, id: str, status: WhisperStatus) -> Whisper | None:
        """What the agent does with a whisper; None where there is none of that id. Raises MonitorError as `whisper` does."""
        async with self._turn:
            if self._over:
                raise MonitorError("this call is over; its whispers stay as they are", code="call_over")
            marked = self._whisperer.mark(id, status)
            return (await self._page.whispered([marked]))[0] if marked else None

    async def _hush(self) -> None:
        async with self._turn:
            self._over = True
            await self._page.whispered(self._whisperer.close())

    def view(self) -> CallView:
        """How the call stands. A threat just heard counts before it is settled."""
        info, summary = self.info, self._summary
        guessed = [one.level or 0 for guess in self._guesses.values() for one in guess.findings]
        level = max([summary.level, *guessed])
        return CallView(
            id=info.id,
            started=info.started,
            ended=None,
            seconds=self._seconds,
            agent=info.agent,
            team=info.team,
            customer=info.customer,
            model=info.model,
            source=info.source,
            status="live",
            why=None,
            risk=max(summary.risk, round(FLOOR[level])) if level > summary.level else summary.risk,
            level=level,
            talk_share=summary.talk_share,
            mood=tuple(self._moods),
            channels=info.channels,
        )

    async def _take(self, heard: Iterable[Speech | Silence]) -> None:
        for item in heard:
            if isinstance(item, Silence):
                await self._put(item)
            elif item.stage == "final":
                await self._put((item, self._decoding(item)))
            else:
                self._own(asyncio.create_task(self._guess(item, self._decoding(item))))

    def _own(self, task: asyncio.Task[T]) -> asyncio.Task[T]:
        """Remember a task until it is done, so that the end of the call is its end."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _put(self, item: Heard | None) -> None:
        """Queue for settling; waits for room, and no longer than there is somebody to make it."""
        putting = asyncio.create_task(self._order.put(item))
        try:
            await asyncio.wait({putting, self._settling}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            putting.cancel()
        if self._settling.done():
            self._settling.result()

    def _decoding(self, speech: Speech) -> asyncio.Task[Utterance | None]:
        """The decoding of this stretch, under way."""
        return self._own(asyncio.create_task(self._dictation.begin(speech)))

    async def _settle_all(self) -> None:
        """Settle finals and silences in order, until None."""
        while (item := await self._order.get()) is not None:
            if isinstance(item, Silence):
                await self._settle_one(item, None)
                continue
            speech, decoding = item
            try:
                utterance = await decoding
            except Exception as error:
                log.exception("utterance_lost", call=self.info.id, utterance=speech.id)
                self._outlet.show("notice", level="error", code="decoding", message=f"{speech.start:.1f} s: {error}")
                utterance = None
            if utterance is None:
                await self._withdraw(speech.id)
            else:
                await self._settle_one(replace(utterance, stage="final"), speech.id)

    async def _settle_one(self, heard: Utterance | Silence, id: str | None) -> None:
        """Judge it. A fault in one analysis must not end the call: the words are shown without findings."""
        try:
            await self._judge(partial(self._hear, heard), id)
        except MonitorError:
            raise
        except Exception:
            log.exception("analysis_failed", call=self.info.id, utterance=id)
            if isinstance(heard, Utterance):
                await self._judge(lambda: judge.Judged(heard, (), ()), id)

    def _hear(self, heard: Utterance | Silence) -> judge.Judged:
        judged = judge.hear(self._analyzer, self._engine, self._whisperer, heard)
        self._summary = judged.summary or self._summary
        return judged

    def _finish(self, *, whole: bool) -> judge.Judged:
        judged = judge.finish(self._analyzer, self._engine, self._whisperer, self._seconds, whole=whole)
        self._summary = judged.summary or self._summary
        return judged

    async def _judge(self, think: Callable[[], judge.Judged], id: str | None) -> None:
        """Settle one thing, and take back what was guessed of it (utterance `id`) and is not so."""
        async with self._turn:
            utterance, findings, alerts, whispers, _ = await self._off_loop(self._rooms.thinking, think)
            guess = self._guesses.pop(id, None) if id is not None else None
            if id is not None:
                self._settle(id)
            await self._page.settled(utterance, findings, alerts)
            if guess:
                await self._page.take_back(guess, findings, alerts)
                whispers = (*self._whisperer.take_back(guess.whispers, findings), *whispers)
            await self._page.whispered(whispers)
            if utterance or findings:
                if utterance and utterance.valence is not None:
                    self._moods.append((round(utterance.end, 2), utterance.speaker, round(utterance.valence, 3)))
                await self._show_view()

    async def _show_view(self) -> None:
        view = self.view()
        self._level = view.level
        await self._page.progress(view, self._summary)

    async def _guess(self, speech: Speech, decoding: asyncio.Task[Utterance | None]) -> None:
        """Show what an interim or a draft seems to say. Its failure is nobody's: the final will be decoded anew."""
        try:
            said = await decoding
            if said is None:
                return
            async with self._turn:
                if speech.id in self._settled:
                    return
                utterance = self._so_far(speech, said)
                before = self._guesses.get(speech.id)
                if before and before.utterance.end > utterance.end:
                    return
                insight = await self._off_loop(self._rooms.thinking, lambda: self._analyzer.peek(utterance))
                alerts = await self._off_loop(self._rooms.thinking, lambda: self._engine.peek(insight.findings))
                alerts = [replace(alert, raised=self._rooms.now()) for alert in alerts]
                guess = Guess(insight.utterance or utterance, tuple(insight.findings), tuple(alerts))
                news = guess.news(before)
                if before and speech.stage == "interim":  # judged by its words alone: what a draft found stands
                    guess.add(before)
                elif before:
                    await self._page.take_back(before, guess.findings, guess.alerts)
                whispers = self._whisper_of(guess, before, speech)
                self._guesses[speech.id] = guess  # first, so that what is shown can always be taken back
                await self._page.guessed(guess.utterance, *news)
                await self._page.whispered(whispers)
                if self.view().level != self._level:
                    await self._show_view()
        except MonitorError as error:
            log.warning("guess_not_kept", call=self.info.id, code=error.code)
        except Exception:
            log.exception("guess_failed", call=self.info.id)

    def _whisper_of(self, guess: Guess, before: Guess | None, speech: Speech) -> list[Whisper]:
        """What to whisper on a guess. Said again, it is not whispered again; what an interim does not say again stands."""
        guess.whispers = before.whispers if before else ()
        gone = self._whisperer.take_back(guess.whispers, guess.findings) if speech.stage == "draft" else []
        new = self._whisperer.peek(guess.findings)
        over = [one for whisper in new for one in self._whisperer.shown(whisper, guess.findings)]
        lost = {one.id for one in gone}
        guess.whispers = (*(one for one in guess.whispers if one.id not in lost), *new)
        return [*gone, *over, *new]

    def _settle(self, id: str) -> None:
        self._settled.add(id)
        self._parts.pop(id, None)

    def _so_far(self, speech: Speech, said: Utterance) -> Utterance:
        """The utterance as far as it was heard: the drafts before this part, and this."""
        parts = self._parts.setdefault(speech.id, {})
        if speech.stage == "draft":
            parts[speech.part] = said
        return join([*(parts[part] for part in sorted(parts) if part < speech.part), said])

    async def _withdraw(self, id: str) -> None:
        """Utterance `id` was no speech: forget what was shown of it."""
        async with self._turn:
            self._settle(id)
            if guess := self._guesses.pop(id, None):
                await self._page.withdraw(guess)
                await self._page.whispered(self._whisperer.take_back(guess.whispers))

    async def _off_loop(self, executor: Executor, compute: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, compute)
