"""What a speaker said before: its sound and its words stay together, and no longer than wanted."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from monitor.records import RATE, Samples, Speech, Utterance, Word
from monitor.speech import whisper
from monitor.speech.lead import NOTHING, Past
from monitor.speech.transcript import Transcriber
from monitor.speech.vad import VadModel
from monitor.speech.whisper import Decoder
from tests.speech import sounds
from tests.speech.test_listener import chunks, hear


def spoken(text: str, start: float = 10.0, pace: float = 0.5) -> tuple[Speech, Utterance]:
    """A stretch whose samples tell when they were, with padding of 0.4 s, and its words."""
    characters = [character for character in text if character.isalnum()]
    end = start + pace * len(characters)
    words = tuple(Word(one, start + pace * i, start + pace * (i + 1)) for i, one in enumerate(characters))
    samples = np.linspace(start - 0.4, end + 0.4, round((end - start + 0.8) * RATE), endpoint=False, dtype=np.float32)
    speech = Speech(
        call="c", id="u1", speaker="agent", start=start, end=end, stage="final", spans=((start, end),), voicing=0.9,
        offset=start - 0.4, samples=samples,
    )  # fmt: skip
    said = Utterance(
        call="c", id="u1", speaker="agent", start=start, end=end, text=text, stage="final", confidence=0.9, words=words
    )
    return speech, said


def begins(past: Past) -> list[float]:
    return [round(float(past.samples[at]), 1) for _, at in past.pieces]


def test_words_keep_their_marks_and_their_places_in_the_sound() -> None:
    past = NOTHING.then(*spoken("好的，您说。"), 60.0)
    assert [text for text, _ in past.pieces] == ["好", "的，", "您", "说。"]
    assert begins(past) == [10.0, 10.5, 11.0, 11.5]
    past = past.then(*spoken("嗯。", 20.0), 60.0)
    assert "".join(text for text, _ in past.pieces) == "好的，您说。嗯。"
    assert begins(past)[-1] == 20.0


def test_no_more_is_kept_than_wanted_and_no_word_without_its_sound() -> None:
    past = NOTHING.then(*spoken("一二三四五六七八"), 2.0)
    assert len(past.samples) == 2 * RATE
    assert [text for text, _ in past.pieces] == ["六", "七", "八"]
    assert begins(past) == [12.5, 13.0, 13.5]
    for _ in range(3):
        past = past.then(*spoken("一二三四五六七八"), 2.0)
    assert len(past.samples) == 2 * RATE
    assert past.samples.base is None, "and holds no more memory than it shows"


def test_a_sound_whose_words_are_not_known_leads_nothing() -> None:
    speech, said = spoken("好的")
    past = NOTHING.then(speech, said, 9.0)
    assert past.then(speech, replace(said, words=()), 9.0) is NOTHING
    assert past.then(speech, replace(said, text="不是这些字"), 9.0) is NOTHING


def test_a_lead_is_whole_words_in_a_fit_number_of_tokens(decoder: Decoder) -> None:
    after, _ = spoken("喂？", 60.0)
    assert decoder.led(after, NOTHING) == after
    past, lead = NOTHING, None
    for text in ("我昨天下午在你们那儿买的洗衣机，", "今天早上一开机就漏水了。", "WiFi 也连不上，地板都泡坏了！"):
        past = past.then(*spoken(text, pace=0.2), 60.0)
        lead = decoder.led(after, past).lead
        if lead is None:
            continue
        assert len(lead.tokens) % whisper.LEAD_STEP == 0
        assert 0 < len(lead.tokens) <= whisper.LEAD_TOKENS
        assert len(lead.samples) <= 8 * RATE
        written = decoder._tokenizer.decode(decoder._vocabulary.written(lead.tokens))
        whole = "".join(piece for piece, _ in past.pieces).translate(whisper.HALF_WIDTH)
        assert whole.endswith(written)
        assert lead.samples[0] in [past.samples[at] for _, at in past.pieces]
    assert lead is not None


def test_what_fills_the_context_is_led_by_nothing(decoder: Decoder) -> None:
    past = NOTHING.then(*spoken("我昨天下午在你们那儿买的洗衣机，今天早上一开机就漏水了。", pace=0.2), 60.0)
    assert decoder.led(spoken("喂？", 60.0)[0], past).lead
    for seconds in (20.0, 24.0, 26.5, 28.5):
        speech, _ = spoken("喂？", 60.0, pace=seconds)
        lead = decoder.led(speech, past).lead
        assert len(speech.samples) + (len(lead.samples) if lead else 0) <= whisper.FULL * RATE
    assert lead is None


def test_words_of_another_call_of_latin_letters_stand_apart() -> None:
    past = NOTHING.then(*spoken("OK"), 60.0).then(*spoken("WiFi 坏了。", 20.0), 60.0)
    assert "".join(text for text, _ in past.pieces) == " OK WiFi 坏了。"


@pytest.mark.model
@pytest.mark.parametrize("make", [sounds.noise, sounds.music, sounds.ringing, sounds.silence])
def test_nothing_is_invented_after_speech_either(
    transcriber: Transcriber, calls: Path, make: Callable[[float], Samples]
) -> None:
    heard = hear(VadModel(), chunks(calls / "dev-09.opus"))
    before = [one for one in heard if isinstance(one, Speech) and one.speaker == "customer"][1]
    (said,) = transcriber.transcribe([before])
    assert said
    past = NOTHING.then(before, said, 8.0)
    for seconds in (1.0, 4.0, 11.0):
        item = replace(
            before, id="u9", start=60.0, end=60.0 + seconds, spans=((60.0, 60.0 + seconds),), voicing=0.5, offset=60.0,
            samples=make(seconds),
        )  # fmt: skip
        after = transcriber.led(item, past)
        assert after.lead
        assert transcriber.transcribe([after]) == [None]


@pytest.mark.model
def test_what_leads_a_stretch_is_heard_with_it_and_not_written_again(transcriber: Transcriber, calls: Path) -> None:
    said = [
        one for one in hear(VadModel(), chunks(calls / "dev-09.opus")) if isinstance(one, Speech) and one.speaker == "customer"
    ]
    past, led = NOTHING, 0
    for before, speech in itertools.pairwise(said):
        (first,) = transcriber.transcribe([before])
        past = past.then(before, first, 8.0) if first else past
        after = transcriber.led(speech, past)
        if after.lead is None:
            continue
        led += 1
        (alone,), (with_it,) = transcriber.transcribe([speech]), transcriber.transcribe([after])
        assert with_it is not None
        assert alone is not None
        assert abs(len(with_it.text) - len(alone.text)) <= 4 + len(alone.text) / 3, "no word of the lead is in it"
        assert speech.start - 1e-3 <= with_it.words[0].start < speech.start + 1.0
        assert with_it.words[-1].end <= speech.end + 1e-3
        if led == 4:
            return
    pytest.fail("the call has stretches to lead")
