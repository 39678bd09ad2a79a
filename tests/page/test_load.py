"""Many calls, several pages, one of them stuck: whoever reads gets everything, whoever does not costs nobody else anything."""

from __future__ import annotations

import asyncio
import socket as sockets
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from monitor.config import Page
from monitor.page import live
from tests.archive import make
from tests.page.support import PATIENCE, Site, join, joined, received, site, watch

CALLS = 40
ROUNDS = 12
WORDS = "我已经说了三遍了，你们到底能不能处理。" * 60  # 3.4 kB: 480 of them are more than the sockets hold


def small_pipe(port: int) -> sockets.socket:
    pipe = sockets.socket()
    pipe.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    pipe.connect(("127.0.0.1", port))
    pipe.setblocking(False)
    return pipe


async def speak(served: Site, listeners: list[ClientConnection]) -> dict[int, list[int]]:
    """Every call says a sentence a round; the listeners read as it comes. Returns what each got."""
    got: dict[int, list[int]] = {index: [] for index in range(len(listeners))}
    for turn in range(ROUNDS):
        for number in range(CALLS):
            call = f"call{number}"
            said = make.utterance(f"u{turn}", call, start=turn, end=turn + 1, text=WORDS)
            served.hub.publish(type="utterance", call=call, data=said)
            for index, listener in enumerate(listeners):
                got[index].append((await received(listener))["seq"])
    return got


async def drain(socket: ClientConnection) -> tuple[list[int], list[str], ConnectionClosed]:
    """All that still comes: events' numbers, what else was said, and how it ended."""
    seqs: list[int] = []
    others: list[str] = []
    try:
        while True:
            event = await received(socket)
            if "seq" in event:
                seqs.append(event["seq"])
            else:
                others.append(event["type"])
    except ConnectionClosed as error:
        return seqs, others, error


PAGE = Page(history=1_000, queue=10)


async def test_one_stuck_page_holds_nobody_up_and_is_told_to_begin_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "GRACE", 600.0)
    async with site(tmp_path, page=PAGE) as served, served.live() as one, served.live() as two:
        async with served.live(sock=small_pipe(served.port), max_queue=1, close_timeout=60) as stuck:
            for socket in (one, two, stuck):
                await joined(served, socket)
                first = served.hub.seq + 1
            await received(one), await received(one), await received(two)  # the others' joining
            got = await speak(served, [one, two])
            everything = list(range(first, served.hub.seq + 1))
            assert got == {0: everything, 1: everything}
            seqs, others, end = await drain(stuck)
        assert len(everything) == CALLS * ROUNDS
        assert seqs == everything[: len(seqs)]
        assert len(seqs) < len(everything)
        assert others == ["reset"]
        assert end.rcvd is not None
        assert end.rcvd.code == 1000
        async with served.live() as again:
            await join(again, served.hub.epoch, seqs[-1])
            rest = [(await received(again))["seq"] for _ in everything[len(seqs) :]]
            assert seqs + rest == everything


async def test_a_page_that_does_not_even_take_its_reset_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "GRACE", 0.0)
    _, went = watch(monkeypatch)
    async with site(tmp_path, page=PAGE) as served, served.live() as one:
        async with served.live(sock=small_pipe(served.port), max_queue=1, ping_interval=None) as stuck:
            for socket in (one, stuck):
                await joined(served, socket)
            await received(one)
            await speak(served, [one])
            await asyncio.wait_for(went.wait(), PATIENCE)  # before it has read a thing
            seqs, others, end = await drain(stuck)
        assert len(seqs) < CALLS * ROUNDS
        assert others == []
        assert end.rcvd is None
