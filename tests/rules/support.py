"""`callmonitor rules` as it is typed, and a slip of the pen in a site's file."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from monitor import rules_cli
from monitor.cli import cli
from tests.conftest import ROOT


def run(*arguments: str | Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.chdir(ROOT)  # where the model is
    monkeypatch.setattr(rules_cli, "out", Console(width=200, highlight=False))
    return CliRunner().invoke(cli, ["rules", *map(str, arguments)])


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
