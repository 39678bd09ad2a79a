"""What is counted and timed, read back as Prometheus reads it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.meters import ALERTS, Meters, Recent


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meters(clock: Clock) -> Meters:
    return Meters(clock)


def value(meters: Meters, name: str, **labels: str) -> float | None:
    """A sample of the page as served."""
    for family in text_string_to_metric_families(meters.expose().decode()):
        for sample in family.samples:
            if (sample.name, sample.labels) == (name, labels):
                return float(sample.value)
    return None


def test_segments_are_counted_by_stage_and_outcome_from_zero(meters: Meters) -> None:
    assert value(meters, "callmonitor_segments_total", stage="final", outcome="failed") == 0
    meters.segment("draft", "overtaken")
    meters.segment("draft", "overtaken")
    meters.segment("final", "decoded")
    assert value(meters, "callmonitor_segments_total", stage="draft", outcome="overtaken") == 2
    assert value(meters, "callmonitor_segments_total", stage="final", outcome="decoded") == 1


def test_a_batch_tells_its_size_its_time_and_every_wait(meters: Meters) -> None:
    meters.batch("final", 3, [0.2, 0.3, 4.0], 0.5)
    assert value(meters, "callmonitor_batch_size_sum", stage="final") == 3
    assert value(meters, "callmonitor_batch_seconds_sum", stage="final") == 0.5
    assert value(meters, "callmonitor_queue_wait_seconds_count", stage="final") == 3
    assert value(meters, "callmonitor_queue_wait_seconds_bucket", stage="final", le="0.5") == 2


def test_a_queue_that_nobody_tells_of_grows_older(meters: Meters, clock: Clock) -> None:
    meters.queue({"final": 2, "interim": 5}, 1.5)
    clock.now += 3
    assert value(meters, "callmonitor_queue_waiting", stage="interim") == 5
    assert value(meters, "callmonitor_queue_waiting", stage="draft") == 0
    assert value(meters, "callmonitor_queue_oldest_seconds") == 4.5
    meters.queue({"final": 0, "interim": 5}, 0.0)
    clock.now += 3
    assert meters.queue_age() == 0, "no final waits"


def test_alert_latency_is_a_histogram_by_severity(meters: Meters) -> None:
    meters.alert("critical", 1.2, 0.3)
    meters.alert("critical", 30.0, 20.0)
    name = "callmonitor_alert_latency_seconds"
    assert value(meters, f"{name}_bucket", severity="critical", le="1.25") == 1
    assert value(meters, f"{name}_bucket", severity="critical", le="10.0") == 1
    assert value(meters, f"{name}_bucket", severity="critical", le="+Inf") == 2
    assert value(meters, f"{name}_count", severity="notice") == 0
    assert value(meters, "callmonitor_alert_delay_seconds_sum", severity="critical") == 20.3


def test_retries_gates_calls_and_what_runs_here(meters: Meters, clock: Clock) -> None:
    meters.retry()
    meters.gated("a loop")
    meters.calls(7)
    meters.call_over("interrupted")
    meters.degraded(2)
    meters.lag(0.03)
    meters.about(model="base", version="1.2.3")
    clock.now += 60
    assert value(meters, "callmonitor_decoding_retries_total") == 1
    assert value(meters, "callmonitor_hallucinations_gated_total", reason="a loop") == 1
    assert value(meters, "callmonitor_calls_live") == 7
    assert value(meters, "callmonitor_calls_total", status="interrupted") == 1
    assert value(meters, "callmonitor_degradation_level") == 2
    assert value(meters, "callmonitor_event_loop_lag_seconds_count") == 1
    assert value(meters, "callmonitor_info", model="base", version="1.2.3") == 1
    assert value(meters, "callmonitor_uptime_seconds") == 60
    assert (value(meters, "callmonitor_threads") or 0) >= 1


def test_the_process_tells_its_time_and_memory(meters: Meters) -> None:
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes"):
        number = value(meters, name)
        assert number is None or number > 0, "where the system tells"


def test_many_threads_count_together(meters: Meters) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: meters.retry(), range(1000)))
    assert value(meters, "callmonitor_decoding_retries_total") == 1000


def test_two_services_do_not_share_a_registry(meters: Meters) -> None:
    meters.retry()
    assert value(Meters(), "callmonitor_decoding_retries_total") == 0


def test_recent_is_the_newest_and_the_not_too_old(clock: Clock) -> None:
    recent = Recent(4, 60.0, clock)
    assert recent.quantile(0.95) is None
    for number in (9.0, 1.0, 2.0, 3.0, 4.0):
        recent.add(number)
    assert recent.quantile(0.95) == 4.0, "the oldest of five is gone"
    assert recent.quantile(0.95, spare=1) == 3.0, "one of few may stand out"
    assert recent.quantile(0.25, spare=1) == 1.0
    assert recent.quantile(0.5) == 2.0
    assert recent.quantile(0.95, least=5) is None, "too few to judge by"
    clock.now += 61
    assert recent.quantile(0.5) is None


def test_p95_forgives_one_late_alert_in_twenty(meters: Meters) -> None:
    for n in range(ALERTS):
        meters.alert("notice", 12.0, 9.0 if n % 20 == 0 else 1.0)
    assert meters.delays.quantile(0.95) == 1.0
    meters.alert("notice", 12.0, 9.0)
    meters.alert("notice", 12.0, 9.0)
    assert meters.delays.quantile(0.95) == 9.0
