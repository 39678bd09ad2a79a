"""How likely a call is to end badly: 0..100, live.

risk = heat + mood. Heat rises with findings: the ladder's level sets a floor to it (25, 45, 75, 90), and banned phrases,
overpromises, repeated claims, interruptions and dead air add to it. Mood adds up to 15 for a bitter customer, 10 for a raised
voice, and takes up to 10 for a friendly one. Each friendly thing the customer says cools the heat by a tenth, to no less than
40 % of its peak: a call that was soothed is not one in which nothing happened. One finding more never lowers the risk.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.records import Finding, Utterance

FLOOR = {1: 25.0, 2: 45.0, 3: 75.0, 4: 90.0}  # heat at least, by level
AGAIN = 4.0  # heat of a rung reached again
ADDED = {"overpromise": 3.0, "repeated_claim": 5.0, "made_to_repeat": 4.0, "conduct": 3.0}
BANNED = 7.0  # heat of a banned phrase, where its rule is not listed
WORSE = {"dismiss": 14.0, "blame_customer": 9.0, "flat_denial": 9.0, "not_my_job": 8.0, "stall": 4.0}
INCONSISTENT = 2.0  # on top: figures that differ need somebody's eye
HOTTEST = 95.0
FRIENDLY, COOLING, KEPT = 0.3, 0.9, 0.4  # valence from which heat cools, what is left of it each time, and of its peak at least
SWAY = 0.35  # weight of the newest utterance in the mood
BITTER, KIND, RAISED = 15.0, 10.0, 10.0
RESTING = 0.3  # arousal of a voice at its baseline


class Risk:
    """The risk of one call."""

    def __init__(self) -> None:
        self._heat = self._peak = 0.0
        self._told: dict[str, float] = {}  # heat by finding, so that one revised counts once
        self._valence = 0.0
        self._arousal = RESTING

    @property
    def value(self) -> int:
        mood = -BITTER * self._valence if self._valence < 0 else -KIND * self._valence
        mood += RAISED * max(0.0, self._arousal - RESTING) / (1 - RESTING)
        return round(max(0.0, min(100.0, self._heat + mood)))

    def feel(self, utterance: Utterance) -> None:
        """What the customer's words and voice say (of a call that has no customer channel: anyone's)."""
        if utterance.speaker == "agent":
            return
        if utterance.valence is not None:
            self._valence += SWAY * (utterance.valence - self._valence)
            if utterance.valence >= FRIENDLY:
                self._heat = max(self._heat * COOLING, min(self._heat, self._peak * KEPT))
        if utterance.arousal is not None:
            self._arousal += SWAY * (utterance.arousal - self._arousal)

    def heed(self, findings: Sequence[Finding]) -> None:
        """New findings, or ones that replace what was told under their id."""
        for finding in findings:
            added = _added(finding)
            rise = max(0.0, added - self._told.get(finding.id, 0.0))
            floor = 0.0 if finding.id in self._told else FLOOR.get(finding.level or 0, 0.0)
            self._heat = min(max(HOTTEST, self._heat), max(self._heat + rise, floor))
            self._told[finding.id] = max(added, self._told.get(finding.id, 0.0))
        self._peak = max(self._peak, self._heat)


def _added(finding: Finding) -> float:
    if finding.kind == "escalation":
        return AGAIN
    if finding.kind == "banned_phrase":
        return WORSE.get(finding.rule or "", BANNED)
    return ADDED.get(finding.kind, 0.0) + (INCONSISTENT if finding.inconsistent else 0.0)
