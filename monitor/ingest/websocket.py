"""The `/ingest` endpoint: the native protocol over a WebSocket, and the app's calls behind it.

Back-pressure is the client's: the next message is read when the app has taken the one before.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from monitor.config import Ingest
from monitor.errors import MonitorError, ProtocolError
from monitor.ingest import native
from monitor.ingest.native import Audio, Bye, Gap, Hello

Ending = Literal["ended", "interrupted", "failed"]

# RFC 6455 and the IANA registry of close codes
NORMAL, POLICY, TOO_BIG, INTERNAL, RESTART, LATER = 1000, 1008, 1009, 1011, 1012, 1013
BROKEN = {1002: "broken", 1007: "text that is not UTF-8", TOO_BIG: "too long"}  # messages that end a connection
CLOSE = {"bad_frame": TOO_BIG, "too_many_calls": LATER, "disk_full": INTERNAL, "internal": INTERNAL}

log = structlog.get_logger(__name__)


class Call(Protocol):
    """One call, as the app takes it. `end` is called exactly once, whatever happens; nothing after it."""

    async def audio(self, payload: bytes, frames: int) -> None:
        """Interleaved samples in the hello's encoding, `frames` a channel; silence stands for lost ones."""

    async def end(self, status: Ending, why: str | None) -> None:
        """`why` is a sentence for people; None when the client said bye."""


class Calls(Protocol):
    """Where calls begin."""

    async def begin(self, hello: Hello) -> Call:
        """Raises ProtocolError (call_exists, too_many_calls, disk_full) where this call cannot be."""


def endpoint(settings: Ingest, token: str, calls: Calls) -> Callable[[WebSocket], Awaitable[None]]:
    """The route's function. Mount it with `app.add_api_websocket_route("/ingest", endpoint(...))`."""

    async def ingest(socket: WebSocket) -> None:
        await socket.accept()
        client = _Client(socket, settings)
        protocol = native.Protocol(settings, token)
        try:
            await _converse(client, protocol, calls)
        except WebSocketDisconnect:
            pass
        except MonitorError as error:
            await client.refuse(error.code, str(error))
        except asyncio.CancelledError:
            await client.close(RESTART)
            raise
        except Exception:
            log.exception("ingest_failed")
            await client.refuse("internal", "the server failed on this call; its log says where")

    return ingest


async def _converse(client: _Client, protocol: native.Protocol, calls: Calls) -> None:
    """One connection, from the hello to the done."""
    hello = await client.hello(protocol)
    call = await calls.begin(hello)
    try:
        await client.send(native.ready(hello.call))
        await _stream(client, protocol, call, hello)
    except BaseException as error:
        await call.end(*outcome(error))
        raise
    await call.end("ended", None)
    await client.send(native.done(hello.call, protocol.seconds))
    await client.close(NORMAL)


async def _stream(client: _Client, protocol: native.Protocol, call: Call, hello: Hello) -> None:
    """Audio into the call until the bye."""
    while True:
        for event in protocol.receive(await client.next()):
            match event:
                case Audio(payload, frames):
                    await call.audio(payload, frames)
                case Gap():
                    log.warning("ingest_gap", call=hello.call, missing=event.missing, seconds=round(event.seconds, 3))
                    await client.send(native.warning(event))
                case Bye():
                    return


def outcome(error: BaseException) -> tuple[Ending, str]:
    """How a call that stopped with `error` ended, and why."""
    match error:
        case ProtocolError(code="too_long"):
            return "ended", str(error)
        case ProtocolError(code="idle"):
            return "interrupted", str(error)
        case MonitorError():
            return "failed", str(error)
        case asyncio.CancelledError() | WebSocketDisconnect(code=1012):
            return "interrupted", "the server was stopped"
        case WebSocketDisconnect(code=code) if code in BROKEN:
            return "failed", f"a WebSocket message was {BROKEN[code]}"
        case WebSocketDisconnect():
            return "interrupted", "the client went away without a bye"
        case _:
            return "failed", "the server failed on this call; its log says where"


class _Client:
    """The other end: its messages within their time, and our answers to it."""

    def __init__(self, socket: WebSocket, settings: Ingest) -> None:
        self._socket = socket
        self._settings = settings

    async def hello(self, protocol: native.Protocol) -> Hello:
        seconds = self._settings.hello_timeout
        message = await self._receive(seconds, f"no hello within {seconds:g} s", "hello_timeout")
        (event,) = protocol.receive(message)
        assert isinstance(event, Hello)
        return event

    async def next(self) -> str | bytes:
        seconds = self._settings.idle_timeout
        return await self._receive(seconds, f"nothing came for {seconds:g} s", "idle")

    async def _receive(self, seconds: float, complaint: str, code: str) -> str | bytes:
        try:
            async with asyncio.timeout(seconds):
                message = await self._socket.receive()
        except TimeoutError as error:
            raise ProtocolError(complaint, code=code) from error
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        content: str | bytes | None = message.get("text")
        return content if content is not None else bytes(message["bytes"])

    async def send(self, text: str) -> None:
        """Raises WebSocketDisconnect where the client is gone, or takes nothing for as long as it may be idle."""
        try:
            async with asyncio.timeout(self._settings.idle_timeout):
                await self._socket.send_text(text)
        except TimeoutError as error:
            raise WebSocketDisconnect(POLICY) from error

    async def refuse(self, code: str, message: str) -> None:
        """Say why, and close."""
        log.warning("ingest_refused", code=code)
        with contextlib.suppress(WebSocketDisconnect):
            await self.send(native.error(code, message))
            await self.close(CLOSE.get(code, POLICY))

    async def close(self, code: int) -> None:
        if self._socket.client_state is WebSocketState.CONNECTED and self._socket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(WebSocketDisconnect):
                await self._socket.close(code)
