"""evasion: a direct question left open twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from monitor.analysis import playbook
from monitor.analysis import text as texts
from monitor.analysis.context import Act, Context, Said
from monitor.analysis.evasion import Evasion, Language
from monitor.errors import ConfigError
from monitor.records import Finding
from tests.analysis.talk import Line, dialogues, said, scripts

SHEET = playbook.BUILT_IN / "evasion.toml"


@lru_cache(maxsize=1)
def language() -> Language:
    return Language(SHEET)


def run(lines: Sequence[Line], acts: tuple[Act, ...] = ()) -> list[list[Finding]]:
    """The findings on each line; `acts` are those of the last one."""
    evasion, heard = Evasion(language()), []
    for line in lines:
        now = Said(line.utterance, texts.read(line.utterance.text), acts if line is lines[-1] else ())
        heard.append(evasion.judge(now, Context()))
        evasion.settle(replace(now, findings=tuple(heard[-1])))
    return heard


def last(*turns: str, acts: tuple[Act, ...] = ()) -> list[Finding]:
    """The findings on the last of turns that agent and customer take by turns, the agent first."""
    lines = [
        Line(said("customer" if index % 2 else "agent", turn, 10.0 * index), False, ()) for index, turn in enumerate(turns)
    ]
    return run(lines, acts)[-1]


@pytest.mark.parametrize("calls", ["scripts", "dialogues", "dialogues_more", "dialogues_held_out"])
def test_labelled_calls(calls: str) -> None:
    for lines in scripts() if calls == "scripts" else dialogues(calls):
        for line, found in zip(lines, run(lines), strict=True):
            assert bool(found) == line.dodges, line.utterance.text


ASKED = ("您希望我们怎么处理？", "你们这种做法坑的可不是我一个人。", "那您具体的要求是什么呢？")


@pytest.mark.parametrize("answer", ["你们自己看着办。", "这还用问？", "你们是专业的，心里没数吗？", "跟你说有什么用。"])
def test_the_second_dodge_is_told(answer: str) -> None:
    (found,) = last(*ASKED, answer)
    assert (found.kind, found.speaker) == ("evasion", "customer")
    assert "坐席两次问到希望怎么处理" in found.because


def test_the_act_tells_where_the_words_do_not() -> None:
    answer = "哎呀我也懒得讲这些。"
    act = Act("refuse", 0, len(texts.read(answer).norm), 0.8, "你别管这个")
    (found,) = last(*ASKED, answer, acts=(act,))
    assert "你别管这个" in found.because
    assert not last(*ASKED, answer)


@pytest.mark.parametrize(
    "turns",
    [
        ("您希望我们怎么处理？", "你们自己看着办。"),
        (*ASKED, "我要退款。"),
        (*ASKED, "你们看着办，反正得赔我三百。"),
        ("您希望我们怎么处理？", "我要求退货。", "好的，那您的要求是什么呢？", "你们自己看着办。"),
        ("您怎么称呼？", "我姓王。", "您电话多少？", "我不记得了。"),
        ("这个我查一下。", "你们坑的不是我一个人。", "请稍等。", "你们自己看着办。"),
        ("您希望怎么处理？", "真坑人。", "我明白。", "你听着。", "请稍等。", "你快点。", "您的要求是？", "你们自己看着办。"),
    ],
    ids=["once", "answered", "answered after all", "answered before", "answered the first", "no question", "long ago"],
)
def test_once_or_answered_is_none(turns: tuple[str, ...]) -> None:
    assert not last(*turns)


@pytest.mark.parametrize("text", ["", "啊", "😀", "whatever", "看着办" * 1000])
def test_odd_texts(text: str) -> None:
    last(text, text, text, text)


def test_a_faulty_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "evasion.toml"
    path.write_text(SHEET.read_text("utf-8").replace("dodging = '", "dodging = '("), "utf-8")
    with pytest.raises(ConfigError, match=r"evasion.toml:\d+: dodging: is no regular expression"):
        Language(path)
