"""A supervisor hears a live call in Chromium, each side as loud as they like, and its recording when it is over."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, Response, expect

from monitor.archive.store import Archive
from monitor.people import AuditEntry
from tests.browser.axe import faults
from tests.browser.support import NARROW, WIDE, chromium, shot
from tests.browser.test_supervisor import page_of
from tests.road.support import PATIENCE, running, settings

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.usefixtures("pages")]

BUFFERED = 1.8  # seconds the player's buffer holds at the very most
AUDIBLE = "speaker => Number(document.querySelector(`[data-speaker=${speaker}] [data-testid=meter]`)?.dataset.level) > 20"
WITHIN = "[...document.querySelectorAll('.sound, .sound *')].every(one => one.getBoundingClientRect().right <= innerWidth)"
SILENT = "speaker => Number(document.querySelector(`[data-speaker=${speaker}] [data-testid=meter]`)?.dataset.level) < 2"


async def hears(page: Page, speaker: str, what: str = AUDIBLE) -> None:
    await page.wait_for_function(what, arg=speaker, timeout=60_000)


async def fits(page: Page, name: str) -> None:
    """On a desk and on a phone, and nothing is wrong with it there."""
    for size, where in ((NARROW, "phone-"), (WIDE, "")):
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        assert await page.evaluate(WITHIN)
        await shot(page, f"{where}{name}")
        assert await faults(page) == []


async def test_a_call_is_heard_while_it_lasts_and_after(tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: asyncio.Queue[AuditEntry] = asyncio.Queue()
    audit = Archive.audit

    async def audited(archive: Archive, entry: AuditEntry) -> None:
        await audit(archive, entry)
        kept.put_nowait(entry)

    monkeypatch.setattr(Archive, "audit", audited)
    async with running(settings(tmp_path / "data")) as product, chromium() as browser, page_of(browser, product) as page:
        playing = asyncio.create_task(product.play(calls / "dev-09.opus", "heard-1", speed=1))
        await page.locator('[data-testid="call-row"][data-call="heard-1"]').click()
        await page.get_by_test_id("listen").click()
        await expect(page.get_by_test_id("listen-in")).to_have_attribute("data-state", "on")
        began = await asyncio.wait_for(kept.get(), PATIENCE)
        assert (began.action, began.call) == ("listen", "heard-1")
        await hears(page, "agent")
        await hears(page, "customer")
        late = page.get_by_test_id("behind")
        assert float(await late.get_attribute("data-held") or "nan") <= BUFFERED
        print(f"heard {await late.get_attribute('data-behind')} s after it came to the server")  # pytest -rP shows it
        await page.get_by_role("slider", name="坐席音量").press("Home")
        await hears(page, "agent", SILENT)
        await hears(page, "customer")
        await fits(page, "listen-in")
        await page.keyboard.press("l")
        await expect(page.get_by_test_id("listen-in")).to_have_attribute("data-state", "off")
        ended = await asyncio.wait_for(kept.get(), PATIENCE)
        assert (ended.action, ended.detail["listening"]) == ("listen_ended", began.detail["listening"])
        assert ended.detail["heard"][1] > ended.detail["heard"][0]

        await expect(page.get_by_test_id("utterance").nth(1)).to_be_visible()
        playing.cancel()  # the line breaks: what is kept until here can be heard
        await expect(page.get_by_test_id("call-status")).to_have_attribute("data-status", "interrupted")
        await page.get_by_role("slider", name="坐席音量").press("End")
        await playback(page, kept)
        assert kept.empty()


async def playback(page: Page, kept: asyncio.Queue[AuditEntry]) -> None:
    """From the beginning, then from a line that is clicked: one play in the log, however often the browser asks."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if "/audio?" in answer.url else None)
    player = page.get_by_test_id("playback")
    await expect(player).to_have_attribute("data-state", "ready")
    await page.get_by_test_id("play").click()
    await expect(player).to_have_attribute("data-state", "playing")
    entry = await asyncio.wait_for(kept.get(), PATIENCE)
    assert (entry.action, entry.call) == ("play", "heard-1")
    await hears(page, "agent")
    line = page.get_by_test_id("utterance").nth(1)
    said = await line.get_by_test_id("play-from").inner_text()
    await line.get_by_test_id("play-from").click()
    await expect(line).to_have_attribute("data-playing", "true")
    minutes, seconds = said.split(":")
    assert float(await player.get_attribute("data-at") or "nan") >= 60 * int(minutes) + int(seconds)
    await fits(page, "playback")
    await page.get_by_test_id("play").click()
    await expect(player).to_have_attribute("data-state", "paused")
    assert answers
    assert all(answer.status in (200, 206) for answer in answers)
