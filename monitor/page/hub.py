"""Everything that happens, numbered, for every page that watches.

One ring keeps the last `history` events as JSON text, encoded once. A subscriber is a place in that ring and nothing more, so
a page that reads slowly costs no memory and holds nobody up: once it lags more than `queue` events it is lost and starts anew.
All of it lives on the event loop's thread.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from monitor.page.answers import encode
from monitor.page.policy import Owned, Owner, Person, may_see, shown
from monitor.records import CallView, Summary

BATCH = 64  # events handed over at once, between two turns of the event loop


class Lagged(Exception):
    """The subscriber fell too far behind: its page must read the state again."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, once for all who watch; `record` is kept where not everybody may know all of it."""

    seq: int
    type: str
    call: str | None
    owner: Owned | None  # None: it is not known whose call it is
    text: str
    record: CallView | Summary | None

    def told(self, person: Person) -> str | None:
        """The event as `person` may know it, as JSON; None where they may not."""
        if self.call is not None and not may_see(person, self.owner):
            return None
        if self.record is None or (fit := shown(person, self.record)) is self.record:
            return self.text
        return encode({"seq": self.seq, "type": self.type, "call": self.call, "data": fit})


class Hub:
    """The numbered log of events and its subscribers.

    `epoch` names this run of the server; numbers of another run mean nothing here. `seq` numbers the newest event, 0 at first.
    """

    def __init__(self, *, history: int, queue: int) -> None:
        self.epoch = secrets.token_hex(8)
        self.seq = 0
        self.queue = queue
        self._ring: list[Event | None] = [None] * history
        self._owners: dict[str, Owned] = {}  # of calls under way
        self._subscribers: set[Subscriber] = set()

    def publish(self, *, type: str, call: str | None, owner: Owned | None = None, **fields: Any) -> int:
        """Number an event, keep it, wake who watches; returns its number. Never waits.

        `fields` are what docs/api.md lists for the type; records are put in their JSON shape. Publish what is stored already,
        in the order it was stored: a page that read the state before has it by this event, one that reads after from the store.
        `owner` says whose the call is; that of a call under way is known from its first `call` event to the one that ends it.
        Raises ValueError (and keeps nothing) for what JSON cannot say, such as NaN.
        """
        seq = self.seq + 1
        text = encode({"seq": seq, "type": type, "call": call, **fields})
        data = fields.get("data")
        if isinstance(data, CallView):
            owner = Owner(data.agent, data.team)
            if data.status == "live":
                self._owners[data.id] = owner
            else:
                self._owners.pop(data.id, None)
        elif owner is None and call is not None:
            owner = self._owners.get(call)
        record = data if isinstance(data, CallView | Summary) else None
        self._ring[seq % len(self._ring)] = Event(seq, type, call, owner, text, record)
        self.seq = seq
        for subscriber in self._subscribers:
            subscriber.wake()
        return seq

    @property
    def oldest(self) -> int:
        """The number of the oldest event still kept; `seq` + 1 where none is."""
        return max(1, self.seq - len(self._ring) + 1)

    def after(self, seq: int, limit: int) -> list[Event]:
        """Up to `limit` events that follow number `seq`, oldest first. Raises Lagged where the first of them is gone."""
        if seq + 1 < self.oldest:
            raise Lagged
        kept = (self._ring[number % len(self._ring)] for number in range(seq + 1, min(seq + limit, self.seq) + 1))
        return [event for event in kept if event]

    @contextmanager
    def subscribe(self, epoch: str | None, seq: int | None) -> Iterator[Subscriber]:
        """A subscriber to every event after `seq` of run `epoch`, or from now where both are None.

        Raises Lagged where those events cannot be given: another run's, gone already, or never sent.
        """
        if epoch is None or seq is None:
            epoch, seq = self.epoch, self.seq
        if epoch != self.epoch or not self.oldest - 1 <= seq <= self.seq:
            raise Lagged
        subscriber = Subscriber(self, seq)
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)


class Subscriber:
    """One page's place in the log. `lost` is set, for good, once it lags more than `hub.queue` events.

    What it missed before it came does not count as lag.
    """

    def __init__(self, hub: Hub, seq: int) -> None:
        self.lost = asyncio.Event()
        self._hub = hub
        self._seq = seq
        self._joined = hub.seq
        self._news = asyncio.Event()

    def wake(self) -> None:
        if self._hub.seq - max(self._seq, self._joined) > self._hub.queue:
            self.lost.set()
        self._news.set()

    async def take(self) -> list[Event]:
        """The events that follow those taken before, one at least, `BATCH` at most; waits for one. Raises Lagged when lost."""
        while not self.lost.is_set():
            if batch := self._hub.after(self._seq, BATCH):
                self._seq += len(batch)
                return batch
            self._news.clear()
            await self._news.wait()
        raise Lagged
