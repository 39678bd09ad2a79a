"""What one lexicon hears in an utterance, worked out once for all detectors of a call that ask."""

from __future__ import annotations

from monitor.analysis.context import Context, Said
from monitor.analysis.near import Near
from monitor.analysis.phrases import Hit, Likeness, heard, stands
from monitor.analysis.playbook import Lexicon


class Hearing:
    """Keeps the last answer: an utterance is judged by several detectors, and then settled."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._last: tuple[Said, Near, list[Hit | Likeness]] | None = None

    def __call__(self, said: Said) -> list[Hit | Likeness]:
        """Everything found where it counts, whatever was said before."""
        return self._heard(said)[1]

    def stands(self, alike: Likeness, said: Said) -> bool:
        """Whether nothing in `said` takes a likeness back, such as one to the call lines of no rule of the lexicon."""
        return stands(alike, said, Context(), self._heard(said)[0])

    def _heard(self, said: Said) -> tuple[Near, list[Hit | Likeness]]:
        if self._last is None or said.text is not self._last[0].text or said.acts is not self._last[0].acts:
            near = Near(self._lexicon, said.text)
            self._last = said, near, heard(self._lexicon, said, Context(), near)
        return self._last[1:]
