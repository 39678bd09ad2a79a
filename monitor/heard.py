"""How syllables come out of the recogniser, counted on calls whose words are known: what its spelling takes for misheard."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from rapidfuzz.distance import Levenshtein
from rich.console import Console

from monitor import config, evaluate, labels
from monitor.errors import MonitorError
from monitor.labels import Labelled, Result
from monitor.speech.confusion import Pair, sound

HEAD = "# How syllables come out of the recogniser: said, heard, how often.\n"


async def listen(settings: config.Config, folder: Path, console: Console) -> Counter[Pair]:
    """Hear the labelled calls in `folder` without spelling, and count. Raises MonitorError where there is nothing to count."""
    plain = settings.model_copy(update={"decode": settings.decode.model_copy(update={"spelling": False})})
    samples = await asyncio.to_thread(labels.load_samples, folder)
    results = await evaluate.by_sound(plain, samples, None, console)
    pairs = count((sample.labels, results[sample.id]) for sample in samples if sample.id in results)
    if not pairs:
        raise MonitorError(f"{folder}: nothing was heard of what the labels say an agent or a customer said", code="labels")
    return pairs


def count(calls: Iterable[tuple[Labelled, Result]]) -> Counter[Pair]:
    """Pairs of what was said and what was heard for it, of each speaker's whole talk; what was lost or invented is no pair."""
    pairs = Counter[Pair]()
    for truth, result in calls:
        for speaker in ("agent", "customer"):
            said = _syllables(turn.text for turn in truth.turns if turn.speaker == speaker)
            heard = _syllables(one.text for one in result.utterances if one.speaker == speaker)
            for change in Levenshtein.opcodes(said, heard):
                if change.tag in ("equal", "replace"):
                    pairs.update(
                        zip(said[change.src_start : change.src_end], heard[change.dest_start : change.dest_end], strict=True)
                    )
    return pairs


def write(path: Path, pairs: Mapping[Pair, int]) -> None:
    """As `confusion.counted` reads it. Raises MonitorError where it cannot be written."""
    rows = (f"{said}\t{heard}\t{number}\n" for (said, heard), number in sorted(pairs.items()))
    try:
        path.write_text(HEAD + "".join(rows), "utf-8")
    except OSError as error:
        raise MonitorError(f"{path}: cannot be written: {error.strerror}", code="results") from error


def _syllables(texts: Iterable[str]) -> list[str]:
    """Of all Chinese characters; the few that have no reading are none."""
    sounds = (sound(character) for text in texts for character in text if "\u4e00" <= character <= "\u9fff")
    return [one for one in sounds if re.fullmatch("[a-z]+", one)]
