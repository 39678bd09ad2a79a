"""The webhooks' outbox: a delivery is put in with its alert, in one transaction, so that neither is kept without the other.

What a delivery says is read from its alert when it goes out: what was taken back by then does not go.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select, update

from monitor.archive import changes, schema
from monitor.archive.accounts import opened, transact
from monitor.archive.rows import from_row, plain
from monitor.archive.writer import Writer
from monitor.config import Data
from monitor.deliveries import GRAVITY, Delivery, Parcel, Queued, Standing, Taken
from monitor.people import AuditEntry
from monitor.records import Alert, CallView

T = TypeVar("T")
WAITING = 1_000  # deliveries of one webhook that may wait; beyond that the oldest are given up
DEAD = 10_000  # dead letters kept in all
LISTED = 200
REMEMBERED = timedelta(days=2)  # longer than any call lasts: so long an alert that grows is known to have been sent
OVER = ("resolved", "false_alarm")
FULL = "the queue was full"
TOO_OLD = "could not be sent in time"
GONE = "config.toml has no such webhook any more"

ROW = schema.Delivery


def enqueue(connection: Connection, alert: Alert, queued: Sequence[Queued]) -> None:
    """Put an open alert in for these webhooks. One that was put in before is so again only where it is graver now."""
    if alert.status != "open":
        return
    for one in queued:
        values = {"severity": alert.severity, "state": "waiting", "attempts": 0, "created": one.created, "due": one.due}
        key = {"webhook": one.webhook, "call_id": plain(alert.call), "alert_id": plain(alert.id)}
        mine = [getattr(ROW, name) == value for name, value in key.items()]
        before = connection.execute(select(ROW.severity).where(*mine)).scalar()
        if before is None:
            connection.execute(insert(ROW).values(key | values))
        elif GRAVITY[alert.severity] > GRAVITY[before]:
            connection.execute(update(ROW).where(*mine).values({**values, "parcel": None, "why": None}))
        _trim(connection, one.webhook, one.created)


def _trim(connection: Connection, webhook: str, now: datetime) -> None:
    """Give up the oldest of what waits too many."""
    waiting = (ROW.webhook == webhook, ROW.state == "waiting")
    excess = connection.execute(select(func.count()).select_from(ROW).where(*waiting)).scalar_one() - WAITING
    if excess > 0:
        oldest = select(ROW.id).where(*waiting, ROW.parcel.is_(None)).order_by(ROW.created, ROW.id).limit(excess)
        _bury(connection, [ROW.id.in_(oldest.scalar_subquery())], now, FULL)


def take(connection: Connection, webhook: str, now: datetime, fresh: str, most: int, max_age: timedelta) -> Taken:
    """What is due first for a webhook, counted as tried: a parcel that failed before, or up to `most` as a new one, `fresh`.

    What was settled before it could be told is forgotten, and what is older than `max_age` dies.
    """
    waiting = [ROW.webhook == webhook, ROW.state == "waiting"]
    alert = schema.Alert
    over = exists().where(alert.call_id == ROW.call_id, alert.id == ROW.alert_id, alert.status.in_(OVER))
    connection.execute(delete(ROW).where(*waiting, over))
    expired = _bury(connection, [*waiting, ROW.created < now - max_age], now, TOO_OLD)
    first = connection.execute(select(ROW.parcel, ROW.due).where(*waiting).order_by(ROW.due, ROW.id)).first()
    if first is None or first.due > now:
        return Taken(None, first.due if first else None, expired)
    if first.parcel is None:
        new = select(ROW.id).where(*waiting, ROW.parcel.is_(None), ROW.due <= now).order_by(ROW.due, ROW.id).limit(most)
        connection.execute(update(ROW).where(ROW.id.in_(new.scalar_subquery())).values(parcel=fresh))
    parcel = first.parcel or fresh
    mine = [*waiting, ROW.parcel == parcel]
    connection.execute(update(ROW).where(*mine).values(attempts=ROW.attempts + 1))
    return Taken(Parcel(parcel, tuple(_read(connection, mine))), expired=expired)


def sent(connection: Connection, parcel: str, now: datetime) -> None:
    mine = (ROW.parcel == parcel, ROW.state == "waiting")
    connection.execute(update(ROW).where(*mine).values(state="sent", due=now, why=None))


def put_off(connection: Connection, parcel: str, due: datetime, why: str) -> None:
    connection.execute(update(ROW).where(ROW.parcel == parcel, ROW.state == "waiting").values(due=due, why=plain(why)))


def bury(connection: Connection, parcel: str, now: datetime, why: str) -> None:
    _bury(connection, [ROW.parcel == parcel, ROW.state == "waiting"], now, why, always=True)


def _bury(
    connection: Connection, which: Collection[ColumnElement[bool]], now: datetime, why: str, *, always: bool = False
) -> int:
    """Make dead letters; where an attempt has failed already, and not `always`, what that failed of says more than `why`."""
    said: Any = plain(why) if always else func.coalesce(ROW.why, plain(why))
    return connection.execute(update(ROW).where(*which).values(state="dead", due=now, why=said)).rowcount


def tidy(connection: Connection, webhooks: Collection[str], now: datetime) -> int:
    """Bury what waits for webhooks that are no more, which is counted; forget what was sent long ago and the oldest dead."""
    gone = _bury(connection, [ROW.state == "waiting", ROW.webhook.not_in(list(webhooks))], now, GONE, always=True)
    connection.execute(delete(ROW).where(ROW.state.in_(("sent", "dropped")), ROW.due < now - REMEMBERED))
    beyond = select(ROW.id).where(ROW.state == "dead").order_by(ROW.due.desc(), ROW.id.desc()).offset(DEAD).limit(DEAD)
    ids = list(connection.execute(beyond).scalars())
    if ids:
        connection.execute(delete(ROW).where(ROW.id.in_(ids)))
    return gone


def standing(connection: Connection) -> dict[str, Standing]:
    """How each webhook that has anything stands, by name."""
    query = (
        select(ROW.webhook, ROW.state, func.count()).where(ROW.state.in_(("waiting", "dead"))).group_by(ROW.webhook, ROW.state)
    )
    counts: dict[str, dict[str, int]] = {}
    for webhook, state, count in connection.execute(query):
        counts.setdefault(webhook, {})[state] = count
    return {webhook: Standing(**states) for webhook, states in counts.items()}


def dead(connection: Connection, limit: int = LISTED) -> list[Delivery]:
    """The dead letters, the newest first."""
    return _read(connection, [ROW.state == "dead"], limit, newest=True)


def letter(connection: Connection, id: int) -> Delivery | None:
    """A dead letter; None where there is none of that number."""
    return next(iter(_read(connection, [ROW.id == id, ROW.state == "dead"])), None)


def retry(connection: Connection, id: int, entry: AuditEntry) -> bool:
    """Let a dead letter wait again, as if it were new at `entry.when`; whether there was one."""
    values = {"state": "waiting", "attempts": 0, "created": entry.when, "due": entry.when, "why": None}
    return _decide(connection, id, entry, values)


def drop(connection: Connection, id: int, entry: AuditEntry) -> bool:
    """Give a dead letter up for good; whether there was one."""
    return _decide(connection, id, entry, {"state": "dropped", "due": entry.when})


def _decide(connection: Connection, id: int, entry: AuditEntry, values: dict[str, Any]) -> bool:
    done = connection.execute(update(ROW).where(ROW.id == id, ROW.state == "dead").values(values)).rowcount
    if done:
        changes.audit(connection, entry)
    return bool(done)


def _read(
    connection: Connection, which: Collection[ColumnElement[bool]], limit: int | None = None, *, newest: bool = False
) -> list[Delivery]:
    call, alert = schema.Call.__table__, schema.Alert.__table__
    order = (ROW.due.desc(), ROW.id.desc()) if newest else (ROW.created, ROW.id)
    query = (
        select(ROW.__table__, *(column.label(f"a.{column.name}") for column in alert.c))
        .add_columns(*(column.label(f"c.{column.name}") for column in call.c))
        .join(alert, (alert.c.call_id == ROW.call_id) & (alert.c.id == ROW.alert_id))
        .join(call, call.c.id == ROW.call_id)
        .where(*which)
        .order_by(*order)
        .limit(limit)
    )
    return [_delivery(row) for row in connection.execute(query).mappings()]


def _delivery(row: Any) -> Delivery:
    names = ("id", "webhook", "state", "attempts", "created", "due", "why")
    return Delivery(
        **{name: row[name] for name in names},
        alert=from_row(Alert, {key[2:]: value for key, value in row.items() if key.startswith("a.")}),
        call=from_row(CallView, {key[2:]: value for key, value in row.items() if key.startswith("c.")}),
    )


class Outbox:
    """The outbox of an open archive. Each method raises ArchiveError; what changes something returns once that is committed."""

    def __init__(self, writer: Writer, read: Callable[[Callable[[Connection], Any]], Awaitable[Any]]) -> None:
        """Use `Archive.outbox`."""
        self._writer, self._read = writer, read

    async def take(self, webhook: str, now: datetime, fresh: str, most: int, max_age: timedelta) -> Taken:
        return await self._do(partial(take, webhook=webhook, now=now, fresh=fresh, most=most, max_age=max_age))

    async def sent(self, parcel: str, now: datetime) -> None:
        await self._do(partial(sent, parcel=parcel, now=now))

    async def put_off(self, parcel: str, due: datetime, why: str) -> None:
        await self._do(partial(put_off, parcel=parcel, due=due, why=why))

    async def bury(self, parcel: str, now: datetime, why: str) -> None:
        await self._do(partial(bury, parcel=parcel, now=now, why=why))

    async def tidy(self, webhooks: Collection[str], now: datetime) -> int:
        return await self._do(partial(tidy, webhooks=webhooks, now=now))

    async def retry(self, id: int, entry: AuditEntry) -> bool:
        return await self._do(partial(retry, id=id, entry=entry))

    async def drop(self, id: int, entry: AuditEntry) -> bool:
        return await self._do(partial(drop, id=id, entry=entry))

    async def standing(self) -> dict[str, Standing]:
        answer: dict[str, Standing] = await self._read(standing)
        return answer

    async def dead(self) -> list[Delivery]:
        answer: list[Delivery] = await self._read(dead)
        return answer

    async def letter(self, id: int) -> Delivery | None:
        answer: Delivery | None = await self._read(partial(letter, id=id))
        return answer

    async def _do(self, change: Callable[[Connection], T]) -> T:
        return await self._writer.do("a delivery", change)


class Letters:
    """The dead letters, for the command line."""

    def __init__(self, do: Callable[..., Any]) -> None:
        """Use `letters`."""
        self._do = do

    def dead(self) -> list[Delivery]:
        found: list[Delivery] = self._do(partial(dead, limit=DEAD))
        return found

    def letter(self, id: int) -> Delivery | None:
        found: Delivery | None = self._do(partial(letter, id=id))
        return found

    def retry(self, id: int, entry: AuditEntry) -> bool:
        return bool(self._do(partial(retry, id=id, entry=entry), write=True))

    def drop(self, id: int, entry: AuditEntry) -> bool:
        return bool(self._do(partial(drop, id=id, entry=entry), write=True))


@contextmanager
def letters(data: Data) -> Iterator[Letters]:
    """The dead letters of a data folder, whether or not a server serves it. Raises ArchiveError."""
    with opened(data) as (engine, where):
        yield Letters(partial(transact, engine, where, "a delivery"))
