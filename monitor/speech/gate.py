"""What a recogniser invents where nobody spoke must never become an utterance.

Whisper was trained on captioned videos: in silence, noise and music it writes their credits, thanks its viewers, or loops.
Each test here is one symptom; one is enough.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import numpy as np

from monitor import config
from monitor.records import RATE, Speech
from monitor.speech.whisper import Decoded


def invented(decoded: Decoded, speech: Speech, gate: config.Gate) -> str | None:
    """Why `decoded` is no speech, in a few words, or None when it is believed."""
    text = decoded.text
    characters = re.sub(r"\W", "", text)
    voiced = sum(end - start for start, end in speech.spans)
    floor = gate.log_probability
    checks = (
        (not characters, "no words"),
        (speech.voicing < gate.speech_probability, "speech is improbable"),
        (loudness(speech) < gate.loudness, "too quiet"),
        (decoded.no_speech > gate.no_speech_probability and decoded.log_probability < floor / 2, "the decoder heard no speech"),
        (decoded.log_probability < floor, "the decoder is unsure"),
        (decoded.compression > gate.compression, "repeats itself"),
        (len(characters) > gate.characters_per_second * voiced + 4, "more words than time"),
        (bool(credits_pattern().search(re.sub(r"\s", "", text))), "a film's credits"),
        (looping(characters), "a loop"),
        (drawn_out(characters, voiced), "one character, drawn out"),
    )
    return next((why for failed, why in checks if failed), None)


def loudness(speech: Speech) -> float:
    """RMS level over the voiced spans, dBFS."""
    voiced = [
        speech.samples[max(0, round((start - speech.offset) * RATE)) : round((end - speech.offset) * RATE)]
        for start, end in speech.spans
    ]
    samples = np.concatenate(voiced) if voiced else speech.samples
    return float(10 * np.log10(np.mean(np.square(samples)) + 1e-12)) if len(samples) else -120.0


def looping(characters: str) -> bool:
    """Whether one character eight times on end, or a longer piece five times, is most of the text: 在一起在一起在一起…

    People do say 对对对对对.
    """
    match = re.search(r"(.)\1{7,}|(.{2,6}?)\2{4,}", characters)
    return match is not None and len(match[0]) > len(characters) / 2


def drawn_out(characters: str, voiced: float) -> bool:
    """Whether it is one character over and over, slower than one a second: 诶诶诶诶诶 of eleven seconds of ringing."""
    return len(set(characters)) == 1 and 2 < len(characters) < voiced


@cache
def credits_pattern() -> re.Pattern[str]:
    """The video credits Whisper is known to invent, as one pattern, from `playbook/zh/invented.txt`."""
    lines = (resources.files("monitor") / "playbook/zh/invented.txt").read_text("utf-8").splitlines()
    phrases = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return re.compile("|".join(".{0,8}".join(map(re.escape, phrase.split("*"))) for phrase in phrases), re.IGNORECASE)
