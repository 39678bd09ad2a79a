"""`callmonitor bench limit`: what CTranslate2 itself does with the product's segments, everything else left out.

The same audio, cut and filled up as the product does, its features made beforehand; then encoded and generated as the product
does, with its vocabulary, and nothing else, in full batches sorted by length, on as many workers and threads as turn out best.
No calls to serve, no order to keep, nothing that leads a stretch, no retries, no alignment of words: nothing that decodes so
can be faster on this machine.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from monitor import config
from monitor.bench import sound
from monitor.bench.figures import Figures
from monitor.bench.sound import Take
from monitor.records import RATE, Samples
from monitor.speech import machine, models
from monitor.speech.vocabulary import Vocabulary, cut
from monitor.speech.whisper import Decoder, cores, encode, features, longest, target

BATCHES = (4, 8, 16, 32)
PILOT = 60.0  # seconds of speech by which the best layout is found

Say = Callable[[str], None]
Sized = tuple[float, Samples]  # seconds of context, samples
Batch = tuple[float, npt.NDArray[np.float32]]  # seconds of context, features (n, mels, frames)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the processor is shared out: so many batches at once, each on so many threads."""

    workers: int
    threads: int
    batch: int


def layouts() -> Iterator[tuple[int, int]]:
    """(workers, threads a worker) worth trying: all cores on one batch, a batch a core, and two batches."""
    yield from dict.fromkeys((workers, max(1, cores() // workers)) for workers in (1, min(2, cores()), cores()))


def loaded(settings: config.Config, workers: int, threads: int, files: dict[str, bytes] | None = None) -> WhisperModel:
    """The configured model by itself, or `files` of it. Raises ModelError where it is not there."""
    device, compute = target(settings.model)
    return WhisperModel(
        str(models.path(settings.model)),
        files=files and dict(files),  # of which it takes some out
        device=device,
        compute_type=compute,
        cpu_threads=threads,
        num_workers=workers,
        local_files_only=True,
    )


def limit(settings: config.Config, takes: Sequence[Take], say: Say) -> Figures:
    """Find the best layout on a part, then time it on all. Computes for seconds to minutes."""
    machine.prepare()
    segments = sound.finals(takes, settings)
    decoder = Decoder(models.path(settings.model), settings.model, settings.decode)
    sized = [(decoder.context(segment), segment.samples) for segment in segments]
    del decoder  # its memory and threads
    machine.keep_memory()
    pilot = _part(sized, PILOT)
    speeds: dict[Layout, float] = {}
    files, words = cut(models.path(settings.model), settings.model.language)
    for workers, threads in layouts():
        whisper = loaded(settings, workers, threads, files)
        for size in BATCHES:
            layout = Layout(workers, threads, size)
            speeds[layout] = _seconds(pilot) / timed(whisper, words, settings, pilot, layout)
            say(f"{layout}: {speeds[layout]:.1f} seconds of speech a second")
    best = max(speeds, key=lambda layout: speeds[layout])
    took = timed(loaded(settings, best.workers, best.threads, files), words, settings, sized, best)
    speech, calls = sound.talk(segments), sum(take.seconds for take in takes)
    return {
        "recordings": len(takes),
        "segments": len(segments),
        "speech_seconds": round(speech, 1),
        "call_seconds": round(calls, 1),
        "seconds": round(took, 2),
        "speech_per_second": round(speech / took, 2),
        "calls_per_second": round(calls / took, 2),
        "layout": asdict(best),
        "tried": [asdict(layout) | {"speech_per_second": round(speed, 2)} for layout, speed in speeds.items()],
    }


def timed(whisper: WhisperModel, words: Vocabulary, settings: config.Config, sized: Sequence[Sized], layout: Layout) -> float:
    """Seconds that encoding and generating take; the features are there before the clock starts."""
    tokenizer = Tokenizer(whisper.hf_tokenizer, True, "transcribe", settings.model.language)
    prompt = words.given([*tokenizer.sot_sequence, tokenizer.no_timestamps])
    batches = [(context, features(whisper.feature_extractor, batch, context)) for context, batch in full(sized, layout.batch)]

    def decode(batch: Batch) -> None:
        context, mel = batch
        whisper.model.generate(
            encode(whisper.model, mel),
            [prompt] * len(mel),
            beam_size=settings.decode.beam,
            max_length=longest(len(prompt), context),
            return_scores=True,
            return_no_speech_prob=True,
        )

    decode(batches[-1])  # the first one pays for memory and threads
    with ThreadPoolExecutor(layout.workers) as pool:
        began = time.perf_counter()
        list(pool.map(decode, batches))
        return time.perf_counter() - began


def full(sized: Sequence[Sized], size: int) -> list[tuple[float, list[Samples]]]:
    """Batches of one context each, as full as they go, alike in length; the costly ones first, so that workers end together."""
    groups: dict[float, list[Samples]] = defaultdict(list)
    for context, samples in sorted(sized, key=lambda one: len(one[1])):
        groups[context].append(samples)
    cut = [(context, group[at : at + size]) for context, group in groups.items() for at in range(0, len(group), size)]
    return sorted(cut, key=lambda batch: -batch[0] * len(batch[1]))


def _part(sized: Sequence[Sized], seconds: float) -> list[Sized]:
    """About so many seconds out of the whole, evenly: its lengths are like the whole's."""
    step = max(1, round(_seconds(sized) / seconds))
    return list(sized[::step])


def _seconds(sized: Sequence[Sized]) -> float:
    return sum(len(samples) for _, samples in sized) / RATE


def share(figures: Figures, other: Any) -> float:
    """The share of this limit that `bench live` or `bench review` reached: seconds of call a second against the same.

    Raises KeyError or TypeError where `other` is not their JSON.
    """
    return float(other["calls_per_second"]) / float(figures["calls_per_second"])


def rows(figures: Figures, shares: Sequence[tuple[Path, float]]) -> Iterator[tuple[str, str]]:
    layout = figures["layout"]
    yield "segments", f"{figures['segments']} of {figures['speech_seconds']:.0f} s in {figures['recordings']} recordings"
    yield "best layout", f"{layout['workers']} workers of {layout['threads']} threads, batches of {layout['batch']}"
    yield "raw limit", f"{figures['speech_per_second']:.1f} seconds of speech a second"
    yield "that is", f"{figures['calls_per_second']:.1f} seconds of call a second, both channels"
    for path, reached in shares:
        yield f"reached in {path.name}", f"{reached:.0%}"
