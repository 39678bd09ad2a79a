"""The HTTP API as docs/api.md says it, and the application it is part of."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, FastAPI, Query, Request, Response, WebSocket
from pydantic import BaseModel, ConfigDict, Field

from monitor.config import Config
from monitor.health import Health
from monitor.meters import Meters
from monitor.page import policy
from monitor.page.accounts import COOKIE, DEVICE, Accounts, Session
from monitor.page.answers import Refused, answer, install, large_answer
from monitor.page.denials import Denials
from monitor.page.desk import Desk
from monitor.page.desk import Store as DeskStore
from monitor.page.fields import CallId, Moment, Who
from monitor.page.guard import Guard, SignedIn, address, own_names
from monitor.page.hub import Hub
from monitor.page.listening import Listening
from monitor.page.live import live
from monitor.page.onair import OnAir
from monitor.page.pages import Pages
from monitor.page.passwords import LONGEST
from monitor.page.playback import Playback
from monitor.page.playback import Store as PlaybackStore
from monitor.page.trail import Store as TrailStore
from monitor.page.trail import Trail
from monitor.page.vitals import Vitals
from monitor.people import EVERYTHING, AuditEntry, Scope, User
from monitor.records import Alert, CallRecord, CallView

RECENT = 50  # ended calls a page begins with
LISTED = 200  # calls of one answer, at most
REMEMBERED = 180 * 24 * 3600  # seconds a browser is known as one that has signed in


class Store(DeskStore, PlaybackStore, TrailStore, Protocol):
    """What the pages read and change of what is kept. Raises ArchiveError where it cannot."""

    async def recent(self, limit: int = RECENT, scope: Scope = EVERYTHING) -> tuple[list[CallView], list[Alert]]:
        """Every live call and the `limit` calls that ended last, of those in `scope`, with their alerts."""

    async def calls(self, before: datetime | None, limit: int, scope: Scope = EVERYTHING) -> list[CallView]:
        """Calls in `scope` that started before `before`, newest first."""

    async def call(self, id: str, scope: Scope = EVERYTHING) -> CallRecord | None:
        """None where there is no such call in `scope`."""

    async def users(self) -> list[User]: ...

    async def audit(self, entry: AuditEntry) -> None:
        """Keep who is about to do what. Nothing is done before this returns."""


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=64)
    password: str = Field(max_length=LONGEST)


class Sessions:
    """`/api/session`: sign in, sign out, ask."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.router = APIRouter(prefix="/api/session")
        self.router.add_api_route("", self.ask, methods=["GET"])
        self.router.add_api_route("", self.sign_in, methods=["POST"])
        self.router.add_api_route("", self.sign_out, methods=["DELETE"])

    async def ask(self, request: Request) -> Response:
        return self._status(await self.accounts.session(request.cookies.get(COOKIE)))

    async def sign_in(self, body: Credentials, request: Request) -> Response:
        before = request.cookies.get(COOKIE)
        session = await self.accounts.session(before)
        if not self.accounts.needed:
            return self._status(session)
        granted = await self.accounts.sign_in(body.name, body.password, address(request), request.cookies.get(DEVICE))
        self.accounts.sign_out(before)
        response = self._status(granted.session)
        secure, age = request.url.scheme == "https", int(self.accounts.seconds)
        response.set_cookie(COOKIE, granted.token, max_age=age, httponly=True, samesite="strict", secure=secure)
        response.set_cookie(
            DEVICE,
            granted.device,
            max_age=REMEMBERED,
            path=self.router.prefix,
            httponly=True,
            samesite="strict",
            secure=secure,
        )
        return response

    async def sign_out(self, request: Request) -> Response:
        token = request.cookies.get(COOKIE)
        self.accounts.sign_out(token)
        response = self._status(await self.accounts.session(token))
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return response

    def _status(self, session: Session | None) -> Response:
        known = {"password_needed": self.accounts.needed, "signed_in": session is not None}
        if session is None:
            return answer({**known, "who": None, "rights": []})
        return answer({**known, "who": session.person, "rights": policy.rights(session.person)})


