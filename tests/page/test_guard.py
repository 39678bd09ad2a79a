from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from fastapi import FastAPI, WebSocket
from starlette.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from monitor.config import Server
from monitor.errors import ConfigError
from monitor.page.answers import Refused
from monitor.page.guard import BODY, Guard
from tests.page.support import BOSS, error_of, joined, site


async def nothing(*_: object) -> None:
    raise AssertionError("not reached")


LOCAL = Server()
LAN = Server(host="192.168.1.5", allowed_hosts=("Monitor.Example.com", "fd00::5"))
ANY = Server(host="0.0.0.0", allowed_hosts=("monitor.example.com",))


@pytest.mark.parametrize(
    ("server", "host", "known"),
    [
        (LOCAL, "127.0.0.1:8770", True),
        (LOCAL, "localhost:8770", True),
        (LOCAL, "LOCALHOST", True),
        (LOCAL, "[::1]:8770", True),
        (LOCAL, "evil.example", False),
        (LOCAL, "127.0.0.1.evil.example:8770", False),
        (LOCAL, "localhost.evil.example", False),
        (LOCAL, "192.168.1.5:8770", False),
        (LOCAL, "", False),
        (LOCAL, ":8770", False),
        (LOCAL, "[", False),
        (LAN, "192.168.1.5:8770", True),
        (LAN, "192.168.1.6:8770", False),
        (LAN, "monitor.example.com", True),
        (LAN, "[fd00::5]:8770", True),
        (LAN, "localhost:8770", True),
        (LAN, "example.com", False),
        (ANY, "10.1.2.3:8770", True),
        (ANY, "[2001:db8::1]:8770", True),
        (ANY, "monitor.example.com:443", True),
        (ANY, "evil.example", False),
        (Server(host=""), "10.1.2.3", True),
        (Server(host=""), "", False),
    ],
)
def test_which_hosts_are_this_server(server: Server, host: str, known: bool) -> None:
    assert Guard(nothing, server).knows(host) is known


@pytest.mark.parametrize("name", ["http://monitor.example.com", "monitor.example.com:8770", "*", "*.example.com", "", "a b"])
def test_an_allowed_host_that_would_never_match_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"server\.allowed_hosts"):
        Guard(nothing, Server(allowed_hosts=(name,)))


async def test_a_server_with_such_a_host_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"server\.allowed_hosts"):
        async with site(tmp_path, allowed_hosts=("http://monitor.example.com",)):
            pass


@pytest.mark.parametrize("hosts", [[], ["127.0.0.1", "127.0.0.1"], ["127.0.0.1", "evil.example"]])
def test_there_is_one_host(hosts: list[str]) -> None:
    raw = [(b"host", host.encode()) for host in hosts]
    with pytest.raises(Refused) as caught:
        Guard(nothing, LOCAL).check(Headers(raw=raw))
    assert caught.value.code == "foreign_host"


FOREIGN = ["http://evil.example", "http://127.0.0.1:1", "http://localhost:{port}", "null", "", "127.0.0.1:{port}"]


REQUESTS = [("GET", "/api/state"), ("POST", "/api/session"), ("DELETE", "/api/session"), ("GET", "/")]


async def test_another_sites_page_gets_nothing(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        for (method, path), origin in product(REQUESTS, FOREIGN):
            response = await served.client.request(method, path, headers={"Origin": origin.format(port=served.port)})
            assert (response.status_code, error_of(response)) == (403, "foreign_origin"), (method, path, origin)


async def test_ones_own_page_gets_in(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        headers = {"Origin": f"http://127.0.0.1:{served.port}"}
        assert (await served.client.delete("/api/session", headers=headers)).status_code == 200
        by_name = {"Host": f"localhost:{served.port}", "Origin": f"http://localhost:{served.port}"}
        assert (await served.client.delete("/api/session", headers=by_name)).status_code == 200


async def test_a_rebound_name_gets_nothing(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        for path in ("/", "/api/state", "/assets/app.js", "/no-such-page"):
            response = await served.client.get(path, headers={"Host": "evil.example"})
            assert (response.status_code, error_of(response)) == (403, "foreign_host")


def add_ingest(app: FastAPI) -> None:
    @app.websocket("/ingest")
    async def _ingest(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()


async def test_sockets_are_guarded_too_also_those_added_later(tmp_path: Path) -> None:
    async with site(tmp_path, people=(BOSS,), arrange=add_ingest) as served:
        for path in ("/ingest", "/api/live"):
            for options in ({"origin": Origin("http://evil.example")}, {"name": "evil.example"}):
                with pytest.raises(InvalidStatus) as caught:
                    await served.socket(path, **options)
                assert caught.value.response.status_code == 403
                assert b'"code":"foreign_' in (caught.value.response.body or b"")
        async with served.socket("/ingest") as socket:  # no browser, no Origin; its own token, no session
            await socket.send("hello")
            assert await socket.recv() == "hello"


async def test_a_socket_of_ones_own_page_gets_in(tmp_path: Path) -> None:
    async with site(tmp_path) as served, served.live(origin=Origin(f"http://127.0.0.1:{served.port}")) as socket:
        await joined(served, socket)


@pytest.mark.parametrize("path", ["/", "/api/state", "/api/none"])
async def test_every_answer_carries_the_security_headers(tmp_path: Path, path: str) -> None:
    async with site(tmp_path) as served:
        headers = (await served.client.get(path)).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'self'"
        assert policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert "script-src" not in policy  # falls back to 'self': no inline script, no eval
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        if path.startswith("/api"):
            assert headers["cache-control"] == "no-store"


async def test_a_body_has_bounds(tmp_path: Path) -> None:
    async def endless() -> object:
        yield b"{"

    async with site(tmp_path) as served:
        response = await served.client.post("/api/session", content=b" " * (BODY + 1))
        assert (response.status_code, error_of(response)) == (413, "too_large")
        response = await served.client.post("/api/session", content=endless())  # type: ignore[arg-type]
        assert (response.status_code, error_of(response)) == (411, "length_required")
