"""How hard pressed the decoder is, and what is left out to keep up: first interim texts, then the breadth of the search
and what led up to a stretch.

Pure: time comes from the caller. A step up is taken at once where what an alert waits for has waited too long; a step down
after a while of calm, a longer one where the last proved too short, so that a load near the limit does not swing.
"""

from __future__ import annotations

# levels: everything; no interim texts but of who talks on without a breath; beam 1, no leads, and finals made of their drafts
ALL, FEW_INTERIMS, NARROW = range(3)
TOO_LONG = (0.3, 0.9)  # seconds a draft or final may have waited before level 1, level 2
CALM = 4.0  # seconds without such a wait before the next level down
CALMEST = 16.0  # the same, where a level was needed again and again
SOON = 10.0  # seconds after a step down within which a step up says it was too early


class Strain:
    """One decoder's. Levels go from ALL to NARROW."""

    def __init__(self) -> None:
        self.level = ALL
        self._calm = CALM
        self._pressed = 0.0  # when the level was last needed
        self._eased = -SOON  # when it was last stepped down

    def see(self, now: float, waited: float) -> int:
        """The level from now on; `waited`: seconds that the one waiting longest of drafts and finals has waited (0: none)."""
        wanted = sum(waited >= limit for limit in TOO_LONG)
        if wanted > self.level:
            self._calm = min(CALMEST, 2 * self._calm) if now - self._eased < SOON else CALM
            self.level, self._pressed = wanted, now
        elif self.level and waited >= TOO_LONG[self.level - 1] / 2:
            self._pressed = now
        elif self.level and now - self._pressed >= self._calm:
            self.level -= 1
            self._pressed = self._eased = now
        return self.level
