"""Whispers over HTTP: who may write and mark them, what is kept of it, and a call that is over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from monitor.alerts.whisper_sheet import Whispers
from monitor.alerts.whispers import Whisperer
from monitor.errors import ArchiveError, MonitorError
from monitor.page.whispering import LONGEST, Whispering
from monitor.people import AuditQuery, User
from monitor.records import Summary, Whisper, WhisperStatus
from tests.page.support import BOSS, CHECKER, CHIEF, LEAD, NINE, STAFF, WANG, ZHAO, Site, error_of, info, site

SAY = "/api/calls/c1/whispers"
FIRST = f"{SAY}/supervisor@1"


class OneCall:
    """The call c1, until it is `over`; `full`: nothing more can be kept."""

    def __init__(self) -> None:
        self.whisperer = Whisperer(Whispers(()), "c1")
        self.over = self.full = False

    async def whisper(self, call: str, text: str, by: str | None) -> Whisper:
        self._check()
        return self.whisperer.say(text, by, 12.5)

    async def mark(self, call: str, id: str, status: WhisperStatus) -> Whisper | None:
        self._check()
        return self.whisperer.mark(id, status)

    def _check(self) -> None:
        if self.over:
            raise MonitorError("it is over", code="call_over")
        if self.full:
            raise ArchiveError("the disk is full", code="disk_full")


@asynccontextmanager
async def serving(folder: Path, people: Sequence[User] = STAFF) -> AsyncIterator[tuple[Site, OneCall]]:
    call = OneCall()
    async with site(folder, people=people) as served:
        served.app.include_router(Whispering(served.archive, call, lambda: NINE).router)
        await served.archive.add(info("c1", team="一组"))
        yield served, call


async def test_a_supervisor_whispers_and_the_agent_uses_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as (served, _):
        await served.sign_in(LEAD)
        said = await served.client.post(SAY, json={"text": "  先道歉，再说办法 "})
        whisper = said.json()["whisper"]
        assert said.status_code == 200
        assert whisper == whisper | {
            "id": "supervisor@1", "call": "c1", "at": 12.5, "origin": "supervisor", "by": "李主管", "say": "先道歉，再说办法",
            "reason": "", "because": [], "rule": None, "priority": 100, "status": "sent",
        }  # fmt: skip
        await served.sign_in(WANG)
        for status in ("seen", "used"):
            marked = await served.client.post(FIRST, json={"status": status})
            assert marked.json()["whisper"]["status"] == status
        assert error_of(await served.client.post(f"{SAY}/nothing@1", json={"status": "used"})) == "unknown_whisper"
        newest = await served.archive.audits(AuditQuery(limit=3))
        trail = [(entry.who, entry.action, entry.call, entry.detail) for entry in newest]
        assert trail[1:] == [
            ("wang", "whisper_marked", "c1", {"whisper": "supervisor@1", "status": "used"}),
            ("wang", "sign_in", None, {}),
        ], "that it was seen is no decision"
        assert (await served.archive.audits(AuditQuery(who="李主管")))[0].detail == {"text": "先道歉，再说办法", "by": "李主管"}


@pytest.mark.parametrize(
    ("who", "says", "marks"),
    [
        (BOSS, "", "forbidden"),
        (CHIEF, "", "forbidden"),
        (LEAD, "", "forbidden"),
        (CHECKER, "forbidden", "forbidden"),
        (WANG, "forbidden", ""),
        (ZHAO, "unknown_call", "unknown_call"),
    ],
    ids=lambda one: one.name if isinstance(one, User) else one or "may",
)
async def test_who_may(tmp_path: Path, who: User, says: str, marks: str) -> None:
    async with serving(tmp_path) as (served, call):
        call.whisperer.say("先道歉", "boss", 1.0)
        await served.sign_in(who)
        for path, body, code in ((SAY, {"text": "慢一点"}, says), (FIRST, {"status": "used"}, marks)):
            answer = await served.client.post(path, json=body)
            assert (error_of(answer) if answer.status_code != 200 else "") == code
        assert len(call.whisperer.close()) == (2 if not says else 1 if marks else 0), "nothing was done that was refused"


async def test_nobody_signs_as_somebody_else(tmp_path: Path) -> None:
    async with serving(tmp_path) as (served, _):
        assert error_of(await served.client.post(SAY, json={"text": "你好"})) == "signed_out"
        await served.sign_in(LEAD)
        assert error_of(await served.client.post(SAY, json={"text": "你好", "by": "老板"})) == "not_you"
        assert (await served.client.post(SAY, json={"text": "你好", "by": "李主管"})).json()["whisper"]["by"] == "李主管"


async def test_without_accounts_anybody_may(tmp_path: Path) -> None:
    async with serving(tmp_path, people=()) as (served, _):
        assert (await served.client.post(SAY, json={"text": "你好"})).json()["whisper"]["by"] is None
        assert (await served.client.post(SAY, json={"text": "你好", "by": "班长"})).json()["whisper"]["by"] == "班长"
        assert error_of(await served.client.post(SAY, json={"text": "你好", "by": "system"})) == "invalid"
        assert (await served.client.post(FIRST, json={"status": "later"})).json()["whisper"]["status"] == "later"


@pytest.mark.parametrize(
    "body",
    [
        {"text": ""}, {"text": "   "}, {"text": "好" * (LONGEST + 1)}, {"text": "两\n行"}, {"text": "一\u2028行"}, {"text": 7},
        {"text": "好", "priority": 1}, {},
    ],
)  # fmt: skip
async def test_what_is_no_whisper(tmp_path: Path, body: dict[str, object]) -> None:
    async with serving(tmp_path, people=()) as (served, call):
        assert error_of(await served.client.post(SAY, json=body)) == "invalid"
        assert call.whisperer.close() == []
        assert error_of(await served.client.post(FIRST, json={"status": "withdrawn"})) == "invalid"


async def test_markup_is_text(tmp_path: Path) -> None:
    async with serving(tmp_path, people=()) as (served, _):
        text = "<img src=x onerror=alert(1)>{name}"
        answer = await served.client.post(SAY, json={"text": text})
        assert answer.json()["whisper"]["say"] == text
        assert answer.headers["content-type"] == "application/json"


async def test_a_call_that_is_over_and_a_disk_that_is_full(tmp_path: Path) -> None:
    async with serving(tmp_path, people=()) as (served, call):
        call.full = True
        assert error_of(await served.client.post(SAY, json={"text": "好"})) == "archive"
        call.over = True
        assert error_of(await served.client.post(SAY, json={"text": "好"})) == "call_over", "over between the two looks"
        before = await served.archive.audits()
        await served.archive.close_call("c1", status="ended", why=None, seconds=20.0, ended=NINE, summary=Summary())
        for path, body in ((SAY, {"text": "好"}), (FIRST, {"status": "used"})):
            answer = await served.client.post(path, json=body)
            assert (answer.status_code, error_of(answer)) == (409, "call_over")
        assert await served.archive.audits() == before, "nothing was about to be done"
        assert error_of(await served.client.post("/api/calls/other/whispers", json={"text": "好"})) == "unknown_call"
