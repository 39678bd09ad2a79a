"""Decoding: batches of speech to text with faster-whisper's CTranslate2 model, at an audio context as short as is safe.

The network accepts less than its 30 s of context, and its time falls with it; too little runs away on real speech, so what
looks like it (too long for its audio, repetitive, improbable) may be decoded once more with all 30 s. On a CPU stretches are
encoded one at a time, for the attention of several overflows the processor's cache (12 s of context, eight together: 165 ms
each, alone 85), and generated together, for there the weights are what is read again and again.

Words that lead up to a stretch are given in numbers of tokens that are multiples of LEAD_STEP: what is decoded together must be
given as many. They are part of the prompt, which must end as it would without them (see `vocabulary`).
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import ctranslate2
import numpy as np
import numpy.typing as npt
from faster_whisper import WhisperModel
from faster_whisper.feature_extractor import FeatureExtractor
from faster_whisper.tokenizer import Tokenizer

from monitor import config
from monitor.errors import ModelError
from monitor.records import RATE, Lead, Samples, Speech
from monitor.speech import vocabulary
from monitor.speech.lead import Past

WORKERS = 2  # batches at once on a CPU: two threads on two batches do more than two on one
FULL = 30.0  # seconds of context the network was trained with
CONTEXT_STEP = 2.0  # seconds; contexts come in steps, so that stretches of about one length make a batch
MEL_FRAME = 0.01  # seconds of a feature frame
FRAME = 0.02  # seconds of an encoder frame
TOKENS_PER_SECOND = 14.0  # Mandarin has 4 to 7 characters a second, up to two tokens each
TOKENS_SPARE = 12
HALF_WIDTH = str.maketrans("，？！；：（）", ",?!;:()")  # as the network itself writes them
TRIAL = 12  # tokens that a trial generates: a short sentence
LEAD_STEP, LEAD_TOKENS = 16, 48  # tokens of a lead: a multiple of the one, at most the other


class Token(NamedTuple):
    """A character or a word as the network writes it."""

    text: str
    start: float  # seconds from the stretch's own
    probability: float


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the network made of one stretch of audio."""

    text: str
    log_probability: float  # mean a token
    no_speech: float  # probability that there was no speech
    pieces: tuple[Token, ...] = ()  # of `text`

    @property
    def compression(self) -> float:
        """How many times smaller zlib makes the text: over 2 it repeats itself."""
        data = self.text.encode()
        return len(data) / len(zlib.compress(data)) if data else 0.0

    def doubtful(self, seconds: float) -> bool:
        """Whether it looks like a runaway rather than `seconds` of speech (thresholds measured on telephone speech)."""
        return len(self.text) > 8 * seconds + 4 or self.compression > 2.2 or self.log_probability < -0.9


