"""Fit the weights of `calltype` to labelled calls.

`python -m monitor.analysis.calltype_train CALLS.tsv` takes the whole calls of the corpus, whose types CALLS.tsv
tells by their ideas (`type<TAB>idea`; `type|type`: one of them), and the labelled scripts and dialogues named after it
(SCRIPT.json, DIALOGUES.txt), cross-validates by call, and writes monitor/playbook/zh/types.toml. The weights there are those of
tests/analysis/complaints/{calls.tsv,dialogues.txt,others.txt} and tests/data/calls/*.json.

The classifier of acts has learnt the corpus's own lines and hears them more surely than it will others: of each such call some
acts and findings are therefore left out and the others made less sure, at random; of the other calls too, beside what they are,
as a recogniser would. Rare types weigh as much as frequent ones.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from monitor import config
from monitor.analysis import calltype, corpus
from monitor.analysis import text as texts
from monitor.analysis.analyzer import Analysis
from monitor.analysis.calltype import PATH, TYPES, Weigher
from monitor.analysis.complaint import Complaint
from monitor.analysis.context import Said, Story
from monitor.analysis.hearing import Hearing
from monitor.analysis.ladder import LadderDetector
from monitor.analysis.phrases import PhraseDetector
from monitor.analysis.weights import block
from monitor.errors import ConfigError
from monitor.records import Speaker, Utterance

THINNED, FAINTEST, COPIES = 0.35, 0.5, 2  # share of the acts left out, the least left of the others' sureness, times
LEARNT = 0.1  # weight of a call of the corpus
FOLDS, STEPS, RATE, RIDGE, SEED = 5, 1500, 0.05, 0.006, 3
MARK = "# The weights, fitted by calltype_train."

Floats = npt.NDArray[np.float64]
Rows = tuple[tuple[Speaker, str], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A call, and the types that it may be."""

    types: frozenset[str]
    rows: Rows
    learnt: bool  # from the corpus


def of_corpus(path: Path) -> list[Call]:
    """The whole calls of the corpus of which `path` tells the type. Raises ConfigError where it tells none of the types."""
    told: dict[str, frozenset[str]] = {}
    for row in path.read_text("utf-8").splitlines():
        if row and not row.startswith("#"):
            types, _, idea = row.partition("\t")
            told[idea] = frozenset(types.split("|"))
            if unknown := told[idea] - set(TYPES):
                raise ConfigError(f"{path}: {idea}: no type {sorted(unknown)[0]!r}")
    ideas = dict(_ideas())
    rows: dict[str, list[tuple[Speaker, str]]] = {}
    for line in corpus.load():
        if line.idea in ideas:
            rows.setdefault(ideas[line.idea], []).append((line.speaker, line.text))
    return [Call(told[idea], tuple(said), True) for idea, said in rows.items() if idea in told]


def script(path: Path) -> Call:
    """A labelled call (tests/data/calls)."""
    labelled = json.loads(path.read_text("utf-8"))
    rows = tuple((turn["speaker"], turn["text"]) for turn in labelled["turns"])
    return Call(frozenset((labelled["complaint"]["type"],)), rows, False)


def dialogues(path: Path) -> list[Call]:
    """Blocks that begin with `= type cause validity`, then lines `A[marks] text` and `C text`."""
    lines = (line for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))
    blocks = [block.splitlines() for block in "\n".join(lines).strip().split("\n\n")]
    return [Call(frozenset((block[0].split()[1],)), tuple(map(_row, block[1:])), False) for block in blocks]


def heard(call: Call, analysis: Analysis) -> list[Said]:
    """The utterances of a call as `Complaint` is told of them."""
    detectors, story, made = (PhraseDetector(analysis.playbook), LadderDetector(analysis.playbook)), Story(), list[Said]()
    for index, (speaker, words) in enumerate(call.rows):
        text, start = texts.read(words), 6.0 * index
        utterance = Utterance(
            call="", id=f"u{index}", speaker=speaker, start=start, end=start + 5, text=words, stage="final", confidence=1.0,
            valence=analysis.sentiment.valence(text),
        )  # fmt: skip
        said = analysis.said(utterance, text, story.context)
        for detector in detectors:
            said = replace(said, findings=(*said.findings, *detector.judge(said, story.context)))
        for detector in detectors:
            detector.settle(said)
        story.settle(said)
        made.append(said)
    return made


def features(said: Iterable[Said], analysis: Analysis, weigher: Weigher) -> Floats:
    """(len(names),) of a whole call."""
    complaint = Complaint(analysis.playbook, Hearing(analysis.playbook.lexicons["service"]), weigher)
    for one in said:
        complaint.settle(one)
    return np.array(list(complaint.features.values()))


