"""Recordings of calls that are over, for who may listen to them: every play in the audit log before its first byte.

A player asks for its sound in as many ranges as it likes, so a play is begun by itself: that is what the log says, and what
the sound is asked for with. A play is its session's alone and lasts LASTS seconds; then the page begins another.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Protocol

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import FileResponse

from monitor.page.accounts import Session
from monitor.page.answers import Refused, answer, refusal
from monitor.page.denials import Denials
from monitor.page.fields import CallId, Who
from monitor.page.policy import may_listen, may_see
from monitor.people import AuditEntry
from monitor.records import CallView

LASTS = 3600.0  # seconds
PLAYS = 10_000  # under way; the oldest is forgotten first
RANGE = re.compile(rb"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))", re.IGNORECASE | re.ASCII)


class Store(Protocol):
    """Raises ArchiveError."""

    async def view(self, id: str) -> CallView | None: ...

    async def recording(self, call: CallView) -> Path | None:
        """The WAV file of a call, None where there is none."""

    async def audit(self, entry: AuditEntry) -> None: ...


@dataclass(frozen=True, slots=True)
class Play:
    """One listening to one recording."""

    session: Session
    call: str
    path: Path
    until: float  # seconds of the clock


class Playback:
    """Its two routes, for `build`. `clock` gives seconds that never go back."""

    def __init__(self, store: Store, denials: Denials, now: Callable[[], datetime], clock: Callable[[], float]) -> None:
        self._store, self._denials, self._now, self._clock = store, denials, now, clock
        self._plays: dict[str, Play] = {}  # oldest first
        self.router = APIRouter(prefix="/api")
        self.router.add_api_route("/calls/{call}/plays", self.begin, methods=["POST"])
        self.router.add_api_route("/calls/{call}/audio", self.audio, methods=["GET", "HEAD"])

    async def begin(self, call: CallId, who: Who) -> Response:
        view = await self._store.view(call)
        if view is None or not may_see(who.person, view):
            if view is not None:
                await self._denials.note(who, "play_refused", call)
            raise Refused(404, "unknown_call", "There is no such call.")
        if view.status == "live":
            raise Refused(409, "live", "The call is not over yet; listen in instead.")
        if not may_listen(who.person, view):
            await self._denials.note(who, "play_refused", call)
            raise Refused(403, "forbidden", "Your role does not listen to calls.")
        path = await self._store.recording(view)
        if path is None:
            raise Refused(404, "no_audio", "No sound is kept of this call.")
        await self._store.audit(who.entry(self._now(), "play", call))
        id = secrets.token_urlsafe(12)
        self._forget()
        self._plays[id] = Play(who.session, call, path, self._clock() + LASTS)
        return answer({"play": id})

    async def audio(self, call: CallId, play: Annotated[str, Query(max_length=64)], request: Request, who: Who) -> Response:
        known = self._plays.get(play)
        if known is None or known.session is not who.session or known.call != call or known.until <= self._clock():
            raise Refused(403, "no_play", "Begin a play first.")
        try:
            status = known.path.stat()
        except OSError as error:
            raise Refused(404, "no_audio", "No sound is kept of this call.") from error
        if not _one_range(request, status.st_size):
            response = refusal(Refused(416, "range", "The recording is not that long."))
            response.headers["content-range"] = f"bytes */{status.st_size}"
            return response
        return FileResponse(
            known.path, stat_result=status, media_type="audio/wav", headers={"cache-control": "no-store", "vary": "cookie"}
        )

    def _forget(self) -> None:
        now = self._clock()
        while self._plays and ((oldest := next(iter(self._plays.items())))[1].until <= now or len(self._plays) >= PLAYS):
            del self._plays[oldest[0]]


def _one_range(request: Request, size: int) -> bool:
    """Leave a request its Range where that is one, else take it away, as RFC 9110 allows. False where that is past the end."""
    headers = request.scope["headers"]
    values = [value for name, value in headers if name == b"range"]
    match = RANGE.fullmatch(values[0].strip()) if len(values) == 1 else None
    if match and not match[3] and match[2] and int(match[2]) < int(match[1]):
        match = None
    if match is None:
        request.scope["headers"] = [(name, value) for name, value in headers if name != b"range"]
        return True
    return int(match[3]) > 0 if match[3] else int(match[1]) < size
