"""Homophones put right: by lines of the test's own, and by the lines that the product learns from."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from monitor import config, language
from monitor.errors import ConfigError
from monitor.speech import confusion, ngrams
from monitor.speech.confusion import Confusion, sound
from monitor.speech.spelling import Spelling
from monitor.speech.transcript import Piece, respelt

HEARD = 0.75  # the probability of a character, usual on the telephone
CLEAR = 0.95


def taught(lines: list[str], counts: dict[tuple[str, str], int] | None = None) -> Spelling:
    learnt = ngrams.learn(lines)
    return Spelling(learnt, Confusion(learnt, Counter(counts or {})))


def written(spelling: Spelling, text: str, probability: float = HEARD) -> str:
    return spelling(text, [probability] * len(text))


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    made = language.spelling(config.Config())
    assert made
    return made


def test_a_homophone_gives_way_to_what_people_say_there() -> None:
    assert written(taught(["我要投诉你们", "麻烦开发票", "头疼得很"]), "我要头诉你们，麻烦开发飘") == "我要投诉你们，麻烦开发票"


def test_what_makes_sense_is_left_alone() -> None:
    assert written(taught(["我要投诉你们", "头疼得很"]), "头疼得很") == "头疼得很"


def test_a_confusion_of_sounds_is_followed_as_far_as_it_was_counted() -> None:
    lines = ["钱都退了", "全都坏了"] * 3 + ["全都在这儿"] * 3
    usual = {("quan", "quan"): 60, ("quan", "qian"): 40, ("qian", "qian"): 100}
    never = {("quan", "quan"): 100, ("qian", "qian"): 100}
    assert written(taught(lines, usual), "钱都在这儿", 0.6) == "全都在这儿"
    assert written(taught(lines, never), "钱都在这儿", 0.6) == "钱都在这儿"


def test_the_surer_the_recogniser_was_the_less_is_changed() -> None:
    spelling = taught(["他说"] * 12 + ["她说"])
    assert written(spelling, "她说", 0.5) == "他说"
    assert written(spelling, "她说", 0.99) == "她说"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "啊",
        "，",
        "。。。",
        "3号楼B座，APP打不开",
        "hello there",
        "👍好的",
        "\u200b",
        "<b>投诉</b>",
        "龘靐齉",
        "吗吗吗" * 1000,
        "１２３",
    ],
)
def test_whatever_is_said_keeps_its_length_and_all_that_is_no_chinese(spelling: Spelling, text: str) -> None:
    for probability in (0.0, HEARD, 1.0):
        found = written(spelling, text, probability)
        assert len(found) == len(text)
        chinese = re.compile("[\u4e00-\u9fff]")
        assert chinese.sub("·", found) == chinese.sub("·", text)


def test_pieces_keep_their_marks_and_times_and_the_sure_ones_their_characters() -> None:
    pieces = [
        Piece("开", "", 0.8, 0.9),
        Piece("发", "", 1.0, 0.9),
        Piece("飘", "，", 1.2, 0.4),
        Piece("iPhone", " ", 1.5, 0.4),
        Piece("头", "", 2.0, 0.4),
        Piece("诉", "。", 2.2, 0.9),
    ]
    spelling = taught(["开发票", "飘着", "投诉", "头疼"] * 3)
    found = respelt(pieces, spelling)
    assert [piece.text for piece in found] == ["开", "发", "票", "iPhone", "投", "诉"]
    assert [replace(piece, text="") for piece in found] == [replace(piece, text="") for piece in pieces]
    surely = [replace(piece, probability=1.0) for piece in pieces]
    assert respelt(surely, taught(["飘着", "头疼", "诉苦", "开发"])) == surely


def test_the_recognisers_own_confusions_are_known() -> None:
    counts = confusion.counted()
    assert all(re.fullmatch("[a-z]+", syllable) for pair in counts for syllable in pair)
    said = Counter[str]()
    for (syllable, _), count in counts.items():
        said[syllable] += count
    right = sum(count for (syllable, heard), count in counts.items() if syllable == heard)
    assert 0.85 < right / said.total() < 0.97
    assert counts["quan", "qian"] > 5  # rounded vowels are heard as plain ones


def misheard(text: str, every: int) -> str:
    """Each so manieth Chinese character replaced by another that sounds the same, a common one."""
    alike: dict[str, list[str]] = {}
    for character in "的是在时事市试式室使始士师十实石前钱千签后候厚到道倒电店点典费飞非话花化画退推票飘没美每员元原园院远":
        alike.setdefault(sound(character), []).append(character)
    written, count = [], 0
    for character in text:
        others = (
            [other for other in alike.get(sound(character), []) if other != character]
            if "\u4e00" <= character <= "\u9fff"
            else []
        )
        count += bool(others)
        written.append(others[count // every % len(others)] if others and count % every == 0 else character)
    return "".join(written)


def wrong(said: str, written: str) -> int:
    return sum(one != other for one, other in zip(said, written, strict=True))


def scripts(folder: Path) -> list[str]:
    return [turn["text"] for path in sorted(folder.glob("*.json")) for turn in json.loads(path.read_text("utf-8"))["turns"]]


def test_of_homophones_in_calls_it_never_saw_most_are_put_right(spelling: Spelling, calls: Path) -> None:
    said = scripts(calls)
    heard = [misheard(text, 2) for text in said]
    before = sum(map(wrong, said, heard))
    after = sum(wrong(text, written(spelling, other)) for text, other in zip(said, heard, strict=True))
    assert before > 300
    assert after < 0.4 * before


def test_calls_heard_right_stay_so(spelling: Spelling, calls: Path) -> None:
    said = scripts(calls)
    changed = sum(wrong(text, written(spelling, text, CLEAR)) for text in said)
    assert changed < 0.01 * sum(map(len, said))


NUMBERS_AND_NEGATIONS = frozenset("零一二两三四五六七八九十百千万亿幺半不没别未")


def test_numbers_and_negations_that_were_heard_right_stay_so(spelling: Spelling, calls: Path) -> None:
    said = scripts(calls)
    pairs = [pair for text in said for pair in zip(text, written(spelling, text, CLEAR), strict=True)]
    weighty = sum(one in NUMBERS_AND_NEGATIONS for one, _ in pairs)
    changed = sum(one != other and bool({one, other} & NUMBERS_AND_NEGATIONS) for one, other in pairs)
    assert changed < 0.01 * weighty


def test_two_threads_write_what_one_does(calls: Path) -> None:
    heard = [misheard(text, 3) for text in scripts(calls)[:60]]
    alone = [written(taught(heard), text) for text in heard]
    shared = taught(heard)
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(lambda text: written(shared, text), heard)) == alone


def test_of_too_many_characters_the_rarest_are_unknown() -> None:
    every = "".join(map(chr, range(0x4E00, 0x9FFF)))
    learnt = ngrams.learn(["您好请问龙"] * 2 + [every])
    unknown = learnt.id("👍")
    assert unknown not in [learnt.id(one) for one in "您好请问龙"]
    assert sum(learnt.id(one) == unknown for one in every) > 10_000


def test_english_and_a_site_that_wants_none_have_no_spelling() -> None:
    assert language.spelling(config.Config(model=config.Model(language="en"))) is None
    assert language.spelling(config.Config(decode=config.Decode(spelling=False))) is None


def site(folder: Path, write: Callable[[Path], object]) -> config.Config:
    (folder / "talk").mkdir()
    write(folder / "talk" / "own.txt")
    return config.Config(analysis=config.Analysis(playbook=folder))


def test_a_sites_own_words_are_spelt_as_it_spells_them(spelling: Spelling, tmp_path: Path) -> None:
    settings = site(tmp_path, lambda path: path.write_text("您好，墨岫科技客服\n我买的是墨岫家的音箱\n", "utf-8"))
    own = language.spelling(settings)
    assert own
    heard = "您好，莫秀科技客服"
    assert written(own, heard) == "您好，墨岫科技客服"
    assert written(spelling, heard) != written(own, heard)


def test_a_file_that_has_changed_is_read_anew(tmp_path: Path) -> None:
    settings = site(tmp_path, lambda path: path.write_text("您好\n", "utf-8"))
    before = language.spelling(settings)
    assert language.spelling(settings) is before
    (tmp_path / "talk" / "own.txt").write_text("您好，墨岫科技客服\n我买的是墨岫家的音箱\n", "utf-8")
    after = language.spelling(settings)
    assert before
    assert after
    assert written(after, "您好，莫秀科技客服") == "您好，墨岫科技客服" != written(before, "您好，莫秀科技客服")


def test_a_sites_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    settings = site(tmp_path, lambda path: path.write_bytes(b"\xff\xfe\x00"))
    with pytest.raises(ConfigError, match=r"own\.txt:1: is not UTF-8"):
        language.spelling(settings)


def test_the_candidates_begin_with_what_was_heard() -> None:
    learnt = ngrams.learn(["投诉", "头疼", "偷懒"])
    ids, scores = Confusion(learnt, Counter())("头", 0.8)
    assert ids[0] == learnt.id("头")
    assert {learnt.characters[one - ngrams.FIRST] for one in ids} >= {"头", "投", "偷"}
    assert scores[0] == pytest.approx(np.log(0.8))
    unknown, its = Confusion(learnt, Counter())("透", 0.8)
    assert unknown[0] == learnt.id("囧")
    assert len(unknown) == len(its) > 1
