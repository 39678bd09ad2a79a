"""How late what came was, and what never came. Pure: events with their moments, and what a solo run of the same audio gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitor.bench.figures import Figures, quantiles
from monitor.bench.plan import Play
from monitor.bench.watch import Said, Shown
from monitor.labels import Found, phrase_end

COUNTED = ("warning", "critical")  # alerts that a supervisor acts on
SAME = 2.0  # seconds by which one alert may be placed differently in two runs
BUCKET = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Expected:
    """An alert of the solo run."""

    call: str
    rule: str
    severity: str
    at: float  # call time


@dataclass(frozen=True, slots=True)
class Latency:
    """How long after its phrase an alert came, seconds: by the label's phrase end, and by the product's own time of it."""

    call: str
    alert: str
    severity: str
    labelled: float | None  # None: no label explains it
    own: float


def latencies(
    plays: Iterable[Play],
    began: Mapping[str, float],
    alerts: Iterable[Shown],
    findings: Mapping[tuple[str, str], Sequence[Found]],
) -> Iterator[Latency]:
    """Of each alert with words under it, whatever became of it. `began`: the moment of each call's first sample."""
    slices = {play.call: play.slice for play in plays}
    for alert in alerts:
        if alert.call not in slices or alert.call not in began or not alert.because:
            continue
        piece, heard = slices[alert.call], alert.came - began[alert.call]
        versions = [found for id in alert.because for found in findings.get((alert.call, id), ())]
        cause = next((found for found in reversed(versions) if abs(found.end - alert.at) < 0.002), None)
        moved = cause and cause.model_copy(update={"start": cause.start + piece.start, "end": cause.end + piece.start})
        ended = phrase_end(piece.take.labels, moved) if moved else None
        labelled = None if ended is None else round(heard - (ended - piece.start), 3)
        yield Latency(alert.call, alert.id, alert.severity, labelled, round(heard - alert.at, 3))


def lost(expected: Iterable[Expected], alerts: Iterable[Shown]) -> list[Expected]:
    """What of the solo run's never came, or was taken back: same call, same rule, about the same place, one for one."""
    free = [alert for alert in alerts if not alert.taken_back]
    missing: list[Expected] = []
    for one in sorted(expected, key=lambda one: one.at):
        fit = [
            alert for alert in free if (alert.call, alert.rule) == (one.call, one.rule) and abs(alert.until - one.at) <= SAME
        ]
        if fit:
            free.remove(min(fit, key=lambda alert: abs(alert.until - one.at)))
        elif one.severity in COUNTED:
            missing.append(one)
    return missing


def course(texts: Iterable[Said], began: Mapping[str, float], start: float) -> list[Figures]:
    """How the run went, a row every BUCKET seconds from `start`: texts that came by stage, and how late the finals were.

    Late is counted from the last word, so that a final on time has the silence after which it is settled in it.
    """
    buckets: dict[int, list[Said]] = {}
    for said in texts:
        if said.call in began and said.came >= start:
            buckets.setdefault(int((said.came - start) / BUCKET), []).append(said)
    rows: list[Figures] = []
    for number in range(max(buckets, default=-1) + 1):
        its = buckets.get(number, [])
        stages = Counter(said.stage for said in its)
        late = quantiles([said.came - began[said.call] - said.end for said in its if said.stage == "final"])
        rows.append(
            {"from": number * BUCKET, **{stage: stages[stage] for stage in ("interim", "draft", "final")}, "final_late": late}
        )
    return rows


def recovery(rows: Sequence[Figures], fell: float, late: float) -> float | None:
    """Seconds after `fell`, when the load fell, from which finals were never later than `late` at p95 again; None: never.

    To the nearest bucket; 0.0 where they were on time all along.
    """
    after = [row for row in rows if row["from"] + BUCKET > fell and row["final_late"]["count"]]
    slow = [row["from"] + BUCKET for row in after if row["final_late"]["p95"] > late]
    if after and slow and slow[-1] >= after[-1]["from"] + BUCKET:
        return None
    return max(0.0, slow[-1] - fell) if slow else 0.0
