from __future__ import annotations

import asyncio
import itertools
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from operator import attrgetter
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.archive.rows import from_row, plain, to_row
from monitor.archive.store import Archive
from monitor.config import Data
from monitor.records import Alert, CallInfo, Finding, Utterance, Voice, Whisper, Word

from . import make

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(-(2**31), 2**31 - 1)
moments = st.datetimes(
    datetime(1900, 1, 1), datetime(2900, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone.max])
)
spans = st.lists(st.tuples(numbers, numbers), max_size=3).map(tuple)
because = st.lists(texts, max_size=3).map(tuple)
speakers = st.sampled_from(["agent", "customer", "unknown"])
strategies: dict[Any, dict[str, Any]] = {
    CallInfo: {
        "id": texts,
        "started": moments,
        "source": st.sampled_from(["live", "file"]),
        "model": texts,
        "channels": st.lists(speakers, max_size=2).map(tuple),
        **dict.fromkeys(("agent", "team", "customer"), st.none() | texts),
    },
    Utterance: {
        "id": texts,
        "speaker": speakers,
        "start": numbers,
        "end": numbers,
        "text": texts,
        "confidence": numbers,
        "stage": st.sampled_from(["interim", "draft", "final"]),
        "spans": spans,
        "words": st.lists(st.builds(Word, texts, numbers, numbers), max_size=3).map(tuple),
        "voice": st.none() | st.builds(Voice, numbers, st.none() | numbers, st.none() | numbers, numbers),
        **dict.fromkeys(("valence", "arousal"), st.none() | numbers),
    },
    Finding: {
        "id": texts,
        "kind": texts,
        "speaker": speakers,
        "start": numbers,
        "end": numbers,
        "text": texts,
        "confidence": numbers,
        "because": texts,
        "span": st.none() | st.tuples(counts, counts),
        **dict.fromkeys(("rule", "utterance", "due", "said"), st.none() | texts),
        **dict.fromkeys(("level", "count"), st.none() | counts),
        **dict.fromkeys(("first", "overlap", "seconds"), st.none() | numbers),
        "inconsistent": st.none() | st.booleans(),
        "values": st.none() | because,
    },
    Alert: {
        "id": texts,
        "at": numbers,
        "rule": texts,
        "title": texts,
        "because": because,
        "text": texts,
        "speaker": speakers,
        "severity": st.sampled_from(["notice", "warning", "critical"]),
        "status": st.sampled_from(["open", "acknowledged", "resolved", "false_alarm"]),
        "raised": st.none() | moments,
        "when": st.none() | moments,
        "by": st.none() | texts,
        "note": st.none() | texts,
        "why": st.none() | st.sampled_from(["misheard", "joking"]),
        "owner": st.none() | texts,
    },
    Whisper: {
        "id": texts,
        "at": numbers,
        "expires": numbers,
        "origin": st.sampled_from(["playbook", "supervisor"]),
        "say": texts,
        "reason": texts,
        "because": because,
        "rule": st.none() | texts,
        "by": st.none() | texts,
        "priority": counts,
        "status": st.sampled_from(["sent", "seen", "used", "dismissed", "later", "withdrawn"]),
        "when": st.none() | moments,
    },
}
calls = st.builds(CallInfo, **strategies[CallInfo])
others = {
    kind: st.lists(st.builds(kind, call=st.just(""), **fields), unique_by=attrgetter("id"), max_size=3)
    for kind, fields in strategies.items()
    if kind is not CallInfo
}


def test_every_record_comes_back_exactly(data: Data) -> None:
    numbers = itertools.count()

    async def check(archive: Archive, call: CallInfo, *records: list[Any]) -> None:
        call = replace(call, id=f"{next(numbers)} {call.id}")
        records = tuple([replace(record, call=call.id) for record in same] for same in records)
        for record in (call, *itertools.chain(*records)):
            assert await archive.add(record) == record
        kept = await archive.call(call.id)
        assert kept is not None
        assert all(getattr(kept.call, field.name) == getattr(call, field.name) for field in fields(call))
        groups: tuple[tuple[Any, ...], ...] = (kept.utterances, kept.findings, kept.alerts, kept.whispers)
        for sent, stored in zip(records, groups, strict=True):
            assert {record.id: record for record in stored} == {record.id: record for record in sent}

    with asyncio.Runner() as runner:
        archive = runner.run(Archive.open(data))

        @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(calls, others[Utterance], others[Finding], others[Alert], others[Whisper])
        def there_and_back(call: CallInfo, u: list[Any], f: list[Any], a: list[Any], w: list[Any]) -> None:
            runner.run(check(archive, call, u, f, a, w))

        try:
            there_and_back()
        finally:
            runner.run(archive.close())


@given(st.text(max_size=30))
def test_any_text_is_kept_character_for_character(text: str) -> None:
    kept = plain(text)
    assert len(kept) == len(text)
    kept.encode("utf-8")
    for old, new in zip(text, kept, strict=True):
        assert new == ("\ufffd" if old == "\0" or "\ud800" <= old <= "\udfff" else old)


async def test_text_that_no_database_takes_is_kept_with_the_offsets_right(archive: Archive) -> None:
    await archive.add(make.call(agent="王\udcff"))
    stored = await archive.add(make.utterance("u\0", text="😀\0退\ud83d款\ude00", words=(Word("\ud83d", 1.0, 2.0),)))
    assert stored == make.utterance("u\ufffd", text="😀\ufffd退\ufffd款\ufffd", words=(Word("\ufffd", 1.0, 2.0),))
    await archive.remove("c1", "utterance", "u\0")
    record = await archive.call("c1")
    assert record is not None
    assert record.call.agent == "王\ufffd"
    assert record.utterances == ()


def test_numbers_of_numpy_are_kept_as_numbers() -> None:
    sent = make.utterance(confidence=np.float32(0.5), start=np.float64(1.5), spans=((np.float32(0.25), 1.0),))
    row = to_row(sent)
    assert (type(row["confidence"]), type(row["start"]), type(row["spans"][0][0])) == (float, float, float)
    assert from_row(Utterance, row) == sent


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32("nan"), {"x": [float("-inf")]}])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a number that can be kept"):
        plain(value)


def test_what_no_column_holds_is_refused_by_its_type_alone() -> None:
    with pytest.raises(TypeError, match=r"^a bytes cannot be kept$"):
        plain([b"13800000000"])
