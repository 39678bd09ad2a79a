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
    counts = confusion.counted()
    if site and (site / HEARD).exists():
        counts.update(confusion.counted(site / HEARD))
    return _learnt(tuple(lines(site)), tuple(counts.items()))


def lines(site: Path | None) -> Iterator[str]:
    """All there is to learn from. Raises ConfigError naming the file."""
    for line in corpus.load(site):
        yield line.text
        yield line.before
    for folder in filter(None, (playbook.BUILT_IN, site)):
        for path in sorted((folder / TALK).glob("*.txt")):
            yield from talk(path)


def talk(path: Path) -> list[str]:
    """The utterances of a file. Raises ConfigError naming it."""
    return [line for line in written(path).splitlines() if line.strip() and not line.startswith("#")]


@lru_cache(maxsize=1)  # the services of one process, as in tests, have the same lines
def _learnt(said: tuple[str, ...], counts: tuple[tuple[confusion.Pair, int], ...]) -> Spelling:
    learnt = ngrams.learn(said)
    return Spelling(learnt, confusion.Confusion(learnt, dict(counts)))
