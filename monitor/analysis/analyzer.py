"""Everything heard in a call goes through here: utterances and silences in, mood and findings out.

`Analysis` holds what is compiled and loaded once (a second: build it off the event loop); `Analysis.call` gives each call its
Analyzer, which belongs to one thread at a time. The same final utterances and silences give the same findings, whatever was
peeked at between.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from monitor import config
from monitor.analysis import acts_train, embedder, odds, playbook, sentiment, workdays
from monitor.analysis import text as texts
from monitor.analysis.arguing import Arguing
from monitor.analysis.arguing import Language as Contradicting
from monitor.analysis.arousal import Arousal
from monitor.analysis.asked import MadeToRepeat, Questions
from monitor.analysis.claim_language import Language
from monitor.analysis.claims import Claims
from monitor.analysis.complaint import Complaint
from monitor.analysis.context import Context, Detector, Said, Story
from monitor.analysis.delivery import Delivery
from monitor.analysis.doubts import Doubts
from monitor.analysis.emotion import EmotionShifts
from monitor.analysis.evasion import Evasion
from monitor.analysis.evasion import Language as Dodging
from monitor.analysis.facts import FactLanguage, Facts
from monitor.analysis.hearing import Hearing
from monitor.analysis.ladder import LadderDetector
from monitor.analysis.phrases import PhraseDetector
from monitor.analysis.promises import Promises
from monitor.analysis.recall import Recall, Remembered, remember
from monitor.analysis.repeats import Scorer
from monitor.analysis.risk import Risk
from monitor.analysis.steps import Steps
from monitor.analysis.taken import Taken
from monitor.analysis.tally import Tally
from monitor.analysis.text import Text
from monitor.analysis.turns import DeadAir, Interruptions
from monitor.analysis.unanswered import Unanswered
from monitor.analysis.waits import BareWaits
from monitor.records import CallInfo, EarlierCall, Finding, Insight, Silence, Summary, Utterance

UNSTABLE = 1  # characters at the end of an interim text: nothing followed them yet, and the next decoding may change them
STRESSED = 5  # claims named in a summary


class Analysis:
    """What all calls share. Raises ConfigError naming file and line where a site's playbook is wrong."""

    def __init__(self, settings: config.Analysis, folder: Path = embedder.MODELS) -> None:
        """`folder` is where what was learnt from the call lines is kept."""
        self.settings = settings
        self.playbook = playbook.load(settings.playbook)
        self.sentiment = sentiment.Sentiment()
        self.embedder = embedder.load(folder)
        self.claims = Language(_sheet(settings.playbook, "claims.toml"), sentiment.corpus())
        self.repeats = Scorer(playbook.BUILT_IN / "repeats.toml")
        self.taken = Taken(playbook.BUILT_IN / "taken.toml")
        self.questions = Questions(_sheet(settings.playbook, "asked.toml"))
        self.facts = FactLanguage(_sheet(settings.playbook, "facts.toml"))
        self.dodging = Dodging(_sheet(settings.playbook, "evasion.toml"))
        self.contradicting = Contradicting(_sheet(settings.playbook, "arguing.toml"))
        self.acts = acts_train.load(folder, settings.playbook, self.embedder)
        workdays.load(date.today())
        self._names = tomllib.loads((playbook.BUILT_IN / "kinds.toml").read_text("utf-8"))

    @property
    def vocabulary(self) -> dict[str, dict[str, dict[str, str]]]:
        """Display names of kinds and rules (docs/api.md, `GET /api/vocabulary`)."""
        return {group: {**names, **self._names[group]} for group, names in self.playbook.vocabulary.items()}

    def said(self, utterance: Utterance, text: Text, context: Context) -> Said:
        """An utterance with what it does, as the call so far has it; of an interim by words alone."""
        turns = context.answered(utterance), context.turn(utterance)
        around, led = (turn[-1].text if turn else None for turn in turns)
        acts = self.acts.read(text, utterance.speaker, around, led, deep=utterance.stage != "interim")
        weight = odds.change(acts, utterance.speaker, context)
        return Said(utterance, text, acts, self.acts.labels(utterance.speaker), weight)

    def remember(self, call: EarlierCall) -> Remembered:
        """What a customer claimed in an earlier call, for `call`; on the thread that analyses, as it may take 0.1 s."""
        return remember(self.claims, call)

    def call(self, info: CallInfo, earlier: Sequence[Remembered] = ()) -> Analyzer:
        """A new call; `earlier`: what its customer claimed before, the newest call first."""
        return Analyzer(self, info, earlier)


