"""The cut vocabulary: what stays can write anything, and what leads a stretch can be read as a prompt."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import tokenizers

from monitor import config
from monitor.speech import models, vocabulary
from monitor.speech.vocabulary import END, LAST, START, Vocabulary, cut


@pytest.fixture(scope="module")
def folder(model_settings: config.Model) -> Path:
    return models.path(model_settings)


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> tokenizers.Tokenizer:
    return tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))


@pytest.fixture(scope="module", params=["zh", "en"])
def words(folder: Path, request: pytest.FixtureRequest) -> Vocabulary:
    return cut(folder, request.param)[1]


@pytest.mark.parametrize(
    "text",
    ["我要打12315投诉你们!", "您的WiFi套餐是5G的,對嗎?", "감사합니다 ありがとう", "naïve café 🙂 ½", "，。？“”……《》", ""],
)
def test_whatever_is_said_can_be_written(words: Vocabulary, tokenizer: tokenizers.Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    given = words.given(ids)
    assert all(0 <= number < len(words.kept) for number in given)
    assert tokenizer.decode(words.written(given)) == text


def test_text_lies_where_it_is_read_in_one_go(words: Vocabulary, tokenizer: tokenizers.Tokenizer) -> None:
    start, last, end = (int(words.new[tokenizer.token_to_id(one)]) for one in (START, LAST, END))
    task = [int(words.new[tokenizer.token_to_id(f"<|{name}|>")]) for name in ("zh", "en", "transcribe", "startofprev")]
    text = words.given(tokenizer.encode("好的，您稍等 OK 12345", add_special_tokens=False).ids)
    assert all(start < number < last for number in [*task, *text])
    assert max(text) < end < min(task), "so that probabilities are told of text"
    assert len(words.kept) == last + 1, "and no time can be written"


def test_other_languages_are_left_out_and_a_language_keeps_its_own(folder: Path, tokenizer: tokenizers.Tokenizer) -> None:
    chinese, english = cut(folder, "zh")[1], cut(folder, "en")[1]
    assert len(chinese.kept) < 6_000
    place = tokenizer.token_to_id
    assert chinese.new[place("æĪĳåĢĳ")] >= 0 > english.new[place("æĪĳåĢĳ")], "我們"
    assert english.new[place("Ġcomplaint")] >= 0
    assert chinese.new[place("ìĬµëĭĪëĭ¤")] == english.new[place("ìĬµëĭĪëĭ¤")] == -1, "습니다"


def test_rows_go_with_their_tokens(folder: Path) -> None:
    whole = (folder / "model.bin").read_bytes()
    files, words = cut(folder, "zh")
    assert len(whole) - len(files["model.bin"]) == (len(words.tokens) - len(words.kept)) * 512 * 2, "one table of float16"
    old, new = (_embeddings(data, size) for data, size in ((whole, len(words.tokens)), (files["model.bin"], len(words.kept))))
    assert len(np.unique(old, axis=0)) > 50_000, "rows differ"
    assert (new == old[words.kept]).all()


def _embeddings(model: bytes, size: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    """The decoder's table, by where its name stands in the file: name, rank, two dimensions, type, length, numbers."""
    at = model.index(b"decoder/embeddings/weight\0") + len(b"decoder/embeddings/weight\0")
    assert struct.unpack_from("<BII", model, at) == (2, size, 512)
    return np.frombuffer(model, np.uint16, size * 512, at + 14).reshape(size, 512)


def test_tokens_may_stand_in_lines(folder: Path, tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "model.bin"):
        (tmp_path / name).symlink_to((folder / name).absolute())
    whole, words = cut(folder, "zh")
    (tmp_path / "vocabulary.txt").write_text("".join(f"{token}\n" for token in words.tokens), "utf-8")
    assert cut(tmp_path, "zh")[0] == whole


@pytest.mark.parametrize(
    ("damage", "told"),
    [("empty", "unpack"), ("newer", "version 7"), ("cut off", "buffer"), ("no words", "startoftranscript"), ("a list", "list")],
)
def test_files_of_another_kind_are_told(folder: Path, tmp_path: Path, damage: str, told: str) -> None:
    for name in ("config.json", "tokenizer.json", "vocabulary.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with (folder / "model.bin").open("rb") as model:
        head = model.read(100_000)
    if damage == "empty":
        head = b"\0"
    elif damage == "newer":
        head = (vocabulary.VERSION + 1).to_bytes(4, "little") + head[4:]
    elif damage == "no words":
        (tmp_path / "vocabulary.json").write_text("[]", "utf-8")
    elif damage == "a list":
        (tmp_path / "config.json").write_text("[]", "utf-8")
    (tmp_path / "model.bin").write_bytes(head)
    with pytest.raises(ValueError, match=f"no known kind.*{told}"):
        cut(tmp_path, "zh")
