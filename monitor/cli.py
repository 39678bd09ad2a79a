"""The commands, and nothing else: each reads its arguments, calls what does the work, and says what came of it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console

from monitor import app as rooms
from monitor import config, demo, evaluate, review
from monitor.bench_cli import bench_app, capacity_command
from monitor.errors import MonitorError
from monitor.export_cli import export_app
from monitor.ingest import microphone
from monitor.ingest.client import Offer, send
from monitor.ingest.play import Recording, play
from monitor.ingest.token import client_token
from monitor.models_cli import models_app
from monitor.page.accounts import FIRST_ADMIN
from monitor.records import RATE
from monitor.report import clean, print_report
from monitor.reviewing import reviewed
from monitor.rules_cli import rules_app
from monitor.users_cli import audit_command, users_app
from monitor.webhooks_cli import webhooks_app

DEFAULT = Path("config.toml")

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
cli = typer.Typer(
    help="Listens to service-centre calls and alerts the supervisor.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Url = Annotated[
    str | None, typer.Option("--url", help="the server's address, ws://HOST:PORT/ingest; the configured one if left out")
]
Agent = Annotated[str | None, typer.Option(help="the agent's name")]
Team = Annotated[str | None, typer.Option(help="the agent's team")]
Customer = Annotated[str | None, typer.Option(help="the customer's number")]
Swap = Annotated[bool, typer.Option("--swap", help="left is the customer, right the agent")]


@cli.callback()
def _settings(
    context: typer.Context,
    path: Annotated[Path | None, typer.Option("--config", help="settings file; config.toml here if left out")] = None,
) -> None:
    context.obj = path


def settings(context: typer.Context) -> config.Config:
    """The configuration of the running command: --config, else config.toml in this folder, else the defaults."""
    path: Path | None = context.obj
    if path is None and not DEFAULT.exists():
        return config.Config()
    return config.load(path or DEFAULT)


cli.add_typer(models_app(settings), name="models")
cli.add_typer(rules_app(settings, lambda: _log("warning")), name="rules")
cli.add_typer(users_app(settings), name="users")
cli.add_typer(webhooks_app(settings), name="webhooks")
cli.command("audit")(audit_command(settings))
cli.add_typer(export_app(settings), name="export")
cli.add_typer(bench_app(settings, lambda: _log("warning")), name="bench")
cli.command("capacity")(capacity_command(settings, lambda: _log("warning")))


@cli.command()
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="address to listen on")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="port to listen on")] = None,
) -> None:
    """Take calls, find, alert, and show the pages."""
    chosen = _listening(settings(context), host, port)
    _log()

    async def run() -> None:
        with rooms.bind(chosen.server) as listener:
            async with rooms.service(chosen) as running:
                address = f"http://{chosen.server.host}:{listener.getsockname()[1]}/"
                err.print(f"{address}  clients find their token in {chosen.data.folder / 'ingest-token'}", markup=False)
                if not await running.archive.users():
                    err.print(f"no accounts: who is at this machine sees all; the first is made by {FIRST_ADMIN}", markup=False)
                await rooms.serve(running, listener)

    _run(run(), interrupted=0)


@cli.command("demo")
def demo_command(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="port to listen on")] = None,
    browser: Annotated[bool, typer.Option(help="open the page where there is a screen")] = True,
) -> None:
    """Serve on this machine and play three bundled calls."""
    _log("warning")
    _run(
        demo.demo(_listening(settings(context), None, port), lambda line: out.print(line, markup=False), browser=browser),
        interrupted=0,
    )


@cli.command("play")
def play_command(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="recordings; each becomes a call")],
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="times real time")] = 1.0,
    url: Url = None,
    agent: Agent = None,
    team: Team = None,
    customer: Customer = None,
    swap: Swap = False,
) -> None:
    """Send recordings to a running server as if they were live."""
    chosen = settings(context)
    recordings = [Recording(path=path, swap=swap, agent=agent, team=team, customer=customer) for path in files]

    async def run() -> None:
        outcomes = await play(
            recordings,
            url=url or _address(chosen),
            token=client_token(chosen.data.folder, os.environ),
            speed=speed,
            started=lambda path, call: out.print(f"{clean(str(path))} is call {call}", markup=False),
            warned=lambda path, message: err.print(clean(message), style="yellow", markup=False),
        )
        failed = [outcome for outcome in outcomes if isinstance(outcome, MonitorError)]
        for error in failed:
            _complain(error)
        if failed:
            raise typer.Exit(1)

    _run(run())


@cli.command("listen")
def listen_command(
    context: typer.Context,
    list_devices: Annotated[bool, typer.Option("--list-devices", help="list the inputs and stop")] = False,
    microphone_: Annotated[str | None, typer.Option("--agent-input", help="number or name of the agent's microphone")] = None,
    other: Annotated[
        str | None, typer.Option("--customer-input", help="number or name of the input that carries the customer")
    ] = None,
    url: Url = None,
    agent: Agent = None,
    team: Team = None,
    customer: Customer = None,
) -> None:
    """Send the sound card to a running server: the microphone as the agent, a second input as the customer."""

    async def run() -> None:
        chosen = settings(context)
        offer = Offer(rate=RATE, channels=microphone.channels(other), agent=agent, team=team, customer=customer)
        token = client_token(chosen.data.folder, os.environ)
        async with aclosing(microphone.listen(microphone_, other)) as frames:
            await send(
                url or _address(chosen),
                token,
                offer,
                frames,
                started=lambda call: out.print(f"listening as call {call}; Ctrl-C ends it", markup=False),
                warned=lambda message: err.print(clean(message), style="yellow", markup=False),
            )

    if list_devices:
        try:
            for device in microphone.devices():
                out.print(str(device), markup=False)
        except MonitorError as error:
            _complain(error)
            raise typer.Exit(1) from error
        return
    _run(run())


@cli.command("review")
def review_command(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="recordings, or folders of them")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object a call")] = False,
    folder: Annotated[Path | None, typer.Option("--out", help="write each call's JSON object to this folder")] = None,
    swap: Swap = False,
) -> None:
    """Review recordings the way live calls are heard."""
    chosen = settings(context)
    _log("warning")

    async def run() -> None:
        failed = 0
        files = review.recordings(paths)
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        async for outcome in reviewed(chosen, files, err, swap=swap):
            if outcome.error or outcome.record is None:
                failed += 1
                _complain(outcome.error or MonitorError(f"{outcome.path}: no result"))
                continue
            report = json.dumps(review.as_report(outcome.record), ensure_ascii=False)
            if folder:
                (folder / f"{outcome.record.call.id}.json").write_text(report + "\n", "utf-8")
            if as_json:
                sys.stdout.write(report + "\n")
                sys.stdout.flush()
            elif not folder:
                print_report(outcome.record, out)
        if not files:
            err.print("no recordings there", markup=False)
        if failed or not files:
            raise typer.Exit(1)

    _run(run())


@cli.command("evaluate")
def evaluate_command(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="LABELS_DIR", help="labelled calls: ID.json, a recording beside each")],
    text: Annotated[bool, typer.Option("--text", help="judge the scripts' words instead of the sound: quick")] = False,
    figures: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="write the figures to this file")] = None,
    results: Annotated[
        Path | None, typer.Option("--results", metavar="DIR", help="keep each call's result here, and use those that are")
    ] = None,
) -> None:
    """Review labelled calls and say how well what was found matches the labels."""
    chosen = settings(context)
    _log("warning")

    async def run() -> None:
        score = await evaluate.evaluate(chosen, folder, err, kept=results, text=text)
        evaluate.print_score(score, out)
        if figures:
            figures.write_text(json.dumps(score.as_json(), ensure_ascii=False) + "\n", "utf-8")
        if score.calls.missing:
            raise typer.Exit(1)

    _run(run())


def main() -> None:
    """The `callmonitor` command: errors are one line, not a traceback."""
    try:
        cli()
    except MonitorError as error:
        _complain(error)
        sys.exit(1)


def _run(work: Coroutine[Any, Any, None], *, interrupted: int = 130) -> None:
    """Run to the end or to Ctrl-C, which exits with `interrupted`; an error we raise on purpose is one line."""
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(interrupted) from None
    except OSError as error:
        _complain(MonitorError(f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")))
        raise typer.Exit(1) from error


def _complain(error: MonitorError) -> None:
    for line in str(error).splitlines():
        err.print(f"callmonitor: {clean(line)}", style="red", markup=False, soft_wrap=True)


def _listening(chosen: config.Config, host: str | None, port: int | None) -> config.Config:
    changes = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    return chosen.model_copy(update={"server": config.Server(**{**chosen.server.model_dump(), **changes})})


def _address(chosen: config.Config) -> str:
    return f"ws://{chosen.server.host}:{chosen.server.port}/ingest"


def _log(level: str = "info") -> None:
    """JSON lines on stderr, what libraries warn of among them."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Without the frames' locals: they hold what callers said.
        structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
    ]
    as_json = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, as_json],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    plain = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=[plain, as_json], foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
