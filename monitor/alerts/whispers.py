"""What an agent might say now: findings and the state of the call in, whispers out, by entries that are data.

Pure: one Whisperer a call, and call time is its only clock. An entry that watches for findings has an occasion with each of
them, one that waits for a state has an occasion each time the state has lasted. At every moment the most urgent occasion may
become a whisper, but never two within PACE seconds, and within CALM only a more urgent one; one that has to wait may still
come while its moment lasts. What does not answer what was heard this moment waits until nobody speaks: the customer may say
what matters more, and the agent, unless it is vital, just that. A supervisor's whispers wait for nothing.

A whisper is withdrawn when its moment has passed: it expired, what it advises was done, its words turn out not to have been
said, another takes its place, the call is over. What the agent makes of a whisper is taken in by `mark`.

Unlike alerts, whispers depend on what was shown and done: a guess that was shown counts for the pace. Without guesses and
marks they depend on what was said and when, alone.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from monitor.alerts.engine import PROVISIONAL
from monitor.alerts.whisper_sheet import Entry, Whispers
from monitor.alerts.whisper_slots import fill, slots
from monitor.alerts.whisper_state import VITAL, Occasion, State, answering, waited
from monitor.records import Finding, Silence, Speaker, Summary, Utterance, Whisper, WhisperStatus

PACE = 8.0  # seconds of call time between two whispers, at least
REPAIR, CALM = 12.0, 25.0  # within which only a more urgent one follows one: an urgent one, any other
URGENT = 60  # priority from which it is
QUIET = 1.2  # seconds: somebody does not speak who has been heard up to so long ago
SUPERVISOR = 100  # priority
LASTS = 60.0  # seconds a supervisor's whisper stands
AGAIN = 60.0  # seconds that others of its topic rest at most, and after which what was put off comes back, at most
MOOD = 3  # utterances of the customer whose mean valence is the mood
SPOKEN = 4  # characters from which an utterance of the agent is one
GONE: frozenset[WhisperStatus] = frozenset({"used", "dismissed", "withdrawn"})


class Whisperer:
    """The whispers of one call. Every method but `peek` changes it; each returns the whispers that are new or changed."""

    def __init__(self, whispers: Whispers, call: str) -> None:
        self._entries, self._call = whispers.entries, call
        self._state = State()
        self._summary = Summary()
        self._moods: deque[float] = deque(maxlen=MOOD)
        self._heard: dict[Speaker, float] = {}  # until when all that each began to say is known
        self._spoke = -math.inf  # when the agent last began to speak
        self._held: dict[str, float] = {}  # of each entry that waits for a state, since when that has lasted
        self._sent: dict[str, tuple[Whisper, Occasion | None]] = {}  # by id
        self._rests: dict[str, float] = {}  # of each entry and topic, until when
        self._later: dict[str, float] = {}  # of what was put off, when it may come back
        self._last = (-math.inf, 0)  # when the last was sent, and how urgent it was
        self._typed = 0

    def feed(self, heard: Utterance | Silence, findings: Sequence[Finding], summary: Summary) -> list[Whisper]:
        """Take what is settled: a final utterance or a silence, its findings, and what the call comes to with it."""
        state = self._state
        state.now = max(state.now, heard.end)
        self._heard[heard.speaker] = max(self._heard.get(heard.speaker, 0.0), heard.end)
        self._summary = summary
        if isinstance(heard, Utterance):
            self._hear(heard)
        new = self._note(state, findings)
        self._wait()
        gone = list(self._stale())
        chosen = self._choose(state, [*state.open.values(), *self._back()], new)
        return [*gone, *(self._send(chosen) if chosen else ())]

    def peek(self, findings: Sequence[Finding]) -> list[Whisper]:
        """The whisper, if any, that provisional `findings` bring at once. Fed, they bring it under the same id."""
        state = self._state.copy()
        surely = [one for one in findings if one.confidence >= PROVISIONAL and one.id not in state.seen]
        new = self._note(state, surely)
        state.now = max([state.now, *(one.finding.end for one in new if one.finding)])
        chosen = self._choose(state, [*state.open.values(), *self._back()], new)
        return [self._whisper(chosen, state.now)] if chosen and chosen in new else []

    def shown(self, guessed: Whisper, findings: Sequence[Finding]) -> list[Whisper]:
        """A whisper of `peek` was shown: it counts as sent. `findings`: those it was made of."""
        found = next((one for one in self._note(self._state.copy(), findings) if one.id == guessed.id), None)
        return self._send(found, guessed.at)[:-1] if found else []

    def take_back(self, guessed: Sequence[Whisper], findings: Sequence[Finding] = ()) -> list[Whisper]:
        """Withdraw those of the whispers shown whose findings are not among `findings` after all."""
        stay, gone = {one.id for one in findings}, list[Whisper]()
        for id in (one.id for one in guessed if one.id in self._sent):
            whisper, occasion = self._sent[id]
            if occasion and occasion.finding and occasion.finding.id not in stay and whisper.status not in GONE:
                for name in (occasion.entry.id, occasion.entry.topic):
                    self._rests.pop(name, None)
                gone.append(self._withdraw(id))
                del self._sent[id]
        return gone

    def say(self, text: str, by: str | None, now: float) -> Whisper:
        """A supervisor's own words; at once."""
        self._typed += 1
        at = max(now, self._state.now)
        whisper = Whisper(
            call=self._call, id=f"supervisor@{self._typed}", at=at, origin="supervisor", by=by, say=text, reason="",
            priority=SUPERVISOR, expires=at + LASTS,
        )  # fmt: skip
        self._sent[whisper.id] = whisper, None
        self._last = at, SUPERVISOR
        return whisper

    def mark(self, id: str, status: WhisperStatus) -> Whisper | None:
        """What the agent does with a whisper; None where there is none of that id. What is used or dismissed stays so.

        One that was withdrawn under the agent's hand may still be used or dismissed. Put off, it comes back after its rest.
        """
        if id not in self._sent:
            return None
        whisper, occasion = self._sent[id]
        if whisper.status in ("used", "dismissed") or (status == "seen" and whisper.status != "sent"):
            return whisper
        whisper = self._keep(replace(whisper, status=status))
        if occasion and status != "seen":
            self._rest(occasion.entry, self._state.now)
            if status == "later":
                self._later[id] = self._rests[occasion.entry.id] = self._state.now + min(occasion.entry.cooldown, AGAIN)
        if status in GONE:
            self._later.pop(id, None)
        return whisper

    def close(self) -> list[Whisper]:
        """The call is over."""
        return [self._withdraw(id) for id, (whisper, _) in list(self._sent.items()) if whisper.status not in GONE]

    def _hear(self, utterance: Utterance) -> None:
        if utterance.speaker == "agent":
            if len(utterance.text) >= SPOKEN:
                self._spoke = max(self._spoke, utterance.start)
        elif utterance.valence is not None:
            self._moods.append(utterance.valence)

    def _note(self, state: State, findings: Sequence[Finding]) -> list[Occasion]:
        """Take findings in; the occasions they make."""
        made = list[Occasion]()
        for finding in findings:
            state.seen[finding.id] = finding
            state.level = max(state.level, finding.level or 0)
            if finding.kind == "step" and finding.rule:
                state.done.add(finding.rule)
            for entry in self._entries:
                counted = state.counted.setdefault(entry.id, {})
                if finding.id in counted or not entry.watches(finding):
                    continue
                counted[finding.id] = finding
                if len(counted) >= entry.count:
                    made.append(answering(entry, finding, tuple(counted)[-entry.count :]))
        state.open |= {one.id: one for one in made if one.id not in self._sent}
        return made

    def _wait(self) -> None:
        """The states that begin or end now. One that was whispered of and lasts on counts anew after its rest."""
        state = self._state
        for entry in self._entries:
            if entry.when:
                continue
            since = self._held.get(entry.id)
            known = self._sent.get(waited(entry, since)) if since is not None else None
            if not self._holds(entry, state):
                if since is not None:
                    state.open.pop(waited(entry, self._held.pop(entry.id)), None)
            elif since is None or (known and known[0].status in GONE and self._rested(entry, state)):
                self._held[entry.id] = state.now
                id, opens = waited(entry, state.now), state.now + (entry.after if since is None else 0.0)
                state.open[id] = Occasion(id, entry, state.now, opens, math.inf)

    def _holds(self, entry: Entry, state: State) -> bool:
        """Whether the call is as the entry wants it."""
        summary, level = self._summary, max(self._summary.level, state.level)
        complaint = bool(summary.steps)
        if (entry.complaint or entry.missing) and not complaint:
            return False
        mood = sum(self._moods) / MOOD if len(self._moods) == MOOD else None
        return (
            (not entry.type or summary.type in entry.type)
            and summary.type not in entry.type_not
            and (entry.level_min is None or level >= entry.level_min)
            and (entry.level_max is None or level <= entry.level_max)
            and state.done.issuperset(entry.done)
            and state.done.isdisjoint(entry.missing)
            and (entry.promised is None or bool(summary.promises) == entry.promised)
            and (entry.earlier is None or bool(summary.earlier) == entry.earlier)
            and (entry.mood_max is None or (mood is not None and mood <= entry.mood_max))
            and (entry.mood_min is None or (mood is not None and mood >= entry.mood_min))
        )

    def _true(self, occasion: Occasion, state: State) -> bool:
        """Whether it is not too late for it: nothing that makes it needless has come."""
        entry = occasion.entry
        if not self._holds(entry, state) or (entry.spoken and self._spoke > occasion.since):
            return False
        since = (one for one in state.seen.values() if one.start > occasion.since and one.id not in occasion.because)
        return not any(entry.spared_by(one) for one in since)

    def _stale(self) -> Iterator[Whisper]:
        """Withdraw what has lost its moment, and forget the occasions that have."""
        state = self._state
        state.open = {id: one for id, one in state.open.items() if state.now < one.closes}
        for id, (whisper, occasion) in list(self._sent.items()):
            over = state.now >= whisper.expires and whisper.status != "later"
            if whisper.status not in GONE and (over or (occasion and not self._true(occasion, state))):
                yield self._withdraw(id)

    def _back(self) -> list[Occasion]:
        """What was put off and may come back."""
        due = [id for id, at in self._later.items() if at <= self._state.now]
        return [occasion for id in due if (occasion := self._sent[id][1])]

    def _choose(self, state: State, occasions: Sequence[Occasion], new: Sequence[Occasion]) -> Occasion | None:
        """The most urgent of what may be whispered now; `new`: what was heard this moment."""
        at, priority = self._last
        since = state.now - at
        if since < PACE:
            return None
        talk = {speaker for speaker, until in self._heard.items() if state.now - until >= QUIET}
        ready = [
            one
            for one in occasions
            if one.opens <= state.now
            and (one in new or self._may_wait(one, talk))
            and (since >= (REPAIR if one.entry.priority >= URGENT else CALM) or one.entry.priority > priority)
            and self._rested(one.entry, state)
            and self._true(one, state)
        ]
        return min(ready, key=lambda one: (-one.entry.priority, -one.since, one.id), default=None)

    def _may_wait(self, occasion: Occasion, talk: set[Speaker]) -> bool:
        """Whether one that did not come at once may come now, while `talk` speak: the agent has not had the turn it was for."""
        if occasion.finding and occasion.entry.priority >= VITAL:
            return talk <= {"agent"}
        return not talk and (occasion.finding is None or occasion.id in self._later or self._spoke <= occasion.since)

    def _rested(self, entry: Entry, state: State) -> bool:
        return all(self._rests.get(name, -math.inf) <= state.now for name in (entry.id, entry.topic))

    def _rest(self, entry: Entry, at: float) -> None:
        self._rests[entry.topic] = at + min(entry.cooldown, AGAIN)
        self._rests[entry.id] = at + entry.cooldown

    def _send(self, occasion: Occasion, at: float | None = None) -> list[Whisper]:
        """Withdraw what stands of the playbook, then this."""
        whisper, entry = self._whisper(occasion, self._state.now if at is None else at), occasion.entry
        standing = [id for id, (one, of) in self._sent.items() if of and one.status in ("sent", "seen")]
        gone = [self._withdraw(id) for id in standing]
        self._sent[whisper.id] = whisper, occasion
        self._state.open.pop(whisper.id, None)
        self._later.pop(whisper.id, None)
        self._last = whisper.at, entry.priority
        self._rest(entry, whisper.at)
        return [*gone, whisper]

    def _whisper(self, occasion: Occasion, at: float) -> Whisper:
        entry, facts = occasion.entry, slots(self._summary, occasion.finding)
        return Whisper(
            call=self._call, id=occasion.id, at=at, say=fill(entry.say, facts), reason=fill(entry.why, facts),
            because=occasion.because, rule=entry.id, priority=entry.priority, expires=at + entry.expires,
        )  # fmt: skip

    def _withdraw(self, id: str) -> Whisper:
        self._later.pop(id, None)
        return self._keep(replace(self._sent[id][0], status="withdrawn"))

    def _keep(self, whisper: Whisper) -> Whisper:
        self._sent[whisper.id] = whisper, self._sent[whisper.id][1]
        return whisper