def thinned(said: Sequence[Said], chance: random.Random) -> list[Said]:
    """As if the classifier had not learnt these very lines."""
    return [
        replace(
            one,
            acts=tuple(
                replace(act, probability=act.probability * chance.uniform(FAINTEST, 1))
                for act in one.acts
                if chance.random() > THINNED
            ),
            findings=tuple(found for found in one.findings if chance.random() > THINNED / 2),
        )
        for one in said
    ]


def fit(given: Floats, allowed: Floats, weight: Floats) -> Floats:
    """(features + 1, types) weights, the biases last, by Adam on the loss of `allowed` (calls, types; 1 where it may be)."""
    share = (allowed / allowed.sum(1, keepdims=True) * weight[:, None]).sum(0)
    worth = share.sum() / len(TYPES) / share
    weight = weight * (allowed * worth).sum(1) / allowed.sum(1)
    given = _with_bias(given)
    point = np.zeros((given.shape[1], len(TYPES)))
    first, second = np.zeros_like(point), np.zeros_like(point)
    for step in range(1, STEPS + 1):
        chance = _shares(given @ point)
        meant = chance * allowed
        slope = given.T @ ((chance - meant / meant.sum(1, keepdims=True)) * weight[:, None]) / weight.sum()
        slope[:-1] += RIDGE * point[:-1]
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        point -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return point


@dataclass(frozen=True, slots=True)
class Examples:
    """Calls as numbers, each call several times: `given` (rows, features), `allowed` (rows, types), and of each row its weight,
    the number of its call and whether that is from the corpus."""

    given: Floats
    allowed: Floats
    weight: Floats
    whose: npt.NDArray[np.intp]
    learnt: npt.NDArray[np.bool_]


def examples(calls: Sequence[Call], weigher: Weigher) -> Examples:
    """Those of `fit`: every call thinned COPIES times, one that the classifier has not learnt also as it is."""
    analysis, chance = Analysis(config.Analysis(), Path("models")), random.Random(SEED)  # noqa: S311 - the same each time
    rows, given = list[tuple[int, Call]](), list[Floats]()
    for number, call in enumerate(calls):
        said = heard(call, analysis)
        for copy in [*([] if call.learnt else [said]), *(thinned(said, chance) for _ in range(COPIES))]:
            given.append(features(copy, analysis, weigher))
            rows.append((number, call))
    return Examples(
        np.array(given),
        np.array([[float(type_ in call.types) for type_ in TYPES] for _, call in rows]),
        np.array([(LEARNT if call.learnt else 1.0) / COPIES for _, call in rows]),
        np.array([number for number, _ in rows]),
        np.array([call.learnt for _, call in rows]),
    )


def right(all_: Examples) -> npt.NDArray[np.bool_]:
    """(rows,) Whether weights fitted without a call get its type right."""
    found, fold_of = np.zeros(len(all_.whose), np.bool_), all_.whose % FOLDS
    for fold in range(FOLDS):
        known, out = fold_of != fold, fold_of == fold
        point = fit(all_.given[known], all_.allowed[known], all_.weight[known])
        best = (_with_bias(all_.given[out]) @ point).argmax(1)
        found[out] = all_.allowed[out][np.arange(len(best)), best] > 0
    return found


def main(told: Path, others: Sequence[Path]) -> None:
    weigher, calls = Weigher(fitting=True), of_corpus(told)
    for path in others:
        calls += [script(path)] if path.suffix == ".json" else dialogues(path)
    all_ = examples(calls, weigher)
    held_out = right(all_)
    shares = (held_out[all_.learnt].mean(), held_out[~all_.learnt].mean())
    sys.stdout.write("type: {:.2f} of the corpus's calls, {:.2f} of others, held out\n".format(*shares))
    point, words = fit(all_.given, all_.allowed, all_.weight), PATH.read_text("utf-8").partition(MARK)[0]
    PATH.write_text(words + MARK + "\n" + _written(point, calltype.names(weigher.words)), "utf-8")


def _with_bias(given: Floats) -> Floats:
    return np.hstack([given, np.ones((len(given), 1))])


def _written(point: Floats, names: Sequence[str]) -> str:
    return "".join(
        f"\n{block(f'type.{type_}', point[-1, index], zip(names, point[:-1, index], strict=True))}\n"
        for index, type_ in enumerate(TYPES)
    )


def _shares(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(1, keepdims=True))
    shares: Floats = powers / powers.sum(1, keepdims=True)
    return shares


def _ideas() -> Iterator[tuple[str, str]]:
    """(idea of `corpus`, its words) of the whole calls."""
    for path in corpus.files():
        if path.name.startswith(corpus.CALLS):
            for number, row in enumerate(path.read_text("utf-8-sig").split("\n"), 1):
                if row.startswith("# idea:"):
                    yield f"{path.name}:{number}", row.removeprefix("# idea:").strip()


def _row(line: str) -> tuple[Speaker, str]:
    tag, _, words = line.partition(" ")
    return "agent" if tag.startswith("A") else "customer", words


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
