"""Who may know and do what, for every role against every kind of call."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.page import policy
from monitor.page.hub import Hub
from monitor.page.policy import OPEN, Person, masked, person
from monitor.records import CallRecord, CallView, Summary
from tests.page.support import BOSS, CHECKER, CHIEF, LEAD, NINE, WANG, ZHAO, alert, view

OURS = view(agent="小王", team="一组", customer="13812342233")
THEIRS = view(agent="小赵", team="三组", customer="13812342233")
NOBODYS = view(agent=None, team=None, customer="13812342233")
PEOPLE = {user.name: person(user) for user in (BOSS, CHIEF, LEAD, CHECKER, WANG, ZHAO)}


def of(names: str) -> set[str]:
    return set(names.split())


@pytest.mark.parametrize(
    ("call", "known"),
    [
        (OURS, of("boss chief 李主管 qa wang")),
        (THEIRS, of("boss chief qa zhao")),
        (NOBODYS, of("boss chief qa")),
        (None, of("boss chief qa")),
        (view(agent="小王", team=None), of("boss chief qa wang")),
        (view(agent="", team=""), of("boss chief qa")),
        (view(agent="小王 ", team="一组 "), of("boss chief qa")),
        (view(agent="wang", team="李主管"), of("boss chief qa")),
    ],
)
def test_who_sees_which_call(call: CallView | None, known: set[str]) -> None:
    assert {name for name, who in PEOPLE.items() if policy.may_see(who, call)} == known
    assert policy.may_see(OPEN, call)


def test_an_agent_of_no_name_sees_nothing() -> None:
    for agent, call in product((None, ""), (OURS, NOBODYS, view(agent=""), None)):
        assert not policy.may_see(Person("x", "agent", agent=agent), call)


@pytest.mark.parametrize(
    ("may", "ours"),
    [
        (policy.may_whisper, of("boss chief 李主管")),
        (policy.may_take_over, of("boss chief 李主管")),
        (policy.may_decide, of("boss chief 李主管 qa")),
        (policy.may_export, of("boss chief 李主管 qa")),
        (policy.may_listen, of("boss chief 李主管")),
        (lambda who, call: policy.may_listen(who, replace(call, status="ended")), of("boss chief 李主管 qa")),
    ],
)
def test_who_does_what(may: object, ours: set[str]) -> None:
    assert callable(may)
    assert {name for name, who in PEOPLE.items() if may(who, OURS)} == ours
    assert {name for name, who in PEOPLE.items() if may(who, THEIRS)} == ours - {"李主管"}


def test_a_whisper_is_marked_by_whom_it_was_for() -> None:
    assert {name for name, who in PEOPLE.items() if policy.may_mark_whispers(who, OURS)} == {"wang"}
    assert {name for name, who in PEOPLE.items() if policy.may_mark_whispers(who, THEIRS)} == {"zhao"}
    assert not any(policy.may_mark_whispers(who, NOBODYS) for who in PEOPLE.values())
    assert policy.may_mark_whispers(OPEN, NOBODYS)


def test_the_audit_log_is_for_administrators() -> None:
    assert {name for name, who in PEOPLE.items() if policy.may_audit(who)} == {"boss"}
    assert policy.rights(PEOPLE["wang"]) == []
    assert policy.rights(PEOPLE["qa"]) == ["listen", "decide", "export", "label"]
    assert policy.rights(PEOPLE["李主管"]) == ["listen", "whisper", "decide", "export"]
    assert policy.rights(OPEN) == ["listen", "whisper", "decide", "export", "label", "audit"]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812342233", "138****2233"),
        ("+8613812342233", "+86****2233"),
        ("138****2233", "138****2233"),
        ("88886666", "88****66"),
        ("95588", "****"),
        ("", "****"),
    ],
)
def test_a_number_in_part(number: str, shown: str) -> None:
    assert masked(number) == shown


@given(st.text(max_size=40))
def test_no_more_than_seven_characters_are_shown_and_never_most_of_it(number: str) -> None:
    shown = masked(number)
    assert len(shown.replace("****", "", 1)) <= min(7, len(number) * 7 / 11)


def test_a_number_is_whole_for_those_who_lead() -> None:
    for name, who in PEOPLE.items():
        whole = name in of("boss chief 李主管")
        record = policy.shown(who, CallRecord(call=OURS))
        assert policy.shown(who, OURS).customer == record.call.customer == ("13812342233" if whole else "138****2233")
    assert policy.shown(PEOPLE["qa"], replace(OURS, customer=None)).customer is None


def test_earlier_calls_of_others_are_not_quoted() -> None:
    earlier = tuple({"call": f"c{n}", "text": "漏水", "agent": a, "team": t} for n, (a, t) in enumerate((*OURS_THEIRS, OLD)))
    summary = Summary(earlier=earlier)
    quoted = {name: [one["call"] for one in policy.shown(who, summary).earlier] for name, who in PEOPLE.items()}
    everything = ["c0", "c1", "c2"]
    expected = {"boss": everything, "chief": everything, "qa": everything, "李主管": ["c0"], "wang": ["c0"], "zhao": ["c1"]}
    assert quoted == expected
    assert policy.shown(PEOPLE["wang"], CallRecord(call=OURS, summary=summary)).summary.earlier == earlier[:1]


OURS_THEIRS = (("小王", "一组"), ("小赵", "三组"))
OLD = (None, None)


def told(hub: Hub, name: str) -> list[int]:
    return [event.seq for event in hub.after(0, 100) if event.told(PEOPLE[name]) is not None]


def test_the_events_of_a_call_go_to_those_who_may_see_it() -> None:
    hub = Hub(history=100, queue=10)
    hub.publish(type="utterance_withdrawn", call="c1", id="u0")  # 1: whose it is is not known yet
    hub.publish(type="call", call="c1", data=OURS)  # 2
    hub.publish(type="utterance_withdrawn", call="c1", id="u1")  # 3
    hub.publish(type="call", call="c2", data=replace(THEIRS, id="c2"))  # 4
    hub.publish(type="alert", call="c2", data=alert("c2"))  # 5
    hub.publish(type="notice", call=None, level="info", code="busy", message="")  # 6: for everybody
    hub.publish(type="call", call="c1", data=replace(OURS, status="ended", ended=NINE))  # 7
    hub.publish(type="alert", call="c1", owner=OURS, data=alert())  # 8: decided after the end
    hub.publish(type="alert", call="c1", data=alert())  # 9: nobody says whose
    everything = list(range(1, 10))
    assert {name: told(hub, name) for name in PEOPLE} == {
        "boss": everything,
        "chief": everything,
        "qa": everything,
        "李主管": [2, 3, 6, 7, 8],
        "wang": [2, 3, 6, 7, 8],
        "zhao": [4, 5, 6],
    }


def test_an_event_masks_what_the_answer_would() -> None:
    hub = Hub(history=100, queue=10)
    hub.publish(type="call", call="c1", data=OURS)
    hub.publish(
        type="summary", call="c1", data=Summary(earlier=({"call": "c9", "text": "漏水", "agent": "小赵", "team": "三组"},))
    )
    for name in ("wang", "qa"):
        texts = [text for event in hub.after(0, 10) if (text := event.told(PEOPLE[name]))]
        assert "13812342233" not in "".join(texts)
        assert "138****2233" in texts[0]
        assert texts[0].startswith('{"seq":1,"type":"call","call":"c1","data":{"id":"c1"')
        assert ("漏水" in texts[1]) == (name == "qa")
    assert "13812342233" in (hub.after(0, 1)[0].told(PEOPLE["李主管"]) or "")
