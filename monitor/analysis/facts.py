"""What the customer has given already: name, order number, amounts, dates ... so that nobody asks twice.

Found by the patterns of the playbook's facts.toml in what the customer says, and by plainer ones in what answers a question of
the agent (asked.toml). How to address the customer (王先生) is put together: a surname from either side, a title from whoever
says one, for no text tells a man from a woman. Figures are given as digits, other words as they were said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from monitor.analysis.asked import Questions
from monitor.analysis.claim_language import NEVER, Compiler
from monitor.analysis.context import Said
from monitor.analysis.phrases import when
from monitor.analysis.playbook import BUILT_IN as PLAYBOOK
from monitor.analysis.text import Clause, Text
from monitor.config import Section
from monitor.errors import Faults
from monitor.sheets import readable

BUILT_IN = PLAYBOOK / "facts.toml"
CALLED = ("called", "称呼")
MANY = 4  # values kept of a fact that has many
DIGITS = 4  # in a row, from which a value is a number to be read as digits
LONGEST = 40  # characters of a value


class FactSheet(Section):
    id: str = Field(min_length=1)
    zh: str = Field(min_length=1)
    customer: str | None = None
    agent: str | None = None
    answer: str | None = None
    asked: tuple[str, ...] = ()
    many: bool = False
    hidden: bool = False


class Sheet(Section):
    """facts.toml"""

    facts: tuple[FactSheet, ...]
    parts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    sheet: FactSheet
    by: dict[str, re.Pattern[str]]  # of each speaker
    answer: re.Pattern[str]


@dataclass(slots=True)
class Known:
    """A fact's values, each once, in the order given; `at`: call time of the first."""

    at: float
    values: list[str]


class FactLanguage:
    """facts.toml, compiled. Built once. Raises ConfigError naming file and line."""

    def __init__(self, path: Path = BUILT_IN) -> None:
        faults = Faults()
        found = readable(Sheet, path, faults, BUILT_IN)
        compiler = Compiler(path, found, faults, found.sheet.parts)
        facts = list[Fact]()
        for number, row in enumerate(found.sheet.facts):
            made = {}
            for key in ("customer", "agent", "answer"):
                written = getattr(row, key)
                made[key] = NEVER if written is None else compiler("facts", written, number, key, id=row.id)
                if made[key] is not NEVER and "value" not in made[key].groupindex:
                    line = found.line(("facts", number, key))
                    faults.add(f"{path}:{line}: facts.{row.id}.{key}: needs a group (?P<value>...)")
            facts.append(Fact(row, {"customer": made["customer"], "agent": made["agent"]}, made["answer"]))
        faults.tell()
        self.facts = tuple(facts)


class Facts:
    """The facts of one call."""

    def __init__(self, language: FactLanguage, questions: Questions) -> None:
        self._facts, self._questions = language.facts, questions
        self._known: dict[str, Known] = {}
        self._asked = frozenset[str]()  # what the agent has just asked for

    def settle(self, said: Said) -> None:
        """Take a final utterance."""
        for fact in self._facts:
            for value, at in self._found(fact, said):
                self._note(fact.sheet, value, at)
        if said.slight:
            return
        if said.speaker == "agent":
            self._asked = frozenset(one.id for question in self._questions.asked(said.text) for one in question.facts)
        else:
            self._asked = frozenset()

    @property
    def given(self) -> tuple[dict[str, Any], ...]:
        """The facts so far, in the order first given: {"id", "zh", "value", "at"}; several values are joined by 、."""
        shown = [
            {"id": fact.sheet.id, "zh": fact.sheet.zh, "value": "、".join(known.values), "at": known.at}
            for fact in self._facts
            if (known := self._known.get(fact.sheet.id)) and not fact.sheet.hidden
        ]
        return tuple(sorted([*shown, *self._called()], key=lambda one: (one["at"], one["id"])))

    def _called(self) -> Iterator[dict[str, Any]]:
        """How to address the customer: 王先生, or 女士 while the surname is not known."""
        if title := self._known.get("title"):
            surname = self._known.get("surname")
            value = (surname.values[-1] if surname else "") + title.values[-1]
            yield {"id": CALLED[0], "zh": CALLED[1], "value": value, "at": title.at}

    def _note(self, sheet: FactSheet, value: str, at: float) -> None:
        known = self._known.setdefault(sheet.id, Known(at, []))
        if value in known.values:
            return
        known.values = [*known.values, value][-MANY:] if sheet.many else [value]

    def _found(self, fact: Fact, said: Said) -> Iterator[tuple[str, float]]:
        """The values of `fact` in an utterance, and when each was said."""
        pattern = fact.by.get(said.speaker, NEVER)
        answers = said.speaker == "customer" and not self._asked.isdisjoint(fact.sheet.asked)
        for clause in said.text.clauses:
            norm = said.text.norm[clause.start : clause.end]
            matches = list(pattern.finditer(norm)) or (list(fact.answer.finditer(norm))[:1] if answers else [])
            for match in matches:
                start, end = _place(match, clause)
                yield _value(said.text, start, end), round(when(said.utterance, *said.text.span(start, end))[0], 2)


def _place(match: re.Match[str], clause: Clause) -> tuple[int, int]:
    """[start, end) in the normal form of the group that holds the value (`value`, `value2` ...)."""
    name = next(name for name in match.re.groupindex if name.startswith("value") and match[name])
    return clause.start + match.start(name), clause.start + match.end(name)


def _value(text: Text, start: int, end: int) -> str:
    norm = text.norm[start:end]
    if re.search(rf"[0-9]{{{DIGITS}}}", norm) and not norm.endswith(("块", "元")):
        return norm.upper()[:LONGEST]
    return text.words(start, end)[:LONGEST]
