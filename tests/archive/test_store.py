from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.archive.store import Archive
from monitor.config import Data
from monitor.errors import ArchiveError
from monitor.records import Alert, AuditEntry, CallRecord, CallView, Decision, Summary, Voice, Word

from . import make
from .make import START, later


async def kept(archive: Archive, id: str = "c1") -> CallRecord:
    record = await archive.call(id)
    assert record is not None
    return record


async def kept_alert(archive: Archive) -> Alert:
    return (await kept(archive)).alerts[0]


async def end(archive: Archive, id: str = "c1", ended: datetime = START, **more: Any) -> None:
    known: dict[str, Any] = {"status": "ended", "why": None, "seconds": 60.0, "summary": Summary()}
    await archive.close_call(id, ended=ended, **known | more)


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


async def test_a_persons_decision_survives_what_the_engine_sends_later(archive: Archive) -> None:
    await archive.add(make.call())
    await archive.add(make.alert(raised=START))
    decided = await archive.set_alert("c1", "a1", Decision(status="acknowledged", by="李主管", note="已接手", when=later(5)))
    assert decided == make.alert(raised=START, status="acknowledged", by="李主管", note="已接手", when=later(5))
    grown = make.alert(raised=later(9), because=("u1.legal", "u7.legal"), text="我要起诉")
    resolved = replace(grown, status="resolved", by="system", when=later(10), note="taken back")
    for sent in (grown, resolved):
        stored = await archive.add(sent)
        assert stored == replace(decided, because=("u1.legal", "u7.legal"), text="我要起诉")
        assert await kept_alert(archive) == stored


async def test_the_system_may_resolve_what_is_open_and_raise_it_again(archive: Archive) -> None:
    await archive.add(make.call())
    resolved = make.alert(raised=START, status="resolved", by="system", when=later(3), note="taken back")
    again = make.alert(raised=START, because=("u1.legal", "u2.legal"))
    for sent in (make.alert(raised=START), resolved, again):
        assert await archive.add(sent) == sent
    await archive.set_alert(
        "c1", "a1", Decision(status="open", by="李主管", note="再看", when=later(4))
    )  # reopened by a person
    assert (await archive.add(again)).by == "李主管"
    assert await archive.add(replace(resolved, note=None)) == replace(resolved, note="再看")


async def test_a_later_decision_keeps_the_note_unless_it_brings_one(archive: Archive) -> None:
    await archive.add(make.call())
    await archive.add(make.alert())
    await archive.set_alert("c1", "a1", Decision(status="acknowledged", by="李", note="已回电", when=later(1)))
    await archive.set_alert("c1", "a1", Decision(status="resolved", by="赵", note=None, when=later(2)))
    stored = await kept_alert(archive)
    assert (stored.status, stored.by, stored.note, stored.when) == ("resolved", "赵", "已回电", later(2))
    assert await archive.set_alert("c1", "a9", Decision(status="resolved", by="赵", note=None, when=later(2))) is None
    with pytest.raises(ArchiveError, match="no person may be called 'system'"):
        await archive.set_alert("c1", "a1", Decision(status="open", by="system", note=None, when=later(3)))
    await archive.audit(AuditEntry(when=later(4), who="赵", role="qa", address="10.0.0.7", action="sign_in"))
    trail = await archive.audits()
    assert [(entry.who, entry.role, entry.address, entry.action, entry.call, entry.detail) for entry in trail] == [
        ("赵", "qa", "10.0.0.7", "sign_in", None, {}),
        ("赵", None, None, "decision", "c1", {"alert": "a1", "status": "resolved"}),
        ("李", None, None, "decision", "c1", {"alert": "a1", "status": "acknowledged", "note": "已回电"}),
    ]


async def test_a_decision_on_what_somebody_else_has_decided_meanwhile_is_refused(archive: Archive) -> None:
    await archive.add(make.call())
    await archive.add(make.alert())
    taken = Decision(status="acknowledged", owner="李", by="李", when=later(1), was=("open", None))
    assert (await kept_by(archive, taken)).owner == "李"
    with pytest.raises(ArchiveError, match="no longer") as refused:
        await archive.set_alert("c1", "a1", replace(taken, status="resolved", owner="赵", by="赵"))
    assert refused.value.code == "alert_changed"
    assert await kept_alert(archive) == make.alert(status="acknowledged", owner="李", by="李", when=later(1))
    assert [entry.who for entry in await archive.audits()] == ["李"], "what was not done is not in the audit log"
    passed_on = Decision(owner="赵", by="李", when=later(2), was=("acknowledged", "李"))
    assert (await kept_by(archive, passed_on)) == make.alert(status="acknowledged", owner="赵", by="李", when=later(1))
    assert (await archive.add(make.alert(text="again"))).owner == "赵", "the engine knows of no owner"
    false = Decision(status="false_alarm", why="quoted", by="赵", when=later(3))
    assert (await kept_by(archive, false)).why == "quoted"
    freed = Decision(status="open", owner="", by="赵", when=later(4))
    assert await kept_by(archive, freed) == make.alert(text="again", by="赵", when=later(4))


async def kept_by(archive: Archive, decision: Decision) -> Alert:
    alert = await archive.set_alert("c1", "a1", decision)
    assert alert == await kept_alert(archive)
    return alert


