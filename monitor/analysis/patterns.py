"""A small, safe language for phrases, and the automaton that finds all of them in one pass.

    literal text        as it is said; its normal form is compared (您 and 你 are one, 一 and 1 are one)
    (a|b)               one of several
    [a]                 may be missing
    ..4                 up to 4 (at most 12) more characters of the same clause, none of them a negation
    ...4                up to 4 more of the same sentence, any characters
    <name>              a word of the list of that name
    #                   a number
    ^ at the start      only where a clause starts (leading words such as 那 do not count)
    $ at an end         only where a clause ends (particles such as 吧 do not count); also of one choice: (吗|什么$)

There is no repetition, so a pattern has a bounded length, and matching never backtracks: all patterns are one position
automaton (V. M. Glushkov, 1961), run breadth first over the text; the work a character is bounded by its positions.
Characters that only sound alike are accepted and counted, so one pass finds both the exact and the misheard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from monitor.analysis import pinyin
from monitor.analysis.text import Text, normal

MAX_LENGTH = 500  # characters of a pattern
MAX_GAP = 12
MAX_POSITIONS = 4_000  # of one pattern, word lists written out

_SPECIAL = frozenset("([<])>|#^$")
NEGATIONS = frozenset("不没别未甭勿")
_ONE = "yao"  # 幺, 一 in a number
_SAME, _NEARLY = 1, 2  # what a character that only sounds alike costs


def allowed(literals: int) -> int:
    """The cost that so many characters may have: nothing of three, 1 of 4, 2 of 6, 3 of 8."""
    return max(0, literals // 2 - 1)


class PatternError(ValueError):
    """What is wrong with a pattern, in a sentence."""


@dataclass(frozen=True, slots=True)
class Match:
    """Pattern number `pattern` in [start, end) of the normal form: `literals` characters compared, at `alike` by sound.

    `cost`: 1 for each that sounds the same, 2 for one that only nearly does (zh and z, l and n ...).
    """

    pattern: int
    start: int
    end: int
    literals: int
    alike: tuple[int, ...] = ()  # indices in the normal form
    cost: int = 0


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a pattern as sets of automaton positions."""

    first: tuple[int, ...]
    last: tuple[int, ...]
    empty: bool  # may match nothing
    longest: int  # literal characters at most


@dataclass(slots=True)
class _Position:
    """One character of a pattern: `char` must be there, or what sounds so; None: a gap or a digit."""

    char: str | None
    spoken: str = ""
    gap: bool = False
    careful: bool = False  # a gap that takes no negation and stays in its clause
    pattern: int = -1
    allowed: int = 0  # the cost its pattern may have
    begins: bool = False  # only where a clause begins
    ends: bool = False  # accepts only where a clause ends
    accepts: bool = False
    follow: list[int] = field(default_factory=list)

    def crosses(self, stop: str) -> bool:
        """Whether a gap may reach over this mark."""
        return not self.careful and stop in "，；"


@dataclass(frozen=True, slots=True)
class _Moves:
    """Positions reachable next, by what leads there; gaps and digits apart."""

    by_char: dict[str, tuple[int, ...]]
    by_syllable: dict[str, tuple[int, ...]]  # those whose pattern may cost the 1 of a character that sounds the same
    by_sound: dict[str, tuple[int, ...]]  # those whose pattern may cost the 2 of one that nearly does
    gaps: tuple[int, ...]
    digits: tuple[int, ...]


_Thread = tuple[int, int, int, tuple[int, ...]]  # less the cost, literals, start, alike: the greatest is kept


