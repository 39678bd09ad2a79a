"""Which characters may have been said where one was heard: a noisy channel of syllables, counted on calls with known words.

What the recogniser confuses is regular: homophones first, then rounded vowels with plain ones (全 as 钱, 女 as 你), n with ng,
and unstressed particles with full words (的 as 等, 了 as 冷). Pairs of syllables that were never counted are judged by their
initials and finals.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from pypinyin import Style, lazy_pinyin

from monitor.errors import ConfigError
from monitor.sheets import written
from monitor.speech.ngrams import Ids, Logs, Ngrams

BELIEF = 5  # syllables counted that weigh as much as what their initials and finals tell
LEAST = 1e-3  # chance of a syllable to be heard as another, under which it is left out
SAME, OTHER = 3, 0.02  # times a part of a syllable counts as heard right, and as each other part, before any was counted
WORSE = 8.0  # candidates so much less probable than the best one, as logarithms, are left out
COUNTED = Path(__file__).parent / "zh" / "heard.tsv"  # with Whisper base on two hours of synthetic telephone calls
INITIAL = re.compile("zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]|")

Pair = tuple[str, str]  # said, heard


class Confusion:
    """What may have been said instead of each character a language model knows."""

    def __init__(self, ngrams: Ngrams, counts: Mapping[Pair, int]) -> None:
        """`counts`: how often each syllable was heard as each, itself included."""
        self._ngrams, self._counts = ngrams, Counter(counts)
        self._said, self._parts, self._parts_said = Counter[str](), Counter[Pair](), Counter[str]()
        for (said, heard), count in counts.items():
            self._said[said] += count
            for part, other in zip(_parts(said), _parts(heard), strict=True):
                self._parts[part, other] += count
                self._parts_said[part] += count
        self._sounding: dict[str, list[str]] = defaultdict(list)
        for character in ngrams.characters:
            self._sounding[sound(character)].append(character)
        self._known: dict[str, tuple[Ids, Logs]] = {}

    def __call__(self, heard: str, right: float) -> tuple[Ids, Logs]:
        """(n,) ids of what may have been said, itself first, and (n,) log probabilities of hearing `heard` for each.

        `right`: the chance that what is heard is what was said.
        """
        if heard not in self._known:
            self._known[heard] = self._candidates(heard)
        ids, scores = self._known[heard]
        scores = scores + math.log(1 - right)
        scores[0] = math.log(right)
        return ids, scores

    def _candidates(self, heard: str) -> tuple[Ids, Logs]:
        """What may have been said, itself first, and how it comes to be heard so where it is not heard right."""
        syllable = sound(heard)
        alike = self._sounding.get(syllable, [])
        written = math.log((self._share(heard) + 1e-7) / (sum(map(self._share, alike)) + 1e-6))  # this character of its sound
        ids, scores = [self._ngrams.id(heard)], [0.0]
        for said, characters in self._sounding.items():
            chance = self._chance(said, syllable)
            if chance > LEAST:
                others = [character for character in characters if character != heard]
                ids += map(self._ngrams.id, others)
                scores += [math.log(chance) + written] * len(others)
        found = np.array(ids), np.array(scores, np.float32)
        if len(ids) == 1:
            return found
        likely = found[1] + self._ngrams.single(found[0])
        kept = likely > likely[1:].max() - WORSE
        kept[0] = True
        return found[0][kept], found[1][kept]

    def _share(self, character: str) -> float:
        """Of all that is said, the part that is this character."""
        return float(np.exp(self._ngrams.single(np.array([self._ngrams.id(character)]))[0]))

    def _chance(self, said: str, heard: str) -> float:
        """Of a syllable to be heard as another (or as itself), if not its character."""
        by_parts = 1.0
        for part, other in zip(_parts(said), _parts(heard), strict=True):
            before = SAME if part == other else OTHER
            by_parts *= (self._parts[part, other] + before) / (self._parts_said[part] + SAME + 1)
        return (self._counts[said, heard] + BELIEF * by_parts) / (self._said[said] + BELIEF)


def counted(path: Path = COUNTED) -> Counter[Pair]:
    """What was counted on calls with known words: `said<TAB>heard<TAB>times`. Raises ConfigError naming file and line."""
    pairs = Counter[Pair]()
    for number, row in enumerate(written(path).splitlines(), 1):
        if row.strip() and not row.startswith("#"):
            counted = re.fullmatch(r"([a-z]+)\t([a-z]+)\t(\d{1,9})", row)
            if counted is None:
                raise ConfigError(f"{path}:{number}: needs said<TAB>heard<TAB>times, two toneless syllables and a number")
            pairs[counted[1], counted[2]] += int(counted[3])
    return pairs


@lru_cache(maxsize=8192)
def sound(character: str) -> str:
    """The toneless syllable of a Chinese character."""
    return str(lazy_pinyin(character, style=Style.NORMAL)[0])


@lru_cache(maxsize=1024)
def _parts(syllable: str) -> Pair:
    """Initial and final, each marked as such."""
    initial = INITIAL.match(syllable)
    assert initial is not None
    return f"{initial[0]}-", f"-{syllable[initial.end() :]}"
