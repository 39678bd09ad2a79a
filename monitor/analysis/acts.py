"""What a line does: a classifier of acts, trained on the corpus of call lines (`acts_train`).

An utterance is read in windows of one to three neighbouring clauses. For each window and label a linear model over n-grams of
characters and syllables says how likely the act is; where that leaves a doubt and there are sentence embeddings, a second
linear model adds the meaning (e5, see `embedder`), for as many windows as the time allows. Probabilities are calibrated
(Platt) on lines the models had not seen. Every act names the line of the corpus that is most like it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from monitor.analysis import grams
from monitor.analysis.context import Act
from monitor.analysis.embedder import Embedder
from monitor.analysis.text import Text
from monitor.records import Speaker

REPORTED = 0.15  # probability from which an act is told
DOUBT = 0.06  # probability, by words, from which the meaning is asked
BUDGET = 48  # characters of one utterance whose meaning is asked; five take about a millisecond
LONGEST, SHORTEST = 34, 2  # characters of a window
TOGETHER = 3  # clauses of a window
CLAUSE = 22  # characters from which a clause is cut in two
MEANING = 0.5  # weight of a unit embedding beside the unit vector of n-grams
TELLING = 6.0  # characters in which a stretch gains two thirds of its weight
BEFORE = 0.4  # weight of what is said around a stretch: by the other side before, by the same around it

Floats = npt.NDArray[np.float32]
Sparse = tuple[npt.NDArray[np.intp], Floats]  # indices and values of a vector


@dataclass(frozen=True)
class Linear:
    """One linear model for several labels: logit = slope * (x @ weights + bias) + shift."""

    weights: Floats  # (features, labels)
    bias: Floats  # (labels,)
    slope: Floats  # (labels,), Platt's
    shift: Floats

    def probabilities(self, scores: Floats) -> Floats:
        """Of `x @ weights` (..., labels)."""
        logits = self.slope * (scores + self.bias) + self.shift
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30))), np.float32)


@dataclass(frozen=True)
class Examples:
    """The corpus's lines of one label, and the rows of their features one after the other."""

    lines: tuple[str, ...]
    indices: npt.NDArray[np.intp]
    values: Floats
    starts: npt.NDArray[np.intp]  # (lines,), where each row begins

    @cached_property
    def _postings(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]:
        """By feature: where its entries begin (one more than there are), the lines that have it, how much of it they have."""
        order = np.argsort(self.indices, kind="stable")
        lines = np.repeat(np.arange(len(self.lines)), np.diff(np.append(self.starts, len(self.indices))))
        begins = np.searchsorted(self.indices[order], np.arange(self.indices.max(initial=-1) + 2))
        return begins, lines[order], self.values[order]

    def nearest(self, sparse: Sparse) -> str:
        """The line that shares most with those features."""
        begins, lines, values = self._postings
        shared = np.zeros(len(self.lines))
        for feature, value in zip(*sparse, strict=True):
            if feature + 1 < len(begins):
                own = slice(begins[feature], begins[feature + 1])
                shared[lines[own]] += value * values[own]  # a line has a feature once
        return self.lines[int(shared.argmax())]


@dataclass(frozen=True)
class Head:
    """Everything about one speaker's lines."""

    labels: tuple[str, ...]
    features: tuple[str, ...]
    rarity: Floats  # (features,), inverse document frequency
    by_words: Linear
    by_meaning: Linear | None  # its weights: features, then the embedding's axes
    centre: Floats  # (dimensions,), mean embedding of the corpus
    axes: Floats  # (dimensions, kept), its principal components
    examples: tuple[Examples, ...]  # by label

    @cached_property
    def index(self) -> dict[str, int]:
        return {feature: number for number, feature in enumerate(self.features)}


@dataclass(slots=True)
class Window:
    """Neighbouring clauses, [start, end) in the normal form."""

    start: int
    end: int
    words: str
    sparse: Sparse
    chances: Floats  # by label


