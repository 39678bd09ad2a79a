"""The detectors together: one call in, findings, mood and summary out; and that looking ahead changes nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.alerts.engine import Engine
from monitor.alerts.rules import load_rules
from monitor.analysis.analyzer import Analysis, Analyzer
from monitor.config import Analysis as Settings
from monitor.errors import ConfigError
from monitor.records import Finding, Silence, Speaker, Stage, Utterance, as_json
from tests.analysis.talk import info, said, scripts, silent

STAGES: tuple[Stage, ...] = ("interim", "draft")
SPEAKERS: tuple[Speaker, ...] = ("agent", "customer", "unknown")


@lru_cache(maxsize=1)
def analysis() -> Analysis:
    return Analysis(Settings())


def analyzer(*channels: Speaker) -> Analyzer:
    return analysis().call(info(*channels))


@lru_cache(maxsize=1)
def road() -> tuple[Utterance | Silence, ...]:
    """A bundled call that escalates, with the silences its times leave, in the order in which a call delivers them."""
    turns = [line.utterance for line in scripts()[0]]
    heard: list[tuple[float, int, Utterance | Silence]] = [(turn.end + 0.7, 1, turn) for turn in turns]
    for speaker in ("agent", "customer"):
        ends = [0.0, *(turn.end for turn in turns if turn.speaker == speaker)]
        starts = [*(turn.start for turn in turns if turn.speaker == speaker), turns[-1].end + 1]
        for start, end in zip(ends, starts, strict=True):
            reports = [start + 0.5 * step for step in range(2, int((end - start) * 2))] + [end]
            heard += [(report, 0, silent(speaker, start, report)) for report in reports if report > start]
    return tuple(item for _, _, item in sorted(heard, key=lambda item: item[:2]))


def feed(call: Analyzer, heard: tuple[Utterance | Silence, ...]) -> list[tuple[Finding, ...]]:
    return [*(call.feed(item).findings for item in heard), call.finish()]


def test_a_whole_call() -> None:
    call = analyzer()
    found = {finding.id: finding for findings in feed(call, road()) for finding in findings}
    kinds = {(finding.kind, finding.rule) for finding in found.values()}
    assert {
        ("banned_phrase", "not_my_job"),
        ("escalation", "regulator"),
        ("repeated_claim", None),
        ("conduct", "interruption"),
        ("conduct", "dead_air"),
    } <= kinds
    summary = call.summary()
    assert summary.level == 3
    assert summary.risk >= 75
    assert ["三千块", "五千块"] in [claim["values"] for claim in summary.claims]
    assert summary.stressed
    assert summary.talk_share["customer"] > summary.talk_share["agent"] > 0.2
    assert summary.closing_valence is not None
    assert summary.closing_valence < 0
    assert (summary.type, summary.cause, summary.validity) == ("compensation", "product", "valid")
    assert (summary.promises, set(summary.steps.values())) == ((), {None})
    assert summary.steps_missing == ("soothe", "probe", "act", "elevate", "close")
    assert as_json(summary)["claims"]


def test_findings_rest_on_the_words_they_quote() -> None:
    call = analyzer()
    for item in road():
        insight = call.feed(item)
        for finding in insight.findings:
            assert finding.because
            assert finding.start <= finding.end
            if finding.span and isinstance(item, Utterance):
                assert item.text[slice(*finding.span)] == finding.text


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_peeking_changes_nothing(data: st.DataObject) -> None:
    plain, curious = analyzer(), analyzer()
    texts = [item.text for item in road() if isinstance(item, Utterance)]
    for item in road()[:120]:
        for _ in range(data.draw(st.integers(0, 2))):
            text = data.draw(st.sampled_from(texts))
            stage = data.draw(st.sampled_from(STAGES))
            speaker = data.draw(st.sampled_from(SPEAKERS))
            curious.peek(said(speaker, text[: data.draw(st.integers(0, len(text)))], item.start, item.end, stage=stage))
        assert curious.feed(item) == plain.feed(item)
    assert curious.summary() == plain.summary()
    assert curious.finish() == plain.finish()


def test_a_draft_is_judged_as_its_final_will_be() -> None:
    call = analyzer()
    final = said("customer", "叫你们领导来，我要打12315！", 1.0, 4.0, id="u1")
    draft = call.peek(replace(final, stage="draft"))
    settled = call.feed(final)
    assert [finding.id for finding in draft.findings] == [finding.id for finding in settled.findings] != []
    assert draft.utterance is not None
    assert draft.utterance.valence == (settled.utterance.valence if settled.utterance else None)


def test_of_an_interim_only_what_is_surely_said() -> None:
    call = analyzer()
    early = call.peek(said("customer", "我要打12315", id="u1", stage="interim"))
    later = call.peek(said("customer", "我要打12315，你们等着吧", id="u1", stage="interim"))
    assert not early.findings
    assert {finding.rule for finding in later.findings} == {"regulator"}


def test_only_final_utterances_are_fed() -> None:
    with pytest.raises(ValueError, match="u7 is draft"):
        analyzer().feed(said("agent", "您好", id="u7", stage="draft"))


def test_dead_air_comes_with_the_silence_that_makes_it() -> None:
    call = analyzer()
    call.feed(said("customer", "您查一下我的订单。", 1.0, 4.0))
    call.feed(silent("agent", 0.0, 9.5))
    (found,) = call.feed(silent("customer", 4.0, 9.5)).findings
    assert (found.id, found.utterance) == ("s4000.dead_air", None)
    assert call.finish() == ()


def test_the_end_of_the_call_ends_an_open_silence() -> None:
    call = analyzer()
    for item in (said("customer", "喂？", 1.0, 2.0), silent("agent", 0.0, 7.6), silent("customer", 2.0, 7.6)):
        call.feed(item)
    call.feed(silent("agent", 0.0, 8.1))
    call.feed(silent("customer", 2.0, 8.1))
    (found,) = call.finish()
    assert (found.id, found.end) == ("s2000.dead_air", 8.1)


def test_a_mono_recording_is_analysed_as_far_as_it_can_be() -> None:
    call = analyzer("unknown")
    for item in road():
        item = replace(item, speaker="unknown")
        kinds = {finding.kind for finding in call.feed(item).findings}
        assert not kinds & {"banned_phrase", "overpromise", "repeated_claim"}
    summary = call.summary()
    assert summary.talk_share == {"unknown": 1.0}
    assert summary.opening_valence is not None


def test_calls_know_nothing_of_each_other() -> None:
    first, second = analyzer(), analyzer()
    feed(first, road())
    assert second.summary().risk == 0
    assert not second.feed(said("customer", "地板，赔我五千块。")).findings


@pytest.mark.parametrize("text", ["", "。", "好", "😀" * 50, "OK", "我要投訴你們", "不可能" * 1000, "，" * 3000, "\x00\u200b"])
def test_odd_texts_are_heard_quietly(text: str) -> None:
    call = analyzer()
    for speaker in ("agent", "customer", "unknown", "customer"):
        assert call.peek(said(speaker, text, stage="interim")).utterance is not None
        assert call.feed(said(speaker, text)).utterance is not None


def test_everything_found_has_a_name_in_both_languages() -> None:
    vocabulary = analysis().vocabulary
    found = [finding for findings in feed(analyzer(), road()) for finding in findings]
    for finding in found:
        assert vocabulary["kinds"][finding.kind].keys() == {"zh", "en"}
        if finding.rule:
            assert vocabulary["rules"][f"{finding.kind}/{finding.rule}"].keys() == {"zh", "en"}


def test_a_sites_own_language_of_claims_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "claims.toml").write_text("social = 1\n", "utf-8")
    with pytest.raises(ConfigError, match=r"claims\.toml"):
        Analysis(Settings(playbook=tmp_path))


def test_a_misheard_bare_wait_is_known_by_the_silence_after_it_and_completes_a_third() -> None:
    call, engine = analyzer(), Engine(load_rules(None), "c", ("agent", "customer"))
    wait = said("agent", "我拧青一期限。", 8.5, 10.5)
    call.feed(said("customer", "你好，我上周买的热水器漏水了，楼下都给淹了，你们到底管不管？", 0.0, 8.0))
    assert not call.feed(wait).findings
    call.feed(silent("customer", 8.0, 17.0))
    told = call.feed(silent("agent", 10.5, 17.0)).findings
    assert [(one.rule, one.utterance) for one in told] == [("stall", wait.id), ("dead_air", None)]
    call.feed(silent("customer", 8.0, 19.0))
    assert [one.rule for one in call.feed(silent("agent", 10.5, 19.0)).findings] == ["dead_air"], "the silence has grown"
    after = [
        *call.feed(said("customer", "还有人吗？", 19.5, 20.5)).findings,
        *call.feed(said("agent", "这个不归我们管。", 21.0, 23.0)).findings,
        *call.feed(said("customer", "那归谁管？", 23.5, 24.5)).findings,
        *call.feed(said("agent", "你自己上网看去，说明书上都写着呢。", 25.0, 28.0)).findings,
    ]
    alerts = [alert for one in (*told, *after) for alert in engine.feed(one)]
    assert [alert.rule for alert in alerts if alert.severity == "critical"] == ["three_banned_phrases"]
    assert sum(one.rule == "stall" for one in after) == 0
