"""Which type of call this is: a multinomial logistic regression over what was heard in all of it.

The features of a call so far are log(1 + sum) of the weights of each kind of evidence (complaint.py), of the probabilities of
what the customer does by the classifier of call lines, and of the utterances with the words of types.toml. The weights there
are fitted by `calltype_train` on labelled calls; the words are written by hand.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import Field

from monitor.analysis import playbook
from monitor.analysis.context import Said
from monitor.analysis.weights import Model
from monitor.config import Section, read
from monitor.errors import ConfigError
from monitor.records import Speaker

PATH = playbook.BUILT_IN / "types.toml"
TYPES = ("venting", "compensation", "suggestion", "revenge", "help", "courteous", "overbearing", "inquiry", "none")
CAUSE, THREAT = "cause", "threat"
ACTS = (
    "type_venting", "type_compensation", "type_suggestion", "type_revenge", "type_help", "type_courteous", "type_overbearing",
    "type_inquiry", CAUSE, "dissatisfied", "demand", "demand_supervisor", "churn", THREAT, "extreme", "thanks", "retold",
    "refuse",
)  # fmt: skip
EVIDENCE = (
    "compensation", "suggestion", "revenge", "help", "courteous", "overbearing", "inquiry", "praise", "supposed", "callback",
    "admitted", "banned", "bitter", "escalated", "demand", CAUSE, "mistaken", "soothe", "venting", "trouble",
)  # fmt: skip
_THREATS = ("regulator", "exposure", "legal")
FAINT = 0.25  # probability below which an act says nothing


class WordSheet(Section):
    """Words that tell something of a call by how many utterances have them; `say`: regular expressions."""

    speaker: Speaker
    say: tuple[str, ...] = Field(min_length=1)
    verbatim: bool = False  # sought in the words as written, not in their normal form (which makes 您 你)


class Sheet(Section):
    words: dict[str, WordSheet]
    type: dict[str, Model] = Field(default_factory=dict)


class Words:
    """The words of types.toml. Raises ConfigError naming the file."""

    def __init__(self, sheets: Mapping[str, WordSheet], path: Path) -> None:
        try:
            self._patterns = {name: (sheet, re.compile("|".join(sheet.say))) for name, sheet in sheets.items()}
        except re.error as error:
            raise ConfigError(f"{path}: words: {error}") from error
        self.names = tuple(sheets)

    def of(self, said: Said) -> set[str]:
        """Names of the words that an utterance has."""
        return {
            name
            for name, (sheet, pattern) in self._patterns.items()
            if sheet.speaker == said.speaker and pattern.search(said.utterance.text if sheet.verbatim else said.text.norm)
        }


class Traits:
    """One call's sums."""

    def __init__(self, words: Words) -> None:
        self._words, self._sums = words, defaultdict[str, float](float)

    def settle(self, said: Said) -> None:
        """Add a final utterance."""
        for name in self._words.of(said):
            self._sums[f"words_{name}"] += 1.0
        if said.speaker != "agent":
            for label, probability in _surest(said).items():
                self._sums[f"act_{label}"] += probability

    def features(self, evidence: Mapping[str, float], causes: tuple[str, ...]) -> dict[str, float]:
        """By name, each 0 or more. `evidence`: summed weights by label, of which `causes` count as one."""
        sums = {**self._sums, **{f"heard_{label}": evidence.get(label, 0.0) for label in EVIDENCE}}
        sums[f"heard_{CAUSE}"] = sum(evidence.get(cause, 0.0) for cause in causes)
        return {name: math.log1p(sums.get(name, 0.0)) for name in names(self._words)}


class Weigher:
    """Weighs the features of calls. Shared by all. Raises ConfigError naming the file.

    `fitting`: the weights are yet to be made, and need not be those of the features.
    """

    def __init__(self, path: Path = PATH, *, fitting: bool = False) -> None:
        sheet = read(Sheet, path)
        self.words, self._models = Words(sheet.words, path), sheet.type
        if fitting:
            self._models = {name: Model(bias=0, weights={}) for name in TYPES}
            return
        if set(sheet.type) != set(TYPES):
            raise ConfigError(f"{path}: type: needs {', '.join(TYPES)}")
        for name, model in sheet.type.items():
            if wrong := model.differing(names(self.words)):
                raise ConfigError(f"{path}: type.{name}.weights: one for each feature, differs in {wrong}")

    def scores(self, features: Mapping[str, float]) -> dict[str, float]:
        """Of each type its log-odds, up to a constant."""
        return {name: model.log_odds(features) for name, model in self._models.items()}


def names(words: Words) -> tuple[str, ...]:
    """The features, in order."""
    return (
        *(f"act_{label}" for label in ACTS),
        *(f"heard_{label}" for label in EVIDENCE),
        *(f"words_{name}" for name in words.names),
    )


@lru_cache(maxsize=1)
def built_in() -> Weigher:
    return Weigher()


def _surest(said: Said) -> dict[str, float]:
    """By label the probability of the surest act, of threats and of causes as one."""
    surest: dict[str, float] = {}
    for act in said.acts:
        label = CAUSE if act.label.startswith("cause_") else THREAT if act.label in _THREATS else act.label
        if label in ACTS and act.probability >= max(FAINT, surest.get(label, 0.0)):
            surest[label] = act.probability
    return surest
