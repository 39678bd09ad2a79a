"""Recordings of every format, whole and broken, made here with PyAV."""

from __future__ import annotations

import os
import struct
import tracemalloc
import wave
from contextlib import closing
from itertools import islice
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from monitor.errors import AudioError
from monitor.ingest.file import BLOCK, Format, pcm, probe, speakers

CALLS = Path(__file__).parents[1] / "data" / "calls"
Pcm = npt.NDArray[np.int16]


def tones(rate: int, seconds: float, *hertz: float) -> Pcm:
    """(n, channels) of sines."""
    times = np.arange(round(rate * seconds)) / rate
    return np.stack([np.round(9000 * np.sin(2 * np.pi * each * times)) for each in hertz], axis=1).astype(np.int16)


def record(path: Path, samples: Pcm, rate: int, codec: str = "pcm_s16le") -> Path:
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[samples.shape[1]]
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        resampler = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.reshape(1, -1)), format="s16", layout=layout)
        frame.sample_rate, frame.pts = rate, 0
        for part in [*resampler.resample(frame), None]:
            container.mux(stream.encode(part))
    return path


def read(path: Path, warned: list[str] | None = None) -> Pcm:
    shape = probe(path)
    blocks = list(pcm(path, warned=(warned if warned is not None else []).append))
    assert {len(block) for block in blocks[:-1]} <= {shape.block}
    assert 0 < len(blocks[-1]) <= shape.block
    return np.frombuffer(b"".join(blocks), "<i2").reshape(-1, shape.channels)


