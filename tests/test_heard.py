"""Counting how syllables come out of the recogniser, and a site's own counts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from monitor import check, config, heard, language
from monitor.errors import ConfigError, MonitorError
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


def test_a_table_saved_on_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / "heard.tsv").write_bytes("\ufeffquan\tqian\t3\r\n \r\nle\tle\t1\r\n".encode())
    assert confusion.counted(tmp_path / "heard.tsv") == {("quan", "qian"): 3, ("le", "le"): 1}


@pytest.mark.parametrize("row", ["quan\tqian", "quan\tqian\tmany", "全\t钱\t3", "quan qian 3", "quan\tqian\t-1"])
def test_a_row_that_is_none_is_named(tmp_path: Path, row: str) -> None:
    (tmp_path / "heard.tsv").write_text(f"# counted\nle\tle\t1\n{row}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"heard\.tsv:3: needs"):
        language.spelling(config.Config(analysis=config.Analysis(playbook=tmp_path)))


async def test_calls_are_heard_as_the_recogniser_spells_them(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for suffix in ("json", "opus"):
        (tmp_path / f"dev-04.{suffix}").write_bytes((calls / f"dev-04.{suffix}").read_bytes())
    monkeypatch.chdir(Path(__file__).parent.parent)
    pairs = await heard.listen(config.load(Path("config.toml")), tmp_path, Console(quiet=True))
    right = sum(count for (said, other), count in pairs.items() if said == other)
    assert pairs.total() > 200
    assert right > 0.8 * pairs.total()


async def test_where_nothing_can_be_counted_it_is_said(tmp_path: Path) -> None:
    truth, _ = call([("agent", "您好")], [])
    (tmp_path / "silent.json").write_text(truth.model_dump_json(), "utf-8")
    with pytest.raises(MonitorError, match="nothing was heard"):
        await heard.listen(config.Config(), tmp_path, Console(quiet=True))


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(MonitorError, match=r"absent/heard\.tsv: cannot be written"):
        heard.write(tmp_path / "absent" / "heard.tsv", {})


def checked(site: Path) -> check.Checked:
    return check.check(site, None, lambda _: pytest.fail("no lines to judge"))


def test_a_sites_talk_and_counts_are_checked_with_its_playbook(tmp_path: Path) -> None:
    (tmp_path / "talk").mkdir()
    (tmp_path / "talk" / "own.txt").write_text("# 我们的客服\n您好，墨岫科技\n\n再见\n", "utf-8")
    heard.write(tmp_path / "heard.tsv", {("quan", "qian"): 3, ("le", "le"): 20})
    found = checked(tmp_path)
    assert not found.wrong
    assert any("2 lines of talk in 1 file" in part for part in found.looked_at)
    assert any("23 syllables heard" in part for part in found.looked_at)


def test_what_is_wrong_with_them_is_told_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "talk").mkdir()
    (tmp_path / "talk" / "own.txt").write_bytes("好的\n".encode() + b"\xff\n")
    (tmp_path / "talk" / "more.doc").write_text("好的", "utf-8")
    (tmp_path / "heard.tsv").write_text("全\t钱\t3\n", "utf-8")
    faults = "\n".join(checked(tmp_path).wrong)
    assert "own.txt:2: is not UTF-8" in faults
    assert "more.doc: is not read" in faults
    assert "heard.tsv:1: needs" in faults
