"""What Prometheus and a load balancer get, who may have it, and how a page learns that the service is behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.health import Cause, Health
from tests.page.support import METRICS_TOKEN, WANG, error_of, joined, received, site

LATE = Cause("latency", "overloaded", 5.0, 4.5, "提醒变慢。", "Alerts are late.")
OVERLOADED = Health("overloaded", (LATE,), 5.0, 1.5)
BUSY = Health("busy", (LATE,), 5.0, 1.5)
BEARER = {"Authorization": f"Bearer {METRICS_TOKEN}"}


async def test_metrics_are_what_prometheus_reads(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        response = await served.client.get("/metrics")
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/plain; version=")
        assert response.headers["cache-control"] == "no-store"
        names = {family.name for family in text_string_to_metric_families(response.text)}
    assert {"callmonitor_segments", "callmonitor_alert_latency_seconds", "callmonitor_calls_live"} <= names


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/metrics", {}, 401),
        ("/metrics", BEARER, 200),
        ("/metrics", {"Authorization": f"bearer {METRICS_TOKEN}"}, 200),
        ("/metrics", {"Authorization": f"Bearer {METRICS_TOKEN}x"}, 401),
        ("/metrics", {"Authorization": f"Basic {METRICS_TOKEN}"}, 401),
        ("/metrics", {"Authorization": METRICS_TOKEN}, 401),
        ("/metrics", {"Authorization": "Bearer"}, 401),
        (f"/metrics?token={METRICS_TOKEN}", {}, 401),
        ("/api/state", BEARER, 401),
        ("/api/health", BEARER, 401),
        ("/metrics/", BEARER, 200),  # a page's address, and as every one of them answered by the page: no meters
    ],
)
async def test_the_token_opens_the_meters_and_nothing_else(
    tmp_path: Path, path: str, headers: dict[str, str], status: int
) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text("<!doctype html>", "utf-8")
    async with site(tmp_path, people=(WANG,)) as served:
        response = await served.client.get(path, headers=headers)
        assert response.status_code == status
        if status == 401:
            assert error_of(response) == "signed_out"
        assert ("callmonitor_" in response.text) == (path == "/metrics" and status == 200)


async def test_who_is_signed_in_may_read_them_and_nobody_may_write(tmp_path: Path) -> None:
    async with site(tmp_path, people=(WANG,)) as served:
        await served.sign_in(WANG)
        assert (await served.client.get("/metrics")).status_code == 200
        response = await served.client.post("/metrics")
        assert (response.status_code, error_of(response)) == (405, "method_not_allowed")


async def test_a_foreign_name_is_refused_even_with_the_token(tmp_path: Path) -> None:
    async with site(tmp_path, people=(WANG,)) as served:
        response = await served.client.get("/metrics", headers={**BEARER, "Host": "evil.example"})
        assert (response.status_code, error_of(response)) == (403, "foreign_host")


@pytest.mark.parametrize(("health", "status"), [(BUSY, 200), (OVERLOADED, 503)])
async def test_health_is_told_with_its_reasons_and_by_its_status(tmp_path: Path, health: Health, status: int) -> None:
    async with site(tmp_path, health=health) as served:
        response = await served.client.get("/api/health")
        assert response.status_code == status
        told = response.json()
        assert (told.pop("calls"), told.pop("model")) == (1, "base")
        assert told == {
            "status": health.status,
            "why": [
                {
                    "code": "latency",
                    "status": "overloaded",
                    "value": 5.0,
                    "limit": 4.5,
                    "zh": "提醒变慢。",
                    "en": "Alerts are late.",
                }
            ],
            "latency_p95": 5.0,
            "latency_target": 1.5,
        }
        state = await served.client.get("/api/state")
        assert state.status_code == 200
        assert state.json()["health"] == told, "a page that comes later knows too"


async def test_everybody_who_watches_learns_that_it_is_behind(tmp_path: Path) -> None:
    async with site(tmp_path, people=(WANG,)) as served:
        await served.sign_in(WANG)
        async with served.live() as socket:
            page = await joined(served, socket)
            served.hub.publish(type="health", call=None, data=OVERLOADED)
            event = await received(page)
    assert (event["type"], event["call"], event["data"]["status"]) == ("health", None, "overloaded")
