"""Repeat callers: what a customer claims now and claimed in an earlier call from the same number.

What the customer says is held, as it is settled, against the weightiest sentences of the earlier calls, like two turns of one
call (`repeats`), but only where they name the same matter, and without what binds the turns of one call: two calls that both
ask for the manager are about two things. An earlier call once linked stays so, and is not looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from monitor.analysis import text as texts
from monitor.analysis.claim_language import Language, Sentence, sounds
from monitor.analysis.embedder import Embedder
from monitor.analysis.repeats import Likeness, Scorer, Setting, compare
from monitor.records import EarlierCall

LINKED = 0.7  # probability from which two sentences of two calls make one claim
COMPARED = 16  # sentences of an earlier call, the weightiest
READ = 6_000  # characters of an earlier call, from its beginning: a quarter of an hour of one person's talk
OF_ONE_CALL = ("threat", "demand", "insisting", "renewing", "refused", "wondering", "same_figure", "other_figure")

_ALONE = Setting(answers=0, asked=False, refused=False, agent=())


@dataclass(frozen=True, slots=True)
class Claimed:
    """A sentence that claims something, and the words for what it is about."""

    sentence: Sentence
    matter: frozenset[str]


@dataclass(frozen=True, slots=True)
class Remembered:
    """An earlier call and what was claimed in it, the weightiest first."""

    call: EarlierCall
    claimed: tuple[Claimed, ...]


def remember(language: Language, call: EarlierCall) -> Remembered:
    """Read what was said in an earlier call (about a millisecond a line; 0.1 s at most)."""
    lines = [sentence for line in _beginning(call.lines) for sentence in language.sentences(texts.read(line))]
    claimed = sorted(_claimed(language, lines), key=lambda one: -one.sentence.bag.mass)
    return Remembered(call, tuple(claimed[:COMPARED]))


class Recall:
    """The earlier calls of one call's customer."""

    def __init__(self, language: Language, scorer: Scorer, embedder: Embedder | None, earlier: Sequence[Remembered]) -> None:
        """`earlier`: the newest call first."""
        self._language, self._scorer, self._embedder = language, scorer, embedder
        self._earlier = tuple(earlier)
        self._linked: dict[str, str] = {}  # of each call linked so far, what was said then

    @property
    def links(self) -> tuple[dict[str, Any], ...]:
        """The earlier calls in which the same was claimed: call, started, text, agent and team of each, the newest first."""
        return tuple(
            {
                "call": call.call,
                "started": call.started.isoformat(timespec="milliseconds"),
                "text": self._linked[call.call],
                "agent": call.agent,
                "team": call.team,
            }
            for call in (remembered.call for remembered in self._earlier)
            if call.call in self._linked
        )

    def heed(self, sentences: Iterable[Sentence]) -> None:
        """What the customer says now."""
        apart = [remembered for remembered in self._earlier if remembered.call.call not in self._linked]
        if not apart:
            return
        now = list(_claimed(self._language, sentences))
        pairs = [(remembered.call.call, likeness) for remembered in apart for likeness in _likenesses(now, remembered)]
        scores = self._scorer.scores([likeness for _, likeness in pairs], self._embedder)
        for score, (call, likeness) in sorted(zip(scores, pairs, strict=True), key=lambda scored: -scored[0]):
            if score >= LINKED:
                self._linked.setdefault(call, likeness.old.telling(likeness.window.bag))


def _beginning(lines: Iterable[str]) -> Iterator[str]:
    left = READ
    for line in lines:
        yield line[:left]
        left -= len(line)
        if left <= 0:
            return


def _claimed(language: Language, sentences: Iterable[Sentence]) -> Iterator[Claimed]:
    for sentence in sentences:
        if sentence.claims and not sentence.accepting:
            yield Claimed(sentence, frozenset(language.matter(sentence)))


def _likenesses(now: Sequence[Claimed], remembered: Remembered) -> Iterator[Likeness]:
    for old in remembered.claimed:
        for new in now:
            if _same_matter(new, old) and (likeness := compare(new.sentence, old.sentence, _ALONE)):
                yield replace(likeness, features={**likeness.features, **dict.fromkeys(OF_ONE_CALL, 0.0)})


def _same_matter(new: Claimed, old: Claimed) -> bool:
    """Whether a word of one sentence sounds in the other (recognisers misspell the rarest words most)."""
    here, there = (sounds(one.text.syllables[one.start : one.end]) for one in (new.sentence, old.sentence))
    return any(word in there for word in new.matter) or any(word in here for word in old.matter)
