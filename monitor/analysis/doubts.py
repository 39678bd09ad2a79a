"""The banned phrase that nobody could be sure of, told once others have shown what kind of call this is.

Single stretches are doubted as single stretches. Of an agent who has surely used two banned phrases, a stretch that may well be
one more most likely is: two in five of his units are (see `odds`). The likeliest such turn of the call, before the second or
after it, is then told, or told anew as surer than it was, once a call: a third banned phrase calls for a supervisor, and must
not go unnoticed because one of the three was said, or heard, in words that no rule is sure of. Who soothes, asks or offers a
way meanwhile is not doubted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from monitor.analysis.context import SURE, Context, Said
from monitor.analysis.near import Near
from monitor.analysis.odds import after
from monitor.analysis.phrases import Likeness, explained, finding, stands
from monitor.analysis.playbook import Playbook
from monitor.records import Finding

KIND = "banned_phrase"
KNOWN = 2  # sure banned phrases from which the agent is known to use them
ODDS = 1.5  # what those add to the log odds of another: all that was measured, for this is no first one
LEAST, MOST = SURE, 0.75  # confidence
BECAUSE = "；单看这一句不能确定，但本通坐席另有两次用语不当"


class Doubts:
    """One call's. Comes after the detector of phrases."""

    def __init__(self, playbook: Playbook) -> None:
        self._lexicon = playbook.lexicons["agent"]
        self._sure = 0  # banned phrases surely found
        self._doubt: Finding | None = None  # the likeliest of the turns in which none was ...
        self._turn: Finding | None = None  # ... and of this turn
        self._broken = False  # this turn has one
        self._begun = False  # the customer has spoken
        self._told = False

    def judge(self, said: Said, context: Context) -> list[Finding]:
        """Of finals alone: a guess taken back takes its findings along, and this one may be of words settled long ago."""
        if self._told or not said.utterance.final or said.speaker != "agent" or self._sure + len(_sure(said)) < KNOWN:
            return []
        here = [] if self._broken or _sure(said) else [self._turn, self._doubtful(said)]
        doubt = _likeliest([self._doubt, *here])
        return [doubt] if doubt else []

    def settle(self, said: Said) -> None:
        if said.speaker == "agent":
            self._told |= any(one.because.endswith(BECAUSE) for one in said.findings)
            self._sure += len(_sure(said))
            self._broken |= bool(_sure(said))
            self._turn = None if self._broken or self._told else _likeliest([self._turn, self._doubtful(said)])
        elif not said.slight:
            self._begun = True
            self._doubt, self._turn, self._broken = _likeliest([self._doubt, self._turn]), None, False

    def _doubtful(self, said: Said) -> Finding | None:
        """What in an utterance without a sure banned phrase likely is one, were two others known."""
        unsure = [replace(one, confidence=after(one.confidence, ODDS)) for one in said.findings if one.kind == KIND]
        alike = self._alike(said, {one.rule for one in unsure})
        if not self._begun or _chance(said, [*unsure, *alike]) < LEAST:
            return None
        near = Near(self._lexicon, said.text)
        standing = [finding(one, said.utterance, said.text) for one in alike if stands(one, said, Context(), near)]
        chance = _chance(said, [*unsure, *standing])
        likeliest = _likeliest([*unsure, *standing])
        if likeliest is None or chance < LEAST:
            return None
        return replace(likeliest, confidence=round(min(chance, MOST), 3), because=likeliest.because + BECAUSE)

    def _alike(self, said: Said, found: set[str | None]) -> list[Likeness]:
        """Likenesses to the call lines of banned phrases, without those of the rules `found`."""
        rules = [(rule, act) for act in said.acts if (rule := self._lexicon.by_label.get(act.label))]
        return [
            Likeness(rule, act, ODDS) for rule, act in rules if rule.kind == KIND and rule.lines < 1 and rule.rule not in found
        ]


def _chance(said: Said, doubts: Iterable[Finding | Likeness]) -> float:
    """That at least one of them is one, and nothing else the utterance does explains them."""
    return (1 - math.prod(1 - one.confidence for one in doubts)) * (1 - explained(said))


def _likeliest(doubts: Sequence[Finding | None]) -> Finding | None:
    return max((one for one in doubts if one), key=lambda one: one.confidence, default=None)


def _sure(said: Said) -> list[Finding]:
    return [one for one in said.findings if one.kind == KIND and one.confidence >= SURE]
