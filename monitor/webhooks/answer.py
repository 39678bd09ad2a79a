"""What a webhook's answer means: taken, not now, or not at all. Robots say so in the body, under HTTP 200."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

SHOWN = 200  # characters of an answer that a failure quotes
_SOON = (408, 425, 429)

# What a robot says that is to be tried again, and after how many seconds at least (0: as we think best).
BUSY: Mapping[str, Mapping[int, float]] = {
    "wecom": {-1: 0.0, 45009: 60.0, 45033: 0.0},
    "dingtalk": {-1: 0.0, 130101: 600.0, 410100: 600.0},  # too fast: it hears nothing for ten minutes
    "feishu": {2200: 0.0, 9499: 60.0, 11232: 60.0, 99991400: 60.0},
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message was not taken, in a sentence.

    `refused`: it never will be, so that it is not tried again. `after`: seconds the other side asks us to wait.
    """

    why: str
    refused: bool = False
    after: float | None = None


def judge(shape: str, status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Failure | None:
    """None where the message was taken. `headers` by name in any case."""
    after = _asked(headers, now)
    if 300 <= status < 400:
        return Failure(f"answers with a redirect (HTTP {status}), which is not followed", refused=True)
    if shape != "json":
        if said := _said(body):
            return _robot(shape, *said, status, after)
        if status < 300:
            return Failure("answers with nothing a robot says; is this its address?")
    if status < 300:
        return None
    return Failure(f"answers with HTTP {status}", status < 500 and status not in _SOON, after)


def _robot(shape: str, code: int, text: str, status: int, after: float | None) -> Failure | None:
    if code == 0 and status < 300:
        return None
    why = f"answers with {code}: {text[:SHOWN]}" if text else f"answers with {code}"
    busy = BUSY[shape].get(code)
    if busy is not None and not (code == 9499 and "too many" not in text):  # 飞书 says 9499 of a bad body too
        return Failure(why, after=max(busy, after or 0.0) or None)
    if status >= 500 or status in _SOON:
        return Failure(why, after=after)
    return Failure(why, refused=True)


def _said(body: bytes) -> tuple[int, str] | None:
    """A robot's code and message; None where these are no robot's words."""
    try:
        said: Any = json.loads(body)
    except ValueError:
        return None
    if not isinstance(said, dict):
        return None
    for code, text in (("errcode", "errmsg"), ("code", "msg"), ("StatusCode", "StatusMessage")):
        number = said.get(code)
        if isinstance(number, int) and not isinstance(number, bool):
            return number, str(said.get(text, ""))
    return None


def _asked(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds of Retry-After, which may also be a date; or of 飞书's own header."""
    text = headers.get("retry-after") or headers.get("x-ogw-ratelimit-reset") or ""
    if text.strip().isdecimal():
        return float(text[:10])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
