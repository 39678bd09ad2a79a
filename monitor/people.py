"""The people of a service: their accounts, whose calls they may know of, and the log of what they did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Role = Literal["admin", "supervisor", "qa", "agent"]
Action = Literal[  # of the audit log; web/tests/actions.txt has them for the page, which names and groups each
    "sign_in",
    "sign_in_failed",
    "listen",
    "listen_ended",
    "listen_refused",
    "play",
    "play_refused",
    "whisper",
    "whisper_marked",
    "takeover",
    "decision",
    "export",
    "user_added",
    "role_changed",
    "password_changed",
    "user_disabled",
    "user_enabled",
    "webhook_retry",
    "webhook_drop",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may sign in. Never deleted: the audit log names them."""

    name: str  # as signed in with and as decisions are signed; one spelling, see `monitor.page.passwords.account_name`
    display: str
    role: Role
    teams: tuple[str, ...] = ()  # of a supervisor; none: every call
    agent: str | None = None  # of an agent: the `agent` their calls come with
    password: str = field(repr=False)  # an Argon2id hash
    disabled: bool = False
    created: datetime  # aware


@dataclass(frozen=True, slots=True)
class Scope:
    """Which calls somebody may know of: those of these agents and teams, or (None) of all."""

    agents: frozenset[str] | None = None
    teams: frozenset[str] | None = None

    def covers(self, agent: str | None, team: str | None) -> bool:
        """Whether a call of this agent and team, as far as the call says, is among them."""
        return (self.agents is None or agent in self.agents) and (self.teams is None or team in self.teams)


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did, or is about to do, what. Kept for good: the table takes nothing back."""

    when: datetime  # aware
    who: str  # the account's name; "" where there are no accounts or none of that name
    role: str | None = None  # as it was then; "console": somebody at the server's command line
    address: str | None = None
    action: Action
    call: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    id: int | None = None  # its place in the log, given when it is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which entries of the audit log: the newest of those to which all of this applies."""

    since: datetime | None = None  # from then on
    until: datetime | None = None  # before that
    who: str | None = None
    actions: Sequence[str] = ()  # one of these; none: any
    before: int | None = None  # older than the entry with this id
    limit: int | None = None  # so many at most


EVERY_ENTRY = AuditQuery()
