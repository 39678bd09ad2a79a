"""evasion: the agent asks a direct question and the customer's next turns do not answer it, twice.

Questions and what would answer them come from the playbook's evasion.toml. The first turn without an answer only counts; a
second, after a question again, is told where the customer plainly puts it off (你们自己看着办), by words or the act `refuse`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from monitor.analysis.claim_language import Compiler
from monitor.analysis.context import Context, Said
from monitor.analysis.phrases import when
from monitor.analysis.playbook import BUILT_IN as PLAYBOOK
from monitor.analysis.text import Text
from monitor.config import Section
from monitor.errors import Faults
from monitor.records import Finding
from monitor.sheets import readable

BUILT_IN = PLAYBOOK / "evasion.toml"
REFUSES = 0.6  # probability of the act from which a turn refuses
WORDED, MEANT = 0.85, 0.8  # confidence by words; by the act, of its probability
PATIENCE = 2  # turns of the agent without a question, after which the earlier one is dropped


class QuestionSheet(Section):
    id: str
    zh: str
    ask: str
    answer: str


class Sheet(Section):
    """evasion.toml"""

    dodging: str
    questions: tuple[QuestionSheet, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of direct question, and what answers it."""

    zh: str
    ask: re.Pattern[str]
    answer: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Dodge:
    """[start, end) of the normal form in which the customer puts a question off."""

    start: int
    end: int
    confidence: float
    example: str = ""  # the line of the corpus it is like


class Language:
    """Compiled from evasion.toml. Built once. Raises ConfigError naming file and line."""

    def __init__(self, path: Path) -> None:
        faults = Faults()
        found = readable(Sheet, path, faults, BUILT_IN)
        sheet, pattern = found.sheet, Compiler(path, found, faults)
        self._dodging = pattern("dodging", sheet.dodging)
        self._kinds = tuple(
            Kind(
                row.zh,
                pattern("questions", row.ask, number, "ask", id=row.id),
                pattern("questions", row.answer, number, "answer", id=row.id),
            )
            for number, row in enumerate(sheet.questions)
        )
        faults.tell()

    def asked(self, text: Text) -> tuple[Kind, ...]:
        """The kinds of direct question in what an agent says."""
        clauses = [text.norm[clause.start : clause.end] for clause in text.clauses]
        return tuple(kind for kind in self._kinds if any(kind.ask.search(clause) for clause in clauses))

    def answers(self, text: Text, kinds: tuple[Kind, ...]) -> bool:
        """Whether any of the questions is answered."""
        return any(kind.answer.search(text.norm) for kind in kinds)

    def dodge(self, said: Said) -> Dodge | None:
        """Where the customer puts a question off."""
        for clause in said.text.clauses:
            if self._dodging.search(said.text.norm[clause.start : clause.end]):
                return Dodge(clause.start, clause.end, WORDED)
        act = said.act("refuse")
        return Dodge(act.start, act.end, MEANT * act.probability, act.example) if act and act.probability >= REFUSES else None


class Evasion:
    """The question of one call that waits for an answer."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._kinds: tuple[Kind, ...] = ()  # asked in the agent's last turn
        self._evaded = 0  # turns that left a question open
        self._quiet = 0  # turns of the agent since the last question
        self._agent_open = False
        self._settled = False  # the customer's turn has answered, or been counted

    def judge(self, said: Said, context: Context) -> list[Finding]:
        if said.speaker != "customer" or not self._kinds or not self._evaded or self._settled:
            return []
        dodge = self._language.dodge(said)
        if dodge is None or self._answered(said, dodge):
            return []
        return [_finding(said, dodge, self._kinds)]

    def settle(self, said: Said) -> None:
        if said.slight:
            return
        if said.speaker == "agent":
            self._settle_agent(said.text)
        elif said.speaker == "customer":
            self._settle_customer(said)

    def _settle_agent(self, text: Text) -> None:
        if not self._agent_open:
            self._close_turn()
            self._kinds, self._agent_open, self._settled = (), True, False
        self._kinds += self._language.asked(text)

    def _close_turn(self) -> None:
        """The customer's turn is over: count it where it left a question open."""
        if not self._kinds:
            self._quiet += 1
            if self._quiet >= PATIENCE:
                self._evaded = 0
            return
        self._quiet = 0
        self._evaded = 0 if self._settled else self._evaded + 1

    def _settle_customer(self, said: Said) -> None:
        self._agent_open = False
        if any(found.kind == "evasion" for found in said.findings):
            self._evaded, self._kinds, self._settled = 0, (), True
        elif self._language.answers(said.text, self._kinds) and not self._language.dodge(said):
            self._settled = True

    def _answered(self, said: Said, dodge: Dodge) -> bool:
        """Whether the rest of what is said answers after all."""
        text = said.text
        rest = [text.norm[c.start : c.end] for c in text.clauses if c.end <= dodge.start or c.start >= dodge.end]
        return any(kind.answer.search(clause) for kind in self._kinds for clause in rest)


def _finding(said: Said, dodge: Dodge, kinds: tuple[Kind, ...]) -> Finding:
    utterance, span = said.utterance, said.text.span(dodge.start, dodge.end)
    start, end = when(utterance, *span)
    like = f"（类似“{dodge.example}”）" if dodge.example else ""
    return Finding(
        call=utterance.call,
        id=f"{utterance.id}.evasion",
        kind="evasion",
        rule=None,
        speaker="customer",
        start=start,
        end=end,
        text=said.text.words(dodge.start, dodge.end),
        confidence=round(dodge.confidence, 3),
        because=f"坐席两次问到{'、'.join(dict.fromkeys(kind.zh for kind in kinds))}，客户都没有回答{like}",
        utterance=utterance.id,
        span=span,
    )
