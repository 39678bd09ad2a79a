"""What has been said so far in one call, as the detectors see it.

`Story` is kept by the analyzer, one a call; `Story.context` is the frozen view handed to every detector's `judge`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.analysis.text import Text
from monitor.records import Finding, Speaker, Utterance

KEPT = 60  # utterances
SURE = 0.6  # confidence from which a finding counts as having happened
BREACHES, RUNGS = frozenset(("banned_phrase", "overpromise")), frozenset(("escalation",))
TOLD = 0.5  # probability from which an act tells of trouble
CLIMBING = frozenset(("dissatisfied", "demand_supervisor"))
_TROUBLE = CLIMBING | {"demand", "retold", "refuse"}
_CAUSE = "cause_"
_ACKNOWLEDGED = frozenset(
    (
        "对", "对对", "对对对", "好", "好的", "好好", "行", "行行行", "是", "是的", "是是是", "没错", "明白", "可以",
        "你好", "请讲", "你说", "你讲", "在", "在的",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Act:
    """What a stretch of an utterance does, by the classifier: a label of the corpus, and how sure that is."""

    label: str
    start: int  # [start, end) in the normal form
    end: int
    probability: float  # calibrated, less for a short stretch
    example: str  # the line of the corpus that is most like it


@dataclass(frozen=True, slots=True)
class Said:
    """An utterance with its normal form, what it does, and (once settled) what was found in it."""

    utterance: Utterance
    text: Text
    acts: tuple[Act, ...] = ()
    labels: frozenset[str] = frozenset()  # of the acts that were looked for
    odds: float = 0.0  # what the call so far adds to the log odds that this is a breach or a threat (`odds`)
    findings: tuple[Finding, ...] = ()

    @property
    def speaker(self) -> Speaker:
        return self.utterance.speaker

    @property
    def slight(self) -> bool:
        """A backchannel or a greeting word: nothing is answered or claimed by it."""
        return len(self.text.norm) <= 1 or self.text.norm in _ACKNOWLEDGED

    def found(self, kinds: frozenset[str]) -> bool:
        """Whether something of these kinds was surely found in it."""
        return any(finding.kind in kinds and finding.confidence >= SURE for finding in self.findings)

    def act(self, label: str) -> Act | None:
        """The surest act of that label."""
        return max((act for act in self.acts if act.label == label), key=lambda act: act.probability, default=None)


@dataclass(frozen=True, slots=True)
class Context:
    """The settled past of a call. `said`: in order of start, at most `KEPT` long, both speakers; the rest is of all of it."""

    said: tuple[Said, ...] = ()
    level: int = 0  # highest rung of the ladder reached so far
    breaches: int = 0  # of the agent's utterances, those that broke a rule
    rungs: int = 0  # of the customer's, those found on the ladder
    troubled: bool = False  # the customer has told of something wrong

    def before(self, utterance: Utterance) -> tuple[Said, ...]:
        """What began before `utterance` did (drafts are judged while the other side's words settle)."""
        return tuple(said for said in self.said if said.utterance.start < utterance.start and said.utterance.id != utterance.id)

    def turn(self, utterance: Utterance) -> tuple[Said, ...]:
        """What the same speaker said just before, with nothing but backchannels of the other side in between."""
        return _last_of(self.before(utterance), utterance.speaker)

    def answered(self, utterance: Utterance) -> tuple[Said, ...]:
        """The other side's last turn before the one `utterance` belongs to."""
        past = list(self.before(utterance))
        while past and (past[-1].speaker == utterance.speaker or past[-1].slight):
            past.pop()
        return _last_of(tuple(past), past[-1].speaker) if past else ()


def tell_trouble(acts: Iterable[Act]) -> bool:
    """Whether a customer's acts show that something is wrong."""
    return any(act.probability >= TOLD and (act.label in _TROUBLE or act.label.startswith(_CAUSE)) for act in acts)


class Detector(Protocol):
    """One way of looking at an utterance. A new one is made for every call.

    `judge` changes nothing: it is asked about drafts that may still be revised. `settle` is told once of every final utterance,
    with all the findings (of every detector) that were made on it.
    """

    def judge(self, said: Said, context: Context) -> list[Finding]: ...

    def settle(self, said: Said) -> None: ...


class Story:
    """The settled utterances of one call, in order of start."""

    def __init__(self) -> None:
        self._said: deque[Said] = deque(maxlen=KEPT)
        self._level = self._breaches = self._rungs = 0
        self._troubled = False
        self._context: Context | None = Context()

    @property
    def context(self) -> Context:
        if self._context is None:
            self._context = Context(tuple(self._said), self._level, self._breaches, self._rungs, self._troubled)
        return self._context

    def settle(self, said: Said) -> None:
        """Add a final utterance, or replace the one with its id."""
        old = next((other for other in self._said if other.utterance.id == said.utterance.id), None)
        others = [other for other in self._said if other is not old]
        others.append(said)
        others.sort(key=lambda other: (other.utterance.start, other.utterance.end))
        self._said = deque(others, maxlen=KEPT)
        self._level = max([self._level, *(finding.level or 0 for finding in said.findings)])
        self._breaches += said.found(BREACHES) - (old is not None and old.found(BREACHES))
        self._rungs += said.found(RUNGS) - (old is not None and old.found(RUNGS))
        self._troubled |= bool(self._rungs) or (said.speaker == "customer" and tell_trouble(said.acts))
        self._context = None


def _last_of(past: Sequence[Said], speaker: Speaker) -> tuple[Said, ...]:
    turn: list[Said] = []
    for said in reversed(past):
        if said.speaker == speaker:
            turn.append(said)
        elif not said.slight:
            break
    return tuple(reversed(turn))
