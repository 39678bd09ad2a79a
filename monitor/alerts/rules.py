"""Alert rules: data, read strictly. An unknown key, kind or rule id is refused with file and line.

A rule watches for findings (`when`, any of its conditions), alone or `count` of them `within` so many seconds, if wanted only
`after` another finding; or for findings that are `missing`, from the call or after those it watches for. The engine gives it
meaning; the language is described in the built-in file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from monitor.alerts.vocabulary import CARRIED_BY, KINDS, SAID_BY
from monitor.config import Seconds, Section, Share
from monitor.errors import Faults
from monitor.records import Finding, Severity, Speaker
from monitor.sheets import readable

BUILT_IN = Path(__file__).resolve().parents[1] / "playbook" / "zh" / "alerts.toml"
FLOOR: Mapping[Severity, float] = {"critical": 0.6, "warning": 0.5, "notice": 0.5}  # confidence needed where a rule says none


def several(value: Any) -> Any:
    """One value where a list may stand."""
    return value if isinstance(value, list | tuple) else (value,)


class Names(Section):
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Condition(Section):
    """What a finding must be; everything said must hold."""

    kind: str
    rule: Annotated[tuple[str, ...], BeforeValidator(several)] = ()  # one of these; none: any
    speaker: Speaker | None = None
    level_min: int | None = Field(None, ge=1, le=4)
    count_min: int | None = Field(None, ge=2)  # the finding's own count: the second time, the third ...
    seconds_min: Seconds | None = None
    inconsistent: bool | None = None
    confidence_min: Share | None = None  # instead of the alert rule's

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, kind: str) -> str:
        if kind not in KINDS:
            raise ValueError(f"no kind {kind!r}; known: {', '.join(KINDS)}")
        return kind

    @field_validator("rule")
    @classmethod
    def _known_rule(cls, rules: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if "kind" not in info.data:  # it is wrong itself
            return rules
        known = KINDS[info.data["kind"]]
        if wrong := [rule for rule in rules if rule not in known]:
            raise ValueError(f"no rule {', '.join(map(repr, wrong))}; known: {', '.join(known) or 'none'}")
        return rules

    @field_validator("speaker")
    @classmethod
    def _may_speak(cls, speaker: Speaker | None, info: ValidationInfo) -> Speaker | None:
        owner = SAID_BY.get(info.data.get("kind", ""))
        if owner and speaker and speaker != owner and (owner, speaker) != ("customer", "unknown"):
            raise ValueError(f"a finding of kind {info.data['kind']!r} is never of the speaker {speaker!r}")
        return speaker

    @field_validator(*CARRIED_BY)
    @classmethod
    def _carried(cls, value: Any, info: ValidationInfo) -> Any:
        kind = info.data.get("kind")
        if value is not None and kind and CARRIED_BY[info.field_name or ""] != kind:
            raise ValueError(f"a finding of kind {kind!r} has no such value; known of: {CARRIED_BY[info.field_name or '']}")
        return value

    def matches(self, finding: Finding, floor: float) -> bool:
        """Whether `finding` is such a one; `floor`: the confidence it needs where the condition says none."""
        return (
            finding.kind == self.kind
            and finding.confidence >= (floor if self.confidence_min is None else self.confidence_min)
            and (not self.rule or finding.rule in self.rule)
            and self.speaker in (None, finding.speaker)
            and (self.level_min is None or (finding.level or 0) >= self.level_min)
            and (self.count_min is None or (finding.count or 0) >= self.count_min)
            and (self.seconds_min is None or (finding.seconds or 0.0) >= self.seconds_min)
            and (self.inconsistent is None or bool(finding.inconsistent) == self.inconsistent)
        )


Conditions = Annotated[tuple[Condition, ...], BeforeValidator(several), Field(min_length=1)]


class After(Condition):
    """A finding that must have come first, at most `within` seconds before (none: any time in the call)."""

    within: Seconds | None = None


class Missing(Section):
    """Findings none of which came: `within` so many seconds (none: before the end of the call).

    The time runs from the start of the call, or, of a rule with `when`, from the finding it watched for; with `ever`, one that
    came before that finding will do too. A doubtful one will do: what may have been said is not missing.
    """

    when: Conditions
    within: Annotated[float, Field(gt=0)] | None = None
    ever: bool = False

    def deadline(self, match: Finding | None) -> float:
        """Call time by which it must have come; inf: the end of the call."""
        return math.inf if self.within is None else self.within + (match.end if match else 0.0)

    def came(self, finding: Finding, match: Finding | None, deadline: float) -> bool:
        """Whether `finding` is what would be missing after `match`."""
        since = match.start if match and not self.ever else -math.inf
        return since < finding.start < deadline and any(condition.matches(finding, 0.0) for condition in self.when)


class Rule(Section):
    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    severity: Severity
    title: Names
    when: Annotated[tuple[Condition, ...], BeforeValidator(several)] = ()
    count: int = Field(1, ge=1)
    within: Seconds | None = None
    after: After | None = None
    missing: Missing | None = None
    cooldown: Annotated[float, Field(ge=0, allow_inf_nan=True)]  # seconds of call time; inf: once a call
    by_rule: bool = False  # an alert for each rule of the findings, not one for all of them
    confidence_min: Share | None = None

    @field_validator("cooldown")
    @classmethod
    def _is_a_number(cls, cooldown: float) -> float:
        if math.isnan(cooldown):
            raise ValueError("nan is no time")
        return cooldown

    @model_validator(mode="after")
    def _means_something(self) -> Rule:
        if not self.when and self.missing is None:
            raise ValueError("needs `when` (findings to watch for) or `missing` (findings to wait for)")
        needless = [name for name in ("count", "after", "by_rule", "confidence_min") if name in self.model_fields_set]
        if not self.when and needless:
            raise ValueError(f"`{needless[0]}` needs a `when`: it is about the findings watched for")
        if not self.when and self.missing and self.missing.ever:
            raise ValueError("`ever` needs a `when`: without one, any time from the start of the call will do")
        if self.within is not None and self.count == 1:
            where = "; of what is missing, it stands inside `missing`" if self.missing else ""
            raise ValueError(f"`within` needs a `count` of two or more{where}")
        return self

    def watches(self, finding: Finding) -> bool:
        """Whether `finding` is one of those this rule is about."""
        return any(condition.matches(finding, self.floor) for condition in self.when)

    def opens(self, first: Finding, finding: Finding) -> bool:
        """Whether `first` is what must have come before `finding`."""
        return (
            self.after is not None
            and self.after.matches(first, self.floor)
            and first.start < finding.start
            and (self.after.within is None or finding.start - first.end <= self.after.within)
        )

    def can_miss(self, speakers: tuple[Speaker, ...]) -> bool:
        """Whether what is `missing` could have been heard: its speaker has a channel of his own."""
        owners = [] if self.missing is None else [one.speaker or SAID_BY.get(one.kind) for one in self.missing.when]
        return all(owner is None or owner in speakers for owner in owners)

    @property
    def floor(self) -> float:
        return FLOOR[self.severity] if self.confidence_min is None else self.confidence_min


class Rules(Section):
    """All alert rules, in the order of the file."""

    rule: tuple[Rule, ...] = Field(min_length=1)

    def vocabulary(self) -> dict[str, dict[str, str]]:
        """The titles, {rule id: {"zh", "en"}}."""
        return {rule.id: rule.title.model_dump() for rule in self.rule}


def load_rules(path: Path | None = None) -> Rules:
    """Read a site's rules, or the built-in ones. Raises ConfigError naming file, line and key of every fault."""
    path, faults = path or BUILT_IN, Faults()
    found = readable(Rules, path, faults)
    seen: set[str] = set()
    for index, rule in enumerate(found.sheet.rule):
        if rule.id in seen:
            line = found.line(("rule", index, "id"))
            faults.add(f"{path}:{line}: id: {rule.id!r} stands here for the second time")
        seen.add(rule.id)
    faults.tell()
    return found.sheet
