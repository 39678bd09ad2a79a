"""Who may know and do what: the one place that says so. Pure.

| | calls | listen in | whisper, take over | decide on alerts | export | labelled cases | customer numbers | audit log |
|---|---|---|---|---|---|---|---|---|
| admin | all | live and over | yes | yes | yes | yes | whole | yes |
| supervisor | own teams'; without teams all | live and over | yes | yes | yes | | whole | |
| qa | all | over | | yes | yes | yes | masked | |
| agent | own | | | | | | masked | |

A call without a team is known to admin, qa and supervisors without teams. Where there are no accounts, everybody is OPEN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, TypeVar

from monitor.people import EVERYTHING, Role, Scope, User
from monitor.records import CallRecord, CallView, Summary

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks. `name` is how they sign."""

    name: str
    role: Role
    display: str = ""
    teams: tuple[str, ...] = ()
    agent: str | None = None


OPEN = Person(name="", role="admin")


def person(user: User) -> Person:
    return Person(user.name, user.role, user.display, user.teams, user.agent)


class Owner(NamedTuple):
    """Whose a call is."""

    agent: str | None
    team: str | None


class Owned(Protocol):
    """A call, as far as it matters whose it is."""

    @property
    def agent(self) -> str | None: ...

    @property
    def team(self) -> str | None: ...


def scope(person: Person) -> Scope:
    """Which calls a person may know of."""
    if person.role == "agent":
        return Scope(agents=frozenset([person.agent] if person.agent else []))
    if person.role == "supervisor" and person.teams:
        return Scope(teams=frozenset(person.teams))
    return EVERYTHING


def may_see(person: Person, call: Owned | None) -> bool:
    """`call` None: one of which nothing is known, not even whose it is."""
    reach = scope(person)
    return reach == EVERYTHING if call is None else reach.covers(call.agent, call.team)


def may_listen(person: Person, call: CallView) -> bool:
    """To its sound: while it lasts, or played back."""
    return may_see(person, call) and (_leads(person) or (person.role == "qa" and call.status != "live"))


def may_whisper(person: Person, call: Owned) -> bool:
    return _leads(person) and may_see(person, call)


def may_mark_whispers(person: Person, call: Owned) -> bool:
    """Say what became of a whisper: whom it was for, or, where there are no accounts, whoever is there."""
    return (person.role == "agent" or person == OPEN) and may_see(person, call)


def may_take_over(person: Person, call: Owned) -> bool:
    return _leads(person) and may_see(person, call)


def may_decide(person: Person, call: Owned) -> bool:
    """On its alerts."""
    return person.role != "agent" and may_see(person, call)


def may_export(person: Person, call: Owned) -> bool:
    """Take it out of the product; numbers as this person sees them."""
    return person.role != "agent" and may_see(person, call)


def may_label(person: Person) -> bool:
    """Take what was decided on alerts out as labelled cases, of every call."""
    return person.role in ("admin", "qa")


def may_mend(person: Person) -> bool:
    """See how the webhooks do, and what becomes of what they did not take."""
    return _leads(person)


def may_audit(person: Person) -> bool:
    return person.role == "admin"


def masks(person: Person) -> bool:
    """Whether customers' numbers are shown to this person in part only."""
    return not _leads(person)


def rights(person: Person) -> list[str]:
    """What a page may offer this person at all; for each call the functions above are asked."""
    known = {
        "listen": person.role != "agent",
        "whisper": _leads(person),
        "decide": person.role != "agent",
        "export": person.role != "agent",
        "label": may_label(person),
        "audit": may_audit(person),
    }
    return [right for right, has in known.items() if has]


def masked(number: str) -> str:
    """`13812342233` -> `138****2233`; less of a shorter one. What is shown does not tell how much is hidden."""
    head, tail = (3, 4) if len(number) >= 11 else (2, 2) if len(number) >= 7 else (0, 0)
    return f"{number[:head]}****{number[len(number) - tail :]}"


def shown(person: Person, value: T) -> T:
    """A record as this person may know it: CallView, Summary, CallRecord; any other as it is.

    Lists of calls are expected to hold only calls the person may see.
    """
    result: Any = value
    if isinstance(value, CallView):
        if masks(person) and value.customer is not None:
            result = replace(value, customer=masked(value.customer))
    elif isinstance(value, Summary):
        earlier = tuple(one for one in value.earlier if _covers(person, one))
        if earlier != value.earlier:
            result = replace(value, earlier=earlier)
    elif isinstance(value, CallRecord):
        result = replace(value, call=shown(person, value.call), summary=shown(person, value.summary))
    return result  # type: ignore[no-any-return]


def _covers(person: Person, earlier: Mapping[str, Any]) -> bool:
    return scope(person).covers(earlier.get("agent"), earlier.get("team"))


def _leads(person: Person) -> bool:
    return person.role in ("admin", "supervisor")
