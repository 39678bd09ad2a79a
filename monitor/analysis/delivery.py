"""fast_speech and raised_voice: how the agent speaks, by the sound of it.

Both rules are of kind `conduct`. Rates are characters a minute over voiced time; loudness and pitch are held against the
agent's own baseline in this call (baseline.py). A raised voice is loud by much, or loud and high together: pitch alone is now
and then measured an octave off.
"""

from __future__ import annotations

from monitor.analysis.baseline import Baseline, Baselines, Excess, excess, voiced
from monitor.analysis.context import Context, Said
from monitor.records import Finding

FAST, FASTEST = 330.0, 560.0  # characters a minute; nobody speaks faster: there the words are wrong, or the times
HURRIED, HURRIED_FROM = 1.4, 290.0  # times the own baseline, where that is at least so many characters a minute
CHARACTERS = 8  # that an utterance needs for a rate
EDGES = 0.2  # seconds: voice activity detection finds a voice late and drops it early, which makes short utterances fast
SHORTEST = 0.8  # seconds of voiced speech that can be loud
LOUD = 6.0  # dB above the baseline
LOUD_AND_HIGH = (4.0, 3.0)  # dB and semitones above it


class Delivery:
    """The agent's voice in one call."""

    def __init__(self) -> None:
        self._baselines = Baselines()

    def judge(self, said: Said, context: Context) -> list[Finding]:
        if said.speaker != "agent" or said.utterance.voice is None:
            return []
        base = self._baselines.of("agent")
        made = (_fast(said, base), _raised(said, base) if base else None)
        return [finding for finding in made if finding]

    def settle(self, said: Said) -> None:
        self._baselines.settle(said.utterance)


def _fast(said: Said, base: Baseline | None) -> Finding | None:
    count = sum("\u4e00" <= char <= "\u9fff" or char.isdecimal() for char in said.utterance.text)
    if count < CHARACTERS:
        return None
    rate = 60 * count / (voiced(said.utterance) + EDGES)
    own = 60 * base.rate if base else 0.0
    hurried = own > 0 and rate >= max(HURRIED_FROM, HURRIED * own)
    if rate > FASTEST or not (rate > FAST or hurried):
        return None
    because = f"语速每分钟 {rate:.0f} 字" + (
        f"，是自己平时（{own:.0f} 字）的 {rate / own:.1f} 倍" if hurried else f"（上限 {FAST:.0f} 字）"
    )
    return _finding(said, "fast_speech", min(0.95, 0.6 + 0.4 * (rate / FAST - 1) * 5), because)


def _raised(said: Said, base: Baseline) -> Finding | None:
    voice = said.utterance.voice
    if voice is None or voiced(said.utterance) < SHORTEST:
        return None
    above = excess(voice, base)
    if not _loud(above):
        return None
    higher = f"，音高升了 {above.pitch:.0f} 个半音" if above.pitch >= 1 else ""
    because = f"坐席音量比自己平时高 {above.loudness:.0f} 分贝{higher}"
    return _finding(said, "raised_voice", min(0.95, 0.5 + 0.05 * above.loudness), because)


def _loud(above: Excess) -> bool:
    decibels, semitones = LOUD_AND_HIGH
    return above.loudness >= LOUD or (above.loudness >= decibels and above.pitch >= semitones)


def _finding(said: Said, rule: str, confidence: float, because: str) -> Finding:
    utterance = said.utterance
    return Finding(
        call=utterance.call,
        id=f"{utterance.id}.{rule}",
        kind="conduct",
        rule=rule,
        speaker=utterance.speaker,
        start=utterance.start,
        end=utterance.end,
        text=utterance.text,
        confidence=round(max(0.5, confidence), 3),
        because=because,
        utterance=utterance.id,
        span=(0, len(utterance.text)),
    )
