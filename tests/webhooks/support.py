"""A webhook's other side: a real HTTP server on loopback that answers as the test says; and what is told to it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from monitor.archive.store import Archive
from monitor.config import Webhook, Webhooks
from monitor.deliveries import Queued
from monitor.page.policy import masked
from monitor.webhooks.courier import Courier, Route
from monitor.webhooks.endpoint import Endpoint
from tests.archive import make

PEM = (
    Path(__file__).parent / "localhost.pem"
)  # a key and a certificate for localhost that nobody signed; good for these tests alone
PATIENCE = 30.0  # seconds after which a test that waits gives up
KEY = "693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa"  # the secret part of the address
SECRET = "SECf00ba4c0ffee1234"

TAKEN = {
    "json": b"",
    "wecom": b'{"errcode":0,"errmsg":"ok"}',
    "dingtalk": b'{"errcode":0,"errmsg":"ok"}',
    "feishu": b'{"code":0,"msg":"success"}',
}


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


HANG = Answer(status=0)  # say nothing, and hold the connection


class Peer:
    """Answers each request with the next of `answers`, the last again and again."""

    def __init__(self, answers: Sequence[Answer], *, tls: bool = False) -> None:
        self.requests: list[Request] = []
        self._answers, self._tls = list(answers), tls
        self._came = asyncio.Condition()

    async def __aenter__(self) -> Self:
        context = None
        if self._tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(PEM)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        self._open: dict[asyncio.StreamWriter, asyncio.Task[Any]] = {}
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        await asyncio.gather(*self._open.values())
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/hook?key={KEY}"

    async def got(self, count: int) -> list[Request]:
        """The requests, once there are so many."""
        async with asyncio.timeout(PATIENCE), self._came:
            await self._came.wait_for(lambda: len(self.requests) >= count)
        return self.requests

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._open[writer] = task
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                method, target, _ = head[0].split(" ")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                async with self._came:
                    self.requests.append(Request(method, target, headers, body))
                    self._came.notify_all()
                if answer is HANG:
                    await reader.read()
                    break
                lines = [f"HTTP/1.1 {answer.status} X", f"content-length: {len(answer.body)}"]
                lines += [f"{name}: {value}" for name, value in answer.headers.items()]
                writer.write("\r\n".join([*lines, "", ""]).encode() + answer.body)
                await writer.drain()
        writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()


class Time:
    """Both clocks of a courier; it passes when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def now(self) -> datetime:
        return make.START + timedelta(seconds=self.seconds)

    def clock(self) -> float:
        return self.seconds


def webhook(shape: str = "json", **more: Any) -> Webhook:
    secret = {} if shape == "wecom" else {"secret": "env:SECRET"}
    return Webhook.model_validate({"name": "duty", "shape": shape, "url": "env:URL", "delay": 0.0, **secret, **more})


def endpoint(url: str, shape: str = "json", **more: Any) -> Endpoint:
    return Endpoint(webhook(shape, **more), url, None if shape == "wecom" else SECRET)


def route(endpoint: Endpoint, archive: Archive, time: Time, **more: Any) -> Route:
    return Route(endpoint, archive.outbox, Webhooks(**more), mask=masked, now=time.now, clock=time.clock)


def courier(endpoints: Sequence[Endpoint], archive: Archive, **more: Any) -> Courier:
    """By the real clock."""
    return Courier(endpoints, archive.outbox, Webhooks(**more), mask=masked, now=lambda: datetime.now().astimezone())


async def put(
    archive: Archive, time: Time, id: str = "external_threat@u1", *, to: str = "duty", delay: float = 0.0, **more: Any
) -> None:
    """Keep an alert with a delivery for the webhook `to`."""
    queued = Queued(to, time.now(), time.now() + timedelta(seconds=delay))
    await archive.add(make.alert(id, **{"raised": make.START, "speaker": "customer", "text": "我要投诉你们", **more}), [queued])


@asynccontextmanager
async def stepping(made: Route) -> AsyncIterator[Route]:
    async with made.client:
        yield made
