from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from monitor.archive.store import Archive
from monitor.people import EVERYTHING, Scope
from monitor.records import CallRecord, Finding, Summary, Utterance, Whisper, Word
from tests.page.support import NINE, Site, alert, error_of, info, site


def utterance(id: str = "u1", text: str = "打一二三一五投诉你们") -> Utterance:
    return Utterance(
        call="c1",
        id=id,
        speaker="customer",
        start=61.2,
        end=66.0,
        text=text,
        stage="final",
        confidence=0.83,
        words=(Word("打", 61.2, 61.4),),
        valence=-0.6,
    )


FINDING = Finding(
    call="c1",
    id="u1.regulator",
    kind="escalation",
    rule="regulator",
    speaker="customer",
    start=61.2,
    end=66.0,
    text="一二三一五",
    confidence=0.97,
    because="says 12315",
    utterance="u1",
    span=(1, 6),
    level=3,
)
WHISPER = Whisper(call="c1", id="w1", at=66.4, say="先道歉", reason="客户要投诉", because=("u1.regulator",), expires=90.0)


async def fill(archive: Archive) -> None:
    await archive.add(info())
    await archive.add(utterance())
    await archive.add(FINDING)
    await archive.add(alert())
    await archive.add(WHISPER)


async def end(archive: Archive, call: str) -> None:
    await archive.close_call(
        call, status="ended", why=None, seconds=9.0, ended=NINE + timedelta(hours=2), summary=Summary(risk=7)
    )


