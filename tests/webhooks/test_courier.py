"""From the outbox to a real server, whatever that answers; back-off by a clock that the test moves."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import timedelta
from itertools import pairwise

import pytest
import structlog

from monitor.archive import outbox
from monitor.archive.store import Archive
from monitor.config import Data
from monitor.people import AuditEntry
from monitor.records import SYSTEM
from monitor.webhooks.courier import LOOK
from tests.archive import make

from .support import HANG, KEY, PEM, SECRET, TAKEN, Answer, Peer, Time, courier, endpoint, put, route, stepping

OK = Answer(body=TAKEN["wecom"])
BROKEN = Answer(500)


async def states(archive: Archive) -> tuple[int, int]:
    """How many wait and how many are dead."""
    standing = (await archive.outbox.standing()).get("duty")
    return (standing.waiting, standing.dead) if standing else (0, 0)


async def test_what_was_kept_with_the_alert_is_sent_once(archive: Archive) -> None:
    time = Time()
    async with Peer([OK]) as peer, stepping(route(endpoint(peer.url), archive, time)) as way:
        await put(archive, time)
        assert await way.step() == 0.0
        await put(archive, time, because=("u1.legal", "u2.legal"), text="真的要投诉")  # it grows
        time.seconds += 60
        assert await way.step() == LOOK
        (request,) = peer.requests
    assert (request.method, request.target) == ("POST", f"/hook?key={KEY}")
    body = json.loads(request.body)
    assert body["id"] == request.headers["idempotency-key"]
    assert (body["alert"]["text"], body["call"]["customer"]) == ("我要投诉你们", "138****2233")
    assert await states(archive) == (0, 0)
    assert way.about().last == Time().now()


async def test_one_that_became_graver_is_sent_again_and_one_that_did_not_is_not(archive: Archive) -> None:
    time = Time()
    async with Peer([OK]) as peer, stepping(route(endpoint(peer.url), archive, time)) as way:
        for severity in ("warning", "notice", "critical", "critical"):
            await put(archive, time, severity=severity)
            await way.step()
            time.seconds += 1
        assert [json.loads(request.body)["alert"]["severity"] for request in peer.requests] == ["warning", "critical"]


async def test_what_is_taken_back_while_it_waits_is_not_sent_and_raised_again_it_is(archive: Archive) -> None:
    time = Time()
    async with Peer([OK]) as peer, stepping(route(endpoint(peer.url), archive, time)) as way:
        await put(archive, time, delay=3.0)
        assert await way.step() == 3.0
        await archive.add(make.alert("external_threat@u1", status="resolved", by=SYSTEM, when=make.START))
        time.seconds += 3
        assert await way.step() == LOOK
        assert not peer.requests
        await put(archive, time)
        await way.step()
        assert len(peer.requests) == 1


async def test_it_is_tried_again_ever_later_under_the_same_id(archive: Archive) -> None:
    time = Time()
    async with Peer([BROKEN, BROKEN, BROKEN, BROKEN, OK]) as peer, stepping(route(endpoint(peer.url), archive, time)) as way:
        await put(archive, time)
        moments: list[float] = []
        while (await states(archive))[0]:
            before = len(peer.requests)
            wait = await way.step()
            moments += [time.seconds] * (len(peer.requests) - before)
            time.seconds += wait
        assert len({request.headers["idempotency-key"] for request in peer.requests}) == 1
    gaps = [later - first for first, later in pairwise(moments)]
    assert len(gaps) == 4
    assert all(longest / 2 <= gap <= longest for longest, gap in zip((1, 2, 4, 8), gaps, strict=True)), gaps
    assert await states(archive) == (0, 0)
    assert way.about().why is None


async def test_it_waits_as_long_as_it_is_asked_to(archive: Archive) -> None:
    time = Time()
    async with (
        Peer([Answer(429, {"Retry-After": "120"}), OK]) as peer,
        stepping(route(endpoint(peer.url), archive, time)) as way,
    ):
        await put(archive, time)
        await put(archive, time, "another@u2")
        assert await way.step() == 0.0
        assert await way.step() == 120.0, "nor is anything else sent meanwhile"
        time.seconds += 119.9
        assert 0 < await way.step() < 1
        time.seconds += 0.2
        await way.step()
        await way.step()
        assert len(peer.requests) == 3
    assert await states(archive) == (0, 0)


@pytest.mark.parametrize(
    ("answers", "why", "dead"),
    [
        ([HANG], "does not answer within 0.2 s", False),
        ([Answer(302, {"Location": "http://127.0.0.1:1/"})], "redirect", True),
        ([Answer(404)], "answers with HTTP 404", True),
        ([Answer(503)], "answers with HTTP 503", False),
    ],
)
async def test_what_goes_wrong_is_said(archive: Archive, answers: list[Answer], why: str, dead: bool) -> None:
    time = Time()
    async with Peer(answers) as peer, stepping(route(endpoint(peer.url), archive, time, timeout=0.2)) as way:
        await put(archive, time)
        await way.step()
        assert why in (way.about().why or "")
        assert len(peer.requests) == 1
    assert await states(archive) == ((0, 1) if dead else (1, 0))


async def test_who_is_not_there_is_tried_again(archive: Archive) -> None:
    time = Time()
    async with Peer([OK]) as peer:
        pass
    async with stepping(route(endpoint(peer.url), archive, time)) as way:
        await put(archive, time)
        await way.step()
        assert way.about().why == "cannot be reached"
    assert await states(archive) == (1, 0)


async def test_a_certificate_must_be_good(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    time = Time()
    async with Peer([OK], tls=True) as peer:
        await put(archive, time)
        async with stepping(route(endpoint(peer.url), archive, time)) as way:
            await way.step()
            assert "certificate is not to be trusted" in (way.about().why or "")
            assert not peer.requests
        monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
        time.seconds += 60
        async with stepping(route(endpoint(peer.url), archive, time)) as way:
            await way.step()
            assert way.about().why is None
            assert len(peer.requests) == 1


@pytest.mark.parametrize(
    ("shape", "body", "dead"),
    [
        ("wecom", b'{"errcode":93000,"errmsg":"invalid webhook url, hint: [1]"}', True),
        ("wecom", b'{"errcode":45009,"errmsg":"api freq out of limit"}', False),
        ("dingtalk", b'{"errcode":310000,"errmsg":"keywords not in content"}', True),
        ("feishu", b'{"code":19021,"msg":"sign match fail"}', True),
        ("feishu", b"<html>", False),
    ],
)
async def test_a_robot_that_says_no_under_http_200_has_not_taken_it(
    archive: Archive, shape: str, body: bytes, dead: bool
) -> None:
    time = Time()
    async with Peer([Answer(body=body)]) as peer, stepping(route(endpoint(peer.url, shape), archive, time)) as way:
        await put(archive, time)
        await way.step()
        assert len(peer.requests) == 1
    assert await states(archive) == ((0, 1) if dead else (1, 0))


async def test_what_is_refused_holds_up_nothing_behind_it(archive: Archive) -> None:
    time = Time()
    async with Peer([Answer(400), BROKEN, OK]) as peer, stepping(route(endpoint(peer.url), archive, time)) as way:
        for number in range(3):
            await put(archive, time, f"r@u{number}")
        while (await archive.outbox.standing()).get("duty", None) and (await states(archive))[0]:
            time.seconds += await way.step()
        assert [json.loads(request.body)["alert"]["id"] for request in peer.requests] == ["r@u0", "r@u1", "r@u2", "r@u1"]
    (letter,) = await archive.outbox.dead()
    assert (letter.alert.id, letter.why, letter.attempts) == ("r@u0", "answers with HTTP 400", 1)


async def test_what_cannot_be_sent_in_time_dies_and_can_be_sent_again(archive: Archive) -> None:
    time = Time()
    async with Peer([BROKEN]) as peer, stepping(route(endpoint(peer.url), archive, time, max_age=600)) as way:
        await put(archive, time)
        while (await states(archive))[0]:
            time.seconds += await way.step()
        assert 8 <= len(peer.requests) <= 14, "a second, two, four ... at most five minutes apart"
        peer._answers = [OK]
        (letter,) = await archive.outbox.dead()
        assert (letter.why, letter.attempts) == ("answers with HTTP 500", len(peer.requests))
        assert await archive.outbox.retry(letter.id, make_entry(time))
        time.seconds += 300
        await way.step()
        assert (await states(archive)) == (0, 0)
        assert len({request.headers["idempotency-key"] for request in peer.requests}) == 1
        assert not await archive.outbox.retry(letter.id, make_entry(time)), "there is no such dead letter any more"
    assert [entry.action for entry in await archive.audits()] == ["webhook_retry"]


async def test_an_alert_of_yesterday_is_not_told_as_if_it_were_new(archive: Archive) -> None:
    time = Time()
    await put(archive, time)
    time.seconds += 86_400
    async with Peer([OK]) as peer, stepping(route(endpoint(peer.url), archive, time)) as way:
        await way.step()
        assert not peer.requests
    (letter,) = await archive.outbox.dead()
    assert letter.why == outbox.TOO_OLD


async def test_a_storm_becomes_few_messages(archive: Archive) -> None:
    time = Time()
    async with Peer([OK]) as peer, stepping(route(endpoint(peer.url, "wecom"), archive, time)) as way:
        for number in range(120):
            await put(archive, time, f"r@u{number}", title=f"第{number}条")
        while (await states(archive))[0]:
            time.seconds += await way.step()
        texts = [json.loads(request.body)["markdown"]["content"] for request in peer.requests]
    assert len(texts) == 3
    assert [text.splitlines()[0] for text in texts] == ["**50 条新告警**", "**50 条新告警**", "**20 条新告警**"]
    assert all(len(text.encode()) <= 4096 for text in texts)


async def test_a_robot_is_called_no_more_often_than_it_takes(archive: Archive) -> None:
    time = Time()
    moments: list[float] = []
    async with Peer([OK]) as peer, stepping(route(endpoint(peer.url, "wecom"), archive, time)) as way:
        for number in range(60):
            await put(archive, time, f"r@u{number}")
            before = len(peer.requests)
            wait = await way.step()
            moments += [time.seconds] * (len(peer.requests) - before)
            time.seconds += max(wait, 0.5) if wait != LOOK else 0.5
    assert len(moments) > 18
    assert all(later - first >= 60 for first, later in zip(moments, moments[18:], strict=False))


async def test_more_than_may_wait_pushes_out_the_oldest(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "WAITING", 3)
    time = Time()
    for number in range(5):
        await put(archive, time, f"r@u{number}")
        time.seconds += 1
    assert await states(archive) == (3, 2)
    assert {(letter.alert.id, letter.why) for letter in await archive.outbox.dead()} == {
        ("r@u0", outbox.FULL),
        ("r@u1", outbox.FULL),
    }


async def test_killed_in_the_middle_it_goes_again_under_the_same_id_after_a_restart(archive: Archive, data: Data) -> None:
    time = Time()
    async with Peer([HANG, OK]) as peer:
        async with stepping(route(endpoint(peer.url), archive, time)) as way:
            await put(archive, time)
            sending = asyncio.create_task(way.step())
            await peer.got(1)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        await archive.close()
        anew = await Archive.open(data)
        async with stepping(route(endpoint(peer.url), anew, time)) as way:
            await way.step()
            first, second = peer.requests
            assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
            assert first.body == second.body
            assert await way.step() == LOOK
        await anew.close()


async def test_one_that_hangs_holds_up_nobody_else(archive: Archive) -> None:
    async with Peer([HANG]) as dead, Peer([OK]) as well:
        ends = [endpoint(dead.url, name="dead"), endpoint(well.url, name="well")]
        async with courier(ends, archive, timeout=1.0) as running:
            for number in range(5):
                alert = make.alert(f"r@u{number}")
                queued = running.queued(alert, "一组")
                assert {one.webhook for one in queued} == {"dead", "well"}
                await archive.add(alert, queued)
                running.wake(one.webhook for one in queued)
                await well.got(number + 1)
            assert len(await dead.got(1)) >= 1


async def test_stopping_waits_for_what_is_under_way(archive: Archive) -> None:
    async with Peer([OK]) as peer:
        async with courier([endpoint(peer.url)], archive) as running:
            alert = make.alert()
            await archive.add(alert, running.queued(alert, None))
            running.wake(["duty"])
            await peer.got(1)
        assert await states(archive) == (0, 0), "what was taken is known to be taken"


async def test_an_alert_goes_where_it_is_wanted(archive: Archive) -> None:
    ends = [
        endpoint("http://127.0.0.1:1/", name="all", severities=("warning", "critical")),
        endpoint("http://127.0.0.1:1/", name="one", teams=("一组",)),
    ]
    made = courier(ends, archive)

    def told(severity: str, team: str | None, status: str = "open") -> list[str]:
        return [one.webhook for one in made.queued(make.alert(severity=severity, status=status), team)]

    assert told("critical", "一组") == ["all", "one"]
    assert told("critical", "二组") == told("critical", None) == told("warning", "一组") == ["all"]
    assert told("notice", "一组") == told("critical", "一组", "resolved") == []
    for way in made.routes.values():
        await way.client.aclose()


async def test_what_waits_for_a_webhook_that_is_no_more_is_a_dead_letter(archive: Archive) -> None:
    time = Time()
    await put(archive, time)
    assert await archive.outbox.tidy(["another"], time.now()) == 1
    (letter,) = await archive.outbox.dead()
    assert letter.why == outbox.GONE


async def test_what_was_sent_is_forgotten_when_its_call_is_long_over(archive: Archive) -> None:
    time = Time()
    async with Peer([OK]) as peer, stepping(route(endpoint(peer.url), archive, time)) as way:
        await put(archive, time)
        await way.step()
        await archive.outbox.tidy(["duty"], time.now() + outbox.REMEMBERED + timedelta(seconds=1))
        await put(archive, time)
        await way.step()
        assert len(peer.requests) == 2


async def test_no_log_and_no_error_shows_a_secret(
    archive: Archive, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    time = Time()
    echo = Answer(
        body=json.dumps({"errcode": 300001, "errmsg": f"token {KEY} of /hook?key={KEY} or {SECRET} is not exist"}).encode()
    )
    answers = [echo, Answer(500), Answer(302, {"Location": f"http://127.0.0.1:1/?key={KEY}"}), HANG]
    caplog.set_level(logging.DEBUG)
    async with Peer(answers) as peer, stepping(route(endpoint(peer.url, "dingtalk"), archive, time, timeout=0.2)) as way:
        assert KEY not in repr(way.endpoint) + str(way.endpoint.settings)
        with structlog.testing.capture_logs() as logs:
            for number in range(4):
                await put(archive, time, f"r@u{number}")
                await way.step()
                time.seconds += 700
        assert len(await peer.got(3)) >= 3
    said = repr(logs) + caplog.text + "".join(capfd.readouterr()) + repr(await archive.outbox.dead())
    assert "token … of …?… or … is not exist" in said
    assert KEY not in said
    assert SECRET not in said


def make_entry(time: Time) -> AuditEntry:
    return AuditEntry(when=time.now(), who="root", role="console", action="webhook_retry")
