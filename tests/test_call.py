"""A call from sound to verdict with everything real but the words, which are scripted: what is guessed, kept, taken back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor import config
from monitor.alerts.engine import Engine
from monitor.alerts.rules import Rules, load_rules
from monitor.alerts.whisper_sheet import load_whispers
from monitor.alerts.whispers import Whisperer
from monitor.analysis.analyzer import Analysis
from monitor.call import Conversation, Rooms
from monitor.errors import ArchiveError, MonitorError
from monitor.ingest.file import pcm, probe, speakers
from monitor.ingest.pcm import Decoder
from monitor.page.api import local_now
from monitor.records import (
    Alert,
    CallInfo,
    CallStatus,
    CallView,
    EarlierCall,
    Silence,
    Speech,
    Stage,
    Summary,
    Utterance,
)
from monitor.review import Notebook
from monitor.speech.lead import Past, Shape
from monitor.speech.listener import Listener
from monitor.speech.scheduler import Scheduler
from monitor.speech.strain import NARROW
from monitor.speech.vad import VadModel

THREAT = "我要打一二三一五投诉你们。"
KIND = "好的，谢谢您，麻烦了。"


@dataclass
class Script:
    """A decoder that hears in every stretch what the script says; it writes down what it was given."""

    say: Callable[[Speech], str]
    given: list[tuple[str, Stage]] = field(default_factory=list)
    workers: int = 1

    def shape(self, speech: Speech) -> Shape:
        return Shape(8.0, 0)

    def led(self, speech: Speech, past: Past) -> Speech:
        return speech

    def transcribe(self, batch: Sequence[Speech], *, narrow: bool = False) -> list[Utterance | None]:
        self.given += [(speech.id, speech.stage) for speech in batch]
        return [
            Utterance(
                call=one.call,
                id=one.id,
                speaker=one.speaker,
                start=one.start,
                end=one.end,
                text=self.say(one),
                stage=one.stage,
                confidence=0.9,
                spans=one.spans,
            )
            for one in batch
        ]


class Watched(Notebook):
    """A notebook that also keeps what a page would have been shown; `full`: nothing more can be kept at the end."""

    def __init__(self, *, full: bool = False) -> None:
        super().__init__()
        self.full = full
        self.events: list[tuple[str, Any]] = []
        self.timed: list[tuple[Alert, float]] = []

    async def close(self, view: CallView, summary: Summary) -> CallView:
        if self.full:
            raise ArchiveError("the disk is full", code="disk_full")
        return await super().close(view, summary)

    def show(self, type: str, **fields: Any) -> None:
        assert type != "summary" or fields["data"] == self.summary, "kept before it is shown"
        self.events.append((type, fields.get("data")))

    def raised(self, alert: Alert, said: float, heard: float) -> None:
        assert alert.id in {shown.id for shown in self.of("alert")}, "timed when it is shown, not before"
        assert said <= heard, "a phrase ends no later than the words it is part of"
        self.timed.append((alert, said))

    def of(self, type: str) -> list[Any]:
        return [data for kind, data in self.events if kind == type]


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return Analysis(config.Analysis())


@contextmanager
def threads() -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
    with ThreadPoolExecutor(1) as hearing, ThreadPoolExecutor(1) as thinking:
        yield hearing, thinking


async def run(
    analysis: Analysis,
    script: Script,
    outlet: Notebook,
    sound: Path,
    *,
    live: bool = True,
    segment: config.Segment | None = None,
    spoil: Callable[[Conversation], None] = lambda conversation: None,
    hurried: bool = False,
    rules: Rules | None = None,
    status: CallStatus = "ended",
    earlier: Sequence[EarlierCall] = (),
) -> Notebook:
    """The first 30 s of a bundled call. Each block waits for what it led to, as it would at the speed of speech.

    `hurried`: all in one, so that an utterance's drafts and its final come at once.
    """
    shape = probe(sound)
    channels = speakers(shape.channels, swap=False)
    info = CallInfo(id="c", started=local_now(), source="live" if live else "file", model="script", channels=channels)
    listener = Listener("c", channels, VadModel(), config.Vad(), segment or config.Segment(), drafts=live)
    with threads() as (hearing, thinking):
        async with Scheduler(script, 4) as scheduler:
            conversation = Conversation(
                info,
                Decoder("c", shape.rate, "pcm_s16le", channels),
                listener,
                analysis.call(info, [analysis.remember(call) for call in earlier]),
                Engine(rules or load_rules(), "c", channels),
                Whisperer(load_whispers(), "c"),
                Rooms(scheduler, config.Decode().lead, hearing, thinking, local_now),
                outlet,
            )
            spoil(conversation)
            blocks = list(islice(pcm(sound), 300))
            for block in [b"".join(blocks)] if hurried else blocks:
                await conversation.audio(block)
                await asyncio.gather(*conversation._tasks, return_exceptions=True)
            await conversation.end(status, None)
            left = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            assert left == ["decoder 0"], "a call that is over leaves no task behind"
            assert not len(conversation._dictation), "nor any of its sound"
    return outlet


@pytest.fixture
def sound(calls: Path) -> Path:
    return calls / "dev-09.opus"


def verdict(outlet: Notebook) -> tuple[Any, ...]:
    record = outlet.record()
    alerts = [replace(alert, raised=None) for alert in record.alerts if alert.by != "system"]
    return record.utterances, record.findings, alerts, record.summary


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

    def say(speech: Speech) -> str:
        return "".join(f"{start:.2f}" for start, _ in speech.spans)

    script, live = Script(say), Watched()
    await run(analysis, script, live, sound, spoil=spoil)
    assert script.given
    anew = [id for id, stage in script.given if stage == "final"]
    assert len(anew) < len(live.record().utterances) / 3, "only what no draft had said is decoded anew"
    assert "interim" not in {stage for _, stage in script.given}
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


async def test_an_alert_is_timed_once_from_the_end_of_the_phrase_that_raised_it(
    analysis: Analysis, sound: Path, tmp_path: Path
) -> None:
    (tmp_path / "rules.toml").write_text(ABSENCES + THREATS, "utf-8")
    live = Watched()
    script = Script(lambda speech: KIND if speech.speaker == "agent" else THREAT)
    await run(analysis, script, live, sound, rules=load_rules(tmp_path / "rules.toml"))
    shown = [alert.id for alert in live.of("alert")]
    assert len(set(shown)) < len(shown), "guessed, settled and grown, it was shown more than once"
    timed = {alert.id: said for alert, said in live.timed}
    assert len(timed) == len(live.timed)
    record = live.record()
    phrases = {finding.id: finding for finding in record.findings}
    spoken = [alert for alert in record.alerts if alert.rule == "threat"]
    assert spoken
    assert set(timed) == {alert.id for alert in spoken}, "what was not said has no phrase"
    for alert in spoken:
        assert 0 < timed[alert.id] <= phrases[alert.because[0]].end, "by the first words that bore it"


async def test_what_a_call_comes_to_is_told_as_it_grows(analysis: Analysis, sound: Path) -> None:
    def say(speech: Speech) -> str:
        return "实在对不起，给您添麻烦了。" if speech.speaker == "agent" else "你们的洗衣机用了三天就漏水，我要退货。"

    live = Watched()
    await run(analysis, Script(say), live, sound)
    told = live.of("summary")
    assert told[-1] == live.summary
    assert all(before != after for before, after in pairwise(told))
    kinds = [type for type, _ in live.events]
    assert "call" in kinds[kinds.index("summary") + 1 : -1], "while the call goes on"
    assert live.events[-1][0] == "call", "and the end of the call is told last"
    claims = [len(claim["times"]) for summary in told for claim in summary.claims[:1]]
    assert claims == sorted(claims)
    assert claims[-1] > claims[0] > 1


async def test_an_earlier_call_is_told_with_the_claim_that_repeats_it(analysis: Analysis, sound: Path) -> None:
    said: list[str] = []

    def say(speech: Speech) -> str:
        if speech.speaker == "agent":
            return "您好，请讲。"
        if speech.id not in said:
            said.append(speech.id)
        return "喂，你好。" if speech.id == said[0] else "洗衣机漏水把地板泡坏了，到现在没人来。"

    before = [
        EarlierCall("c2", local_now() - timedelta(days=1), ("我家洗衣机漏水，地板都泡了。",)),
        EarlierCall("c1", local_now() - timedelta(days=2), ("快递显示签收了，我没收到。",)),
    ]
    live, whole = Watched(), Watched()
    await run(analysis, Script(say), live, sound, earlier=before)
    told = [[link["call"] for link in summary.earlier] for summary in live.of("summary")]
    assert all(links == ["c2"] for links in told[told.index(["c2"]) :]), "what is linked stays linked"
    kinds = [type for type, _ in live.events]
    first = next(at for at, (type, data) in enumerate(live.events) if type == "summary" and data.earlier)
    assert "utterance" in kinds[first:], "while the call goes on"
    said.clear()
    await run(analysis, Script(say), whole, sound, live=False, earlier=before)
    assert whole.summary.earlier == live.summary.earlier, "in review as live"
    said.clear()
    assert (await run(analysis, Script(say), Watched(), sound)).summary.earlier == ()


async def test_what_a_call_comes_to_is_told_only_where_it_is_news(analysis: Analysis, sound: Path) -> None:
    live = Watched()
    await run(analysis, Script(lambda speech: KIND), live, sound)
    assert len(live.utterances) > 1
    assert live.of("summary") == [live.summary]


async def test_what_cannot_be_kept_is_not_told(analysis: Analysis, sound: Path) -> None:
    outlet = Watched(full=True)
    with pytest.raises(MonitorError, match="the disk is full"):
        await run(analysis, Script(lambda speech: KIND), outlet, sound)
    assert outlet.of("summary") == []


ABSENCES = """
[[rule]]
id = "unsoothed"
severity = "notice"
title = { zh = "开场十秒没有安抚", en = "Nothing soothing in ten seconds" }
missing = { when = { kind = "step", rule = "soothe" }, within = 10 }
cooldown = inf

