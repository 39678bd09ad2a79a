"""Words to findings to alerts: the two rooms joined, one way for live calls, recordings and scripts."""

from __future__ import annotations

from typing import NamedTuple

from monitor.alerts.engine import Engine
from monitor.analysis.analyzer import Analyzer
from monitor.records import Alert, Finding, Silence, Utterance


class Judged(NamedTuple):
    """What became of one thing heard: the utterance with its mood, its findings, and the alerts raised or grown."""

    utterance: Utterance | None
    findings: tuple[Finding, ...]
    alerts: tuple[Alert, ...]


def hear(analyzer: Analyzer, engine: Engine, heard: Utterance | Silence) -> Judged:
    """A final utterance or a silence, in the order of the call."""
    insight = analyzer.feed(heard)
    alerts = [alert for finding in insight.findings for alert in engine.feed(finding)]
    return Judged(insight.utterance, insight.findings, (*alerts, *engine.hear(heard.speaker, heard.end)))


def finish(analyzer: Analyzer, engine: Engine, seconds: float, *, whole: bool) -> Judged:
    """The call is over after so many seconds; `whole`: to its own end."""
    findings = analyzer.finish()
    in_order = sorted(findings, key=lambda finding: (finding.start, finding.id))  # as they will be kept
    alerts = [alert for finding in in_order for alert in engine.feed(finding)]
    return Judged(None, findings, (*alerts, *engine.finish(seconds, whole=whole)))
