"""Records to keep, filled in where a test does not care."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.records import Alert, CallInfo, Finding, Utterance, Whisper

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def call(id: str = "c1", **more: Any) -> CallInfo:
    known: dict[str, Any] = {"started": START, "source": "live", "model": "base", "channels": ("agent", "customer")}
    return CallInfo(id=id, **known | more)


def utterance(id: str = "u1", call: str = "c1", **more: Any) -> Utterance:
    known: dict[str, Any] = {
        "speaker": "customer",
        "start": 1.0,
        "end": 2.0,
        "text": "你好",
        "stage": "final",
        "confidence": 0.9,
    }
    return Utterance(call=call, id=id, **known | more)


def finding(id: str = "u1.legal", call: str = "c1", **more: Any) -> Finding:
    known: dict[str, Any] = {
        "kind": "escalation",
        "rule": "legal",
        "speaker": "customer",
        "start": 1.0,
        "end": 2.0,
        "text": "找律师",
        "confidence": 0.9,
        "because": "heard 律师",
    }
    return Finding(call=call, id=id, **known | more)


def alert(id: str = "a1", call: str = "c1", **more: Any) -> Alert:
    known: dict[str, Any] = {
        "at": 2.0,
        "severity": "critical",
        "rule": "external_threat",
        "title": "扬言",
        "because": ("u1.legal",),
    }
    return Alert(call=call, id=id, **known | more)


def whisper(id: str = "w1", call: str = "c1", **more: Any) -> Whisper:
    known: dict[str, Any] = {"at": 2.0, "say": "先道歉", "reason": "客户生气", "because": ("u1.legal",), "expires": 20.0}
    return Whisper(call=call, id=id, **known | more)
