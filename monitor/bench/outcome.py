"""What a live run comes to: its figures, whether they are what the product promises, and how they are shown. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from monitor import config
from monitor.bench import latency
from monitor.bench.figures import Figures, quantiles, spread
from monitor.bench.plan import Play
from monitor.bench.server import Usage, loop_lag
from monitor.bench.watch import Said, Seen

REACH = 1.5  # seconds at p95 from the end of a phrase to its alert
RECOVERY = 30.0  # seconds after the load has fallen, until texts are on time again
IDLE = 0.003  # of a core, a call in which nobody speaks
MEMORY = 3.0  # MB, an open call
HONEST = 0.05  # seconds at p95 by which the generator may lag behind itself


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure."""

    calls: int
    seconds: float
    silent: bool = False  # both sides of all calls
    recover: bool = False  # let the load fall to half of the calls, and look on
    results: Path | None = None  # where solo runs' alerts are kept


@dataclass(slots=True)
class Use:
    """Of the service during the run."""

    samples: list[tuple[float, Usage]] = field(default_factory=list)  # by the monotonic clock
    degradation: list[tuple[float, float]] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """All that one run gave."""

    plays: list[Play]
    report: dict[str, Any]
    began: float
    seen: Seen
    use: Use
    loaded: Usage  # before any call
    warm: Usage  # after one
    idle: float | None  # share of a core without calls
    meters: tuple[dict[str, float], dict[str, float]]


def figures(run: Run, expected: Sequence[latency.Expected], wanted: Wanted, settings: config.Config) -> Figures:
    """Everything the run tells."""
    calls, seen, slices = run.report["calls"], run.seen, {play.call: play.slice for play in run.plays}
    began = {one["call"]: one["began"] for one in calls if one["began"] is not None}
    alerts = [alert for alert in seen.alerts.values() if alert.call in slices]
    late = list(latency.latencies(run.plays, began, alerts, seen.findings))
    missing = latency.lost(expected, alerts)
    failed = {one["call"]: one["error"] for one in calls if one["error"]}
    failed |= {call: "not ended" for call in began if call not in seen.over and call not in failed}
    failed |= {
        call: status for call, status in seen.over.items() if call in slices and status != "ended" and call not in failed
    }
    course = latency.course(seen.texts, began, run.began)
    on_time = REACH + settings.segment.join_silence
    found: Figures = {
        "calls_at_once": wanted.calls,
        "seconds": wanted.seconds,
        "silent": wanted.silent,
        "calls": len(calls),
        "failed": failed,
        "call_seconds": round(sum(one["sent"] for one in calls), 1),
        "calls_per_second": round(_speed(run, calls, began), 2),
        "latency_labelled": quantiles([one.labelled for one in late if one.labelled is not None]),
        "latency_own": quantiles([one.own for one in late]),
        "alerts": dict(Counter(alert.severity for alert in alerts if not alert.taken_back)),
        "alerts_taken_back": sum(alert.taken_back for alert in alerts),
        "alerts_expected": sum(one.severity in latency.COUNTED for one in expected),
        "lost": [asdict(one) | {"slice": slices[one.call].name} for one in missing],
        "texts": dict(Counter(said.stage for said in seen.texts)),
        "final_late": quantiles([said.came - began[said.call] - said.end for said in _finals(seen, began)]),
        "notices": seen.notices,
        "generator": {
            "lag": quantiles(run.report["lag"]),
            "late": quantiles([one["late"] for one in calls]),
            "cpu_seconds": round(run.report["cpu_seconds"], 2),
        },
        **_machine(run, wanted),
        "course": course,
        "slowest": [asdict(one) for one in sorted(late, key=lambda one: -(one.labelled or 0.0))[:10]],
    }
    if wanted.recover:
        found["recovered_after"] = latency.recovery(course, wanted.seconds, on_time)
    return found | {"reached": verdict(found)}


def verdict(found: Figures) -> dict[str, bool]:
    """What of the reach was reached; nothing of it may be false. What an open call takes is judged where nobody speaks."""
    labelled = found["latency_labelled"]
    reached = {
        "no call failed": not found["failed"],
        "generator kept time": (found["generator"]["lag"]["p95"] or 0.0) <= HONEST,
    }
    if found["silent"]:
        idle, memory = found["cores_a_call"], found["memory_mb"]["growth_a_call"]
        return {
            f"an idle call under {IDLE:.1%} of a core": idle is not None and idle < IDLE,
            f"an open call within {MEMORY:.0f} MB": memory is not None and memory <= MEMORY,
            **reached,
        }
    in_time = labelled["p95"] is not None and labelled["p95"] <= REACH
    if "recovered_after" in found:  # over capacity alerts may be late
        after = found["recovered_after"]
        reached[f"recovered within {RECOVERY:.0f} s"] = after is not None and after <= RECOVERY
    else:
        reached[f"p95 within {REACH} s"] = in_time
    return {"no alert lost": not found["lost"], **reached}


