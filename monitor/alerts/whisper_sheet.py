"""What may be whispered to an agent, and when: data, read strictly. The language is described in the built-in file.

An entry watches for findings (`when`), or for a state of the call that has lasted `after` seconds (which steps are done and
missing, the type of the complaint, the rung of the ladder, the customer's mood); `unless` names what makes it needless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from monitor.alerts.rules import Condition, several
from monitor.alerts.whisper_slots import SLOT, SLOTS
from monitor.config import Seconds, Section
from monitor.errors import Faults
from monitor.records import Finding
from monitor.sheets import readable

BUILT_IN = Path(__file__).resolve().parents[1] / "playbook" / "zh" / "whispers.toml"
FILE = "whispers.toml"  # in a site's playbook folder
FLOOR = 0.7  # confidence a finding needs where a condition says none
ALWAYS = "heard"  # known of every finding that has words

Step = Literal["soothe", "probe", "act", "elevate", "change", "close"]
Type = Literal["venting", "compensation", "suggestion", "revenge", "help", "courteous", "overbearing", "inquiry"]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\n]*$")]
Lines = Annotated[tuple[Line, ...], BeforeValidator(several), Field(min_length=1)]
Several = BeforeValidator(several)


class Entry(Section):
    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    when: Annotated[tuple[Condition, ...], Several] = ()
    count: int = Field(1, ge=1)
    unless: Annotated[tuple[Condition, ...], Several] = ()
    type: Annotated[tuple[Type, ...], Several] = ()
    type_not: Annotated[tuple[Type, ...], Several] = ()
    level_min: int | None = Field(None, ge=1, le=4)
    level_max: int | None = Field(None, ge=0, le=3)
    done: Annotated[tuple[Step, ...], Several] = ()
    missing: Annotated[tuple[Step, ...], Several] = ()
    complaint: bool = False
    promised: bool | None = None
    earlier: bool | None = None
    mood_max: float | None = Field(None, ge=-1, le=1)
    mood_min: float | None = Field(None, ge=-1, le=1)
    after: Seconds = 0.0
    spoken: bool = False
    say: Lines
    why: Lines
    en: Line
    about: str = ""
    priority: int = Field(ge=0, le=99)  # 100 is a supervisor's
    cooldown: Annotated[float, Field(ge=0, allow_inf_nan=True)]  # seconds of call time; inf: once a call
    expires: float = Field(gt=0)  # seconds

    @field_validator("say", "why")
    @classmethod
    def _can_be_said(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        for line in lines:
            if wrong := [name for name in SLOT.findall(line) if name not in SLOTS]:
                raise ValueError(f"no slot {{{wrong[0]}}}; known: {', '.join(SLOTS)}")
            if set(SLOT.sub("", line)) & set("{}"):
                raise ValueError("has a brace that is no slot")
        if set(SLOT.findall(lines[-1])) - {ALWAYS}:
            raise ValueError("the last sentence stands where nothing is known: it has no slots")
        return lines

    @model_validator(mode="after")
    def _means_something(self) -> Entry:
        state = {
            "type",
            "type_not",
            "level_min",
            "level_max",
            "done",
            "missing",
            "complaint",
            "promised",
            "earlier",
            "mood_max",
            "mood_min",
        }
        if not self.when and not state & self.model_fields_set:
            raise ValueError("needs `when` (findings to watch for) or a state of the call to last")
        if not self.when and self.count > 1:
            raise ValueError("`count` needs a `when`: it is about the findings watched for")
        if not self.when and any(ALWAYS in SLOT.findall(line) for line in (*self.say, *self.why)):
            raise ValueError("{heard} needs a `when`: it is what the finding rests on")
        if both := set(self.done) & set(self.missing):
            raise ValueError(f"{both.pop()!r} cannot be done and missing")
        return self

    @property
    def topic(self) -> str:
        """Entries about one thing share their rest."""
        return self.about or self.id

    def watches(self, finding: Finding) -> bool:
        return any(condition.matches(finding, FLOOR) for condition in self.when)

    def spared_by(self, finding: Finding) -> bool:
        """Whether `finding`, coming after, makes it needless. A doubtful one will do."""
        return any(condition.matches(finding, 0.0) for condition in self.unless)


class Sheet(Section):
    """whispers.toml. `without`, in a site's file: built-in entries it does not want."""

    whisper: tuple[Entry, ...] = ()
    without: tuple[str, ...] = ()


class Whispers:
    """All entries by id, built-in ones first."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)

    def vocabulary(self) -> dict[str, dict[str, str]]:
        """The reasons, {entry id: {"zh", "en"}}."""
        return {entry.id: {"zh": entry.why[-1], "en": entry.en} for entry in self.entries}


def load_whispers(site: Path | None = None) -> Whispers:
    """The built-in entries, with those of a site's playbook folder laid over them by id. Raises ConfigError: every fault."""
    faults = Faults()
    built_in = {entry.id: entry for entry in _read(BUILT_IN, faults, {}).whisper}
    own = site / FILE if site else None
    sheet = _read(own, faults, built_in) if own and own.exists() else Sheet()
    faults.tell()
    for id in sheet.without:
        built_in.pop(id, None)
    return Whispers(tuple({**built_in, **{entry.id: entry for entry in sheet.whisper}}.values()))


def _read(path: Path, faults: Faults, built_in: Mapping[str, Entry]) -> Sheet:
    found = readable(Sheet, path, faults)
    seen: set[str] = set()
    for index, entry in enumerate(found.sheet.whisper):
        if entry.id in seen:
            line = found.line(("whisper", index, "id"))
            faults.add(f"{path}:{line}: id: {entry.id!r} stands here for the second time")
        seen.add(entry.id)
    for id in found.sheet.without:
        if id not in built_in:
            faults.add(f"{path}:{found.line(('without',), id)}: without: there is no built-in whisper {id!r}")
    return found.sheet
