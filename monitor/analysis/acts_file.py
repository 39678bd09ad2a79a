"""The learnt classifier of acts on disk: arrays and texts in one .npz, nothing in it is ever executed."""

from __future__ import annotations

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

KEPT = 4  # files: services of several sites may share a folder
LINEAR = ("weights", "bias", "slope", "shift")

log = structlog.get_logger(__name__)


def write(path: Path, heads: Mapping[Speaker, Head]) -> None:
    """Keep `heads` at `path`, whole or not at all, and no more than `KEPT` such files. Where that fails the log says so."""
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
        for old in sorted(path.parent.glob("*.npz"), key=lambda file: file.stat().st_mtime)[:-KEPT]:
            with suppress(OSError):
                old.unlink()
    except OSError as error:
        log.warning("acts_not_kept", file=str(path), error=str(error))


def read(path: Path) -> dict[Speaker, Head] | None:
    """The heads kept at `path`; None where there are none, or none that can be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {speaker: _head(arrays, speaker) for speaker in corpus.LABELS if f"{speaker}.labels" in arrays}
    except (FileNotFoundError, NotADirectoryError):
        return None
    except Exception as error:  # of zipfile, zlib, tokenize and others, each for its part of a damaged file
        log.warning("acts_unreadable", file=str(path), error=str(error))
        return None


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
