"""Fit the weights of `taken` to calls whose steps are marked.

`python -m monitor.analysis.steps_train FILES...` reads `marked` calls and writes monitor/playbook/zh/taken.toml. The weights
there are those of tests/analysis/marked/*.

A step is marked where it is first taken, so of each call only the agent's turns up to that one are learnt. A call of the
corpus, whose acts the classifier hears more surely than it will others, counts less, its acts thinned as in `calltype_train`.
Of each step the least probability is the one that finds the first turns best in calls held out, of those not in the corpus.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from monitor import config
from monitor.analysis import marked, playbook
from monitor.analysis.analyzer import Analysis
from monitor.analysis.calltype_train import Call, heard, thinned
from monitor.analysis.complaint import UNTROUBLED, Complaint
from monitor.analysis.context import Context
from monitor.analysis.hearing import Hearing
from monitor.analysis.marked import Marked
from monitor.analysis.promises import Promises
from monitor.analysis.steps import Steps
from monitor.analysis.taken import FEATURES, WEIGHED, features
from monitor.analysis.weights import block
from monitor.records import CallInfo

PATH = playbook.BUILT_IN / "taken.toml"
LEARNT = 0.3  # weight of a call of the corpus
LOOSE = 1.0  # inverse of the ridge
FOLDS, SEED = 6, 5
LEAST = tuple(round(0.15 + 0.05 * step, 2) for step in range(9))

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Turns:
    """The agent's turns of one call after his greeting: by step their features (n, len(FEATURES)), and which one takes it."""

    given: dict[str, Floats]
    first: dict[str, int | None]
    weight: float


def turns(call: Marked, analysis: Analysis, chance: random.Random) -> Turns:
    """As `Steps` sees them."""
    info = CallInfo(id="", started=datetime(2026, 1, 1, tzinfo=UTC), source="file", model="", channels=("agent", "customer"))
    service = Hearing(analysis.playbook.lexicons["service"])
    promises = Promises(analysis.playbook, info, service)
    steps = Steps(analysis.playbook, info, service, Complaint(analysis.playbook, service), analysis.taken)
    rows = tuple((turn.speaker, turn.text) for turn in call.turns)
    said = heard(Call(frozenset(), rows, call.learnt), analysis)
    given: dict[str, list[list[float]]] = {step: [] for step in WEIGHED}
    first: dict[str, int | None] = dict.fromkeys(WEIGHED)
    for index, (one, turn) in enumerate(zip(thinned(said, chance) if call.learnt else said, call.turns, strict=True)):
        one = replace(one, findings=(*one.findings, *promises.judge(one, Context())))
        if turn.speaker == "agent" and index:
            found = steps.found(one)
            for step in WEIGHED:
                if step in turn.steps and first[step] is None:
                    first[step] = len(given[step])
                its = {**features(one), "found": found[step].confidence if step in found else 0.0}
                given[step].append([its[name] for name in FEATURES])
        promises.settle(one)
        steps.settle(one)
    arrays = {step: np.array(its).reshape(-1, len(FEATURES)) for step, its in given.items()}
    return Turns(arrays, first, LEARNT if call.learnt else 1.0)


def fit(calls: Iterable[Turns], step: str) -> tuple[float, Floats]:
    """(bias, weights) from each call's turns up to the one that takes the step."""
    given, taken, weight = list[Floats](), list[float](), list[float]()
    for call in calls:
        first = call.first[step]
        its = call.given[step] if first is None else call.given[step][: first + 1]
        given.append(its)
        taken += [float(index == first) for index in range(len(its))]
        weight += [call.weight] * len(its)
    model = LogisticRegression(C=LOOSE, max_iter=2_000).fit(np.vstack(given), taken, sample_weight=weight)
    return float(model.intercept_[0]), np.asarray(model.coef_[0])


def least(calls: Sequence[Turns], step: str) -> tuple[float, float]:
    """(F1, probability) at which the first turn that is likely enough is best the right one, in calls held out."""
    order = list(range(len(calls)))
    random.Random(SEED).shuffle(order)  # noqa: S311 - the same folds each time
    guesses = list[tuple[Floats, int | None]]()
    for fold in range(FOLDS):
        out = set(order[fold::FOLDS])
        bias, weights = fit((call for index, call in enumerate(calls) if index not in out), step)
        held = (calls[index] for index in sorted(out) if calls[index].weight == 1)
        guesses += [(1 / (1 + np.exp(-bias - call.given[step] @ weights)), call.first[step]) for call in held]

    def f1(limit: float) -> float:
        chosen = [(int(np.argmax(likely >= limit)) if (likely >= limit).any() else None, first) for likely, first in guesses]
        right = sum(turn is not None and turn == first for turn, first in chosen)
        return 2 * right / sum((turn is not None) + (first is not None) for turn, first in chosen)

    return max((round(f1(limit), 3), limit) for limit in LEAST)


def main(paths: Sequence[Path]) -> None:
    analysis, chance = Analysis(config.Analysis()), random.Random(SEED)  # noqa: S311 - nothing secret
    if not analysis.acts.labels("agent"):
        raise SystemExit("the weights need the classifier of acts: callmonitor models learn")
    marks = [call for path in paths for call in marked.read(path) if call.type not in UNTROUBLED]
    calls = [turns(call, analysis, chance) for call in marks]
    blocks = ["# Weights of monitor/analysis/taken.py, fitted by steps_train. Do not edit: fit again."]
    for step in WEIGHED:
        score, limit = least(calls, step)
        bias, weights = fit(calls, step)
        blocks.append(block(step, bias, zip(FEATURES, weights, strict=True), least=limit))
        sys.stdout.write(f"{step}: F1 {score} of first turns, cross-validated by call\n")
    PATH.write_text("\n\n".join(blocks) + "\n", "utf-8")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
