"""The commands about accounts, as an administrator at the server's terminal uses them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner, Result

from monitor import app, cli
from monitor.archive.accounts import beside
from monitor.archive.store import Archive
from monitor.config import Config, Data, Server
from monitor.errors import ConfigError, MonitorError

PASSWORD = "八个字的密码够了"
ADMIN = ("users", "add", "Boss", "--role", "admin", "--display", "老板")


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return Data(folder=tmp_path / "data")


def run(data: Data, *arguments: str, typed: str = PASSWORD + "\n") -> Result:
    path = data.folder.parent / "config.toml"
    path.write_text(f"[data]\nfolder = {str(data.folder)!r}\n", "utf-8")
    return CliRunner().invoke(cli.cli, ["--config", str(path), *arguments], input=typed)


def made(data: Data, *arguments: str, typed: str = PASSWORD + "\n") -> str:
    result = run(data, *arguments, typed=typed)
    assert result.exit_code == 0, result.output
    return result.output


def refused(data: Data, *arguments: str, typed: str = PASSWORD + "\n") -> str:
    error = run(data, *arguments, typed=typed).exception
    assert isinstance(error, MonitorError)
    return str(error)


def test_an_account_is_made_and_its_password_is_nowhere_to_be_seen(data: Data) -> None:
    output = made(data, *ADMIN)
    made(data, "users", "add", "李主管", "--role", "supervisor", "--team", "一组", "--team", "二组", "--team", "一组")
    made(data, "users", "add", "wang", "--role", "agent", "--agent", "王芳")
    with beside(data) as accounts:
        boss, wang, lead = accounts.users()
    assert (boss.name, boss.display, boss.role, boss.teams, boss.agent, boss.disabled) == (
        "boss",
        "老板",
        "admin",
        (),
        None,
        False,
    )
    assert (lead.teams, lead.display, wang.agent) == (("一组", "二组"), "李主管", "王芳")
    assert PasswordHasher().verify(boss.password, PASSWORD)
    kept = b"".join(file.read_bytes() for file in data.folder.iterdir())
    assert PASSWORD.encode() not in kept
    assert PASSWORD not in output + made(data, "audit") + repr(boss)
    listed = made(data, "users", "list")
    assert "argon2" not in listed + made(data, "audit", "--json")
    assert "一组, 二组" in listed


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("x", "--role", "king"), "--role is one of admin, supervisor, qa, agent"),
        (("x", "--role", "agent"), "--agent"),
        (("x", "--role", "qa", "--agent", "王芳"), "--agent"),
        (("x", "--role", "admin", "--team", "一组"), "--team is for supervisors"),
        (("x", "--role", "supervisor", "--team", "\u202e"), "--team has 1 to 64"),
        (("a b", "--role", "qa"), "letters, digits"),
        (("system", "--role", "qa"), "how callmonitor signs"),
        (("x", "--role", "qa", "--display", "a\nb"), "--display has"),
    ],
)
def test_what_cannot_be_is_said_before_a_password_is_asked_for(data: Data, arguments: tuple[str, ...], why: str) -> None:
    assert why in refused(data, "users", "add", *arguments, typed="")
    assert made(data, "users", "list").startswith("no accounts yet")


@pytest.mark.parametrize("typed", ["", "short\n"])
def test_a_password_too_short_makes_no_account(data: Data, typed: str) -> None:
    assert "8 to 1024 characters" in refused(data, *ADMIN, typed=typed)
    assert made(data, "users", "list").startswith("no accounts yet")


def test_a_password_is_never_an_argument(data: Data) -> None:
    assert run(data, *ADMIN, "--password", PASSWORD).exit_code == 2
    assert run(data, *ADMIN, PASSWORD).exit_code == 2


def test_one_name_one_account(data: Data) -> None:
    made(data, *ADMIN)
    assert "'boss' already" in refused(data, "users", "add", "ＢＯＳＳ", "--role", "qa")


def test_a_new_password_and_a_door_that_is_shut(data: Data) -> None:
    made(data, *ADMIN)
    made(data, "users", "passwd", "BOSS", typed="another password\n")
    with beside(data) as accounts:
        (boss,) = accounts.users()
    assert PasswordHasher().verify(boss.password, "another password")
    made(data, "users", "add", "second", "--role", "admin")
    made(data, "users", "disable", "boss")
    assert "disabled" in made(data, "users", "list")
    made(data, "users", "disable", "boss", "--undo")
    with beside(data) as accounts:
        assert accounts.users()[0] == boss
    for command in ("passwd", "disable"):
        assert "no account 'nobody'" in refused(data, "users", command, "nobody")


def test_a_role_is_changed_with_its_teams_and_calls(data: Data) -> None:
    made(data, *ADMIN)
    made(data, "users", "add", "wang", "--role", "agent", "--agent", "王芳")
    with beside(data) as accounts:
        _, before = accounts.users()
    output = made(data, "users", "role", "ＷＡＮＧ", "--role", "supervisor", "--team", "一组", "--team", "二组", typed="")
    assert output == "wang is supervisor (一组, 二组) now, was agent (王芳)\n"
    with beside(data) as accounts:
        _, lead = accounts.users()
    assert lead == replace(before, role="supervisor", teams=("一组", "二组"), agent=None)
    assert "supervisor (every team) now" in made(data, "users", "role", "wang", "--role", "supervisor", typed="")
    assert made(data, "users", "role", "wang", "--role", "supervisor", typed="") == "wang is supervisor (every team) already\n"
    made(data, "users", "role", "wang", "--role", "agent", "--agent", "王芳", typed="")
    with beside(data) as accounts:
        assert accounts.users()[1] == before
    entries = [json.loads(line) for line in made(data, "audit", "--json").splitlines()]
    changes = [one["detail"] for one in entries if one["action"] == "role_changed"]
    assert [(one["user"], one["role"], one["teams"], one["was"]) for one in changes] == [
        ("wang", "supervisor", ["一组", "二组"], {"role": "agent", "teams": [], "agent": "王芳"}),
        ("wang", "supervisor", [], {"role": "supervisor", "teams": ["一组", "二组"], "agent": None}),
        ("wang", "agent", [], {"role": "supervisor", "teams": [], "agent": None}),
    ]
    assert "was (role agent, agent 王芳)" in " ".join(made(data, "audit").split())


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("nobody", "--role", "qa"), "no account 'nobody'"),
        (("boss", "--role", "king"), "--role is one of admin, supervisor, qa, agent"),
        (("boss", "--role", "agent"), "needs --agent"),
        (("boss", "--role", "qa", "--team", "一组"), "--team is for supervisors"),
        (("boss", "--role", "supervisor", "--team", " "), "--team has 1 to 64"),
        (("boss", "--role", "qa"), "'boss' is the last administrator who may sign in; make another first"),
    ],
)
def test_a_role_that_cannot_be_given_changes_nothing(data: Data, arguments: tuple[str, ...], why: str) -> None:
    made(data, *ADMIN)
    before = made(data, "users", "list") + made(data, "audit", "--json")
    assert why in refused(data, "users", "role", *arguments, typed="")
    assert made(data, "users", "list") + made(data, "audit", "--json") == before


def test_the_last_administrator_is_one_who_may_sign_in(data: Data) -> None:
    made(data, *ADMIN)
    made(data, "users", "add", "second", "--role", "admin")
    made(data, "users", "disable", "second")
    assert "last administrator" in refused(data, "users", "role", "boss", "--role", "qa", typed="")
    made(data, "users", "disable", "second", "--undo")
    made(data, "users", "role", "boss", "--role", "qa", typed="")
    for leaving in (("role", "second", "--role", "qa"), ("disable", "second")):
        assert "last administrator" in refused(data, "users", *leaving, typed="")


def test_an_administrator_who_may_not_sign_in_can_be_demoted_whoever_is_left(data: Data) -> None:
    made(data, *ADMIN)
    with closing(sqlite3.connect(data.folder / "callmonitor.db")) as database, database:
        database.execute("UPDATE account SET disabled = 1")  # as an older version let it
    made(data, "users", "disable", "boss")
    assert "boss is qa now" in made(data, "users", "role", "boss", "--role", "qa", typed="")


def test_the_audit_log_says_who_changed_what(data: Data) -> None:
    made(data, *ADMIN)
    made(data, "users", "add", "qa1", "--role", "qa")
    made(data, "users", "disable", "qa1")
    entries = [json.loads(line) for line in made(data, "audit", "--json").splitlines()]
    assert [(one["role"], one["action"], one["detail"]["user"]) for one in entries] == [
        ("console", "user_added", "boss"),
        ("console", "user_added", "qa1"),
        ("console", "user_disabled", "qa1"),
    ]
    assert made(data, "audit", "--json", "--who", entries[0]["who"]) == made(data, "audit", "--json")
    assert made(data, "audit", "--json", "--who", "nobody") == ""
    assert made(data, "audit", "--json", "--since", "2999-01-01") == ""
    assert made(data, "audit", "--json", "--since", "2020-01-01T00:00:00+08:00").count("\n") == 3
    assert "user_disabled" in made(data, "audit")


def test_accounts_are_changed_while_the_server_runs(data: Data) -> None:
    async def opened() -> Archive:
        return await Archive.open(data)

    async def names(archive: Archive) -> list[str]:
        found = [user.name for user in await archive.users()]
        await archive.close()
        return found

    with asyncio.Runner() as loop:
        archive = loop.run(opened())
        made(data, *ADMIN)
        assert loop.run(names(archive)) == ["boss"]


async def test_the_service_does_not_open_to_a_network_without_accounts(data: Data) -> None:
    open_to_all = Config(server=Server(host="0.0.0.0"), data=data)
    with pytest.raises(ConfigError, match="callmonitor users add NAME --role admin"):
        async with app.service(open_to_all):
            pass
    archive = await Archive.open(data)  # and the folder is not held any more
    await archive.close()
