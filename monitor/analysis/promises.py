"""promise: what the agent commits to, with the time by which, where one was said.

A commitment is heard by its words or by likeness to call lines (promises.toml), a time by due.py; a time belongs to the
commitment of its clause, else to the one after it or before it in the sentence. What is only said again is no new promise: the
same moment, or the same thing to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.analysis import pinyin
from monitor.analysis.context import Context, Said
from monitor.analysis.due import END, Time, times
from monitor.analysis.hearing import Hearing
from monitor.analysis.phrases import when
from monitor.analysis.playbook import Playbook
from monitor.analysis.text import Text, read
from monitor.records import CallInfo, Finding

REACH = 2  # clauses a time may stand before its commitment
LONGEST = 40  # characters shown of a promise
JOINED = 3.0  # seconds between two utterances of one sentence, at most
SAME = 0.5  # share of a promise's words that an earlier one of its kind had, from which it says no more
FAREWELL = ("再见", "拜拜", "祝", "谢谢你", "感谢", "慢走")
NEARBY = timedelta(minutes=1)
DAYS = frozenset("今明后周月号日天星期礼拜内")  # of which one is in the words of a time that names its day


@dataclass(frozen=True, slots=True)
class Commitment:
    """Words that commit, [start, end) of the normal form. A weak one counts only with a time."""

    start: int
    end: int
    weak: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class Promised:
    """A commitment with its time; [start, end) is what is shown. `said`: the words of the time."""

    commitment: Commitment
    start: int
    end: int
    due: datetime | None = None
    said: str | None = None
    exact: bool = False


class Promises:
    """The agent's promises in one call."""

    def __init__(self, playbook: Playbook, info: CallInfo, service: Hearing) -> None:
        """`service` hears what agents do, for this call."""
        self._service, self._started = service, info.started
        self._rules = {rule: playbook.rules["promise", rule] for rule in ("dated", "undated")}
        self._actions = {name: words for name, words in playbook.words.items() if name.startswith("does_")}
        self._made: dict[str, Finding] = {}

    @property
    def made(self) -> list[Finding]:
        """Every promise so far, in order."""
        return sorted(self._made.values(), key=lambda finding: finding.start)

    def judge(self, said: Said, context: Context) -> list[Finding]:
        utterance, text = said.utterance, said.text
        if utterance.speaker != "agent" or not text.norm:
            return []
        commitments = self._commitments(said)
        named = times(text, self._at(said))
        before = context.turn(utterance)
        if not commitments:
            return self._dated_after(said, named, before)
        promised = _merged(text, _with_times(text, commitments, named))
        promised = self._carried(said, promised, before)
        found: list[Finding] = []
        for one in promised:
            number = f".{len(found) + 1}" if found else ""
            finding = self._finding(said, one, f"{utterance.id}.promise{number}")
            if not self._restated(finding, one.exact, found, any(word in text.norm for word in FAREWELL)):
                found.append(finding)
        return found

    def settle(self, said: Said) -> None:
        self._made |= {finding.id: finding for finding in said.findings if finding.kind == "promise"}

    def _at(self, said: Said) -> datetime:
        return self._started + timedelta(seconds=said.utterance.start)

    def _commitments(self, said: Said) -> list[Commitment]:
        made = [hit for hit in self._service(said) if hit.rule.kind == "promise"]
        return sorted(
            (Commitment(hit.start, hit.end, hit.rule.rule == "dated", hit.confidence) for hit in made),
            key=lambda one: (one.start, one.end),
        )

    def _dated_after(self, said: Said, named: Sequence[Time], before: Sequence[Said]) -> list[Finding]:
        """我给您回电话。| 明天上午。 The promise of the utterance before, with the time that follows."""
        if not named or not before or said.utterance.start - before[-1].utterance.end > JOINED or len(said.text.norm) > 12:
            return []
        last = [one for one in self.made if one.utterance == before[-1].utterance.id]
        if not last or last[-1].rule == "dated":
            return []
        time = named[0]
        words = said.text.words(time.start, time.end)
        because = self._because("dated", f"{last[-1].text}，{words}", time.due)
        return [replace(last[-1], rule="dated", due=_iso(time.due), said=words, because=because)]

    def _carried(self, said: Said, promised: list[Promised], before: Sequence[Said]) -> list[Promised]:
        """今天下午五点前，| 我给您打电话。 The time that the utterance before ended with."""
        first = promised[0] if promised else None
        if first and not first.said and before and said.utterance.start - before[-1].utterance.end <= JOINED:
            last = before[-1]
            open_end = [time for time in times(last.text, self._at(last)) if len(last.text.norm) - time.end <= 1]
            if open_end:
                words = last.text.words(open_end[-1].start, open_end[-1].end)
                promised = [replace(first, due=open_end[-1].due, said=words, exact=open_end[-1].exact), *promised[1:]]
        return [one for one in promised if one.said or not one.commitment.weak]

    def _restated(self, new: Finding, exact: bool, also: Iterable[Finding], closing: bool) -> bool:
        """Whether it only says again what was promised before; likelier where the agent takes leave."""
        words, earlier = read(new.text), [*self.made, *also]
        earlier = [old for old in earlier if old.id != new.id]
        does = self._does(words)
        for old in earlier:
            alike = does & self._does(read(old.text))
            if new.due and old.due:
                again = (_same_moment(new, old) and (exact or bool(alike) or closing)) or (bool(alike) and new.said == old.said)
            elif new.said:
                again = new.said == old.said
            else:
                again = bool(alike) and does <= self._does(read(old.text)) and _covered(words, read(old.text)) >= SAME
            if again:
                return True
        return False

    def _does(self, text: Text) -> frozenset[str]:
        """What kinds of action its words name, by sound."""
        spoken = _sounds(text)
        return frozenset(name for name, words in self._actions.items() if any(_sound_of(word) in spoken for word in words))

    def _finding(self, said: Said, one: Promised, id: str) -> Finding:
        utterance, text = said.utterance, said.text
        words, span = text.words(one.start, one.end), text.span(one.start, one.end)
        rule = "dated" if one.said else "undated"
        start, end = when(utterance, *span)
        return Finding(
            call=utterance.call,
            id=id,
            kind="promise",
            rule=rule,
            speaker="agent",
            start=start,
            end=end,
            text=words,
            confidence=round(one.commitment.confidence, 3),
            because=self._because(rule, words, one.due),
            utterance=utterance.id,
            span=span,
            due=_iso(one.due),
            said=one.said,
        )

    def _because(self, rule: str, words: str, due: datetime | None) -> str:
        by = f"，最迟 {due.month} 月 {due.day} 日 {due:%H:%M}" if due else ""
        return self._rules[rule].because.format(text=words) + by


