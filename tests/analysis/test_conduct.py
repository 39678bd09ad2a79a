"""How the agent behaves, by voice and words: fast speech, a raised voice, arguing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.analysis import playbook
from monitor.analysis import text as texts
from monitor.analysis.arguing import Arguing, Language
from monitor.analysis.context import Act, Context, Said, Story
from monitor.analysis.delivery import Delivery
from monitor.errors import ConfigError
from monitor.records import Finding, Speaker, Voice
from tests.analysis.talk import CALLS, said, scripts

LANGUAGE = Language(playbook.BUILT_IN / "arguing.toml")
CALM = Voice(loudness=-27.0, pitch=200.0, pitch_spread=4.0, rate=4.3)
LINE = "您这个情况我看一下系统里的记录，稍等"


def spoken(text: str, seconds: float, voice: Voice | None, speaker: Speaker = "agent", start: float = 0.0) -> Said:
    utterance = said(speaker, text, start, start + seconds, spans=((start, start + seconds),), voice=voice)
    return Said(utterance, texts.read(text))


def delivery(count: int = 3) -> Delivery:
    detector = Delivery()
    for _ in range(count):
        detector.settle(spoken(LINE, 4.0, CALM))
    return detector


def rules(found: Sequence[Finding]) -> list[str | None]:
    return [one.rule for one in found]


def test_over_330_characters_a_minute_is_fast() -> None:
    (found,) = delivery().judge(spoken("这个月的账单已经出来了您直接去营业厅交就行了", 3.3, replace(CALM, rate=6.4)), Context())
    assert found.rule == "fast_speech"
    assert "每分钟" in found.because
    assert found.span == (0, 22)


def test_much_faster_than_usual_is_fast_and_a_little_is_not() -> None:
    slow = Delivery()
    for _ in range(3):
        slow.settle(spoken(LINE, 6.0, replace(CALM, rate=3.0)))
    line = "这个月的账单已经出来了您直接去营业厅交"
    assert rules(slow.judge(spoken(line, 3.5, CALM), Context())) == ["fast_speech"]
    assert rules(delivery().judge(spoken(line, 3.8, CALM), Context())) == []


@pytest.mark.parametrize(("text", "seconds"), [("好的好的行", 0.5), ("", 1.0), ("OK fine 😀", 0.3), (LINE * 40, 4.0)])
def test_a_few_syllables_and_impossible_rates_are_not_fast(text: str, seconds: float) -> None:
    assert "fast_speech" not in rules(delivery().judge(spoken(text, seconds, CALM), Context()))


@pytest.mark.parametrize(
    ("voice", "raised"),
    [
        (replace(CALM, loudness=-18.0), True),
        (replace(CALM, loudness=-22.5, pitch=260.0), True),
        (replace(CALM, loudness=-23.0), False),
        (replace(CALM, pitch=400.0), False),  # an octave up and no louder: measured wrong
        (replace(CALM, loudness=-18.0, pitch=None), True),
    ],
)
def test_a_raised_voice_is_loud_or_loud_and_high(voice: Voice, raised: bool) -> None:
    found = delivery().judge(spoken("你跟我吼什么吼，好好说话", 2.4, voice), Context())
    assert ("raised_voice" in rules(found)) is raised
    if raised:
        assert "分贝" in found[0].because


def test_without_a_baseline_or_a_voice_nothing_is_raised() -> None:
    loud = replace(CALM, loudness=-10.0)
    assert Delivery().judge(spoken(LINE, 4.0, loud), Context()) == []
    assert delivery().judge(spoken(LINE, 4.0, None), Context()) == []
    assert delivery().judge(spoken(LINE, 4.0, loud, "customer"), Context()) == []
    assert delivery().judge(spoken("嗯", 0.3, loud), Context()) == []


def talk(lines: Sequence[tuple[Speaker, str]], acts: dict[str, str] | None = None) -> list[Finding]:
    """What is found in a dialogue; `acts`: the act of a line."""
    detector, story, found = Arguing(LANGUAGE), Story(), list[Finding]()
    for index, (speaker, line) in enumerate(lines):
        label = (acts or {}).get(line)
        text = texts.read(line)
        made = (Act(label, 0, len(text.norm), 0.9, line),) if label else ()
        one = Said(said(speaker, line, 6.0 * index, id=f"u{index}"), text, made)
        drafted = detector.judge(one, story.context)
        assert drafted == detector.judge(one, story.context), "judging changes nothing"
        one = replace(one, findings=tuple(drafted))
        detector.settle(one)
        story.settle(one)
        found += drafted
    return found


AGAINST = ("不是这样的，您记错了", "没有的事，谁跟您说的", "那不可能，系统不会错的")


def row(*agent: str) -> list[tuple[Speaker, str]]:
    lines = list[tuple[Speaker, str]]()
    for line in agent:
        lines += [("customer", "我就是被多扣了钱"), ("agent", line)]
    return lines


def test_the_third_contradiction_in_a_row_is_arguing() -> None:
    (found,) = talk(row(*AGAINST))
    assert (found.utterance, found.count) == ("u5", 3)
    assert "3 次" in found.because


@pytest.mark.parametrize("between", ["对不起，是我没说清楚", "您说得对，我马上帮您查", "您先消消气", "请问您的卡号是多少"])
def test_who_gives_way_or_asks_does_not_argue(between: str) -> None:
    assert talk(row(AGAINST[0], AGAINST[1], between, AGAINST[2])) == []
    assert talk(row(AGAINST[0], between, AGAINST[1], AGAINST[2])) == []


def test_one_long_turn_is_one_contradiction() -> None:
    assert talk([("customer", "多扣了钱"), *(("agent", line) for line in AGAINST)]) == []


def test_backchannels_do_not_part_turns() -> None:
    assert talk([*row(*AGAINST[:2]), ("customer", "嗯"), ("agent", AGAINST[2])]) == []


def test_acts_say_it_in_other_words_and_take_it_back() -> None:
    lines = ("这话可不好这么讲", "我们这儿记的跟您讲的对不上", "您再好好想想")
    assert len(talk(row(*lines), dict.fromkeys(lines, "contradict"))) == 1
    assert talk(row(*lines)) == []
    assert talk(row(*AGAINST), {AGAINST[2]: "soothe"}) == []


def test_a_second_row_is_told_again_and_not_before() -> None:
    assert [found.count for found in talk(row(*AGAINST, *AGAINST))] == [3, 6]


@pytest.mark.parametrize("line", ["", "不", "😀", "no way", "不对" * 1500, "妳記錯了"])
def test_odd_lines_do_no_harm(line: str) -> None:
    assert len(talk(row(line, line, line))) <= 1


def test_the_labelled_calls() -> None:
    import json

    for path, lines in zip(sorted(CALLS.glob("*.json")), scripts(), strict=True):
        turns = json.loads(path.read_text("utf-8"))["turns"]
        wanted = [
            f"u{index}"
            for index, turn in enumerate(turns)
            if any(one.get("rule") == "arguing" for one in turn.get("labels", []))
        ]
        found = talk([(line.utterance.speaker, line.utterance.text) for line in lines])
        assert [one.utterance for one in found] == wanted, path.name


def test_a_pattern_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "arguing.toml").write_text('contradicts = ["(不对"]\nconcedes = ["好"]\n', "utf-8")
    with pytest.raises(ConfigError, match="不对"):
        Language(tmp_path / "arguing.toml")