async def test_a_call_stays_taken_over_whatever_comes_later(archive: Archive) -> None:
    await archive.add(make.call())
    entry = AuditEntry(when=later(1), who="李", role="supervisor", action="takeover", call="c1", detail={"on": True})
    mark = {"by": "李", "when": later(1).isoformat(timespec="milliseconds")}
    taken = await archive.take_over(entry, on=True)
    assert taken is not None
    assert taken.taken_over == mark
    assert (await archive.progress(replace(taken, taken_over=None, risk=50))).taken_over == mark
    closed = await archive.close_call("c1", status="ended", why=None, seconds=20.0, ended=later(20), summary=Summary())
    assert closed == mark
    assert (await kept(archive)).call.taken_over == mark
    assert await archive.take_over(replace(entry, detail={"on": False}), on=False) is None, "it is over"
    assert await archive.take_over(replace(entry, call="c9"), on=True) is None
    assert [one.action for one in await archive.audits()] == ["takeover"]


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


async def test_the_calls_of_which_people_have_decided(archive: Archive) -> None:
    for number in range(4):
        await archive.add(make.call(id=f"c{number}", started=later(number)))
        await archive.add(make.alert(call=f"c{number}"))
    for call in ("c1", "c3"):
        await archive.set_alert(call, "a1", Decision(status="resolved", by="李", when=later(9)))
    await archive.set_alert("c0", "a1", Decision(owner="李", by="李", when=later(9)))
    await archive.add(make.alert(call="c2", status="resolved", by="system", when=later(9)))
    assert [record.call.id for record in await archive.decided()] == ["c3", "c1"]
    assert [record.call.id for record in await archive.decided(later(2))] == ["c3"]
    assert [record.call.id for record in await archive.decided(limit=1)] == ["c3"]


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


async def test_what_a_customer_said_in_earlier_calls(archive: Archive) -> None:
    number = "13800112233"
    for id, customer, started in (
        ("old", number, later(-91 * 86_400)),
        ("c1", number, later(-2 * 86_400)),
        ("c2", number, later(-3_600)),
        ("other", "13900000000", later(-3_600)),
        ("live", number, later(-60)),
        ("none", None, later(-3_600)),
    ):
        await archive.add(make.call(id, customer=customer, started=started))
        await archive.add(make.utterance("u2", id, start=9.0, text=f"{id} 再说"))
        await archive.add(make.utterance("u1", id, text=f"{id} 先说"))
        await archive.add(make.utterance("u3", id, speaker="agent", start=3.0))
        await archive.add(make.utterance("u4", id, stage="draft", start=4.0))
        if id != "live":
            await end(archive, id, ended=started)
    earlier = await archive.earlier(number, START)
    assert [(call.call, call.started, call.lines) for call in earlier] == [
        ("c2", later(-3_600), ("c2 先说", "c2 再说")),
        ("c1", later(-2 * 86_400), ("c1 先说", "c1 再说")),
    ]
    assert await archive.earlier("13712345678", START) == []
    assert await archive.earlier("' or 1=1 --", START) == []


async def test_of_many_earlier_calls_the_newest_are_remembered(archive: Archive) -> None:
    for index in range(8):
        await archive.add(make.call(f"c{index}", customer="10001", started=later(-index * 60 - 60)))
        await end(archive, f"c{index}")
    assert [call.call for call in await archive.earlier("10001", START)] == ["c0", "c1", "c2", "c3", "c4"]


async def test_of_an_endless_earlier_call_the_beginning_is_remembered(archive: Archive) -> None:
    await archive.add(make.call("long", customer="10001", started=later(-60)))
    lines = [make.utterance(f"u{n}", "long", start=float(n), text=f"{n} " + "说" * 3_000) for n in range(300)]
    await asyncio.gather(*map(archive.add, lines))
    await end(archive, "long")
    (call,) = await archive.earlier("10001", START)
    assert len(call.lines) == 80
    assert call.lines[-1].startswith("79 ")
    assert max(map(len, call.lines)) == 1_000


@pytest.mark.parametrize(
    "number", ["", "0", "anonymous", "Restricted", "138****2233", "138xxxx2233", "138XXXX2233", "1380011####"]
)
async def test_a_number_that_may_be_anybodys_has_no_earlier_calls(archive: Archive, number: str) -> None:
    await archive.add(make.call("c1", customer=number, started=later(-60)))
    await archive.add(make.utterance("u1", "c1", text="洗衣机漏水"))
    await end(archive, "c1")
    assert await archive.earlier(number, START) == []


async def test_what_was_linked_while_a_call_ran_outlives_the_process(archive: Archive) -> None:
    link = {"call": "c0", "started": "2026-11-20T09:00:00.000+00:00", "text": "洗衣机漏水"}
    await archive.add(make.call("c1", customer="10001", started=later(-60)))
    open_call = await kept(archive)
    await archive.progress(open_call.call, Summary(earlier=(link,)))
    await archive.progress(open_call.call)
    assert await archive.interrupted(START) == ["c1"]
    assert (await kept(archive)).summary.earlier == (link,)


@pytest.mark.parametrize("closing", ["closed", "interrupted"])
async def test_no_whisper_outlives_its_call(archive: Archive, closing: str) -> None:
    await archive.add(make.call())
    for number, status in enumerate(("sent", "seen", "later", "used", "dismissed")):
        await archive.add(make.whisper(f"w{number}", at=float(number), status=status))
    await archive.add(make.call("c2"))
    await archive.add(make.whisper(call="c2"))
    if closing == "closed":
        ended = make.later(20)
        await archive.close_call("c1", status="ended", why=None, seconds=20.0, ended=ended, summary=Summary())
        other = await archive.call("c2")
        assert other is not None
        assert other.whispers == (make.whisper(call="c2"),)
    else:
        await archive.interrupted(make.later(20))
    record = await archive.call("c1")
    assert record is not None
    assert [whisper.status for whisper in record.whispers] == ["withdrawn"] * 3 + ["used", "dismissed"]
    assert [whisper.when is not None for whisper in record.whispers] == [True] * 3 + [False] * 2