[[rule]]
id = "unanswered"
severity = "warning"
title = { zh = "威胁后五秒没有方案", en = "No offer five seconds after a threat" }
when = { kind = "escalation", level_min = 3 }
missing = { when = { kind = "step", rule = "act" }, within = 5 }
cooldown = inf

[[rule]]
id = "unclosed"
severity = "notice"
title = { zh = "没有收尾", en = "Not closed" }
missing = { when = { kind = "step", rule = "close" } }
cooldown = inf
"""

THREATS = """
[[rule]]
id = "threat"
severity = "critical"
title = { zh = "威胁", en = "A threat" }
when = { kind = "escalation", level_min = 3 }
cooldown = inf
"""


async def test_what_is_missing_is_missing_live_and_in_review_and_has_no_end_where_a_call_broke_off(
    analysis: Analysis, sound: Path, tmp_path: Path
) -> None:
    (tmp_path / "rules.toml").write_text(ABSENCES, "utf-8")
    rules = load_rules(tmp_path / "rules.toml")

    def say(speech: Speech) -> str:
        return THREAT if speech.speaker == "customer" else "嗯。"

    live = await run(analysis, Script(say), Watched(), sound, rules=rules)
    offline = await run(analysis, Script(say), Watched(), sound, live=False, rules=rules)
    hurried = await run(analysis, Script(say), Watched(), sound, rules=rules, hurried=True)
    assert verdict(live) == verdict(offline) == verdict(hurried)
    raised = {alert.rule: alert for alert in live.record().alerts}
    threat = next(finding for finding in live.record().findings if (finding.level or 0) >= 3)
    assert raised["unsoothed"].at == 10.0
    assert raised["unanswered"].at == pytest.approx(threat.end + 5)
    assert raised["unanswered"].because[0] == threat.id
    assert raised["unclosed"].at == pytest.approx(30.0, abs=0.001)
    broken = await run(analysis, Script(say), Watched(), sound, rules=rules, status="interrupted")
    assert {alert.rule for alert in broken.record().alerts} == {"unsoothed", "unanswered"}
