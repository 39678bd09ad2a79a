"""The normal form of one utterance, aligned with the words as they were written.

Simplified characters, half width, lower case; 您/妳 as 你, 她/它 as 他, 啦 as 了; numbers in Arabic digits (一千八百 is
1800, 幺二三 is 123, 百分之百 is 100%); punctuation, fillers (嗯, 那个，), 儿-endings and false starts (就，就不行) out.
Every character that is left knows where it stood in the original, so that what is found can be highlighted as it was said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import cn2an
import opencc
import rjieba

from monitor.analysis import pinyin

MAX_LENGTH = 3_000  # characters; what follows is not analysed

_STOPS = {"？": 5, "！": 4, "。": 3, "；": 2, "，": 1}  # by strength
_STOP_OF = {
    **dict.fromkeys("?？", "？"),
    **dict.fromkeys("!！", "！"),
    **dict.fromkeys("。.…\n", "。"),
    **dict.fromkeys(";；:：", "；"),
    **dict.fromkeys(",，、·—-～~ \t\u3000", "，"),
}
_SAME = str.maketrans("您妳她它牠啦咯帐", "你你他他他了了账")
_FILLERS = frozenset("嗯呃唔诶欸哎唉嗨喂噢喔哦啊呀哇呐哟嘿")
_FILLER_CLAUSES = frozenset(
    (
        "那个", "这个", "那什么", "就是", "就是说", "怎么说", "怎么说呢", "然后", "然后呢", "那", "这", "就", "额", "这样",
        "那个那个", "这个这个",
    )
)  # fmt: skip
_RETRACED = frozenset(
    (
        "我", "你", "他", "这", "那", "就", "是", "要", "都", "没", "咱", "我们", "你们", "他们", "那个", "这个", "就是",
        "然后", "因为", "所以",
    )
)  # fmt: skip
_ER = re.compile(r"(?<=[会点哪这那事块样边味头圈玩])儿(?!子|女|童|科)")
_NUMERAL = "0-9零〇一二两三四五六七八九幺"
_NUMBER = re.compile(rf"[0-9]+(?:\.[0-9]+)+|百分之[{_NUMERAL}十百千点]+|百分百|[{_NUMERAL}十][{_NUMERAL}十百千万亿]*")
_DIGIT = str.maketrans("零〇一二两三四五六七八九幺", "0012234567891")
_PLAIN = str.maketrans("〇两幺", "零二一")
_ABOUT = re.compile("两三|二三|三四|三五|四五|五六|六七|七八|八九")  # 两三天: no figure
_MEASURES = frozenset("十百千万亿天个次年月块分小周遍回位人元倍件单条趟")


@dataclass(frozen=True, slots=True)
class Clause:
    """[start, end) in `norm` and the mark that ends it (？！。；， or nothing)."""

    start: int
    end: int
    stop: str


@dataclass(frozen=True)
class Text:
    """One utterance in normal form. `at[i]` and `till[i]` are the start and end of `norm[i]` in `original`."""

    original: str
    norm: str
    at: tuple[int, ...]
    till: tuple[int, ...]
    clauses: tuple[Clause, ...]

    @cached_property
    def syllables(self) -> tuple[str, ...]:
        """Toneless pinyin of each character of `norm`, easily confused sounds folded into one (see `pinyin.fold`)."""
        return pinyin.syllables(self.norm)

    @cached_property
    def spoken(self) -> tuple[str, ...]:
        """The syllables as they are, not folded."""
        return pinyin.spoken(self.norm)

    @cached_property
    def clause_at(self) -> tuple[int, ...]:
        """For each character of `norm`, the index of its clause."""
        return tuple(number for number, clause in enumerate(self.clauses) for _ in range(clause.start, clause.end))

    @cached_property
    def word_spans(self) -> tuple[tuple[int, int], ...]:
        """[start, end) in `norm` of its words, by dictionary."""
        spans, start = [], 0
        for word in rjieba.cut(self.norm):
            spans.append((start, start + len(word)))
            start += len(word)
        return tuple(spans)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where norm[start:end] stood in the original."""
        return self.at[start], self.till[end - 1]

    def words(self, start: int, end: int) -> str:
        """norm[start:end] as it was written."""
        a, b = self.span(start, end)
        return self.original[a:b]

    def sentence(self, index: int) -> tuple[int, int]:
        """[start, end) in `norm` of the sentence around a character: the clauses between two of 。！？."""
        number = self.clause_at[index]
        first = last = number
        while first > 0 and self.clauses[first - 1].stop in "，；":
            first -= 1
        while last + 1 < len(self.clauses) and self.clauses[last].stop in "，；":
            last += 1
        return self.clauses[first].start, self.clauses[last].end


@dataclass(slots=True)
class _Cell:
    """A character on its way into the normal form."""

    char: str
    at: int
    till: int
    stop: str = ""


@lru_cache(maxsize=1)
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=4096)
def read(original: str) -> Text:
    """The normal form of `original`; of a very long one, of its first `MAX_LENGTH` characters."""
    cells = _numbers(_cells(original[:MAX_LENGTH]))
    cells = _without_false_starts(_without_fillers(cells))
    return Text(
        original=original,
        norm="".join(cell.char for cell in cells),
        at=tuple(cell.at for cell in cells),
        till=tuple(cell.till for cell in cells),
        clauses=tuple(_clauses(cells)),
    )


