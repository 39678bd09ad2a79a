"""Valence: agreement on lines that were never trained on, the cases snownlp gets wrong, and odd texts."""

from __future__ import annotations

from functools import lru_cache

import pytest

from monitor.analysis import text as texts
from monitor.analysis.sentiment import FOLDER, Sentiment
from monitor.analysis.sentiment_train import train
from tests.analysis.talk import HERE

PLAIN = 0.2  # valence under which a line counts as neutral


@lru_cache(maxsize=1)
def sentiment() -> Sentiment:
    return Sentiment()


def valence(text: str) -> float | None:
    return sentiment().valence(texts.read(text))


def heldout() -> list[tuple[str, str]]:
    rows = (HERE / "sentiment_heldout.tsv").read_text("utf-8").splitlines()
    return [(row.split("\t")[0], row.split("\t")[1]) for row in rows if not row.startswith("#")]


def named(value: float | None) -> str:
    if value is None or abs(value) < PLAIN:
        return "neutral"
    return "positive" if value > 0 else "negative"


def test_agreement_on_held_out_lines_is_far_above_snownlp_as_shipped() -> None:
    from snownlp import sentiment as shipped

    lines = heldout()
    before = sum(named(2 * shipped.classify(line) - 1) == label for label, line in lines) / len(lines)
    after = sum(named(valence(line)) == label for label, line in lines) / len(lines)
    assert after >= 0.82
    assert after > before + 0.2, f"snownlp as shipped agrees with {before:.2f}, ours with {after:.2f}"


def test_held_out_lines_are_not_trained_on() -> None:
    trained = {line for path in FOLDER.glob("*.tsv") for line in path.read_text("utf-8").splitlines()}
    known = {"不高兴", "我等了一整天都没人来", "没用"}  # named by the design: checked below in their own right
    assert not {line for _, line in heldout()} & trained - known


def test_the_model_is_what_its_lines_make_it() -> None:
    assert train().as_tsv() == (FOLDER / "counts.tsv").read_text("utf-8"), "run python -m monitor.analysis.sentiment_train"


@pytest.mark.parametrize("text", ["您好，客服中心。", "您好，请问有什么可以帮您？", "喂，你好。", "好的。", "嗯。", "我姓王。"])
def test_greetings_and_facts_are_plain(text: str) -> None:
    assert abs(valence(text) or 0.0) < 0.25


@pytest.mark.parametrize(
    "text", ["我很不高兴", "没用", "我等了一整天都没人来", "一点都不满意", "气死我了！", "你们什么服务啊", "太差了"]
)
def test_bitter_words(text: str) -> None:
    value = valence(text)
    assert value is not None
    assert value < -0.3


@pytest.mark.parametrize(
    "text", ["谢谢啊，太好了", "非常满意", "没有不满意", "真快，挺好的", "不错不错", "您放心，我马上帮您办"]
)
def test_kind_words(text: str) -> None:
    value = valence(text)
    assert value is not None
    assert value > 0.3


def test_negation_turns_and_intensity_weighs() -> None:
    assert (valence("满意") or 0) > 0 > (valence("不满意") or 0)
    assert (valence("真的非常失望") or 0) <= (valence("有点失望") or 0)


@pytest.mark.parametrize("text", ["", " ", "😀😀", "OK fine", "12345", "。。。"])
def test_no_chinese_no_valence(text: str) -> None:
    assert valence(text) is None


@pytest.mark.parametrize("text", ["好", "差", "不" * 3000, "滿意", "氣死我了", "谢谢" * 1500])
def test_odd_texts_stay_in_range(text: str) -> None:
    value = valence(text)
    assert value is not None
    assert -1 <= value <= 1
