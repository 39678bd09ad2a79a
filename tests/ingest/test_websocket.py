"""The endpoint on a real server, with real sockets; what clients do wrong stays with them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from monitor.config import Ingest
from monitor.errors import ArchiveError, ProtocolError
from monitor.ingest.client import Offer, send
from tests.ingest.support import HELLO, TOKEN, KeptCalls, serving

BYE = '{"type":"bye"}'
WAIT = 10.0  # seconds; only a failing test takes them


def frame(number: int, samples: bytes = b"\x11" * 160) -> bytes:
    return number.to_bytes(4, "big") + samples


async def greet(socket: ClientConnection, **changes: Any) -> str:
    await socket.send(json.dumps(HELLO | changes))
    answer = json.loads(await socket.recv())
    assert answer["type"] == "ready", answer
    return str(answer["call"])


async def refusal(socket: ClientConnection) -> tuple[str, int]:
    """The error's code and the close code after it."""
    answer = json.loads(await socket.recv())
    assert answer["type"] == "error", answer
    assert answer["message"]
    with pytest.raises(ConnectionClosed) as closed:
        await socket.recv()
    assert closed.value.rcvd
    return answer["code"], closed.value.rcvd.code


async def numbered(*payloads: bytes) -> AsyncIterator[tuple[int, bytes]]:
    for number, payload in enumerate(payloads):
        yield number, payload


async def test_a_call_arrives_whole_and_is_done_when_it_is_kept() -> None:
    calls = KeptCalls()
    async with serving(calls) as server, connect(server.url) as socket:
        call = await greet(socket, call="c-1", agent="王芳")
        for number in range(50):
            await socket.send(frame(number, bytes([number]) * 160))
        await socket.send(BYE)
        assert json.loads(await socket.recv()) == {"type": "done", "call": call, "seconds": 0.5}
        assert calls.only.ending == ("ended", None)
        await socket.wait_closed()
        assert socket.close_code == 1000
    assert calls.only.hello.agent == "王芳"
    assert calls.only.kept == b"".join(bytes([number]) * 160 for number in range(50))
    assert calls.only.frames == 4000


async def test_a_client_that_stops_in_the_middle_leaves_what_it_sent() -> None:
    calls = KeptCalls()
    async with serving(calls) as server, connect(server.url) as socket:
        await greet(socket)
        for number in range(20):
            await socket.send(frame(number))
        await (await socket.ping())  # the server has read them all
        socket.transport.abort()
        await asyncio.wait_for(calls.only.ended.wait(), WAIT)
        assert calls.only.ending == ("interrupted", "the client went away without a bye")
        assert calls.only.kept == b"\x11" * 3200


@pytest.mark.parametrize("code", [1000, 1001, 3000])
async def test_a_close_without_a_bye_is_an_interruption(code: int) -> None:
    calls = KeptCalls()
    async with serving(calls) as server, connect(server.url) as socket:
        await greet(socket)
        await socket.send(frame(0))
        await socket.close(code)
        await asyncio.wait_for(calls.only.ended.wait(), WAIT)
    assert calls.only.ending[0] == "interrupted"
    assert calls.only.frames == 80


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (json.dumps(HELLO | {"token": "wrong"}), "bad_token"),
        (json.dumps(HELLO | {"rate": 96_000}), "bad_rate"),
        (json.dumps(HELLO | {"channels": []}), "bad_channels"),
        (json.dumps(HELLO | {"encoding": "mp3"}), "bad_encoding"),
        (json.dumps(HELLO | {"role": "admin"}), "bad_hello"),
        ("hello", "bad_json"),
        (b"\0\0\0\0", "unexpected_binary"),
    ],
)
async def test_a_hello_that_lies_begins_no_call(first: str | bytes, code: str) -> None:
    calls = KeptCalls()
    async with serving(calls) as server, connect(server.url) as socket:
        await socket.send(first)
        assert await refusal(socket) == (code, 1008)
    assert not calls.calls


@pytest.mark.parametrize(
    ("message", "code", "close"),
    [
        ("hello?", "bad_json", 1008),
        ('{"type":"pause"}', "unexpected_text", 1008),
        (frame(0), "out_of_order", 1008),
        (frame(1, b"\x11" * 161), "bad_frame", 1009),
        (frame(1, bytes(70_000)), "bad_frame", 1009),
        (frame(100_000), "gap_too_long", 1008),
    ],
)
async def test_a_broken_frame_fails_the_call_and_keeps_what_came_before(message: str | bytes, code: str, close: int) -> None:
    calls = KeptCalls()
    async with serving(calls) as server, connect(server.url) as socket:
        await greet(socket)
        await socket.send(frame(0))
        await socket.send(message)
        assert await refusal(socket) == (code, close)
    assert calls.only.ending[0] == "failed"
    assert calls.only.frames == 80


@pytest.mark.parametrize(
    ("message", "text", "why", "close"),
    [(b"\xff\xfe", True, "not UTF-8", 1007), (bytes(17_000_000), False, "too long", 1009)],
)
async def test_what_is_no_message_at_all_fails_the_call_too(message: bytes, text: bool, why: str, close: int) -> None:
    calls = KeptCalls()
    async with serving(calls) as server, connect(server.url) as socket:
        await greet(socket)
        await socket.send(frame(0))
        await (await socket.ping())  # the server has read it
        with contextlib.suppress(ConnectionClosed):
            await socket.send(message, text=text)
        await asyncio.wait_for(calls.only.ended.wait(), WAIT)
        await socket.wait_closed()
        assert socket.close_code == close
    status, said = calls.only.ending
    assert status == "failed"
    assert why in str(said)
    assert calls.only.frames == 80


