"""Arousal, risk and what adds up over a call."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.arousal import Arousal
from monitor.analysis.risk import Risk
from monitor.analysis.tally import Tally
from monitor.records import Finding, Utterance, Voice
from tests.analysis.talk import said

CALM = Voice(loudness=-28.0, pitch=180.0, pitch_spread=2.0, rate=4.5)


def heard(voice: Voice | None, seconds: float = 8.0) -> Utterance:
    return said("customer", "话", 0.0, seconds, spans=((0.0, seconds),), voice=voice)


def settled(count: int) -> Arousal:
    arousal = Arousal()
    for _ in range(count):
        arousal.settle(heard(CALM))
    return arousal


def test_without_a_baseline_a_voice_is_not_judged() -> None:
    arousal = Arousal()
    assert arousal.judge(heard(CALM)) is None
    arousal.settle(heard(CALM, 4.0))
    assert arousal.judge(heard(CALM)) is None, "four seconds are not enough to know a voice by"
    arousal.settle(heard(CALM, 1.5))
    assert arousal.judge(heard(CALM)) is not None


def test_at_its_baseline_a_voice_rests() -> None:
    assert settled(3).judge(heard(CALM)) == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("change", [{"loudness": -20.0}, {"pitch": 240.0}, {"rate": 6.5}])
def test_louder_higher_and_faster_are_each_more(change: dict[str, float]) -> None:
    raised = settled(3).judge(heard(replace(CALM, **change)))
    assert raised is not None
    assert raised > 0.42


def test_the_intonation_of_a_calm_voice_is_no_arousal() -> None:
    assert settled(3).judge(heard(replace(CALM, pitch=190.0))) == pytest.approx(0.3, abs=0.01)


def test_all_three_are_near_the_top_and_a_murmur_near_the_bottom() -> None:
    arousal = settled(3)
    shout = arousal.judge(heard(Voice(-19.0, 250.0, 4.0, 6.0)))
    murmur = arousal.judge(heard(Voice(-36.0, 160.0, 1.0, 3.5)))
    assert shout is not None
    assert murmur is not None
    assert shout > 0.9
    assert murmur < 0.1


def test_figures_read_out_slowly_are_not_calm() -> None:
    arousal = settled(3)
    slow = arousal.judge(heard(replace(CALM, rate=1.5)))
    assert slow == arousal.judge(heard(replace(CALM, rate=3.0)))


def test_a_full_baseline_stands_and_belongs_to_one_speaker() -> None:
    arousal = settled(4)
    for _ in range(5):
        arousal.settle(heard(Voice(-15.0, 260.0, 4.0, 7.0)))
    assert arousal.judge(heard(CALM)) == pytest.approx(0.3, abs=0.01)
    assert arousal.judge(said("agent", "话", 0.0, 8.0, spans=((0.0, 8.0),), voice=CALM)) is None


def test_an_outburst_at_the_start_is_not_taken_for_the_speakers_own_voice() -> None:
    arousal = Arousal()
    arousal.settle(heard(replace(CALM, loudness=-18.0), 6.0))
    arousal.settle(heard(CALM, 14.0))
    assert (arousal.judge(heard(CALM)) or 0) > 0.2, "held to the mean of both, it would be 0.14"


@pytest.mark.parametrize("voice", [None, Voice(-28.0, None, None, 4.5), Voice(-28.0, 180.0, 2.0, 0.0)])
def test_what_cannot_be_measured_is_left_out(voice: Voice | None) -> None:
    judged = settled(3).judge(heard(voice))
    assert judged is None if voice is None else judged == pytest.approx(0.3, abs=0.01)
    assert settled(3).judge(heard(CALM, 0.4)) is None, "too short"


def found(kind: str, rule: str | None = None, level: int | None = None, id: str = "") -> Finding:
    return Finding(
        call="c", id=id or f"{kind}.{rule}.{level}", kind=kind, rule=rule, speaker="customer", start=0.0, end=1.0, text="",
        confidence=0.9, because="", level=level,
    )  # fmt: skip


def felt(valence: float | None, arousal: float | None = None) -> Utterance:
    return replace(said("customer", "话"), valence=valence, arousal=arousal)


LADDER = {
    level: found("escalation", rule, level) for level, rule in enumerate(("dissatisfied", "churn", "legal", "extreme"), 1)
}
SOME = st.sampled_from(
    [*LADDER.values(), found("banned_phrase", "dismiss"), found("repeated_claim"), found("conduct", "dead_air")]
)
EVENTS = st.lists(st.one_of(SOME, st.floats(-1, 1).map(felt)), max_size=30)


def risk_of(events: list[Finding | Utterance]) -> int:
    risk = Risk()
    for index, event in enumerate(events):
        if isinstance(event, Finding):
            risk.heed([replace(event, id=f"f{index}")])
        else:
            risk.feel(event)
    return risk.value


@pytest.mark.parametrize(("level", "least"), [(1, 25), (2, 45), (3, 75), (4, 90)])
def test_the_ladder_sets_a_floor(level: int, least: int) -> None:
    assert risk_of([LADDER[level]]) >= least


def test_a_quiet_call_has_none() -> None:
    assert risk_of([]) == 0
    assert risk_of([felt(0.5), felt(0.2), felt(0.8)]) == 0


@given(EVENTS, SOME, st.integers(0, 30))
def test_one_finding_more_never_lowers_it(events: list[Finding | Utterance], more: Finding, at: int) -> None:
    assert risk_of([*events[:at], more, *events[at:]]) >= risk_of(events)


@given(EVENTS, st.floats(-1, 0), st.floats(0, 1))
def test_bitter_words_never_count_for_less_than_kind_ones(
    events: list[Finding | Utterance], bitter: float, kind: float
) -> None:
    assert 0 <= risk_of([*events, felt(kind)]) <= risk_of([*events, felt(bitter)]) <= 100


def test_it_cools_when_the_customer_is_soothed_but_does_not_forget() -> None:
    risk = Risk()
    risk.heed([LADDER[3]])
    hot = risk.value
    values = []
    for _ in range(20):
        risk.feel(felt(0.8))
        values.append(risk.value)
    assert values == sorted(values, reverse=True)
    assert 15 <= values[-1] < hot / 2


def test_a_finding_told_again_counts_once() -> None:
    risk = Risk()
    risk.heed([found("conduct", "dead_air", id="s1.dead_air")])
    once = risk.value
    risk.heed([found("conduct", "dead_air", id="s1.dead_air")])
    assert risk.value == once


def test_talk_share_and_moods_at_both_ends() -> None:
    tally = Tally()
    assert (tally.talk_share, tally.opening, tally.closing) == ({}, None, None)
    tally.settle(said("agent", "您好", 0.0, 4.0, spans=((0.0, 1.0), (3.0, 4.0))))
    for at, valence in enumerate((-0.9, -0.6, -0.6, 0.0, 0.5, 0.4, 0.9)):
        tally.settle(replace(said("customer", "话", 10.0 * at, 10.0 * at + 1), valence=valence))
    assert tally.talk_share == {"agent": 0.222, "customer": 0.778}
    assert tally.opening == pytest.approx(-0.7)
    assert tally.closing == pytest.approx(0.6)
