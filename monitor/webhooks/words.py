"""What a message says, in Chinese, with every word that came from outside made harmless.

The robots' markdown knows no dependable escape, so signs that mean something to one of them are put in their full-width form,
which means nothing to any: 138****2233 reads 138＊＊＊＊2233, and nobody is @-ed who is but spoken of.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from monitor.deliveries import Delivery
from monitor.records import Severity, Speaker

SEVERITIES: dict[Severity, str] = {"critical": "严重", "warning": "警告", "notice": "提示"}
SAYS: dict[Speaker, str] = {"agent": "坐席说", "customer": "客户说", "unknown": "有人说"}
NAME, TITLE, PHRASE = 40, 60, 160  # characters shown of each
_FULL_WIDTH = {ord(sign): ord(sign) + 0xFEE0 for sign in "<>[](){}*_`~#@\\|!&"}
_LINKS = re.compile(r"(?<=[A-Za-z0-9])\.(?=[A-Za-z])|:(?=//)")  # what apps make a link of by themselves

Mask = Callable[[str], str]


def harmless(text: str, most: int) -> str:
    """`text` on one line, at most `most` characters long, with nothing that any robot takes for markup, mention or link."""
    seen = "".join(" " if sign.isspace() else sign for sign in text if sign.isspace() or unicodedata.category(sign)[0] != "C")
    line = " ".join(seen.split())
    if len(line) > most:
        line = line[: most - 1] + "…"
    return _LINKS.sub(lambda found: chr(ord(found[0]) + 0xFEE0), line.translate(_FULL_WIDTH))


@dataclass(frozen=True, slots=True)
class Told:
    """One alert as a robot tells it; each text is harmless, the link ours."""

    title: str
    lines: tuple[str, ...]
    link: str | None


def tell(delivery: Delivery, pages: str, mask: Mask) -> Told:
    alert, call = delivery.alert, delivery.call
    who = [
        f"{name} {harmless(value, NAME)}"
        for name, value in (("坐席", call.agent), ("班组", call.team), ("客户", call.customer and mask(call.customer)))
        if value
    ]
    lines = [" · ".join(who)] if who else []
    if alert.text:
        lines.append(f"{SAYS[alert.speaker]}：“{harmless(alert.text, PHRASE)}”")
    minutes, seconds = divmod(int(alert.at), 60)
    raised = f"{alert.raised.astimezone():%m-%d %H:%M:%S} · " if alert.raised else ""
    lines.append(f"{raised}通话第 {minutes}:{seconds:02}")
    return Told(f"【{SEVERITIES[alert.severity]}告警】{harmless(alert.title, TITLE)}", tuple(lines), link(delivery, pages))


def link(delivery: Delivery, pages: str) -> str | None:
    """Where the pages show the alert in its call."""
    if not pages:
        return None
    return f"{pages}/#/calls/{quote(delivery.alert.call, safe='')}/alerts/{quote(delivery.alert.id, safe='')}"
