"""Attempts that were refused, for the audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from monitor.page.accounts import Asking
from monitor.people import Action, AuditEntry

AGAIN = timedelta(minutes=1)  # before which the same attempt is not written down again
REMEMBERED = 1_000  # attempts


class Store(Protocol):
    """Raises ArchiveError."""

    async def audit(self, entry: AuditEntry) -> None: ...


class Denials:
    """Writes each down once a minute: a page that tries again and again must not fill the log."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self._newest: dict[tuple[str, str, str, str], datetime] = {}  # oldest first

    async def note(self, asking: Asking, refused: Action, call: str) -> None:
        """That somebody tried with a call what they may not."""
        now, attempt = self._now(), (asking.person.name, asking.address, refused, call)
        if attempt in self._newest and now - self._newest[attempt] < AGAIN:
            return
        self._newest.pop(attempt, None)
        self._newest[attempt] = now
        if len(self._newest) > REMEMBERED:
            self._newest.pop(next(iter(self._newest)))
        await self._store.audit(asking.entry(now, refused, call))
