"""Whole calls in which somebody marked what single labels do not tell: what is said again, and where each step is first taken.

A call begins with `# idea: what it is about` and `# call: type cause validity`; its rows count from 1. A file `.tsv` has the
calls themselves, a row `speaker<TAB>marks<TAB>text`; a file `.marks` only what is marked (`row<TAB>marks`) in the calls of the
corpus's file of its name, which the classifier of acts has learnt. Marks, parted by spaces, `-` for none:

    R3  R3!三回=五回  states again what row 3 stated, the latter with a figure that differs (as said before, as said now)
    M3  asks for what row 3 gave
    S:act  takes this step of handling a complaint, for the first time
    C  here a supervisor should be called in
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from monitor.analysis import corpus
from monitor.analysis.calltype import TYPES
from monitor.errors import ConfigError
from monitor.records import Speaker

_SPEAKERS: dict[str, Speaker] = {"agent": "agent", "customer": "customer"}
_MARK = re.compile(r"R\d+(?:![^=\s]+=[^=\s]+)?|M\d+|S:(?:soothe|probe|act|elevate|change|close)|C")
_STOPS = "，。？！；、…"


@dataclass(frozen=True, slots=True)
class Turn:
    """All that one side says until the other speaks."""

    speaker: Speaker
    text: str
    marks: frozenset[str] = frozenset()

    @property
    def repeats(self) -> bool:
        return any(mark[0] == "R" for mark in self.marks)

    @property
    def steps(self) -> frozenset[str]:
        return frozenset(mark[2:] for mark in self.marks if mark[0] == "S")


@dataclass(frozen=True, slots=True)
class Marked:
    """One call. `learnt`: its lines are in the corpus, so the classifier hears them more surely than it will others."""

    idea: str
    type: str
    turns: tuple[Turn, ...]
    learnt: bool


def read(path: Path) -> list[Marked]:
    """The calls of one file. Raises ConfigError naming file and line, or the call."""
    if path.suffix == ".marks":
        return [_of_corpus(path, *block) for block in _blocks(path, 2)]
    calls = list[Marked]()
    for idea, type_, rows in _blocks(path, 3):
        turns = [Turn(_speaker(path, number, row[0]), row[2], _marks(path, number, row[1])) for number, row in rows]
        calls.append(Marked(idea, type_, _joined(turns), learnt=False))
    return calls


def _of_corpus(path: Path, idea: str, type_: str, rows: Sequence[tuple[int, list[str]]]) -> Marked:
    said = _corpus_calls(path.stem).get(idea)
    if said is None:
        raise ConfigError(f"{path}: {idea}: the corpus's {path.stem}.tsv has no such call")
    turns = list(said)
    for number, row in rows:
        if not row[0].isdecimal() or not 1 <= int(row[0]) <= len(turns):
            raise ConfigError(f"{path}:{number}: the call has rows 1 to {len(turns)}")
        at = int(row[0]) - 1
        turns[at] = replace(turns[at], marks=_marks(path, number, row[1]))
    return Marked(idea, type_, _joined(turns), learnt=True)


@lru_cache(maxsize=1)
def _corpus_calls(name: str) -> dict[str, list[Turn]]:
    """The calls of one of the corpus's files by what they are about, row by row."""
    path = next((file for file in corpus.files() if file.stem == name), None)
    calls, rows = dict[str, list[Turn]](), list[Turn]()
    for line in path.read_text("utf-8").splitlines() if path else ():
        if line.startswith("# idea:"):
            rows = calls.setdefault(line[7:].strip(), [])
        elif line and not line.startswith("#"):
            speaker, _, text = line.split("\t")
            rows.append(Turn(_SPEAKERS[speaker], text))
    return calls


def _blocks(path: Path, columns: int) -> Iterator[tuple[str, str, list[tuple[int, list[str]]]]]:
    """Of each call its idea, its type and its rows with their line numbers."""
    found = list[tuple[str, str, list[tuple[int, list[str]]]]]()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.startswith("# idea:"):
            found.append((line[7:].strip(), "", []))
        elif line.startswith("# call:") and found:
            found[-1] = (found[-1][0], _type(path, number, line[7:]), found[-1][2])
        elif line and not line.startswith("#"):
            row = line.split("\t")
            if not found or not found[-1][1] or len(row) != columns or not row[-1]:
                raise ConfigError(f"{path}:{number}: wants a call that has begun and whose type is told, and {columns} columns")
            found[-1][2].append((number, row))
    yield from found


def _type(path: Path, number: int, told: str) -> str:
    kind = told.split()[0] if told.split() else ""
    if kind not in TYPES:
        raise ConfigError(f"{path}:{number}: a type of {', '.join(TYPES)}")
    return kind


def _speaker(path: Path, number: int, name: str) -> Speaker:
    if name not in _SPEAKERS:
        raise ConfigError(f"{path}:{number}: {name}: agent or customer")
    return _SPEAKERS[name]


def _marks(path: Path, number: int, written: str) -> frozenset[str]:
    marks = frozenset(written.split()) - {"-"}
    if wrong := sorted(mark for mark in marks if not _MARK.fullmatch(mark)):
        raise ConfigError(f"{path}:{number}: {wrong[0]}: no such mark")
    return marks


def _joined(rows: Sequence[Turn]) -> tuple[Turn, ...]:
    """Rows of one side in a row are one turn."""
    turns = list[Turn]()
    for speaker, its in groupby(rows, key=lambda row: row.speaker):
        said = list(its)
        texts = [row.text if row.text[-1] in _STOPS else f"{row.text}，" for row in said[:-1]]
        last = said[-1].text if said[-1].text[-1] in _STOPS else f"{said[-1].text}。"
        turns.append(Turn(speaker, "".join([*texts, last]), frozenset().union(*(row.marks for row in said))))
    return tuple(turns)
