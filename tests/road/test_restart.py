"""The service killed in the middle of a call and started again: what was shown is there, the call closed, its audio plays."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import av
import pytest

from monitor.ingest.play import Recording, play
from monitor.ingest.token import read_token
from tests.road.support import PATIENCE, ROOT, get, until, watching

pytestmark = pytest.mark.model


@asynccontextmanager
async def serve(folder: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """`callmonitor serve` as a process of its own, listening."""
    settings = folder / "config.toml"
    settings.write_text(f'[data]\nfolder = "{folder / "data"}"\n[model]\nfolder = "{ROOT / "models"}"\n', "utf-8")
    command = [sys.executable, "-m", "monitor", "--config", str(settings), "serve", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE, cwd=folder)
    try:
        assert process.stderr
        async with asyncio.timeout(PATIENCE):
            while b"listening" not in (line := await process.stderr.readline()):
                assert line, "the service ended instead of listening"
        drain = asyncio.create_task(process.stderr.read())
        yield process
        drain.cancel()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def test_killed_and_restarted_it_shows_all_that_was_shown(tmp_path: Path, calls: Path) -> None:
    port = free_port()
    async with serve(tmp_path, port) as process, watching(port) as page:
        sending = asyncio.create_task(
            play(
                [Recording(path=calls / "dev-01.opus", call="cut-1")],
                url=f"ws://127.0.0.1:{port}/ingest",
                token=read_token(tmp_path / "data"),
                speed=3,
            )
        )
        events = await until(page, lambda event: event["type"] == "alert")
        os.kill(process.pid, signal.SIGKILL)
        (outcome,) = await sending
        assert isinstance(outcome, Exception), "the client is told that the call was lost"

    shown = {event["data"]["id"]: event["data"]["text"] for event in events if event["type"] == "utterance"}
    found = {event["data"]["id"] for event in events if event["type"] == "finding"}
    taken = {event["id"] for event in events if event["type"].endswith("_withdrawn")}
    alerts = {event["data"]["id"] for event in events if event["type"] == "alert"}
    async with serve(tmp_path, port):
        state = await get(port, "/api/state")
        record = await get(port, "/api/calls/cut-1")
    (call,) = state["calls"]
    assert (call["id"], call["status"]) == ("cut-1", "interrupted")
    assert call["why"]
    assert set(shown) - taken <= {one["id"] for one in record["utterances"]}
    assert found - taken <= {one["id"] for one in record["findings"]}
    assert alerts <= {one["id"] for one in record["alerts"]}
    assert alerts <= {one["id"] for one in state["alerts"]}

    (audio,) = (tmp_path / "data" / "audio").rglob("*.wav")
    with av.open(str(audio)) as file:
        seconds = float(file.duration / av.time_base)
    assert seconds > max(alert["data"]["at"] for alert in events if alert["type"] == "alert") - 1
    assert call["seconds"] == pytest.approx(seconds, abs=1.5)


async def test_stopped_politely_it_closes_its_calls(tmp_path: Path, calls: Path) -> None:
    port = free_port()
    async with serve(tmp_path, port) as process, watching(port) as page:
        sending = asyncio.create_task(
            play(
                [Recording(path=calls / "dev-04.opus", call="stop-1")],
                url=f"ws://127.0.0.1:{port}/ingest",
                token=read_token(tmp_path / "data"),
            )
        )
        await until(page, lambda event: event["type"] == "utterance")
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == 0
        await sending
    async with serve(tmp_path, port):
        record = await get(port, "/api/calls/stop-1")
    assert record["call"]["status"] == "interrupted"
    assert "stopped" in record["call"]["why"]
    assert record["utterances"]
