"""A parcel as the request that each shape of webhook takes: body, signature, address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from monitor.deliveries import Delivery, Parcel
from monitor.records import as_json
from monitor.webhooks.endpoint import Endpoint
from monitor.webhooks.words import Mask, Told, link, tell

SIGNATURE, TIMESTAMP = "X-Callmonitor-Signature", "X-Callmonitor-Timestamp"
GROUPED: Mapping[str, int] = {"json": 1, "wecom": 50, "dingtalk": 50, "feishu": 50}  # alerts of one message, at most
WECOM, DINGTALK, FEISHU = 4_096, 15_000, 15_000  # bytes of text; with all around it 钉钉 and 飞书 take 20,000


@dataclass(frozen=True, slots=True)
class Message:
    """A request to be POSTed. Its address and headers are secrets."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def message(endpoint: Endpoint, parcel: Parcel, pages: str, mask: Mask, now: datetime) -> Message:
    """The request for `parcel`, signed as of `now`. `pages`: the address links begin with, "" for none."""
    headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": parcel.id}
    if endpoint.settings.shape == "json":
        body = _encode(_plain(parcel.id, parcel.deliveries[0], pages, mask))
        return Message(endpoint.url, {**headers, **_signed(endpoint.secret or "", body, now)}, body)
    told = [tell(delivery, pages, mask) for delivery in parcel.deliveries]
    return _ROBOTS[endpoint.settings.shape](endpoint, told, now, headers)


def _plain(id: str, delivery: Delivery, pages: str, mask: Mask) -> dict[str, Any]:
    """The alert for a machine: texts as they were said."""
    alert, call = as_json(delivery.alert), as_json(delivery.call)
    return {
        "id": id,
        "alert": {key: alert[key] for key in ("id", "rule", "severity", "title", "text", "speaker", "at", "raised", "status")},
        "call": {key: call[key] for key in ("id", "started", "agent", "team")}
        | {"customer": None if delivery.call.customer is None else mask(delivery.call.customer)},
        "link": link(delivery, pages),
    }


def _signed(secret: str, body: bytes, now: datetime) -> dict[str, str]:
    stamp = str(int(now.timestamp()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {TIMESTAMP: stamp, SIGNATURE: f"sha256={digest}"}


def _wecom(endpoint: Endpoint, told: Sequence[Told], now: datetime, headers: Mapping[str, str]) -> Message:
    """https://developer.work.weixin.qq.com/document/path/91770"""
    text = _fit(told, WECOM, "\n", lambda line: f"> {line}")
    return Message(endpoint.url, headers, _encode({"msgtype": "markdown", "markdown": {"content": text}}))


def _dingtalk(endpoint: Endpoint, told: Sequence[Told], now: datetime, headers: Mapping[str, str]) -> Message:
    """https://open.dingtalk.com/document/orgapp/custom-robot-access, with 加签 where there is a secret."""
    text = _fit(told, DINGTALK, "\n\n", lambda line: f"> {line}")
    body = {"msgtype": "markdown", "markdown": {"title": _heading(told), "text": text}, "at": {"isAtAll": False}}
    url = endpoint.url
    if endpoint.secret:
        stamp = str(int(now.timestamp() * 1000))
        sign = quote_plus(_sign(endpoint.secret.encode(), f"{stamp}\n{endpoint.secret}".encode()))
        url += f"{'&' if '?' in url else '?'}timestamp={stamp}&sign={sign}"
    return Message(url, headers, _encode(body))


def _feishu(endpoint: Endpoint, told: Sequence[Told], now: datetime, headers: Mapping[str, str]) -> Message:
    """https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot, with 签名校验 where there is a secret.

    A card of plain text, which knows no markup.
    """
    elements: list[dict[str, Any]] = []
    shown = 0
    for one in told:
        lines = one.lines if len(told) == 1 else (one.title, *one.lines)
        more: list[dict[str, Any]] = [{"tag": "div", "text": _text("\n".join(lines))}]
        if one.link:
            button = {"tag": "button", "text": _text("打开通话"), "type": "primary", "url": one.link}
            more.append({"tag": "action", "actions": [button]})
        if len(_encode([*elements, *more])) > FEISHU:
            break
        elements += more
        shown += 1
    if shown < len(told):
        elements.append({"tag": "div", "text": _text(_rest(len(told) - shown))})
    card = {
        "config": {"wide_screen_mode": True},
        "header": {"title": _text(_heading(told)), "template": "red"},
        "elements": elements,
    }
    body: dict[str, Any] = {"msg_type": "interactive", "card": card}
    if endpoint.secret:
        stamp = str(int(now.timestamp()))
        body |= {"timestamp": stamp, "sign": _sign(f"{stamp}\n{endpoint.secret}".encode(), b"")}
    return Message(endpoint.url, headers, _encode(body))


_ROBOTS: Mapping[str, Callable[[Endpoint, Sequence[Told], datetime, Mapping[str, str]], Message]] = {
    "wecom": _wecom,
    "dingtalk": _dingtalk,
    "feishu": _feishu,
}


def _text(content: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": content}


def _heading(told: Sequence[Told]) -> str:
    return told[0].title if len(told) == 1 else f"{len(told)} 条新告警"


def _rest(count: int) -> str:
    return f"另有 {count} 条，请看监督台。"


def _fit(told: Sequence[Told], limit: int, gap: str, quoted: Callable[[str], str]) -> str:
    """Markdown of as many alerts as go into `limit` bytes; those that do not are counted."""
    parts = [f"**{_heading(told)}**"] if len(told) > 1 else []
    room = limit - len(_rest(len(told)).encode()) - len(gap) * 2
    for shown, one in enumerate(told):
        lines = [f"**{one.title}**", *map(quoted, one.lines), *([f"[打开通话]({one.link})"] if one.link else [])]
        longer = [*parts, gap.join(lines)]
        if len((gap * 2).join(longer).encode()) > room:
            return (gap * 2).join([*parts, _rest(len(told) - shown)])
        parts = longer
    return (gap * 2).join(parts)


def _sign(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def _encode(value: Any) -> bytes:
    """JSON in UTF-8; half a surrogate pair becomes "?"."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")
