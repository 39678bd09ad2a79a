"""Working days in mainland China: public holidays, and the weekend days worked in their stead.

The days are those of `holidays` (python-holidays, MIT). The State Council names a year's bridge days and worked weekends in
the November before; of a year that the installed release does not know yet, the holidays fixed by law are known and those are
not. Before 1950 and after 2100 every Monday to Friday is a working day.
"""

from __future__ import annotations

from datetime import MAXYEAR, date, timedelta
from functools import lru_cache

_DAY = timedelta(days=1)
AHEAD = 400  # days within which the next holiday of a name comes


@lru_cache(maxsize=32)
def _year(year: int) -> tuple[dict[date, str], frozenset[date]]:
    """The public holidays of a year by name, and the weekend days worked in it. Half a second the first time."""
    from holidays import country_holidays  # not above: it loads the calendars of all countries

    # A worked weekend belongs to the year of the holiday it makes up for, which may be the next.
    china = country_holidays("CN", language="zh_CN", years=(year, min(year + 1, MAXYEAR)))
    names = {day: name for day, name in china.items() if day.year == year}
    return names, frozenset(day for day in china.weekend_workdays if day.year == year)


def load(day: date) -> None:
    """Read the calendar around a day, so that nobody waits for it later."""
    _year(day.year)


def is_workday(day: date) -> bool:
    holidays, worked = _year(day.year)
    return day not in holidays if day.weekday() < 5 else day in worked


def next_workday(day: date) -> date:
    """The day itself, or the first working day after it."""
    while not is_workday(day):
        day += _DAY
    return day


def after(day: date, n: int) -> date:
    """The n-th working day after a day."""
    for _ in range(n):
        day = next_workday(day + _DAY)
    return day


def days_off(day: date, name: str = "") -> tuple[date, date] | None:
    """The first and last of the days off in a row around a holiday: the one that `day` is in, or the next to come.

    `name` (春节, 国庆): only a holiday called so. None where the calendar knows of none.
    """
    if day.year >= MAXYEAR - 1:
        return None
    start = day if is_workday(day) else _edge(day, -_DAY)
    for later in range(AHEAD):
        holiday = start + later * _DAY
        called = _year(holiday.year)[0].get(holiday)
        if called is not None and name in called:
            return _edge(holiday, -_DAY), _edge(holiday, _DAY)
    return None


def _edge(day: date, step: timedelta) -> date:
    """The last day off that is reached by steps from a day off."""
    while not is_workday(day + step):
        day += step
    return day
