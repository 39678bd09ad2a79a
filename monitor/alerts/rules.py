"""Alert rules: data, read strictly. An unknown key, kind or rule id is refused with file and line.

A rule watches for findings (`when`, any of its conditions), alone or `count` of them `within` so many seconds, if wanted only
`after` another finding. The engine gives it meaning; the language is described in the built-in file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from monitor.alerts.vocabulary import KINDS
from monitor.config import Seconds, Section, Share, line_of, read
from monitor.errors import ConfigError
from monitor.records import Finding, Severity, Speaker

BUILT_IN = Path(__file__).resolve().parents[1] / "playbook" / "zh" / "alerts.toml"
FLOOR: Mapping[Severity, float] = {"critical": 0.6, "warning": 0.5, "notice": 0.5}  # confidence needed where a rule says none


def _several(value: Any) -> Any:
    """One value where a list may stand."""
    return value if isinstance(value, list | tuple) else (value,)


class Names(Section):
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Condition(Section):
    """What a finding must be; everything said must hold."""

    kind: str
    rule: Annotated[tuple[str, ...], BeforeValidator(_several)] = ()  # one of these; none: any
    speaker: Speaker | None = None
    level_min: int | None = Field(None, ge=1, le=4)
    count_min: int | None = Field(None, ge=2)  # the finding's own count: the second time, the third ...
    seconds_min: Seconds | None = None
    inconsistent: bool | None = None

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, kind: str) -> str:
        if kind not in KINDS:
            raise ValueError(f"no kind {kind!r}; known: {', '.join(KINDS)}")
        return kind

    @field_validator("rule")
    @classmethod
    def _known_rule(cls, rules: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = KINDS.get(info.data.get("kind", ""), ())
        for rule in rules:
            if rule not in known:
                raise ValueError(f"no rule {rule!r}; known: {', '.join(known) or 'none'}")
        return rules

    def matches(self, finding: Finding) -> bool:
        return (
            finding.kind == self.kind
            and (not self.rule or finding.rule in self.rule)
            and self.speaker in (None, finding.speaker)
            and (self.level_min is None or (finding.level or 0) >= self.level_min)
            and (self.count_min is None or (finding.count or 0) >= self.count_min)
            and (self.seconds_min is None or (finding.seconds or 0.0) >= self.seconds_min)
            and (self.inconsistent is None or bool(finding.inconsistent) == self.inconsistent)
        )


class After(Condition):
    """A finding that must have come first, at most `within` seconds before (none: any time in the call)."""

    within: Seconds | None = None


class Rule(Section):
    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    severity: Severity
    title: Names
    when: Annotated[tuple[Condition, ...], BeforeValidator(_several), Field(min_length=1)]
    count: int = Field(1, ge=1)
    within: Seconds | None = None
    after: After | None = None
    cooldown: Annotated[float, Field(ge=0, allow_inf_nan=True)]  # seconds of call time; inf: once a call
    by_rule: bool = False  # an alert for each rule of the findings, not one for all of them
    confidence_min: Share | None = None

    @model_validator(mode="after")
    def _window_counts(self) -> Rule:
        if self.within is not None and self.count == 1:
            raise ValueError("`within` needs a `count` of two or more")
        return self

    def watches(self, finding: Finding) -> bool:
        """Whether `finding` is one of those this rule raises an alert for."""
        return self.believes(finding) and any(condition.matches(finding) for condition in self.when)

    def opens(self, first: Finding, finding: Finding) -> bool:
        """Whether `first` is what must have come before `finding`."""
        return (
            self.after is not None
            and self.believes(first)
            and self.after.matches(first)
            and first.start < finding.start
            and (self.after.within is None or finding.start - first.end <= self.after.within)
        )

    def believes(self, finding: Finding) -> bool:
        floor = FLOOR[self.severity] if self.confidence_min is None else self.confidence_min
        return finding.confidence >= floor


class Rules(Section):
    """All alert rules, in the order of the file."""

    rule: tuple[Rule, ...] = Field(min_length=1)

    def vocabulary(self) -> dict[str, dict[str, str]]:
        """The titles, {rule id: {"zh", "en"}}."""
        return {rule.id: rule.title.model_dump() for rule in self.rule}


def load_rules(path: Path | None = None) -> Rules:
    """Read a site's rules, or the built-in ones. Raises ConfigError naming file, line and key."""
    path = path or BUILT_IN
    rules = read(Rules, path)
    seen: set[str] = set()
    for index, rule in enumerate(rules.rule):
        if rule.id in seen:
            line = line_of(path.read_text("utf-8"), ("rule", index, "id"))
            raise ConfigError(f"{path}:{line}: rule.{index}.id: {rule.id!r} stands here for the second time")
        seen.add(rule.id)
    return rules
