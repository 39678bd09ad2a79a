"""The banned phrase that nobody could be sure of, told once others have shown what kind of call this is.

Single stretches are doubted as single stretches. Of an agent who has surely used two banned phrases, a stretch that may well
be one more most likely is: two in five of his units are (see `odds`). The likeliest such turn of the call is then told as the
third, once a call: a third banned phrase calls for a supervisor, and must not go unnoticed because one of the three was said,
or heard, in words that no rule is sure of. Turns in which he soothes, asks or offers a way are not doubted, nor are those that
have a sure one.

What is told is of words settled long ago, so it is no finding of the utterance it comes with, and no detector is told of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from monitor.analysis.context import BREACHES, SURE, Context, Said
from monitor.analysis.near import Near
from monitor.analysis.phrases import EXPLAINED, Likeness, explained, finding, stands
from monitor.analysis.playbook import Playbook
from monitor.records import DOUBTED, Finding

KIND = "banned_phrase"
KNOWN = 2  # sure banned phrases by which the agent is known to use them; with a third nothing is left to tell
ODDS = 1.5  # what those add to the log odds of another: all that was measured, for this is no first one
LEAST, MOST = SURE, 0.65  # confidence: enough for an alert, too little for a whisper that names the words


class Doubts:
    """One call's."""

    def __init__(self, playbook: Playbook) -> None:
        self._lexicon = playbook.lexicons["agent"]
        self._sure = 0  # banned phrases surely found
        self._turn = 0  # the agent's, counted by what the customer says in between
        self._began = 0.0  # when the agent's last utterance did
        self._cleared: set[int] = set()  # turns that are not doubted
        self._doubts: list[tuple[int, Finding]] = []
        self._told = False

    def settle(self, said: Said) -> list[Finding]:
        """Take a final utterance, in the order of the call; the doubt that the call so far has made a finding of, if any."""
        if self._told or self._sure > KNOWN:
            return []
        if said.speaker == "agent":
            self._settle_agent(said)
        elif not said.slight and said.utterance.start >= self._began:
            self._turn += 1
        return self._tell()

    def amend(self) -> list[Finding]:
        """What was settled last has turned out to be a sure one; what `settle` returns."""
        if self._told or self._sure > KNOWN:
            return []
        self._sure += 1
        self._cleared.add(self._turn)
        return self._tell()

    def _tell(self) -> list[Finding]:
        if self._sure != KNOWN:
            return []
        over = [doubt for turn, doubt in self._doubts if turn < self._turn and turn not in self._cleared]
        likeliest = max(over, key=lambda doubt: doubt.confidence, default=None)
        self._told = likeliest is not None
        return [replace(likeliest, confidence=min(MOST, likeliest.confidence))] if likeliest else []

    def _settle_agent(self, said: Said) -> None:
        self._began = said.utterance.start
        sure = sum(one.kind == KIND and one.confidence >= SURE for one in said.findings)
        self._sure += sure
        if sure or explained(said) >= EXPLAINED:
            self._cleared.add(self._turn)
        elif self._turn and (doubt := self._doubtful(said)):  # before the customer has spoken there is nothing to offend
            self._doubts.append((self._turn, doubt))

    def _doubtful(self, said: Said) -> Finding | None:
        """What in an utterance is likely a banned phrase, were two others known."""
        if any(one.kind in BREACHES for one in said.findings):
            return None
        rules = [(rule, act) for act in said.acts if (rule := self._lexicon.by_label.get(act.label))]
        alike = [Likeness(rule, act, ODDS) for rule, act in rules if rule.kind == KIND and rule.lines < 1]
        if _chance(alike, said) < LEAST:
            return None
        near = Near(self._lexicon, said.text)
        alike = [one for one in alike if stands(one, said, Context(), near)]  # whatever holds of a first answer alone does not
        chance = _chance(alike, said)
        if chance < LEAST:
            return None
        likeliest = finding(max(alike, key=lambda one: one.confidence), said.utterance, said.text, DOUBTED)
        return replace(likeliest, confidence=round(chance, 3))


def _chance(alike: Iterable[Likeness], said: Said) -> float:
    """That at least one of them is one, and nothing else the utterance does explains them."""
    return (1 - math.prod(1 - one.confidence for one in alike)) * (1 - explained(said))
