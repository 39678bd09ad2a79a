"""Whispers as data (whispers.tests.toml), their pace whatever happens, guesses and marks, and the file a site writes."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alerts import whisper_sheet
from monitor.alerts.vocabulary import KINDS, SAID_BY
from monitor.alerts.whisper_cases import Case, failures, load_cases, outcome, run
from monitor.alerts.whisper_sheet import Whispers, load_whispers
from monitor.alerts.whisper_slots import SLOTS, fill
from monitor.alerts.whispers import LASTS, PACE, SUPERVISOR, Whisperer
from monitor.errors import ConfigError
from monitor.records import Finding, Silence, Speaker, Summary, Utterance, Whisper

BUILT_IN = load_whispers()
PATH = Path(__file__).parent / "whispers.tests.toml"
CASES = load_cases(PATH).case
NAMES = [f"{kind}/{rule}" if rule else kind for kind, rules in KINDS.items() for rule in rules or ("",)]
COMPLAINT = Summary(steps=dict.fromkeys(("soothe", "probe", "act", "elevate", "close")))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case(case: Case) -> None:
    assert outcome(BUILT_IN, case) == (case.whispers, case.says)


def test_every_entry_is_seen_to_be_whispered() -> None:
    assert len(BUILT_IN.entries) >= 60
    assert {line.split()[0] for case in CASES for line in case.whispers} == {entry.id for entry in BUILT_IN.entries}


def test_every_banned_phrase_and_every_kind_of_customer_has_its_whisper() -> None:
    repairs = {rule for entry in BUILT_IN.entries for one in entry.when if one.kind == "banned_phrase" for rule in one.rule}
    assert repairs == set(KINDS["banned_phrase"])
    types = {type for entry in BUILT_IN.entries for type in entry.type}
    assert types == {"venting", "compensation", "suggestion", "revenge", "help", "courteous", "overbearing"}
    rungs = {rule for entry in BUILT_IN.entries for one in entry.when if one.kind == "escalation" for rule in one.rule}
    assert rungs == set(KINDS["escalation"])
    missing = {step for entry in BUILT_IN.entries for step in entry.missing}
    assert missing >= {"soothe", "probe", "act", "elevate", "change", "close"}


@given(st.fixed_dictionaries({}, optional={slot: st.text("王先生三千块", max_size=4) for slot in SLOTS}))
def test_nothing_shows_a_brace_or_a_hole(facts: dict[str, str]) -> None:
    for entry in BUILT_IN.entries:
        for line in (fill(entry.say, facts), fill(entry.why, {"heard": "一句话", **facts})):
            assert line
            assert not set(line) & set("{}")
            assert line[0] not in "，。、"
            assert "，，" not in line


def test_what_a_customer_says_is_no_slot() -> None:
    assert fill(["您是{name}", "您"], {"name": "{order}", "order": "1"}) == "您是{order}"


def finding(id: str, name: str, start: float, end: float, **more: Any) -> Finding:
    kind, _, rule = name.partition("/")
    known: dict[str, Any] = {"text": id, "confidence": 0.9, "because": "", "speaker": SAID_BY.get(kind, "customer")}
    return Finding(
        call="c", id=id, utterance=id.split(".")[0], kind=kind, rule=rule or None, start=start, end=end, **known | more
    )


def said(id: str, speaker: Speaker, start: float, end: float, valence: float | None = None) -> Utterance:
    return Utterance(
        call="c",
        id=id,
        speaker=speaker,
        start=start,
        end=end,
        text="就这么一句话",
        stage="final",
        confidence=1.0,
        valence=valence,
    )


def silence(end: float, speaker: Speaker = "agent") -> Silence:
    return Silence("c", speaker, 0.0, end)


def sent(news: list[Whisper]) -> list[str]:
    return [whisper.id for whisper in news if whisper.status == "sent"]


@st.composite
def talks(draw: st.DrawFn) -> list[tuple[Utterance, Finding, Summary]]:
    """Utterances one after the other, each with something found in it, of a call of any type."""
    talk, at = [], 0.0
    for number in range(draw(st.integers(1, 25))):
        at += draw(st.floats(0, 12))
        end = at + draw(st.floats(0.2, 9))
        name = draw(st.sampled_from(NAMES))
        made = finding(
            f"u{number}.x", name, at, end, level=draw(st.sampled_from([None, 1, 2, 3, 4])), count=draw(st.integers(2, 4))
        )
        summary = replace(COMPLAINT, type=draw(st.sampled_from([None, "venting", "revenge", "courteous"])))
        talk.append((said(f"u{number}", made.speaker, at, end, draw(st.floats(-1, 1))), made, summary))
        at = end
    return talk


def play(talk: list[tuple[Utterance, Finding, Summary]], *, guess: bool = False, mark: str | None = None) -> list[Whisper]:
    """Every whisper as it was told, in that order, each utterance followed by silence; guessed first, marked at once."""
    whisperer, told, at = Whisperer(BUILT_IN, "c"), list[Whisper](), 0.0
    for utterance, found, summary in talk:
        guessed: list[Whisper] = []
        if guess:
            guessed = whisperer.peek([found])
            told += [*(over for one in guessed for over in whisperer.shown(one, [found])), *guessed]
        for tick in range(int(at * 2) + 1, int(utterance.start * 2) + 1):
            told += whisperer.feed(silence(tick / 2, "agent"), [], summary)
            told += whisperer.feed(silence(tick / 2, "customer"), [], summary)
        borne = guess and utterance.valence is not None and utterance.valence > 0
        told += whisperer.feed(utterance, [] if guess and not borne else [found], summary)
        told += whisperer.take_back(guessed, [found] if borne else [])
        at = utterance.end
        if mark and told and told[-1].status == "sent":
            marked = whisperer.mark(told[-1].id, mark)  # type: ignore[arg-type]
            told += [marked] if marked else []
    return [*told, *whisperer.close()]


@settings(max_examples=60, deadline=None)
@given(talks(), st.booleans(), st.sampled_from([None, "seen", "used", "dismissed", "later"]))
def test_never_two_in_eight_seconds_and_all_come_to_an_end(
    talk: list[tuple[Utterance, Finding, Summary]], guess: bool, mark: str | None
) -> None:
    told = play(talk, guess=guess, mark=mark)
    times = [whisper.at for whisper in told if whisper.status == "sent"]
    assert all(later - before >= PACE - 1e-9 for before, later in pairwise(times))
    last = {whisper.id: whisper.status for whisper in told}
    assert set(last.values()) <= {"withdrawn", "used", "dismissed"}, "the call is over"
    standing: set[str] = set()
    for whisper in told:
        standing = {one for one in standing if one != whisper.id} | ({whisper.id} if whisper.status == "sent" else set())
        assert len(standing) <= 1, "one at a time"


@settings(max_examples=60, deadline=None)
@given(talks())
def test_the_same_talk_brings_the_same_whispers(talk: list[tuple[Utterance, Finding, Summary]]) -> None:
    assert play(talk) == play(talk)


CANT = finding("a1.cant", "banned_phrase/cant", 8.0, 10.0)


def test_a_guess_that_is_borne_out_is_whispered_once() -> None:
    whisperer = Whisperer(BUILT_IN, "c")
    whisperer.feed(silence(7.5), [], Summary())
    [guess] = whisperer.peek([CANT])
    assert whisperer.peek([CANT]) == [guess], "looking changes nothing"
    assert whisperer.shown(guess, [CANT]) == []
    assert whisperer.peek([CANT]) == [], "said again by the next draft"
    assert sent(whisperer.feed(said("a1", "agent", 8.0, 10.0), [CANT], Summary())) == []
    assert whisperer.take_back([guess], [CANT]) == []
    [gone] = whisperer.close()
    assert gone == replace(guess, status="withdrawn")


def test_a_guess_that_is_not_borne_out_is_withdrawn_and_counts_for_the_pace() -> None:
    whisperer = Whisperer(BUILT_IN, "c")
    [guess] = whisperer.peek([CANT])
    whisperer.shown(guess, [CANT])
    assert whisperer.feed(said("a1", "agent", 8.0, 10.0), [], Summary()) == []
    assert [(one.id, one.status) for one in whisperer.take_back([guess])] == [(guess.id, "withdrawn")]
    assert whisperer.take_back([guess]) == [], "once"
    threat = finding("u2.legal", "escalation/legal", 10.5, 12.0, level=3)
    assert sent(whisperer.feed(said("u2", "customer", 10.5, 12.0), [threat], Summary())) == []
    whisperer.feed(silence(17.5, "customer"), [], Summary())
    assert [sent(whisperer.feed(silence(at), [], Summary())) for at in (17.5, 18.0)] == [[], ["legal@u2.legal"]]


def test_a_doubtful_guess_waits_for_the_final_words() -> None:
    whisperer = Whisperer(BUILT_IN, "c")
    doubtful = replace(CANT, confidence=0.75)
    assert whisperer.peek([doubtful]) == []
    assert sent(whisperer.feed(said("a1", "agent", 8.0, 10.0), [doubtful], Summary())) == ["repair_cant@a1.cant"]


def test_supervisors_wait_for_nothing_and_come_first() -> None:
    whisperer = Whisperer(BUILT_IN, "c")
    whisperer.feed(said("a1", "agent", 8.0, 10.0), [CANT], Summary())
    first, second = whisperer.say("先道歉", "李主管", 10.5), whisperer.say("再给时间", None, 10.6)
    assert (first.at, first.by, first.origin, first.priority, first.expires) == (
        10.5,
        "李主管",
        "supervisor",
        SUPERVISOR,
        10.5 + LASTS,
    )
    assert (first.id, second.id, second.by) == ("supervisor@1", "supervisor@2", None)
    threat = finding("u2.legal", "escalation/legal", 11.0, 12.0, level=3)
    assert sent(whisperer.feed(said("u2", "customer", 11.0, 12.0), [threat], Summary())) == [], "the playbook waits"
    told = [whisper for tick in range(26, 160) for whisper in whisperer.feed(silence(tick / 2), [], Summary())]
    assert ("supervisor@1", "withdrawn") in {(one.id, one.status) for one in told}, "nobody minded it for a minute"
    assert all(one.at >= 10.6 + PACE for one in told if one.status == "sent")


def test_marks() -> None:
    whisperer = Whisperer(BUILT_IN, "c")
    [whisper] = whisperer.feed(said("a1", "agent", 8.0, 10.0), [CANT], Summary())
    assert whisperer.mark("nothing@here", "used") is None
    statuses = [whisperer.mark(whisper.id, status) for status in ("seen", "later", "seen", "used", "dismissed")]
    assert [one.status for one in statuses if one] == ["seen", "later", "later", "used", "used"], "what is used stays so"


def test_what_was_withdrawn_under_the_agents_hand_may_still_be_used() -> None:
    whisperer = Whisperer(BUILT_IN, "c")
    [whisper] = whisperer.feed(said("a1", "agent", 8.0, 10.0), [CANT], Summary())
    whisperer.feed(silence(31.0), [], Summary())
    marked = whisperer.mark(whisper.id, "used")
    assert marked is not None
    assert marked.status == "used"


def test_on_one_line_for_both_it_whispers_all_the_same() -> None:
    whisperer = Whisperer(BUILT_IN, "c")
    for tick in range(1, 30):
        news = whisperer.feed(silence(tick / 2, "unknown"), [], COMPLAINT)
        if news:
            break
    assert sent(news) == ["soothe_missing@0.5"]


SITE = """
without = ["fast_speech"]

