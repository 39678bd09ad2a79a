"""Calls in text, for the detectors: utterances with times, from dialogues and from the bundled labelled scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from monitor.analysis import dialogues as dialogue
from monitor.analysis.acts import Acts, telling
from monitor.analysis.text import read
from monitor.records import CallInfo, Silence, Span, Speaker, Stage, Utterance, Voice

HERE = Path(__file__).parent
CALLS = HERE.parent / "data" / "calls"
OTHER: dict[Speaker, Speaker] = {"agent": "customer", "customer": "agent"}
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


def acts_in(classifier: Acts, text: str, speaker: Speaker = "agent", before: str = "") -> dict[str, float]:
    """Probabilities by label, before the length of the stretch is weighed."""
    found = classifier.read(read(text), speaker, read(before) if before else None)
    return {act.label: act.probability / telling(act.end - act.start) for act in found}


def silent(speaker: Speaker, start: float, end: float) -> Silence:
    return Silence("c", speaker, start, end)


@dataclass(frozen=True)
class Line:
    """One turn of a labelled call, and what it is labelled with.

    `repeats`: the customer says again what was said; `values`: figures that differ; `asks_again`: the agent asks for what the
    customer has given; `dodges`: the customer leaves a question unanswered for the second time.
    """

    utterance: Utterance
    repeats: bool
    values: tuple[str, ...]
    asks_again: bool = False
    dodges: bool = False


def dialogues(*names: str) -> list[list[Line]]:
    """Calls of tests/analysis/claims/NAME.txt."""
    calls = [call for name in names for call in dialogue.read(HERE / "claims" / f"{name}.txt")]
    return [[_line(row, 6.0 * index) for index, row in enumerate(call.rows)] for call in calls]


def scripts() -> list[list[Line]]:
    """The bundled labelled calls, by their scripts."""
    calls: list[list[Line]] = []
    for path in sorted(CALLS.glob("*.json")):
        turns = json.loads(path.read_text("utf-8"))["turns"]
        calls.append([])
        for turn in turns:
            labels = [label for label in turn.get("labels", []) if label["kind"] == "repeated_claim"]
            values = tuple(labels[0]["values"] or ()) if labels else ()
            kinds = {label["kind"] for label in turn.get("labels", [])}
            utterance = said(turn["speaker"], turn["text"], turn["start"], turn["end"])
            calls[-1].append(Line(utterance, bool(labels), values, "made_to_repeat" in kinds, "evasion" in kinds))
    return calls


def _line(row: dialogue.Row, start: float) -> Line:
    utterance = said(row.speaker, row.text, start, start + 5)
    return Line(utterance, row.repeats, row.values, row.tag == "A?", row.tag == "C~")
