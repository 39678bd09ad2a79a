"""Findings -> alerts, by rules that are data. Pure: one engine a call, and call time is its only clock.

An alert's `at` is the end of the evidence that completed it. Further matches within the rule's cooldown, counted from the
newest evidence, grow the alert (same id, more `because`, the newest text) instead of raising another; severity and `at` stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from monitor.alerts.rules import Rule, Rules
from monitor.records import Alert, Finding

PROVISIONAL = 0.8  # confidence a finding in words that may still change needs
Group = tuple[str, str | None]  # alert rule; rule of the findings where each has its own alerts


@dataclass(slots=True)
class _Open:
    """The alert that further matches grow."""

    alert: Alert
    newest: float  # end of its newest evidence


@dataclass(slots=True)
class _State:
    seen: dict[str, Finding] = field(default_factory=dict)
    counted: dict[Group, dict[str, Finding]] = field(default_factory=dict)
    open: dict[Group, _Open] = field(default_factory=dict)

    def copy(self) -> _State:
        counted = {group: dict(findings) for group, findings in self.counted.items()}
        return _State(dict(self.seen), counted, {group: replace(alert) for group, alert in self.open.items()})


class Engine:
    """The alerts of one call."""

    def __init__(self, rules: Rules, call: str) -> None:
        self._rules = rules
        self._call = call
        self._state = _State()

    def feed(self, finding: Finding) -> list[Alert]:
        """Take a finding whose words are final; the alerts it raises or grows.

        Fed again under its id it counts no second time; grown strong enough (longer, surer), it counts then.
        """
        return list(self._take(self._state, finding))

    def peek(self, findings: Sequence[Finding], confidence_min: float = PROVISIONAL) -> list[Alert]:
        """The alerts that provisional `findings` would raise or grow, oldest first; changes nothing.

        The same findings, fed, give alerts with the same ids.
        """
        state, alerts = self._state.copy(), dict[str, Alert]()
        for finding in findings:
            if finding.confidence >= confidence_min and finding.id not in self._state.seen:
                alerts |= {alert.id: alert for alert in self._take(state, finding)}
        return list(alerts.values())

    def _take(self, state: _State, finding: Finding) -> Iterator[Alert]:
        state.seen[finding.id] = finding
        for rule in self._rules.rule:
            for match in _matches(rule, state.seen, finding):
                group = rule.id, match.rule if rule.by_rule else None
                counted = state.counted.setdefault(group, {})
                if match.id in counted:
                    continue
                counted[match.id] = match
                if evidence := _evidence(rule, counted.values(), match, state.seen):
                    yield self._raise(state, rule, group, match, evidence)

    def _raise(self, state: _State, rule: Rule, group: Group, match: Finding, evidence: set[str]) -> Alert:
        """A new alert, or the open one grown."""
        now = state.open.get(group)
        id_ = _alert_id(rule, match)
        if now and (match.end - now.newest <= rule.cooldown or now.alert.id == id_):
            evidence |= set(now.alert.because)
            alert = replace(now.alert, because=_in_order(evidence, state.seen), text=match.text, speaker=match.speaker)
            newest = max(now.newest, match.end)
        else:
            newest = max(state.seen[id].end for id in evidence)
            alert = Alert(
                call=self._call,
                id=id_,
                at=newest,
                severity=rule.severity,
                rule=rule.id,
                title=rule.title.zh,
                because=_in_order(evidence, state.seen),
                text=match.text,
                speaker=match.speaker,
            )
        state.open[group] = _Open(alert, newest)
        return alert


def _matches(rule: Rule, seen: dict[str, Finding], finding: Finding) -> list[Finding]:
    """Findings the rule may newly apply to: `finding`, or those it opens, for the two sides' words come in no strict order."""
    if rule.after is None:
        return [finding] if rule.watches(finding) else []
    opened = [
        match
        for match in seen.values()
        if rule.watches(match)
        and (
            (match.id == finding.id and any(rule.opens(first, match) for first in seen.values())) or rule.opens(finding, match)
        )
    ]
    return sorted(opened, key=lambda match: (match.start, match.id))


def _evidence(rule: Rule, counted: Iterable[Finding], match: Finding, seen: dict[str, Finding]) -> set[str]:
    """The findings that make `match` an alert, by id; none where there are too few of them."""
    together = list(counted) if rule.within is None else _window(list(counted), match, rule.within)
    if len(together) < rule.count:
        return set()
    evidence = {match.id} if rule.count == 1 else {other.id for other in together}
    firsts = [first for first in seen.values() if rule.opens(first, match)]
    return evidence | ({max(firsts, key=lambda first: first.start).id} if firsts else set())


def _window(counted: list[Finding], match: Finding, within: float) -> list[Finding]:
    """The fullest stretch of `within` seconds that holds `match`."""
    lasts = [last.end for last in counted if 0 <= last.end - match.end <= within]
    return max(([other for other in counted if last - within <= other.end <= last] for last in lasts), key=len)


def _alert_id(rule: Rule, match: Finding) -> str:
    """Stable while the words are revised: an utterance keeps its id even where another of its findings comes first."""
    return f"{rule.id}@{match.id if rule.by_rule or match.utterance is None else match.utterance}"


def _in_order(ids: set[str], seen: dict[str, Finding]) -> tuple[str, ...]:
    return tuple(sorted(ids, key=lambda id: (seen[id].start, seen[id].end, id)))
