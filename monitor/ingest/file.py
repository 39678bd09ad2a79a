"""Recordings (wav, mp3, flac, Ogg, m4a and their kin) as interleaved 16-bit PCM, a block at a time, through PyAV.

A recording is untrusted: it is opened as a file and never as a URL, and only by demuxers that read nothing but that file.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from monitor.errors import AudioError
from monitor.records import Speaker

BLOCK = 0.1  # seconds
LONGEST_HOLE = 60.0  # seconds of silence in the place of what is damaged
SHORT = 1.0  # seconds a recording may be shorter than it says
GUESSED = {"mp3", "aac", "amr"}  # these do not say how long they are
SLOWEST, FASTEST = 4_000, 384_000  # Hertz
LOWEST, HIGHEST = 8_000, 48_000  # Hertz, what the server takes
FORMATS = "wav,w64,aiff,au,caf,mp3,aac,amr,flac,ogg,mov,mp4,matroska,webm,asf"
SUFFIXES = frozenset({".wav", ".w64", ".aif", ".aiff", ".au", ".caf", ".mp3", ".aac", ".amr", ".flac"}) | frozenset(
    {".ogg", ".oga", ".opus", ".m4a", ".mp4", ".mov", ".mka", ".mkv", ".webm", ".wma"}
)  # what a recording in a folder is known by


@dataclass(frozen=True, slots=True)
class Format:
    """What a recording holds, and how `pcm` gives it."""

    rate: int  # Hertz, the recording's own where the server takes it
    channels: int  # 1 or 2
    seconds: float | None  # as the file says; None where it does not

    @property
    def block(self) -> int:
        """Bytes of one block of BLOCK seconds."""
        return round(self.rate * BLOCK) * self.channels * 2


def speakers(channels: int, *, swap: bool = False) -> tuple[Speaker, ...]:
    """Who speaks in which channel: left agent and right customer, or the other way round; one alone is unknown."""
    if channels == 1:
        return ("unknown",)
    return ("customer", "agent") if swap else ("agent", "customer")


def probe(path: Path) -> Format:
    """Raises AudioError, naming `path` and the reason, for what is no recording of one or two channels."""
    with _opened(path) as (container, stream):
        return _format(path, container, stream)


def pcm(path: Path, *, warned: Callable[[str], None] = lambda message: None) -> Generator[bytes, None, None]:
    """The recording as `probe(path)` says: blocks of interleaved s16le, BLOCK seconds each, the last as long as what is left.

    Damage is stepped over: what decodes is given, silence takes the time of what is lost inside, and `warned` hears of it at
    the end. Raises AudioError as `probe`, and where nothing decodes at all.
    """
    with _opened(path) as (container, stream):
        shape = _format(path, container, stream)
        reading = _Reading(container, stream, shape)
        held = bytearray()
        for samples in reading.samples():
            held += samples
            whole = len(held) // shape.block * shape.block
            for start in range(0, whole, shape.block):
                yield bytes(memoryview(held)[start : start + shape.block])
            del held[:whole]
        if held:
            yield bytes(held)
        if not reading.frames:
            raise AudioError(f"{path}: {'holds nothing that decodes' if reading.faults else 'is empty'}")
        for fault in reading.complaints():
            warned(f"{path}: {fault}")


class _Reading:
    """One pass over a stream: its samples, and what was wrong with it."""

    def __init__(self, container: Any, stream: Any, shape: Format) -> None:
        self._container, self._stream, self._shape = container, stream, shape
        self._origin: float | None = None  # the stream's time of our first sample, seconds
        self.frames = 0  # samples a channel given
        self.faults: list[float] = []  # seconds into the recording

    def samples(self) -> Iterator[bytes]:
        """Interleaved samples of every packet that decodes, silence for the holes between."""
        width = self._shape.channels * 2
        resampler = av.AudioResampler(format="s16", rate=self._shape.rate)
        for frame in chain(self._decoded(), [None]):  # None: what the resampler holds
            hole = self._hole(frame.time) if frame else 0
            self.frames += hole
            yield bytes(hole * width)
            for part in self._resampled(resampler, frame):
                self.frames += part.samples
                yield bytes(part.planes[0])[: part.samples * width]

    def _resampled(self, resampler: Any, frame: Any) -> list[Any]:
        try:
            return list(resampler.resample(frame))
        except ValueError:  # its rate or channels are not those of the frames before
            self._fault()
            return []

    def _decoded(self) -> Iterator[Any]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                if packet.is_corrupt:
                    self._fault()
                yield from packet.decode()
            except EOFError:
                return
            except FFmpegError:
                self._fault()

    def _hole(self, time: float | None) -> int:
        """Samples missing before a frame of this stream time. A jump no damage makes moves the origin instead."""
        if time is None:
            return 0
        now = self.frames / self._shape.rate
        if self._origin is None:
            self._origin = time - now
        hole = time - self._origin - now
        if not -LONGEST_HOLE < hole < LONGEST_HOLE:
            self._origin = time - now
        elif hole > BLOCK:
            self._fault()
            return round(hole * self._shape.rate)
        return 0

    def _fault(self) -> None:
        self.faults.append(self.frames / self._shape.rate)

    def complaints(self) -> Iterator[str]:
        if self.faults:
            yield f"is damaged in {len(self.faults)} place(s), the first after {self.faults[0]:.1f} s; the rest was used"
        seconds, said = self.frames / self._shape.rate, self._shape.seconds
        if said and self._container.format.name not in GUESSED and seconds < said - SHORT:
            yield f"breaks off after {seconds:.1f} s of {said:.1f} s; what is there was used"


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise AudioError(f"{path}: is empty")
            file.seek(0)
            # tags are often GBK, and say nothing we use
            with av.open(file, options={"format_whitelist": FORMATS}, metadata_errors="replace") as container:
                if not container.streams.audio:
                    raise AudioError(f"{path}: holds no audio")
                yield container, container.streams.audio[0]
    except FFmpegError as error:
        raise AudioError(f"{path}: is no recording that can be read: {error.strerror}") from error
    except OSError as error:
        raise AudioError(f"{path}: cannot be read: {error.strerror}") from error


def _format(path: Path, container: Any, stream: Any) -> Format:
    if stream.codec_context is None:
        raise AudioError(f"{path}: its audio is in a coding that cannot be read")
    rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
    if channels not in (1, 2):
        raise AudioError(f"{path}: has {channels} channels; a call has one or two")
    if not SLOWEST <= rate <= FASTEST:
        raise AudioError(f"{path}: says its sample rate is {rate} Hz, which no recording of speech has")
    ticks, base = (stream.duration, stream.time_base) if stream.duration else (container.duration, 1 / av.time_base)
    return Format(min(max(rate, LOWEST), HIGHEST), channels, float(ticks * base) if ticks else None)
