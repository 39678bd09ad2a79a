"""The corpus of call lines: what the built-in one must hold, what a site adds, and what is refused."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from monitor.analysis import corpus
from monitor.analysis.corpus import LABELS
from monitor.analysis.text import read
from monitor.errors import ConfigError
from monitor.records import Speaker


def site(tmp_path: Path, name: str, text: str | bytes) -> Path:
    """A playbook folder with one file of call lines."""
    path = tmp_path / corpus.FOLDER / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return tmp_path


def own(tmp_path: Path, name: str, text: str | bytes) -> list[corpus.Line]:
    """The lines that such a file adds."""
    built_in = corpus.load()
    lines = corpus.load(site(tmp_path, name, text))
    assert lines[: len(built_in)] == built_in
    return lines[len(built_in) :]


@pytest.mark.parametrize("speaker", LABELS)
def test_every_label_has_lines_enough_in_several_ideas(speaker: Speaker) -> None:
    lines = [line for line in corpus.load() if line.speaker == speaker]
    counts = Counter(label for line in lines for label in line.labels)
    assert {label: counts[label] for label in LABELS[speaker] if counts[label] < 50} == {}
    for label in LABELS[speaker]:
        assert len({line.idea for line in lines if label in line.labels}) >= 8, label
    assert sum(not line.labels for line in lines) > len(lines) / 4


def test_no_line_stands_there_twice_with_different_labels() -> None:
    labels = defaultdict(set)
    for line in corpus.load():
        if norm := read(line.text).norm:
            labels[line.speaker, norm].add(line.labels)
    assert {line: told for line, told in labels.items() if len(told) > 1} == {}


def test_most_lines_are_one_act_in_a_breath() -> None:
    lengths = sorted(len(read(line.text).norm) for line in corpus.load())
    assert 8 <= lengths[len(lengths) // 2] <= 20
    assert lengths[-1] <= corpus.MAX_TEXT


def test_a_sites_lines_come_after_the_built_in_ones(tmp_path: Path) -> None:
    lines = own(
        tmp_path,
        "agent_own.tsv",
        "# ours\n# unmarked: ask act\n\n# idea: a department\nnot_my_job + ask\t这个归营销中心，您有他们电话吗\t钱呢？\r\n"
        "-\t我帮您问\n"
        "# idea: another\nnot_my_job\t您找营销中心\n",
    )
    first, second, third = lines
    assert (first.speaker, first.labels, first.before) == ("agent", frozenset(frozenset({"not_my_job", "ask"})), "钱呢？")
    assert (first.text, first.unmarked) == ("这个归营销中心，您有他们电话吗", frozenset({"act"}))
    assert (second.labels, second.before, second.unmarked) == (frozenset[str](), "", frozenset({"ask", "act"}))
    assert first.idea == second.idea != third.idea


def test_a_call_gives_each_line_what_the_other_side_said_last(tmp_path: Path) -> None:
    lines = own(
        tmp_path,
        "calls_own.tsv",
        "# idea: one\ncustomer\tdemand\t退钱\nagent\t-\t您好\nagent\tcant\t退不了\ncustomer\tlegal\t法院见\n"
        "# idea: two\nagent\tsoothe\t您别急\n",
    )
    assert [(line.speaker, line.before) for line in lines] == [
        ("customer", ""), ("agent", "退钱"), ("agent", "退钱"), ("customer", "退不了"), ("agent", ""),
    ]  # fmt: skip
    assert len({line.idea for line in lines}) == 2


def test_a_call_gives_each_line_what_its_speaker_says_around_it(tmp_path: Path) -> None:
    row = "# idea: one\ncustomer\tdemand\t退钱\nagent\t-\t您好\nagent\tcant\t退不了\nagent\tact\t给您换\n"
    lines = own(tmp_path, "calls_own.tsv", f"{row}# idea: two\nagent\tsoothe\t您别急\nagent\t-\t好吧\n")
    assert [(line.led, line.then) for line in lines] == [
        ("", ""), ("", "退不了"), ("您好", "给您换"), ("退不了", ""), ("", "好吧"), ("您别急", ""),
    ]  # fmt: skip


def test_lines_by_themselves_have_nobody_around_them(tmp_path: Path) -> None:
    lines = own(tmp_path, "agent_own.tsv", "cant\t退不了\n-\t给您换\n")
    assert [(line.led, line.then) for line in lines] == [("", ""), ("", "")]


def test_a_mark_of_byte_order_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    assert [line.labels for line in own(tmp_path, "customer_own.tsv", b"\xef\xbb\xbf" + "thanks\t多谢了\n".encode())] == [
        frozenset({"thanks"})
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# idea: nothing\n# and no more"])
def test_an_empty_file_adds_nothing(tmp_path: Path, text: str) -> None:
    assert own(tmp_path, "agent_own.tsv", text) == []


@pytest.mark.parametrize(
    ("name", "row", "what"),
    [
        ("agent_own.tsv", "not_my_job 不归我管", "has 1 columns"),
        ("agent_own.tsv", "not_my_job\t不归我管\t\t", "has 4 columns"),
        ("agent_own.tsv", "not_my_jop\t不归我管", "no label 'not_my_jop'"),
        ("agent_own.tsv", "legal\t法院见", "no label 'legal'"),
        ("agent_own.tsv", "\t不归我管", "no label ''"),
        ("agent_own.tsv", "not_my_job+\t不归我管", "no label ''"),
        ("customer_own.tsv", "not_my_job\t不归我管", "no label 'not_my_job'"),
        ("customer_own.tsv", "# unmarked: thanks please", "no label 'please'"),
        ("agent_own.tsv", "not_my_job\t ", "has 0 characters"),
        ("agent_own.tsv", "-\t" + "好" * (corpus.MAX_TEXT + 1), f"has {corpus.MAX_TEXT + 1} characters"),
        ("calls_own.tsv", "-\t好的", "needs speaker<TAB>labels<TAB>text"),
        ("calls_own.tsv", "boss\t-\t好的", "the speaker being agent or customer"),
        ("calls_own.tsv", "agent\tthanks\t好的", "no label 'thanks'"),
    ],
)
def test_a_wrong_row_is_named_by_file_and_line(tmp_path: Path, name: str, row: str, what: str) -> None:
    with pytest.raises(ConfigError) as refused:
        corpus.load(site(tmp_path, name, f"# idea: one\n\n{row}\n"))
    assert f"{name}:3: " in str(refused.value)
    assert what in str(refused.value)


def test_what_is_no_utf_8_is_named_by_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"agent_own\.tsv:2: is not UTF-8"):
        corpus.load(site(tmp_path, "agent_own.tsv", "-\t好的\n-\t".encode() + "好的".encode("gbk") + b"\n"))


@pytest.mark.parametrize("name", ["lines.tsv", "our_agent.tsv"])
def test_a_file_that_tells_no_speaker_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}: the name .* begins with agent, customer or calls"):
        corpus.load(site(tmp_path, name, "-\t好的\n"))


def test_a_folder_by_the_name_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / corpus.FOLDER / "agent_own.tsv").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"agent_own\.tsv"):
        corpus.load(tmp_path)
