from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event
from sqlalchemy.pool import Pool

import monitor.archive
from monitor.archive import database
from monitor.archive.database import address, build
from monitor.archive.schema import Base
from monitor.archive.store import Archive
from monitor.config import Data
from monitor.errors import ArchiveError
from monitor.records import Summary

from . import make


def file(data: Data) -> Path:
    return data.folder / "callmonitor.db"


def run(data: Data, *statements: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file(data))) as connection, connection:
        return [row for statement in statements for row in connection.execute(statement)]


HEAD = max(file.name[1:5] for file in (Path(monitor.archive.__file__).parent / "migrations" / "versions").glob("v*.py"))


def with_migration(monkeypatch: pytest.MonkeyPatch, folder: Path, upgrade: str) -> None:
    """Let the product's migrations have one more, that runs `upgrade`."""
    shutil.copytree(Path(monitor.archive.__file__).parent / "migrations", folder)
    lines = (
        "import sqlalchemy as sa",
        "from alembic import op",
        'revision = "9999"',
        f'down_revision = "{HEAD}"',
        "def upgrade():",
        upgrade,
    )
    (folder / "versions" / "v9999.py").write_text("\n".join(lines))
    monkeypatch.setattr(database, "MIGRATIONS", str(folder))


async def test_the_migrations_make_the_schema(archive: Archive, data: Data) -> None:
    engine = build(address(data))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        modes = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "foreign_keys", "synchronous")
        ]
        assert modes == ["wal", 1, 1]
    engine.dispose()


async def test_a_migration_that_fails_half_way_changes_nothing(
    archive: Archive, data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await archive.add(make.call())
    await archive.close()
    before = run(data, "SELECT sql FROM sqlite_master", "SELECT * FROM alembic_version")
    step = '    op.create_table("extra", sa.Column("id", sa.Integer())); op.execute("DELETE FROM call"); op.execute("no SQL")'
    with_migration(monkeypatch, tmp_path / "migrations", step)
    with pytest.raises(ArchiveError, match=r"callmonitor\.db: .*syntax error"):
        await Archive.open(data)
    assert run(data, "SELECT sql FROM sqlite_master", "SELECT * FROM alembic_version") == before
    monkeypatch.undo()
    again = await Archive.open(data)  # nor is the folder still held
    assert await again.has_call("c1")
    await again.close()


async def test_a_migration_that_builds_a_table_anew_keeps_what_hangs_on_it(
    archive: Archive, data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await archive.add(make.call())
    await archive.add(make.utterance())
    await archive.close()
    step = '    with op.batch_alter_table("call", recreate="always") as table: table.add_column(sa.Column("site", sa.Text()))'
    with_migration(monkeypatch, tmp_path / "migrations", step)
    again = await Archive.open(data)
    record = await again.call("c1")
    assert record is not None
    assert record.utterances == (make.utterance(),)
    await again.close()
    assert ("site",) in run(data, "SELECT name FROM pragma_table_info('call')")
    monkeypatch.undo()
    with pytest.raises(ArchiveError, match=r"was made by a newer callmonitor \(schema 9999\)") as caught:
        await Archive.open(data)
    assert caught.value.code == "archive_newer"


def test_the_migrations_are_shipped() -> None:
    folder = Path(monitor.archive.__file__).parent / "migrations"
    assert (folder / "env.py").is_file()
    assert list((folder / "versions").glob("v0001_*.py"))


async def test_two_cannot_serve_one_folder(archive: Archive, data: Data) -> None:
    with pytest.raises(ArchiveError, match="another callmonitor serves this folder") as caught:
        await Archive.open(data)
    assert caught.value.code == "archive_in_use"
    assert str(data.folder) in str(caught.value)
    code = """
import asyncio, sys
from pathlib import Path
from monitor.archive.store import Archive
from monitor.config import Data
asyncio.run(Archive.open(Data(folder=Path(sys.argv[1]))))
"""
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(data.folder), stderr=asyncio.subprocess.PIPE)
    _, errors = await other.communicate()
    assert other.returncode == 1
    assert b"another callmonitor serves this folder" in errors
    await archive.add(make.call())  # untouched by the attempts


async def test_what_is_kept_is_for_its_owner_alone(data: Data) -> None:
    old = os.umask(0)
    try:
        archive = await Archive.open(data)
        await archive.add(make.call())
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (data.folder, *data.folder.iterdir())}
        assert modes.pop("data") == 0o700
        assert {"callmonitor.db", "callmonitor.db-wal", "callmonitor.lock"} <= set(modes)
        assert set(modes.values()) == {0o600}
        await archive.close()
        file(data).chmod(0o644)
        await (await Archive.open(data)).close()
        assert stat.S_IMODE(file(data).stat().st_mode) == 0o600
    finally:
        os.umask(old)


