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
    ],
)
def test_what_is_a_figure(said: str, figure: tuple[str, float]) -> None:
    assert heard(said) == [figure]


@pytest.mark.parametrize(
    "said",
    ["拨打12300", "打12360", "航班CA1230", "车牌京A1230", "我家住1250", "", "我打了八百遍电话", "😀", "万一呢", "七上八下的"],
)
def test_what_is_none(said: str) -> None:
    assert heard(said) == []
