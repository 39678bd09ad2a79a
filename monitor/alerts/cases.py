"""Tests of alert rules as data: findings in, alerts expected. They stand beside the rules: my.toml, my.tests.toml.

    [[case]]
    name = "a demand for a supervisor that nobody answers"
    findings = [{ u = "u1", is = "escalation/demand_supervisor", start = 70, end = 75, level = 2 }]
    seconds = 200        # the call goes on to there and ends; left out, it is still going on
    cut = true           # it did not end, it broke off there (false)
    channels = ["unknown"]                      # one channel for both (agent, customer)
    alerts = ["no_supervisor warning 135 u1.demand_supervisor"]

A finding names its utterance, "kind/rule", seconds, and what else its kind carries. They are fed in the order written, each
heard to its end. `alerts` are those at the end, in the order they were raised: "rule severity at because...", where `because`
names "utterance.rule".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, field_validator

from monitor.alerts.engine import Engine
from monitor.alerts.rules import Rules
from monitor.alerts.vocabulary import KINDS, SAID_BY
from monitor.config import Seconds, Section, Share, line_of, read
from monitor.records import Alert, Finding, Speaker


class Given(Section):
    """A finding."""

    u: str = Field(min_length=1)
    name: str = Field(alias="is")
    start: Seconds
    end: Seconds
    speaker: Speaker | None = None  # whose such findings are
    text: str = ""
    confidence: Share = 0.9
    level: int | None = Field(None, ge=1, le=4)
    count: int | None = Field(None, ge=2)
    first: Seconds | None = None
    inconsistent: bool | None = None
    seconds: Seconds | None = None
    overlap: Seconds | None = None

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        kind, _, rule = name.partition("/")
        if kind not in KINDS:
            raise ValueError(f"no kind {kind!r}; known: {', '.join(KINDS)}")
        if (rule or None) not in (KINDS[kind] or (None,)):
            raise ValueError(f"{name!r} is no finding; of the kind {kind!r} there are: {', '.join(KINDS[kind]) or 'no rules'}")
        return name

    def finding(self) -> Finding:
        kind, _, rule = self.name.partition("/")
        carried = self.model_dump(include={"start", "end", "text", "confidence", *CARRIED})
        return Finding(
            call="case",
            id=f"{self.u}.{rule or kind}",
            utterance=self.u,
            kind=kind,
            rule=rule or None,
            speaker=self.speaker or SAID_BY.get(kind, "customer"),
            because="",
            **carried,
        )


CARRIED = ("level", "count", "first", "inconsistent", "seconds", "overlap")


class Case(Section):
    name: str = Field(min_length=1)
    findings: tuple[Given, ...] = ()
    seconds: Seconds | None = None
    cut: bool = False
    channels: tuple[Speaker, ...] = ("agent", "customer")
    alerts: tuple[str, ...]


class Cases(Section):
    case: tuple[Case, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that came out otherwise: the line of its file, its name, what was expected and what came."""

    line: int
    name: str
    expected: tuple[str, ...]
    got: tuple[str, ...]


def beside(rules: Path) -> Path:
    """Where the cases of a rules file stand."""
    return rules.with_name(f"{rules.stem}.tests.toml")


def load_cases(path: Path) -> Cases:
    """Raises ConfigError naming file, line and key."""
    return read(Cases, path)


def outcome(rules: Rules, case: Case) -> tuple[str, ...]:
    """The alerts that a case comes to, as its `alerts` would say it."""
    engine = Engine(rules, "case", case.channels)
    alerts: dict[str, Alert] = {}

    def take(raised: Iterable[Alert]) -> None:
        alerts.update({alert.id: alert for alert in raised})

    for given in case.findings:
        take(engine.feed(given.finding()))
        for speaker in case.channels:
            take(engine.hear(speaker, given.end))
    if case.seconds is not None:
        take(engine.finish(case.seconds, whole=not case.cut))
    return tuple(" ".join([alert.rule, alert.severity, f"{alert.at:g}", *alert.because]) for alert in alerts.values())


def failures(rules: Rules, path: Path) -> list[Failure]:
    """The cases of file `path` that come out otherwise. Raises ConfigError where it cannot be read."""
    cases, text = load_cases(path), path.read_text("utf-8")
    made = [(index, case, outcome(rules, case)) for index, case in enumerate(cases.case)]
    return [
        Failure(line_of(text, ("case", index, "name")), case.name, case.alerts, got)
        for index, case, got in made
        if got != case.alerts
    ]
