"""Signing in and out, by the account that is kept; what a second person, a disabled one and an attacker get."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from monitor.config import Config, Server, load
from monitor.errors import ArchiveError, ConfigError
from monitor.page import accounts
from monitor.page.accounts import WAITING_EACH, Accounts, check_bind
from monitor.page.answers import Refused
from monitor.page.attempts import ATTEMPTS
from monitor.people import AuditEntry, User
from tests.page.support import (
    BOSS,
    HASH,
    LEAD,
    NINE,
    PASSWORD,
    STAFF,
    WANG,
    browser,
    error_of,
    hire,
    info,
    join,
    joined,
    received,
    site,
)
from tests.page.test_live import closed

SIGN_IN = {"name": "boss", "password": PASSWORD}
OUT: dict[str, object] = {"password_needed": True, "signed_in": False, "who": None, "rights": []}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_account(host: str) -> None:
    check_bind(Server(host=host), [])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "monitor.example.com", "localhost.example.com"])
def test_anything_else_does(host: str) -> None:
    with pytest.raises(ConfigError, match="callmonitor users add NAME --role admin"):
        check_bind(Server(host=host), [])
    check_bind(Server(host=host), [BOSS])


@pytest.mark.parametrize("value", ["", HASH])
def test_a_config_of_one_password_is_told_what_to_do(tmp_path: Path, value: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[server]\nport = 1\npassword_hash = "{value}"\n')
    with pytest.raises(
        ConfigError, match="Take the line out, and make the first account with `callmonitor users add"
    ) as caught:
        load(path)
    assert value not in str(caught.value) or not value


async def test_signing_in_and_out(tmp_path: Path) -> None:
    async with site(tmp_path, people=(BOSS,)) as served:
        client = served.client
        await served.archive.add(info())
        assert (await client.get("/api/session")).json() == OUT
        response = await client.post("/api/session", json=SIGN_IN)
        assert response.json() == (await client.get("/api/session")).json()
        assert response.json() == {
            "password_needed": True,
            "signed_in": True,
            "who": {"name": "boss", "role": "admin", "display": "老板", "teams": [], "agent": None},
            "rights": ["listen", "whisper", "decide", "export", "label", "audit"],
        }
        assert (await client.get("/api/calls/c1")).status_code == 200
        kept = client.cookies["callmonitor"]
        assert (await client.delete("/api/session")).json() == OUT
        assert "callmonitor" not in client.cookies
        client.cookies.set("callmonitor", kept)  # the token itself is worth nothing any more
        assert (await client.get("/api/calls/c1")).status_code == 401


async def test_signing_in_anew_ends_what_this_browser_had(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served:
        await served.sign_in(BOSS)
        old = served.client.cookies["callmonitor"]
        await served.sign_in(WANG)
        assert (await served.client.get("/api/session")).json()["who"]["name"] == "wang"
        async with browser(served.port) as thief:
            thief.cookies.set("callmonitor", old)
            assert (await thief.get("/api/state")).status_code == 401


async def test_the_cookies_are_out_of_reach_of_scripts_and_other_sites(tmp_path: Path) -> None:
    async with site(tmp_path, people=(BOSS,)) as served:
        response = await served.client.post("/api/session", json=SIGN_IN)
        session, device = response.headers.get_list("set-cookie")
        value, *flags = session.split("; ")
        assert value.startswith("callmonitor=")
        assert {flag.lower() for flag in flags} == {"httponly", "samesite=strict", "path=/", f"max-age={12 * 3600}"}
        assert len(value.partition("=")[2]) >= 43  # 256 bits
        value, *flags = device.split("; ")
        assert value.startswith("callmonitor-device=")
        assert {"httponly", "samesite=strict", "path=/api/session"} < {flag.lower() for flag in flags}
        assert PASSWORD not in session + device
        assert "boss" not in session + device


async def test_the_cookies_are_for_tls_alone_where_there_is_tls(tmp_path: Path) -> None:
    async with site(tmp_path, people=(BOSS,)) as served:
        response = await served.client.post("/api/session", json=SIGN_IN, headers={"X-Forwarded-Proto": "https"})
        assert all("; Secure" in cookie for cookie in response.headers.get_list("set-cookie"))


PROTECTED = [
    ("GET", "/api/state"),
    ("GET", "/api/calls"),
    ("GET", "/api/calls/c1"),
    ("POST", "/api/calls/c1/alerts/a1"),
    ("GET", "/api/vocabulary"),
    ("GET", "/api/audit"),
    ("GET", "/api/audit/people"),
    ("GET", "/api/export/audit"),
    ("GET", "/api/no-such-thing"),
    ("GET", "/api"),
    ("GET", "/api%2Fstate"),
]


async def test_everything_under_api_needs_the_session(tmp_path: Path) -> None:
    async with site(tmp_path, people=(BOSS,)) as served:
        for method, path in PROTECTED:
            response = await served.client.request(method, path)
            assert (response.status_code, error_of(response)) == (401, "signed_out"), path
        served.client.cookies.set("callmonitor", "guessed")
        assert (await served.client.get("/api/state")).status_code == 401
        assert (await served.client.get("/")).status_code == 503  # the pages' own files do not (here they are not built)


async def test_a_session_ends_by_the_servers_clock(tmp_path: Path) -> None:
    async with site(tmp_path, people=(BOSS,)) as served:
        await served.sign_in(BOSS)
        served.clock.now += 12 * 3600 - 1
        assert (await served.client.get("/api/state")).status_code == 200
        served.clock.now += 1
        assert (await served.client.get("/api/state")).status_code == 401


async def test_guessing_is_slowed_down_and_the_answer_tells_nothing(tmp_path: Path) -> None:
    async with site(tmp_path, people=(BOSS,)) as served:
        guess = {"name": "boss", "password": "a guess"}
        guesses = [await served.client.post("/api/session", json=guess) for _ in range(ATTEMPTS.burst)]
        assert {(answer.status_code, answer.text) for answer in guesses} == {(401, guesses[0].text)}
        for body in (guess, SIGN_IN):
            response = await served.client.post("/api/session", json=body)
            assert (response.status_code, error_of(response)) == (429, "too_many_attempts")
            assert response.headers["retry-after"] == str(int(ATTEMPTS.pause))
            assert "set-cookie" not in response.headers
        served.clock.now += ATTEMPTS.pause
        assert (await served.client.post("/api/session", json=SIGN_IN)).status_code == 200
        assert (await served.client.post("/api/session", json=guess)).status_code == 401  # having been right, one starts anew


async def test_nobody_locks_out_a_colleague_at_the_same_address(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served, browser(served.port) as attacker:
        await served.sign_in(BOSS)
        await served.client.delete("/api/session")
        for _ in range(ATTEMPTS.burst + 1):
            last = await attacker.post("/api/session", json={"name": "boss", "password": "a guess"})
        assert last.status_code == 429
        await served.sign_in(BOSS)  # this browser was here before
        await served.sign_in(LEAD)  # and another name is not counted with this one


class Seen(PasswordHasher):
    """Notes each hash a password is held against."""

    def __init__(self) -> None:
        super().__init__()
        self.hashes: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
        self.hashes.append(str(hash))
        return bool(super().verify(hash, password))


async def test_a_name_nobody_has_costs_the_same_and_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen()
    monkeypatch.setattr(accounts, "PasswordHasher", lambda: seen)
    usual = PasswordHasher().hash(PASSWORD)
    gone = replace(WANG, disabled=True, password=usual)
    async with site(tmp_path, people=(replace(BOSS, password=usual), gone)) as served:
        answers = []
        for name, password in (("boss", "a guess"), ("nobody", PASSWORD), ("wang", PASSWORD), ("", PASSWORD)):
            answers.append(await served.client.post("/api/session", json={"name": name, "password": password}))
        assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    costs = {re.sub(r"\$[^$]+\$[^$]+$", "", hash) for hash in seen.hashes}  # without salt and digest: kind and parameters
    assert len(seen.hashes) == len(answers)
    assert len(costs) == 1


HOSTILE = [
    "' OR 1=1 --",
    "boss\x00",
    "boss\n",
    "<b>boss</b>",
    "system",
    "\ud800",
    "boss\u200b",
    "ｂｏｓｓ'",
    "../boss",
    "x" * 64,
]


async def test_hostile_names_are_nobody(tmp_path: Path) -> None:
    async with site(tmp_path, people=(BOSS,)) as served:
        headers = {"content-type": "application/json"}
        for name in HOSTILE:
            body = json.dumps({"name": name, "password": "a guess at it"})
            response = await served.client.post("/api/session", content=body, headers=headers)
            assert response.status_code in (401, 422), name
        for given in (
            {"password": PASSWORD},
            {"name": "boss"},
            {"name": 3, "password": PASSWORD},
            {"name": "x" * 65, "password": ""},
        ):
            response = await served.client.post("/api/session", json=given)
            assert (response.status_code, error_of(response)) == (422, "invalid")
        assert {entry.who for entry in await served.archive.audits() if entry.action == "sign_in_failed"} <= {"", "boss"}


class Slow:
    """A store that answers when told, as a machine under load."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()

    async def users(self) -> list[User]:
        await self.gate.wait()
        return [BOSS]

    async def audit(self, entry: AuditEntry) -> None:
        pass


