"""`callmonitor bench live | review | limit | versus`, and `callmonitor capacity`: what this machine carries, measured."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from monitor import config
from monitor.bench import capacity, figures, limit, live, outcome, review, sound, versus
from monitor.bench.server import Server
from monitor.errors import MonitorError
from monitor.ingest.token import client_token
from monitor.report import clean

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Folder = Annotated[
    Path | None,
    typer.Argument(metavar="[LABELS_DIR]", help="labelled calls, a recording beside each; the bundled ones if left out"),
]
First = Annotated[int | None, typer.Option("--first", min=1, metavar="K", help="the first K recordings only")]
Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="write the figures to this file")]


def bench_app(settings: Callable[[typer.Context], config.Config], log: Callable[[], None]) -> typer.Typer:
    """The `bench` command group; `settings` gives the configuration of the running command, `log` sets its logging up."""
    group = typer.Typer(help="Measure this machine: let nothing else run meanwhile.", no_args_is_help=True)

    @group.command("live")
    def live_command(
        context: typer.Context,
        calls: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="calls at once")],
        folder: Folder = None,
        minutes: Annotated[float, typer.Option(min=0.2, max=600, metavar="M", help="how long")] = 2.0,
        silent: Annotated[bool, typer.Option("--silent", help="nobody says anything: what an idle call costs")] = False,
        recover: Annotated[bool, typer.Option("--recover", help="then let half of the calls go on for 30 s")] = False,
        url: Annotated[
            str | None, typer.Option(metavar="ws://HOST:PORT/ingest", help="a running server; one is started if left out")
        ] = None,
        token_file: Annotated[
            Path | None, typer.Option(metavar="FILE", help="its token; that of the configured data folder if left out")
        ] = None,
        results: Annotated[
            Path | None, typer.Option("--results", metavar="DIR", help="keep solo runs' alerts here, and use those that are")
        ] = None,
        first: First = None,
        json: Json = None,
    ) -> None:
        """So many calls at once, people talking all the time: how soon their alerts come, and whether all do."""
        chosen = settings(context)
        log()
        server = Server(url, _token(chosen, token_file)) if url else None
        wanted = outcome.Wanted(calls, 60 * minutes, silent, recover, results)
        found = asyncio.run(live.live(chosen, sound.load(folder, first), wanted, _say, server))
        done = figures.header("live", chosen) | found
        figures.show(done, outcome.rows(done), out, notes=outcome.notes(done))
        _write(json, done)

    @group.command("review")
    def review_command(context: typer.Context, folder: Folder = None, first: First = None, json: Json = None) -> None:
        """How fast recordings are reviewed, and how many characters are heard wrong."""
        chosen = settings(context)
        log()
        found = asyncio.run(review.measure(chosen, sound.load(folder, first)))
        done = figures.header("review", chosen) | found
        figures.show(done, review.rows(done), out)
        _write(json, done)

    @group.command("limit")
    def limit_command(
        context: typer.Context,
        folder: Folder = None,
        first: First = None,
        reached: Annotated[
            list[Path] | None,
            typer.Option("--reached", metavar="FILE", help="JSON of `bench live` or `bench review`: its share"),
        ] = None,
        json: Json = None,
    ) -> None:
        """The raw limit of CTranslate2: the same segments, decoded in the best batches, nothing else running."""
        chosen = settings(context)
        log()
        others = [(path, _read(path)) for path in reached or ()]
        done = figures.header("limit", chosen) | limit.limit(chosen, sound.load(folder, first), _say)
        shares = [(path, limit.share(done, other)) for path, other in others]
        done["reached"] = {path.name: round(share, 3) for path, share in shares}
        figures.show(done, limit.rows(done, shares), out)
        _write(json, done)

    @group.command("versus")
    def versus_command(context: typer.Context, folder: Folder = None, first: First = None, json: Json = None) -> None:
        """Against faster-whisper's own BatchedInferencePipeline, in turns, on the same recordings."""
        chosen = settings(context)
        log()
        done = figures.header("versus", chosen) | asyncio.run(versus.versus(chosen, sound.load(folder, first), _say))
        figures.show(done, versus.rows(done), out, versus.COLUMNS, versus.notes(done))
        _write(json, done)

    return group


def capacity_command(
    settings: Callable[[typer.Context], config.Config], log: Callable[[], None]
) -> Callable[[typer.Context, Path | None, Path | None], None]:
    """The `capacity` command."""

    def command(context: typer.Context, folder: Folder = None, json: Json = None) -> None:
        """Measure how many calls this machine carries with the configured model, and tell what others would."""
        chosen = settings(context)
        log()
        done = figures.header("capacity", chosen) | capacity.capacity(chosen, sound.load(folder, capacity.RECORDINGS), _say)
        figures.show(done, capacity.rows(done), out, capacity.COLUMNS, capacity.notes(done))
        _write(json, done)

    return command


def _token(chosen: config.Config, file: Path | None) -> str:
    if file is None:
        return client_token(chosen.data.folder, os.environ)
    try:
        return file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise MonitorError(f"{file}: cannot be read") from error


def _say(line: str) -> None:
    err.print(clean(line), style="dim", markup=False, soft_wrap=True)


def _write(path: Path | None, done: figures.Figures) -> None:
    if path:
        try:
            figures.write(path, done)
        except OSError as error:
            raise MonitorError(f"{path}: cannot be written: {error.strerror}") from error


def _read(path: Path) -> dict[str, Any]:
    """What another measuring command wrote. Raises MonitorError."""
    try:
        read = json.loads(path.read_text("utf-8"))
        speed = float(read["calls_per_second"])
    except OSError as error:
        raise MonitorError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise MonitorError(f"{path}: is not the JSON of `bench live` or `bench review`") from error
    return dict(read, calls_per_second=speed)
