"""Counting how syllables come out of the recogniser, and a site's own counts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from monitor import config, heard, language
from monitor.errors import ConfigError
from monitor.labels import Labelled, Result
from monitor.speech import confusion


def call(said: list[tuple[str, str]], written: list[tuple[str, str]]) -> tuple[Labelled, Result]:
    turns = [{"speaker": who, "text": text, "start": i, "end": i + 1} for i, (who, text) in enumerate(said)]
    utterances = [{"speaker": who, "text": text, "start": i} for i, (who, text) in enumerate(written)]
    truth = Labelled.model_validate({"turns": turns, "complaint": {"type": "help", "validity": "valid"}})
    result = {"call": {"model": "base"}, "utterances": utterances, "findings": [], "alerts": [], "summary": {}}
    return truth, Result.model_validate(result)


def test_what_was_said_is_paired_with_what_was_heard_speaker_by_speaker() -> None:
    said = [("agent", "您好，全都退了。"), ("customer", "好的，3天")]
    written = [("customer", "好等3天"), ("agent", "你好前都推"), ("agent", "了")]
    assert heard.count([call(said, written)]) == Counter(
        {
            ("nin", "ni"): 1,
            ("hao", "hao"): 2,
            ("quan", "qian"): 1,
            ("dou", "dou"): 1,
            ("tui", "tui"): 1,
            ("le", "le"): 1,
            ("de", "deng"): 1,
            ("tian", "tian"): 1,
        }
    )


def test_what_is_lost_or_invented_pairs_with_nothing() -> None:
    assert heard.count([call([("agent", "我来查一下")], [("agent", "我查一下谢谢")])]).total() == 4
    assert not heard.count([call([("agent", "喂")], [])])


def test_counts_are_read_as_they_were_written(tmp_path: Path) -> None:
    pairs = Counter({("quan", "qian"): 3, ("le", "le"): 20})
    heard.write(tmp_path / "heard.tsv", pairs)
    assert confusion.counted(tmp_path / "heard.tsv") == pairs


def test_a_site_adds_what_its_own_line_confuses(tmp_path: Path) -> None:
    lines = "我要买花\n我要买瓜\n" * 30
    (tmp_path / "talk").mkdir()
    (tmp_path / "talk" / "own.txt").write_text(lines + "送一束花\n" * 60, "utf-8")
    settings = config.Config(analysis=config.Analysis(playbook=tmp_path))
    before = language.spelling(settings)
    heard.write(tmp_path / "heard.tsv", {("hua", "gua"): 4000, ("hua", "hua"): 4000, ("gua", "gua"): 8000})
    after = language.spelling(settings)
    assert before
    assert after
    assert before("送一束瓜", [0.8] * 4) == "送一束瓜"
    assert after("送一束瓜", [0.8] * 4) == "送一束花"


@pytest.mark.parametrize("row", ["quan\tqian", "quan\tqian\tmany", "全\t钱\t3", "quan qian 3", "quan\tqian\t-1"])
def test_a_row_that_is_none_is_named(tmp_path: Path, row: str) -> None:
    (tmp_path / "heard.tsv").write_text(f"# counted\nle\tle\t1\n{row}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"heard\.tsv:3: needs"):
        language.spelling(config.Config(analysis=config.Analysis(playbook=tmp_path)))
