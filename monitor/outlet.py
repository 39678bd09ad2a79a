"""What is shown of a call: kept first, told second, and taken back where it was but guessed and is not so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from monitor.guess import Guess
from monitor.records import SYSTEM, Alert, CallView, Finding, Summary, Utterance, Whisper

WITHDRAWN = "the final words no longer say so"

R = TypeVar("R", Utterance, Finding, Alert, Whisper)


class Outlet(Protocol):
    """Where a call's records go: kept first, shown second. Each method raises MonitorError where it cannot keep."""

    async def keep(self, record: R) -> R:
        """Keep a record in place of the one with its id; returns it as kept."""

    async def forget(self, record: Utterance | Finding) -> None:
        """Take back what was kept."""

    async def progress(self, view: CallView, summary: Summary | None) -> CallView:
        """Keep how the call stands, and what it comes to so far where that is news; returns the view to show."""

    async def close(self, view: CallView, summary: Summary) -> CallView:
        """Keep what it came to; returns the view to show."""

    def show(self, type: str, **fields: Any) -> None:
        """Tell who watches; never waits."""

    def raised(self, alert: Alert, said: float, heard: float) -> None:
        """An alert was shown for the first time. Its phrase ended at call time `said`, the words it was found in at `heard`."""


class Presenter:
    """What one call tells its outlet. Used by one task at a time; what the outlet cannot keep is raised and not shown."""

    def __init__(self, outlet: Outlet, now: Callable[[], datetime]) -> None:
        self._outlet, self._now = outlet, now
        self._alerts: dict[str, Alert] = {}  # settled
        self._raised: set[str] = set()  # alerts shown so far, by id
        self._told = Summary()  # as last shown

    async def settled(self, utterance: Utterance | None, findings: Sequence[Finding], alerts: Iterable[Alert]) -> None:
        """Show what stays so; the alerts are raised now."""
        newest = {alert.id: replace(alert, raised=self._now()) for alert in alerts}
        self._alerts |= newest
        await self._show(utterance, findings, list(newest.values()), provisional=False)

    async def guessed(self, utterance: Utterance, findings: Sequence[Finding], alerts: Sequence[Alert]) -> None:
        """Show what may be so."""
        await self._show(utterance, findings, alerts, provisional=True)

    async def take_back(self, guess: Guess, findings: Iterable[Finding] = (), alerts: Iterable[Alert] = ()) -> None:
        """Withdraw the guessed findings and alerts that are not among these."""
        stay = {finding.id for finding in findings}
        for finding in guess.findings:
            if finding.id not in stay:
                await self._outlet.forget(finding)
                self._outlet.show("finding_withdrawn", id=finding.id)
        stay = {alert.id for alert in alerts}
        for alert in guess.alerts:
            if alert.id not in stay:
                settled = self._alerts.get(alert.id)
                back = settled or replace(alert, status="resolved", by=SYSTEM, when=self._now(), note=WITHDRAWN)
                await self._show_alert(back)

    async def whispered(self, whispers: Sequence[Whisper]) -> list[Whisper]:
        """Show whispers that are new or changed, in that order; returns them as kept."""
        kept = await self._keep_all([replace(whisper, when=self._now()) for whisper in whispers])
        for whisper in kept:
            self._outlet.show("whisper", data=whisper)
        return kept

    async def withdraw(self, guess: Guess) -> None:
        """It was no speech: forget the words with all that was found in them."""
        await self.take_back(guess)
        await self._outlet.forget(guess.utterance)
        self._outlet.show("utterance_withdrawn", id=guess.utterance.id)

    async def progress(self, view: CallView, summary: Summary) -> None:
        """Show how the call stands, and what it comes to so far where that is news."""
        news = _gist(summary) != _gist(self._told)
        kept = await self._outlet.progress(view, summary if news else None)
        if news:
            self.sum_up(summary)
        self._outlet.show("call", data=kept)

    def sum_up(self, summary: Summary) -> None:
        """Tell what is kept of what the call comes to, where it was not told yet."""
        if summary != self._told:
            self._told = summary
            self._outlet.show("summary", data=summary)

    async def _show(
        self, utterance: Utterance | None, findings: Sequence[Finding], alerts: Sequence[Alert], *, provisional: bool
    ) -> None:
        """Keep the words and what was found in them, show both, then the alerts."""
        kept_utterance, kept_findings = await asyncio.gather(
            self._keep_all([utterance] if utterance else []), self._keep_all(findings)
        )
        for kept in kept_utterance:
            self._outlet.show("utterance", data=kept)
        for finding in kept_findings:
            self._outlet.show("finding", data=finding, provisional=provisional)
        await asyncio.gather(*map(self._show_alert, alerts))
        for alert in alerts:
            said = [
                finding.end
                for finding in findings
                if finding.id in alert.because and finding.utterance and (not utterance or finding.utterance == utterance.id)
            ]
            if (
                alert.id not in self._raised and said
            ):  # else raised by what was not said, or said long ago and only doubted then
                self._outlet.raised(alert, max(said), max([*said, utterance.end] if utterance else said))
            self._raised.add(alert.id)

    async def _show_alert(self, alert: Alert) -> None:
        """Shown the moment it is kept: a person's decision kept after it must be shown after it."""
        self._outlet.show("alert", data=await self._outlet.keep(alert))

    async def _keep_all(self, records: Sequence[R]) -> list[R]:
        return list(await asyncio.gather(*(self._outlet.keep(record) for record in records)))


def _gist(summary: Summary) -> Summary:
    """What a summary says that the call's view does not: the rest changes with every utterance."""
    return replace(summary, risk=0, level=0, talk_share={}, opening_valence=None, closing_valence=None)
