"""Where utterances begin and end: scripted probabilities in, speech and silence out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import config
from monitor.records import RATE, Silence, Speech
from monitor.speech.segmenter import ATTACK, Segmenter
from monitor.speech.vad import WINDOW, WINDOW_SECONDS

Script = list[tuple[float, float]]  # seconds, probability
Heard = list[Speech | Silence]


def run(script: Script, *, drafts: bool = True, cut: int = 7, **segment: float) -> Heard:
    """Feed a script in pieces of `cut` windows; each sample holds the number of its window."""
    levels = [p for seconds, p in script for _ in range(round(seconds / WINDOW_SECONDS))]
    probabilities = np.array(levels, np.float32)
    samples = np.repeat(np.arange(len(levels), dtype=np.float32), WINDOW)
    numbers = itertools.count(1)
    segmenter = Segmenter("c", "customer", config.Vad(), config.Segment(**segment), lambda: f"u{next(numbers)}", drafts=drafts)
    heard: Heard = []
    for at in range(0, len(levels), cut):
        heard += segmenter.feed(samples[at * WINDOW : (at + cut) * WINDOW], probabilities[at : at + cut])
    return heard + segmenter.finish()


def speeches(heard: Heard, stage: str | None = None) -> list[Speech]:
    return [item for item in heard if isinstance(item, Speech) and stage in (None, item.stage)]


def test_an_utterance_is_drafted_then_settled_under_one_id() -> None:
    draft, final = speeches(run([(1, 0), (1, 0.9), (2, 0)], interim_every=9))
    assert (draft.stage, final.stage) == ("draft", "final")
    assert draft.id == final.id == "u1"
    assert final.start == pytest.approx(1 - ATTACK, abs=WINDOW_SECONDS)
    assert final.end == pytest.approx(2, abs=WINDOW_SECONDS)
    assert np.array_equal(draft.samples, final.samples), "nobody spoke on: the draft is the final"


def test_padding_is_the_audio_around_it() -> None:
    (final,) = speeches(run([(1, 0), (1, 0.9), (2, 0)], padding=0.32), "final")
    first = round(final.offset / WINDOW_SECONDS)
    assert final.offset == pytest.approx(final.start - 0.32)
    assert final.samples[0] == first, "the audio is that of its own windows"
    assert len(final.samples) / RATE == pytest.approx(ATTACK + 1 + 0.64, abs=2 * WINDOW_SECONDS)


def test_who_goes_on_within_the_join_is_one_utterance_decoded_again() -> None:
    heard = speeches(run([(0.5, 0), (1, 0.9), (0.5, 0), (1, 0.9), (1, 0)]))
    assert [(item.id, item.stage) for item in heard if item.stage != "interim"] == [
        ("u1", "draft"),
        ("u1", "draft"),
        ("u1", "final"),
    ]
    assert len(heard[-1].spans) == 2
    assert heard[-1].end > heard[0].end


def test_who_pauses_longer_begins_anew() -> None:
    finals = speeches(run([(0.5, 0), (1, 0.9), (0.9, 0), (1, 0.9), (1, 0)]), "final")
    assert [item.id for item in finals] == ["u1", "u2"]


def test_a_blip_is_no_speech() -> None:
    assert not speeches(run([(1, 0), (0.1, 0.9), (2, 0)]))


def test_a_long_stretch_is_cut_where_the_voice_is_weakest_and_nothing_is_lost_or_doubled() -> None:
    heard = run([(0.5, 0), (9, 0.9), (0.2, 0.4), (6, 0.9), (2, 0)], drafts=False)
    first, second = speeches(heard, "final")
    assert first.end == second.start == pytest.approx(9.6, abs=0.15)
    assert second.end == pytest.approx(15.7, abs=0.1)


def test_a_call_that_stops_in_the_middle_of_a_word_keeps_it() -> None:
    (final,) = speeches(run([(0.5, 0), (1, 0.9)]), "final")
    assert final.end == pytest.approx(1.5, abs=WINDOW_SECONDS)


def test_a_call_that_stops_in_a_pause_keeps_what_was_said() -> None:
    assert [item.stage for item in speeches(run([(0.5, 0), (1, 0.9), (0.3, 0)]))][-1] == "final"


def test_drafts_carry_what_the_ones_before_did_not_and_together_all_of_it() -> None:
    script: Script = [(0.5, 0), *[(1.5, 0.9), (0.5, 0)] * 3, (3, 0.9), (0.15, 0), (2, 0.9), (1, 0)]
    heard = speeches(run(script, soft_limit=25))
    (final,) = speeches(run(script, soft_limit=25), "final")
    drafts = [item for item in heard if item.stage == "draft"]
    assert [item.part for item in drafts] == list(range(len(drafts)))
    assert tuple(span for item in drafts for span in item.spans) == final.spans
    for earlier, later in itertools.pairwise(drafts):
        assert later.offset >= earlier.end, "no part's audio holds words of the part before"
    assert all(len(item.samples) < 5.5 * RATE for item in heard if item.stage != "final"), (
        "long speech does not cost its square"
    )


def test_long_speech_gives_interims() -> None:
    heard = speeches(run([(5, 0.9), (1, 0)], interim_every=1.2), "interim")
    assert len(heard) == 4
    assert all(later.end > earlier.end for earlier, later in itertools.pairwise(heard))


def test_without_drafts_only_finals_come_and_they_are_the_same() -> None:
    script: Script = [(1, 0), (3, 0.9), (0.5, 0), (2, 0.8), (1, 0), (1, 0.9), (2, 0)]
    with_drafts = speeches(run(script), "final")
    without = run(script, drafts=False)
    assert speeches(without) == with_drafts
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(speeches(without), with_drafts, strict=True))


def test_silence_grows_and_starts_where_the_voice_ended() -> None:
    silences = [item for item in run([(1, 0.9), (6, 0), (1, 0.9), (1, 0)]) if isinstance(item, Silence)]
    between = [item for item in silences if item.start == pytest.approx(1, abs=0.05)]
    assert [later.end for later in between] == sorted(item.end for item in between)
    assert between[-1].end == pytest.approx(7 - ATTACK, abs=0.05), "and is told to its end when the voice comes back"
    assert max(b.end - a.end for a, b in itertools.pairwise(between)) <= 0.55


scripts = st.lists(st.tuples(st.floats(0.04, 6), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.95])), min_size=1, max_size=20)


@settings(max_examples=150, deadline=None)
@given(script=scripts, cut=st.integers(1, 40))
def test_however_the_audio_is_cut_the_result_is_one(script: Script, cut: int) -> None:
    assert run(script, cut=cut) == run(script, cut=1_000_000)


@settings(max_examples=150, deadline=None)
@given(script=scripts)
def test_finals_follow_each_other_without_overlap_and_audio_covers_them(script: Script) -> None:
    finals = speeches(run(script), "final")
    assert len({item.id for item in finals}) == len(finals)
    for earlier, later in itertools.pairwise(finals):
        assert earlier.end <= later.start
    for item in finals:
        assert item.offset <= item.start < item.end <= item.offset + len(item.samples) / RATE + 1e-6
        assert item.spans[0][0] == item.start
        assert item.spans[-1][1] == item.end
        assert len(item.samples) <= (config.Segment().soft_limit + 2) * RATE
