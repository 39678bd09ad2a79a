"""What a password and a name may be, and in which spellings they are the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from monitor.errors import MonitorError
from monitor.page.passwords import account_name, hash_password, line, spelling
from tests.page.support import (
    BOSS,
    PASSWORD,
    site,
)


def test_a_password_is_hashed_by_argon2id_and_salted() -> None:
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first.startswith("$argon2id$")
    assert first != second
    assert PasswordHasher().verify(first, PASSWORD)


@pytest.mark.parametrize("password", ["", "1234567", "七个字的密码啊", "x" * 1025])
def test_a_password_of_bad_length_is_refused(password: str) -> None:
    with pytest.raises(MonitorError, match=f"this one has {len(password)}"):
        hash_password(password)


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a\nb", "<b>", "x" * 33, "system", "SYSTEM", "a\u202eb", "a\x00", "../x", "'--"]
)
def test_a_name_that_can_be_none_is_refused(name: str) -> None:
    with pytest.raises(MonitorError):
        account_name(name)


@pytest.mark.parametrize(
    ("typed", "name"), [("Li.Ming", "li.ming"), (" 李主管 ", "李主管"), ("ＬＩ", "li"), ("jose\u0301", "josé")]
)
def test_a_name_has_one_spelling(typed: str, name: str) -> None:
    assert account_name(typed) == spelling(typed) == name


@pytest.mark.parametrize("text", ["", " ", "a\nb", "a\u202eb", "a\u200bb", "\ud800", "x" * 65])
def test_what_is_invisible_is_no_name(text: str) -> None:
    with pytest.raises(MonitorError, match="--team"):
        line(text, "--team")


async def test_one_password_in_two_spellings(tmp_path: Path) -> None:
    """A Mac's keyboard may send e and an accent where another sends é."""
    user = replace(BOSS, password=PasswordHasher(1, 8, 1).hash("caf\u00e9-caf\u00e9"))
    async with site(tmp_path, people=(user,)) as served:
        response = await served.client.post("/api/session", json={"name": "BOSS", "password": "cafe\u0301-cafe\u0301"})
        assert response.status_code == 200
