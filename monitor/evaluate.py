"""`callmonitor evaluate`: labelled calls reviewed like any other, and what was found held against their labels."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.text import Text

from monitor import app, config, labels, review, scripts
from monitor.alerts.rules import load_rules
from monitor.alerts.whisper_sheet import load_whispers
from monitor.errors import MonitorError
from monitor.labels import Result, Sample
from monitor.report import clean
from monitor.reviewing import reviewed
from monitor.scoring import Score, score


async def evaluate(
    settings: config.Config, folder: Path, console: Console, *, kept: Path | None = None, text: bool = False
) -> Score:
    """Review what of the labelled calls in `folder` has no result in `kept` yet, and score all of them.

    `text`: judge the scripts' words instead of the sound. Progress and what could not be reviewed go to `console`.
    Raises MonitorError where the labels or a kept result cannot be read.
    """
    samples = await asyncio.to_thread(labels.load_samples, folder)
    for sample in samples:
        for doubt in labels.doubts(sample):
            console.print(clean(doubt), style="yellow", markup=False, soft_wrap=True)
    results = await asyncio.to_thread(_kept, samples, kept, text)
    if results:
        console.print(f"{len(results)} of {len(samples)} results reused from {kept}", markup=False, soft_wrap=True)
    rest = [sample for sample in samples if sample.id not in results]
    if kept:
        await asyncio.to_thread(kept.mkdir, parents=True, exist_ok=True)
    results |= await (_by_script(settings, rest, kept, console) if text else by_sound(settings, rest, kept, console))
    return await asyncio.to_thread(lambda: score((sample.id, sample.labels, results.get(sample.id)) for sample in samples))


def _kept(samples: list[Sample], kept: Path | None, text: bool) -> dict[str, Result]:
    """Results made before, by call."""
    paths = {sample.id: kept / f"{sample.id}.json" for sample in samples} if kept else {}
    results = {id: labels.load_result(path) for id, path in paths.items() if path.exists()}
    for id, result in results.items():
        if (result.call.model == scripts.MODEL) != text:
            what = "scripts" if result.call.model == scripts.MODEL else "sound"
            raise MonitorError(f"{paths[id]}: is a result by {what}; name another folder for --results", code="results")
    return results


async def by_sound(settings: config.Config, samples: list[Sample], kept: Path | None, console: Console) -> dict[str, Result]:
    """What a review makes of the samples that have a recording, by call; kept in `kept`."""
    files = {sample.recording: sample for sample in samples if sample.recording}
    for sample in samples:
        if not sample.recording:
            console.print(f"{clean(sample.id)}: has no recording beside its labels", style="red", markup=False, soft_wrap=True)
    results: dict[str, Result] = {}
    if not files:
        return results
    began, seconds = time.monotonic(), 0.0
    async for outcome in reviewed(settings, list(files), console):
        if outcome.record is None:
            console.print(clean(str(outcome.error)), style="red", markup=False, soft_wrap=True)
            continue
        seconds += outcome.record.call.seconds
        id = files[outcome.path].id
        results[id] = _keep(id, review.as_report(outcome.record), kept)
    took = time.monotonic() - began
    console.print(f"{seconds / 60:.1f} minutes of calls reviewed in {took:.0f} s, {seconds / took:.1f} times real time")
    return results


async def _by_script(settings: config.Config, samples: list[Sample], kept: Path | None, console: Console) -> dict[str, Result]:
    took: list[float] = []

    def judged() -> dict[str, Result]:
        analysis, rules = app.load_analysis(settings), load_rules(settings.alerts.rules)
        whispers = load_whispers(settings.analysis.playbook)
        reports = {
            sample.id: review.as_report(scripts.review(sample, analysis, rules, took, whispers=whispers)) for sample in samples
        }
        return {id: _keep(id, report, kept) for id, report in reports.items()}

    results = await asyncio.to_thread(judged) if samples else {}
    if took:
        mean, slow = 1000 * np.mean(took), 1000 * np.percentile(took, 95)
        console.print(f"{len(took)} utterances analysed, {mean:.0f} ms of a core each, one in twenty over {slow:.0f} ms")
    return results


def _keep(id: str, report: dict[str, Any], kept: Path | None) -> Result:
    if kept:
        part = kept / f"{id}.json.part"
        part.write_text(json.dumps(report, ensure_ascii=False) + "\n", "utf-8")
        part.replace(kept / f"{id}.json")  # whole or not there: it will be reused
    return labels.as_result(report)


def print_score(result: Score, console: Console) -> None:
    """The errors, then the figures by kind and rule, then those of the calls as wholes."""
    for error in result.errors:
        console.print(Text(clean(error)), soft_wrap=True)
    figures = result.as_json()
    row = "{:36}{:>7}{:>7}{:>7}{:>11}{:>8}{:>7}"
    console.print(Text(row.format("kind", "labels", "found", "false", "precision", "recall", "F1"), "bold"), soft_wrap=True)
    for name, tally in figures["kinds"].items():
        counts = (tally["labels"], tally["found"], tally["false"])
        shares = (f"{tally[share]:.2f}" for share in ("precision", "recall", "f1"))
        name = f"  {name.partition('/')[2]}" if "/" in name else name
        console.print(Text(row.format(clean(name), *counts, *shares)), soft_wrap=True)
    for name, value in figures["call"].items():
        console.print(Text(f"{name:36}{value:>7}"), soft_wrap=True)
