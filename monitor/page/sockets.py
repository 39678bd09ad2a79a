"""What sockets of the pages have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from monitor.page.accounts import Accounts, Session

GRACE = 10.0  # seconds a page has to take its close

Close = tuple[int, str] | None  # code (RFC 6455) and reason; None: it is closed already, or past hearing
NORMAL, POLICY, INTERNAL, LATER = 1000, 1008, 1011, 1013


async def first(*parts: Coroutine[Any, Any, Close]) -> Close:
    """What the first of `parts` to end returns, None before all else; the others are cancelled."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in parts]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
    results = [task.result() for task in done]
    return None if None in results else results[0]


async def signed_out(accounts: Accounts, session: Session) -> Close:
    """Returns when the session is over."""
    await accounts.ended(session)
    return POLICY, "signed_out"
