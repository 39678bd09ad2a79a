"""What stands near a phrase and changes what it means: the playbook's contexts, found in one utterance."""

from __future__ import annotations

from monitor.analysis.patterns import NEGATIONS, Match, allowed
from monitor.analysis.playbook import ContextSheet, Lexicon
from monitor.analysis.text import Text


class Near:
    """Which contexts hold around a stretch of one utterance; `matches`: all of the lexicon in it, in the order of the scan."""

    def __init__(self, lexicon: Lexicon, text: Text) -> None:
        self.matches = lexicon.automaton.scan(text)
        self._text, self._contexts = text, lexicon.contexts
        self._found: dict[str, list[Match]] = {}
        for match in self.matches:
            entry = lexicon.entries[match.pattern]
            if isinstance(entry, str) and match.cost <= allowed(match.literals):
                self._found.setdefault(entry, []).append(match)

    def bears(self, name: str) -> bool:
        """Whether context `name` says anything of what is only like the call lines."""
        return self._contexts[name].lines

    def holds(self, name: str, start: int, end: int, *, inside: bool = False) -> bool:
        """Whether context `name` holds for norm[start:end]; `inside`: also by words within that."""
        context, text = self._contexts[name], self._text
        if context.stop and text.clauses[text.clause_at[end - 1]].stop in tuple(context.stop):
            return True
        low, high = self._scope(context, start, end)
        return any(
            low <= other.start
            and other.end <= high
            and (_placed(context, other, start, end) or (inside and start <= other.start and other.end <= end))
            and not (context.affirmed and other.start and text.norm[other.start - 1] in NEGATIONS)
            and not (context.apart and self._joined(end, other))
            and not self._broken(context, other, start, end)
            for other in self._found.get(name, ())
        )

    def _broken(self, context: ContextSheet, other: Match, start: int, end: int) -> bool:
        low, high = min(other.end, end), max(other.start, start)
        return any(low <= stop.start and stop.end <= high for stop in self._found.get(context.broken_by, ()))

    def _joined(self, end: int, other: Match) -> bool:
        clause_at = self._text.clause_at
        return other.start == end and clause_at[other.start] == clause_at[end - 1]

    def _scope(self, context: ContextSheet, start: int, end: int) -> tuple[int, int]:
        text = self._text
        if context.within == "utterance":
            return 0, len(text.norm)
        if context.within == "sentence":
            return text.sentence(start)[0], text.sentence(end - 1)[1]
        clauses = text.clauses
        return clauses[text.clause_at[start]].start, clauses[text.clause_at[end - 1]].end


def _placed(context: ContextSheet, other: Match, start: int, end: int) -> bool:
    before, after = start - other.end, other.start - end
    if context.where == "before":  # and it may end in the phrase's first words: 有人要打 before 打12315
        return other.start < start and other.end < end and before <= context.reach
    if context.where == "after":
        return 0 <= after <= context.reach
    return max(before, after) <= context.reach
