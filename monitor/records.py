"""The values that flow between the rooms.

All are frozen. Times are seconds of call time (from the first sample of the call) unless a name says otherwise;
samples are float32 mono at `RATE`, in [-1, 1], and take no part in repr and ==.
`as_json` gives the shape of `review --json`, of the API and of the live socket.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

RATE = 16_000  # Hertz, of every Chunk and Speech

Samples = npt.NDArray[np.float32]
Speaker = Literal["agent", "customer", "unknown"]
Stage = Literal["interim", "draft", "final"]
Encoding = Literal["pcm_s16le", "mulaw", "alaw"]  # how samples come in: linear, or G.711
Severity = Literal["notice", "warning", "critical"]
AlertStatus = Literal["open", "acknowledged", "resolved", "false_alarm"]
Mistake = Literal["misheard", "other_sense", "quoted", "joking", "no_breach", "other"]  # why an alert was a false alarm
CallStatus = Literal["live", "ended", "interrupted", "failed"]
WhisperOrigin = Literal["playbook", "supervisor"]
WhisperStatus = Literal["sent", "seen", "used", "dismissed", "later", "withdrawn"]
Span = tuple[float, float]

SYSTEM = "system"  # the name under which the product itself resolves an alert; no person may bear it


@dataclass(frozen=True, slots=True, kw_only=True)
class CallInfo:
    """What is known of a call when it starts."""

    id: str
    started: datetime  # aware
    source: Literal["live", "file"]
    model: str
    channels: tuple[Speaker, ...]
    agent: str | None = None
    team: str | None = None
    customer: str | None = None  # number, where known


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of one speaker's audio, as it arrives. Chunks of one speaker follow each other without gaps."""

    call: str
    speaker: Speaker
    start: float
    samples: Samples = field(repr=False, compare=False)

    @property
    def end(self) -> float:
        return self.start + len(self.samples) / RATE


@dataclass(frozen=True, slots=True, eq=False)
class Lead:
    """What the same speaker said just before a stretch, as the decoder takes it."""

    samples: Samples = field(repr=False)
    tokens: tuple[int, ...]  # its words


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A stretch of speech to decode.

    `id` stays the same while the stretch grows: an `interim` (still speaking), a `draft` (a pause, may be joined with what
    follows) and the `final` of one utterance share it, and each replaces the one before.

    A final is the whole utterance. A draft or interim is what came since the draft before it, `part` counting those.
    """

    call: str
    id: str
    speaker: Speaker
    start: float  # first voiced sample, padding left out
    end: float  # last voiced sample, padding left out
    stage: Stage
    spans: tuple[Span, ...]  # the voiced stretches inside [start, end]
    voicing: float  # 0..1, mean probability of speech over the spans
    offset: float  # call time of samples[0]: start less the padding
    part: int = 0
    lead: Lead | None = field(default=None, repr=False, compare=False)
    samples: Samples = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Silence:
    """One speaker is not speaking, from `start` until (so far) `end`; sent again as it grows."""

    call: str
    speaker: Speaker
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Word:
    """One character or Latin word of an utterance's text and when it was said."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Voice:
    """How an utterance sounded, measured on its voiced stretches."""

    loudness: float  # dBFS, RMS over voiced frames
    pitch: float | None  # Hertz, median of voiced frames; None where none could be measured
    pitch_spread: float | None  # semitones, interquartile range
    rate: float  # characters a second of voiced time


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """Words said by one speaker. A later one with the same `id` replaces it everywhere."""

    call: str
    id: str
    speaker: Speaker
    start: float
    end: float
    text: str
    stage: Stage
    confidence: float  # 0..1, from the decoder's mean token log-probability
    words: tuple[Word, ...] = ()  # in the order of `text`, punctuation left out
    spans: tuple[Span, ...] = ()
    voice: Voice | None = None
    valence: float | None = None  # -1..1, words
    arousal: float | None = None  # 0..1, voice against the speaker's own baseline

    @property
    def final(self) -> bool:
        return self.stage == "final"


