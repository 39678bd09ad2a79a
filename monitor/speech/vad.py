"""Silero VAD, streamed: the probability that a person speaks, window by window, with the network's state carried over.

The ONNX file ships inside faster-whisper. Source: https://github.com/snakers4/silero-vad (v6, MIT).
"""

from __future__ import annotations

from pathlib import Path

import faster_whisper
import numpy as np
import numpy.typing as npt
import onnxruntime

from monitor.records import RATE, Samples

WINDOW = 512  # samples the network takes at a time: 32 ms
CONTEXT = 64  # samples of the window before, which it wants in front
STATE = 128
QUIET = 10**-6.2  # mean square (-62 dBFS) of a window that needs no network to be known as silent ...
LONG_QUIET = 16  # ... after so many such windows: within speech the network sees them all

Probabilities = npt.NDArray[np.float32]


class VadModel:
    """The network, shared by every stream; one thread a call, so that many streams may use it at once."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        path = Path(faster_whisper.__file__).parent / "assets" / "silero_vad_v6.onnx"
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(self, windows: Samples, h: Samples, c: Samples) -> tuple[Samples, Samples, Samples]:
        """`windows` (n, CONTEXT + WINDOW) follow each other in time; h, c (1, 1, STATE) is the state before the first."""
        probabilities, h, c = self._session.run(None, {"input": windows, "h": h, "c": c})
        return probabilities, h, c


class Vad:
    """One speaker's stream through the shared network. Not thread-safe: one owner."""

    def __init__(self, model: VadModel) -> None:
        self._model = model
        self._h = np.zeros((1, 1, STATE), np.float32)
        self._c = np.zeros((1, 1, STATE), np.float32)
        self._context = np.zeros(CONTEXT, np.float32)
        self._quiet = 0  # windows of quiet so far

    def feed(self, samples: Samples) -> Probabilities:
        """Probability of speech in each window of `samples`, whose length is a multiple of WINDOW (32 ms at 16 kHz).

        A window deep in silence is 0 without asking the network: most of a call, each side is silent.
        """
        count, rest = divmod(len(samples), WINDOW)
        if rest:
            raise ValueError(f"{len(samples)} samples are not a whole number of {WINDOW}-sample windows")
        if not count:
            return np.empty(0, np.float32)
        windows = np.empty((count, CONTEXT + WINDOW), np.float32)
        windows[:, CONTEXT:] = samples.reshape(count, WINDOW)
        windows[0, :CONTEXT] = self._context
        windows[1:, :CONTEXT] = windows[:-1, -CONTEXT:]
        self._context = windows[-1, -CONTEXT:].copy()
        asked = self._asked(samples.reshape(count, WINDOW))
        probabilities = np.zeros(count, np.float32)
        if asked.any():
            heard, self._h, self._c = self._model.run(windows[asked], self._h, self._c)
            probabilities[asked] = heard.reshape(-1)
        return probabilities

    def _asked(self, windows: Samples) -> npt.NDArray[np.bool_]:
        """Which windows are worth asking about; depends on the audio so far, not on how it was cut."""
        asked = np.ones(len(windows), np.bool_)
        for index, power in enumerate(np.einsum("ij,ij->i", windows, windows) / WINDOW):
            self._quiet = self._quiet + 1 if power < QUIET else 0
            asked[index] = self._quiet <= LONG_QUIET
        return asked


WINDOW_SECONDS = WINDOW / RATE
