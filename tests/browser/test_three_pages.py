"""The whole loop, seen on three pages at once: a call, its supervisor, its agent, and an agent it is no business of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, WebSocket, expect

from monitor.ingest.play import Recording, play
from monitor.people import User
from monitor.records import CallRecord, Whisper
from tests.browser.support import WIDE, chromium, enter, profile, shot, sticks_out
from tests.page.support import LEAD, WANG, ZHAO, hire
from tests.road.support import Running, running, settings

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.usefixtures("pages")]

STRIP = (420, 860)
CALL = "press-1"


@dataclass
class Told:
    """A page, and all that came to it over its live sockets."""

    page: Page
    frames: list[str] = field(default_factory=list)


@asynccontextmanager
async def person(browser: Browser, product: Running, user: User, path: str, size: tuple[int, int]) -> AsyncIterator[Told]:
    """Somebody's page, signed in."""
    async with profile(browser, size) as page:
        told = Told(page)

        def listen(socket: WebSocket) -> None:
            socket.on("framereceived", lambda frame: told.frames.append(str(frame)))

        page.on("websocket", listen)
        await enter(page, f"http://127.0.0.1:{product.port}{path}", user.name)
        yield told


async def record_of(product: Running) -> CallRecord:
    record = await product.service.archive.call(CALL)
    assert record
    return record


async def typed(product: Running, text: str) -> Whisper:
    """A supervisor's whisper as it is kept."""
    [one] = [one for one in (await record_of(product)).whispers if one.say == text]
    return one


async def whisper(supervisor: Page, text: str) -> Locator:
    """Type it on the supervisor's page, where the call is open; returns the line that says what became of it."""
    await supervisor.get_by_test_id("whisper-text").fill(text)
    await supervisor.keyboard.press("Enter")
    sent = supervisor.get_by_test_id("sent-whisper").filter(has_text=text)
    await expect(sent).to_be_visible()
    return sent


async def answered(agent: Page, key: str) -> None:
    """Press a key once the whisper takes it, and wait until the service has kept it."""
    await expect(agent.locator('[data-armed="true"]')).to_be_visible()
    async with agent.expect_response(lambda answer: answer.request.method == "POST" and "/whispers/" in answer.url):
        await agent.keyboard.press(key)


async def test_alert_whisper_and_answer_go_round_and_reach_nobody_else(tmp_path: Path, calls: Path) -> None:
    made = settings(tmp_path / "data")
    hire(made.data, LEAD, WANG, ZHAO)
    async with (
        running(made) as product,
        chromium() as browser,
        person(browser, product, LEAD, "/", WIDE) as lead,
        person(browser, product, WANG, "/agent", STRIP) as wang,
        person(browser, product, ZHAO, "/agent", STRIP) as zhao,
    ):
        await expect(wang.page.get_by_test_id("agent-waiting")).to_contain_text("小王")
        cast = [Recording(path=calls / "dev-16.opus", call=CALL, agent="小王", team="一组", customer="13800004417")]
        playing = asyncio.create_task(play(cast, url=product.ingest, token=product.service.token, speed=1.0))

        await expect(wang.page.get_by_test_id("agent-page")).to_have_attribute("data-call", CALL)
        await expect(wang.page.locator('[data-testid="whisper"][data-origin="playbook"]')).to_be_visible()
        assert await sticks_out(wang.page) == []
        await lead.page.locator(f'[data-testid="call-row"][data-call="{CALL}"]').click()

        alarm = lead.page.locator(f'[data-testid="alert-feed"] [data-call="{CALL}"][data-severity="critical"]').first
        await expect(alarm).to_be_visible()
        id = await alarm.get_attribute("data-alert")
        await alarm.get_by_test_id("alert-ack").click()
        await expect(lead.page.locator(f'[data-testid="alert-feed"] [data-alert="{id}"]')).to_have_attribute(
            "data-status", "acknowledged"
        )

        shown = wang.page.locator('[data-testid="whisper"][data-origin="supervisor"]')
        await expect(wang.page.locator('[data-armed="true"]')).to_be_visible()  # the playbook has its say too
        await shot(wang.page, "agent")
        sent = await whisper(lead.page, "先别承诺退款，告诉他我马上接听。")
        await expect(shown).to_contain_text("先别承诺退款，告诉他我马上接听。")
        await expect(shown).to_contain_text(LEAD.display)
        await expect(sent).to_have_attribute("data-status", "seen")
        await shot(wang.page, "agent-supervisor")
        await answered(wang.page, "1")
        await expect(shown).to_have_count(0)
        kept = await typed(product, "先别承诺退款，告诉他我马上接听。")
        assert (kept.status, kept.by) == ("used", LEAD.name)
        await expect(sent).to_have_attribute("data-status", "used")
        await shot(lead.page, "whispering")

        await wang.page.context.set_offline(True)
        await whisper(lead.page, "工单已经升级，今天下午三点前我回电。")
        await wang.page.context.set_offline(False)
        await expect(shown).to_contain_text("工单已经升级，今天下午三点前我回电。")
        await answered(wang.page, "3")
        assert (await typed(product, "工单已经升级，今天下午三点前我回电。")).status == "dismissed"

        assert not [outcome for outcome in await playing if isinstance(outcome, Exception)]
        await expect(wang.page.get_by_test_id("agent-ended")).to_be_visible()
        said = (await wang.page.get_by_test_id("transcript").inner_text()).replace("\n", "")
        record = await record_of(product)
        assert [one.text for one in record.utterances if one.text not in said] == []
        assert id in [alert.id for alert in record.alerts if alert.by == LEAD.name]

        await expect(zhao.page.get_by_test_id("agent-waiting")).to_be_visible()
        assert not [frame for frame in zhao.frames if CALL in frame or "13800004417" in frame]
        assert not [frame for frame in wang.frames if "13800004417" in frame]  # an agent sees it masked
