"""What people decide on alerts and calls, kept against what the engine sends later."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.archive.store import Archive
from monitor.errors import ArchiveError
from monitor.people import AuditEntry
from monitor.records import Alert, Decision, Summary

from . import make
from .make import START, later
from .support import kept


async def kept_alert(archive: Archive) -> Alert:
    return (await kept(archive)).alerts[0]


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
