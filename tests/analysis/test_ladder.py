"""The ladder over a call: it rises, remembers, and tells a repeat from a first threat."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.analysis import playbook
from monitor.analysis.context import Said, Story
from monitor.analysis.ladder import LadderDetector, Standing
from monitor.analysis.text import read
from monitor.records import Finding, Speaker
from tests.analysis.talk import said


class Call:
    def __init__(self) -> None:
        self.ladder, self.story, self.at = LadderDetector(playbook.load()), Story(), 0.0

    def say(self, speaker: Speaker, text: str, *, settle: bool = True) -> list[Finding]:
        self.at += 5
        heard = Said(said(speaker, text, self.at, self.at + 4, id=f"u{self.at:g}"), read(text))
        found = self.ladder.judge(heard, self.story.context)
        if settle:
            self.ladder.settle(replace(heard, findings=tuple(found)))
            self.story.settle(replace(heard, findings=tuple(found)))
        return found


def test_the_ladder_rises_and_never_falls() -> None:
    call = Call()
    assert call.ladder.standing == Standing()
    assert [(f.rule, f.level) for f in call.say("customer", "你们服务太差了")] == [("dissatisfied", 1)]
    assert [(f.rule, f.level) for f in call.say("customer", "我要打12315投诉你们")] == [("regulator", 3)]
    since = call.ladder.standing.since
    call.say("customer", "你们服务太差了")
    assert call.ladder.standing.level == 3
    assert call.ladder.standing.rule == "regulator"
    assert call.ladder.standing.since == since
    assert call.story.context.level == 3


def test_a_repeat_is_found_again_and_says_so() -> None:
    call = Call()
    (first,) = call.say("customer", "我要打12315")
    call.say("agent", "您先别激动，听我说")
    assert call.ladder.standing.answered
    (again,) = call.say("customer", "你不解决我就打12315")
    assert "次" not in first.because
    assert again.because.endswith("（第2次）")
    assert again.level == 3
    assert call.ladder.standing.times == 2
    assert not call.ladder.standing.answered


def test_a_draft_leaves_no_trace() -> None:
    call = Call()
    assert call.say("customer", "我要去法院起诉你们", settle=False)
    assert call.ladder.standing == Standing()
    (found,) = call.say("customer", "我要去法院起诉你们")
    assert "次" not in found.because


def test_the_agent_does_not_climb_and_one_who_is_unknown_does() -> None:
    call = Call()
    assert call.say("agent", "您要打12315我也拦不住您") == []
    assert [f.speaker for f in call.say("unknown", "我要打12315投诉你们")] == ["unknown"]


@pytest.mark.parametrize(
    "text",
    [
        "前天站台上有人嚷着要打一二三四五，我说先别打。",
        "我们小区有人要去法院告你们，我没掺和。",
        "我本来还说打12345问问，这下省了。",
        "昨天差点就打12315了，多亏你们师傅来得快。",
    ],
)
def test_a_threat_of_others_or_one_given_up_is_none(text: str) -> None:
    assert not [found for found in Call().say("customer", text) if (found.level or 0) >= 3]


@pytest.mark.parametrize("text", ["有人管没人管，没人管我就打12315。", "本来说好三天，结果没人来，我要打12315。"])
def test_a_threat_after_words_of_others_is_one(text: str) -> None:
    assert [found.rule for found in Call().say("customer", text) if (found.level or 0) >= 3] == ["regulator"]