def _finals(seen: Seen, began: Mapping[str, float]) -> Iterator[Said]:
    return (said for said in seen.texts if said.stage == "final" and said.call in began)


def _speed(run: Run, calls: Sequence[Mapping[str, Any]], began: Mapping[str, float]) -> float:
    """Seconds of call a second, until the last final had come: what waited at the end is in it."""
    ends = [one["began"] + one["sent"] for one in calls if one["began"] is not None]
    until = max([*ends, *(said.came for said in _finals(run.seen, began))], default=run.began)
    return float(sum(one["sent"] for one in calls) / (until - run.began)) if until > run.began else 0.0


def _machine(run: Run, wanted: Wanted) -> Figures:
    """What the run took of the machine: the service from the first sample to the last."""
    within = [(at, one) for at, one in run.use.samples if at >= run.began]
    cpu = [(at, one.cpu) for at, one in within if one.cpu is not None]
    memory = [one.memory for _, one in within if one.memory is not None]
    share = (cpu[-1][1] - cpu[0][1]) / (cpu[-1][0] - cpu[0][0]) if len(cpu) > 1 else None
    peak = max(memory, default=None)
    before, after = run.meters
    counted = {name: value - before.get(name, 0.0) for name, value in after.items() if _counts(name)}
    return {
        "server_cpu_seconds": round(cpu[-1][1] - cpu[0][1], 2) if cpu else None,
        "server_cores": None if share is None else round(share, 3),
        "server_cores_idle": None if run.idle is None else round(run.idle, 4),
        "cores_a_call": None if share is None or run.idle is None else round((share - run.idle) / wanted.calls, 5),
        "memory_mb": {
            "loaded": _mb(run.loaded.memory),
            "before": _mb(run.warm.memory),
            "peak": _mb(peak),
            "growth_a_call": None if peak is None or run.warm.memory is None else _mb((peak - run.warm.memory) / wanted.calls),
        },
        "loop_lag": loop_lag(before, after),
        "degradation": [[round(at - run.began, 1), level] for at, level in run.use.degradation],
        "meters": {name: value for name, value in counted.items() if value},
    }


def _counts(name: str) -> bool:
    return name.startswith("callmonitor_") and name.partition("{")[0].endswith("_total")


def _mb(size: float | None) -> float | None:
    return None if size is None else round(size / 1e6, 2)


def rows(found: Figures) -> Iterator[tuple[str, str]]:
    generator, memory = found["generator"], found["memory_mb"]
    kind = "silent" if found["silent"] else "people talking all the time"
    yield "calls at once", f"{found['calls_at_once']} for {found['seconds']:.0f} s, {kind}; {found['calls']} in all"
    if not found["silent"]:
        yield "phrase end to alert, by label", spread(found["latency_labelled"])
        yield "by the product's own time", spread(found["latency_own"])
        yield "alerts", ", ".join(f"{count} {severity}" for severity, count in found["alerts"].items()) or "none"
        yield "lost", f"{len(found['lost'])} of {found['alerts_expected']} warning and critical ones of solo runs"
        yield "last word to final text", spread(found["final_late"])
    yield "calls that failed", str(len(found["failed"]))
    yield "seconds of call a second", f"{found['calls_per_second']:.1f}"
    yield "the service's cores", f"{_or(found['server_cores'])}, without calls {_or(found['server_cores_idle'])}"
    yield "a call", f"{_percent(found['cores_a_call'])} of a core"
    yield (
        "memory, MB",
        f"{_or(memory['before'])} before, {_or(memory['peak'])} at most, {_or(memory['growth_a_call'])} more a call",
    )
    if lag := found["loop_lag"]:
        yield "event loop late by", "  ".join(f"{name} {1000 * value:.0f} ms" for name, value in lag.items()) + " at most"
    yield "generator's own lag", f"{spread(generator['lag'])}, {generator['cpu_seconds']:.1f} CPU s"
    if "recovered_after" in found:
        after = found["recovered_after"]
        yield "recovered", "not within the run" if after is None else f"within {after:.0f} s of the load's fall"


def notes(found: Figures) -> Iterator[str]:
    if "recovered_after" in found:
        yield "from s  interims  drafts  finals  last word to final p95"
        for row in found["course"]:
            late = row["final_late"]["p95"]
            counts = f"{row['interim']:10}{row['draft']:8}{row['final']:8}"
            yield f"{row['from']:6.0f}{counts}  {'-' if late is None else f'{late:.2f} s'}"
    for one in found["lost"]:
        yield f"lost: {one['severity']} {one['rule']} at {one['at']:.1f} s of {one['slice']} (call {one['call']})"
    for call, why in found["failed"].items():
        yield f"failed: {call}: {why}"
    wrong = [what for what, reached in found["reached"].items() if not reached]
    yield f"NOT REACHED: {', not: '.join(wrong)}" if wrong else "reached: " + ", ".join(found["reached"])


def _or(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2%}"
