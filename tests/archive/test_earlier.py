"""What a customer said in earlier calls, and which calls those are."""

from __future__ import annotations

import asyncio

import pytest

from monitor.archive.store import Archive
from monitor.records import Summary

from . import make
from .make import START, later
from .support import end, kept


async def test_what_a_customer_said_in_earlier_calls(archive: Archive) -> None:
    number = "13800112233"
    for id, customer, started in (
        ("old", number, later(-91 * 86_400)),
        ("c1", number, later(-2 * 86_400)),
        ("c2", number, later(-3_600)),
        ("other", "13900000000", later(-3_600)),
        ("live", number, later(-60)),
        ("none", None, later(-3_600)),
    ):
        await archive.add(make.call(id, customer=customer, started=started))
        await archive.add(make.utterance("u2", id, start=9.0, text=f"{id} 再说"))
        await archive.add(make.utterance("u1", id, text=f"{id} 先说"))
        await archive.add(make.utterance("u3", id, speaker="agent", start=3.0))
        await archive.add(make.utterance("u4", id, stage="draft", start=4.0))
        if id != "live":
            await end(archive, id, ended=started)
    earlier = await archive.earlier(number, START)
    assert [(call.call, call.started, call.lines) for call in earlier] == [
        ("c2", later(-3_600), ("c2 先说", "c2 再说")),
        ("c1", later(-2 * 86_400), ("c1 先说", "c1 再说")),
    ]
    assert await archive.earlier("13712345678", START) == []
    assert await archive.earlier("' or 1=1 --", START) == []


async def test_of_many_earlier_calls_the_newest_are_remembered(archive: Archive) -> None:
    for index in range(8):
        await archive.add(make.call(f"c{index}", customer="10001", started=later(-index * 60 - 60)))
        await end(archive, f"c{index}")
    assert [call.call for call in await archive.earlier("10001", START)] == ["c0", "c1", "c2", "c3", "c4"]


async def test_of_an_endless_earlier_call_the_beginning_is_remembered(archive: Archive) -> None:
    await archive.add(make.call("long", customer="10001", started=later(-60)))
    lines = [make.utterance(f"u{n}", "long", start=float(n), text=f"{n} " + "说" * 3_000) for n in range(300)]
    await asyncio.gather(*map(archive.add, lines))
    await end(archive, "long")
    (call,) = await archive.earlier("10001", START)
    assert len(call.lines) == 80
    assert call.lines[-1].startswith("79 ")
    assert max(map(len, call.lines)) == 1_000


@pytest.mark.parametrize(
    "number", ["", "0", "anonymous", "Restricted", "138****2233", "138xxxx2233", "138XXXX2233", "1380011####"]
)
async def test_a_number_that_may_be_anybodys_has_no_earlier_calls(archive: Archive, number: str) -> None:
    await archive.add(make.call("c1", customer=number, started=later(-60)))
    await archive.add(make.utterance("u1", "c1", text="洗衣机漏水"))
    await end(archive, "c1")
    assert await archive.earlier(number, START) == []


async def test_what_was_linked_while_a_call_ran_outlives_the_process(archive: Archive) -> None:
    link = {"call": "c0", "started": "2026-11-20T09:00:00.000+00:00", "text": "洗衣机漏水"}
    await archive.add(make.call("c1", customer="10001", started=later(-60)))
    open_call = await kept(archive)
    await archive.progress(open_call.call, Summary(earlier=(link,)))
    await archive.progress(open_call.call)
    assert await archive.interrupted(START) == ["c1"]
    assert (await kept(archive)).summary.earlier == (link,)
