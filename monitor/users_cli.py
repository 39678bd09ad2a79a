"""`callmonitor users` and `callmonitor audit`: accounts and who did what, from the command line.

A running server takes a change up within seconds. Whoever runs these commands stands in the audit log by their login.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, NamedTuple, get_args

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor import config
from monitor.archive.accounts import beside
from monitor.errors import MonitorError
from monitor.page.passwords import account_name, hash_password, line, spelling
from monitor.people import Action, AuditEntry, AuditQuery, Role, User
from monitor.records import as_json
from monitor.report import clean

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
Settings = Callable[[typer.Context], config.Config]
SINCE = typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"], help="from then on")
Name = Annotated[str, typer.Argument(metavar="NAME", help="the account's name")]
RoleName = Annotated[str, typer.Option("--role", help="admin, supervisor, qa or agent")]
Team = Annotated[list[str] | None, typer.Option(help="a supervisor's team, again for each; none: all calls")]
Agent = Annotated[str | None, typer.Option(help="an agent's calls: the name they come with")]


def users_app(settings: Settings) -> typer.Typer:
    """The `users` command group; `settings` gives the configuration of the running command."""
    group = typer.Typer(help="Who may sign in. Passwords are asked for, or read from standard input.", no_args_is_help=True)

    @group.command("add")
    def add(
        context: typer.Context,
        name: Name,
        role: RoleName,
        display: Annotated[str | None, typer.Option(help="the person's name on the page; the account's if left out")] = None,
        team: Team = None,
        agent: Agent = None,
    ) -> None:
        """Make an account."""
        post = _post(role, team or [], agent)
        user = _user(name, post, display)
        with beside(settings(context).data) as accounts:
            if any(other.name == user.name for other in accounts.users()):
                raise MonitorError(f"there is an account {user.name!r} already", code="account_exists")
            made = User(**{**asdict(user), "password": hash_password(_password())})
            accounts.add(made, _entry("user_added", user.name, **post.told()))
        out.print(f"{user.name} may sign in as {user.role}", markup=False)

    @group.command("list")
    def list_users(context: typer.Context) -> None:
        """List the accounts."""
        with beside(settings(context).data) as accounts:
            users = accounts.users()
        table = Table("name", "display", "role", "teams or agent", "since", "", box=None)
        for user in users:
            whose = ", ".join(user.teams) or user.agent or ""
            row = (user.name, user.display, user.role, whose, f"{user.created.astimezone():%Y-%m-%d}")
            table.add_row(*(Text(clean(cell)) for cell in row), "disabled" if user.disabled else "")
        if users:
            out.print(table)
        else:
            err.print("no accounts yet; make the first: callmonitor users add NAME --role admin", markup=False)

    @group.command("role")
    def role_(context: typer.Context, name: Name, role: RoleName, team: Team = None, agent: Agent = None) -> None:
        """Give an account another role, or other teams or calls, as `add` would; where the person is signed in, that ends."""
        post = _post(role, team or [], agent)
        with beside(settings(context).data) as accounts:
            user = _known(accounts.users(), name)
            was = Post(user.role, user.teams, user.agent)
            if post == was:
                out.print(f"{user.name} is {post} already", markup=False)
                return
            accounts.change(user.name, _entry("role_changed", user.name, **post.told(), was=was.told()), **post._asdict())
        out.print(f"{user.name} is {post} now, was {was}", markup=False)

    @group.command("passwd")
    def passwd(context: typer.Context, name: Name) -> None:
        """Set a new password; where the person is signed in, that ends."""
        with beside(settings(context).data) as accounts:
            user = _known(accounts.users(), name)
            accounts.change(user.name, _entry("password_changed", user.name), password=hash_password(_password()))
        out.print(f"{user.name} has a new password", markup=False)

    @group.command("disable")
    def disable(
        context: typer.Context,
        name: Name,
        undo: Annotated[bool, typer.Option("--undo", help="let them sign in again")] = False,
    ) -> None:
        """Let nobody sign in under this name any more; where somebody is signed in, that ends."""
        with beside(settings(context).data) as accounts:
            user = _known(accounts.users(), name)
            accounts.change(user.name, _entry("user_enabled" if undo else "user_disabled", user.name), disabled=not undo)
        out.print(f"{user.name} may sign in again" if undo else f"{user.name} is disabled", markup=False)

    return group


def audit_command(settings: Settings) -> Callable[..., None]:
    """The `audit` command."""

    def audit(
        context: typer.Context,
        since: Annotated[datetime | None, SINCE] = None,
        who: Annotated[str | None, typer.Option(help="only what this account did")] = None,
        as_json_: Annotated[bool, typer.Option("--json", help="print one JSON object an entry")] = False,
    ) -> None:
        """Say who signed in, listened in, whispered, exported, decided, or changed an account; the oldest first."""
        begin = since.astimezone() if since else None  # a time without offset is this machine's
        with beside(settings(context).data) as accounts:
            entries = accounts.audits(AuditQuery(since=begin, who=None if who is None else spelling(who)))[::-1]
        if as_json_:
            for entry in entries:
                sys.stdout.write(json.dumps(as_json(entry), ensure_ascii=False) + "\n")
            return
        table = Table("when", "who", "role", "from", "did", "call", "detail", box=None)
        for entry in entries:
            cells = (entry.who, entry.role or "", entry.address or "", entry.action, entry.call or "", _detail(entry.detail))
            table.add_row(f"{entry.when.astimezone():%Y-%m-%d %H:%M:%S}", *(Text(clean(cell)) for cell in cells))
        out.print(table)

    return audit


class Post(NamedTuple):
    """What somebody is: a role, and whose calls come with it."""

    role: Role
    teams: tuple[str, ...]
    agent: str | None

    def __str__(self) -> str:
        whose = self.agent or ", ".join(self.teams) or ("every team" if self.role == "supervisor" else "")
        return f"{self.role} ({clean(whose)})" if whose else self.role

    def told(self) -> dict[str, Any]:
        """As the audit log has it."""
        return {"role": self.role, "teams": list(self.teams), "agent": self.agent}


def _post(role: str, teams: list[str], agent: str | None) -> Post:
    """What was asked for. Raises MonitorError."""
    known: dict[str, Role] = {one: one for one in get_args(Role)}
    if role not in known:
        raise MonitorError(f"--role is one of {', '.join(known)}", code="role")
    if teams and role != "supervisor":
        raise MonitorError("--team is for supervisors", code="role")
    if (agent is not None) != (role == "agent"):
        raise MonitorError("an agent, and nobody else, needs --agent: the name their calls come with", code="role")
    named = tuple(dict.fromkeys(line(team, "--team") for team in teams))
    return Post(known[role], named, None if agent is None else line(agent, "--agent"))


def _user(name: str, post: Post, display: str | None) -> User:
    """The account asked for, without its password. Raises MonitorError."""
    return User(
        name=account_name(name),
        display=line(display if display is not None else name, "--display"),
        password="",
        created=datetime.now().astimezone(),
        **post._asdict(),
    )


def _known(users: list[User], name: str) -> User:
    for user in users:
        if user.name == spelling(name):
            return user
    raise MonitorError(
        f"there is no account {clean(name)!r}; `callmonitor users list` shows those there are", code="unknown_account"
    )


def _password() -> str:
    """Asked for twice at a terminal, else a line of standard input; never an argument, which every process can read."""
    if sys.stdin.isatty():
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    return sys.stdin.readline().rstrip("\r\n")


def _entry(action: Action, user: str, **detail: Any) -> AuditEntry:
    return console_entry(action, user=user, **detail)


def console_entry(action: Action, **detail: Any) -> AuditEntry:
    """What goes into the audit log before somebody at this machine does `action`."""
    try:
        login = spelling(getpass.getuser())
    except (KeyError, OSError):  # a container's user may have no name
        login = f"uid {os.getuid()}"
    return AuditEntry(when=datetime.now().astimezone(), who=login, role="console", action=action, detail=detail)


def _detail(detail: dict[str, Any]) -> str:
    told = {key: f"({_detail(value)})" if isinstance(value, dict) else value for key, value in detail.items()}
    return ", ".join(f"{key} {value}" for key, value in told.items() if value not in (None, "", []))
