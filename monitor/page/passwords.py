"""Passwords and the names they belong to, in one spelling each."""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher

from monitor.errors import MonitorError
from monitor.records import SYSTEM

SHORTEST, LONGEST = 8, 1024  # characters of a password
NAME = 32  # characters of an account's name, at most


def hash_password(password: str) -> str:
    """The Argon2id hash to keep. Raises MonitorError for a password too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise MonitorError(f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}.", code="password")
    return PasswordHasher().hash(normal(password))


def normal(password: str) -> str:
    """One spelling for what keyboards spell in two (RFC 8265: NFC)."""
    return unicodedata.normalize("NFC", password)


def spelling(name: str) -> str:
    """One spelling for a name however typed: in capitals, in full width, composed or not (cf. RFC 8265, UsernameCaseMapped)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.strip()).casefold())


def account_name(name: str) -> str:
    """The name of a new account: letters, digits, `.`, `-`, `_`. Raises MonitorError where it can be none."""
    made = spelling(name)
    if not 1 <= len(made) <= NAME or not all(one.isalnum() or one in ".-_" for one in made):
        raise MonitorError(f"An account's name has 1 to {NAME} letters, digits and . - _", code="account_name")
    if made == SYSTEM:
        raise MonitorError(f"{SYSTEM!r} is how callmonitor signs; choose another name.", code="account_name")
    return made


def line(text: str, what: str) -> str:
    """One line of 1 to 64 characters, none of them invisible. Raises MonitorError that names `what`."""
    text = text.strip()
    if not 1 <= len(text) <= 64 or any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in text):
        raise MonitorError(f"{what} has 1 to 64 characters on one line, none of them invisible.", code="line")
    return text
