"""A language model of characters: n-grams with absolute discounting, interpolated (Ney, Essen and Kneser 1994).

Text is a stream of characters in clauses; everything that is neither a Chinese character nor a mark ends one. Each order is a
sorted array of n-grams packed into integers, so that a question is a binary search and thousands are asked in one call.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ORDER = 4
DISCOUNT = 0.7  # taken from every n-gram for those never seen
UNKNOWN = 1.0  # what a character never seen is less probable than any that was, as a logarithm
BITS = 13  # a character in a packed n-gram
NOTHING, BEGIN, END, PAUSE, FIRST = range(5)  # before the beginning; a clause's two ends; a mark within; the first character
CLAUSES = re.compile(r"[\u4e00-\u9fff，。？！；、：]+")
MARKS = re.compile(r"[，。？！；、：]+")

Ids = npt.NDArray[np.int64]
Logs = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Grams:
    """All n-grams of one order."""

    packed: Ids  # (n,), sorted
    logp: Logs  # (n,) of its last character after the others
    rest: Logs  # (n,) what is left, as a logarithm, for characters never seen after it


class Ngrams:
    """Log probabilities of characters after others."""

    def __init__(self, characters: str, grams: Sequence[Grams]) -> None:
        """`characters`: those known, in the order of their ids from FIRST on; `grams`: order 1 to ORDER."""
        self.characters, self._grams = characters, grams
        self._ids = {character: FIRST + i for i, character in enumerate(characters)}
        self._single = np.full(FIRST + len(characters) + 1, grams[0].logp.min() - UNKNOWN, np.float32)  # the last: any other
        self._single[grams[0].packed] = grams[0].logp

    def single(self, candidates: Ids) -> Logs:
        """(n,): of each candidate, whatever stands before it."""
        return self._single[candidates]

    def id(self, character: str) -> int:
        """The id of a character; all that are not known share one."""
        return self._ids.get(character, FIRST + len(self.characters))

    def __call__(self, contexts: Ids, candidates: Ids) -> Logs:
        """(contexts, candidates): of each candidate after each context (packed, see `followed`)."""
        scores = np.tile(self._single[candidates], (len(contexts), 1))
        for n in range(1, ORDER):
            history = _last(contexts, n)
            at, known = _find(self._grams[n - 1].packed, history)
            if not known.any():
                break
            scores[known] += self._grams[n - 1].rest[at[known], None]
            rows = np.flatnonzero(known)
            at, seen = _find(self._grams[n].packed, (history[rows, None] << BITS) + candidates)
            row, column = np.nonzero(seen)
            scores[rows[row], column] = self._grams[n].logp[at[row, column]]
        return scores


def learn(texts: Iterable[str]) -> Ngrams:
    """Count what stands in `texts`; seconds for a million characters."""
    clauses = [MARKS.sub("，", clause) for text in texts for clause in CLAUSES.findall(text)]
    met = Counter("".join(clauses))
    del met["，"]
    characters = "".join(sorted(character for character, _ in met.most_common((1 << BITS) - FIRST - 1)))
    code = np.zeros(0x10000, np.int64)
    code[[ord(character) for character in characters]] = np.arange(len(characters)) + FIRST
    code[ord("，")], code[ord("^")], code[ord("$")] = PAUSE, BEGIN, END
    stream = code[np.frombuffer("".join(f"^{clause}$" for clause in clauses).encode("utf-16-le"), np.uint16)]
    return Ngrams(characters, _grams([_count(stream, n) for n in range(1, ORDER + 1)]))


def _grams(counted: Sequence[tuple[Ids, Ids]]) -> list[Grams]:
    made: list[Grams] = []
    for n, (packed, counts) in enumerate(counted, 1):
        history, first = np.unique(packed >> BITS, return_index=True)
        total = np.add.reduceat(counts, first)
        kinds = np.diff([*first, len(packed)])
        of = np.repeat(np.arange(len(history)), kinds)
        spread = DISCOUNT * kinds / total  # of each history, what its continuations leave
        if made:
            shorter = made[-1]
            lower = np.exp(shorter.logp[_find(shorter.packed, _last(packed, n - 1))[0]])
            shorter.rest[_find(shorter.packed, history)[0]] = np.log(spread)
        else:
            lower = np.full(len(packed), 1 / len(packed))
        logp = np.log(np.maximum(counts - DISCOUNT, 0) / total[of] + spread[of] * lower)
        made.append(Grams(packed, logp.astype(np.float32), np.zeros(len(packed), np.float32)))
    return made


def _count(stream: Ids, n: int) -> tuple[Ids, Ids]:
    """The packed n-grams that lie in one clause, sorted, and how often each stands there."""
    packed = np.zeros(len(stream) - n + 1, np.int64)
    whole = np.ones(len(packed), bool)
    for i in range(n):
        part = stream[i : len(stream) - n + 1 + i]
        packed = (packed << BITS) + part
        whole &= part != NOTHING
        if i:
            whole &= part != BEGIN
    return np.unique(packed[whole], return_counts=True)


def followed(contexts: Ids, characters: Ids) -> Ids:
    """Contexts after one character more: the ids of the newest ORDER - 1, packed; NOTHING where there were fewer."""
    return _last(contexts << BITS, ORDER - 1) + characters


def _last(packed: Ids, n: int) -> Ids:
    """The last `n` characters of each."""
    return packed & ((1 << BITS * n) - 1)


def _find(within: Ids, wanted: Ids) -> tuple[Ids, npt.NDArray[np.bool_]]:
    """Where each of `wanted` stands in the sorted `within`, and whether it does."""
    at = np.minimum(np.searchsorted(within, wanted), len(within) - 1)
    return at, within[at] == wanted
