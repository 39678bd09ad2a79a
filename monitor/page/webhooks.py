"""`/api/webhooks`: how the webhooks do, and what could not be delivered: seen, tried again or given up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Response
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict

from monitor.deliveries import ORDERED, Delivery, Standing, WebhookState
from monitor.page import policy
from monitor.page.answers import Refused, answer, large_answer
from monitor.page.fields import Who
from monitor.people import AuditEntry

LetterId = Annotated[int, InPath(ge=1, lt=2**63)]


class Outbox(Protocol):
    """What is kept of deliveries. Raises ArchiveError."""

    async def standing(self) -> dict[str, Standing]: ...
    async def dead(self) -> list[Delivery]: ...
    async def letter(self, id: int) -> Delivery | None: ...
    async def retry(self, id: int, entry: AuditEntry) -> bool: ...
    async def drop(self, id: int, entry: AuditEntry) -> bool: ...


class Courier(Protocol):
    """What takes deliveries to webhooks."""

    def about(self) -> Sequence[WebhookState]: ...
    def wake(self, webhooks: Iterable[str]) -> None: ...


class Order(BaseModel):
    """What is to become of a dead letter."""

    model_config = ConfigDict(extra="forbid")
    order: Literal["retry", "drop"]


class Webhooks:
    """For admins and supervisors; a supervisor sees, and decides on, dead letters of own teams' calls alone."""

    def __init__(self, outbox: Outbox, courier: Courier, now: Callable[[], datetime]) -> None:
        self.outbox, self.courier, self.now = outbox, courier, now
        self.router = APIRouter(prefix="/api/webhooks")
        self.router.add_api_route("", self.state, methods=["GET"])
        self.router.add_api_route("/dead/{id}", self.order, methods=["POST"])

    async def state(self, who: Who) -> Response:
        _allowed(who.person)
        return await large_answer(await self._state(who.person))

    async def order(self, id: LetterId, body: Order, who: Who) -> Response:
        _allowed(who.person)
        letter = await self.outbox.letter(id)
        if letter is None or not policy.may_see(who.person, letter.call):
            raise _gone()
        if body.order == "retry" and letter.webhook not in {one.name for one in self.courier.about()}:
            raise Refused(409, "unknown_webhook", f"config.toml has no webhook {letter.webhook} any more.")
        detail = {"webhook": letter.webhook, "alert": letter.alert.id}
        entry = who.entry(self.now(), ORDERED[body.order], letter.alert.call, **detail)
        done = await (self.outbox.retry if body.order == "retry" else self.outbox.drop)(id, entry)
        if not done:
            raise _gone()
        self.courier.wake([letter.webhook])
        return answer(await self._state(who.person))

    async def _state(self, person: policy.Person) -> dict[str, Any]:
        standing = await self.outbox.standing()
        letters = [letter for letter in await self.outbox.dead() if policy.may_see(person, letter.call)]
        return {
            "webhooks": [_shown(one, standing.get(one.name, Standing())) for one in self.courier.about()],
            "dead": [_letter(letter) for letter in letters],
        }


def _allowed(person: policy.Person) -> None:
    if not policy.may_mend(person):
        raise Refused(403, "forbidden", "Webhooks are for administrators and supervisors.")


def _gone() -> Refused:
    return Refused(404, "unknown_delivery", "There is no such dead letter; somebody may have seen to it.")


def _shown(one: WebhookState, standing: Standing) -> dict[str, Any]:
    return {
        "name": one.name,
        "shape": one.shape,
        "host": one.host,
        "severities": one.severities,
        "teams": one.teams,
        "waiting": standing.waiting,
        "last": one.last,
        "why": one.why,
        "again": one.again,
    }


def _letter(letter: Delivery) -> dict[str, Any]:
    return {
        "id": letter.id,
        "webhook": letter.webhook,
        "call": letter.alert.call,
        "alert": letter.alert.id,
        "rule": letter.alert.rule,
        "title": letter.alert.title,
        "severity": letter.alert.severity,
        "agent": letter.call.agent,
        "team": letter.call.team,
        "raised": letter.alert.raised,
        "died": letter.due,
        "attempts": letter.attempts,
        "why": letter.why,
    }
