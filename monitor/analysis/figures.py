"""The figures a person names (sums, dates, counts, spans of time, names), to hold two mentions side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from monitor.analysis import pinyin
from monitor.analysis.text import Text

HYPERBOLE = 50  # 八百遍, a round number from here on, is no count
ABOUT = 0.12  # 五千多 and 五千二 are the same sum, as far as one can hear
SUM = 100  # a bare number from here on may be a sum

_NUMBER = r"(?<![\d.])(?P<value>\d{1,12}(?:\.\d{1,6})?)(?![\d])"  # longer ones are codes
_VALUE = _NUMBER + r"(?P<about>多|来|几)?"
_PAID = "赔|退|扣|收|花|付|交|补|费|价|要|少|值|金|缴|充|卖|买|欠|报|罚|转|给"
_KINDS = (
    ("date", re.compile(r"(?P<month>\d{1,2})月(?:份)?(?P<value>\d{1,2})(?P<about>)[号日]?")),
    ("date", re.compile(r"(?<!\d)(?P<value>\d{1,2})(?P<about>)号(?![楼线店院栋机])")),
    ("month", re.compile(r"(?<!\d)(?P<value>\d{1,2})(?P<about>)月份(?!\d)")),
    ("money", re.compile(_VALUE + r"(?:万?块(?!儿|地|砖)|元|万元|圆|快钱|快(?:$|的))钱?")),
    (
        "money",
        re.compile(rf"(?:{_PAID})[^\d]{{0,5}}?" + _VALUE + r"(?![\d个次遍回趟天年月号日点小分周星礼楼栋岁里公斤条张件台米吨])"),
    ),
    ("times", re.compile(_VALUE + r"(?:次|遍|回(?!来)|趟|[个通][^\d]{0,2}电话)")),
    ("hours", re.compile(_VALUE + r"个?(?:小时|钟头)")),
    ("hours", re.compile(_VALUE + r"(?P<small>分钟)")),
    ("days", re.compile(_VALUE + r"天")),
    ("days", re.compile(_VALUE + r"个?(?P<large>星期|礼拜|周)(?![1-7日天末])")),
    ("months", re.compile(_VALUE + r"个(?:多)?月")),
    ("years", re.compile(_VALUE + r"年(?![级月0-9])")),
    ("weekday", re.compile(r"(?:周|星期|礼拜)(?P<value>[1-6])(?P<about>)")),
    ("clock", re.compile(r"(?<!\d)(?P<value>\d{1,2})(?P<about>)点(?!\d*块|[到着])")),
    ("distance", re.compile(_VALUE + r"(?:公里|里(?![面边头外])|米)")),
    ("weight", re.compile(_VALUE + r"(?:公斤|斤|克|吨|度)")),
    ("share", re.compile(_NUMBER + r"(?P<about>)%")),
    ("people", re.compile(_VALUE + r"个(?:人|学生|孩子|老人)")),
)
_PIECES = re.compile(_VALUE + r"(?P<unit>[个件台只瓶斤本张条双套盒份根笔])(?P<noun>[\u4e00-\u9fff]{1,2})")
_BARE = re.compile(_VALUE + r"(?![\d个次遍回趟天年月号日点小分周星礼楼栋岁里公斤条张件台米吨人名位户])")
_SHORT = re.compile(
    r"[一二三四五六七八九两](?:百[一二三四五六七八九]|千(?:[一二三四五六七八九]百?)?|万(?:[一二三四五六七八九]千?[一二三四五六七八九]?百?)?)"
)
_UNITS = re.compile(_VALUE + r"(?P<unit>[针页层颗粒袋箱桶亩]|(?<!51)节(?![前后假]))")
_CODE = re.compile(r"[号码尾编单后第][^0-9]{0,2}$|[打拨住牌a-zA-Z]$")  # before a number that is no sum
_NAME = re.compile(r"(?<!贵)姓(?P<value>[\u4e00-\u9fff])(?![啊吗什么啥])")
_RANGE = re.compile(r"[两二三四五六七八九几][二三四五六七八九十百千万]?$")
_SPANS = frozenset(("hours", "days", "months", "years"))
_MEANT = re.compile(r"(?:快|近|整整|差不多|大概|不到|才|刚|拖|等|过|迟到|晚|满|[了我])$")  # before a 一 that is a figure


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its kind (and noun, for pieces), its value (a name: its sound), and [start, end) in the normal form."""

    kind: str
    value: float | str
    about: bool
    start: int
    end: int
    month: int | None = None

    def differs(self, other: Figure) -> bool:
        """Whether two figures of one kind cannot both be right."""
        if self.kind != other.kind:
            return False
        if self.value == other.value:
            return None not in (self.month, other.month) and self.month != other.month
        if isinstance(self.value, str) or isinstance(other.value, str):
            return True
        if self.about or other.about:
            return abs(self.value - other.value) > ABOUT * max(self.value, other.value)
        return True


