"""A real server over a real archive, in the test's own event loop."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect

from monitor.archive.accounts import beside
from monitor.archive.store import Archive
from monitor.config import Config, Data, Page, Server
from monitor.health import Health
from monitor.meters import Meters
from monitor.page.accounts import CHECK
from monitor.page.api import build
from monitor.page.hub import Hub, Subscriber
from monitor.page.onair import OnAir
from monitor.people import AuditEntry, User
from monitor.records import Alert, CallInfo, CallView

PASSWORD = "八个字的密码够了"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)  # cheap: these tests sign in often
BEIJING = timezone(timedelta(hours=8))
PATIENCE = 30.0  # seconds after which a test that waits for the server gives up
WELL = Health("ok", (), None, 1.5)
METRICS_TOKEN = "m" * 43
NINE = datetime(2026, 11, 22, 9, 0, tzinfo=BEIJING)


BOSS = User(name="boss", display="老板", role="admin", password=HASH, created=NINE)
LEAD = replace(BOSS, name="李主管", display="李主管", role="supervisor", teams=("一组", "二组"))
CHIEF = replace(BOSS, name="chief", display="总监", role="supervisor")
CHECKER = replace(BOSS, name="qa", display="质检", role="qa")
WANG = replace(BOSS, name="wang", display="小王", role="agent", agent="小王")
ZHAO = replace(BOSS, name="zhao", display="小赵", role="agent", agent="小赵")
STAFF = (BOSS, LEAD, CHIEF, CHECKER, WANG, ZHAO)


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def info(id: str = "c1", started: datetime = NINE, **more: Any) -> CallInfo:
    known: dict[str, Any] = {"source": "live", "model": "base", "channels": ("agent", "customer"), "agent": "小王"}
    return CallInfo(id=id, started=started, **known | more)


def view(id: str = "c1", started: datetime = NINE, **more: Any) -> CallView:
    """The same call as its events show it."""
    known: dict[str, Any] = {"source": "live", "model": "base", "status": "live", "agent": "小王"}
    return CallView(id=id, started=started, **known | more)


def alert(call: str = "c1", id: str = "a1") -> Alert:
    return Alert(
        call=call, id=id, at=66.0, severity="critical", rule="external_threat", title="威胁投诉", because=("f1",), raised=NINE
    )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[int]:
    """Serve `app` on a free loopback port while the block lasts; leaving it waits for a clean stop.

    Its sockets hold little, so that a page which does not read is felt soon on any machine.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        config = uvicorn.Config(app, ws="websockets-sansio", ws_per_message_deflate=False, log_config=None)
        config.timeout_graceful_shutdown = 30
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await server.ready.wait()
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await running


@dataclass
class Site:
    """One running server, as its tests see it."""

    app: FastAPI
    hub: Hub
    onair: OnAir
    archive: Archive
    clock: Clock
    port: int
    client: httpx.AsyncClient
    data: Data

    async def sign_in(self, user: User, client: httpx.AsyncClient | None = None) -> None:
        """As somebody of PASSWORD."""
        answer = await (client or self.client).post("/api/session", json={"name": user.name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text

    def change(self, name: str, **values: Any) -> None:
        """What the command line does to an account, beside the server; it is seen when next looked."""
        with beside(self.data) as accounts:
            accounts.change(name, AuditEntry(when=NINE, who="root", role="console", action="user_disabled"), **values)
        self.clock.now += CHECK

    def live(self, client: httpx.AsyncClient | None = None, **options: Any) -> connect:
        """A connection to the live socket, as no browser makes it: without Origin, with this client's cookies."""
        return self.socket("/api/live", additional_headers=cookies(client or self.client), **options)

    def socket(self, path: str, name: str = "127.0.0.1", **options: Any) -> connect:
        """`name` is what the client takes this server for; it still connects to the loopback address."""
        if "sock" not in options:
            options |= {"host": "127.0.0.1", "port": self.port}
        return connect(f"ws://{name}:{self.port}{path}", proxy=None, compression=None, **options)


Arrange = Callable[[FastAPI], None]


@asynccontextmanager
async def site(
    folder: Path,
    *,
    archive: type[Archive] = Archive,
    people: Sequence[User] = (),
    allowed_hosts: tuple[str, ...] = (),
    page: Page = Page(),  # noqa: B008  (frozen)
    health: Health = WELL,
    arrange: Arrange = lambda app: None,
) -> AsyncIterator[Site]:
    """A server over a fresh archive in `folder`; `arrange` may add routes before it starts."""
    server = Server(allowed_hosts=allowed_hosts)
    config = Config(server=server, data=Data(folder=folder / "data"), page=page)
    hub, clock = Hub(history=page.history, queue=page.queue), Clock()
    onair = OnAir(clock)
    store = await archive.open(config.data)
    hire(config.data, *people)
    try:
        app = build(
            config,
            hub,
            store,
            model="base",
            version="1.2.3",
            vocabulary={"kinds": {"escalation": {"zh": "升级", "en": "Escalation"}}, "rules": {}, "alerts": {}},
            live_calls=lambda: 1,
            meters=Meters(),
            health=lambda: health,
            metrics_token=METRICS_TOKEN,
            onair=onair,
            pages=folder / "dist",
            clock=clock,
            now=lambda: NINE,
        )
        arrange(app)
        async with serving(app) as port, browser(port) as client:
            yield Site(app, hub, onair, store, clock, port, client, config.data)
    finally:
        await store.close()


def hire(data: Data, *people: User) -> None:
    with beside(data) as accounts:
        for user in people:
            accounts.add(user, AuditEntry(when=NINE, who="root", role="console", action="user_added"))


def browser(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False)


def cookies(client: httpx.AsyncClient) -> dict[str, str]:
    """The header a socket of this browser comes with."""
    held = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    return {"Cookie": held} if held else {}


async def join(socket: ClientConnection, epoch: str | None = None, seq: int | None = None) -> ClientConnection:
    """Say where this page stands."""
    await socket.send(json.dumps({"epoch": epoch, "seq": seq}))
    return socket


async def joined(site: Site, socket: ClientConnection) -> ClientConnection:
    """Join from now; returns once the server has this page among its subscribers."""
    seq = site.hub.publish(type="notice", call=None, level="info", code="joined", message="")
    await join(socket, site.hub.epoch, seq - 1)
    assert (await received(socket))["seq"] == seq
    return socket


async def received(socket: ClientConnection) -> dict[str, Any]:
    """The next event. One that never comes fails the test instead of holding it."""
    event: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
    return event


def watch(monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """Set when a page has subscribed to the hub, and when one has left it."""
    came, went = asyncio.Event(), asyncio.Event()
    subscribe = Hub.subscribe

    @contextmanager
    def watched(hub: Hub, epoch: str | None, seq: int | None) -> Iterator[Subscriber]:
        with subscribe(hub, epoch, seq) as subscriber:
            came.set()
            yield subscriber
        went.set()

    monkeypatch.setattr(Hub, "subscribe", watched)
    return came, went


def error_of(response: httpx.Response) -> str:
    """The code of a refusal, which must have the documented shape."""
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["message"]
    return str(body["error"]["code"])
