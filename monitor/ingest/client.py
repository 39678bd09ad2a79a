"""The client of the native protocol: one call sent to a running server."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.uri import parse_uri

from monitor.errors import ConfigError, MonitorError, ProtocolError
from monitor.ingest.native import SEQUENCE, VERSION
from monitor.records import Encoding, Speaker

OPEN_TIMEOUT = 10.0  # seconds
PONG_TIMEOUT = 120.0  # seconds; a server that holds us back answers a ping only once it has read the audio before it

Frames = AsyncIterable[tuple[int, bytes]]  # number from 0, interleaved samples; a number left out is a lost frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a client says of the call it sends."""

    rate: int  # Hertz
    channels: tuple[Speaker, ...]
    encoding: Encoding = "pcm_s16le"
    call: str | None = None  # None: the server names it
    agent: str | None = None
    team: str | None = None
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A call the server has taken to its end."""

    call: str
    seconds: float


async def send(
    url: str,
    token: str,
    offer: Offer,
    source: Frames,
    *,
    started: Callable[[str], None] = lambda call: None,
    warned: Callable[[str], None] = lambda message: None,
) -> Sent:
    """Send `source` as one call to `url` (ws:// or wss://). `started` is told the call's id, `warned` the server's warnings.

    Raises ProtocolError, with the server's code where it refused, else `unreachable`, `connection_lost` or `not_ingest`;
    ConfigError on a URL that is none; and whatever `source` raises.
    """
    try:
        async with connect(
            _checked(url),
            open_timeout=OPEN_TIMEOUT,
            ping_timeout=PONG_TIMEOUT,
            compression=None,
            proxy=None if _is_loopback(url) else True,
        ) as socket:
            return await _converse(socket, token, offer, source, started, warned)
    except InvalidHandshake as error:
        raise ProtocolError(f"{url} answers, but takes no calls: {error}", code="not_ingest") from error
    except ConnectionClosed as error:
        raise _lost(error) from error
    except (OSError, TimeoutError) as error:
        reason = str(error) or "it did not answer in time"
        raise ProtocolError(f"{url} cannot be reached: {reason}; is the server running?", code="unreachable") from error


async def _converse(
    socket: ClientConnection,
    token: str,
    offer: Offer,
    source: Frames,
    started: Callable[[str], None],
    warned: Callable[[str], None],
) -> Sent:
    await socket.send(_hello(offer, token))
    answer = await _answer(socket, "ready", warned)
    started(answer["call"])
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_stream(socket, source))
            answer = await _answer(socket, "done", warned)
    except ExceptionGroup as group:  # the first to fail has stopped the other
        raise group.exceptions[0] from None
    return Sent(answer["call"], answer["seconds"])


async def _stream(socket: ClientConnection, source: Frames) -> None:
    """Everything, then the bye. A connection that closes under it is not its to explain: the server's answer does."""
    try:
        async for number, payload in source:
            await socket.send(number.to_bytes(SEQUENCE, "big") + payload)
        await socket.send('{"type":"bye"}')
    except ConnectionClosed:
        return


async def _answer(socket: ClientConnection, wanted: str, warned: Callable[[str], None]) -> dict[str, Any]:
    """The server's answer of the `wanted` type; warnings on the way are passed on."""
    while True:
        try:
            answer = json.loads(await socket.recv())
        except ConnectionClosed as error:
            raise _lost(error) from error
        except ValueError as error:
            raise ProtocolError("the server's answer is not JSON", code="not_ingest") from error
        match answer:
            case {"type": "warning", "message": str(message)}:
                warned(message)
            case {"type": "error", "code": str(code), "message": str(message)}:
                raise ProtocolError(message, code=code)
            case {"type": "ready", "call": str()} | {"type": "done", "call": str(), "seconds": float() | int()} if (
                answer["type"] == wanted
            ):
                return dict(answer)
            case _:
                raise ProtocolError("the server's answer is not of this protocol", code="not_ingest")


def _lost(error: ConnectionClosed) -> MonitorError:
    why = "the server was stopped" if error.rcvd and error.rcvd.code == 1012 else "the connection to the server was lost"
    return ProtocolError(f"{why} before the call ended", code="connection_lost")


def _hello(offer: Offer, token: str) -> str:
    names = {"call": offer.call, "agent": offer.agent, "team": offer.team, "customer": offer.customer}
    return json.dumps(
        {
            "type": "hello",
            "version": VERSION,
            "token": token,
            "rate": offer.rate,
            "encoding": offer.encoding,
            "channels": offer.channels,
            **{key: value for key, value in names.items() if value is not None},
        }
    )


def _checked(url: str) -> str:
    """`url`, once it is known to be a server's. `connect` says so of some faults only, and of those in several ways."""
    try:
        parse_uri(url)
    except (InvalidURI, ValueError) as error:  # ValueError: a port or an address that cannot be
        raise ConfigError(f"{url} is not the address of a server (ws://HOST:PORT/ingest)") from error
    return url


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
