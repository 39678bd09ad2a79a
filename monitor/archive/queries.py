"""The questions the page asks, each answered inside one transaction: one moment's truth."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select

from monitor.archive import schema
from monitor.archive.changes import OPEN
from monitor.archive.rows import TABLES, K, R, Row, from_row, plain, to_summary
from monitor.people import Scope
from monitor.records import SYSTEM, Alert, CallRecord, CallView, EarlierCall, Finding, Utterance, Whisper

DAY = timedelta(days=1)
WAITING = 200  # calls, beside those that ended last, of which an alert waits
REMEMBERED = timedelta(days=90)
CALLS_REMEMBERED = 5
LINES_REMEMBERED = 80
LETTERS_REMEMBERED = 1_000  # of a line
DIGITS = 5  # with fewer it is nobody's number: anonymous, 0
_MASKED = re.compile(r"[*＊•]|[xX#]{2,}")  # 138****2233: many people's
CALLS = select(*schema.Call.__table__.c)


def within(scope: Scope) -> Select[Any]:
    """The calls that `scope` covers."""
    query = CALLS
    for column, known in ((schema.Call.agent, scope.agents), (schema.Call.team, scope.teams)):
        if known is not None:
            query = query.where(column.in_([plain(name) for name in sorted(known)]))
    return query


def recent(connection: Connection, limit: int, scope: Scope) -> tuple[list[CallView], list[Alert]]:
    """The open calls (newest first), the ended ones (the last first), and the alerts of both, oldest first.

    Ended: the `limit` that ended last, and those of the DAY before with an alert that still waits for somebody, notices apart.
    """
    call, alert = schema.Call, schema.Alert
    calls = within(scope)
    views = _records(connection, CallView, calls.where(OPEN).order_by(call.started.desc(), call.id))
    ended = calls.where(~OPEN).order_by(call.ended.desc(), call.id)
    last = _records(connection, CallView, ended.limit(limit))
    views += last
    if last and len(last) == limit and last[0].ended and last[-1].ended:
        waiting = select(alert.call_id).where(alert.status.in_(("open", "acknowledged")), alert.severity != "notice")
        before = (call.ended <= last[-1].ended) & (call.ended >= last[0].ended - DAY) & call.id.not_in([one.id for one in last])
        views += _records(connection, CallView, ended.where(before, call.id.in_(waiting)).limit(WAITING))
    of_these = select(*alert.__table__.c).where(alert.call_id.in_([view.id for view in views]))
    return views, _records(connection, Alert, of_these.order_by(alert.raised, alert.call_id, alert.at, alert.id))


def calls(connection: Connection, before: datetime | None, limit: int, scope: Scope) -> list[CallView]:
    """The `limit` calls that started last before `before`, newest first; more where they share the last one's millisecond.

    The API's times are no finer, so what it gives as the next `before` would skip those.
    """
    started = schema.Call.started
    query = within(scope).order_by(started.desc(), schema.Call.id)
    if before is not None:
        query = query.where(started < before)
    views = _records(connection, CallView, query.limit(limit))
    if len(views) < limit or not views:
        return views
    last = views[-1].started
    return _records(connection, CallView, query.where(started >= last - timedelta(microseconds=last.microsecond % 1000)))


def view(connection: Connection, id: str) -> CallView | None:
    """A call as a list shows it."""
    return next(iter(_records(connection, CallView, CALLS.where(schema.Call.id == plain(id)))), None)


def call(connection: Connection, id: str, scope: Scope) -> CallRecord | None:
    """A call with everything kept of it, in the order of call time; None too where `scope` does not cover it."""
    row = connection.execute(within(scope).where(schema.Call.id == plain(id))).mappings().first()
    return None if row is None else _record(connection, row)


def decided(connection: Connection, since: datetime | None, limit: int | None) -> list[CallRecord]:
    """The `limit` newest calls, begun from `since` on, with an alert that a person has decided."""
    table, alert = schema.Call, schema.Alert
    by_person = select(alert.call_id).where(alert.by.is_not(None), alert.by != SYSTEM, alert.status != "open")
    query = CALLS.where(table.id.in_(by_person)).order_by(table.started.desc(), table.id).limit(limit)
    if since is not None:
        query = query.where(table.started >= since)
    return [_record(connection, row) for row in connection.execute(query).mappings().all()]


def _record(connection: Connection, row: Row) -> CallRecord:
    id = row["id"]
    return CallRecord(
        call=from_row(CallView, row),
        utterances=_of_call(connection, Utterance, id, "start"),
        findings=_of_call(connection, Finding, id, "start"),
        alerts=_of_call(connection, Alert, id, "at"),
        whispers=_of_call(connection, Whisper, id, "at"),
        summary=to_summary(row),
    )


def earlier(connection: Connection, customer: str, before: datetime) -> list[EarlierCall]:
    """What `customer` said in the calls from that number that are over, of the last REMEMBERED: the newest first.

    Of a number that is withheld or masked, which may be anybody's, nothing.
    """
    if _MASKED.search(customer) or sum(map(str.isdecimal, customer)) < DIGITS:
        return []
    table, said = schema.Call, schema.Utterance
    query = (
        select(table.id, table.started, table.agent, table.team)
        .where(table.customer == plain(customer), table.started < before, table.started >= before - REMEMBERED, ~OPEN)
        .order_by(table.started.desc(), table.id)
        .limit(CALLS_REMEMBERED)
    )
    text = func.substr(said.text, 1, LETTERS_REMEMBERED)
    lines = select(text).where(said.speaker == "customer", said.stage == "final").order_by(said.start, said.id)
    return [
        EarlierCall(
            id, started, tuple(connection.execute(lines.where(said.call_id == id).limit(LINES_REMEMBERED)).scalars()), *of
        )
        for id, started, *of in connection.execute(query).all()
    ]


def has_call(connection: Connection, id: str) -> bool:
    return connection.execute(select(schema.Call.id).where(schema.Call.id == plain(id))).first() is not None


def _of_call(connection: Connection, kind: type[K], call: str, order: str) -> tuple[K, ...]:
    columns = schema.Base.metadata.tables[TABLES[kind].__tablename__].c
    query = select(*columns).where(columns.call_id == plain(call)).order_by(columns[order], columns.id)
    return tuple(_records(connection, kind, query))


def _records(connection: Connection, kind: type[R], query: Select[Any]) -> list[R]:
    return [from_row(kind, row) for row in connection.execute(query).mappings()]
