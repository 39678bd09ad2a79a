"""`callmonitor bench live`: so many calls at once, in real time, people talking all the time; how soon their alerts come.

Three processes: the service, the load generator (load.py), and this one, which watches the live socket as a page does. Each
alert's latency is counted from where its label's phrase ends in the sound, by the clock all three share. What must come is what
each call's sound gives when it is reviewed alone, afterwards, when nothing is waiting.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from monitor import config
from monitor.bench import pieces, reference
from monitor.bench.figures import Figures
from monitor.bench.limit import Say
from monitor.bench.outcome import Run, Use, Wanted, figures
from monitor.bench.plan import Play, Slice, plan
from monitor.bench.server import Server, started
from monitor.bench.sound import Take
from monitor.bench.watch import Watcher
from monitor.errors import MonitorError
from monitor.labels import Complaint, Labelled, Turn

AFTERWARDS = 30.0  # seconds that half of the calls go on, to see the service recover
WARM_UP = 10.0  # seconds of one call before the measuring
IDLE = 5.0  # seconds without calls, to know what the service costs by itself
SETTLE = 120.0  # seconds after the last sample in which all calls must have ended
SAMPLE, SCRAPE = 1.0, 5  # seconds between two looks at the process; looks between two at its /metrics


async def live(
    settings: config.Config, takes: Sequence[Take], wanted: Wanted, say: Say, server: Server | None = None
) -> Figures:
    """Measure `server`, or a service started for it. Raises MonitorError where the measuring itself fails."""
    with tempfile.TemporaryDirectory(prefix="callmonitor-bench-") as name:
        folder = Path(name)
        if wanted.silent:
            seconds = 3 * wanted.seconds
            takes = [Take("silence", await asyncio.to_thread(pieces.silence, folder, seconds), SILENCE, seconds)]
        plays = plan(takes, wanted.calls, wanted.seconds, AFTERWARDS if wanted.recover else 0.0)
        warm_up = Slice(takes[0], 0.0, WARM_UP)
        say("cutting the recordings ...")
        paths = await asyncio.to_thread(pieces.cut, [warm_up, *(play.slice for play in plays)], folder)
        async with AsyncExitStack() as stack:
            if server is None:
                say("starting the service ...")
                server = await stack.enter_async_context(started(settings, folder))
            run = await _measured(server, plays, paths, warm_up, say)
        expected = [] if wanted.silent else await reference.expected(settings, plays, paths, wanted.results, say)
    return figures(run, expected, wanted, settings)


SILENCE = Labelled(turns=(Turn(speaker="agent", text="", start=0, end=0),), complaint=Complaint(type="none", validity="none"))


async def _measured(server: Server, plays: list[Play], paths: Mapping[str, Path], warm_up: Slice, say: Say) -> Run:
    loaded = await server.usage()
    async with _Load(server, [Play("bench-warm-up", 0.0, warm_up)], paths) as load:
        await load.report()
    idle = await _idle(server)
    warm, before, use = await server.usage(), await server.meters(), Use()
    async with Watcher(server.live) as watcher, _Load(server, plays, paths) as load:
        say(f"{len(plays)} calls, {max(play.at + play.slice.seconds for play in plays):.0f} s ...")
        using = asyncio.create_task(_watch(server, use))
        report = await load.report()
        using.cancel()
        taken = {one["call"] for one in report["calls"] if one["began"] is not None}
        if not await watcher.ended(taken, SETTLE):
            say(f"{len(taken - watcher.seen.over.keys())} calls had not ended {SETTLE:.0f} s after their last sample")
    return Run(plays, report, load.began, watcher.seen, use, loaded, warm, idle, (before, await server.meters()))


async def _watch(server: Server, use: Use) -> None:
    number = 0
    while True:
        use.samples.append((time.monotonic(), await server.usage()))
        if number % SCRAPE == 0 and (level := (await server.meters()).get("callmonitor_degradation_level")) is not None:
            use.degradation.append((time.monotonic(), level))
        number += 1
        await asyncio.sleep(SAMPLE)


async def _idle(server: Server) -> float | None:
    before = await server.usage()
    await asyncio.sleep(IDLE)
    after = await server.usage()
    return None if before.cpu is None or after.cpu is None else (after.cpu - before.cpu) / IDLE


class _Load:
    """The generator's process. Use as `async with`: it ends with the block."""

    def __init__(self, server: Server, plays: Sequence[Play], paths: Mapping[str, Path]) -> None:
        calls = [{"call": play.call, "at": play.at, "path": str(paths[play.slice.name])} for play in plays]
        self._orders = {"url": server.ingest, "token": server.token, "plays": calls}
        self.began = 0.0

    async def __aenter__(self) -> _Load:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "monitor.bench.load"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 30,  # the report is one line
        )
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(self._orders).encode())
        self._process.stdin.close()
        self.began = self._line(await self._process.stdout.readline())["began"]
        return self

    async def __aexit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def report(self) -> dict[str, Any]:
        """Wait for the end of all calls."""
        assert self._process.stdout
        return self._line(await self._process.stdout.readline())

    def _line(self, line: bytes) -> dict[str, Any]:
        if not line:
            raise MonitorError("the load generator died", code="bench")
        return dict(json.loads(line))
