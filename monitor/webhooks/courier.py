"""Takes what waits in the outbox to the webhooks: each has a task of its own, so that one that hangs holds up nobody else.

At least once: what a request came to is kept after it, so what was under way when the process died goes again, under the same
id. What is in the outbox stays there until a webhook has taken it, refused it, or it has become too old.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, Self

import httpx
import structlog
import uuid_utils

from monitor.config import Webhooks
from monitor.deliveries import Parcel, Queued, Taken, WebhookState
from monitor.errors import ArchiveError
from monitor.records import Alert
from monitor.webhooks.answer import Failure, judge
from monitor.webhooks.endpoint import Endpoint
from monitor.webhooks.message import GROUPED, Message, message
from monitor.webhooks.pace import Pace, back_off
from monitor.webhooks.words import Mask

LOOK = 15.0  # seconds after which the outbox is looked into all the same: the command line may have put something in
FAULT = 5.0  # seconds to wait when the archive cannot be reached
TIDY = 3_600.0  # seconds
ANSWER = 65_536  # bytes read of an answer

log = structlog.get_logger(__name__)
for _name in ("httpx", "httpcore"):  # they log addresses, which are secrets
    logging.getLogger(_name).setLevel(logging.WARNING)


class Outbox(Protocol):
    """What is kept of deliveries. Raises ArchiveError."""

    async def take(self, webhook: str, now: datetime, fresh: str, most: int, max_age: timedelta) -> Taken: ...
    async def sent(self, parcel: str, now: datetime) -> None: ...
    async def put_off(self, parcel: str, due: datetime, why: str) -> None: ...
    async def bury(self, parcel: str, now: datetime, why: str) -> None: ...
    async def tidy(self, webhooks: Collection[str], now: datetime) -> int: ...


@dataclass(slots=True)
class State:
    """How a webhook has done since the service started."""

    last: datetime | None = None  # when it last took something
    why: str | None = None  # what the newest attempt failed of; None: it did not
    again: datetime | None = None  # when it is tried again


class Courier:
    """All webhooks. Use it as an async context manager; leaving it waits for what is under way."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        outbox: Outbox,
        settings: Webhooks,
        *,
        mask: Mask,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox, self._now, self._timeout = outbox, now, settings.timeout
        self.routes = {one.name: Route(one, outbox, settings, mask=mask, now=now, clock=clock) for one in endpoints}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for route in self.routes.values():
            await self._stack.enter_async_context(route.client)
            self._tasks.add(asyncio.create_task(route.run(), name=f"webhook {route.endpoint.name}"))
        self._tidying = asyncio.create_task(self._tidy(), name="outbox")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._tidying.cancel()
        for route in self.routes.values():
            route.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._timeout + 1)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, self._tidying, return_exceptions=True)
        await self._stack.aclose()

    def queued(self, alert: Alert, team: str | None) -> list[Queued]:
        """The webhooks that are to be told of an alert in a call of this team."""
        now = self._now()
        return [
            Queued(name, now, now + timedelta(seconds=route.endpoint.settings.delay))
            for name, route in self.routes.items()
            if alert.status == "open" and route.wants(alert, team)
        ]

    def about(self) -> list[WebhookState]:
        """How each webhook does, in the order of config.toml."""
        return [route.about() for route in self.routes.values()]

    def wake(self, webhooks: Iterable[str]) -> None:
        """Something was put into the outbox for these."""
        for name in webhooks:
            if name in self.routes:
                self.routes[name].wake()

    async def _tidy(self) -> None:
        while True:
            try:
                gone = await self._outbox.tidy(list(self.routes), self._now())
                if gone:
                    log.error("webhook_gone", deliveries=gone)
            except ArchiveError as error:
                log.warning("outbox_not_tidied", code=error.code)
            await asyncio.sleep(TIDY)


