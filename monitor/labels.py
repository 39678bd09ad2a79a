"""Labelled calls, and what a review made of them, as JSON files. What scoring does not use is passed over.

A labelled call (tests/data/calls/README.md) is ID.json with a recording ID.wav, .opus, ... beside it; its result is what
`review --json` prints for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from monitor.alerts.vocabulary import KINDS
from monitor.errors import MonitorError
from monitor.ingest.file import SUFFIXES
from monitor.records import Severity, Speaker

ANY_RULE = ("repeated_claim", "made_to_repeat", "promise")  # kinds whose labels are found by a finding of any rule


class Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class Label(Part):
    kind: str
    rule: str | None = None
    phrase: str = ""
    inconsistent: bool | None = None


class Turn(Part):
    speaker: Speaker
    text: str
    start: float = Field(ge=0)
    end: float
    labels: tuple[Label, ...] = ()
    hard_negative: str | None = None

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"ends at {self.end:g} s, before it starts at {self.start:g} s")
        return self


class Complaint(Part):
    type: str
    validity: str


class Expect(Part):
    alert_by_turn: int | None = Field(None, ge=0)


class Labelled(Part):
    turns: tuple[Turn, ...] = Field(min_length=1)
    complaint: Complaint
    expect: Expect = Expect()
    seconds: float | None = None

    @model_validator(mode="after")
    def _turn_is_there(self) -> Self:
        by = self.expect.alert_by_turn
        if by is not None and by >= len(self.turns):
            raise ValueError(f"expect.alert_by_turn is {by}, and the last turn is {len(self.turns) - 1}")
        return self

    @property
    def length(self) -> float:
        return self.turns[-1].end if self.seconds is None else self.seconds


class Heard(Part):
    speaker: Speaker
    start: float
    text: str


class Found(Part):
    kind: str
    rule: str | None = None
    speaker: Speaker
    start: float
    end: float
    text: str | None = None
    inconsistent: bool | None = None


class Raised(Part):
    at: float
    severity: Severity


class Whole(Part):
    type: str | None = None
    validity: str | None = None


class Origin(Part):
    model: str


class Result(Part):
    call: Origin
    utterances: tuple[Heard, ...]
    findings: tuple[Found, ...]
    alerts: tuple[Raised, ...]
    summary: Whole


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled call, its name, and the recording beside it, if there is one."""

    id: str
    labels: Labelled
    recording: Path | None


T = TypeVar("T", bound=Part)


def load_samples(folder: Path) -> list[Sample]:
    """The labelled calls of a folder, by name (JSON files without turns are none). Raises MonitorError naming all faults."""
    if not folder.is_dir():
        raise MonitorError(f"{folder}: there is no such folder", code="labels")
    samples, wrong = list[Sample](), list[str]()
    for path in sorted(folder.glob("*.json")):
        try:
            raw = _json(path)
            if isinstance(raw, dict) and "turns" in raw:
                samples.append(Sample(path.stem, _parsed(Labelled, raw, path), _recording(path)))
        except MonitorError as error:
            wrong.append(str(error))
    if wrong:
        raise MonitorError("\n".join(wrong), code="labels")
    if not samples:
        raise MonitorError(f"{folder}: holds no labelled call (ID.json with `turns`)", code="labels")
    return samples


def load(path: Path) -> Labelled:
    """One call's labels. Raises MonitorError."""
    return _parsed(Labelled, _json(path), path)


def load_result(path: Path) -> Result:
    """What a review kept. Raises MonitorError."""
    return _parsed(Result, _json(path), path)


def as_result(report: dict[str, Any]) -> Result:
    """What a review has just made (`review.as_report`)."""
    return Result.model_validate(report)


def doubts(sample: Sample) -> Iterator[str]:
    """Labels that no finding can ever match: misspelt, most likely."""
    for number, turn in enumerate(sample.labels.turns):
        for label in turn.labels:
            where = f"{sample.id}: turns.{number}"
            if label.kind not in KINDS:
                yield f"{where}: the kind {label.kind!r} is not one that is found"
            elif KINDS[label.kind] and label.kind not in ANY_RULE and label.rule not in KINDS[label.kind]:
                yield f"{where}: {label.kind} has no rule {label.rule!r}"


def phrase_end(truth: Labelled, finding: Found) -> float | None:
    """When the labelled phrase of `finding` ends, its place in the turn taken as its place in time; None where no label is its.

    Conduct has none: it is found in silence and overlap, not in words.
    """
    for turn in truth.turns:
        near = turn.speaker == finding.speaker and turn.start - 1 <= finding.end <= turn.end + 1
        for label in turn.labels if near else ():
            same = label.kind == finding.kind != "conduct" and (label.kind in ANY_RULE or label.rule == finding.rule)
            if same and label.phrase and label.phrase in turn.text:
                share = (turn.text.index(label.phrase) + len(label.phrase)) / len(turn.text)
                return turn.start + share * (turn.end - turn.start)
    return None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise MonitorError(f"{path}: cannot be read: {error.strerror}", code="labels") from error
    except UnicodeDecodeError as error:
        raise MonitorError(f"{path}: is not UTF-8 text: byte {error.start}", code="labels") from error
    except (json.JSONDecodeError, RecursionError) as error:
        where = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise MonitorError(f"{path}{where}: is not JSON: {error}", code="labels") from error


def _parsed(shape: type[T], raw: Any, path: Path) -> T:
    try:
        return shape.model_validate(raw)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(key) for key in fault["loc"])
        raise MonitorError(f"{path}: {where + ': ' if where else ''}{fault['msg']}", code="labels") from error


def _recording(labels: Path) -> Path | None:
    beside = sorted(path for path in labels.parent.glob(f"{_literal(labels.stem)}.*") if path.suffix.lower() in SUFFIXES)
    beside = [path for path in beside if path.stem == labels.stem]
    if len(beside) > 1:
        raise MonitorError(f"{beside[0]} and {beside[1]} are both beside {labels.name}; leave one", code="labels")
    return beside[0] if beside else None


def _literal(name: str) -> str:
    """A file's name where a pattern is expected."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)
