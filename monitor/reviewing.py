"""A review in a terminal: the recordings with a bar for each that is under way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from monitor import app, config, review
from monitor.report import clean


async def reviewed(
    settings: config.Config, files: Sequence[Path], console: Console, *, swap: bool = False
) -> AsyncIterator[review.Reviewed]:
    """Review `files`; bars and warnings go to `console`. The outcomes come in the order of `files`."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        total = bar.add_task("calls", total=len(files))
        async with app.workshop(settings) as shop:
            tasks: dict[Path, TaskID] = {}

            def progress(path: Path, done: float, seconds: float | None) -> None:
                if path not in tasks:
                    tasks[path] = bar.add_task(clean(path.name), total=round(seconds) if seconds else None)
                bar.update(tasks[path], completed=round(done), visible=not seconds or done < seconds)

            async for outcome in review.review(shop, files, progress, swap=swap):
                bar.advance(total)
                for warning in outcome.warnings:
                    console.print(clean(warning), style="yellow", markup=False)
                yield outcome
