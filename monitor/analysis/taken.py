"""How likely an utterance of the agent takes a step of handling a complaint: a logistic regression over all that it does.

A single act tells little: 我给您查一下 solves one call and stalls another, and an apology before a refusal soothes nobody.
The weights are plain numbers in the playbook's taken.toml, fitted by `steps_train` on calls whose steps were marked.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from monitor.analysis.context import Said
from monitor.analysis.playbook import RULES
from monitor.analysis.weights import Model
from monitor.config import Section, read
from monitor.errors import ConfigError

WEIGHED = ("soothe", "probe", "act", "elevate")
DOES = (*WEIGHED, "change", "close", "promise_dated", "promise_undated", "ask", "acknowledge", "contradict")
BROKEN = (*RULES["banned_phrase"], *RULES["overpromise"])
FEATURES = (*DOES, "breach", "found", "promised", "long", "asks")
LONG = 24  # characters; a shorter utterance may be a piece of a turn


class StepModel(Model):
    least: float = Field(ge=0, le=1)  # probability from which the step counts as taken


class Sheet(Section):
    """taken.toml: one model a step."""

    soothe: StepModel
    probe: StepModel
    act: StepModel
    elevate: StepModel


class Taken:
    """Built once, shared by all calls. Raises ConfigError naming the file."""

    def __init__(self, path: Path) -> None:
        sheet = read(Sheet, path)
        self._models: dict[str, StepModel] = {step: getattr(sheet, step) for step in WEIGHED}
        for step, model in self._models.items():
            if wrong := model.differing(FEATURES):
                raise ConfigError(f"{path}: {step}: {wrong}: one weight for each of {', '.join(FEATURES)}")

    def chances(self, said: Said, found: Mapping[str, float]) -> dict[str, float]:
        """Of each of WEIGHED that `said` is likely enough to take, the probability that it does.

        `found`: how sure a step's phrases and call lines are of it by themselves.
        """
        shared = features(said)
        chances = {step: model.chance({**shared, "found": found.get(step, 0.0)}) for step, model in self._models.items()}
        return {step: chance for step, chance in chances.items() if chance >= self._models[step].least}


def features(said: Said) -> dict[str, float]:
    """What an utterance of the agent is weighed by, each 0 to 1, beside what was found of the step itself."""
    acts = {act.label: act.probability for act in said.acts}
    return {
        **{label: acts.get(label, 0.0) for label in DOES},
        "breach": max((acts.get(label, 0.0) for label in BROKEN), default=0.0),
        "promised": float(any(made.kind == "promise" and made.rule == "dated" for made in said.findings)),
        "long": min(1.0, len(said.text.norm) / LONG),
        "asks": float(bool(said.text.clauses) and said.text.clauses[-1].stop == "？"),
    }
