"""A linear model whose weights are plain numbers in a sheet of the playbook, by the names of its features."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from monitor.config import Section


class Model(Section):
    bias: float
    weights: dict[str, float]

    def log_odds(self, features: Mapping[str, float]) -> float:
        """Of what has those features; one that is not given is 0, one without a weight counts for nothing."""
        return self.bias + math.fsum(weight * features.get(name, 0.0) for name, weight in self.weights.items())

    def chance(self, features: Mapping[str, float]) -> float:
        """The probability 0..1 of what has those features."""
        return 1 / (1 + math.exp(-self.log_odds(features)))

    def differing(self, features: Iterable[str]) -> str:
        """The features without a weight and the weights without a feature; empty where there are none."""
        return ", ".join(sorted(set(self.weights) ^ set(features)))


def block(name: str, bias: float, weights: Iterable[tuple[str, float]], **settings: float) -> str:
    """A model as it stands in a sheet, under `name`: its settings as they are written, its bias, its weights."""
    head = [f"[{name}]", *(f"{setting} = {value}" for setting, value in settings.items()), f"bias = {bias:.2f}"]
    return "\n".join([*head, "", f"[{name}.weights]", *(f"{feature} = {weight:.2f}" for feature, weight in weights)])
