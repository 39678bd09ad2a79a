"""How people talk on the telephone: the lines from which the recogniser's spelling is learnt, a site's own among them.

These are the playbook's call lines, what other lines there are in `talk/*.txt`, and the same of a site, whose names of products
and places are then spelt as it writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from monitor import config
from monitor.analysis import corpus, playbook
from monitor.sheets import written
from monitor.speech import confusion, ngrams
from monitor.speech.spelling import Spelling

TALK = "talk"  # the folder in a playbook: text files, an utterance a line
HEARD = "heard.tsv"  # in a site's playbook: how syllables come out of the recogniser on its own line


def spelling(settings: config.Config) -> Spelling | None:
    """What puts the recogniser's Chinese right, learnt now (two seconds); None for other languages, or where it is not wanted.

    Raises ConfigError where a line cannot be read.
    """
    if settings.model.language != "zh" or not settings.decode.spelling:
        return None
    site = settings.analysis.playbook
    return _learnt(site, tuple(_stamp(path) for path in (*corpus.files(site), *_talks(site), *_own_counts(site))))


def lines(site: Path | None) -> Iterator[str]:
    """All there is to learn from. Raises ConfigError naming the file."""
    for line in corpus.load(site):
        yield line.text
        if not line.whole:
            yield line.before
    for path in _talks(site):
        yield from talk(path)


def talk(path: Path) -> list[str]:
    """The utterances of a file. Raises ConfigError naming it."""
    return [line for line in written(path).splitlines() if line.strip() and not line.startswith("#")]


def _talks(site: Path | None) -> list[Path]:
    return [path for folder in (playbook.BUILT_IN, site) if folder for path in sorted((folder / TALK).glob("*.txt"))]


def _own_counts(site: Path | None) -> list[Path]:
    return [site / HEARD] if site and (site / HEARD).exists() else []


def _stamp(path: Path) -> tuple[Path, int, int]:
    """What differs once a file has."""
    try:
        facts = path.stat()
    except OSError:
        return path, 0, 0  # reading it says what is wrong
    return path, facts.st_mtime_ns, facts.st_size


@lru_cache(maxsize=1)  # the services of one process, as in tests, read the same files
def _learnt(site: Path | None, stamps: tuple[tuple[Path, int, int], ...]) -> Spelling:
    counts = confusion.counted()
    for path in _own_counts(site):
        counts.update(confusion.counted(path))
    learnt = ngrams.learn(lines(site))
    return Spelling(learnt, confusion.Confusion(learnt, counts))
