"""Repeat callers: the same claim in an earlier call of the same number is linked, another matter is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import combinations
from typing import Any

import pytest

from monitor.analysis import embedder, playbook, sentiment
from monitor.analysis import text as texts
from monitor.analysis.claim_language import Language, Sentence
from monitor.analysis.recall import COMPARED, READ, Recall, remember
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
    remembered = [remember(language(), call) for call in earlier]
    return Recall(language(), Scorer(playbook.BUILT_IN / "repeats.toml"), embed, remembered)


def links(memory: Recall, *lines: str) -> tuple[dict[str, Any], ...]:
    """What is linked when each line has been said."""
    for line in lines:
        memory.heed(sentences(line))
    return memory.links


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
    (link,) = links(recall(call("你好。", then)), "你好，", now)
    assert (link["call"], link["started"]) == ("before", "2026-11-19T09:00:00.000+00:00")
    assert link["text"] in texts.read(then).original


def test_the_newest_first_and_only_those_that_match() -> None:
    water, other = "我家洗衣机漏水，地板都泡了。", "信用卡的账单日能不能改一下？"
    memory = recall(call(water, id="c3", days=1), call(other, id="c2", days=2), call(water, id="c1", days=3))
    assert [link["call"] for link in links(memory, "洗衣机漏水，地板泡坏了你们到底管不管？")] == ["c3", "c1"]


def test_a_link_comes_with_the_line_that_claims_the_same_and_stays_as_it_came() -> None:
    memory = recall(call("我家洗衣机漏水，地板都泡了。", id="c2"), call("快递显示签收了，我没收到。", id="c1", days=2))
    assert links(memory, "喂，你好。", "我上礼拜打过电话的。") == ()
    first = links(memory, "洗衣机漏水把地板泡坏了，没人来。")
    assert [link["call"] for link in first] == ["c2"]
    assert links(memory, "我说洗衣机漏水，地板都泡了！", "好的。") == first
    both = links(memory, "还有我那个快递还是没收到，显示签收了的。")
    assert [link["call"] for link in both] == ["c2", "c1"]
    assert both[0] == first[0]


def test_a_number_that_calls_all_day_costs_no_more_than_a_few_sentences_a_call() -> None:
    flood = [f"我家的洗衣机第{number}回漏水，地板都泡了，{number}块钱的地板。" * 40 for number in range(200)]
    remembered = remember(language(), call(*flood))
    assert len(remembered.claimed) <= COMPARED
    assert sum(len(text) for text in {one.sentence.text.original for one in remembered.claimed}) <= READ
    (link,) = links(recall(call(*flood)), "洗衣机漏水把地板泡坏了，没人来。")
    assert "漏水" in link["text"]


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("叫你们经理来，我要投诉！", "把你们经理叫来，我要投诉你！"),
        ("我昨天晚上打的电话，你们不管我就去市场监管局。", "昨天晚上说好的，我去市场监管局告你们。"),
        ("谢谢，再见。", "好的，谢谢，再见。"),
    ],
)
def test_demands_and_politeness_alone_are_no_link(then: str, now: str) -> None:
    assert links(recall(call(then)), now) == ()


def test_calls_of_other_matters_are_seldom_linked() -> None:
    calls = [
        [line.utterance.text for line in lines if line.utterance.speaker == "customer"]
        for lines in dialogues("dialogues_more", "dialogues_held_out")
    ]
    linked = [links(recall(call(*a), embed=None), *b) for a, b in combinations(calls, 2)]
    assert sum(map(bool, linked)) <= 0.02 * len(linked)


@pytest.mark.parametrize("text", ["", "😀", "OK", "漏水" * 1500])
def test_odd_texts(text: str) -> None:
    links(recall(call(text)), text)
    assert links(recall(), text) == ()
