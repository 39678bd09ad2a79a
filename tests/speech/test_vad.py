"""Silence that needs no network to be known, and what that must not change."""

from __future__ import annotations

import numpy as np

from monitor.records import Samples
from monitor.speech.vad import CONTEXT, LONG_QUIET, WINDOW, Vad, VadModel
from tests.speech.sounds import music, noise, silence


class Counting(VadModel):
    """The network, and how many windows it was asked about."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def run(self, windows: Samples, h: Samples, c: Samples) -> tuple[Samples, Samples, Samples]:
        self.asked += len(windows)
        assert windows.shape[1] == CONTEXT + WINDOW
        return super().run(windows, h, c)


def windows(sound: Samples) -> Samples:
    return sound[: len(sound) // WINDOW * WINDOW]


def test_a_silent_side_costs_next_to_nothing_and_is_silent() -> None:
    model = Counting()
    vad = Vad(model)
    assert not vad.feed(windows(silence(16)))[LONG_QUIET:].any()
    assert not vad.feed(windows(noise(16, -70))).any()
    assert model.asked == LONG_QUIET


def test_a_line_with_noise_is_listened_to() -> None:
    model = Counting()
    probabilities = Vad(model).feed(windows(noise(4, -50)))
    assert model.asked == len(probabilities)


def test_what_comes_out_of_a_long_silence_is_heard_as_out_of_a_short_one() -> None:
    sound = windows(music(2.0))
    short, long = (windows(np.concatenate([np.zeros(count * WINDOW, np.float32), sound])) for count in (LONG_QUIET, 300))
    assert np.allclose(Vad(VadModel()).feed(short)[LONG_QUIET:], Vad(VadModel()).feed(long)[300:], atol=1e-5)


def test_it_does_not_matter_how_the_audio_was_cut() -> None:
    model = VadModel()
    audio = windows(np.concatenate([noise(1.3, -70), music(0.2), noise(2, -70), noise(0.1, -40), noise(1, -90)]))
    whole, pieces, vad = Vad(model).feed(audio), [], Vad(model)
    for start in range(0, len(audio), 2 * WINDOW):
        pieces.append(vad.feed(audio[start : start + 2 * WINDOW]))
    assert np.allclose(whole, np.concatenate(pieces), atol=1e-5)
