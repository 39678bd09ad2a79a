"""The supervisors' desk: who sees to an alert, two who decide at once, calls taken over, decided cases taken out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from monitor.archive.store import Archive
from monitor.errors import ArchiveError
from monitor.people import AuditEntry, AuditQuery
from monitor.records import Alert, CallRecord
from tests.archive import make
from tests.page.support import (
    BOSS,
    CHECKER,
    CHIEF,
    LEAD,
    NINE,
    STAFF,
    WANG,
    Site,
    alert,
    browser,
    error_of,
    info,
    joined,
    received,
    site,
)

OTHER = replace(LEAD, name="赵主管", display="赵主管", teams=("三组",))
GONE = replace(LEAD, name="former", display="离职", disabled=True)


async def fill(served: Site, call: str = "c1", team: str | None = "一组") -> None:
    await served.archive.add(info(call, team=team, customer="13812342233"))
    await served.archive.add(alert(call))


async def decide(client: httpx.AsyncClient, call: str = "c1", id: str = "a1", **what: Any) -> httpx.Response:
    return await client.post(f"/api/calls/{call}/alerts/{id}", json=what)


async def kept(served: Site, call: str = "c1") -> CallRecord:
    record = await served.archive.call(call)
    assert record is not None
    return record


async def test_an_alert_is_taken_passed_on_and_let_go(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await fill(served)
        await served.sign_in(LEAD)
        async with served.live() as socket:
            await joined(served, socket)
            taken = await decide(served.client, status="acknowledged", owner="李主管")
            assert (await received(socket))["data"]["owner"] == "李主管"
        assert taken.json()["alert"] == (taken.json()["alert"] | {"status": "acknowledged", "by": "李主管", "owner": "李主管"})
        passed = (await decide(served.client, owner=" CHIEF ")).json()["alert"]  # as typed, whatever the case
        assert (passed["status"], passed["owner"], passed["by"]) == ("acknowledged", "chief", "李主管")
        assert (await decide(served.client, owner=None)).json()["alert"]["owner"] is None
        trail = [entry for entry in await served.archive.audits() if entry.action == "decision"]
        assert [entry.detail for entry in trail] == [
            {"alert": "a1", "owner": ""},
            {"alert": "a1", "owner": "chief"},
            {"alert": "a1", "status": "acknowledged", "owner": "李主管"},
        ]
        assert {(entry.who, entry.role, entry.call) for entry in trail} == {("李主管", "supervisor", "c1")}


async def test_only_who_decides_on_a_calls_alerts_may_own_one(tmp_path: Path) -> None:
    async with site(tmp_path, people=(*STAFF, OTHER, GONE)) as served:
        await fill(served)
        await served.sign_in(LEAD)
        owners = (await served.client.get("/api/calls/c1/owners")).json()["owners"]
        assert {owner["name"] for owner in owners} == {"boss", "chief", "qa", "李主管"}
        assert {"name": "李主管", "display": "李主管", "role": "supervisor"} in owners
        for name in ("赵主管", "former", "wang", "nobody", "<b>boss</b>", "' OR 1=1 --"):
            refused = await decide(served.client, owner=name)
            assert (refused.status_code, error_of(refused)) == (422, "unknown_owner"), name
            assert name not in refused.text
        assert (await kept(served)).alerts == (replace(alert(), raised=NINE),)


async def test_another_teams_alert_is_not_there(tmp_path: Path) -> None:
    async with site(tmp_path, people=(*STAFF, OTHER)) as served:
        await fill(served)
        await fill(served, "c2", team=None)
        await served.sign_in(OTHER)
        for call in ("c1", "c2"):
            for what in ({"status": "resolved"}, {"owner": "赵主管"}):
                refused = await decide(served.client, call, **what)
                assert (refused.status_code, error_of(refused)) == (404, "unknown_alert")
            for answer in (
                await served.client.get(f"/api/calls/{call}/owners"),
                await served.client.post(f"/api/calls/{call}/takeover", json={"on": True}),
            ):
                assert (answer.status_code, error_of(answer)) == (404, "unknown_call")
            assert [one.status for one in (await kept(served, call)).alerts] == ["open"]
        await served.sign_in(WANG)
        assert error_of(await decide(served.client, owner="wang")) == "forbidden"
        assert error_of(await served.client.get("/api/calls/c1/owners")) == "unknown_call"


async def test_of_two_who_decide_at_once_the_second_is_told(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served, browser(served.port) as other:
        await fill(served)
        await served.sign_in(LEAD)
        await served.sign_in(CHIEF, other)
        seen = {"status": "open", "owner": None}
        answers = await asyncio.gather(
            decide(served.client, status="acknowledged", owner="李主管", was=seen),
            decide(other, status="acknowledged", owner="chief", was=seen),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        (lost,) = (answer for answer in answers if answer.status_code == 409)
        assert error_of(lost) == "alert_changed"
        (won,) = (answer.json()["alert"] for answer in answers if answer.status_code == 200)
        assert (await kept(served)).alerts[0].owner == won["owner"] == won["by"]
        assert [entry.who for entry in await served.archive.audits() if entry.action == "decision"] == [won["by"]]
        # Who has seen that, or does not care, goes on.
        assert (
            await decide(other, status="resolved", was={"status": "acknowledged", "owner": won["owner"]})
        ).status_code == 200
        assert (await decide(served.client, status="open")).json()["alert"]["by"] == "李主管"


async def test_without_accounts_anybody_here_may_own(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        await fill(served)
        hostile, note = "<img src=x onerror=alert(1)>", "</script>\n'; DROP TABLE alert"
        answer = await decide(served.client, status="acknowledged", owner=hostile, by="李", note=note)
        assert answer.headers["content-type"] == "application/json"
        shown = answer.json()["alert"]
        assert (shown["owner"], shown["note"]) == (hostile, note)
        assert (await served.client.get("/api/calls/c1/owners")).json() == {"owners": []}
        assert error_of(await decide(served.client, owner="李")) == "invalid"  # who says so?


async def test_a_call_is_taken_over_and_every_page_knows(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served, browser(served.port) as agents:
        await fill(served)
        await served.sign_in(LEAD)
        await served.sign_in(WANG, agents)
        mark = {"by": "李主管", "when": "2026-11-22T01:00:00.000+00:00"}
        async with served.live(agents) as socket:
            await joined(served, socket)
            taken = await served.client.post("/api/calls/c1/takeover", json={"on": True})
            event = await received(socket)
        assert taken.json()["call"]["customer"] == "13812342233"
        assert event["type"] == "call"
        assert event["data"]["customer"] == "138****2233"
        for shown in (taken.json()["call"], event["data"], (await agents.get("/api/calls/c1")).json()["call"]):
            assert shown["taken_over"]["by"] == mark["by"]
        assert (await served.client.post("/api/calls/c1/takeover", json={"on": False})).json()["call"]["taken_over"] is None
        trail = [entry for entry in await served.archive.audits() if entry.action == "takeover"]
        assert [(entry.who, entry.call, entry.detail) for entry in trail] == [
            ("李主管", "c1", {"on": False}),
            ("李主管", "c1", {"on": True}),
        ]


async def test_who_may_not_take_over_and_what_cannot_be(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await fill(served)
        await fill(served, "c2")
        view = await served.archive.view("c2")
        assert view is not None
        await served.archive.close_call(
            "c2", status="ended", why=None, seconds=9.0, ended=NINE, summary=(await kept(served, "c2")).summary
        )
        for user, call, status, code in (
            (WANG, "c1", 403, "forbidden"),
            (CHECKER, "c1", 403, "forbidden"),
            (BOSS, "c2", 409, "call_over"),
            (BOSS, "c9", 404, "unknown_call"),
        ):
            await served.sign_in(user)
            refused = await served.client.post(f"/api/calls/{call}/takeover", json={"on": True})
            assert (refused.status_code, error_of(refused)) == (status, code)
        for body in ({}, {"on": "maybe"}, {"on": True, "who": "x"}):
            assert (await served.client.post("/api/calls/c1/takeover", json=body)).status_code == 422
        assert not [entry for entry in await served.archive.audits() if entry.action == "takeover"]


async def test_decided_cases_are_for_reviewers_and_in_the_audit_log(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await fill(served)
        await served.archive.add(make.utterance("u1", start=61, end=66, text="我不是要打12315"))
        await served.archive.add(make.finding("f1", rule="regulator", text="12315", utterance="u1", span=(5, 10)))
        for user in (LEAD, WANG):
            await served.sign_in(user)
            refused = await served.client.get("/api/export/cases")
            assert (refused.status_code, error_of(refused)) == (403, "forbidden")
        await served.sign_in(CHECKER)
        await decide(served.client, status="false_alarm", why="other_sense", note="客户叫王小明")
        answer = await served.client.get("/api/export/cases")
        assert answer.json()["lines"] == ["我不是要打12315\tcustomer\t\t-"]
        assert answer.headers["content-disposition"].startswith("attachment")
        for secret in ("13812342233", "王小明", "小王", "c1"):
            assert secret not in answer.text
        later = await served.client.get("/api/export/cases", params={"since": "2026-11-23T00:00:00+08:00"})
        assert later.json() == {"lines": [], "calls": {}, "left_out": 0}
        assert (await served.client.get("/api/export/cases?since=2026-11-23")).status_code == 422
        trail = [entry for entry in await served.archive.audits(AuditQuery(who="qa")) if entry.action == "export"]
        assert [entry.detail["what"] for entry in trail] == ["cases", "cases"]


async def test_what_cannot_be_audited_is_not_taken_out(tmp_path: Path) -> None:
    class Full(Archive):
        async def audit(self, entry: AuditEntry) -> None:
            if entry.action == "export":
                raise ArchiveError("the disk is full", code="disk_full")
            await super().audit(entry)

    async with site(tmp_path, archive=Full, people=STAFF) as served:
        await fill(served)
        await served.sign_in(CHECKER)
        await decide(served.client, status="resolved")
        assert (await served.client.get("/api/export/cases")).status_code == 503


def test_an_alert_says_by_default_that_nobody_sees_to_it() -> None:
    fresh: Alert = alert()
    assert (fresh.owner, fresh.why) == (None, None)
