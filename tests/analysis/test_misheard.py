"""Lines as a recogniser might write them: most of what is heard stays, and the same seed mishears the same."""

from __future__ import annotations

from difflib import SequenceMatcher

import pytest

from monitor.analysis import corpus
from monitor.analysis.misheard import Mishearing
from monitor.analysis.pinyin import syllables

SEED = 7


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return [line.text for line in corpus.load()][::5]


def kept(one: tuple[str, ...] | str, other: tuple[str, ...] | str) -> int:
    return sum(block.size for block in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks())


def test_one_character_in_ten_is_wrong_and_most_syllables_stay(lines: list[str]) -> None:
    mishear = Mishearing(lines, SEED)
    heard = [mishear(line) for line in lines]
    characters = sum(map(len, lines))
    wrong = 1 - sum(map(kept, lines, heard)) / characters
    lost = 1 - sum(kept(syllables(line), syllables(other)) for line, other in zip(lines, heard, strict=True)) / characters
    assert 0.06 < wrong < 0.16
    assert lost < wrong / 2


def test_the_same_seed_mishears_the_same(lines: list[str]) -> None:
    one, same, other = (Mishearing(lines, seed) for seed in (SEED, SEED, SEED + 1))
    first = [one(line) for line in lines]
    assert first == [same(line) for line in lines]
    assert first != [other(line) for line in lines]


@pytest.mark.parametrize("line", ["", "，。？", "OK 123", "😀"])
def test_what_does_not_sound_is_left_alone(line: str) -> None:
    assert Mishearing([line, "退款"], SEED)(line) == line


def test_only_characters_of_the_corpus_are_written() -> None:
    mishear = Mishearing(["推款退款历史律师"], SEED)
    assert set("".join(mishear("退款律师") for _ in range(200))) <= set("推款退历史律师")
    assert {mishear("退") for _ in range(400)} == {"退", "推", ""}


@pytest.mark.parametrize(("said", "written"), [("元", "言"), ("月", "夜"), ("云", "音"), ("律", "历"), ("鱼", "移")])
def test_a_rounded_vowel_may_be_written_unrounded(said: str, written: str) -> None:
    mishear = Mishearing([said, written], SEED)
    assert written in {mishear(said) for _ in range(400)}
