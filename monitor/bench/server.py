"""The service under measurement: `callmonitor serve` as a process of its own, and what it uses of the machine."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from monitor import config
from monitor.errors import MonitorError
from monitor.ingest.token import read_token

START = 300.0  # seconds to listen within: models are loaded first
STOP = 30.0  # seconds to stop within
ANSWER = 5.0  # seconds
LAG = "callmonitor_event_loop_lag_seconds_bucket"


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a process up to now; None where this machine does not tell."""

    cpu: float | None  # seconds
    memory: float | None  # bytes in RAM


@dataclass(frozen=True, slots=True)
class Server:
    """A service that listens at `ingest` (ws://HOST:PORT/ingest); `pid` where it is ours."""

    ingest: str
    token: str
    pid: int | None = None

    @property
    def live(self) -> str:
        return re.sub(r"/ingest$", "/api/live", self.ingest)

    async def meters(self) -> dict[str, float]:
        """Its /metrics, by name with labels; empty where it has none."""
        parts = urlsplit(self.ingest)
        scheme = "https" if parts.scheme == "wss" else "http"
        return await asyncio.to_thread(_scrape, f"{scheme}://{parts.netloc}/metrics")

    async def usage(self) -> Usage:
        if self.pid is None:
            found = await self.meters()
            return Usage(found.get("process_cpu_seconds_total"), found.get("process_resident_memory_bytes"))
        return usage(self.pid)


def usage(pid: int) -> Usage:
    """From Linux' /proc (proc(5))."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return Usage(None, None)
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    return Usage((int(fields[11]) + int(fields[12])) / ticks, float(int(fields[21]) * page))


def _scrape(url: str) -> dict[str, float]:
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=ANSWER) as answer:  # http or https, as `meters` makes it
            return parse(answer.read().decode("utf-8", "replace"))
    except (OSError, urllib.error.URLError):
        return {}


def parse(text: str) -> dict[str, float]:
    """Prometheus' text form: value by name with labels."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        name, _, value = line.rpartition(" ")
        if name and not line.startswith("#"):
            with suppress(ValueError):
                found[name] = float(value)
    return found


def loop_lag(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float] | None:
    """{"p50", "p95", "p99"}: seconds that this share of the event loop's wakings between two scrapes was late, at most."""
    counts: dict[float, float] = {}
    for name, value in after.items():
        if name.startswith(LAG) and (bound := re.search(r'le="([^"]+)"', name)):
            counts[float(bound[1])] = value - before.get(name, 0.0)
    total = counts.get(float("inf"), 0.0)
    if not total:
        return None
    finite = [bound for bound in sorted(counts) if bound != float("inf")]
    return {
        f"p{share}": next((bound for bound in finite if counts[bound] >= total * share / 100), finite[-1])
        for share in (50, 95, 99)
    }


@asynccontextmanager
async def started(settings: config.Config, folder: Path) -> AsyncIterator[Server]:
    """`callmonitor serve` on a free port of loopback, its data in `folder`. Raises MonitorError where it does not start."""
    path = folder / "config.toml"
    path.write_text(toml(own(settings, folder)), "utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor", "--config", str(path), "serve", "--port", "0"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr
    said = deque[str](maxlen=20)
    draining: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(START):
            port = await _port(process.stderr, said)
        draining = asyncio.create_task(_drain(process.stderr, folder / "server.log"))
        yield Server(f"ws://127.0.0.1:{port}/ingest", read_token(folder / "data"), process.pid)
    except TimeoutError as error:
        raise MonitorError(f"the server did not listen within {START:.0f} s", code="bench") from error
    finally:
        await _stop(process)
        await (draining or process.stderr.read())  # to its end, or the pipe stays open


async def _stop(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _port(lines: asyncio.StreamReader, said: deque[str]) -> int:
    """The port it says it listens on. Raises MonitorError, with its last words, where it ends instead."""
    while line := (await lines.readline()).decode("utf-8", "replace"):
        said.append(line.strip())
        with suppress(ValueError, TypeError, KeyError):
            entry = json.loads(line)
            if entry["event"] == "listening":
                return int(entry["port"])
    raise MonitorError("the server did not start: " + " ".join(said), code="bench")


async def _drain(lines: asyncio.StreamReader, path: Path) -> None:
    with path.open("wb") as file:
        while line := await lines.readline():
            file.write(line)


def own(settings: config.Config, folder: Path) -> config.Config:
    """As configured, but on loopback, with data of its own; and nobody outside is told of its alerts."""
    model = settings.model.model_copy(update={"folder": settings.model.folder.resolve()})
    data = config.Data(folder=folder / "data")
    return settings.model_copy(update={"server": config.Server(), "data": data, "model": model, "webhook": ()})


def toml(settings: config.Config) -> str:
    """`settings` as a config file that gives them back. A JSON string of our values is one of TOML too."""
    lines: list[str] = []
    for section, found in settings.model_dump(mode="json", exclude_none=True).items():
        several = isinstance(found, list)
        for values in found if several else [found]:
            lines.append(f"[[{section}]]" if several else f"[{section}]")
            lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"
