"""Fit the weights of `repeats` to labelled dialogues.

`python -m monitor.analysis.claims_train FILES...` reads `dialogues` (.txt) and `marked` calls (.tsv, .marks), cross-validates
by call, and writes monitor/playbook/zh/repeats.toml. The weights there are those of
tests/analysis/claims/{sample,dialogues,dialogues_more}.txt and tests/analysis/marked/*.

Only turns are labelled, not which earlier sentence each repeats, so this is multiple-instance learning (O. Maron,
T. Lozano-Perez, 1998): a turn is as likely a repetition as the likeliest of its pairs of sentences, and in each step of the
descent that pair stands for the turn. Every weight of what is worded keeps the sign that reason gives it. Each dialogue is also
learnt as a recogniser might have written it. The models that know no acts learn from the dialogues alone; a call of the corpus,
whose acts the classifier hears more surely than it will others, counts less, its acts thinned as in `calltype_train`.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from monitor import config
from monitor.analysis import dialogues, marked, playbook
from monitor.analysis.analyzer import Analysis
from monitor.analysis.calltype_train import Call, heard, thinned
from monitor.analysis.claims import REPEATED, Claims
from monitor.analysis.context import Said
from monitor.analysis.embedder import Embedder
from monitor.analysis.misheard import Mishearing
from monitor.analysis.repeats import ACTED, FEATURES, MODELS, Likeness, acted, clips, meaning
from monitor.analysis.weights import block
from monitor.records import Speaker

PATH = playbook.BUILT_IN / "repeats.toml"
FOLDS, STEPS, RATE, RIDGE = 6, 600, 0.05, 0.3
LEARNT = 0.3  # weight of a turn in a call of the corpus
AGAINST = frozenset(("wondering", "answering", "asked", "echo", "short"))  # features that speak against a repetition
SEED = 5

Floats = npt.NDArray[np.float64]
ALL = (*FEATURES, *ACTED)


@dataclass(slots=True)
class Turn:
    """One turn of the customer: the features of its pairs (n, len(ALL)), and whether it repeats something."""

    call: str
    pairs: Floats
    repeats: bool
    dialogue: bool  # of a dialogue; else of a marked call
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """A call, and of each utterance whether it says something again."""

    name: str
    rows: tuple[tuple[Speaker, str], ...]
    repeats: tuple[bool, ...]
    dialogue: bool
    learnt: bool = False


def turns(told: Told, analysis: Analysis, chance: random.Random) -> Iterable[Turn]:
    """The turns to learn from: those in which something can be repeated, and is not by the customer's own account."""
    claims = Claims(analysis.claims, analysis.repeats, analysis.embedder)
    found, own_account = dict[int, Turn](), set[int]()
    said: Sequence[Said] = heard(Call(frozenset(), told.rows, told.learnt), analysis)
    for one, repeats in zip(thinned(said, chance) if told.learnt else said, told.repeats, strict=True):
        if one.speaker == "customer":
            pairs = [_vector(likeness, analysis.embedder) for likeness, _ in claims.likenesses(one)]
            new = Turn(told.name, np.empty((0, len(ALL))), False, told.dialogue, LEARNT if told.learnt else 1.0)
            turn = found.setdefault(claims.turn, new)
            turn.pairs, turn.repeats = np.vstack([turn.pairs, *pairs]), turn.repeats or repeats
            if analysis.claims.explicit(one.text):
                own_account.add(claims.turn)
        claims.settle(one)
    return [turn for number, turn in found.items() if number not in own_account and len(turn.pairs)]


