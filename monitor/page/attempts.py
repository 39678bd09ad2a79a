"""How often somebody may try to sign in, so that guessing is slow and nobody can lock another out.

Attempts are counted by name and address together, and all of an address together. Where people share an address (an office
behind one router) one of them could still use up another's attempts; so a browser that has signed in keeps a token saying for
whom, and its attempts for that name are counted by themselves (OWASP: device cookies).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from typing import NamedTuple

KEPT = 10_000  # debtors remembered


class Rate(NamedTuple):
    """So many attempts at once, then one every `pause` seconds."""

    burst: int
    pause: float


ATTEMPTS = Rate(5, 30.0)  # of one name from one address, or from one browser that signed in under it
FROM_ADDRESS = Rate(60, 5.0)  # of all names together


class Throttle:
    """Counts attempts; forgets all at a restart, tokens of browsers included."""

    def __init__(self) -> None:
        self._pairs, self._addresses = Debts(ATTEMPTS), Debts(FROM_ADDRESS)
        self._key = secrets.token_bytes(32)

    def take(self, name: str, address: str, device: str | None, now: float) -> float:
        """Count an attempt at `now` (seconds); returns 0, or the seconds to wait where it is one too many."""
        address = network(address)
        counted: list[tuple[Debts, str]] = [(self._pairs, self._who(name, address, device))]
        if not self.knows(device, name):
            counted.append((self._addresses, address))
        return take_all(counted, now)

    def forget(self, name: str, address: str, device: str | None) -> None:
        """The attempt was right: the wrong ones before it cost nothing more. Those of the whole address do."""
        self._pairs.forget(self._who(name, network(address), device))

    def device(self, name: str) -> str:
        """A token for a browser that has signed in as `name`."""
        token = secrets.token_urlsafe(16)
        return f"{token}.{self._sign(token, name)}"

    def _who(self, name: str, address: str, device: str | None) -> str:
        return f"device {device}" if self.knows(device, name) else f"{len(address)} {address} {name}"

    def knows(self, device: str | None, name: str) -> bool:
        """Whether `device` is the token of a browser that has signed in as `name`."""
        token, _, signature = (device or "").partition(".")
        return hmac.compare_digest(signature.encode("utf-8", "replace"), self._sign(token, name).encode())

    def _sign(self, token: str, name: str) -> str:
        return hmac.new(self._key, f"{token}.{name}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


class Debts:
    """Who has tried and when that is paid off (generic cell rate algorithm, ITU-T I.371)."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._due: dict[str, float] = {}  # when the debt is paid off, oldest debtor first

    def wait(self, key: str, now: float) -> float:
        """The seconds until an attempt would be one of those allowed."""
        return max(0.0, max(self._due.get(key, now), now) - now - (self._rate.burst - 1) * self._rate.pause)

    def take(self, key: str, now: float) -> None:
        """Count an attempt."""
        due = max(self._due.pop(key, now), now) + self._rate.pause
        self._due[key] = due
        if len(self._due) > KEPT:
            self._due = {key: due for key, due in self._due.items() if due > now}
            while len(self._due) > KEPT:
                del self._due[next(iter(self._due))]

    def forget(self, key: str) -> None:
        self._due.pop(key, None)

    def __len__(self) -> int:
        return len(self._due)


def take_all(counted: Sequence[tuple[Debts, str]], now: float) -> float:
    """Count an attempt in each, or in none where one of them says to wait."""
    wait = max(debts.wait(key, now) for debts, key in counted)
    if not wait:
        for debts, key in counted:
            debts.take(key, now)
    return wait


def network(address: str) -> str:
    """What of an address one client has: of IPv6 the /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))
