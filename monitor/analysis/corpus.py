"""The corpus of call lines that the classifier of acts learns from: tab-separated files, read strictly.

Files named `agent*` and `customer*` hold lines of that speaker, each by itself: `labels<TAB>text<TAB>before`. Labels are joined
by `+`, `-` is none of them (a near miss, or plain talk); `before`, which may be left out, is what the other side said before.
Files named `calls*` hold whole calls, unit by unit: `speaker<TAB>labels<TAB>text`.

`# idea: ...` begins a block of lines that share one idea, or one call: they are kept together where lines are held out.
`# unmarked: label label ...` at the top of a file names labels that its lines may lack though they are so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from monitor.errors import ConfigError
from monitor.records import Speaker
from monitor.sheets import written

BUILT_IN = Path(__file__).parent.parent / "playbook" / "zh" / "acts"
FOLDER = "acts"  # in a site's playbook
MAX_TEXT = 60  # characters of one line: an act, not a speech
LABELS: Mapping[Speaker, tuple[str, ...]] = {
    "agent": (
        "belittle", "get_what_you_pay", "flat_denial", "not_my_job", "dont_know", "never_said", "cant", "hide_behind_policy",
        "read_it_yourself", "another_day", "dismiss", "blame_customer", "blame_others", "stall", "absolute",
        "soothe", "probe", "act", "elevate", "change", "close", "promise_dated", "promise_undated", "ask", "acknowledge",
        "contradict",
    ),
    "customer": (
        "dissatisfied", "demand_supervisor", "churn", "regulator", "exposure", "legal", "extreme", "retold", "refuse", "thanks",
        "demand", "type_venting", "type_compensation", "type_suggestion", "type_revenge", "type_help", "type_courteous",
        "type_overbearing", "type_inquiry", "cause_product", "cause_service", "cause_price", "cause_integrity",
        "cause_attitude", "cause_incident",
    ),
}  # fmt: skip
CALLS = "calls"
_SPEAKERS: tuple[Speaker, ...] = ("agent", "customer")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the corpus. `idea` names its block: lines of one idea are never parted between folds."""

    speaker: Speaker
    labels: frozenset[str]
    text: str
    before: str
    idea: str
    unmarked: frozenset[str] = frozenset()  # labels whose absence says nothing
    led: str = ""  # in a call: what the same speaker says just before, in the same turn
    then: str = ""  # and just after
    whole: bool = False  # from a whole call, where `before` is a line of its own


def files(site: Path | None = None) -> list[Path]:
    """The built-in files and a site's own, in order."""
    own = sorted((site / FOLDER).glob("*.tsv")) if site else []
    return [*sorted(BUILT_IN.glob("*.tsv")), *own]


def load(site: Path | None = None) -> list[Line]:
    """All lines. Raises ConfigError naming file and line."""
    return [line for path in files(site) for line in _in_turns([*_lines(path)], path)]


def _in_turns(lines: list[Line], path: Path) -> list[Line]:
    """In whole calls each line with what its speaker says around it."""
    if not path.name.startswith(CALLS):
        return lines
    turns = (list(turn) for _, turn in groupby(lines, key=lambda line: (line.idea, line.speaker)))
    return [
        replace(
            line,
            led=turn[place - 1].text if place else "",
            then=turn[place + 1].text if place + 1 < len(turn) else "",
            whole=True,
        )
        for turn in turns
        for place, line in enumerate(turn)
    ]


def _lines(path: Path) -> Iterator[Line]:
    kind = next((kind for kind in (*_SPEAKERS, CALLS) if path.name.startswith(kind)), None)
    if kind is None:
        raise ConfigError(f"{path}: the name of a file of call lines begins with agent, customer or calls")
    idea, unmarked = f"{path.name}:0", frozenset[str]()
    said: dict[str, str] = {}  # in a call: by speaker, what was said last
    for number, row in enumerate(written(path).split("\n"), 1):
        where = f"{path}:{number}"
        if row.startswith("# idea:"):
            idea, said = f"{path.name}:{number}", {}
        elif row.startswith("# unmarked:"):
            unmarked = frozenset(row.partition(":")[2].split())
            if unknown := sorted(unmarked - frozenset().union(*LABELS.values())):
                raise ConfigError(f"{where}: no label {unknown[0]!r}")
        elif row.strip() and not row.startswith("#"):
            speaker, labels, text, before = _columns(row, kind, said, where)
            said[speaker] = text
            yield _line(speaker, labels, text, before, idea, unmarked, where)


def _columns(row: str, kind: str, said: Mapping[str, str], where: str) -> tuple[Speaker, str, str, str]:
    """(speaker, labels, text, before) of one row."""
    columns = [column.strip() for column in row.split("\t")]
    if kind == CALLS:
        speaker = next((who for who in _SPEAKERS if who == columns[0]), None)
        if len(columns) != 3 or speaker is None:
            raise ConfigError(f"{where}: needs speaker<TAB>labels<TAB>text, the speaker being agent or customer")
        return speaker, columns[1], columns[2], said.get("customer" if speaker == "agent" else "agent", "")
    if not 2 <= len(columns) <= 3:
        raise ConfigError(f"{where}: needs labels<TAB>text, or labels<TAB>text<TAB>before; has {len(columns)} columns")
    return _SPEAKERS[kind != "agent"], columns[0], columns[1], columns[2] if len(columns) == 3 else ""


def _line(speaker: Speaker, marks: str, text: str, before: str, idea: str, unmarked: frozenset[str], where: str) -> Line:
    labels = frozenset() if marks == "-" else frozenset(re.split(r"\s*\+\s*", marks))
    if unknown := sorted(labels - set(LABELS[speaker])):
        raise ConfigError(f"{where}: no label {unknown[0]!r}; known: {', '.join(LABELS[speaker])}")
    if not 1 <= len(text) <= MAX_TEXT:
        raise ConfigError(f"{where}: the text has {len(text)} characters; 1 to {MAX_TEXT} make a line")
    return Line(speaker, labels, text, before, idea, unmarked - labels)