class Route:
    """The way to one webhook. `step` is all it does; `run` does it again and again."""

    def __init__(
        self,
        endpoint: Endpoint,
        outbox: Outbox,
        settings: Webhooks,
        *,
        mask: Mask,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self.endpoint, self.state, self.client = endpoint, State(), client(endpoint)
        self._outbox, self._settings, self._mask = outbox, settings, mask
        self._now, self._clock = now, clock
        self._pace = Pace(endpoint.limits)
        self._max_age = timedelta(seconds=settings.max_age)
        self._news = asyncio.Event()
        self._stopping = False

    def wants(self, alert: Alert, team: str | None) -> bool:
        settings = self.endpoint.settings
        return alert.severity in settings.severities and (not settings.teams or team in settings.teams)

    def about(self) -> WebhookState:
        settings, state = self.endpoint.settings, self.state
        known = (settings.name, settings.shape, self.endpoint.host, settings.severities, settings.teams)
        return WebhookState(*known, state.last, state.why, state.again)

    def wake(self) -> None:
        self._news.set()

    def stop(self) -> None:
        self._stopping = True
        self._news.set()

    async def run(self) -> None:
        """Until `stop`, and then to the end of what is under way."""
        while not self._stopping:
            self._news.clear()
            try:
                wait = await self.step()
            except ArchiveError as error:
                log.warning("outbox_unread", webhook=self.endpoint.name, code=error.code)
                wait = FAULT
            except Exception:
                log.exception("webhook_fault", webhook=self.endpoint.name)
                wait = FAULT
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), wait)

    async def step(self) -> float:
        """Send what is due, if the webhook may be called; returns the seconds after which there may be more to do."""
        rest = self._pace.rest(self._clock())
        if rest > 0:
            return rest
        now = self._now()
        taken = await self._outbox.take(
            self.endpoint.name, now, str(uuid_utils.uuid7()), GROUPED[self.endpoint.settings.shape], self._max_age
        )
        if taken.expired:
            log.error("webhook_dead", webhook=self.endpoint.name, deliveries=taken.expired, why="too old")
        if taken.parcel is None:
            return LOOK if taken.next is None else min(LOOK, max(0.0, (taken.next - now).total_seconds()))
        self._pace.called(self._clock())
        failure = await post(self.client, self._message(taken.parcel), self.endpoint, self._settings.timeout, self._now)
        await self._settle(taken.parcel, failure)
        return 0.0

    def _message(self, parcel: Parcel) -> Message:
        return message(self.endpoint, parcel, self._settings.pages, self._mask, self._now())

    async def _settle(self, parcel: Parcel, failure: Failure | None) -> None:
        """Keep what became of a parcel."""
        now, count = self._now(), len(parcel.deliveries)
        known = log.bind(webhook=self.endpoint.name, parcel=parcel.id, alerts=count, attempts=parcel.attempts)
        self.state.why, self.state.again = failure.why if failure else None, None
        if failure is None:
            self._pace.worked()
            self.state.last = now
            await self._outbox.sent(parcel.id, now)
            known.info("webhook_sent")
            return
        if failure.refused:
            self._pace.worked()  # it is there, and may take the next
            await self._outbox.bury(parcel.id, now, failure.why)
            known.error("webhook_dead", why=failure.why)
            return
        self._pace.failed(self._clock(), failure.after)
        wait = timedelta(seconds=max(back_off(parcel.attempts), failure.after or 0.0))
        self.state.again = now + timedelta(seconds=self._pace.rest(self._clock()))
        if now + wait - parcel.created > self._max_age:
            await self._outbox.bury(parcel.id, now, failure.why)
            known.error("webhook_dead", why=failure.why)
        else:
            await self._outbox.put_off(parcel.id, now + wait, failure.why)
            known.warning("webhook_failed", why=failure.why, again=round(wait.total_seconds(), 1))


def client(endpoint: Endpoint) -> httpx.AsyncClient:
    """Checks certificates (SSL_CERT_FILE names a site's own), follows nothing; proxies as the environment says."""
    return httpx.AsyncClient(
        verify=httpx.create_ssl_context(),
        follow_redirects=False,
        trust_env=not endpoint.loopback,
        headers={"User-Agent": "callmonitor", "Accept-Encoding": "identity"},
        limits=httpx.Limits(max_connections=1, keepalive_expiry=30),
    )


async def post(
    client: httpx.AsyncClient, message: Message, endpoint: Endpoint, patience: float, now: Callable[[], datetime]
) -> Failure | None:
    """Send once, within `patience` seconds; None where it was taken. What a failure says holds no secret."""
    try:
        async with asyncio.timeout(patience):
            request = client.stream("POST", message.url, content=message.body, headers=message.headers, timeout=patience)
            async with request as response:
                body = await _read(response)
        failure = judge(endpoint.settings.shape, response.status_code, response.headers, body, now())
    except (TimeoutError, httpx.TimeoutException):
        failure = Failure(f"does not answer within {patience:g} s")
    except httpx.RequestError as error:
        failure = Failure(_trouble(error))
    if failure is None:
        return None
    return Failure(endpoint.hide(failure.why), failure.refused, failure.after)


async def _read(response: httpx.Response) -> bytes:
    body = b""
    async for part in response.aiter_bytes():
        body += part
        if len(body) > ANSWER:
            break
    return body[:ANSWER]


def _trouble(error: BaseException) -> str:
    """Why the connection failed."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not to be trusted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return "TLS failed"
        cause = cause.__cause__ or cause.__context__
    return "cannot be reached" if isinstance(error, httpx.ConnectError) else "the connection broke off"
