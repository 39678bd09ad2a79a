"""Recordings sent to a running server as if they were happening now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import MonitorError
from monitor.ingest.client import Offer, Sent, send
from monitor.ingest.file import BLOCK, pcm, probe, speakers

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recording to play, and what to say of its call."""

    path: Path
    swap: bool = False  # left is the customer
    call: str | None = None
    agent: str | None = None
    team: str | None = None
    customer: str | None = None


async def play(
    recordings: Sequence[Recording],
    *,
    url: str,
    token: str,
    speed: float = 1.0,
    started: Callable[[Path, str], None] = lambda path, call: None,
    warned: Callable[[Path, str], None] = lambda path, message: None,
) -> list[Sent | MonitorError]:
    """Play all at once, each its own call, `speed` times as fast as it was. One that fails leaves the others alone.

    The outcome of each, in the order given. `started` is told each call's id, `warned` what is wrong on the way.
    """

    async def one(recording: Recording) -> Sent | MonitorError:
        try:
            return await _play(recording, url, token, speed, started, warned)
        except MonitorError as error:
            return error

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(one(recording)) for recording in recordings]
    return [task.result() for task in running]


async def _play(
    recording: Recording,
    url: str,
    token: str,
    speed: float,
    started: Callable[[Path, str], None],
    warned: Callable[[Path, str], None],
) -> Sent:
    path = recording.path
    shape = probe(path)
    offer = Offer(
        rate=shape.rate,
        channels=speakers(shape.channels, swap=recording.swap),
        call=recording.call,
        agent=recording.agent,
        team=recording.team,
        customer=recording.customer,
    )

    def warn(message: str) -> None:
        warned(path, message)

    with closing(pcm(path, warned=warn)) as blocks:
        async with aclosing(paced(blocks, BLOCK / speed)) as frames:
            return await send(url, token, offer, frames, started=lambda call: started(path, call), warned=warn)


async def paced(
    blocks: Iterable[bytes], seconds: float, *, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep
) -> AsyncGenerator[tuple[int, bytes], None]:
    """Numbered blocks, each when it has been spoken: `seconds` a block after the one before, counted from the start.

    Each deadline is absolute, so neither a slow step nor a late sleep adds up; after one, the next blocks follow at once.
    """
    start = clock()
    for number, block in enumerate(blocks):
        await sleep(max(0.0, start + (number + 1) * seconds - clock()))
        yield number, block
