"""How long a regular expression of the playbook may take: those that could keep a call waiting are refused.

Python's `re` tries every way in which the parts of a pattern can share a text. The ways are bounded from the parsed pattern:
those of parts in a row multiply, of alternatives that can begin alike add up, of a repeated part are raised to the number of
repeats. What never goes back (a possessive repeat, an atomic group, a look-around) counts as one way.
"""

from __future__ import annotations

import importlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

LENGTH = 3_000  # characters of the longest text that is matched at once
RUN = 30  # characters that can follow each other of what is not just anything: digits, 都就都, 好的好的
MOST = 3_000_000.0  # ways of a pattern that is taken: two gaps without an end have more
_ANYTHING = ("ANY", "NOT_LITERAL", "NEGATE", "CATEGORY_WORD", "CATEGORY_NOT_DIGIT", "CATEGORY_NOT_SPACE")

_parser: Any = importlib.import_module("re._parser")  # the standard library's own; it has no public name since 3.11


def compiled(pattern: str) -> re.Pattern[str]:
    """A regular expression that may be used on what is said. Raises re.error where it is none, or could take too long."""
    try:
        made = re.compile(pattern)
        if ways(pattern) <= MOST:
            return made
    except (RecursionError, OverflowError) as error:
        raise re.error(f"is too large: {error}") from error
    raise re.error("would take too long on some texts; fewer gaps without an end, no repeats of repeats")


def ways(pattern: str) -> float:
    """How many ways there are, at most, to match `pattern` at one place of a text; inf: too many to count."""
    return _sequence(_parser.parse(pattern))


def _sequence(items: Iterable[tuple[Any, Any]]) -> float:
    return min(math.prod(_item(str(name), value) for name, value in items), math.inf)


def _item(name: str, value: Any) -> float:
    if name == "BRANCH":
        return _branch(value[1])
    if name == "SUBPATTERN":
        return _sequence(value[-1])
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        return _repeat(*value)
    if name == "POSSESSIVE_REPEAT":
        return _committed(value[2])
    if name == "ATOMIC_GROUP":
        return _committed(value)
    if name in ("ASSERT", "ASSERT_NOT"):
        return _committed(value[1])
    if name == "GROUPREF_EXISTS":
        return sum(_sequence(part) for part in value[1:] if part)
    return 1.0


def _repeat(least: int, most: int, part: Iterable[tuple[Any, Any]]) -> float:
    inside = _sequence(part)
    most = min(int(most), LENGTH)
    if inside <= 1.0:
        most = most if _takes_anything(part) else min(most, RUN)
        return float(most - min(int(least), most) + 1)
    lengths = most - min(int(least), most) + 1
    return lengths * inside**most if most * math.log(inside) < math.log(MOST) * 2 else math.inf


def _takes_anything(part: Iterable[tuple[Any, Any]]) -> bool:
    """Whether a part can take most characters: a gap."""
    return any(
        str(name) in _ANYTHING or (str(name) == "IN" and any(str(one) in _ANYTHING for inside in value for one in inside))
        for name, value in part
    )


def _committed(part: Iterable[tuple[Any, Any]]) -> float:
    """One way, once it is found; finding it may take too long all the same."""
    return 1.0 if _sequence(part) <= MOST else math.inf


def _branch(alternatives: Iterable[Any]) -> float:
    """Alternatives that begin with different characters exclude each other."""
    by_start: dict[int | None, float] = defaultdict(float)
    for alternative in alternatives:
        first = alternative[0] if len(alternative) else (None, None)
        by_start[first[1] if str(first[0]) == "LITERAL" else None] += _sequence(alternative)
    anywhere = by_start.pop(None, 0.0)
    return anywhere + max(by_start.values(), default=0.0)
