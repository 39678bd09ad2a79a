"""Decoding in company: what a stretch comes to must not depend on what is decoded with it."""

from __future__ import annotations

import gc
import json
from difflib import SequenceMatcher
from pathlib import Path

import ctranslate2
import numpy as np
import opencc

from monitor import config
from monitor.records import RATE, Lead, Samples, Speech
from monitor.speech import whisper
from monitor.speech.vad import VadModel
from monitor.speech.whisper import FULL, Decoder
from tests.speech.sounds import music, noise
from tests.speech.test_listener import chunks, hear


def sounds(count: int) -> list[Samples]:
    return [np.concatenate([noise(1.0, seed=seed), music(1.0, seed), noise(1.0, seed=seed + 9)]) for seed in range(count)]


def stretch(samples: Samples, lead: Lead | None = None) -> Speech:
    end = len(samples) / RATE
    return Speech(
        call="c", id="u1", speaker="agent", start=0.0, end=end, stage="final", spans=((0.0, end),), voicing=0.9, offset=0.0,
        lead=lead, samples=samples,
    )  # fmt: skip


def test_hidden_states_are_those_of_a_stretch_alone(decoder: Decoder) -> None:
    mel = whisper.features(decoder._features, sounds(5), 8.0)
    together = np.array(whisper.encode(decoder._model, mel))
    gc.collect()  # the states of one stretch must outlive the object they came in
    for row, one in zip(together, mel, strict=True):
        alone = np.array(decoder._model.encode(ctranslate2.StorageView.from_array(one[None])))
        assert np.allclose(row, alone[0], atol=1e-4)


def test_words_are_those_of_a_stretch_alone(decoder: Decoder) -> None:
    batch = [stretch(one) for one in sounds(4)]
    together = decoder.decode(batch)
    assert [one.text for one in together] == [decoder.decode([one])[0].text for one in batch]


def test_contexts_come_in_steps_and_leave_room_behind_the_words(decoder: Decoder) -> None:
    settings = config.Decode()
    for seconds in np.arange(0.2, 30.0, 0.3):
        context = decoder.context(stretch(np.zeros(round(seconds * RATE), np.float32)))
        assert context % whisper.CONTEXT_STEP == 0
        assert context == FULL or context >= max(settings.context_min, seconds + settings.context_extra)
        assert context <= FULL


def test_the_probability_of_a_character_tells_how_often_such_are_right(decoder: Decoder, calls: Path) -> None:
    simplified = opencc.OpenCC("tw2s").convert
    sure, unsure = list[bool](), list[bool]()
    for name in ("dev-04", "dev-09"):
        turns = json.loads((calls / f"{name}.json").read_text("utf-8"))["turns"]
        for speech in hear(VadModel(), chunks(calls / f"{name}.opus")):
            if not isinstance(speech, Speech) or speech.stage != "final":
                continue
            said = "".join(turn["text"] for turn in turns if turn["speaker"] == speech.speaker)
            (decoded,) = decoder.decode([speech])
            heard = [(character, token.probability) for token in decoded.pieces for character in simplified(token.text)]
            matcher = SequenceMatcher(None, said, "".join(character for character, _ in heard), autojunk=False)
            right = {at for block in matcher.get_matching_blocks() for at in range(block.b, block.b + block.size)}
            for at, (character, probability) in enumerate(heard):
                assert 0 <= probability <= 1
                if character.isalpha() and (probability > 0.9 or probability < 0.4):
                    (sure if probability > 0.9 else unsure).append(at in right)
    assert min(len(sure), len(unsure)) > 20
    assert np.mean(sure) > 0.9 > 0.7 > np.mean(unsure)
