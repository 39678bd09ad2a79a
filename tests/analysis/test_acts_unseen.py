"""How good the classifier of acts is at lines that nobody has learnt from (tests/data/acts_unseen.tsv), alone and in detectors.

It takes the built-in corpus, which `make setup` learns beforehand.
"""

from __future__ import annotations

from collections import defaultdict

import pytest

from monitor.analysis import acts_train, corpus, embedder, playbook
from monitor.analysis.acts import Acts
from monitor.analysis.context import Said, Story
from monitor.analysis.ladder import LadderDetector
from monitor.analysis.phrases import PhraseDetector
from monitor.analysis.text import read
from monitor.records import Speaker
from tests.analysis.talk import HERE, OTHER, acts_in, said

FORBIDDEN = frozenset(rule for kind in playbook.ACCUSING for rule in playbook.RULES[kind])
SURE = 0.9  # of an act


@pytest.fixture(scope="session")
def learnt() -> Acts:
    return acts_train.load(HERE.parent.parent / "models", None, embedder.load())


def unseen() -> list[tuple[Speaker, str, str, str]]:
    """(speaker, label, text, before), none of which the corpus holds."""
    known = {read(line.text).norm for line in corpus.load()}
    rows = (
        row.split("\t")
        for row in (HERE.parent / "data" / "acts_unseen.tsv").read_text("utf-8").splitlines()
        if not row.startswith("#")
    )
    found: list[tuple[Speaker, str, str, str]] = [
        ("agent" if speaker == "agent" else "customer", label, text, "".join(before)) for speaker, label, text, *before in rows
    ]
    return [row for row in found if read(row[2]).norm not in known]


def forbidden(found: dict[str, float]) -> float:
    return max((found[label] for label in FORBIDDEN & found.keys()), default=0.0)


def test_lines_nobody_learnt_from_are_read_right(learnt: Acts) -> None:
    sure, missed = defaultdict[str, list[float]](list), []
    for speaker, label, text, before in unseen():
        if label != "-":
            chance = acts_in(learnt, text, speaker, before).get(label, 0.0)
            sure[label].append(chance)
            if chance < SURE:
                missed.append((label, text, chance))
    assert sure.keys() >= FORBIDDEN
    assert {label: chances for label, chances in sure.items() if max(chances) < 0.5} == {}
    assert len(missed) <= 0.15 * sum(map(len, sure.values())), missed


def test_innocent_lines_nobody_learnt_from_are_left_alone(learnt: Acts) -> None:
    chances = [(forbidden(acts_in(learnt, text, who, before)), text) for who, label, text, before in unseen() if label == "-"]
    accused = [one for one in chances if one[0] >= SURE]
    assert len(chances) >= 45
    assert len(accused) <= 0.1 * len(chances), accused


def test_phrases_and_likeness_together_find_nearly_all_and_accuse_few(learnt: Acts) -> None:
    book = playbook.load()
    found, wanted, accused, innocent = 0, 0, list[str](), 0
    for speaker, label, text, before in unseen():
        story, norm = Story(), read(text)
        if before:
            story.settle(Said(said(OTHER[speaker], before, 1.0), read(before)))
        one = Said(said(speaker, text, 10.0), norm, learnt.read(norm, speaker, read(before) if before else None))
        made = {
            finding.rule
            for detector in (PhraseDetector(book), LadderDetector(book))
            for finding in detector.judge(one, story.context)
        }
        if label in FORBIDDEN:
            wanted, found = wanted + 1, found + (label in made)
        elif label == "-":
            innocent += 1
            accused += [text] if made else []
    assert found >= 0.9 * wanted
    assert len(accused) <= 0.1 * innocent, accused