class Automaton:
    """All patterns of a playbook. `add` them, `build` once, then `scan` texts (from any thread)."""

    def __init__(self, words: Mapping[str, Sequence[str]], lead: Sequence[str] = (), tail: str = "") -> None:
        """`words`: the lists that <name> stands for; `lead`, `tail`: words and characters that ^ and $ look past."""
        self._words = words
        self._lead = frozenset(map(normal, lead))
        self._tail = frozenset(normal(tail))
        self._positions: list[_Position] = []
        self._count = 0
        self._first: list[int] = []
        self._moves: list[_Moves] = []
        self._anywhere = self._of_clause = self._indexed(())  # where patterns start: without ^, with it

    def add(self, pattern: str, sound: bool = True) -> int:
        """Compile one pattern, to be found by `sound` too; its number. Raises PatternError."""
        number, mark = self._count, len(self._positions)
        if len(pattern) > MAX_LENGTH:
            raise PatternError(f"is longer than {MAX_LENGTH} characters")
        begins = pattern.startswith("^")
        part = _Parser(pattern[begins:], self._words, self._positions).parse()
        if part.empty:
            raise PatternError("may match nothing at all")
        if any(self._positions[p].gap for p in (part.last if begins else (*part.first, *part.last))):
            raise PatternError("starts or ends with a gap")
        if len(self._positions) - mark > MAX_POSITIONS:
            raise PatternError(f"stands for too many words (over {MAX_POSITIONS} characters written out)")
        for p in part.first:
            self._positions[p].begins = begins
        for p in part.last:
            self._positions[p].accepts = True
        for position in self._positions[mark:]:
            position.pattern = number
            position.allowed = allowed(part.longest) if sound else 0
        self._first += part.first
        self._count += 1
        return number

    def build(self) -> None:
        self._moves = [self._indexed(position.follow) for position in self._positions]
        self._anywhere = self._indexed([p for p in self._first if not self._positions[p].begins])
        self._of_clause = self._indexed([p for p in self._first if self._positions[p].begins])

    def _indexed(self, reached: Sequence[int]) -> _Moves:
        by_char: dict[str, list[int]] = {}
        by_syllable: dict[str, list[int]] = {}
        by_sound: dict[str, list[int]] = {}
        for p in reached:
            position = self._positions[p]
            if position.char is None:
                continue
            by_char.setdefault(position.char, []).append(p)
            syllables = (position.spoken, _ONE) if position.char == "1" else (position.spoken,)
            for syllable in syllables if position.allowed >= _SAME else ():
                by_syllable.setdefault(syllable, []).append(p)
            for sound in map(pinyin.fold, syllables) if position.allowed >= _NEARLY else ():
                by_sound.setdefault(sound, []).append(p)
        others = [p for p in reached if self._positions[p].char is None]
        return _Moves(
            {char: tuple(ps) for char, ps in by_char.items()},
            {syllable: tuple(ps) for syllable, ps in by_syllable.items()},
            {sound: tuple(ps) for sound, ps in by_sound.items()},
            tuple(p for p in others if self._positions[p].gap),
            tuple(p for p in others if not self._positions[p].gap),
        )

    def scan(self, text: Text) -> list[Match]:
        """Every pattern found in `text`, the longest match for each pattern and start."""
        found: dict[tuple[int, int], Match] = {}
        begins, ends = self._edges(text)
        stops = {clause.end: clause.stop for clause in text.clauses}
        threads: dict[int, _Thread] = {}  # by position
        for index in range(len(text.norm)):
            threads = self._step(threads, text, index, index in begins, stops.get(index, ""))
            for p, (cost, literals, start, alike) in threads.items():
                position = self._positions[p]
                if not position.accepts or (position.ends and index + 1 not in ends):
                    continue
                found[position.pattern, start] = Match(position.pattern, start, index + 1, literals, alike, -cost)
        return list(found.values())

    def _step(self, threads: dict[int, _Thread], text: Text, index: int, begins: bool, stop: str) -> dict[int, _Thread]:
        """The threads after one more character, before which the mark `stop` stood: any between words, some in a gap."""
        char, sound, syllable = text.norm[index], text.syllables[index], text.spoken[index]
        after: dict[int, _Thread] = {}
        positions = self._positions

        def reach(reached: Iterable[int], thread: _Thread) -> None:
            for p in reached:
                if (best := after.get(p)) is None or thread > best:
                    after[p] = thread

        def heard(reached: Iterable[int], price: int, thread: _Thread) -> None:
            cost = thread[0] - price
            told = (p for p in reached if -cost <= positions[p].allowed and positions[p].char != char)
            reach(told, (cost, thread[1], thread[2], (*thread[3], index)))

        def follow(moves: _Moves, thread: _Thread) -> None:
            reach(moves.by_char.get(char, ()), thread)
            heard(moves.by_syllable.get(syllable, ()), _SAME, thread)
            heard(moves.by_sound.get(sound, ()), _NEARLY, thread)

        for moves in (self._anywhere, self._of_clause) if begins else (self._anywhere,):
            follow(moves, (0, 1, index, ()))
            reach(moves.gaps, (0, 0, index, ()))
        number = char.isdecimal()
        negation = char in NEGATIONS
        for origin, thread in threads.items():
            if stop and positions[origin].gap and not positions[origin].crosses(stop):
                continue
            moves = self._moves[origin]
            if char in moves.by_char or syllable in moves.by_syllable or sound in moves.by_sound:  # few: asked before a call
                cost, literals, start, alike = thread
                follow(moves, (cost, literals + 1, start, alike))
            if number:
                reach(moves.digits, thread)
            if moves.gaps:
                passed = (p for p in moves.gaps if not (stop and not positions[p].crosses(stop)))
                reach((p for p in passed if not (negation and positions[p].careful)), thread)
        return after

    def _edges(self, text: Text) -> tuple[set[int], set[int]]:
        """Where ^ and $ hold: indices at which a clause may be taken to begin, and to end."""
        begins: set[int] = set()
        ends: set[int] = set()
        for clause in text.clauses:
            words = text.norm[clause.start : clause.end]
            begins.add(clause.start)
            begins.update(clause.start + n for n in range(1, min(5, len(words))) if words[:n] in self._lead)
            end = clause.end
            ends.add(end)
            while end > clause.start + 1 and text.norm[end - 1] in self._tail:
                end -= 1
                ends.add(end)
        return begins, ends


