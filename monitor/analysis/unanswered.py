"""A threat that is answered with nothing: the agent neither helps nor asks nor explains, so he brushes it off.

Mockery is endless (出门左拐，公交两站地) and no list or classifier knows it all. But a customer has just threatened to go
outside, or worse, and the agent's whole turn does nothing that an answer could do. Of the four such turns of eight characters
and more in the scripts written for measuring, three mocked. Told when the turn is over, with little confidence.
"""

from __future__ import annotations

from dataclasses import replace

from monitor.analysis.context import BREACHES, SURE, Context, Said
from monitor.analysis.near import Near
from monitor.analysis.phrases import GRAVE, Inferred, explained, finding, stands, whole
from monitor.analysis.playbook import Playbook

RULE = "dismiss"
FEWEST = 8  # characters of such a turn: a short one may be cut off, or misheard altogether
HELPS = 0.3  # probability from which the turn does something an answer may do
CONFIDENCE = 0.65  # enough for an alert, too little for a whisper that names the words
BEFORE = "，而客户刚刚发出威胁，坐席整段话没有任何回应"


class Unanswered:
    """One call's."""

    def __init__(self, playbook: Playbook) -> None:
        self._lexicon = playbook.lexicons["agent"]
        self._rule = self._lexicon.by_label.get(RULE)  # none: a site has left it out
        self._turn: list[Said] = []  # the agent's since the threat
        self._before = Context()  # as it was before that turn
        self._threatened = False  # in the customer's turn before

    def settle(self, said: Said, context: Context) -> Said | None:
        """Take a final utterance, in the order of the call, `context` being from before it.

        The longest utterance of the turn that is over, where it left a threat unanswered, with that finding as its last.
        """
        if said.slight:
            return None
        if said.speaker == "agent":
            if not self._turn:
                self._before = context
            self._turn.append(said)
            return None
        told = self.close()
        threat = any(one.kind == "escalation" and (one.level or 0) >= GRAVE and one.confidence >= SURE for one in said.findings)
        self._threatened = threat or (self._threatened and bool(context.turn(said.utterance)))
        return told

    def close(self) -> Said | None:
        """The same at the end of the call."""
        turn, self._turn = self._turn, []
        rule, threatened = self._rule, self._threatened and bool(turn)
        self._threatened = self._threatened and not turn
        if rule is None or not threatened or sum(len(said.text.norm) for said in turn) < FEWEST:
            return None
        if any(explained(said) >= HELPS or _asks(said) or any(one.kind in BREACHES for one in said.findings) for said in turn):
            return None
        longest = max(turn, key=lambda said: len(said.text.norm))
        inferred = Inferred(rule, whole(RULE, longest), sure=CONFIDENCE, why=BEFORE)
        if not stands(inferred, longest, self._before, Near(self._lexicon, longest.text)):
            return None
        return replace(longest, findings=(*longest.findings, finding(inferred, longest.utterance, longest.text)))


def _asks(said: Said) -> bool:
    return any(clause.stop == "？" for clause in said.text.clauses)
