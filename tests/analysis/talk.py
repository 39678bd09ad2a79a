"""Calls in text, for the detectors: utterances with times, from dialogues and from the bundled labelled scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from monitor.records import CallInfo, Silence, Span, Speaker, Stage, Utterance, Voice

HERE = Path(__file__).parent
CALLS = HERE.parent / "data" / "calls"
_ids = count(1)


def info(*channels: Speaker) -> CallInfo:
    started = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    return CallInfo(id="c", started=started, source="file", model="base", channels=channels or ("agent", "customer"))


def said(
    speaker: Speaker,
    text: str,
    start: float = 0.0,
    end: float | None = None,
    *,
    id: str | None = None,
    stage: Stage = "final",
    spans: tuple[Span, ...] = (),
    voice: Voice | None = None,
) -> Utterance:
    return Utterance(
        call="c",
        id=id or f"u{next(_ids)}",
        speaker=speaker,
        start=start,
        end=start + max(0.5, len(text) / 5) if end is None else end,
        text=text,
        stage=stage,
        confidence=0.9,
        spans=spans,
        voice=voice,
    )


def silent(speaker: Speaker, start: float, end: float) -> Silence:
    return Silence("c", speaker, start, end)


@dataclass(frozen=True)
class Line:
    """One turn of a labelled call; `repeats`: the customer says again what was said; `values`: figures that differ."""

    utterance: Utterance
    repeats: bool
    values: tuple[str, ...]


def dialogues() -> list[list[Line]]:
    """tests/analysis/claims/dialogues.txt."""
    rows = (HERE / "claims" / "dialogues.txt").read_text("utf-8").splitlines()
    blocks = "\n".join(row for row in rows if not row.startswith("#")).strip().split("\n\n")
    return [[_line(row, 6.0 * index) for index, row in enumerate(block.splitlines())] for block in blocks]


def scripts() -> list[list[Line]]:
    """The bundled labelled calls, by their scripts."""
    calls: list[list[Line]] = []
    for path in sorted(CALLS.glob("*.json")):
        turns = json.loads(path.read_text("utf-8"))["turns"]
        calls.append([])
        for turn in turns:
            labels = [label for label in turn.get("labels", []) if label["kind"] == "repeated_claim"]
            values = tuple(labels[0]["values"] or ()) if labels else ()
            calls[-1].append(Line(said(turn["speaker"], turn["text"], turn["start"], turn["end"]), bool(labels), values))
    return calls


def _line(row: str, start: float) -> Line:
    tag, rest = row.split(" ", 1)
    text, *values = rest.split("|")
    return Line(said("agent" if tag == "A" else "customer", text, start, start + 5), tag in ("C+", "C!"), tuple(values))
