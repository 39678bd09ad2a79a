"""From sound to alert through the whole product: one path live and offline, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import av
import pytest
from websockets.asyncio.client import connect

from monitor import app, config, review
from monitor.archive.audio import audio_path
from monitor.errors import ArchiveError, ProtocolError
from monitor.ingest.file import pcm, probe
from monitor.page.api import local_now
from monitor.records import CallRecord, Summary, as_json
from tests.archive import make
from tests.road.support import Running, over, running, settings, until, watching

pytestmark = pytest.mark.model

CALL = "dev-09"  # 96 s: two threats of the worst kind, and an agent who says eight things he must not


def verdict(record: CallRecord) -> dict[str, Any]:
    """What a call came to, without what only a live call has (names, wall-clock times, guesses taken back).

    Whispers are no verdict: they mind which guesses were shown before.
    """
    report = review.as_report(record)
    del report["call"], report["whispers"]
    taken_back = {alert.id for alert in record.alerts if alert.by == "system"}
    report["alerts"] = [alert for alert in report["alerts"] if alert["id"] not in taken_back]
    return report


async def reviewed(made: config.Config, path: Path) -> CallRecord:
    async with app.workshop(made) as shop:
        async for outcome in review.review(shop, [path], lambda path, done, seconds: None):
            assert outcome.record, outcome.error
            return outcome.record
    raise AssertionError("no outcome")


async def test_live_and_review_come_to_the_same_verdict(tmp_path: Path, calls: Path) -> None:
    made = settings(tmp_path / "data")
    async with running(made) as product, watching(product.port) as page:
        await product.play(calls / f"{CALL}.opus", "live-1")
        events = await until(page, over("live-1"))
        live = await product.service.archive.call("live-1")
    assert live is not None
    offline = await reviewed(made, calls / f"{CALL}.opus")
    assert verdict(live) == verdict(offline)
    kinds = {finding.kind for finding in live.findings}
    assert {"banned_phrase", "escalation"} <= kinds
    assert any(alert.severity == "critical" for alert in live.alerts)

    shown: dict[str, dict[str, Any]] = {"utterance": {}, "finding": {}, "alert": {}, "whisper": {}}
    for event in events:
        if event["type"] in shown:
            shown[event["type"]][event["data"]["id"]] = event["data"]
        elif event["type"].endswith("_withdrawn"):
            shown[event["type"].removesuffix("_withdrawn")].pop(event["id"], None)
    assert set(shown["utterance"]) == {one.id for one in live.utterances}
    assert {id: one["text"] for id, one in shown["utterance"].items()} == {one.id: one.text for one in live.utterances}
    assert set(shown["finding"]) == {one.id for one in live.findings}, "what the page saw is what was kept"
    assert shown["whisper"] == {one.id: as_json(one) for one in live.whispers}
    assert any(one.priority >= 80 for one in live.whispers)
    assert {one.status for one in live.whispers} == {"withdrawn"}, "the call is over"
    told = [event["data"] for event in events if event["type"] == "summary"]
    assert len(told) > 1, "told as it grows"
    assert told[-1] == as_json(live.summary), "and in the end what was kept"
    assert [event["seq"] for event in events] == list(range(events[0]["seq"], events[0]["seq"] + len(events)))


async def test_a_repeat_caller_is_linked_to_what_he_said_before(tmp_path: Path, calls: Path) -> None:
    made = settings(tmp_path / "data")
    number, before = "13800112233", local_now() - timedelta(days=3)
    async with running(made) as product, watching(product.port) as page:
        archive = product.service.archive
        for id, text in (("mine", "我的车被你们外墙掉下来的砖砸了，没人管。"), ("other", "你好，我想改一下账单日。")):
            await archive.add(make.call(id, started=before, customer=number))
            await archive.add(make.utterance(call=id, text=text))
            await archive.close_call(id, status="ended", why=None, seconds=9, ended=before, summary=Summary())
        await product.play(calls / f"{CALL}.opus", "again", customer=number)
        events = await until(page, over("again"))
        answer = await product.get("/api/calls/again")
    (link,) = answer["summary"]["earlier"]
    told = [at for at, event in enumerate(events) if event["type"] == "summary" and event["data"]["earlier"] == [link]]
    assert "utterance" in {event["type"] for event in events[told[0] :]}, "while the customer is on the line"
    assert number not in json.dumps([events[at] for at in told]), "who may not see numbers may see this"
    assert link["call"] == "mine"
    assert datetime.fromisoformat(link["started"]) == before.replace(microsecond=before.microsecond // 1000 * 1000)
    assert "砖" in link["text"]


async def test_evidence_is_the_words_that_were_said(tmp_path: Path, calls: Path) -> None:
    record = await reviewed(settings(tmp_path / "data"), calls / f"{CALL}.opus")
    texts = {one.id: one for one in record.utterances}
    spanned = [finding for finding in record.findings if finding.span and finding.utterance]
    assert spanned
    for finding in spanned:
        assert finding.span
        assert finding.utterance
        utterance = texts[finding.utterance]
        assert finding.text == utterance.text[slice(*finding.span)]
        assert utterance.start - 0.01 <= finding.start <= finding.end <= utterance.end + 0.01
        assert finding.because


async def test_a_client_that_vanishes_leaves_an_interrupted_call_with_all_that_arrived(tmp_path: Path, calls: Path) -> None:
    made = settings(tmp_path / "data")
    path = calls / f"{CALL}.opus"
    shape = probe(path)
    async with running(made) as product, watching(product.port) as page:
        async with connect(product.ingest, proxy=None) as client:
            await client.send(hello(product, "gone-1", rate=shape.rate))
            assert json.loads(await client.recv())["type"] == "ready"
            for number, block in enumerate(pcm(path)):
                if number == 150:
                    break
                await client.send(number.to_bytes(4, "big") + block)
            client.transport.abort()
        await until(page, over("gone-1"))
        record = await product.service.archive.call("gone-1")
    assert record is not None
    assert record.call.status == "interrupted"
    assert record.call.seconds == pytest.approx(15, abs=0.2)
    assert record.utterances
    with av.open(str(audio_path(made.data, "gone-1", record.call.started))) as file:
        assert float(file.duration / av.time_base) == pytest.approx(15, abs=0.1)


async def test_a_call_that_goes_wrong_leaves_the_other_alone(tmp_path: Path, calls: Path) -> None:
    async with running(settings(tmp_path / "data")) as product, watching(product.port) as page:

        async def spoil() -> str:
            async with connect(product.ingest, proxy=None) as client:
                await client.send(hello(product, "bad-1"))
                await client.recv()
                await client.send((0).to_bytes(4, "big") + bytes(1600))
                await client.send((0).to_bytes(4, "big") + bytes(1600))
                return str(json.loads(await client.recv())["code"])

        code, _ = await asyncio.gather(spoil(), product.play(calls / "dev-13.opus", "good-1"))
        assert code == "out_of_order"
        bad = await product.service.archive.call("bad-1")
        good = await product.service.archive.call("good-1")
        assert bad
        assert good
        assert (bad.call.status, good.call.status) == ("failed", "ended")
        assert bad.call.why
        assert len(good.utterances) > 12
        assert not [alert for alert in good.alerts if alert.severity == "critical"], "a friendly call"
        del page


async def test_a_call_that_could_not_be_kept_leaves_its_id_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: Path
) -> None:
    async def full(record: object) -> None:
        raise ArchiveError("the disk is full", code="disk_full")

    async with running(settings(tmp_path / "data")) as product:
        with monkeypatch.context() as patch:
            patch.setattr(product.service.archive, "add", full)
            with pytest.raises(ProtocolError, match="the disk is full"):
                await product.play(calls / f"{CALL}.opus", "one")
        async with connect(product.ingest, proxy=None) as client:
            await client.send(hello(product, "one"))
            assert json.loads(await client.recv())["type"] == "ready"


async def test_ids_are_used_once_and_calls_are_limited(tmp_path: Path) -> None:
    made = settings(tmp_path / "data", ingest=config.Ingest(max_calls=1))
    async with running(made) as product, connect(product.ingest, proxy=None) as first:
        await first.send(hello(product, "one"))
        assert json.loads(await first.recv())["type"] == "ready"
        for call, code in (("one", "too_many_calls"), ("two", "too_many_calls")):
            async with connect(product.ingest, proxy=None) as second:
                await second.send(hello(product, call))
                assert json.loads(await second.recv())["code"] == code
        await first.send('{"type":"bye"}')
        assert json.loads(await first.recv())["type"] == "done"
        with pytest.raises(ProtocolError, match="was here before"):
            await product.play(Path(__file__).parent.parent / "data/calls/dev-04.opus", "one")


def hello(product: Running, call: str, *, rate: int = 8000) -> str:
    return json.dumps(
        {
            "type": "hello",
            "version": 1,
            "token": product.service.token,
            "call": call,
            "rate": rate,
            "encoding": "pcm_s16le",
            "channels": ["agent", "customer"],
        }
    )
