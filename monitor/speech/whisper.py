"""Decoding: batches of speech to text with faster-whisper's CTranslate2 model, at an audio context as short as is safe.

The network accepts less than its 30 s of context, and its time falls with it; too little runs away on real speech, so what
looks like it (too long for its audio, repetitive, improbable) is decoded once more with all 30 s. On a CPU stretches are
encoded one at a time, for the attention of several overflows the processor's cache (12 s of context, eight together: 165 ms
each, alone 85), and generated together, for there the weights are what is read again and again.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import ctranslate2
import numpy as np
import numpy.typing as npt
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from monitor import config
from monitor.errors import ModelError
from monitor.records import RATE, Samples

WORKERS = 2  # batches at once on a CPU: two threads on two batches do more than two on one
FULL = 30.0  # seconds of context the network was trained with
CONTEXT_STEP = 2.0  # seconds; contexts come in steps, so that stretches of about one length make a batch
MEL_FRAME = 0.01  # seconds of a feature frame
FRAME = 0.02  # seconds of an encoder frame
TOKENS_PER_SECOND = 14.0  # Mandarin has 4 to 7 characters a second, up to two tokens each
TOKENS_SPARE = 12


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the network made of one stretch of audio."""

    text: str
    log_probability: float  # mean a token
    no_speech: float  # probability that there was no speech
    pieces: tuple[tuple[str, float], ...] = ()  # characters or words of `text` and when each begins, seconds from its start
    retried: bool = False  # decoded again in the full context

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
        device = model.device
        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
        compute = model.compute_type
        if compute == "auto":
            compute = "float16" if device == "cuda" else "int8"
        threads = model.threads or cores()
        self.workers = min(WORKERS, threads) if device == "cpu" else 1
        try:
            whisper = WhisperModel(
                str(path),
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
        tokenizer = Tokenizer(whisper.hf_tokenizer, whisper.model.is_multilingual, task="transcribe", language=model.language)
        self._tokenizer = tokenizer
        self._start = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        style = tokenizer.encode(" " + decode.prompt.strip()) if decode.prompt.strip() else []
        self._prompt = [tokenizer.sot_prev, *style, *self._start] if style else self._start

    def context(self, samples: Samples) -> float:
        """Seconds of audio context a stretch is decoded with. Depends on the stretch alone, never on its batch."""
        wanted = max(self._settings.context_min, len(samples) / RATE + self._settings.context_extra)
        return min(FULL, CONTEXT_STEP * float(np.ceil(wanted / CONTEXT_STEP)))

    def decode(
        self, batch: Sequence[Samples], *, beam: int | None = None, retry: bool | Sequence[bool] = True
    ) -> list[Decoded]:
        """Text of each stretch, (n,) float32 at 16 kHz, all of one `context`, in the same order.

        `beam` overrides the setting; `retry` (of all or of each) decodes doubtful ones again with the full context.
        """
        if not batch:
            return []
        beam = beam or self._settings.beam
        results = self._generate(batch, self.context(max(batch, key=len)), self._prompt, beam)
        allowed = [retry] * len(batch) if isinstance(retry, bool) else retry
        again = [i for i, result in enumerate(results) if allowed[i] and self._suspect(result, len(batch[i]) / RATE)]
        for i in again:
            (second,) = self._generate([batch[i]], FULL, self._start, beam)
            better = second.log_probability > results[i].log_probability or not second.doubtful(len(batch[i]) / RATE)
            results[i] = replace(second if better else results[i], retried=True)
        return results

    def _suspect(self, decoded: Decoded, seconds: float) -> bool:
        return decoded.doubtful(seconds) or echoes(decoded.text, self._settings.prompt)

    def _generate(self, batch: Sequence[Samples], context: float, prompt: list[int], beam: int) -> list[Decoded]:
        encoded = self._encode(self._mel(batch, context))
        limit = min(448, len(prompt) + int(TOKENS_PER_SECOND * context) + TOKENS_SPARE)
        results = self._model.generate(
            encoded,
            [prompt] * len(batch),
            beam_size=beam,
            max_length=limit,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
        )
        tokens = [result.sequences_ids[0] for result in results]
        decoded = [
            Decoded(
                text=self._tokenizer.decode(ids).strip(),
                # CTranslate2 divides the sum by the tokens it returns; the end token counts too.
                log_probability=result.scores[0] * len(ids) / (len(ids) + 1),
                no_speech=result.no_speech_prob,
            )
            for ids, result in zip(tokens, results, strict=True)
        ]
        pieces = self._align(encoded, tokens, [len(samples) / RATE for samples in batch])
        return [replace(one, pieces=its) for one, its in zip(decoded, pieces, strict=True)]

    def _encode(self, mel: npt.NDArray[np.float32]) -> ctranslate2.StorageView:
        """Hidden states (n, frames, width) of features (n, mels, frames)."""
        if self._model.device != "cpu" or len(mel) == 1:
            return self._model.encode(ctranslate2.StorageView.from_array(mel))
        alone = (self._model.encode(ctranslate2.StorageView.from_array(mel[i : i + 1])) for i in range(len(mel)))
        return ctranslate2.StorageView.from_array(np.concatenate([np.asarray(states) for states in alone]))

    def _align(
        self, encoded: ctranslate2.StorageView, tokens: list[list[int]], seconds: list[float]
    ) -> list[tuple[tuple[str, float], ...]]:
        """When each piece of text begins, by dynamic time warping over the cross-attention (Whisper's own method)."""
        frames = [int(np.ceil(length / MEL_FRAME)) for length in seconds]
        aligned = self._model.align(encoded, self._tokenizer.sot_sequence, tokens, frames, median_filter_width=7)
        timed = []
        for ids, result in zip(tokens, aligned, strict=True):
            begins = np.full(len(ids) + 1, -1.0)
            for token, frame in reversed(result.alignments):
                begins[token] = frame * FRAME
            words, word_tokens = self._tokenizer.split_to_word_tokens([*ids, self._tokenizer.eot])
            at = 0
            pieces: list[tuple[str, float]] = []
            for word, its in zip(words[:-1], word_tokens[:-1], strict=True):
                pieces.append((word, float(max(begins[at], 0.0))))
                at += len(its)
            timed.append(tuple(pieces))
        return timed

    def _mel(self, batch: Sequence[Samples], context: float) -> npt.NDArray[np.float32]:
        """Log-mel features (n, mels, frames) of the stretches, each filled up with silence to `context` seconds."""
        padded = np.zeros(round(context * RATE), np.float32)
        rows = []
        for samples in batch:
            padded[: len(samples)] = samples
            padded[len(samples) :] = 0
            rows.append(self._features(padded, padding=0))
        return np.ascontiguousarray(np.stack(rows), dtype=np.float32)


def cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def echoes(text: str, prompt: str) -> bool:
    """Whether `text` is (a good part of) the prompt given back: most of its three-character pieces stand in the prompt."""
    grams = {text[i : i + 3] for i in range(len(text) - 2)}
    return bool(prompt) and len(grams) > 2 and sum(gram in prompt for gram in grams) > len(grams) / 2
