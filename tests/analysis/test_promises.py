"""Promises over a call: dated or not, told once, and what is none."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pytest

from monitor.analysis import playbook
from monitor.analysis.context import Act, Said, Story
from monitor.analysis.hearing import Hearing
from monitor.analysis.promises import Promises
from monitor.analysis.text import read
from monitor.records import Finding, Speaker
from tests.analysis.talk import info
from tests.analysis.talk import said as utterance


@lru_cache(maxsize=1)
def book() -> playbook.Playbook:
    return playbook.load()


class Call:
    """Begins on Sunday 22 November 2026 at 9:00 UTC."""

    def __init__(self) -> None:
        self.promises, self.story, self.at = Promises(book(), info(), Hearing(book().lexicons["service"])), Story(), 0.0

    def say(self, text: str, speaker: Speaker = "agent", acts: tuple[Act, ...] = ()) -> list[Finding]:
        heard = Said(utterance(speaker, text, self.at, id=f"u{self.at:g}"), read(text), acts)
        self.at = round(heard.utterance.end + 1, 3)
        found = self.promises.judge(heard, self.story.context)
        assert found == self.promises.judge(heard, self.story.context)
        heard = replace(heard, findings=tuple(found))
        self.promises.settle(heard)
        self.story.settle(heard)
        return found


@pytest.mark.parametrize(
    ("text", "said", "due"),
    [
        ("好的，我明天下午三点前给您回电。", "明天下午三点前", "2026-11-23T15:00:00+00:00"),
        ("师傅今晚七点之前上门给您修好。", "今晚七点之前", "2026-11-22T19:00:00+00:00"),
        ("押金三个工作日之内退到您卡上。", "三个工作日之内", "2026-11-25T23:59:00+00:00"),
        ("结果出来两个小时之内，我亲自打给您。", "结果出来两个小时之内", None),
    ],
)
def test_a_promise_with_its_time(text: str, said: str, due: str | None) -> None:
    (found,) = Call().say(text)
    assert (found.kind, found.rule, found.speaker, found.said, found.due) == ("promise", "dated", "agent", said, due)
    assert found.span is not None
    assert text[slice(*found.span)] == found.text
    assert found.text in found.because


@pytest.mark.parametrize(
    "text", ["链接马上发给您。", "这个我会反馈上去的。", "我让经理给您回个电话。", "我再给您发条短信。", "稍后我们会通知您。"]
)
def test_a_promise_without_a_time(text: str) -> None:
    (found,) = Call().say(text)
    assert (found.rule, found.due, found.said) == ("undated", None, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "嗯",
        "😀😀😀",
        "OK, see you",
        "我帮您查一下，您稍等。",
        "已经给您退过了。",
        "昨天就给您寄出去了。",
        "一般三到五天到账。",
        "改天有空再给您问问。",
        "这个一定给您解决。",
        "请您明天下午三点前把发票发过来。",
        "给您换一台，您看行吗？",
        "这个我没办法给您申请。",
        "可以给您申请一张券。",
        "有问题随时打给我们。",
        "让您等了三个小时。",
    ],
)
def test_no_promise(text: str) -> None:
    assert Call().say(text) == []


def test_only_the_agent_promises() -> None:
    assert Call().say("我明天下午三点前给你们回电话。", "customer") == []


def test_several_in_one_turn_have_ids_of_their_own() -> None:
    call = Call()
    found = call.say("六点前房卡送到您房间。七点李经理过来给您道歉。")
    assert [one.id for one in found] == ["u0.promise", "u0.promise.2"]
    assert [one.said for one in found] == ["六点前", "七点"]


def test_what_is_said_again_is_no_new_promise() -> None:
    call = Call()
    call.say("定损员今天下午四点之前到您那儿。")
    call.say("好，谢谢。", "customer")
    assert call.say("那今天四点之前定损员过去，您保持电话畅通，再见。") == []
    call.say("我再给您发条短信。")
    assert call.say("短信马上就发，再见。") == []
    assert call.say("我明天上午十点再给您打个电话。") != []
    assert len(call.promises.made) == 3


def test_one_commitment_over_two_utterances_counts_once() -> None:
    call = Call()
    assert call.say("今天下午五点前，") == []
    (found,) = call.say("我给您打电话说结果。")
    assert (found.said, found.due) == ("今天下午五点前", "2026-11-22T17:00:00+00:00")
    call = Call()
    (first,) = call.say("我会给您回电话。")
    (again,) = call.say("明天上午十点前。")
    assert (first.id, first.rule, again.id, again.rule) == ("u0.promise", "undated", "u0.promise", "dated")
    assert len(call.promises.made) == 1


def test_the_classifier_adds_what_no_phrase_foresaw_and_contexts_still_veto() -> None:
    text = "那我叫人拿钥匙过来一趟。"
    act = Act("promise_undated", 0, len(read(text).norm), 0.97, "我叫人给您送一趟")
    assert Call().say(text) == []
    (found,) = Call().say(text, acts=(act,))
    assert found.rule == "undated"
    assert Call().say(text, acts=(replace(act, probability=0.5),)) == []
    thanks = "谢谢您的监督。"
    assert Call().say(thanks, acts=(Act("promise_undated", 0, 6, 0.97, "谢谢您，我马上转告"),)) == []


def test_three_thousand_characters_and_no_comma() -> None:
    found = Call().say("我明天下午三点前给您回电" * 250)
    assert found
    assert all(len(one.text) <= 80 for one in found)


def test_traditional_characters() -> None:
    (found,) = Call().say("我明天下午三點前給您回電話。")
    assert found.due == "2026-11-23T15:00:00+00:00"
