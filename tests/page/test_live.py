from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from monitor.archive.store import Archive
from monitor.page import live
from monitor.people import EVERYTHING, Scope
from monitor.records import Alert, CallView
from tests.page.support import BOSS, NINE, PATIENCE, alert, browser, info, join, joined, received, site, watch


async def closed(socket: ClientConnection) -> tuple[int, str]:
    """The code and reason the server closes with; anything sent before is a fault."""
    with pytest.raises(ConnectionClosed) as caught:
        await asyncio.wait_for(socket.recv(), PATIENCE)
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, caught.value.rcvd.reason


async def test_events_come_as_they_happen(tmp_path: Path) -> None:
    async with site(tmp_path) as served, served.live() as socket:
        await joined(served, socket)
        seq = served.hub.publish(type="alert", call="c1", data=alert())
        event = await received(socket)
        assert (event["seq"], event["type"], event["call"], event["data"]["title"]) == (seq, "alert", "c1", "威胁投诉")


async def test_a_page_that_says_null_begins_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    came, _ = watch(monkeypatch)
    async with site(tmp_path) as served, served.live() as socket:
        served.hub.publish(type="finding_withdrawn", call="c1", id="before")
        await join(socket)
        await asyncio.wait_for(came.wait(), PATIENCE)
        served.hub.publish(type="finding_withdrawn", call="c1", id="after")
        assert (await received(socket))["id"] == "after"


