"""How worked up a voice is, against the speaker's own: 0..1, about 0.3 while nothing has changed.

The speaker's first 20 s of voiced speech are the baseline; until it stands, and where an utterance is too short to measure,
arousal is None. Louder (dB), higher (semitones) and faster (octaves of rate) than the baseline add up. Who is furious from the
first word has a furious baseline, which is why words (valence) are judged beside the voice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitor.records import Speaker, Utterance, Voice

BASELINE = 20.0  # seconds of voiced speech
SHORTEST = 0.6  # seconds of voiced speech that can be judged
PER_DB, PER_SEMITONE, PER_OCTAVE = 0.35, 0.4, 2.0
RESTING = 0.85  # a voice at its baseline: sigmoid(-0.85) is 0.3


@dataclass(frozen=True, slots=True)
class Baseline:
    loudness: float  # dBFS
    pitch: float | None  # Hertz
    rate: float  # characters a second


class Arousal:
    """The voices of one call."""

    def __init__(self) -> None:
        self._heard: dict[Speaker, list[tuple[Voice, float]]] = {}
        self._baselines: dict[Speaker, Baseline] = {}

    def judge(self, utterance: Utterance) -> float | None:
        """0..1, or None without a baseline or a measurable voice. Changes nothing."""
        base, voice = self._baselines.get(utterance.speaker), utterance.voice
        if base is None or voice is None or _voiced(utterance) < SHORTEST:
            return None
        excess = PER_DB * (voice.loudness - base.loudness)
        if voice.pitch and base.pitch:
            excess += PER_SEMITONE * 12 * math.log2(voice.pitch / base.pitch)
        if voice.rate > 0 and base.rate > 0:
            excess += PER_OCTAVE * math.log2(voice.rate / base.rate)
        return round(1 / (1 + math.exp(RESTING - max(-20.0, min(20.0, excess)))), 3)

    def settle(self, utterance: Utterance) -> None:
        """Take a final utterance into its speaker's baseline, until that stands."""
        seconds = _voiced(utterance)
        if utterance.voice is None or utterance.speaker in self._baselines or seconds < SHORTEST:
            return
        heard = self._heard.setdefault(utterance.speaker, [])
        heard.append((utterance.voice, seconds))
        if sum(length for _, length in heard) >= BASELINE:
            self._baselines[utterance.speaker] = _baseline(heard)
            del self._heard[utterance.speaker]


def _baseline(heard: Sequence[tuple[Voice, float]]) -> Baseline:
    """Means over the utterances by length; pitch by its logarithm, where it was measured."""
    lengths = np.array([length for _, length in heard])
    pitched = [(voice.pitch, length) for voice, length in heard if voice.pitch]
    return Baseline(
        loudness=float(np.average([voice.loudness for voice, _ in heard], weights=lengths)),
        pitch=math.exp(sum(math.log(p) * s for p, s in pitched) / sum(s for _, s in pitched)) if pitched else None,
        rate=float(np.average([voice.rate for voice, _ in heard], weights=lengths)),
    )


def _voiced(utterance: Utterance) -> float:
    return sum(end - start for start, end in utterance.spans) if utterance.spans else utterance.end - utterance.start
