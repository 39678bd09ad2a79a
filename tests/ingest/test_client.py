"""Our client against the real endpoint, and against what is not one."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from monitor.errors import AudioError, ConfigError, ProtocolError
from monitor.ingest.client import Offer, Sent, send
from tests.ingest.support import TOKEN, KeptCalls, serving

OFFER = Offer(rate=8000, channels=("agent", "customer"), encoding="mulaw", call="c-1", agent="王芳")


async def frames(*numbers: int) -> AsyncIterator[tuple[int, bytes]]:
    for number in numbers:
        yield number, b"\x11" * 160


async def test_a_call_sent() -> None:
    calls, started = KeptCalls(), list[str]()
    async with serving(calls) as server:
        sent = await send(server.url, TOKEN, OFFER, frames(*range(10)), started=started.append)
    assert sent == Sent("c-1", 0.1)
    assert started == ["c-1"]
    assert (calls.only.hello.agent, calls.only.hello.team) == ("王芳", None)
    assert calls.only.frames == 800


async def test_a_lost_frame_is_a_warning() -> None:
    calls, warned = KeptCalls(), list[str]()
    async with serving(calls) as server:
        await send(server.url, TOKEN, OFFER, frames(0, 2), warned=warned.append)
    assert warned == ["frames 1 to 1 are missing; 0.010 s of silence stand for them"]
    assert calls.only.frames == 240


async def test_a_wrong_token_is_the_servers_own_sentence() -> None:
    async with serving(KeptCalls()) as server:
        with pytest.raises(ProtocolError, match="the token is not this server's") as caught:
            await send(server.url, "wrong", OFFER, frames(0))
    assert caught.value.code == "bad_token"


async def test_the_server_refuses_in_the_middle_and_the_reason_comes_through() -> None:
    async with serving(KeptCalls()) as server:
        with pytest.raises(ProtocolError) as caught:
            await send(server.url, TOKEN, OFFER, frames(0, 1, 1, *range(2, 5000)))
    assert caught.value.code == "out_of_order"


async def test_the_server_stops_while_the_client_waits_for_sound() -> None:
    calls, running = KeptCalls(), asyncio.Event()

    async def quiet() -> AsyncIterator[tuple[int, bytes]]:
        yield 0, b"\x11" * 160
        running.set()
        await asyncio.Event().wait()

    async with serving(calls) as server:
        sender = asyncio.create_task(send(server.url, TOKEN, OFFER, quiet()))
        await running.wait()
        await server.stop()
        with pytest.raises(ProtocolError, match="the server was stopped") as caught:
            await sender
    assert caught.value.code == "connection_lost"


async def test_a_source_that_fails_says_so_itself_and_the_call_is_interrupted() -> None:
    calls = KeptCalls()

    async def unplugged() -> AsyncIterator[tuple[int, bytes]]:
        yield 0, b"\x11" * 160
        raise AudioError("the microphone is gone")

    async with serving(calls) as server:
        with pytest.raises(AudioError, match="the microphone is gone"):
            await send(server.url, TOKEN, OFFER, unplugged())
        await calls.only.ended.wait()
    assert calls.only.ending[0] == "interrupted"


async def test_no_server_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    with pytest.raises(ProtocolError, match="is the server running") as caught:
        await send(f"ws://127.0.0.1:{port}/ingest", TOKEN, OFFER, frames(0))
    assert caught.value.code == "unreachable"


async def test_a_server_without_the_endpoint() -> None:
    async with serving(KeptCalls()) as server:
        with pytest.raises(ProtocolError, match="takes no calls") as caught:
            await send(server.url.replace("ingest", "elsewhere"), TOKEN, OFFER, frames(0))
    assert caught.value.code == "not_ingest"


@pytest.mark.parametrize("answer", ["hello", "[1]", '{"type":"ready"}', '{"type":"done","call":"c","seconds":1}', b"\xff"])
async def test_a_server_that_speaks_something_else(answer: str | bytes) -> None:
    async def other(connection: ServerConnection) -> None:
        await connection.send(answer)
        await connection.wait_closed()

    async with serve(other, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with pytest.raises(ProtocolError) as caught:
            await send(f"ws://127.0.0.1:{port}", TOKEN, OFFER, frames(0))
    assert caught.value.code == "not_ingest"


@pytest.mark.parametrize("url", ["http://127.0.0.1/ingest", "callmonitor", "ws://", "ws://127.0.0.1:99999/", "ws://[bad/"])
async def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ConfigError, match="is not the address of a server"):
        await send(url, TOKEN, OFFER, frames(0))


async def test_the_documents_own_client_sends_a_call(tmp_path: Path) -> None:
    document = Path(__file__).parents[2] / "docs" / "ingest.md"
    (program,) = re.findall(r"```python\n(.*?)```", document.read_text("utf-8"), re.S)
    assert len([line for line in program.splitlines() if line.strip()]) <= 24
    with wave.open(str(tmp_path / "call.wav"), "wb") as recording:
        recording.setparams((2, 2, 8000, 0, "NONE", ""))
        recording.writeframes(bytes(range(200)) * 48)
    calls = KeptCalls()
    async with serving(calls) as server:
        client = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            program,
            str(tmp_path / "call.wav"),
            env={"CALLMONITOR_URL": server.url, "CALLMONITOR_TOKEN": TOKEN},
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await client.communicate()
    assert client.returncode == 0
    assert '"type":"done"' in output.decode()
    assert calls.only.ending == ("ended", None)
    assert calls.only.kept == bytes(range(200)) * 48
