"""arguing: three of the agent's turns in a row contradict the customer, and none gives way.

A turn is what the agent says between two turns of the customer. It contradicts by words (the playbook's arguing.toml), by what
was found in it (a flat denial, blame) or by an act of that sense; apology, understanding and help make it no contradiction.
Told on the third such turn, and on every third after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from monitor.analysis.context import Context, Said
from monitor.analysis.patterns import Automaton, PatternError
from monitor.analysis.phrases import when
from monitor.analysis.playbook import BUILT_IN as PLAYBOOK
from monitor.analysis.text import Text
from monitor.config import Section
from monitor.errors import Faults
from monitor.records import Finding
from monitor.sheets import readable

BUILT_IN = PLAYBOOK / "arguing.toml"
ROW = 3  # turns
MEANT = 0.6  # probability of an act from which it counts
AGAINST = ("contradict", "flat_denial", "blame_customer", "never_said")
TOWARDS = ("soothe", "acknowledge", "act", "elevate", "change")
WORDED = 0.85  # confidence that words contradict, where no act says so more surely


class Sheet(Section):
    """arguing.toml"""

    lead: tuple[str, ...] = ()
    tail: str = ""
    contradicts: tuple[str, ...]
    concedes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stand:
    """What one utterance does: [start, end) of the normal form that contradicts, if any does, and whether it gives way."""

    start: int = 0
    end: int = 0
    confidence: float = 0.0
    yields: bool = False


class Language:
    """Compiled from arguing.toml. Built once. Raises ConfigError naming the file and what is wrong in it."""

    def __init__(self, path: Path) -> None:
        faults = Faults()
        found = readable(Sheet, path, faults, BUILT_IN)
        sheet = found.sheet
        self._automaton = Automaton({}, sheet.lead, sheet.tail)
        self._contradicts = len(sheet.contradicts)
        for key, patterns in (("contradicts", sheet.contradicts), ("concedes", sheet.concedes)):
            for pattern in patterns:
                try:
                    self._automaton.add(pattern)
                except PatternError as error:
                    faults.add(f"{path}:{found.line((key,), pattern)}: {key}: the pattern {pattern!r} {error}")
        faults.tell()
        self._automaton.build()

    def stand(self, said: Said) -> Stand:
        """How an agent's utterance stands to the customer's."""
        matches = self._automaton.scan(said.text)
        against = [match for match in matches if match.pattern < self._contradicts]
        yields = len(against) < len(matches) or any(_means(said, label) for label in TOWARDS)
        if against:
            first = min(against, key=lambda match: (match.start, -match.end))
            return Stand(first.start, first.end, WORDED, yields)
        acts = [act for label in AGAINST if (act := said.act(label)) and act.probability >= MEANT]
        if acts:
            surest = max(acts, key=lambda act: act.probability)
            return Stand(surest.start, surest.end, surest.probability, yields)
        if any(found.rule in AGAINST for found in said.findings):
            return Stand(0, len(said.text.norm), WORDED, yields)
        return Stand(yields=yields)


class Arguing:
    """The agent's turns in one call."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._row = 0  # turns that contradicted, before the one under way
        self._turn = Stand()  # the agent's turn under way
        self._spoken = False  # whether there is one
        self._told = False  # of the turn under way

    def judge(self, said: Said, context: Context) -> list[Finding]:
        if said.speaker != "agent" or said.slight or self._told:
            return []
        stand = self._language.stand(said)
        turn = _joined(self._turn, stand)
        if not stand.confidence or turn.yields or (self._row + 1) % ROW:
            return []
        return [_finding(said, stand, self._row + 1)]

    def settle(self, said: Said) -> None:
        if said.slight or not said.text.norm:
            return
        if said.speaker == "agent":
            self._spoken = True
            self._turn = _joined(self._turn, self._language.stand(said))
            self._told = self._told or any(found.rule == "arguing" for found in said.findings)
        elif self._spoken:
            self._row = self._row + 1 if self._turn.confidence and not self._turn.yields else 0
            self._turn, self._spoken, self._told = Stand(), False, False


def _joined(turn: Stand, stand: Stand) -> Stand:
    """A turn with one utterance more."""
    newest = stand if stand.confidence else turn
    return replace(newest, yields=turn.yields or stand.yields)


def _means(said: Said, label: str) -> bool:
    act = said.act(label)
    return act is not None and act.probability >= MEANT


def _finding(said: Said, stand: Stand, row: int) -> Finding:
    utterance, text = said.utterance, said.text
    words = _around(text, stand)
    start, end = when(utterance, *text.span(*words))
    return Finding(
        call=utterance.call,
        id=f"{utterance.id}.arguing",
        kind="conduct",
        rule="arguing",
        speaker="agent",
        start=start,
        end=end,
        text=text.words(*words),
        confidence=round(min(0.95, stand.confidence), 3),
        because=f"坐席连续 {row} 次反驳客户，没有一次表示理解或给出办法",
        utterance=utterance.id,
        span=text.span(*words),
        count=row,
    )


def _around(text: Text, stand: Stand) -> tuple[int, int]:
    """The clauses that the contradiction stands in: [start, end) of the normal form."""
    first, last = text.clauses[text.clause_at[stand.start]], text.clauses[text.clause_at[stand.end - 1]]
    return first.start, last.end