def figures(text: Text, start: int, end: int) -> tuple[Figure, ...]:
    """The figures in norm[start:end], in order, the longest reading of each."""
    kept: list[Figure] = []
    for clause in text.clauses:
        first, last = max(start, clause.start), min(end, clause.end)
        if first < last:
            found = [*_all(text.norm[first:last], first), *_prices(text, first, last)]
            for figure in sorted(found, key=lambda figure: (figure.start, figure.start - figure.end)):
                if not kept or figure.start >= kept[-1].end:
                    kept.append(figure)
    return tuple(kept)


def _all(norm: str, at: int) -> Iterator[Figure]:
    """The figures of one clause that stands at `at`."""
    read = [(kind, match) for kind, pattern in _KINDS for match in pattern.finditer(norm)]
    read += [(f"pieces {match['noun']}", match) for match in _PIECES.finditer(norm)]
    read += [(f"units {match['unit']}", match) for match in _UNITS.finditer(norm)]
    for kind, match in read:
        if figure := _figure(kind, match, norm):
            yield replace(figure, start=figure.start + at, end=figure.end + at)
    for match in _NAME.finditer(norm):
        yield Figure("name", pinyin.syllables(match["value"])[0], False, match.start() + at, match.end() + at)


def _prices(text: Text, start: int, end: int) -> Iterator[Figure]:
    """Sums said the short way, without a unit (四千二, 一万六), also as a recogniser may write them (3600, 6万8)."""
    for match in _BARE.finditer(text.norm, start, end):
        short = _SHORT.fullmatch(text.words(match.start("value"), match.end("value")))
        if short or _round_sum(match["value"], text.norm[start : match.start()]):
            yield Figure("money", float(match["value"]), bool(match["about"]), match.start(), match.end())


def _figure(kind: str, match: re.Match[str], norm: str) -> Figure | None:
    value, start, end = float(match["value"]), match.start("value"), match.end()
    if kind == "times" and value >= HYPERBOLE and _round(match["value"]):
        return None
    if value == 1 and not (kind in _SPANS and _MEANT.search(norm[:start])):
        return None  # 一 is mostly an article
    if kind == "money" and end == max(match.end("value"), match.end("about")) and not _sum(match["value"]):
        return None
    if kind.startswith(("units", "pieces")) and norm[start - 1 : start] == "第":
        return None  # 第2页: which, not how many
    if _RANGE.search(norm[max(0, start - 2) : start]):
        return None
    unit = match.re.groupindex
    value *= 1 / 60 if "small" in unit else 7 if "large" in unit else 1
    month = int(match["month"]) if "month" in match.re.groupindex else None
    if "noun" in match.re.groupindex:
        end = match.start("noun")
    return Figure(kind, value, bool(match["about"]), match.start("month") if month else start, end, month)


def _round(digits: str) -> bool:
    """Whether a number has one digit that counts: 800, 10000."""
    return len(digits.rstrip("0")) <= 1


def _round_sum(digits: str, before: str) -> bool:
    """Whether a bare number in figures is a sum: of hundreds and tens, and no code by the words before."""
    return _sum(digits) and len(digits) <= 6 and digits.endswith("0") and not _CODE.search(before)


def _sum(digits: str) -> bool:
    """Whether a bare number may be a sum: a large one, not a code."""
    return "." not in digits and not digits.startswith("0") and len(digits) <= 7 and int(digits) >= SUM
