"""Where the sound of a live call branches off to those who listen in."""

from __future__ import annotations

from monitor.ingest.pcm import Plain
from monitor.page.onair import OnAir
from monitor.records import CallInfo, Encoding


class Tap:
    """One call's. While nobody listens it only counts."""

    def __init__(self, onair: OnAir, call: CallInfo, rate: int, encoding: Encoding) -> None:
        self._format = rate, encoding, len(call.channels)
        self._line = onair.begin(call.id, Plain.rate_of(rate), call.channels)
        self._plain: Plain | None = None
        self._came = 0  # samples a channel, as they came
        self._next = 0  # the number of the next one to listen to

    def feed(self, payload: bytes, frames: int) -> None:
        """The next samples as they came, `frames` a channel. Never waits."""
        if not self._line.wanted:
            self._plain = None
        else:
            if self._plain is None:
                self._plain = Plain(*self._format)
                self._next = self._came * self._line.rate // self._format[0]
            sound = self._plain.feed(payload)
            self._line.feed(sound, self._next)
            self._next += len(sound) // (2 * self._format[2])
        self._came += frames

    def end(self) -> None:
        self._line.end()
