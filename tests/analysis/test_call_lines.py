"""Findings by likeness to call lines: where words nobody foresaw count, where they do not, and how a site has its say."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor import config
from monitor.analysis import acts_train, embedder, playbook
from monitor.analysis.acts import REPORTED
from monitor.analysis.context import Act, Said, Story
from monitor.analysis.ladder import LadderDetector
from monitor.analysis.near import Near
from monitor.analysis.phrases import ALONE, MOST, SURELY, Likeness, PhraseDetector, heard
from monitor.analysis.playbook import ALL_LABELS, LINES, Playbook, Rule
from monitor.analysis.text import read
from monitor.records import Finding, Speaker
from tests.analysis.talk import said

EXAMPLE = "我们这条线只接报修的电话"
COMPLAINT = "C:你们送来的柜子少了一扇门，这叫我怎么用"


@pytest.fixture(scope="module")
def book() -> Playbook:
    return playbook.load()


def judge(
    book: Playbook, text: str, label: str, probability: float = 0.95, *before: str, part: str = "", speaker: Speaker = "agent"
) -> list[Finding]:
    """Of `text` in which `part` (else all of it) does what `label` says; `before`: earlier lines, `A:` or `C:` and the text."""
    story = Story()
    for number, line in enumerate(before):
        story.settle(Said(said("agent" if line[0] == "A" else "customer", line[2:], float(number)), read(line[2:])))
    norm = read(text)
    start = norm.norm.index(part)
    act = Act(label, start, start + len(part) if part else len(norm.norm), probability, EXAMPLE)
    one = Said(said(speaker, text, 60.0), norm, (act,))
    detector = PhraseDetector(book) if speaker == "agent" else LadderDetector(book)
    return detector.judge(one, story.context)


def found_rule(book: Playbook, name: str) -> Rule:
    return book.rules["banned_phrase", name]


def test_it_names_the_nearest_line_and_the_words(book: Playbook) -> None:
    text = "哦，这样啊。咱这窗口光收水费，您走错地方啦。"
    [found] = judge(book, text, "not_my_job", 0.93, part="咱这窗口光收水费你走错地方了")
    assert (found.kind, found.rule) == ("banned_phrase", "not_my_job")
    assert found.confidence == 0.93
    assert EXAMPLE in (found.because or "")
    assert found.text == "咱这窗口光收水费，您走错地方啦"
    assert found.text in (found.because or "")
    assert found.span is not None
    assert text[slice(*found.span)] == found.text


def test_a_rung_of_the_ladder_keeps_its_level(book: Playbook) -> None:
    [found] = judge(book, "我这就写状纸，明天去敲惊堂木", "legal", 0.99, speaker="customer")
    assert (found.kind, found.rule, found.level) == ("escalation", "legal", 3)
    assert EXAMPLE in (found.because or "")


def test_it_is_never_surer_than_the_words_themselves(book: Playbook) -> None:
    [found] = judge(book, "咱这窗口光收水费，您走错地方了，电费得上对面那栋楼的二层去交", "not_my_job", 1.0)
    assert found.confidence == MOST


@pytest.mark.parametrize(("sureness", "count"), [(LINES - 0.001, 0), (LINES + 0.001, 1)])
def test_it_must_be_sure_enough(book: Playbook, sureness: float, count: int) -> None:
    text = "咱这窗口光收水费你走错地方了"
    assert len(judge(book, text, "not_my_job", sureness)) == count


@pytest.mark.parametrize(
    ("chances", "counts"),
    [
        ((("cant", 0.8), ("not_my_job", 0.85)), ["not_my_job"]),
        ((("cant", 0.8), ("not_my_job", 0.98)), ["not_my_job"]),
        ((("cant", ALONE), ("not_my_job", 0.98)), ["cant", "not_my_job"]),
    ],
)
def test_of_two_likenesses_of_one_stretch_the_better_counts_or_both_are_sure(
    book: Playbook, chances: tuple[tuple[str, float], ...], counts: list[str]
) -> None:
    norm = read("咱这窗口光收水费，您走错地方了")
    acts = tuple(Act(label, 0, len(norm.norm), chance, EXAMPLE) for label, chance in chances)
    made = PhraseDetector(book).judge(Said(said("agent", norm.original), norm, acts), Story().context)
    assert [found.rule for found in made] == counts


@pytest.mark.parametrize(
    ("helps", "sureness", "count"),
    [
        ("ask", ALONE - 0.01, 0),
        ("ask", ALONE + 0.01, 1),
        ("elevate", SURELY - 0.01, 0),  # a way out
        ("elevate", SURELY, 1),
        ("contradict", ALONE - 0.01, 1),
    ],
)
def test_a_likeness_beside_what_helps_the_customer_must_be_surer(
    book: Playbook, helps: str, sureness: float, count: int
) -> None:
    norm = read("咱这窗口光收水费，我请主任给您回过去")
    acts = (Act("not_my_job", 0, len(norm.norm), sureness, EXAMPLE), Act(helps, 0, len(norm.norm), 0.8, "我请主任给您回"))
    made = PhraseDetector(book).judge(Said(said("agent", norm.original), norm, acts), Story().context)
    assert len(made) == count


@pytest.mark.parametrize(
    "text",
    [
        "您是说他们讲咱这窗口光收水费",
        "您刚才说，咱这窗口光收水费，是这样吗？",
        "录音里他回您一句咱这窗口光收水费",
        "他不应该说咱这窗口光收水费",
    ],
)
def test_what_is_quoted_does_not_count(book: Playbook, text: str) -> None:
    assert judge(book, text, "not_my_job", 0.99, part="咱这窗口光收水费") == []
    assert judge(book, text, "not_my_job", 0.99) == [], "nor where the stretch holds what takes it back"


def test_what_the_lines_know_by_themselves_is_no_reason_against_them(book: Playbook) -> None:
    """没 before it: a phrase of blame would not count; the classifier has heard the whole stretch."""
    text = "当时您不当场试仔细，怪得了谁呢"
    [found] = judge(book, text, "blame_customer", 0.95)
    assert found.rule == "blame_customer"
    assert "negated" in found_rule(book, "blame_customer").unless
    assert not book.lexicons["agent"].contexts["negated"].lines


def test_phrases_come_before_likeness(book: Playbook) -> None:
    [found] = judge(book, "这个不归我管，咱这窗口光收水费", "not_my_job", 0.99)
    assert EXAMPLE not in (found.because or "")
    assert found.text == "不归我管" or found.text == "这个不归我管"


def test_a_bare_wait_counts_as_the_first_answer_only(book: Playbook) -> None:
    line = "您坐着歇歇脚"
    assert [found.rule for found in judge(book, line, "stall", 0.95, COMPLAINT)] == ["stall"]
    assert judge(book, line, "stall", 0.95) == []
    assert judge(book, line, "stall", 0.95, COMPLAINT, "A:给您添麻烦了，是哪一扇门呢", "C:左边那扇") == []


def test_what_the_customer_says_is_no_banned_phrase(book: Playbook) -> None:
    assert judge(book, "咱这窗口光收水费", "not_my_job", 0.99, speaker="customer") == []


@pytest.mark.parametrize(("lines", "probability", "count"), [("1", 1.0, 0), ("1", 0.95, 0), ("0.5", 0.7, 1), ("0.97", 0.95, 0)])
def test_a_site_says_how_sure_it_must_be(tmp_path: Path, lines: str, probability: float, count: int) -> None:
    (tmp_path / "phrases.toml").write_text(f"[banned_phrase.not_my_job]\nlines = {lines}\n", "utf-8")
    own = playbook.load(tmp_path)
    assert len(judge(own, "咱这窗口光收水费", "not_my_job", probability)) == count
    assert len(judge(own, "这个不归我管", "not_my_job", probability)) == 1, "phrases still count"
    norm = read("咱这窗口光收水费")
    one = Said(said("agent", norm.original), norm, (Act("not_my_job", 0, len(norm.norm), probability, EXAMPLE),))
    lexicon = own.lexicons["agent"]
    alike = [hit for hit in heard(lexicon, one, Story().context, Near(lexicon, one.text)) if isinstance(hit, Likeness)]
    assert len(alike) == count


# --- what the call lines say against a phrase ---------------------------------------------------------------------------------

EVERY = frozenset(ALL_LABELS)


def raised(
    book: Playbook, text: str, *acts: Act, labels: frozenset[str] = EVERY, speaker: Speaker = "customer"
) -> list[str | None]:
    norm = read(text)
    one = Said(said(speaker, norm.original), norm, acts, labels)
    detector = PhraseDetector(book) if speaker == "agent" else LadderDetector(book)
    return [found.rule for found in detector.judge(one, Story().context)]


def act(text: str, label: str, probability: float) -> Act:
    return Act(label, 0, len(read(text).norm), probability, EXAMPLE)


def test_a_phrase_the_call_lines_know_to_be_innocent_does_not_count(book: Playbook) -> None:
    text = "我跟你们说清楚了，我明天一早就去法院起诉，材料昨天晚上都已经写好了"
    assert raised(book, text, labels=frozenset()) == ["legal"], "without a classifier, or before it has learnt the label"
    assert raised(book, text) == []
    least = book.rules["escalation", "legal"].least
    assert raised(book, text, act(text, "legal", least - 0.01)) == []
    assert raised(book, text, act(text, "legal", least)) == ["legal"]


def test_what_costs_most_needs_most(book: Playbook) -> None:
    rules = book.rules
    assert rules["escalation", "extreme"].least > rules["escalation", "dissatisfied"].least > 0
    assert rules["banned_phrase", "not_my_job"].least > rules["banned_phrase", "stall"].least == 0
    assert {rule.least for (kind, _), rule in rules.items() if kind not in ("banned_phrase", "overpromise", "escalation")} == {
        0
    }


def test_a_phrase_of_the_site_counts_whatever_its_lines_say(tmp_path: Path) -> None:
    (tmp_path / "phrases.toml").write_text('[[banned_phrase.not_my_job.phrases]]\nsay = ["你去问营销中心"]\n', "utf-8")
    own = playbook.load(tmp_path)
    assert raised(own, "你去问营销中心", speaker="agent") == ["not_my_job"]
    assert raised(own, "这个事儿不归我管", speaker="agent") == []


def test_a_site_says_how_much_speaks_against_a_phrase(tmp_path: Path) -> None:
    (tmp_path / "phrases.toml").write_text("[banned_phrase.not_my_job]\nleast = 0\n", "utf-8")
    assert raised(playbook.load(tmp_path), "这个事儿不归我管", speaker="agent") == ["not_my_job"]


@pytest.mark.parametrize("least", [0.01, 0.1, REPORTED])
def test_any_least_up_to_what_is_told_of_an_act_comes_to_the_same(tmp_path: Path, least: float) -> None:
    (tmp_path / "phrases.toml").write_text(f"[banned_phrase.not_my_job]\nleast = {least}\n", "utf-8")
    book, text = playbook.load(tmp_path), "这个事儿不归我管"
    assert raised(book, text, speaker="agent") == [], "no act told: it is under REPORTED, and how far is not known"
    assert raised(book, text, act(text, "not_my_job", REPORTED), speaker="agent") == ["not_my_job"]
    assert raised(book, "不归我管", speaker="agent") == ["not_my_job"], "too few words to tell"


@pytest.mark.parametrize(
    ("text", "speaker", "rule"),
    [
        ("我要投诉", "customer", "demand_supervisor"),
        ("投诉你", "customer", "demand_supervisor"),
        ("我起诉你", "customer", "legal"),
        ("曝光你", "customer", "exposure"),
        ("弄死你", "customer", "extreme"),
        ("随便你", "agent", "dismiss"),
        ("滚", "agent", "dismiss"),
    ],
)
def test_a_short_phrase_counts(text: str, speaker: Speaker, rule: str) -> None:
    book, learnt = playbook.load(), acts_train.load(config.Model().folder, None, embedder.load())
    norm = read(text)
    assert rule in raised(book, text, *learnt.read(norm, speaker, None), labels=learnt.labels(speaker), speaker=speaker)


@pytest.mark.parametrize(
    ("text", "innocent"),
    [
        ("老板，做条横幅多少钱，我们村篮球队要拉横幅，挂在村口给娃娃们加油", "extreme"),
        ("卖家把我拉黑了，我跟谁私聊", "churn"),
        ("那中，四点是吧，我哪儿也不去，就在家等着", "churn"),
    ],
)
def test_words_said_in_innocence_raise_nothing_in_a_call(text: str, innocent: str) -> None:
    book, learnt = playbook.load(), acts_train.load(config.Model().folder, None, embedder.load())
    norm = read(text)
    one = Said(said("customer", text), norm, learnt.read(norm, "customer", None), learnt.labels("customer"))
    assert innocent in raised(book, text, labels=frozenset()), "the phrase alone takes it for that"
    assert innocent not in [found.rule for found in LadderDetector(book).judge(one, Story().context)]
