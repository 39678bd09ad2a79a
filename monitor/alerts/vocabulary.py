"""The kinds of findings, and the rules of each, that an alert rule may ask for."""

from __future__ import annotations

from collections.abc import Mapping

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
