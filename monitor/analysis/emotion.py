"""emotion_shift: when the customer gets worked up, or calms down, and over what.

A step is heard against the customer's own last utterances, back to the last shift: louder, higher and faster together
(`strength`), borne out by the words. `rising` needs bitter words, or a threat, under a voice a plain step up that is also above
the customer's calm voice. `soothed` needs somebody who was upset, an agent who has just offered something or understood, and a
voice a plain step down, or kind words. An utterance of a few syllables is no change that lasts. Without a measured voice
nothing rises: words alone are mostly facts.
"""

from __future__ import annotations

from collections import deque

from monitor.analysis.arousal import strength
from monitor.analysis.baseline import SHORTEST, Baselines, Heard, excess, summed, voiced
from monitor.analysis.context import Context, Said
from monitor.analysis.phrases import when
from monitor.analysis.sentiment import Sentiment
from monitor.analysis.text import Clause, Text
from monitor.records import Finding

BEFORE = 2  # utterances of the customer that a voice is heard against
STEP = 0.9  # of strength, from which a change is plain
ABOVE_OWN = 0.6  # strength above the customer's baseline, from which a voice is raised at all
CALM_AGAIN, CALMER, QUIET = 0.3, -1.0, -2.0  # calm after a rise; of who was bitter from the first; whatever the words
LASTING = 1.2  # seconds of voiced speech
SYLLABLES = 6
BITTER, KIND = -0.2, 0.3  # valence
HARD = 0.5  # how negative words may be under a voice that has calmed down
UPSET = -0.3  # mean valence of the last utterances from which a customer was upset
LOOKED_BACK = 3  # utterances of the customer that this mean is over
OFFERED = 0.5  # probability of an act that soothes
OFFERS = ("soothe", "act", "promise_dated", "elevate", "change", "acknowledge")
AFFRONTS = ("banned_phrase", "overpromise")
CLAUSE = 4  # syllables that a telling clause has at least
TOLD = 24  # characters of the agent's words that are quoted


