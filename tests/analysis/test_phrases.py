"""Banned phrases, overpromises and the ladder on lines of talk: what counts, what does not, and how it is told."""

from __future__ import annotations

import dataclasses
import json
import random
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from pypinyin import lazy_pinyin

from monitor.analysis import playbook
from monitor.analysis.context import Act, Context, Said, Story
from monitor.analysis.ladder import LadderDetector
from monitor.analysis.phrases import PhraseDetector, when
from monitor.analysis.text import read
from monitor.records import Finding, Speaker, Utterance, Word

DATA = Path(__file__).parent.parent / "data"
LINES, CALLS = DATA / "lines.tsv", DATA / "calls"
OTHER: dict[str, Speaker] = {"agent": "customer", "customer": "agent"}


@dataclass(frozen=True)
class Line:
    text: str
    speaker: Speaker
    before: str
    rules: frozenset[str]


def lines() -> list[Line]:
    rows = (row.split("\t") for row in LINES.read_text("utf-8").splitlines() if row and not row.startswith("#"))
    return [
        Line(
            text,
            "agent" if speaker == "agent" else "customer",
            before,
            frozenset() if rules == "-" else frozenset(rules.split(",")),
        )
        for text, speaker, before, rules in rows
    ]


@cache
def book() -> playbook.Playbook:
    return playbook.load()


def said(text: str, speaker: Speaker = "agent", at: float = 10.0, **more: object) -> Utterance:
    plain = Utterance(call="c", id=f"u{at:g}", speaker=speaker, start=at, end=at + 4, text=text, stage="final", confidence=0.9)
    return dataclasses.replace(plain, **more)  # type: ignore[arg-type]


def judge(text: str, speaker: Speaker = "agent", before: str = "") -> dict[str | None, Finding]:
    story = Story()
    if before:
        earlier = said(before, OTHER[speaker], 1.0)
        story.settle(Said(earlier, read(before)))
    utterance = said(text, speaker)
    detectors = (PhraseDetector(book()), LadderDetector(book()))
    return {f.rule: f for detector in detectors for f in detector.judge(Said(utterance, read(text)), story.context)}


@pytest.mark.parametrize("line", lines(), ids=lambda line: line.text[:20])
def test_line(line: Line) -> None:
    assert set(judge(line.text, line.speaker, line.before)) == line.rules


def rules_in(*rows: tuple[Speaker, str], confidence: float | None = None) -> list[list[str | None]]:
    """The rules found in each utterance of a call; `confidence`: of what is found, where it is not its own."""
    story, detector, found = Story(), PhraseDetector(book()), []
    for number, (speaker, text) in enumerate(rows):
        one = Said(said(text, speaker, 10.0 * number), read(text))
        made = detector.judge(one, story.context)
        if confidence is not None:
            made = [dataclasses.replace(finding, confidence=confidence) for finding in made]
        story.settle(dataclasses.replace(one, findings=tuple(made)))
        found.append([finding.rule for finding in made])
    return found


def test_a_rule_broken_twice_in_one_turn_is_told_once() -> None:
    """Pauses cut a turn into utterances; three of them must not make three breaches."""
    cut: list[tuple[Speaker, str]] = [
        ("agent", "这事不归我管"),
        ("agent", "真的不归我管"),
        ("customer", "嗯"),
        ("agent", "不归我管啊"),
    ]
    assert rules_in(*cut) == [["not_my_job"], [], [], []]
    assert rules_in(*cut, ("customer", "那该找谁，你们总得有人管吧"), ("agent", "不归我管"))[-1] == ["not_my_job"]
    assert rules_in(cut[0], ("agent", "你自己看说明书去"))[-1] == ["read_it_yourself"]
    assert rules_in(*cut[:2], confidence=0.5) == [["not_my_job"], ["not_my_job"]]


def test_every_rule_has_lines_of_its_own_and_near_misses() -> None:
    told = [rule for line in lines() for rule in line.rules]
    kinds = [kind for kind in playbook.RULES if playbook.LEXICON_OF[kind] in ("agent", "customer")]
    assert all(told.count(rule) >= 3 for kind in kinds for rule in playbook.RULES[kind])
    assert sum(not line.rules for line in lines()) >= 150


def misheard(text: str, rng: random.Random, share: float) -> str:
    """`share` of the characters as other frequent ones of the same sound."""
    return "".join(
        rng.choice(_homophones()[lazy_pinyin(c)[0]] or [c]) if c > "\u4e00" and rng.random() < share else c for c in text
    )


@cache
def _homophones() -> dict[str, list[str]]:
    by_sound: dict[str, list[str]] = defaultdict(list)
    for high in range(0xB0, 0xD7):
        for low in range(0xA1, 0xFA):
            char = bytes([high, low]).decode("gb2312")
            by_sound[lazy_pinyin(char)[0]].append(char)
    return by_sound


def test_what_is_said_survives_recognition_errors() -> None:
    rng = random.Random(5)
    hits = wanted = false = 0
    for line in lines():
        got = set(judge(misheard(line.text, rng, 0.1), line.speaker, line.before))
        wanted += len(line.rules)
        hits += len(got & line.rules)
        false += len(got - line.rules)
    assert hits / wanted > 0.7
    assert false / len(lines()) < 0.06


