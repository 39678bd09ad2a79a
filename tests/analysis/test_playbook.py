"""The playbook loads strictly: every mistake is named with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.analysis import playbook
from monitor.analysis.context import Context, Said
from monitor.analysis.phrases import PhraseDetector
from monitor.analysis.playbook import RULES
from monitor.analysis.text import read
from monitor.errors import ConfigError
from tests.analysis.talk import said


def site(folder: Path, text: str, name: str = "phrases.toml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder


def rules_found(book: playbook.Playbook, text: str) -> set[str | None]:
    return {finding.rule for finding in PhraseDetector(book).judge(Said(said("agent", text), read(text)), Context())}


def test_the_built_in_playbook_names_every_rule() -> None:
    vocabulary = playbook.load().vocabulary
    assert set(vocabulary["rules"]) == {f"{kind}/{rule}" for kind, rules in RULES.items() for rule in rules}
    assert set(vocabulary["kinds"]) == set(RULES)
    assert all(names["zh"] and names["en"] for names in vocabulary["rules"].values())


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ('[banned_phrase.belitle]\nzh = "a"', 1, "no such rule"),
        ('[banned_phrase.belittle]\nzhh = "a"', 2, "unknown key"),
        ('[[banned_phrase.belittle.phrases]]\nsay = ["小事"]\nsoud = true', 3, "unknown key"),
        ('[[banned_phrase.belittle.phrases]]\nsay = [\n  "芝麻",\n  "(绿豆",\n]', 4, "opens a bracket"),
        ('[[banned_phrase.belittle.phrases]]\nsay = ["(a+)+b"]', 2, r"'\+'"),
        ("[[banned_phrase.belittle.phrases]]\nsay = []", 2, "at least 1"),
        ('[[banned_phrase.belittle.phrases]]\nsay = ["小事"]\nunless = ["helpp"]', 3, "no context 'helpp'"),
        ('[[banned_phrase.belittle.phrases]]\nsay = ["小事"]\nonly = ["first"]', 3, "no context 'first'"),
        ('[[banned_phrase.belittle.phrases]]\nsay = ["<bos>说"]', 2, "<bos>"),
        ('[banned_phrase.belittle]\nbecause = "{who}说"', 2, r"\{text\}"),
        ('[banned_phrase.belittle]\nbecause = "{text.size}说"', 2, r"\{text\}"),
        ('[banned_phrase.belittle]\nbecause = "{text:>999999999}"', 2, r"\{text\}"),
        ("[banned_phrase.belittle]\nlevel = 2", 1, "level"),
        ('[banned_phrase.belittle]\nwithout = ["没有这一条"]', 2, "to leave out"),
        ('[contexts.mine]\nwhere = "near"', 2, "before"),
        ('[contexts.mine]\nbroken_by = "nobody"\nsay = ["好"]', 2, "no context 'nobody'"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, text: str, line: int, fault: str) -> None:
    folder = site(tmp_path, text)
    with pytest.raises(ConfigError, match=fault) as caught:
        playbook.load(folder)
    assert str(folder / "phrases.toml") in str(caught.value)
    assert f"phrases.toml:{line}:" in str(caught.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder"):
        playbook.load(tmp_path / "nowhere")


def test_a_misspelt_file_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "claims.toml").touch()  # one that is read elsewhere
    playbook.load(tmp_path)
    (tmp_path / "prases.toml").touch()
    with pytest.raises(ConfigError, match=r"prases\.toml: is no part of a playbook; known: .*phrases\.toml"):
        playbook.load(tmp_path)


def test_broken_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="line 1"):
        playbook.load(site(tmp_path, "[banned_phrase\n"))


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "phrases.toml").write_bytes("[words]\na = ['好']".encode("gb18030"))
    with pytest.raises(ConfigError, match="UTF-8"):
        playbook.load(tmp_path)


def test_a_site_adds_words_and_phrases_and_leaves_some_out(tmp_path: Path) -> None:
    folder = site(
        tmp_path,
        """
[words]
ours = ["营销中心", "运维组"]

[banned_phrase.belittle]
without = ["小儿科"]

[[banned_phrase.not_my_job.phrases]]
say = ["该<ours>出面", "得<dept>点头"]
""",
    )
    book = playbook.load(folder)
    assert rules_found(book, "该运维组出面") == {"not_my_job"}
    assert rules_found(book, "得财务点头") == {"not_my_job"}
    assert "belittle" not in rules_found(book, "这是小儿科")
    assert "belittle" in rules_found(playbook.load(), "这是小儿科")
