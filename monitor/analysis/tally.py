"""What adds up over a call: who spoke how long, and the customer's mood at its start and end."""

from __future__ import annotations

from collections import deque

from monitor.records import Speaker, Utterance

AROUND = 3  # utterances that make an opening or a closing mood


class Tally:
    def __init__(self) -> None:
        self._seconds: dict[Speaker, float] = {}
        self._opening: list[float] = []
        self._closing: deque[float] = deque(maxlen=AROUND)

    def settle(self, utterance: Utterance) -> None:
        """Count a final utterance."""
        spans = utterance.spans or ((utterance.start, utterance.end),)
        spoken = sum(end - start for start, end in spans)
        self._seconds[utterance.speaker] = self._seconds.get(utterance.speaker, 0.0) + spoken
        if utterance.speaker != "agent" and utterance.valence is not None:
            if len(self._opening) < AROUND:
                self._opening.append(utterance.valence)
            self._closing.append(utterance.valence)

    @property
    def talk_share(self) -> dict[str, float]:
        """Each speaker's part of the time spoken; empty before the first word."""
        whole = sum(self._seconds.values())
        return {speaker: round(seconds / whole, 3) for speaker, seconds in self._seconds.items()} if whole > 0 else {}

    @property
    def opening(self) -> float | None:
        """Mean valence of the customer's first utterances (on a mono recording: anyone's)."""
        return round(sum(self._opening) / len(self._opening), 3) if self._opening else None

    @property
    def closing(self) -> float | None:
        """Mean valence of the customer's last utterances."""
        return round(sum(self._closing) / len(self._closing), 3) if self._closing else None
