"""Tests of whispers as data: what is found and how the call stands in, whispers expected. whispers.tests.toml, beside them.

    [[case]]
    name = "a promise without a time, and then one with a time"
    complaint = true                       # known to be one from the start; `type` says of which type
    facts = { called = "王先生" }           # what the customer has given, by id
    findings = [
        { u = "a1", is = "promise/undated", start = 10, end = 12 },
        { u = "a2", is = "promise/dated", start = 22, end = 24 },
    ]
    seconds = 30                           # heard up to there
    whispers = ["promise_undated 13 withdrawn"]
    says = "我跟您约个时间……"               # the first of them

Further: `mood` (of what the customer said before), `earlier` (the customer called before about the same), `promised` (words of
a time that was promised before), `claims` (what the customer said, how often), `agent` (when the agent speaks besides: [start,
end] each), `marks` ({ at, id, status }: what the agent does with a whisper). A finding is as in alerts.tests.toml. `whispers`
are those sent, in that order: "entry at status", as they stand at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from monitor.alerts.cases import Failure, Given
from monitor.alerts.whisper_sheet import FILE, Type, Whispers
from monitor.alerts.whispers import Whisperer
from monitor.config import Seconds, Section, line_of, read
from monitor.records import Finding, Silence, Speaker, Summary, Utterance, Whisper

CASES_FILE = f"{FILE.removesuffix('.toml')}.tests.toml"
STEPS = ("soothe", "probe", "act", "elevate", "close")
DEAD_AIR = "conduct/dead_air"  # is found in a silence
TICK = 0.5  # seconds between two reports of a silence
WORDS = "（此处有话）"  # of an utterance whose words do not matter
MOODS = (0.1, 0.2, 0.3)  # seconds at which the customer has said something before


class Mark(Section):
    at: Seconds
    id: str
    status: Literal["seen", "used", "dismissed", "later"]


class Case(Section):
    name: str = Field(min_length=1)
    findings: tuple[Given, ...] = ()
    complaint: bool = False
    type: Type | None = None
    facts: dict[str, str] = Field(default_factory=dict)
    mood: float | None = Field(None, ge=-1, le=1)
    earlier: bool = False
    promised: str | None = None
    claims: dict[str, int] = Field(default_factory=dict)
    agent: tuple[tuple[Seconds, Seconds], ...] = ()
    marks: tuple[Mark, ...] = ()
    seconds: float = Field(gt=0, le=3600)
    whispers: tuple[str, ...]
    says: str | None = None


class Cases(Section):
    case: tuple[Case, ...] = Field(min_length=1)


Heard = tuple[Utterance | Silence, tuple[Finding, ...]]


def load_cases(path: Path) -> Cases:
    """Raises ConfigError naming file, line and key."""
    return read(Cases, path)


def run(whispers: Whispers, case: Case) -> list[Whisper]:
    """The whispers sent, each as it stands at the end, in the order in which they first came."""
    whisperer, sent = Whisperer(whispers, "case"), dict[str, Whisper]()

    def take(news: Iterable[Whisper]) -> None:
        sent.update({whisper.id: whisper for whisper in news})

    summary, marks = _summary(case), sorted(case.marks, key=lambda mark: mark.at)
    for heard, findings in _heard(case):
        while marks and marks[0].at <= heard.end:
            mark = marks.pop(0)
            marked = whisperer.mark(mark.id, mark.status)
            take([marked] if marked else [])
        take(whisperer.feed(heard, findings, summary))
    return list(sent.values())


def outcome(whispers: Whispers, case: Case) -> tuple[tuple[str, ...], str | None]:
    """The whispers that a case comes to, as its `whispers` and `says` would say it."""
    sent = run(whispers, case)
    says = sent[0].say if sent and case.says is not None else None
    return tuple(f"{whisper.rule} {whisper.at:g} {whisper.status}" for whisper in sent), says


def failures(whispers: Whispers, path: Path) -> list[Failure]:
    """The cases of file `path` that come out otherwise. Raises ConfigError where it cannot be read."""
    cases, text = load_cases(path), path.read_text("utf-8")
    wrong = []
    for index, case in enumerate(cases.case):
        got, says = outcome(whispers, case)
        if (got, says) != (case.whispers, case.says):
            expected, came = ((*lines, *([said] if said else [])) for lines, said in ((case.whispers, case.says), (got, says)))
            wrong.append(Failure(line_of(text, ("case", index, "name")), case.name, expected, came))
    return wrong


def _summary(case: Case) -> Summary:
    said = {"text": "", "due": None, "said": case.promised}
    return Summary(
        type=case.type,
        steps=dict.fromkeys(STEPS) if case.complaint or case.type else {},
        facts=tuple({"id": id, "zh": id, "value": value, "at": 0.0} for id, value in case.facts.items()),
        promises=(said,) if case.promised else (),
        claims=tuple({"text": text, "times": [0.0] * times, "values": []} for text, times in case.claims.items()),
        earlier=({"call": "before"},) if case.earlier else (),
    )


def _heard(case: Case) -> Iterator[Heard]:
    """Utterances with their findings and silences, in the order in which they would be settled."""
    talk = list(_talk(case))
    events: list[tuple[float, int, Heard]] = [(heard.end, 0, (heard, findings)) for heard, findings in talk]
    sides: tuple[Speaker, ...] = ("agent", "customer")
    for side in sides:
        busy = [(one.start, one.end) for one, _ in talk if isinstance(one, Utterance) and one.speaker == side]
        for number in range(1, int(case.seconds / TICK) + 1):
            at = number * TICK
            if not any(start < at <= end for start, end in busy):
                events.append((at, 1, (Silence("case", side, 0.0, at), ())))
    for at, _, heard in sorted(events, key=lambda event: event[:2]):
        if at <= case.seconds:
            yield heard


def _talk(case: Case) -> Iterator[Heard]:
    """What is said, and the silences in which something was found."""
    if case.mood is not None:
        for at in MOODS:
            yield _utterance(f"mood{at}", "customer", 0.0, at, case.mood), ()
    for start, end in case.agent:
        yield _utterance(f"agent{start:g}", "agent", start, end), ()
    quiet = [given for given in case.findings if given.name == DEAD_AIR]
    for given in quiet:
        yield Silence("case", "customer", given.start, given.end), (given.finding(),)
    for id in dict.fromkeys(given.u for given in case.findings if given not in quiet):
        found = tuple(given.finding() for given in case.findings if given.u == id and given not in quiet)
        start, end = min(one.start for one in found), max(one.end for one in found)
        yield _utterance(id, found[0].speaker, start, end), found


def _utterance(id: str, speaker: Speaker, start: float, end: float, valence: float | None = None) -> Utterance:
    return Utterance(
        call="case", id=id, speaker=speaker, start=start, end=end, text=WORDS, stage="final", confidence=1.0, valence=valence
    )
