"""Whispers over HTTP: a supervisor writes one to the agent of a live call, the agent says what became of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, Protocol

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from monitor.errors import MonitorError
from monitor.page import policy
from monitor.page.answers import Refused, answer
from monitor.page.fields import AlertId, CallId, Name, Who, signature
from monitor.people import AuditEntry
from monitor.records import CallView, Whisper, WhisperStatus

LONGEST = 300  # characters of a supervisor's whisper
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]+$")
]


class Store(Protocol):
    async def view(self, id: str) -> CallView | None: ...

    async def audit(self, entry: AuditEntry) -> None: ...


class Calls(Protocol):
    """The calls under way. Each raises MonitorError `call_over` where the call is not, ArchiveError where it cannot be kept."""

    async def whisper(self, call: str, text: str, by: str | None) -> Whisper:
        """Keep and show a supervisor's words."""

    async def mark(self, call: str, id: str, status: WhisperStatus) -> Whisper | None:
        """Keep and show what the agent does with a whisper; None where there is none of that id."""


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: Text
    by: Name | None = None  # where there are no accounts


class Mark(BaseModel):
    model_config = ConfigDict(extra="forbid")
    status: Literal["seen", "used", "dismissed", "later"]


class Whispering:
    """Its routes. Who whispers what, and what an agent decides, is in the audit log first; that one was seen is no decision."""

    def __init__(self, store: Store, calls: Calls, now: Callable[[], datetime]) -> None:
        self.store, self.calls, self.now = store, calls, now
        self.router = APIRouter(prefix="/api/calls/{call}/whispers")
        self.router.add_api_route("", self.say, methods=["POST"])
        self.router.add_api_route("/{id}", self.mark, methods=["POST"])

    async def say(self, call: CallId, body: Said, who: Who) -> Response:
        view = await self._live(call, who)
        if not policy.may_whisper(who.person, view):
            raise Refused(403, "forbidden", "Your role does not whisper to agents.")
        by = signature(who.person, body.by) if who.person.name else body.by
        await self.store.audit(who.entry(self.now(), "whisper", call, text=body.text, **({"by": by} if by else {})))
        try:
            return answer({"whisper": await self.calls.whisper(call, body.text, by)})
        except MonitorError as error:
            raise _refusal(error) from error

    async def mark(self, call: CallId, id: AlertId, body: Mark, who: Who) -> Response:
        view = await self._live(call, who)
        if not policy.may_mark_whispers(who.person, view):
            raise Refused(403, "forbidden", "Only the agent of the call says what became of a whisper.")
        if body.status != "seen":
            await self.store.audit(who.entry(self.now(), "whisper_marked", call, whisper=id, status=body.status))
        try:
            whisper = await self.calls.mark(call, id, body.status)
        except MonitorError as error:
            raise _refusal(error) from error
        if whisper is None:
            raise Refused(404, "unknown_whisper", "There is no such whisper.")
        return answer({"whisper": whisper})

    async def _live(self, call: str, who: Who) -> CallView:
        view = await self.store.view(call)
        if view is None or not policy.may_see(who.person, view):
            raise Refused(404, "unknown_call", "There is no such call.")
        if view.status != "live":
            raise Refused(409, "call_over", "The call is over.")
        return view


def _refusal(error: MonitorError) -> MonitorError:
    return Refused(409, "call_over", "The call is over.") if error.code == "call_over" else error
