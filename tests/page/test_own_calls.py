"""Who is signed in is shown their own calls, and decides on no other's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.people import User
from tests.page.support import (
    BOSS,
    CHECKER,
    LEAD,
    STAFF,
    WANG,
    ZHAO,
    Site,
    alert,
    browser,
    error_of,
    info,
    joined,
    received,
    site,
    view,
)


async def fill(served: Site) -> None:
    """A call of 小王 in team 一组, one of 小赵 in 三组, one of nobody; each with an alert."""
    owners = {"ours": ("小王", "一组"), "theirs": ("小赵", "三组"), "nobodys": (None, None)}
    for id, (agent, team) in owners.items():
        await served.archive.add(info(id, agent=agent, team=team, customer="13812342233"))
        await served.archive.add(alert(id))


KNOWN = [
    (BOSS, {"ours", "theirs", "nobodys"}),
    (CHECKER, {"ours", "theirs", "nobodys"}),
    (LEAD, {"ours"}),
    (WANG, {"ours"}),
    (ZHAO, {"theirs"}),
]


@pytest.mark.parametrize(("user", "known"), KNOWN, ids=lambda value: value.name if isinstance(value, User) else "")
async def test_each_is_answered_about_their_own_calls(tmp_path: Path, user: User, known: set[str]) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await fill(served)
        await served.sign_in(user)
        state = (await served.client.get("/api/state")).json()
        calls = (await served.client.get("/api/calls")).json()["calls"]
        assert {call["id"] for call in state["calls"]} == {call["id"] for call in calls} == known
        assert {one["call"] for one in state["alerts"]} == known
        whole = user.role in ("admin", "supervisor")
        for call in (*state["calls"], *calls):
            assert call["customer"] == ("13812342233" if whole else "138****2233")
        for id in ("ours", "theirs", "nobodys", "none"):
            response = await served.client.get(f"/api/calls/{id}")
            if id in known:
                assert response.json()["call"]["customer"] == ("13812342233" if whole else "138****2233")
                continue
            unknown = await served.client.get("/api/calls/none")
            assert (response.status_code, response.text) == (404, unknown.text)  # nor whether there is such a call
        if not whole:
            assert "13812342233" not in json.dumps(state) + json.dumps(calls)


@pytest.mark.parametrize(("user", "known"), KNOWN, ids=lambda value: value.name if isinstance(value, User) else "")
async def test_each_socket_tells_of_its_own_persons_calls(tmp_path: Path, user: User, known: set[str]) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await served.sign_in(user)
        async with served.live() as socket:
            await joined(served, socket)
            hub = served.hub
            for id, agent, team in (("ours", "小王", "一组"), ("theirs", "小赵", "三组"), ("nobodys", None, None)):
                hub.publish(type="call", call=id, data=view(id, agent=agent, team=team, customer="13812342233"))
                hub.publish(type="alert", call=id, data=alert(id))
            hub.publish(type="notice", call=None, level="info", code="last", message="")
            events: list[dict[str, Any]] = []
            while not events or events[-1]["type"] != "notice":
                events.append(await received(socket))
        assert [event["call"] for event in events[:-1]] == [
            id for id in ("ours", "theirs", "nobodys") if id in known for _ in "12"
        ]
        numbers = {event["data"]["customer"] for event in events if event["type"] == "call"}
        assert numbers == {"13812342233" if user.role in ("admin", "supervisor") else "138****2233"}


async def decide(served: Site, call: str, **more: str) -> httpx.Response:
    return await served.client.post(f"/api/calls/{call}/alerts/a1", json={"status": "resolved", **more})


async def test_a_decision_is_signed_by_the_account_and_audited(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await fill(served)
        await served.sign_in(LEAD)
        forged = await decide(served, "ours", by="boss")
        assert (forged.status_code, error_of(forged)) == (403, "not_you")
        assert (await decide(served, "ours", note="已回电")).json()["alert"]["by"] == "李主管"
        assert (await decide(served, "ours", by="李主管")).json()["alert"]["by"] == "李主管"
        newest, before, *_ = await served.archive.audits()
        assert (before.who, before.role, before.address, before.action, before.call) == (
            "李主管",
            "supervisor",
            "127.0.0.1",
            "decision",
            "ours",
        )
        assert before.detail == {"alert": "a1", "status": "resolved", "note": "已回电"}
        assert newest.detail == {"alert": "a1", "status": "resolved"}


async def test_nobody_decides_on_what_is_not_theirs(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await fill(served)
        for user, call, status, code in (
            (LEAD, "theirs", 404, "unknown_alert"),
            (LEAD, "nobodys", 404, "unknown_alert"),
            (WANG, "theirs", 404, "unknown_alert"),
            (WANG, "ours", 403, "forbidden"),
        ):
            await served.sign_in(user)
            response = await decide(served, call)
            assert (response.status_code, error_of(response)) == (status, code)
        _, alerts = await served.archive.recent()
        assert {one.status for one in alerts} == {"open"}


async def test_a_decision_is_told_to_those_who_may_know_also_after_the_call(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served, browser(served.port) as agent:
        await fill(served)
        await served.sign_in(BOSS)
        await served.sign_in(WANG, agent)
        async with served.live(agent) as socket:
            await joined(served, socket)
            await decide(served, "theirs")
            await decide(served, "ours")
            event = await received(socket)
            assert (event["type"], event["call"], event["data"]["by"]) == ("alert", "ours", "boss")
