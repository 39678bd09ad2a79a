"""The load generator, a process of its own: `python -m monitor.bench.load`, its orders as JSON on stdin, its report on stdout.

Orders: {"url", "token", "plays": [{"call", "at", "path"}]}. The first line out is {"began"}: the monotonic clock, which all
processes of a machine share, when second 0 of the run is. The last is the report: for each call when its first sample was
spoken and what became of it, and how late the generator itself was, for a load that lags is no load.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import wave
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from monitor.bench.pieces import blocks
from monitor.bench.plan import STEP
from monitor.errors import MonitorError
from monitor.ingest.client import Offer, send
from monitor.ingest.file import speakers
from monitor.ingest.play import paced

SOON = 0.5  # seconds from the report of the beginning to the beginning
TICK = 0.05  # seconds between two looks at the generator's own clock


@dataclass(slots=True)
class Outcome:
    """What became of one call; times by the monotonic clock."""

    call: str
    began: float | None = None
    sent: float = 0.0  # seconds of audio
    late: float = 0.0  # by which a block was sent after it had been spoken, at most: the server's back-pressure is in it
    error: str | None = None


@dataclass(slots=True)
class Lag:
    """By how much the generator's own event loop overslept, seconds."""

    slept: list[float] = field(default_factory=list)

    async def watch(self) -> None:
        while True:
            due = time.monotonic() + TICK
            await asyncio.sleep(TICK)
            self.slept.append(time.monotonic() - due)


async def generate(orders: dict[str, Any]) -> dict[str, Any]:
    """Play all calls, each at its time; the report. `began` is printed once the work begins."""
    began = time.monotonic() + SOON
    print(json.dumps({"began": began}), flush=True)
    lag = Lag()
    watching = asyncio.create_task(lag.watch())
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_one(orders["url"], orders["token"], play, began)) for play in orders["plays"]]
    watching.cancel()
    return {
        "calls": [asdict(task.result()) for task in tasks],
        "lag": sorted(lag.slept),
        "cpu_seconds": time.process_time(),
    }


async def _one(url: str, token: str, play: dict[str, Any], began: float) -> Outcome:
    path, outcome = Path(play["path"]), Outcome(play["call"])
    with wave.open(str(path), "rb") as file:
        offer = Offer(rate=file.getframerate(), channels=speakers(file.getnchannels()), call=outcome.call)
    await asyncio.sleep(max(0.0, began + play["at"] - time.monotonic()))
    try:
        async with aclosing(_timed(path, outcome)) as frames:
            await send(url, token, offer, frames)
    except MonitorError as error:
        outcome.error = f"{error.code}: {error}"
    return outcome


async def _timed(path: Path, outcome: Outcome) -> AsyncGenerator[tuple[int, bytes], None]:
    """The blocks, each when it has been spoken; `outcome` learns when the first began and how late one was at most."""
    outcome.began = time.monotonic()
    async with aclosing(paced(blocks(path), STEP)) as frames:
        async for number, block in frames:
            spoken = outcome.began + (number + 1) * STEP
            outcome.late = max(outcome.late, time.monotonic() - spoken)
            yield number, block
            outcome.sent = (number + 1) * STEP


def main() -> None:
    report = asyncio.run(generate(json.load(sys.stdin)))
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
