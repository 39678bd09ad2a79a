"""The built-in alert rules as data, and what holds for every order of findings and glances at them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.cases import Case, Given, load_cases, outcome
from monitor.alerts.engine import Engine
from monitor.alerts.rules import load_rules
from monitor.alerts.vocabulary import KINDS
from monitor.records import Alert, Finding, Speaker

HERE = Path(__file__).parent
CASES = load_cases(HERE / "cases.toml").case
CALLS = sorted((HERE.parent / "data" / "calls").glob("*.json"))
RULES = load_rules()
SIDES: tuple[Speaker, ...] = ("agent", "customer")


def finding_of(u: str, start: float, end: float, **given: Any) -> Finding:
    return Given(u=u, start=start, end=end, **{"text": f"{u} {start}-{end}", **given}).finding()


def feed(engine: Engine, findings: list[Finding]) -> dict[str, Alert]:
    """The alerts at the end by id, in the order they were raised."""
    alerts: dict[str, Alert] = {}
    for finding in findings:
        alerts |= {alert.id: alert for alert in engine.feed(finding)}
    return alerts


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case(case: Case) -> None:
    assert outcome(RULES, case) == case.alerts


def test_every_built_in_rule_has_a_case() -> None:
    raised = {line.split()[0] for case in CASES for line in case.alerts}
    assert raised == {rule.id for rule in RULES.rule}


def test_an_alert_carries_what_the_supervisor_needs() -> None:
    engine = Engine(RULES, "c", SIDES)
    first = finding_of("u17", 61, 66, **{"is": "escalation/regulator", "level": 3, "text": "打一二三一五投诉你们"})
    [alert] = engine.feed(first)
    assert alert == Alert(
        call="c",
        id="external_threat@u17",
        at=66,
        severity="critical",
        rule="external_threat",
        title=RULES.vocabulary()["external_threat"]["zh"],
        because=("u17.regulator",),
        text="打一二三一五投诉你们",
        speaker="customer",
    )
    again = finding_of("u19", 80, 83, **{"is": "escalation/legal", "level": 3, "text": "我找律师"})
    assert engine.feed(again) == [replace(alert, because=("u17.regulator", "u19.legal"), text="我找律师")]
    assert engine.feed(again) == []


def test_peek_shows_the_alert_that_feed_will_raise_and_changes_nothing() -> None:
    engine = Engine(RULES, "c", SIDES)
    finding = finding_of("u1", 1, 2, **{"is": "escalation/legal", "level": 3})
    peeked = engine.peek([finding])
    assert [alert.id for alert in peeked] == ["external_threat@u1"]
    assert engine.peek([finding]) == peeked
    assert engine.feed(finding) == peeked
    assert engine.peek([finding]) == []


def test_the_id_stays_when_the_final_words_show_another_threat_first() -> None:
    engine = Engine(RULES, "c", SIDES)
    exposure = finding_of("u1", 3, 4, **{"is": "escalation/exposure", "level": 3})
    legal = finding_of("u1", 1, 2, **{"is": "escalation/legal", "level": 3})
    assert [alert.id for alert in engine.peek([exposure])] == list(feed(engine, [legal, exposure]))


def test_words_that_may_change_must_be_surer() -> None:
    engine = Engine(RULES, "c", SIDES)
    finding = finding_of("u1", 1, 2, **{"is": "escalation/legal", "level": 3, "confidence": 0.75})
    assert engine.peek([finding]) == []
    assert engine.peek([finding], confidence_min=0.7) != []
    assert engine.feed(finding) != []


def test_peek_counts_on_what_was_fed() -> None:
    engine = Engine(RULES, "c", SIDES)
    phrases = [
        finding_of(f"u{n}", n, n + 1, **{"is": f"banned_phrase/{rule}"}) for n, rule in enumerate(["cant", "stall", "dismiss"])
    ]
    feed(engine, phrases[:2])
    assert [alert.rule for alert in engine.peek(phrases[2:])] == ["three_banned_phrases", "banned_phrase"]


def findings_strategy() -> st.SearchStrategy[list[Finding]]:
    """Findings of all kinds in call order or a little out of it, some of them again under the same id."""
    names = [f"{kind}/{rule}" for kind, rules in KINDS.items() for rule in rules] + [
        k for k, rules in KINDS.items() if not rules
    ]
    one = st.builds(
        lambda u, name, start, length, more: finding_of(f"u{u}", start, start + length, **{"is": name, **more}),
        st.integers(0, 15),
        st.sampled_from(names),
        st.integers(0, 900),
        st.integers(1, 12),
        st.fixed_dictionaries(
            {
                "confidence": st.sampled_from([0.3, 0.55, 0.7, 0.9]),
                "level": st.sampled_from([1, 2, 3, 4]),
                "count": st.sampled_from([2, 3]),
                "inconsistent": st.booleans(),
                "seconds": st.sampled_from([5.0, 12.0]),
            }
        ),
    )
    return st.lists(one, max_size=25)


@given(findings_strategy(), st.data())
def test_glances_change_nothing(findings: list[Finding], data: st.DataObject) -> None:
    engine = Engine(RULES, "c", SIDES)
    alerts: dict[str, Alert] = {}
    for number, finding in enumerate(findings):
        ahead = findings[number : number + data.draw(st.integers(0, 4))]
        engine.peek(ahead, confidence_min=data.draw(st.sampled_from([0.0, 0.8])))
        alerts |= {alert.id: alert for alert in engine.feed(finding)}
    assert alerts == feed(Engine(RULES, "c", SIDES), findings)


@given(findings_strategy())
def test_what_is_peeked_with_no_doubt_is_what_is_fed(findings: list[Finding]) -> None:
    unique = list({finding.id: finding for finding in findings}.values())
    half = len(unique) // 2
    engine = Engine(RULES, "c", SIDES)
    feed(engine, unique[:half])
    peeked = {alert.id: alert for alert in engine.peek(unique[half:], confidence_min=0.0)}
    assert peeked == feed(engine, unique[half:])


@given(findings_strategy())
def test_every_alert_is_sound(findings: list[Finding]) -> None:
    """No alert without evidence; ids are unique; time is the evidence's; a finding fed again unchanged does nothing."""
    engine = Engine(RULES, "c", SIDES)
    known = {finding.id for finding in findings}
    raised: dict[str, Alert] = {}
    for finding in findings:
        for alert in engine.feed(finding):
            before = raised.get(alert.id)
            assert set(alert.because) <= known
            assert len(set(alert.because)) == len(alert.because) > 0
            if before:
                assert (alert.at, alert.severity, alert.title) == (before.at, before.severity, before.title)
                assert set(before.because) < set(alert.because)
            raised[alert.id] = alert
        assert engine.feed(finding) == []


@pytest.mark.parametrize("path", CALLS, ids=lambda path: path.stem)
def test_labelled_calls_alert_when_they_should(path: Path) -> None:
    """With every label found, the first critical alert comes at the labelled turn, and none in a quiet call."""
    call = json.loads(path.read_text("utf-8"))
    engine = Engine(RULES, call["id"], SIDES)
    critical = []
    for number, turn in enumerate(call["turns"]):
        for label in turn.get("labels", []):
            name = f"{label['kind']}/{label['rule']}" if label.get("rule") else label["kind"]
            more = {key: label[key] for key in ("level", "count", "inconsistent") if key in label}
            finding = finding_of(f"u{number}", turn["start"], turn["end"], **{"is": name, "speaker": turn["speaker"], **more})
            critical += [number for alert in engine.feed(finding) if alert.severity == "critical"]
    assert next(iter(critical), None) == call["expect"]["alert_by_turn"]


def test_the_labelled_calls_are_there() -> None:
    assert len(CALLS) == 16
