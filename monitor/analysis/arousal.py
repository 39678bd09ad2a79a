"""How worked up a voice is, against the speaker's own: 0..1, about 0.3 while nothing has changed.

Louder (dB), higher (semitones) and faster (octaves of rate) than the speaker's baseline add up. Until that stands, and where an
utterance is too short to measure, arousal is None. Who is furious from the first word has a furious baseline, which is why
words (valence) are judged beside the voice.
"""

from __future__ import annotations

import math

from monitor.analysis.baseline import SHORTEST, Baselines, Excess, excess, voiced
from monitor.records import Utterance

PER_DB, PER_SEMITONE, PER_OCTAVE = 0.35, 0.4, 2.0
DICTATION = 0.3  # octaves of rate that count at most: figures are read out slowly, in any mood
INTONATION = 1.5  # semitones by which any two sentences of one calm voice may differ
RESTING = 0.85  # a voice at its baseline: sigmoid(-0.85) is 0.3


class Arousal:
    """The voices of one call."""

    def __init__(self) -> None:
        self._baselines = Baselines()

    def judge(self, utterance: Utterance) -> float | None:
        """0..1, or None without a baseline or a measurable voice. Changes nothing."""
        base, voice = self._baselines.of(utterance.speaker), utterance.voice
        if base is None or voice is None or voiced(utterance) < SHORTEST:
            return None
        above = max(-20.0, min(20.0, strength(excess(voice, base))))
        return round(1 / (1 + math.exp(RESTING - above)), 3)

    def settle(self, utterance: Utterance) -> None:
        """Take a final utterance into its speaker's baseline, until that is full."""
        self._baselines.settle(utterance)


def strength(above: Excess) -> float:
    """One figure of how much more worked up a voice is than another: 1 is plain to hear."""
    pitch = math.copysign(max(0.0, abs(above.pitch) - INTONATION), above.pitch)
    return PER_DB * above.loudness + PER_SEMITONE * pitch + PER_OCTAVE * max(-DICTATION, min(DICTATION, above.rate))
