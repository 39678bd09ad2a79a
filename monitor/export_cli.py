"""`callmonitor export cases OUT`: what people decided about alerts, as labelled cases (monitor.casebook)."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from monitor import casebook
from monitor.archive.accounts import beside
from monitor.errors import MonitorError
from monitor.users_cli import SINCE, Settings, console_entry

LINES = "lines.tsv"
out = Console(highlight=False)


def export_app(settings: Settings) -> typer.Typer:
    """The `export` command group; `settings` gives the configuration of the running command."""
    group = typer.Typer(help="Take out of the product what others work on. Every export stands in the audit log.")

    @group.callback()
    def _group() -> None:
        """A group, though it has one command so far."""

    @group.command("cases")
    def cases(
        context: typer.Context,
        folder: Annotated[Path, typer.Argument(metavar="OUT", help="a new or empty folder")],
        since: Annotated[datetime | None, SINCE] = None,
    ) -> None:
        """Write the decided alerts as labelled cases: lines.tsv, and a labelled call each for `evaluate --text`."""
        begin = since.astimezone() if since else None
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise MonitorError(f"{folder}: is there already; name a new or empty folder", code="export")
        with beside(settings(context).data) as kept:
            kept.audit(console_entry("export", what="cases", since=begin and begin.isoformat()))
            made = casebook.compile(kept.decided(begin))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / LINES).write_text("".join(f"{line}\n" for line in made["lines"]), "utf-8")
        for name, call in made["calls"].items():
            (folder / f"{name}.json").write_text(json.dumps(call, ensure_ascii=False, indent=1) + "\n", "utf-8")
        heard_wrong = f"; {made['left_out']} heard wrong are left out" if made["left_out"] else ""
        out.print(f"{folder}: {len(made['lines'])} lines, {len(made['calls'])} calls{heard_wrong}", markup=False)

    return group
