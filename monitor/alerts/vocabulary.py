"""What an alert rule may ask for: the kinds of findings, the rules of each, whose they are and what they carry."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.records import Speaker

STEPS = ("soothe", "probe", "act", "elevate", "close")

KINDS: Mapping[str, tuple[str, ...]] = {
    "banned_phrase": (
        "belittle", "get_what_you_pay", "flat_denial", "not_my_job", "dont_know", "never_said", "cant", "hide_behind_policy",
        "read_it_yourself", "another_day", "dismiss", "blame_customer", "blame_others", "stall",
    ),
    "overpromise": ("absolute",),
    "escalation": ("dissatisfied", "demand_supervisor", "churn", "regulator", "exposure", "legal", "extreme"),
    "repeated_claim": (),
    "made_to_repeat": (),
    "conduct": ("interruption", "dead_air", "fast_speech", "raised_voice", "arguing"),
    "emotion_shift": ("rising", "soothed"),
    "step": (*STEPS, "change"),
    "step_missing": STEPS,
    "promise": ("dated", "undated"),
    "evasion": (),
}  # fmt: skip

SAID_BY: Mapping[str, Speaker] = {  # of kinds that are one side's alone; on a line that both share the speaker is unknown
    "banned_phrase": "agent", "overpromise": "agent", "made_to_repeat": "agent", "step": "agent", "step_missing": "agent",
    "promise": "agent", "escalation": "customer", "repeated_claim": "customer",
}  # fmt: skip

CARRIED_BY: Mapping[str, str] = {  # a condition on a value that findings of one kind alone have
    "level_min": "escalation", "count_min": "repeated_claim", "inconsistent": "repeated_claim", "seconds_min": "conduct",
}  # fmt: skip