async def test_a_flood_from_one_place_is_turned_away_and_leaves_room_for_others() -> None:
    store = Slow()
    doors = Accounts(store, Server(), 1.0, lambda: NINE)
    flood = [asyncio.create_task(doors.sign_in(f"n{n}", "a guess", "10.0.0.1")) for n in range(WAITING_EACH + 3)]
    other = asyncio.create_task(doors.sign_in("boss", PASSWORD, "10.0.0.2"))
    await asyncio.sleep(0)
    store.gate.set()
    results = await asyncio.gather(*flood, return_exceptions=True)
    assert [result.status for result in results if isinstance(result, Refused)] == [401] * WAITING_EACH + [429] * 3
    assert (await other).session.person.name == "boss"
    assert not doors._waiting


async def test_with_no_account_everybody_on_this_machine_is_in(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        for method, body in (("GET", None), ("POST", {"name": "any", "password": "thing"}), ("DELETE", None)):
            known = (await served.client.request(method, "/api/session", json=body)).json()
            assert (known["password_needed"], known["signed_in"], known["who"]["role"]) == (False, True, "admin")
        assert (await served.client.get("/api/state")).status_code == 200


async def test_with_no_account_nobody_on_the_network_is(tmp_path: Path) -> None:
    doors = Accounts((store := Slow()), Server(host="0.0.0.0"), 1.0, lambda: NINE)
    store.gate.set()
    assert await doors.session(None) is None
    assert doors.needed


async def test_the_first_account_closes_the_door_while_the_server_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "CHECK", 0.02)
    async with site(tmp_path) as served, served.live() as socket:
        await joined(served, socket)
        hire(served.data, BOSS)
        served.clock.now += 1
        assert await closed(socket) == (1008, "signed_out")
        assert (await served.client.get("/api/state")).status_code == 401
        await served.sign_in(BOSS)
        assert (await served.client.get("/api/state")).status_code == 200


