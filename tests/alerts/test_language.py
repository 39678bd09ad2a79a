"""The rule language as data (language.toml and the cases beside it), and that time alone decides what is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.cases import Case, beside, failures, load_cases, outcome
from monitor.alerts.engine import Engine
from monitor.alerts.rules import load_rules
from monitor.errors import ConfigError
from monitor.records import Alert, Finding, Speaker

PATH = Path(__file__).parent / "language.toml"
RULES = load_rules(PATH)
CASES = load_cases(beside(PATH)).case
SIDES: tuple[Speaker, ...] = ("agent", "customer")

Event = tuple[Speaker, float, float, str]  # who spoke from when to when, and the finding in it: "kind/rule"
NAMES = ["step/soothe", "step/act", "step/close", "escalation/churn", "escalation/legal", "promise/dated", ""]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case(case: Case) -> None:
    assert outcome(RULES, case) == case.alerts


def test_every_rule_of_the_language_is_seen_to_fire() -> None:
    raised = {line.split()[0] for case in CASES for line in case.alerts}
    assert raised == {rule.id for rule in RULES.rule}


def finding(id: str, name: str, start: float, end: float) -> Finding:
    kind, rule = name.split("/")
    level = {"churn": 2, "legal": 3}.get(rule)
    speaker: Speaker = "customer" if kind == "escalation" else "agent"
    return Finding(
        call="c", id=id, kind=kind, rule=rule, speaker=speaker, start=start, end=end, text=id, confidence=0.9, because="",
        level=level,
    )  # fmt: skip


def test_who_is_still_speaking_may_still_say_it() -> None:
    """The customer has been heard to 60 s, the agent is in the middle of a sentence that began at 20 s."""
    engine = Engine(RULES, "c", SIDES)
    assert engine.hear("agent", 20.0) == []
    assert engine.hear("customer", 60.0) == []
    assert engine.feed(finding("u1.soothe", "step/soothe", 28.0, 31.0)) == []
    assert engine.hear("agent", 61.0) == []


def test_a_missing_word_is_told_once_at_its_time() -> None:
    engine = Engine(RULES, "c", SIDES)
    engine.hear("customer", 34.5)
    [alert] = engine.hear("agent", 33.0)
    assert (alert.rule, alert.at, alert.because, alert.text, alert.id) == (
        "no_soothing_at_first", 30.0, (), "", "no_soothing_at_first@call",
    )  # fmt: skip
    assert engine.hear("agent", 70.0) == engine.hear("customer", 70.0) == []
    assert engine.hear("customer", 10.0) == [], "time does not go back"


def test_a_guess_is_never_told_as_missing() -> None:
    """An alert for what is missing needs words that are final; a draft of them changes nothing."""
    engine = Engine(RULES, "c", SIDES)
    engine.feed(finding("u0.soothe", "step/soothe", 1.0, 2.0))
    threat = finding("u1.churn", "escalation/churn", 40.0, 42.0)
    assert engine.peek([threat]) == []
    assert engine.peek([finding("u2.act", "step/act", 45.0, 46.0)]) == []
    for side in SIDES:
        assert engine.hear(side, 100.0) == [], "the threat was not said"
    engine.feed(threat)
    assert [alert.at for side in SIDES for alert in engine.hear(side, 101.0)] == [62.0]


def told(alerts: dict[str, Alert]) -> list[Alert]:
    return sorted(alerts.values(), key=lambda alert: (alert.at, alert.id))


def run(events: list[Event], seconds: float, tick: float) -> list[Alert]:
    """The alerts of a call whose sides are heard in the order in which their words end, silences told every `tick` seconds."""
    engine, alerts = Engine(RULES, "c", SIDES), dict[str, Alert]()
    heard: list[tuple[float, int, Speaker, str]] = [
        (end, 0, speaker, f"{number}") for number, (speaker, _, end, _) in enumerate(events)
    ]
    for side in SIDES:
        busy = [(start, end) for speaker, start, end, _ in events if speaker == side]
        ticks = [tick * n for n in range(1, int(seconds / tick) + 1)]
        heard += [(at, 1, side, "") for at in ticks if not any(start < at <= end for start, end in busy)]
    for at, _, side, number in sorted(heard):
        if number and events[int(number)][3]:
            _, start, end, name = events[int(number)]
            alerts |= {alert.id: alert for alert in engine.feed(finding(f"u{number}.x", name, start, end))}
        alerts |= {alert.id: alert for alert in engine.hear(side, at)}
    alerts |= {alert.id: alert for alert in engine.finish(seconds)}
    return told(alerts)


@st.composite
def calls(draw: st.DrawFn) -> list[Event]:
    """Each side's utterances one after the other."""
    events: list[Event] = []
    for side in SIDES:
        at = 0.0
        for _ in range(draw(st.integers(0, 7))):
            at += draw(st.integers(1, 40))
            length = draw(st.integers(1, 12))
            name = draw(st.sampled_from(NAMES))
            own = not name or (name.startswith("escalation") == (side == "customer"))
            events.append((side, at, at + length, name if own else ""))
            at += length
    return events


