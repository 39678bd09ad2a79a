"""The service watching itself: how late its event loop is, how full its disk, and what that and its meters come to."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import structlog

from monitor.health import Doctor, Health, Vitals
from monitor.meters import Meters
from monitor.page.hub import Hub

NAP = 0.25  # seconds between looks at the event loop
EVERY = 4  # naps between two examinations
REFRESH = 30.0  # seconds after which other numbers alone are told
LEAST = 3  # alerts, at least, to judge their latency by; one of them may always be late
LATENCY, LAG = 0.95, 0.9  # quantiles

log = structlog.get_logger(__name__)


class Watch:
    """Use as `async with watch`, as long as the service runs; `health` is how it does."""

    def __init__(self, meters: Meters, hub: Hub, folder: Path, target: float) -> None:
        """`folder`: where audio is kept; `target`: seconds from the end of a phrase to its alert."""
        self._meters, self._hub, self._folder = meters, hub, folder
        self._doctor = Doctor(target)
        self.health = self._told = self._doctor.examine(Vitals(), 0.0)
        self._told_at = 0.0
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Watch:
        self._watching = asyncio.create_task(self._watch(), name="watch")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._watching is not None
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)

    async def _watch(self) -> None:
        """Look again and again, and tell the pages what is news. A fault in this costs no call."""
        try:
            await self._look()
        except Exception:
            log.exception("watch_failed")

    async def _look(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            for _ in range(EVERY):
                await self._nap(clock)
            vitals = await self._vitals()
            self._tell(self._doctor.examine(vitals, clock()), clock())

    async def _nap(self, clock: Callable[[], float]) -> None:
        due = clock() + NAP
        await asyncio.sleep(NAP)
        self._meters.lag(max(0.0, clock() - due))

    async def _vitals(self) -> Vitals:
        meters = self._meters
        return Vitals(
            queue_age=meters.queue_age(),
            degradation=meters.degradation,
            latency=meters.delays.quantile(LATENCY, LEAST, spare=1),
            loop_lag=meters.lags.quantile(LAG),
            disk_free=await asyncio.to_thread(_free, self._folder),  # a network disk may think for a while
        )

    def _tell(self, health: Health, now: float) -> None:
        before, self.health = self.health, health
        news = health.gist != before.gist
        if news:
            log.info("health", status=health.status, why=[cause.code for cause in health.why])
        if news or (health.why != self._told.why and now - self._told_at >= REFRESH):
            self._told, self._told_at = health, now
            self._hub.publish(type="health", call=None, data=health)


def _free(folder: Path) -> float | None:
    try:
        return float(shutil.disk_usage(folder).free)
    except OSError:
        return None
