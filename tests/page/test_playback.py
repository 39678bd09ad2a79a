from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.archive.audio import HEADER, CallAudio, audio_path
from monitor.archive.store import Archive
from monitor.errors import ArchiveError
from monitor.page.playback import LASTS
from monitor.people import AuditEntry, User
from monitor.records import CallStatus, Summary
from tests.page.support import BOSS, CHECKER, LEAD, NINE, STAFF, WANG, ZHAO, Site, browser, error_of, info, site

SOUND = bytes(range(256)) * 500  # 8 seconds of µ-law on two channels


async def recorded(served: Site, call: str = "c1", status: CallStatus = "ended", sound: bytes | None = SOUND) -> bytes:
    """A call that is over (or `live`), with its sound; returns the bytes of its file."""
    about = info(call, team="一组")
    await served.archive.add(about)
    if sound is not None:
        audio = await CallAudio.open(served.data, about, rate=8000, encoding="mulaw")
        await audio.write(sound)
        await audio.close()
    if status != "live":
        await served.archive.close_call(call, status=status, why=None, seconds=8.0, ended=NINE, summary=Summary())
    return audio_path(served.data, call, NINE).read_bytes() if sound is not None else b""


async def play(served: Site, call: str = "c1", client: httpx.AsyncClient | None = None) -> httpx.Response:
    return await (client or served.client).post(f"/api/calls/{call}/plays")


async def audio(
    served: Site, id: str, call: str = "c1", client: httpx.AsyncClient | None = None, **more: Any
) -> httpx.Response:
    return await (client or served.client).get(f"/api/calls/{call}/audio", params={"play": id}, **more)


async def begun(served: Site, call: str = "c1") -> str:
    answer = await play(served, call)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["play"])


async def trail(served: Site) -> list[AuditEntry]:
    return [entry for entry in reversed(await served.archive.audits()) if entry.action.startswith("play")]


@pytest.mark.parametrize("status", ["ended", "interrupted", "failed"])
async def test_a_recording_is_played_in_ranges_and_logged_once(tmp_path: Path, status: CallStatus) -> None:
    async with site(tmp_path, people=STAFF) as served:
        file = await recorded(served, status=status)
        await served.sign_in(CHECKER)
        id = await begun(served)
        (entry,) = await trail(served)
        assert (entry.action, entry.who, entry.role, entry.call) == ("play", "qa", "qa", "c1")
        whole = await audio(served, id)
        assert (whole.status_code, whole.content) == (200, file)
        assert whole.headers["content-type"] == "audio/wav"
        assert whole.headers["cache-control"] == "no-store"
        assert whole.headers["accept-ranges"] == "bytes"
        assert "content-disposition" not in whole.headers
        for wanted, part in {
            "bytes=0-99": file[:100],
            "bytes=100-": file[100:],
            "bytes=-50": file[-50:],
            "bytes=0-99999999999": file,
            f"bytes=-{10**17}": file,
            "Bytes=5-5": file[5:6],
        }.items():
            answer = await audio(served, id, headers={"Range": wanted})
            assert (answer.status_code, answer.content) == (206, part), wanted
            assert answer.headers["cache-control"] == "no-store"
        assert await trail(served) == [entry]


HOSTILE = [
    "",
    "bytes",
    "bytes=",
    "bytes=-",
    "bytes=a-b",
    "bytes=5-3",
    "bytes=0-0,5-9",
    "bytes=" + ",".join("0-" for _ in range(5000)),
    "bytes=" + "9" * 5000 + "-",
    "bytes=0x10-",
    "bytes=+1-2",
    "bytes=１-２",
    "bytes=--5",
    "items=0-5",
    "bytes=0-5;q=1",
]


@pytest.mark.parametrize("wanted", HOSTILE)
async def test_a_range_that_is_none_is_passed_over(tmp_path: Path, wanted: str) -> None:
    async with site(tmp_path) as served:
        file = await recorded(served)
        answer = await audio(served, await begun(served), headers={"Range": wanted.encode()})
        assert (answer.status_code, answer.content) == (200, file)


