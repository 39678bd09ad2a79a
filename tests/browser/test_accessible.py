"""Every page and dialog, as axe-core sees it: contrast, names, roles and states by WCAG, levels A and AA."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from monitor.health import Cause, Health
from monitor.page.whispering import Whispering
from tests.browser import test_agent, test_audit, test_desk
from tests.browser.axe import faults
from tests.browser.support import NARROW, chromium, profile
from tests.browser.test_desk import Lines, item, seat
from tests.page.support import BOSS, LEAD, NINE, STAFF, WANG, WELL, site, view
from tests.page.test_webhooks import bury, serve

pytestmark = pytest.mark.browser

LATE = Health("overloaded", (Cause("queue", "overloaded", 9.0, 4.0, "识别排队 9 秒", "Recognition waits 9 s"),), 4.2, 1.5)
OVER = replace(
    test_desk.OVER,
    stressed=("冰箱修了三次",),
    claims=({"text": "冰箱修了三次", "times": (5.5, 16.5), "values": ("三次", "两次")},),
    earlier=({"call": "calm", "started": "2026-11-20T09:00:00+08:00", "text": "修了两次", "agent": "李强", "team": "一组"},),
)


class Looks:
    """A page, and what was found on it so far, by state."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: list[str] = []

    async def look(self, state: str, *, english: bool = False) -> None:
        """`english`: in both languages."""
        self.found += [f"[{state}] {fault}" for fault in await faults(self.page)]
        if english:
            for name in (f"{state}, English", ""):
                await self.page.get_by_test_id("lang-switch").click()
                if name:
                    await self.look(name)


@asynccontextmanager
async def looked(page: Page) -> AsyncIterator[Looks]:
    looks = Looks(page)
    yield looks
    assert not looks.found, "\n".join(looks.found)


async def resize(page: Page, size: tuple[int, int]) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})


async def test_a_contrast_that_cannot_be_told_is_a_fault() -> None:
    async with chromium() as browser, profile(browser) as page:
        words = "<p {}>words</p>"
        strange = words.format('style="background: linear-gradient(red, blue)"')
        covered = '<div style="position: relative">{}<b style="position: absolute; inset: 0; background: #fff1"></b></div>'
        named = [covered.format(words.format(f'class="row-alert-more" style="color: {ink}"')) for ink in ("#111", "#bbb")]
        await page.set_content(f'<html lang="en"><title>t</title><main>{strange}{"".join(named)}</main></html>')
        first, second = await faults(page)
        assert first.startswith("color-contrast, not to be told: <p style")
        assert second.startswith('color-contrast, not to be told: <p class="row-alert-more" style="color: #bbb"')


async def test_signing_in(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser, profile(browser) as page, looked(page) as at:
        await page.goto(f"http://127.0.0.1:{served.port}/")
        await expect(page.get_by_test_id("name")).to_be_focused()
        await at.look("empty", english=True)
        await page.get_by_test_id("name").fill(LEAD.name)
        await page.get_by_test_id("password").fill("not the password")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).not_to_be_empty()
        await at.look("refused")


async def test_the_desk_without_calls(built: Path) -> None:
    async with site(built) as served, chromium() as browser, profile(browser) as page, looked(page) as at:  # nor accounts
        await page.goto(f"http://127.0.0.1:{served.port}/")
        await expect(page.get_by_test_id("no-calls")).to_be_visible()
        await at.look("nothing yet", english=True)


async def test_the_desk(built: Path) -> None:
    async with site(built, people=STAFF, health=LATE) as served, chromium() as browser:
        await test_desk.fill(served)
        served.app.include_router(Whispering(served.archive, Lines(served), lambda: NINE).router)
        async with seat(browser, served, BOSS.name) as page, looked(page) as at:
            await expect(page.get_by_test_id("strain")).to_be_visible()
            await expect(page.get_by_test_id("alert-item")).to_have_count(4)
            await at.look("calls", english=True)
            await page.get_by_test_id("settings").click()
            await page.get_by_test_id("quiet").press("Space")  # by key: what has just opened may still be moving to its place
            await expect(page.get_by_test_id("quiet-from")).to_be_visible()
            await at.look("settings")
            await page.keyboard.press("Escape")
            await page.get_by_test_id("severity-filter").click()
            await expect(page.get_by_text("只看严重")).to_be_visible()
            await at.look("a filter, open")
            await page.keyboard.press("Escape")

            await item(page, "a1").get_by_role("button").first.click()
            await expect(page.get_by_test_id("evidence").first).to_be_visible()
            await page.get_by_test_id("phrase").first.click()
            await expect(page.get_by_test_id("sent-whisper")).to_be_visible()
            await at.look("a live call", english=True)
            await page.keyboard.press("t")
            await page.keyboard.press("a")
            await expect(page.get_by_test_id("take-over")).to_have_attribute("aria-pressed", "true")
            await at.look("taken over")
            await page.get_by_test_id("edit-phrases").click()
            await expect(page.get_by_test_id("phrases")).to_be_visible()
            await at.look("quick phrases")
            await page.keyboard.press("Escape")
            await page.get_by_test_id("evidence").first.hover()
            await expect(page.get_by_role("tooltip").first).to_be_visible()
            await at.look("why words are marked")
            await page.keyboard.press("?")
            await expect(page.get_by_test_id("keys")).to_be_visible()
            await at.look("the keys")
            await page.keyboard.press("Escape")
            await resize(page, NARROW)
            await at.look("on a phone")


