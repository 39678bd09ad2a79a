"""`callmonitor webhooks`, against a real server and a real data folder."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor import cli
from monitor.archive.store import Archive
from monitor.config import Data
from monitor.errors import MonitorError
from tests.archive import make
from tests.webhooks.support import KEY, TAKEN, Answer, Peer, Time, put


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return Data(folder=tmp_path / "data")


def run(data: Data, *arguments: str) -> Result:
    path = data.folder.parent / "config.toml"
    lines = [f"[data]\nfolder = {str(data.folder)!r}", '[[webhook]]\nname = "duty"\nshape = "wecom"\nurl = "env:DUTY_URL"']
    path.write_text("\n".join(lines), "utf-8")
    return CliRunner().invoke(cli.cli, ["--config", str(path), "webhooks", *arguments])


async def bury(data: Data) -> int:
    """A dead letter of `duty`, in an archive that is closed again."""
    archive, time = await Archive.open(data), Time()
    await archive.add(make.call())
    await put(archive, time)
    time.seconds += 86_400
    await archive.outbox.tidy([], time.now())
    (letter,) = await archive.outbox.dead()
    await archive.close()
    return letter.id


async def test_a_webhook_can_be_tried(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Peer([Answer(body=TAKEN["wecom"]), Answer(body=b'{"errcode":93000,"errmsg":"invalid webhook url"}')]) as peer:
        monkeypatch.setenv("DUTY_URL", peer.url)
        result = await asyncio.to_thread(run, data, "test", "duty")
        assert (result.exit_code, result.output) == (0, "duty took it\n")
        assert "测试" in json.loads(peer.requests[0].body)["markdown"]["content"]
        result = await asyncio.to_thread(run, data, "test", "duty")
        assert isinstance(result.exception, MonitorError)
        assert str(result.exception) == "duty did not take it: answers with 93000: invalid webhook url"
        assert KEY not in result.output
    assert "config.toml has no webhook 'else'" in str(run(data, "test", "else").exception)


async def test_dead_letters_are_listed_sent_again_and_given_up(data: Data) -> None:
    assert "no dead letters" in (await asyncio.to_thread(run, data, "dead")).output
    id = await bury(data)
    listed = (await asyncio.to_thread(run, data, "dead")).output
    assert all(part in listed for part in (str(id), "duty", "扬言", "c1"))
    archive = await Archive.open(data)  # as while the server runs
    assert "waits again for duty" in (await asyncio.to_thread(run, data, "dead", "--retry", str(id))).output
    assert (await archive.outbox.standing())["duty"].waiting == 1
    gone = await asyncio.to_thread(run, data, "dead", "--drop", str(id))
    assert "there is no dead letter" in str(gone.exception)
    await archive.outbox.tidy([], make.START)
    assert "is given up" in (await asyncio.to_thread(run, data, "dead", "--drop", str(id))).output
    assert await archive.outbox.dead() == []
    trail = [(one.action, one.role, one.call) for one in await archive.audits()]
    assert trail == [("webhook_drop", "console", "c1"), ("webhook_retry", "console", "c1")]
    await archive.close()
