"""`callmonitor bench review`: recordings reviewed as `callmonitor review` does it, and what that took."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator, Sequence

from monitor import app, config
from monitor.bench import sound
from monitor.bench.figures import Figures
from monitor.bench.sound import Take
from monitor.bench.versus import reviewed


async def measure(settings: config.Config, takes: Sequence[Take]) -> Figures:
    """Review all of `takes` once the models are loaded and warm. Raises MonitorError where one cannot be reviewed."""
    async with app.workshop(settings) as shop:
        await reviewed(shop, takes[:1])
        began, cpu = time.perf_counter(), time.process_time()
        written = await reviewed(shop, takes)
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
    calls, cer = sum(take.seconds for take in takes), sound.error_rate(takes, written)
    return {
        "recordings": len(takes),
        "call_seconds": round(calls, 1),
        "seconds": round(took, 2),
        "calls_per_second": round(calls / took, 2),
        "cpu_seconds": round(cpu, 2),
        "peak_memory_mb": round(
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3), 1
        ),
        "cer": None if cer is None else round(cer, 4),
    }


def rows(figures: Figures) -> Iterator[tuple[str, str]]:
    yield "recordings", f"{figures['recordings']}, {figures['call_seconds'] / 60:.1f} minutes"
    yield "took", f"{figures['seconds']:.1f} s, {figures['cpu_seconds']:.1f} CPU seconds"
    yield "speed", f"{figures['calls_per_second']:.1f} times real time, both channels"
    yield "characters heard wrong", "-" if figures["cer"] is None else f"{figures['cer']:.1%}"
    yield "peak memory", f"{figures['peak_memory_mb']:.0f} MB"
