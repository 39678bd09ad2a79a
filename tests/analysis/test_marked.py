"""Marked calls: both forms of file, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.analysis import marked
from monitor.errors import ConfigError

FOLDER = Path(__file__).parent / "marked"
CALL = """# anything

# idea: 快递 丢件
# call: venting service valid
agent\t-\t您好
customer\t-\t丢了三件
customer\t-\t都一周了
agent\tS:soothe S:probe\t对不住，丢的是什么？
customer\tR2!三件=四件\t我说了四件
"""


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_rows_of_one_side_are_one_turn_with_all_their_marks(tmp_path: Path) -> None:
    (call,) = marked.read(written(tmp_path / "c.tsv", CALL))
    assert (call.idea, call.type, call.learnt) == ("快递 丢件", "venting", False)
    assert [turn.text for turn in call.turns] == ["您好。", "丢了三件，都一周了。", "对不住，丢的是什么？", "我说了四件。"]
    assert [turn.repeats for turn in call.turns] == [False, False, False, True]
    assert call.turns[2].steps == {"soothe", "probe"}


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("R2!三件=四件", "R2!三件", r"c\.tsv:9: R2!三件: no such mark"),
        ("S:probe", "S:prob", r"c\.tsv:8: S:prob: no such mark"),
        ("agent\t-\t您好", "nobody\t-\t您好", r"c\.tsv:5: nobody: agent or customer"),
        ("agent\t-\t您好", "agent\t您好", r"c\.tsv:5: wants a call that has begun and whose type is told, and 3 columns"),
        ("# idea: 快递 丢件", "", r"c\.tsv:5: wants a call that has begun"),
        ("# call: venting service valid", "", r"c\.tsv:5: wants a call that has begun and whose type is told"),
        ("# call: venting", "# call: raging", r"c\.tsv:4: a type of venting, "),
        ("# call: venting service valid", "# call:", r"c\.tsv:4: a type of venting, "),
        ("您好", "", r"c\.tsv:5: wants a call that has begun"),
    ],
)
def test_what_cannot_be_understood_is_named_by_its_line(tmp_path: Path, old: str, new: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        marked.read(written(tmp_path / "c.tsv", CALL.replace(old, new)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("# idea: no such call\n# call: help service valid\n", r"no such call: the corpus's calls_aa.tsv has no such call"),
        ("{first}# call: help service valid\n999\tC\n", r"calls_aa\.marks:3: the call has rows 1 to \d+"),
        ("{first}# call: help service valid\nx\tC\n", r"calls_aa\.marks:3: the call has rows"),
    ],
)
def test_marks_must_fit_the_corpus(tmp_path: Path, text: str, why: str) -> None:
    first = next(line for line in (FOLDER / "calls_aa.marks").read_text("utf-8").splitlines(True) if line.startswith("# idea:"))
    with pytest.raises(ConfigError, match=why):
        marked.read(written(tmp_path / "calls_aa.marks", text.format(first=first)))


def test_every_marked_call_can_be_read() -> None:
    calls = [call for path in sorted(FOLDER.iterdir()) for call in marked.read(path)]
    assert len(calls) > 1_000
    assert {call.learnt for call in calls} == {True, False}
    for call in calls:
        steps = [step for turn in call.turns for step in turn.steps]
        assert call.type, call.idea
        assert len(steps) == len(set(steps)), f"{call.idea}: a step is first taken once"
        assert all(turn.speaker == "customer" for turn in call.turns if turn.repeats), call.idea
        assert all(turn.speaker == "agent" for turn in call.turns if turn.steps), call.idea
