"""Wire audio into Chunks; the G.711 tables against FFmpeg's decoders."""

from __future__ import annotations

from typing import get_args

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.ingest.native import SILENCE, WIDTH
from monitor.ingest.pcm import Decoder, to_float
from monitor.records import RATE, Chunk, Encoding, Speaker

BOTH: tuple[Speaker, ...] = ("agent", "customer")


def tone(rate: int, seconds: float, hertz: float = 440.0, level: float = 0.5) -> npt.NDArray[np.float64]:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


def pcm(*channels: npt.NDArray[np.float64]) -> bytes:
    return np.round(np.stack(channels, axis=1) * 32767).astype("<i2").tobytes()


def joined(chunks: list[Chunk], speaker: Speaker) -> npt.NDArray[np.float32]:
    return np.concatenate([np.zeros(0, np.float32), *(chunk.samples for chunk in chunks if chunk.speaker == speaker)])


@pytest.mark.parametrize(("encoding", "codec"), [("mulaw", "pcm_mulaw"), ("alaw", "pcm_alaw")])
def test_g711_is_what_ffmpeg_decodes(encoding: Encoding, codec: str) -> None:
    codes = bytes(range(256))
    decoder = av.CodecContext.create(codec, "r")
    decoder.sample_rate = 8000
    decoder.layout = "mono"
    (frame,) = decoder.decode(av.Packet(codes))
    assert to_float(codes, encoding).tolist() == (frame.to_ndarray()[0] / 32768).tolist()


@pytest.mark.parametrize("encoding", get_args(Encoding))
def test_silence_is_silent(encoding: Encoding) -> None:
    samples = to_float(SILENCE[encoding] * WIDTH[encoding], encoding)
    assert abs(samples[0]) < 1e-3


def test_pcm_at_16_khz_goes_through_as_it_is() -> None:
    (chunk,) = Decoder("c", RATE, "pcm_s16le", ("unknown",)).feed(np.array([-32768, 0, 16384], "<i2").tobytes())
    assert chunk.samples.dtype == np.float32
    assert chunk.samples.tolist() == [-1.0, 0.0, 0.5]
    assert (chunk.call, chunk.speaker, chunk.start) == ("c", "unknown", 0.0)


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 22_050, 44_100, 48_000])
def test_each_channel_goes_to_its_speaker_in_time_and_in_tune(rate: int) -> None:
    decoder = Decoder("c", rate, "pcm_s16le", ("customer", "agent"))
    high = tone(rate, 1.0, 1000.0)
    chunks = decoder.feed(pcm(tone(rate, 1.0), high)) + decoder.finish()
    assert len(joined(chunks, "agent")) == len(joined(chunks, "customer")) == RATE
    for speaker, hertz in (("customer", 440.0), ("agent", 1000.0)):
        middle = slice(RATE // 10, -RATE // 10)
        error = joined(chunks, speaker)[middle] - tone(RATE, 1.0, hertz)[middle]  # type: ignore[arg-type]
        assert np.abs(error).max() < 1e-3


def test_a_chunk_is_contiguous_and_within_full_scale() -> None:
    square = np.sign(tone(8000, 1.0, 300.0))
    decoder = Decoder("c", 8000, "pcm_s16le", BOTH)
    for chunk in decoder.feed(pcm(square, square)) + decoder.finish():
        assert chunk.samples.flags.c_contiguous
        assert np.abs(chunk.samples).max() == 1.0


@settings(max_examples=60)
@given(
    rate=st.sampled_from([8000, 11_025, 16_000, 44_100, 48_000]),
    encoding=st.sampled_from(get_args(Encoding)),
    channels=st.sampled_from([("unknown",), BOTH]),
    seed=st.integers(0, 2**32 - 1),
    cuts=st.lists(st.integers(1, 3000), max_size=12),
)
def test_how_the_bytes_are_cut_changes_nothing(
    rate: int, encoding: Encoding, channels: tuple[Speaker, ...], seed: int, cuts: list[int]
) -> None:
    width = WIDTH[encoding] * len(channels)
    payload = np.random.default_rng(seed).bytes(6000 * width)
    whole, cut = Decoder("c", rate, encoding, channels), Decoder("c", rate, encoding, channels)
    expected = whole.feed(payload) + whole.finish()
    got: list[Chunk] = []
    place = 0
    for size in [*cuts, 6000]:
        got += cut.feed(payload[place * width : (place + size) * width])
        place += size
    got += cut.finish()
    for speaker in channels:
        np.testing.assert_allclose(joined(got, speaker), joined(expected, speaker), atol=1e-4)
        assert abs(len(joined(got, speaker)) - 6000 * RATE / rate) <= 1
        clock = 0
        for chunk in (chunk for chunk in got if chunk.speaker == speaker):
            assert chunk.start == clock / RATE
            clock += len(chunk.samples)


@pytest.mark.parametrize("rate", [8000, 48_000])
def test_live_audio_comes_out_within_an_eighth_of_a_second_of_going_in(rate: int) -> None:
    decoder = Decoder("c", rate, "pcm_s16le", ("agent",))
    block = pcm(tone(rate, 0.02))
    out = 0
    for count in range(1, 251):
        out += sum(len(chunk.samples) for chunk in decoder.feed(block))
        assert count * 0.02 - out / RATE < 0.125
