"""Who may look: one password, kept as an Argon2id hash in config.toml, and a session for each browser that knew it.

Sessions live in memory: a restart signs everybody out. Only a digest of a session's token is kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import math
import secrets
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from monitor.config import Server
from monitor.errors import ConfigError, MonitorError
from monitor.page.answers import Refused

COOKIE = "callmonitor"
SHORTEST, LONGEST = 8, 1024  # characters of a password
ATTEMPTS = 5  # wrong passwords in a row one address may send ...
PAUSE = 30.0  # ... and then one every so many seconds
ADDRESSES = 10_000  # addresses remembered
WAITING = 8  # passwords waiting to be checked; each check takes 64 MiB and most of a core

log = structlog.get_logger()


def hash_password(password: str) -> str:
    """The Argon2id hash for `server.password_hash`. Raises MonitorError for a password too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise MonitorError(f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}.", code="password")
    return PasswordHasher().hash(_normal(password))


def check_bind(server: Server) -> None:
    """Refuse to serve the pages to a network without a password. Raises ConfigError that names what to run."""
    if server.password_hash:
        try:
            extract_parameters(server.password_hash)
        except InvalidHashError as error:
            raise ConfigError("server.password_hash: is no Argon2 hash; make one with `callmonitor password`") from error
    elif not is_loopback(server.host):
        raise ConfigError(
            f"server.host: {server.host or 'every address'} is open to the network, which needs a password: "
            "run `callmonitor password` and put what it prints into server.password_hash"
        )


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address, without brackets or port) is this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(eq=False)
class Session:
    """One signed-in browser until `expires` (the clock's seconds); `over` is set when it signs out."""

    expires: float
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Accounts:
    """Signs browsers in and out. With no password set, everybody is in.

    `clock` gives seconds that never go back.
    """

    def __init__(self, password_hash: str, hours: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.password_needed = bool(password_hash)
        self.seconds = hours * 3600
        self._hash = password_hash
        self._hasher = PasswordHasher()
        self._clock = clock
        self._attempts = Attempts()
        self._sessions: dict[bytes, Session] = {}
        self._checking = asyncio.Lock()
        self._waiting = 0

    async def sign_in(self, password: str, address: str) -> str:
        """Check `password`, sent from `address`; returns a new session's token.

        Raises Refused: `wrong_password` (401), or `too_many_attempts` (429), which says nothing about the password.
        """
        wait = self._attempts.take(address, self._clock())
        if wait > 0 or self._waiting >= WAITING:
            log.warning("sign_in_limited")
            seconds = math.ceil(max(wait, 1.0))
            raise Refused(429, "too_many_attempts", f"Too many attempts; try again in {seconds} s.", wait=seconds)
        if not await self._right(password):
            log.warning("sign_in_failed")
            raise Refused(401, "wrong_password", "That is not the password.")
        self._attempts.forget(address)
        return self._open()

    async def _right(self, password: str) -> bool:
        self._waiting += 1
        try:
            async with self._checking:
                return await asyncio.to_thread(self._verify, _normal(password))
        finally:
            self._waiting -= 1

    def _verify(self, password: str) -> bool:
        try:
            return self._hasher.verify(self._hash, password)
        except VerifyMismatchError:
            return False

    def _open(self) -> str:
        now = self._clock()
        self._sessions = {key: session for key, session in self._sessions.items() if session.expires > now}
        token = secrets.token_urlsafe(32)
        self._sessions[_digest(token)] = Session(now + self.seconds)
        return token

    def session(self, token: str | None) -> Session | None:
        """The session `token` opens; None where it is unknown, signed out or expired."""
        session = self._sessions.get(_digest(token)) if token else None
        return session if session and session.expires > self._clock() else None

    def signed_in(self, token: str | None) -> bool:
        return not self.password_needed or self.session(token) is not None

    def sign_out(self, token: str | None) -> None:
        """End the session `token` opens, and every live socket under it."""
        if token and (session := self._sessions.pop(_digest(token), None)):
            session.over.set()

    async def ended(self, token: str | None) -> None:
        """Return when the session `token` opens is signed out or expires; never, where no password is needed."""
        if not self.password_needed:
            await asyncio.Event().wait()
        if session := self.session(token):
            try:
                await asyncio.wait_for(session.over.wait(), session.expires - self._clock())
            except TimeoutError:
                return


class Attempts:
    """Limits an address to `ATTEMPTS` at once, then one every `PAUSE` seconds (generic cell rate algorithm, ITU-T I.371).

    An IPv6 address counts by its /64, of which a client has all.
    """

    def __init__(self) -> None:
        self._due: dict[str, float] = {}  # when the address's debt is paid off, oldest debtor first

    def take(self, address: str, now: float) -> float:
        """Count an attempt at `now` (seconds); returns 0, or the seconds to wait where it is one too many."""
        key = _network(address)
        due = max(self._due.get(key, now), now) + PAUSE
        wait = due - now - ATTEMPTS * PAUSE
        if wait > 0:
            return wait
        self._due.pop(key, None)
        self._due[key] = due
        if len(self._due) > ADDRESSES:
            self._prune(now)
        return 0.0

    def forget(self, address: str) -> None:
        self._due.pop(_network(address), None)

    def _prune(self, now: float) -> None:
        self._due = {key: due for key, due in self._due.items() if due > now}
        while len(self._due) > ADDRESSES:
            del self._due[next(iter(self._due))]


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))


def _normal(password: str) -> str:
    """One spelling for what keyboards spell in two (RFC 8265: NFC)."""
    return unicodedata.normalize("NFC", password)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
