"""`callmonitor models learn`: what it leaves, what a second time costs, and what it says where it cannot."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor.analysis import acts_file, corpus
from monitor.cli import cli
from monitor.errors import ConfigError

pytestmark = pytest.mark.usefixtures("_log_restored")
LINES = Path(__file__).parent / "data" / corpus.FOLDER


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site's folder with settings; a small corpus stands for the built-in one, which takes minutes."""
    shutil.copytree(LINES, tmp_path / "corpus")
    monkeypatch.setattr(corpus, "BUILT_IN", tmp_path / "corpus")
    (tmp_path / "book" / corpus.FOLDER).mkdir(parents=True)
    settings = f"[model]\nfolder = '{tmp_path / 'models'}'\n[analysis]\nplaybook = '{tmp_path / 'book'}'\n"
    (tmp_path / "config.toml").write_text(settings, "utf-8")
    return tmp_path


def learn(folder: Path) -> Result:
    return CliRunner().invoke(cli, ["--config", str(folder / "config.toml"), "models", "learn"])


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "models" / "acts").glob("*.npz"))


def test_it_learns_once_and_then_only_looks(folder: Path) -> None:
    first = learn(folder)
    assert first.exit_code == 0, first.output
    [file] = kept(folder)
    assert f"{file}: the call lines are learnt" in first.stdout
    assert set(acts_file.read(file) or {}) == {"agent", "customer"}
    made = file.stat().st_mtime_ns
    assert learn(folder).exit_code == 0
    assert kept(folder) == [file]
    assert file.stat().st_mtime_ns == made


def test_lines_of_the_site_are_learnt_too(folder: Path) -> None:
    learn(folder)
    (folder / "book" / corpus.FOLDER / "agent_own.tsv").write_text("not_my_job\t您打给营销中心吧\n", "utf-8")
    outcome = learn(folder)
    assert outcome.exit_code == 0, outcome.output
    assert len(kept(folder)) == 2


def test_a_wrong_line_is_named(folder: Path) -> None:
    (folder / "book" / corpus.FOLDER / "agent_own.tsv").write_text("# ours\nnot_my_jop\t您打给营销中心吧\n", "utf-8")
    outcome = learn(folder)
    assert outcome.exit_code == 1
    assert isinstance(outcome.exception, ConfigError)
    assert "agent_own.tsv:2: no label 'not_my_jop'" in str(outcome.exception)
    assert kept(folder) == []


def test_a_folder_that_cannot_be_written_is_no_success(folder: Path) -> None:
    (folder / "models").write_text("no folder", "utf-8")
    outcome = learn(folder)
    assert outcome.exit_code == 1
    assert isinstance(outcome.exception, ConfigError)
    assert "cannot be kept here" in str(outcome.exception)
    assert "are learnt" not in outcome.stdout
