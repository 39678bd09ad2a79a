"""When a webhook may be called again: no more often than its limits say, and ever later while it fails."""

from __future__ import annotations

import random
from collections import deque

FIRST = 1.0  # seconds after a first failure
LONGEST = 300.0  # and at most between two attempts
_RANDOM = random.SystemRandom()


def back_off(failures: int, chance: random.Random = _RANDOM) -> float:
    """Seconds to wait after so many failures in a row: twice as long each time, less up to a half by chance.

    Chance keeps those that failed together from all coming again together.
    """
    longest = min(LONGEST, FIRST * 2.0 ** min(failures - 1, 16))
    return longest * chance.uniform(0.5, 1.0)


class Pace:
    """One webhook's. Times are seconds of any clock that does not go back."""

    def __init__(self, limits: tuple[tuple[int, float], ...], chance: random.Random = _RANDOM) -> None:
        self._limits, self._chance = limits, chance
        self._calls: deque[float] = deque(maxlen=max(count for count, _ in limits))
        self._not_before = 0.0
        self.failures = 0  # in a row

    def rest(self, now: float) -> float:
        """Seconds until it may be called; 0: now."""
        free = [self._not_before]
        for count, seconds in self._limits:
            if len(self._calls) >= count:
                free.append(self._calls[-count] + seconds)
        return max(0.0, max(free) - now)

    def called(self, now: float) -> None:
        self._calls.append(now)

    def worked(self) -> None:
        self.failures, self._not_before = 0, 0.0

    def failed(self, now: float, after: float | None = None) -> None:
        """It could not be reached or is not well; `after`: it asks for so many seconds."""
        self.failures += 1
        self._not_before = now + max(back_off(self.failures, self._chance), after or 0.0)
