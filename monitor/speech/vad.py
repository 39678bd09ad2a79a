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

    def feed(self, samples: Samples) -> Probabilities:
        """Probability of speech in each window of `samples`, whose length is a multiple of WINDOW (32 ms at 16 kHz)."""
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
        probabilities, self._h, self._c = self._model.run(windows, self._h, self._c)
        return probabilities.reshape(count)


WINDOW_SECONDS = WINDOW / RATE
