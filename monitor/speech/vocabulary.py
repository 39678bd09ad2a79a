"""A Whisper model's vocabulary cut to what calls are written in: most of it is for others.

A base model writes with 51,865 tokens, of which Chinese needs some 2,200, and a few thousand spell whatever else is said. With
the others gone a step costs half, and hardly any Korean comes of noise. All that can be said is still written: every byte is a
token.

Tokens are numbered anew, so that those of text lie between <|startoftranscript|> and <|notimestamps|>. What follows the former
and lies between the two CTranslate2 takes for a prompt, which it reads in one pass. Words that lead a stretch would otherwise
be spelled step by step, as the beginning of its answer, which costs as much as finding them. <|endoftext|> follows the text:
of what comes before it, and of nothing else, CTranslate2 tells the probabilities when it aligns.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

VERSION = 6  # of CTranslate2's model files
FEW = 3000  # merges of Latin letters that are kept, the first so many: they are by how often they are needed
START, END, LAST = "<|startoftranscript|>", "<|endoftext|>", "<|notimestamps|>"
_HAN = re.compile(
    rb"""(?: [\x00-\x7f] | [\xe4-\xe9][\x80-\xbf]{2} | \xe3\x80[\x80-\xbf] | \xef[\xbc\xbd][\x80-\xbf] | \xe2\x80[\x80-\xbf] )+
         (?: [\xe3-\xe9]? | [\xe4-\xe9][\x80-\xbf] | \xe2\x80 | \xef[\xbc\xbd] )
       | [\xe4-\xe9][\x80-\xbf] | \xe2\x80 | \xe3\x80 | \xef[\xbc\xbd]
       | [\x80-\xbf]{1,2} (?: [\x00-\x7f] | [\xe4-\xe9][\x80-\xbf]{0,2} )*""",
    re.VERBOSE,
)  # Chinese characters and marks, whole or the pieces of them that tokens are made of
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The numbers of tokens: the tokenizer's and the model's."""

    tokens: Sequence[str]  # the tokenizer's
    kept: Ids  # (tokens of the model,), the tokenizer's number of each
    new: Ids  # (tokens of the tokenizer,), the model's number; -1: it has none
    bytes: Ids  # (256,), the model's number of each byte

    def given(self, ids: Iterable[int]) -> list[int]:
        """The tokenizer's numbers as the model's, those it lacks spelled out in bytes."""
        numbers = list[int]()
        for one in ids:
            numbers += [int(self.new[one])] if self.new[one] >= 0 else self.bytes[list(_bytes(self.tokens[one]))].tolist()
        return numbers

    def written(self, ids: Iterable[int]) -> list[int]:
        """The model's numbers as the tokenizer's."""
        return [int(self.kept[one]) for one in ids]


def cut(folder: Path, language: str) -> tuple[dict[str, bytes], Vocabulary]:
    """The files of the multilingual model in `folder`, cut for `language` (zh, en), as CTranslate2 loads them from memory.

    Raises ValueError where they are of a kind unknown, OSError where they cannot be read.
    """
    try:
        tokens = _tokens(folder)
        settings = json.loads((folder / "config.json").read_text("utf-8"))
        kept = _kept(tokens, language)
        new = np.full(len(tokens), -1, np.int64)
        new[kept] = np.arange(len(kept))
        for name in ("suppress_ids", "suppress_ids_begin", "lang_ids"):
            settings[name] = [int(new[one]) for one in settings.get(name, ()) if new[one] >= 0]
        weights = np.memmap(folder / "model.bin", np.uint8, "r")
        return {
            "model.bin": _weights(weights.data, len(tokens), kept),
            "config.json": json.dumps(settings).encode(),
            "vocabulary.json": json.dumps([tokens[one] for one in kept]).encode(),
            "tokenizer.json": (folder / "tokenizer.json").read_bytes(),
        }, Vocabulary(tokens, kept, new, _single(tokens, new))
    except (struct.error, KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"the model in {folder} is of no known kind: {error}") from error


def _tokens(folder: Path) -> list[str]:
    """What the model writes with, by number; in a list, or a line each."""
    if (folder / "vocabulary.json").exists():
        return [str(token) for token in json.loads((folder / "vocabulary.json").read_text("utf-8"))]
    return (folder / "vocabulary.txt").read_text("utf-8").removesuffix("\n").split("\n")


def _kept(tokens: Sequence[str], language: str) -> Ids:
    """The tokens that stay, in their new order: the start, text, the end, what tells the task. None of a time."""
    place = {token: number for number, token in enumerate(tokens)}
    start, end, last = place[START], place[END], place[LAST]
    text = [number for number, token in enumerate(tokens[:end]) if _wanted(_bytes(token), number, language)]
    return np.array([start, *text, end, *range(start + 1, last + 1)], np.int64)


def _single(tokens: Sequence[str], new: Ids) -> Ids:
    """The new number of each byte's token."""
    numbers = np.full(0x100, -1, np.int64)
    for token, number in zip(tokens, new, strict=True):
        if len(token) == 1 and number >= 0:
            numbers[_bytes(token)[0]] = number
    return numbers


def _wanted(token: bytes, number: int, language: str) -> bool:
    if len(token) == 1:
        return True
    if token.isascii():
        return language == "en" or number < FEW or token.strip().isdigit()
    return language == "zh" and _HAN.fullmatch(token) is not None


def _bytes(token: str) -> bytes:
    """What a token writes, from the letters by which GPT-2's vocabulary writes bytes (Radford et al. 2019)."""
    return bytes(_LETTERS[letter] for letter in token)


def _letters() -> dict[str, int]:
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(0x100) if byte not in shown]
    return {chr(byte): byte for byte in shown} | {chr(0x100 + number): byte for number, byte in enumerate(hidden)}


_LETTERS = _letters()


def _weights(model: memoryview, size: int, kept: Ids) -> bytes:
    """The model file with only the `kept` rows of every table that has a row for each of `size` tokens."""
    made, at = BytesIO(), 0

    def number(form: str) -> int:
        nonlocal at
        (read,) = struct.unpack_from(form, model, at)
        at += struct.calcsize(form)
        return int(read)

    def copy(length: int) -> None:
        nonlocal at
        made.write(model[at : at + length])
        at += length

    def name() -> None:
        copy(2 + struct.unpack_from("<H", model, at)[0])

    if (version := number("<I")) != VERSION:
        raise ValueError(f"a model file of version {version}, not {VERSION}")
    made.write(struct.pack("<I", version))
    name()
    copy(4)  # the architecture's revision
    count = number("<I")
    made.write(struct.pack("<I", count))
    for _ in range(count):
        name()
        shape = [number("<I") for _ in range(number("<B"))]
        kind, length = number("<B"), number("<I")
        table = np.frombuffer(model, np.uint8, length, at)
        at += length
        if shape and shape[0] == size:
            shape[0], table = len(kept), table.reshape(size, -1)[kept]
        made.write(struct.pack(f"<B{len(shape)}IBI", len(shape), *shape, kind, table.nbytes))
        made.write(np.ascontiguousarray(table).data)
    copy(len(model) - at)
    return made.getvalue()