class _Parser:
    """Recursive descent over one pattern; positions are appended to the automaton's."""

    def __init__(self, pattern: str, words: Mapping[str, Sequence[str]], positions: list[_Position]) -> None:
        self._pattern, self._words, self._positions = pattern, words, positions
        self._index = 0

    def parse(self) -> _Part:
        part = self._choice("")
        if self._index < len(self._pattern):
            raise PatternError(f"has a stray {self._peek()!r} at character {self._index + 1}")
        return part

    def _peek(self) -> str:
        return self._pattern[self._index] if self._index < len(self._pattern) else ""

    def _choice(self, closing: str) -> _Part:
        parts = [self._sequence(closing)]
        while self._peek() == "|":
            self._index += 1
            parts.append(self._sequence(closing))
        return _either(parts)

    def _sequence(self, closing: str) -> _Part:
        parts: list[_Part] = []
        while (char := self._peek()) and char not in ("|", "$", closing):
            parts.append(self._item(char))
        if not parts:
            raise PatternError(f"has an empty choice at character {self._index + 1}")
        whole = self._joined(parts)
        if self._peek() == "$":
            self._index += 1
            for p in whole.last:
                self._positions[p].ends = True
        return whole

    def _item(self, char: str) -> _Part:
        readers: dict[str, Callable[[], _Part]] = {
            "(": lambda: self._group(")"),
            "[": lambda: self._optional(),
            "<": self._list,
            "#": self._number,
            ".": self._gap,
        }
        if char in readers:
            return readers[char]()
        if char in _SPECIAL:
            raise PatternError(f"has a stray {char!r} at character {self._index + 1}")
        return self._literal()

    def _group(self, closing: str) -> _Part:
        opened = self._index + 1
        self._index += 1
        part = self._choice(closing)
        if self._peek() != closing:
            raise PatternError(f"opens a bracket at character {opened} and does not close it")
        self._index += 1
        return part

    def _optional(self) -> _Part:
        part = self._group("]")
        return _Part(part.first, part.last, True, part.longest)

    def _list(self) -> _Part:
        end = self._pattern.find(">", self._index)
        name = self._pattern[self._index + 1 : end] if end > 0 else ""
        if name not in self._words:
            raise PatternError(f"names a list <{name}> that is not under [words]")
        self._index = end + 1
        return _either([self._written(word) for word in self._words[name]])

    def _number(self) -> _Part:
        self._index += 1
        p = self._new(_Position(None))
        self._positions[p].follow.append(p)
        return _Part((p,), (p,), False, 0)

    def _gap(self) -> _Part:
        dots = len(self._pattern[self._index :]) - len(self._pattern[self._index :].lstrip("."))
        rest = self._pattern[self._index + dots :]
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        if dots not in (2, 3) or not digits or not 1 <= int(digits[:4]) <= MAX_GAP:
            raise PatternError(f"has a gap at character {self._index + 1} that is not ..N or ...N with N from 1 to {MAX_GAP}")
        self._index += dots + len(digits)
        skips = [self._new(_Position(None, gap=True, careful=dots == 2)) for _ in range(int(digits))]
        for p, after in pairwise(skips):  # each may be the last, none is left out: one thread in a gap, not one for each length
            self._positions[p].follow.append(after)
        return _Part((skips[0],), tuple(skips), True, 0)

    def _literal(self) -> _Part:
        start = self._index
        while self._peek() and self._peek() not in _SPECIAL and self._peek() != ".":
            self._index += 1
        return self._written(self._pattern[start : self._index])

    def _written(self, words: str) -> _Part:
        if stray := [char for char in words if not char.isalnum() and char != "%"]:
            raise PatternError(f"has {stray[0]!r}, which has no meaning here")
        chars = normal(words)
        if not chars:
            raise PatternError(f"has {words!r}, which is never compared")
        parts = [_Part((p,), (p,), False, 1) for p in map(self._new, map(_Position, chars, pinyin.spoken(chars)))]
        return self._joined(parts)

    def _new(self, position: _Position) -> int:
        self._positions.append(position)
        return len(self._positions) - 1

    def _joined(self, parts: Sequence[_Part]) -> _Part:
        whole = parts[0]
        for part in parts[1:]:
            for p in whole.last:
                self._positions[p].follow += part.first
            whole = _Part(
                whole.first + (part.first if whole.empty else ()),
                part.last + (whole.last if part.empty else ()),
                whole.empty and part.empty,
                whole.longest + part.longest,
            )
        return whole


def _either(parts: Sequence[_Part]) -> _Part:
    return _Part(
        tuple(p for part in parts for p in part.first),
        tuple(p for part in parts for p in part.last),
        any(part.empty for part in parts),
        max(part.longest for part in parts),
    )
