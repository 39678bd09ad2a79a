"""A live call's alert on its way: kept, queued and sent in one go, with the call's team looked at."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from monitor.archive.store import Archive
from monitor.audio_clock import AudioClock
from monitor.desk import Desk
from monitor.errors import ArchiveError
from monitor.meters import Meters
from monitor.page.hub import Hub
from monitor.records import CallInfo
from monitor.webhooks.courier import Courier
from tests.archive import make

from .support import TAKEN, Answer, Peer, courier, endpoint


async def test_an_alert_that_a_call_keeps_reaches_the_webhooks_of_its_team(archive: Archive) -> None:
    info = make.call(agent="王芳", team="一组", customer="13812342233")
    answer = [Answer(body=TAKEN["dingtalk"])]
    async with Peer(answer) as ours, Peer(answer) as theirs:
        ends = [
            endpoint(ours.url, "dingtalk", name="ours", teams=("一组",)),
            endpoint(theirs.url, "dingtalk", name="theirs", teams=("二组",)),
        ]
        async with courier(ends, archive) as running:
            desk = desk_of(info, archive, running)
            await desk.keep(make.alert("quiet@u1", severity="warning"))
            kept = await desk.keep(make.alert(raised=make.START))
            assert kept in await alerts(archive)
            (request,) = await ours.got(1)
        assert "138＊＊＊＊2233" in json.loads(request.body)["markdown"]["text"]
        assert not theirs.requests
        assert len(ours.requests) == 1


async def test_what_cannot_be_kept_is_not_sent(archive: Archive) -> None:
    async with Peer([Answer(body=TAKEN["dingtalk"])]) as peer, courier([endpoint(peer.url, "dingtalk")], archive) as running:
        desk = desk_of(make.call(), archive, running)
        with pytest.raises(ArchiveError, match="its call is not in the archive"):
            await desk.keep(replace(make.alert(), call="no such call"))
        assert await archive.outbox.standing() == {}


def desk_of(info: CallInfo, archive: Archive, running: Courier) -> Desk:
    return Desk(info, archive, Hub(history=100, queue=10), AudioClock(lambda: 0.0), Meters(), running)


async def alerts(archive: Archive) -> tuple[object, ...]:
    record = await archive.call("c1")
    assert record
    return record.alerts
