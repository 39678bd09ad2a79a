"""What a call is about as a whole: type, cause and validity, while it lasts and at its end."""

from __future__ import annotations

from functools import lru_cache

import pytest

from monitor import config
from monitor.analysis.analyzer import Analysis, Analyzer
from monitor.records import Speaker, Summary
from tests.analysis.grievances import dialogues, run, scripts
from tests.analysis.talk import info, said


@lru_cache(maxsize=1)
def analysis() -> Analysis:
    return Analysis(config.Analysis())


def hear(*rows: str) -> Analyzer:
    analyzer, at = analysis().call(info()), 0.0
    for number, row in enumerate(rows):
        speaker: Speaker = "agent" if row[0] == "A" else "customer"
        utterance = said(speaker, row[2:], at, id=f"u{number}")
        at = utterance.end + 1
        analyzer.feed(utterance)
    return analyzer


def ended(*rows: str) -> Summary:
    analyzer = hear(*rows)
    analyzer.finish()
    return analyzer.summary()


def verdict(summary: Summary) -> tuple[str | None, str | None, str | None]:
    return summary.type, summary.cause, summary.validity


@pytest.mark.parametrize(
    "rows", [(), ("A:",), ("A:您好。",), ("A:您好。", "C:喂"), ("A:您好。", "C:😀"), ("A:您好。", "C:a" * 40)]
)
def test_nothing_is_known_before_anything_was_said(rows: tuple[str, ...]) -> None:
    assert verdict(hear(*rows).summary()) == (None, None, None)


def test_a_call_in_which_the_customer_says_nothing_is_none() -> None:
    assert verdict(ended("A:您好，请讲。")) == ("none", None, "none")


def test_a_question_is_an_inquiry_from_its_start_to_its_end() -> None:
    rows = ("A:您好。", "C:你好，我想问一下，办卡需要带什么材料？")
    assert hear(*rows).summary().type == "inquiry"
    assert verdict(ended(*rows, "A:带身份证就行。", "C:好的，谢谢。")) == ("inquiry", None, "communicative")


def test_once_a_complaint_always_a_complaint() -> None:
    rows = ("A:您好。", "C:你们太差了，退款拖了二十天都没到账，气死我了！")
    assert hear(*rows).summary().type == "venting"
    assert verdict(ended(*rows, "A:马上退。", "C:好的谢谢，你们处理得很好，很满意。")) == ("venting", "service", "valid")


def test_help_is_no_fault_of_the_company() -> None:
    summary = ended(
        "A:您好。", "C:姑娘，我不会弄这个手机，字也看不清，你教教我，怎么弄都上不了网。", "A:您点设置。", "C:好，好。"
    )
    assert verdict(summary) == ("help", None, "communicative")


def test_a_mistake_of_the_customers_own_makes_it_communicative() -> None:
    rows = ("A:您好。", "C:你们怎么又多扣了我三十块钱，太过分了！", "A:这是您上个月自己开的会员。")
    assert ended(*rows).validity == "valid"
    assert ended(*rows, "C:哦，那是我记错了，误会你们了。").validity == "communicative"


def test_what_the_agent_says_is_no_complaint_of_the_customers() -> None:
    summary = ended("A:您好，您要投诉我们太差了，气死了，要赔偿，对吗？", "C:不是不是。")
    assert summary.type in ("inquiry", "none")


def test_a_verdict_gives_its_reasons() -> None:
    analyzer = hear("A:您好。", "C:洗衣机漏水把地板泡坏了，你们得赔我三千块，一分都不能少！")
    reasons = analyzer._complaint.verdict(ended=True).because
    assert reasons
    assert all("客户" in reason for reason in reasons)


def test_three_thousand_characters() -> None:
    assert ended("A:您好。", "C:" + "你们太差了，" * 500).type == "venting"


def test_the_bundled_scripts() -> None:
    outcomes = [run(analysis(), call) for call in scripts()]
    assert sum(outcome.summary.type == outcome.call.type for outcome in outcomes) >= 15
    assert sum(outcome.summary.validity == outcome.call.validity for outcome in outcomes) >= 15


@pytest.mark.parametrize("name", ["dialogues.txt", "others.txt"])
def test_dialogues_of_other_trades(name: str) -> None:
    outcomes = [run(analysis(), call) for call in dialogues(name)]
    assert sum(outcome.summary.type == outcome.call.type for outcome in outcomes) >= 0.85 * len(outcomes)
    assert sum(outcome.summary.validity == outcome.call.validity for outcome in outcomes) >= 0.9 * len(outcomes)
