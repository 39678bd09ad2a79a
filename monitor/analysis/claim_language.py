"""What a sentence of a call claims: its words and their weight, its figures, its demands, or that it only keeps the talk going.

The language itself is the playbook's claims.toml; a site's own file of that name takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field

from monitor.analysis import backtracking, pinyin
from monitor.analysis import text as texts
from monitor.analysis.figures import Figure, figures
from monitor.analysis.likeness import Bag, Weigher
from monitor.analysis.playbook import BUILT_IN as PLAYBOOK
from monitor.analysis.text import Text
from monitor.config import Section
from monitor.errors import Faults
from monitor.sheets import Readable, readable

LONGEST = 3  # clauses compared as one window
TELLING = 24  # characters of a claim as it is shown
NEAR = 10  # characters before and after a figure that tell what it counts
CLIP = (14, 30)  # characters at least, where clauses allow, and at most that are embedded as one
BUILT_IN = PLAYBOOK / "claims.toml"
NEVER = re.compile("(?!)")  # what a pattern that cannot be used is taken for, until all faults are found
LEAST = 0.8  # weight of a sentence that can make a claim by its words


class DemandSheet(Section):
    id: str
    object: bool
    words: str = Field(min_length=1)
    cue: str = ""  # empty: `pressing`


class Sheet(Section):
    """claims.toml: regular expressions over the normal form."""

    explicit: tuple[str, ...]
    not_explicit: tuple[str, ...]
    saying: str
    social: str
    accepting: str
    accepted: str
    asking: str
    rhetorical: str
    retelling: str
    corrected: str
    wondering: str
    insisting: str
    renewing: str
    refusing: str
    immaterial: str
    pressing: str
    demands: tuple[DemandSheet, ...]


@dataclass(frozen=True, slots=True)
class Demand:
    """A kind of thing that customers demand. `needs_object`: of what matters (退款), else the kind is the demand (叫经理)."""

    id: str
    needs_object: bool
    words: tuple[str, ...]
    sounds: tuple[str, ...]  # syllables, each with a space around it
    cue: re.Pattern[str]

    def made_in(self, norm: str, syllables: tuple[str, ...]) -> bool:
        """Whether a sentence (its normal form and its sounds) makes this demand."""
        heard = f" {' '.join(syllables)} "
        named = any(word in norm for word in self.words) or any(sound in heard for sound in self.sounds)
        return named and bool(self.cue.search(norm))


@dataclass(frozen=True, slots=True)
class Window:
    """Up to LONGEST clauses in a row: [start, end) in the normal form."""

    start: int
    end: int
    bag: Bag
    wondering: bool = False  # asks to know, without insisting
    demands: frozenset[Demand] = frozenset()


@dataclass(frozen=True, slots=True)
class Clip:
    """A clause or a few short ones: [start, end) in the normal form."""

    start: int
    end: int
    bag: Bag
    words: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """[start, end) of the normal form of `text`, up to a full stop."""

    text: Text
    start: int
    end: int
    bag: Bag
    figures: tuple[Figure, ...]
    about: tuple[Bag, ...]  # of each figure, the words around it
    demands: frozenset[Demand]
    windows: tuple[Window, ...]
    claims: bool  # says something that can be said again
    accepting: bool  # takes or asks back what the agent offered
    insisting: bool
    renewing: bool  # takes a matter up again (升舱这个事)
    clips: tuple[Clip, ...]  # the pieces that are compared by meaning

    @property
    def words(self) -> str:
        return self.text.words(self.start, self.end)

    def telling(self, like: Bag | None = None) -> str:
        """Its clause or few clauses, at most TELLING long, that say most: of what `like` says, or of all."""
        short = [window for window in self.windows if window.end - window.start <= TELLING] or list(self.windows)
        best = max(short, key=lambda window: _said_by(window, like), default=None)
        return self.text.words(best.start, best.end) if best else self.words


class Language:
    """Compiled from the playbook's claims.toml. Built once, shared by all calls."""

    def __init__(self, path: Path, corpus: Iterable[str]) -> None:
        """`corpus`: call lines that tell rare words from common ones. Raises ConfigError naming file and line."""
        faults = Faults()
        found = readable(Sheet, path, faults, BUILT_IN)
        sheet, pattern = found.sheet, Compiler(path, found, faults)
        self._weigher = Weigher(corpus)
        self._explicit = pattern.either("explicit", sheet.explicit)
        self._not_explicit = pattern.either("not_explicit", sheet.not_explicit)
        self._saying = pattern("saying", sheet.saying)
        self._social = pattern("social", f"(?:{sheet.social})++")  # never backtracks
        self._accepting = pattern("accepting", sheet.accepting)
        self._accepted = pattern("accepted", sheet.accepted)
        self._asking = pattern("asking", sheet.asking)
        self._rhetorical = pattern("rhetorical", sheet.rhetorical)
        self._retelling = pattern("retelling", sheet.retelling)
        self._corrected = pattern("corrected", sheet.corrected)
        self._wondering = pattern("wondering", sheet.wondering)
        self._insisting = pattern("insisting", sheet.insisting)
        self._renewing = pattern("renewing", sheet.renewing)
        self._refusing = pattern("refusing", sheet.refusing)
        self._immaterial = pattern("immaterial", sheet.immaterial)
        pressing = pattern("pressing", sheet.pressing)
        self._demands = tuple(
            _demand(row, pattern("demands", row.cue, number, "cue", id=row.id) if row.cue else pressing)
            for number, row in enumerate(sheet.demands)
        )
        faults.tell()
        self.sentences = lru_cache(maxsize=512)(self._sentences)

    def bag(self, text: Text, start: int, end: int) -> Bag:
        return self._weigher.bag(text, start, end)

    def slight(self, text: Text) -> bool:
        """Nothing said that takes the turn: a backchannel, a greeting word."""
        return len(text.norm) <= 3 and bool(not text.norm or self._social.fullmatch(text.norm))

    def explicit(self, text: Text) -> Window | None:
        """The clause in which the speaker says that it was said before."""
        for clause in text.clauses:
            norm = text.norm[clause.start : clause.end]
            if self._explicit.search(norm) and not self._not_explicit.search(norm):
                return Window(clause.start, clause.end, self.bag(text, clause.start, clause.end))
        return None

    def says(self, text: Text, start: int, end: int) -> bool:
        """Whether norm[start:end] speaks of the speaker's own saying."""
        return bool(self._saying.search(text.norm, start, end)) and not self._not_explicit.search(text.norm, start, end)

    def asks(self, text: Text) -> bool:
        """Whether the speaker ends on a question or a request for something."""
        last = text.clauses[-2:]
        asked = [text.norm[clause.start : clause.end] for clause in last]
        return any(
            (clause.stop == "？" or self._asking.search(norm)) and not self._rhetorical.search(norm)
            for clause, norm in zip(last, asked, strict=True)
        )

    def refuses(self, text: Text) -> bool:
        """Whether the speaker denies, declines or passes on what he is told."""
        return bool(self._refusing.search(text.norm))

    def matter(self, sentence: Sentence) -> set[str]:
        """The sounds of the rare words of a sentence that name what it is about, not what is demanded of whom."""
        words = self._weigher.rare_words(sentence.text, sentence.start, sentence.end)
        return {sounds(pinyin.syllables(word)) for word in words if not self._immaterial.search(word)}

    def asks_again(self, text: Text) -> bool:
        """Whether the speaker asks to hear all of it (again)."""
        return bool(self._retelling.search(text.norm))

    def corrects(self, sentence: Sentence) -> bool:
        """Whether an earlier figure is taken back."""
        return bool(self._corrected.search(sentence.text.norm[sentence.start : sentence.end]))

    def _window(self, text: Text, start: int, end: int) -> Window:
        norm = text.norm[start:end]
        wondering = bool(self._wondering.search(norm)) and not self._insisting.search(norm)
        return Window(start, end, self.bag(text, start, end), wondering, self._demanded(text, start, end))

    def _demanded(self, text: Text, start: int, end: int) -> frozenset[Demand]:
        norm, syllables = text.norm[start:end], text.syllables[start:end]
        return frozenset(demand for demand in self._demands if demand.made_in(norm, syllables))

    def _around(self, text: Text, figure: Figure, start: int, end: int) -> Bag:
        before = self.bag(text, max(start, figure.start - NEAR), figure.start)
        return before.joined(self.bag(text, figure.end, min(end, figure.end + NEAR)))

    def _sentences(self, text: Text) -> tuple[Sentence, ...]:
        starts = dict.fromkeys(text.sentence(clause.start) for clause in text.clauses)
        return tuple(self._sentence(text, start, end) for start, end in starts)

    def _sentence(self, text: Text, start: int, end: int) -> Sentence:
        norm, bag = text.norm[start:end], self.bag(text, start, end)
        demands = self._demanded(text, start, end)
        clauses = [(clause.start, clause.end) for clause in text.clauses if start <= clause.start < end]
        spoken = [text.norm[first:last] for first, last in clauses]
        windows = tuple(
            self._window(text, clauses[first][0], clauses[last][1])
            for first in range(len(clauses))
            for last in range(first, min(first + LONGEST, len(clauses)))
            if not all(self._social.fullmatch(clause) for clause in spoken[first : last + 1])
        )
        named = figures(text, start, end)
        return Sentence(
            text=text,
            start=start,
            end=end,
            bag=bag,
            figures=named,
            about=tuple(self._around(text, figure, start, end) for figure in named),
            demands=demands,
            windows=windows,
            claims=bool(windows) and bool(bag.mass >= LEAST or demands),
            accepting=bool(self._accepting.search(norm) or self._accepted.fullmatch(spoken[0])),
            insisting=bool(self._insisting.search(norm)),
            renewing=bool(self._renewing.search(norm)),
            clips=tuple(Clip(*at, self.bag(text, *at), _spoken(text, *at)) for at in _clips(clauses)),
        )


