"""Interruptions and dead air, on spans and silences as voice activity detection gives them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.analysis import text as texts
from monitor.analysis.context import Context, Said
from monitor.analysis.turns import DeadAir, Interruptions
from monitor.config import Analysis
from monitor.records import Finding, Silence, Speaker, Utterance, Word
from tests.analysis.talk import info, said, silent


def interruptions(*heard: Utterance) -> dict[str, Finding]:
    """What is found when these come in this order, the last word on each."""
    detector = Interruptions(Analysis())
    found: dict[str, Finding] = {}
    for utterance in heard:
        heard_now = Said(utterance, texts.read(utterance.text))
        findings = detector.judge(heard_now, Context())
        detector.settle(replace(heard_now, findings=tuple(findings)))
        found |= {finding.id: finding for finding in findings}
    return found


CUSTOMER = said("customer", "我等了三个星期了你们到底什么时候来修", 10.0, 16.0, id="c1")


def agent(text: str, start: float, end: float, id: str = "a1") -> Utterance:
    return said("agent", text, start, end, id=id)


def test_talking_over_the_customer_is_an_interruption() -> None:
    found = interruptions(CUSTOMER, agent("先生您先听我说", 15.0, 18.0))
    assert found["a1.interruption"].overlap == pytest.approx(1.0, abs=0.2)
    assert found["a1.interruption"].speaker == "agent"


def test_it_is_found_when_the_customers_words_come_last() -> None:
    found = interruptions(agent("先生您先听我说", 14.0, 15.5), CUSTOMER)
    assert found["a1.interruption"].start == 14.0
    assert found["a1.interruption"].utterance == "a1"


def test_it_grows_under_its_id_when_more_of_the_customer_is_heard() -> None:
    detector = Interruptions(Analysis())
    first = said("customer", "我等了三个星期", 10.0, 15.0, id="c1")
    talker, rest = agent("先生您先听我说完好不好", 14.2, 19.0), said("customer", "你们到底来不来", 15.0, 18.0, id="c2")
    overlaps = []
    for utterance in (first, talker, rest):
        heard_now = Said(utterance, texts.read(utterance.text))
        found = detector.judge(heard_now, Context())
        detector.settle(replace(heard_now, findings=tuple(found)))
        overlaps += [(finding.id, finding.overlap) for finding in found]
    assert [id for id, _ in overlaps] == ["a1.interruption"] * 2
    assert (overlaps[0][1] or 0) < (overlaps[1][1] or 0)


@pytest.mark.parametrize("words", ["嗯", "对，对", "好的", "嗯嗯，是的", "您说", "我听着呢", "哦，明白明白", "嗯，知道了"])
def test_backchannels_are_no_interruption(words: str) -> None:
    assert not interruptions(CUSTOMER, agent(words, 14.0, 15.2))


def test_a_backchannel_before_the_customer_ends_is_none_though_the_agent_goes_on_after() -> None:
    words = (Word("嗯", 15.0, 15.3), Word("我", 16.2, 16.4), Word("查", 16.4, 16.6))
    assert not interruptions(CUSTOMER, replace(agent("嗯，我查", 15.0, 16.7), words=words))


@pytest.mark.parametrize(
    ("start", "why"),
    [(10.6, "the customer has only begun"), (15.8, "the overlap is short"), (16.3, "the customer has ended")],
)
def test_starting_early_late_or_briefly_is_none(start: float, why: str) -> None:
    assert not interruptions(CUSTOMER, agent("先生您先听我说", start, 19.0)), why


def test_the_customer_talking_over_the_agent_is_none() -> None:
    talker = agent("我们这边的规定是七天之内可以退货", 10.0, 17.0)
    assert not interruptions(talker, said("customer", "规定规定你就知道规定", 14.0, 18.0))


def test_a_customer_who_pauses_to_think_still_has_the_floor() -> None:
    spans = ((10.0, 13.0), (13.7, 16.0))
    pausing = said("customer", "我那个，怎么说呢，三个星期了", 10.0, 16.0, spans=spans)
    assert interruptions(pausing, agent("先生您先听我说", 14.0, 18.0))


def test_an_agent_cut_at_the_length_limit_does_not_start_anew() -> None:
    first, rest = agent("很长的一段解释", 9.0, 14.0, "a1"), agent("还在解释", 14.0, 18.0, "a2")
    assert not interruptions(first, CUSTOMER, rest)


def test_one_unknown_speaker_interrupts_nobody() -> None:
    assert not interruptions(said("unknown", "你好", 0.0, 5.0), said("unknown", "你听我说", 3.0, 6.0))


def dead_air(*heard: Utterance | Silence, channels: tuple[Speaker, ...] = ("agent", "customer")) -> dict[str, Finding]:
    detector = DeadAir(info(*channels), Analysis())
    found: dict[str, Finding] = {}
    for item in heard:
        findings = detector.hear(item) if isinstance(item, Silence) else detector.settle(item, texts.read(item.text))
        found |= {finding.id: finding for finding in findings}
    return found | {finding.id: finding for finding in detector.close()}


def test_dead_air_is_told_live_and_again_with_its_length() -> None:
    detector = DeadAir(info(), Analysis())
    detector.settle(said("customer", "您查一下我的订单", 1.0, 4.0), texts.read("您查一下我的订单"))
    assert not detector.hear(silent("agent", 0.0, 9.0))
    live = [finding for end in (6.0, 8.0, 9.0, 9.5, 10.0, 11.0) for finding in detector.hear(silent("customer", 4.0, end))]
    assert not live, "the agent's silence is only known up to 9.0"
    first = detector.hear(silent("agent", 0.0, 9.5))
    assert [finding.id for finding in first] == ["s4000.dead_air"]
    assert first[0].end == 9.5
    assert not detector.hear(silent("agent", 0.0, 10.0)), "half a second more is not told"
    last = detector.settle(said("agent", "查到了", 10.0, 11.0), texts.read("查到了"))
    assert [(finding.id, finding.end) for finding in last] == [("s4000.dead_air", 10.0)]


def between(seconds: float) -> dict[str, Finding]:
    """The customer speaks, nobody does for so long as is measured, the agent goes on."""
    return dead_air(
        said("customer", "您查一下我的订单", 1.0, 4.0),
        silent("agent", 0.0, 4.0 + seconds),
        silent("customer", 4.0, 4.0 + seconds + 3),
        said("agent", "查到了", 4.0 + seconds, 6.0 + seconds),
    )


@pytest.mark.parametrize("seconds", [2.0, 4.3, 4.8, 5.0])
def test_under_five_seconds_is_none(seconds: float) -> None:
    assert not between(seconds + 0.2), "as measured: edges are heard late"


@pytest.mark.parametrize("seconds", [5.1, 6.2, 30.0])
def test_over_five_seconds_is_dead_air(seconds: float) -> None:
    (found,) = between(seconds + 0.25).values()
    assert found.seconds == pytest.approx(seconds, abs=0.01)
    assert found.speaker == "agent"


def test_one_sides_words_end_it() -> None:
    assert not dead_air(
        said("customer", "您查一下我的订单", 1.0, 4.0),
        silent("agent", 0.0, 7.0),
        silent("customer", 4.0, 11.0),
        said("agent", "嗯我看看", 7.0, 8.0),
        silent("agent", 8.0, 11.0),
    )


def test_before_the_first_words_nothing_is_missed() -> None:
    assert not dead_air(silent("agent", 0.0, 20.0), silent("customer", 0.0, 20.0))


def test_after_a_farewell_nobody_is_waited_for() -> None:
    assert not dead_air(said("customer", "好，再见", 1.0, 2.0), silent("agent", 0.0, 20.0), silent("customer", 2.0, 20.0))


def test_a_call_that_ends_in_silence_without_a_farewell_keeps_it() -> None:
    found = dead_air(said("customer", "喂？", 1.0, 2.0), silent("agent", 0.0, 20.0), silent("customer", 2.0, 20.0))
    assert found["s2000.dead_air"].end == 20.0


def test_after_the_agents_question_the_customer_owes_an_answer() -> None:
    heard = said("agent", "请问您的订单号是多少？", 1.0, 4.0), silent("agent", 4.0, 12.0), silent("customer", 0.0, 12.0)
    assert dead_air(*heard)["s4000.dead_air"].speaker == "customer"


def test_two_silences_are_two_findings() -> None:
    found = dead_air(
        said("customer", "您查一下", 1.0, 2.0),
        silent("agent", 0.0, 9.0),
        silent("customer", 2.0, 9.0),
        said("agent", "稍等", 9.0, 10.0),
        silent("agent", 10.0, 18.0),
        silent("customer", 2.0, 18.0),
    )
    assert list(found) == ["s2000.dead_air", "s10000.dead_air"]


def test_a_mono_recording_has_dead_air_of_nobody() -> None:
    found = dead_air(said("unknown", "您查一下", 1.0, 2.0), silent("unknown", 2.0, 9.0), channels=("unknown",))
    assert found["s2000.dead_air"].speaker == "unknown"
