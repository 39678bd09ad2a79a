"""Alert rules tried on past calls: on what `review --json` kept of them, without hearing them again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate
from math import ceil
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from monitor.alerts.engine import Engine
from monitor.alerts.rules import Rules
from monitor.errors import MonitorError
from monitor.records import Alert, Finding, Speaker


class _Kept(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class _Call(_Kept):
    id: str
    seconds: float


class _Utterance(_Kept):
    id: str
    speaker: Speaker
    end: float


class Past(_Kept):
    """A reviewed call as it was kept."""

    call: _Call
    utterances: tuple[_Utterance, ...]
    findings: tuple[Finding, ...]


def load(path: Path) -> list[Past]:
    """The calls of a file that `review --json` or `--out` wrote: one object, or one a line. Raises MonitorError."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise MonitorError(f"{path}: cannot be read: {error.strerror}", code="results") from error
    except UnicodeDecodeError as error:
        raise MonitorError(f"{path}: is not UTF-8 text: byte {error.start}", code="results") from error
    return [_past(raw, path) for raw in _objects(text, path)]


def is_result(path: Path) -> bool:
    """Whether a JSON file holds reviewed calls (labels and the like do not)."""
    try:
        return path.suffix.lower() in (".json", ".jsonl") and all(
            isinstance(raw, dict) and "findings" in raw for raw in _objects(path.read_text("utf-8"), path)
        )
    except (OSError, UnicodeDecodeError, MonitorError):
        return False


def alerts(rules: Rules, past: Past, dead_air: float) -> list[Alert]:
    """The alerts that these rules raise, by the moment they would have come (of a silence, to within a second).

    A finding comes when its utterance is over (one that was doubted until later, see `doubts`, too); a silence is told after
    `dead_air` seconds and again as it grows; what is missing is judged when all that could have been it has come.
    """
    channels: tuple[Speaker, ...] = ("agent", "customer")
    if any(utterance.speaker == "unknown" for utterance in past.utterances):
        channels = ("unknown",)
    ends = {utterance.id: utterance.end for utterance in past.utterances}
    told = [stage for finding in past.findings for stage in _stages(finding, dead_air)]
    order = sorted(told, key=lambda finding: (ends.get(finding.utterance or "", finding.end), finding.start))
    engine, raised = Engine(rules, past.call.id, channels), dict[str, Alert]()

    def take(new: Iterable[Alert]) -> None:
        raised.update({alert.id: alert for alert in new})

    still_to_come = [*accumulate((finding.start for finding in reversed(order)), min)][::-1]
    for finding, known in zip(order, still_to_come, strict=True):
        for speaker in channels:
            take(engine.hear(speaker, known))
        take(engine.feed(finding))
    take(engine.finish(past.call.seconds))
    return sorted(raised.values(), key=lambda alert: (alert.at, alert.id))


def _stages(finding: Finding, dead_air: float) -> Iterator[Finding]:
    """A finding as it was told: what is kept of a silence is its whole length."""
    if finding.rule == "dead_air" and finding.seconds is not None:
        for more in range(max(0, ceil(finding.seconds - dead_air))):
            seconds = dead_air + more
            yield replace(finding, end=finding.end - finding.seconds + seconds, seconds=seconds)
    yield finding


def _objects(text: str, path: Path) -> list[Any]:
    try:
        try:
            return [json.loads(text)]
        except json.JSONDecodeError:
            rows = [(number, row) for number, row in enumerate(text.splitlines(), 1) if row.strip()]
            if len(rows) < 2:
                raise
        return [_row(row, number, path) for number, row in rows]
    except (json.JSONDecodeError, RecursionError) as error:
        raise MonitorError(f"{path}: is not JSON: {error}", code="results") from error


def _row(row: str, number: int, path: Path) -> Any:
    try:
        return json.loads(row)
    except json.JSONDecodeError as error:
        raise MonitorError(f"{path}:{number}: is not JSON: {error.msg}", code="results") from error


def _past(raw: Any, path: Path) -> Past:
    try:
        if isinstance(raw, dict) and isinstance(raw.get("findings"), list) and isinstance(raw.get("call"), dict):
            named = [{**one, "call": raw["call"].get("id", "")} for one in raw["findings"] if isinstance(one, dict)]
            raw = {**raw, "findings": named}
        return Past.model_validate(raw)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(key) for key in fault["loc"])
        raise MonitorError(f"{path}: is no result of a review: {where}: {fault['msg']}", code="results") from error
