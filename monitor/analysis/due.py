"""When something is to be done by: the times named in a line of talk, and the moment each of them means.

A grammar of what is said on the telephone (今天晚上八点前, 下周三之前, 三个工作日之内, 一个小时之内, 月底前), read from the
normal form; characters that recognisers write for those of a time (8点钱, 下班钱, 工作人) are taken as meant. Where only a
day or a part of it is said, its end is meant. Working days and holidays are those of mainland China (`workdays`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, timedelta
from itertools import pairwise

from monitor.analysis import workdays
from monitor.analysis.breaks import Break, breaks
from monitor.analysis.text import Text

_Named = tuple[int, int, datetime | None, bool]  # [start, end), when, and whether that is exact
_MISHEARD = [  # of equal length, so that places stay
    (re.compile(r"[误勿捂](?=点(?!之?后))"), "5"),
    (re.compile(r"(?<=下)[5五物误无](?=\d点)"), "午"),
    (re.compile(r"[值只直指](?=[前钱内])"), "之"),
    (re.compile(r"[伞散](?=点)"), "3"),
    (re.compile(r"酒(?=点)"), "9"),
    (re.compile(r"[名鸣](?=[天早晚])"), "明"),
    (re.compile(r"(?<=[今明])[玩碗万完](?=\d?[点上前之])"), "晚"),
    (re.compile(r"[洲舟州粥](?=[1-6日天末])"), "周"),
    (re.compile(r"(?<=工作)[人任入仁如]"), "日"),
    (re.compile(r"(?<=[\d个半]小)[石食实十事室]"), "时"),
    (re.compile(r"(?<=\d)[典店电]"), "点"),
    (re.compile(r"(?<=[点天分半号底班午上日内周月时])[钱千签浅欠](?![块元万])"), "前"),
    (re.compile(r"(?<=[点天分半号底班午上日周月时]之)[钱千签浅欠]"), "前"),
]
_N = r"(?:\d{1,3}到|两到)?(?:\d{1,3}|[两三四五六七八九][三四五六七八九]|半|几)"
_EDGE = r"(?:之前|以前|前|之内|以内|内|之后|以后|过后|后|左右|里)"
_WEEK = r"(?:周|星期|礼拜)"
_DAY = (
    rf"(?:今天|今日|今儿|明天|明日|明儿|大后天|后天|(?:[这本]个?|下下个?|下个?)?{_WEEK}(?:[1-7]|天|日|末)(?!\d)"
    rf"|[这本]{_WEEK}|下个?{_WEEK}|(?:(?:\d{{1,2}}月|下个?月|这个月|本月)?\d{{1,2}}[号日](?![楼店门线院桌房窗机口车]))|\d{{1,2}}月\d{{1,2}}"
    r"|(?:下个?月|这个月|本月|月)(?:底|末|初|中旬)|(?:下个?月|这个月|本月)|年底|年内|(?:下1?|次)个?工作日)"
)
_PART = r"(?:凌晨|清早|早上|早晨|上午|中午|午后|下午|傍晚|晚上|晚间|夜里|半夜|深夜|(?<=[今明天])[早晚])"
_CLOCK = r"(?:\d{1,2}点(?:半|[1-3]刻|\d{1,2}分?|整|钟)?)"
_MOMENT = re.compile(
    rf"(?:(?P<day>{_DAY}|今(?=晚|早)|明(?=晚|早))的?)?"
    rf"(?:(?P<off>下班|天黑)|(?P<on>上班(?!时间))|(?P<part>{_PART})?(?P<clock>{_CLOCK})?)(?P<edge>{_EDGE})?"
)
_SPAN = re.compile(
    rf"(?P<n>{_N})个?(?P<half>半)?(?P<unit>工作日|小时|钟头|分钟|天|{_WEEK}|(?<=个)月|刻钟)(?P<edge>{_EDGE})?(?!前|之前|以前)"
)
_HAPPENS = "出来|收到|到货|到账|审完|审核|通过|签收|起飞|入库|到仓|付款|完"
_EVENT = re.compile(  # and so much later: no moment can be told
    rf"[^的了]{{0,2}}(?:{_HAPPENS})?了?(?:以后|之后|后)$|[^的了]{{0,2}}(?:{_HAPPENS})了?$|(?:出发|到期|开课|开始|入住)$"
)
_NOT_EVENT = re.compile(r"(?:今后|^以后都?|然后|最后|稍后|随后|前后|售后|往后)$")
_GONE = re.compile(r"(?:上个?月?|过去|每|第|隔)$")
_NO_END = re.compile(  # what follows a time by which nothing is to be done: 26号做的, 一个月内有效, 下个月开始
    r"(?:就|才|在)?(?:做|买|下单|订|交|付款|办|签|寄|发|装|拍|收到|坐|来|取)的(?!时候|话|是)|都?有效|(?<!内)开始|起?生效"
)
_PAST = re.compile(r"(?:上个?|过去|最近|等了?|有了|已经|都|花了|耽误你?|每|第|前|稍等|隔|你)$")
_LATER = re.compile(r"前1?天$|当天$|第2天$|次日$")
_NIGHT = {"晚": 4, "夜": 6, "半": 6, "深": 6}  # until which hour of the next day it lasts
END = (23, 59)  # of a day: hour and minute
_OPENING, _NOON, _OFF, _EVENING = (9, 0), (12, 0), (18, 0), (18, 0)
_EVENT_LENGTH = 12  # characters before a time that may name the event it counts from
_PART_ENDS = {"早": _NOON, "上": _NOON, "清": _NOON, "凌": (6, 0), "中": (14, 0), "午": _EVENING, "下": _EVENING, "傍": (20, 0)}


@dataclass(frozen=True, slots=True)
class Time:
    """A time named in [start, end) of the normal form: the moment by which, or None where it hangs on an event."""

    start: int
    end: int
    due: datetime | None
    exact: bool  # a clock or a span of hours, not only a day


def times(text: Text, at: datetime) -> list[Time]:
    """The times to come named in `text`, in order, as said at `at` (aware). Times past and mere lengths are left out."""
    norm = heard(text.norm)
    found: list[Time] = []
    off = [one for one in breaks(text, norm, at.date()) if not _NO_END.match(norm, one.end)]
    named = [(one.start, one.end, _at(_on(at, one.due), END) if one.due else None, False) for one in off]
    named += [*_moments(text, norm, at), *_spans(text, norm, at, {one.end: one for one in off})]
    for start, end, moment, exact in sorted(named, key=lambda one: (one[0], -one[1])):
        if found and start < found[-1].end:
            continue
        if found and found[-1].due and moment and norm[found[-1].end : start] in ("到", "至"):  # a range: its end
            last = found.pop()
            found.append(Time(last.start, end, _until(last.due or moment, moment), exact))
            continue
        begin, event = _event(text, norm, start)
        found.append(Time(begin, end, None if event else moment, exact))
    return found


def heard(norm: str) -> str:
    """`norm` with what is written for the words of a time set right, place for place."""
    for pattern, meant in _MISHEARD:
        norm = pattern.sub(meant, norm)
    return norm


def _scan(pattern: re.Pattern[str], text: Text, norm: str) -> Iterator[re.Match[str]]:
    """Its matches, none of which takes a number that ends a clause and one that begins the next for one number: 84，5点."""
    cuts = [clause.start for clause in text.clauses[1:] if norm[clause.start - 1 : clause.start + 1].isdecimal()]
    for low, high in pairwise([0, *cuts, len(norm)]):
        yield from pattern.finditer(norm, low, high)


def _moments(text: Text, norm: str, at: datetime) -> Iterator[_Named]:
    for match in _scan(_MOMENT, text, norm):
        day, part, clock, off = match["day"] or "", match["part"] or "", match["clock"] or "", match["off"]
        if not (day or part or clock or (off and match["edge"])) or _past(norm, match):
            continue
        before = match["edge"] in ("之前", "以前", "前")
        if _NO_END.match(norm, match.end()):
            continue
        if (date := _date(day, at)) is None:
            continue
        if off:
            yield *match.span(), _at(date, _OFF), True
        elif match["on"]:
            yield *match.span(), _at(_at_work(date), _OPENING if before else END), before
        elif clock:
            if (moment := _clocked(date, clock, part, at, bool(day))) is not None:
                yield *match.span(), moment, True
        else:
            ends = _NOON if part == "中午" and before else _PART_ENDS.get(part[:1], END) if part else END
            yield *match.span(), _to_come(_at(date, ends), part, at), False


def _spans(text: Text, norm: str, at: datetime, off: Mapping[int, Break]) -> Iterator[_Named]:
    """`off`: the times after and before holidays, by where they end."""
    for match in _scan(_SPAN, text, norm):
        before = norm[max(0, match.start() - 4) : match.start()]
        holiday = off.get(match.start() - len(before) + len(before.rstrip("的第")))
        if (
            (_PAST.search(before) and not holiday)
            or norm[match.end() : match.end() + 1] in ("前", "的")
            or _NO_END.match(norm, match.end())
        ):
            continue
        if (
            not match["edge"] and not holiday and match.end() == text.clauses[text.clause_at[match.start()]].end
        ):  # 稍等一分钟: a mere length
            continue
        if match["edge"] in ("之前", "以前", "前"):  # 三天前: ago
            continue
        said = text.words(match.start("n"), match.end("n"))
        unit, n = match["unit"], _number(match["n"], said) + (0.5 if match["half"] else 0)
        exact = unit in ("小时", "钟头", "分钟", "刻钟")
        if holiday:
            yield holiday.start, match.end(), _later(_on(at, holiday.last), n, unit) if holiday.last else None, exact
        else:
            yield *match.span(), _later(at, n, unit), exact


def _past(norm: str, match: re.Match[str]) -> bool:
    before = norm[max(0, match.start() - 4) : match.start()]
    until_now = before.endswith(("到", "至")) and match["day"] in ("今天", "今日")
    return (until_now or bool(_GONE.search(before))) and not _LATER.search(before)


def _number(numeral: str, said: str) -> float:
    """The figure meant, the upper one of two (三到五, 两三); `said`: as written."""
    last = numeral.split("到")[-1]
    if last == "半":
        return 0.5
    if last == "几":
        return 5
    if said in ("一两", "一二"):
        return 2
    if last.isdecimal():
        return int(last)
    return float("零一二三四五六七八九".find(last[-1]))


def _later(at: datetime, n: float, unit: str) -> datetime:
    if unit in ("小时", "钟头"):
        return at + timedelta(hours=n)
    if unit in ("分钟", "刻钟"):
        return at + timedelta(minutes=n * (15 if unit == "刻钟" else 1))
    if unit == "工作日":
        return _at(_on(at, workdays.after(at.date(), max(1, round(n)))), END)
    days = {"天": 1, "月": 30}.get(unit, 7)
    return _at(at + timedelta(days=max(1, round(n * days)) if n else 0), END)


def _on(at: datetime, day: Day) -> datetime:
    """The same time on another day."""
    return at + (day - at.date())


def _at_work(date: datetime) -> datetime:
    """下周一上班, where that is a holiday: the day after it. On weekends many do work."""
    return _on(date, workdays.next_workday(date.date())) if date.weekday() < 5 else date


def _at(date: datetime, clock: tuple[int, int]) -> datetime:
    return date.replace(hour=clock[0], minute=clock[1], second=0, microsecond=0)


def _clocked(date: datetime, clock: str, part: str, at: datetime, named: bool) -> datetime | None:
    """A time by the clock on `date`: by the part of the day, else the next to come (or, on another day, the likelier)."""
    hour, _, rest = clock.partition("点")
    h, m = int(hour), 30 if rest == "半" else 15 * int(rest[0]) if rest.endswith("刻") else int(re.sub(r"\D", "", rest) or 0)
    if h > 24 or m > 59:
        return None
    if part[:1] == "凌":
        return _to_come(_at(date, (h % 12, m)), part, at)
    if (h == 12 and part[:1] in _NIGHT) or h < _NIGHT.get(part[:1], 0):  # 今天半夜12点, 今晚0点: as the day ends
        h = 24 + h % 12
    elif h < (3 if part[:1] == "中" else 12 if part[:1] in ("下", "傍", "午", *_NIGHT) else 0):
        h += 12
    elif not part and h <= 12:
        today = date.date() == at.date()
        choices = [_at(date, (hour, m)) for hour in (h % 24, (h + 12) % 24) if hour >= 7] or [_at(date, (h % 24, m))]
        choices = [choice for choice in choices if choice > at] if today else choices
        return min(choices) if choices else _at(date + timedelta(days=0 if named else 1), (h % 24, m))
    return _at(date + timedelta(days=h // 24), (h % 24, m))


def _to_come(moment: datetime, part: str, at: datetime) -> datetime:
    """今天凌晨, said when that is over, is the coming night."""
    return moment + timedelta(days=1) if part == "凌晨" and moment <= at else moment


def _date(day: str, at: datetime) -> datetime | None:
    """The day meant by its name; `at` where none is said. None: there is no such day."""
    if not day:
        return at
    for pattern, reckon in _DAYS:
        if match := pattern.fullmatch(day):
            try:
                return reckon(match, at)
            except ValueError:  # the 31st of a month of 30
                return None
    return None


def _weekday(match: re.Match[str], at: datetime) -> datetime:
    which, day = match[1] or "", match[2] or "末"
    number = 7 if day in "天日末7" else int(day)
    weeks = 2 if which.startswith("下下") else 1 if which.startswith("下") else 0
    date = at + timedelta(days=7 * weeks + number - 1 - at.weekday())
    return date + timedelta(days=7) if not which and date.date() < at.date() else date


def _dated(match: re.Match[str], at: datetime) -> datetime:
    month, day = match[1], int(match[2])
    if month and month[0].isdecimal():
        date = at.replace(month=int(month[:-1]), day=day)
        return date.replace(year=at.year + 1) if date.date() < at.date() else date
    if month or day < at.day:
        return (_month(at, 1) if not month or month.startswith("下") else at).replace(day=day)
    return at.replace(day=day)


def _within_month(match: re.Match[str], at: datetime) -> datetime:
    first = _month(at, 1 if (match[1] or "").startswith("下") else 0)
    if match[2] in ("初", "中旬"):
        return first.replace(day=5 if match[2] == "初" else 20)
    return _month(first, 1) - timedelta(days=1)


def _month(at: datetime, later: int) -> datetime:
    """The first of the month so many later."""
    months = at.month - 1 + later
    return at.replace(year=at.year + months // 12, month=months % 12 + 1, day=1)


def _until(start: datetime, end: datetime) -> datetime:
    """The end of a range by the clock: the first time of that name after its start."""
    choices = [_at(start, (hour, end.minute)) for hour in (end.hour % 12, end.hour % 12 + 12)]
    return min((choice for choice in choices if choice > start), default=choices[-1])


def _days(n: int) -> Callable[[re.Match[str], datetime], datetime]:
    return lambda match, at: at + timedelta(days=n)


_DAYS: list[tuple[re.Pattern[str], Callable[[re.Match[str], datetime], datetime]]] = [
    (re.compile(r"今天|今日|今儿|今"), _days(0)),
    (re.compile(r"明天|明日|明儿|明"), _days(1)),
    (re.compile(r"后天"), _days(2)),
    (re.compile(r"大后天"), _days(3)),
    (re.compile(rf"([这本]个?|下下个?|下个?)?{_WEEK}([1-7天日末])?"), _weekday),
    (re.compile(r"(\d{1,2}月|下个?月|这个月|本月)?(\d{1,2})[号日]?"), _dated),
    (re.compile(r"(下个?月|这个月|本月|月)(底|末|初|中旬)?"), _within_month),
    (re.compile(r"(?:下1?|次)个?工作日"), lambda match, at: _on(at, workdays.after(at.date(), 1))),
    (re.compile(r"年底|年内"), lambda match, at: at.replace(month=12, day=31)),
]


def _event(text: Text, norm: str, start: int) -> tuple[int, bool]:
    """Where the time's words begin, with the event before them that it counts from, and whether there is one."""
    clause = text.clause_at[start]
    low = text.clauses[clause].start
    if low == start and clause:
        low = text.clauses[clause - 1].start
    low = max(low, start - _EVENT_LENGTH)
    before = norm[low:start]
    if later := _LATER.search(before):
        return low + max(0, later.start() - 2), True
    if (event := _EVENT.search(before)) and not _NOT_EVENT.search(before):
        return low + event.start(), True
    return start, False
