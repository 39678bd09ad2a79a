"""Trains the classifier of acts on the corpus of call lines, and keeps what it learnt in a file.

Linear heads (support vectors with squared hinge loss, one label against the rest) over n-grams of characters and folded
syllables, and over these with the sentence embedding; every line also as a recogniser might mishear it. Probabilities are
calibrated (Platt 1999) on scores from cross-validation in which lines of one idea, or one call, are never parted. The file is
named by all it was made from: a changed corpus is learnt anew, an unchanged one costs nothing. scikit-learn does the fitting
and is needed for nothing else.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog
from filelock import FileLock

from monitor.analysis import acts, acts_file, corpus, grams, misheard, pinyin
from monitor.analysis import text as texts
from monitor.analysis.acts import Acts, Examples, Floats, Head, Linear, Sparse
from monitor.analysis.corpus import Line
from monitor.analysis.embedder import Embedder
from monitor.errors import ConfigError
from monitor.records import Speaker

SEED = 20_261_122
FOLDS = 3
STRENGTH = 1.0  # inverse of the regularisation
RARE = 2  # lines a feature must occur in
AXES = 192  # of the embedding's principal components; more tell nothing more and take longer to learn
WORTH_SHARING = 1_000_000  # figures in a matrix; less is learnt sooner than a process starts
FEWEST = 12  # lines a label must have to be learnt

_CODE = tuple(
    hashlib.sha256(Path(part).read_bytes()).hexdigest()
    for part in (__file__, *(str(part.__file__) for part in (acts, grams, misheard, pinyin, texts)))
)

log = structlog.get_logger(__name__)


def load(folder: Path, site: Path | None, embedder: Embedder | None) -> Acts:
    """The classifier for this corpus, learnt now (some minutes) where `folder` does not hold it.

    Raises ConfigError where a line of the corpus is wrong. A folder that cannot be written costs the time at every start.
    """
    return Acts(_kept(folder, corpus.load(site), embedder)[1], embedder)


def _kept(folder: Path, lines: Sequence[Line], embedder: Embedder | None) -> tuple[Path, dict[Speaker, Head]]:
    """What was learnt from those lines, now where `folder` does not hold it, and the file for it."""
    path = folder / "acts" / f"{_fingerprint(lines, embedder)}.npz"
    heads = acts_file.read(path)
    if heads is None:
        with _alone(path):
            heads = acts_file.read(path)  # another process may have learnt it meanwhile
            if heads is None:
                log.info("learning_call_lines", lines=len(lines))
                heads = train(lines, embedder)
                acts_file.write(path, heads)
    return path, heads


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Only one process learns at a time, where the folder can hold a lock at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.parent / ".learning.lock")
        lock.acquire()
    except OSError:
        yield
        return
    try:
        yield
    finally:
        lock.release()


def learnt(folder: Path, site: Path | None, embedder: Embedder | None) -> Path:
    """The file in `folder` that `load` needs, made where it is not there.

    Raises what `load` does, and ConfigError where the file cannot be kept.
    """
    path, _ = _kept(folder, corpus.load(site), embedder)
    if not path.exists():
        raise ConfigError(f"{path}: what was learnt cannot be kept here, and would be learnt anew at every start")
    return path


def train(lines: Sequence[Line], embedder: Embedder | None) -> dict[Speaker, Head]:
    """A head for each speaker who has labelled lines."""
    heads: dict[Speaker, Head] = {}
    for speaker in corpus.LABELS:
        own = [line for line in lines if line.speaker == speaker]
        labels = tuple(label for label in corpus.LABELS[speaker] if sum(label in line.labels for line in own) >= FEWEST)
        if labels:
            heads[speaker] = _head(own, labels, embedder)
    return heads


@dataclass(frozen=True)
class _Sheet:
    """Lines as numbers: rows are lines, then the same lines misheard."""

    lines: list[Line]
    texts: list[texts.Text]
    features: tuple[str, ...]
    rarity: Floats
    rows: list[Sparse]
    meaning: Floats | None  # (rows, axes)
    centre: Floats
    axes: Floats
    ideas: npt.NDArray[np.intp]


def _head(lines: Sequence[Line], labels: tuple[str, ...], embedder: Embedder | None) -> Head:
    from scipy import sparse

    sheet = _sheet(lines, embedder)
    by_words = _matrix(sheet.rows, len(sheet.features))
    wanted = np.array([[label in line.labels for label in labels] for line in sheet.lines])
    told = np.array([[label not in line.unmarked for label in labels] for line in sheet.lines])
    first = _fit(by_words, wanted, told, sheet.ideas)
    both = None
    if sheet.meaning is not None:
        both = _fit(sparse.hstack([by_words, sparse.csr_matrix(sheet.meaning)]).tocsr(), wanted, told, sheet.ideas)
    shown = range(len(lines))
    examples = tuple(_examples(sheet, [row for row in shown if wanted[row, number]]) for number in range(len(labels)))
    return Head(labels, sheet.features, sheet.rarity, first, both, sheet.centre, sheet.axes, examples)


def _sheet(lines: Sequence[Line], embedder: Embedder | None) -> _Sheet:
    mishear = misheard.Mishearing((line.text for line in lines), SEED)
    read = [texts.read(line.text) for line in lines] + [texts.read(mishear(line.text)) for line in lines]
    doubled = [*lines, *lines]
    around = [
        grams.before(texts.read(line.before)) | grams.beside(texts.read(make(line.led)).norm, texts.read(make(line.then)).norm)
        for make in (str, mishear)
        for line in lines
    ]
    present = [_features(text) for text in read]
    met = Counter(feature for one, other in zip(present, around, strict=True) for feature in one | other)
    features = tuple(sorted(feature for feature, count in met.items() if 2 * RARE - 1 <= count < len(read)))
    rarity = np.log(len(read) / np.array([met[feature] for feature in features], np.float32)).astype(np.float32)
    index = {feature: number for number, feature in enumerate(features)}
    rows = [acts.vector(index, rarity, one, other) for one, other in zip(present, around, strict=True)]
    meaning, centre, axes = None, np.zeros(0, np.float32), np.zeros((0, 0), np.float32)
    if embedder:
        vectors = embedder.many([acts.words(text) for text in read])
        centre = vectors.mean(axis=0)
        axes = np.linalg.eigh(np.cov(vectors - centre, rowvar=False))[1][:, : -AXES - 1 : -1].astype(np.float32)
        meaning = acts.projected(vectors, centre, axes)
    names = {idea: number for number, idea in enumerate(dict.fromkeys(line.idea for line in lines))}
    ideas = np.array([names[line.idea] for line in doubled])
    return _Sheet(doubled, read, features, rarity, rows, meaning, centre, axes, ideas)


def _features(text: texts.Text) -> frozenset[str]:
    return frozenset[str]().union(*(grams.of(text, clause.start, clause.end) for clause in text.clauses))


def _matrix(rows: Sequence[Sparse], width: int) -> Any:
    from scipy import sparse

    starts = np.cumsum([0, *(len(indices) for indices, _ in rows)])
    columns, values = np.concatenate([row[0] for row in rows]), np.concatenate([row[1] for row in rows])
    return sparse.csr_matrix((values, columns, starts), shape=(len(rows), width))


def _fit(rows: Any, wanted: npt.NDArray[np.bool_], told: npt.NDArray[np.bool_], ideas: npt.NDArray[np.intp]) -> Linear:
    """A model for each label, on the rows that tell of it.

    Shared out among processes: liblinear keeps its random numbers for a whole process, and threads would draw others each time.
    """
    from joblib import Parallel, delayed
    from sklearn.model_selection import GroupKFold

    folds = list(GroupKFold(FOLDS).split(rows, groups=ideas))
    fits = (delayed(_fit_one)(rows, wanted[:, label], told[:, label], folds) for label in range(wanted.shape[1]))
    made = Parallel(n_jobs=-1 if len(rows.data) > WORTH_SHARING else 1)(fits)
    weights, *rest = zip(*made, strict=True)
    return Linear(np.stack(weights, axis=1).astype(np.float32), *(np.array(part, np.float32) for part in rest))


def _fit_one(
    rows: Any, wanted: npt.NDArray[np.bool_], told: npt.NDArray[np.bool_], folds: Sequence[Any]
) -> tuple[Floats, float, float, float]:
    """(weights, bias, slope, shift): the model, and Platt's scaling of it from scores on lines that were held out."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    def model(some: npt.NDArray[np.intp]) -> Any:
        return LinearSVC(C=STRENGTH, tol=1e-3, random_state=SEED).fit(rows[some], wanted[some])

    held = np.zeros(len(wanted))
    for known, new in folds:
        held[new] = model(known[told[known]]).decision_function(rows[new])
    whole = np.flatnonzero(told)
    platt = LogisticRegression(C=1e3).fit(held[whole, None], wanted[whole])
    learnt = model(whole)
    return learnt.coef_[0], learnt.intercept_[0], platt.coef_[0, 0], platt.intercept_[0]


def _examples(sheet: _Sheet, rows: Sequence[int]) -> Examples:
    vectors = [sheet.rows[row] for row in rows]
    starts = np.cumsum([0, *(len(indices) for indices, _ in vectors)])[:-1]
    indices, values = np.concatenate([one for one, _ in vectors]), np.concatenate([one for _, one in vectors])
    return Examples(tuple(sheet.lines[row].text for row in rows), indices, values, starts)


def _fingerprint(lines: Sequence[Line], embedder: Embedder | None) -> str:
    """Of all that the result depends on: the lines, the embedder, and the code that makes numbers of them."""
    made = hashlib.sha256(repr((embedder.name if embedder else "", *_CODE)).encode())
    for line in lines:
        row = (line.speaker, sorted(line.labels), line.text, line.before, line.idea, sorted(line.unmarked), line.led, line.then)
        made.update(repr(row).encode("utf-8", "replace"))
    return made.hexdigest()[:24]
