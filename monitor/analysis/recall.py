"""Repeat callers: what a customer claims now and claimed in an earlier call from the same number.

The weightiest sentences of this call are held against those of the earlier calls, like two turns of one call (`repeats`), but
only where they name the same matter, and without what binds the turns of one call: two calls that both ask for the manager
are about two things.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from monitor.analysis import text as texts
from monitor.analysis.claim_language import Language, Sentence, sounds
from monitor.analysis.embedder import Embedder
from monitor.analysis.repeats import Scorer, Setting, compare
from monitor.records import EarlierCall

LINKED = 0.7  # probability from which two sentences of two calls make one claim
COMPARED = 16  # sentences of each call, the weightiest
OF_ONE_CALL = ("threat", "demand", "insisting", "renewing", "refused", "wondering", "same_figure", "other_figure")

_ALONE = Setting(answers=0, asked=False, refused=False, agent=())


class Recall:
    """The earlier calls of one call's customer."""

    def __init__(self, language: Language, scorer: Scorer, embedder: Embedder | None, earlier: Sequence[EarlierCall]) -> None:
        self._language, self._scorer, self._embedder = language, scorer, embedder
        self._earlier = tuple(earlier)

    def links(self, sentences: Sequence[Sentence]) -> tuple[dict[str, Any], ...]:
        """The earlier calls in which one of `sentences` was claimed: {"call", "started", "text"} each, the newest first."""
        if not self._earlier:
            return ()
        now = self._weightiest(sentences)
        found = ((call, self._same(now, call)) for call in self._earlier)
        return tuple(
            {"call": call.call, "started": call.started.isoformat(timespec="milliseconds"), "text": text}
            for call, text in found
            if text
        )

    def _same(self, now: Sequence[tuple[Sentence, set[str]]], call: EarlierCall) -> str:
        """What was said in that call that is said again now; "" where nothing is."""
        lines = [sentence for line in call.lines for sentence in self._language.sentences(texts.read(line))]
        likenesses = [
            replace(likeness, features={**likeness.features, **dict.fromkeys(OF_ONE_CALL, 0.0)})
            for old, then in self._weightiest(lines)
            for new, matter in now
            if _same_matter(new, matter, old, then) and (likeness := compare(new, old, _ALONE))
        ]
        scores = self._scorer.scores(likenesses, self._embedder)
        score, best = max(zip(scores, likenesses, strict=True), key=lambda pair: pair[0], default=(0.0, None))
        return best.old.telling(best.window.bag) if best and score >= LINKED else ""

    def _weightiest(self, sentences: Sequence[Sentence]) -> list[tuple[Sentence, set[str]]]:
        """The sentences that claim most, and what each is about."""
        claims = [sentence for sentence in sentences if sentence.claims and not sentence.accepting]
        claims.sort(key=lambda sentence: -sentence.bag.mass)
        return [(sentence, self._language.matter(sentence)) for sentence in claims[:COMPARED]]


def _same_matter(new: Sentence, matter: set[str], old: Sentence, then: set[str]) -> bool:
    """Whether a word of one sentence sounds in the other (recognisers misspell the rarest words most)."""
    here, there = (sounds(one.text.syllables[one.start : one.end]) for one in (new, old))
    return any(word in there for word in matter) or any(word in here for word in then)
