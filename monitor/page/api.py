"""The HTTP API as docs/api.md says it, and the application it is part of."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, FastAPI, Query, Request, Response, WebSocket
from fastapi import Path as InPath
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from monitor.config import Config
from monitor.page.accounts import COOKIE, LONGEST, Accounts, check_bind
from monitor.page.answers import Refused, answer, install, large_answer
from monitor.page.guard import Guard, SignedIn, own_names
from monitor.page.hub import Hub
from monitor.page.live import live
from monitor.page.pages import Pages
from monitor.records import SYSTEM, Alert, AlertStatus, CallRecord, CallView

RECENT = 50  # ended calls a page begins with
LISTED = 200  # calls of one answer, at most

CallId = Annotated[str, InPath(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
AlertId = Annotated[str, InPath(pattern=r"^[A-Za-z0-9._:@-]{1,200}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]


class Store(Protocol):
    """What the pages read and change of what is kept. Raises ArchiveError where it cannot."""

    async def recent(self, limit: int = RECENT) -> tuple[list[CallView], list[Alert]]:
        """Every live call and the `limit` calls that ended last, with their alerts."""

    async def calls(self, before: datetime | None, limit: int) -> list[CallView]:
        """Calls that started before `before`, newest first."""

    async def call(self, id: str) -> CallRecord | None: ...

    async def set_alert(
        self, call: str, id: str, *, status: AlertStatus, by: str, note: str | None, when: datetime
    ) -> Alert | None:
        """Keep what a person decided about an alert; returns it as it is now, None where there is no such alert."""


class Password(BaseModel):
    model_config = ConfigDict(extra="forbid")
    password: str = Field(max_length=LONGEST)


def _person(name: str) -> str:
    if name == SYSTEM:
        raise PydanticCustomError("system", "'system' is how callmonitor signs; say who you are")
    return name


class Decision(BaseModel):
    """What a person decided about an alert."""

    model_config = ConfigDict(extra="forbid")
    status: AlertStatus
    by: Annotated[Line, AfterValidator(_person)]
    note: Note | None = None


class Sessions:
    """`/api/session`: sign in, sign out, ask."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.router = APIRouter(prefix="/api/session")
        self.router.add_api_route("", self.ask, methods=["GET"])
        self.router.add_api_route("", self.sign_in, methods=["POST"])
        self.router.add_api_route("", self.sign_out, methods=["DELETE"])

    async def ask(self, request: Request) -> Response:
        return self._status(self.accounts.signed_in(request.cookies.get(COOKIE)))

    async def sign_in(self, body: Password, request: Request) -> Response:
        response = self._status(True)
        if self.accounts.password_needed:
            token = await self.accounts.sign_in(body.password, request.client.host if request.client else "")
            secure = request.url.scheme == "https"
            age = int(self.accounts.seconds)
            response.set_cookie(COOKIE, token, max_age=age, httponly=True, samesite="strict", secure=secure)
        return response

    async def sign_out(self, request: Request) -> Response:
        self.accounts.sign_out(request.cookies.get(COOKIE))
        response = self._status(not self.accounts.password_needed)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return response

    def _status(self, signed_in: bool) -> Response:
        return answer({"password_needed": self.accounts.password_needed, "signed_in": signed_in})


class Calls:
    """What is known of the calls, and what people decide about their alerts."""

    def __init__(self, hub: Hub, store: Store, model: str, version: str, now: Callable[[], datetime]) -> None:
        self.hub = hub
        self.store = store
        self.about = {"model": model, "version": version}
        self.now = now
        self._deciding = asyncio.Lock()
        self.router = APIRouter(prefix="/api")
        self.router.add_api_route("/state", self.state, methods=["GET"])
        self.router.add_api_route("/calls", self.calls, methods=["GET"])
        self.router.add_api_route("/calls/{id}", self.call, methods=["GET"])
        self.router.add_api_route("/calls/{call}/alerts/{id}", self.decide, methods=["POST"])

    def _place(self) -> dict[str, Any]:
        """Where the log stands. Taken before the store is read: what is stored meanwhile comes again as an event."""
        return {"epoch": self.hub.epoch, "seq": self.hub.seq}

    async def state(self) -> Response:
        place = self._place()
        calls, alerts = await self.store.recent(RECENT)
        return await large_answer({**place, "calls": calls, "alerts": alerts, **self.about})

    async def calls(
        self, before: Annotated[AwareDatetime | None, Query()] = None, limit: Annotated[int, Query(ge=1, le=LISTED)] = RECENT
    ) -> Response:
        return await large_answer({"calls": await self.store.calls(before, limit)})

    async def call(self, id: CallId) -> Response:
        place = self._place()
        record = await self.store.call(id)
        if record is None:
            raise Refused(404, "unknown_call", "There is no such call.")
        return await large_answer({**place, **{part.name: getattr(record, part.name) for part in fields(record)}})

    async def decide(self, call: CallId, id: AlertId, body: Decision) -> Response:
        async with self._deciding:  # shown in the order it was stored
            alert = await self.store.set_alert(call, id, status=body.status, by=body.by, note=body.note, when=self.now())
            if alert is None:
                raise Refused(404, "unknown_alert", "There is no such alert.")
            self.hub.publish(type="alert", call=call, data=alert)
        return answer({"alert": alert})


class About:
    """What does not change while the server runs, and whether it runs."""

    def __init__(self, model: str, vocabulary: Mapping[str, Any], live_calls: Callable[[], int]) -> None:
        self.model = model
        self.words = vocabulary
        self.live_calls = live_calls
        self.router = APIRouter(prefix="/api")
        self.router.add_api_route("/vocabulary", self.vocabulary, methods=["GET"])
        self.router.add_api_route("/health", self.health, methods=["GET"])

    async def vocabulary(self) -> Response:
        return answer(self.words)

    async def health(self) -> Response:
        return answer({"status": "ok", "calls": self.live_calls(), "model": self.model})


def local_now() -> datetime:
    return datetime.now().astimezone()


def build(
    config: Config,
    hub: Hub,
    store: Store,
    *,
    model: str,
    version: str,
    vocabulary: Mapping[str, Any],
    live_calls: Callable[[], int],
    pages: Path,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], datetime] = local_now,
) -> FastAPI:
    """The application: API, live socket, pages, and the guard around all of it and around every route added later.

    `vocabulary` is what /api/vocabulary answers, `live_calls` counts calls in progress, `pages` is the folder of built pages,
    `clock` gives the seconds sessions and attempts are counted in, `now` an aware wall-clock time.
    Raises ConfigError where `config.server` would open the pages to a network without a password, or names no host.
    """
    check_bind(config.server)
    own_names(config.server)  # the guard itself is made with the first request
    accounts = Accounts(config.server.password_hash, config.page.session_hours, clock)
    app = FastAPI(title="callmonitor", version=version, openapi_url=None, redirect_slashes=False)
    install(app)
    app.include_router(Sessions(accounts).router)
    app.include_router(Calls(hub, store, model, version, now).router)
    app.include_router(About(model, vocabulary, live_calls).router)

    @app.websocket("/api/live")
    async def _live(socket: WebSocket) -> None:
        await live(socket, hub, accounts)

    app.router.default = Pages(pages)
    app.add_middleware(SignedIn, accounts=accounts)
    app.add_middleware(Guard, server=config.server)
    return app
