"""What a stretch of talk is made of, for the classifier of acts: n-grams of its characters and of its folded syllables.

Characters tell meaning, syllables survive the homophones that recognisers write. Clauses are marked by their edges, so that a
word at a clause's start (怪你) is not the one in its middle (不怪你). Figures are kept by their number of digits, well-known
telephone numbers as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitor.analysis.text import Text

HOTLINES = frozenset(("12315", "12345", "12378", "12300", "12305", "12326", "12328", "12318", "12356", "12366", "110", "315"))
_NUMBER = re.compile(r"\d+")
_MOST_DIGITS = 6
LED, THEN = 12, 24  # characters of the same speaker before and after a stretch


def of(text: Text, start: int, end: int) -> frozenset[str]:
    """The features of norm[start:end], which lies in one clause. The edges of the stretch count as a clause's."""
    words, sounds = f"^{text.norm[start:end]}$", ("^", *text.syllables[start:end], "$")
    return frozenset((*_characters(words), *_sounds(sounds), *_figures(words)))


def before(text: Text) -> frozenset[str]:
    """The features of what the other side said just before: pairs of characters of its last clause."""
    if not text.clauses:
        return frozenset()
    last = text.clauses[-1]
    words = text.norm[last.start : last.end]
    return frozenset(f"b{words[index : index + 2]}" for index in range(len(words) - 1))


def beside(led: str, then: str) -> frozenset[str]:
    """The features of what the same speaker says just before and after the stretch: pairs of characters."""
    led, then = led[-LED:], then[:THEN]
    return frozenset(
        (
            *(f"<{led[index : index + 2]}" for index in range(len(led) - 1)),
            *(f">{then[index : index + 2]}" for index in range(len(then) - 1)),
        )
    )


def _characters(words: str) -> Iterator[str]:
    words = _NUMBER.sub(lambda match: match[0] if match[0] in HOTLINES else "0", words)
    for size in (1, 2, 3):
        for index in range(len(words) - size + 1):
            yield f"c{words[index : index + size]}"


def _sounds(sounds: tuple[str, ...]) -> Iterator[str]:
    for size in (2, 3):
        for index in range(len(sounds) - size + 1):
            yield "p" + " ".join(sounds[index : index + size])


def _figures(words: str) -> Iterator[str]:
    for figure in _NUMBER.findall(words):
        yield f"n{figure if figure in HOTLINES else min(len(figure), _MOST_DIGITS)}"
