"""How an utterance feels by its words: valence, -1 (furious, hurt) .. 0 (plain talk) .. 1 (glad, grateful).

Two judges, clause by clause: a naive Bayes model in three classes, trained by snownlp on call lines (sentiment_train), and a
lexicon with negation and intensifiers. snownlp as it ships was trained on shop reviews: it finds 您好，客服中心 hateful.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from monitor.analysis import text as texts
from monitor.analysis.text import Text

FOLDER = Path(__file__).parents[1] / "playbook" / "zh" / "sentiment"
CLASSES = ("negative", "neutral", "positive")
LEXICON = 0.45  # share of the lexicon where it knows a word of the clause
LEXICON_SURE = 0.75  # and where that word is negated, or the two disagree: 不高兴 shares most of its characters with 高兴
TURNED = -0.8  # what a negation makes of a mood
REACH = 4  # characters before a word in which a negation or an intensifier belongs to it
SMOOTHING = 0.3  # added to every count
TEMPER = 0.6  # naive Bayes counts overlapping tokens as independent: its odds are raised to this power
KNOWN = 0.5  # share of a clause's tokens the model must have met to be believed in full
PLAIN = 0.15  # a clause under this in both directions says nothing about mood
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def lines(path: Path) -> list[str]:
    """The lines of a corpus file, comments and blanks left out."""
    return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]


def corpus() -> list[str]:
    """All call lines the model is trained on."""
    return [line for name in CLASSES for line in lines(FOLDER / f"{name}.tsv")]


def tokens(clause: str) -> list[str]:
    """Characters and pairs of characters of a clause in normal form, its ends marked: 不高兴 -> 不 高 兴 ^不 不高 高兴 兴$.

    All figures are the same figure: how much it was says nothing about mood.
    """
    chars = re.findall(r"[\u4e00-\u9fff]|#", re.sub(r"[0-9.%]+", "#", clause))
    framed = ["^", *chars, "$"] if chars else []
    return chars + [a + b for a, b in pairwise(framed)]


class Bayes:
    """Naive Bayes over snownlp's counts: `counts[class][token]` is one more than the token was seen.

    Smoothing is not snownlp's: its add-one gives a word that no class knows to the class with the fewest words. Here unknown
    words count for none, all classes are as likely, and known words are smoothed over one vocabulary (Lidstone).
    """

    def __init__(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        self._counts = {name: dict(counts[name]) for name in CLASSES}
        self.vocabulary = frozenset(token for name in CLASSES for token in counts[name])
        seen = {name: sum(counts[name].values()) - len(counts[name]) for name in CLASSES}
        self._totals = {name: seen[name] + SMOOTHING * len(self.vocabulary) for name in CLASSES}

    def odds(self, words: list[str]) -> dict[str, float]:
        """Log-probability of each class, up to a constant."""
        known = [word for word in words if word in self.vocabulary]
        return {
            name: sum(math.log((self._counts[name].get(word, 1) - 1 + SMOOTHING) / self._totals[name]) for word in known)
            for name in CLASSES
        }

    def as_tsv(self) -> str:
        figures = {token: [str(self._counts[name].get(token, 0)) for name in CLASSES] for token in sorted(self.vocabulary)}
        rows = ["\t".join([token, *counts]) for token, counts in figures.items()]
        return "\n".join(["# Made by monitor.analysis.sentiment_train.", "\t".join(["token", *CLASSES]), *rows, ""])

    @classmethod
    def read(cls, path: Path) -> Bayes:
        counts: dict[str, dict[str, int]] = {name: {} for name in CLASSES}
        for row in lines(path)[1:]:
            token, *figures = row.split("\t")
            for name, figure in zip(CLASSES, figures, strict=True):
                if figure != "0":
                    counts[name][token] = int(figure)
        return cls(counts)


@dataclass(frozen=True)
class Lexicon:
    """Words with a mood (-1..1), words that turn it round, words that make it stronger or weaker, and clauses without any."""

    words: Mapping[str, float]
    negations: re.Pattern[str]
    intensifiers: Mapping[str, float]
    plain: re.Pattern[str]

    @classmethod
    def read(cls, path: Path) -> Lexicon:
        data = tomllib.loads(path.read_text("utf-8"))
        words = {texts.normal(word): row["mood"] for row in data["words"] for word in row["words"].split()}
        strengths = {texts.normal(word): row["factor"] for row in data["intensifiers"] for word in row["words"].split()}
        return cls(words, _any_of(data["negations"]), strengths, _any_of(data["plain"]))

    @cached_property
    def _known(self) -> re.Pattern[str]:
        return _any_of(" ".join(self.words))

    def moods(self, clause: str) -> list[tuple[float, bool]]:
        """Of each word with a mood, longest first: the mood, weighed by what stands before it, and whether it was turned."""
        found = []
        for match in self._known.finditer(clause):
            before = clause[max(0, match.start() - REACH) : match.start()]
            strength = math.prod(factor for word, factor in self.intensifiers.items() if word in before)
            turned = len(self.negations.findall(before)) % 2 == 1
            mood = self.words[match[0]] * strength * (TURNED if turned else 1)
            found.append((max(-1.0, min(1.0, mood)), turned))
        return found


def _any_of(words: str) -> re.Pattern[str]:
    normal = {texts.normal(word) for word in words.split()}
    return re.compile("|".join(map(re.escape, sorted(normal, key=len, reverse=True))))


class Sentiment:
    """Built once, shared by all calls; safe to use from several threads."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._bayes = Bayes.read(folder / "counts.tsv")
        self._lexicon = Lexicon.read(folder / "lexicon.toml")

    def valence(self, text: Text) -> float | None:
        """-1..1, or None where there are no Chinese words to judge by (empty, Latin, emoji)."""
        clauses = [text.norm[clause.start : clause.end] for clause in text.clauses]
        weighed = [(self.clause(clause), len(clause)) for clause in clauses if _CHINESE.search(clause)]
        if not weighed:
            return 0.0 if _CHINESE.search(text.original) else None
        weights = [(abs(mood) + PLAIN) * math.sqrt(size) for mood, size in weighed]
        total = sum(weight * mood for weight, (mood, _) in zip(weights, weighed, strict=True)) / sum(weights)
        return round(max(-1.0, min(1.0, total)), 3)

    def clause(self, clause: str) -> float:
        """Mood of one clause in normal form."""
        if self._lexicon.plain.fullmatch(clause):
            return 0.0
        words = tokens(clause)
        odds = self._bayes.odds(words)
        highest = max(odds.values())
        chance = {name: math.exp(TEMPER * (value - highest)) for name, value in odds.items()}
        whole = sum(chance.values())
        known = sum(word in self._bayes.vocabulary for word in words) / len(words) if words else 0.0
        learnt = (chance["positive"] - chance["negative"]) / whole * min(1.0, known / KNOWN)
        moods = self._lexicon.moods(clause)
        if not moods:
            return 0.0 if abs(learnt) < PLAIN else learnt
        listed = max(-1.0, min(1.0, sum(mood for mood, _ in moods)))
        share = LEXICON_SURE if listed * learnt < 0 or any(turned for _, turned in moods) else LEXICON
        return (1 - share) * learnt + share * listed
