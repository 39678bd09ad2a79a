"""What the customer has given: the facts a page shows, and the name whispers call the customer by."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis import asked, facts
from monitor.analysis import text as texts
from monitor.analysis.context import Said
from monitor.errors import ConfigError
from monitor.records import Speaker
from tests.analysis.talk import said

LANGUAGE, QUESTIONS = facts.FactLanguage(), asked.Questions(asked.BUILT_IN)
SIDE: dict[str, Speaker] = {"A": "agent", "C": "customer"}


def talk(*lines: str) -> dict[str, tuple[str, float]]:
    """The facts after lines such as "C 我姓陈", one every ten seconds: value and time by id."""
    call = facts.Facts(LANGUAGE, QUESTIONS)
    for number, line in enumerate(lines):
        heard = said(SIDE[line[0]], line[2:], 10.0 * number, 10.0 * number + 8, id=f"u{number}")
        call.settle(Said(heard, texts.read(heard.text)))
    assert [one["at"] for one in call.given] == sorted(one["at"] for one in call.given)
    return {one["id"]: (one["value"], one["at"]) for one in call.given}


@pytest.mark.parametrize(
    ("lines", "id", "value"),
    [
        (["C 我要退款，订单号是六六八一二三四五。"], "order", "66812345"),
        (["A 请问您的订单号是多少？", "C 嗯，三三六九。"], "order", "3369"),
        (["C 三三六九。"], "order", None),
        (["C 我手机号幺三八零零幺幺二二三三。"], "phone", "13800112233"),
        (["C 账号是零七五五八六三二幺幺，户主叫王建国。"], "account", "0755863211"),
        (["C 账号是零七五五八六三二幺幺，户主叫王建国。"], "name", "王建国"),
        (["C 账号是零七五五八六三二幺幺，户主叫王建国。"], "called", None),
        (["A 请问您贵姓？", "C 免贵姓李。", "A 好的，李女士。"], "called", "李女士"),
        (["C 我姓陈。", "A 先生，您慢慢说。"], "called", "陈先生"),
        (["C 我姓陈。"], "called", None),
        (["A 女士，您别着急。"], "called", "女士"),
        (["A 是哪位先生给您办的？"], "called", None),
        (["C 有位先生跟我说可以退的。"], "called", None),
        (["C 我是欧阳女士。"], "called", "欧阳女士"),
        (["C 我打了四次电话，也没人管。"], "times", "四次"),
        (["C 我就打过一次。"], "times", None),
        (["C 扣了我一百二十九块，多扣的六十块退给我。"], "sum", "一百二十九块、六十块"),
        (["C 我们一块儿去的。"], "sum", None),
        (["C 这洗衣机上个月买的，昨天开始漏水。"], "bought", "上个月"),
        (["C 这洗衣机上个月买的，昨天开始漏水。"], "began", "昨天"),
        (["C 我在我们小区门口等。"], "address", None),
        (["C 我住阳光花园三号楼。"], "address", "阳光花园三号楼"),
        (["A 您订单号是六六八一，对吧？"], "order", None),
    ],
)  # fmt: skip
def test_facts(lines: list[str], id: str, value: str | None) -> None:
    assert talk(*lines).get(id, (None,))[0] == value


def test_a_correction_stands_and_the_time_stays() -> None:
    assert talk("C 订单号六六八一。", "A 好的。", "C 不对，订单号是六六八七。")["order"][0] == "6687"
    assert talk("C 订单号六六八一。", "A 好的。", "C 不对，订单号是六六八七。")["order"][1] < 8.0


@given(
    st.lists(st.sampled_from("AC").flatmap(lambda side: st.text(max_size=40).map(lambda said: f"{side} {said}")), max_size=6)
)
def test_any_talk_is_taken(lines: list[str]) -> None:
    for value, _ in talk(*lines).values():
        assert 0 < len(value) <= facts.MANY * (facts.LONGEST + 1)


def test_a_faulty_file_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "facts.toml"
    written = facts.BUILT_IN.read_text("utf-8")
    path.write_text(
        written.replace("(?P<value>\\d{7,12})", "\\d{7,12}", 1).replace('zh = "地址"', 'zh = "地址"\nmany = "x"'), "utf-8"
    )
    with pytest.raises(ConfigError) as error:
        facts.FactLanguage(path)
    assert "facts.phone.answer: needs a group" in str(error.value)
    assert "facts.7.many" in str(error.value)