[[whisper]]
id = "repair_cant"
when = { kind = "banned_phrase", rule = "cant" }
say = ["{name}，我来想办法。", "我来想办法。"]
why = "我们不说办不了"
en = "We find a way"
priority = 90
cooldown = inf
expires = 30
"""


def test_a_site_lays_its_own_over_the_built_in_ones(tmp_path: Path) -> None:
    (tmp_path / "whispers.toml").write_text(SITE, "utf-8")
    loaded = load_whispers(tmp_path)
    ours = {entry.id: entry for entry in loaded.entries}
    assert len(loaded.entries) == len(BUILT_IN.entries) - 1
    assert "fast_speech" not in ours
    assert ours["repair_cant"].cooldown == math.inf
    assert loaded.vocabulary()["repair_cant"] == {"zh": "我们不说办不了", "en": "We find a way"}
    assert load_whispers(tmp_path / "nothing here").entries == BUILT_IN.entries


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('rule = "cant"', 'rule = "can"', 6, "no rule 'can'"),
        ("{name}", "{names}", 7, "no slot {names}; known: name"),
        ("{name}", "{name", 7, "a brace that is no slot"),
        (', "我来想办法。"]', "]", 7, "the last sentence stands where nothing is known"),
        ("priority = 90", "priority = 100", 10, "less than or equal to 99"),
        ("cooldown = inf", "cooldown = nan", 11, "greater than or equal to 0"),
        ("expires = 30", "expire = 30", 12, "unknown key"),
        ("expires = 30", 'expires = 30\ntype = "angry"', 13, "Input should be 'venting'"),
        ("expires = 30", 'expires = 30\ndone = "act"\nmissing = "act"', 4, "cannot be done and missing"),
        ('when = { kind = "banned_phrase", rule = "cant" }\n', "", 4, "needs `when`"),
        ('when = { kind = "banned_phrase", rule = "cant" }', "count = 2\ncomplaint = true", 4, "`count` needs a `when`"),
        ('why = "我们不说办不了"', 'why = "{heard}"\nunless = { kind = "sep" }', 9, "no kind 'sep'"),
        ('["fast_speech"]', '["fast"]', 2, "there is no built-in whisper 'fast'"),
        ("expires = 30", 'expires = 30\n[[whisper]]\nid = "repair_cant"', 13, "Field required"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_its_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    path = tmp_path / "whispers.toml"
    assert old in SITE
    path.write_text(SITE.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError) as error:
        load_whispers(tmp_path)
    assert says in str(error.value)
    assert f"whispers.toml:{line}:" in str(error.value)


def test_the_same_id_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "whispers.toml"
    path.write_text(SITE + SITE[SITE.index("[[") :], "utf-8")
    with pytest.raises(ConfigError, match=r"whispers\.toml:\d+: id: 'repair_cant' stands here for the second time"):
        load_whispers(tmp_path)


def test_a_case_that_comes_out_otherwise_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "whispers.tests.toml"
    path.write_text(PATH.read_text("utf-8").replace('"regulator 12 sent"', '"regulator 13 sent"', 1), "utf-8")
    [failure] = failures(BUILT_IN, path)
    assert path.read_text("utf-8").splitlines()[failure.line - 1] == 'name = "a regulator is named"'
    assert failure.expected[0] == "regulator 13 sent"
    assert failure.got[0] == "regulator 12 sent"
    assert failures(Whispers(()), path), "where nothing is whispered, all of them"


def test_bad_cases_do_not_hang_or_crash() -> None:
    empty = Case(name="nothing at all", seconds=3600, whispers=())
    assert run(BUILT_IN, empty) == []
    assert whisper_sheet.BUILT_IN.exists()
