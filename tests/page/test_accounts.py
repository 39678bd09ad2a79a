from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from monitor.config import Server
from monitor.errors import ConfigError, MonitorError
from monitor.page.accounts import ADDRESSES, ATTEMPTS, PAUSE, WAITING, Accounts, Attempts, check_bind, hash_password
from monitor.page.answers import Refused
from tests.page.support import HASH, PASSWORD, Clock, error_of, info, site

SIGN_IN = {"password": PASSWORD}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_password(host: str) -> None:
    check_bind(Server(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "monitor.example.com", "localhost.example.com"])
def test_anything_else_does(host: str) -> None:
    with pytest.raises(ConfigError, match="callmonitor password"):
        check_bind(Server(host=host))
    check_bind(Server(host=host, password_hash=HASH))


def test_a_hash_that_is_none_is_found_at_start() -> None:
    with pytest.raises(ConfigError, match=r"server\.password_hash: is no Argon2 hash"):
        check_bind(Server(password_hash=PASSWORD))


def test_a_password_is_hashed_by_argon2id_and_salted() -> None:
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first.startswith("$argon2id$")
    assert first != second
    assert PasswordHasher().verify(first, PASSWORD)


@pytest.mark.parametrize("password", ["", "1234567", "七个字的密码啊", "x" * 1025])
def test_a_password_of_bad_length_is_refused(password: str) -> None:
    with pytest.raises(MonitorError, match=f"this one has {len(password)}"):
        hash_password(password)


async def test_one_password_in_two_spellings() -> None:
    """A Mac's keyboard may send e and an accent where another sends é."""
    accounts = Accounts(hash_password("caf\u00e9-caf\u00e9"), 1.0, Clock())
    assert accounts.signed_in(await accounts.sign_in("cafe\u0301-cafe\u0301", "10.0.0.1"))


def test_attempts_are_limited_an_address_and_come_back_one_by_one() -> None:
    attempts = Attempts()
    assert [attempts.take("10.0.0.1", 100.0) for _ in range(ATTEMPTS)] == [0.0] * ATTEMPTS
    assert attempts.take("10.0.0.1", 100.0) == PAUSE
    assert attempts.take("10.0.0.1", 110.0) == PAUSE - 10  # asking too early costs nothing more
    assert attempts.take("10.0.0.2", 110.0) == 0.0
    assert attempts.take("10.0.0.1", 130.0) == 0.0
    assert attempts.take("10.0.0.1", 130.0) == PAUSE


def test_an_ipv6_client_cannot_walk_through_its_network() -> None:
    attempts = Attempts()
    assert [attempts.take(f"2001:db8:1:2::{number:x}", 0.0) for number in range(ATTEMPTS)] == [0.0] * ATTEMPTS
    assert attempts.take("2001:db8:1:2:ffff::1", 0.0) > 0
    assert attempts.take("2001:db8:1:3::1", 0.0) == 0.0


def test_a_flood_of_addresses_takes_no_more_memory() -> None:
    attempts = Attempts()
    for number in range(ADDRESSES + 50):
        attempts.take(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0.0)
    assert len(attempts._due) == ADDRESSES


async def test_a_flood_of_passwords_is_turned_away_before_it_is_checked() -> None:
    accounts = Accounts(HASH, 1.0, Clock())
    signing_in = [accounts.sign_in("wrong password", f"10.0.0.{number}") for number in range(WAITING + 3)]
    results = await asyncio.gather(*signing_in, return_exceptions=True)
    assert [result.status for result in results if isinstance(result, Refused)] == [401] * WAITING + [429] * 3