@given(calls(), st.sampled_from([0.5, 1.0, 7.0]))
def test_how_often_time_is_told_decides_nothing(events: list[Event], tick: float) -> None:
    seconds = max([end for _, _, end, _ in events], default=0.0) + 30
    assert run(events, seconds, tick) == run(events, seconds, 0.25)


@given(calls())
def test_what_is_missing_is_missing(events: list[Event]) -> None:
    """Against the rule read word by word over the whole call."""
    seconds = max([end for _, _, end, _ in events], default=0.0) + 30
    alerts = {alert.rule: alert for alert in reversed(run(events, seconds, 0.5))}
    soothed = [start for _, start, _, name in events if name == "step/soothe"]
    assert ("no_soothing_at_first" in alerts) == (seconds >= 30 and not any(start < 30 for start in soothed))
    assert ("no_close" in alerts) == (not any(name == "step/close" for *_, name in events))
    rose = [(end, start) for _, start, end, name in events if name.startswith("escalation")]
    assert ("angry_and_never_soothed" in alerts) == (bool(rose) and not soothed)
    answers = [start for _, start, _, name in events if name in ("step/act", "promise/dated")]
    due = [end + 20 for end, start in rose if end + 20 <= seconds and not any(start < at < end + 20 for at in answers)]
    assert ("nothing_offered" in alerts) == bool(due)
    if due:
        assert alerts["nothing_offered"].at == min(due)


def test_a_channel_for_both_misses_nothing_of_the_agent() -> None:
    engine = Engine(RULES, "c", ("unknown",))
    unknown = replace(finding("u1.legal", "escalation/legal", 10.0, 12.0), speaker="unknown")
    assert [*engine.feed(unknown), *engine.hear("unknown", 200.0), *engine.finish(200.0)] == []


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('is = "step/close", start = 90', 'is = "step/clos", start = 90', 13, "'step/clos' is no finding; of the kind 'step'"),
        ('is = "conduct/fast_speech", start = 40', 'is = "conduct", start = 40', 3, "'conduct' is no finding"),
        ("seconds = 25", "second = 25", 25, "case.4.second: unknown key"),
        ("alerts = []", "alert = []", 9, "case.1.alert: unknown key"),
    ],
)
def test_a_mistake_in_a_case_is_refused_with_its_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    path = tmp_path / "my.tests.toml"
    path.write_text(beside(PATH).read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError, match=says) as error:
        load_cases(path)
    assert f"my.tests.toml:{line}:" in str(error.value)


def test_a_case_that_comes_out_otherwise_is_told_with_its_line(tmp_path: Path) -> None:
    path, as_said = tmp_path / "my.tests.toml", "nothing_offered warning 222 u5.legal"
    text = beside(PATH).read_text("utf-8")
    path.write_text(text.replace("nothing_offered warning 222", "nothing_offered warning 200"), "utf-8")
    [failure] = failures(RULES, path)
    assert failure.name.startswith("any of several")
    assert (failure.expected, failure.got) == ((as_said.replace("222", "200"),), (as_said,))
    assert path.read_text("utf-8").splitlines()[failure.line - 1].startswith("name = ")
