"""When what was said in a live call was said, on the service's clock.

Audio comes late by what the network takes and never early, so the earliest a sample ever came, less its place in the call, is
where the call began: the anchor. It is corrected where it must be, and every stretch of audio keeps the anchor it came under:
a client that sat silent and then goes on begins anew, one that sends faster than people speak moves it as it sends, and a
sample clock that is a little slow pulls it along. What a client holds back is thus not charged to the service; what the
service leaves unread is, for then nobody waits for the client.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

PAUSE = 1.0  # seconds the service sat waiting: the client paused, or its network did
DRIFT = 1e-4  # seconds a second by which a client's sample clock may be slow
STEP = 0.25  # seconds of audio that share an anchor, at least
SLACK = 0.01  # seconds of difference not worth an anchor of its own
KEPT = 256  # anchors


@dataclass(slots=True)
class _Stretch:
    """Audio from call time `start` on came as if the call had begun at `anchor`."""

    start: float
    anchor: float


class AudioClock:
    """One call's; times in seconds. `clock` is the event loop's."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seconds = 0.0
        self._anchor = float("inf")
        self._at = self._ready = clock()
        self._stretches: deque[_Stretch] = deque(maxlen=KEPT)

    def received(self, seconds: float) -> None:
        """So much more of the call is here, this moment."""
        now = self._clock()
        start, self._seconds = self._seconds, self._seconds + seconds
        anchor = now - self._seconds
        if now - self._ready < PAUSE:
            anchor = min(self._anchor + (now - self._at) * DRIFT, anchor)
        self._anchor, self._at = anchor, now
        newest = self._stretches[-1] if self._stretches else None
        if newest and self._seconds - newest.start <= STEP:
            newest.anchor = anchor
        elif newest is None or abs(anchor - newest.anchor) > SLACK:
            self._stretches.append(_Stretch(start, anchor))

    def ready(self) -> None:
        """All that was received is taken in: from here on the service waits for the client."""
        self._ready = self._clock()

    def since(self, moment: float) -> float | None:
        """Seconds since what stands at call time `moment` was said; None where that is not known any more."""
        for stretch in reversed(self._stretches):
            if stretch.start <= moment:
                return max(0.0, self._clock() - stretch.anchor - moment)
        return None
