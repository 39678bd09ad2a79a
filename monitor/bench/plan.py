"""Who plays what when in a live run, settled before it begins: so many lines, each always busy, no two in step.

A line is a telephone on which call follows call. Its first call begins somewhere inside a recording, those after it are whole
recordings, the last is cut off when the time is up. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.bench.sound import Take

SPREAD = 5.0  # seconds over which the lines begin
ENTRIES = 3  # places in a recording at which a line's first call may begin
STEP = 0.1  # seconds; a cut falls between two blocks of a recording
SHORTEST = 1.0  # seconds of the last call of a line


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of a recording."""

    take: Take
    start: float  # seconds into it
    seconds: float

    @property
    def name(self) -> str:
        return f"{self.take.id}@{self.start:.1f}+{self.seconds:.1f}"


@dataclass(frozen=True, slots=True)
class Play:
    """A call: this slice, begun so many seconds into the run."""

    call: str
    at: float
    slice: Slice


def plan(takes: Sequence[Take], lines: int, seconds: float, afterwards: float = 0.0) -> list[Play]:
    """The calls of `lines` lines for `seconds`; every second line goes on `afterwards` so much longer."""
    plays: list[Play] = []
    for line in range(lines):
        begins = SPREAD * line / lines
        until = seconds + (afterwards if line % 2 else 0.0)
        for number, (at, piece) in enumerate(_line(takes, line, begins, until)):
            plays.append(Play(f"bench-{line:03d}-{number}", at, piece))
    return sorted(plays, key=lambda play: play.at)


def _line(takes: Sequence[Take], line: int, at: float, until: float) -> Iterator[tuple[float, Slice]]:
    number = line
    entry = (line + line // len(takes)) % ENTRIES
    while until - at >= SHORTEST:
        take = takes[number % len(takes)]
        start = _step(take.seconds * entry / ENTRIES)
        rest = _step(min(take.seconds - start, until - at))
        yield at, Slice(take, start, rest)
        at, number, entry = at + max(rest, STEP), number + 1, 0


def _step(seconds: float) -> float:
    """Whole blocks."""
    return round(int(seconds / STEP + 1e-6) * STEP, 1)
