"""How alike two stretches of talk are by their words, when a recogniser has misheard one character in five.

Pairs of syllables (toneless, confusable sounds folded) carry the comparison, single characters and figures add to it,
weighed by how rare they are in call talk: 地板泡坏 weighs, 你们怎么 does not. Figures are compared as they are read out
(129 as 一百二十九) and particles are passed over (截了图 is 截图), so that a number or a word half misheard still shares
its sounds. `Bag.rough` folds the sounds once more (相机 and 上鸡, 全额 and 前额), for words heard worse. One-sided: how
much of the new words was said before.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import cn2an

from monitor.analysis import pinyin
from monitor.analysis import text as texts
from monitor.analysis.text import Text

SINGLE = 0.35  # weight of one character against a pair of syllables
RARE = 0.0025  # share of the corpus's lines that have a rare word, at most
READ_OUT = 6  # digits of a number that is read as one; a longer one is a code, read digit by digit
_LETTER = re.compile(r"[\u4e00-\u9fffa-z]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_EMPTY = frozenset("的了吗呢吧我你他是就都也还又不没有在这那个把给要说去来到会能得着过和跟让被为以可怎么什人上下一们")
_PARTICLES = frozenset("了着过的个呢吗吧嘛")
_ROUGH = (
    ("zh", "z"), ("ch", "c"), ("sh", "s"), ("j", "z"), ("q", "c"), ("x", "s"), ("p", "b"), ("t", "d"), ("k", "g"),
    ("h", "f"), ("n", "l"), ("r", "l"), ("y", ""), ("w", ""),
)  # fmt: skip
_MEDIAL = re.compile(r"[iuv](?=[aoe])")


@dataclass(frozen=True, slots=True)
class Bag:
    """What a stretch is compared by: each feature with its weight. A pair of syllables never met before weighs 1."""

    weights: dict[str, float]
    mass: float  # all of it
    rough: dict[str, float]  # pairs of syllables, folded coarsely

    def shared(self, other: Bag) -> float:
        """Weight of what is in both."""
        return math.fsum(self.weights[feature] for feature in self.weights.keys() & other.weights.keys())

    def share_in(self, other: Bag) -> float:
        """Share 0..1 of this weight that is also in `other`."""
        return self.shared(other) / self.mass if self.mass else 0.0

    def joined(self, other: Bag) -> Bag:
        """What is in either."""
        weights, rough = self.weights | other.weights, self.rough | other.rough
        return Bag(weights, math.fsum(weights.values()), rough)

    def shared_roughly(self, other: Bag) -> float:
        """Weight of the rough pairs that are in both."""
        return math.fsum(self.rough[feature] for feature in self.rough.keys() & other.rough.keys())


class Weigher:
    """How much a feature tells, learnt from a corpus of call lines. Built once."""

    def __init__(self, corpus: Iterable[str]) -> None:
        lines = [texts.read(line) for line in corpus]
        met = Counter(feature for line in lines for kind in _features(line, 0, len(line.norm)) for feature in set(kind))
        self._words = Counter(word for line in lines for word in set(_words(line, 0, len(line.norm))))
        self._rare = RARE * len(lines)
        most = math.log(len(lines) + 1)
        self._weight = {feature: math.log((len(lines) + 1) / (count + 1)) / most for feature, count in met.items()}

    def bag(self, text: Text, start: int, end: int) -> Bag:
        """The features of norm[start:end] (not across clauses)."""
        features, rough = _features(text, start, end)
        weights = {feature: self._weight.get(feature, 1.0) * (SINGLE if len(feature) == 1 else 1.0) for feature in features}
        return Bag(weights, math.fsum(weights.values()), {feature: self._weight.get(feature, 1.0) for feature in rough})

    def rare_words(self, text: Text, start: int, end: int) -> set[str]:
        """The words in norm[start:end] that few calls have: what is talked about, rather than how."""
        return {word for word in _words(text, start, end) if self._words[word] <= self._rare}


@lru_cache(maxsize=1024)
def rough(syllable: str) -> str:
    """One writing for syllables that a telephone line brings close: by class of initial, without medial and nasal ending.

    >>> rough("xiang"), rough("shang"), rough("quan"), rough("qian")
    ('san', 'san', 'can', 'can')
    """
    for spoken, folded in _ROUGH:
        if syllable.startswith(spoken):
            syllable = folded + syllable[len(spoken) :]
            break
    return _MEDIAL.sub("", syllable).replace("ng", "n")


def _words(text: Text, start: int, end: int) -> list[str]:
    """Words of two characters and more, without numbers."""
    spans = (span for span in text.word_spans if start <= span[0] and span[1] <= end and span[1] - span[0] > 1)
    return [word for a, b in spans if not (word := text.norm[a:b]).isdecimal()]


def _features(text: Text, start: int, end: int) -> tuple[list[str], list[str]]:
    features = [number for number in _NUMBER.findall(text.norm, start, end) if len(number) > 1]
    features += [char for char in text.norm[start:end] if _LETTER.match(char) and char not in _EMPTY]
    coarse: list[str] = []
    for clause in text.clauses:
        first, last = max(start, clause.start), min(end, clause.end)
        if first < last:
            sounds = _sounds(text, first, last)
            features += [f"{pinyin.fold(a)} {pinyin.fold(b)}" for a, b in pairwise(sounds)]
            coarse += [f"~{rough(a)} {rough(b)}" for a, b in pairwise(sounds)]
    return features, coarse


def _sounds(text: Text, start: int, end: int) -> list[str]:
    """The syllables of norm[start:end], numbers read out, particles and marks left out."""
    sounds: list[str] = []
    index = start
    while index < end:
        number = _NUMBER.match(text.norm, index, end)
        if number:
            sounds += pinyin.spoken(_read_out(number[0]))
            index = number.end()
            continue
        if text.norm[index] not in _PARTICLES and _LETTER.match(text.norm[index]):
            sounds.append(text.spoken[index])
        index += 1
    return sounds


@lru_cache(maxsize=4096)
def _read_out(number: str) -> str:
    """A number as it is said: 129 一百二十九, 560 五百六; a code stays as it is.

    >>> _read_out("560"), _read_out("18000"), _read_out("0755")
    ('五百六', '一万八', '0755')
    """
    if number.startswith("0") or len(number) > READ_OUT:
        return number.replace(".", "")
    spoken: str = cn2an.an2cn(number, "low")
    return re.sub(
        r"(?<=百)([一二三四五六七八九])十$|(?<=万)([一二三四五六七八九])千$|(?<=千)([一二三四五六七八九])百$", _short, spoken
    )


def _short(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group)
