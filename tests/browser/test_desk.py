"""The supervisor's desk, seen: two supervisors work through one queue; everything without a mouse; hostile words stay words."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from monitor.page.policy import Owner
from monitor.page.whispering import Whispering
from monitor.records import Alert, Speaker, Summary, Whisper, WhisperStatus
from tests.archive import make
from tests.browser.support import NARROW, WIDE, chromium, enter, profile, shot, sticks_out
from tests.page.support import BOSS, CHIEF, LEAD, NINE, STAFF, Site, info, site, view

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
SAID: list[tuple[Speaker, str, float]] = [
    ("agent", "您好，这里是售后，请问有什么可以帮您？", 1.0),
    ("customer", "我那个冰箱修了三次了，到现在还是坏的！", 5.5),
    ("agent", "您先别急，这个问题很简单的，我看一下。", 11.0),
    ("customer", "三次还叫简单？再不解决我就打12315投诉你们！", 16.5),
    ("agent", "实在抱歉，让您跑了三趟，我今天下午五点前给您安排师傅。", 23.0),
]
OVER = Summary(
    type="compensation",
    cause="product",
    validity="valid",
    risk=64,
    level=3,
    steps={"soothe": 23.0, "probe": None, "act": 25.0, "elevate": None, "close": None},
    steps_missing=("probe", "close"),
    promises=({"text": "今天下午五点前给您安排师傅", "due": "2026-11-22T17:00:00+08:00", "said": "今天下午五点前"},),
    opening_valence=-0.6,
    closing_valence=0.3,
)


@dataclass
class Lines:
    """Whispers as a live call keeps and shows them, without the call."""

    served: Site

    async def whisper(self, call: str, text: str, by: str | None) -> Whisper:
        record = await self.served.archive.call(call)
        assert record
        made = Whisper(
            call=call,
            id=f"s{len(record.whispers) + 1}",
            at=31.0,
            origin="supervisor",
            by=by,
            say=text,
            reason="",
            because=(),
            priority=100,
            expires=600.0,
            status="sent",
            when=NINE,
        )
        return await self.show(made)

    async def mark(self, call: str, id: str, status: WhisperStatus) -> Whisper | None:
        record = await self.served.archive.call(call)
        assert record
        whisper = next(one for one in record.whispers if one.id == id)
        return await self.show(replace(whisper, status=status))

    async def show(self, whisper: Whisper) -> Whisper:
        kept = await self.served.archive.add(whisper)
        self.served.hub.publish(type="whisper", call=whisper.call, owner=Owner("王芳", "一组"), data=kept)
        return kept


def raised(call: str, id: str, rule: str, severity: Any, text: str, at: float, *because: str) -> Alert:
    return Alert(call=call, id=id, at=at, severity=severity, rule=rule, title=rule, because=because, text=text, raised=NINE)


async def fill(served: Site) -> None:
    """A stormy call, a calm one, and one of another team."""
    calls: tuple[tuple[str, str, str, int], ...] = (
        ("storm", "王芳", "一组", 82),
        ("calm", "李强", "一组", 12),
        ("theirs", "林晓", "三组", 40),
    )
    for id, agent, team, risk in calls:
        await served.archive.add(info(id, agent=agent, team=team, customer="13812342233"))
        await served.archive.progress(view(id, agent=agent, team=team, risk=risk, level=risk // 25, seconds=31.0))
    for number, (speaker, text, start) in enumerate(SAID, 1):
        valence = -0.5 if speaker == "customer" else 0.1
        said = make.utterance(f"u{number}", "storm", speaker=speaker, start=start, end=start + 4.5, text=text, valence=valence)
        await served.archive.add(said)
    for number, kind, rule, words, because in (
        (3, "banned_phrase", "belittle", "这个问题很简单", "坐席说“{}”，把客户的问题说小了"),
        (4, "escalation", "regulator", "打12315投诉", "客户说“{}”，扬言向监管部门投诉（第2次）"),
    ):
        speaker, text, start = SAID[number - 1]
        at = text.index(words)
        found = make.finding(
            f"u{number}.{rule}",
            "storm",
            kind=kind,
            rule=rule,
            speaker=speaker,
            start=start,
            end=start + 4,
            text=words,
            because=because.format(words),
            utterance=f"u{number}",
            span=(at, at + len(words)),
        )
        await served.archive.add(found)
    for alert in (
        raised("storm", "a1", "要向外投诉", "critical", "打12315投诉", 21.0, "u4.regulator"),
        raised("storm", "a2", "坐席使用禁语", "warning", "这个问题很简单", 15.0, "u3.belittle"),
        raised("calm", "a3", "冷场", "notice", HOSTILE, 9.0),
        raised("theirs", "a4", "客户表示不满", "warning", "太差了", 4.0),
    ):
        await served.archive.add(alert)


@asynccontextmanager
async def seat(browser: Browser, served: Site, name: str, size: tuple[int, int] = WIDE) -> AsyncIterator[Page]:
    """A supervisor's page, signed in."""
    async with profile(browser, size, reduced_motion="reduce") as page:
        await enter(page, f"http://127.0.0.1:{served.port}/", name)
        yield page


