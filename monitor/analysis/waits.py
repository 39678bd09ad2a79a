"""The bare wait that its words do not give away: what follows it does.

A few syllables at the start of an answer are what a recogniser hears worst, and people ask others to wait in a hundred ways
(您先听会儿音乐, 搁那儿). But the customer has told of trouble, the agent answers with a few words, no question and no reason,
and then both sides are silent for as long as counts as dead air (see `turns`), or the customer asks what to wait for. In the
scripts written for measuring, nine of nine such answers before a silence were bare waits, and none of eleven longer ones.

What is told is of words settled a moment ago; it replaces what was found in them with less confidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from monitor.analysis.context import BREACHES, Context, Said
from monitor.analysis.near import Near
from monitor.analysis.phrases import EXPLAINED, Inferred, explained, finding, stands, whole
from monitor.analysis.playbook import Playbook, Rule
from monitor.records import Finding

RULE = "stall"
FEWEST, MOST = 2, 14  # characters of the answer
LONGEST = 3.5  # seconds of it; what takes longer says something
TELLING = 24  # characters in which a customer tells of something, known as trouble or not
SOON = 1.5  # seconds after it within which the silence begins
CONFIDENCE = 0.85
SILENT, ASKED = "，随后双方静默", "，客户接着问还等什么"
_ASKING = re.compile(r"等(什么|啥|多久|多长|到(什么|啥|几|哪))|(还|又)(要|得|让我|叫我|要我|让|叫)?等(?!了)|等等等|等完")
NEAR = 8  # characters into the customer's words within which that is asked


class BareWaits:
    """One call's."""

    def __init__(self, playbook: Playbook) -> None:
        self._lexicon = playbook.lexicons["agent"]
        self._rule = self._lexicon.by_label.get(RULE)  # none: a site has left it out
        self._answer: Said | None = None  # the last thing said, where it may have been one

    def settle(self, said: Said, context: Context) -> Said | None:
        """Take a final utterance, in the order of the call, `context` being from before it; what `hear` returns."""
        answer, self._answer = self._answer, said if self._may_be(said, context) else None
        asked = said.speaker == "customer" and (match := _ASKING.search(said.text.norm)) and match.start() < NEAR
        return self._told(answer, ASKED) if answer and asked else None

    def hear(self, found: Iterable[Finding]) -> Said | None:
        """The answer that a silence's findings show to be a bare wait, with that finding as its last."""
        answer = self._answer
        if answer is None or not any(_silent_after(answer, one) for one in found):
            return None
        self._answer = None
        return self._told(answer, SILENT)

    def _told(self, said: Said, after: str) -> Said:
        assert self._rule is not None
        waited = finding(_inferred(self._rule, said, after), said.utterance, said.text)
        return replace(said, findings=(*(one for one in said.findings if one.id != waited.id), waited))

    def _may_be(self, said: Said, context: Context) -> bool:
        """Whether it is a short first answer to trouble that does nothing else, and is no sure breach already."""
        if said.speaker != "agent" or self._rule is None:
            return False
        told = sum(len(before.text.norm) for before in context.answered(said.utterance))
        if not context.troubled and told < TELLING:
            return False
        length, seconds = len(said.text.norm), said.utterance.end - said.utterance.start
        if said.slight or not FEWEST <= length <= MOST or seconds > LONGEST:
            return False
        if explained(said) >= EXPLAINED or said.found(BREACHES):
            return False
        if any(not before.slight for before in context.turn(said.utterance)):
            return False
        return stands(_inferred(self._rule, said), said, context, Near(self._lexicon, said.text))


def _silent_after(said: Said, found: Finding) -> bool:
    """Whether both sides were silent right after it, and it was the agent who should have spoken."""
    return found.rule == "dead_air" and found.speaker == "agent" and found.start - said.utterance.end <= SOON


def _inferred(rule: Rule, said: Said, after: str = "") -> Inferred:
    return Inferred(rule, whole(RULE, said), sure=CONFIDENCE, why=after)
