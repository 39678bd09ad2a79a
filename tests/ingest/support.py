"""A real server on a free port with the ingest endpoint, and an app that keeps what it is given."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI

from monitor.config import Ingest
from monitor.errors import MonitorError
from monitor.ingest.native import Hello
from monitor.ingest.websocket import Ending, endpoint

TOKEN = "k" * 43
HELLO: dict[str, Any] = {
    "type": "hello",
    "version": 1,
    "token": TOKEN,
    "rate": 8000,
    "encoding": "mulaw",
    "channels": ["agent", "customer"],
}


@dataclass
class KeptCall:
    """A call in memory. `open` cleared holds audio back; `fault` is raised by the next audio, `last_fault` by the end."""

    hello: Hello
    open: asyncio.Event
    fault: Exception | None = None
    last_fault: Exception | None = None
    kept: bytearray = field(default_factory=bytearray)
    frames: int = 0
    endings: list[tuple[Ending, str | None]] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def audio(self, payload: bytes, frames: int) -> None:
        assert not self.endings
        await self.open.wait()
        if self.fault:
            raise self.fault
        self.kept += payload
        self.frames += frames

    async def end(self, status: Ending, why: str | None) -> None:
        self.endings.append((status, why))
        self.ended.set()
        if self.last_fault:
            raise self.last_fault

    @property
    def ending(self) -> tuple[Ending, str | None]:
        (only,) = self.endings
        return only


@dataclass
class KeptCalls:
    """Where they begin; `refusal` is raised instead where there is one."""

    refusal: MonitorError | None = None
    fault: Exception | None = None
    last_fault: Exception | None = None
    open: asyncio.Event = field(default_factory=asyncio.Event)
    calls: dict[str, KeptCall] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.open.set()

    async def begin(self, hello: Hello) -> KeptCall:
        if self.refusal:
            raise self.refusal
        self.calls[hello.call] = KeptCall(hello, self.open, self.fault, self.last_fault)
        return self.calls[hello.call]

    @property
    def only(self) -> KeptCall:
        (call,) = self.calls.values()
        return call


@dataclass
class Serving:
    url: str
    server: uvicorn.Server
    task: asyncio.Task[None]

    async def stop(self) -> None:
        self.server.should_exit = True
        await self.task


@asynccontextmanager
async def serving(calls: KeptCalls, settings: Ingest | None = None) -> AsyncIterator[Serving]:
    """The socket listens before the server runs, so nobody has to wait for its start."""
    app = FastAPI()
    app.add_api_websocket_route("/ingest", endpoint(settings or Ingest(), TOKEN, calls))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        port = listening.getsockname()[1]
        task = asyncio.create_task(server.serve(sockets=[listening]))
        running = Serving(f"ws://127.0.0.1:{port}/ingest", server, task)
        try:
            yield running
        finally:
            await running.stop()