async def test_signing_in_and_out(tmp_path: Path) -> None:
    async with site(tmp_path, password=True) as served:
        client = served.client
        await served.archive.add(info())
        assert (await client.get("/api/session")).json() == {"password_needed": True, "signed_in": False}
        response = await client.post("/api/session", json=SIGN_IN)
        assert response.json() == {"password_needed": True, "signed_in": True}
        assert (await client.get("/api/session")).json() == {"password_needed": True, "signed_in": True}
        assert (await client.get("/api/calls/c1")).status_code == 200
        kept = dict(client.cookies)
        response = await client.delete("/api/session")
        assert response.json() == {"password_needed": True, "signed_in": False}
        assert not client.cookies
        client.cookies.update(kept)  # the token itself is worth nothing any more
        assert (await client.get("/api/calls/c1")).status_code == 401


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(tmp_path: Path) -> None:
    async with site(tmp_path, password=True) as served:
        response = await served.client.post("/api/session", json=SIGN_IN)
        (cookie,) = response.headers.get_list("set-cookie")
        value, *flags = cookie.split("; ")
        assert {flag.lower() for flag in flags} == {"httponly", "samesite=strict", "path=/", f"max-age={12 * 3600}"}
        assert len(value.partition("=")[2]) >= 43  # 256 bits
        assert PASSWORD not in cookie


async def test_the_cookie_is_for_tls_alone_where_there_is_tls(tmp_path: Path) -> None:
    async with site(tmp_path, password=True) as served:
        response = await served.client.post("/api/session", json=SIGN_IN, headers={"X-Forwarded-Proto": "https"})
        assert "; Secure" in response.headers["set-cookie"]


PROTECTED = [
    ("GET", "/api/state"),
    ("GET", "/api/calls"),
    ("GET", "/api/calls/c1"),
    ("POST", "/api/calls/c1/alerts/a1"),
    ("GET", "/api/vocabulary"),
    ("GET", "/api/health"),
    ("GET", "/api/no-such-thing"),
    ("GET", "/api"),
    ("GET", "/api%2Fstate"),
]


async def test_everything_under_api_needs_the_session(tmp_path: Path) -> None:
    async with site(tmp_path, password=True) as served:
        for method, path in PROTECTED:
            response = await served.client.request(method, path)
            assert (response.status_code, error_of(response)) == (401, "signed_out"), path
        served.client.cookies.set("callmonitor", "guessed")
        assert (await served.client.get("/api/state")).status_code == 401
        assert (await served.client.get("/")).status_code == 503  # the pages' own files do not (here they are not built)


async def test_a_session_ends_by_the_servers_clock(tmp_path: Path) -> None:
    async with site(tmp_path, password=True) as served:
        await served.client.post("/api/session", json=SIGN_IN)
        served.clock.now += 12 * 3600 - 1
        assert (await served.client.get("/api/state")).status_code == 200
        served.clock.now += 1
        assert (await served.client.get("/api/state")).status_code == 401


async def test_guessing_is_slowed_down_and_the_answer_tells_nothing(tmp_path: Path) -> None:
    async with site(tmp_path, password=True) as served:
        guesses = [await served.client.post("/api/session", json={"password": f"guess {n}"}) for n in range(ATTEMPTS)]
        assert {(guess.status_code, guess.text) for guess in guesses} == {(401, guesses[0].text)}
        for password in ("another guess", PASSWORD):
            response = await served.client.post("/api/session", json={"password": password})
            assert (response.status_code, error_of(response)) == (429, "too_many_attempts")
            assert response.headers["retry-after"] == str(int(PAUSE))
            assert "set-cookie" not in response.headers
        served.clock.now += PAUSE
        assert (await served.client.post("/api/session", json=SIGN_IN)).status_code == 200
        response = await served.client.post("/api/session", json={"password": "a slip"})
        assert response.status_code == 401  # having been right, one starts anew


async def test_with_no_password_set_everybody_is_in(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        for method, body in (("GET", None), ("POST", {"password": "anything"}), ("DELETE", None)):
            response = await served.client.request(method, "/api/session", json=body)
            assert response.json() == {"password_needed": False, "signed_in": True}
        assert (await served.client.get("/api/state")).status_code == 200


async def test_no_secret_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG", "monitor")
    async with site(tmp_path, password=True) as served:
        await served.client.post("/api/session", json={"password": "a wrong secret"})
        await served.client.post("/api/session", json=SIGN_IN)
        token = served.client.cookies["callmonitor"]
    printed = "".join(capsys.readouterr()) + caplog.text
    assert "sign_in_failed" in printed
    assert not [secret for secret in ("a wrong secret", PASSWORD, token, HASH) if secret in printed]
