"""What supervisors do at their desk: decide on alerts and say who sees to them, take a call over, take decided cases out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from monitor import casebook
from monitor.errors import ArchiveError
from monitor.page import policy
from monitor.page.answers import Refused, answer, large_answer
from monitor.page.fields import AlertId, CallId, Moment, Name, Note, Who, signature
from monitor.page.hub import Hub
from monitor.page.passwords import spelling
from monitor.people import AuditEntry, User
from monitor.records import Alert, AlertStatus, CallRecord, CallView, Decision, Mistake

EXPORTED = 1_000  # calls of one export, at most


class Store(Protocol):
    """What the desk reads and changes of what is kept. Raises ArchiveError where it cannot."""

    async def view(self, id: str) -> CallView | None: ...

    async def users(self) -> list[User]: ...

    async def set_alert(
        self, call: str, id: str, decision: Decision, *, role: str | None = None, address: str | None = None
    ) -> Alert | None:
        """Keep what a person decided about an alert, audited; the alert as it is now, None where there is no such alert.

        Raises ArchiveError `alert_changed` where it is no longer as that person saw it.
        """

    async def take_over(self, entry: AuditEntry, *, on: bool) -> CallView | None:
        """Mark the entry's call, audited; None where it is over or not there."""

    async def decided(self, since: datetime | None = None, limit: int | None = None) -> list[CallRecord]:
        """The calls that people have decided alerts of, the newest first."""

    async def audit(self, entry: AuditEntry) -> None: ...


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Seen(Body):
    """An alert as whoever decides saw it."""

    status: AlertStatus
    owner: str | None


class Deciding(Body):
    """What a person decides about an alert: `status`, `owner` (null: nobody), or both."""

    status: AlertStatus | None = None
    why: Mistake | None = None
    note: Note | None = None
    owner: Name | None = None
    by: Name | None = None  # where there are no accounts
    was: Seen | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Deciding:
        if self.status is None and "owner" not in self.model_fields_set:
            raise PydanticCustomError("nothing", "say a status, an owner, or both")
        if (self.status == "false_alarm") != (self.why is not None):
            raise PydanticCustomError("why", "a false alarm, and nothing else, needs to say why")
        return self


class TakingOver(Body):
    on: bool
    by: Name | None = None  # where there are no accounts


class Desk:
    """Its routes. What is changed is kept, with an audit entry, before it is shown."""

    def __init__(self, hub: Hub, store: Store, now: Callable[[], datetime]) -> None:
        self.hub, self.store, self.now = hub, store, now
        self._changing = asyncio.Lock()
        self.router = APIRouter(prefix="/api")
        self.router.add_api_route("/calls/{call}/alerts/{id}", self.decide, methods=["POST"])
        self.router.add_api_route("/calls/{call}/owners", self.owners, methods=["GET"])
        self.router.add_api_route("/calls/{call}/takeover", self.take_over, methods=["POST"])
        self.router.add_api_route("/export/cases", self.cases, methods=["GET"])

    async def decide(self, call: CallId, id: AlertId, body: Deciding, who: Who) -> Response:
        view = await self.store.view(call)
        if view is None or not policy.may_see(who.person, view):
            raise Refused(404, "unknown_alert", "There is no such alert.")
        if not policy.may_decide(who.person, view):
            raise Refused(403, "forbidden", "Your role does not decide on alerts.")
        decision = Decision(
            by=signature(who.person, body.by),
            when=self.now(),
            status=body.status,
            why=body.why,
            note=body.note,
            owner=await self._owner(body, view),
            was=(body.was.status, body.was.owner) if body.was else None,
        )
        async with self._changing:  # shown in the order it was stored
            try:
                alert = await self.store.set_alert(call, id, decision, role=who.person.role, address=who.address)
            except ArchiveError as error:
                if error.code == "alert_changed":
                    raise Refused(409, error.code, "Somebody else has just decided on this alert.") from error
                raise
            if alert is None:
                raise Refused(404, "unknown_alert", "There is no such alert.")
            self.hub.publish(type="alert", call=call, owner=view, data=alert)
        return answer({"alert": alert})

    async def _owner(self, body: Deciding, view: CallView) -> str | None:
        """None: as before; "": nobody. Raises Refused for somebody who could not see to this call's alerts."""
        if "owner" not in body.model_fields_set:
            return None
        if body.owner is None:
            return ""
        users = await self.store.users()
        if not users:
            return body.owner
        name = spelling(body.owner)
        if not any(user.name == name and _may_own(user, view) for user in users):
            raise Refused(422, "unknown_owner", "Nobody of that name decides on this call's alerts.")
        return name

    async def owners(self, call: CallId, who: Who) -> Response:
        view = await self.store.view(call)
        if view is None or not policy.may_decide(who.person, view):
            raise Refused(404, "unknown_call", "There is no such call.")
        users = [user for user in await self.store.users() if _may_own(user, view)]
        return answer({"owners": [{"name": user.name, "display": user.display, "role": user.role} for user in users]})

    async def take_over(self, call: CallId, body: TakingOver, who: Who) -> Response:
        view = await self.store.view(call)
        if view is None or not policy.may_see(who.person, view):
            raise Refused(404, "unknown_call", "There is no such call.")
        if not policy.may_take_over(who.person, view):
            raise Refused(403, "forbidden", "Your role does not take calls over.")
        entry = replace(who.entry(self.now(), "takeover", call, on=body.on), who=signature(who.person, body.by))
        async with self._changing:
            changed = await self.store.take_over(entry, on=body.on)
            if changed is None:
                raise Refused(409, "call_over", "The call is over.")
            self.hub.publish(type="call", call=call, data=changed)
        return answer({"call": policy.shown(who.person, changed)})

    async def cases(self, who: Who, since: Annotated[Moment | None, Query()] = None) -> Response:
        if not policy.may_label(who.person):
            raise Refused(403, "forbidden", "Labelled cases are for quality reviewers and administrators.")
        await self.store.audit(who.entry(self.now(), "export", what="cases", since=since and since.isoformat()))
        decided = await self.store.decided(since, EXPORTED)
        response = await large_answer(await asyncio.to_thread(casebook.compile, decided))
        response.headers["content-disposition"] = 'attachment; filename="cases.json"'
        return response


def _may_own(user: User, view: CallView) -> bool:
    return not user.disabled and policy.may_decide(policy.person(user), view)
