"""What every measuring command says: on which machine, with which parts, and its figures as a table and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor import config
from monitor.report import clean
from monitor.speech.whisper import cores

Figures = dict[str, Any]
PARTS = ("callmonitor", "faster-whisper", "ctranslate2", "onnxruntime", "numpy")


def header(what: str, settings: config.Config) -> Figures:
    """The command's name, the machine, the versions, the model and the date: without them a figure says nothing."""
    model, decode = settings.model, settings.decode
    return {
        "bench": what,
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "machine": {
            "cpu": _cpu(),
            "cores": cores(),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
        },
        "versions": {part: metadata.version(part) for part in PARTS},
        "model": {"name": model.name, "device": model.device, "compute_type": model.compute_type, "beam": decode.beam},
    }


def quantiles(values: Sequence[float]) -> Figures:
    """{"count", "p50", "p95", "max"}; the last three None where there are no values."""
    if not values:
        return {"count": 0, "p50": None, "p95": None, "max": None}
    p50, p95, most = np.quantile(values, [0.5, 0.95, 1.0])
    return {"count": len(values), "p50": round(float(p50), 3), "p95": round(float(p95), 3), "max": round(float(most), 3)}


def spread(found: Figures, unit: str = "s") -> str:
    """`quantiles` as a cell of a table."""
    if not found["count"]:
        return "none measured"
    return f"p50 {found['p50']:.2f}  p95 {found['p95']:.2f}  max {found['max']:.2f} {unit}  ({found['count']})"


def show(
    figures: Figures,
    rows: Iterable[Sequence[str]],
    console: Console,
    columns: Sequence[str] = ("", ""),
    notes: Iterable[str] = (),
) -> None:
    """The head, then `rows` under `columns`, then a line for each note. Nothing is markup: names come from files."""
    machine, model = figures["machine"], figures["model"]
    console.print(
        Text(
            f"callmonitor {figures['bench']}  {figures['date'][:10]}  {clean(machine['cpu'])}, {machine['cores']} cores, "
            f"{machine['system']}  {model['name']} {model['compute_type']} beam {model['beam']}",
            "bold",
        ),
        soft_wrap=True,
    )
    versions = "  ".join(f"{part} {version}" for part, version in figures["versions"].items())
    console.print(Text(versions, "dim"), soft_wrap=True)
    table = Table(*columns, box=None, show_header=any(columns), pad_edge=False)
    table.columns[0].no_wrap = True
    for row in rows:
        table.add_row(*(Text(clean(cell)) for cell in row))
    console.print(table)
    for note in notes:
        console.print(Text(clean(note)), soft_wrap=True)


def write(path: Path, figures: Figures) -> None:
    """Whole or not there: another command may read it."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", "utf-8")
    part.replace(path)


def _cpu() -> str:
    """The processor's name: /proc/cpuinfo where there is one."""
    if os.path.exists("/proc/cpuinfo"):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
