"""The audit log, read and taken out: by whom, which part of it, and what is written down of that."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

import pytest

from monitor.archive.accounts import beside
from monitor.archive.store import Archive
from monitor.errors import ArchiveError
from monitor.page import trail
from monitor.people import Action, AuditEntry, User
from tests.conftest import ROOT
from tests.page.support import BOSS, CHECKER, LEAD, NINE, STAFF, WANG, Site, error_of, site

PATHS = ("/api/audit", "/api/audit/people", "/api/export/audit")


async def note(served: Site, *actions: Action, who: str = "李主管", day: int = 0, **detail: Any) -> None:
    for action in actions:
        when = NINE + timedelta(days=day)
        await served.archive.audit(AuditEntry(when=when, who=who, role="supervisor", action=action, call="c1", detail=detail))


async def listed(served: Site, **asked: Any) -> list[dict[str, Any]]:
    response = await served.client.get("/api/audit", params=asked)
    assert response.status_code == 200, response.text
    entries: list[dict[str, Any]] = response.json()["entries"]
    return entries


@pytest.mark.parametrize("user", [LEAD, CHECKER, WANG], ids=lambda user: user.name)
async def test_the_audit_log_is_for_administrators(tmp_path: Path, user: User) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await served.sign_in(user)
        for path in PATHS:
            response = await served.client.get(path)
            assert (response.status_code, error_of(response)) == (403, "forbidden"), path
        assert "audit" not in (await served.client.get("/api/session")).json()["rights"]
        assert "export" not in [entry.action for entry in await served.archive.audits()]


async def test_an_administrator_who_no_longer_is_one_reads_nothing_more(tmp_path: Path) -> None:
    async with site(tmp_path, people=(*STAFF, User(**{**as_fields(BOSS), "name": "second"}))) as served:
        await served.sign_in(BOSS)
        assert await listed(served)
        with beside(served.data) as accounts:
            entry = AuditEntry(when=NINE, who="root", role="console", action="role_changed", detail={"user": "boss"})
            accounts.change("boss", entry, role="qa", teams=(), agent=None)
        served.clock.now += 0.001  # not within what sockets are given, but at once
        assert (await served.client.get("/api/audit")).status_code == 401
        await served.sign_in(BOSS)
        assert (await served.client.get("/api/session")).json()["who"]["role"] == "qa"
        assert error_of(await served.client.get("/api/audit")) == "forbidden"


def as_fields(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in User.__slots__}


async def test_it_is_read_newest_first_and_page_by_page(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await served.client.post("/api/session", json={"name": "boss", "password": "a guess"})
        await served.sign_in(BOSS)
        entries = await listed(served)
        assert [(one["who"], one["role"], one["action"]) for one in entries[:2]] == [
            ("boss", "admin", "sign_in"),
            ("boss", "admin", "sign_in_failed"),
        ]
        assert set(entries[0]) == {"when", "who", "role", "address", "action", "call", "detail", "id"}
        assert entries[0]["address"] == "127.0.0.1"
        assert await listed(served, limit=1) == entries[:1]
        assert await listed(served, before=entries[0]["id"]) == entries[1:]
        for bad in ({"limit": 0}, {"before": -1}, {"before": 10**30}, {"since": "yesterday"}, {"until": "2026-11-22T09:00"}):
            assert error_of(await served.client.get("/api/audit", params=bad)) == "invalid"


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_year_that_no_clock_shows_is_refused(tmp_path: Path, when: str) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await served.sign_in(BOSS)
        paths = (
            "/api/audit?since",
            "/api/audit?until",
            "/api/export/audit?until",
            "/api/export/cases?since",
            "/api/calls?before",
        )
        for path in paths:
            response = await served.client.get(f"{path}={quote(when)}")
            assert (response.status_code, error_of(response)) == (422, "invalid"), path


async def test_it_is_narrowed_by_person_deed_and_day(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await served.sign_in(BOSS)
        await note(served, "listen", "whisper", day=1)
        await note(served, "listen", who="chief", day=2)

        async def found(**asked: Any) -> list[tuple[str, str]]:
            return [(one["who"], one["action"]) for one in await listed(served, **asked)]

        assert await found(who=" 李主管 ") == [("李主管", "whisper"), ("李主管", "listen")]
        assert await found(action="listen") == [("chief", "listen"), ("李主管", "listen")]
        assert await found(action=["listen", "whisper"], who="李主管") == [("李主管", "whisper"), ("李主管", "listen")]
        day = NINE + timedelta(days=1)
        assert await found(since=day.isoformat(), until=(day + timedelta(days=1)).isoformat()) == [
            ("李主管", "whisper"),
            ("李主管", "listen"),
        ]
        assert await found(who="nobody") == await found(action="' OR 1=1 --") == []


def test_the_page_is_tested_with_every_action_there_is() -> None:
    """mypy knows of an action that is not in `Action`; the page's own tests name and group those of the file."""
    assert (ROOT / "web" / "tests" / "actions.txt").read_text("utf-8").splitlines() == sorted(get_args(Action))


