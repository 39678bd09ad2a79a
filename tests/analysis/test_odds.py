"""How the call so far weighs a doubt about one line."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from monitor import config
from monitor.analysis.acts import telling
from monitor.analysis.analyzer import Analysis
from monitor.analysis.context import KEPT, Act, Context, Said, Story
from monitor.analysis.odds import CALM, change, weighed
from monitor.analysis.text import read
from monitor.records import Finding, Speaker
from tests.analysis.talk import info, said

TROUBLE = Context(troubled=True)


def act(label: str, probability: float, length: int = 60) -> Act:
    return Act(label, 0, length, probability, "像这样")


@pytest.mark.parametrize("speaker", ["agent", "customer"])
def test_a_doubt_counts_less_while_nothing_is_wrong_and_more_the_more_is(speaker: Speaker) -> None:
    doubt = act("cant", 0.7)
    calm, troubled, after, later = (
        weighed(doubt, change((), speaker, context))
        for context in (Context(), TROUBLE, Context(troubled=True, breaches=1), Context(troubled=True, breaches=9))
    )
    assert calm < 0.3
    assert troubled == pytest.approx(0.7, abs=1e-3)
    assert 0.7 < after <= later < 0.85


def test_what_an_agent_says_is_not_worse_for_the_customers_threats_alone() -> None:
    threatened = Context(troubled=True, rungs=2)
    assert change((), "agent", threatened) == 0
    assert change((), "customer", threatened) > 0
    assert change((), "unknown", threatened) == 0


def test_a_line_that_tells_the_trouble_itself_is_no_calm_one() -> None:
    assert change([act("demand", 0.9)], "customer", Context()) == 0
    assert change([act("demand", 0.3)], "customer", Context()) == CALM
    assert change([act("dissatisfied", 0.9)], "customer", Context()) == CALM  # it is what is weighed
    assert change([act("demand", 0.9)], "agent", Context()) == CALM


def test_what_few_words_can_tell_at_most_they_still_tell() -> None:
    short = act("legal", 0.99 * telling(3), length=3)
    assert weighed(short, CALM) > 0.9 * telling(3)
    for probability in (0.0, 1.0):
        assert 0 <= weighed(act("legal", probability), CALM) <= 1


# --- a whole call -----------------------------------------------------------------------------------------------------------


def found(kind: str, confidence: float = 0.9) -> Finding:
    one = Finding(call="c", id="u", kind="", rule=None, speaker="agent", start=0, end=2, text="说了", confidence=0, because="")
    return replace(one, kind=kind, confidence=confidence)


def told(*rows: Said) -> Context:
    story = Story()
    for number, row in enumerate(rows):
        story.settle(replace(row, utterance=replace(row.utterance, id=f"u{number}", start=float(number))))
    return story.context


def row(speaker: Speaker, *findings: Finding, acts: tuple[Act, ...] = ()) -> Said:
    words = said(speaker, "说了什么")
    return Said(words, read(words.text), acts, findings=findings)


def test_a_breach_is_an_utterance_however_many_rules_it_breaks() -> None:
    assert told(row("agent", found("banned_phrase"), found("overpromise"))).breaches == 1
    assert told(*[row("agent", found("banned_phrase"))] * 3).breaches == 3
    assert told(row("agent", found("banned_phrase", 0.4)), row("agent", found("step"))).breaches == 0


def test_an_utterance_heard_anew_counts_once() -> None:
    story, breach, plain = Story(), row("agent", found("banned_phrase")), row("agent")
    for version, breaches in ((breach, 1), (breach, 1), (plain, 0), (breach, 1)):
        story.settle(replace(version, utterance=replace(breach.utterance, id="u0")))
        assert story.context.breaches == breaches


def test_trouble_is_what_the_customer_tells_or_climbs_and_is_never_forgotten() -> None:
    complained = row("customer", acts=(act("cause_product", 0.8),))
    assert told(complained).troubled
    assert told(row("customer", acts=(act("dissatisfied", 0.6),))).troubled
    assert told(row("customer", found("escalation"))).rungs == 1
    assert told(row("customer", found("escalation"))).troubled
    assert not told(row("agent", acts=complained.acts), row("customer", acts=(act("cause_product", 0.3),))).troubled
    assert told(complained, *[row("agent")] * (2 * KEPT)).troubled


@cache
def analysis() -> Analysis:
    return Analysis(config.Analysis())


def confidence(rule: str, *rows: str) -> float:
    """Of a rule in the last of some utterances (`A:` or `C:` and the words), as drafted and as settled; 0: not found."""
    analyzer, at, surest = analysis().call(info()), 0.0, 0.0
    for number, one in enumerate(rows):
        utterance = said("agent" if one[0] == "A" else "customer", one[2:], at, id=f"u{number}")
        at = utterance.end + 1
        draft = analyzer.peek(replace(utterance, stage="draft")).findings
        final = analyzer.feed(utterance).findings
        assert draft == final
        surest = max((finding.confidence for finding in final if finding.rule == rule), default=0.0)
    return surest


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("C:我要去消协告你们。", "regulator"),
        ("C:你们等着收律师函，法院见！", "legal"),
        ("C:我现在就发抖音曝光你们。", "exposure"),
        ("C:信不信我弄死你。", "extreme"),
    ],
)
def test_a_threat_in_plain_words_counts_in_the_very_first_line(words: str, rule: str) -> None:
    assert confidence(rule, words) >= 0.6


def test_the_same_doubtful_words_count_for_more_once_there_is_trouble_and_a_breach() -> None:
    trouble = "C:我买的冰箱一周坏了两次，到现在没人修，你们必须给我退钱。"
    rude = "A:这事不归我管，你找门店去，跟我没关系。"
    rows = ("A:您好，请讲。", trouble, rude, "C:你这什么态度！", "A:怎么还急了。")
    words = said("agent", "您要真有那么急，早干什么去了。", 90.0)
    analyzer, text = analysis().call(info()), read(words.text)
    changes = [analysis().said(words, text, Context()).odds]
    for number, one in enumerate(rows):
        analyzer.feed(said("agent" if one[0] == "A" else "customer", one[2:], 10.0 * number, id=f"u{number}"))
        changes.append(analysis().said(words, text, analyzer._story.context).odds)
    assert changes == sorted(changes)
    assert changes[0] == changes[1] == CALM < changes[2] == 0 < changes[3]


def likely(label: str, words: str, led: str = "") -> float:
    acts = analysis().acts.read(read(words), "agent", None, read(led) if led else None)
    return max((act.probability for act in acts if act.label == label), default=0.0)


@pytest.mark.parametrize(
    ("label", "words", "away", "help_"),
    [
        ("not_my_job", "这一张不归我们开，", "您问别处去", "归街道，就在人民路六十号，我把电话给您"),
        ("cant", "这个我这边改不了，", "没有别的办法", "我转给能改的同事，十分钟给您回话"),
    ],
)
def test_help_that_follows_makes_a_rule_less_likely_broken(label: str, words: str, away: str, help_: str) -> None:
    assert likely(label, words + help_) < likely(label, words + away) - 0.05


def test_what_the_speaker_said_just_before_bears_on_a_line() -> None:
    words = "这一张不归我们开"
    assert likely("not_my_job", words, "我帮您问过了，下午就能给您办好") != likely("not_my_job", words)
