from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from monitor.ingest.native import WIDTH
from monitor.ingest.pcm import to_float
from monitor.page.onair import HEADER, OnAir
from monitor.records import Encoding
from monitor.tap import Tap
from tests.page.support import Clock, info


async def heard(onair: OnAir, tap: Tap, payloads: list[tuple[bytes, int]]) -> list[tuple[float, bytes]]:
    """What one who comes now hears of these payloads and their lengths, frame by frame, with its place in the call."""
    line = onair.line("c1")
    assert line
    got: list[tuple[float, bytes]] = []
    with line.listen() as listener:
        for payload, frames in payloads:
            tap.feed(payload, frames)
        tap.end()
        while (frame := await listener.take()) is not None:
            at, number, *_ = HEADER.unpack_from(frame)
            got.append((at, frame[HEADER.size :]))
            listener.got(number)
    return got


@pytest.mark.parametrize("encoding", get_args(Encoding))
async def test_one_hears_the_call_from_now_on(encoding: Encoding) -> None:
    onair = OnAir(Clock())
    tap = Tap(onair, info(), 8000, encoding)
    codes = np.random.default_rng(0).integers(0, 256, 8000 * 2 * WIDTH[encoding], np.uint8).tobytes()
    tap.feed(codes, 8000)  # a second that nobody hears
    got = await heard(onair, tap, [(codes, 8000)])
    assert [at for at, _ in got] == pytest.approx([1 + number / 10 for number in range(10)])
    samples = np.frombuffer(b"".join(sound for _, sound in got), "<i2")
    assert (samples / 32768).tolist() == to_float(codes, encoding).tolist()


async def test_a_call_above_16_khz_comes_at_16_in_time_and_in_tune() -> None:
    onair = OnAir(Clock())
    tap = Tap(onair, info(), 48_000, "pcm_s16le")
    moments = np.arange(96_000) / 48_000
    wave = (0.5 * np.sin(2 * np.pi * 1000 * moments) * 32767).astype("<i2")
    payloads = [(np.stack([part, 0 * part], axis=1).tobytes(), 960) for part in wave.reshape(-1, 960)]
    for payload, frames in payloads[:50]:
        tap.feed(payload, frames)
    got = await heard(onair, tap, payloads[50:])
    line_samples = np.frombuffer(b"".join(sound for _, sound in got), "<i2").reshape(-1, 2)
    assert got[0][0] == 1.0
    assert 15_000 < len(line_samples) <= 16_000  # the resampler holds the newest back
    middle = slice(1600, 12_800)
    expected = 0.5 * np.sin(2 * np.pi * 1000 * (1.0 + np.arange(len(line_samples)) / 16_000)) * 32767
    assert np.abs(line_samples[middle, 0] - expected[middle]).max() < 200
    assert np.abs(line_samples[:, 1]).max() <= 1


async def test_the_next_listener_hears_where_the_call_is_by_then() -> None:
    onair = OnAir(Clock())
    tap = Tap(onair, info(), 48_000, "pcm_s16le")
    line = onair.line("c1")
    assert line
    second = bytes(4 * 48_000)
    with line.listen():
        tap.feed(second, 48_000)
    tap.feed(second, 48_000)
    assert (await heard(onair, tap, [(second, 48_000)]))[0][0] == 2.0