async def test_whom_it_names_is_known(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await served.client.post("/api/session", json={"name": "no-one", "password": "a guess"})
        await served.sign_in(BOSS)
        people = (await served.client.get("/api/audit/people")).json()["people"]
        assert [one["name"] for one in people if one["role"]] == sorted(user.name for user in STAFF)
        assert [one["name"] for one in people if not one["role"]] == ["", "root"]  # nobody known, and the command line
        assert {"name": "boss", "display": "老板", "role": "admin"} in people


async def test_what_is_taken_out_is_a_table_and_is_written_down_first(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await served.sign_in(BOSS)
        await note(served, "whisper", who="=1+1", text='=HYPERLINK("http://x","先道歉，\n别急")')
        response = await served.client.get("/api/export/audit", params={"who": "=1+1"})
        assert response.headers["content-type"] == "text/csv; charset=utf-8"
        assert "audit.csv" in response.headers["content-disposition"]
        head, row = csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline=""))
        assert head == ["id", "when", "who", "role", "address", "action", "call", "detail"]
        assert row[2:7] == ["'=1+1", "supervisor", "", "whisper", "c1"]  # no formula
        assert "先道歉" in row[7]
        newest = (await served.archive.audits())[0]
        assert (newest.who, newest.action, newest.detail) == ("boss", "export", {"what": "audit", "person": "=1+1"})


@pytest.mark.parametrize("begin", list("=+-@＝＋－＠\t\r\n"), ids=ascii)
def test_no_cell_begins_a_formula(begin: str) -> None:
    entry = AuditEntry(when=NINE, who=f"{begin}1+1", action="sign_in_failed")
    _, row = csv.reader(io.StringIO(trail._table([entry]), newline=""))
    assert row[2] == f"'{begin}1+1"


async def test_too_much_is_refused_rather_than_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "EXPORTED", 3)
    async with site(tmp_path, people=STAFF) as served:
        await served.sign_in(BOSS)
        await note(served, "listen", "listen", "listen", "listen")
        assert error_of(await served.client.get("/api/export/audit")) == "too_many_entries"
        assert "export" not in [entry.action for entry in await served.archive.audits()]
        assert (await served.client.get("/api/export/audit", params={"action": ["sign_in"]})).status_code == 200
        assert (await served.archive.audits())[0].detail == {"what": "audit", "actions": ["sign_in"]}


async def test_what_cannot_be_written_down_is_not_taken_out(tmp_path: Path) -> None:
    class Full(Archive):
        async def audit(self, entry: AuditEntry) -> None:
            if entry.action == "export":
                raise ArchiveError("the disk is full")
            await super().audit(entry)

    async with site(tmp_path, archive=Full, people=STAFF) as served:
        await served.sign_in(BOSS)
        assert error_of(await served.client.get("/api/export/audit")) == "archive"