async def test_what_a_decision_asks(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await test_desk.fill(served)
        async with seat(browser, served, LEAD.name) as page, looked(page) as at:
            await item(page, "a1").get_by_test_id("alert-false").click()
            await expect(page.get_by_test_id("why").first).to_be_focused()
            await at.look("why a false alarm")
            await page.keyboard.press("Escape")
            await expect(page.get_by_test_id("question")).to_have_count(0)
            await item(page, "a1").get_by_test_id("alert-more").click()
            await expect(page.get_by_role("menu")).to_be_visible()
            await at.look("more of an alert")
            await page.keyboard.press("Escape")
            await item(page, "a2").get_by_test_id("alert-ack").click()
            await page.get_by_text("跟进中").first.click()
            await item(page, "a2").get_by_test_id("alert-resolve").click()
            await expect(page.get_by_test_id("note")).to_be_focused()
            await at.look("how it was resolved")
            await page.keyboard.press("Escape")
            await expect(page.get_by_test_id("question")).to_have_count(0)
            await item(page, "a2").get_by_role("button").first.click()
            await page.keyboard.press("g")
            await expect(page.get_by_test_id("owner").first).to_be_visible()
            await at.look("whose it is")


async def test_a_call_that_is_over(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await test_desk.fill(served)
        await served.archive.close_call("storm", status="ended", why=None, seconds=31.0, ended=NINE, summary=OVER)
        async with seat(browser, served, BOSS.name) as page, looked(page) as at:
            await page.locator('[data-testid="call-row"][data-call="storm"]').click()
            await expect(page.get_by_test_id("promise")).to_have_count(1)
            await at.look("what it came to", english=True)
            await resize(page, NARROW)
            await page.get_by_test_id("summary-more").click()
            await at.look("what it came to, on a phone")


async def test_what_webhooks_did_not_take(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        serve(served)
        await bury(served, "c1", "一组")
        async with seat(browser, served, BOSS.name) as page, looked(page) as at:
            await page.get_by_test_id("webhook-open").click()
            await expect(page.get_by_test_id("dead-letter")).to_be_visible()
            await at.look("dead letters")


async def test_the_agents_page(built: Path) -> None:
    async with (
        site(built, people=STAFF, health=WELL) as served,
        chromium() as browser,
        test_agent.agents(browser, served, WANG.name) as page,
        looked(page) as at,
    ):
        await expect(page.get_by_test_id("agent-waiting")).to_be_visible()
        await at.look("waiting")
        await test_agent.begin(served)
        served.hub.publish(type="summary", call="c1", data=test_agent.KNOWN)
        await test_agent.say(served, "u1", "我打了三次电话了")
        await expect(page.get_by_test_id("utterance")).to_be_visible()
        await at.look("nothing to say")
        await test_agent.tell(served, test_agent.whisper())
        await expect(page.locator('[data-armed="true"]')).to_be_visible()
        await at.look("a whisper")
        more = {"origin": "supervisor", "by": "李主管", "say": "先别承诺退款。", "reason": "", "priority": 100}
        await test_agent.tell(served, test_agent.whisper("w2", **more))
        await expect(page.locator('[data-origin="supervisor"][data-testid="whisper"]')).to_be_visible()
        await at.look("a supervisor's whisper")
        await page.get_by_test_id("agent-settings").click()
        await expect(page.get_by_test_id("agent-chime")).to_be_visible()
        await at.look("settings", english=True)
        await page.keyboard.press("Escape")
        over = replace(view("c1", status="ended"), seconds=60.0, level=2, ended=NINE)
        served.hub.publish(type="call", call="c1", data=over)
        await expect(page.get_by_test_id("agent-ended")).to_be_visible()
        await at.look("over")


async def test_the_audit_log(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await test_audit.fill(served)
        async with seat(browser, served, BOSS.name) as page, looked(page) as at:
            await page.goto(f"http://127.0.0.1:{served.port}/audit")
            await expect(page.get_by_test_id("audit-entry")).to_have_count(50)
            await at.look("entries", english=True)
            await page.get_by_test_id("audit-deed").click()
            await expect(page.get_by_text("监听和播放")).to_be_visible()
            await at.look("a filter, open")
            await page.keyboard.press("Escape")
            await expect(page.get_by_text("监听和播放")).to_be_hidden()
            await resize(page, NARROW)
            await at.look("on a phone")
        async with seat(browser, served, LEAD.name) as page, looked(page) as at:
            await page.goto(f"http://127.0.0.1:{served.port}/audit")
            await expect(page.get_by_test_id("audit-forbidden")).to_be_visible()
            await at.look("for administrators")
