"""What was shown of an utterance while it could still change, so that it can be taken back."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.records import Alert, Finding, Utterance, Whisper


@dataclass(slots=True)
class Guess:
    """What was shown of an utterance before it was settled."""

    utterance: Utterance
    findings: tuple[Finding, ...]
    alerts: tuple[Alert, ...]
    whispers: tuple[Whisper, ...] = ()

    def news(self, before: Guess | None) -> tuple[list[Finding], list[Alert]]:
        """The findings and alerts that were not shown with the guess before, or now rest on other words or stand elsewhere."""
        findings = {(one.id, one.text, one.span) for one in before.findings} if before else set()
        alerts = {(one.id, one.because) for one in before.alerts} if before else set()
        return (
            [one for one in self.findings if (one.id, one.text, one.span) not in findings],
            [one for one in self.alerts if (one.id, one.because) not in alerts],
        )

    def add(self, before: Guess) -> None:
        """What was shown before stays shown."""
        findings, alerts = {one.id for one in self.findings}, {one.id for one in self.alerts}
        self.findings += tuple(one for one in before.findings if one.id not in findings)
        self.alerts += tuple(one for one in before.alerts if one.id not in alerts)
