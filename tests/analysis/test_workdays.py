"""Working days: announced years, a year not announced yet, years nobody knows, and bad luck at both ends of time."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.analysis.workdays import after, days_off, is_workday, next_workday


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 2, 13), True),  # Friday
        (date(2026, 2, 14), True),  # Saturday, worked for the Spring Festival
        (date(2026, 2, 16), False),  # Monday, its eve
        (date(2026, 2, 23), False),  # Monday, a bridge day
        (date(2026, 2, 28), True),
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),
        (date(2026, 11, 21), False),
        (date(2027, 1, 1), False),  # by law, whatever else is announced
        (date(2027, 2, 8), False),
        (date(2150, 10, 1), True),  # nobody knows
        (date(1901, 1, 1), True),
        (date(9999, 12, 31), True),
    ],
)
def test_a_day(day: date, works: bool) -> None:
    assert is_workday(day) is works


def test_working_days_are_counted_over_holidays_and_worked_weekends() -> None:
    assert after(date(2026, 2, 12), 2) == date(2026, 2, 14)
    assert after(date(2026, 2, 14), 1) == date(2026, 2, 24)
    assert after(date(2026, 12, 31), 1) == date(2027, 1, 4)
    assert after(date(2150, 9, 30), 3) == date(2150, 10, 5)
    assert next_workday(date(2026, 10, 3)) == date(2026, 10, 8)
    assert next_workday(date(2026, 10, 10)) == date(2026, 10, 10)


def test_the_days_off_around_a_holiday() -> None:
    golden = (date(2026, 10, 1), date(2026, 10, 7))
    assert days_off(date(2026, 9, 28)) == golden
    assert days_off(date(2026, 10, 4)) == golden, "in the middle of it"
    assert days_off(date(2026, 6, 21)) == (date(2026, 6, 19), date(2026, 6, 21)), "the Sunday after a Friday's holiday"
    assert days_off(date(2026, 6, 22), "国庆") == golden
    assert days_off(date(2026, 11, 22), "春节") == (date(2027, 2, 5), date(2027, 2, 10))
    assert days_off(date(2026, 11, 22), "双十一") is None
    assert days_off(date(2150, 1, 1)) is None
    assert days_off(date(9999, 12, 31)) is None
