"""What a call comes to, its alerts and what it lacks: when they are told, how often, and in review as live."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.alerts.cases import Given
from monitor.alerts.engine import Engine
from monitor.alerts.rules import load_rules
from monitor.analysis.analyzer import Analysis
from monitor.errors import MonitorError
from monitor.outlet import Presenter
from monitor.page.api import local_now
from monitor.records import EarlierCall, Finding, Speech, Utterance
from tests.analysis.talk import said
from tests.call.support import KIND, THREAT, Script, Watched, run, verdict

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


async def test_an_alert_on_words_of_long_ago_is_not_timed() -> None:
    """They were doubted until now: how long ago they ended says nothing of how soon the alert came."""
    words, old = said("agent", "这个不归我管。", 60.0, 62.0), said("agent", "门嘛，总会松的。", 10.0, 12.0)

    def found(utterance: Utterance) -> Finding:
        return Given(u=utterance.id, start=utterance.start, end=utterance.end, **{"is": "banned_phrase/belittle"}).finding()

    engine, watched = Engine(load_rules(), "c", ("agent", "customer")), Watched()
    now, then = found(words), found(old)
    [late], [new] = engine.feed(then), engine.feed(now)
    new = replace(new, id="another")
    await Presenter(watched, local_now).settled(words, [then, now], [late, new])
    assert [(alert.id, said_at) for alert, said_at in watched.timed] == [("another", 62.0)]


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
