"""How alike two stretches of talk are by their words, when a recogniser has misheard one character in five.

Pairs of syllables (toneless, confusable sounds folded) carry the comparison, single characters and figures add to it, weighed
by how rare they are in call talk: 地板泡坏 weighs, 你们怎么 does not. One-sided: how much of the new words was said before.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from monitor.analysis import text as texts
from monitor.analysis.text import Text

SINGLE = 0.35  # weight of one character against a pair of syllables
_LETTER = re.compile(r"[\u4e00-\u9fffa-z]")
_NUMBER = re.compile(r"\d{2,}")
_EMPTY = frozenset("的了吗呢吧我你他是就都也还又不没有在这那个把给要说去来到会能得着过和跟让被为以可怎么什人上下一们")


@dataclass(frozen=True, slots=True)
class Bag:
    """What a stretch is compared by: each feature with its weight. A pair of syllables never met before weighs 1."""

    weights: dict[str, float]
    mass: float  # all of it

    def shared(self, other: Bag) -> float:
        """Weight of what is in both."""
        return math.fsum(self.weights[feature] for feature in self.weights.keys() & other.weights.keys())


class Weigher:
    """How much a feature tells, learnt from a corpus of call lines. Built once."""

    def __init__(self, corpus: Iterable[str]) -> None:
        lines = [texts.read(line) for line in corpus]
        met = Counter(feature for line in lines for feature in set(_features(line, 0, len(line.norm))))
        most = math.log(len(lines) + 1)
        self._weight = {feature: math.log((len(lines) + 1) / (count + 1)) / most for feature, count in met.items()}

    def bag(self, text: Text, start: int, end: int) -> Bag:
        """The features of norm[start:end] (not across clauses)."""
        weights = {
            feature: self._weight.get(feature, 1.0) * (SINGLE if len(feature) == 1 else 1.0)
            for feature in _features(text, start, end)
        }
        return Bag(weights, math.fsum(weights.values()))


def _features(text: Text, start: int, end: int) -> Iterator[str]:
    yield from _NUMBER.findall(text.norm, start, end)
    for index in range(start, end):
        if not _LETTER.match(text.norm[index]):
            continue
        if text.norm[index] not in _EMPTY:
            yield text.norm[index]
        if index + 1 < end and _LETTER.match(text.norm[index + 1]) and text.clause_at[index] == text.clause_at[index + 1]:
            yield f"{text.syllables[index]} {text.syllables[index + 1]}"
