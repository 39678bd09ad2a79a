"""A call from sound to verdict with everything real but the words, which are scripted: what is guessed, kept, taken back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor import config
from monitor.analysis.analyzer import Analysis
from monitor.call import Conversation
from monitor.errors import MonitorError
from monitor.records import RATE, CallView, Chunk, Silence, Speech, Utterance
from monitor.speech.scheduler import LONG
from monitor.speech.strain import NARROW
from tests.call.support import KIND, THREAT, Script, Watched, run, verdict


async def test_what_was_guessed_wrongly_is_taken_back(analysis: Analysis, sound: Path) -> None:
    def say(speech: Speech) -> str:
        return KIND if speech.stage == "final" or speech.speaker == "agent" else THREAT

    # More padding than a draft can have yet: no draft is of the final's very sound, so each final is heard anew.
    wide = config.Segment(padding=0.6)
    live = Watched()
    await run(analysis, Script(say), live, sound, segment=wide)
    assert [finding for finding in live.of("finding") if finding.rule == "regulator"], "a threat was guessed"
    assert [alert for alert in live.of("alert") if alert.status == "open"], "and told"
    record = live.record()
    assert record.utterances
    assert {utterance.text for utterance in record.utterances} == {KIND}
    assert not [finding for finding in record.findings if finding.kind == "escalation"]
    assert record.alerts
    assert {(alert.status, alert.by) for alert in record.alerts} == {("resolved", "system")}
    offline = await run(analysis, Script(say), Watched(), sound, live=False, segment=wide)
    assert verdict(live) == verdict(offline)


async def test_under_strain_a_final_is_its_drafts_and_nothing_said_is_lost(analysis: Analysis, sound: Path) -> None:
    def spoil(conversation: Conversation) -> None:
        strain = conversation._rooms.scheduler._strain
        strain.level, strain._pressed = NARROW, float("inf")

    interims = list[float]()

    def say(speech: Speech) -> str:
        if speech.stage == "interim":
            interims.append(speech.end - speech.start)
        return "".join(f"{start:.2f}" for start, _ in speech.spans)

    script, live = Script(say), Watched()
    await run(analysis, script, live, sound, spoil=spoil)
    assert script.given
    anew = [id for id, stage in script.given if stage == "final"]
    assert len(anew) < len(live.record().utterances) / 3, "only what no draft had said is decoded anew"
    assert all(seconds >= LONG for seconds in interims), "only who talks on without a breath is heard in between"
    offline = await run(analysis, Script(say), Watched(), sound, live=False)
    written, heard = live.record().utterances, offline.record().utterances
    assert [one.spans for one in written] == [one.spans for one in heard]
    assert [re.sub(r"\W", "", one.text) for one in written] == [re.sub(r"\W", "", one.text) for one in heard]
    assert {one.stage for one in written} == {"final"}


async def test_a_threat_guessed_counts_in_the_risk_and_no_longer_than_it_stands(analysis: Analysis, sound: Path) -> None:
    def say(speech: Speech) -> str:
        return KIND if speech.stage == "final" or speech.speaker == "agent" else THREAT

    live = Watched()
    await run(analysis, Script(say), live, sound, segment=config.Segment(padding=0.6))
    views = live.of("call")
    assert max(view.risk for view in views) >= 75
    assert live.view is not None
    assert (live.view.level, live.view.risk) == (0, live.summary.risk)
    assert views[-1] == live.view


async def test_a_draft_of_the_final_sound_is_the_final(analysis: Analysis, sound: Path) -> None:
    script = Script(lambda speech: KIND)
    outlet = await run(analysis, script, Watched(), sound)
    drafted = {id for id, stage in script.given if stage == "draft"}
    settled = {id for id, stage in script.given if stage == "final"}
    assert drafted - settled, "no second decoding of the same sound"
    assert {utterance.stage for utterance in outlet.utterances.values()} == {"final"}
    assert outlet.record().call.seconds == pytest.approx(30.0, abs=0.001), "to the last sample the resampler held"


async def test_a_draft_that_comes_with_its_final_is_not_kept_for_another(analysis: Analysis, sound: Path) -> None:
    script = Script(lambda speech: KIND)
    outlet = await run(analysis, script, Watched(), sound, hurried=True)
    drafted = {id for id, stage in script.given if stage == "draft"}
    assert drafted - {id for id, stage in script.given if stage == "final"}, "no second decoding of the same sound"
    assert {utterance.stage for utterance in outlet.utterances.values()} == {"final"}


async def test_a_draft_that_fails_costs_the_final_nothing(analysis: Analysis, sound: Path) -> None:
    def say(speech: Speech) -> str:
        if speech.stage != "final":
            raise RuntimeError("out of memory")
        return THREAT

    live = Watched()
    with capture_logs() as logs:
        await run(analysis, Script(say), live, sound)
    assert {line["event"] for line in logs} == {"decoding_failed", "guess_failed"}
    offline = await run(analysis, Script(say), Watched(), sound, live=False)
    assert live.record().utterances
    assert verdict(live) == verdict(offline)


async def test_a_fault_in_the_analysis_costs_findings_and_no_words(analysis: Analysis, sound: Path) -> None:
    script = Script(lambda speech: THREAT)

    def spoil(conversation: Conversation) -> None:
        analyzer = conversation._analyzer
        feed = analyzer.feed

        def faulty(heard: Utterance | Silence) -> Any:
            if isinstance(heard, Silence) or heard.speaker == "customer":
                raise KeyError(heard.speaker)
            return feed(heard)

        analyzer.feed = faulty  # type: ignore[method-assign]

    with capture_logs() as logs:
        outlet = await run(analysis, script, Watched(), sound, live=False, spoil=spoil)
    assert {line["event"] for line in logs} == {"analysis_failed"}
    whole = await run(analysis, script, Watched(), sound, live=False)
    assert outlet.utterances.keys() == whole.utterances.keys()
    assert outlet.view is not None
    assert outlet.view.status == "ended"


async def test_a_call_that_cannot_be_closed_is_shown_as_over(analysis: Analysis, sound: Path) -> None:
    outlet = Watched(full=True)
    with pytest.raises(MonitorError, match="the disk is full"):
        await run(analysis, Script(lambda speech: KIND), outlet, sound)
    last: CallView = outlet.of("call")[-1]
    assert (last.status, last.why) == ("failed", "the disk is full")
    assert last.ended is not None


async def test_a_quiet_call_is_heard_less_often_and_who_speaks_at_once(analysis: Analysis, sound: Path) -> None:
    heard = list[tuple[bool, float]]()

    def spoil(conversation: Conversation) -> None:
        listener = conversation._listener
        feed = listener.feed

        def noted(chunks: Iterable[Chunk]) -> list[Speech | Silence]:
            chunks = list(chunks)
            heard.append((listener.quiet, sum(len(chunk.samples) for chunk in chunks) / RATE / 2))
            return feed(chunks)

        listener.feed = noted  # type: ignore[method-assign]

    await run(analysis, Script(lambda speech: KIND), Watched(), sound, spoil=spoil)
    heard = heard[2:-2]  # the resampler fills at first and gives the rest at the end
    asleep, awake = ([seconds for quiet, seconds in heard if quiet is wanted] for wanted in (True, False))
    assert asleep
    assert awake
    assert min(asleep) > 2 * max(awake) * 0.9, "three blocks of a tenth of a second in silence, each by itself in speech"
    assert max(asleep) < 0.45, "nobody waits longer for what comes after a silence"
