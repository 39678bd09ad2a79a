"""`callmonitor webhooks test | dead`: try a webhook, and see to what could not be delivered, with a server running or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor import config
from monitor.archive.outbox import Letters, letters
from monitor.deliveries import ORDERED, Delivery, Parcel
from monitor.errors import MonitorError
from monitor.page.policy import masked
from monitor.records import Alert, CallView
from monitor.report import clean
from monitor.users_cli import console_entry
from monitor.webhooks.answer import Failure
from monitor.webhooks.courier import client, post
from monitor.webhooks.endpoint import Endpoint, resolve
from monitor.webhooks.message import message

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
Settings = Callable[[typer.Context], config.Config]
Number = Annotated[int | None, typer.Option(metavar="ID", min=1)]


def webhooks_app(settings: Settings) -> typer.Typer:
    """The `webhooks` command group; `settings` gives the configuration of the running command."""
    group = typer.Typer(help="Where critical alerts are told besides the pages.", no_args_is_help=True)

    @group.command("test")
    def test(context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="of config.toml")]) -> None:
        """Send one alert marked as a test, and say what became of it."""
        chosen = settings(context)
        endpoint = resolve(_named(chosen, name))
        failure = asyncio.run(_try(endpoint, chosen.webhooks))
        if failure:
            raise MonitorError(f"{name} did not take it: {failure.why}", code="webhook")
        out.print(f"{name} took it", markup=False)

    @group.command("dead")
    def dead(context: typer.Context, retry: Number = None, drop: Number = None) -> None:
        """List what could not be delivered; send one of it again (--retry), or give it up (--drop)."""
        chosen = settings(context)
        with letters(chosen.data) as kept:
            if retry is None and drop is None:
                _list(kept.dead())
            for id, order in ((retry, "retry"), (drop, "drop")):
                if id is not None:
                    _order(chosen, kept, id, order)

    return group


def _named(chosen: config.Config, name: str) -> config.Webhook:
    for webhook in chosen.webhook:
        if webhook.name == name:
            return webhook
    known = ", ".join(webhook.name for webhook in chosen.webhook) or "none"
    raise MonitorError(f"config.toml has no webhook {clean(name)!r}; it has: {known}", code="unknown_webhook")


async def _try(endpoint: Endpoint, settings: config.Webhooks) -> Failure | None:
    now = datetime.now().astimezone()
    alert = Alert(
        call="test",
        id="test",
        at=66.0,
        severity="critical",
        rule="test",
        title="测试，请忽略：这是 callmonitor 的试发",
        because=(),
        text="你们再不处理，我就去投诉",
        speaker="customer",
        raised=now,
    )
    call = CallView(
        id="test",
        started=now,
        agent="测试坐席",
        team="测试班组",
        customer="13800002233",
        model="",
        source="live",
        status="live",
    )
    sample = Delivery(
        id=0, webhook=endpoint.name, alert=alert, call=call, state="waiting", attempts=1, created=now, due=now, why=None
    )
    made = message(endpoint, Parcel(f"test-{now.timestamp():.0f}", (sample,)), settings.pages, masked, now)
    async with client(endpoint) as http:
        return await post(http, made, endpoint, settings.timeout, lambda: datetime.now().astimezone())


def _list(found: list[Delivery]) -> None:
    if not found:
        out.print("no dead letters", markup=False)
        return
    table = Table("id", "died", "webhook", "alert", "call", "tried", "why", box=None)
    for one in found:
        cells = (one.webhook, one.alert.title, one.alert.call, str(one.attempts), one.why or "")
        table.add_row(str(one.id), f"{one.due.astimezone():%Y-%m-%d %H:%M}", *(Text(clean(cell)) for cell in cells))
    out.print(table)


def _order(chosen: config.Config, kept: Letters, id: int, order: str) -> None:
    letter = kept.letter(id)
    if letter is None:
        raise MonitorError(f"there is no dead letter {id}; `callmonitor webhooks dead` lists them", code="unknown_delivery")
    if order == "retry":
        _named(chosen, letter.webhook)
    entry = console_entry(ORDERED[order], webhook=letter.webhook, alert=letter.alert.id)
    entry = replace(entry, call=letter.alert.call)
    if order == "retry" and kept.retry(id, entry):
        out.print(f"{id} waits again for {letter.webhook}; the server takes it up within seconds", markup=False)
    elif order == "drop" and kept.drop(id, entry):
        out.print(f"{id} is given up", markup=False)