class Calls:
    """What is known of the calls."""

    def __init__(self, hub: Hub, store: Store, health: Callable[[], Health], model: str, version: str) -> None:
        self.hub = hub
        self.store = store
        self.health = health
        self.about = {"model": model, "version": version}
        self.router = APIRouter(prefix="/api")
        self.router.add_api_route("/state", self.state, methods=["GET"])
        self.router.add_api_route("/calls", self.calls, methods=["GET"])
        self.router.add_api_route("/calls/{id}", self.call, methods=["GET"])

    def _place(self) -> dict[str, Any]:
        """Where the log stands. Taken before the store is read: what is stored meanwhile comes again as an event."""
        return {"epoch": self.hub.epoch, "seq": self.hub.seq}

    async def state(self, who: Who) -> Response:
        place = self._place()
        calls, alerts = await self.store.recent(RECENT, policy.scope(who.person))
        shown = [policy.shown(who.person, call) for call in calls]
        return await large_answer({**place, "calls": shown, "alerts": alerts, "health": self.health(), **self.about})

    async def calls(
        self,
        who: Who,
        before: Annotated[Moment | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=LISTED)] = RECENT,
    ) -> Response:
        calls = await self.store.calls(before, limit, policy.scope(who.person))
        return await large_answer({"calls": [policy.shown(who.person, call) for call in calls]})

    async def call(self, id: CallId, who: Who) -> Response:
        place = self._place()
        record = await self.store.call(id, policy.scope(who.person))
        if record is None:
            raise Refused(404, "unknown_call", "There is no such call.")
        record = policy.shown(who.person, record)
        return await large_answer({**place, **{part.name: getattr(record, part.name) for part in fields(record)}})


class About:
    """What does not change while the server runs."""

    def __init__(self, vocabulary: Mapping[str, Any]) -> None:
        self.words = vocabulary
        self.router = APIRouter(prefix="/api")
        self.router.add_api_route("/vocabulary", self.vocabulary, methods=["GET"])

    async def vocabulary(self) -> Response:
        return answer(self.words)


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
    meters: Meters,
    health: Callable[[], Health],
    metrics_token: str,
    onair: OnAir,
    pages: Path,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], datetime] = local_now,
) -> FastAPI:
    """The application: API, live socket, pages, and the guard around all of it and around every route added later.

    `vocabulary` is what /api/vocabulary answers, `live_calls` counts calls in progress, `meters` and `health` say how it does,
    `metrics_token` is what Prometheus shows instead of a session, `onair` has the live calls' sound, `pages` is the folder of
    built pages, `clock` gives the seconds sessions, attempts and plays are counted in, `now` an aware wall-clock time.
    Raises ConfigError where `config.server` names no host. The accounts are the store's.
    """
    own_names(config.server)  # the guard itself is made with the first request
    accounts = Accounts(store, config.server, config.page.session_hours, now, clock)
    app = FastAPI(title="callmonitor", version=version, openapi_url=None, redirect_slashes=False)
    install(app)
    app.include_router(Sessions(accounts).router)
    app.include_router(Calls(hub, store, health, model, version).router)
    app.include_router(Desk(hub, store, now).router)
    denials = Denials(store, now)
    app.include_router(Listening(onair, store, accounts, denials, now).router)
    app.include_router(Playback(store, denials, now, clock).router)
    app.include_router(Trail(store, now).router)
    app.include_router(About(vocabulary).router)
    app.include_router(Vitals(meters, health, live_calls, model).router)

    @app.websocket("/api/live")
    async def _live(socket: WebSocket, who: Who) -> None:
        await live(socket, hub, accounts, who.session)

    app.router.default = Pages(pages)
    app.add_middleware(SignedIn, accounts=accounts, metrics_token=metrics_token)
    app.add_middleware(Guard, server=config.server)
    return app
