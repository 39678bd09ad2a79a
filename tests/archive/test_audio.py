from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.archive.audio import HEADER, CallAudio, audio_path, duration, header
from monitor.config import Data
from monitor.errors import ArchiveError
from monitor.records import Encoding, Speaker

from . import make
from .make import START

BOTH: tuple[Speaker, ...] = ("agent", "customer")


def sound(size: int) -> bytes:
    return np.random.default_rng(7).bytes(size)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [("unknown",), BOTH])
@pytest.mark.parametrize(
    ("encoding", "width", "codec"), [("pcm_s16le", 2, "pcm_s16le"), ("mulaw", 1, "pcm_mulaw"), ("alaw", 1, "pcm_alaw")]
)
async def test_the_file_holds_what_came_as_it_came(
    data: Data, rate: int, channels: tuple[Speaker, ...], encoding: Encoding, width: int, codec: str
) -> None:
    sent = sound(int(rate * 2.5) * width * len(channels))
    audio = await CallAudio.open(data, make.call(channels=channels), rate=rate, encoding=encoding)
    for start in range(0, len(sent), 999):  # pieces that fit no block
        await audio.write(sent[start : start + 999])
    await audio.close()
    assert audio.path == audio_path(data, "c1", START)
    assert duration(audio.path) == 2.5
    with av.open(str(audio.path)) as recording:
        stream = recording.streams.audio[0]
        assert (stream.codec_context.name, stream.rate, stream.channels) == (codec, rate, len(channels))
        assert b"".join(bytes(packet) for packet in recording.demux(stream)) == sent
    with av.open(str(audio.path)) as recording:
        assert sum(frame.samples for frame in recording.decode(audio=0)) == int(rate * 2.5)


async def test_the_disk_is_touched_once_a_second_of_sound(data: Data) -> None:
    audio = await CallAudio.open(data, make.call(channels=BOTH), rate=8_000, encoding="mulaw")
    sizes = []
    for _ in range(120):
        await audio.write(b"\xff" * 320)
        sizes.append((audio.path.stat().st_size - HEADER.size, duration(audio.path)))
    assert sizes == [(0, 0.0)] * 49 + [(16_000, 1.0)] * 50 + [(32_000, 2.0)] * 21
    await audio.close()
    await audio.close()
    assert duration(audio.path) == 2.4
    with pytest.raises(ArchiveError, match=r"c1\.wav: is closed"):
        await audio.write(b"\xff")


async def test_a_writer_that_is_cancelled_loses_nothing(data: Data) -> None:
    audio = await CallAudio.open(data, make.call(channels=BOTH), rate=8_000, encoding="mulaw")
    sent = sound(3 * 16_000)
    for start in range(0, len(sent), 16_000):
        task = asyncio.create_task(audio.write(sent[start : start + 16_000]))
        await asyncio.sleep(0)  # it has begun, a thread is asked
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    closing = asyncio.create_task(audio.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)
    await audio.close()
    assert audio.path.read_bytes()[HEADER.size :] == sent


async def test_a_file_is_for_its_owner_and_never_overwritten(data: Data) -> None:
    old = os.umask(0)
    try:
        audio = await CallAudio.open(data, make.call(), rate=8_000, encoding="mulaw")
        await audio.write(b"\xff" * 100)
        await audio.close()
    finally:
        os.umask(old)
    folders = (data.folder, data.folder / "audio", data.folder / "audio" / "2026-11-22")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (*folders, audio.path)] == [0o700, 0o700, 0o700, 0o600]
    before = audio.path.read_bytes()
    with pytest.raises(ArchiveError, match=r"c1\.wav: a call's audio is there already and is not overwritten"):
        await CallAudio.open(data, make.call(), rate=8_000, encoding="mulaw")
    assert audio.path.read_bytes() == before


async def test_a_place_that_takes_no_file_is_named(data: Data) -> None:
    data.folder.mkdir()
    (data.folder / "audio").touch()
    with pytest.raises(ArchiveError, match=r"c1\.wav: the call's audio: "):
        await CallAudio.open(data, make.call(), rate=8_000, encoding="mulaw")


ids = st.text(st.sampled_from(".:/\\%~ aA\0é😀\ud800")) | st.text() | st.text("a:", min_size=60, max_size=300)


