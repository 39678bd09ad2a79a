"""What a supervisor's page is told during a live run, with the moment each event came."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from monitor.errors import MonitorError
from monitor.labels import Found
from monitor.records import SYSTEM


@dataclass(slots=True)
class Shown:
    """An alert: when it came first, and how it stands."""

    call: str
    id: str
    rule: str
    severity: str
    came: float  # monotonic clock
    at: float  # call time, as it came first
    because: list[str]  # as it came first
    until: float = 0.0  # call time, as it was told last: of words still spoken it grows
    text: str = ""
    taken_back: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A text on the page."""

    came: float
    call: str
    stage: str
    end: float  # call time


@dataclass(slots=True)
class Seen:
    """All that came. `feed` is pure: an event and its moment in."""

    alerts: dict[tuple[str, str], Shown] = field(default_factory=dict)
    findings: dict[tuple[str, str], list[Found]] = field(default_factory=dict)  # every version, newest last
    texts: list[Said] = field(default_factory=list)
    over: dict[str, str] = field(default_factory=dict)  # calls that have ended: their status
    notices: dict[str, int] = field(default_factory=dict)  # by code

    def feed(self, event: dict[str, Any], came: float) -> None:
        match event:
            case {"type": "utterance", "call": str(call), "data": {"stage": str(stage), "end": end}}:
                self.texts.append(Said(came, call, stage, float(end)))
            case {"type": "finding", "call": str(call), "data": dict(data)}:
                self.findings.setdefault((call, data["id"]), []).append(Found.model_validate(data))
            case {"type": "alert", "call": str(call), "data": dict(data)}:
                self._alert(call, data, came)
            case {"type": "call", "call": str(call), "data": {"status": str(status)}} if status != "live":
                self.over[call] = status
            case {"type": "notice", "code": str(code)}:
                self.notices[code] = self.notices.get(code, 0) + 1

    def _alert(self, call: str, data: dict[str, Any], came: float) -> None:
        shown = self.alerts.get((call, data["id"]))
        if shown is None:
            shown = Shown(call, data["id"], data["rule"], data["severity"], came, data["at"], list(data["because"]))
            self.alerts[call, data["id"]] = shown
        shown.text, shown.until = data["text"], data["at"]
        shown.taken_back = (data["status"], data["by"]) == ("resolved", SYSTEM)


class Watcher:
    """A page's live socket, read as fast as it talks. Use as `async with Watcher(url) as watcher`."""

    def __init__(self, url: str) -> None:
        """`url`: ws://HOST:PORT/api/live."""
        self.seen = Seen()
        self._url = url
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Watcher:
        try:
            self._socket = await connect(self._url, proxy=None, max_queue=None, compression=None)
            await self._socket.send('{"epoch": null, "seq": null}')
        except (OSError, InvalidHandshake) as error:
            raise MonitorError(f"{self._url}: the live socket cannot be opened: {error}", code="bench") from error
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._socket.close()

    async def ended(self, calls: set[str], seconds: float) -> bool:
        """Wait until each of `calls` has ended, `seconds` at most; whether that came about. Raises MonitorError.

        Everything of a call comes before its end does.
        """
        waiting = asyncio.create_task(self._until(calls))
        done, _ = await asyncio.wait({waiting, self._reading}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        if self._reading in done:
            self._reading.result()
        return calls <= self.seen.over.keys()

    async def _until(self, calls: set[str]) -> None:
        async with self._news:
            await self._news.wait_for(lambda: calls <= self.seen.over.keys())

    async def _read(self) -> None:
        """Raises MonitorError where the socket closes: what was measured after that would be wrong."""
        try:
            async for message in self._socket:
                came = time.monotonic()
                event = json.loads(message)
                if event["type"] == "reset":
                    raise MonitorError("the live socket lagged behind and was reset: the measuring is void", code="bench")
                self.seen.feed(event, came)
                if event["type"] == "call":
                    async with self._news:
                        self._news.notify_all()
        except ConnectionClosed as error:
            raise MonitorError(f"the live socket was lost: {error}", code="bench") from error
        raise MonitorError(
            "the live socket was closed by the server; does it want somebody to sign in? measure one without accounts",
            code="bench",
        )