class Acts:
    """Reads what lines do. Built once; safe to use from several threads."""

    def __init__(self, heads: dict[Speaker, Head], embedder: Embedder | None) -> None:
        self._heads, self._embedder = heads, embedder

    def read(
        self, text: Text, speaker: Speaker, before: Text | None, led: Text | None = None, *, deep: bool = True
    ) -> tuple[Act, ...]:
        """The acts in `text`, each label at most once, the surest first.

        `before`: the other side's last words; `led`: the speaker's own just before, in the same turn. Not `deep`: by words
        alone, at next to no cost.
        """
        head = self._heads.get(speaker)
        if head is None:
            return ()
        around = grams.before(before) if before else frozenset[str]()
        past = led.norm if led else ""
        windows = [
            _seen(head, text, start, end, present, around | grams.beside(past + text.norm[:start], text.norm[end:]))
            for start, end, present in stretches(text)
        ]
        if not windows:
            return ()
        if deep and self._embedder and head.by_meaning:
            self._ask_meaning(head, head.by_meaning, windows)
        return tuple(sorted(_best(head, windows), key=lambda act: -act.probability))

    def labels(self, speaker: Speaker) -> frozenset[str]:
        """What `read` looks for in a speaker's words."""
        return frozenset(self._heads[speaker].labels) if speaker in self._heads else frozenset()

    def _ask_meaning(self, head: Head, linear: Linear, windows: Sequence[Window]) -> None:
        assert self._embedder is not None
        asked, spent = list[Window](), 0
        for window in sorted(windows, key=lambda window: -float(window.chances.max())):
            if float(window.chances.max()) >= DOUBT and spent + len(window.words) <= BUDGET:
                asked.append(window)
                spent += len(window.words)
        if not asked:
            return
        meanings = projected(self._embedder([window.words for window in asked]), head.centre, head.axes)
        for window, meaning in zip(asked, meanings, strict=True):
            indices, values = window.sparse
            scores = values @ linear.weights[indices] + meaning @ linear.weights[len(head.features) :]
            window.chances = np.asarray((window.chances + linear.probabilities(scores)) / 2, np.float32)


def telling(length: int) -> float:
    """What a stretch of that many characters is worth, 0 to 1: the probability of an act in it is at most that."""
    return 1 - math.exp(-length / TELLING)


def vector(index: Mapping[str, int], rarity: Floats, present: frozenset[str], around: frozenset[str]) -> Sparse:
    """The features present in a stretch and before it as a vector of unit length."""
    known = sorted((index[one], 1.0) for one in present if one in index)
    known += sorted((index[one], BEFORE) for one in around if one in index)
    if not known:
        return np.zeros(0, np.intp), np.zeros(0, np.float32)
    indices = np.fromiter((number for number, _ in known), np.intp, len(known))
    values = rarity[indices] * np.fromiter((weight for _, weight in known), np.float32, len(known))
    return indices, values / np.float32(np.linalg.norm(values))


def projected(vectors: Floats, centre: Floats, axes: Floats) -> Floats:
    """Embeddings as the model takes them: without what all lines share, on their principal axes, of one length."""
    moved = (vectors - centre) @ axes
    lengths = np.maximum(np.linalg.norm(moved, axis=-1, keepdims=True), 1e-6)
    return np.asarray(MEANING * moved / lengths, np.float32)


def words(text: Text, start: int = 0, end: int | None = None) -> str:
    """norm[start:end] with its clauses parted by commas: what is embedded."""
    end = len(text.norm) if end is None else end
    pieces = (text.norm[max(clause.start, start) : min(clause.end, end)] for clause in text.clauses)
    return "，".join(piece for piece in pieces if piece)


def stretches(text: Text) -> Iterator[tuple[int, int, frozenset[str]]]:
    """The windows of an utterance: [start, end) in the normal form, and its features."""
    pieces = [piece for clause in text.clauses for piece in _pieces(text, clause.start, clause.end)]
    made = [grams.of(text, start, end) for start, end in pieces]
    for first, (start, _) in enumerate(pieces):
        for last in range(first, min(first + TOGETHER, len(pieces))):
            end = pieces[last][1]
            if last > first and end - start > LONGEST:
                break
            if end - start >= SHORTEST:
                yield start, end, frozenset[str]().union(*made[first : last + 1])


def _seen(head: Head, text: Text, start: int, end: int, present: frozenset[str], around: frozenset[str]) -> Window:
    indices, values = sparse = vector(head.index, head.rarity, present, around)
    chances = head.by_words.probabilities(values @ head.by_words.weights[indices])
    return Window(start, end, words(text, start, end), sparse, chances)


def _pieces(text: Text, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A clause; a long one (recognisers leave commas out) cut at the word boundary next to its middle."""
    if end - start <= CLAUSE:
        yield start, end
        return
    middle = (start + end) / 2
    cut = min((a for a, _ in text.word_spans if start < a < end), key=lambda a: abs(a - middle), default=end)
    if cut == end:
        yield start, min(end, start + LONGEST)
        return
    yield from _pieces(text, start, cut)
    yield from _pieces(text, cut, end)


def _best(head: Head, windows: Sequence[Window]) -> Iterator[Act]:
    chances = np.stack([window.chances for window in windows])
    chances *= np.array([[telling(window.end - window.start)] for window in windows])
    for label, number in enumerate(chances.argmax(axis=0)):
        window, chance = windows[number], float(chances[number, label])
        if chance >= REPORTED:
            example = head.examples[label].nearest(window.sparse)
            yield Act(head.labels[label], window.start, window.end, round(chance, 3), example)
