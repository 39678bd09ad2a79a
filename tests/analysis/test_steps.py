"""The steps of handling a complaint: told once, in complaints only, and missed where they never came."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from monitor import config
from monitor.analysis.analyzer import Analysis
from monitor.records import Finding
from tests.analysis.grievances import Call, Turn, begun, dialogues, f1, run, scripts, tally
from tests.analysis.talk import info, said

STEPS = ("soothe", "probe", "act", "elevate", "change", "close")


@lru_cache(maxsize=1)
def analysis() -> Analysis:
    return Analysis(config.Analysis())


def talk(*rows: str) -> list[list[Finding]]:
    """The steps and missing steps found after each row (`A:` or `C:` and the text), and at the end."""
    analyzer, at, found = analysis().call(info()), 0.0, []
    for number, row in enumerate(rows):
        utterance = said("agent" if row[0] == "A" else "customer", row[2:], at, id=f"u{number}")
        at = utterance.end + 1
        draft = analyzer.peek(replace(utterance, stage="draft"))
        insight = analyzer.feed(utterance)
        assert steps(draft.findings) == steps(insight.findings)
        found.append(steps(insight.findings))
    return [*found, steps(analyzer.finish())]


def steps(findings: tuple[Finding, ...]) -> list[Finding]:
    return [one for one in findings if one.kind in ("step", "step_missing")]


def rules(found: list[Finding]) -> list[str | None]:
    return [one.rule for one in found]


ANGRY = "C:你们送来的洗衣机昨天就漏水，地板全泡坏了，打了三次电话都没人管！"


def test_each_step_is_told_when_it_is_first_done() -> None:
    found = talk(
        "A:您好，请问有什么可以帮您？",
        ANGRY,
        "A:真的非常抱歉，地板都泡坏了，您肯定很着急。",
        "C:光道歉有什么用。",
        "A:再次跟您道个歉。您希望我们怎么处理呢？",
        "C:换一台，把地板也修了。",
        "A:好的，我给您换一台新的，明天上午九点安排师傅上门。",
        "C:行吧。",
        "A:谢谢您的理解，明天上午九点师傅上门，祝您生活愉快，再见。",
    )
    assert [rules(one) for one in found] == [[], [], ["soothe"], [], ["probe"], [], ["act"], [], ["close"], []]
    soothe = found[2][0]
    assert soothe.utterance == "u2"
    assert soothe.text in "真的非常抱歉，地板都泡坏了，您肯定很着急。"
    assert soothe.text in soothe.because


def test_what_never_came_is_missing_at_the_end_and_elevation_only_where_it_was_demanded() -> None:
    missing = talk("A:您好。", ANGRY, "A:哦。")[-1]
    assert [(one.kind, one.rule, one.speaker) for one in missing] == [
        ("step_missing", step, "agent") for step in ("soothe", "probe", "act", "close")
    ]
    assert all(one.because and one.text for one in missing)
    assert len({one.id for one in missing}) == 4
    missing = talk("A:您好。", ANGRY, "A:哦。", "C:叫你们经理来跟我说！", "A:经理在开会，不在。")[-1]
    assert rules(missing) == ["soothe", "probe", "act", "elevate", "close"]


def test_an_inquiry_has_no_steps_whatever_is_said_in_it() -> None:
    found = talk(
        "A:您好，请问有什么可以帮您？",
        "C:你好，我想问一下，你们周六几点开门？",
        "A:不好意思，刚才信号不好，您再说一遍？",
        "C:我问周六几点开门。",
        "A:九点开门，谢谢您的来电，祝您生活愉快，再见。",
    )
    assert not any(found)


def test_a_step_done_before_the_complaint_was_known_is_told_when_it_is() -> None:
    found = talk("A:您好。", "C:喂，是你们吗？", "A:真的非常抱歉，让您受委屈了。", ANGRY, "A:嗯。")
    assert [rules(one) for one in found[:4]] == [[], [], [], ["soothe"]]
    assert found[3][0].utterance == "u2"


def test_thanks_amid_the_call_do_not_close_it_and_the_last_ones_do() -> None:
    amid = talk("A:您好。", ANGRY, "A:谢谢您的反馈。", "C:然后呢？", "A:嗯。", "C:你说话呀！", "A:那个。", "C:算了。", "A:哦。")
    assert "close" in rules(amid[-1])
    last = talk("A:您好。", ANGRY, "A:真的非常抱歉，我给您换一台新的。", "C:行。", "A:谢谢您的理解。")
    assert [(one.kind, one.rule) for one in last[-1]] == [("step", "close"), ("step_missing", "probe")]


@pytest.mark.parametrize(
    ("question", "probes"),
    [
        ("您当时约的是哪两天，来的是哪位师傅？", True),
        ("您当时装的是哪一款，装好以后用了几天？", True),
        ("您的订单号是多少？", False),
        ("您贵姓，手机号多少？", False),
        ("麻烦您把验证码念给我听一下好吗？", False),
        ("请问您现在方便接听这个电话吗？", False),
    ],
)
def test_asking_what_happened_is_probing_and_asking_what_is_on_file_is_not(question: str, probes: bool) -> None:
    assert ("probe" in rules(talk("A:您好。", ANGRY, f"A:{question}")[2])) == probes


def test_a_question_before_anything_was_told_is_no_probing() -> None:
    assert "probe" not in rules(talk("A:您是哪天买的，买的哪一款？", ANGRY, "A:哦。")[1])


@pytest.mark.parametrize("words", ["主管不在。", "主管在开会呢。", "找主管也没用。"])
def test_a_supervisor_who_is_not_there_is_no_elevation(words: str) -> None:
    assert "elevate" not in rules(talk("A:您好。", ANGRY, f"A:{words}")[2])


def test_nothing_is_told_twice_nor_of_an_empty_call() -> None:
    assert talk() == [[]]
    assert talk("A:", "C:", "A:😀") == [[], [], [], []]
    found = talk("A:您好。", ANGRY, *["A:真的非常抱歉，让您受委屈了。", "C:哼。"] * 5)
    assert Counter(rule for one in found for rule in rules(one))["soothe"] == 1


def test_the_summary_shows_when_each_step_was_done_and_what_is_missing_so_far() -> None:
    opening = said("agent", "您好。", 0.0, id="u0"), said("customer", ANGRY[2:], 10.0, id="u1")
    utterances = (*opening, said("agent", "真的非常抱歉，让您受委屈了。", 20.0, id="u2"))
    turns = tuple(Turn(utterance, frozenset()) for utterance in utterances)
    call = Call("c", "venting", "valid", turns)
    assert begun(analysis(), call, 1).summary().steps == {}
    summary = begun(analysis(), call, 3).summary()
    assert summary.steps["soothe"] is not None
    assert 20.0 <= summary.steps["soothe"] < 26
    assert summary.steps["probe"] is None
    assert summary.steps_missing == ("probe", "act", "close")


def test_the_bundled_scripts() -> None:
    outcomes = [run(analysis(), call, peeking=True) for call in scripts()]
    counts = tally(outcomes)
    assert f1([counts[step] for step in STEPS if step in counts]) >= 0.9
    assert f1([counts["promise"]]) >= 0.9
    quiet = [outcome for outcome in outcomes if outcome.call.type in ("inquiry", "none")]
    assert not any(outcome.missing or outcome.summary.steps for outcome in quiet)


@pytest.mark.parametrize(("name", "steps_f1", "promise_f1"), [("dialogues.txt", 0.85, 0.85), ("others.txt", 0.65, 0.75)])
def test_dialogues_of_other_trades(name: str, steps_f1: float, promise_f1: float) -> None:
    counts = tally([run(analysis(), call, peeking=True) for call in dialogues(name)])
    assert f1([counts[step] for step in STEPS if step in counts]) >= steps_f1
    assert f1([counts["promise"]]) >= promise_f1


def test_a_site_s_own_phrase_takes_a_step_whatever_else_is_said(tmp_path: Path) -> None:
    (tmp_path / "steps.toml").write_text('[[step.elevate.phrases]]\nsay = ["递给楼上的"]\n', "utf-8")
    told = dict[bool, bool]()
    for own in (False, True):
        analyzer = Analysis(config.Analysis(playbook=tmp_path if own else None)).call(info())
        for who, words in (("customer", ANGRY[2:]), ("agent", "递给楼上的。")):
            found = analyzer.feed(said("agent" if who == "agent" else "customer", words, 10.0 * (who == "agent"))).findings
        told[own] = "elevate" in rules(steps(found))
    assert told == {False: False, True: True}


def test_what_a_turn_does_counts_alike_in_one_utterance_or_in_three() -> None:
    words = ("非常抱歉。", "您是哪天买的，当时是怎么装的？", "给您换一台新的，明天上午送到。")
    whole, pieces = talk("A:您好。", ANGRY, "A:" + "".join(words)), talk("A:您好。", ANGRY, *(f"A:{one}" for one in words))
    assert set(rules(whole[2])) >= {"soothe", "probe", "act"}
    assert {rule for found in pieces[2:5] for rule in rules(found)} >= {"soothe", "probe", "act"}


def test_lines_that_never_count_take_no_step_however_much_is_done(tmp_path: Path) -> None:
    told = dict[float, bool]()
    for lines in (0.6, 1):
        (tmp_path / "steps.toml").write_text(f"[step.act]\nlines = {lines}\n", "utf-8")
        analyzer = Analysis(config.Analysis(playbook=tmp_path)).call(info())
        analyzer.feed(said("customer", ANGRY[2:], 0.0))
        found = analyzer.feed(said("agent", "这台您抬到门口就行，旧的我们拉走，新的直接给您搬进屋装好。", 20.0)).findings
        told[lines] = "act" in rules(steps(found))
    assert told == {0.6: True, 1: False}