class Analyzer:
    """One call."""

    def __init__(self, analysis: Analysis, info: CallInfo, earlier: Sequence[Remembered] = ()) -> None:
        self._said, self._sentiment, self._language = analysis.said, analysis.sentiment, analysis.claims
        phrases, ladder = PhraseDetector(analysis.playbook), LadderDetector(analysis.playbook)
        self._claims = Claims(analysis.claims, analysis.repeats, analysis.embedder)
        self._recall = Recall(analysis.claims, analysis.repeats, analysis.embedder, earlier)
        service = Hearing(analysis.playbook.lexicons["service"])
        self._complaint = Complaint(analysis.playbook, service)
        self._steps = Steps(analysis.playbook, info, service, self._complaint, analysis.taken)
        self._promises = Promises(analysis.playbook, info, service)
        self._facts = Facts(analysis.facts, analysis.questions)
        self._by_words: tuple[Detector, ...] = (phrases, ladder)
        self._detectors: tuple[Detector, ...] = (
            phrases, ladder, self._claims, MadeToRepeat(analysis.questions), Evasion(analysis.dodging),
            Interruptions(analysis.settings), self._promises, self._steps, self._complaint,
            Arguing(analysis.contradicting), Delivery(), EmotionShifts(analysis.sentiment),
        )  # fmt: skip
        self._doubts = Doubts(analysis.playbook)
        self._waits, self._unanswered = BareWaits(analysis.playbook), Unanswered(analysis.playbook)
        self._ended = False
        self._dead_air = DeadAir(info, analysis.settings)
        self._story, self._arousal, self._risk, self._tally = Story(), Arousal(), Risk(), Tally()

    def peek(self, utterance: Utterance) -> Insight:
        """What an interim or draft would give; of an interim, whose end still changes, only what is surely said.

        Changes nothing.
        """
        text = texts.read(utterance.text)
        felt = self._felt(utterance, text)
        if utterance.stage == "interim":
            stable = len(utterance.text) - UNSTABLE
            made = self._judge(self._by_words, self._said(felt, text, self._story.context))
            found = [found for found in made if found.span and found.span[1] <= stable]
        else:
            found = self._judge(self._detectors, self._said(felt, text, self._story.context))
        return Insight(felt, tuple(found))

    def feed(self, heard: Utterance | Silence) -> Insight:
        """A final utterance or a silence, in the order of the call. Findings are new, or replace those of their id."""
        if isinstance(heard, Silence):
            found = self._dead_air.hear(heard)
            found = [*self._amended(self._waits.hear(found)), *found]
            self._risk.heed(found)
            return Insight(None, tuple(found))
        if not heard.final:
            raise ValueError(f"utterance {heard.id} is {heard.stage}: peek at it, feed the final one")
        text = texts.read(heard.text)
        felt = self._felt(heard, text)
        said = self._said(felt, text, self._story.context)
        made = self._judge(self._detectors, said)
        said = replace(said, findings=tuple(made))
        for detector in self._detectors:
            detector.settle(said)
        self._facts.settle(said)
        context = self._story.context
        amended = [*self._amended(self._waits.settle(said, context)), *self._amended(self._unanswered.settle(said, context))]
        self._story.settle(said)
        if said.speaker == "customer":
            self._recall.heed(self._language.sentences(text))
        self._arousal.settle(felt)
        self._tally.settle(felt)
        found = [*amended, *self._doubts.settle(said), *made, *self._dead_air.settle(felt, text)]
        self._risk.feel(felt)
        self._risk.heed(found)
        return Insight(felt, tuple(found))

    def finish(self) -> tuple[Finding, ...]:
        """The call is over: what was still open."""
        found = [*self._amended(self._unanswered.close()), *self._dead_air.close(), *self._steps.finish()]
        self._ended = True
        self._risk.heed(found)
        return tuple(found)

    def summary(self) -> Summary:
        """The call so far."""
        repeated = self._claims.repeated
        verdict = self._complaint.verdict(ended=self._ended)
        return Summary(
            type=verdict.type,
            cause=verdict.cause,
            validity=verdict.validity,
            steps=self._steps.done,
            steps_missing=self._steps.missing,
            promises=tuple({"text": made.text, "due": made.due, "said": made.said} for made in self._promises.made),
            risk=self._risk.value,
            level=self._story.context.level,
            stressed=tuple(claim.text for claim in self._claims.stressed[:STRESSED]),
            claims=tuple({"text": claim.text, "times": list(claim.times), "values": list(claim.values)} for claim in repeated),
            talk_share=self._tally.talk_share,
            opening_valence=self._tally.opening,
            closing_valence=self._tally.closing,
            earlier=self._recall.links,
            facts=self._facts.given,
        )

    def _judge(self, detectors: Sequence[Detector], said: Said) -> list[Finding]:
        """What the detectors find, each knowing what those before it found."""
        context = self._story.context
        for detector in detectors:
            said = replace(said, findings=(*said.findings, *detector.judge(said, context)))
        return list(said.findings)

    def _amended(self, said: Said | None) -> list[Finding]:
        """What an utterance settled before adds, now that its last finding is known."""
        if said is None:
            return []
        self._story.settle(said)
        return [said.findings[-1], *self._doubts.amend()]

    def _felt(self, utterance: Utterance, text: Text) -> Utterance:
        return replace(utterance, valence=self._sentiment.valence(text), arousal=self._arousal.judge(utterance))


def _sheet(site: Path | None, name: str) -> Path:
    own = site / name if site else None
    return own if own and own.exists() else playbook.BUILT_IN / name
