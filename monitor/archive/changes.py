"""The ways the tables change, each inside the writer's transaction."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from monitor.archive import schema
from monitor.archive.rows import TABLES, from_row, plain, summary_row
from monitor.errors import ArchiveError
from monitor.people import AuditEntry
from monitor.records import SYSTEM, Alert, CallInfo, CallStatus, CallView, Decision, Summary

OPEN = schema.Call.ended.is_(None)
AT_START: dict[str, Any] = {"seconds": 0.0, "status": "live", "risk": 0, "level": 0, "talk_share": {}, "mood": []}

Upsert = ReturningInsert[Any]


def upserts(dialect: str) -> dict[type[Any], Upsert]:
    """For each kind of record, the statement that puts a row in, or in place of the one with its key, and returns it."""
    return {kind: _upsert(kind, dialect) for kind in TABLES}


def _upsert(kind: type[Any], dialect: str) -> Upsert:
    table = schema.Base.metadata.tables[TABLES[kind].__tablename__]
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    if kind is CallInfo:
        statement = statement.values(AT_START)
    keys = [column.name for column in table.primary_key]
    names = {"call_id" if field.name == "call" else field.name for field in fields(kind)} - set(keys)
    new: dict[str, Any] = {name: statement.excluded[name] for name in names}
    if kind is Alert:
        old = schema.Alert
        del new["owner"]  # never the engine's
        new["raised"] = func.coalesce(old.raised, statement.excluded.raised)
        new |= _decision(statement.excluded)
    return statement.on_conflict_do_update(index_elements=keys, set_=new).returning(*table.c)


def _decision(new: Any) -> dict[str, Any]:
    """An alert's decision when the engine sends it again: a person's stays, but what is open the system may resolve.

    What the system resolved and then raises again is as new: the note that said why it was resolved goes.
    """
    old = schema.Alert
    takes = or_(old.by.is_(None), old.by == SYSTEM, (old.status == "open") & (new.by == SYSTEM))
    columns = {name: case((takes, new[name]), else_=getattr(old, name)) for name in ("status", "by", "when", "why")}
    note = case((old.by == SYSTEM, new.note), (takes, func.coalesce(new.note, old.note)), else_=old.note)
    return columns | {"note": note}


def progress(connection: Connection, view: CallView, summary: Summary | None) -> CallView:
    """How an open call stands, and what it comes to so far where that is given; any other call stays as it is.

    Returns the view as it is to be shown: with who took the call over.
    """
    live = {key: plain(getattr(view, key)) for key in ("seconds", "risk", "level", "talk_share", "mood", "status", "why")}
    if summary is not None:
        live["summary"] = summary_row(summary)
    statement = update(schema.Call).where(schema.Call.id == plain(view.id), OPEN).values(live)
    taken_over = connection.execute(statement.returning(schema.Call.taken_over)).scalar_one_or_none()
    return replace(view, taken_over=taken_over)


def close(
    connection: Connection, call: str, status: CallStatus, why: str | None, seconds: float, ended: datetime, summary: Summary
) -> dict[str, str] | None:
    """Close a call with what it came to; returns who took it over. Raises ArchiveError where there is no such call.

    No whisper outlives its call.
    """
    end = {"status": status, "why": plain(why), "seconds": plain(seconds), "ended": ended, "summary": summary_row(summary)}
    end |= {"risk": summary.risk, "level": summary.level, "talk_share": plain(summary.talk_share)}
    statement = update(schema.Call).where(schema.Call.id == plain(call)).values(end)
    row = connection.execute(statement.returning(schema.Call.taken_over)).first()
    if row is None:
        raise ArchiveError(f"call {call!r} is not in the archive")
    whisper = schema.Whisper
    standing = update(whisper).where(whisper.call_id == plain(call), whisper.status.in_(("sent", "seen", "later")))
    connection.execute(standing.values(status="withdrawn", when=ended))
    taken_over: dict[str, str] | None = row.taken_over
    return taken_over


def decide(
    connection: Connection, call: str, id: str, decision: Decision, role: str | None, address: str | None
) -> Alert | None:
    """A person's decision on an alert, with an audit entry. Raises ArchiveError `alert_changed`."""
    alert = schema.Alert
    of_this = (alert.call_id == plain(call)) & (alert.id == plain(id))
    before = connection.execute(select(alert.status, alert.owner).where(of_this)).first()
    if before is None:
        return None
    if decision.was and decision.was != tuple(before):
        raise ArchiveError(f"alert {id!r} of call {call!r} is no longer as it was", code="alert_changed")
    new: dict[str, Any] = {}
    if decision.status is not None:
        new |= {"status": decision.status, "by": plain(decision.by), "when": decision.when, "why": decision.why}
    if decision.note is not None:
        new["note"] = plain(decision.note)
    if decision.owner is not None:
        new["owner"] = plain(decision.owner) or None
    row = connection.execute(update(alert).where(of_this).values(new).returning(*alert.__table__.c)).mappings().one()
    told = {name: getattr(decision, name) for name in ("status", "why", "note", "owner")}
    detail = {"alert": id, **{name: value for name, value in told.items() if value is not None}}
    entry = AuditEntry(
        when=decision.when, who=decision.by, role=role, address=address, action="decision", call=call, detail=detail
    )
    audit(connection, entry)
    return from_row(Alert, row)


def take_over(connection: Connection, entry: AuditEntry, on: bool) -> CallView | None:
    """Mark an open call as taken over by whom the entry names, or no longer; None where it is over or not there."""
    call = schema.Call
    mark = {"by": plain(entry.who), "when": entry.when.isoformat(timespec="milliseconds")} if on else None
    statement = update(call).where(call.id == plain(entry.call), OPEN).values(taken_over=mark)
    row = connection.execute(statement.returning(*call.__table__.c)).mappings().first()
    if row is None:
        return None
    audit(connection, entry)
    return from_row(CallView, row)


def audit(connection: Connection, entry: AuditEntry) -> None:
    row = {("call_id" if key == "call" else key): plain(value) for key, value in asdict(entry).items() if key != "id"}
    connection.execute(insert(schema.Audit).values(row))
