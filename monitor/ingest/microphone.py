"""The sound card as a call: the microphone is the agent, a second input (a loopback or monitor device) the customer.

sounddevice needs the PortAudio library, which a server need not have, so it is imported only when a function here is called.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.errors import AudioError
from monitor.records import Speaker

RATE = 16_000  # Hertz
BLOCK = RATE // 10  # samples a frame
SLACK = RATE // 5  # samples two inputs may lie apart
HELD = 300  # frames kept for a slow network, 30 s

Pcm = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Device:
    """One sound device that can be listened to."""

    index: int
    name: str
    channels: int  # inputs
    rate: float  # Hertz, its default
    default: bool  # the system's microphone


class Weaver:
    """Inputs with clocks of their own into numbered frames of interleaved s16le. The first input's clock is the call's.

    A later input that falls more than SLACK samples behind the first is brought level with silence, and one that runs more
    than SLACK ahead loses its oldest samples; so a device that drifts, stalls or dies never holds the call up.
    """

    def __init__(self, inputs: int) -> None:
        self._held: list[Pcm] = [np.empty(0, np.int16)] * inputs
        self._next = 0

    def feed(self, index: int, samples: Pcm) -> list[tuple[int, bytes]]:
        """`samples`: int16 mono of input `index`. The frames that are whole with them."""
        self._held[index] = np.concatenate([self._held[index], samples])
        self._level()
        frames = []
        while min(map(len, self._held)) >= BLOCK:
            frames.append((self._next, np.stack([held[:BLOCK] for held in self._held], axis=1).astype("<i2").tobytes()))
            self._held = [held[BLOCK:] for held in self._held]
            self._next += 1
        return frames

    def _level(self) -> None:
        for index in range(1, len(self._held)):
            behind = len(self._held[0]) - len(self._held[index])
            if behind > SLACK:
                self._held[index] = np.concatenate([self._held[index], np.zeros(behind, np.int16)])
            elif behind < -SLACK:
                self._held[index] = self._held[index][-behind:]


class Outbox:
    """Frames from the sound card's threads to the event loop. Full, it loses its oldest: the hole shows in the numbers."""

    def __init__(self, inputs: int, loop: asyncio.AbstractEventLoop) -> None:
        self._weaver = Weaver(inputs)
        self._lock = threading.Lock()  # two callbacks may run at once
        self._frames: deque[tuple[int, bytes]] = deque(maxlen=HELD)
        self._loop = loop
        self._news = asyncio.Event()
        self._fault: str | None = None

    def put(self, index: int, samples: Pcm) -> None:
        """From any thread; never waits for the loop."""
        with self._lock:
            frames = self._weaver.feed(index, samples)
            self._frames.extend(frames)
        if frames:
            self._wake()

    def fail(self, why: str) -> None:
        """From any thread: what is held still comes out, then AudioError."""
        self._fault = why
        self._wake()

    def _wake(self) -> None:
        self._loop.call_soon_threadsafe(self._news.set)

    async def frames(self) -> AsyncGenerator[tuple[int, bytes], None]:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._frames:
                yield self._frames.popleft()
            if self._fault:
                raise AudioError(self._fault)


def devices(sound: Any = None) -> list[Device]:
    """What can be listened to. Raises AudioError where there is no PortAudio. `sound` stands for the sounddevice module."""
    sound = sound or _sounddevice()
    try:
        chosen, found = sound.default.device[0], sound.query_devices()
    except sound.PortAudioError as error:
        raise AudioError(f"the sound devices cannot be listed: {error}") from error
    return [
        Device(index, str(each["name"]), each["max_input_channels"], each["default_samplerate"], index == chosen)
        for index, each in enumerate(found)
        if each["max_input_channels"] > 0
    ]


def choose(found: Sequence[Device], wanted: str | None) -> Device:
    """The device of this index or part of a name; None: the system's microphone. Raises AudioError where it is not one."""
    if not found:
        raise AudioError("this machine has no microphone or other sound input")
    if wanted is None:
        return next((device for device in found if device.default), found[0])
    matches = [device for device in found if str(device.index) == wanted]
    matches = matches or [device for device in found if wanted.casefold() in device.name.casefold()]
    if len(matches) != 1:
        raise AudioError(f"{wanted!r} names {len(matches)} sound inputs, not one; --list-devices shows them")
    return matches[0]


def channels(customer: str | None) -> tuple[Speaker, ...]:
    """Whose the channels of `listen` are."""
    return ("agent", "customer") if customer else ("agent",)


async def listen(
    agent: str | None = None, customer: str | None = None, sound: Any = None
) -> AsyncGenerator[tuple[int, bytes], None]:
    """Numbered frames of 0.1 s, s16le at RATE, as `channels(customer)` says, until it is closed or a device fails (AudioError).

    `agent` and `customer` choose devices as `choose` does; close it (contextlib.aclosing) to let the devices go.
    """
    sound = sound or _sounddevice()
    found = devices(sound)
    chosen = [choose(found, agent)] + ([choose(found, customer)] if customer else [])
    outbox = Outbox(len(chosen), asyncio.get_running_loop())
    with ExitStack() as open_streams:
        for index, device in enumerate(chosen):
            open_streams.enter_context(_stream(sound, outbox, index, device))
        async for frame in outbox.frames():
            yield frame


@contextmanager
def _stream(sound: Any, outbox: Outbox, index: int, device: Device) -> Iterator[None]:
    """While open, the device fills `outbox`."""

    def arrived(data: Any, frames: int, moment: Any, flags: Any) -> None:
        outbox.put(index, np.frombuffer(data, np.int16).copy())  # the buffer is the driver's again when this returns

    try:
        with sound.RawInputStream(
            samplerate=RATE,
            blocksize=BLOCK // 5,
            device=device.index,
            channels=1,
            dtype="int16",
            callback=arrived,
            finished_callback=lambda: outbox.fail(f"{device.name}: the sound device stopped"),
        ):
            yield
    except sound.PortAudioError as error:
        raise AudioError(f"{device.name}: cannot be listened to: {error}") from error


def _sounddevice() -> Any:
    try:
        import sounddevice
    except OSError as error:
        raise AudioError("the PortAudio library is not installed (Debian, Ubuntu: apt install libportaudio2)") from error
    return sounddevice
