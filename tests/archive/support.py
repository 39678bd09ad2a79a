"""What many tests ask of an archive: a call as it is kept, and its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from monitor.archive.store import Archive
from monitor.records import CallRecord, Summary
from tests.archive.make import START


async def kept(archive: Archive, id: str = "c1") -> CallRecord:
    record = await archive.call(id)
    assert record is not None
    return record


async def end(archive: Archive, id: str = "c1", ended: datetime = START, **more: Any) -> None:
    known: dict[str, Any] = {"status": "ended", "why": None, "seconds": 60.0, "summary": Summary()}
    await archive.close_call(id, ended=ended, **known | more)
