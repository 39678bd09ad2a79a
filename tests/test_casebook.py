"""What people decided, as labelled cases: read back by what reads such cases, and naming nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import casebook, check, labels
from monitor.archive.store import Archive
from monitor.config import Data
from monitor.errors import Faults, MonitorError
from monitor.records import DOUBTED, Alert, CallInfo, CallRecord, CallView, Decision, Finding, Speaker, Summary, Utterance
from tests.test_users_cli import made, run

NINE = datetime(2026, 11, 22, 9, 0, tzinfo=timezone(timedelta(hours=8)))


def said(id: str, speaker: Speaker, start: float, text: str, **more: Any) -> Utterance:
    known: dict[str, Any] = {"stage": "final", "confidence": 0.9}
    return Utterance(call="c1", id=id, speaker=speaker, start=start, end=start + 4, text=text, **known | more)


def found(utterance: Utterance, kind: str, rule: str | None, words: str, **more: Any) -> Finding:
    at = utterance.text.index(words)
    return Finding(
        call="c1",
        id=f"{utterance.id}.{rule}",
        kind=kind,
        rule=rule,
        speaker=utterance.speaker,
        start=utterance.start,
        end=utterance.end,
        text=words,
        confidence=0.9,
        because="",
        utterance=utterance.id,
        span=(at, at + len(words)),
        **more,
    )


def raised(id: str, at: float, *because: Finding, **more: Any) -> Alert:
    known: dict[str, Any] = {"severity": "warning", "rule": "banned", "title": "禁语", "by": "李主管", "when": NINE}
    return Alert(call="c1", id=id, at=at, because=tuple(one.id for one in because), **known | more)


ASKED = said("u1", "customer", 0, "我叫王小明，电话一三八一二三四二二三三，我的退款呢？")
DENIED = said("u2", "agent", 5, "您是说同事告诉您这是公司规定，对吗？这个不归我管。")
THREAT = said("u3", "customer", 10, "那我就打12315，找你们张经理！")
POLICY = found(DENIED, "banned_phrase", "hide_behind_policy", "这是公司规定")
NOT_MINE = found(DENIED, "banned_phrase", "not_my_job", "不归我管")
REGULATOR = found(THREAT, "escalation", "regulator", "打12315", level=3)


def record(*alerts: Alert, call: str = "c1", **more: Any) -> CallRecord:
    view = CallView(
        id=call,
        started=NINE,
        seconds=20,
        agent="陈晨",
        customer="13812342233",
        model="base",
        source="live",
        status="ended",
        channels=("agent", "customer"),
    )
    known: dict[str, Any] = {
        "utterances": (ASKED, DENIED, THREAT),
        "findings": (POLICY, NOT_MINE, REGULATOR),
        "summary": Summary(type="venting", validity="valid"),
    }
    return CallRecord(call=view, alerts=alerts, **known | more)


FALSE = raised("a1", 9, POLICY, status="false_alarm", why="quoted", note="王小明说的")
TRUE = raised("a2", 14, REGULATOR, status="resolved", severity="critical")


def test_a_false_alarm_is_a_line_that_must_not_raise_it() -> None:
    lines = casebook.compile([record(FALSE, TRUE)])["lines"]
    assert lines == [
        "您是说同事告诉您这是公司规定，对吗？这个不归我管。\tagent\t我叫某某某，电话某某某某某某某某某某某，我的退款呢？\tnot_my_job",
        "那我就打12315，找你们某经理！\tcustomer\t您是说同事告诉您这是公司规定，对吗？这个不归我管。\tregulator",
    ]


def test_what_only_the_rest_of_its_call_made_a_breach_is_no_line() -> None:
    """A line is judged by itself, where nobody can be sure of it."""
    doubt = replace(NOT_MINE, because=f"坐席说“不归我管”{DOUBTED}")
    decided = raised("a1", 9, doubt, status="resolved", severity="critical")
    assert doubt.doubted
    assert casebook.compile([record(decided, findings=(doubt,))])["lines"] == []


def test_the_lines_are_read_as_a_playbooks(tmp_path: Path) -> None:
    marked = said("u2", "agent", 5, "#\t这是公司规定\n")
    rule = found(marked, "banned_phrase", "hide_behind_policy", "这是公司规定")
    lone = replace(FALSE, because=(rule.id,), why="joking")
    (row,) = casebook.compile([record(lone, utterances=(marked,), findings=(rule,))])["lines"]
    path, faults = tmp_path / "lines.tsv", Faults()
    path.write_text(row + "\n", "utf-8")
    (line,) = check._read_lines(path, faults)
    faults.tell()
    assert (line.text, line.speaker, line.before, line.rules) == ("# 这是公司规定", "agent", "", frozenset())


def test_the_calls_are_read_as_labelled_calls(tmp_path: Path) -> None:
    calls = casebook.compile([record(FALSE, TRUE)])["calls"]
    assert list(calls) == ["2026-11-22-001"]
    path = tmp_path / "2026-11-22-001.json"
    path.write_text(json.dumps(calls["2026-11-22-001"]), "utf-8")
    (sample,) = labels.load_samples(tmp_path)
    first, second, third = sample.labels.turns
    assert not list(labels.doubts(sample))
    assert [(label.kind, label.rule, label.phrase) for label in second.labels] == [("banned_phrase", "not_my_job", "不归我管")]
    assert (first.hard_negative, second.hard_negative, third.hard_negative) == (None, "quoted", None)
    assert [label.rule for label in third.labels] == ["regulator"]
    assert sample.labels.expect.alert_by_turn == 2
    assert (sample.labels.complaint.type, sample.labels.seconds) == ("venting", 20)


def test_words_heard_wrong_are_in_neither() -> None:
    heard_wrong = replace(FALSE, why="misheard")
    made_of = casebook.compile([record(heard_wrong, TRUE)])
    assert made_of["left_out"] == 1
    assert made_of["lines"] == ["那我就打12315，找你们某经理！\tcustomer\t\tregulator"]
    assert [turn["text"][:2] for turn in made_of["calls"]["2026-11-22-001"]["turns"]] == ["我叫", "那我"]


def test_what_is_no_breach_keeps_its_words_label() -> None:
    """The words were rightly found; only the alert was not worth raising."""
    critical = replace(TRUE, status="false_alarm", why="no_breach")
    made_of = casebook.compile([record(critical)])
    assert made_of["lines"][0].endswith("\tregulator")
    assert made_of["calls"]["2026-11-22-001"]["expect"] == {"alert_by_turn": None}


def test_what_nobody_decided_is_not_in_it() -> None:
    undecided = [
        replace(FALSE, status="open", why=None, by=None),
        replace(TRUE, status="resolved", by="system"),
        replace(TRUE, status="open"),
    ]
    assert casebook.compile([record(*undecided)]) == {"lines": [], "calls": {}, "left_out": 0}


def test_a_silence_is_labelled_on_the_turn_that_follows() -> None:
    silence = replace(POLICY, id="s1", kind="conduct", rule="dead_air", start=4, end=9.5, utterance=None, span=None)
    made_of = casebook.compile([record(raised("a1", 10, silence, status="resolved"), findings=(silence,))])
    turns = made_of["calls"]["2026-11-22-001"]["turns"]
    assert [[label["rule"] for label in turn["labels"]] for turn in turns] == [[], [], ["dead_air"]]
    assert not made_of["lines"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("王先生您好", "某先生您好"),
        ("我是老孙，欧阳女士介绍的", "我是某某，某某女士介绍的"),
        ("免贵姓李", "免贵姓某"),
        ("订单号 2026 1122 0001", "订单号 某某某某某某某某某某某某某某"),
        ("尾号1234，打12315", "尾号1234，打12315"),
        ("幺三八零零零四四一七", "某某某某某某某某某某"),
        ("等了三次，赔五百块", "等了三次，赔五百块"),
        ("总共三百，叫你们经理来", "总共三百，叫你们经理来"),
    ],
)
def test_numbers_and_names_are_not_told(text: str, masked: str) -> None:
    assert casebook.unnamed(text) == masked


@given(st.text(max_size=200))
def test_masking_keeps_every_place(text: str) -> None:
    """Spans count characters: a label must stay on its words."""
    assert len(casebook.unnamed(text, ("张三",))) == len(text)


async def kept(data: Data) -> None:
    archive = await Archive.open(data)
    await archive.add(
        CallInfo(id="c1", started=NINE, source="live", model="base", channels=("agent", "customer"), customer="13812342233")
    )
    for utterance in (ASKED, DENIED, THREAT):
        await archive.add(utterance)
    for finding in (POLICY, NOT_MINE, REGULATOR):
        await archive.add(finding)
    await archive.add(replace(FALSE, status="open", by=None, when=None, why=None, note=None))
    await archive.set_alert("c1", "a1", Decision(status="false_alarm", why="quoted", by="李主管", when=NINE, note="王小明"))
    await archive.close()


async def test_the_command_writes_a_folder_and_says_so_in_the_audit_log(tmp_path: Path) -> None:
    data = Data(folder=tmp_path / "data")
    await kept(data)
    folder = tmp_path / "out"
    assert "1 lines, 1 calls" in made(data, "export", "cases", str(folder)).replace("\n", "")
    assert (folder / "lines.tsv").read_text("utf-8").count("\n") == 1
    (sample,) = labels.load_samples(folder)
    assert sample.labels.turns[1].hard_negative == "quoted"
    everything = "".join(path.read_text("utf-8") for path in folder.iterdir())
    assert not [secret for secret in ("王小明", "13812342233", "一三八") if secret in everything]
    assert "export" in made(data, "audit")
    error = run(data, "export", "cases", str(folder)).exception
    assert isinstance(error, MonitorError)
    assert "is there already" in str(error)
    made(data, "export", "cases", str(tmp_path / "none"), "--since", "2026-12-01")
    assert (tmp_path / "none" / "lines.tsv").read_text("utf-8") == ""
