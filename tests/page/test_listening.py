"""Listening in: a real client on a real server hears a live call, and the audit log says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from monitor.archive.store import Archive
from monitor.errors import ArchiveError
from monitor.page import onair
from monitor.page.onair import HEADER, LISTENERS, WINDOW, Line
from monitor.people import AuditEntry, User
from monitor.records import Summary
from tests.page.support import BOSS, CHECKER, LEAD, NINE, PATIENCE, STAFF, WANG, Site, browser, cookies, info, site

RATE, STEP = 8000, 800


class Logged(Archive):
    """Tells when the end of a listening is kept."""

    def __init__(self, *opened: Any) -> None:
        super().__init__(*opened)
        self.endings: asyncio.Queue[AuditEntry] = asyncio.Queue()

    async def audit(self, entry: AuditEntry) -> None:
        await super().audit(entry)
        if entry.action == "listen_ended":
            self.endings.put_nowait(entry)


@asynccontextmanager
async def on_air(served: Site, call: str = "c1", **about: Any) -> AsyncIterator[Line]:
    """A live call of 二组, as the archive and the air know it."""
    await served.archive.add(info(call, **{"team": "二组"} | about))
    line = served.onair.begin(call, RATE, ("agent", "customer"))
    yield line


def listen(served: Site, client: httpx.AsyncClient | None = None, call: str = "c1", **options: Any) -> connect:
    return served.socket(f"/api/calls/{call}/listen", additional_headers=cookies(client or served.client), **options)


def speak(line: Line, first: int, frames: int = 1) -> bytes:
    """So many frames of sound, from frame number `first` of the call on."""
    numbers = np.arange(first * STEP, (first + frames) * STEP)
    sound = np.stack([numbers, -numbers], axis=1).astype("<i2").tobytes()
    line.feed(sound, first * STEP)
    return sound


async def began(socket: ClientConnection) -> dict[str, Any]:
    message = await asyncio.wait_for(socket.recv(), PATIENCE)
    assert isinstance(message, str)
    told: dict[str, Any] = json.loads(message)
    return told


async def frame(socket: ClientConnection, *, confirm: bool = True) -> tuple[float, int, bytes]:
    message = await asyncio.wait_for(socket.recv(), PATIENCE)
    assert isinstance(message, bytes)
    at, number, _, _ = HEADER.unpack_from(message)
    if confirm:
        await socket.send(json.dumps({"got": number}))
    return at, number, message[HEADER.size :]


async def closed(socket: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as caught:
        await asyncio.wait_for(socket.recv(), PATIENCE)
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, caught.value.rcvd.reason


async def trail(served: Site) -> list[AuditEntry]:
    """What the audit log says of listening, oldest first."""
    return [entry for entry in reversed(await served.archive.audits()) if entry.action.startswith("listen")]


async def trail_ends(served: Site, count: int) -> list[AuditEntry]:
    """The same, once `count` endings are in it: they are written when the server has seen the browser go."""
    assert isinstance(served.archive, Logged)
    for _ in range(count):
        await asyncio.wait_for(served.archive.endings.get(), PATIENCE)
    return await trail(served)


async def test_a_supervisor_hears_the_call_and_the_log_says_so_first(tmp_path: Path) -> None:
    async with site(tmp_path, archive=Logged, people=STAFF) as served, on_air(served) as line:
        await served.sign_in(LEAD)
        async with listen(served) as socket:
            assert await began(socket) == {"rate": RATE, "channels": ["agent", "customer"]}
            (entry,) = await trail(served)
            assert (entry.action, entry.who, entry.role, entry.call) == ("listen", "李主管", "supervisor", "c1")
            assert entry.address == "127.0.0.1"
            for number in range(20, 40):
                sound = speak(line, number)
                assert await frame(socket) == (number * STEP / RATE, number - 19, sound)
            line.end()
            assert await closed(socket) == (1000, "ended")
        first, last = await trail_ends(served, 1)
        assert (last.action, last.who, last.call) == ("listen_ended", "李主管", "c1")
        assert last.detail == {"listening": first.detail["listening"], "why": "ended", "heard": [2.0, 3.9], "dropped": 0}


async def test_many_listen_and_one_who_takes_nothing_costs_nobody_else_anything(tmp_path: Path) -> None:
    async with site(tmp_path, archive=Logged) as served, on_air(served) as line:
        async with listen(served) as first, listen(served) as stuck, listen(served) as third:
            for socket in (first, stuck, third):
                await began(socket)
            for number in range(60):
                sound = speak(line, number)
                served.clock.now += onair.FRAME
                for socket in (first, third):
                    assert await frame(socket) == (number * STEP / RATE, number + 1, sound)
            for number in range(WINDOW):  # what was sent before it was known to be stuck
                at, _, _ = await frame(stuck, confirm=False)
                assert at == pytest.approx(number * onair.FRAME)
            await stuck.send(json.dumps({"got": WINDOW}))
            at, number, _ = await frame(stuck)
            assert number == WINDOW + 1
            assert 5.3 <= at < 6.0  # the oldest were dropped: it hears what is said now
        entries = await trail_ends(served, 3)
        dropped = sorted(entry.detail["dropped"] for entry in entries if entry.action == "listen_ended")
        assert dropped[:2] == [0, 0]
        assert dropped[2] == round(at / onair.FRAME) - WINDOW


async def test_who_confirms_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onair, "STALLED", 0.01)
    async with site(tmp_path, archive=Logged) as served, on_air(served) as line, listen(served) as socket:
        await began(socket)
        speak(line, 0)
        await frame(socket, confirm=False)
        assert await closed(socket) == (1008, "stalled")
        assert not line.wanted


REFUSED: list[tuple[User, str]] = [(WANG, "forbidden"), (CHECKER, "forbidden"), (BOSS, "")]


@pytest.mark.parametrize(("user", "why"), REFUSED)
async def test_a_role_that_may_not_listen_is_refused_and_that_is_kept(tmp_path: Path, user: User, why: str) -> None:
    async with site(tmp_path, archive=Logged, people=STAFF) as served, on_air(served) as line:
        await served.sign_in(user)
        for _ in range(3):
            async with listen(served) as socket:
                if not why:
                    await began(socket)
                    continue
                assert await closed(socket) == (1008, why)
                assert not line.wanted
        (entry, *more) = await trail(served)
        assert entry.action == ("listen_refused" if why else "listen")
        assert (entry.who, entry.call) == (user.name, "c1")
        assert bool(more) == (not why)  # the same attempt again is written once


async def test_a_call_of_another_team_is_none_at_all_but_the_attempt_is_kept(tmp_path: Path) -> None:
    async with site(tmp_path, archive=Logged, people=STAFF) as served, on_air(served, team="三组"):
        await served.sign_in(LEAD)
        async with listen(served) as socket:
            assert await closed(socket) == (1008, "unknown_call")
        async with listen(served, call="nobody") as socket:
            assert await closed(socket) == (1008, "unknown_call")
        assert [(entry.action, entry.call) for entry in await trail(served)] == [("listen_refused", "c1")]


async def test_a_call_that_is_over_has_no_live_sound(tmp_path: Path) -> None:
    async with site(tmp_path, archive=Logged) as served:
        await served.archive.add(info("c1"))
        await served.archive.close_call("c1", status="ended", why=None, seconds=3.0, ended=NINE, summary=Summary())
        async with listen(served) as socket:
            assert await closed(socket) == (1000, "ended")
        assert await trail(served) == []


async def test_signing_out_ends_the_sound(tmp_path: Path) -> None:
    async with site(tmp_path, archive=Logged, people=STAFF) as served, on_air(served) as line:
        await served.sign_in(LEAD)
        async with listen(served) as socket:
            await began(socket)
            await served.client.delete("/api/session")
            assert await closed(socket) == (1008, "signed_out")
        assert (await trail_ends(served, 1))[-1].detail["why"] == "signed_out"
        assert not line.wanted


async def test_without_a_session_there_is_no_sound(tmp_path: Path) -> None:
    async with site(tmp_path, archive=Logged, people=STAFF) as served, on_air(served), listen(served) as socket:
        assert await closed(socket) == (1008, "signed_out")


async def test_another_sites_page_hears_nothing(tmp_path: Path) -> None:
    async with site(tmp_path, archive=Logged) as served, on_air(served):
        path = "/api/calls/c1/listen"
        with pytest.raises(InvalidStatus):
            await served.socket(path, origin="http://evil.example")
        with pytest.raises(InvalidStatus):
            await served.socket(path, name="evil.example")
        for wrong in ("/api/calls/..%2f..%2fetc/listen", "/api/calls/" + "c" * 65 + "/listen"):
            with pytest.raises(InvalidStatus):
                await served.socket(wrong)
        assert await trail(served) == []


BAD = [
    "",
    "got",
    "{}",
    '{"got": "1"}',
    '{"got": 0}',
    '{"got": 2}',
    '{"got": 1e400}',
    '{"got": 1, "more": 1}',
    "[" * 5000,
    b"\x01",
]


@pytest.mark.parametrize("message", BAD)
async def test_what_confirms_nothing_that_was_sent_ends_it(tmp_path: Path, message: str | bytes) -> None:
    async with site(tmp_path, archive=Logged) as served, on_air(served) as line, listen(served) as socket:
        await began(socket)
        speak(line, 0)
        await frame(socket, confirm=False)
        await socket.send(message)
        assert (await closed(socket))[0] == 1008


async def test_so_many_listen_and_no_more(tmp_path: Path) -> None:
    async with site(tmp_path, archive=Logged) as served, on_air(served) as line:
        held = [line.listen() for _ in range(LISTENERS)]
        for one in held:
            one.__enter__()
        async with listen(served) as socket:
            assert await closed(socket) == (1013, "too_many_listeners")
        assert [entry.action for entry in await trail_ends(served, 1)] == ["listen", "listen_ended"]
        for one in held:
            one.__exit__(None, None, None)


async def test_nothing_is_heard_where_nothing_can_be_written_down(tmp_path: Path) -> None:
    class Full(Archive):
        async def audit(self, entry: AuditEntry) -> None:
            raise ArchiveError("the disk is full", code="disk_full")

    async with site(tmp_path, archive=Full) as served, on_air(served) as line, listen(served) as socket:
        assert await closed(socket) == (1011, "archive")
        assert not line.wanted


async def test_the_server_stops_while_somebody_listens(tmp_path: Path) -> None:
    async with site(tmp_path, archive=Logged) as served, on_air(served):
        socket = await listen(served)
        await began(socket)
    await socket.wait_closed()
    assert socket.close_code == 1012


async def test_two_people_each_have_their_own_entries(tmp_path: Path) -> None:
    async with site(tmp_path, archive=Logged, people=STAFF) as served, on_air(served), browser(served.port) as other:
        await served.sign_in(LEAD)
        await served.sign_in(BOSS, other)
        async with listen(served) as mine, listen(served, other) as theirs:
            await began(mine)
            await began(theirs)
        entries = await trail_ends(served, 2)
        for who in ("李主管", "boss"):
            own = [entry for entry in entries if entry.who == who]
            assert [entry.action for entry in own] == ["listen", "listen_ended"]
            assert own[0].detail["listening"] == own[1].detail["listening"]
            assert own[1].detail["why"] == "left"
