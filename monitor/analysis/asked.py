"""made_to_repeat: the agent asks for what the customer has already given.

Each fact of the playbook's asked.toml (order number, name, when it began ...) is looked for in what the customer says, and in
his answers where the agent has just asked for it; of the kinds of things that are asked for by kind (哪个支行), whether one was
named (城东支行). The words of asking are known by their sound, since recognisers write 及点 for 几点. An agent's question for
a fact that is there, or one that says itself that it comes again (您单号多少来着, 再报一下), makes the customer repeat himself.
Reading back to confirm does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor.analysis import pinyin
from monitor.analysis import text as texts
from monitor.analysis.claim_language import NEVER, Compiler
from monitor.analysis.context import Context, Said
from monitor.analysis.phrases import when
from monitor.analysis.playbook import BUILT_IN as PLAYBOOK
from monitor.analysis.text import Text
from monitor.config import Section
from monitor.errors import Faults
from monitor.records import Finding
from monitor.sheets import readable

BUILT_IN = PLAYBOOK / "asked.toml"
SURE, LIKELY = 0.9, 0.75  # confidence: the fact is known and asked for; only that it is asked for again is
REMEMBERED = 60  # utterances of the customer
TOLD = 6  # characters that a customer must have said before anything can be asked again


class FactSheet(Section):
    id: str
    zh: str
    ask: str
    given: str
    answer: str


class Sheet(Section):
    """asked.toml"""

    again: str
    once_more: str
    not_asked: str
    heard: str
    unsure: str
    which: str
    not_named: str
    facts: tuple[FactSheet, ...]
    parts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One kind of fact: how it is asked for, how it is given unasked, and what answers the question."""

    id: str
    zh: str
    ask: re.Pattern[str]
    given: re.Pattern[str]
    answer: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Given:
    """What the customer said, and when."""

    start: float
    words: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the agent: [start, end) in the normal form, the facts it asks for, and whether by itself it comes again."""

    start: int
    end: int
    facts: tuple[Fact, ...]
    again: bool
    thing: str = ""  # the kind of which one is asked for (哪个支行)


class Questions:
    """The language of asking, compiled from asked.toml. Built once. Raises ConfigError naming file and line."""

    def __init__(self, path: Path) -> None:
        faults = Faults()
        found = readable(Sheet, path, faults, BUILT_IN)
        sheet, pattern = found.sheet, Compiler(path, found, faults, found.sheet.parts)
        self._again = pattern("again", sheet.again)
        self._once_more = pattern("once_more", sheet.once_more)
        self._not_asked = pattern("not_asked", sheet.not_asked)
        self._unsure = pattern("unsure", sheet.unsure)
        self._which = pattern("which", sheet.which)
        if "thing" not in self._which.groupindex and self._which is not NEVER:
            faults.add(f"{path}:{found.line(('which',))}: which: needs a group (?P<thing>...)")
        self._not_named = frozenset(sheet.not_named)
        words = (texts.normal(word) for word in sheet.heard.split())
        self._heard = {pinyin.syllables(word): word for word in words}
        self._sizes = sorted({len(sound) for sound in self._heard}, reverse=True)
        self.facts = tuple(
            Fact(
                row.id,
                row.zh,
                pattern("facts", row.ask, number, "ask", id=row.id),
                pattern("facts", row.given, number, "given", id=row.id),
                pattern("facts", row.answer, number, "answer", id=row.id),
            )
            for number, row in enumerate(sheet.facts)
        )
        faults.tell()

    def asked(self, text: Text) -> Iterator[Question]:
        """The questions for facts in what an agent says, clause by clause."""
        for clause in text.clauses:
            written = text.norm[clause.start : clause.end]
            if self._not_asked.search(written):
                continue
            norms = (written, self._as_heard(written, text.syllables[clause.start : clause.end]))
            facts = tuple(fact for fact in self.facts if any(fact.ask.search(norm) for norm in norms))
            again = any(map(self._again.search, norms)) or (not facts and any(map(self._once_more.search, norms)))
            which = self._which.search(written)
            if facts or again or which:
                yield Question(clause.start, clause.end, facts, again, which["thing"] if which else "")

    def named(self, thing: str, text: Text) -> int | None:
        """Where in the normal form one of that kind is named (城东支行), by its sound; None if nowhere."""
        sound, size = pinyin.syllables(thing), len(thing)
        ends = {end for _, end in text.word_spans}
        for start in range(1, len(text.norm) - size + 1):
            before = text.norm[start - 1]
            named = "\u4e00" <= before <= "\u9fff" and before not in self._not_named
            if named and start + size in ends and text.syllables[start : start + size] == sound:
                return start
        return None

    def _as_heard(self, norm: str, syllables: tuple[str, ...]) -> str:
        """A clause with the words of asking written as they should be, however the recogniser spelt their sounds."""
        chars, index = list(norm), 0
        while index < len(chars):
            sounds = (syllables[index : index + size] for size in self._sizes)
            word = next((self._heard[sound] for sound in sounds if sound in self._heard), "")
            if word and not self._unsure.match(norm, index):
                chars[index : index + len(word)] = word
            index += max(1, len(word))
        return "".join(chars)


class MadeToRepeat:
    """What the customer of one call has given so far."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._given: dict[str, Given] = {}
        self._first: Given | None = None  # the first thing of substance that the customer said
        self._open: tuple[Fact, ...] = ()  # what the agent has just asked for
        self._heard: list[Said] = []  # of the customer

    def judge(self, said: Said, context: Context) -> list[Finding]:
        if said.speaker != "agent":
            return []
        for question in self._questions.asked(said.text):
            known = [(fact, self._given[fact.id]) for fact in question.facts if fact.id in self._given]
            if known:
                fact, given = min(known, key=lambda pair: pair[1].start)
                return [_finding(said, question, given, f"{fact.zh}客户在 {_clock(given.start)} 已经说过", SURE)]
            if question.thing and (named := self._named(question.thing)):
                return [_finding(said, question, named, f"{question.thing}客户在 {_clock(named.start)} 已经说过", SURE)]
            if question.again and self._first:
                given = min(self._given.values(), key=lambda given: given.start, default=self._first)
                return [_finding(said, question, given, f"让客户重说一遍，客户在 {_clock(given.start)} 说过", LIKELY)]
        return []

    def settle(self, said: Said) -> None:
        if said.speaker == "agent" and not said.slight:
            self._open = tuple(fact for question in self._questions.asked(said.text) for fact in question.facts)
        elif said.speaker == "customer" and not said.slight:
            self._note(said)
            self._open = ()

    def _named(self, thing: str) -> Given | None:
        """Where the customer has named one of that kind."""
        for said in self._heard:
            start = self._questions.named(thing, said.text)
            if start is not None:
                clause = next(clause for clause in said.text.clauses if clause.start <= start < clause.end)
                span = said.text.span(clause.start, clause.end)
                return Given(when(said.utterance, *span)[0], said.text.words(clause.start, clause.end))
        return None

    def _note(self, said: Said) -> None:
        self._heard = [*self._heard, said][-REMEMBERED:]
        if self._first is None and len(said.text.norm) >= TOLD:
            self._first = Given(said.utterance.start, said.utterance.text)
        for fact in self._questions.facts:
            if fact.id not in self._given and (given := self._found(fact, said)):
                self._given[fact.id] = given

    def _found(self, fact: Fact, said: Said) -> Given | None:
        text = said.text
        for clause in text.clauses:
            norm = text.norm[clause.start : clause.end]
            match = fact.given.search(norm) or (fact.answer.search(norm) if fact in self._open else None)
            if match:
                span = text.span(clause.start + match.start(), clause.start + match.end())
                return Given(when(said.utterance, *span)[0], text.words(clause.start, clause.end))
        return None


def _finding(said: Said, question: Question, given: Given, because: str, confidence: float) -> Finding:
    utterance, span = said.utterance, said.text.span(question.start, question.end)
    start, end = when(utterance, *span)
    return Finding(
        call=utterance.call,
        id=f"{utterance.id}.made_to_repeat",
        kind="made_to_repeat",
        rule=None,
        speaker="agent",
        start=start,
        end=end,
        text=said.text.words(question.start, question.end),
        confidence=confidence,
        because=f"{because}：“{given.words}”",
        utterance=utterance.id,
        span=span,
        first=given.start,
    )


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
