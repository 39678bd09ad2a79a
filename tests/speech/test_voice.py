"""Loudness, pitch and rate, on sounds whose answers are known and on the bundled calls."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.records import RATE, Samples
from monitor.speech.voice import FLOOR, measure


def voiced(pitch: float, seconds: float = 2.0, level: float = -20.0, noise: float = 0.0) -> Samples:
    """A buzz at `pitch` Hertz as a telephone passes it: only the harmonics from 300 to 3,400 Hz. `level` in dBFS."""
    time = np.arange(int(seconds * RATE)) / RATE
    harmonics = [number for number in range(1, 60) if 300 <= number * pitch <= 3400]
    sound = sum((np.sin(2 * np.pi * number * pitch * time + number) / number for number in harmonics), np.zeros_like(time))
    sound *= 10 ** (level / 20) / np.sqrt(np.mean(sound**2))
    sound += np.random.default_rng(7).normal(0, noise, len(time))
    return sound.astype(np.float32)


@pytest.mark.parametrize("pitch", [75, 95, 120, 160, 210, 260, 330, 420])
def test_pitch_is_read_from_harmonics_when_the_line_cuts_the_fundamental(pitch: float) -> None:
    heard = measure(voiced(pitch), [(0.0, 2.0)], 0.0, 10).pitch
    assert heard == pytest.approx(pitch, rel=0.01)


def test_pitch_survives_line_noise() -> None:
    heard = measure(voiced(140, level=-20, noise=0.02), [(0.0, 2.0)], 0.0, 10).pitch
    assert heard == pytest.approx(140, rel=0.02)


def test_loudness_is_in_decibels_of_full_scale() -> None:
    loud, soft = (measure(voiced(150, level=level), [(0.0, 2.0)], 0.0, 10).loudness for level in (-12, -32))
    assert loud == pytest.approx(-12, abs=0.2)
    assert soft == pytest.approx(-32, abs=0.2)


def test_gaps_inside_a_span_do_not_make_a_voice_softer() -> None:
    broken = np.concatenate([voiced(150, 1.0), np.zeros(RATE, np.float32)])
    assert measure(broken, [(0.0, 2.0)], 0.0, 10).loudness == pytest.approx(-20, abs=0.3)


def test_only_the_spans_are_measured() -> None:
    sound = np.concatenate([voiced(300, 1.0, -10), voiced(120, 1.0, -25)])
    voice = measure(sound, [(11.0, 12.0)], 10.0, 4)
    assert voice.pitch == pytest.approx(120, rel=0.01)
    assert voice.loudness == pytest.approx(-25, abs=0.3)
    assert voice.rate == pytest.approx(4.0)


def test_a_lively_voice_spreads_wider_than_a_flat_one() -> None:
    flat = measure(voiced(150), [(0.0, 2.0)], 0.0, 10).pitch_spread
    lively = measure(np.concatenate([voiced(pitch, 0.5) for pitch in (120, 150, 180, 220)]), [(0.0, 2.0)], 0.0, 10).pitch_spread
    assert flat is not None
    assert lively is not None
    assert flat < 0.2
    assert lively > 4


@pytest.mark.parametrize(
    ("samples", "spans"),
    [
        (np.zeros(0, np.float32), []),
        (np.zeros(RATE, np.float32), [(0.0, 1.0)]),
        (np.zeros(RATE, np.float32), [(5.0, 6.0)]),
        (voiced(150, 0.02), [(0.0, 0.02)]),
        (voiced(150), [(1.0, 1.0), (1.5, 1.2)]),
    ],
)
def test_too_little_to_hear_has_no_pitch(samples: Samples, spans: list[tuple[float, float]]) -> None:
    voice = measure(samples, spans, 0.0, 0)
    assert voice.pitch is None
    assert voice.loudness >= FLOOR


def test_noise_has_no_pitch() -> None:
    noise = np.random.default_rng(3).normal(0, 0.1, 3 * RATE).astype(np.float32)
    assert measure(noise, [(0.0, 3.0)], 0.0, 5).pitch is None
