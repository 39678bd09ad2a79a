"""Train the sentiment model on the playbook's call lines with snownlp's own trainer, and report how well it agrees with people.

`python -m monitor.analysis.sentiment_train` reads monitor/playbook/zh/sentiment/{negative,neutral,positive}.tsv and writes
counts.tsv beside them: for each token how often each class has it, as snownlp's Bayes counts them (add one). The service reads
that file and never imports snownlp, which would cost it 3 s at start and 400 MB for a segmenter it has no use for.

`python -m monitor.analysis.sentiment_train --report LINES.tsv` compares judges on lines that were not trained on (label, line
and optionally a kind, tab-separated): the share named alike and the correlation with -1, 0, 1.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.analysis import text as texts
from monitor.analysis.sentiment import CLASSES, FOLDER, Bayes, Sentiment, lines, tokens

NAMED = 0.2  # valence from which a line counts as more than neutral


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line as a person labelled it; `kind`: what is hard about it."""

    label: str  # one of CLASSES
    line: str
    kind: str


def train(folder: Path = FOLDER) -> Bayes:
    """The model of the lines in `folder`, counted by snownlp."""
    from snownlp.classification.bayes import Bayes as Trainer

    trainer = Trainer()
    trainer.train([(tokens(texts.read(line)), name) for name in CLASSES for line in lines(folder / f"{name}.tsv")])
    counted = {name: {token: int(count) for token, count in trainer.d[name].d.items()} for name in CLASSES}
    return Bayes(counted)


def labelled(path: Path) -> list[Labelled]:
    """The lines of a file of labelled lines. Raises ValueError naming a row that is none."""
    rows = []
    for row in lines(path):
        label, _, rest = row.partition("\t")
        line, _, kind = rest.partition("\t")
        if label not in CLASSES or not line:
            raise ValueError(f"{path}: {row!r} is no label and line; labels are {', '.join(CLASSES)}")
        rows.append(Labelled(label, line, kind))
    return rows


def named(value: float) -> str:
    """The class of a valence."""
    if abs(value) < NAMED:
        return "neutral"
    return "positive" if value > 0 else "negative"


def agreement(rows: Sequence[Labelled], judge: Callable[[str], float]) -> tuple[float, float]:
    """Share of the lines that the judge names as labelled, and Pearson's correlation with -1, 0, 1 (nan where none is)."""
    values = [judge(row.line) for row in rows]
    wanted = [CLASSES.index(row.label) - 1.0 for row in rows]
    alike = sum(named(value) == row.label for value, row in zip(values, rows, strict=True)) / len(rows)
    return alike, _correlation(values, wanted)


def judges() -> dict[str, Callable[[str], float]]:
    """snownlp as it ships, the same retrained, and what the service uses."""
    from snownlp import sentiment as shipped

    bayes, ours = Bayes.read(FOLDER / "counts.tsv"), Sentiment()

    def retrained(line: str) -> float:
        odds = bayes.odds(tokens(texts.read(line)))
        weights = {name: math.exp(value) for name, value in odds.items()}
        return (weights["positive"] - weights["negative"]) / sum(weights.values())

    return {
        "snownlp as shipped": lambda line: 2 * shipped.classify(line) - 1,
        "retrained": retrained,
        "retrained, with lexicon": lambda line: ours.valence(texts.read(line)) or 0.0,
    }


def report(path: Path) -> str:
    """A table: each judge on all lines, and on each kind."""
    rows = labelled(path)
    groups = {"all": rows} | {kind or "first": [row for row in rows if row.kind == kind] for kind in {row.kind for row in rows}}
    out = [f"{'':26}" + "".join(f"{f'{name} ({len(group)})':>16}" for name, group in groups.items())]
    for name, judge in judges().items():
        cells = ["{:.2f}  r {:5.2f}".format(*agreement(group, judge)) for group in groups.values()]
        out.append(f"{name:26}" + "".join(f"{cell:>16}" for cell in cells))
    return "\n".join(out) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m monitor.analysis.sentiment_train")
    parser.add_argument("--report", type=Path, metavar="LINES.tsv", help="compare judges on labelled lines; trains nothing")
    chosen = parser.parse_args()
    if chosen.report:
        sys.stdout.write(report(chosen.report))
        return
    bayes = train()
    path = FOLDER / "counts.tsv"
    path.write_text(bayes.as_tsv(), "utf-8")
    sys.stdout.write(f"{path}: {len(bayes.vocabulary)} tokens\n")


def _correlation(a: Sequence[float], b: Sequence[float]) -> float:
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    product = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    spread = math.sqrt(sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b))
    return product / spread if spread else math.nan


if __name__ == "__main__":
    main()
