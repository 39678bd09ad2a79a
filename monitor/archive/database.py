"""The database itself: its file, its lock, its migrations, and its errors in words a person can act on."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sqlite3
import stat
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from monitor.config import Data
from monitor.errors import ArchiveError

FILE = "callmonitor.db"
LOCK = "callmonitor.lock"
MIGRATIONS = "monitor.archive:migrations"
BUSY = 5_000  # milliseconds to wait for another program that holds the database
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def make_folder(folder: Path) -> None:
    """Make `folder`, for its owner alone. One that is there keeps the mode its owner gave it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def lock(folder: Path) -> int:
    """Take the folder for this process until the returned descriptor is closed, by us or by our death."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise ArchiveError(f"{folder}: another callmonitor serves this folder", code="archive_in_use") from error
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def address(data: Data) -> URL:
    """Where the records go: the configured database, or a SQLite file in the data folder."""
    if not data.database:
        return URL.create("sqlite", database=str(data.folder / FILE))
    try:
        url = make_url(data.database)
    except ArgumentError as error:
        raise ArchiveError("data.database is not a database URL such as postgresql+pg8000://user@host/name") from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ArchiveError(f"data.database: {place(url)} is neither SQLite nor PostgreSQL")
    if url.get_backend_name() == "sqlite" and (url.database or ":memory:").startswith(":memory:"):
        raise ArchiveError("data.database names a SQLite database in memory, which keeps nothing")
    return url


def place(url: URL) -> str:
    """The database's name in messages: its file, or its URL without the password."""
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def build(url: URL, *, migrating: bool = False) -> Engine:
    """An engine whose transactions are the database's own.

    SQLite: write-ahead log, so readers never wait for the writer, and synchronous=NORMAL: what was committed survives the death
    of the process at once and a power cut up to the last checkpoint.
    """
    options: dict[str, Any] = {
        "hide_parameters": True,  # they are what people said
        "json_serializer": partial(json.dumps, ensure_ascii=False, allow_nan=False, separators=(",", ":")),
    }
    if migrating:
        options["poolclass"] = NullPool
    try:
        engine = create_engine(url, **options)
    except (ArgumentError, ImportError) as error:
        raise ArchiveError(f"{place(url)}: no driver for this kind of database: {error}") from error
    if url.get_backend_name() == "sqlite":
        _private(Path(str(url.database)))
        event.listen(engine, "connect", partial(_prepare, foreign_keys=not migrating))
        event.listen(engine, "begin", _begin)
    return engine


def _private(file: Path) -> None:
    """Make the file, or keep it, for its owner alone; SQLite gives its log the same mode."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _prepare(connection: sqlite3.Connection, _record: object, *, foreign_keys: bool) -> None:
    connection.isolation_level = None  # transactions begin in _begin, not where sqlite3 guesses
    connection.execute(f"PRAGMA busy_timeout = {BUSY}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    # A migration builds a table anew and drops the old one, which with foreign keys would empty its children.
    connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("write") else "BEGIN")


def migrate(url: URL) -> None:
    """Bring the database to this code's schema, wholly or not at all; refuse one that newer code has made."""
    engine = build(url, migrating=True)
    config, scripts = _migrations()
    known = {script.revision for script in scripts.walk_revisions()}
    try:
        with engine.connect().execution_options(write=True) as connection, connection.begin():
            found = MigrationContext.configure(connection).get_current_heads()
            if newer := set(found) - known:
                raise ArchiveError(
                    f"{place(url)}: was made by a newer callmonitor (schema {', '.join(sorted(newer))}): update this one",
                    code="archive_newer",
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            _check(connection, place(url))
    finally:
        engine.dispose()


def is_current(url: URL) -> bool:
    """Whether the database is there with this code's schema."""
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        return False
    engine = build(url, migrating=True)
    try:
        with engine.connect() as connection:
            return set(MigrationContext.configure(connection).get_current_heads()) == set(_migrations()[1].get_heads())
    finally:
        engine.dispose()


def _migrations() -> tuple[Config, ScriptDirectory]:
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    return config, ScriptDirectory.from_config(config)


def _check(connection: Connection, where: str) -> None:
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise ArchiveError(f"{where}: holds records of calls that are not there; nothing was changed")


def explain(error: Exception, where: str, what: str = "") -> ArchiveError:
    """`error` as an ArchiveError with code `disk_full` or `archive`; `what` names the record, never its content."""
    if isinstance(error, ArchiveError):
        return error
    at = f"{where}: {what}: " if what else f"{where}: "
    cause: BaseException = getattr(error, "orig", None) or error
    name = str(getattr(cause, "sqlite_errorname", ""))
    state = _sqlstate(cause)
    if name == "SQLITE_FULL" or state == "53100" or getattr(cause, "errno", None) in FULL:
        return ArchiveError(f"{at}cannot be kept, the disk is full", code="disk_full")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return ArchiveError(f"{at}another program has locked the database")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return ArchiveError(f"{at}the database is damaged: put a backup in its place, or move it away to begin a new one")
    if name == "SQLITE_CONSTRAINT_FOREIGNKEY" or state == "23503":
        return ArchiveError(f"{at}its call is not in the archive")
    if isinstance(error, OSError):
        return ArchiveError(f"{at}{error.strerror or error}")
    if state:
        return ArchiveError(f"{at}PostgreSQL refuses it, for a reason of class {state[:2]} (SQLSTATE {state})")
    detail = str(cause) if isinstance(error, SQLAlchemyError | sqlite3.Error | ValueError | TypeError) else repr(cause)
    return ArchiveError(f"{at}{detail.splitlines()[0] if detail else type(cause).__name__}")


def _sqlstate(cause: BaseException) -> str | None:
    """PostgreSQL's code for what is wrong, from any of its drivers. Its messages may repeat what was to be kept."""
    letters = cause.args[0] if cause.args and isinstance(cause.args[0], dict) else {}  # of pg8000, by those of the protocol
    return getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or letters.get("C")


def is_locked(error: Exception) -> bool:
    """Whether the whole database is held by another program, so that trying record by record is of no use."""
    return str(getattr(getattr(error, "orig", None), "sqlite_errorname", "")).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