async def test_the_state_is_what_a_page_begins_with(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        await fill(served.archive)
        seq = served.hub.publish(type="alert", call="c1", data=alert())
        body = (await served.client.get("/api/state")).json()
        assert set(body) == {"epoch", "seq", "calls", "alerts", "health", "model", "version"}
        assert (body["epoch"], body["seq"], body["model"], body["version"]) == (served.hub.epoch, seq, "base", "1.2.3")
        (call,) = body["calls"]
        assert set(call) == {
            *("id", "started", "ended", "seconds", "agent", "team", "customer", "model", "source", "status", "why"),
            *("risk", "level", "talk_share", "mood", "channels", "taken_over"),
        }
        assert (call["id"], call["status"], call["agent"], call["ended"]) == ("c1", "live", "小王", None)
        (shown,) = body["alerts"]
        assert (shown["id"], shown["status"], shown["because"], shown["by"]) == ("a1", "open", ["f1"], None)


async def test_a_call_comes_with_everything_kept_of_it(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        await fill(served.archive)
        body = (await served.client.get("/api/calls/c1")).json()
        assert set(body) == {"epoch", "seq", "call", "utterances", "findings", "alerts", "whispers", "summary"}
        assert body["utterances"][0]["words"] == [{"text": "打", "start": 61.2, "end": 61.4}]
        assert body["findings"][0]["span"] == [1, 6]
        assert body["findings"][0]["level"] == 3
        assert "count" not in body["findings"][0]
        assert body["alerts"][0]["title"] == "威胁投诉"
        assert body["whispers"][0]["say"] == "先道歉"
        assert body["summary"]["risk"] == 0


async def test_markup_in_words_stays_words(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        await served.archive.add(info())
        text = "<script>alert('1')</script>\u2028"
        await served.archive.add(utterance(text=text))
        response = await served.client.get("/api/calls/c1")
        assert response.headers["content-type"] == "application/json"
        assert response.json()["utterances"][0]["text"] == text


async def test_older_calls_page_by_page(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        for number in range(7):
            await served.archive.add(info(f"c{number}", NINE + timedelta(minutes=number)))
        seen: list[str] = []
        before: dict[str, Any] = {}
        while calls := (await served.client.get("/api/calls", params={"limit": 3, **before})).json()["calls"]:
            seen += [call["id"] for call in calls]
            before = {"before": calls[-1]["started"]}
        assert seen == ["c6", "c5", "c4", "c3", "c2", "c1", "c0"]


async def test_the_state_holds_live_calls_and_those_that_ended_last(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        for number in range(53):
            await served.archive.add(info(f"c{number}", NINE + timedelta(minutes=number)))
        for number in range(1, 53):
            await end(served.archive, f"c{number}")
        calls = (await served.client.get("/api/state")).json()["calls"]
        assert len(calls) == 51
        assert [call["id"] for call in calls if call["status"] == "live"] == ["c0"]


BAD_REQUESTS = [
    ("/api/calls?limit=0", "query.limit"),
    ("/api/calls?limit=201", "query.limit"),
    ("/api/calls?limit=many", "query.limit"),
    ("/api/calls?before=yesterday", "query.before"),
    ("/api/calls?before=2026-11-22T09:00:00", "query.before"),
    ("/api/calls/%3Cb%3E", "path.id"),
    ("/api/calls/a%20b", "path.id"),
    ("/api/calls/a%0A", "path.id"),
    ("/api/calls/" + "a" * 65, "path.id"),
]


async def test_a_bad_parameter_is_named(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        for path, where in BAD_REQUESTS:
            response = await served.client.get(path)
            assert (response.status_code, error_of(response)) == (422, "invalid"), path
            assert response.json()["error"]["message"].startswith(f"{where}: "), path


BAD_DECISIONS: list[tuple[object, str]] = [
    ({}, "body"),
    ({"by": "李"}, "body"),
    ({"status": None, "by": "李"}, "body"),
    ({"status": "false_alarm", "by": "李"}, "body"),
    ({"status": "false_alarm", "why": "bored", "by": "李"}, "body.why"),
    ({"status": "resolved", "why": "quoted", "by": "李"}, "body"),
    ({"owner": "", "by": "李"}, "body.owner"),
    ({"owner": "a\tb", "by": "李"}, "body.owner"),
    ({"owner": "system", "by": "李"}, "body.owner"),
    ({"owner": "李", "by": "李", "was": {"status": "open"}}, "body.was.owner"),
    ({"owner": "李", "by": "李", "was": {"status": "shut", "owner": None}}, "body.was.status"),
    ({"status": "done", "by": "李"}, "body.status"),
    ({"status": "resolved"}, "body.by"),
    ({"status": "resolved", "by": "  "}, "body.by"),
    ({"status": "resolved", "by": "x" * 65}, "body.by"),
    ({"status": "resolved", "by": "a\nb"}, "body.by"),
    ({"status": "resolved", "by": "a\x00b"}, "body.by"),
    ({"status": "resolved", "by": "\ud800"}, "body.by"),
    ({"status": "resolved", "by": 3}, "body.by"),
    ({"status": "resolved", "by": " system "}, "body.by"),
    ({"status": "resolved", "by": "李", "note": "x" * 1001}, "body.note"),
    ({"status": "resolved", "by": "李", "note": "\x1b[31m"}, "body.note"),
    ({"status": "resolved", "by": "李", "severity": "notice"}, "body.severity"),
    ([], "body"),
]


async def test_a_bad_decision_changes_nothing(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        await fill(served.archive)
        headers = {"content-type": "application/json"}
        for decision, where in BAD_DECISIONS:
            response = await served.client.post("/api/calls/c1/alerts/a1", content=json.dumps(decision), headers=headers)
            assert (response.status_code, error_of(response)) == (422, "invalid"), decision
            assert response.json()["error"]["message"].startswith(f"{where}: "), decision
        assert await only_alert(served) == alert()
        assert served.hub.seq == 0


async def test_a_body_that_is_no_json_is_refused(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        headers = {"content-type": "application/json"}
        for body in (b"", b"{", b"\xff\xfe", b"[" * 60_000):
            response = await served.client.post("/api/calls/c1/alerts/a1", content=body, headers=headers)
            assert (response.status_code, error_of(response)) in ((400, "bad_request"), (422, "invalid"))


async def test_a_form_of_another_site_is_no_decision(tmp_path: Path) -> None:
    """A form can send text/plain without asking first; only JSON that says it is JSON counts."""
    async with site(tmp_path) as served:
        await fill(served.archive)
        body = b'{"status": "resolved", "by": "x"}'
        response = await served.client.post("/api/calls/c1/alerts/a1", content=body, headers={"content-type": "text/plain"})
        assert response.status_code == 422
        assert await only_alert(served) == alert()


async def test_a_decision_is_kept_with_who_and_when(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        await fill(served.archive)
        decision = {"status": "false_alarm", "why": "no_breach", "by": " 李主管 ", "note": "说的是别家\n不是投诉"}
        response = await served.client.post("/api/calls/c1/alerts/a1", json=decision)
        assert response.status_code == 200
        kept = await only_alert(served)
        assert kept == replace(alert(), status="false_alarm", why="no_breach", by="李主管", note=decision["note"], when=NINE)


async def only_alert(served: Site) -> object:
    record = await served.archive.call("c1")
    assert record is not None
    (kept,) = record.alerts
    return kept


UNKNOWN = [
    ("GET", "/api/calls/none", 404, "unknown_call"),
    ("POST", "/api/calls/none/alerts/a1", 404, "unknown_alert"),
    ("POST", "/api/calls/c1/alerts/none", 404, "unknown_alert"),
    ("GET", "/api/none", 404, "not_found"),
    ("GET", "/api", 404, "not_found"),
    ("GET", "/api/state/", 404, "not_found"),
    ("GET", "/api/live", 404, "not_found"),
    ("GET", "/api/openapi.json", 404, "not_found"),
    ("PUT", "/api/state", 405, "method_not_allowed"),
    ("DELETE", "/api/calls/c1", 405, "method_not_allowed"),
    ("POST", "/", 405, "method_not_allowed"),
]


async def test_what_is_not_there_is_said_in_the_same_shape(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        await fill(served.archive)
        for method, path, status, code in UNKNOWN:
            body = {"status": "resolved", "by": "李"} if method == "POST" else None
            response = await served.client.request(method, path, json=body)
            assert (response.status_code, error_of(response)) == (status, code), path


async def test_a_fault_tells_nothing_of_the_inside(tmp_path: Path) -> None:
    class Broken(Archive):
        async def call(self, id: str, scope: Scope = EVERYTHING) -> CallRecord | None:
            raise RuntimeError("/secret/path and what the customer said")

    async with site(tmp_path, archive=Broken) as served:
        response = await served.client.get("/api/calls/c1")
        assert (response.status_code, error_of(response)) == (500, "internal")
        assert "secret" not in response.text
        assert "content-security-policy" in response.headers
        assert (await served.client.get("/api/health")).status_code == 200


async def test_an_archive_out_of_reach_is_said_without_its_path(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        await served.archive.close()
        for path in ("/api/state", "/api/calls", "/api/calls/c1"):
            response = await served.client.get(path)
            assert (response.status_code, error_of(response)) == (503, "archive")
            assert str(tmp_path) not in response.text


async def test_vocabulary(tmp_path: Path) -> None:
    async with site(tmp_path) as served:
        assert (await served.client.get("/api/vocabulary")).json()["kinds"]["escalation"]["zh"] == "升级"
