"""Labelled dialogues: what repetition, forgetful questions and dodges look like, for training and for tests.

A call is a block of lines, blank lines between: `A` agent, `A?` the agent asks for what the customer has given; `C` customer,
`C+` a claim of an earlier turn is stated again, `C!` the same with a figure that differs (both values follow, parted by bars),
`C~` the second dodge of a question. `= name` at the top names a call: blocks of one name (as written, as heard) are never
held out apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from monitor.errors import ConfigError
from monitor.records import Speaker

_TAGS: dict[str, Speaker] = {
    "A": "agent", "A?": "agent", "C": "customer", "C+": "customer", "C!": "customer", "C~": "customer",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One turn, or a part of it."""

    tag: str
    text: str
    values: tuple[str, ...] = ()

    @property
    def speaker(self) -> Speaker:
        return _TAGS[self.tag]

    @property
    def repeats(self) -> bool:
        return self.tag in ("C+", "C!")


@dataclass(frozen=True, slots=True)
class Dialogue:
    name: str
    rows: tuple[Row, ...]


def read(path: Path) -> list[Dialogue]:
    """All calls of one file. Raises ConfigError naming file and line."""
    made: list[tuple[str, list[Row]]] = [("", [])]
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            made.append(("", []))
        elif line.startswith("= "):
            made[-1] = (line[2:].strip(), [])
        else:
            made[-1][1].append(_row(path, number, line))
    return [Dialogue(name or f"{path.stem} {index}", tuple(rows)) for index, (name, rows) in enumerate(made) if rows]


def _row(path: Path, number: int, line: str) -> Row:
    tag, _, rest = line.partition(" ")
    text, *values = rest.split("|")
    if tag not in _TAGS or not text or (tag == "C!") != (len(values) == 2):
        raise ConfigError(
            f"{path}:{number}: is no turn of a dialogue: a tag of {', '.join(_TAGS)}, a text; after C! two values"
        )
    return Row(tag, text, tuple(values))
