"""The alerts that a solo run gives: each slice of a live run, to the sample, reviewed by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from monitor import app, config, review
from monitor.bench.latency import Expected
from monitor.bench.limit import Say
from monitor.bench.plan import Play
from monitor.errors import MonitorError

Alerts = list[dict[str, Any]]


async def expected(
    settings: config.Config, plays: Iterable[Play], paths: Mapping[str, Path], kept: Path | None, say: Say
) -> list[Expected]:
    """What each call would have raised alone. Slices that have a result in `kept` are not reviewed again.

    Raises MonitorError where one cannot be reviewed.
    """
    plays = list(plays)
    names = dict.fromkeys(play.slice.name for play in plays)
    results = {name: found for name in names if kept and (found := _load(kept, settings, name)) is not None}
    rest = {paths[name]: name for name in names if name not in results}
    if rest:
        say(f"reviewing {len(rest)} slices by themselves, to know what must come ...")
        async with app.workshop(settings) as shop:
            async for outcome in review.review(shop, list(rest), lambda path, done, seconds: None):
                if outcome.record is None:
                    raise outcome.error or MonitorError(f"{outcome.path}: no result")
                name = rest[outcome.path]
                results[name] = [
                    {"rule": alert.rule, "severity": alert.severity, "at": alert.at} for alert in outcome.record.alerts
                ]
                if kept:
                    _keep(kept, settings, name, results[name])
    return [
        Expected(play.call, alert["rule"], alert["severity"], alert["at"])
        for play in plays
        for alert in results[play.slice.name]
    ]


def _file(kept: Path, settings: config.Config, name: str) -> Path:
    return kept / f"{settings.model.name}-{settings.decode.beam}-{name}.json"


def _load(kept: Path, settings: config.Config, name: str) -> Alerts | None:
    path = _file(kept, settings, name)
    try:
        return [
            {"rule": one["rule"], "severity": one["severity"], "at": float(one["at"])} for one in json.loads(path.read_bytes())
        ]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise MonitorError(f"{path}: is not what a solo run gave: {error}", code="results") from error


def _keep(kept: Path, settings: config.Config, name: str, alerts: Alerts) -> None:
    path = _file(kept, settings, name)
    try:
        kept.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.write_text(json.dumps(alerts) + "\n", "utf-8")
        part.replace(path)
    except OSError as error:
        raise MonitorError(f"{path}: cannot be written: {error.strerror}", code="results") from error
