"""One call's speech into words: finals in the order they were said, each led by what its speaker said before it.

A draft is led by the drafts before it and what was settled by then. Where that is all that leads the final too and the sound is
the very same, the draft has said the final's words already; where there is no time to do better, the drafts one after the
other have. In all else a final depends on the audio alone, so that a call is written alike live and in review; but where there
is no time, nothing leads anything.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from monitor.records import Span, Speaker, Speech, Utterance
from monitor.speech.lead import NOTHING, Past
from monitor.speech.scheduler import Scheduler
from monitor.speech.transcript import join

Sound = tuple[tuple[Span, ...], float, int]


@dataclass(slots=True)
class _Draft:
    """What is kept of a draft until its utterance is settled."""

    sound: Sound
    said: asyncio.Future[Utterance | None]  # None: nothing, or it failed
    past: Past | None = None  # what led it; None: it has not begun
    after: Past | None = None  # the same with it; None: it has said nothing so far
    followed: bool = False  # by another: nobody asks for its sound any more

    @property
    def spans(self) -> tuple[Span, ...]:
        return self.sound[0]


class Dictation:
    """One call's. The coroutines of `begin` are started in the order in which they were made."""

    def __init__(self, scheduler: Scheduler, lead: float) -> None:
        """`lead`: seconds of a speaker's past that are kept to lead what comes."""
        self._scheduler, self._lead = scheduler, lead
        self._open: dict[str, list[_Draft]] = {}  # of utterances not settled
        self._pasts: dict[Speaker, Past] = defaultdict(lambda: NOTHING)
        self._turns: dict[Speaker, asyncio.Lock] = defaultdict(asyncio.Lock)

    def begin(self, speech: Speech) -> Coroutine[Any, Any, Utterance | None]:
        """The words of a stretch; None where there are none. Awaited, it raises what the decoder raises."""
        if speech.stage == "final":
            return self._final(speech, self._open.pop(speech.id, []))
        if speech.stage == "draft":
            before = self._open.setdefault(speech.id, [])
            before.append(_Draft(sound_of(speech), asyncio.get_running_loop().create_future()))
            return self._draft(speech, before[-1], before[-2] if len(before) > 1 else None)
        return self._scheduler.transcribe(speech)

    def __len__(self) -> int:
        """How many utterances have drafts and no final yet."""
        return len(self._open)

    async def _draft(self, speech: Speech, draft: _Draft, before: _Draft | None) -> Utterance | None:
        said = None
        try:
            past = (before and before.after) or self._pasts[speech.speaker]
            draft.past = None if self._scheduler.strained else past  # strained, nothing led it: it does not stand for its final
            if before:
                before.followed, before.past, before.after = True, None, None
            said = await self._scheduler.transcribe(self._scheduler.led(speech, past))
            if not draft.followed:
                draft.after = past.then(speech, said, self._lead) if said else past
            return said
        finally:
            if not draft.said.done():
                draft.said.set_result(said)

    async def _final(self, speech: Speech, drafts: list[_Draft]) -> Utterance | None:
        asked = asyncio.get_running_loop().time()
        async with self._turns[speech.speaker]:
            past = self._pasts[speech.speaker]
            said = await self._said(drafts, past, speech)
            if said is None:
                said = await self._scheduler.transcribe(self._scheduler.led(speech, past), asked)
            if said:
                self._pasts[speech.speaker] = past.then(speech, said, self._lead)
            return said

    async def _said(self, drafts: list[_Draft], past: Past, final: Speech) -> Utterance | None:
        """What its drafts have said of a final, where that will do."""
        if drafts and drafts[-1].sound == sound_of(final) and (drafts[-1].past is past or self._scheduler.strained):
            return await drafts[-1].said
        if drafts and self._scheduler.strained and tuple(span for draft in drafts for span in draft.spans) == final.spans:
            parts = [part for part in [await draft.said for draft in drafts] if part]
            return join(parts) if len(parts) == len(drafts) else None
        return None


def sound_of(speech: Speech) -> Sound:
    """What tells two stretches of one speaker's audio apart."""
    return speech.spans, speech.offset, len(speech.samples)
