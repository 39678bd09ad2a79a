"""What requests are made of: ids in paths, names and notes in bodies, and how a decision is signed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends
from fastapi import Path as InPath
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints
from pydantic_core import PydanticCustomError

from monitor.page.accounts import Asking
from monitor.page.answers import Refused
from monitor.page.guard import who_asks
from monitor.page.passwords import spelling
from monitor.page.policy import Person
from monitor.records import SYSTEM

CallId = Annotated[str, InPath(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
AlertId = Annotated[str, InPath(pattern=r"^[A-Za-z0-9._:@-]{1,200}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]
# Within it no offset leads out of the years a datetime can hold.
Moment = Annotated[AwareDatetime, Field(ge=datetime(100, 1, 1, tzinfo=UTC), lt=datetime(9000, 1, 1, tzinfo=UTC))]
Who = Annotated[Asking, Depends(who_asks)]


def _person(name: str) -> str:
    if name == SYSTEM:
        raise PydanticCustomError("system", "'system' is how callmonitor signs; say who you are")
    return name


Name = Annotated[Line, AfterValidator(_person)]


def signature(person: Person, given: str | None) -> str:
    """How a decision is signed: by the account; where there are none, as the page says. Raises Refused."""
    if not person.name:
        if given is None:
            raise Refused(422, "invalid", "body.by: Field required")
        return given
    if given is not None and spelling(given) != person.name:
        raise Refused(403, "not_you", f"You are signed in as {person.name}, and sign as nobody else.")
    return person.name
