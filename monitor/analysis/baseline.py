"""How a speaker sounds when calm: the voice of the first half minute of a call, against which the rest is heard.

The baseline leans to the calm side (the lower two fifths of loudness, pitch and rate, by length): who starts with an outburst
is not held to it. It grows until `FULL` seconds of voiced speech, and is believed from `ENOUGH` on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitor.records import Speaker, Utterance, Voice

ENOUGH, FULL = 5.0, 25.0  # seconds of voiced speech
SHORTEST = 0.6  # seconds of voiced speech that can be judged
CALM = 0.4  # quantile of what was heard that counts as the speaker's own

Heard = tuple[Voice, float]  # and how many seconds of it


@dataclass(frozen=True, slots=True)
class Baseline:
    loudness: float  # dBFS
    pitch: float | None  # Hertz
    rate: float  # characters a second


@dataclass(frozen=True, slots=True)
class Excess:
    """A voice above another: decibels, semitones (0 where either has no pitch), octaves of rate (0 where either has none)."""

    loudness: float
    pitch: float
    rate: float


class Baselines:
    """The speakers of one call."""

    def __init__(self) -> None:
        self._heard: dict[Speaker, list[Heard]] = {}
        self._made: dict[Speaker, Baseline | None] = {}

    def of(self, speaker: Speaker) -> Baseline | None:
        """None until enough was heard."""
        return self._made.get(speaker)

    def settle(self, utterance: Utterance) -> None:
        """Take a final utterance in, until the baseline is full."""
        seconds = voiced(utterance)
        heard = self._heard.setdefault(utterance.speaker, [])
        spoken = sum(length for _, length in heard)
        if utterance.voice is None or seconds < SHORTEST or spoken >= FULL:
            return
        heard.append((utterance.voice, seconds))
        self._made[utterance.speaker] = summed(heard, CALM) if spoken + seconds >= ENOUGH else None


def summed(heard: Sequence[Heard], quantile: float) -> Baseline:
    """Quantiles over utterances by length; pitch over those where it was measured. At least one is needed."""
    pitched = [(math.log2(voice.pitch), length) for voice, length in heard if voice.pitch]
    return Baseline(
        loudness=_quantile([(voice.loudness, length) for voice, length in heard], quantile),
        pitch=2 ** _quantile(pitched, quantile) if pitched else None,
        rate=_quantile([(voice.rate, length) for voice, length in heard], quantile),
    )


def excess(voice: Voice, base: Baseline) -> Excess:
    return Excess(
        loudness=voice.loudness - base.loudness,
        pitch=12 * math.log2(voice.pitch / base.pitch) if voice.pitch and base.pitch else 0.0,
        rate=math.log2(voice.rate / base.rate) if voice.rate > 0 and base.rate > 0 else 0.0,
    )


def voiced(utterance: Utterance) -> float:
    """Seconds of speech in an utterance."""
    return sum(end - start for start, end in utterance.spans) if utterance.spans else utterance.end - utterance.start


def _quantile(weighed: Sequence[tuple[float, float]], quantile: float) -> float:
    """Weighted quantile, between the middles of the weights."""
    ordered = sorted(weighed)
    weights = np.array([weight for _, weight in ordered])
    middles = np.cumsum(weights) - weights / 2
    return float(np.interp(quantile * weights.sum(), middles, [value for value, _ in ordered]))
