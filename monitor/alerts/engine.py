"""Findings -> alerts, by rules that are data. Pure: one engine a call, and call time is its only clock.

An alert's `at` is the end of the evidence that completed it, or the moment by which what is missing should have come. Further
matches within the rule's cooldown, counted from the newest evidence, grow the alert (same id, more `because`, the newest text)
instead of raising another; severity and `at` stay.

What is missing is judged when every speaker has been heard to the end of its time (`hear`): somebody in the middle of a
sentence may still be saying it. So it depends on what was said and when, never on how fast the call came or was decoded. What
is found later for an earlier time (an overlap shows only with the other side's words) takes no alert back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from monitor.alerts.rules import Missing, Rule, Rules
from monitor.records import Alert, Finding, Speaker

PROVISIONAL = 0.8  # confidence a finding in words that may still change needs
Group = tuple[str, str | None]  # alert rule; rule of the findings where each has its own alerts


@dataclass(slots=True)
class _Open:
    """The alert that further matches grow."""

    alert: Alert
    newest: float  # call time of its newest evidence


@dataclass(frozen=True, slots=True)
class _Awaited:
    """An alert that will be, unless what its rule calls missing comes in time."""

    rule: Rule
    missing: Missing
    group: Group
    match: str | None = None  # the finding it is to follow, by id; None: the start of the call
    evidence: frozenset[str] = frozenset()


@dataclass(slots=True)
class _State:
    seen: dict[str, Finding] = field(default_factory=dict)
    counted: dict[Group, dict[str, Finding]] = field(default_factory=dict)
    open: dict[Group, _Open] = field(default_factory=dict)
    awaited: list[_Awaited] = field(default_factory=list)

    def copy(self) -> _State:
        counted = {group: dict(findings) for group, findings in self.counted.items()}
        opened = {group: replace(alert) for group, alert in self.open.items()}
        return _State(dict(self.seen), counted, opened, list(self.awaited))


class Engine:
    """The alerts of one call."""

    def __init__(self, rules: Rules, call: str, speakers: tuple[Speaker, ...]) -> None:
        """`speakers`: the call's channels."""
        self._rules = [rule for rule in rules.rule if rule.can_miss(speakers)]
        self._call = call
        self._heard: dict[Speaker, float] = dict.fromkeys(speakers, 0.0)
        whole = [_Awaited(rule, rule.missing, (rule.id, None)) for rule in self._rules if rule.missing and not rule.when]
        self._state = _State(awaited=whole)

    def feed(self, finding: Finding) -> list[Alert]:
        """Take a finding whose words are final; the alerts it raises or grows.

        Fed again under its id it counts no second time; grown strong enough (longer, surer), it counts then.
        """
        return list(self._take(self._state, finding))

    def hear(self, speaker: Speaker, until: float) -> list[Alert]:
        """All that `speaker` began to say before call time `until` was fed; the alerts of what has not come by now."""
        if speaker not in self._heard or until <= self._heard[speaker]:
            return []
        self._heard[speaker] = until
        return list(self._overdue(min(self._heard.values())))

    def finish(self, seconds: float, *, whole: bool = True) -> list[Alert]:
        """The call is over after so many seconds, all of it fed. `whole`: to its own end, and not cut short before it.

        A time that the call did not last to runs out no more.
        """
        return list(self._overdue(seconds, over=whole))

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
        for rule in self._rules:
            for match in _matches(rule, state.seen, finding):
                group = rule.id, match.rule if rule.by_rule else None
                counted = state.counted.setdefault(group, {})
                if match.id in counted:
                    continue
                counted[match.id] = match
                evidence = _evidence(rule, counted.values(), match, state.seen)
                if evidence and rule.missing:
                    state.awaited.append(_Awaited(rule, rule.missing, group, match.id, frozenset(evidence)))
                elif evidence:
                    at = max(state.seen[id].end for id in evidence)
                    yield self._raise(state, rule, group, match, evidence, at)

    def _overdue(self, now: float, *, over: bool = False) -> Iterator[Alert]:
        """Alerts of what should have come by `now`; `over`: also of what might have come until the end of the call."""
        state, due, rest = self._state, list[tuple[float, _Awaited]](), list[_Awaited]()
        for awaited in state.awaited:
            deadline = awaited.missing.deadline(_found(state, awaited))
            if deadline <= now or (over and math.isinf(deadline)):
                due.append((min(deadline, now), awaited))
            else:
                rest.append(awaited)
        state.awaited = rest
        for at, awaited in sorted(due, key=lambda pair: pair[0]):
            match = _found(state, awaited)
            deadline = awaited.missing.deadline(match)
            if not any(awaited.missing.came(finding, match, deadline) for finding in state.seen.values()):
                yield self._raise(state, awaited.rule, awaited.group, match, set(awaited.evidence), at)

    def _raise(self, state: _State, rule: Rule, group: Group, match: Finding | None, evidence: set[str], at: float) -> Alert:
        """A new alert, or the open one grown."""
        now = state.open.get(group)
        id_ = _alert_id(rule, match)
        if match and now and (at - now.newest <= rule.cooldown or now.alert.id == id_):
            evidence |= set(now.alert.because)
            alert = replace(now.alert, because=_in_order(evidence, state.seen), text=match.text, speaker=match.speaker)
            state.open[group] = _Open(alert, max(now.newest, at))
            return alert
        alert = Alert(
            call=self._call,
            id=id_,
            at=at,
            severity=rule.severity,
            rule=rule.id,
            title=rule.title.zh,
            because=_in_order(evidence, state.seen),
            text=match.text if match else "",
            speaker=match.speaker if match else "unknown",
        )
        state.open[group] = _Open(alert, at)
        return alert


def _found(state: _State, awaited: _Awaited) -> Finding | None:
    """The finding it is to follow, as it is known by now."""
    return None if awaited.match is None else state.seen[awaited.match]


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


def _alert_id(rule: Rule, match: Finding | None) -> str:
    """Stable while the words are revised: an utterance keeps its id even where another of its findings comes first."""
    if match is None:
        return f"{rule.id}@call"
    return f"{rule.id}@{match.id if rule.by_rule or match.utterance is None else match.utterance}"


def _in_order(ids: Iterable[str], seen: dict[str, Finding]) -> tuple[str, ...]:
    """By when they began; of two of one utterance and moment, by name."""
    return tuple(sorted(ids, key=lambda id: (seen[id].start, seen[id].end, id)))
