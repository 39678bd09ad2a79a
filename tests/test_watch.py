"""The service watches itself: what it measures becomes what it says, once for each change."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor import health, watch
from monitor.meters import Meters
from monitor.page.hub import Hub, Subscriber
from monitor.page.policy import OPEN
from monitor.watch import Watch

PATIENCE = 30.0  # seconds after which a test that waits gives up


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes between cause and effect."""
    monkeypatch.setattr(watch, "NAP", 0.0)
    monkeypatch.setattr(health, "RISE", 0.0)
    monkeypatch.setattr(health, "CALM", 0.0)


async def told(page: Subscriber) -> dict[str, Any]:
    """The next events, of which there must be one."""
    (event,) = await asyncio.wait_for(page.take(), PATIENCE)
    data: dict[str, Any] = json.loads(event.told(OPEN) or "")
    assert (data["type"], data["call"]) == ("health", None)
    return dict(data["data"])


async def test_what_changes_is_told_once_and_what_is_over_too(tmp_path: Path) -> None:
    meters, hub = Meters(), Hub(history=100, queue=100)
    with hub.subscribe(None, None) as page:
        async with Watch(meters, hub, tmp_path, 1e9) as watching:
            assert watching.health.status == "ok"
            meters.degraded(2)
            first = await told(page)
            assert (first["status"], [cause["code"] for cause in first["why"]]) == ("overloaded", ["degraded"])
            assert watching.health.why
            meters.degraded(0)
            assert (await told(page))["status"] == "ok"
    assert hub.seq == 2


async def test_late_alerts_are_told_once_there_are_enough_of_them(tmp_path: Path) -> None:
    meters, hub = Meters(), Hub(history=100, queue=100)
    with hub.subscribe(None, None) as page:
        async with Watch(meters, hub, tmp_path, 1.5):
            for _ in range(watch.LEAST):
                meters.alert("critical", 8.0, 3.0)
            late = await told(page)
    assert (late["status"], late["why"][0]["code"], late["latency_p95"]) == ("busy", "latency", 3.0)


async def test_one_late_alert_among_few_is_no_trouble(tmp_path: Path) -> None:
    meters, hub = Meters(), Hub(history=100, queue=100)
    for delay in (1.0, 9.0, 1.0, 1.2):
        meters.alert("warning", 9.0, delay)
    with hub.subscribe(None, None) as page:
        async with Watch(meters, hub, tmp_path, 1.5) as watching:
            meters.degraded(1)  # told by its next look
            assert [cause["code"] for cause in (await told(page))["why"]] == ["degraded"]
            assert watching.health.latency_p95 == 1.2


async def test_other_numbers_alone_are_told_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "REFRESH", 0.0)
    meters, hub = Meters(), Hub(history=100, queue=100)
    with hub.subscribe(None, None) as page:
        async with Watch(meters, hub, tmp_path, 1.5):
            for _ in range(watch.LEAST):
                meters.alert("critical", 8.0, 3.0)
            assert (await told(page))["why"][0]["value"] == 3.0
            for _ in range(2):
                meters.alert("critical", 8.0, 4.0)
            assert (await told(page))["why"][0]["value"] == 4.0


async def test_a_folder_that_is_gone_is_no_full_disk(tmp_path: Path) -> None:
    assert watch._free(tmp_path / "gone") is None
    assert watch._free(tmp_path)


async def test_a_fault_in_the_watch_is_logged_and_ends_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: Path) -> float | None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(watch, "_free", broken)
    with capture_logs() as logs:
        async with Watch(Meters(), Hub(history=100, queue=100), tmp_path, 1.5) as watching:
            assert watching._watching
            await asyncio.wait_for(watching._watching, PATIENCE)
            assert watching.health.status == "ok"
    assert [line["event"] for line in logs] == ["watch_failed"]
