"""Accounts and the audit log: read by the server, changed from the command line while the server runs or not.

`beside` needs no hold on the data folder: the database itself keeps two who write apart.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from monitor.archive import changes, queries, schema
from monitor.archive.database import address, build, explain, is_current, lock, make_folder, migrate, place
from monitor.archive.rows import deep_tuple, plain
from monitor.config import Data
from monitor.errors import ArchiveError
from monitor.people import EVERY_ENTRY, AuditEntry, AuditQuery, User
from monitor.records import CallRecord

T = TypeVar("T")


def users(connection: Connection) -> list[User]:
    """Everybody who has an account, by name."""
    rows = connection.execute(select(*schema.Account.__table__.c).order_by(schema.Account.name)).mappings()
    return [User(**{**row, "teams": deep_tuple(row["teams"])}) for row in rows]


def audits(connection: Connection, wanted: AuditQuery) -> list[AuditEntry]:
    """What is wanted of the audit log, the newest first."""
    table = schema.Audit
    query = select(*table.__table__.c).order_by(table.id.desc()).limit(wanted.limit)
    if wanted.since is not None:
        query = query.where(table.when >= wanted.since)
    if wanted.until is not None:
        query = query.where(table.when < wanted.until)
    if wanted.who is not None:
        query = query.where(table.who == plain(wanted.who))
    if wanted.actions:
        query = query.where(table.action.in_([plain(action) for action in wanted.actions]))
    if wanted.before is not None:
        query = query.where(table.id < wanted.before)
    names = [field.name for field in fields(AuditEntry)]
    rows = connection.execute(query).mappings()
    return [AuditEntry(**{name: row["call_id" if name == "call" else name] for name in names}) for row in rows]


def audited(connection: Connection) -> list[str]:
    """Everybody whom the audit log names, by name: accounts, logins of the server's machine, "" for nobody known."""
    return list(connection.scalars(select(schema.Audit.who).distinct().order_by(schema.Audit.who)))


class Accounts:
    """What the command line does to accounts; each change stands in the audit log before it is done, in one transaction."""

    def __init__(self, engine: Engine, where: str) -> None:
        """Use `beside`."""
        self._engine, self._where = engine, where

    def users(self) -> list[User]:
        return self._do(users)

    def audits(self, wanted: AuditQuery = EVERY_ENTRY) -> list[AuditEntry]:
        return self._do(lambda connection: audits(connection, wanted))

    def audit(self, entry: AuditEntry) -> None:
        """Keep who is about to do what."""
        self._do(lambda connection: changes.audit(connection, entry), write=True)

    def decided(self, since: datetime | None = None) -> list[CallRecord]:
        """The calls that people have decided alerts of, begun from `since` on, the newest first."""
        return self._do(lambda connection: queries.decided(connection, since, None))

    def add(self, user: User, entry: AuditEntry) -> None:
        """Raises ArchiveError `account_exists`."""

        def apply(connection: Connection) -> None:
            changes.audit(connection, entry)
            row = {field.name: plain(getattr(user, field.name)) for field in fields(user)}
            try:
                connection.execute(insert(schema.Account).values(row))
            except IntegrityError as error:
                raise ArchiveError(f"there is an account {user.name!r} already", code="account_exists") from error

        self._do(apply, write=True)

    def change(self, name: str, entry: AuditEntry, **values: Any) -> None:
        """Set columns of an account. Raises ArchiveError `unknown_account`, or `last_admin`: one must be left."""
        self._do(lambda connection: _change(connection, name, entry, values), write=True)

    def _do(self, apply: Callable[[Connection], T], *, write: bool = False) -> T:
        return transact(self._engine, self._where, "accounts", apply, write=write)


def _change(connection: Connection, name: str, entry: AuditEntry, values: Mapping[str, Any]) -> None:
    # Within the transaction: of two administrators whom two people demote or disable at once, one must stay.
    before = _administrators(connection)
    changes.audit(connection, entry)
    table = schema.Account
    new = {column: plain(value) for column, value in values.items()}
    if not connection.execute(update(table).where(table.name == plain(name)).values(new)).rowcount:
        raise ArchiveError(f"there is no account {name!r}", code="unknown_account")
    if before and not _administrators(connection):
        raise ArchiveError(f"{name!r} is the last administrator who may sign in; make another first", code="last_admin")


def _administrators(connection: Connection) -> list[str]:
    """Those who may sign in; they stay so until this transaction ends (SQLite has one writer at a time anyway)."""
    table = schema.Account
    query = select(table.name).where(table.role == "admin", table.disabled.is_(False)).order_by(table.name)
    return list(connection.scalars(query.with_for_update()))


def transact(engine: Engine, where: str, what: str, apply: Callable[[Connection], T], *, write: bool = False) -> T:
    """Run `apply` in a transaction. Raises ArchiveError, which names `where` and `what`."""
    try:
        with engine.connect().execution_options(write=write) as connection, connection.begin():
            return apply(connection)
    except (SQLAlchemyError, sqlite3.Error, ValueError) as error:
        raise explain(error, where, what) from error


@contextmanager
def beside(data: Data) -> Iterator[Accounts]:
    """The accounts of a data folder, made where it is not there yet, whether or not a server serves it. Raises ArchiveError."""
    with opened(data) as (engine, where):
        yield Accounts(engine, where)


@contextmanager
def opened(data: Data) -> Iterator[tuple[Engine, str]]:
    """The database of a data folder without a hold on it, with this code's schema, and its name. Raises ArchiveError."""
    url = address(data)
    where = place(url)
    try:
        make_folder(data.folder)
        if not is_current(url):
            _bring_up(data)
        engine = build(url)
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise explain(error, where) from error
    try:
        yield engine, where
    finally:
        engine.dispose()


def _bring_up(data: Data) -> None:
    """Bring the schema up to date, which nobody else may use meanwhile."""
    held = lock(data.folder)
    try:
        migrate(address(data))
    finally:
        os.close(held)