class EmotionShifts:
    """The customer of one call."""

    def __init__(self, sentiment: Sentiment) -> None:
        self._sentiment = sentiment
        self._baselines = Baselines()
        self._voices: deque[Heard] = deque(maxlen=BEFORE)  # since the last shift
        self._moods: deque[float] = deque(maxlen=LOOKED_BACK)
        self._turn: str | None = None  # the shift told in the turn under way
        self._upset = False  # since something rose or a threat was made, until somebody is soothed
        self._calmed = False  # and has not got upset since

    def judge(self, said: Said, context: Context) -> list[Finding]:
        if said.speaker != "customer" or len(said.text.norm) < SYLLABLES or voiced(said.utterance) < LASTING:
            return []
        step = self._step(said)
        if self._rises(said, step):
            return [] if self._turn == "rising" else [self._rising(said, step or 0.0)]
        offer = self._offer(said, context)
        if offer and self._calms(said, step):
            return [] if self._turn == "soothed" else [self._soothed(said, offer)]
        return []

    def settle(self, said: Said) -> None:
        if said.speaker != "customer":
            if not said.slight and said.text.norm:
                self._turn = None
            return
        for found in said.findings:
            if found.kind == "emotion_shift":
                self._turn, self._upset, self._calmed = found.rule, found.rule == "rising", found.rule == "soothed"
                self._voices.clear()
            elif found.kind == "escalation":
                self._upset, self._calmed = True, False
        utterance = said.utterance
        if utterance.voice and voiced(utterance) >= SHORTEST:
            self._voices.append((utterance.voice, voiced(utterance)))
        if utterance.valence is not None:
            self._moods.append(utterance.valence)
        self._baselines.settle(utterance)

    def _step(self, said: Said) -> float | None:
        """How much more worked up this voice is than the customer's last utterances; None where that cannot be heard."""
        voice = said.utterance.voice
        return strength(excess(voice, summed(self._voices, 0.5))) if voice and self._voices else None

    def _rises(self, said: Said, step: float | None) -> bool:
        own = self._own(said)
        if step is None or own is None or step < STEP or own < ABOVE_OWN:
            return False
        return _valence(said) <= BITTER or _threatens(said)

    def _own(self, said: Said) -> float | None:
        """Strength above the customer's own baseline."""
        base, voice = self._baselines.of("customer"), said.utterance.voice
        return strength(excess(voice, base)) if base and voice else None

    def _calms(self, said: Said, step: float | None) -> bool:
        """Whether who was upset speaks calmly now: by the voice, unless the words are bitter, or by kind words."""
        if _threatens(said):
            return False
        bitter = bool(self._moods) and sum(self._moods) / len(self._moods) <= UPSET
        own = self._own(said)
        if step is not None and own is not None and step <= -STEP:
            fallen = CALM_AGAIN if self._upset else CALMER
            return (self._upset or bitter) and own <= fallen and (_valence(said) > -HARD or own <= QUIET)
        return self._upset and not self._calmed and _valence(said) >= KIND

    def _offer(self, said: Said, context: Context) -> str:
        """The agent's words just before that may soothe; empty where there are none, or where they were an affront."""
        answered = context.answered(said.utterance)
        if any(found.kind in AFFRONTS for one in answered for found in one.findings):
            return ""
        acts = [(act, one) for one in answered for act in one.acts if act.label in OFFERS and act.probability >= OFFERED]
        if acts:
            act, one = max(acts, key=lambda pair: pair[0].probability)
            return one.text.words(act.start, act.end)[:TOLD]
        kind = [one for one in answered if (one.utterance.valence or 0.0) >= KIND]
        if not kind:
            return ""
        text = kind[-1].text
        best = max(text.clauses, key=lambda clause: self._mood(text, clause))
        return text.words(best.start, best.end)[:TOLD]

    def _mood(self, text: Text, clause: Clause) -> float:
        return self._sentiment.clause(text, clause)

    def _rising(self, said: Said, step: float) -> Finding:
        clause = self._telling(said.text, worst=True)
        words = said.text.words(clause.start, clause.end)
        base, voice = self._baselines.of("customer"), said.utterance.voice
        louder = excess(voice, base).loudness if base and voice else 0.0
        because = (
            f"讲到“{words}”时客户激动起来，音量比自己平时高 {louder:.0f} 分贝"
            if louder >= 1
            else f"讲到“{words}”时客户激动起来"
        )
        return _finding(said, "rising", clause, min(0.95, 0.55 + 0.15 * step), because)

    def _soothed(self, said: Said, offer: str) -> Finding:
        clause = self._telling(said.text, worst=False)
        return _finding(said, "soothed", clause, 0.7, f"坐席说到“{offer}”之后，客户的语气缓和下来")

    def _telling(self, text: Text, *, worst: bool) -> Clause:
        """The clause with the strongest mood of that kind; the longest where none has any."""
        clauses = [clause for clause in text.clauses if clause.end - clause.start >= CLAUSE] or list(text.clauses)
        sign = -1 if worst else 1
        return max(clauses, key=lambda clause: (max(0.0, sign * self._mood(text, clause)), clause.end - clause.start))


def _threatens(said: Said) -> bool:
    return any(found.kind == "escalation" for found in said.findings)


def _valence(said: Said) -> float:
    return said.utterance.valence or 0.0


def _finding(said: Said, rule: str, clause: Clause, confidence: float, because: str) -> Finding:
    utterance, text = said.utterance, said.text
    span = text.span(clause.start, clause.end)
    start, end = when(utterance, *span)
    return Finding(
        call=utterance.call,
        id=f"{utterance.id}.{rule}",
        kind="emotion_shift",
        rule=rule,
        speaker=utterance.speaker,
        start=start,
        end=end,
        text=text.words(clause.start, clause.end),
        confidence=round(confidence, 3),
        because=because,
        utterance=utterance.id,
        span=span,
    )
