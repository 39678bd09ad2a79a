"""The counting of findings against labels, on calls small enough to count by hand."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.labels import Labelled, Result
from monitor.scoring import score

TURNS: list[dict[str, Any]] = [
    {
        "speaker": "agent", "text": "您好，12号坐席。", "start": 0.0, "end": 4.0,
        "labels": [{"kind": "step", "rule": "soothe"}, {"kind": "emotion_shift", "rule": "rising"}],
    },
    {
        "speaker": "customer", "text": "我要投诉！三百块钱！", "start": 5.0, "end": 10.0,
        "labels": [
            {"kind": "escalation", "rule": "demand_supervisor", "level": 2},
            {"kind": "repeated_claim", "rule": None, "inconsistent": True},
        ],
    },
    {"speaker": "agent", "text": "我不清楚您等了这么久。", "start": 20.0, "end": 24.0, "hard_negative": "care"},
    {
        "speaker": "customer", "text": "喂？", "start": 32.0, "end": 33.0,
        "labels": [{"kind": "conduct", "rule": "dead_air"}, {"kind": "conduct", "rule": "raised_voice"}],
    },
]  # fmt: skip


def labelled(**expect: Any) -> Labelled:
    complaint = {"type": "venting", "validity": "valid"}
    return Labelled.model_validate({"turns": TURNS, "complaint": complaint, "expect": expect, "seconds": 36.0})


def found(kind: str, rule: str | None, speaker: str, start: float, end: float, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "rule": rule, "speaker": speaker, "start": start, "end": end, "text": "…", **more}


def result(*findings: dict[str, Any], **more: Any) -> Result:
    empty: dict[str, Any] = {"call": {"model": "base"}, "utterances": [], "alerts": [], "summary": {}}
    return Result.model_validate({**empty, "findings": findings, **more})


def figures(outcome: Result | None, **expect: Any) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    total = score([("c", labelled(**expect), outcome)])
    shown = total.as_json()
    kinds = {name: (one["labels"], one["found"], one["false"]) for name, one in shown["kinds"].items()}
    return kinds, shown["call"], total.errors


def test_a_finding_within_a_second_of_the_turn_by_the_same_speaker_finds_its_label() -> None:
    kinds, call, errors = figures(
        result(
            found("step", "soothe", "agent", 4.9, 5.5),
            found("escalation", "demand_supervisor", "customer", 10.5, 12.0),
            found("escalation", "demand_supervisor", "customer", 6.0, 7.0),
            found("repeated_claim", None, "customer", 8.0, 9.0, inconsistent=True),
            found("conduct", "dead_air", "agent", 24.0, 31.5),
        )
    )
    assert kinds == {
        "step": (1, 1, 0),
        "step/soothe": (1, 1, 0),
        "escalation": (1, 1, 0),
        "escalation/demand_supervisor": (1, 1, 0),
        "repeated_claim": (1, 1, 0),
        "conduct": (1, 1, 0),
        "conduct/dead_air": (1, 1, 0),
    }
    assert (call["inconsistent_labels"], call["inconsistent_found"]) == (1, 1)
    assert errors == []


def test_what_no_label_explains_is_false_and_what_nothing_finds_is_missed() -> None:
    kinds, call, errors = figures(
        result(
            found("step", "soothe", "agent", 5.1, 6.0),  # 1.1 s late
            found("escalation", "demand_supervisor", "agent", 6.0, 7.0),  # not the customer
            found("banned_phrase", "dont_know", "agent", 20.5, 21.0),  # the hard negative
            found("conduct", "raised_voice", "agent", 1.0, 2.0),  # its times are not scored
            found("step", "greet", "agent", 1.0, 2.0),  # no such step
            found("emotion_shift", "rising", "customer", 1.0, 2.0),
        )
    )
    assert kinds["step"] == (1, 0, 1)
    assert kinds["escalation"] == (1, 0, 1)
    assert kinds["banned_phrase"] == (0, 0, 1)
    assert kinds["conduct"] == (1, 0, 0)
    assert "emotion_shift" not in kinds
    assert (call["hard_negatives"], call["hard_negatives_hit"]) == (1, 1)
    assert errors == [
        "c 0.0s missed step/soothe: 您好，12号坐席。",
        "c 5.0s missed escalation/demand_supervisor: 我要投诉！三百块钱！",
        "c 5.0s missed repeated_claim/None: 我要投诉！三百块钱！",
        "c 32.0s missed conduct/dead_air: 喂？",
        "c 5.1s false step/soothe: …",
        "c 6.0s false escalation/demand_supervisor: …",
        "c 20.5s false banned_phrase/dont_know: …",
    ]


@pytest.mark.parametrize(
    ("alerts", "in_time"),
    [
        ([{"at": 13.0, "severity": "critical"}], 1),
        ([{"at": 13.1, "severity": "critical"}], 0),
        ([{"at": 6.0, "severity": "warning"}], 0),
        ([{"at": 20.0, "severity": "critical"}, {"at": 2.0, "severity": "critical"}], 1),
        ([], 0),
    ],
)
def test_a_critical_alert_has_three_seconds(alerts: list[dict[str, Any]], in_time: int) -> None:
    _, call, _ = figures(result(alerts=alerts), alert_by_turn=1)
    assert (call["alert_expected"], call["alert_in_time"], call["quiet_calls"]) == (1, in_time, 0)
    _, call, errors = figures(result(alerts=alerts), alert_by_turn=None)
    critical = [alert for alert in alerts if alert["severity"] == "critical"]
    assert (call["quiet_calls"], call["quiet_calls_alerted"]) == (1, bool(critical))
    assert any("in a quiet call" in error for error in errors) == bool(critical)


def test_characters_are_compared_by_speaker_without_punctuation_and_digits_as_read() -> None:
    heard = [
        {"speaker": "customer", "start": 5.0, "text": "我要投诉三百块"},
        {"speaker": "agent", "start": 20.0, "text": "我不清楚你等了这么久"},
        {"speaker": "agent", "start": 0.0, "text": "您好一二号坐席"},
        {"speaker": "customer", "start": 32.0, "text": "喂"},
    ]
    _, call, _ = figures(result(utterances=heard))
    assert (call["chars"], call["char_errors"]) == (26, 2), "钱 is missing, 你 stands for 您"
    assert call["cer"] == pytest.approx(2 / 26, abs=5e-5)


def test_a_call_without_a_result_is_missed_in_everything() -> None:
    kinds, call, errors = figures(None, alert_by_turn=1)
    assert {counts[1] for counts in kinds.values()} == {0}
    assert (call["calls"], call["missing"], call["cer"], call["alert_in_time"]) == (1, 1, 1.0, 0)
    assert errors[0] == "c: no result"


def test_type_and_validity() -> None:
    _, call, _ = figures(result(summary={"type": "venting", "validity": "communicative"}))
    assert (call["type_right"], call["validity_right"], call["hours"]) == (1, 0, 0.01)


def test_the_shares() -> None:
    total = score([("c", labelled(), result(found("step", "soothe", "agent", 1, 2), found("step", "act", "agent", 1, 2)))])
    assert total.as_json()["kinds"]["step"] == {
        "labels": 1, "found": 1, "false": 1, "precision": 0.5, "recall": 1.0, "f1": 0.667,
    }  # fmt: skip
    assert total.as_json()["kinds"]["step/act"]["precision"] == 0.0
    assert total.as_json()["kinds"]["escalation"]["f1"] == 0.0
