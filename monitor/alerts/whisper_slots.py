"""What a whisper's sentence is filled with: what the customer has given, and what was just said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from monitor.records import Finding, Summary

SLOT = re.compile(r"\{(\w*)\}")
SLOTS = ("name", "order", "sum", "times", "promised", "claim", "values", "heard")
QUOTED, CLAIMED = 24, 16  # characters of a finding and of a claim that are quoted, at most
MINE = frozenset("我咱你您")  # a claim with one of these is not what the agent would say


def fill(lines: Sequence[str], facts: Mapping[str, str]) -> str:
    """The first line all of whose slots are known, filled."""
    for line in lines:
        if all(facts.get(name) for name in SLOT.findall(line)):
            return SLOT.sub(lambda slot: facts[slot[1]], line)
    return SLOT.sub("", lines[-1])


def slots(summary: Summary, finding: Finding | None) -> Mapping[str, str]:
    """What a sentence can be filled with."""
    facts = {fact["id"]: str(fact["value"]) for fact in summary.facts}
    known = {"name": facts.get("called", ""), "times": facts.get("times", "")}
    if "、" not in (amount := facts.get("sum", "")):  # of several, who knows which
        known["sum"] = amount
    if len(order := facts.get("order", "")) >= 4:
        known["order"] = order[-4:]
    dated = [str(promise["said"]) for promise in summary.promises if promise.get("said")]
    known["promised"] = dated[-1] if dated else ""
    claim = max(summary.claims, key=lambda claim: len(claim["times"]), default=None)
    if claim and len(claim["text"]) <= CLAIMED and MINE.isdisjoint(claim["text"]):
        known["claim"] = claim["text"]
    if finding:
        known["promised"] = finding.said or known["promised"]
        known["values"] = "、".join(finding.values or ())
        known["heard"] = finding.text if len(finding.text) <= QUOTED else finding.text[: QUOTED - 1] + "…"
    return known