@given(ids, ids)
def test_no_two_calls_share_a_file_and_none_leads_elsewhere(one: str, other: str) -> None:
    data = Data(folder=Path("/data"))
    paths = [audio_path(data, id, START) for id in (one, other)]
    assert (paths[0] == paths[1]) == (one == other)
    for path in paths:
        assert path.parent == Path("/data/audio/2026-11-22")
        assert path == Path(os.path.normpath(path))
        assert len(path.name) <= 255
        assert not path.name.startswith(".")
        assert set(path.name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-%~")


def test_names_are_readable_and_do_not_depend_on_the_offset() -> None:
    data = Data(folder=Path("/data"))
    china = timezone(timedelta(hours=8))
    night = datetime(2026, 11, 23, 7, 0, tzinfo=china)
    assert audio_path(data, "CALL-2026.a_1", night) == Path("/data/audio/2026-11-22/CALL-2026.a_1.wav")
    assert audio_path(data, "CALL-2026.a_1", night.astimezone(UTC)) == audio_path(data, "CALL-2026.a_1", night)
    assert audio_path(data, "a:b", START).name == "a%3Ab.wav"
    assert audio_path(data, "../x", START).name == "%2E.%2Fx.wav"


def test_past_four_gigabytes_the_header_says_to_the_end(tmp_path: Path) -> None:
    rate, size = 48_000, 5 * 2**30
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(header("pcm_s16le", rate, 2, size))
        file.truncate(HEADER.size + size)  # a hole: takes no room
    assert duration(path) == size / (rate * 4)
    with av.open(str(path)) as recording:
        stream = recording.streams.audio[0]
        recording.seek(int((size / (rate * 4) - 1) / stream.time_base), stream=stream)
        last = [frame for frame in recording.decode(stream)][-1]
        assert last.pts is not None
        assert last.pts + last.samples == size // 4


def test_the_largest_size_a_header_can_say_is_said() -> None:
    sizes = {size: HEADER.unpack(header("mulaw", 8_000, 2, size)) for size in (2**32 - 60, 2**32 - 52, 2**32 - 50)}
    assert [(fields[1], fields[-1]) for fields in sizes.values()] == [
        (2**32 - 10, 2**32 - 60),
        (2**32 - 2, 2**32 - 52),
        (2**32 - 1, 2**32 - 1),
    ]


@pytest.mark.parametrize("content", [None, b"", b"RIFF", b"ID3" + bytes(100), b"RIFF" + bytes(46) + b"data" + bytes(4)])
def test_what_is_no_audio_of_ours_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"x\.wav: "):
        duration(path)


FULL = """
import asyncio, json, resource, sys
from pathlib import Path
from monitor.archive.audio import CallAudio, HEADER
from monitor.config import Data
from monitor.errors import ArchiveError
from tests.archive import make

def room(size):  # the largest file this process may write: the kernel's own refusal
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

async def main():
    data = Data(folder=Path(sys.argv[1]))
    audio = await CallAudio.open(data, make.call(channels=("agent", "customer")), rate=8000, encoding="mulaw")
    room(HEADER.size + 40_001)  # two and a half seconds and half a block
    failures = []
    for n in range(int(sys.argv[2])):
        try:
            await audio.write(bytes([n]) * 16_000)
        except ArchiveError as error:
            failures.append([n, error.code, str(error)])
    print(json.dumps([str(audio.path), failures]), flush=True)
    if sys.argv[3] == "kill":
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
    room(resource.RLIM_INFINITY)
    await audio.write(bytes([200]) * 16_000)
    await audio.close()

asyncio.run(main())
"""


async def on_a_full_disk(data: Data, seconds: int, then: str) -> tuple[Path, list[tuple[int, str, str]]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", FULL, str(data.folder), str(seconds), then),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    path, failures = json.loads(output)
    return Path(path), failures


async def test_a_full_disk_is_said_and_what_was_written_plays(data: Data) -> None:
    path, failures = await on_a_full_disk(data, 5, "kill")
    assert [(n, code) for n, code, _ in failures] == [(n, "disk_full") for n in (2, 3, 4)]
    assert failures[0][2] == f"{path}: the call's audio: cannot be kept, the disk is full"
    assert duration(path) == 2.5
    with av.open(str(path)) as recording:
        assert sum(frame.samples for frame in recording.decode(audio=0)) == 20_000


async def test_what_the_disk_did_not_take_is_written_when_there_is_room(data: Data) -> None:
    path, _ = await on_a_full_disk(data, 9, "go on")
    assert path.read_bytes()[HEADER.size :] == b"".join(bytes([n]) * 16_000 for n in (*range(9), 200))


async def test_what_could_not_be_held_is_silence_so_that_times_stay_right(data: Data) -> None:
    path, failures = await on_a_full_disk(data, 20, "go on")
    assert len(failures) == 18
    kept = path.read_bytes()[HEADER.size :]
    assert len(kept) == 21 * 16_000
    assert duration(path) == 21.0
    expected = b"".join(bytes([n]) * 16_000 for n in (*range(20), 200))
    lost = kept.index(b"\xff"), kept.rindex(b"\xff") + 1
    assert lost[0] == 40_001
    assert set(kept[slice(*lost)]) == {0xFF}
    assert kept[: lost[0]] == expected[: lost[0]]
    assert kept[lost[1] :] == expected[lost[1] :]
    assert 10 * 16_000 <= len(kept) - lost[1] <= 12 * 16_000
