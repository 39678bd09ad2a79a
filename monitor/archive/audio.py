"""A call's audio on disk as it arrives: a WAV file in the encoding it came in, playable at every moment.

The header is written first and its sizes are put right in place after each second of sound, so that a killed process leaves a
file that plays to the last second written. Past 4 GiB the sizes say 0xFFFFFFFF, which players read as "to the end of the file".
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import struct
import threading
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from monitor.archive.database import explain, make_folder
from monitor.config import Data
from monitor.errors import ArchiveError
from monitor.records import CallInfo, Encoding

FORMATS: dict[Encoding, tuple[int, int, int]] = {  # WAV format tag, bytes a sample, the byte that silence is made of
    "pcm_s16le": (1, 2, 0x00),
    "mulaw": (7, 1, 0xFF),
    "alaw": (6, 1, 0xD5),
}
HEADER = struct.Struct("<4sI4s 4sIHHIIHHH 4sII 4sI")  # RIFF, fmt, fact and data, as far as the sound
TO_THE_END = 0xFFFFFFFF
KEEP = 10  # seconds of sound held in memory while the disk takes none
LONGEST = 200  # characters of a file name


class CallAudio:
    """One call's file. One task writes; `write` costs a copy, and once a second of sound a thread puts it on the disk.

    A recording that is reviewed has its file already and needs none of this.
    """

    def __init__(self, path: Path, descriptor: int, encoding: Encoding, rate: int, channels: int) -> None:
        """Use `open`. `rate` in Hertz."""
        self.path = path
        self._descriptor = descriptor
        self._format = (encoding, rate, channels)
        self._block = FORMATS[encoding][1] * channels  # bytes of one moment in all channels
        self._second = self._block * rate  # bytes
        self._silence = bytes([FORMATS[encoding][2]]) * self._second
        self._arrived: deque[bytes] = deque()  # filled by the event loop, emptied by a thread
        self._due = 0  # bytes since a thread was last asked
        self._lock = threading.Lock()  # over what follows
        self._pending = bytearray()
        self._lost = 0  # bytes dropped before `pending`, to become silence
        self._size = 0  # bytes of sound in the file

    @classmethod
    async def open(cls, data: Data, call: CallInfo, *, rate: int, encoding: Encoding) -> Self:
        """Begin the call's file, for its owner alone. Raises ArchiveError, also where the file is there already."""
        path = audio_path(data, call.id, call.started)
        descriptor = await asyncio.to_thread(_begin, path, data.folder, header(encoding, rate, len(call.channels), 0))
        return cls(path, descriptor, encoding, rate, len(call.channels))

    async def write(self, sound: bytes) -> None:
        """Take the next bytes, channels interleaved.

        Raises ArchiveError (`disk_full`) where the disk does not take them; go on writing: they are kept and tried again with
        the next second, and what has to be dropped after 10 s becomes silence, so that times stay right.
        """
        if self._descriptor < 0:
            raise ArchiveError(f"{self.path}: is closed")
        self._arrived.append(bytes(sound))
        self._due += len(sound)
        if self._due >= self._second:
            self._due = 0
            await asyncio.to_thread(self._flush)

    async def close(self) -> None:
        """Write the rest and close, even when cancelled. A second time does nothing. Raises ArchiveError."""
        await asyncio.shield(asyncio.to_thread(self._close))

    def _close(self) -> None:
        try:
            self._flush()
        finally:
            with self._lock:
                descriptor, self._descriptor = self._descriptor, -1
                if descriptor >= 0:
                    os.close(descriptor)

    def _flush(self) -> None:
        with self._lock:
            if self._descriptor < 0:
                return
            while self._arrived:
                self._pending += self._arrived.popleft()
            try:
                try:
                    self._append()
                finally:
                    self._drop()
                    os.pwrite(self._descriptor, header(*self._format, self._size), 0)
            except OSError as error:
                raise explain(error, str(self.path), "the call's audio") from error

    def _append(self) -> None:
        while self._lost:
            count = os.pwrite(self._descriptor, self._silence[: self._lost], HEADER.size + self._size)
            self._lost -= count
            self._size += count
        while self._pending:
            count = os.pwrite(self._descriptor, self._pending, HEADER.size + self._size)
            del self._pending[:count]
            self._size += count

    def _drop(self) -> None:
        """Let the oldest of what the disk did not take go, in whole blocks."""
        over = len(self._pending) - KEEP * self._second
        if over > 0:
            over += -over % self._block
            del self._pending[:over]
            self._lost += over


def header(encoding: Encoding, rate: int, channels: int, size: int) -> bytes:
    """The WAV header of `size` bytes of sound (as many whole blocks as they hold). Source: RIFF MCI 1.0, RFC 2361."""
    tag, width, _ = FORMATS[encoding]
    block = width * channels
    frames = size // block
    whole = frames * block
    long = HEADER.size - 8 + whole >= TO_THE_END
    return HEADER.pack(
        *(b"RIFF", TO_THE_END if long else HEADER.size - 8 + whole, b"WAVE"),
        *(b"fmt ", 18, tag, channels, rate, rate * block, block, width * 8, 0),
        *(b"fact", 4, min(frames, TO_THE_END)),
        *(b"data", TO_THE_END if long else whole),
    )


def audio_path(data: Data, call: str, started: datetime) -> Path:
    """Where a call's audio is, or would be: `audio/<day it started, in UTC>/<id>.wav` in the data folder.

    Characters a file name had better not hold are written %XX, so no two ids share a name and none leads elsewhere.
    """
    name = re.sub(r"[^A-Za-z0-9._-]|^\.", lambda match: _escaped(match[0]), call) or "%"
    if len(name) > LONGEST:
        name = f"{name[: LONGEST // 2]}~{hashlib.sha256(call.encode('utf-8', 'surrogatepass')).hexdigest()}"
    return data.folder / "audio" / f"{started.astimezone(UTC):%Y-%m-%d}" / f"{name}.wav"


def duration(path: Path) -> float:
    """Seconds a player plays of a file that `CallAudio` wrote. Raises ArchiveError."""
    try:
        with path.open("rb") as file:
            head = file.read(HEADER.size)
            there = os.fstat(file.fileno()).st_size - HEADER.size
    except OSError as error:
        raise explain(error, str(path)) from error
    if len(head) < HEADER.size or not head.startswith(b"RIFF") or head[-8:-4] != b"data":
        raise ArchiveError(f"{path}: is not a call's audio")
    fields = HEADER.unpack(head)
    rate, block, size = int(fields[7]), int(fields[9]), int(fields[-1])
    if not rate or not block:
        raise ArchiveError(f"{path}: is not a call's audio")
    frames = (there if size == TO_THE_END else min(there, size)) // block
    return frames / rate


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def _begin(path: Path, folder: Path, head: bytes) -> int:
    """Make the file with its header; its descriptor."""
    try:
        for place in (folder, path.parent.parent, path.parent):
            make_folder(place)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.pwrite(descriptor, head, 0)
        except OSError:
            os.close(descriptor)
            path.unlink()
            raise
    except OSError as error:
        if isinstance(error, FileExistsError) and path.exists():
            raise ArchiveError(f"{path}: a call's audio is there already and is not overwritten") from error
        raise explain(error, str(path), "the call's audio") from error
    return descriptor
