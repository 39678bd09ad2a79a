"""`/api/audit`: who did what, for those who may know; taking it out is itself written down."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from monitor.page import policy
from monitor.page.accounts import Asking
from monitor.page.answers import Refused, answer, large_answer
from monitor.page.fields import Moment, Who
from monitor.page.passwords import spelling
from monitor.people import AuditEntry, AuditQuery, User

LISTED = 200  # entries of one answer, where nothing is said
AUDITED = 1_000  # at most
EXPORTED = 20_000  # entries of one file, at most
COLUMNS = ("id", "when", "who", "role", "address", "action", "call", "detail")
BEGINS_FORMULA = tuple("=+-@＝＋－＠\t\r\n")  # to a spreadsheet, full-width too


class Store(Protocol):
    """Raises ArchiveError."""

    async def users(self) -> list[User]: ...

    async def audit(self, entry: AuditEntry) -> None: ...

    async def audits(self, wanted: AuditQuery) -> list[AuditEntry]:
        """What is wanted of the audit log, newest first."""

    async def audited(self) -> list[str]:
        """Everybody whom it names."""


class Wanted(BaseModel):
    """Which entries: from `since` to before `until`, by `who`, of these actions (none: any)."""

    model_config = ConfigDict(extra="forbid")
    since: Moment | None = None
    until: Moment | None = None
    who: str | None = Field(None, max_length=64)
    action: list[Annotated[str, Field(max_length=64)]] = Field([], max_length=50)


class Page(Wanted):
    """So many of them, older than the entry `before`."""

    before: int | None = Field(None, ge=1, lt=2**63)
    limit: int = Field(LISTED, ge=1, le=AUDITED)


class Trail:
    """Its routes."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self.store, self.now = store, now
        self.router = APIRouter(prefix="/api")
        self.router.add_api_route("/audit", self.entries, methods=["GET"])
        self.router.add_api_route("/audit/people", self.people, methods=["GET"])
        self.router.add_api_route("/export/audit", self.export, methods=["GET"])

    async def entries(self, asking: Who, page: Annotated[Page, Query()]) -> Response:
        _check(asking)
        return await large_answer({"entries": await self._read(page, page.limit, page.before)})

    async def people(self, asking: Who) -> Response:
        _check(asking)
        users = {user.name: user for user in await self.store.users()}
        known = [{"name": user.name, "display": user.display, "role": user.role} for user in users.values()]
        others = [{"name": name, "display": None, "role": None} for name in await self.store.audited() if name not in users]
        return answer({"people": known + others})

    async def export(self, asking: Who, wanted: Annotated[Wanted, Query()]) -> Response:
        _check(asking)
        given = wanted.model_dump(mode="json", exclude_defaults=True)
        asked = {{"who": "person", "action": "actions"}.get(name, name): value for name, value in given.items()}
        entries = await self._read(wanted, EXPORTED + 1)
        if len(entries) > EXPORTED:
            raise Refused(422, "too_many_entries", f"More than {EXPORTED} entries: narrow the days.")
        await self.store.audit(asking.entry(self.now(), "export", what="audit", **asked))  # refused is not exported
        text = await asyncio.to_thread(_table, entries)
        headers = {"cache-control": "no-store", "content-disposition": 'attachment; filename="audit.csv"'}
        return Response(text.encode("utf-8", "replace"), media_type="text/csv; charset=utf-8", headers=headers)

    async def _read(self, wanted: Wanted, limit: int, before: int | None = None) -> list[AuditEntry]:
        who = None if wanted.who is None else spelling(wanted.who)
        query = AuditQuery(since=wanted.since, until=wanted.until, who=who, actions=wanted.action, before=before, limit=limit)
        return await self.store.audits(query)


def _check(asking: Asking) -> None:
    if not policy.may_audit(asking.person):
        raise Refused(403, "forbidden", "The audit log is for administrators.")


def _table(entries: Iterable[AuditEntry]) -> str:
    """As CSV, with the mark by which spreadsheets know UTF-8."""
    made = io.StringIO("\ufeff", newline="")
    made.seek(0, io.SEEK_END)
    table = csv.writer(made)
    table.writerow(COLUMNS)
    for entry in entries:
        detail = json.dumps(entry.detail, ensure_ascii=False) if entry.detail else ""
        row = (entry.id, entry.when.isoformat(), entry.who, entry.role, entry.address, entry.action, entry.call, detail)
        table.writerow([_cell(value) for value in row])
    return made.getvalue()


def _cell(value: object) -> str:
    """Somebody's words are no formula, whatever they begin with."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(BEGINS_FORMULA) else text