async def test_a_file_that_is_no_database_is_refused_and_left_alone(data: Data) -> None:
    data.folder.mkdir()
    file(data).write_bytes(b"not a database\n" * 1000)
    with pytest.raises(ArchiveError, match=r"callmonitor\.db: the database is damaged"):
        await Archive.open(data)
    assert file(data).read_bytes() == b"not a database\n" * 1000


async def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    for folder in (tmp_path / "taken", tmp_path / "taken" / "data"):
        with pytest.raises(ArchiveError, match="taken"):
            await Archive.open(Data(folder=folder))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("no url: hunter2", "not a database URL"),
        ("sqlite://", "in memory, which keeps nothing"),
        ("sqlite:///:memory:", "in memory, which keeps nothing"),
        ("mysql://me:hunter2@host/calls", "neither SQLite nor PostgreSQL"),
        ("postgresql+nothing://me:hunter2@host/calls", "no driver"),
    ],
)
async def test_a_wrong_database_setting_is_refused_without_its_password(data: Data, url: str, message: str) -> None:
    with pytest.raises(ArchiveError, match=message) as caught:
        await Archive.open(data.model_copy(update={"database": url}))
    assert "hunter2" not in str(caught.value)


async def test_a_database_beside_the_folder_can_be_named(data: Data, tmp_path: Path) -> None:
    elsewhere = tmp_path / "50% of: calls.db"
    archive = await Archive.open(data.model_copy(update={"database": f"sqlite:///{elsewhere}"}))
    await archive.add(make.call())
    await archive.close()
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o600
    assert not file(data).exists()


async def test_a_database_another_program_holds_is_said_to_be_locked(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY", 10)
    archive = await Archive.open(data)
    await archive.add(make.call())
    with closing(sqlite3.connect(file(data), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        adds = (archive.add(make.utterance(f"u{n}")) for n in range(5))
        for result in await asyncio.gather(*adds, return_exceptions=True):
            assert isinstance(result, ArchiveError)
            assert "another program has locked the database" in str(result)
        assert await archive.has_call("c1")  # reading goes on
        other.execute("ROLLBACK")
    await archive.add(make.utterance())
    await archive.close()


@contextmanager
def small_disk(pages: int) -> Iterator[list[sqlite3.Connection]]:
    """SQLite connections made inside find the disk full at `pages`: its own limit gives the very error a full disk does."""
    made: list[sqlite3.Connection] = []

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        made.append(connection)
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(Pool, "connect", limit)
    try:
        yield made
    finally:
        event.remove(Pool, "connect", limit)


def make_room(connections: list[sqlite3.Connection]) -> None:
    for connection in connections:
        with suppress(sqlite3.ProgrammingError):  # the migration's own is closed by now
            connection.execute("PRAGMA max_page_count = 100000")


@pytest.mark.parametrize("then", ["a call comes", "the page asks", "the service stops"])
async def test_a_call_that_ends_on_a_full_disk_is_closed_when_there_is_room(data: Data, then: str) -> None:
    with small_disk(40) as connections:
        archive = await Archive.open(data)
        await archive.add(make.call())
        long = Summary(risk=70, stressed=("我" * 50_000,))
        with pytest.raises(ArchiveError) as full:
            await archive.close_call("c1", status="ended", why=None, seconds=9.0, ended=make.later(9), summary=long)
        assert full.value.code == "disk_full"
        assert [call.status for call in (await archive.recent())[0]] == ["live"]  # tried again, and still full
        make_room(connections)
        if then == "a call comes":
            await archive.add(make.call("c2"))
        elif then == "the page asks":
            await archive.recent()
        else:
            await archive.close()
            archive = await Archive.open(data)
        record = await archive.call("c1")
        assert record is not None
        assert (record.call.status, record.call.seconds, record.call.risk) == ("ended", 9.0, 70)
        await archive.close()


async def test_a_full_disk_is_said_and_writing_goes_on_when_there_is_room(data: Data) -> None:
    with small_disk(72) as connections:
        archive = await Archive.open(data)
        await archive.add(make.call())
        long = "我" * 50_000  # 150 kB
        results = await asyncio.gather(
            *(archive.add(make.utterance(f"u{n}", text=long if n % 2 else "短")) for n in range(8)), return_exceptions=True
        )
        failed = {n for n, result in enumerate(results) if isinstance(result, ArchiveError)}
        assert failed
        assert failed < {1, 3, 5, 7}  # the first fits; a short one finds room where a long one did not
        for n in failed:
            error = results[n]
            assert isinstance(error, ArchiveError)
            assert error.code == "disk_full"
            assert str(error) == f"{file(data)}: utterance 'u{n}' of call 'c1': cannot be kept, the disk is full"
        make_room(connections)
        for n in failed:
            await archive.add(make.utterance(f"u{n}", text=long))
        record = await archive.call("c1")
        assert record is not None
        assert len(record.utterances) == 8
        await archive.close()
