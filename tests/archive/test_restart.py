"""A process that is killed with -9, and what the next one finds."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import av
import pytest

from monitor.archive.audio import CallAudio, audio_path, duration
from monitor.archive.store import Archive
from monitor.config import Data
from monitor.records import Summary

from . import make
from .make import START, later

RATE = 8_000
SERVE = """
import asyncio, sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from monitor.archive.audio import CallAudio
from monitor.archive.store import Archive
from monitor.config import Data
from tests.archive import make

async def call(archive, data, id):
    info = make.call(id)
    await archive.add(info)
    audio = await CallAudio.open(data, info, rate=8000, encoding="mulaw")
    for n in count():
        await archive.add(make.utterance(f"u{n}", call=id, start=float(n), end=n + 1.0))
        await archive.add(make.alert(f"a{n}", call=id, at=n + 1.0))
        for _ in range(50):  # a second of two channels in frames of 20 ms
            await audio.write(bytes([0x80 + n % 16]) * 320)
        print(id, n, flush=True)

async def main():
    data = Data(folder=Path(sys.argv[1]))
    archive = await Archive.open(data)
    async with asyncio.TaskGroup() as calls:
        for n in range(3):
            calls.create_task(call(archive, data, f"c{n}"))

asyncio.run(main())
"""


@pytest.fixture
async def shown(data: Data) -> dict[str, int]:
    """What a service that served three calls had shown of each (its last utterance's number) when it was killed."""
    root = Path(__file__).parents[2]
    service = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVE, str(data.folder)), stdout=asyncio.subprocess.PIPE, cwd=root
    )
    assert service.stdout is not None
    shown: dict[str, int] = {}
    while len(shown) < 3 or min(shown.values()) < 5:
        line = await service.stdout.readline()
        assert line, "the service ended by itself"
        shown[line.split()[0].decode()] = int(line.split()[1])
    service.kill()
    rest, _ = await service.communicate()
    for line in rest.splitlines(keepends=True):
        if line.endswith(b"\n"):
            shown[line.split()[0].decode()] = int(line.split()[1])
    return shown


async def test_all_that_was_shown_is_there_and_the_calls_are_closed_as_interrupted(data: Data, shown: dict[str, int]) -> None:
    archive = await Archive.open(data)
    assert set(await archive.interrupted(later(3_600))) == set(shown)
    assert await archive.interrupted(later(3_600)) == []
    for id, last in shown.items():
        record = await archive.call(id)
        assert record is not None
        assert {f"u{n}" for n in range(last + 1)} <= {utterance.id for utterance in record.utterances}
        assert {f"a{n}" for n in range(last + 1)} <= {alert.id for alert in record.alerts}
        assert record.call.status == "interrupted"
        assert record.call.why
        assert record.call.seconds == duration(audio_path(data, id, START)) >= last + 1
        assert record.call.ended == START + timedelta(seconds=record.call.seconds)
    await archive.close()


async def test_the_audio_plays_to_its_last_second(data: Data, shown: dict[str, int]) -> None:
    for id, last in shown.items():
        with av.open(str(audio_path(data, id, START))) as recording:
            stream = recording.streams.audio[0]
            assert (stream.codec_context.name, stream.rate, stream.channels) == ("pcm_mulaw", RATE, 2)
            frames = sum(frame.samples for frame in recording.decode(stream))
        assert frames >= (last + 1) * RATE
        assert frames % RATE == 0


async def test_a_call_without_audio_lasted_as_long_as_was_kept(archive: Archive, data: Data) -> None:
    for id in ("c1", "c2", "c3", "c4"):
        await archive.add(make.call(id))
    record = await archive.call("c1")
    assert record is not None
    view = record.call
    await archive.progress(replace(view, seconds=42.0, risk=7), Summary(type="help", stressed=("退款",)))
    await archive.progress(replace(view, id="c2", seconds=42.0))
    await archive.close_call("c3", status="ended", why=None, seconds=1.0, ended=later(1), summary=Summary())
    audio = await CallAudio.open(data, make.call("c4"), rate=RATE, encoding="alaw")
    await audio.close()
    audio.path.write_bytes(b"damaged")
    assert sorted(await archive.interrupted(later(10))) == ["c1", "c2", "c4"]
    closed = await archive.call("c1")
    assert closed is not None
    assert closed.summary == Summary(type="help", stressed=("退款",), risk=7), "what it came to so far"
    views = {view.id: view for view in (await archive.recent())[0]}
    assert (views["c1"].seconds, views["c1"].ended, views["c1"].risk) == (42.0, later(10), 7)  # not after now
    assert (views["c4"].seconds, views["c4"].ended) == (0.0, START)
    assert views["c3"].status == "ended"