def normal(piece: str) -> str:
    """The normal form of a piece of a pattern."""
    return "".join(cell.char for cell in _numbers(_cells(piece)) if cell.char not in _FILLERS)


def _simplify(text: str) -> str:
    simple: str = _simplifier().convert(text)
    if len(simple) != len(text):
        simple = "".join(converted if len(converted := _simplifier().convert(char)) == 1 else char for char in text)
    return simple.translate(_SAME)


def _half(char: str) -> str:
    folded = unicodedata.normalize("NFKC", char).lower()
    return folded if len(folded) == 1 else char


def _cells(text: str) -> list[_Cell]:
    half = "".join(map(_half, text))
    simple = _simplify(half)
    endings = {match.start() for match in _ER.finditer(simple)}
    cells: list[_Cell] = []
    for index, char in enumerate(simple):
        inside = 0 < index < len(simple) - 1 and simple[index - 1].isdecimal() and simple[index + 1].isdecimal()
        if char == "," and inside and simple[index + 1 : index + 4].isdecimal():
            continue
        if char.isalnum() or char == "%" or (char == "." and inside):
            if index not in endings:
                cells.append(_Cell(char, index, index + 1))
            elif cells:
                cells[-1].till = index + 1
        elif cells:
            latin = char == " " and cells[-1].char.isascii()
            _stop(cells[-1], "" if latin else _STOP_OF.get(char, ""))
    return cells


def _stop(cell: _Cell, stop: str) -> None:
    if _STOPS.get(stop, 0) > _STOPS.get(cell.stop, 0):
        cell.stop = stop


def _runs(cells: list[_Cell]) -> Iterator[list[_Cell]]:
    start = 0
    for index, cell in enumerate(cells):
        if cell.stop or index == len(cells) - 1:
            yield cells[start : index + 1]
            start = index + 1


def _numbers(cells: list[_Cell]) -> list[_Cell]:
    folded: list[_Cell] = []
    for run in _runs(cells):
        text, done = "".join(cell.char for cell in run), 0
        for match in _NUMBER.finditer(text):
            folded += run[done : match.start()]
            done = match.end()
            folded += _fold_number(run[match.start() : done], _figure(match[0], text[done : done + 1]))
        folded += run[done:]
    return folded


def _fold_number(cells: list[_Cell], figure: str) -> list[_Cell]:
    """`figure` in place of the numerals it was read from; each of its characters stands for all of them, or for its own."""
    if len(figure) == len(cells):
        return [_Cell(char, cell.at, cell.till, cell.stop) for char, cell in zip(figure, cells, strict=True)]
    folded = [_Cell(char, cells[0].at, cells[-1].till) for char in figure]
    folded[-1].stop = cells[-1].stop
    return folded


@lru_cache(maxsize=4096)
def _figure(text: str, after: str) -> str:
    """A run of numerals in Arabic digits. 两三天 and runs that are no number keep their value characters one by one."""
    if "." in text:
        return text
    if text == "百分百":
        return "100%"
    if text.startswith("百分之"):
        return ("100" if text.endswith("之百") else _figure(text[3:], "")) + "%"
    if _ABOUT.match(text) and (text[2:3] or after) in _MEASURES:
        return text
    if not any(unit in text for unit in "十百千万亿"):
        return text.translate(_DIGIT)
    try:
        value = cn2an.cn2an(text.translate(_PLAIN), "smart")
    except (ValueError, LookupError):  # 一十零: cn2an stumbles over some runs that are no number
        return text.translate(_DIGIT)
    return str(int(value)) if float(value).is_integer() else str(value)


def _without_fillers(cells: list[_Cell]) -> list[_Cell]:
    kept: list[_Cell] = []
    for run in _runs(cells):
        words = [cell for cell in run if cell.char not in _FILLERS]
        if "".join(cell.char for cell in words) in _FILLER_CLAUSES:
            words = []
        if words:
            _stop(words[-1], run[-1].stop)
        elif kept:
            _stop(kept[-1], run[-1].stop)
        kept += words
    return kept or [cell for cell in cells if cell.char not in _FILLERS]


def _without_false_starts(cells: list[_Cell]) -> list[_Cell]:
    """Take out what is said again at once: 我我要, 那个那个, and across a comma 我要，我要投诉 (but not 不行，不行！)."""
    text = "".join(cell.char for cell in cells)
    dropped: set[int] = set()
    for index in range(len(cells)):
        for size in (4, 3, 2, 1):
            piece = text[index : index + size]
            if len(piece) < size or text[index + size : index + 2 * size] != piece or piece.isascii():
                continue
            inner = any(cell.stop for cell in cells[index : index + size - 1])
            stop = cells[index + size - 1].stop
            goes_on = index + 2 * size < len(cells) and not cells[index + 2 * size - 1].stop
            if inner or (stop not in "，" if stop else piece not in _RETRACED) or (stop and not goes_on):
                continue
            dropped.update(range(index, index + size))
            break
    return [cell for index, cell in enumerate(cells) if index not in dropped]


def _clauses(cells: list[_Cell]) -> Iterator[Clause]:
    start = 0
    for run in _runs(cells):
        yield Clause(start, start + len(run), run[-1].stop)
        start += len(run)
