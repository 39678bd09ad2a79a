"""Signing in, seen: who is in, what they are shown, and the end of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from monitor.page import accounts
from tests.browser.support import chromium, profile, sign_in
from tests.page.support import LEAD, PASSWORD, STAFF, WANG, Site, alert, info, site

pytestmark = pytest.mark.browser


@asynccontextmanager
async def desk(browser: Browser, served: Site) -> AsyncIterator[Page]:
    """The page that asks who is there, in a browser profile of its own."""
    async with profile(browser) as page:
        await page.goto(f"http://127.0.0.1:{served.port}/")
        yield page


async def fill(served: Site) -> None:
    for id, agent, team in (("ours", "小王", "一组"), ("theirs", "小赵", "三组")):
        await served.archive.add(info(id, agent=agent, team=team, customer="13812342233"))
        await served.archive.add(alert(id))


async def test_two_people_sign_in_and_each_sees_their_own(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await fill(served)
        async with desk(browser, served) as lead, desk(browser, served) as agent:
            await sign_in(lead, LEAD.name, "not the password")
            await expect(lead.get_by_role("alert")).to_have_text("账号或密码不对，请再试一次。")
            await lead.get_by_test_id("password").fill(PASSWORD)
            await lead.keyboard.press("Enter")
            await expect(lead.get_by_test_id("who")).to_have_attribute("data-role", "supervisor")
            await sign_in(agent, " WANG ")
            await expect(agent.get_by_test_id("who")).to_have_attribute("data-name", "wang")

            for page, number in ((lead, "13812342233"), (agent, "138****2233")):
                await expect(page.get_by_test_id("call-row")).to_have_count(1)
                await expect(page.get_by_test_id("alert-item")).to_have_count(1)
                await page.get_by_test_id("call-row").click()
                await expect(page.get_by_test_id("transcript")).to_be_visible()
                await expect(page.get_by_text(number).first).to_be_visible()
            await expect(agent.get_by_text("13812342233")).to_have_count(0)
            await expect(agent.get_by_test_id("alert-ack")).to_have_count(0)

            await lead.get_by_test_id("settings").click()
            await expect(lead.get_by_test_id("desktop-switch")).to_be_visible()
            await expect(lead.get_by_test_id("reviewer")).to_have_count(0)  # the account says who decides
            await lead.keyboard.press("Escape")
            await lead.get_by_test_id("alert-feed").get_by_test_id("alert-ack").click()
            await expect(agent.get_by_test_id("alert-feed").get_by_test_id("alert-item")).to_contain_text("李主管")
            record = await served.archive.call("ours")
            assert record
            assert [(one.status, one.by) for one in record.alerts] == [("acknowledged", "李主管")]

            await lead.goto(f"http://127.0.0.1:{served.port}/#/calls/theirs")
            await expect(lead.locator('[data-call="ours"]').first).to_be_visible()
            await expect(lead.get_by_text("小赵")).to_have_count(0)

            await agent.get_by_test_id("sign-out").click()
            await expect(agent.get_by_test_id("sign-in")).to_be_visible()
            await expect(agent.get_by_text("138****2233")).to_have_count(0)
            await expect(lead.get_by_test_id("who")).to_be_visible()


async def test_who_is_disabled_is_out_at_once_and_cannot_come_back(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "CHECK", 0.05)
    async with site(built, people=STAFF) as served, chromium() as browser:
        await fill(served)
        async with desk(browser, served) as page:
            await sign_in(page, WANG.name)
            await expect(page.get_by_test_id("call-row")).to_have_count(1)
            served.change(WANG.name, disabled=True)
            await expect(page.get_by_test_id("sign-in")).to_be_visible()
            await expect(page.get_by_test_id("call-row")).to_have_count(0)
            await sign_in(page, WANG.name)
            await expect(page.get_by_role("alert")).to_have_text("账号或密码不对，请再试一次。")


async def sign_in_beside(page: Page, name: str) -> None:
    """With the same browser, as in another of its windows."""
    await page.evaluate(
        "([name, password]) => fetch('/api/session', {method: 'POST', headers: {'content-type': 'application/json'},"
        " body: JSON.stringify({name, password})})",
        [name, PASSWORD],
    )


async def test_another_who_signs_in_before_the_page_is_live_takes_it_over_too(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await fill(served)
        async with desk(browser, served) as first:
            opened = 0

            async def opens(socket: WebSocketRoute) -> None:
                nonlocal opened
                opened += 1
                if opened == 1:
                    await sign_in_beside(first, WANG.name)
                socket.connect_to_server()

            await first.route_web_socket("**/api/live", opens)
            await sign_in(first, LEAD.name)
            await expect(first.get_by_test_id("who")).to_have_attribute("data-name", WANG.name)
            await expect(first.get_by_test_id("connection")).to_have_attribute("data-state", "live")
            await expect(first.get_by_text("13812342233")).to_have_count(0)
            assert opened > 1


async def test_another_who_signs_in_with_the_same_browser_takes_the_page_over(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await fill(served)
        async with desk(browser, served) as first:
            await sign_in(first, LEAD.name)
            await expect(first.get_by_test_id("who")).to_have_attribute("data-name", LEAD.name)
            await expect(first.get_by_test_id("connection")).to_have_attribute("data-state", "live")
            token = next(one for one in await first.context.cookies() if one.get("name") == "callmonitor")
            assert (token.get("httpOnly"), token.get("sameSite")) == (True, "Strict")
            assert await first.evaluate("document.cookie") == ""
            await sign_in_beside(first, WANG.name)
            await expect(first.get_by_test_id("who")).to_have_attribute("data-name", WANG.name)
            await expect(first.get_by_test_id("call-row")).to_have_attribute("data-call", "ours")
