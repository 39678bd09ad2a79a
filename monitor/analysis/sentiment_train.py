"""Train the sentiment model on the playbook's call lines with snownlp's own trainer.

`python -m monitor.analysis.sentiment_train` reads monitor/playbook/zh/sentiment/{negative,neutral,positive}.tsv and writes
counts.tsv beside them: for each token how often each class has it, as snownlp's Bayes counts them (add one). The service reads
that file and never imports snownlp, which would cost it 3 s at start and 400 MB for a segmenter it has no use for.
"""

from __future__ import annotations

import sys
from pathlib import Path

from monitor.analysis import text as texts
from monitor.analysis.sentiment import CLASSES, FOLDER, Bayes, lines, tokens


def train(folder: Path = FOLDER) -> Bayes:
    """The model of the lines in `folder`, counted by snownlp."""
    from snownlp.classification.bayes import Bayes as Trainer

    trainer = Trainer()
    trainer.train([(tokens(texts.read(line).norm), name) for name in CLASSES for line in lines(folder / f"{name}.tsv")])
    counted = {name: {token: int(count) for token, count in trainer.d[name].d.items()} for name in CLASSES}
    return Bayes(counted)


def main() -> None:
    bayes = train()
    path = FOLDER / "counts.tsv"
    path.write_text(bayes.as_tsv(), "utf-8")
    sys.stdout.write(f"{path}: {len(bayes.vocabulary)} tokens\n")


if __name__ == "__main__":
    main()
