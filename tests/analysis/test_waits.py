"""A short answer to trouble is a bare wait where nobody speaks after it, or the customer asks what there is to wait for."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from monitor.analysis import playbook
from monitor.analysis import text as texts
from monitor.analysis.context import SURE, Act, Said, Story
from monitor.analysis.turns import DeadAir
from monitor.analysis.waits import BareWaits
from monitor.config import Analysis
from monitor.records import Speaker
from tests.analysis.talk import info, said, silent

TROUBLE: tuple[Speaker, str] = ("customer", "你好，我上周买的热水器漏水了，楼下都给淹了，你们到底管不管？")
MISHEARD: tuple[Speaker, str] = ("agent", "我拧青一期限。")  # 您停一停先, as a recogniser wrote it
BROKEN = {"cause_quality": 0.9}


class Call:
    """The two detectors as the analyzer joins them."""

    def __init__(self) -> None:
        self.waits, self.dead_air, self.story = BareWaits(playbook.load()), DeadAir(info(), Analysis()), Story()

    def say(
        self, speaker: Speaker, words: str, start: float, end: float, acts: Mapping[str, float] | None = None
    ) -> Said | None:
        text, uttered = texts.read(words), said(speaker, words, start, end)
        does = tuple(Act(label, 0, len(text.norm), chance, "") for label, chance in (acts or {}).items())
        one = Said(uttered, text, does)
        waited = self.waits.settle(one, self.story.context)
        self.story.settle(one)
        self.dead_air.settle(uttered, text)
        return waited

    def silence(self, start: float, end: float) -> Said | None:
        found = [one for side in ("customer", "agent") for one in self.dead_air.hear(silent(side, start, end))]
        return self.waits.hear(found)


def answered(words: str, acts: Mapping[str, float] | None = None, seconds: float = 2.0) -> Call:
    call = Call()
    call.say(*TROUBLE, 0.0, 8.0, BROKEN)
    call.say("agent", words, 8.5, 8.5 + seconds, acts)
    return call


def test_misheard_words_before_a_silence_are_a_bare_wait() -> None:
    waited = answered(MISHEARD[1]).silence(10.5, 17.0)
    assert waited
    [finding] = waited.findings
    assert (finding.kind, finding.rule, finding.start, finding.text) == ("banned_phrase", "stall", 8.5, "我拧青一期限")
    assert finding.confidence >= SURE
    assert "静默" in finding.because
    assert finding.utterance == waited.utterance.id


def test_it_is_told_once() -> None:
    call = answered(MISHEARD[1])
    assert call.silence(10.5, 17.0)
    assert call.silence(10.5, 19.0) is None


@pytest.mark.parametrize("asked", ["等什么呀，我人就在跟前站着呢。", "又让我等？", "还要等多久啊", "等等等，等到几时？"])
def test_who_asks_what_to_wait_for_was_told_to_wait(asked: str) -> None:
    waited = answered(MISHEARD[1]).say("customer", asked, 11.0, 14.0)
    assert waited
    assert "还等什么" in waited.findings[-1].because


@pytest.mark.parametrize(
    "reply", ["我等了三天了。", "又等了一个星期，还是没人来。", "师傅说的，他让我们打这个电话等着登记。", ""]
)
def test_who_has_waited_before_says_nothing_of_this_answer(reply: str) -> None:
    assert answered(MISHEARD[1]).say("customer", reply, 11.0, 14.0) is None


@pytest.mark.parametrize(
    ("words", "acts", "seconds"),
    [
        ("好的。", {}, 0.6),  # a backchannel
        ("我查一下您的订单。", {}, 2.0),  # a reason
        ("请您稍等两分钟。", {}, 2.0),  # a time
        ("您家住哪儿？", {}, 2.0),  # a question: the customer is to speak
        ("实在对不住您。", {"soothe": 0.9}, 2.0),
        ("我拧青一期限，三点的时候那边才能够有人过去把它弄好。", {}, 3.0),
        ("我拧青一期限。", {}, 5.0),  # so few words in so long: something else was said
        ("", {}, 1.0),
        ("嗯", {}, 0.4),
    ],
)
def test_what_says_or_asks_something_is_none(words: str, acts: Mapping[str, float], seconds: float) -> None:
    assert answered(words, acts, seconds).silence(8.5 + seconds, 20.0) is None


def test_before_the_customer_has_told_of_anything_there_is_nothing_to_put_off() -> None:
    call = Call()
    call.say("customer", "喂，你好。", 0.0, 1.0)
    call.say(*MISHEARD, 1.5, 3.5)
    assert call.silence(3.5, 10.0) is None


def test_a_silence_that_comes_later_is_not_about_it() -> None:
    call = answered(MISHEARD[1])
    call.say("customer", "我家地址是人民路十二号。", 11.0, 14.0)
    assert call.silence(14.0, 20.0) is None
    other = answered(MISHEARD[1])
    assert other.silence(13.0, 20.0) is None


def test_what_goes_on_in_the_same_turn_is_no_short_answer() -> None:
    call = answered("我在帮您查这台机子的保修期。")
    call.say(*MISHEARD, 11.0, 12.5)
    assert call.silence(12.5, 20.0) is None
