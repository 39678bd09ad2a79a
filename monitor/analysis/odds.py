"""What happened in a call so far makes a breach or a threat more likely, or less: doubts are weighed by it.

A classifier of single lines knows nothing of the call. In the corpus's calls one unit of an agent in two hundred is a breach as
long as the customer has told of no trouble, one in eight afterwards, and two in five once there has been a breach; of a
customer's units one in five hundred climbs the ladder before there is trouble, one in fifty then, one in five later on. By
Bayes' rule such a change of the odds before is a change of the odds after, added in logarithms. About half of the measured
change is taken: what is known of a call is heard with errors, and a first threat must not need a second.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from monitor.analysis.acts import telling
from monitor.analysis.context import Act, Said
from monitor.analysis.playbook import ACCUSING, Playbook
from monitor.records import Finding, Speaker

CALM = -2.0  # added to the log odds while nothing is wrong ...
AFTER: dict[Speaker, tuple[float, ...]] = {  # ... and after none, one, two or more of what counts for that speaker
    "agent": (0.0, 0.4, 0.7),  # the agent's own breaches
    "customer": (0.0, 0.2),  # these, and the rungs of the ladder reached
}
SURE = 0.6  # confidence of a finding that counts
TOLD = 0.5  # probability of an act that tells of trouble
_TROUBLE = frozenset(("dissatisfied", "demand", "demand_supervisor", "retold", "refuse"))
_CAUSE = "cause_"


class Odds:
    """Weighs the acts of one utterance. Shared by all calls."""

    def __init__(self, playbook: Playbook) -> None:
        self._weighed = {
            name: frozenset(label for label, rule in lexicon.by_label.items() if rule.kind in ACCUSING)
            for name, lexicon in playbook.lexicons.items()
        }

    def weigh(self, acts: Sequence[Act], speaker: Speaker, before: Sequence[Said]) -> tuple[Act, ...]:
        """`acts` with the probabilities of breaches and threats as the call so far has them, the surest first."""
        weighed = self._weighed.get(speaker, frozenset())
        if not any(act.label in weighed for act in acts):
            return tuple(acts)
        change = _change([act for act in acts if act.label not in weighed], speaker, before)
        moved = (_moved(act, change) if act.label in weighed else act for act in acts)
        return tuple(sorted(moved, key=lambda act: -act.probability))


def _change(beside: Sequence[Act], speaker: Speaker, before: Sequence[Said]) -> float:
    """What is added to the log odds of acts, `beside` others in the same utterance."""
    found = [finding for said in before for finding in said.findings if finding.kind in ACCUSING and finding.confidence >= SURE]
    count = sum(_counts(finding, speaker) for finding in found)
    if not count:
        complained = (act for said in before if said.speaker == "customer" for act in said.acts)
        climbed = any(finding.kind == "escalation" for finding in found)
        if not (climbed or _trouble(complained) or (speaker == "customer" and _trouble(beside))):
            return CALM
    after = AFTER.get(speaker, (0.0,))
    return after[min(count, len(after) - 1)]


def _counts(finding: Finding, speaker: Speaker) -> bool:
    return speaker == "customer" or finding.kind != "escalation"


def _trouble(acts: Iterable[Act]) -> bool:
    return any(act.probability >= TOLD and (act.label in _TROUBLE or act.label.startswith(_CAUSE)) for act in acts)


def _moved(act: Act, change: float) -> Act:
    most = telling(act.end - act.start)  # how little a few words can tell is no matter of odds
    chance = min(max(act.probability / most, 1e-4), 1 - 1e-4)
    return replace(act, probability=round(most / (1 + (1 - chance) / chance * math.exp(-change)), 3))
