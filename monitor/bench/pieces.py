"""Pieces of recordings as WAV files: what a live run plays, to the sample, is what its solo review hears."""

from __future__ import annotations

import wave
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from monitor.bench.plan import STEP, Slice
from monitor.ingest.file import pcm, probe

RATE = 8_000  # Hertz, of silence
NOISE = 10.0  # RMS of 16-bit samples: -70 dBFS, a line on which nobody speaks


def cut(slices: Iterable[Slice], folder: Path) -> dict[str, Path]:
    """Write each slice once; paths by name. Each recording is decoded once. Raises AudioError, OSError."""
    wanted: dict[Path, dict[str, Slice]] = {}
    for piece in slices:
        wanted.setdefault(piece.take.path, {})[piece.name] = piece
    paths: dict[str, Path] = {}
    for recording, its in wanted.items():
        shape = probe(recording)
        with closing(pcm(recording)) as blocks:
            sound = b"".join(blocks)
        block = round(shape.rate * STEP) * shape.channels * 2
        for name, piece in its.items():
            first, count = round(piece.start / STEP), round(piece.seconds / STEP)
            paths[name] = folder / f"{len(paths):04d}-{recording.stem}.wav"
            _write(paths[name], shape.rate, shape.channels, sound[first * block : (first + count) * block])
    return paths


def silence(folder: Path, seconds: float) -> Path:
    """Both sides silent for so long, with a line's faint noise, always the same."""
    noise = np.random.default_rng(1).normal(0, NOISE, (round(seconds * RATE), 2)).round().astype("<i2")
    path = folder / "silence.wav"
    _write(path, RATE, 2, noise.tobytes())
    return path


def blocks(path: Path) -> Iterator[bytes]:
    """STEP seconds of interleaved samples at a time, read as they are asked for: playing costs next to nothing."""
    with wave.open(str(path), "rb") as file:
        size = round(file.getframerate() * STEP)
        while block := file.readframes(size):
            yield block


def _write(path: Path, rate: int, channels: int, sound: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound)
