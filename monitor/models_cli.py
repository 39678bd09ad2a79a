"""`callmonitor models list | fetch | learn | heard`: the sub-commands, and the progress bar drawn for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from monitor import config, heard
from monitor.analysis import acts_train, embedder
from monitor.speech import fetch, models

MB = 1_000_000


def models_app(settings: Callable[[typer.Context], config.Config]) -> typer.Typer:
    """The `models` command group; `settings` gives the configuration of the running command."""
    app = typer.Typer(help="Models: what there is, fetching it, learning the call lines.", no_args_is_help=True)

    @app.command("list")
    def list_models(context: typer.Context) -> None:
        """List the speech models, their size, and whether they are here."""
        section, manifest = settings(context).model, models.load_manifest()
        table = Table("model", "size", "here", "from", box=None)
        for name in manifest.names:
            sources = manifest.sources(name)
            table.add_row(
                f"{name} *" if name == section.name else name,
                f"{models.size(sources[0]) / MB:.0f} MB",
                "yes" if models.installed(section, name, manifest) else "no",
                "\n".join(source.name for source in sources),
            )
        console = Console()
        console.print(table)
        console.print(f"* the configured one; folder: {section.folder}", markup=False, highlight=False)

    @app.command("fetch")
    def fetch_model(
        context: typer.Context,
        name: Annotated[str, typer.Argument(help="base, small, medium, large-v3 or large-v3-turbo")],
        source: Annotated[
            Path | None, typer.Option("--from", metavar="DIR", help="a folder that holds the model's files")
        ] = None,
    ) -> None:
        """Fetch a speech model and verify it; one that is here is only verified."""
        fetch_with_bar(settings(context).model, name, source)

    @app.command("learn")
    def learn(context: typer.Context) -> None:
        """Learn what lines do from the playbook's call lines; what is learnt already is only looked at."""
        chosen = settings(context)
        typer.echo("Learning the playbook's call lines (once, a few minutes) ...")
        folder = acts_train.learnt(chosen.model.folder, chosen.analysis.playbook, embedder.load(chosen.model.folder))
        typer.echo(f"{folder}: the call lines are learnt")

    @app.command("heard")
    def count_heard(
        context: typer.Context,
        folder: Annotated[Path, typer.Argument(metavar="LABELS_DIR", help="labelled calls: ID.json, a recording beside each")],
        out: Annotated[Path, typer.Option(help="the file to write, for a playbook: heard.tsv")],
    ) -> None:
        """Count how syllables come out of the recogniser on your own telephone line, for its spelling."""
        pairs = asyncio.run(heard.listen(settings(context), folder, Console(stderr=True)))
        heard.write(out, pairs)
        typer.echo(f"{out}: {pairs.total()} syllables")

    return app


def fetch_with_bar(section: config.Model, name: str, source: Path | None = None) -> Path:
    """`fetch.fetch` with a progress bar on stderr (quiet where that is no terminal); says on stdout where the model is."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(f"speech model {name}")
        folder = fetch.fetch(section, name, lambda done, total: bar.update(task, completed=done, total=total), source)
    typer.echo(f"{folder}: the speech model {name} is here and verified")
    return folder
