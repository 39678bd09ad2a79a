"""Pieces of recordings as WAV files at the telephone's rate: a live run plays, to the sample, what its solo reviews hear."""

from __future__ import annotations

import wave
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from monitor.bench.plan import STEP, Slice
from monitor.ingest.file import pcm, probe

RATE = 8_000  # Hertz: what a telephone system sends, whatever the recording was kept as (Opus always gives 48,000)
NOISE = 10.0  # RMS of 16-bit samples: -70 dBFS, a line on which nobody speaks


def cut(slices: Iterable[Slice], folder: Path) -> dict[str, Path]:
    """Write each slice once; paths by name. Each recording is decoded once. Raises AudioError, OSError."""
    wanted: dict[Path, dict[str, Slice]] = {}
    for piece in slices:
        wanted.setdefault(piece.take.path, {})[piece.name] = piece
    paths: dict[str, Path] = {}
    for recording, its in wanted.items():
        channels = probe(recording).channels
        sound = _telephone(recording)
        block = round(RATE * STEP)
        for name, piece in its.items():
            first, count = round(piece.start / STEP), round(piece.seconds / STEP)
            paths[name] = folder / f"{len(paths):04d}-{recording.stem}.wav"
            _write(paths[name], channels, sound[first * block : (first + count) * block].tobytes())
    return paths


def silence(folder: Path, seconds: float) -> Path:
    """Both sides silent for so long, with a line's faint noise, always the same."""
    noise = np.random.default_rng(1).normal(0, NOISE, (round(seconds * RATE), 2)).round().astype("<i2")
    path = folder / "silence.wav"
    _write(path, 2, noise.tobytes())
    return path


def blocks(path: Path) -> Iterator[bytes]:
    """STEP seconds of interleaved samples at a time, read as they are asked for: playing costs next to nothing."""
    with wave.open(str(path), "rb") as file:
        size = round(file.getframerate() * STEP)
        while block := file.readframes(size):
            yield block


def _telephone(recording: Path) -> npt.NDArray[np.int16]:
    """The whole recording, (n, channels) at RATE."""
    shape = probe(recording)
    with closing(pcm(recording)) as found:
        samples = np.frombuffer(b"".join(found), "<i2").reshape(-1, shape.channels)
    if shape.rate == RATE:
        return samples
    return np.asarray(soxr.resample(samples, shape.rate, RATE), "<i2")


def _write(path: Path, channels: int, sound: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound)
