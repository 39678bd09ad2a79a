"""Recordings reviewed: the live path, fed as fast as it can take it, with memory in the archive's place."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import structlog

from monitor.app import Workshop
from monitor.errors import AudioError, MonitorError
from monitor.ingest.file import SUFFIXES, pcm, probe, speakers
from monitor.records import Alert, CallInfo, CallRecord, CallView, Finding, Summary, Utterance, Whisper, as_json

TOGETHER = 16  # recordings under way at once, so that batches fill
CALL = ("id", "started", "seconds", "agent", "team", "customer", "model", "source")
UTTERANCE = ("id", "speaker", "start", "end", "text", "confidence", "valence", "arousal")
WHISPER = ("id", "at", "say", "reason", "because", "rule", "priority", "expires")
ALERT = ("id", "at", "severity", "rule", "title", "because")

log = structlog.get_logger(__name__)
R = TypeVar("R", Utterance, Finding, Alert, Whisper)


@dataclass(slots=True)
class Notebook:
    """A reviewed call's outlet: the newest of every record, in memory."""

    utterances: dict[str, Utterance] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    whispers: dict[str, Whisper] = field(default_factory=dict)
    view: CallView | None = None
    summary: Summary = field(default_factory=Summary)

    async def keep(self, record: R) -> R:
        match record:
            case Utterance():
                self.utterances[record.id] = record
            case Finding():
                self.findings[record.id] = record
            case Alert():
                self.alerts[record.id] = record
            case Whisper():
                self.whispers[record.id] = record
        return record

    async def forget(self, record: Utterance | Finding) -> None:
        kept: dict[str, Any] = self.utterances if isinstance(record, Utterance) else self.findings
        kept.pop(record.id, None)

    async def progress(self, view: CallView, summary: Summary | None) -> CallView:
        self.view, self.summary = view, summary or self.summary
        return view

    async def close(self, view: CallView, summary: Summary) -> CallView:
        self.view, self.summary = view, summary
        return view

    def show(self, type: str, **fields: Any) -> None:
        return

    def raised(self, alert: Alert, said: float, heard: float) -> None:
        """Nobody waits for it."""

    def record(self) -> CallRecord:
        assert self.view is not None
        return CallRecord(
            call=self.view,
            utterances=tuple(sorted(self.utterances.values(), key=lambda utterance: utterance.start)),
            findings=tuple(sorted(self.findings.values(), key=lambda finding: (finding.start, finding.id))),
            alerts=tuple(sorted(self.alerts.values(), key=lambda alert: (alert.at, alert.id))),
            whispers=tuple(sorted(self.whispers.values(), key=lambda whisper: (whisper.at, whisper.id))),
            summary=self.summary,
        )


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One recording's outcome: its record, or why there is none."""

    path: Path
    record: CallRecord | None
    error: MonitorError | None
    warnings: tuple[str, ...] = ()


def recordings(paths: Iterable[Path]) -> list[Path]:
    """The files named, and those in the folders named that look like recordings, each once, in order.

    Raises AudioError for a path that is not there and for two recordings of one name: their results would be one.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
            found |= dict.fromkeys(inside)
        elif path.exists():
            found[path] = None
        else:
            raise AudioError(f"{path}: there is no such file or folder")
    names: dict[str, Path] = {}
    for path in found:
        other = names.setdefault(call_id(path), path)
        if other != path:
            raise AudioError(f"{other} and {path} would both be call {call_id(path)}; review them one at a time")
    return list(found)


def call_id(path: Path) -> str:
    """A call id from a file's name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", path.stem)[:64] or "recording"


async def review(
    shop: Workshop, paths: Sequence[Path], progress: Callable[[Path, float, float | None], None], *, swap: bool = False
) -> AsyncIterator[Reviewed]:
    """Review recordings, several at once; the outcomes come in the order of `paths`.

    `progress` is told a recording, the seconds of it that are done, and its length where it is known.
    """
    gate = asyncio.Semaphore(TOGETHER)

    async def one(path: Path) -> Reviewed:
        async with gate:
            return await _review(shop, path, progress, swap)

    tasks = [asyncio.create_task(one(path)) for path in paths]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _review(shop: Workshop, path: Path, progress: Callable[[Path, float, float | None], None], swap: bool) -> Reviewed:
    warnings: list[str] = []
    notebook = Notebook()
    try:
        shape = await asyncio.to_thread(probe, path)
        ended = datetime.fromtimestamp((await asyncio.to_thread(path.stat)).st_mtime).astimezone()
        info = CallInfo(
            id=call_id(path),
            started=ended - timedelta(seconds=shape.seconds or 0),
            source="file",
            model=shop.settings.model.name,
            channels=speakers(shape.channels, swap=swap),
        )
        conversation = shop.conversation(info, shape.rate, "pcm_s16le", notebook)
        fault: MonitorError | None = None
        with closing(pcm(path, warned=warnings.append)) as blocks:
            try:
                while block := await asyncio.to_thread(next, blocks, b""):
                    await conversation.audio(block)
                    progress(path, conversation.seconds, shape.seconds)
            except MonitorError as error:
                fault = error
            except Exception:  # one recording's failure is not the others'
                log.exception("review_failed", call=info.id)
                fault = MonitorError(f"{path}: the review of it failed; the log says where", code="internal")
        await conversation.end("failed" if fault else "ended", str(fault) if fault else None)
        if fault:
            return Reviewed(path, None, fault, tuple(warnings))
    except (MonitorError, OSError) as error:
        wrong = error if isinstance(error, MonitorError) else AudioError(f"{path}: cannot be read: {error.strerror}")
        return Reviewed(path, None, wrong, tuple(warnings))
    progress(path, conversation.seconds, conversation.seconds)
    return Reviewed(path, notebook.record(), None, tuple(warnings))


def as_report(record: CallRecord) -> dict[str, Any]:
    """The object that `review --json` prints for a call."""

    def pick(value: Any, names: Sequence[str]) -> dict[str, Any]:
        shape = as_json(value)
        return {name: shape[name] for name in names}

    findings = [{key: value for key, value in as_json(finding).items() if key != "call"} for finding in record.findings]
    return {
        "call": pick(record.call, CALL),
        "utterances": [pick(utterance, UTTERANCE) for utterance in record.utterances],
        "findings": findings,
        "alerts": [pick(alert, ALERT) for alert in record.alerts],
        "whispers": [pick(whisper, WHISPER) for whisper in record.whispers],
        "summary": as_json(record.summary),
    }
