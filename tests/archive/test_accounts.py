"""Accounts and the audit log: beside a running server, and before there was one."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from itertools import product

import pytest

from monitor.archive.accounts import beside
from monitor.archive.store import Archive
from monitor.config import Data
from monitor.errors import ArchiveError
from monitor.people import EVERYTHING, AuditEntry, AuditQuery, Scope, User

from . import make
from .make import START, later

WANG = User(name="wang", display="小王", role="agent", agent="王芳", password="$argon2id$...", created=START)
LEAD = User(name="李", display="李主管", role="supervisor", teams=("一组", "二组"), password="$argon2id$...", created=START)


def entry(action: str = "user_added", **more: object) -> AuditEntry:
    return replace(AuditEntry(when=START, who="root", role="console", action=action), **more)  # type: ignore[arg-type]


async def test_an_account_made_beside_a_running_server_is_seen_by_it(archive: Archive, data: Data) -> None:
    assert await archive.users() == []
    with beside(data) as accounts:
        accounts.add(WANG, entry())
        accounts.add(LEAD, entry())
        assert await archive.users() == accounts.users() == [WANG, LEAD]
        accounts.change("wang", entry("user_disabled"), disabled=True)
    assert await archive.users() == [replace(WANG, disabled=True), LEAD]
    assert [kept.action for kept in await archive.audits()] == ["user_disabled", "user_added", "user_added"]


async def test_the_first_account_can_come_before_the_first_start(data: Data) -> None:
    with beside(data) as accounts:
        accounts.add(WANG, entry())
    archive = await Archive.open(data)
    assert await archive.users() == [WANG]
    await archive.close()


async def test_what_fails_leaves_neither_account_nor_entry(archive: Archive, data: Data) -> None:
    with beside(data) as accounts:
        accounts.add(WANG, entry())
        with pytest.raises(ArchiveError, match="'wang' already") as caught:
            accounts.add(replace(WANG, role="admin"), entry())
        assert caught.value.code == "account_exists"
        with pytest.raises(ArchiveError, match="no account 'nobody'"):
            accounts.change("nobody", entry("user_disabled"), disabled=True)
    assert await archive.users() == [WANG]
    assert len(await archive.audits()) == 1


@pytest.mark.parametrize("leaving", [{"role": "qa"}, {"disabled": True}], ids=str)
async def test_of_two_administrators_who_leave_at_once_one_stays(data: Data, leaving: dict[str, object]) -> None:
    second = replace(WANG, name="second", role="admin", agent=None)
    with beside(data) as accounts:
        accounts.add(replace(second, name="boss"), entry())
        accounts.add(second, entry())
    database = sqlite3.connect(data.folder / "callmonitor.db", isolation_level=None)
    with closing(database), beside(data) as accounts, ThreadPoolExecutor() as pool:
        database.execute("BEGIN IMMEDIATE")
        database.execute("UPDATE account SET disabled = 1 WHERE name = 'boss'")
        change = pool.submit(accounts.change, "second", entry(), **leaving)
        assert not wait([change], 0.2).done
        database.execute("COMMIT")
        with pytest.raises(ArchiveError, match="'second' is the last administrator") as caught:
            change.result()
        assert caught.value.code == "last_admin"
        assert second in accounts.users()
        assert len(accounts.audits()) == 2


async def test_an_older_server_is_not_pulled_out_from_under(archive: Archive, data: Data) -> None:
    with closing(sqlite3.connect(data.folder / "callmonitor.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0002'")
    with pytest.raises(ArchiveError, match="another callmonitor serves this folder"), beside(data):
        pass


async def test_the_audit_log_takes_nothing_back(archive: Archive, data: Data) -> None:
    await archive.audit(entry("listen", call="c1", who="李"))
    with closing(sqlite3.connect(data.folder / "callmonitor.db")) as database:
        for statement in ("UPDATE audit SET who = 'nobody'", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(statement)
    (kept,) = await archive.audits()
    assert (kept.who, kept.action, kept.call) == ("李", "listen", "c1")


async def test_the_audit_log_is_asked_by_time_name_and_place(archive: Archive) -> None:
    for number in range(6):
        await archive.audit(entry("play", who="李" if number % 2 else "赵", when=later(number), detail={"n": number}))

    async def numbers(wanted: AuditQuery) -> list[int]:
        return [kept.detail["n"] for kept in await archive.audits(wanted)]

    assert await numbers(AuditQuery()) == [5, 4, 3, 2, 1, 0]
    assert await numbers(AuditQuery(since=later(4))) == [5, 4]
    assert await numbers(AuditQuery(who="李", limit=2)) == [5, 3]
    assert await numbers(AuditQuery(who="' OR 1=1 --")) == []
    third = (await archive.audits(AuditQuery(limit=3)))[-1]
    assert await numbers(AuditQuery(before=third.id)) == [2, 1, 0]


async def test_an_entry_of_hostile_text_is_kept_as_text(archive: Archive) -> None:
    text = "'); DROP TABLE audit; --\x00<b>\ud800"
    await archive.audit(entry("sign_in_failed", who=text, address=text, detail={"note": text}))
    (kept,) = await archive.audits()
    assert kept.who == kept.address == kept.detail["note"] == "'); DROP TABLE audit; --\ufffd<b>\ufffd"


async def test_the_archive_gives_the_calls_that_a_scope_covers_and_no_other(archive: Archive) -> None:
    agents, teams = (None, "王芳", "李强", ""), (None, "一组", "二组")
    for agent, team in product(agents, teams):
        id = f"{agent}-{team}".encode().hex()
        await archive.add(make.call(id, agent=agent, team=team))
        await archive.add(make.alert(call=id, raised=START))
    everything = await archive.calls(None, 100)
    assert len(everything) == len(agents) * len(teams)
    scopes = [
        EVERYTHING,
        Scope(agents=frozenset()),
        Scope(agents=frozenset(["王芳"])),
        Scope(agents=frozenset(["' OR 1=1 --"])),
        Scope(teams=frozenset(["一组"])),
        Scope(teams=frozenset(["一组", "二组", "三组"])),
        Scope(agents=frozenset(["王芳"]), teams=frozenset(["二组"])),
    ]
    for scope in scopes:
        covered = {view.id for view in everything if scope.covers(view.agent, view.team)}
        assert {view.id for view in await archive.calls(None, 100, scope)} == covered
        views, alerts = await archive.recent(100, scope)
        assert {view.id for view in views} == {alert.call for alert in alerts} == covered
        for view in everything:
            assert (await archive.call(view.id, scope) is not None) == (view.id in covered)


async def test_a_team_sees_its_last_calls_however_many_others_there_were(archive: Archive) -> None:
    await archive.add(make.call("ours", team="一组"))
    for number in range(9):
        await archive.add(make.call(f"c{number}", team="二组", started=later(number + 1)))
    assert [view.id for view in await archive.calls(None, 3, Scope(teams=frozenset(["一组"])))] == ["ours"]


def test_two_command_lines_at_once_make_two_accounts(data: Data) -> None:
    """The database keeps them apart."""
    code = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from monitor.archive.accounts import beside
from monitor.config import Data
from monitor.people import AuditEntry, User
now = datetime.now(UTC)
with beside(Data(folder=Path(sys.argv[1]))) as accounts:
    user = User(name=sys.argv[2], display="x", role="qa", password="x", created=now)
    accounts.add(user, AuditEntry(when=now, who="root", action="user_added"))
"""
    with beside(data):
        pass
    running = [subprocess.Popen([sys.executable, "-c", code, str(data.folder), f"u{n}"], env={**os.environ}) for n in range(2)]
    assert [one.wait(60) for one in running] == [0, 0]
    with beside(data) as accounts:
        assert [user.name for user in accounts.users()] == ["u0", "u1"]