class Decoder:
    """One model for all calls. `decode` blocks and computes: call it off the event loop, from up to `workers` threads."""

    def __init__(self, path: Path, model: config.Model, decode: config.Decode) -> None:
        """`path` is the folder of a fetched model. Raises ModelError when it cannot be loaded."""
        self._settings = decode
        device, compute = target(model)
        threads = model.threads or cores()
        self.workers = min(WORKERS, threads) if device == "cpu" else 1
        try:
            files, self._vocabulary = vocabulary.cut(path, model.language)
            whisper = WhisperModel(
                str(path),
                files=files,
                device=device,
                compute_type=compute,
                cpu_threads=threads // self.workers,
                num_workers=self.workers,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"the model in {path} cannot be loaded on {device} as {compute}: {error}") from error
        self._model = whisper.model
        self._features = whisper.feature_extractor
        self._tokenizer = tokenizer = Tokenizer(whisper.hf_tokenizer, True, task="transcribe", language=model.language)
        self._start = self._vocabulary.given([*tokenizer.sot_sequence, tokenizer.no_timestamps])
        style = tokenizer.encode(" " + decode.prompt.strip()) if decode.prompt.strip() else []
        self._prompt = [*self._vocabulary.given([tokenizer.sot_prev, *style]), *self._start] if style else self._start

    def context(self, speech: Speech) -> float:
        """Seconds of audio context a stretch is decoded with. Depends on it and its lead alone, never on its batch."""
        wanted = max(self._settings.context_min, _seconds(speech) + self._settings.context_extra)
        return min(FULL, CONTEXT_STEP * float(np.ceil(wanted / CONTEXT_STEP)))

    def led(self, speech: Speech, past: Past) -> Speech:
        """The stretch with as much of its speaker's past in front as the setting and the network's own context allow.

        That is whole words in a fit number of tokens; where there are none such, the stretch as it is.
        """
        room = min(self._settings.lead, FULL - self._settings.context_extra - len(speech.samples) / RATE)
        words = [text.translate(HALF_WIDTH) for text, _ in past.pieces]
        for first, (_, begin) in enumerate(past.pieces):
            if len(past.samples) - begin > room * RATE:
                continue
            tokens = tuple(self._vocabulary.given(self._tokenizer.encode("".join(words[first:]))))
            if len(tokens) <= LEAD_TOKENS and len(tokens) % LEAD_STEP == 0:
                return replace(speech, lead=Lead(past.samples[begin:], tokens))
        return speech

    def decode(self, batch: Sequence[Speech], *, beam: int | None = None) -> list[Decoded]:
        """What each stretch says, in the same order; all of one `context` and with as many tokens in their leads.

        `beam` overrides the setting.
        """
        if not batch:
            return []
        return self._generate(batch, self.context(max(batch, key=_seconds)), self._prompt, beam or self._settings.beam)

    def trial(self, size: int) -> float:
        """Seconds that one of `size` stretches takes where they are decoded together: silence, and as many tokens for each."""
        mel = features(self._features, [np.zeros(0, np.float32)], max(CONTEXT_STEP, self._settings.context_min))
        apart = self._model.device == "cpu"  # each is encoded by itself, which takes as long every time
        began = time.perf_counter()
        encoded = encode(self._model, mel if apart else np.repeat(mel, size, axis=0))
        encoding = (time.perf_counter() - began) / (1 if apart else size)
        if apart:
            encoded = ctranslate2.StorageView.from_array(np.repeat(np.asarray(encoded), size, axis=0))
        began = time.perf_counter()
        self._model.generate(
            encoded,
            [self._start] * size,
            beam_size=self._settings.beam,
            max_length=2 * TRIAL,  # CTranslate2 keeps half of it for the prompt
            suppress_tokens=self._vocabulary.given([self._tokenizer.eot]),  # nothing is said, yet it is to go on
        )
        return encoding + (time.perf_counter() - began) / size

    def suspect(self, speech: Speech, decoded: Decoded) -> bool:
        """Whether it had better be reconsidered: a runaway, or, as where nothing was said, what was given once more."""
        return decoded.doubtful(len(speech.samples) / RATE) or self._echo(speech, decoded)

    def reconsider(self, speech: Speech, decoded: Decoded) -> Decoded:
        """The better of `decoded` and what the stretch says by itself in the full context."""
        (second,) = self._generate([replace(speech, lead=None)], FULL, self._start, self._settings.beam)
        better = second.log_probability > decoded.log_probability or not second.doubtful(len(speech.samples) / RATE)
        return second if better or self._echo(speech, decoded) else decoded

    def _echo(self, speech: Speech, decoded: Decoded) -> bool:
        lead = self._tokenizer.decode(self._vocabulary.written(speech.lead.tokens)) if speech.lead else ""
        return any(echoes(decoded.text, given) for given in (self._settings.prompt, lead))

    def _generate(self, batch: Sequence[Speech], context: float, prompt: list[int], beam: int) -> list[Decoded]:
        encoded = encode(self._model, features(self._features, [_sound(speech) for speech in batch], context))
        leads = [speech.lead.tokens if speech.lead else () for speech in batch]
        prompts = [[*prompt, *lead, prompt[-1]] if lead else prompt for lead in leads]
        results = self._model.generate(
            encoded,
            prompts,
            beam_size=beam,
            max_length=longest(max(map(len, prompts)), context),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
        )
        found = [result.sequences_ids[0] for result in results]
        pieces = self._align(encoded, leads, found, batch)
        return [
            Decoded(
                text=self._tokenizer.decode(self._vocabulary.written(ids)).strip(),
                # CTranslate2 divides the sum by the tokens it returns; the end token counts too.
                log_probability=result.scores[0] * len(ids) / (len(ids) + 1),
                no_speech=result.no_speech_prob,
                pieces=its,
            )
            for result, ids, its in zip(results, found, pieces, strict=True)
        ]

    def _align(
        self,
        encoded: ctranslate2.StorageView,
        leads: Sequence[Sequence[int]],
        found: Sequence[list[int]],
        batch: Sequence[Speech],
    ) -> list[tuple[Token, ...]]:
        """The text in pieces, timed by dynamic time warping over the cross-attention (Whisper's own method)."""
        frames = [int(np.ceil(_seconds(speech) / MEL_FRAME)) for speech in batch]
        tokens = [[*lead, *ids] for lead, ids in zip(leads, found, strict=True)]
        aligned = self._model.align(encoded, self._start[:-1], tokens, frames, median_filter_width=7)
        timed = []
        for lead, ids, result, speech in zip(leads, found, aligned, batch, strict=True):
            before = len(speech.lead.samples) / RATE if speech.lead else 0.0
            begins = np.full(len(lead) + len(ids) + 1, -1.0)
            for token, frame in reversed(result.alignments):
                begins[token] = frame * FRAME
            written = self._vocabulary.written(ids)
            words, word_tokens = self._tokenizer.split_to_word_tokens([*written, self._tokenizer.eot])
            at = len(lead)
            sure = np.array(result.text_token_probs)
            pieces: list[Token] = []
            for word, its in zip(words[:-1], word_tokens[:-1], strict=True):
                probability = float(sure[at : at + len(its)].prod())
                pieces.append(Token(word, max(float(begins[at]) - before, 0.0), probability))
                at += len(its)
            timed.append(tuple(pieces))
        return timed


