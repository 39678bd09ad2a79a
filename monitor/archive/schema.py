"""The tables. A record's columns carry its field names, but for `call`, which is the foreign key `call_id`.

Change a table only together with a new file in `migrations/versions`: a test finds any difference between the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Double, ForeignKey, ForeignKeyConstraint, Index, MetaData, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept and given back in UTC to the microsecond; SQLite knows no offsets."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a date and time without an offset")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 -- SQLAlchemy reads it, nobody writes it
        str: Text(),
        float: Double(),
        datetime: Instant(),
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class Call(Base):
    """A call is open until `ended` is set; `summary` is what it comes to, so far or in the end."""

    __tablename__ = "call"
    __table_args__ = (Index(None, "started", "id"), Index(None, "ended"), Index(None, "customer", "started"))

    id: Mapped[str] = mapped_column(primary_key=True)
    started: Mapped[datetime]
    ended: Mapped[datetime | None]
    seconds: Mapped[float]
    agent: Mapped[str | None]
    team: Mapped[str | None]
    customer: Mapped[str | None]
    model: Mapped[str]
    source: Mapped[str]
    status: Mapped[str]
    why: Mapped[str | None]
    risk: Mapped[int]
    level: Mapped[int]
    talk_share: Mapped[dict[str, Any]]
    mood: Mapped[list[Any]]
    channels: Mapped[list[Any]]
    summary: Mapped[dict[str, Any] | None]
    taken_over: Mapped[dict[str, Any] | None]


class OfCall(Base):
    """What belongs to a call and goes with it; `id` is unique within the call."""

    __abstract__ = True

    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), primary_key=True, sort_order=-2)
    id: Mapped[str] = mapped_column(primary_key=True, sort_order=-1)


class Utterance(OfCall):
    __tablename__ = "utterance"

    speaker: Mapped[str]
    start: Mapped[float]
    end: Mapped[float]
    text: Mapped[str]
    stage: Mapped[str]
    confidence: Mapped[float]
    words: Mapped[list[Any]]  # [text, start, end] each
    spans: Mapped[list[Any]]
    voice: Mapped[dict[str, Any] | None]
    valence: Mapped[float | None]
    arousal: Mapped[float | None]


class Finding(OfCall):
    __tablename__ = "finding"

    kind: Mapped[str]
    rule: Mapped[str | None]
    speaker: Mapped[str]
    start: Mapped[float]
    end: Mapped[float]
    text: Mapped[str]
    confidence: Mapped[float]
    because: Mapped[str]
    utterance: Mapped[str | None]
    span: Mapped[list[Any] | None]
    level: Mapped[int | None]
    count: Mapped[int | None]
    first: Mapped[float | None]
    inconsistent: Mapped[bool | None]
    values: Mapped[list[Any] | None]
    due: Mapped[str | None]
    said: Mapped[str | None]
    overlap: Mapped[float | None]
    seconds: Mapped[float | None]


class Alert(OfCall):
    """`status`, `by`, `when`, `note` and `why` are a person's once one has decided, `owner` always; all else the engine's."""

    __tablename__ = "alert"

    at: Mapped[float]
    severity: Mapped[str]
    rule: Mapped[str]
    title: Mapped[str]
    because: Mapped[list[Any]]
    text: Mapped[str]
    speaker: Mapped[str]
    raised: Mapped[datetime | None]
    status: Mapped[str]
    by: Mapped[str | None]
    when: Mapped[datetime | None]
    note: Mapped[str | None]
    why: Mapped[str | None]
    owner: Mapped[str | None]


class Whisper(OfCall):
    __tablename__ = "whisper"

    at: Mapped[float]
    origin: Mapped[str]
    by: Mapped[str | None]
    say: Mapped[str]
    reason: Mapped[str]
    because: Mapped[list[Any]]
    rule: Mapped[str | None]
    priority: Mapped[int]
    expires: Mapped[float]
    status: Mapped[str]
    when: Mapped[datetime | None]


class Account(Base):
    """Somebody who may sign in; `password` is a hash."""

    __tablename__ = "account"

    name: Mapped[str] = mapped_column(primary_key=True)
    display: Mapped[str]
    role: Mapped[str]
    teams: Mapped[list[Any]]
    agent: Mapped[str | None]
    password: Mapped[str]
    disabled: Mapped[bool]
    created: Mapped[datetime]


class Audit(Base):
    """Who did what, when. It outlives the calls it speaks of, so no foreign key; triggers refuse to change or delete a row."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "call_id"), Index(None, "when"))

    id: Mapped[int] = mapped_column(primary_key=True)
    when: Mapped[datetime]
    who: Mapped[str]
    role: Mapped[str | None]
    address: Mapped[str | None]
    action: Mapped[str]
    call_id: Mapped[str | None]
    detail: Mapped[dict[str, Any]]


class Delivery(Base):
    """An alert for a webhook: `waiting`, `sent` (kept so that it is sent once) or `dead`. What it says stands in the alert.

    Those that go in one request bear the same `parcel`; an alert that can wait for others has none yet.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        ForeignKeyConstraint(["call_id", "alert_id"], ["alert.call_id", "alert.id"], ondelete="CASCADE"),
        Index(None, "call_id", "alert_id", "webhook", unique=True),
        Index(None, "webhook", "state", "due"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook: Mapped[str]
    call_id: Mapped[str]
    alert_id: Mapped[str]
    severity: Mapped[str]
    state: Mapped[str]
    parcel: Mapped[str | None]
    attempts: Mapped[int]
    created: Mapped[datetime]
    due: Mapped[datetime]
    why: Mapped[str | None]
