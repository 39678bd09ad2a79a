"""How an utterance sounded: loudness, pitch and rate, measured on its voiced stretches.

Pitch by YIN (de Cheveigné and Kawahara, "YIN, a fundamental frequency estimator for speech and music", JASA 111, 2002),
steps 1-5, for all frames at once through the FFT. It reads the period from the harmonics, so a telephone line that cuts off
everything under 300 Hz does not hide the fundamental.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from monitor.records import RATE, Samples, Span, Voice

STEP = 2  # decimation: pitch is looked for at 8 kHz, where a telephone voice has all its energy
LOWEST, HIGHEST = 65.0, 500.0  # Hertz
INTEGRATION = 0.025  # seconds compared with their shifted copy
HOP = 0.02  # seconds between frames
DIP = 0.15  # the first aperiodicity under this is the period
APERIODIC = 0.35  # a frame whose best dip is above this is not voiced
FRAMES_ENOUGH = 5  # voiced frames a pitch can be read from
QUIET = 25.0  # dB under the loudest frame: a gap, not voice
FLOOR = -100.0  # dBFS of digital silence

Floats = npt.NDArray[np.float64]
Columns = npt.NDArray[np.intp]


def measure(samples: Samples, spans: Sequence[Span], offset: float, characters: int) -> Voice:
    """Loudness (dBFS), pitch (Hertz), its spread (semitones) and rate (characters a second) of one utterance.

    `samples`: mono at RATE, the first of them at call time `offset`; `spans`: voiced stretches in call time, clipped to the
    samples; `characters`: how many were said. Silence gives FLOOR, no pitch, and a rate of 0 where nothing is voiced.
    """
    pieces = _cut(samples, spans, offset)
    seconds = sum(len(piece) for piece in pieces) / RATE
    pitches = np.concatenate([_pitch(piece) for piece in pieces]) if pieces else np.empty(0)
    enough = len(pitches) >= FRAMES_ENOUGH
    low, middle, high = np.percentile(pitches, (25, 50, 75)) if enough else (0.0, 0.0, 0.0)
    return Voice(
        loudness=_loudness(pieces),
        pitch=float(middle) if enough else None,
        pitch_spread=float(12 * np.log2(high / low)) if enough else None,
        rate=characters / seconds if seconds > 0 else 0.0,
    )


def _cut(samples: Samples, spans: Sequence[Span], offset: float) -> list[Samples]:
    bounds = [(max(0, round((start - offset) * RATE)), round((end - offset) * RATE)) for start, end in spans]
    return [piece for first, last in bounds if last > first and len(piece := samples[first:last])]


def _loudness(pieces: Sequence[Samples]) -> float:
    """RMS in dBFS over the frames that are not gaps: within QUIET dB of the loudest."""
    frame = round(HOP * RATE)
    powers = np.concatenate([_powers(piece, frame) for piece in pieces]) if pieces else np.zeros(1)
    loud = powers[powers >= powers.max() * 10 ** (-QUIET / 10)]
    return max(FLOOR, float(10 * np.log10(max(loud.mean(), 1e-12))))


def _powers(piece: Samples, frame: int) -> Floats:
    whole = len(piece) // frame * frame
    if not whole:
        return np.array([np.mean(np.square(piece, dtype=np.float64))])
    return np.asarray(np.square(piece[:whole].reshape(-1, frame), dtype=np.float64).mean(axis=1))


def _pitch(piece: Samples) -> Floats:
    """Hertz of each voiced frame of `piece`; empty where none is voiced or the piece is shorter than a frame."""
    rate = RATE // STEP
    shortest, longest = int(rate / HIGHEST), int(rate / LOWEST)
    width = int(INTEGRATION * rate)
    halved = piece[: len(piece) // STEP * STEP].reshape(-1, STEP).mean(axis=1, dtype=np.float64)
    if len(halved) < width + longest:
        return np.empty(0)
    frames = np.lib.stride_tricks.sliding_window_view(halved, width + longest)[:: int(HOP * rate)]
    frames = frames[np.square(frames).sum(axis=1) > 0]
    aperiodicity = _aperiodicity(frames, width, longest)
    searched = aperiodicity[:, shortest:longest]
    best = shortest + _first_dip(searched)
    voiced = aperiodicity[np.arange(len(best)), best] < APERIODIC
    return np.asarray(rate / _between(aperiodicity[voiced], best[voiced]))


def _aperiodicity(frames: Floats, width: int, longest: int) -> Floats:
    """YIN's cumulative mean normalised difference (frames, longest + 1): 0 at a perfect period, about 1 elsewhere."""
    size = 1 << int(np.ceil(np.log2(2 * width + longest)))
    head = np.fft.rfft(frames[:, :width], size, axis=1)
    product = np.fft.irfft(np.conj(head) * np.fft.rfft(frames, size, axis=1), size, axis=1)[:, : longest + 1]
    energy = np.cumsum(np.square(np.pad(frames, ((0, 0), (1, 0)))), axis=1)
    shifted = energy[:, width : width + longest + 1] - energy[:, : longest + 1]
    difference = np.maximum(shifted[:, :1] + shifted - 2 * product, 0)
    running = np.cumsum(difference[:, 1:], axis=1)
    normalised = np.ones_like(difference)
    normalised[:, 1:] = difference[:, 1:] * np.arange(1, longest + 1) / np.maximum(running, 1e-12)
    return np.asarray(normalised)


def _first_dip(searched: Floats) -> Columns:
    """Column of the bottom of the first dip under DIP, or of the lowest point where none goes that deep."""
    rising = np.zeros_like(searched, dtype=bool)
    rising[:, :-1] = searched[:, :-1] <= searched[:, 1:]
    bottom = rising & (searched < DIP)
    return np.asarray(np.where(bottom.any(axis=1), bottom.argmax(axis=1), searched.argmin(axis=1)))


def _between(aperiodicity: Floats, best: Columns) -> Floats:
    """The period in samples, by a parabola through the lowest point and its neighbours."""
    rows = np.arange(len(best))
    before, here, after = (aperiodicity[rows, best + step] for step in (-1, 0, 1))
    bend = before - 2 * here + after
    shift = np.where(bend > 1e-12, 0.5 * (before - after) / np.maximum(bend, 1e-12), 0.0)
    return np.asarray(best + np.clip(shift, -0.5, 0.5))