def _with_times(text: Text, commitments: Sequence[Commitment], named: Sequence[Time]) -> list[Promised]:
    """Each commitment with the time that belongs to it. Those of one clause are one, unless a time stands between them."""
    units: list[Commitment] = []
    for one in commitments:
        last = units[-1] if units else None
        if last and text.clause_at[last.end - 1] >= text.clause_at[one.start] and not _between(named, last, one):
            sure = max(last, one, key=lambda each: each.confidence).confidence
            units[-1] = Commitment(last.start, max(last.end, one.end), last.weak and one.weak, sure)
        else:
            units.append(one)
    promised: list[Promised] = []
    for index, unit in enumerate(units):
        low = promised[-1].end if promised else 0
        high = units[index + 1].start if index + 1 < len(units) else len(text.norm)
        promised.append(_with_time(text, unit, [time for time in named if low <= time.start and time.end <= high]))
    return promised


def _between(named: Iterable[Time], last: Commitment, one: Commitment) -> bool:
    return any(last.start < time.start and last.end <= time.end <= one.start + 1 for time in named)


def _with_time(text: Text, unit: Commitment, named: Sequence[Time]) -> Promised:
    first, last = text.clause_at[unit.start], text.clause_at[unit.end - 1]
    at = text.clause_at

    def near(time: Time) -> tuple[bool, int] | None:
        clause = at[time.start]
        if clause > last:  # 我给您回电话，明天上午
            after = text.clauses[clause]
            alone = clause == last + 1 and time.start - after.start <= 2 and after.end - time.end <= 2
            return (True, time.start) if alone else None
        same_sentence = text.sentence(time.start) == text.sentence(unit.start)
        if clause < first and (first - clause > REACH or not same_sentence):
            return None
        return (False, -time.start) if time.start < unit.end else (True, time.start)

    ranked = sorted(((rank, time) for time in named if (rank := near(time))), key=lambda pair: pair[0])
    time = ranked[0][1] if ranked else None
    start = min(text.clauses[first].start, time.start) if time else text.clauses[first].start
    end = max(text.clauses[last].end, time.end) if time else text.clauses[last].end
    earlier = [other.end for other in named if time and other is not time and other.end <= min(unit.start, time.start)]
    start = max([start, *earlier])
    if end - start > LONGEST:
        start, end = min(unit.start, time.start) if time else unit.start, min(end, max(unit.end, time.end if time else 0) + 4)
    if time is None:
        return Promised(unit, start, end)
    return Promised(unit, start, end, time.due, text.words(time.start, time.end), time.exact)


def _merged(text: Text, promised: Sequence[Promised]) -> list[Promised]:
    """Those without a time that stand in one sentence are one."""
    merged: list[Promised] = []
    for one in promised:
        last = merged[-1] if merged else None
        joined = last and not last.said and not one.said and text.sentence(last.start) == text.sentence(one.start)
        if last and joined and one.end - last.start <= LONGEST:
            weak = last.commitment.weak and one.commitment.weak
            merged[-1] = replace(last, end=one.end, commitment=replace(last.commitment, weak=weak))
        else:
            merged.append(one)
    return merged


def _same_moment(new: Finding, old: Finding) -> bool:
    """The same due moment; the same time by the clock, said without a day; or the same day, where one names no clock."""
    a, b = datetime.fromisoformat(new.due or ""), datetime.fromisoformat(old.due or "")
    clock = (a.hour % 12, a.minute) == (b.hour % 12, b.minute) and not set(new.said or "") & DAYS
    whole = a.date() == b.date() and (a.hour, a.minute) == END
    return abs(a - b) < NEARBY or clock or whole


def _covered(new: Text, old: Text) -> float:
    """Share of the words of `new` that tell something which `old` has too, by sound; 1 where there are none."""
    telling = [(a, b) for a, b in new.word_spans if b - a > 1]
    spoken = _sounds(old)
    return sum(_joined(new.syllables[a:b]) in spoken for a, b in telling) / len(telling) if telling else 1.0


def _sounds(text: Text) -> str:
    return _joined(text.syllables)


def _sound_of(word: str) -> str:
    return _joined(pinyin.syllables(word))


def _joined(syllables: Iterable[str]) -> str:
    return f" {' '.join(syllables)} "


def _iso(due: datetime | None) -> str | None:
    return due.isoformat(timespec="seconds") if due else None
