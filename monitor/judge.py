"""Words to findings to alerts and whispers: the two rooms joined, one way for live calls, recordings and scripts."""

from __future__ import annotations

from typing import NamedTuple

from monitor.alerts.engine import Engine
from monitor.alerts.whispers import Whisperer
from monitor.analysis.analyzer import Analyzer
from monitor.records import Alert, Finding, Silence, Summary, Utterance, Whisper


class Judged(NamedTuple):
    """What became of one thing heard: the utterance with its mood, its findings, the alerts raised or grown, the whispers sent
    or withdrawn, and what the call comes to by then."""

    utterance: Utterance | None
    findings: tuple[Finding, ...]
    alerts: tuple[Alert, ...]
    whispers: tuple[Whisper, ...] = ()
    summary: Summary | None = None  # None: as before


def hear(analyzer: Analyzer, engine: Engine, whisperer: Whisperer, heard: Utterance | Silence) -> Judged:
    """A final utterance or a silence, in the order of the call."""
    insight = analyzer.feed(heard)
    alerts = [alert for finding in insight.findings for alert in engine.feed(finding)]
    alerts += engine.hear(heard.speaker, heard.end)
    summary = analyzer.summary()
    whispers = whisperer.feed(insight.utterance or heard, insight.findings, summary)
    return Judged(insight.utterance, insight.findings, tuple(alerts), tuple(whispers), summary)


def finish(analyzer: Analyzer, engine: Engine, whisperer: Whisperer, seconds: float, *, whole: bool) -> Judged:
    """The call is over after so many seconds; `whole`: to its own end."""
    findings = analyzer.finish()
    in_order = sorted(findings, key=lambda finding: (finding.start, finding.id))  # as they will be kept
    alerts = [alert for finding in in_order for alert in engine.feed(finding)]
    alerts += engine.finish(seconds, whole=whole)
    return Judged(None, findings, tuple(alerts), tuple(whisperer.close()), analyzer.summary())
