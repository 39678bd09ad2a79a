"""The whole product, running: a service on a free port with the real model, and what a page does on its live socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from monitor import app, config
from monitor.ingest.play import Recording, play
from tests.page.support import serving

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 240.0  # seconds after which a test that waits for the service gives up

Event = dict[str, Any]


def settings(folder: Path, **sections: config.Section) -> config.Config:
    made = config.Config(data=config.Data(folder=folder), model=config.Model(folder=ROOT / "models"))
    return made.model_copy(update=sections)


@dataclass
class Running:
    """A service that listens."""

    service: app.Service
    port: int

    @property
    def ingest(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ingest"

    async def play(self, path: Path, call: str, *, speed: float = 20.0, customer: str | None = None) -> None:
        recording = Recording(path=path, call=call, agent="王芳", team="一组", customer=customer)
        (outcome,) = await play([recording], url=self.ingest, token=self.service.token, speed=speed)
        if isinstance(outcome, Exception):
            raise outcome

    async def get(self, path: str) -> Any:
        return await get(self.port, path)


async def get(port: int, path: str) -> Any:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=PATIENCE) as client:
        response = await client.get(path)
        response.raise_for_status()
        return response.json()


@asynccontextmanager
async def running(made: config.Config) -> AsyncIterator[Running]:
    async with app.service(made) as service, serving(service.application()) as port:
        yield Running(service, port)


@asynccontextmanager
async def watching(port: int, *, epoch: str | None = None, seq: int | None = None) -> AsyncIterator[ClientConnection]:
    """A page's live socket, from event `seq` of run `epoch`, or from now."""
    async with connect(f"ws://127.0.0.1:{port}/api/live", proxy=None) as socket:
        await socket.send(json.dumps({"epoch": epoch, "seq": seq}))
        yield socket


async def until(socket: ClientConnection, wanted: Callable[[Event], bool]) -> list[Event]:
    """The events up to and with the first that is `wanted`."""
    events: list[Event] = []
    async with asyncio.timeout(PATIENCE):
        while True:
            events.append(json.loads(await socket.recv()))
            if wanted(events[-1]):
                return events


def over(call: str) -> Callable[[Event], bool]:
    """Whether an event says that the call has ended, in whichever way."""
    return lambda event: event["type"] == "call" and event["call"] == call and event["data"]["status"] != "live"
