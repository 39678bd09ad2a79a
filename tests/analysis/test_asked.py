"""made_to_repeat: the labelled dialogues and scripts as a whole, and one by one what counts and what does not."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pytest

from monitor.analysis import playbook
from monitor.analysis import text as texts
from monitor.analysis.asked import MadeToRepeat, Questions
from monitor.analysis.context import Context, Said
from monitor.errors import ConfigError
from monitor.records import Finding
from tests.analysis.talk import Line, dialogues, said, scripts

SHEET = playbook.BUILT_IN / "asked.toml"


@lru_cache(maxsize=1)
def questions() -> Questions:
    return Questions(SHEET)


def run(lines: Sequence[Line]) -> list[list[Finding]]:
    asked, heard = MadeToRepeat(questions()), []
    for line in lines:
        now = Said(line.utterance, texts.read(line.utterance.text))
        heard.append(asked.judge(now, Context()))
        asked.settle(now)
    return heard


def last(*turns: str) -> list[Finding]:
    """The findings on the last of turns that customer and agent take by turns, the customer first."""
    lines = [
        Line(said("agent" if index % 2 else "customer", turn, 10.0 * index), False, ()) for index, turn in enumerate(turns)
    ]
    return run(lines)[-1]


@pytest.mark.parametrize("calls", ["scripts", "dialogues", "dialogues_more", "dialogues_held_out"])
def test_labelled_calls(calls: str) -> None:
    right = wrong = missed = 0
    for lines in scripts() if calls == "scripts" else dialogues(calls):
        for line, found in zip(lines, run(lines), strict=True):
            right += bool(found) and line.asks_again
            wrong += bool(found) and not line.asks_again
            missed += not found and line.asks_again
    assert missed + wrong <= right * 0.2


@pytest.mark.parametrize(
    "turns",
    [
        ("你好我姓王，卡里少了五百块钱。", "好的，请问您贵姓？"),
        ("我前天在你们店买的电饭煲坏了。", "您是什么时候买的呀？"),
        ("我的手机号幺三八零零幺幺二二三三，帮我查一下流量。", "您电话报一下。"),
        ("单号是七七八八九九，三天没动了。", "麻烦您说一下单号。"),
        ("我是阳光花园七栋二单元的，漏水了。", "您家住哪？"),
        ("从昨天晚上开始就没网了。", "大概是什么时候断的网？"),
        ("我买了三箱苹果，全是烂的。", "您买了几箱来着？"),
        ("你们多扣了我三百六。", "扣了您多少钱呢？"),
        ("快递少了一双鞋，就剩个盒子。", "您刚才说少的是什么？"),
        ("我要查件。", "您单号多少？", "二二三三四四。", "查到了，您稍等。", "好。", "您订单号多少来着？"),
        ("你好我姓罗，贷了款。", "您贵性？"),
        ("昨天晚上你们司机急刹车，我爸受伤了。", "您是哪天坐的车？"),
        ("我是上个月十二号配的眼镜。", "您几号配的？"),
        ("昨天充的钱没到账。", "您那天充得？"),
        ("城东支行有人挂我电话。", "您说的哪个支行的？"),
        ("成东执行有人挂我电话。", "您说的那个支行的？"),
        ("前天我打了两次电话都没人管。", "行了，您从头说。"),
        ("我挂的骨科，专家停诊了。", "您挂的哪个科来争？"),
        ("我的滾筒洗衣機昨天開始漏水。", "您是什么时候开始漏水的？"),
    ],
    ids=lambda turns: turns[-1],
)
def test_asking_for_what_was_given(turns: tuple[str, ...]) -> None:
    (found,) = last(*turns)
    assert (found.kind, found.speaker, found.rule) == ("made_to_repeat", "agent", None)
    assert "客户在 0:" in found.because
    assert found.span is not None
    assert turns[-1][slice(*found.span)] == found.text


@pytest.mark.parametrize(
    "turns",
    [
        ("单号是七七八八九九。", "尾号八九九对吧？"),
        ("单号是七七八八九九。", "您的手机号是多少？"),
        ("我前天买的电饭煲坏了。", "您是什么时候发现坏的？"),
        ("昨天快递丢了。", "您希望什么时候上门？"),
        ("我们公司二十台车都在你们这儿保养。", "您旧车这几天先开着。"),
        ("我上个月十五号签的合同。", "主管哪天得空了再给您看。"),
        ("我家猫寄养了五天。", "我看看还要几天。"),
        ("你们多扣了我三百六。", "您希望我们赔您多少钱？"),
        ("洗衣机漏水。", "您能详细说一下具体情况吗？"),
        ("我姓李，卡丢了。", "好的李女士，卡号您还记得是多少吗？"),
        ("尾号六六八一。", "请提供完整的单号。"),
        ("我家漏水了。", "再报一下您的地址。"),
        ("你们经理不讲理。", "前面的情况我跟他讲，您不用再说一遍。"),
        ("相机五千多。", "您前面说五千，这会儿八千，以哪个为准？"),
        ("你好。", "您好，请问您贵姓？"),
        ("前天来修，没修好。", "我让主任听，您不用从头讲。"),
        ("我买的相机坏了。", "退款我按不了那个键。"),
        ("我今天必须见到经理。", "车是什么时候划的？"),
        ("有个支行给我打电话。", "您说的是哪个支行的？"),
        ("前天来修，没修好。", "我记下了，免得您再说一遍。"),
    ],
    ids=lambda turns: turns[-1],
)
def test_first_questions_other_facts_and_reading_back(turns: tuple[str, ...]) -> None:
    assert not last(*turns)


def test_first_is_when_it_was_first_said() -> None:
    turns = ("喂，你好，我想查件，单号七七八八九九。", "好的。", "单号七七八八九九，快点。", "您单号多少？")
    (found,) = last(*turns)
    assert found.first is not None
    assert 0 < found.first < 5


def test_the_customers_question_is_none_of_the_agents() -> None:
    assert not last("您贵姓？", "我姓王。", "您贵姓来着？")


@pytest.mark.parametrize(
    "text", ["", "啊", "😀", "Your order number?", "单号" * 1500, "多少来着？" * 600, "1" * 3000, "好" * 3000]
)
def test_odd_texts(text: str) -> None:
    last(text, text, text, text)


def test_a_faulty_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "asked.toml"
    path.write_text(SHEET.read_text("utf-8").replace("ask = '贵姓", "ask = '(贵姓"), "utf-8")
    with pytest.raises(ConfigError, match=r"asked.toml:\d+: facts\.name\.ask: is no regular expression"):
        Questions(path)
    path.write_text('typo = "x"\n', "utf-8")
    with pytest.raises(ConfigError, match=r"asked.toml"):
        Questions(path)
    path.write_text(SHEET.read_text("utf-8").replace("?P<thing>", "?:"), "utf-8")
    with pytest.raises(ConfigError, match=r"asked.toml:\d+: which: needs a group"):
        Questions(path)


def test_no_alternative_begins_with_an_endless_repeat_that_something_must_follow() -> None:
    """Such a search takes the square of the length of a long number or a line without punctuation."""
    endless = re.compile(r"(?:^|\||\()(?:\?:)?(?:\\d|\[[^\]]*\])(?:[+*]|\{\d+,\})(?![|)+]|$)")
    sheet = tomllib.loads(SHEET.read_text("utf-8"))
    patterns = [value for part in (sheet, *sheet["facts"]) for value in part.values() if isinstance(value, str)]
    assert len(patterns) > 20
    assert not [pattern for pattern in patterns if endless.search(pattern)]
