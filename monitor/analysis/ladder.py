"""The ladder a customer climbs: dissatisfied, wants a supervisor or leaves, threatens outside, turns extreme."""

from __future__ import annotations

from dataclasses import dataclass, replace

from monitor.analysis.context import Context, Said
from monitor.analysis.phrases import finding, hits
from monitor.analysis.playbook import Playbook
from monitor.records import Finding


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the customer stands: the highest level, by which rule, since when (call time), how often said again."""

    level: int = 0
    rule: str | None = None
    since: float | None = None
    times: int = 0
    answered: bool = False  # the agent has said something of substance since


class LadderDetector:
    """escalation. A threat said again is a finding again, whose `because` says so; the ladder itself only rises."""

    def __init__(self, playbook: Playbook) -> None:
        self._lexicon = playbook.lexicons["customer"]
        self._times: dict[str, int] = {}
        self._standing = Standing()

    @property
    def standing(self) -> Standing:
        return self._standing

    def judge(self, said: Said, context: Context) -> list[Finding]:
        if said.speaker == "agent" or not said.text.norm:
            return []
        found = hits(self._lexicon, said, context)
        return [finding(hit, said.utterance, said.text, self._again(rule.rule)) for rule, hit in found.items()]

    def settle(self, said: Said) -> None:
        if said.speaker == "agent":
            if len(said.text.norm) >= 4 and self._standing.level:
                self._standing = replace(self._standing, answered=True)
            return
        rungs = [found for found in said.findings if found.kind == "escalation"]
        for found in sorted(rungs, key=lambda found: found.level or 0):
            self._climb(found)

    def _again(self, rule: str) -> str:
        return f"（第{self._times[rule] + 1}次）" if self._times.get(rule) else ""

    def _climb(self, found: Finding) -> None:
        rule, level = found.rule or "", found.level or 0
        self._times[rule] = self._times.get(rule, 0) + 1
        if level > self._standing.level:
            self._standing = Standing(level, rule, found.start, 1)
        elif level == self._standing.level:
            self._standing = replace(self._standing, times=self._standing.times + 1, answered=False)
