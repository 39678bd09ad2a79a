"""What is kept of every call, written before it is shown."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal, Self, TypeVar

from sqlalchemy import Connection, Engine, delete
from sqlalchemy.exc import SQLAlchemyError

from monitor.archive import accounts, changes, outbox, queries, schema
from monitor.archive.audio import audio_path, duration
from monitor.archive.database import address, build, explain, lock, make_folder, migrate, place
from monitor.archive.rows import K, from_row, name, plain, to_row, to_summary
from monitor.archive.writer import Writer
from monitor.config import Data
from monitor.deliveries import Queued
from monitor.errors import ArchiveError
from monitor.people import EVERY_ENTRY, EVERYTHING, AuditEntry, AuditQuery, Scope, User
from monitor.records import SYSTEM, Alert, CallInfo, CallRecord, CallStatus, CallView, Decision, EarlierCall, Summary

T = TypeVar("T")
STOPPED = "the service stopped during the call"


class Archive:
    """The records of all calls. Any method may be called from many tasks at once; each raises ArchiveError.

    What changes something returns once that is committed: it then survives the death of this process. Changes are made in the
    order asked. The event loop never waits for the disk: one thread writes, two read.
    """

    def __init__(self, data: Data, engine: Engine, where: str, held: int) -> None:
        """Use `open`. `held` is the descriptor of the folder's lock."""
        self._data = data
        self._engine = engine
        self._where = where
        self._held = held
        self._writer = Writer(engine, where)
        self._readers = ThreadPoolExecutor(2, "archive-read")
        self.outbox = outbox.Outbox(self._writer, self._read)
        self._upserts = changes.upserts(engine.dialect.name)
        self._unclosed: dict[str, Callable[[Connection], object]] = {}  # calls that are over, which could not be kept yet

    @classmethod
    async def open(cls, data: Data) -> Self:
        """Make the data folder and the database where needed, bring the schema up to date, and hold both until `close`.

        Codes beside `archive` and `disk_full`: `archive_in_use` (another process serves this folder), `archive_newer` (its
        schema is of a later version).
        """
        return cls(data, *await asyncio.to_thread(_open, data))

    async def close(self) -> None:
        """Write all that was asked for and let the folder go. A second time does nothing."""
        if self._held < 0:
            return
        await self._close_rest()
        held, self._held = self._held, -1
        await self._writer.close()
        await asyncio.to_thread(self._readers.shutdown)
        await asyncio.to_thread(self._engine.dispose)
        os.close(held)

    async def add(self, record: K, queued: Sequence[Queued] = ()) -> K:
        """Keep a record, in place of the one with the same id, and return it as kept: that is the one to show.

        An alert that a person has decided on keeps the decision (`status`, `by`, `when`, `note`), and any alert the time it was
        first `raised`. A text's NULs and lone surrogates are U+FFFD from then on.

        `queued`: the webhooks an alert is for, put into the outbox with it.
        """
        if isinstance(record, CallInfo):
            await self._close_rest()
        try:
            row = to_row(record)
        except (TypeError, ValueError) as error:
            raise explain(error, self._where, name(record)) from error
        statement = self._upserts[type(record)]

        def keep(connection: Connection) -> K:
            kept = from_row(type(record), connection.execute(statement, row).mappings().one())
            if isinstance(kept, Alert):
                outbox.enqueue(connection, kept, queued)
            return kept

        return await self._writer.do(name(record), keep)

    async def remove(self, call: str, kind: Literal["utterance", "finding"], id: str) -> None:
        """Forget what was withdrawn. One that is not there is no error."""
        table = schema.Utterance if kind == "utterance" else schema.Finding
        statement = delete(table).where(table.call_id == plain(call), table.id == plain(id))
        await self._writer.do(f"{kind} {id!r} of call {call!r}", lambda connection: connection.execute(statement))

    async def progress(self, view: CallView, summary: Summary | None = None) -> CallView:
        """Keep how a live call stands, and what it comes to so far (None: as kept before).

        A call that is closed, or not there, stays as it is. Returns the view to show: with who took the call over.
        """
        return await self._writer.do(f"call {view.id!r}", partial(changes.progress, view=view, summary=summary))

    async def close_call(
        self, call: str, *, status: CallStatus, why: str | None, seconds: float, ended: datetime, summary: Summary
    ) -> dict[str, str] | None:
        """Close a call with what it came to; its risk, level and talk share are the summary's from then on.

        Returns who took it over, and when.

        Where that cannot be kept (which is raised), it is tried again when the next call is added, when the recent calls are
        asked for and when the archive is closed: a disk that was full for a while leaves no call live for ever.
        """
        end = partial(changes.close, call=call, status=status, why=why, seconds=seconds, ended=ended, summary=summary)
        try:
            return await self._writer.do(f"call {call!r}", end)
        except ArchiveError:
            self._unclosed[call] = end
            raise

    async def _close_rest(self) -> None:
        for call, end in list(self._unclosed.items()):
            with suppress(ArchiveError):  # it was raised when the call ended
                await self._writer.do(f"call {call!r}", end)
                self._unclosed.pop(call, None)

    async def interrupted(self, now: datetime) -> list[str]:
        """Close the calls that a killed process left open, and return their ids. To be called once, before any call starts.

        They lasted as long as their audio, or as last kept where that is longer, and ended then.
        """
        return await self._writer.do("interrupted calls", partial(self._interrupt, now=now))

    def _interrupt(self, connection: Connection, now: datetime) -> list[str]:
        rows = connection.execute(queries.CALLS.where(changes.OPEN)).mappings().all()
        for row in rows:
            seconds = max(row["seconds"], self._heard(row["id"], row["started"]))
            ended = min(now, row["started"] + timedelta(seconds=seconds))
            changes.close(connection, row["id"], "interrupted", STOPPED, seconds, ended, to_summary(row))
        return [row["id"] for row in rows]

    def _heard(self, call: str, started: datetime) -> float:
        """Seconds of audio kept of a call; 0 where there is none that can be read."""
        try:
            return duration(audio_path(self._data, call, started))
        except ArchiveError:
            return 0.0

    async def recent(self, limit: int = 50, scope: Scope = EVERYTHING) -> tuple[list[CallView], list[Alert]]:
        """The live calls (newest first), the `limit` that ended last (the last first), and the alerts of both, oldest first.

        With those go the calls of the day before of which a warning or critical alert still waits for somebody.
        """
        await self._close_rest()
        return await self._read(partial(queries.recent, limit=limit, scope=scope))

    async def calls(self, before: datetime | None, limit: int, scope: Scope = EVERYTHING) -> list[CallView]:
        """The `limit` calls that started last before `before`, newest first; more where they share its millisecond."""
        return await self._read(partial(queries.calls, before=before, limit=limit, scope=scope))

    async def call(self, id: str, scope: Scope = EVERYTHING) -> CallRecord | None:
        """A call with everything kept of it, in the order of call time; None too where `scope` does not cover it."""
        return await self._read(partial(queries.call, id=id, scope=scope))

    async def view(self, id: str) -> CallView | None:
        """A call as a list shows it."""
        return await self._read(partial(queries.view, id=id))

    async def recording(self, call: CallView) -> Path | None:
        """The WAV file of a call, None where there is none. One that is cut off (the process was killed) plays to its end."""
        path = audio_path(self._data, call.id, call.started)
        return path if await asyncio.to_thread(path.is_file) else None

    async def earlier(self, customer: str, before: datetime) -> list[EarlierCall]:
        """What the customer said in the five newest calls from this number in the 90 days before, the newest first."""
        return await self._read(partial(queries.earlier, customer=customer, before=before))

    async def has_call(self, id: str) -> bool:
        """Whether a call of this id was ever added."""
        return await self._read(partial(queries.has_call, id=id))

    async def set_alert(
        self, call: str, id: str, decision: Decision, *, role: str | None = None, address: str | None = None
    ) -> Alert | None:
        """Keep a person's decision on an alert, with an audit entry; the alert as kept, or None where there is none.

        No person may be called `system`: that is how the product signs. Code `alert_changed`: it is no longer as the person saw
        it, and stays as it is.
        """
        if decision.by == SYSTEM:
            raise ArchiveError("no person may be called 'system': that is how callmonitor signs its own decisions")
        decide = partial(changes.decide, call=call, id=id, decision=decision, role=role, address=address)
        return await self._writer.do(f"alert {id!r} of call {call!r}", decide)

    async def take_over(self, entry: AuditEntry, *, on: bool) -> CallView | None:
        """Mark the entry's call as taken over by whom it names, or no longer, audited; None where it is over or not there."""
        return await self._writer.do(f"call {entry.call!r}", partial(changes.take_over, entry=entry, on=on))

    async def decided(self, since: datetime | None = None, limit: int | None = None) -> list[CallRecord]:
        """The calls that people have decided alerts of, begun from `since` on, the newest first."""
        return await self._read(partial(queries.decided, since=since, limit=limit))

    async def audit(self, entry: AuditEntry) -> None:
        """Keep who is about to do what; do it when this has returned."""
        await self._writer.do(f"audit entry {entry.action!r}", partial(changes.audit, entry=entry))

    async def audits(self, wanted: AuditQuery = EVERY_ENTRY) -> list[AuditEntry]:
        """What is wanted of the audit log, the newest first."""
        return await self._read(partial(accounts.audits, wanted=wanted))

    async def audited(self) -> list[str]:
        """Everybody whom the audit log names."""
        return await self._read(accounts.audited)

    async def users(self) -> list[User]:
        """Everybody who has an account, also those who are disabled; by name."""
        return await self._read(accounts.users)

    async def _read(self, read: Callable[[Connection], T]) -> T:
        if self._held < 0:
            raise ArchiveError(f"{self._where}: is closed")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._answer, read)

    def _answer(self, read: Callable[[Connection], T]) -> T:
        try:
            with self._engine.begin() as connection:
                return read(connection)
        except (SQLAlchemyError, sqlite3.Error, ValueError, OverflowError) as error:
            raise explain(error, self._where) from error


def _open(data: Data) -> tuple[Engine, str, int]:
    url = address(data)
    where = place(url)
    held = -1
    try:
        make_folder(data.folder)
        held = lock(data.folder)
        migrate(url)
        return build(url), where, held
    except BaseException as error:
        if held >= 0:
            os.close(held)
        if isinstance(error, SQLAlchemyError | sqlite3.Error | OSError):
            raise explain(error, where) from error
        raise
