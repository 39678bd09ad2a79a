"""Times named by a public holiday: 国庆节后, 过完年, 五一之前, 放假前, 节后第一个工作日."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from monitor.analysis import workdays
from monitor.analysis.text import Text

_OFF = r"小?长假|节?假期|黄金周|放假"
_WHEN = re.compile(
    r"(?P<over>过完了?|过了|放完|休完)?"
    rf"(?:(?P<name>元旦|春节|过年|清明|(?<!\d)51(?!\d)|劳动节|端午|中秋|国庆|(?<![\d双])11(?=节|{_OFF}))节?(?:{_OFF})?"
    rf"|(?P<bare>{_OFF}|[节年假]))"
    r"(?:(?P<before>之前|以前|前(?![后面边头台]))|(?P<after>(?:结束|完了?)?(?:之后|以后|过后|后)|结束))?"
    r"(?P<first>(?<=[后束])的?(?:第1个?(?:工作日|天))?(?:1?上班|复工|开工)?(?:第1天)?(?:以后|之后|后)?)?"
)
_CALLED = {"过年": "春节", "51": "劳动节", "11": "国庆"}  # by the calendar
_SHORT = ("节", "年", "假")  # the end of many another word: 季节后, 三年后
_BEFORE_SHORT = "我你们他在到等要得就是那于了"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Break:
    """[start, end) of the normal form. None where the calendar does not know the holiday."""

    start: int
    end: int
    due: date | None  # the last working day before the holiday, or the first after it
    last: date | None  # day off


def breaks(text: Text, norm: str, today: date) -> Iterator[Break]:
    """The times before and after public holidays in `norm`, the normal form of `text`, as said `today`."""
    for match in _WHEN.finditer(norm):
        if not (match["before"] or match["after"] or match["over"]) or not _holiday(text, norm, match):
            continue
        name = "春节" if match["bare"] == "年" else _CALLED.get(match["name"], match["name"] or "")
        off = workdays.days_off(today, name)
        if match["before"] and off and off[0] <= today:  # 节前, said in the holidays: before the next
            off = workdays.days_off(off[1] + _DAY, name)
        due = None if off is None else off[0] - _DAY if match["before"] else workdays.next_workday(off[1] + _DAY)
        yield Break(match.start(), match.end(), due, off[1] if off else None)


def _holiday(text: Text, norm: str, match: re.Match[str]) -> bool:
    """Whether a holiday is meant, and not a word or a number that looks like one."""
    if match["name"] == "51":
        start, end = match.span("name")
        return norm[end : end + 1] in ("节", "小", "长", "假", "放") or text.words(start, end) == "五一"
    if match["bare"] not in _SHORT or match["over"]:
        return True
    start = match.start()
    return match["bare"] != "假" and (start == text.clauses[text.clause_at[start]].start or norm[start - 1] in _BEFORE_SHORT)
