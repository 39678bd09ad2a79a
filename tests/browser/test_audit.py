"""The audit log, seen: an administrator finds, narrows and takes it out, by keyboard; nobody else is shown it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from monitor.page import accounts
from monitor.people import AuditEntry
from tests.browser.support import NARROW, WIDE, chromium, shot, sticks_out
from tests.browser.test_desk import HOSTILE, seat
from tests.page.support import BOSS, LEAD, NINE, STAFF, Site, site

pytestmark = pytest.mark.browser

LISTENING = {"listening": "9f2c11ab"}
DEEDS: tuple[tuple[str, str | None, str, str | None, dict[str, Any]], ...] = (
    ("root", "console", "user_added", None, {"user": "qa", "role": "qa", "teams": [], "agent": None}),
    ("李主管", "supervisor", "sign_in_failed", None, {}),
    ("李主管", "supervisor", "sign_in", None, {}),
    ("李主管", "supervisor", "listen", "20261122-0902-7f3a", LISTENING),
    ("李主管", "supervisor", "whisper", "20261122-0902-7f3a", {"text": "先道歉，让客户说完"}),
    ("wang", "agent", "whisper_marked", "20261122-0902-7f3a", {"whisper": "s1", "status": "used"}),
    ("李主管", "supervisor", "takeover", "20261122-0902-7f3a", {"on": True}),
    (
        "李主管",
        "supervisor",
        "listen_ended",
        "20261122-0902-7f3a",
        {**LISTENING, "why": "ended", "heard": [61.0, 184.5], "dropped": 0},
    ),
    (
        "李主管",
        "supervisor",
        "decision",
        "20261122-0902-7f3a",
        {"alert": "external_threat@u4", "status": "resolved", "note": "已回电，约好下午五点上门", "owner": "chief"},
    ),
    ("qa", "qa", "play", "20261122-0847-12d0", {}),
    ("qa", "qa", "decision", "20261122-0847-12d0", {"alert": "dead_air@3", "status": "false_alarm", "why": "quoted"}),
    ("qa", "qa", "export", None, {"what": "cases", "since": None}),
    ("", None, "sign_in_failed", None, {}),
    (
        "root",
        "console",
        "role_changed",
        None,
        {
            "user": "chief",
            "role": "supervisor",
            "teams": ["一组", "二组"],
            "agent": None,
            "was": {"role": "agent", "teams": [], "agent": "王芳"},
        },
    ),
    ("chief", "supervisor", "webhook_retry", "20261121-1730-c41e", {"webhook": "班长群", "alert": "external_threat@u9"}),
)


async def note(served: Site, when: datetime, who: str, role: str | None, action: Any, call: str | None, detail: Any) -> None:
    """`action` may be what no version ever wrote."""
    address = None if role == "console" else "10.0.3.17"
    entry = AuditEntry(when=when, who=who, role=role, address=address, action=action, call=call, detail=detail)
    await served.archive.audit(entry)


async def fill(served: Site) -> None:
    """Sixty sign-ins, two days before the rest."""
    for minute in range(60):
        await note(served, NINE - timedelta(days=2, minutes=60 - minute), "qa", "qa", "sign_in", None, {})
    for minute, deed in enumerate(DEEDS):
        await note(served, NINE - timedelta(minutes=50) + timedelta(minutes=3 * minute, seconds=17 * minute), *deed)


async def deeds(page: Page) -> list[str | None]:
    return [await row.get_attribute("data-action") for row in await page.get_by_test_id("audit-entry").all()]


async def test_what_was_done_becomes_a_line_of_the_audit_log(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await fill(served)
        async with seat(browser, served, BOSS.name) as page:
            await page.get_by_test_id("audit-link").focus()
            await page.keyboard.press("Enter")
            rows, count = page.get_by_test_id("audit-entry"), page.get_by_test_id("audit-count")
            await expect(rows).to_have_count(50)
            assert await page.title() == "审计日志"
            done = [deed[2] for deed in DEEDS]
            assert (await deeds(page))[: len(DEEDS)] == [*done, "sign_in"][:0:-1]  # boss came last
            decided = page.locator('[data-testid="audit-entry"][data-action="decision"][data-who="李主管"]')
            await expect(decided).to_contain_text("状态已解决")
            await expect(decided).to_contain_text("已回电，约好下午五点上门")
            await expect(page.locator('[data-action="listen_ended"]')).to_contain_text("1:01–3:04")
            await expect(page.locator('[data-action="role_changed"]')).to_contain_text("一组、二组")
            await expect(page.locator('[data-action="role_changed"]')).to_contain_text("坐席 · 王芳")
            await shot(page, "audit")
            assert await sticks_out(page) == []
            await page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
            assert await sticks_out(page) == []
            await page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})

            await page.get_by_test_id("audit-older").focus()
            await page.keyboard.press("Enter")
            total = len(await served.archive.audits())
            await expect(rows).to_have_count(total)
            await expect(count).to_have_text(f"共 {total} 条")
            await expect(page.get_by_test_id("audit-older")).to_have_count(0)


async def test_the_log_is_narrowed_by_keyboard_and_taken_out(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await fill(served)
        await note(served, NINE, HOSTILE, "agent", HOSTILE, "c1", {HOSTILE: HOSTILE})
        async with seat(browser, served, BOSS.name) as page:
            await page.goto(f"http://127.0.0.1:{served.port}/audit")
            rows = page.get_by_test_id("audit-entry")
            await expect(rows.filter(has_text=HOSTILE)).to_have_count(1)
            assert await page.locator("img[src='x']").count() == 0
            assert await page.title() == "审计日志"

            await page.get_by_test_id("audit-person").get_by_role("combobox").focus()
            await page.keyboard.type("没有账号（")
            await page.keyboard.press("Enter")
            await expect(rows).to_have_count(1)
            await expect(rows).to_contain_text("没有这个账号的人")
            await page.get_by_test_id("audit-person").get_by_role("combobox").focus()
            await page.keyboard.type("质检")
            await page.keyboard.press("Enter")
            await expect(page.locator('[data-testid="audit-entry"]:not([data-who="qa"])')).to_have_count(0)
            await expect(page.locator('input[type="date"][max="2999-12-31"]')).to_have_count(2)
            await page.get_by_test_id("audit-from").fill("2026-11-22")
            await expect(rows).to_have_count(3)
            await page.get_by_test_id("audit-deed").get_by_role("combobox").focus()
            for _ in range(6):  # past anything, signing in, listening, whispers, taking over; opened by the first
                await page.keyboard.press("ArrowDown")
            await page.keyboard.press("Enter")
            await expect(rows).to_have_count(1)
            assert await deeds(page) == ["decision"]

            async with page.expect_download() as saving:
                await page.get_by_test_id("audit-export").click()
            await (await saving.value).save_as(built / "audit.csv")
            table = (built / "audit.csv").read_bytes().decode("utf-8")
            assert table.startswith("\ufeffid,when,who,role")
            assert table.count("\r\n") == 2
            assert "dead_air@3" in table
            await page.get_by_test_id("audit-to").fill("2026-11-22")
            await expect(rows).to_have_count(1)
            await page.get_by_test_id("audit-from").fill("")
            await page.get_by_test_id("audit-to").fill("2026-11-21")
            await expect(page.get_by_test_id("audit-count")).to_have_text("没有符合条件的记录")
            await page.get_by_test_id("audit-clear").click()
            await expect(rows).to_have_count(50)
            await expect(rows.first).to_have_attribute("data-action", "export")
            await expect(rows.first).to_contain_text("处理告警")

            await page.get_by_test_id("lang-switch").click()
            await expect(rows.first).to_contain_text("Exported")
            await expect(page.get_by_test_id("audit-count")).to_have_text("The newest 50 entries")


async def test_its_cards_on_a_phone_are_still_the_lines_of_a_table(built: Path) -> None:
    """As Chromium tells it to a screen reader; roles that are spelt out hold elsewhere, too."""
    async with site(built, people=STAFF) as served, chromium() as browser:
        await fill(served)
        async with seat(browser, served, BOSS.name, NARROW) as page:
            await page.goto(f"http://127.0.0.1:{served.port}/audit")
            await expect(page.get_by_test_id("audit-entry")).to_have_count(50)
            assert await page.locator(".audit-table :is(thead, tbody, tr, th, td):not([role])").count() == 0
            told = (await (await page.context.new_cdp_session(page)).send("Accessibility.getFullAXTree"))["nodes"]
            role = {node["nodeId"]: node["role"]["value"] for node in told if not node["ignored"]}
            children = {node["nodeId"]: [role.get(child) for child in node.get("childIds", [])] for node in told}
            heads, *lines = [children[id] for id, name in role.items() if name == "row"]
            assert heads == ["columnheader"] * 6
            assert lines == [["cell"] * 6] * 50


async def test_a_read_that_fails_is_said_and_leaves_no_other_filters_lines(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser:
        await fill(served)
        async with seat(browser, served, BOSS.name) as page:
            await page.goto(f"http://127.0.0.1:{served.port}/audit")
            rows, older, failed = (
                page.get_by_test_id("audit-entry"),
                page.get_by_test_id("audit-older"),
                page.get_by_role("alert"),
            )
            await expect(rows).to_have_count(50)
            total = len(await served.archive.audits())

            asked: list[str] = []
            held = asyncio.Event()

            async def fail(route: Route) -> None:
                asked.append(route.request.url)
                await held.wait()
                await route.abort()

            await page.route("**/api/audit?*", fail)
            held.set()
            await older.click()
            await expect(failed).to_be_visible()
            await expect(rows).to_have_count(50)
            await failed.get_by_role("button").click()
            await expect(failed).to_be_visible()
            assert "before=" in asked[0]
            assert asked[1:] == asked[:1]
            await page.unroute("**/api/audit?*")
            await failed.get_by_role("button").click()
            await expect(rows).to_have_count(total)

            await page.route("**/api/audit?*", fail)
            held.clear()
            await page.get_by_test_id("audit-from").fill("2026-11-22")
            await expect(page.get_by_test_id("audit-page")).to_have_attribute("data-state", "reading")
            await expect(rows).to_have_count(0)
            held.set()
            await expect(failed).to_be_visible()
            await expect(rows).to_have_count(0)
            await expect(older).to_have_count(0)
            await page.unroute("**/api/audit?*")
            await failed.get_by_role("button").click()
            await expect(rows).to_have_count(total - 60)  # all but what `fill` has of two days before


async def test_nobody_else_is_shown_it(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "CHECK", 0.05)
    async with site(built, people=(*STAFF, replace(BOSS, name="second"))) as served, chromium() as browser:
        await fill(served)
        async with seat(browser, served, LEAD.name) as page:
            await expect(page.get_by_test_id("audit-link")).to_have_count(0)
            await page.goto(f"http://127.0.0.1:{served.port}/audit")
            await expect(page.get_by_test_id("audit-forbidden")).to_be_visible()
            await expect(page.get_by_test_id("audit-entry")).to_have_count(0)
        async with seat(browser, served, BOSS.name) as page:
            await page.goto(f"http://127.0.0.1:{served.port}/audit")
            await expect(page.get_by_test_id("audit-entry")).to_have_count(50)
            served.change(BOSS.name, role="qa")  # no administrator any more: the page goes with the right
            await expect(page.get_by_test_id("sign-in")).to_be_visible()
            await expect(page.get_by_test_id("audit-entry")).to_have_count(0)
