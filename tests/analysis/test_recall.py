"""Repeat callers: the same claim in an earlier call of the same number is linked, another matter is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import combinations

import pytest

from monitor.analysis import embedder, playbook, sentiment
from monitor.analysis import text as texts
from monitor.analysis.claim_language import Language, Sentence
from monitor.analysis.recall import Recall
from monitor.analysis.repeats import Scorer
from monitor.records import EarlierCall
from tests.analysis.talk import dialogues

EMBEDDER = embedder.load()
THEN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@lru_cache(maxsize=1)
def language() -> Language:
    return Language(playbook.BUILT_IN / "claims.toml", sentiment.corpus())


def sentences(*lines: str) -> list[Sentence]:
    return [sentence for line in lines for sentence in language().sentences(texts.read(line))]


def recall(*earlier: EarlierCall, embed: embedder.Embedder | None = EMBEDDER) -> Recall:
    return Recall(language(), Scorer(playbook.BUILT_IN / "repeats.toml"), embed, earlier)


def call(*lines: str, id: str = "before", days: int = 1) -> EarlierCall:
    return EarlierCall(id, THEN - timedelta(days=days), lines)


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("我家洗衣机漏水，地板都泡了。", "上礼拜我打过电话，洗衣机漏水把地板泡坏了，到现在没人来。"),
        ("快递显示签收了，我没收到。", "我那个快递还是没收到，显示签收了的。"),
        ("空调不制冷，修了两回。", "空调修完还是不制冷。"),
        ("空調不製冷，修了兩回。", "空调修完还是不制冷。"),
    ],
)
def test_the_same_claim_is_linked(then: str, now: str) -> None:
    (link,) = recall(call("你好。", then)).links(sentences("你好，", now))
    assert (link["call"], link["started"]) == ("before", "2026-11-19T09:00:00.000+00:00")
    assert link["text"] in texts.read(then).original


def test_the_newest_first_and_only_those_that_match() -> None:
    water, other = "我家洗衣机漏水，地板都泡了。", "信用卡的账单日能不能改一下？"
    found = recall(call(water, id="c3", days=1), call(other, id="c2", days=2), call(water, id="c1", days=3)).links(
        sentences("洗衣机漏水，地板泡坏了你们到底管不管？")
    )
    assert [link["call"] for link in found] == ["c3", "c1"]


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("叫你们经理来，我要投诉！", "把你们经理叫来，我要投诉你！"),
        ("我昨天晚上打的电话，你们不管我就去市场监管局。", "昨天晚上说好的，我去市场监管局告你们。"),
        ("谢谢，再见。", "好的，谢谢，再见。"),
    ],
)
def test_demands_and_politeness_alone_are_no_link(then: str, now: str) -> None:
    assert recall(call(then)).links(sentences(now)) == ()


def test_calls_of_other_matters_are_seldom_linked() -> None:
    calls = [
        [line.utterance.text for line in lines if line.utterance.speaker == "customer"]
        for lines in dialogues("dialogues_more", "dialogues_held_out")
    ]
    linked = [recall(call(*a), embed=None).links(sentences(*b)) for a, b in combinations(calls, 2)]
    assert sum(map(bool, linked)) <= 0.02 * len(linked)


@pytest.mark.parametrize("text", ["", "😀", "OK", "漏水" * 1500])
def test_odd_texts(text: str) -> None:
    recall(call(text)).links(sentences(text))
    assert recall().links(sentences(text)) == ()
