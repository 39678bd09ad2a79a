"""What a time said on the telephone means, as said on a Friday at 14:05 in Shanghai."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.due import times
from monitor.analysis.text import read

AT = datetime(2026, 11, 20, 14, 5, tzinfo=timezone(timedelta(hours=8)))


def told(said: str, at: datetime = AT) -> list[tuple[str, str | None]]:
    text = read(said)
    return [(text.words(time.start, time.end), f"{time.due:%m-%d %H:%M}" if time.due else None) for time in times(text, at)]


@pytest.mark.parametrize(
    ("said", "words", "due"),
    [
        ("明天下午三点前给您回电", "明天下午三点前", "11-21 15:00"),
        ("今天晚上八点前到账", "今天晚上八点前", "11-20 20:00"),
        ("三个工作日之内答复您", "三个工作日之内", "11-25 23:59"),
        ("一个小时之内送到", "一个小时之内", "11-20 15:05"),
        ("十分钟后打给您", "十分钟后", "11-20 14:15"),
        ("一个半小时内过去", "一个半小时内", "11-20 15:35"),
        ("二十四小时内处理", "二十四小时内", "11-21 14:05"),
        ("周五上午给您送", "周五上午", "11-20 12:00"),
        ("周三给您送", "周三", "11-25 23:59"),
        ("下周三之前由店长回复", "下周三之前", "11-25 23:59"),
        ("这周内给您办完", "这周内", "11-22 23:59"),
        ("月底前退给您", "月底前", "11-30 23:59"),
        ("后天给您换", "后天", "11-22 23:59"),
        ("下班前报上去", "下班前", "11-20 18:00"),
        ("我八点十分再给您打", "八点十分", "11-20 20:10"),
        ("明早九点派车", "明早九点", "11-21 09:00"),
        ("十五号之前寄出", "十五号之前", "12-15 23:59"),
        ("一两天内给您答复", "一两天内", "11-22 23:59"),
        ("三到五个工作日到账", "三到五个工作日", "11-27 23:59"),
        ("后天上午十点半到十一点半之间上门", "后天上午十点半到十一点半", "11-22 11:30"),
        ("二十八号中午十二点前给您", "二十八号中午十二点前", "11-28 12:00"),
        ("今晚十二点前给您", "今晚十二点前", "11-21 00:00"),
        ("今天半夜十二点前退给您", "今天半夜十二点前", "11-21 00:00"),
        ("今晚零点前给您", "今晚零点前", "11-21 00:00"),
        ("明天夜里两点前修好", "明天夜里两点前", "11-22 02:00"),
        ("今天凌晨十二点前给您", "今天凌晨十二点前", "11-21 00:00"),
        ("凌晨十二点半前给您", "凌晨十二点半前", "11-21 00:30"),
        ("明天凌晨十二点前给您", "明天凌晨十二点前", "11-21 00:00"),
        ("今天凌晨三点前修好", "今天凌晨三点前", "11-21 03:00"),
        ("明天凌晨给您送到", "明天凌晨", "11-21 06:00"),
        ("下个工作日给您答复", "下个工作日", "11-23 23:59"),
        ("下周一上班后给您回电", "下周一上班后", "11-23 23:59"),
        ("明天上班前发给您", "明天上班前", "11-21 09:00"),
        ("元旦前退给您", "元旦前", "12-31 23:59"),
        ("节后给您安排", "节后", "01-04 23:59"),
        ("等过完年给您换", "过完年", "02-11 23:59"),
        ("我们年前给您处理掉", "年前", "02-04 23:59"),
        ("今晚一点前到", "今晚一点前", "11-21 01:00"),
        ("今晚五点前到", "今晚五点前", "11-20 17:00"),
        ("三天内开始退款", "三天内", "11-23 23:59"),
        ("天黑以前给您送去", "天黑以前", "11-20 18:00"),
        ("金额是二十五，十五个工作日内退您", "十五个工作日内", "12-11 23:59"),
        ("今天下班钱换一台", "今天下班钱", "11-20 18:00"),  # as recognisers write it
        ("误点前王经理打给您", "误点前", "11-20 17:00"),
    ],
)
def test_a_time_to_come(said: str, words: str, due: str) -> None:
    assert told(said) == [(words, due)]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("结果出来三个工作日之内，我亲自打给您", "结果出来三个工作日之内"),
        ("处方收到以后，一个小时之内送到", "处方收到以后，一个小时之内"),
        ("起飞前一天晚上八点之前发短信", "起飞前一天晚上八点之前"),
    ],
)
def test_what_counts_from_an_event_has_no_moment(said: str, words: str) -> None:
    assert told(said) == [(words, None)]


@pytest.mark.parametrize(
    "said",
    [
        "包裹五天前就签收了",
        "让您等了三个小时",
        "上周三给您寄的",
        "请稍等一分钟",
        "二月三十号给您",
        "二十五点给您打",
        "下个月开始生效",
        "",
        "嗯",
        "季节后面再说",
        "三年后的事",
        "国庆期间",
        "春节前后都忙",
        "年前买的",
        "请排到五十一前面",
    ],
)
def test_no_time_to_come(said: str) -> None:
    assert told(said) == []


def test_a_clock_said_late_in_the_evening_means_the_next_morning() -> None:
    assert told("八点前给您回电", AT.replace(hour=23)) == [("八点前", "11-21 08:00")]


@pytest.mark.parametrize(
    ("day", "said", "words", "due"),
    [
        ((2, 12), "三个工作日内答复您", "三个工作日内", "02-24 23:59"),  # 13, the worked Saturday, then after the holidays
        ((9, 30), "两个工作日内退款", "两个工作日内", "10-09 23:59"),
        ((9, 28), "国庆节后三个工作日之内给您", "国庆节后三个工作日之内", "10-10 23:59"),  # a worked Saturday
        ((9, 28), "节后第三个工作日给您", "节后第三个工作日", "10-10 23:59"),
        ((10, 3), "节后第一天上班就给您打", "节后第一天上班", "10-08 23:59"),
        ((10, 3), "节前给您", "节前", "12-31 23:59"),
        ((9, 28), "下周一上班给您办", "下周一上班", "10-08 23:59"),
        ((9, 28), "下周一给您送", "下周一", "10-05 23:59"),  # couriers do come
        ((4, 28), "五一之后给您发货", "五一之后", "05-06 23:59"),
        ((4, 28), "五一小长假结束后寄出", "五一小长假结束后", "05-06 23:59"),
        ((9, 28), "十一长假之前办好", "十一长假之前", "09-30 23:59"),
        ((9, 28), "放假前给您寄出", "放假前", "09-30 23:59"),
        ((12, 31), "一个工作日内答复", "一个工作日内", "01-04 23:59"),  # 2027, as the law has it
    ],
)
def test_working_days_and_holidays_of_the_year(day: tuple[int, int], said: str, words: str, due: str) -> None:
    assert told(said, AT.replace(month=day[0], day=day[1])) == [(words, due)]


def test_in_a_year_whose_holidays_nobody_knows_working_days_are_monday_to_friday() -> None:
    later = AT.replace(year=2150, month=9, day=30)
    assert told("三个工作日内", later) == [("三个工作日内", "10-05 23:59")]
    assert told("国庆节后给您回电", later) == [("国庆节后", None)], "a promise with a time, but no moment"


@pytest.mark.parametrize("said", ["1点", "3天内", "节后", "明天", "1", "一", "五一前", "国庆节后三个工作日内，"])
def test_three_thousand_characters_of_the_same(said: str) -> None:
    for time in times(read(said * (3_000 // len(said))), AT):
        assert time.end > time.start


def test_working_days_from_a_saturday_begin_on_monday() -> None:
    assert told("一个工作日之内", AT + timedelta(days=1)) == [("一个工作日之内", "11-23 23:59")]


def test_the_time_zone_of_the_call_is_kept() -> None:
    found = times(read("明天下午三点前"), AT)
    assert found[0].due is not None
    assert found[0].due.isoformat() == "2026-11-21T15:00:00+08:00"


@given(
    st.text(
        alphabet="今明后天周月号日前内之点半刻分小时工作下上早晚节假年放完过班国庆0123456789一二三十两几到，。的", max_size=60
    )
)
def test_any_jumble_of_such_words_is_read_without_a_fault(said: str) -> None:
    for time in times(read(said), AT):
        assert time.end > time.start
        assert time.due is None or time.due.tzinfo is not None


def test_three_thousand_characters() -> None:
    assert len(told("明天下午三点前给您回电，" * 250)) > 200


@pytest.mark.parametrize("said", ["上月二十六号做的", "您二十六号做的检查", "一个月内有效", "下个月开始生效"])
def test_a_time_by_which_nothing_is_due(said: str) -> None:
    assert told(said) == []
