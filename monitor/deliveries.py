"""What goes to webhooks: the values that the archive's outbox, the courier and the pages share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from monitor.people import Action
from monitor.records import Alert, CallView, Severity

ORDERED: Mapping[str, Action] = {"retry": "webhook_retry", "drop": "webhook_drop"}  # what may be done with a dead letter
DeliveryState = Literal["waiting", "sent", "dead", "dropped"]
GRAVITY: dict[str, int] = {"notice": 0, "warning": 1, "critical": 2}


@dataclass(frozen=True, slots=True)
class Queued:
    """A webhook that an alert is for; `due`: when it may be told at the earliest. Both aware."""

    webhook: str
    created: datetime
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An alert for a webhook, with what it says by now."""

    id: int
    webhook: str
    alert: Alert
    call: CallView
    state: DeliveryState
    attempts: int
    created: datetime  # aware
    due: datetime  # aware; of one that is no longer waiting: when that came about
    why: str | None  # what the last attempt failed of


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes in one request, the oldest first. `id` stays the same however often it is tried."""

    id: str
    deliveries: tuple[Delivery, ...]

    @property
    def attempts(self) -> int:
        return max(delivery.attempts for delivery in self.deliveries)

    @property
    def created(self) -> datetime:
        return min(delivery.created for delivery in self.deliveries)


@dataclass(frozen=True, slots=True)
class Taken:
    """What there is to do for a webhook: a parcel, or when the next may be due; and how many have become too old meanwhile."""

    parcel: Parcel | None
    next: datetime | None = None  # None: nothing waits
    expired: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a webhook's waits and how much is dead."""

    waiting: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class WebhookState:
    """A webhook as it may be shown, and how it has done since the service started."""

    name: str
    shape: str
    host: str
    severities: tuple[Severity, ...]
    teams: tuple[str, ...]
    last: datetime | None  # when it last took something; aware
    why: str | None  # what the newest attempt failed of; None: it did not
    again: datetime | None  # when it is tried again; aware