def test_the_labelled_calls_by_text() -> None:
    """Found, missed and false against the labels of the bundled scripts, utterance by utterance."""
    tally = {kind: [0, 0, 0] for kind in playbook.RULES}
    for path in sorted(CALLS.glob("*.json")):
        story, detectors = Story(), (PhraseDetector(book()), LadderDetector(book()))
        for number, turn in enumerate(json.loads(path.read_text("utf-8"))["turns"]):
            spoken = said(turn["text"], turn["speaker"], turn["start"], id=f"u{number}", end=turn["end"])
            heard = Said(spoken, read(spoken.text))
            found = [f for detector in detectors for f in detector.judge(heard, story.context)]
            for keeper in (*detectors, story):
                keeper.settle(dataclasses.replace(heard, findings=tuple(found)))
            got = {(f.kind, f.rule) for f in found}
            wanted = {(label["kind"], label["rule"]) for label in turn.get("labels", []) if label["kind"] in tally}
            for kind, counts in tally.items():
                for index, pairs in enumerate((got & wanted, wanted - got, got - wanted)):
                    counts[index] += sum(pair[0] == kind for pair in pairs)
    f1 = {kind: 2 * hit / (2 * hit + missed + false) for kind, (hit, missed, false) in tally.items()}
    assert f1["banned_phrase"] > 0.8
    assert f1["escalation"] > 0.85
    assert f1["overpromise"] > 0.8


def test_a_finding_tells_what_was_said_where_and_why() -> None:
    found = judge("先生，这是我們公司的規定。")["hide_behind_policy"]
    assert found.id == "u10.hide_behind_policy"
    assert found.text == "这是我們公司的規定"
    assert found.span == (3, 12)
    assert found.because == "坐席说“这是我們公司的規定”，拿规定、系统或领导来挡"
    assert (found.kind, found.speaker, found.utterance, found.level) == ("banned_phrase", "agent", "u10", None)
    assert 10 < found.start < found.end <= 14


def test_confidence_falls_from_the_words_to_their_sound() -> None:
    exact = judge("爱投诉就投诉")["dismiss"]
    alike = judge("爱头诉就投诉")["dismiss"]
    assert exact.confidence > alike.confidence > 0.5
    assert "读音" in alike.because
    assert "听音" not in exact.because


def test_the_same_words_of_the_customer_are_not_banned() -> None:
    assert judge("你们就说这是公司规定，我不懂", "customer") == {}
    assert judge("我打12315投诉你们", "agent") == {}


def test_a_bare_wait_counts_only_as_the_first_answer() -> None:
    complaint = "我家宽带断了三天，一直没人来修。"
    assert set(judge("您等一下", before=complaint)) == {"stall"}
    assert judge("您等一下") == {}
    story = Story()
    for at, speaker, text in (
        (1, "customer", complaint),
        (3, "agent", "好的，我先帮您报修登记一下"),
        (5, "customer", "那你快点"),
    ):
        story.settle(Said(said(text, speaker, at), read(text)))  # type: ignore[arg-type]
    again = said("您等一下")
    assert PhraseDetector(book()).judge(Said(again, read(again.text)), story.context) == []


@pytest.mark.parametrize(
    "text", ["", "嗯", "？", "😀😀", "ok", "a", "1", "我" * 3_000, "投诉，" * 1_500, "\u0000\ufffd", "12345678901234567890"]
)
@pytest.mark.parametrize("speaker", ["agent", "customer", "unknown"])
def test_any_text_is_judged(text: str, speaker: Speaker) -> None:
    utterance = said(text, speaker)
    for detector in (PhraseDetector(book()), LadderDetector(book())):
        for found in detector.judge(Said(utterance, read(text)), Context()):
            assert found.span
            assert text[found.span[0] : found.span[1]] == found.text


def test_times_come_from_the_words_else_from_proportion() -> None:
    text = "那，这不归我管"
    words = tuple(Word(char, 20 + i, 20.5 + i) for i, char in enumerate("那这不归我管"))
    assert when(said(text, words=words), 3, 7) == (22, 25.5)
    assert when(said(text, at=0), 0, len(text)) == (0, 4)
    assert when(said("", at=2), 0, 0) == (2, 2)


def test_a_number_is_not_cut_to_a_hotline() -> None:
    assert judge("你打1234567试试", "customer") == {}
    assert set(judge("我打12345试试", "customer")) == {"regulator"}


def test_judging_changes_nothing() -> None:
    detector = PhraseDetector(book())
    utterance = said("这不归我管")
    first = detector.judge(Said(utterance, read(utterance.text)), Context())
    assert detector.judge(Said(utterance, read(utterance.text)), Context()) == first


@pytest.mark.parametrize(
    ("does", "chance", "sure", "told"),
    [
        ("act", 0.9, 0.8, False),  # the limit is named to somebody who is helped
        ("elevate", 0.7, 0.8, False),
        ("promise_dated", 0.9, 0.9, False),
        ("act", 0.9, 0.97, True),  # surely a breach, whatever else it does
        ("act", 0.4, 0.8, True),  # hardly a help
        ("ask", 0.9, 0.8, True),  # no help at all
        ("absolute", 0.9, 0.8, True),
    ],
)
def test_a_limit_named_beside_a_way_out_is_no_breach(does: str, chance: float, sure: float, told: bool) -> None:
    words = "这事我做不了主，我转给陈经理，由他跟您说。"
    text = read(words)
    acts = tuple(Act(label, 0, len(text.norm), one, "") for label, one in ((does, chance), ("cant", sure)))
    one = Said(said(words, "agent"), text, acts, frozenset((does, "cant")))
    assert ("cant" in {finding.rule for finding in PhraseDetector(book()).judge(one, Story().context)}) is told


def test_rudeness_beside_a_way_out_stays_rudeness() -> None:
    words = "您自己弄坏的赖谁，我给您登记返修。"
    text = read(words)
    acts = tuple(Act(label, 0, len(text.norm), chance, "") for label, chance in (("act", 0.9), ("blame_customer", 0.94)))
    one = Said(said(words, "agent"), text, acts, frozenset(("act", "blame_customer")))
    assert "blame_customer" in {finding.rule for finding in PhraseDetector(book()).judge(one, Story().context)}