async def test_a_page_that_comes_back_gets_what_it_missed_and_nothing_twice(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        async with served.live() as socket:
            await joined(served, socket)
            last = served.hub.publish(type="utterance_withdrawn", call="c1", id="u1")
            assert (await received(socket))["seq"] == last
        for number in range(200):
            served.hub.publish(type="utterance_withdrawn", call="c1", id=f"u{number}")
        async with served.live() as socket:
            await join(socket, served.hub.epoch, last)
            assert [(await received(socket))["seq"] for _ in range(200)] == list(range(last + 1, last + 201))
            seq = served.hub.publish(type="utterance_withdrawn", call="c1", id="new")
            assert (await received(socket))["seq"] == seq


async def test_after_a_restart_a_page_must_read_the_state_again(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        epoch = served.hub.epoch
    async with site(tmp_path) as served, served.live() as socket:
        await join(socket, epoch, 0)
        assert await received(socket) == {"type": "reset"}
        assert await closed(socket) == (1000, "reset")
        state = (await served.client.get("/api/state")).json()
        async with served.live() as again:
            await join(again, state["epoch"], state["seq"])
            seq = served.hub.publish(type="utterance_withdrawn", call="c1", id="u1")
            assert (await received(again))["seq"] == seq


BAD_HELLOS: list[str | bytes] = [
    "",
    "hello",
    "[]",
    "{}",
    '{"epoch": null}',
    '{"epoch": "e", "seq": null}',
    '{"epoch": null, "seq": 3}',
    '{"epoch": "e", "seq": -1}',
    '{"epoch": "e", "seq": "3"}',
    '{"epoch": "e", "seq": true}',
    '{"epoch": null, "seq": null, "call": "c1"}',
    '{"epoch": "' + "e" * 65 + '", "seq": 3}',
    "[" * 10_000,
    b'{"epoch": null, "seq": null}',
]


async def test_a_hello_that_is_none_is_refused(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        for hello in BAD_HELLOS:
            async with served.live() as socket:
                await socket.send(hello)
                assert (await closed(socket))[0] == 1008, hello


async def test_a_page_that_never_speaks_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HELLO", 0.01)
    async with site(tmp_path) as served, served.live() as socket:
        assert (await closed(socket))[0] == 1008


async def test_a_page_that_leaves_before_it_speaks_is_no_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with site(tmp_path) as served:
        async with served.live():
            pass
        assert (await served.client.get("/api/health")).status_code == 200
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_page_speaks_once(tmp_path: Path) -> None:
    async with site(tmp_path) as served, served.live() as socket:
        await joined(served, socket)
        await socket.send("more")
        assert (await closed(socket))[0] == 1008


async def test_the_server_stops_with_pages_open(tmp_path: Path) -> None:
    """Also one that has not said hello."""
    async with site(tmp_path) as served:
        sockets = [await served.live() for _ in range(3)]
        for socket in sockets[1:]:
            await joined(served, socket)
    for socket in sockets:
        await socket.wait_closed()
        assert socket.close_code == 1012


async def test_what_happens_while_the_state_is_read_comes_as_an_event(tmp_path: Path) -> None:
    class Busy(Archive):
        """A call starts after the rows were read, before they are answered."""

        async def recent(self, limit: int = 50, scope: Scope = EVERYTHING) -> tuple[list[CallView], list[Alert]]:
            found = await super().recent(limit, scope)
            await self.add(info("late"))
            hub = served.hub
            hub.publish(type="call", call="late", data=info("late"))
            return found

    async with site(tmp_path, archive=Busy) as served, served.live() as socket:
        state = (await served.client.get("/api/state")).json()
        assert state["calls"] == []
        await join(socket, state["epoch"], state["seq"])
        assert (await received(socket))["call"] == "late"


async def test_one_supervisor_decides_and_the_other_sees_it(tmp_path: Path) -> None:
    async with site(tmp_path) as served, served.live() as other:
        await served.archive.add(info())
        await served.archive.add(alert())
        await joined(served, other)
        decision = {"status": "acknowledged", "by": "李主管", "note": "已接手"}
        answer = await served.client.post("/api/calls/c1/alerts/a1", json=decision)
        event = await received(other)
        record = await served.archive.call("c1")
        assert record is not None
        assert record.alerts[0].status == "acknowledged"  # stored by the time it was shown
        assert event["type"] == "alert"
        assert event["data"] == answer.json()["alert"]
        assert {name: event["data"][name] for name in decision} == decision


async def test_decisions_are_shown_in_the_order_they_were_stored(tmp_path: Path) -> None:
    async with site(tmp_path) as served, served.live() as socket:
        await served.archive.add(info())
        await served.archive.add(alert())
        await joined(served, socket)
        names = [f"主管{number}" for number in range(20)]
        requests = [served.client.post("/api/calls/c1/alerts/a1", json={"status": "resolved", "by": name}) for name in names]
        await asyncio.gather(*requests)
        shown = [(await received(socket))["data"]["by"] for _ in names]
        record = await served.archive.call("c1")
        assert record is not None
        assert sorted(shown) == sorted(names)
        assert record.alerts[0].by == shown[-1]


async def test_a_decision_that_cannot_be_stored_is_not_shown(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        await served.archive.add(info())
        await served.archive.add(alert())
        await served.archive.close()
        before = served.hub.seq
        response = await served.client.post("/api/calls/c1/alerts/a1", json={"status": "resolved", "by": "李主管"})
        assert response.status_code == 503
        assert served.hub.seq == before


async def test_without_a_session_there_is_no_socket(tmp_path: Path) -> None:
    async with site(tmp_path, people=(BOSS,)) as served:
        async with served.live() as socket:
            assert await closed(socket) == (1008, "signed_out")
        await served.sign_in(BOSS)
        async with served.live() as socket:
            await joined(served, socket)


async def test_signing_out_closes_ones_own_sockets_alone(tmp_path: Path) -> None:
    async with site(tmp_path, people=(BOSS,)) as served, browser(served.port) as colleague:
        await served.sign_in(BOSS)
        async with served.live() as socket:
            await joined(served, socket)
            await served.sign_in(BOSS, colleague)
            await colleague.delete("/api/session")
            seq = served.hub.publish(type="utterance_withdrawn", call="c1", id="u1")
            assert (await received(socket))["seq"] == seq
            await served.client.delete("/api/session")
            assert await closed(socket) == (1008, "signed_out")


async def test_a_session_that_expires_closes_its_socket(tmp_path: Path) -> None:
    async with site(tmp_path, people=(BOSS,)) as served:
        await served.sign_in(BOSS)
        served.clock.now += 12 * 3600 - 0.05
        async with served.live() as socket:
            await join(socket)
            assert await closed(socket) == (1008, "signed_out")


async def test_the_call_a_page_opens_says_where_the_log_stood(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        await served.archive.add(info(started=NINE))
        seq = served.hub.publish(type="call", call="c1", data=info())
        body = (await served.client.get("/api/calls/c1")).json()
        assert (body["epoch"], body["seq"]) == (served.hub.epoch, seq)
