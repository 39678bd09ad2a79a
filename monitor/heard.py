"""How syllables come out of the recogniser, counted on calls whose words are known: what its spelling takes for misheard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from monitor.labels import Labelled, Result
from monitor.speech.confusion import Pair, sound

HEAD = "# How syllables come out of the recogniser: said, heard, how often.\n"


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
    """As `confusion.counts` reads it."""
    rows = (f"{said}\t{heard}\t{number}\n" for (said, heard), number in sorted(pairs.items()))
    path.write_text(HEAD + "".join(rows), "utf-8")


def _syllables(texts: Iterable[str]) -> list[str]:
    return [sound(character) for text in texts for character in text if "\u4e00" <= character <= "\u9fff"]
