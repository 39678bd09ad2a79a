"""Shifts of the customer's mood: what rises, what soothes, and what is only a blip."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pytest

from monitor.analysis import text as texts
from monitor.analysis.context import Act, Said, Story
from monitor.analysis.emotion import EmotionShifts
from monitor.analysis.sentiment import Sentiment
from monitor.records import Finding, Speaker, Voice
from tests.analysis.talk import said

CALM = Voice(loudness=-26.0, pitch=220.0, pitch_spread=4.0, rate=4.4)
ANGRY = replace(CALM, loudness=-20.0, rate=5.2)
QUIET = replace(CALM, loudness=-27.0, rate=4.0)
Line = tuple[Speaker, str, Voice | None]

TOLD: Line = ("customer", "我上个月在你们这儿办的宽带，想问一下怎么多扣了钱", CALM)
MORE: Line = ("customer", "办的时候说好是六十九块，这个月扣了一百二十九", CALM)
FURIOUS: Line = ("customer", "你们这不是骗人吗，气死我了，我打了多少个电话了", ANGRY)
RELIEVED: Line = ("customer", "那行吧，你这么说我心里好受多了，谢谢你", QUIET)
ASK: Line = ("agent", "请问您的宽带账号是多少", CALM)
OFFER: Line = ("agent", "实在对不起，我现在就把多扣的六十块退给您，今天到账", CALM)
COLD: Line = ("agent", "那也没办法，规定就是这样", CALM)


@lru_cache(maxsize=1)
def sentiment() -> Sentiment:
    return Sentiment()


def talk(*lines: Line, acts: dict[str, str] | None = None, findings: dict[str, str] | None = None) -> list[Finding]:
    detector, story, found = EmotionShifts(sentiment()), Story(), list[Finding]()
    for index, (speaker, line, voice) in enumerate(lines):
        text, start = texts.read(line), 8.0 * index
        seconds = max(0.3, len(line) / 5)
        utterance = said(speaker, line, start, start + seconds, id=f"u{index}", spans=((start, start + seconds),), voice=voice)
        utterance = replace(utterance, valence=sentiment().valence(text))
        label = (acts or {}).get(line)
        one = Said(utterance, text, (Act(label, 0, len(text.norm), 0.9, line),) if label else ())
        if kind := (findings or {}).get(line):
            one = replace(one, findings=(replace(FOUND, kind=kind),))
        made = detector.judge(one, story.context)
        assert made == detector.judge(one, story.context), "judging changes nothing"
        one = replace(one, findings=(*one.findings, *made))
        detector.settle(one)
        story.settle(one)
        found += made
    return found


FOUND = Finding(
    call="c", id="f", kind="escalation", rule="x", speaker="agent", start=0.0, end=1.0, text="", confidence=0.9, because=""
)


def test_a_louder_voice_under_bitter_words_rises_and_names_the_topic() -> None:
    (found,) = talk(TOLD, ASK, MORE, COLD, FURIOUS)
    assert (found.rule, found.utterance) == ("rising", "u4")
    assert found.text in FURIOUS[1]
    assert found.text in found.because
    assert found.span is not None
    assert FURIOUS[1][slice(*found.span)] == found.text


def test_an_offer_soothes_and_is_named() -> None:
    rising, soothed = talk(TOLD, ASK, MORE, COLD, FURIOUS, OFFER, RELIEVED, acts={OFFER[1]: "act"})
    assert (rising.rule, soothed.rule) == ("rising", "soothed")
    assert "退给您" in soothed.because


def test_nobody_is_soothed_by_an_affront() -> None:
    found = talk(TOLD, ASK, MORE, COLD, FURIOUS, COLD, RELIEVED, findings={COLD[1]: "banned_phrase"})
    assert [one.rule for one in found] == ["rising"]


def test_who_was_not_upset_is_not_soothed() -> None:
    assert talk(TOLD, OFFER, RELIEVED) == []


def test_a_loud_voice_with_plain_words_does_not_rise() -> None:
    assert talk(TOLD, ASK, MORE, ASK, ("customer", "账号是零七五五八六三二一一，户主是王建国", ANGRY)) == []


def test_bitter_words_in_the_same_voice_do_not_rise() -> None:
    assert talk(TOLD, ASK, MORE, ASK, ("customer", FURIOUS[1], CALM)) == []


@pytest.mark.parametrize("blip", [("customer", "啊？", ANGRY), ("customer", "", ANGRY), ("customer", "😀", ANGRY)])
def test_a_syllable_is_no_shift(blip: Line) -> None:
    assert talk(TOLD, ASK, MORE, ASK, blip) == []


def test_one_rise_is_told_once() -> None:
    again: Line = ("customer", "你们就知道骗人，没有一个人给我解决", ANGRY)
    assert len(talk(TOLD, ASK, MORE, COLD, FURIOUS, again, COLD, again)) == 1


def test_without_a_voice_or_a_baseline_nothing_rises() -> None:
    assert talk(*((speaker, line, None) for speaker, line, _ in (TOLD, ASK, MORE, COLD, FURIOUS))) == []
    assert talk(FURIOUS) == []


def test_long_text_does_no_harm() -> None:
    assert len(talk(TOLD, ASK, MORE, COLD, ("customer", "气死我了，" * 600, ANGRY))) <= 1
