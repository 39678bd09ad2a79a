"""The language model of characters: probabilities that are ones, and what is not counted."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.speech.ngrams import BEGIN, END, FIRST, NOTHING, PAUSE, Ids, Ngrams, followed, learn

LINES = ["我要投诉你们", "我要投诉到底，不要拖", "你们要我投诉", "打一个电话", "ABC退款123"]


@pytest.fixture(scope="module")
def ngrams() -> Ngrams:
    return learn(LINES)


def context(ids: list[int]) -> Ids:
    """One context, of these and nothing before them."""
    packed = np.array([NOTHING])
    for one in ids:
        packed = followed(packed, np.array([one]))
    return packed


def after(ngrams: Ngrams, before: str, character: str) -> float:
    """The log probability of `character` after `before` (^: a clause's beginning, ，: a pause in it)."""
    ids = [BEGIN if one == "^" else PAUSE if one == "，" else ngrams.id(one) for one in before[-3:]]
    return float(ngrams(context(ids), np.array([ngrams.id(character)]))[0, 0])


@pytest.mark.parametrize("before", ["^", "我", "要投", "我要投", "到底，", "电投底", "诉我打", "未"])
def test_after_whatever_stands_before_the_probabilities_of_all_sum_to_one(ngrams: Ngrams, before: str) -> None:
    everything = np.array([BEGIN, END, PAUSE, *range(FIRST, FIRST + len(ngrams.characters))])
    ids = [BEGIN if one == "^" else PAUSE if one == "，" else ngrams.id(one) for one in before]
    chances = np.exp(ngrams(context(ids), everything))
    assert chances.sum() == pytest.approx(1, abs=1e-4)
    assert (chances > 0).all()


def test_what_was_seen_is_likelier_than_what_was_not(ngrams: Ngrams) -> None:
    assert after(ngrams, "我要投", "诉") > np.log(0.5)
    assert after(ngrams, "我要投", "诉") > after(ngrams, "我要投", "款") > after(ngrams, "我要投", "囧")


def test_nothing_is_counted_across_lines_nor_across_what_is_not_chinese() -> None:
    apart, together = learn(["甲乙", "丙丁", "甲A丙"]), learn(["甲乙丙丁", "甲丙"])
    assert after(together, "乙", "丙") > after(apart, "乙", "丙")
    assert after(together, "甲", "丙") > after(apart, "甲", "丙")


def test_contexts_are_judged_each_by_itself(ngrams: Ngrams) -> None:
    contexts = np.concatenate([context([BEGIN]), *(context([ngrams.id(one) for one in text]) for text in ("我要投", "囧要投"))])
    candidates = np.array([ngrams.id(one) for one in "我诉囧"])
    together = ngrams(contexts, candidates)
    alone = np.concatenate([ngrams(contexts[row : row + 1], candidates) for row in range(3)])
    np.testing.assert_array_equal(together, alone)
