"""Where one speaker's utterances begin and end: a state machine over speech probabilities, with no clock but the audio's.

    silent ──voiced──▶ onset ──min_speech──▶ speaking ──unvoiced──▶ pausing ──join_silence──▶ silent
                         │                      ▲                      │
                         └─too short─▶ silent   └──────voiced──────────┘

A pause of `draft_silence` gives a draft, so that an alert need not wait; one of `join_silence` settles the utterance. Who goes
on before that is joined: the same id, decoded again as a whole, for a recogniser hears whole sentences better than halves.
Drafts and interims carry only what came since the draft before, so that long speech does not cost its square.
A stretch longer than `soft_limit` is cut where the voice was weakest; one that pauses where it would be cut is settled at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import pairwise

import numpy as np

from monitor import config
from monitor.records import RATE, Samples, Silence, Span, Speaker, Speech, Stage
from monitor.speech.vad import WINDOW, WINDOW_SECONDS, Probabilities

SILENCE_EVERY = 0.5  # seconds between reports of a silence that goes on
WEAKEST_WITHIN = 0.5  # a long stretch is cut in this last share of it
LEAD = 0.03  # a voice that swells is under way at this probability already
LEAD_WITHIN = 0.3  # seconds before it is believed
ATTACK = 0.1  # seconds of unvoiced consonant before what the detector calls voice (median on the labelled calls: 0.13)
LONG_PART = 2.5  # seconds; more undrafted speech than this is drafted at its last breath, without waiting for a pause
BREATH = 0.06  # seconds between two voices, beside ATTACK; a shorter gap may be a consonant
SMOOTH = 5  # windows over which "weakest" is averaged: a single low window is a plosive, not a gap


class State(Enum):
    SILENT = auto()
    ONSET = auto()
    SPEAKING = auto()
    PAUSING = auto()


@dataclass(slots=True)
class Stretch:
    """An utterance in the making; times in windows from the start of the call."""

    id: str
    start: int
    floor: int  # no padding before this window: it belongs to the utterance cut off before
    spans: list[tuple[int, int]] = field(default_factory=list)  # closed voiced stretches
    interim: int = 0  # window of the last interim or draft
    part: int = 0  # drafts so far
    drafted: int = 0  # window up to which they go; 0: none yet


class Segmenter:
    """One speaker of one call. `feed` takes whole windows; the results come in the order of the audio."""

    def __init__(
        self,
        call: str,
        speaker: Speaker,
        vad: config.Vad,
        segment: config.Segment,
        new_id: Callable[[], str],
        *,
        drafts: bool = True,
    ) -> None:
        """`new_id` names the next utterance. `drafts=False` leaves out interims and drafts (nobody is waiting)."""
        self._call, self._speaker = call, speaker
        self._vad, self._segment = vad, segment
        self._new_id, self._drafts = new_id, drafts
        self._state = State.SILENT
        self._now = 0  # windows seen
        self._voiced_from = 0  # start of the voiced stretch under way
        self._sure_from = 0  # where the detector was sure of it
        self._lead_from = 0  # start of what may be a voice swelling
        self._quiet_from = 0  # start of the silence under way
        self._reported = 0  # window up to which the silence was reported
        self._stretch: Stretch | None = None
        self._audio: list[Samples] = []  # from window self._kept on
        self._kept = 0
        self._levels: list[float] = []  # probability of each kept window

    @property
    def silent(self) -> bool:
        return self._state is State.SILENT

    def feed(self, samples: Samples, probabilities: Probabilities) -> list[Speech | Silence]:
        """Next windows: samples (n * WINDOW,) at 16 kHz with their n speech probabilities."""
        heard: list[Speech | Silence] = []
        for index, probability in enumerate(probabilities.tolist()):
            self._audio.append(samples[index * WINDOW : (index + 1) * WINDOW])
            self._levels.append(probability)
            self._step(probability, heard)
            self._now += 1
        self._forget()
        return heard

    def finish(self) -> list[Speech | Silence]:
        """The call is over: what was being said is said, what was silent was silent to the end."""
        heard: list[Speech | Silence] = []
        if self._state is State.SPEAKING:
            self._close_span(self._now)
        if self._stretch and self._state in (State.SPEAKING, State.PAUSING):
            self._settle(heard)
        elif self._now > self._quiet_from:
            self._report(heard, self._now)
        self._state = State.SILENT
        return heard

    def _step(self, probability: float, heard: list[Speech | Silence]) -> None:
        voiced = probability >= (self._vad.threshold if self._state in (State.SILENT, State.PAUSING) else self._vad.release)
        if probability < LEAD:
            self._lead_from = self._now + 1
        if self._state is State.SILENT:
            if voiced:
                self._voiced_from, self._sure_from, self._state = self._led(), self._now, State.ONSET
            elif self._now + 1 - max(self._reported, self._quiet_from) >= _windows(SILENCE_EVERY):
                self._report(heard, self._now + 1)
        elif self._state is State.ONSET:
            if not voiced:
                self._state = State.SILENT
            elif self._now + 1 - self._sure_from >= _windows(self._segment.min_speech):
                self._report(heard, self._voiced_from)
                self._stretch = Stretch(self._new_id(), self._voiced_from, self._quiet_from, interim=self._voiced_from)
                self._state = State.SPEAKING
        elif self._state is State.SPEAKING:
            if not voiced:
                self._close_span(self._now)
                self._state = State.PAUSING
            else:
                self._speak_on(heard)
        elif voiced:
            self._resume(heard)
        else:
            self._pause_on(heard)

    def _speak_on(self, heard: list[Speech | Silence]) -> None:
        stretch = self._open()
        if self._now + 1 - stretch.start >= _windows(self._segment.soft_limit):
            self._cut(heard)
        elif self._drafts and self._now + 1 - stretch.interim >= _windows(self._segment.interim_every):
            open_ = [*self._undrafted(), (self._voiced_from, self._now + 1)]
            breath = self._breath(open_)
            if breath and self._now + 1 - open_[0][0] >= _windows(LONG_PART):
                self._draft(heard, open_[:breath], ceiling=open_[breath][0])
            else:
                heard.append(self._speech("interim", open_, part=stretch.part))
            stretch.interim = self._now + 1

    def _pause_on(self, heard: list[Speech | Silence]) -> None:
        stretch = self._open()
        pause = self._now + 1 - self._quiet_from
        if self._drafts and self._undrafted() and pause >= _windows(self._segment.draft_silence):
            self._draft(heard, self._undrafted(), ceiling=self._now + 1)
            stretch.interim = self._now + 1
        long = self._quiet_from - stretch.start >= _windows(self._segment.soft_limit * (1 - WEAKEST_WITHIN))
        if pause >= _windows(self._segment.draft_silence if long else self._segment.join_silence):
            self._settle(heard)
            self._state = State.SILENT

    def _resume(self, heard: list[Speech | Silence]) -> None:
        stretch = self._open()
        self._voiced_from, self._state = self._led(), State.SPEAKING
        if self._now - stretch.start >= _windows(self._segment.soft_limit):
            self._settle(heard)
            self._stretch = Stretch(self._new_id(), self._voiced_from, self._quiet_from, interim=self._now)

    def _led(self) -> int:
        """Where the voice that is heard now began: the detector is sure some windows late."""
        began = max(self._lead_from, self._now - _windows(LEAD_WITHIN))
        return max(began - _windows(ATTACK), self._quiet_from)

    def _cut(self, heard: list[Speech | Silence]) -> None:
        """Settle the part before the weakest point; what follows is the next utterance."""
        stretch = self._open()
        first = stretch.start + int((self._now - stretch.start) * (1 - WEAKEST_WITHIN))
        levels = np.asarray(self._levels[first - self._kept :])
        smooth = np.convolve(levels, np.ones(SMOOTH) / SMOOTH, mode="same")
        smooth[-SMOOTH:] = np.inf  # the voice may only just be starting to fall here
        at = first + int(np.argmin(smooth))
        before, after = _split([*stretch.spans, (self._voiced_from, self._now + 1)], at)
        stretch.spans = before
        self._settle(heard)
        self._voiced_from = after[-1][0]
        self._stretch = Stretch(self._new_id(), after[0][0], at, spans=after[:-1], interim=self._now + 1)
        if self._drafts and after[:-1]:  # what was said since was an interim of the other utterance until now
            self._draft(heard, after[:-1], ceiling=self._voiced_from)

    def _undrafted(self) -> list[tuple[int, int]]:
        """The closed spans that no draft had yet."""
        stretch = self._open()
        return [span for span in stretch.spans if span[0] >= stretch.drafted]

    def _breath(self, spans: list[tuple[int, int]]) -> int:
        """The number of `spans` before the last gap among them that is a breath; 0 where there is none."""
        gaps = [later[0] - earlier[1] for earlier, later in pairwise(spans)]
        return max((i for i, gap in enumerate(gaps, 1) if gap >= _windows(BREATH)), default=0)

    def _draft(self, heard: list[Speech | Silence], spans: list[tuple[int, int]], ceiling: int) -> None:
        """Draft `spans`, the first that had none, with no audio from window `ceiling` on."""
        stretch = self._open()
        heard.append(self._speech("draft", spans, part=stretch.part, ceiling=ceiling))
        stretch.part += 1
        stretch.drafted = spans[-1][1]

    def _settle(self, heard: list[Speech | Silence]) -> None:
        heard.append(self._speech("final", self._open().spans))
        self._stretch = None
        self._reported = self._quiet_from

    def _close_span(self, end: int) -> None:
        self._open().spans.append((self._voiced_from, end))
        self._quiet_from = end

    def _report(self, heard: list[Speech | Silence], end: int) -> None:
        self._reported = end
        if end > self._quiet_from:
            heard.append(Silence(self._call, self._speaker, self._quiet_from * WINDOW_SECONDS, end * WINDOW_SECONDS))

    def _speech(self, stage: Stage, spans: list[tuple[int, int]], *, part: int = 0, ceiling: int | None = None) -> Speech:
        """`spans` with the padding around them that belongs to no other part of the utterance, nor to another utterance."""
        stretch = self._open()
        pad = _windows(self._segment.padding)
        first = max(spans[0][0] - pad, stretch.drafted if part else stretch.floor, self._kept)
        last = min(spans[-1][1] + pad, self._now + 1 if ceiling is None else ceiling)
        seconds: tuple[Span, ...] = tuple((start * WINDOW_SECONDS, end * WINDOW_SECONDS) for start, end in spans)
        return Speech(
            call=self._call,
            id=stretch.id,
            speaker=self._speaker,
            start=seconds[0][0],
            end=seconds[-1][1],
            stage=stage,
            spans=seconds,
            voicing=float(
                np.mean([level for start, end in spans for level in self._levels[start - self._kept : end - self._kept]])
            ),
            offset=first * WINDOW_SECONDS,
            part=part,
            samples=np.concatenate(self._audio[first - self._kept : last - self._kept]),
        )

    def _forget(self) -> None:
        """Keep only the audio that an utterance to come may still need."""
        pad = _windows(self._segment.padding)
        needed = {
            State.SILENT: self._now - _windows(LEAD_WITHIN + ATTACK),
            State.ONSET: self._voiced_from,
        }.get(self._state, self._stretch.start if self._stretch else self._now)
        drop = max(needed - pad, 0) - self._kept
        if drop > 0:
            del self._audio[:drop], self._levels[:drop]
            self._kept += drop

    def _open(self) -> Stretch:
        assert self._stretch is not None, self._state
        return self._stretch


def _windows(seconds: float) -> int:
    return max(1, round(seconds * RATE / WINDOW))


def _split(spans: list[tuple[int, int]], at: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Spans before and after window `at`, the one around it divided. Neither side is empty: `at` lies inside the stretch."""
    before = [(start, min(end, at)) for start, end in spans if start < at]
    after = [(max(start, at), end) for start, end in spans if end > at]
    return before, after
