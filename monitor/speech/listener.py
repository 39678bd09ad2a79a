"""All speakers of one call heard together: chunks in, speech and silence out, in the order of the audio.

The channels go in step, a block at a time, so that the result is the same however the audio was cut into frames and
however fast it came: live and offline are one path.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np

from monitor import config
from monitor.records import Chunk, Samples, Silence, Speaker, Speech
from monitor.speech.segmenter import Segmenter
from monitor.speech.vad import WINDOW, Probabilities, Vad, VadModel

BLOCK = 2  # windows done at once (64 ms): fewer calls into the network, little delay
ECHO = 8  # windows (256 ms) by which the other side's voice may come back late
FLOOR = 1e-10  # mean square of silence, to take a logarithm of


class Listener:
    """One call. Not thread-safe; `feed` computes for well under a millisecond a block."""

    def __init__(
        self,
        call: str,
        speakers: tuple[Speaker, ...],
        model: VadModel,
        vad: config.Vad,
        segment: config.Segment,
        *,
        drafts: bool = True,
    ) -> None:
        numbers = itertools.count(1)
        self._crosstalk = vad.crosstalk
        self._vads = [Vad(model) for _ in speakers]
        self._segmenters = [
            Segmenter(call, speaker, vad, segment, lambda: f"u{next(numbers)}", drafts=drafts) for speaker in speakers
        ]
        self._index = {speaker: i for i, speaker in enumerate(speakers)}
        self._waiting: list[list[Samples]] = [[] for _ in speakers]
        self._levels = np.full((len(speakers), ECHO), 10 * np.log10(FLOOR))

    @property
    def quiet(self) -> bool:
        """Whether nobody speaks, nor may have begun to, in what was heard so far."""
        return all(segmenter.silent for segmenter in self._segmenters)

    def feed(self, chunks: Iterable[Chunk]) -> list[Speech | Silence]:
        for chunk in chunks:
            self._waiting[self._index[chunk.speaker]].append(chunk.samples)
        size = BLOCK * WINDOW
        ready = min(sum(map(len, waiting)) for waiting in self._waiting) // size
        return self._hear(ready * size) if ready else []

    def finish(self) -> list[Speech | Silence]:
        """The call is over: the rest is heard, filled up to a whole window with silence."""
        longest = max(sum(map(len, waiting)) for waiting in self._waiting)
        size = -(-longest // WINDOW) * WINDOW
        for waiting in self._waiting:
            waiting.append(np.zeros(size - sum(map(len, waiting)), np.float32))
        heard = self._hear(size) if size else []
        for segmenter in self._segmenters:
            heard += segmenter.finish()
        return heard

    def _hear(self, size: int) -> list[Speech | Silence]:
        audio = np.empty((len(self._waiting), size), np.float32)
        for row, waiting in zip(audio, self._waiting, strict=True):
            joined = np.concatenate(waiting)
            row[:] = joined[:size]
            waiting[:] = [joined[size:]]
        voices = [vad.feed(row) for vad, row in zip(self._vads, audio, strict=True)]
        if len(voices) > 1:
            self._drop_crosstalk(audio, voices)
        heard: list[Speech | Silence] = []
        for at in range(0, size // WINDOW, BLOCK):
            for segmenter, row, voice in zip(self._segmenters, audio, voices, strict=True):
                heard += segmenter.feed(row[at * WINDOW : (at + BLOCK) * WINDOW], voice[at : at + BLOCK])
        return heard

    def _drop_crosstalk(self, audio: Samples, voices: list[Probabilities]) -> None:
        """A window far quieter than what the other side says, or said a moment ago, is that voice leaking over."""
        power = np.square(audio.reshape(len(voices), -1, WINDOW)).mean(axis=2)
        levels = np.concatenate([self._levels, 10 * np.log10(power + FLOOR)], axis=1)
        self._levels = levels[:, -ECHO:]
        recent = np.lib.stride_tricks.sliding_window_view(levels, ECHO + 1, axis=1).max(axis=2)
        for i, voice in enumerate(voices):
            loudest = np.delete(recent, i, axis=0).max(axis=0)
            voice[levels[i, ECHO:] < loudest - self._crosstalk] = 0