def fit(made: Sequence[Turn], features: Sequence[str]) -> tuple[float, Floats]:
    """(bias, weights) by Adam on the logistic loss of each turn's likeliest pair."""
    places = [ALL.index(name) for name in features]
    sign = np.array([0.0 if name in ACTED else -1.0 if name in AGAINST else 1.0 for name in features])
    pairs = np.vstack([turn.pairs[:, places] for turn in made])
    lengths = [len(turn.pairs) for turn in made]
    starts, whose = np.cumsum([0, *lengths[:-1]]), np.repeat(np.arange(len(made)), lengths)
    repeats, weight = np.array([turn.repeats for turn in made], float), np.array([turn.weight for turn in made])
    point = np.append(sign, -3.0)
    first, second = np.zeros_like(point), np.zeros_like(point)
    for step in range(1, STEPS + 1):
        scores = pairs @ point[:-1] + point[-1]
        best = np.flatnonzero(scores == np.maximum.reduceat(scores, starts)[whose])
        likeliest = best[np.unique(whose[best], return_index=True)[1]]
        errors = (1 / (1 + np.exp(-scores[likeliest])) - repeats) * weight
        slope = np.append(pairs[likeliest].T @ errors + RIDGE * point[:-1], errors.sum()) / len(made)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        point -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        point[:-1] = np.where(sign * point[:-1] < 0, 0.0, point[:-1])
    return float(point[-1]), point[:-1]


def cross_validated(made: Sequence[Turn], tested: Sequence[Turn], features: Sequence[str]) -> float:
    """F1 on `tested` turns, each judged by a model that knows no turn of its call."""
    names = sorted({turn.call for turn in made})
    random.Random(SEED).shuffle(names)  # noqa: S311 - the same folds each time
    places, right, told, meant = [ALL.index(name) for name in features], 0, 0, 0
    for fold in range(FOLDS):
        out = set(names[fold::FOLDS])
        bias, weights = fit([turn for turn in made if turn.call not in out], features)
        for turn in tested:
            if turn.call in out:
                repeats = 1 / (1 + np.exp(-bias - (turn.pairs[:, places] @ weights).max())) >= REPEATED
                right, told, meant = right + (repeats and turn.repeats), told + repeats, meant + turn.repeats
    return 2 * right / (told + meant)


def main(paths: Sequence[Path]) -> None:
    analysis, chance = Analysis(config.Analysis()), random.Random(SEED)  # noqa: S311 - nothing secret
    if analysis.embedder is None or not analysis.acts.labels("customer"):
        raise SystemExit("the weights need the sentence embeddings and the classifier of acts: callmonitor models learn")
    calls = [call for path in paths for call in _calls(path)]
    mishear = Mishearing([text for call in calls if call.dialogue for _, text in call.rows], SEED)
    plain = [turn for call in calls for turn in turns(call, analysis, chance)]
    misheard = (Told(c.name, tuple((who, mishear(text)) for who, text in c.rows), c.repeats, True) for c in calls if c.dialogue)
    made = plain + [turn for call in misheard for turn in turns(call, analysis, chance)]
    blocks = []
    for name, features in MODELS.items():
        with_acts = set(ACTED) <= set(features)
        known = [turn for turn in made if turn.dialogue or with_acts]
        tested = [turn for turn in plain if (turn.dialogue or with_acts) and turn.weight == 1]
        bias, weights = fit(known, features)
        blocks.append(block(name, bias, zip(features, weights, strict=True)))
        sys.stdout.write(f"{name}: F1 {cross_validated(known, tested, features):.3f} by turn, cross-validated by call\n")
    note = "# Weights of monitor/analysis/repeats.py, fitted by claims_train. Do not edit: fit again.\n\n"
    PATH.write_text(note + "\n\n".join(blocks) + "\n", "utf-8")


def _calls(path: Path) -> Iterable[Told]:
    if path.suffix == ".txt":
        for call in dialogues.read(path):
            rows = tuple((row.speaker, row.text) for row in call.rows)
            yield Told(call.name, rows, tuple(row.repeats for row in call.rows), True)
        return
    for one in marked.read(path):
        rows = tuple((turn.speaker, turn.text) for turn in one.turns)
        yield Told(one.idea, rows, tuple(turn.repeats for turn in one.turns), False, one.learnt)


def _vector(likeness: Likeness, embed: Embedder | None) -> Floats:
    features = {**likeness.features, **(acted(likeness, likeness.doing) if likeness.doing else {})}
    lines = clips(likeness)
    if embed and lines:
        features["meaning"] = meaning(*embed(list(lines)))
    return np.array([features.get(name, 0.0) for name in ALL])


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
