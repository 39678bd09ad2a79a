"""What whispers of one call are chosen from: the occasions that are open, and what is known of the call."""

from __future__ import annotations

from dataclasses import dataclass, field

from monitor.alerts.whisper_sheet import Entry
from monitor.records import Finding

LATE = 15.0  # seconds an answer to words waits for its turn, and no longer than until the agent has spoken again, unless
VITAL = 80  # its priority is this; then as long as it would stand


@dataclass(frozen=True, slots=True)
class Occasion:
    """A moment in which an entry may be whispered, from `opens` to `closes`."""

    id: str
    entry: Entry
    since: float  # what comes after this may make it needless
    opens: float
    closes: float
    finding: Finding | None = None
    because: tuple[str, ...] = ()


@dataclass(slots=True)
class State:
    now: float = 0.0
    seen: dict[str, Finding] = field(default_factory=dict)
    counted: dict[str, dict[str, Finding]] = field(default_factory=dict)  # of each entry
    open: dict[str, Occasion] = field(default_factory=dict)  # not whispered yet
    done: set[str] = field(default_factory=set)  # steps
    level: int = 0

    def copy(self) -> State:
        counted = {entry: dict(findings) for entry, findings in self.counted.items()}
        return State(self.now, dict(self.seen), counted, dict(self.open), set(self.done), self.level)


def answering(entry: Entry, finding: Finding, because: tuple[str, ...]) -> Occasion:
    opens = finding.end + entry.after
    closes = opens + (entry.expires if entry.priority >= VITAL else min(LATE, entry.expires))
    return Occasion(f"{entry.id}@{finding.id}", entry, finding.start, opens, closes, finding, because)


def waited(entry: Entry, since: float) -> str:
    return f"{entry.id}@{since:.1f}"
