"""The labelled recordings that are measured on, and their sound as the product cuts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monitor import config, labels
from monitor.errors import MonitorError
from monitor.ingest.file import pcm, probe, speakers
from monitor.ingest.pcm import Decoder
from monitor.labels import Labelled
from monitor.records import RATE, Chunk, Samples, Silence, Speaker, Speech
from monitor.scoring import character_errors
from monitor.speech.listener import Listener
from monitor.speech.vad import VadModel

CALLS = Path(__file__).parents[2] / "tests" / "data" / "calls"  # the bundled ones


@dataclass(frozen=True, slots=True)
class Take:
    """One labelled recording."""

    id: str
    path: Path
    labels: Labelled
    seconds: float  # of call, both channels at once


def load(folder: Path | None, first: int | None = None) -> list[Take]:
    """The labelled recordings of `folder` (None: the bundled ones), by name; the `first` so many. Raises MonitorError."""
    folder = folder or CALLS
    takes = [
        Take(sample.id, sample.recording, sample.labels, length(sample.recording))
        for sample in labels.load_samples(folder)
        if sample.recording
    ]
    if not takes:
        raise MonitorError(f"{folder}: no labelled call has a recording beside it", code="labels")
    return takes[:first]


def length(path: Path) -> float:
    """Seconds of a recording; decoded, where the file does not say."""
    shape = probe(path)
    if shape.seconds is not None:
        return shape.seconds
    with closing(pcm(path)) as blocks:
        return sum(map(len, blocks)) / (2 * shape.channels * shape.rate)


def chunks(path: Path) -> Iterator[list[Chunk]]:
    """The recording as the product's own decoder gives it, a tenth of a second at a time."""
    shape = probe(path)
    decoder = Decoder(path.stem, shape.rate, "pcm_s16le", speakers(shape.channels))
    with closing(pcm(path)) as blocks:
        for block in blocks:
            yield decoder.feed(block)
    yield decoder.finish()


def streams(path: Path) -> dict[Speaker, Samples]:
    """Each channel whole, (n,) float32 at 16 kHz."""
    parts: dict[Speaker, list[Samples]] = {}
    for group in chunks(path):
        for chunk in group:
            parts.setdefault(chunk.speaker, []).append(chunk.samples)
    return {speaker: np.concatenate(its) for speaker, its in parts.items()}


def heard(path: Path, settings: config.Config, vad: VadModel, *, drafts: bool) -> Iterator[Speech | Silence]:
    """What the product's listener makes of the recording."""
    sides = speakers(probe(path).channels)
    listener = Listener(path.stem, sides, vad, settings.vad, settings.segment, drafts=drafts)
    for group in chunks(path):
        yield from listener.feed(group)
    yield from listener.finish()


def finals(takes: Iterable[Take], settings: config.Config) -> list[Speech]:
    """All utterances of the recordings, as they go to the decoder."""
    vad = VadModel()
    cut = (one for take in takes for one in heard(take.path, settings, vad, drafts=False))
    return [one for one in cut if isinstance(one, Speech) and one.stage == "final"]


def talk(segments: Iterable[Speech]) -> float:
    """Seconds of audio in `segments`, padding included: what the network is given."""
    return sum(len(segment.samples) for segment in segments) / RATE


def error_rate(takes: Iterable[Take], written: Mapping[str, Mapping[Speaker, str]]) -> float | None:
    """Share of characters heard wrong in all calls, as `callmonitor evaluate` counts; None where the scripts say nothing."""
    counts = [character_errors(take.labels, written.get(take.id, {})) for take in takes]
    said = sum(chars for _, chars in counts)
    return sum(errors for errors, _ in counts) / said if said else None
