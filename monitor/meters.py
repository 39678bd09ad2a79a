"""What the service counts and times, in Prometheus' form (https://prometheus.io/docs/instrumenting/exposition_formats/).

Built once and handed to whoever has something to tell. Every method takes microseconds, never waits for anything but a lock
held as briefly, and may be called from any thread. No label has values without bound: no call, no person, no word is in here.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import ceil
from typing import Literal, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from monitor.records import CallStatus, Severity, Stage

Outcome = Literal["decoded", "overtaken", "gated", "failed"]

CONTENT_TYPE = CONTENT_TYPE_LATEST
ALERTS, ALERTS_FOR = 40, 300.0  # the newest alerts, and seconds, that "recent" means
LAGS, LAGS_FOR = 40, 15.0
LATENCY = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0)  # seconds, as all below
WAIT = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
DECODING = (0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)
LAG = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
SIZE = (1, 2, 4, 8, 16, 32, 64)
TASKS = "/proc/self/task"  # a folder a thread, those of the decoder's own among them


class Recent:
    """The newest numbers: `count` of them at most, none older than `seconds`. From one thread."""

    def __init__(self, count: int, seconds: float, clock: Callable[[], float]) -> None:
        self._kept: deque[tuple[float, float]] = deque(maxlen=count)
        self._seconds, self._clock = seconds, clock

    def add(self, number: float) -> None:
        self._kept.append((self._clock(), number))

    def quantile(self, share: float, least: int = 1, spare: int = 0) -> float | None:
        """The smallest number that `share` of them, or all but `spare`, do not exceed; None for fewer than `least`."""
        oldest = self._clock() - self._seconds
        while self._kept and self._kept[0][0] < oldest:
            self._kept.popleft()
        numbers = sorted(number for _, number in self._kept)
        if len(numbers) < max(1, least):
            return None
        return numbers[max(0, min(ceil(share * len(numbers)), len(numbers) - spare) - 1)]


class Meters:
    """The meters of one service, in a registry of their own. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second line for each number, of no use here
        self._clock = clock
        self._waiting: Mapping[Stage, int] = {}
        self._oldest, self._told = 0.0, 0.0
        self.degradation = 0  # as last told
        self.delays = Recent(ALERTS, ALERTS_FOR, clock)  # of alerts
        self.lags = Recent(LAGS, LAGS_FOR, clock)  # of the event loop
        self.registry = registry = CollectorRegistry()
        prefix = "callmonitor_"

        self._info = Info("callmonitor", "What runs here", registry=registry)
        began = clock()
        uptime = Gauge(prefix + "uptime_seconds", "Since the service was built", registry=registry)
        uptime.set_function(lambda: clock() - began)
        self._calls_live = Gauge(prefix + "calls_live", "Calls in progress", registry=registry)
        self._calls = Counter(prefix + "calls", "Live calls that are over, by how they ended", ["status"], registry=registry)

        self._segments = Counter(
            prefix + "segments", "Stretches of speech given to the decoder", ["stage", "outcome"], registry=registry
        )
        self._sizes = Histogram(prefix + "batch_size", "Stretches decoded together", ["stage"], buckets=SIZE, registry=registry)
        self._waits = Histogram(
            prefix + "queue_wait_seconds",
            "From asking for a decoding until its batch began",
            ["stage"],
            buckets=WAIT,
            registry=registry,
        )
        self._decodings = Histogram(
            prefix + "batch_seconds", "Decoding a batch", ["stage"], buckets=DECODING, registry=registry
        )
        self._retries = Counter(prefix + "decoding_retries", "Stretches decoded again in the full context", registry=registry)
        self._gated = Counter(
            prefix + "hallucinations_gated", "Decodings dropped as invented, by symptom", ["reason"], registry=registry
        )
        queued = Gauge(prefix + "queue_waiting", "Stretches that wait to be decoded", ["stage"], registry=registry)
        for stage in get_args(Stage):
            queued.labels(stage).set_function(partial(self._queued, stage))
        age = Gauge(prefix + "queue_oldest_seconds", "How long the final that waits longest has waited", registry=registry)
        age.set_function(self.queue_age)
        degraded = Gauge(prefix + "degradation_level", "What is left out to keep up: 0 nothing", registry=registry)
        degraded.set_function(lambda: self.degradation)

        self._latency = Histogram(
            prefix + "alert_latency_seconds",
            "From the end of the phrase to its alert on the live socket",
            ["severity"],
            buckets=LATENCY,
            registry=registry,
        )
        self._delay = Histogram(
            prefix + "alert_delay_seconds",
            "From the end of the words it was found in to the alert on the live socket",
            ["severity"],
            buckets=LATENCY,
            registry=registry,
        )
        self._lag = Histogram(
            prefix + "event_loop_lag_seconds", "By how much the event loop overslept", buckets=LAG, registry=registry
        )
        ProcessCollector(registry=registry)
        threads = Gauge(prefix + "threads", "Threads of the process", registry=registry)
        threads.set_function(_threads)

        for stage in get_args(Stage):  # from the first scrape on, so that a rate sees the first of each
            for outcome in get_args(Outcome):
                self._segments.labels(stage, outcome)
        for severity in get_args(Severity):
            self._latency.labels(severity)
            self._delay.labels(severity)

    def about(self, **facts: str) -> None:
        """What runs here: labels of `callmonitor_info`."""
        self._info.info(facts)

    def calls(self, live: int) -> None:
        """So many calls are in progress."""
        self._calls_live.set(live)

    def call_over(self, status: CallStatus) -> None:
        self._calls.labels(status).inc()

    def segment(self, stage: Stage, outcome: Outcome) -> None:
        """What became of a stretch that was to be decoded; `gated`: there were no words, or none that are believed."""
        self._segments.labels(stage, outcome).inc()

    def batch(self, stage: Stage, size: int, wait_seconds: Sequence[float], seconds: float) -> None:
        """A batch of `size` stretches took `seconds` to decode; each had waited for it as long as `wait_seconds` says."""
        self._sizes.labels(stage).observe(size)
        self._decodings.labels(stage).observe(seconds)
        waits = self._waits.labels(stage)
        for wait in wait_seconds:
            waits.observe(wait)

    def retry(self) -> None:
        """A stretch is decoded again, in the full context."""
        self._retries.inc()

    def gated(self, reason: str) -> None:
        """A decoding was dropped as invented; `reason` is one of a few fixed symptoms, never a text."""
        self._gated.labels(reason).inc()

    def queue(self, waiting: Mapping[Stage, int], oldest: float) -> None:
        """So many stretches wait now; the final among them that waits longest has done so for `oldest` seconds (0: none)."""
        self._waiting, self._oldest, self._told = dict(waiting), oldest, self._clock()

    def _queued(self, stage: Stage) -> int:
        return self._waiting.get(stage, 0)

    def queue_age(self) -> float:
        """Seconds the final that waits longest has waited by now; it grows where nobody tells: a stuck decoder does not."""
        return self._oldest + self._clock() - self._told if self._waiting.get("final") else 0.0

    def degraded(self, level: int) -> None:
        """What is left out to keep up: 0 nothing, 1 interim texts, 2 and up: also accuracy."""
        self.degradation = level

    def alert(self, severity: Severity, latency: float, delay: float) -> None:
        """A new alert of a live call was shown `latency` after its phrase ended. On the event loop's thread.

        `delay` is the part that is the service's: from the end of the words it was found in. The rest is the speaker's, who
        went on talking: what only the whole sentence tells cannot be told before its end.
        """
        self._latency.labels(severity).observe(latency)
        self._delay.labels(severity).observe(delay)
        self.delays.add(delay)

    def lag(self, seconds: float) -> None:
        """The event loop woke so late. On its own thread."""
        self._lag.observe(seconds)
        self.lags.add(seconds)

    def expose(self) -> bytes:
        """All of it as text, of type CONTENT_TYPE."""
        return generate_latest(self.registry)


def _threads() -> int:
    try:
        return len(os.listdir(TASKS))
    except OSError:  # no Linux
        return threading.active_count()
