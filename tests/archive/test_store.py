"""Records kept and given back: in order, each in its call, and a bad one alone is refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.archive.store import Archive
from monitor.config import Data
from monitor.errors import ArchiveError
from monitor.records import CallRecord, CallView, Decision, Summary, Voice, Word

from . import make
from .make import START, later
from .support import end, kept


async def test_a_call_is_given_back_as_it_was_kept(archive: Archive) -> None:
    call = make.call(agent="王芳", team="二组", customer="13800000000")
    utterance = make.utterance(
        words=(Word("你", 1.0, 1.1), Word("好", 1.1, 1.3)),
        spans=((1.0, 1.3), (1.5, 2.0)),
        voice=Voice(loudness=-20.5, pitch=None, pitch_spread=2.5, rate=4.25),
        valence=-0.5,
    )
    finding = make.finding(span=(0, 2), values=("三次", "两次"), inconsistent=True, count=2, first=0.5, utterance="u1")
    for record in (call, utterance, finding, make.alert(raised=START), make.whisper()):
        assert await archive.add(record) == record
    assert await archive.call("c1") == CallRecord(
        call=CallView(
            id="c1",
            started=START,
            model="base",
            source="live",
            status="live",
            agent="王芳",
            team="二组",
            customer="13800000000",
            channels=("agent", "customer"),
        ),
        utterances=(utterance,),
        findings=(finding,),
        alerts=(make.alert(raised=START),),
        whispers=(make.whisper(),),
    )
    assert await archive.call("c2") is None
    assert await archive.has_call("c1")
    assert not await archive.has_call("c2")


async def test_a_revision_replaces_and_a_withdrawal_removes(archive: Archive) -> None:
    await archive.add(make.call())
    for revision in (make.utterance(text="推款"), make.utterance(text="退款", end=3.0), make.utterance("u2", start=0.5)):
        await archive.add(revision)
    await archive.add(make.finding(level=1))
    await archive.add(make.finding(level=3))
    record = await kept(archive)
    assert [(u.id, u.text) for u in record.utterances] == [("u2", "你好"), ("u1", "退款")]  # in the order of call time
    assert [f.level for f in record.findings] == [3]
    await archive.remove("c1", "finding", "u1.legal")
    await archive.remove("c1", "utterance", "u1")
    await archive.remove("c1", "utterance", "u1")  # gone already: no error
    record = await kept(archive)
    assert [u.id for u in record.utterances] == ["u2"]
    assert record.findings == ()


async def test_the_same_ids_in_two_calls_are_two_records(archive: Archive) -> None:
    for id in ("c1", "c2"):
        await archive.add(make.call(id))
        await archive.add(make.utterance(call=id, text=id))
    await archive.remove("c1", "utterance", "u1")
    assert [u.text for u in (await kept(archive, "c2")).utterances] == ["c2"]


async def test_an_alert_that_waits_is_not_lost_behind_the_calls_that_ended_since(archive: Archive) -> None:
    for number in range(6):
        id = f"c{number}"
        await archive.add(make.call(id=id, started=later(number)))
        await archive.add(make.alert(call=id, severity="notice" if number == 1 else "warning"))
        day_before = START - timedelta(days=1, minutes=1)
        await end(archive, id, day_before if number == 0 else later(number))
    await archive.set_alert("c2", "a1", Decision(status="acknowledged", by="李", when=later(9)))
    await archive.set_alert("c3", "a1", Decision(status="resolved", by="李", when=later(9)))
    views, alerts = await archive.recent(2)
    assert [view.id for view in views] == ["c5", "c4", "c2"]  # c0 is long past, c1 but a notice, c3 resolved
    assert {alert.call for alert in alerts} == {"c5", "c4", "c2"}


async def test_progress_is_kept_until_the_call_is_closed(archive: Archive) -> None:
    await archive.add(make.call())
    view = replace(
        (await kept(archive)).call,
        seconds=12.5,
        risk=40,
        level=2,
        talk_share={"agent": 0.25},
        mood=((1.0, "customer", -0.5),),
    )
    await archive.progress(view)
    record = await kept(archive)
    assert record.call == view
    assert record.summary == Summary(risk=40, level=2, talk_share={"agent": 0.25})
    so_far = Summary(type="help", steps={"soothe": 3.0, "act": None}, claims=({"text": "x", "times": [1.0, 2.5]},))
    await archive.progress(view, so_far)
    await archive.progress(replace(view, risk=50))  # nothing new but the risk
    assert (await kept(archive)).summary == replace(so_far, risk=50, level=2, talk_share={"agent": 0.25})
    summary = Summary(
        type="venting",
        risk=82,
        level=3,
        steps={"soothe": 31.0, "probe": None},
        steps_missing=("probe",),
        promises=({"text": "回电", "due": None},),
        stressed=("退款",),
        claims=({"text": "x", "times": [1.0, 2.5]},),
        talk_share={"agent": 0.5, "customer": 0.5},
    )
    await end(archive, ended=later(61), seconds=61.0, summary=summary)
    await archive.add(make.call(agent="王芳"))  # more is known of it: no new beginning
    await archive.progress(view, so_far)  # late: a closed call stays closed
    record = await kept(archive)
    assert record.summary == summary
    closed = replace(
        view, status="ended", ended=later(61), seconds=61.0, risk=82, level=3, agent="王芳", talk_share=summary.talk_share
    )
    assert record.call == closed
    with pytest.raises(ArchiveError, match="'c9' is not in the archive"):
        await end(archive, "c9")


async def test_recent_is_live_calls_and_those_that_ended_last(archive: Archive) -> None:
    for number in range(6):
        await archive.add(make.call(f"c{number}", started=later(number)))
        await archive.add(make.alert(call=f"c{number}", raised=later(100 - number), severity="notice"))
    for number, ended in ((0, 50), (1, 90), (2, 70), (3, 60)):
        await end(archive, f"c{number}", later(ended))
    views, alerts = await archive.recent(limit=2)
    assert [view.id for view in views] == ["c5", "c4", "c1", "c2"]
    assert [alert.call for alert in alerts] == ["c5", "c4", "c2", "c1"]
    assert await archive.recent(limit=0) == (views[:2], alerts[:2])


async def test_older_calls_come_in_pages_that_skip_none_and_repeat_none(archive: Archive) -> None:
    # three start within one millisecond, which the API's times cannot tell apart
    starts = (0, 1, 2.0001, 2.0002, 2.0003, 3)
    await asyncio.gather(*(archive.add(make.call(f"c{n}", started=later(start))) for n, start in enumerate(starts)))
    seen: list[str] = []
    before: datetime | None = None
    pages = 0
    while page := await archive.calls(before, 2):
        pages += 1
        seen += [view.id for view in page]
        before = datetime.fromisoformat(page[-1].started.isoformat(timespec="milliseconds"))
    assert seen == ["c5", "c4", "c3", "c2", "c1", "c0"]
    assert pages == 2
    assert await archive.calls(None, 0) == []


async def test_an_empty_archive_answers(archive: Archive) -> None:
    assert await archive.recent() == ([], [])
    assert await archive.calls(None, 50) == []
    assert await archive.interrupted(START) == []


async def test_many_tasks_add_at_once_and_each_is_kept_in_its_order(archive: Archive) -> None:
    async def talk(id: str) -> None:
        await archive.add(make.call(id))
        for number in range(30):
            await archive.add(make.utterance("u", call=id, text=f"{id} {number}", start=float(number), end=number + 1.0))
            await archive.add(make.utterance(f"u{number}", call=id, start=float(number), end=number + 1.0))

    await asyncio.gather(*(talk(f"c{n}") for n in range(40)))
    for n in range(40):
        utterances = (await kept(archive, f"c{n}")).utterances
        assert len(utterances) == 31
        assert {u.text for u in utterances if u.id == "u"} == {f"c{n} 29"}


async def test_a_bad_record_fails_alone(archive: Archive) -> None:
    await archive.add(make.call())
    nobody = make.utterance("u2", call="nobody")
    number = make.utterance("u3", confidence=float("nan"))
    naive = make.alert("a2", raised=datetime(2026, 1, 1))
    huge = make.finding("f2", count=2**70)
    records = (make.utterance("u1"), nobody, make.utterance("u4"), number, naive, huge, make.alert("a1"))
    results = await asyncio.gather(*(archive.add(record) for record in records), return_exceptions=True)
    failures = {index: str(result) for index, result in enumerate(results) if isinstance(result, ArchiveError)}
    assert set(failures) == {1, 3, 4, 5}
    assert "callmonitor.db: utterance 'u2' of call 'nobody': its call is not in the archive" in failures[1]
    assert "nan is not a number that can be kept" in failures[3]
    assert "without an offset" in failures[4]
    record = await kept(archive)
    assert [u.id for u in record.utterances] == ["u1", "u4"]
    assert [a.id for a in record.alerts] == ["a1"]


async def test_a_failure_does_not_repeat_what_was_said(archive: Archive) -> None:
    secret = "我的卡号是六二二五"
    with pytest.raises(ArchiveError) as caught:
        await archive.add(make.utterance(call="nobody", text=secret))
    error: BaseException | None = caught.value
    while error is not None:
        assert secret not in str(error)
        error = error.__cause__ or error.__context__


async def test_an_add_that_is_cancelled_is_kept_all_the_same(archive: Archive) -> None:
    await archive.add(make.call())
    task = asyncio.create_task(archive.add(make.utterance()))
    await asyncio.sleep(0)  # it has asked
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await archive.add(make.whisper())
    assert len((await kept(archive)).utterances) == 1


async def test_closing_writes_all_that_was_asked_for_then_refuses(data: Data) -> None:
    archive = await Archive.open(data)
    await archive.add(make.call())
    adds = [asyncio.create_task(archive.add(make.utterance(f"u{n}"))) for n in range(1_500)]  # more than may wait inside
    await asyncio.sleep(0)
    await archive.close()
    await archive.close()
    await asyncio.gather(*adds)
    for refused in (archive.add(make.call()), archive.has_call("c1")):
        with pytest.raises(ArchiveError, match="is closed"):
            await refused
    archive = await Archive.open(data)
    assert len((await kept(archive)).utterances) == 1_500
    await archive.close()


async def test_a_ten_hour_call_reads_whole(archive: Archive) -> None:
    await archive.add(make.call())
    words = tuple(Word("字", n / 10, n / 10 + 0.1) for n in range(12))
    utterances = [make.utterance(f"u{n}", start=n * 3.6, end=n * 3.6 + 2, words=words, text="字" * 12) for n in range(10_000)]
    await asyncio.gather(*map(archive.add, utterances))
    assert (await kept(archive)).utterances == tuple(utterances)


@pytest.mark.parametrize("closing", ["closed", "interrupted"])
async def test_no_whisper_outlives_its_call(archive: Archive, closing: str) -> None:
    await archive.add(make.call())
    for number, status in enumerate(("sent", "seen", "later", "used", "dismissed")):
        await archive.add(make.whisper(f"w{number}", at=float(number), status=status))
    await archive.add(make.call("c2"))
    await archive.add(make.whisper(call="c2"))
    if closing == "closed":
        await end(archive, ended=later(20))
        assert (await kept(archive, "c2")).whispers == (make.whisper(call="c2"),)
    else:
        await archive.interrupted(later(20))
    record = await kept(archive)
    assert [whisper.status for whisper in record.whispers] == ["withdrawn"] * 3 + ["used", "dismissed"]
    assert [whisper.when is not None for whisper in record.whispers] == [True] * 3 + [False] * 2
