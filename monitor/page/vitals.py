"""How the service does, for who watches over it: `/metrics` for Prometheus, `/api/health` for who asks whether it is well."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Response

from monitor.health import Health
from monitor.meters import CONTENT_TYPE, Meters
from monitor.page.answers import answer
from monitor.page.guard import METRICS
from monitor.records import as_json


class Vitals:
    """Its two routes. What they answer names no call and nobody."""

    def __init__(self, meters: Meters, health: Callable[[], Health], live_calls: Callable[[], int], model: str) -> None:
        self.meters = meters
        self.of = health
        self.live_calls = live_calls
        self.model = model
        self.router = APIRouter()
        self.router.add_api_route(METRICS, self.metrics, methods=["GET"])
        self.router.add_api_route("/api/health", self.health, methods=["GET"])

    async def metrics(self) -> Response:
        return Response(self.meters.expose(), headers={"content-type": CONTENT_TYPE, "cache-control": "no-store"})

    async def health(self) -> Response:
        health = self.of()
        response = answer({**as_json(health), "calls": self.live_calls(), "model": self.model})
        if health.status == "overloaded":  # what balances calls between servers goes by the status alone
            response.status_code = 503
        return response
