"""Labelled calls judged by their scripts: the words as written, at their times, without recognition or voice.

For whoever adapts phrases at a desk: seconds instead of minutes. What depends on the voice or on recognition errors needs the
sound.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor import judge
from monitor.alerts.engine import Engine
from monitor.alerts.rules import Rules
from monitor.alerts.whisper_sheet import Whispers
from monitor.alerts.whispers import Whisperer
from monitor.analysis.analyzer import Analysis
from monitor.labels import Labelled, Sample
from monitor.records import CallInfo, CallRecord, CallView, Silence, Speaker, Utterance
from monitor.review import Notebook

SILENT = Whispers(())
MODEL = "script"  # in a result, where a speech model's name would be
SIDES: tuple[Speaker, ...] = ("agent", "customer")
STARTED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday morning, so that 明天下午 has a date
SETTLED = 0.7  # seconds after its last word until an utterance is settled
TICK = 0.5  # seconds between two reports of a silence


def review(
    sample: Sample,
    analysis: Analysis,
    rules: Rules,
    took: list[float] | None = None,
    *,
    whispers: Whispers = SILENT,
) -> CallRecord:
    """The record of a labelled call, as if every word had been heard right.

    To `took` is added for each utterance how many seconds of a core its analysis took.
    """
    info = CallInfo(id=sample.id, started=STARTED, source="file", model=MODEL, channels=SIDES)
    analyzer, engine, whisperer = analysis.call(info), Engine(rules, info.id, SIDES), Whisperer(whispers, info.id)
    notebook = Notebook()

    def keep(judged: judge.Judged) -> None:
        if judged.utterance:
            notebook.utterances[judged.utterance.id] = judged.utterance
        notebook.findings.update({finding.id: finding for finding in judged.findings})
        notebook.alerts.update({alert.id: alert for alert in judged.alerts})
        notebook.whispers.update({whisper.id: whisper for whisper in judged.whispers})

    for heard in _heard(sample.id, sample.labels):
        began = time.process_time()
        judged = judge.hear(analyzer, engine, whisperer, heard)
        if took is not None and isinstance(heard, Utterance):
            took.append(time.process_time() - began)
        keep(judged)
    keep(judge.finish(analyzer, engine, whisperer, sample.labels.length, whole=True))
    notebook.summary = analyzer.summary()
    notebook.view = CallView(
        id=info.id,
        started=STARTED,
        ended=STARTED + timedelta(seconds=sample.labels.length),
        seconds=sample.labels.length,
        model=MODEL,
        source="file",
        status="ended",
        channels=SIDES,
    )
    return notebook.record()


def _heard(call: str, labels: Labelled) -> Iterator[Utterance | Silence]:
    """Finals and silences in the order in which they would be settled."""
    events: list[tuple[float, int, Utterance | Silence]] = []
    for side in SIDES:
        quiet = 0.0
        turns = [(number, turn) for number, turn in enumerate(labels.turns, 1) if turn.speaker == side]
        for number, turn in sorted(turns, key=lambda pair: pair[1].start):
            events += _silences(call, side, quiet, turn.start)
            utterance = Utterance(
                call=call,
                id=f"u{number}",
                speaker=side,
                start=turn.start,
                end=turn.end,
                text=turn.text,
                stage="final",
                confidence=1.0,
                spans=((turn.start, turn.end),),
            )
            events.append((turn.end + SETTLED, 0, utterance))
            quiet = max(quiet, turn.end)
        events += _silences(call, side, quiet, labels.length)
    for _, _, heard in sorted(events, key=lambda event: event[:2]):
        yield heard


def _silences(call: str, side: Speaker, start: float, end: float) -> list[tuple[float, int, Utterance | Silence]]:
    """One silence as it grows, and at its end."""
    whole = Silence(call, side, start, end)
    first = start + (SETTLED if start else 0.0) + TICK
    grown = [first + TICK * n for n in range(max(0, int((end - first) / TICK)))]
    ticks = [(at, 1, replace(whole, end=at)) for at in grown]
    return [*ticks, (max(end, start + SETTLED), 1, whole)] if end > start else []
