"""The whole road, seen: a recording streamed to the service becomes an alert on the supervisor's page in Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, expect

from monitor import demo
from monitor.ingest.play import Recording, play
from tests.browser.support import NARROW, WIDE, chromium, profile, shot, sticks_out
from tests.road.support import Running, running, settings

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.usefixtures("pages")]


@asynccontextmanager
async def page_of(browser: Browser, product: Running, size: tuple[int, int] = WIDE) -> AsyncIterator[Page]:
    """A supervisor's page. Whatever it asks of another host than ours fails the test."""
    asked: list[str] = []
    async with profile(browser, size) as page:
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"http://127.0.0.1:{product.port}/")
        yield page
    assert not [url for url in asked if f"127.0.0.1:{product.port}" not in url and not url.startswith(("data:", "blob:"))]


async def test_a_call_becomes_an_alert_that_a_supervisor_acts_on(tmp_path: Path, calls: Path) -> None:
    async with running(settings(tmp_path / "data")) as product, chromium() as browser, page_of(browser, product) as page:
        await expect(page.get_by_test_id("no-calls").first).to_be_visible()
        cast = [
            Recording(path=calls / name, call=call, agent=agent, team=team, customer=customer)
            for (name, agent, team, customer), call in zip(demo.CAST, ("press-1", "leak-1", "refund-1"), strict=True)
        ]
        playing = asyncio.create_task(play(cast, url=product.ingest, token=product.service.token, speed=1.5))
        await expect(page.get_by_test_id("call-row")).to_have_count(3)

        feed = page.get_by_test_id("alert-feed")
        alarm = feed.locator('[data-call="press-1"][data-severity="critical"]').first
        await expect(alarm).to_be_visible()
        await page.locator('[data-testid="call-row"][data-call="press-1"]').click()
        await expect(page.get_by_test_id("transcript")).to_be_visible()
        await expect(page.get_by_test_id("evidence").first).to_be_visible()
        await expect(page.get_by_test_id("timeline-mark").first).to_be_visible()
        await expect(page.get_by_test_id("timeline-mark").nth(2)).to_be_visible()
        await expect(page.get_by_test_id("step")).to_have_count(5)  # while the call goes on
        await shot(page, "supervisor")

        id = await alarm.get_attribute("data-alert")
        chosen = feed.locator(f'[data-alert="{id}"]')
        async with page.expect_response(
            lambda answer: answer.request.method == "POST" and answer.url.endswith(f"/alerts/{quote(id or '', safe='')}")
        ):
            await chosen.get_by_test_id("alert-ack").click()  # this page shows it at once, any other one when it is kept
        await expect(chosen).to_have_attribute("data-status", "acknowledged")
        record = await product.service.archive.call("press-1")
        assert record
        assert [(alert.status, alert.owner) for alert in record.alerts if alert.id == id] == [("acknowledged", "主管")]
        await page.keyboard.press("t")
        await expect(page.get_by_test_id("take-over")).to_have_attribute("aria-pressed", "true")
        await page.get_by_test_id("phrase").first.click()
        await expect(page.get_by_test_id("sent-whisper")).to_have_attribute("data-status", "sent")
        await shot(page, "desk")

        assert not [outcome for outcome in await playing if isinstance(outcome, Exception)]
        await what_it_came_to(page, product)
        async with page_of(browser, product, NARROW) as phone:
            await expect(phone.get_by_test_id("call-row").first).to_be_visible()
            assert await sticks_out(phone) == []
            await shot(phone, "phone")
            await phone.locator('[data-testid="call-row"][data-call="press-1"]').click()
            await phone.get_by_test_id("summary-more").click()
            await expect(phone.get_by_test_id("promise").first).to_be_visible()
            assert await sticks_out(phone) == []
            await shot(phone, "phone-summary")


async def what_it_came_to(page: Page, product: Running) -> None:
    """The open call has ended: its card says what was kept, and leads to the words."""
    record = await product.service.archive.call("press-1")
    assert record
    summary = record.summary
    await expect(page.get_by_test_id("call-status")).to_have_attribute("data-status", "ended")
    for step, at in summary.steps.items():
        state = "done" if at is not None else "missing" if step in summary.steps_missing else "idle"
        await expect(page.locator(f'[data-step="{step}"]')).to_have_attribute("data-state", state)
    await expect(page.get_by_test_id("promise")).to_have_count(len(summary.promises))
    said = next(finding for finding in record.findings if finding.kind == "promise")
    await page.get_by_test_id("promise").first.get_by_role("button").click()
    line = page.locator(f'[data-utterance="{said.utterance}"]')
    await expect(line.locator(".line-flash")).to_be_attached()
    await expect(line).to_be_in_viewport()
    await shot(page, "summary")


async def test_a_page_that_loses_its_line_misses_nothing(tmp_path: Path, calls: Path) -> None:
    async with running(settings(tmp_path / "data")) as product, chromium() as browser, page_of(browser, product) as page:
        await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
        playing = asyncio.create_task(product.play(calls / "dev-09.opus", "cut-1", speed=8))
        await page.locator('[data-testid="call-row"][data-call="cut-1"]').click()
        await expect(page.get_by_test_id("utterance").first).to_be_visible()
        await page.context.set_offline(True)
        await playing
        await page.context.set_offline(False)
        await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
        record = await product.service.archive.call("cut-1")
        assert record
        await expect(page.get_by_test_id("call-status")).to_have_attribute("data-status", "ended")
        shown = await page.get_by_test_id("transcript").inner_text()
        missing = [one.text for one in record.utterances if one.text not in shown.replace("\n", "")]
        assert not missing
