"""Samples as they come on the wire (PCM, G.711; 8 to 48 kHz; interleaved), to be heard by the product or by people."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

from monitor.records import RATE, Chunk, Encoding, Samples, Speaker


def _mulaw_table() -> Samples:
    """ITU-T G.711 µ-law, all 256 codes, as the 14-bit decoder values over their full scale of 2^13."""
    code = ~np.arange(256) & 0xFF
    magnitude = ((2 * (code & 0x0F) + 33) << ((code >> 4) & 7)) - 33
    return np.asarray(np.where(code & 0x80, -magnitude, magnitude) / 8192, np.float32)


def _alaw_table() -> Samples:
    """ITU-T G.711 A-law, all 256 codes, as the 13-bit decoder values over their full scale of 2^12."""
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, 2 * (code & 0x0F) + 1
    magnitude = np.where(exponent, (mantissa + 32) << np.maximum(exponent - 1, 0), mantissa)
    return np.asarray(np.where(code & 0x80, magnitude, -magnitude) / 4096, np.float32)


G711: dict[Encoding, Samples] = {"mulaw": _mulaw_table(), "alaw": _alaw_table()}


def to_float(payload: bytes, encoding: Encoding) -> Samples:
    """Samples in [-1, 1], still interleaved. `payload` is a whole number of samples."""
    if encoding == "pcm_s16le":
        scaled: Samples = np.multiply(np.frombuffer(payload, "<i2"), np.float32(1 / 32768), dtype=np.float32)
        return scaled
    return np.take(G711[encoding], np.frombuffer(payload, np.uint8))


class Decoder:
    """One call's wire audio into Chunks. How the bytes are cut into payloads does not change what comes out.

    The streaming resampler (soxr, high quality) holds the newest 40 ms (48 kHz) to 115 ms (8 kHz) back; `finish` gives them.
    """

    def __init__(self, call: str, rate: int, encoding: Encoding, channels: tuple[Speaker, ...]) -> None:
        self._call = call
        self._encoding: Encoding = encoding
        self._channels = channels
        self._stream = None if rate == RATE else soxr.ResampleStream(rate, RATE, len(channels), dtype="float32")
        self._bytes = rate * len(channels) * (2 if encoding == "pcm_s16le" else 1)  # a second
        self._sent = 0  # samples a channel given out

    def seconds(self, payload: bytes) -> float:
        """How long `payload` takes to say."""
        return len(payload) / self._bytes

    def feed(self, payload: bytes) -> list[Chunk]:
        """Chunks, one a channel, or none while the resampler fills. `payload`: whole samples of every channel, interleaved."""
        samples = to_float(payload, self._encoding).reshape(-1, len(self._channels))
        return self._chunks(self._stream.resample_chunk(samples) if self._stream else samples)

    def finish(self) -> list[Chunk]:
        """What the resampler still holds. Nothing may be fed afterwards."""
        if not self._stream:
            return []
        return self._chunks(self._stream.resample_chunk(np.empty((0, len(self._channels)), np.float32), last=True))

    def _chunks(self, samples: npt.NDArray[np.float32]) -> list[Chunk]:
        """`samples`: (n, channels), 16 kHz."""
        if not len(samples):
            return []
        start = self._sent / RATE
        self._sent += len(samples)
        rows = np.ascontiguousarray(samples.T)
        np.clip(rows, -1, 1, out=rows)  # a resampler overshoots full scale
        return [Chunk(self._call, speaker, start, row) for speaker, row in zip(self._channels, rows, strict=True)]


class Plain:
    """One call's wire audio to listen to: 16-bit little-endian, still interleaved, at its own rate or 16 kHz if that is more.

    Above 16 kHz the streaming resampler (soxr, high quality) holds the newest 40 ms back.
    """

    def __init__(self, rate: int, encoding: Encoding, channels: int) -> None:
        self.rate = self.rate_of(rate)
        self._channels = channels
        table = G711.get(encoding)
        self._table = None if table is None else (table * 32768).astype("<i2")
        self._stream = None if rate == self.rate else soxr.ResampleStream(rate, self.rate, channels, dtype="int16")

    @staticmethod
    def rate_of(rate: int) -> int:
        """At which rate one listens to a call of `rate` Hertz."""
        return min(rate, RATE)

    def feed(self, payload: bytes) -> bytes:
        """`payload`: whole samples of every channel, interleaved."""
        samples = np.frombuffer(payload, "<i2") if self._table is None else self._table[np.frombuffer(payload, np.uint8)]
        if self._stream:
            samples = self._stream.resample_chunk(samples.reshape(-1, self._channels)).astype("<i2", copy=False)
        return samples.tobytes()
