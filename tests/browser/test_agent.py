"""The agent's page, seen: whispers come and go without a misclick, and an agent sees only what is theirs."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from monitor.records import Summary, Whisper
from tests.archive import make
from tests.browser.support import chromium, enter, profile, sticks_out
from tests.page.support import NINE, STAFF, WANG, ZHAO, Site, info, site, view

pytestmark = pytest.mark.browser

STRIP = (400, 768)  # beside the agent's own software
MARKUP = "<img src=x onerror=\"document.title='owned'\">"
KNOWN = Summary(
    type="venting",
    level=2,
    steps={"soothe": 8.0, "probe": None, "act": None, "elevate": None, "close": None},
    steps_missing=("probe", "act", "elevate", "close"),
    promises=({"text": "我今天下午三点前给您回电", "due": "2026-11-22T15:00:00+08:00", "said": "下午三点前"},),
    stressed=("洗衣机到现在没安装",),
    claims=({"text": "打了三次电话", "times": (5.0, 30.0), "values": ("三次", "两次")},),
    facts=({"id": "order", "zh": "订单号", "value": "55662231889", "at": 12.0},),
)


def whisper(id: str = "w1", **more: Any) -> Whisper:
    known: dict[str, Any] = {"at": 9.0, "say": "王先生，让您等了三次，换谁都会着急。", "reason": "客户在生气", "expires": 600.0}
    return Whisper(call="c1", id=id, **known | more)


@asynccontextmanager
async def agents(browser: Browser, served: Site, name: str) -> AsyncIterator[Page]:
    """An agent's page, signed in."""
    async with profile(browser, STRIP) as page:
        await enter(page, f"http://127.0.0.1:{served.port}/agent", name)
        yield page
        assert await page.title() == "坐席助手"


async def begin(served: Site) -> None:
    """A call of 小王 that has been going on for a while."""
    await served.archive.add(info("c1", customer="13812342233"))
    served.hub.publish(type="call", call="c1", data=replace(view("c1"), seconds=40.0, level=2, mood=((5.0, "customer", -0.7),)))


async def tell(served: Site, one: Whisper) -> Whisper:
    """As the service does: kept, then shown."""
    kept = await served.archive.add(one)
    served.hub.publish(type="whisper", call=one.call, data=kept)
    return kept


async def say(served: Site, id: str, text: str) -> None:
    said = make.utterance(id, start=5.0, end=9.0, text=text)
    served.hub.publish(type="utterance", call="c1", data=await served.archive.add(said))


async def test_an_agent_sees_their_own_call_and_another_agent_nothing(built: Path) -> None:
    async with (
        site(built, people=STAFF) as served,
        chromium() as browser,
        agents(browser, served, WANG.name) as wang,
        agents(browser, served, ZHAO.name) as zhao,
    ):
        for page, name in ((wang, "小王"), (zhao, "小赵")):
            await expect(page.get_by_test_id("agent-waiting")).to_contain_text(f"{name} 的电话接通后")
        await begin(served)
        await expect(wang.get_by_test_id("agent-call-status")).to_contain_text("进行中")
        await expect(wang.get_by_test_id("agent-mood")).to_have_attribute("data-feeling", "bad")
        await expect(wang.get_by_test_id("stage")).to_contain_text("现在没有提示")
        served.hub.publish(type="summary", call="c1", data=KNOWN)
        await say(served, "u1", f"我要投诉{MARKUP}")
        await tell(served, whisper(say=f"王先生，{MARKUP}", reason=MARKUP))

        await expect(wang.get_by_test_id("utterance")).to_contain_text(MARKUP)
        await expect(wang.get_by_test_id("whisper-say")).to_have_text(f"王先生，{MARKUP}")
        await expect(wang.get_by_test_id("whisper-why")).to_have_text(MARKUP)
        await expect(wang.locator("img[src=x]")).to_have_count(0)
        states = [await one.get_attribute("data-state") for one in await wang.get_by_test_id("guide-step").all()]
        assert states == ["done", "next", "todo", "todo", "idle", "todo"]  # 稳 问 动 传 换 and the closing
        await expect(wang.get_by_test_id("guide-next")).to_contain_text("问清经过和诉求")
        await expect(wang.get_by_test_id("fact")).to_contain_text("55662231889")
        await expect(wang.get_by_test_id("stressed")).to_contain_text(["洗衣机到现在没安装", "三次 → 两次"])
        await expect(wang.get_by_test_id("promised")).to_contain_text("15:00")
        await expect(wang.get_by_text("13812342233")).to_have_count(0)
        assert await sticks_out(wang) == []

        await expect(zhao.get_by_test_id("agent-waiting")).to_be_visible()
        await expect(zhao.get_by_test_id("whisper")).to_have_count(0)
        over = replace(view("c1", status="ended"), seconds=60.0, level=2, ended=NINE)
        served.hub.publish(type="call", call="c1", data=over)
        await expect(wang.get_by_test_id("agent-ended")).to_contain_text("发泄型")
        await expect(wang.get_by_test_id("whisper")).to_have_count(0)
        await expect(zhao.get_by_test_id("agent-waiting")).to_be_visible()


async def test_a_whisper_comes_and_goes_without_the_page_moving(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser, agents(browser, served, WANG.name) as page:
        await begin(served)
        stage, guide, shown = page.get_by_test_id("stage"), page.get_by_test_id("guide"), page.get_by_test_id("whisper")
        await expect(stage).to_be_visible()
        empty = (await stage.bounding_box(), await guide.bounding_box())
        first = await tell(served, whisper())
        await expect(shown).to_have_attribute("data-whisper", "w1")
        assert (await stage.bounding_box(), await guide.bounding_box()) == empty

        await tell(served, whisper("w2", origin="supervisor", by="李主管", say="先别承诺退款。", reason="", priority=100))
        await expect(shown).to_have_attribute("data-whisper", "w2")
        await expect(shown).to_have_attribute("data-origin", "supervisor")
        await expect(shown).to_contain_text("主管 李主管")
        await expect(page.get_by_test_id("said-supervisor")).to_contain_text("先别承诺退款。")
        await expect(shown).to_contain_text("另有 1 条")
        assert (await stage.bounding_box(), await guide.bounding_box()) == empty

        await tell(served, whisper("w2", origin="supervisor", by="李主管", say="先别承诺退款。", reason="", status="withdrawn"))
        await expect(shown).to_have_attribute("data-whisper", "w1")
        await tell(served, replace(first, status="withdrawn"))
        await expect(shown).to_have_count(0)
        await expect(page.get_by_test_id("whisper-used")).to_have_count(0)
        assert (await stage.bounding_box(), await guide.bounding_box()) == empty


async def test_a_page_that_loses_its_line_has_every_whisper_when_it_is_back(built: Path) -> None:
    async with site(built, people=STAFF) as served, chromium() as browser, agents(browser, served, WANG.name) as page:
        await begin(served)
        first = await tell(served, whisper())
        await expect(page.get_by_test_id("whisper")).to_have_attribute("data-whisper", "w1")
        await page.context.set_offline(True)
        await tell(served, replace(first, status="withdrawn"))
        await tell(served, whisper("w2", say="我现在就给您定下师傅上门的时间。"))
        await say(served, "u1", "那到底哪天能装")
        await page.context.set_offline(False)
        await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
        await expect(page.get_by_test_id("whisper-say")).to_have_text("我现在就给您定下师傅上门的时间。")
        await expect(page.get_by_test_id("utterance")).to_contain_text(re.compile("那到底哪天能装"))
        await expect(page.get_by_test_id("whisper")).to_have_count(1)
