"""A webhook ready to be used: its address and secret, read from where they are kept, and how often it may be called.

Whoever has a robot's address can write into its group, so an address is a secret: it stands in no log, no error and no answer.
Which addresses may be called is the site's own choice; a private one is as good as any.
"""

from __future__ import annotations

import ipaddress
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import httpx

from monitor.config import Webhook
from monitor.errors import ConfigError

LONGEST = 4_096  # characters of an address or a secret
HIDDEN = "…"

# Messages in so many seconds, a little under what the robots take: theirs is another clock.
# https://developer.work.weixin.qq.com/document/path/91770 (20 a minute)
# https://open.dingtalk.com/document/orgapp/custom-robot-access (20 a minute, else silence for ten)
# https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot (100 a minute and 5 a second)
LIMITS: Mapping[str, tuple[tuple[int, float], ...]] = {
    "json": ((600, 60.0),),
    "wecom": ((18, 60.0),),
    "dingtalk": ((18, 60.0),),
    "feishu": ((90, 60.0), (4, 1.0)),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook with its secrets, which neither repr nor str show."""

    settings: Webhook
    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def host(self) -> str:
        """What of the address may be shown."""
        return urlsplit(self.url).hostname or ""

    @property
    def limits(self) -> tuple[tuple[int, float], ...]:
        """Messages in so many seconds, at most."""
        known = LIMITS[self.settings.shape]
        return known if self.settings.per_minute is None else ((self.settings.per_minute, 60.0), *known[1:])

    @property
    def loopback(self) -> bool:
        return _is_loopback(self.host)

    def hide(self, text: str) -> str:
        """`text` without what is secret of this webhook, which an answer or an error may repeat."""
        parts = urlsplit(self.url)
        tokens = [piece.partition("=")[2] for piece in parts.query.split("&")] + parts.path.split("/")
        secrets = {self.url, self.secret or "", parts.query, parts.path, *(token for token in tokens if len(token) >= 8)}
        for secret in sorted(secrets - {"", "/"}, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text


def resolve(webhook: Webhook, environment: Mapping[str, str] = os.environ) -> Endpoint:
    """Read what is kept elsewhere. Raises ConfigError naming the webhook and the place, never what is kept there."""
    url = _read(webhook, "url", webhook.url, environment)
    _check(webhook, url)
    secret = None if webhook.secret is None else _read(webhook, "secret", webhook.secret, environment)
    return Endpoint(webhook, url, secret)


def _read(webhook: Webhook, key: str, place: str, environment: Mapping[str, str]) -> str:
    kind, _, name = place.partition(":")
    said = f"webhook {webhook.name}: {key}: {place}"
    text = environment.get(name, "") if kind == "env" else _secret_file(Path(name), said)
    text = text.strip()
    if not text:
        raise ConfigError(f"{said}: is not set" if kind == "env" else f"{said}: is empty")
    if len(text) > LONGEST or not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigError(f"{said}: is not one line of ASCII without spaces")
    return text


def _secret_file(path: Path, said: str) -> str:
    """A file that nobody but its owner can read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, encoding="utf-8", errors="replace") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise ConfigError(f"{said}: is no plain file")
            if mode & 0o077:
                raise ConfigError(f"{said}: others can read it: chmod 600 {path}")
            return file.read(LONGEST + 1)
    except OSError as error:
        raise ConfigError(f"{said}: cannot be read: {error.strerror}") from error


def _check(webhook: Webhook, url: str) -> None:
    said = f"webhook {webhook.name}: the address in {webhook.url}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        raise ConfigError(f"{said} is no URL") from None  # the cause would quote it
    if parts.scheme not in ("https", "http") or not host or _odd(parts):
        raise ConfigError(f"{said} is no URL such as https://host/path, without user, password or #")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigError(f"{said} is not https, which anything but this machine needs")


def _odd(parts: SplitResult) -> bool:
    return bool(parts.username or parts.password or parts.fragment)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