DOUBTED = "；单看这一句不能确定，但本通坐席另有两次用语不当"  # what the reason of a finding ends in that no rule was sure of


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something seen or heard in a call, with its evidence (design: kinds and rules).

    `id` is stable while the utterance under it is revised: `<utterance>.<rule or kind>`.
    `span` is [start, end) in characters of the utterance's text.
    """

    call: str
    id: str
    kind: str
    rule: str | None
    speaker: Speaker
    start: float
    end: float
    text: str
    confidence: float
    because: str
    utterance: str | None = None
    span: tuple[int, int] | None = None
    level: int | None = None
    count: int | None = None
    first: float | None = None
    inconsistent: bool | None = None
    values: tuple[str, ...] | None = None
    due: str | None = None
    said: str | None = None
    overlap: float | None = None
    seconds: float | None = None

    @property
    def doubted(self) -> bool:
        """Whether only the rest of the call made it a finding."""
        return self.because.endswith(DOUBTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What a supervisor sees. `at` is call time; `raised` and `when` are wall-clock."""

    call: str
    id: str
    at: float
    severity: Severity
    rule: str
    title: str
    because: tuple[str, ...]  # finding ids, oldest first
    text: str = ""  # the words it rests on, of the newest finding
    speaker: Speaker = "unknown"
    raised: datetime | None = None
    status: AlertStatus = "open"
    by: str | None = None
    when: datetime | None = None
    note: str | None = None
    why: Mistake | None = None  # of a false alarm
    owner: str | None = None  # who sees to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decides about an alert; None leaves what is there.

    `was`: status and owner as this person saw them. Where they are others by now, somebody else was quicker.
    """

    by: str
    when: datetime  # aware
    status: AlertStatus | None = None
    why: Mistake | None = None  # of a false alarm, and needed there
    note: str | None = None
    owner: str | None = None  # "": nobody
    was: tuple[AlertStatus, str | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisper:
    """What the agent might say now. `at` and `expires` are call time; `when`, of the last change of status, is wall-clock.

    `later` is put off by the agent and comes again as `sent`; `withdrawn`: its moment has passed.
    """

    call: str
    id: str
    at: float
    origin: WhisperOrigin = "playbook"
    by: str | None = None  # the supervisor
    say: str  # a model sentence, or what the supervisor wrote
    reason: str  # one line; "" of a supervisor's
    because: tuple[str, ...] = ()  # finding ids, oldest first
    rule: str | None = None  # of the playbook
    priority: int = 0  # 0..100
    expires: float
    status: WhisperStatus = "sent"
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Insight:
    """What analysis makes of one thing heard: the utterance with its mood, and findings (new, or again under their id)."""

    utterance: Utterance | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A call as a whole, live and at its end. None where it is not known (yet)."""

    type: str | None = None
    cause: str | None = None
    validity: str | None = None
    risk: int = 0
    level: int = 0
    steps: dict[str, float | None] = field(default_factory=dict)
    steps_missing: tuple[str, ...] = ()
    promises: tuple[dict[str, Any], ...] = ()
    stressed: tuple[str, ...] = ()
    claims: tuple[dict[str, Any], ...] = ()
    talk_share: dict[str, float] = field(default_factory=dict)
    opening_valence: float | None = None
    closing_valence: float | None = None
    # Calls of the same number that claimed the same: "call", "started", "text", "agent", "team".
    earlier: tuple[dict[str, Any], ...] = ()
    # What the customer has given already: "id", "zh", "value", "at" (call time), in the order first given.
    facts: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class EarlierCall:
    """What a customer said in an earlier call from the same number, in order."""

    call: str
    started: datetime  # aware
    lines: tuple[str, ...] = field(repr=False)
    agent: str | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """A call as a list shows it, live or ended."""

    id: str
    started: datetime  # aware
    ended: datetime | None = None  # aware
    seconds: float = 0.0  # of call time heard so far
    agent: str | None = None
    team: str | None = None
    customer: str | None = None
    model: str
    source: Literal["live", "file"]
    status: CallStatus
    why: str | None = None  # a call that was interrupted or failed: a sentence
    risk: int = 0  # 0..100
    level: int = 0  # 0..4, the highest rung reached
    talk_share: dict[str, float] = field(default_factory=dict)
    mood: tuple[tuple[float, str, float], ...] = ()  # (call time, speaker, valence), oldest first, at most the last 60
    channels: tuple[Speaker, ...] = ()
    taken_over: dict[str, str] | None = None  # by a supervisor: "by", and "when" in ISO 8601


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A call with everything kept of it, each in call time's order."""

    call: CallView
    utterances: tuple[Utterance, ...] = ()
    findings: tuple[Finding, ...] = ()
    alerts: tuple[Alert, ...] = ()
    whispers: tuple[Whisper, ...] = ()
    summary: Summary = field(default_factory=Summary)


Record = CallInfo | Utterance | Finding | Alert | Whisper


def as_json(value: Any) -> Any:
    """`value` as plain JSON types: dataclasses to dicts, times in milliseconds' precision, datetimes to ISO 8601.

    Optional fields of a Finding that are None are left out; arrays and samples are never included.
    """
    if is_dataclass(value) and not isinstance(value, type):
        optional = isinstance(value, Finding)
        pairs = ((f.name, getattr(value, f.name)) for f in fields(value))
        return {
            name: as_json(item)
            for name, item in pairs
            if not isinstance(item, np.ndarray)
            and not (optional and item is None and name not in ("rule", "utterance", "span"))
        }
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value
