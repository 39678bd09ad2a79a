"""What one lexicon hears in an utterance, worked out once for all detectors of a call that ask."""

from __future__ import annotations

from monitor.analysis.context import Act, Context, Said
from monitor.analysis.phrases import Hit, Likeness, heard
from monitor.analysis.playbook import Lexicon
from monitor.analysis.text import Text


class Hearing:
    """Keeps the last answer: an utterance is judged by several detectors, and then settled."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._last: tuple[Text, tuple[Act, ...]] | None = None
        self._found: list[Hit | Likeness] = []

    def __call__(self, said: Said) -> list[Hit | Likeness]:
        """Everything found where it counts, whatever was said before."""
        if self._last is None or said.text is not self._last[0] or said.acts is not self._last[1]:
            self._found, self._last = heard(self._lexicon, said, Context()), (said.text, said.acts)
        return self._found