def features(extractor: FeatureExtractor, sounds: Sequence[Samples], context: float) -> npt.NDArray[np.float32]:
    """Log-mel features (n, mels, frames) of sounds, each filled up with silence to `context` seconds."""
    padded = np.zeros(round(context * RATE), np.float32)
    rows = []
    for sound in sounds:
        padded[: len(sound)] = sound
        padded[len(sound) :] = 0
        rows.append(extractor(padded, padding=0))
    return np.ascontiguousarray(np.stack(rows), dtype=np.float32)


def longest(prompt: int, context: float) -> int:
    """Tokens of a prompt and of all that can be said in `context` seconds, at most."""
    return min(448, prompt + int(TOKENS_PER_SECOND * context) + TOKENS_SPARE)


def encode(model: ctranslate2.models.Whisper, mel: npt.NDArray[np.float32]) -> ctranslate2.StorageView:
    """Hidden states (n, frames, width) of features (n, mels, frames)."""
    if model.device != "cpu" or len(mel) == 1:
        return model.encode(ctranslate2.StorageView.from_array(mel))
    alone = (model.encode(ctranslate2.StorageView.from_array(mel[i : i + 1])) for i in range(len(mel)))
    return ctranslate2.StorageView.from_array(np.concatenate([np.asarray(states) for states in alone]))


def _sound(speech: Speech) -> Samples:
    """Of a stretch, its lead in front."""
    return np.concatenate([speech.lead.samples, speech.samples]) if speech.lead else speech.samples


def _seconds(speech: Speech) -> float:
    """Of a stretch and its lead."""
    return (len(speech.samples) + (len(speech.lead.samples) if speech.lead else 0)) / RATE


def target(model: config.Model) -> tuple[str, str]:
    """The device and the number type that a model runs on and in, where the settings leave them open."""
    device = model.device
    if device == "auto":
        device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
    compute = model.compute_type
    return device, ("float16" if device == "cuda" else "int8") if compute == "auto" else compute


def cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def echoes(text: str, given: str) -> bool:
    """Whether `text` is (a good part of) what was given: most of its three-character pieces stand there."""
    grams = {text[i : i + 3] for i in range(len(text) - 2)}
    return bool(given) and len(grams) > 2 and sum(gram in given for gram in grams) > len(grams) / 2
