"""The figures a person names (sums, dates, counts, durations), so that two mentions of one claim can be held side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.analysis.text import Text

HYPERBOLE = 50  # 八百遍 is no count
ABOUT = 0.12  # 五千多 and 五千二 are the same sum, as far as one can hear

_VALUE = r"(?P<value>\d+(?:\.\d+)?)(?P<about>多|来|几)?"
_KINDS = (
    ("money", re.compile(_VALUE + r"(?:块钱?|元|万块|圆)(?:\d+)?")),
    (
        "money",
        re.compile(
            r"(?:赔|退|扣|收|花|付|交|补|费|价|共|要|减|少)(?:偿|款|了|我|你们?|给|了我)?(?P<value>\d{2,6}(?:\.\d+)?)(?P<about>多|来)?$"
        ),
    ),
    ("times", re.compile(_VALUE + r"(?:次|遍|回|趟|[个通][^\d]{0,2}电话)")),
    ("hours", re.compile(_VALUE + r"个?(?:小时|钟头)")),
    ("minutes", re.compile(_VALUE + r"分钟")),
    ("days", re.compile(_VALUE + r"天")),
    ("weeks", re.compile(_VALUE + r"个?(?:星期|礼拜|周)(?![1-7日天末])")),
    ("months", re.compile(_VALUE + r"个(?:多)?月")),
    ("years", re.compile(_VALUE + r"年(?![级月0-9])")),
    ("day of month", re.compile(r"(?P<value>\d{1,2})(?P<about>)[号](?![楼线店院栋])")),
    ("weekday", re.compile(r"(?:周|星期|礼拜)(?P<value>[1-6])(?P<about>)")),
    ("clock", re.compile(r"(?P<value>\d{1,2})(?P<about>)点(?!\d*块)")),
)
_PIECES = re.compile(_VALUE + r"(?P<unit>[个件台只箱瓶斤本张条双套盒袋桶份])(?P<noun>[\u4e00-\u9fff]{1,2})")
_RANGE = re.compile(r"[两二三四五六七八九几][二三四五六七八九十百千万]?$")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its kind (and noun, for pieces), its value, and [start, end) in the normal form."""

    kind: str
    value: float
    about: bool
    start: int
    end: int

    def differs(self, other: Figure) -> bool:
        """Whether two figures of one kind cannot both be right."""
        if self.kind != other.kind or self.value == other.value:
            return False
        if self.about or other.about:
            return abs(self.value - other.value) > ABOUT * max(self.value, other.value)
        return True


def figures(text: Text, start: int, end: int) -> tuple[Figure, ...]:
    """The figures in norm[start:end], in order, the longest reading of each."""
    found = sorted(_all(text.norm[start:end]), key=lambda figure: (figure.start, figure.start - figure.end))
    kept: list[Figure] = []
    for figure in found:
        if not kept or figure.start >= kept[-1].end:
            kept.append(figure)
    return tuple(Figure(f.kind, f.value, f.about, f.start + start, f.end + start) for f in kept)


def _all(norm: str) -> Iterator[Figure]:
    for kind, pattern in _KINDS:
        for match in pattern.finditer(norm):
            figure = _figure(kind, match, norm)
            if figure:
                yield figure
    for match in _PIECES.finditer(norm):
        figure = _figure(f"pieces {match['noun']}", match, norm)
        if figure:
            yield figure


def _figure(kind: str, match: re.Match[str], norm: str) -> Figure | None:
    value, start = float(match["value"]), match.start("value")
    if value == 1 or (kind == "times" and value >= HYPERBOLE) or _RANGE.search(norm[:start]):
        return None  # 一 is mostly an article
    end = match.start("noun") if "noun" in match.re.groupindex else match.end()
    return Figure(kind, value, bool(match["about"]), start, end)
