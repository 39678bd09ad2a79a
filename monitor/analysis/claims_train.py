"""Fit the weights of `repeats` to labelled dialogues.

`python -m monitor.analysis.claims_train DIALOGUES...` reads files of `dialogues`, cross-validates by call, and writes
monitor/playbook/zh/repeats.toml. The weights there are those of tests/analysis/claims/{sample,dialogues,dialogues_more}.txt.

Only turns are labelled, not which earlier sentence each repeats, so this is multiple-instance learning (O. Maron,
T. Lozano-Perez, 1998): a turn is as likely a repetition as the likeliest of its pairs of sentences, and in each step of the
descent that pair stands for the turn. Every weight keeps the sign that reason gives it. Each call is also learnt as a
recogniser might have written it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from monitor.analysis import dialogues, embedder, playbook, sentiment
from monitor.analysis import text as texts
from monitor.analysis.claim_language import Language
from monitor.analysis.claims import REPEATED, Claims
from monitor.analysis.context import Said
from monitor.analysis.dialogues import Dialogue, Row
from monitor.analysis.embedder import Embedder
from monitor.analysis.misheard import Mishearing
from monitor.analysis.repeats import FEATURES, WORDED, Likeness, Scorer, clips, meaning
from monitor.records import Utterance

PATH = playbook.BUILT_IN / "repeats.toml"
FOLDS, STEPS, RATE, RIDGE = 6, 600, 0.05, 0.3
AGAINST = frozenset(("wondering", "answering", "asked", "echo", "short"))  # features that speak against a repetition
SEED = 5

Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class Turn:
    """One turn of the customer: the features of its pairs (n, len(FEATURES)), and whether it repeats something."""

    call: str
    pairs: Floats
    repeats: bool


def turns(dialogue: Dialogue, language: Language, scorer: Scorer, embed: Embedder | None) -> Iterable[Turn]:
    """The turns to learn from: those in which something can be repeated, and is not by the customer's own account."""
    claims, found = Claims(language, scorer, embed), dict[int, Turn]()
    own_account: set[int] = set()
    for index, row in enumerate(dialogue.rows):
        said = Said(_utterance(row, index), texts.read(row.text))
        if row.speaker == "customer":
            pairs = [_vector(likeness, embed) for likeness, _ in claims.likenesses(said.text)]
            turn = found.setdefault(claims.turn, Turn(dialogue.name, np.empty((0, len(FEATURES))), False))
            turn.pairs, turn.repeats = np.vstack([turn.pairs, *pairs]), turn.repeats or row.repeats
            if language.explicit(said.text):
                own_account.add(claims.turn)
        claims.settle(said)
    return [turn for number, turn in found.items() if number not in own_account and len(turn.pairs)]


def fit(made: Sequence[Turn], features: Sequence[str]) -> tuple[float, Floats]:
    """(bias, weights) by Adam on the logistic loss of each turn's likeliest pair."""
    places = [FEATURES.index(name) for name in features]
    sign = np.array([-1.0 if name in AGAINST else 1.0 for name in features])
    samples = [(turn.pairs[:, places], float(turn.repeats)) for turn in made]
    point = np.append(sign, -3.0)
    first, second = np.zeros_like(point), np.zeros_like(point)
    for step in range(1, STEPS + 1):
        slope = np.append(RIDGE * point[:-1], 0.0)
        for pairs, repeats in samples:
            scores = pairs @ point[:-1] + point[-1]
            likeliest = int(scores.argmax())
            slope += (1 / (1 + np.exp(-scores[likeliest])) - repeats) * np.append(pairs[likeliest], 1.0)
        slope /= len(samples)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        point -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        point[:-1] = np.where(sign * point[:-1] < 0, 0.0, point[:-1])
    return float(point[-1]), point[:-1]


def cross_validated(made: Sequence[Turn], tested: Sequence[Turn], features: Sequence[str]) -> float:
    """F1 on `tested` turns, each judged by a model that knows no turn of its call."""
    names = sorted({turn.call for turn in made})
    random.Random(SEED).shuffle(names)  # noqa: S311 - the same folds each time
    places, right, told, meant = [FEATURES.index(name) for name in features], 0, 0, 0
    for fold in range(FOLDS):
        out = set(names[fold::FOLDS])
        bias, weights = fit([turn for turn in made if turn.call not in out], features)
        for turn in tested:
            if turn.call in out:
                repeats = 1 / (1 + np.exp(-bias - (turn.pairs[:, places] @ weights).max())) >= REPEATED
                right, told, meant = right + (repeats and turn.repeats), told + repeats, meant + turn.repeats
    return 2 * right / (told + meant)


def main(paths: Sequence[Path]) -> None:
    embed = embedder.load()
    language, scorer = Language(playbook.BUILT_IN / "claims.toml", sentiment.corpus()), Scorer(PATH)
    calls = [dialogue for path in paths for dialogue in dialogues.read(path)]
    mishear = Mishearing([row.text for call in calls for row in call.rows], SEED)
    misheard = [Dialogue(call.name, tuple(Row(row.tag, mishear(row.text), row.values) for row in call.rows)) for call in calls]
    plain = [turn for call in calls for turn in turns(call, language, scorer, embed)]
    made = plain + [turn for call in misheard for turn in turns(call, language, scorer, embed)]
    blocks = []
    for name, features in (("by_meaning", FEATURES), ("by_words", WORDED)):
        if embed is None and name == "by_meaning":
            raise SystemExit("no sentence embeddings on this machine: the weights need them")
        bias, weights = fit(made, features)
        rows = [f"{feature} = {weight:.2f}" for feature, weight in zip(features, weights, strict=True)]
        blocks.append("\n".join((f"[{name}]", f"bias = {bias:.2f}", "", f"[{name}.weights]", *rows)))
        sys.stdout.write(f"{name}: F1 {cross_validated(made, plain, features):.3f} by turn, cross-validated by call\n")
    note = "# Weights of monitor/analysis/repeats.py, fitted by claims_train. Do not edit: fit again.\n\n"
    PATH.write_text(note + "\n\n".join(blocks) + "\n", "utf-8")


def _vector(likeness: Likeness, embed: Embedder | None) -> Floats:
    lines = clips(likeness)
    near = meaning(*embed(lines)) if embed and lines else 0.0
    return np.array([{**likeness.features, "meaning": near}[name] for name in FEATURES])


def _utterance(row: Row, index: int) -> Utterance:
    start = 6.0 * index
    return Utterance(
        call="", id=f"u{index}", speaker=row.speaker, start=start, end=start + 5, text=row.text, stage="final", confidence=1.0
    )


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
