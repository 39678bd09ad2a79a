"""The learnt classifier of acts on disk: arrays and texts in one .npz, nothing in it is ever executed."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import structlog

from monitor.analysis import corpus
from monitor.analysis.acts import Examples, Head, Linear
from monitor.records import Speaker

KEPT = (2, 8)  # files at least and at most: services of several sites may share a folder, some 40 MB each
UNUSED = 7 * 86_400.0  # seconds after which one goes that is not among the least to be kept
LEFT = 86_400.0  # seconds after which a file half written is nobody's any more
LINEAR = ("weights", "bias", "slope", "shift")

log = structlog.get_logger(__name__)


def write(path: Path, heads: Mapping[Speaker, Head]) -> None:
    """Keep `heads` at `path`, whole or not at all. Where that fails the log says so."""
    arrays = {f"{speaker}.{name}": array for speaker, head in heads.items() for name, array in _arrays(head).items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{uuid4().hex}.part")
        try:
            with part.open("xb") as file:
                np.savez_compressed(file, allow_pickle=False, **arrays)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _tidy(path.parent)
    except OSError as error:
        log.warning("acts_not_kept", file=str(path), error=str(error))


def read(path: Path) -> dict[Speaker, Head] | None:
    """The heads kept at `path`; None where there are none, or none that can be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            heads = {speaker: _head(arrays, speaker) for speaker in corpus.LABELS if f"{speaker}.labels" in arrays}
    except (FileNotFoundError, NotADirectoryError):
        return None
    except Exception as error:  # of zipfile, zlib, tokenize and others, each for its part of a damaged file
        log.warning("acts_unreadable", file=str(path), error=str(error))
        return None
    with suppress(OSError):
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))  # many systems note the last reading late or never
        _tidy(path.parent)
    return heads


def _tidy(folder: Path) -> None:
    """Take away what was learnt from other lines or by other versions and is used no more, and what a killed process left."""
    now = time.time()
    for part in folder.glob("*.part"):
        if _used(part) < now - LEFT:
            part.unlink(missing_ok=True)
    least, most = KEPT
    for rank, file in enumerate(sorted(folder.glob("*.npz"), key=_used, reverse=True)):
        if rank >= most or (rank >= least and _used(file) < now - UNUSED):
            file.unlink(missing_ok=True)


def _used(file: Path) -> float:
    """When a file was last written or read, in seconds of the clock; one that another process takes away meanwhile: never."""
    try:
        known = file.stat()
    except FileNotFoundError:
        return 0.0
    return max(known.st_mtime, known.st_atime)


def _arrays(head: Head) -> dict[str, npt.NDArray[Any]]:
    found: dict[str, npt.NDArray[Any]] = {
        "labels": _text(head.labels),
        "features": _text(head.features),
        "rarity": head.rarity,
        "centre": head.centre,
        "axes": head.axes,
    }
    for name, linear in (("words", head.by_words), ("meaning", head.by_meaning)):
        if linear:
            found |= {f"{name}.{part}": getattr(linear, part) for part in LINEAR}
    for label, examples in zip(head.labels, head.examples, strict=True):
        found[f"{label}.lines"] = _text(examples.lines)
        found |= {f"{label}.{part}": getattr(examples, part) for part in ("indices", "values", "starts")}
    return found


def _head(arrays: Any, speaker: Speaker) -> Head:
    def part(name: str) -> Any:
        return arrays[f"{speaker}.{name}"]

    def linear(name: str) -> Linear:
        return Linear(*(part(f"{name}.{field}") for field in LINEAR))

    labels = _lines(part("labels"))
    return Head(
        labels=labels,
        features=_lines(part("features")),
        rarity=part("rarity"),
        by_words=linear("words"),
        by_meaning=linear("meaning") if f"{speaker}.meaning.bias" in arrays else None,
        centre=part("centre"),
        axes=part("axes"),
        examples=tuple(
            Examples(_lines(part(f"{label}.lines")), part(f"{label}.indices"), part(f"{label}.values"), part(f"{label}.starts"))
            for label in labels
        ),
    )


def _text(lines: Sequence[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode("utf-8"), np.uint8)


def _lines(array: npt.NDArray[np.uint8]) -> tuple[str, ...]:
    return tuple(array.tobytes().decode("utf-8").split("\n"))