@pytest.mark.parametrize("wanted", [f"bytes={HEADER.size + len(SOUND)}-", "bytes=999999999999999999-", "bytes=-0"])
async def test_a_range_past_the_end_is_refused(tmp_path: Path, wanted: str) -> None:
    async with site(tmp_path) as served:
        file = await recorded(served)
        answer = await audio(served, await begun(served), headers={"Range": wanted})
        assert (answer.status_code, error_of(answer)) == (416, "range")
        assert answer.headers["content-range"] == f"bytes */{len(file)}"


async def test_two_ranges_said_apart_are_none(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        file = await recorded(served)
        answer = await audio(served, await begun(served), headers=[("Range", "bytes=0-1"), ("Range", "bytes=2-3")])
        assert (answer.status_code, answer.content) == (200, file)


async def test_a_play_is_one_call_of_one_session_for_an_hour(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served, browser(served.port) as other:
        await recorded(served)
        await recorded(served, "c2")
        await served.sign_in(LEAD)
        await served.sign_in(BOSS, other)
        id = await begun(served)
        for answer in (
            await audio(served, id, client=other),
            await audio(served, id, "c2"),
            await audio(served, "x" * 16),
        ):
            assert (answer.status_code, error_of(answer)) == (403, "no_play")
        assert (await served.client.get("/api/calls/c1/audio")).status_code == 422
        assert (await audio(served, id)).status_code == 200
        served.clock.now += LASTS
        assert error_of(await audio(served, id)) == "no_play"
        assert (await audio(served, await begun(served))).status_code == 200
        assert [entry.action for entry in await trail(served)] == ["play", "play"]
        await served.client.delete("/api/session")
        assert error_of(await audio(served, id)) == "signed_out"


@pytest.mark.parametrize(("user", "status", "code"), [(WANG, 403, "forbidden"), (ZHAO, 404, "unknown_call")])
async def test_agents_do_not_listen_to_calls_and_the_attempt_is_kept(
    tmp_path: Path, user: User, status: int, code: str
) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await recorded(served)
        await served.sign_in(user)
        for _ in range(3):
            answer = await play(served)
            assert (answer.status_code, error_of(answer)) == (status, code)
        assert [(entry.action, entry.who, entry.call) for entry in await trail(served)] == [("play_refused", user.name, "c1")]
        served_later = await play(served, "nobody")
        assert error_of(served_later) == "unknown_call"
        assert len(await trail(served)) == 1


async def test_what_cannot_be_played_says_why(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        await recorded(served, "live", status="live")
        await recorded(served, "mute", sound=None)
        await recorded(served, "lost")
        assert error_of(await play(served, "live")) == "live"
        assert error_of(await play(served, "mute")) == "no_audio"
        id = await begun(served, "lost")
        audio_path(served.data, "lost", NINE).unlink()
        assert error_of(await audio(served, id, "lost")) == "no_audio"
        for wrong in ("..%2f..%2fetc%2fpasswd", "c" * 65, "a%00b"):
            answer = await served.client.post(f"/api/calls/{wrong}/plays")
            assert answer.status_code in (404, 405, 422), wrong
        assert [entry.call for entry in await trail(served)] == ["lost"]


async def test_nothing_is_played_where_nothing_can_be_written_down(tmp_path: Path) -> None:
    class Full(Archive):
        async def audit(self, entry: AuditEntry) -> None:
            raise ArchiveError("the disk is full", code="disk_full")

    async with site(tmp_path, archive=Full) as served:
        await recorded(served)
        answer = await play(served)
        assert (answer.status_code, error_of(answer)) == (503, "archive")


async def test_another_sites_page_begins_no_play(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        await recorded(served)
        answer = await served.client.post("/api/calls/c1/plays", headers={"Origin": "http://evil.example"})
        assert error_of(answer) == "foreign_origin"
        assert await trail(served) == []
