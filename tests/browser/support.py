"""Chromium, pages in it as people have them, and what is asked of every page."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.page.support import PASSWORD

WIDE, NARROW = (1366, 768), (390, 844)
SHOTS = os.environ.get("CALLMONITOR_SCREENSHOTS")  # a folder for the pictures of the documentation
expect.set_options(timeout=60_000)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    assert path, "no Chromium on this machine: tools/browser.sh says what to install"
    quiet = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
    async with async_playwright() as tool:
        browser = await tool.chromium.launch(executable_path=path, args=quiet)
        yield browser
        await browser.close()


@asynccontextmanager
async def profile(browser: Browser, size: tuple[int, int] = WIDE, **options: Any) -> AsyncIterator[Page]:
    """An empty page in a browser profile of its own; an error in it fails the test."""
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN", **options)
    page = await context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    await context.close()
    assert not wrong


async def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """By keyboard alone: the name has the focus."""
    await expect(page.get_by_test_id("name")).to_be_focused()
    await page.keyboard.type(name)
    await page.keyboard.press("Tab")
    await page.keyboard.type(password)
    await page.keyboard.press("Enter")


async def enter(page: Page, url: str, name: str) -> None:
    """Open a page as somebody of PASSWORD; returns once it is live."""
    await page.goto(url)
    await sign_in(page, name)
    await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


async def sticks_out(page: Page, where: str = "body") -> list[str]:
    """What of it reaches beyond the width of the page."""
    found: list[str] = await page.evaluate(
        "where => [...document.querySelectorAll(`${where} *`)].filter(one => one.getBoundingClientRect().right > innerWidth + 1"
        " && !one.closest('.unseen')).map(one => one.outerHTML.slice(0, 80))",
        where,
    )
    return found