def pitch(samples: npt.NDArray[np.int16], rate: int) -> float:
    """The strongest frequency, Hertz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


def middle(samples: Pcm, rate: int) -> Pcm:
    return samples[rate // 10 : -rate // 10]


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("call.wav", "pcm_s16le", 8000),
        ("call.wav", "pcm_mulaw", 8000),
        ("call.wav", "pcm_f32le", 44_100),
        ("call.mp3", "libmp3lame", 44_100),
        ("call.flac", "flac", 16_000),
        ("call.ogg", "libopus", 48_000),
        ("call.opus", "libopus", 48_000),
        ("call.m4a", "aac", 22_050),
    ],
)
def test_both_channels_of_every_format_left_and_right(tmp_path: Path, name: str, codec: str, rate: int) -> None:
    path = record(tmp_path / name, tones(rate, 2.0, 440, 1000), rate, codec)
    shape, warned = probe(path), list[str]()
    assert (shape.rate, shape.channels) == (rate, 2)
    assert shape.seconds == pytest.approx(2.0, abs=0.1)
    samples = read(path, warned)
    assert len(samples) / rate == pytest.approx(2.0, abs=0.1)
    assert pitch(middle(samples[:, 0], rate), rate) == pytest.approx(440, abs=3)
    assert pitch(middle(samples[:, 1], rate), rate) == pytest.approx(1000, abs=3)
    assert warned == []


def test_what_needs_no_decoding_comes_out_to_the_bit(tmp_path: Path) -> None:
    samples = tones(8000, 1.23, 440, 700)
    assert np.array_equal(read(record(tmp_path / "call.wav", samples, 8000)), samples)
    assert np.array_equal(read(record(tmp_path / "call.flac", samples, 8000, "flac")), samples)


def test_two_channels_without_a_layout_are_not_mixed(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    with wave.open(str(path), "wb") as recording:
        recording.setparams((2, 2, 8000, 0, "NONE", ""))
        recording.writeframes(tones(8000, 1.0, 440, 1000).astype("<i2").tobytes())
    assert np.array_equal(read(path), tones(8000, 1.0, 440, 1000))


@pytest.mark.parametrize(("rate", "given"), [(96_000, 48_000), (192_000, 48_000), (6000, 8000)])
def test_a_rate_the_server_does_not_take_is_brought_into_its_range(tmp_path: Path, rate: int, given: int) -> None:
    path = record(tmp_path / "call.wav", tones(rate, 2.0, 440), rate)
    assert probe(path) == Format(given, 1, 2.0)
    samples = read(path)
    assert len(samples) == pytest.approx(2.0 * given, abs=given * 0.01)
    assert pitch(middle(samples[:, 0], given), given) == pytest.approx(440, abs=3)


def test_who_speaks_where() -> None:
    assert speakers(1) == speakers(1, swap=True) == ("unknown",)
    assert speakers(2) == ("agent", "customer")
    assert speakers(2, swap=True) == ("customer", "agent")


def test_the_bundled_calls_are_two_channels_and_as_long_as_their_labels() -> None:
    paths = sorted(CALLS.glob("*.opus"))
    assert len(paths) == 16
    for path in paths:
        shape = probe(path)
        assert (shape.rate, shape.channels) == (48_000, 2)
        assert path.with_suffix(".json").exists()


def test_six_channels_are_refused(tmp_path: Path) -> None:
    path = record(tmp_path / "call.wav", tones(8000, 0.2, *[440] * 6), 8000)
    with pytest.raises(AudioError, match=r"call\.wav: has 6 channels; a call has one or two"):
        probe(path)


@pytest.mark.parametrize("rate", [0, 1, 3999, 1_000_000])
def test_a_rate_that_cannot_be_is_refused(tmp_path: Path, rate: int) -> None:
    path = record(tmp_path / "call.wav", tones(8000, 0.2, 440), 8000)
    content = bytearray(path.read_bytes())
    content[24:28] = rate.to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(AudioError, match=r"call\.wav: "):
        probe(path)


def test_tags_in_another_character_set_do_not_matter(tmp_path: Path) -> None:
    path = record(tmp_path / "call.wav", tones(8000, 0.5, 440), 8000)
    content = path.read_bytes()
    assert b"Lavf" in content
    path.write_bytes(content.replace(b"Lavf", "客服".encode("gbk")))
    assert len(read(path)) == 4000


@pytest.mark.parametrize(
    ("name", "codec"), [("a.wav", "pcm_s16le"), ("a.mp3", "libmp3lame"), ("a.ogg", "libopus"), ("a.m4a", "aac")]
)
def test_whatever_is_wrong_in_a_recording_only_audio_errors_come_of_it(tmp_path: Path, name: str, codec: str) -> None:
    random = np.random.default_rng(11)
    whole = record(tmp_path / name, tones(48_000, 4.0, 440, 1000), 48_000, codec).read_bytes()
    path, used, refused = tmp_path / f"broken-{name}", 0, 0
    for _ in range(60):
        content = bytearray(whole)
        reach = random.choice([64, 600, len(whole)])
        for place in random.integers(0, min(reach, len(whole)), random.choice([1, 5, 50])):
            content[place] = random.integers(256)
        path.write_bytes(content[: len(whole) if random.random() < 0.5 else random.integers(len(whole) // 2, len(whole))])
        try:
            used += sum(map(len, pcm(path))) > 0
        except AudioError as error:
            refused += str(error).startswith(f"{path}: ")
    assert used
    assert used + refused == 60


def bad_recordings(folder: Path) -> list[tuple[Path, str]]:
    whole = record(folder / "whole.wav", tones(8000, 1.0, 440, 440), 8000).read_bytes()
    contents = {
        "empty.wav": (b"", "is empty"),
        "header.wav": (whole[: whole.index(b"data") + 8], "is empty"),
        "noise.mp3": (np.random.default_rng(7).bytes(50_000), "is no recording that can be read|holds nothing that decodes"),
        "text.wav": ("这不是录音".encode() * 1000, "is no recording that can be read"),
        "list.m3u8": (
            f"#EXTM3U\n#EXTINF:1,\n{folder / 'whole.wav'}\n#EXT-X-ENDLIST\n".encode(),
            "is no recording that can be read",
        ),
        "list.wav": (b"ffconcat version 1.0\nfile 'whole.wav'\n", "is no recording that can be read"),
    }
    for name, (content, _) in contents.items():
        (folder / name).write_bytes(content)
    (folder / "folder.wav").mkdir()
    picture = record_picture(folder / "film.mp4")
    return [
        *((folder / name, reason) for name, (_, reason) in contents.items()),
        (folder / "folder.wav", "cannot be read: Is a directory"),
        (folder / "absent.wav", "cannot be read: No such file"),
        (Path("http://127.0.0.1:9/call.wav"), "cannot be read: No such file"),
        (picture, "holds no audio"),
    ]


def record_picture(path: Path) -> Path:
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode(None))
    return path


def test_what_is_no_recording_is_refused_by_name_and_reason(tmp_path: Path) -> None:
    for path, reason in bad_recordings(tmp_path):
        with pytest.raises(AudioError, match=reason) as caught:
            list(pcm(path))
        assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_recording_that_may_not_be_read(tmp_path: Path) -> None:
    path = record(tmp_path / "call.wav", tones(8000, 0.1, 440), 8000)
    path.chmod(0)
    with pytest.raises(AudioError, match="cannot be read: Permission denied"):
        probe(path)


def test_a_recording_that_breaks_off_gives_what_is_there_and_says_so(tmp_path: Path) -> None:
    samples, warned = tones(8000, 4.0, 440, 1000), list[str]()
    path = record(tmp_path / "call.wav", samples, 8000)
    path.write_bytes(path.read_bytes()[:40_001])
    got = read(path, warned)
    assert 9900 < len(got) <= 10_000
    assert np.array_equal(got, samples[: len(got)])
    assert [text for text in warned if text.startswith(f"{path}: ") and "1.2 s" in text]


def test_a_recording_that_is_shorter_than_it_says(tmp_path: Path) -> None:
    warned: list[str] = []
    path = record(tmp_path / "call.wav", tones(8000, 4.0, 440, 1000), 8000, "pcm_mulaw")
    path.write_bytes(path.read_bytes()[:24_001])
    read(path, warned)
    assert f"{path}: breaks off after 1.5 s of 4.0 s; what is there was used" in warned


@pytest.mark.parametrize(("name", "codec"), [("call.flac", "flac"), ("call.opus", "libopus")])
def test_damage_in_the_middle_is_silence_and_what_follows_keeps_its_time(tmp_path: Path, name: str, codec: str) -> None:
    rate, warned = 48_000, list[str]()
    first, second = tones(rate, 5.0, 440, 440), tones(rate, 5.0, 1000, 1000)
    path = record(tmp_path / name, np.concatenate([first, second]), rate, codec)
    content = bytearray(path.read_bytes())
    hurt = slice(len(content) // 5, len(content) // 4)
    content[hurt] = np.random.default_rng(3).bytes(hurt.stop - hurt.start)
    path.write_bytes(content)
    samples = read(path, warned)
    assert len(samples) == pytest.approx(10 * rate, abs=rate * BLOCK)
    assert pitch(samples[int(5.2 * rate) : 9 * rate, 0], rate) == pytest.approx(1000, abs=3)
    assert pitch(samples[int(4.0 * rate) : int(4.8 * rate), 0], rate) == pytest.approx(440, abs=3)
    assert len(warned) == 1
    assert "is damaged in" in warned[0]


def test_a_call_of_ten_hours_is_read_a_block_at_a_time(tmp_path: Path) -> None:
    """The file is sparse: it takes no room on the disk."""
    path, size = tmp_path / "long.wav", 8000 * 36_000 * 2
    form = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16_000, 2, 16)
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + form + b"data" + struct.pack("<I", size))
        file.truncate(44 + size)
    assert probe(path) == Format(8000, 1, 36_000.0)
    tracemalloc.start()
    try:
        with closing(pcm(path)) as blocks:
            minute = sum(map(len, islice(blocks, 600)))
            _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert minute == 60 * 16_000
    assert peak < 1_000_000
