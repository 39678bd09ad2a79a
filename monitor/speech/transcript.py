"""From what the decoder wrote to what was said: gated, simplified, punctuated and timed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import exp

import opencc

from monitor import config
from monitor.meters import Meters
from monitor.records import Span, Speech, Utterance, Word
from monitor.speech import voice
from monitor.speech.gate import invented
from monitor.speech.lead import Past, Shape
from monitor.speech.spelling import Spelling
from monitor.speech.whisper import Decoded, Decoder

PAUSE = 0.25  # seconds; a breath this long inside an utterance is worth a comma
EARLY, LATE = 0.4, 0.25  # seconds by which the aligned start of what follows it may miss its end
HELD = 0.25  # seconds; what was said before it seems to last at least this long, the pause included
FULL_WIDTH = str.maketrans({",": "，", ".": "。", "?": "？", "!": "！", ";": "；", ":": "：", "(": "（", ")": "）"})
CJK = r"\u3400-\u9fff"


@dataclass(frozen=True, slots=True)
class Piece:
    """A character or Latin word with the marks that follow it; `start` in call time."""

    text: str
    marks: str
    start: float
    probability: float = 1.0


class Transcriber:
    """The one decoder with what turns its output into utterances. Blocks and computes, in up to `workers` threads at once."""

    def __init__(
        self, decoder: Decoder, gate: config.Gate, language: str, meters: Meters, spelling: Spelling | None = None
    ) -> None:
        """Without `spelling` the decoder's characters are left as they are."""
        self._decoder, self._gate, self._meters, self._spelling = decoder, gate, meters, spelling
        self._chinese = language == "zh"
        self._simplify = opencc.OpenCC("tw2s")  # unlike t2s it knows 著 as 着

    @property
    def workers(self) -> int:
        return self._decoder.workers

    def shape(self, speech: Speech) -> Shape:
        return Shape(self._decoder.context(speech), len(speech.lead.tokens) if speech.lead else 0)

    def led(self, speech: Speech, past: Past) -> Speech:
        return self._decoder.led(speech, past)

    def transcribe(self, batch: Sequence[Speech], *, narrow: bool = False) -> list[Utterance | None]:
        """The words of each stretch, in order; None where nobody spoke. All of one shape, all interim or none.

        `narrow`: with beam 1, where there is no time for more. What is suspect is reconsidered if it is a final; a draft or an
        interim then says nothing, for the final is soon there.
        """
        decoded = self._decoder.decode(batch, beam=1 if narrow or batch[0].stage == "interim" else None)
        return [self._utterance(speech, one) for speech, one in zip(batch, decoded, strict=True)]

    def _utterance(self, speech: Speech, decoded: Decoded) -> Utterance | None:
        suspect = self._decoder.suspect(speech, decoded)
        if suspect and speech.stage == "final":
            self._meters.retry()
            decoded, suspect = self._decoder.reconsider(speech, decoded), False
        if why := "suspect" if suspect else invented(decoded, speech, self._gate):
            self._meters.gated(why)
            return None
        pieces = self._pieces(decoded, speech)
        if self._chinese:
            pieces = punctuate(pieces, speech.spans, closed=speech.stage != "interim")
        if self._spelling:
            pieces = respelt(pieces, self._spelling)
        text, words = assemble(pieces, speech.end)
        return Utterance(
            call=speech.call,
            id=speech.id,
            speaker=speech.speaker,
            start=speech.start,
            end=speech.end,
            text=text,
            stage=speech.stage,
            confidence=min(1.0, exp(decoded.log_probability)),
            words=words,
            spans=speech.spans,
            voice=voice.measure(speech.samples, speech.spans, speech.offset, len(words)),
        )

    def _pieces(self, decoded: Decoded, speech: Speech) -> list[Piece]:
        """Characters and words, each with its time and the marks that follow it."""
        timed = [(character, token) for token in decoded.pieces for character in token.text]
        text = "".join(character for character, _ in timed)
        if self._chinese:
            simple = self._simplify.convert(text)
            text = simple if len(simple) == len(text) else text
        tokens = [token for _, token in timed]
        first, last = speech.start, speech.end
        pieces: list[Piece] = []
        for match in re.finditer(rf"([{CJK}]|[^\W_{CJK}]+(?:[.'%-][^\W_{CJK}]+)*%?)([^\w]*)", text):
            token = tokens[match.start()]
            start = min(max(speech.offset + token.start, first), last)
            marks = re.sub(r"\s+", " ", match[2])
            pieces.append(Piece(match[1], marks, max(start, pieces[-1].start) if pieces else start, token.probability))
        return pieces


def punctuate(pieces: list[Piece], spans: Sequence[Span], *, closed: bool) -> list[Piece]:
    """Chinese marks: full width, one at a time, a comma at a breath that has none, a full stop at the end if `closed`."""
    if not pieces:
        return pieces
    marks = [_mark(piece.marks) for piece in pieces]
    for (_, end), (start, _) in pairwise(spans):
        if start - end < PAUSE:
            continue
        steps = {
            i: pieces[i].start - pieces[i - 1].start
            for i in range(1, len(pieces))
            if start - EARLY <= pieces[i].start <= start + LATE
        }
        after = max(steps, key=lambda i: steps[i], default=0)
        if after and steps[after] >= HELD and not any(marks[max(0, after - 2) : after + 1]):
            marks[after - 1] = "，"
    if closed:
        marks[-1] = marks[-1] if marks[-1] and marks[-1] not in "，、：；" else "。"
    return [replace(piece, marks=mark) for piece, mark in zip(pieces, marks, strict=True)]


def respelt(pieces: Sequence[Piece], spelling: Spelling) -> list[Piece]:
    """The pieces as `spelling` writes them, which keeps the number of characters."""
    heard = "".join(piece.text + piece.marks for piece in pieces)
    sure = [piece.probability for piece in pieces for _ in piece.text + piece.marks]
    text, at = spelling(heard, sure), 0
    written: list[Piece] = []
    for piece in pieces:
        written.append(replace(piece, text=text[at : at + len(piece.text)]))
        at += len(piece.text) + len(piece.marks)
    return written


def assemble(pieces: Sequence[Piece], end: float) -> tuple[str, tuple[Word, ...]]:
    """The text, and the words in it with their times; a word ends where the next begins."""
    text = "".join(piece.text + piece.marks for piece in pieces).strip()
    starts = [piece.start for piece in pieces] + [end]
    words = tuple(
        Word(piece.text, round(start, 3), round(max(start, after), 3))
        for piece, start, after in zip(pieces, starts, starts[1:], strict=False)
    )
    return text, words


def join(parts: Sequence[Utterance]) -> Utterance:
    """One utterance of its parts, in their order: the newest one's stage, the others' full stops opened again."""
    last = parts[-1]
    if len(parts) == 1:
        return last
    opened = [re.sub("。$", "，", part.text) for part in parts[:-1]]
    return replace(
        last,
        start=parts[0].start,
        text="".join([*opened, last.text]),
        words=tuple(word for part in parts for word in part.words),
        spans=tuple(span for part in parts for span in part.spans),
        confidence=min(part.confidence for part in parts),
    )


def _mark(marks: str) -> str:
    """The weightiest of the marks between two words, in full width; a space stands for a comma."""
    wide = marks.translate(FULL_WIDTH)
    for mark in "？！。；：，、":
        if mark in wide:
            return mark
    return "，" if marks else ""
