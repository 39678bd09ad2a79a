"""A live call in the service: its audio goes to the disk first, its records to the archive first, and its alerts are timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from monitor.archive.audio import CallAudio
from monitor.archive.store import Archive
from monitor.audio_clock import AudioClock
from monitor.call import Conversation
from monitor.deliveries import Queued
from monitor.errors import MonitorError
from monitor.ingest.websocket import Ending
from monitor.meters import Meters
from monitor.page.hub import Hub
from monitor.records import Alert, CallInfo, CallStatus, CallView, Finding, Summary, Utterance, Whisper
from monitor.tap import Tap
from monitor.webhooks.courier import Courier

R = TypeVar("R", Utterance, Finding, Alert, Whisper)


class Desk:
    """A live call's outlet: kept in the archive, then shown on the pages."""

    def __init__(self, info: CallInfo, archive: Archive, hub: Hub, clock: AudioClock, meters: Meters, courier: Courier) -> None:
        self._call, self._team, self._archive, self._hub = info.id, info.team, archive, hub
        self._clock, self._meters, self._courier = clock, meters, courier

    async def keep(self, record: R) -> R:
        queued: list[Queued] = self._courier.queued(record, self._team) if isinstance(record, Alert) else []
        kept = await self._archive.add(record, queued)
        self._courier.wake(one.webhook for one in queued)
        return kept

    async def forget(self, record: Utterance | Finding) -> None:
        await self._archive.remove(self._call, "utterance" if isinstance(record, Utterance) else "finding", record.id)

    async def progress(self, view: CallView, summary: Summary | None) -> CallView:
        return await self._archive.progress(view, summary)

    async def close(self, view: CallView, summary: Summary) -> CallView:
        assert view.ended is not None
        taken_over = await self._archive.close_call(
            self._call, status=view.status, why=view.why, seconds=view.seconds, ended=view.ended, summary=summary
        )
        self._meters.call_over(view.status)
        return replace(view, taken_over=taken_over)

    def show(self, type: str, **fields: Any) -> None:
        self._hub.publish(type=type, call=self._call, **fields)

    def raised(self, alert: Alert, said: float, heard: float) -> None:
        latency, delay = self._clock.since(said), self._clock.since(heard)
        if latency is not None and delay is not None:
            self._meters.alert(alert.severity, latency, delay)


class LiveCall:
    """A call as `/ingest` drives it: every sample to who listens in, to the disk, then to the conversation."""

    def __init__(
        self, conversation: Conversation, audio: CallAudio, tap: Tap, rate: int, clock: AudioClock, over: Callable[[], None]
    ) -> None:
        self.conversation = conversation
        self._audio, self._tap, self._rate, self._clock, self._over = audio, tap, rate, clock, over

    async def audio(self, payload: bytes, frames: int) -> None:
        self._clock.received(frames / self._rate)
        self._tap.feed(payload, frames)
        await self._audio.write(payload)
        await self.conversation.audio(payload)
        self._clock.ready()

    async def end(self, status: Ending, why: str | None) -> None:
        """Close file and call, whatever becomes of the other. A failure is shown on the call where it can be, and raised."""
        status_: CallStatus = status
        self._tap.end()
        try:
            try:
                await self._audio.close()
            except MonitorError as error:
                status_, why = "failed", str(error)
            await self.conversation.end(status_, why)
        finally:
            self._over()