async def test_missing_frames_become_silence_and_the_client_is_warned() -> None:
    calls = KeptCalls()
    async with serving(calls) as server, connect(server.url) as socket:
        await greet(socket)
        await socket.send(frame(0))
        await socket.send(frame(3, b"\x22" * 160))
        warning = json.loads(await socket.recv())
        assert (warning["type"], warning["code"], warning["seconds"]) == ("warning", "gap", 0.02)
        await socket.send(BYE)
        assert json.loads(await socket.recv())["seconds"] == 0.04
    assert calls.only.kept == b"\x11" * 160 + b"\xff" * 320 + b"\x22" * 160


async def test_one_call_breaks_and_the_other_hears_nothing_of_it() -> None:
    calls = KeptCalls()
    async with serving(calls) as server, connect(server.url) as good, connect(server.url) as bad:
        await greet(good, call="good")
        await greet(bad, call="bad")
        await good.send(frame(0))
        await bad.send(frame(0))
        await bad.send("text in a binary place")
        assert (await refusal(bad))[0] == "bad_json"
        await good.send(frame(1))
        await good.send(BYE)
        assert json.loads(await good.recv()) == {"type": "done", "call": "good", "seconds": 0.02}
    assert calls.calls["good"].ending == ("ended", None)
    assert calls.calls["bad"].ending[0] == "failed"


@pytest.mark.parametrize(("code", "close"), [("call_exists", 1008), ("too_many_calls", 1013), ("disk_full", 1011)])
async def test_the_app_may_refuse_a_call(code: str, close: int) -> None:
    calls = KeptCalls(refusal=ProtocolError("not now", code=code))
    async with serving(calls) as server, connect(server.url) as socket:
        await socket.send(json.dumps(HELLO))
        assert await refusal(socket) == (code, close)


async def test_a_disk_that_fills_up_fails_the_call_and_says_so() -> None:
    calls = KeptCalls(fault=ArchiveError("data/audio: no space left", code="disk_full"))
    async with serving(calls) as server, connect(server.url) as socket:
        await greet(socket)
        await socket.send(frame(0))
        assert await refusal(socket) == ("disk_full", 1011)
    assert calls.only.ending == ("failed", "data/audio: no space left")


async def test_a_fault_of_ours_is_not_told_to_the_client_in_detail() -> None:
    calls = KeptCalls(fault=RuntimeError("/srv/secret"))
    async with serving(calls) as server, connect(server.url) as socket:
        await greet(socket)
        await socket.send(frame(0))
        assert "secret" not in (answer := str(await socket.recv()))
        assert json.loads(answer)["code"] == "internal"
    assert calls.only.ending[0] == "failed"


async def test_a_call_that_cannot_be_closed_is_not_done_and_not_ended_twice() -> None:
    calls = KeptCalls(last_fault=ArchiveError("data: no space left", code="disk_full"))
    async with serving(calls) as server, connect(server.url) as socket:
        await greet(socket)
        await socket.send(BYE)
        assert await refusal(socket) == ("disk_full", 1011)
    assert calls.only.endings == [("ended", None)]


async def test_a_call_that_is_too_long_is_ended_with_what_came() -> None:
    calls = KeptCalls()
    async with serving(calls, Ingest(max_hours=0.02 / 3600)) as server, connect(server.url) as socket:
        await greet(socket)
        for number in range(3):
            await socket.send(frame(number))
        assert await refusal(socket) == ("too_long", 1008)
    assert calls.only.ending[0] == "ended"
    assert calls.only.frames == 160


async def test_who_says_no_hello_is_sent_away() -> None:
    async with serving(KeptCalls(), Ingest(hello_timeout=0.05)) as server, connect(server.url) as socket:
        assert await refusal(socket) == ("hello_timeout", 1008)


async def test_a_client_that_falls_silent_is_taken_for_dead() -> None:
    calls = KeptCalls()
    async with serving(calls, Ingest(idle_timeout=0.05)) as server, connect(server.url) as socket:
        await greet(socket)
        await socket.send(frame(0))
        assert await refusal(socket) == ("idle", 1008)
    assert calls.only.ending == ("interrupted", "nothing came for 0.05 s")
    assert calls.only.frames == 80


async def test_a_server_that_stops_interrupts_its_calls() -> None:
    calls = KeptCalls()
    async with serving(calls) as server, connect(server.url) as socket:
        await greet(socket)
        await socket.send(frame(0))
        await (await socket.ping())
        await server.stop()
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 1012
    assert calls.only.ending == ("interrupted", "the server was stopped")
    assert calls.only.frames == 80


async def test_a_call_that_is_cancelled_while_the_app_is_busy_is_ended_once() -> None:
    calls = KeptCalls()
    async with serving(calls) as server, connect(server.url) as socket:
        await greet(socket)
        calls.open.clear()
        await socket.send(frame(0))
        await server.stop()
    assert calls.only.ending == ("interrupted", "the server was stopped")


async def test_a_busy_app_holds_its_client_back_instead_of_filling_the_memory() -> None:
    calls = KeptCalls()
    frames, size = 1000, 65_000
    async with serving(calls) as server:
        calls.open.clear()
        offer = Offer(rate=48_000, channels=("agent", "customer"))
        sender = asyncio.create_task(send(server.url, TOKEN, offer, numbered(*[bytes(size)] * frames)))
        done, _ = await asyncio.wait([sender], timeout=0.5)
        assert not done
        calls.open.set()
        sent = await sender
    assert sent.seconds == round(frames * size / 4 / 48_000, 3)
    assert len(calls.only.kept) == frames * size