def _said_by(window: Window, like: Bag | None) -> tuple[float, int]:
    shared = like.shared(window.bag) if like else window.bag.mass
    return round(shared, 6), window.start - window.end


def _spoken(text: Text, start: int, end: int) -> str:
    """norm[start:end], its clauses parted by commas."""
    return "，".join(text.norm[max(c.start, start) : min(c.end, end)] for c in text.clauses if c.start < end and c.end > start)


def _clips(clauses: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Clauses joined until a clip is long enough to mean something."""
    least, most = CLIP
    start = end = -1
    for first, last in clauses:
        if start >= 0 and end - start < least and last - start <= most:
            end = last
            continue
        if end - start > 1:
            yield start, end
        start, end = first, last
    if end - start > 1:
        yield start, end


def sounds(syllables: Iterable[str]) -> str:
    """Syllables in a row, so that a word can be found among them."""
    return f" {' '.join(syllables)} "


class Compiler:
    """Compiles the patterns of one file; `faults` is told of a faulty one, with its line, and nothing matches it."""

    def __init__(self, path: Path, found: Readable[Any], faults: Faults, parts: Mapping[str, str] | None = None) -> None:
        """`parts`: what <name> in a pattern stands for."""
        self._path, self._found, self._faults, self._parts = path, found, faults, parts or {}
        self._parts = {name: self("parts", written, name).pattern for name, written in self._parts.items()}

    def __call__(self, key: str, pattern: str, *inside: int | str, id: str = "") -> re.Pattern[str]:
        """`inside`: the keys under `key` where the pattern stands; `id`: what the entry that has it is called."""
        whole = pattern
        for part, written in self._parts.items():
            whole = whole.replace(f"<{part}>", f"(?:{written})")
        try:
            return backtracking.compiled(whole)
        except re.error as error:
            line = self._found.line((key, *inside), pattern)
            name = ".".join([key, *filter(None, (id,)), *(str(part) for part in inside[-1:])])
            self._faults.add(f"{self._path}:{line}: {name}: is no regular expression that can be used: {error}")
            return NEVER

    def either(self, key: str, patterns: Sequence[str]) -> re.Pattern[str]:
        """Any of them."""
        return self(key, "|".join(self(key, pattern).pattern for pattern in patterns))


def _demand(row: DemandSheet, cue: re.Pattern[str]) -> Demand:
    words = tuple(texts.normal(word) for word in row.words.split())
    named = (word for word in words if len(word) > 1 and not any(char.isdecimal() for char in word))
    sounds = tuple(f" {' '.join(pinyin.syllables(word))} " for word in named)
    return Demand(row.id, row.object, words, sounds, cue)
