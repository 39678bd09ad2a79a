"""The sound of live calls, for those who listen in. All of it lives on the event loop's thread and waits for nobody.

A call's line is fed 16-bit samples and cuts them into frames of FRAME seconds; each listener has a short queue of its own. What
a browser has not confirmed within a window is not followed by more, so no buffer between here and there fills up unseen, and
what has waited too long in the queue is dropped, the oldest first: who listens through a thin line misses words but is never
late. A line that nobody listens to is not to be fed, and costs nothing.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

FRAME = 0.1  # seconds of sound sent at a time
STALE = 0.6  # seconds a frame waits to be sent, at most
QUEUE = 100  # frames that wait, at most; audio that comes seconds at a time waits for no more than its sending
WINDOW = 6  # frames on their way that the browser has not confirmed, at most
STALLED = 10.0  # seconds without a confirmation after which a listener is given up
LISTENERS = 20  # of one call
HEADER = struct.Struct("<dIff")  # call time, number, seconds waited here, seconds there and back


class Stalled(Exception):
    """The browser confirms nothing any more."""


class Full(Exception):
    """As many listen to this call as may."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A stretch of the call: interleaved 16-bit little-endian samples from call time `at` on; the last came at `came`."""

    at: float
    came: float  # seconds of the clock
    sound: bytes = field(repr=False)


class OnAir:
    """The lines of the calls that are live now. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lines: dict[str, Line] = {}

    def begin(self, call: str, rate: int, channels: Sequence[str]) -> Line:
        """Open a call's line, for sound of `rate` Hertz with these speakers' samples interleaved."""
        line = self._lines[call] = Line(rate, tuple(channels), self._clock, lambda: self._lines.pop(call, None))
        return line

    def line(self, call: str) -> Line | None:
        """None where the call is not live."""
        return self._lines.get(call)


class Line:
    """The sound of one live call."""

    def __init__(self, rate: int, channels: tuple[str, ...], clock: Callable[[], float], gone: Callable[[], object]) -> None:
        """Use `OnAir.begin`."""
        self.rate = rate
        self.channels = channels
        self._clock, self._gone = clock, gone
        self._block = 2 * len(channels)
        self._bytes = round(FRAME * rate) * self._block
        self._rest = bytearray()  # not a whole frame yet
        self._first = 0  # number of the sample `rest` begins with
        self._listeners: set[Listener] = set()

    @property
    def wanted(self) -> bool:
        """Whether anybody listens: if not, there is no need to feed."""
        return bool(self._listeners)

    def feed(self, sound: bytes, first: int) -> None:
        """The next samples, the first of them being number `first` of its channel in the call."""
        if first != self._first + len(self._rest) // self._block:  # nobody listened for a while
            self._rest.clear()
            self._first = first
        self._rest += sound
        while len(self._rest) >= self._bytes:
            self._send(self._bytes)

    def end(self) -> None:
        """The call is over: what is left is sent, and every listener's sound ends after it."""
        if self._rest:
            self._send(len(self._rest))
        for listener in self._listeners:
            listener.end()
        self._gone()

    def _send(self, size: int) -> None:
        frame = Frame(self._first / self.rate, self._clock(), bytes(self._rest[:size]))
        del self._rest[:size]
        self._first += size // self._block
        for listener in self._listeners:
            listener.push(frame)

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Listen from now on. Raises Full."""
        if len(self._listeners) >= LISTENERS:
            raise Full
        listener = Listener(self._clock)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)


class Listener:
    """One browser's share of a line: what waits for it and what is on its way to it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.heard: tuple[float, float] | None = None  # call times of the first frame sent and of the last
        self.sent = 0  # frames
        self.dropped = 0  # frames
        self._clock = clock
        self._queue: deque[Frame] = deque()
        self._flight: deque[tuple[int, float]] = deque()  # frames not confirmed: number, when sent
        self._trip = 0.0  # seconds the newest confirmed frame took there and back
        self._over = False
        self._news = asyncio.Event()

    def push(self, frame: Frame) -> None:
        self._queue.append(frame)
        self._drop()
        self._news.set()

    def end(self) -> None:
        self._over = True
        self._news.set()

    def got(self, number: int) -> None:
        """The browser has every frame up to `number`. Raises ValueError where that was not sent, or confirmed before."""
        if not self._flight or not self._flight[0][0] <= number <= self.sent:
            raise ValueError(f"frame {number} is not on its way")
        while self._flight and self._flight[0][0] <= number:
            _, when = self._flight.popleft()
            self._trip = self._clock() - when
        self._news.set()

    async def take(self) -> bytes | None:
        """The next frame to send, with its header; None where the call is over. Raises Stalled."""
        while (frame := self._next()) is None:
            if self._over and not self._queue:
                return None
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), self._patience())
            except TimeoutError as error:
                raise Stalled from error
        return frame

    def _next(self) -> bytes | None:
        self._drop()
        if not self._queue or len(self._flight) >= WINDOW:
            return None
        frame, now = self._queue.popleft(), self._clock()
        self.sent += 1
        self.heard = (self.heard[0] if self.heard else frame.at, frame.at)
        self._flight.append((self.sent, now))
        return HEADER.pack(frame.at, self.sent, now - frame.came, self._trip) + frame.sound

    def _drop(self) -> None:
        oldest = self._clock() - STALE
        while self._queue and (self._queue[0].came < oldest or len(self._queue) > QUEUE):
            self._queue.popleft()
            self.dropped += 1

    def _patience(self) -> float | None:
        """Seconds to wait for news: for ever where nothing is on its way."""
        return max(0.0, self._flight[0][1] + STALLED - self._clock()) if self._flight else None
