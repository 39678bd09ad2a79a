"""Marks and times of the text, and the real model on real and empty sound."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from monitor import config
from monitor.records import RATE, Chunk, Samples, Speech, Utterance
from monitor.speech.lead import NOTHING, Shape
from monitor.speech.listener import Listener
from monitor.speech.transcript import Piece, Transcriber, assemble, punctuate
from monitor.speech.vad import VadModel
from monitor.speech.whisper import Decoder
from tests.speech import sounds
from tests.speech.test_listener import chunks, hear, two


def pieces(text: str, start: float = 0.0, step: float = 0.2) -> list[Piece]:
    """One piece a character, evenly spaced; a mark belongs to the character before."""
    made: list[Piece] = []
    for match in re.finditer(r"(\w)([^\w]*)", text):
        made.append(Piece(match[1], match[2], start + step * len(made)))
    return made


def text_of(made: list[Piece]) -> str:
    return assemble(made, 99.0)[0]


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("你好,请问?", "你好，请问？"),
        ("你好 请讲", "你好，请讲。"),
        ("好的.", "好的。"),
        ("真的吗?!", "真的吗？"),
        ("退款,,到账.", "退款，到账。"),
        ("等一下,", "等一下。"),
    ],
)
def test_marks_are_chinese_and_single(heard: str, wanted: str) -> None:
    assert text_of(punctuate(pieces(heard), [(0, 99)], closed=True)) == wanted


def test_an_interim_is_left_open() -> None:
    assert text_of(punctuate(pieces("我要投"), [(0, 1)], closed=False)) == "我要投"


def test_a_breath_without_a_mark_gets_a_comma() -> None:
    made = pieces("这个得走财务的流程") + pieces("到时候再说吧", start=2.4)
    assert text_of(punctuate(made, [(0, 1.8), (2.4, 3.6)], closed=True)) == "这个得走财务的流程，到时候再说吧。"


def test_a_breath_that_has_its_mark_gets_no_second() -> None:
    made = pieces("好的，") + pieces("没问题", start=1.0)
    assert text_of(punctuate(made, [(0, 0.4), (1.0, 1.6)], closed=True)) == "好的，没问题。"


def test_words_follow_each_other_and_leave_the_marks_out() -> None:
    text, words = assemble(punctuate(pieces("退我60块。"), [(0, 9)], closed=True), 2.0)
    assert text == "退我60块。"
    assert "".join(word.text for word in words) == "退我60块"
    assert all(a.end == b.start for a, b in itertools.pairwise(words))
    assert words[-1].end == 2.0


def transcribe(transcriber: Transcriber, spoken: list[Speech]) -> list[Utterance | None]:
    by_shape: dict[Shape, list[Speech]] = {}
    for item in spoken:
        by_shape.setdefault(transcriber.shape(item), []).append(item)
    done = {item.id: one for batch in by_shape.values() for item, one in zip(batch, transcriber.transcribe(batch), strict=True)}
    return [done[item.id] for item in spoken]


@pytest.fixture(scope="module")
def first_minute(transcriber: Transcriber, calls: Path) -> list[Utterance]:
    by_speaker: dict[str, list[Samples]] = {"agent": [], "customer": []}
    for piece in chunks(calls / "dev-04.opus"):
        for chunk in piece:
            by_speaker[chunk.speaker].append(chunk.samples)
    agent, customer = (np.concatenate(by_speaker[who])[: 41 * RATE] for who in ("agent", "customer"))
    spoken = [item for item in hear(VadModel(), two(agent, customer)) if isinstance(item, Speech)]
    return [one for one in transcribe(transcriber, spoken) if one]


@pytest.mark.model
def test_a_real_call_is_written_down(first_minute: list[Utterance], calls: Path) -> None:
    turns = [turn for turn in json.loads((calls / "dev-04.json").read_text("utf-8"))["turns"] if turn["end"] < 41]
    for who in ("agent", "customer"):
        wanted = re.sub(r"\W", "", "".join(turn["text"] for turn in turns if turn["speaker"] == who))
        written = re.sub(r"\W", "", "".join(one.text for one in first_minute if one.speaker == who))
        shared = sum(written.count(character) > 0 for character in wanted)
        assert shared / len(wanted) > 0.7
        assert 0.7 < len(written) / len(wanted) < 1.3


@pytest.mark.model
def test_it_is_simplified_and_punctuated(first_minute: list[Utterance]) -> None:
    text = "".join(one.text for one in first_minute)
    assert not re.search("[們個這來說麼還沒問請讓]", text)
    assert all(one.text[-1] in "。？！" for one in first_minute)
    assert not re.search(r"[,?!;]", text)


@pytest.mark.model
def test_words_lie_inside_their_utterance_in_order(first_minute: list[Utterance]) -> None:
    for one in first_minute:
        assert "".join(word.text for word in one.words) == re.sub(r"[^\w.%'-]|(?<!\d)\.(?!\d)", "", one.text)
        assert all(a.start <= b.start for a, b in itertools.pairwise(one.words))
        assert one.start <= one.words[0].start + 1e-3
        assert one.words[-1].end <= one.end + 1e-3


@pytest.mark.model
def test_a_result_does_not_depend_on_its_company(transcriber: Transcriber, decoder: Decoder, calls: Path) -> None:
    spoken = [item for item in hear(VadModel(), chunks(calls / "dev-09.opus")) if isinstance(item, Speech)]
    same = [item for item in spoken if decoder.context(item) == decoder.context(spoken[0])][:4]
    assert len(same) == 4
    alone = [transcriber.transcribe([item])[0] for item in same]
    assert transcriber.transcribe(same) == alone


@pytest.mark.model
def test_what_is_suspect_is_reconsidered_as_a_final_and_else_not_believed(
    transcriber: Transcriber, decoder: Decoder, calls: Path
) -> None:
    """Suspect: the words that lead a stretch once more, for here the speaker says the very same again."""
    said = [item for item in hear(VadModel(), chunks(calls / "dev-09.opus")) if isinstance(item, Speech)][1]
    (plain,) = transcriber.transcribe([said])
    assert plain
    again = transcriber.led(said, NOTHING.then(said, plain, 8.0))
    assert again.lead
    assert decoder.suspect(again, decoder.decode([again])[0])
    (final,), (draft,) = transcriber.transcribe([again]), transcriber.transcribe([replace(again, stage="draft")])
    assert final
    assert draft is None, "or live it would be taken for the final that a review reconsiders"


@pytest.mark.model
@pytest.mark.parametrize("make", [sounds.noise, sounds.music, sounds.ringing, sounds.silence])
def test_nothing_is_invented_even_where_speech_was_assumed(transcriber: Transcriber, make: object) -> None:
    """The worst case: the detector was wrong and the decoder is handed plain noise or music."""
    assert callable(make)
    for seconds in (1.0, 4.0, 11.0):
        sound = make(seconds)
        item = Speech(
            call="c",
            id="u1",
            speaker="agent",
            start=0.0,
            end=seconds,
            stage="final",
            spans=((0.0, seconds),),
            voicing=0.5,
            offset=0.0,
            samples=sound,
        )
        assert transcriber.transcribe([item]) == [None]


@pytest.mark.model
def test_noise_music_and_ringing_on_the_line_say_nothing(transcriber: Transcriber) -> None:
    line = np.concatenate(
        [sounds.ringing(15), sounds.music(30), sounds.noise(20, -25), sounds.music(30, seed=5) + sounds.noise(30, -40)]
    )
    listener = Listener("c", ("unknown",), VadModel(), config.Vad(), config.Segment(), drafts=False)
    spoken = [
        item for item in listener.feed([Chunk("c", "unknown", 0.0, line)]) + listener.finish() if isinstance(item, Speech)
    ]
    assert [one.text for one in transcribe(transcriber, spoken) if one] == []
