"""Records <-> rows, exactly; the few values no database takes are defined here.

A lone surrogate or NUL in a text becomes U+FFFD: one character for one, so that every offset into the text stays right.
A number that is NaN or infinite is refused. Date-times come back as the same instant, in UTC.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, TypeVar

import numpy as np

from monitor.archive import schema
from monitor.records import Alert, CallInfo, CallView, Finding, Record, Summary, Utterance, Voice, Whisper, Word

K = TypeVar("K", bound=Record)
R = TypeVar("R", bound=Record | CallView)
Row = Mapping[Any, Any]

TABLES: dict[type[Any], type[schema.Base]] = {
    CallInfo: schema.Call,
    Utterance: schema.Utterance,
    Finding: schema.Finding,
    Alert: schema.Alert,
    Whisper: schema.Whisper,
}
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def plain(value: Any) -> Any:
    """`value` in the types a column or JSON holds: str, int, float, bool, None, datetime, list, dict."""
    if isinstance(value, np.generic):
        value = value.item()  # sqlite3 would keep it as raw bytes
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a number that can be kept")
        return value
    if value is None or isinstance(value, bool | int | datetime):
        return value
    if isinstance(value, Word):
        return [plain(value.text), plain(value.start), plain(value.end)]
    if isinstance(value, Voice):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise TypeError(f"a {type(value).__name__} cannot be kept")


def to_row(record: Record) -> dict[str, Any]:
    """The record's columns; of a call, those known at its start."""
    row = {field.name: plain(getattr(record, field.name)) for field in fields(record)}
    if not isinstance(record, CallInfo):
        row["call_id"] = row.pop("call")
    return row


def from_row(kind: type[R], row: Row) -> R:
    """The record of a row, or of what `to_row` made."""
    values = {field.name: row["call_id" if field.name == "call" else field.name] for field in fields(kind)}
    for name in ("because", "spans", "span", "values", "channels", "mood"):
        if isinstance(values.get(name), list):
            values[name] = deep_tuple(values[name])
    if "words" in values:
        values["words"] = tuple(Word(*word) for word in values["words"])
    if values.get("voice"):
        values["voice"] = Voice(**values["voice"])
    return kind(**values)


def summary_row(summary: Summary) -> dict[str, Any]:
    row: dict[str, Any] = plain(asdict(summary))
    return row


def to_summary(row: Row) -> Summary:
    """The summary of a call's row; while the call is live, what is known so far."""
    kept = row["summary"] or {}
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in kept.items()}
    now = {key: row[key] for key in ("risk", "level", "talk_share")}  # kept with every utterance; the rest where it is news
    return Summary(**{**values, **now})


def deep_tuple(value: Any) -> Any:
    return tuple(deep_tuple(item) for item in value) if isinstance(value, list) else value


def name(record: Record) -> str:
    """What to call the record in a message: its kind and keys, nothing anyone said."""
    if isinstance(record, CallInfo):
        return f"call {record.id!r}"
    return f"{type(record).__name__.lower()} {record.id!r} of call {record.call!r}"
