"""Sounds a telephone line carries where nobody speaks, made on the spot; float32 at 16 kHz."""

from __future__ import annotations

import numpy as np

from monitor.records import RATE, Samples


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def noise(seconds: float, level: float = -35.0, seed: int = 1) -> Samples:
    """Line noise: white, cut to the telephone band; RMS in dBFS."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    made = np.fft.irfft(spectrum, count)
    return np.asarray(made / np.sqrt(np.mean(made**2)) * 10 ** (level / 20), np.float32)


def ringing(seconds: float) -> Samples:
    """The Chinese ringback: 450 Hz, one second on, four off (GB 3380)."""
    time = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(0.15 * np.sin(2 * np.pi * 450 * time) * (time % 5 < 1), np.float32)


def music(seconds: float, seed: int = 2) -> Samples:
    """Hold music: a chord every half second with a melody over it, harmonics and decay."""
    rng = np.random.default_rng(seed)
    step = RATE // 2
    notes = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12]) / 12)
    time = np.arange(step) / RATE
    parts = []
    for _ in range(int(np.ceil(seconds * 2))):
        root = rng.choice(notes)
        tones = [root, root * 1.26, root * 1.5, 2 * rng.choice(notes)]
        wave = sum(np.sin(2 * np.pi * tone * k * time) / k**1.5 for tone in tones for k in (1, 2, 3, 4))
        parts.append(wave * np.exp(-3 * time))
    made = np.concatenate(parts)[: round(seconds * RATE)]
    return np.asarray(0.2 * made / np.abs(made).max(), np.float32)
