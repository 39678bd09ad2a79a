"""The normal form and its alignment with what was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.pinyin import fold, syllables
from monitor.analysis.text import MAX_LENGTH, normal, read


@pytest.mark.parametrize(
    ("said", "norm"),
    [
        ("", ""),
        ("嗯", ""),
        ("啊？😀", ""),
        ("好", "好"),
        ("我，我要投诉，一二三一五", "我要投诉12315"),
        ("就，就不行", "就不行"),
        ("我我我要投訴妳們", "我要投诉你们"),
        ("不可能，不可能！", "不可能不可能"),
        ("一千八百块，1,800元", "1800块1800元"),
        ("三百九十八块，八点前，3.5万", "398块8点前3.5万"),
        ("两三天了，七八百块，尾号三四", "两三天了七八百块尾号34"),
        ("百分之百，百分百，百分之二十", "100%100%20%"),
        ("幺三八零零幺幺", "1380011"),
        ("这事儿，一会儿，女儿，小儿科", "这事1会女儿小儿科"),
        ("ＡＰＰ里　看Ｈｅｌｌｏ", "app里看hello"),
        ("你们当时那个，那个横幅", "你们当时那个横幅"),
        ("谢谢，好好好", "谢谢好好好"),
    ],
)
def test_normal_form(said: str, norm: str) -> None:
    assert read(said).norm == norm


def test_what_is_found_is_highlighted_in_the_words_as_written() -> None:
    text = read("哎，我那，那一千八百块钱呢？")
    start = text.norm.index("1800")
    assert text.words(start, start + 5) == "一千八百块"
    assert text.words(0, 1) == "我"


def test_clauses_and_sentences() -> None:
    text = read("你好，我想问一下。可以退吗？")
    assert [(text.norm[c.start : c.end], c.stop) for c in text.clauses] == [
        ("你好", "，"),
        ("我想问1下", "。"),
        ("可以退吗", "？"),
    ]
    start, end = text.sentence(3)
    assert text.norm[start:end] == "你好我想问1下"


def test_a_very_long_text_is_read_up_to_its_limit() -> None:
    assert len(read("投诉" * 5_000).norm) == MAX_LENGTH


def test_a_piece_of_a_pattern_is_brought_into_the_same_form() -> None:
    assert normal("您一分钱呀") == "你1分钱"


@given(st.text(max_size=60))
def test_every_character_knows_its_place(said: str) -> None:
    text = read(said)
    assert len(text.norm) == len(text.at) == len(text.till) == len(text.syllables) == len(text.spoken) == len(text.clause_at)
    assert all(0 <= a < b <= len(said) for a, b in zip(text.at, text.till, strict=True))
    assert list(text.at) == sorted(text.at)
    assert sum(clause.end - clause.start for clause in text.clauses) == len(text.norm)


@given(st.text(alphabet="投诉我要一二三百千万十零，。？啊嗯那个就是的不", max_size=40))
def test_any_talk_is_read(said: str) -> None:
    text = read(said)
    assert all(text.words(i, i + 1) for i in range(len(text.norm)))


@pytest.mark.parametrize(
    ("one", "other"), [("zhang", "zan"), ("lan", "nan"), ("huang", "fuan"), ("ren", "leng"), ("xing", "xin")]
)
def test_confused_sounds_fold_into_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_syllables_follow_the_word() -> None:
    assert syllables("银行行长") == ("yin", "fan", "fan", "zan")
    assert syllables("a1退") == ("a", "yi", "tui")
