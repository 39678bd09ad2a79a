"""Figures as customers say them and as recognisers write them."""

from __future__ import annotations

import pytest

from monitor.analysis.figures import figures
from monitor.analysis.text import read


def heard(said: str) -> list[tuple[str, float | str]]:
    text = read(said)
    return [(figure.kind, figure.value) for figure in figures(text, 0, len(text.norm))]


@pytest.mark.parametrize(
    ("said", "figure"),
    [
        ("一共3600", ("money", 3600)),  # a sum the short way, as recognisers write it
        ("花了6万8", ("money", 68_000)),
        ("一共三千六", ("money", 3600)),
        ("扣了我三百八十块", ("money", 380)),
        ("快门二十八万次", ("times", 280_000)),
        ("打了两针", ("units 针", 2)),
        ("上了五节课", ("units 节", 5)),
        ("五页纸", ("units 页", 5)),
        ("买了二十袋，种下去没出苗", ("units 袋", 20)),
        ("三十袋种子", ("units 袋", 30)),
        ("十五亩地全撂在那儿了", ("units 亩", 15)),
        ("三月份下的单", ("month", 3)),
        ("第三次打电话了", ("times", 3)),  # how many by now
        ("优惠百分之十五", ("share", 15)),
    ],
)
def test_what_is_a_figure(said: str, figure: tuple[str, float]) -> None:
    assert heard(said) == [figure]


@pytest.mark.parametrize(
    "said",
    [
        "拨打12300",
        "打12360",
        "航班CA1230",
        "车牌京A1230",
        "我家住1250",
        "",
        "我打了八百遍电话",
        "😀",
        "万一呢",
        "七上八下的",
        "翻到第二页",
        "第三节课",
        "第三袋",
        "打第二针的时候",
        "第十五层",
        "第二件商品",
        "五一节后给我的",
    ],
)
def test_what_is_none(said: str) -> None:
    assert heard(said) == []


@pytest.mark.parametrize("unit", ["块", "%", "页", "次", "天", "个人"])
@pytest.mark.parametrize("digit", ["1", "一", "90"])
def test_a_number_too_long_for_any_sum_is_a_code(digit: str, unit: str) -> None:
    assert heard(digit * (2_900 // len(digit)) + unit) == []


def test_the_longest_sums() -> None:
    assert heard("赔我123456789012块") == [("money", 123_456_789_012)]
    assert heard("赔我1234567890123块") == []
