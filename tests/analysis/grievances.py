"""Calls with what they are, the bundled scripts and dialogues of other trades, run and held against their labels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.analysis.analyzer import Analysis, Analyzer
from monitor.records import Finding, Summary, Utterance
from tests.analysis.talk import CALLS, HERE, info, said

DIALOGUES = HERE / "complaints"
KINDS = ("step", "promise")


@dataclass(frozen=True)
class Turn:
    """What was said, and the steps and promises (soothe, act, promise ...) that it must show."""

    utterance: Utterance
    labels: frozenset[str]


@dataclass(frozen=True)
class Call:
    name: str
    type: str
    validity: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class Outcome:
    call: Call
    findings: dict[str, Finding]
    summary: Summary

    def marks(self, turn: Turn) -> set[str]:
        """The steps and promises found in one turn."""
        found = [one for one in self.findings.values() if one.utterance == turn.utterance.id and one.kind in KINDS]
        return {"promise" if one.kind == "promise" else one.rule or "" for one in found}

    @property
    def missing(self) -> set[str | None]:
        return {one.rule for one in self.findings.values() if one.kind == "step_missing"}


def scripts() -> list[Call]:
    calls = []
    for path in sorted(CALLS.glob("*.json")):
        labelled = json.loads(path.read_text("utf-8"))
        turns = tuple(_scripted(number, turn) for number, turn in enumerate(labelled["turns"]))
        calls.append(Call(path.stem, labelled["complaint"]["type"], labelled["complaint"]["validity"], turns))
    return calls


def dialogues(name: str = "dialogues.txt") -> list[Call]:
    """Of a file: blocks that begin with `= type cause validity`, then lines `A[soothe,dated] text` and `C text`."""
    rows = (DIALOGUES / name).read_text("utf-8").splitlines()
    blocks = "\n".join(row for row in rows if not row.startswith("#")).strip().split("\n\n")
    return [_written(f"{Path(name).stem} {number}", block.splitlines()) for number, block in enumerate(blocks)]


def run(analysis: Analysis, call: Call, *, peeking: bool = False) -> Outcome:
    """Feed a call from start to end; `peeking`: a draft of everything is judged first, and must be judged alike."""
    analyzer = analysis.call(info())
    findings: dict[str, Finding] = {}
    for turn in call.turns:
        draft = analyzer.peek(replace(turn.utterance, stage="draft")) if peeking else None
        insight = analyzer.feed(turn.utterance)
        assert draft is None or _of(draft.findings) == _of(insight.findings), turn.utterance.text
        findings |= {found.id: found for found in insight.findings}
    findings |= {found.id: found for found in analyzer.finish()}
    return Outcome(call, findings, analyzer.summary())


def begun(analysis: Analysis, call: Call, turns: int) -> Analyzer:
    """An analyzer that has heard the first turns of a call."""
    analyzer = analysis.call(info())
    for turn in call.turns[:turns]:
        analyzer.feed(turn.utterance)
    return analyzer


def tally(outcomes: list[Outcome]) -> dict[str, Counter[str]]:
    """By label: how many were said (labels), found, and found where none was (false)."""
    counts: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        for turn in outcome.call.turns:
            marks = outcome.marks(turn)
            for label in turn.labels | marks:
                count = counts.setdefault(label, Counter())
                count["labels"] += label in turn.labels
                count["found"] += label in turn.labels and label in marks
                count["false"] += label not in turn.labels
    return counts


def f1(counts: Iterator[Counter[str]] | list[Counter[str]]) -> float:
    whole: Counter[str] = sum(counts, Counter())
    return 2 * whole["found"] / (whole["labels"] + whole["found"] + whole["false"])


def _of(findings: tuple[Finding, ...]) -> list[Finding]:
    return [found for found in findings if found.kind in KINDS]


def _scripted(number: int, turn: dict[str, object]) -> Turn:
    labels = [label for label in turn.get("labels", []) if label["kind"] in KINDS]  # type: ignore[attr-defined]
    names = frozenset("promise" if label["kind"] == "promise" else label["rule"] for label in labels)
    speaker, text, start, end = turn["speaker"], turn["text"], turn["start"], turn["end"]
    return Turn(said(speaker, text, start, end, id=f"u{number}"), names)  # type: ignore[arg-type]


def _written(name: str, rows: list[str]) -> Call:
    kind, _, validity = rows[0].removeprefix("=").split()
    turns, at = [], 0.0
    for number, row in enumerate(rows[1:]):
        tag, text = row.split(" ", 1)
        labels = tag[2:-1].split(",") if "[" in tag else []
        names = frozenset("promise" if label in ("dated", "undated") else label for label in labels)
        utterance = said("agent" if tag[0] == "A" else "customer", text, at, id=f"u{number}")
        turns.append(Turn(utterance, names))
        at = utterance.end + 1
    return Call(name, kind, validity, tuple(turns))
