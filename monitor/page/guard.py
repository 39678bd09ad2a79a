"""What no request gets past: a foreign Host or Origin, a body without bounds, the API without a session.

A page on another site can make a browser send requests here. It cannot make it lie about Host and Origin, so both must be this
server: Host against DNS rebinding, Origin against cross-site requests and sockets. Clients that are no browsers send no Origin.
"""

from __future__ import annotations

import ipaddress
from hmac import compare_digest

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from monitor.config import Server
from monitor.errors import ArchiveError, ConfigError
from monitor.page.accounts import COOKIE, Accounts, Asking, is_loopback
from monitor.page.answers import HEADERS, UNREACHABLE, Refused, refusal

ASKING = "callmonitor.asking"  # in the scope: who asks
METRICS = "/metrics"
BODY = 65_536  # bytes of a request's body, at most


class Guard:
    """ASGI middleware around the whole server, ingest included: checks Host, Origin and size, adds the security headers."""

    def __init__(self, app: ASGIApp, server: Server) -> None:
        self.app = app
        self.names = own_names(server)
        self.any_address = _is_wildcard(server.host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headed = _with_headers(send)
        try:
            self.check(Headers(scope=scope))
        except Refused as error:
            await refusal(error)(scope, receive, headed)
        else:
            await self.app(scope, receive, headed)

    def check(self, headers: Headers) -> None:
        """Raises Refused for what must not get in."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self.knows(hosts[0]):
            raise Refused(
                403, "foreign_host", "This server is not reached by that name; see server.allowed_hosts in config.toml."
            )
        for origin in headers.getlist("origin"):
            if origin.partition("://")[2].lower() != hosts[0].lower():
                raise Refused(403, "foreign_origin", "Another site's page cannot use this server.")
        if "transfer-encoding" in headers:
            raise Refused(411, "length_required", "A body's length must be said before it.")
        if int(headers.get("content-length", "0")) > BODY:
            raise Refused(413, "too_large", f"A body has at most {BODY} bytes.")

    def knows(self, host: str) -> bool:
        """Whether a Host header (name or address, perhaps a port) names this server.

        An address cannot be rebound: a server that listens on every address takes any for its own.
        """
        name = _without_port(host).lower()
        return is_loopback(name) or name in self.names or (self.any_address and _is_address(name))


def own_names(server: Server) -> set[str]:
    """The names this server is reached by. Raises ConfigError where one of them can be none."""
    names = {_name(host) for host in server.allowed_hosts}
    return names if _is_wildcard(server.host) else names | {server.host.lower()}


class SignedIn:
    """ASGI middleware: everything under /api but /api/session needs a session, and learns whose it is (`who_asks`)."""

    def __init__(self, app: ASGIApp, accounts: Accounts, metrics_token: str) -> None:
        self.app = app
        self.accounts = accounts
        self._bearer = f"bearer {metrics_token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and is_api(scope) and not self._open(scope):
            connection = HTTPConnection(scope)
            try:
                session = await self.accounts.session(connection.cookies.get(COOKIE))
            except ArchiveError:
                await _turn_away(scope, receive, send, Refused(503, "archive", UNREACHABLE), 1011)
                return
            if session is None:
                await _turn_away(scope, receive, send, Refused(401, "signed_out", "Sign in first."), 1008)
                return
            scope[ASKING] = Asking(session, address(connection))
        await self.app(scope, receive, send)

    def _open(self, scope: Scope) -> bool:
        """Whether no session is needed: to sign in, or for Prometheus with its token."""
        if route_path(scope) != METRICS:
            return route_path(scope) == "/api/session"
        scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        return compare_digest(f"{scheme.lower()} {token}".encode(), self._bearer)


def who_asks(connection: HTTPConnection) -> Asking:
    """Who a request or socket under /api is from: for `Annotated[Asking, Depends(who_asks)]`."""
    asking: Asking = connection.scope[ASKING]
    return asking


def address(connection: HTTPConnection) -> str:
    """Where a request comes from; behind a proxy on this machine, what that says of it."""
    return connection.client.host if connection.client else ""


async def _turn_away(scope: Scope, receive: Receive, send: Send, why: Refused, code: int) -> None:
    """A browser hides a socket's refusal from its page, but not how it was closed."""
    if scope["type"] == "websocket":
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        await socket.close(code, why.code)
    else:
        await refusal(why)(scope, receive, send)


def is_api(scope: Scope) -> bool:
    """Whether a path answers programs: what needs a session, and is never a page."""
    return f"{route_path(scope)}/".startswith("/api/") or route_path(scope) == METRICS


def route_path(scope: Scope) -> str:
    """The path as routes see it, without what a proxy or a mount put before it."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _with_headers(send: Send) -> Send:
    async def headed(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            message.setdefault("headers", [])
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return headed


def _without_port(host: str) -> str:
    """The name or address of a Host header: `a:80` -> `a`, `[::1]:80` -> `::1`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _name(host: str) -> str:
    """One of `server.allowed_hosts`, as compared. Raises ConfigError where it is no bare host name."""
    if not host or set(host) & set("/*@ ") or (":" in host and not _is_address(host)):
        raise ConfigError(f"server.allowed_hosts: {host!r} is not a bare host name, such as monitor.example.com")
    return host.lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_wildcard(host: str) -> bool:
    return not host or (_is_address(host) and ipaddress.ip_address(host).is_unspecified)
