"""`/api/calls/{call}/listen`: a live call's sound for who may listen in, every listening in the audit log (docs/api.md)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from monitor.errors import ArchiveError
from monitor.page.accounts import Accounts, Asking
from monitor.page.answers import encode
from monitor.page.denials import Denials
from monitor.page.fields import CallId, Who
from monitor.page.onair import Full, Line, Listener, OnAir, Stalled
from monitor.page.policy import may_listen, may_see
from monitor.page.sockets import GRACE, INTERNAL, LATER, NORMAL, POLICY, Close, first, signed_out
from monitor.people import AuditEntry
from monitor.records import CallView

log = structlog.get_logger(__name__)


class Store(Protocol):
    """Raises ArchiveError."""

    async def view(self, id: str) -> CallView | None: ...

    async def audit(self, entry: AuditEntry) -> None: ...


class Got(BaseModel):
    """A browser confirms all frames up to this number."""

    model_config = ConfigDict(extra="forbid", strict=True)

    got: int = Field(ge=1, lt=2**32)


class Listening:
    """The route, for `build`."""

    def __init__(self, onair: OnAir, store: Store, accounts: Accounts, denials: Denials, now: Callable[[], datetime]) -> None:
        self._onair, self._store, self._accounts, self._denials, self._now = onair, store, accounts, denials, now
        self.router = APIRouter(prefix="/api")
        self.router.add_api_websocket_route("/calls/{call}/listen", self.listen)

    async def listen(self, socket: WebSocket, call: CallId, who: Who) -> None:
        """Serve one listener until they leave, the call or their session ends, or they take nothing any more."""
        await socket.accept()
        with suppress(WebSocketDisconnect, TimeoutError):
            try:
                close = await self._serve(socket, call, who)
            except ArchiveError as error:
                log.warning("listen_not_audited", call=call, code=error.code)
                close = INTERNAL, "archive"
            if close:
                await asyncio.wait_for(socket.close(*close), GRACE)

    async def _serve(self, socket: WebSocket, call: str, who: Asking) -> Close:
        """Raises ArchiveError, before anything was sent, where the listening cannot be kept in the audit log."""
        view = await self._store.view(call)
        if view is None:
            return POLICY, "unknown_call"
        if not may_listen(who.person, view):
            await self._denials.note(who, "listen_refused", call)
            return POLICY, "forbidden" if may_see(who.person, view) else "unknown_call"
        line = self._onair.line(call)
        if line is None:
            return NORMAL, "ended"
        return await self._audited(socket, call, who, line)

    async def _audited(self, socket: WebSocket, call: str, who: Asking, line: Line) -> Close:
        id = secrets.token_hex(4)  # which end belongs to which beginning
        await self._store.audit(who.entry(self._now(), "listen", call, listening=id))
        close: Close = None
        heard: dict[str, object] = {}
        try:
            with line.listen() as listener:
                parts = _send(socket, line, listener), _confirmed(socket, listener), signed_out(self._accounts, who.session)
                try:
                    close = await first(*parts)
                finally:
                    heard = {"heard": listener.heard, "dropped": listener.dropped}
        except Full:
            close = LATER, "too_many_listeners"
        finally:
            why = close[1] if close else "left"
            entry = who.entry(self._now(), "listen_ended", call, listening=id, why=why, **heard)
            try:
                await self._store.audit(entry)
            except ArchiveError as error:
                log.warning("listen_end_not_audited", call=call, code=error.code)
        return close


async def _send(socket: WebSocket, line: Line, listener: Listener) -> Close:
    try:
        await socket.send_text(encode({"rate": line.rate, "channels": line.channels}))
        while (frame := await listener.take()) is not None:
            await socket.send_bytes(frame)
    except Stalled:
        return POLICY, "stalled"
    except WebSocketDisconnect:
        return None
    return NORMAL, "ended"


async def _confirmed(socket: WebSocket, listener: Listener) -> Close:
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        try:
            listener.got(Got.model_validate_json(message.get("text") or "").got)
        except (ValidationError, ValueError):
            return POLICY, 'expected {"got": the number of a frame on its way}'
    return None
