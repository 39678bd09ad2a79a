"""Lines as a recogniser might write them: some characters replaced by others that sound alike, a few lost.

On telephone speech the recogniser gets one character in seven wrong and one syllable in twelve; most wrong characters are
homophones or near ones (退款 as 推款, 律师 as 历史). A classifier that has only seen clean text is blind to them.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable

from pypinyin import Style, lazy_pinyin

from monitor.analysis.pinyin import fold

WRONG, LOST = 0.20, 0.02  # share of characters
NEAR = 0.5  # of those wrong, share that keeps only its folded syllable or its final
_UNROUNDED = {"yu": "yi", "yue": "ye", "yuan": "yan", "yun": "yin"}


class Mishearing:
    """Replaces characters by others of a corpus that sound alike, the frequent ones more often."""

    def __init__(self, corpus: Iterable[str], seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - no secret: the same corpus is misheard the same way
        counts = Counter(char for line in corpus for char in line if "\u4e00" <= char <= "\u9fff")
        self._alike: dict[str, list[str]] = defaultdict(list)
        self._near: dict[str, list[str]] = defaultdict(list)
        for char in counts:
            sound = _sound(char)
            self._alike[sound].append(char)
            self._near[_loose(sound)].append(char)
        self._counts = counts

    def __call__(self, line: str) -> str:
        return "".join(self._heard(char) for char in line)

    def _heard(self, char: str) -> str:
        chance = self._random.random()
        if char not in self._counts or chance > WRONG + LOST:
            return char
        if chance > WRONG:
            return ""
        sound = _sound(char)
        others = self._near[_loose(sound)] if self._random.random() < NEAR else self._alike[sound]
        return self._random.choices(others, [self._counts[other] ** 0.5 for other in others])[0]


def _sound(char: str) -> str:
    return str(lazy_pinyin(char, style=Style.NORMAL)[0])


def _loose(sound: str) -> str:
    """Syllables that are told apart badly: 律 and 历, 元 and 言."""
    folded = fold(sound).replace("v", "i")
    return _UNROUNDED.get(folded, folded)
