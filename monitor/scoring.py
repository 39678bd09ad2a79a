"""How well findings match labels: the product's one way of counting. Pure.

A label counts as found when a finding of the same kind (and rule, where the kind has any) by the same speaker overlaps the
labelled turn widened by 1 s on each side. A finding that no label explains is false. Dead air is nobody's: its speaker is not
compared. A call that needs a critical alert has it in time within 3 s after the labelled turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rapidfuzz.distance import Levenshtein

from monitor.labels import ANY_RULE, Found, Label, Labelled, Result, Turn
from monitor.records import Speaker

SCORED = ("banned_phrase", "overpromise", "escalation", "repeated_claim", "made_to_repeat", "promise", "step")
CONDUCT = ("interruption", "dead_air")  # whose times are labelled
HARD = ("banned_phrase", "escalation", "overpromise", "repeated_claim", "made_to_repeat")  # what a hard negative must not be
STEPS = ("soothe", "probe", "act", "elevate", "change", "close")
SLACK = 1.0  # seconds
GRACE = 3.0  # seconds after the turn by which an alert is expected
_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")


@dataclass(slots=True)
class Tally:
    """Of one kind, or kind/rule."""

    labels: int = 0
    found: int = 0
    false: int = 0

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.labels if self.labels else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(slots=True)
class Calls:
    """Of the calls as wholes. `cer`: share of characters heard wrong."""

    calls: int = 0
    missing: int = 0
    type_right: int = 0
    validity_right: int = 0
    alert_expected: int = 0
    alert_in_time: int = 0
    quiet_calls: int = 0
    quiet_calls_alerted: int = 0
    inconsistent_labels: int = 0
    inconsistent_found: int = 0
    hard_negatives: int = 0
    hard_negatives_hit: int = 0
    chars: int = 0
    char_errors: int = 0
    hours: float = 0.0
    criticals: int = 0

    @property
    def cer(self) -> float:
        return self.char_errors / max(1, self.chars)


@dataclass(slots=True)
class Score:
    """`kinds` by "kind" and "kind/rule"; `errors`: a sentence each, in the order of the calls."""

    kinds: dict[str, Tally] = field(default_factory=dict)
    calls: Calls = field(default_factory=Calls)
    errors: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """{"kinds": {name: {labels, found, false, precision, recall, f1}}, "call": {...}}."""
        kinds = {
            name: {**asdict(one), "precision": round(one.precision, 3), "recall": round(one.recall, 3), "f1": round(one.f1, 3)}
            for name, one in sorted(self.kinds.items())
        }
        whole = asdict(self.calls) | {"hours": round(self.calls.hours, 3), "cer": round(self.calls.cer, 4)}
        return {"kinds": kinds, "call": whole}

    def tallies(self, kind: str, rule: str | None) -> list[Tally]:
        names = [kind, f"{kind}/{rule}"] if rule else [kind]
        return [self.kinds.setdefault(name, Tally()) for name in names]


def score(calls: Iterable[tuple[str, Labelled, Result | None]]) -> Score:
    """Count over (name, labels, result) of every call; None: there is no result."""
    total = Score()
    for name, truth, result in calls:
        total.calls.calls += 1
        if result is None:
            total.calls.missing += 1
            total.errors.append(f"{name}: no result")
        _score_call(total, name, truth, result)
    return total


def _score_call(total: Score, name: str, truth: Labelled, result: Result | None) -> None:
    total.calls.hours += truth.length / 3600
    findings = result.findings if result else ()
    used = _labels(total, name, truth.turns, findings)
    for index, finding in enumerate(findings):
        if index not in used and _counts(finding):
            for tally in total.tallies(finding.kind, finding.rule):
                tally.false += 1
            total.errors.append(f"{name} {finding.start:.1f}s false {finding.kind}/{finding.rule}: {finding.text}")
    _hard_negatives(total.calls, truth.turns, [finding for index, finding in enumerate(findings) if index not in used])
    _whole(total.calls, truth, result)
    _alerts(total, name, truth, result)
    _characters(total.calls, truth, result)


def _labels(total: Score, name: str, turns: Sequence[Turn], findings: Sequence[Found]) -> set[int]:
    """Count the labels; the findings that they explain, by index."""
    used: set[int] = set()
    for turn in turns:
        for label in turn.labels:
            if not (label.kind in SCORED or (label.kind == "conduct" and label.rule in CONDUCT)):
                continue
            hits = [index for index, finding in enumerate(findings) if _explains(turn, label, finding)]
            used.update(hits)
            for tally in total.tallies(label.kind, label.rule):
                tally.labels += 1
                tally.found += bool(hits)
            total.calls.inconsistent_labels += bool(label.inconsistent)
            total.calls.inconsistent_found += bool(label.inconsistent and any(findings[index].inconsistent for index in hits))
            if not hits:
                total.errors.append(f"{name} {turn.start:.1f}s missed {label.kind}/{label.rule}: {turn.text}")
    return used


def _explains(turn: Turn, label: Label, finding: Found) -> bool:
    same = label.kind == finding.kind and (label.kind in ANY_RULE or label.rule == finding.rule)
    overlaps = finding.start <= turn.end + SLACK and finding.end >= turn.start - SLACK
    nobodys = (label.kind, label.rule) == ("conduct", "dead_air")
    return same and overlaps and (nobodys or finding.speaker == turn.speaker)


def _counts(finding: Found) -> bool:
    """Whether a finding without a label is false: of kinds that are not labelled, nothing is known."""
    if finding.kind == "conduct":
        return finding.rule in CONDUCT
    return finding.kind in SCORED and not (finding.kind == "step" and finding.rule not in STEPS)


def _hard_negatives(calls: Calls, turns: Iterable[Turn], unexplained: Iterable[Found]) -> None:
    suspects = [finding for finding in unexplained if finding.kind in HARD]
    for turn in turns:
        if turn.hard_negative:
            calls.hard_negatives += 1
            calls.hard_negatives_hit += any(
                one.speaker == turn.speaker and one.start < turn.end and one.end > turn.start for one in suspects
            )


def _whole(calls: Calls, truth: Labelled, result: Result | None) -> None:
    calls.type_right += result is not None and result.summary.type == truth.complaint.type
    calls.validity_right += result is not None and result.summary.validity == truth.complaint.validity


def _alerts(total: Score, name: str, truth: Labelled, result: Result | None) -> None:
    calls, by = total.calls, truth.expect.alert_by_turn
    critical = sorted(alert.at for alert in result.alerts if alert.severity == "critical") if result else []
    calls.criticals += len(critical)
    if by is None:
        calls.quiet_calls += 1
        calls.quiet_calls_alerted += bool(critical)
        if critical:
            total.errors.append(f"{name} critical alert in a quiet call at {critical}")
        return
    deadline = truth.turns[by].end + GRACE
    in_time = bool(critical) and critical[0] <= deadline
    calls.alert_expected += 1
    calls.alert_in_time += in_time
    if not in_time:
        total.errors.append(f"{name} no critical alert by {deadline:.1f}s (got {critical})")


def _characters(calls: Calls, truth: Labelled, result: Result | None) -> None:
    written: dict[Speaker, str] = {}
    for utterance in sorted(result.utterances, key=lambda utterance: utterance.start) if result else []:
        written[utterance.speaker] = written.get(utterance.speaker, "") + utterance.text
    errors, chars = character_errors(truth, written)
    calls.chars += chars
    calls.char_errors += errors


def character_errors(truth: Labelled, written: Mapping[Speaker, str]) -> tuple[int, int]:
    """How many characters of the script are heard wrong in what each side is `written` to have said, and of how many."""
    errors = chars = 0
    sides: tuple[Speaker, ...] = ("agent", "customer")
    for speaker in sides:
        said = _bare("".join(turn.text for turn in truth.turns if turn.speaker == speaker))
        chars += len(said)
        errors += Levenshtein.distance(_bare(written.get(speaker, "")), said)
    return errors, chars


def _bare(text: str) -> str:
    """Without punctuation, in lower case, digits as they are read one by one."""
    return re.sub(r"[^\w]", "", text).lower().translate(_DIGITS)