def item(page: Page, id: str) -> Any:
    return page.get_by_test_id("alert-feed").locator(f'[data-alert="{id}"]')


async def kept(served: Site, call: str, id: str) -> Alert:
    record = await served.archive.call(call)
    assert record
    return next(alert for alert in record.alerts if alert.id == id)


@asynccontextmanager
async def decided_on(page: Page) -> AsyncIterator[None]:
    """Until a decision made in the block is kept: the page shows it before."""
    async with page.expect_response(lambda answer: answer.request.method == "POST" and "/alerts/" in answer.url):
        yield


async def test_two_supervisors_work_through_one_queue_by_keyboard(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await fill(served)
        served.app.include_router(Whispering(served.archive, Lines(served), lambda: NINE).router)
        async with seat(browser, served, LEAD.name) as lead, seat(browser, served, CHIEF.name) as chief:
            await expect(lead.get_by_test_id("alert-item")).to_have_count(3)  # none of another team
            await expect(chief.get_by_test_id("alert-item")).to_have_count(4)

            # Acknowledged by key: taken, and the other desk knows.
            await lead.keyboard.press("j")
            await expect(item(lead, "a1")).to_have_attribute("data-current", "true")
            await lead.keyboard.press("a")
            await expect(item(lead, "a1").get_by_test_id("alert-owner")).to_have_attribute("data-mine", "true")
            await expect(item(chief, "a1").get_by_test_id("alert-owner")).to_have_attribute("data-owner", "李主管")
            assert (await kept(served, "storm", "a1")).owner == "李主管"

            # A false alarm, and why.
            await item(lead, "a2").get_by_role("button").first.click()
            await lead.keyboard.press("f")
            await expect(lead.get_by_test_id("why").first).to_be_focused()
            await shot(lead, "desk-why")
            await lead.keyboard.press("3")
            await lead.get_by_test_id("note").fill(HOSTILE)
            async with decided_on(lead):
                await lead.keyboard.press("Control+Enter")
            await expect(lead.get_by_test_id("question")).to_have_count(0)
            await expect(item(lead, "a2")).to_have_attribute("data-status", "false_alarm")
            decided = await kept(served, "storm", "a2")
            assert (decided.status, decided.why, decided.note, decided.by) == ("false_alarm", "quoted", HOSTILE, "李主管")

            # Passed on to the other, who resolves it with a note.
            await item(lead, "a1").get_by_role("button").first.click()
            await lead.keyboard.press("g")
            await lead.get_by_test_id("owner-search").press_sequentially("总")
            await expect(lead.get_by_test_id("owner")).to_have_count(1)
            await lead.keyboard.press("Enter")
            await chief.get_by_text(re.compile("跟进中")).first.click()
            await expect(item(chief, "a1").get_by_test_id("alert-owner")).to_have_attribute("data-mine", "true")
            await item(chief, "a1").get_by_test_id("alert-resolve").click()
            await chief.get_by_test_id("note").fill("已回电，约好下午五点上门")
            async with decided_on(chief):
                await chief.keyboard.press("Control+Enter")
            await expect(item(chief, "a1")).to_have_count(0)
            resolved = await kept(served, "storm", "a1")
            assert (resolved.status, resolved.by, resolved.note) == ("resolved", "chief", "已回电，约好下午五点上门")
            assert await lead.title() != "taken"
            assert await lead.locator("img[src='x']").count() == 0


async def test_who_was_slower_is_told(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await fill(served)
        async with seat(browser, served, LEAD.name) as lead, seat(browser, served, BOSS.name) as boss:
            await item(lead, "a1").get_by_test_id("alert-false").click()
            await expect(lead.get_by_test_id("question")).to_be_visible()
            await item(boss, "a1").get_by_test_id("alert-ack").click()
            await expect(item(lead, "a1")).to_have_attribute("data-status", "acknowledged")
            await lead.keyboard.press("1")
            await lead.keyboard.press("Enter")
            await expect(lead.get_by_text("别人刚处理过这条告警")).to_be_visible()
            await expect(item(lead, "a1")).to_have_attribute("data-status", "acknowledged")
            assert (await kept(served, "storm", "a1")).owner == "boss"


async def test_a_call_is_whispered_to_and_taken_over(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await fill(served)
        lines = Lines(served)
        served.app.include_router(Whispering(served.archive, lines, lambda: NINE).router)
        async with seat(browser, served, LEAD.name) as lead, seat(browser, served, CHIEF.name) as chief:
            await lead.keyboard.press("j")
            await expect(lead.get_by_test_id("whisper-box")).to_be_visible()
            await lead.keyboard.press("w")
            await expect(lead.get_by_test_id("whisper-text")).to_be_focused()
            await lead.keyboard.type("先道歉，别说简单")  # j, a and the rest are letters here
            await lead.keyboard.press("Enter")
            sent = lead.get_by_test_id("sent-whisper")
            await expect(sent).to_have_attribute("data-status", "sent")
            for status in ("seen", "used"):
                await lines.mark("storm", "s1", status)
                await expect(sent).to_have_attribute("data-status", status)
            await lead.keyboard.press("Escape")
            await lead.get_by_test_id("phrase").first.click()
            await expect(sent).to_have_count(2)
            await lead.keyboard.press("t")
            await expect(chief.locator('[data-call="storm"]').get_by_test_id("taken-over")).to_have_attribute(
                "data-by", "李主管"
            )
            await expect(lead.get_by_test_id("take-over")).to_have_attribute("aria-pressed", "true")
            await shot(lead, "desk")
            for width, height in ((1920, 1080), NARROW):
                await lead.set_viewport_size({"width": width, "height": height})
                assert await sticks_out(lead, ".panes") == []
            await shot(lead, "desk-phone")


async def test_the_wall_is_narrowed_and_says_what_it_hides(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await fill(served)
        async with seat(browser, served, CHIEF.name) as page:
            await expect(page.get_by_test_id("call-row").first).to_have_attribute("data-call", "storm")  # the riskiest
            await page.keyboard.press("/")
            await page.keyboard.type("林晓")
            await expect(page.get_by_test_id("call-row")).to_have_count(1)
            await expect(page.get_by_test_id("alert-item")).to_have_count(1)
            await expect(page.get_by_test_id("outside")).to_contain_text("3")
            await page.get_by_test_id("outside").click()
            await expect(page.get_by_test_id("alert-item")).to_have_count(4)
            await page.keyboard.press("?")
            await expect(page.get_by_test_id("keys")).to_be_visible()


async def test_the_english_page_says_why_in_english(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await fill(served)
        async with seat(browser, served, LEAD.name) as page:
            await page.keyboard.press("j")
            threat = page.locator('[data-testid="finding"][data-finding="u4.regulator"]')
            await expect(threat).to_contain_text("客户说“打12315投诉”，扬言向监管部门投诉（第2次）")
            await page.get_by_test_id("lang-switch").click()
            said = "The customer said “打12315投诉”, threatening to complain to the regulator (said 2 times by now)"
            await expect(threat).to_contain_text(said)
            await expect(page.locator('[data-testid="timeline-mark"][data-finding="u3.belittle"]')).to_have_attribute(
                "title", re.compile("The agent said “这个问题很简单”, making the customer's problem small$")
            )
            await page.get_by_test_id("evidence").last.hover()
            await expect(page.get_by_role("tooltip")).to_contain_text(said)


async def test_a_call_that_is_over_says_how_it_ended(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await fill(served)
        await served.archive.close_call("storm", status="ended", why=None, seconds=31.0, ended=NINE, summary=OVER)
        async with seat(browser, served, LEAD.name) as page:
            await page.locator('[data-testid="call-row"][data-call="storm"]').click()
            await expect(page.get_by_test_id("complaint-type")).to_have_text("补偿型")
            await expect(page.get_by_test_id("ending-mood")).to_have_attribute("data-to", "good")
            await expect(page.get_by_test_id("promise")).to_have_count(1)
            await expect(page.get_by_test_id("whisper-box")).to_have_count(0)
            await expect(page.get_by_test_id("take-over")).to_have_count(0)
            await shot(page, "desk-ended")
