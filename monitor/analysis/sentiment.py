"""How an utterance feels by its words: valence, -1 (furious, hurt) .. 0 (plain talk) .. 1 (glad, grateful).

Two judges whose evidence adds up: a naive Bayes model in three classes, trained by snownlp on call lines (sentiment_train), and
a lexicon with negation and intensifiers. snownlp as it ships was trained on shop reviews: it finds 您好，客服中心 hateful.
A kind word before a bitter rest is irony and counts for nothing (谢谢您嘞，又白跑一趟); the other way round it is meant.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from monitor.analysis import text as texts
from monitor.analysis.text import Clause, Text

FOLDER = Path(__file__).parents[1] / "playbook" / "zh" / "sentiment"
CLASSES = ("negative", "neutral", "positive")
REACH = 4  # characters before a word in which a negation or an intensifier belongs to it
TURNED = -1.6  # what a negation makes of a mood: the model hears 高兴 in 不高兴, and has to be outvoted
SMOOTHING = 0.3  # added to every count
TEMPER = 0.3  # naive Bayes counts overlapping tokens as independent: its log-odds are scaled by this,
LENGTH = 40  # and above so many tokens by the root of their number
LISTED = 1.5  # log-odds of a listed mood of 1
MOST = 1.5  # listed mood of an utterance
IRONY = 0.7  # chance of ill temper of what follows, from which kind words are not meant
FOLLOWS = 90  # tokens of it
PLAIN = 0.1  # a valence under this is none
_DEGREE = re.compile("非常|特别|十分|真的是?|实在是?|相当|有一?点|稍微")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def lines(path: Path) -> list[str]:
    """The lines of a corpus file, comments and blanks left out."""
    return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]


def corpus() -> list[str]:
    """All call lines the model is trained on."""
    return [line for name in CLASSES for line in lines(FOLDER / f"{name}.tsv")]


def tokens(text: Text) -> list[str]:
    """What all clauses of a line are made of (`clause_tokens`)."""
    return [token for clause in text.clauses for token in clause_tokens(text, clause)]


def clause_tokens(text: Text, clause: Clause) -> list[str]:
    """Characters, pairs of characters with the ends marked (不高兴: 不 高 兴 ^不 不高 高兴 兴$), and pairs of syllables, which
    survive the homophones that recognisers write (p^ bu, pbu gao ...).

    All figures are the same figure: how much it was says nothing about mood. Words of degree (非常) are left to the lexicon.
    """
    said = text.norm[clause.start : clause.end]
    meant = [index for index, degree in enumerate(_of_degree(said)) if not degree]
    chars = re.findall(r"[\u4e00-\u9fff]|#", re.sub(r"[0-9.%]+", "#", "".join(said[index] for index in meant)))
    if not chars:
        return []
    sounds = ("^", *(text.syllables[clause.start + index] for index in meant), "$")
    return chars + [a + b for a, b in pairwise(["^", *chars, "$"])] + [f"p{a} {b}" for a, b in pairwise(sounds)]


def _of_degree(said: str) -> list[bool]:
    """For each character, whether it belongs to a word of degree, which is for the lexicon to weigh."""
    flags = [False] * len(said)
    for match in _DEGREE.finditer(said):
        flags[match.start() : match.end()] = [True] * (match.end() - match.start())
    return flags


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

    def odds(self, words: Sequence[str]) -> dict[str, float]:
        """Log-odds of each class against the likeliest, tempered."""
        known = [word for word in words if word in self.vocabulary]
        logs = {
            name: sum(math.log((self._counts[name].get(word, 1) - 1 + SMOOTHING) / self._totals[name]) for word in known)
            for name in CLASSES
        }
        scale = TEMPER * math.sqrt(min(1.0, LENGTH / max(1, len(known))))
        return {name: scale * (value - max(logs.values())) for name, value in logs.items()}

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

    def moods(self, clause: str) -> list[float]:
        """The mood of each word with one, longest first, weighed and turned by what stands before it."""
        found = []
        for match in self._known.finditer(clause):
            before = clause[max(0, match.start() - REACH) : match.start()]
            strength = math.prod(factor for word, factor in self.intensifiers.items() if word in before)
            turned = len(self.negations.findall(before)) % 2 == 1
            mood = self.words[match[0]] * strength * (TURNED if turned else 1)
            found.append(mood)
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
        if not _CHINESE.search(text.original):
            return None
        return self._value(*self._heard(text))

    def clause(self, text: Text, clause: Clause) -> float:
        """The mood of one clause by itself."""
        return self._value(self._lexicon.moods(text.norm[clause.start : clause.end]), clause_tokens(text, clause))

    def _value(self, moods: Sequence[float], words: Sequence[str]) -> float:
        if not words:
            return 0.0
        weight = LISTED * max(-MOST, min(MOST, sum(moods)))
        learnt = self._bayes.odds(words)
        moved = {"negative": -weight, "neutral": -abs(weight) / 2, "positive": weight}
        chances = _chances({name: learnt[name] + moved[name] for name in CLASSES})
        value = chances["positive"] - chances["negative"]
        return round(value, 3) if abs(value) >= PLAIN else 0.0

    def _heard(self, text: Text) -> tuple[list[float], list[str]]:
        """The listed moods and the tokens of the clauses that are meant as they are said, plain ones left out."""
        moods, words = list[float](), list[str]()
        for clause in reversed(text.clauses):
            said = text.norm[clause.start : clause.end]
            if self._lexicon.plain.fullmatch(said):
                continue
            listed = self._lexicon.moods(said)
            if sum(listed) > 0 and words and _chances(self._bayes.odds(words[-FOLLOWS:]))["negative"] >= IRONY:
                continue
            moods += listed
            words += clause_tokens(text, clause)
        return moods, words


def _chances(odds: Mapping[str, float]) -> dict[str, float]:
    highest = max(odds.values())
    weights = {name: math.exp(value - highest) for name, value in odds.items()}
    return {name: weight / sum(weights.values()) for name, weight in weights.items()}
