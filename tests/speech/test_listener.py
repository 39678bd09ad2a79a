"""Two channels heard in step, with the real network on real calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from monitor import config
from monitor.ingest.file import pcm, probe, speakers
from monitor.ingest.pcm import Decoder
from monitor.records import RATE, Chunk, Samples, Silence, Speech
from monitor.speech.listener import Listener
from monitor.speech.vad import WINDOW, Vad, VadModel
from tests.speech import sounds

Heard = list[Speech | Silence]


@pytest.fixture(scope="module")
def network() -> VadModel:
    return VadModel()


def chunks(path: Path) -> Iterator[list[Chunk]]:
    shape = probe(path)
    decoder = Decoder("c", shape.rate, "pcm_s16le", speakers(shape.channels))
    for block in pcm(path):
        yield decoder.feed(block)
    yield decoder.finish()


def hear(network: VadModel, pieces: Iterator[list[Chunk]] | list[list[Chunk]], *, drafts: bool = False) -> Heard:
    listener = Listener("c", ("agent", "customer"), network, config.Vad(), config.Segment(), drafts=drafts)
    heard: Heard = []
    for piece in pieces:
        heard += listener.feed(piece)
    return heard + listener.finish()


def two(agent: Samples, customer: Samples) -> list[list[Chunk]]:
    return [[Chunk("c", "agent", 0.0, agent), Chunk("c", "customer", 0.0, customer)]]


def test_the_network_hears_the_same_window_by_window(network: VadModel, calls: Path) -> None:
    samples = np.concatenate([c.samples for piece in chunks(calls / "dev-04.opus") for c in piece if c.speaker == "agent"])
    samples = samples[: 400 * WINDOW]
    whole = Vad(network).feed(samples)
    stream = Vad(network)
    pieces = np.concatenate([stream.feed(samples[at : at + WINDOW]) for at in range(0, len(samples), WINDOW)])
    assert np.allclose(whole, pieces, atol=1e-4)
    assert whole.max() > 0.8
    assert whole.min() < 0.05


def test_half_a_window_is_refused(network: VadModel) -> None:
    with pytest.raises(ValueError, match="100 samples"):
        Vad(network).feed(np.zeros(100, np.float32))


def test_turns_of_a_real_call_are_found_where_they_are(network: VadModel, calls: Path) -> None:
    turns = json.loads((calls / "dev-04.json").read_text("utf-8"))["turns"]
    spoken = [item for item in hear(network, chunks(calls / "dev-04.opus")) if isinstance(item, Speech)]
    starts = [min(abs(item.start - turn["start"]) for item in spoken if item.speaker == turn["speaker"]) for turn in turns]
    ends = [min(abs(item.end - turn["end"]) for item in spoken if item.speaker == turn["speaker"]) for turn in turns]
    assert np.quantile(starts, 0.9) <= 0.3
    assert np.quantile(ends, 0.9) <= 0.3


def test_the_way_the_audio_is_cut_changes_nothing(network: VadModel, calls: Path) -> None:
    by_speaker: dict[str, list[Samples]] = {"agent": [], "customer": []}
    for piece in chunks(calls / "dev-13.opus"):
        for chunk in piece:
            by_speaker[chunk.speaker].append(chunk.samples)
    agent, customer = (np.concatenate(by_speaker[who])[: 40 * RATE] for who in ("agent", "customer"))
    cuts = np.random.default_rng(3).integers(1, 3000, 2000).cumsum()
    pieces = [
        [Chunk("c", "agent", 0.0, a), Chunk("c", "customer", 0.0, b)]
        for a, b in zip(np.split(agent, cuts[cuts < len(agent)]), np.split(customer, cuts[cuts < len(customer)]), strict=True)
    ]
    assert hear(network, pieces, drafts=True) == hear(network, two(agent, customer), drafts=True)


def test_it_is_quiet_only_while_no_one_speaks(network: VadModel, calls: Path) -> None:
    listener = Listener("c", ("agent", "customer"), network, config.Vad(), config.Segment())
    states = list[bool]()
    for piece in chunks(calls / "dev-04.opus"):
        before, heard = listener.quiet, listener.feed(piece)
        spoken = [item for item in heard if isinstance(item, Speech)]
        assert not (before and spoken), "a tenth of a second after a silence nothing is said yet"
        states.append(listener.quiet)
    assert states[0]
    assert not all(states)
    assert sum(states) > len(states) / 20
    listener.finish()
    assert listener.quiet


def test_an_echo_of_the_other_side_is_nobody_speaking(network: VadModel, calls: Path) -> None:
    voice = np.concatenate([c.samples for piece in chunks(calls / "dev-04.opus") for c in piece if c.speaker == "agent"])
    voice = voice[: 20 * RATE]
    delay = np.zeros(RATE // 10, np.float32)  # 100 ms round trip
    echo = np.concatenate([delay, voice])[: len(voice)] * np.float32(0.03) + sounds.noise(20, -65)
    heard = [item for item in hear(network, two(voice, echo)) if isinstance(item, Speech)]
    assert {item.speaker for item in heard} == {"agent"}
    both = [item for item in hear(network, two(voice, voice * np.float32(0.4))) if isinstance(item, Speech)]
    assert {item.speaker for item in both} == {"agent", "customer"}, "a real second voice is not taken for an echo"


@pytest.mark.parametrize(
    "sound", [sounds.silence(20), sounds.noise(20, -30), sounds.ringing(20)], ids=["none", "noise", "ring"]
)
def test_what_is_no_voice_is_silence(network: VadModel, sound: Samples) -> None:
    heard = hear(network, two(sound, sounds.silence(20)))
    assert not [item for item in heard if isinstance(item, Speech)]
    ends = {item.speaker: item.end for item in heard if isinstance(item, Silence)}
    assert ends == {"agent": pytest.approx(20, abs=0.04), "customer": pytest.approx(20, abs=0.04)}


def test_one_channel_alone(network: VadModel, calls: Path) -> None:
    samples = np.concatenate([c.samples for piece in chunks(calls / "dev-04.opus") for c in piece if c.speaker == "agent"])
    listener = Listener("c", ("unknown",), network, config.Vad(), config.Segment())
    heard = listener.feed([Chunk("c", "unknown", 0.0, samples[: 10 * RATE])]) + listener.finish()
    assert {item.speaker for item in heard} == {"unknown"}
    assert any(isinstance(item, Speech) for item in heard)


def test_nothing_at_all(network: VadModel) -> None:
    assert hear(network, []) == []