@pytest.mark.parametrize(
    "change", [{"disabled": True}, {"password": HASH.replace("$m=8", "$m=16")}, {"role": "agent"}, {"teams": ["三组"]}]
)
async def test_a_change_of_the_account_ends_its_sessions_and_sockets_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    monkeypatch.setattr(accounts, "CHECK", 0.02)
    async with site(tmp_path, people=STAFF) as served, browser(served.port) as colleague:
        await served.sign_in(LEAD)
        await served.sign_in(BOSS, colleague)
        async with served.live() as socket, served.live(colleague) as other:
            await joined(served, socket)
            await join(other)
            served.change(LEAD.name, **change)
            assert await closed(socket) == (1008, "signed_out")
            assert (await served.client.get("/api/state")).status_code == 401
            assert (await colleague.get("/api/state")).status_code == 200
            seq = served.hub.publish(type="notice", call=None, level="info", code="on", message="")
            assert (await received(other))["seq"] == seq


async def test_a_disabled_account_cannot_sign_in(tmp_path: Path) -> None:
    async with site(tmp_path, people=STAFF) as served:
        served.change(LEAD.name, disabled=True)
        response = await served.client.post("/api/session", json={**SIGN_IN, "name": LEAD.name})
        assert (response.status_code, error_of(response)) == (401, "wrong_password")
        served.change(LEAD.name, disabled=False)
        await served.sign_in(LEAD)


class Failing(Slow):
    """Accounts that can be read once, and an audit log that cannot be written."""

    def __init__(self) -> None:
        super().__init__()
        self.gate.set()
        self.broken = False

    async def users(self) -> list[User]:
        if self.broken:
            raise ArchiveError("the disk is gone")
        return [BOSS]

    async def audit(self, entry: AuditEntry) -> None:
        if self.broken:
            raise ArchiveError("the disk is full")


async def test_without_an_entry_in_the_audit_log_nobody_gets_in_and_nobody_is_thrown_out(tmp_path: Path) -> None:
    store, now = Failing(), [0.0]
    doors = Accounts(store, Server(), 1.0, lambda: NINE, lambda: now[0])
    granted = await doors.sign_in("boss", PASSWORD, "10.0.0.1")
    store.broken = True
    now[0] += accounts.CHECK
    assert await doors.session(granted.token) is granted.session
    with pytest.raises(ArchiveError):
        await doors.sign_in("boss", PASSWORD, "10.0.0.1")
    assert len(doors._sessions) == 1


async def test_no_secret_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG", "monitor")
    async with site(tmp_path, people=(BOSS,)) as served:
        await served.client.post("/api/session", json={"name": "a secret in the wrong field", "password": "a wrong secret"})
        await served.client.post("/api/session", json=SIGN_IN)
        token, device = served.client.cookies["callmonitor"], served.client.cookies["callmonitor-device"]
        audited = repr(await served.archive.audits())
    printed = "".join(capsys.readouterr()) + caplog.text
    assert "sign_in_failed" in printed
    secrets = ("a wrong secret", "a secret in the wrong field", PASSWORD, token, device, HASH)
    assert not [secret for secret in secrets if secret in printed or secret in audited]


def test_the_default_address_is_this_machine_alone() -> None:
    check_bind(Config().server, [])
