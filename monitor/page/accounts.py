"""Who is in: sessions of the accounts that the archive keeps.

With no account made, everybody who reaches this machine's own address is in, as `policy.OPEN`. Sessions live in memory: a
restart signs everybody out. Only a digest of a session's token is kept. Accounts are changed by another process (the command
line), so they are read again for every request, and every CHECK seconds while a socket is open; a session whose account has
changed is over.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import math
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from monitor.config import Server
from monitor.errors import ArchiveError, ConfigError
from monitor.page.answers import Refused
from monitor.page.attempts import Throttle, network
from monitor.page.passwords import normal, spelling
from monitor.page.policy import OPEN, Person, person
from monitor.people import Action, AuditEntry, User

COOKIE, DEVICE = "callmonitor", "callmonitor-device"
CHECK = 0.5  # seconds for which what was read of the accounts holds for sockets
WAITING = 32  # passwords waiting to be checked; one at a time is, and takes 64 MiB and most of a core
WAITING_EACH = 4  # of them from one address, or one browser that has signed in before
FIRST_ADMIN = "callmonitor users add NAME --role admin"

log = structlog.get_logger()


class Store(Protocol):
    """Where accounts and the audit log are kept. Raises ArchiveError."""

    async def users(self) -> list[User]: ...

    async def audit(self, entry: AuditEntry) -> None: ...


def check_bind(server: Server, users: Sequence[User]) -> None:
    """Refuse to serve the pages to a network without accounts. Raises ConfigError that names what to run."""
    if not users and not is_loopback(server.host):
        raise ConfigError(
            f"server.host: {server.host or 'every address'} is open to the network, which needs accounts: "
            f"make the first with `{FIRST_ADMIN}`"
        )


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address, without brackets or port) is this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(eq=False, slots=True)
class Session:
    """One browser that is in until `expires` (the clock's seconds); `over` is set when it signs out or its account changes."""

    person: Person
    expires: float
    user: User | None = None  # None: there are no accounts
    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and from where."""

    session: Session
    address: str

    @property
    def person(self) -> Person:
        return self.session.person

    def entry(self, when: datetime, action: Action, call: str | None = None, **detail: Any) -> AuditEntry:
        """What goes into the audit log before they do `action`."""
        who = self.person
        return AuditEntry(when=when, who=who.name, role=who.role, address=self.address, action=action, call=call, detail=detail)


class Granted(NamedTuple):
    """What a browser is given: a session's token, one that says it signed in before, and who it is."""

    token: str
    device: str
    session: Session


class Accounts:
    """Signs browsers in and out. `clock` gives seconds that never go back, `now` an aware wall-clock time."""

    def __init__(
        self,
        store: Store,
        server: Server,
        hours: float,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = hours * 3600
        self._store, self._now, self._clock = store, now, clock
        self._users: dict[str, User] | None = None  # None: not read yet
        self._read_at = -math.inf
        self._reading = asyncio.Lock()
        self._open = Session(OPEN, math.inf) if is_loopback(server.host) else None  # until the first account is seen
        self._sessions: dict[bytes, Session] = {}
        self._throttle = Throttle()
        self._hasher = PasswordHasher()
        self._nobodys = ""
        self._checking = asyncio.Lock()
        self._waiting: Counter[str] = Counter()

    async def session(self, token: str | None) -> Session | None:
        """The session `token` opens; None where it is unknown, over or expired. With no accounts made, the open one.

        Raises ArchiveError where the accounts were never read.
        """
        await self._refresh(holds=0.0)
        return self._open or self._find(token)

    @property
    def needed(self) -> bool:
        """Whether one has to sign in, as far as is known."""
        return self._open is None

    def _find(self, token: str | None) -> Session | None:
        session = self._sessions.get(_digest(token)) if token else None
        return session if session and session.expires > self._clock() else None

    async def _refresh(self, *, holds: float | None = None, anew: bool = False) -> None:
        """Read the accounts, unless what was read `holds` (CHECK) seconds ago, or for another who waited with us, will do.

        What cannot be read is as it was: a full disk signs nobody out.
        """
        asked = self._clock()
        async with self._reading:
            if not anew and (self._read_at >= asked or asked - self._read_at < (CHECK if holds is None else holds)):
                return
            began = self._clock()
            try:
                users = {user.name: user for user in await self._store.users()}
            except ArchiveError as error:
                if self._users is None or anew:
                    raise
                log.warning("accounts_unread", code=error.code)
            else:
                self._users = users
                self._end_changed()
            self._read_at = began

    def _end_changed(self) -> None:
        users = self._users or {}
        for key, session in list(self._sessions.items()):
            if session.user != users.get(session.person.name) or (session.user and session.user.disabled):
                self._sessions.pop(key).over.set()
        if self._open and users:
            self._open.over.set()
            self._open = None

    async def sign_in(self, name: str, password: str, address: str, device: str | None = None) -> Granted:
        """Check what was sent from `address` by a browser that keeps the token `device`.

        Raises Refused: `wrong_password` (401), whichever of the two is wrong, or `too_many_attempts` (429), which says
        nothing about either. Raises ArchiveError where the audit log cannot be kept: then nobody is in.
        """
        name = spelling(name)
        wait = self._throttle.take(name, address, device, self._clock())
        place, total = (device or "", 0) if self._throttle.knows(device, name) else (network(address), self._waiting.total())
        if wait > 0 or self._waiting[place] >= WAITING_EACH or total >= WAITING:
            log.warning("sign_in_limited")
            seconds = math.ceil(max(wait, 1.0))
            raise Refused(429, "too_many_attempts", f"Too many attempts; try again in {seconds} s.", wait=seconds)
        user = await self._right(name, password, place)
        known = (self._users or {}).get(name)
        # A name nobody has may well be a password in the wrong field: it is not kept.
        entry = AuditEntry(
            when=self._now(),
            who=name if known else "",
            role=known.role if known else None,
            address=address,
            action="sign_in" if user else "sign_in_failed",
        )
        await self._store.audit(entry)
        if user is None:
            log.warning("sign_in_failed")
            raise Refused(401, "wrong_password", "That is not the name and password.")
        self._throttle.forget(name, address, device)
        return self._begin(user)

    async def _right(self, name: str, password: str, place: str) -> User | None:
        """The account of that name and password. The same work is done where there is none: time tells nothing."""
        self._waiting[place] += 1
        try:
            async with self._checking:
                await self._refresh(anew=True)
                user = (self._users or {}).get(name)
                right = await asyncio.to_thread(self._verify, user, normal(password))
        finally:
            self._waiting[place] -= 1
            self._waiting += Counter()  # drops zeros
        return user if right and user and not user.disabled else None

    def _verify(self, user: User | None, password: str) -> bool:
        self._nobodys = self._nobodys or self._hasher.hash(secrets.token_urlsafe())
        try:
            return self._hasher.verify(user.password if user else self._nobodys, password) and user is not None
        except (VerificationError, InvalidHashError):
            return False

    def _begin(self, user: User) -> Granted:
        now = self._clock()
        self._sessions = {key: session for key, session in self._sessions.items() if session.expires > now}
        token = secrets.token_urlsafe(32)
        session = self._sessions[_digest(token)] = Session(person(user), now + self.seconds, user)
        return Granted(token, self._throttle.device(user.name), session)

    def sign_out(self, token: str | None) -> None:
        """End the session `token` opens, and every live socket under it."""
        if token and (session := self._sessions.pop(_digest(token), None)):
            session.over.set()

    async def ended(self, session: Session) -> None:
        """Return when `session` is signed out, expires, or its account has changed."""
        while (left := session.expires - self._clock()) > 0 and not session.over.is_set():
            try:
                await asyncio.wait_for(session.over.wait(), min(left, CHECK))
            except TimeoutError:
                if left <= CHECK:
                    return
                await self._refresh()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
