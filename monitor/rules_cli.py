"""`callmonitor rules check | try`: a site's own rules and playbook, checked, and tried on past calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor import app as rooms
from monitor import config, replay, review
from monitor.alerts.rules import Rules, load_rules
from monitor.analysis.analyzer import Analysis
from monitor.analysis.corpus import FOLDER
from monitor.check import RULES_FILE, Checked, check
from monitor.errors import MonitorError
from monitor.records import Alert
from monitor.report import SEVERITY, clean, clock
from monitor.reviewing import reviewed

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class Tried(NamedTuple):
    """A past call and the alerts that the rules raise in it; or why there are none."""

    call: str
    alerts: Sequence[Alert] = ()
    error: str | None = None


def rules_app(settings: Callable[[typer.Context], config.Config], log: Callable[[], None]) -> typer.Typer:
    """The `rules` command group; `settings` gives the configuration of the running command, `log` sets its logging up."""
    group = typer.Typer(help="A site's own playbook and alert rules: check them, try them on past calls.", no_args_is_help=True)

    @group.command("check")
    def check_command(
        context: typer.Context,
        path: Annotated[
            Path | None, typer.Argument(help="a playbook folder, or a file of alert rules; the configured ones if left out")
        ] = None,
    ) -> None:
        """Check phrases, contexts, call lines, alert rules and the cases beside them."""
        chosen = settings(context)
        log()
        checked = _checked(chosen, path)
        for fault in checked.wrong:
            out.print(Text(clean(fault), "red"), soft_wrap=True)
        for found in checked.looked_at:
            out.print(Text(clean(found)), soft_wrap=True)
        if checked.wrong:
            raise typer.Exit(1)
        out.print("all is well")

    @group.command("try")
    def try_command(
        context: typer.Context,
        rules: Annotated[Path, typer.Argument(help="a file of alert rules")],
        calls: Annotated[
            list[Path],
            typer.Argument(metavar="RECORDING...", help="recordings, results of `review --json`, or folders"),
        ],
    ) -> None:
        """Show when each alert rule would have fired on past calls."""
        chosen = settings(context)
        log()
        loaded = load_rules(rules)
        tried = asyncio.run(_tried(chosen, rules, loaded, calls))
        _print_tried(loaded, tried)
        if not tried or any(one.error for one in tried):
            raise typer.Exit(1)

    return group


def _checked(chosen: config.Config, path: Path | None) -> Checked:
    site, rules = chosen.analysis.playbook, chosen.alerts.rules
    if path is not None and not path.exists():
        raise MonitorError(f"{path}: there is no such file or folder")
    if path is not None and path.is_dir():
        site, rules = path, path / RULES_FILE if (path / RULES_FILE).exists() else None
    elif path is not None:
        site, rules = None, path

    def analysis(folder: Path) -> Analysis:
        if (folder / FOLDER).is_dir():
            err.print("call lines that are new are learnt before lines are judged: some minutes", markup=False)
        return rooms.load_analysis(
            chosen.model_copy(update={"analysis": chosen.analysis.model_copy(update={"playbook": folder})})
        )

    return check(site, rules, analysis)


async def _tried(chosen: config.Config, path: Path, rules: Rules, calls: Sequence[Path]) -> list[Tried]:
    """Kept results first, which is instant, then what has to be heard: as live calls are, with these rules."""
    results, recordings = await asyncio.to_thread(_sorted_out, calls)
    tried: list[Tried] = []
    for result in results:
        try:
            past = await asyncio.to_thread(replay.load, result)
            tried += [Tried(one.call.id, replay.alerts(rules, one, chosen.analysis.dead_air)) for one in past]
        except MonitorError as error:
            tried.append(Tried(result.name, error=str(error)))
    if recordings:
        ruled = chosen.model_copy(update={"alerts": chosen.alerts.model_copy(update={"rules": path})})
        async for outcome in reviewed(ruled, recordings, err):
            alerts = outcome.record.alerts if outcome.record else ()
            tried.append(Tried(review.call_id(outcome.path), alerts, str(outcome.error) if outcome.error else None))
    return tried


def _sorted_out(calls: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Results and recordings; in a folder, a recording whose result is there too needs no hearing."""
    named = [path for path in calls if path.suffix.lower() in (".json", ".jsonl") and not path.is_dir()]
    folders = [path for path in calls if path.is_dir()]
    inside = [path for folder in folders for path in sorted(folder.rglob("*.json*")) if replay.is_result(path)]
    known = {path.with_suffix("") for path in inside}
    recordings = review.recordings([path for path in calls if path not in named])
    return [*named, *inside], [path for path in recordings if path.with_suffix("") not in known]


def _print_tried(rules: Rules, tried: Sequence[Tried]) -> None:
    table = Table("call", "time", "rule", "severity", "words", box=None)
    table.columns[-1].ratio = 1
    table.columns[-1].overflow = "fold"
    for one in tried:
        for alert in one.alerts:
            words = clean(alert.text) or clean(alert.title)
            severity = Text(alert.severity, SEVERITY[alert.severity])
            table.add_row(Text(clean(one.call)), clock(alert.at), alert.rule, severity, Text(words))
    if table.row_count:
        out.print(table)
    fired = {alert.rule for one in tried for alert in one.alerts}
    silent = [rule.id for rule in rules.rule if rule.id not in fired]
    heard = sum(not one.error for one in tried)
    out.print(f"{sum(len(one.alerts) for one in tried)} alerts in {heard} calls", markup=False)
    if silent:
        out.print(f"never fired: {', '.join(silent)}", markup=False, soft_wrap=True)
    for one in tried:
        if one.error:
            err.print(f"callmonitor: {clean(one.error)}", style="red", markup=False, soft_wrap=True)
    if not tried:
        err.print("no calls there", markup=False)
