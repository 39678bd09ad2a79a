"""The pattern language: what it finds, what it refuses, and that its work is bounded."""

from __future__ import annotations

import pytest

from monitor.analysis.patterns import Automaton, Match, PatternError, allowed
from monitor.analysis.text import read


def found(pattern: str, said: str, *, sound: bool = True) -> list[str]:
    automaton = Automaton({"who": ["同事", "厂家"]}, lead=["那", "那就"], tail="吧呢")
    automaton.add(pattern, sound)
    automaton.build()
    text = read(said)
    return [text.words(match.start, match.end) for match in automaton.scan(text)]


@pytest.mark.parametrize(
    ("pattern", "said", "words"),
    [
        ("一分[价]钱一分货", "一分价钱，一分货嘛", ["一分价钱，一分货"]),
        ("(退|换)货", "我要换货", ["换货"]),
        ("您自己看", "你自己看", ["你自己看"]),
        ("是<who>..4错", "是厂家弄错了", ["是厂家弄错"]),
        ("等#天", "等了三天，等十二天", ["等十二天"]),
        ("一定..4解决", "一定给您解决", ["一定给您解决"]),
        ("一定..4解决", "一定不能解决", []),
        ("一定...4解决", "一定不能解决", ["一定不能解决"]),
        ("一定..4解决", "一定，会解决", []),
        ("一定...4解决", "一定，会解决", ["一定，会解决"]),
        ("一定...4解决", "一定。会解决", []),
        ("^不可能$", "那不可能吧。", ["不可能"]),
        ("^不可能$", "这事不可能有", []),
        ("等(一下$|会)", "等一下", ["等一下"]),
        ("等(一下$|会)", "等一下我查", []),
        ("百分之百", "100%的", ["100%"]),
    ],
)
def test_finds(pattern: str, said: str, words: list[str]) -> None:
    assert found(pattern, said) == words


def test_takes_homophones_and_says_which() -> None:
    automaton = Automaton({})
    automaton.add("自己操作不当")
    automaton.build()
    (match,) = automaton.scan(read("你自己炒作不当"))
    assert match == Match(0, 1, 7, literals=6, alike=(3,), cost=2)  # chao for cao: nearly the same
    (match,) = automaton.scan(read("你自己糙作不当"))
    assert match.cost == 1


def test_sound_can_be_turned_off_and_short_words_have_none() -> None:
    assert found("自己操作不当", "自己糙作不当", sound=False) == []
    assert found("退款", "推款") == []
    assert [allowed(n) for n in (1, 3, 4, 6, 8)] == [0, 0, 1, 2, 3]


def test_a_hotline_read_as_words_is_heard() -> None:
    assert found("打12315", "我打要二三要五") == ["打要二三要五"]


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("", "empty choice"),
        ("(投诉", "opens a bracket"),
        ("投诉)", "stray"),
        ("投诉|", "empty choice"),
        ("()", "empty choice"),
        ("[投诉]", "may match nothing"),
        ("..4投诉", "starts or ends with a gap"),
        ("投诉..4", "starts or ends with a gap"),
        ("投..诉", "gap"),
        ("投..99诉", "gap"),
        ("<boss>来", "<boss>"),
        ("投诉+", "'+'"),
        ("(a*)*b", "'*'"),
        ("投诉.*", "gap"),
        ("啊", "never compared"),
        ("投" * 600, "longer than"),
        ("<all>" * 60, "too many words"),
    ],
)
def test_refuses_what_it_cannot_read(pattern: str, fault: str) -> None:
    automaton = Automaton({"all": ["这是一份很长很长的名单里的词"] * 10})
    with pytest.raises(PatternError, match=fault.replace("+", r"\+").replace("*", r"\*")):
        automaton.add(pattern)


def test_nested_choices_and_gaps_do_bounded_work() -> None:
    """What sends a backtracking matcher away for years: here each character costs at most the pattern's positions."""
    automaton = Automaton({})
    automaton.add("(好|好好|好好好)" * 12 + "..12(好|好好)..12坏")
    automaton.build()
    assert automaton.scan(read("好" * 3_000)) == []


def test_many_patterns_keep_their_numbers() -> None:
    automaton = Automaton({})
    numbers = [automaton.add(pattern) for pattern in ("投诉", "退款", "投诉你")]
    automaton.build()
    assert numbers == [0, 1, 2]
    assert {match.pattern for match in automaton.scan(read("我要投诉你"))} == {0, 2}
