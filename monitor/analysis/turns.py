"""Who speaks when: the agent who interrupts, and the line that goes dead. On voiced stretches, not on words.

Both rules are of kind `conduct`. Their edges come from voice activity detection and are good to about 0.2 s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from monitor.analysis import text as texts
from monitor.analysis.context import Context, Said
from monitor.analysis.text import Text
from monitor.config import Analysis
from monitor.records import CallInfo, Finding, Silence, Span, Speaker, Utterance

PAUSE: dict[Speaker, float] = {
    "agent": 0.5,
    "customer": 1.0,
}  # seconds; a shorter one gives nobody the floor (a customer may think)
REMEMBERED = 30.0  # seconds that the other side's words may come late
GROWTH = 1.0  # seconds by which a silence grows before it is told again
WORD_SLACK = 0.15  # seconds a word's time may be off
ONSET = 0.15  # seconds by which voice activity detection, on telephone speech, finds a voice late and drops it early:
SILENT_EDGES = 0.25  # two overlapping voices overlap by ONSET more than it says, a silence between two is shorter by this

_BACKCHANNEL = re.compile(
    r"(?:[嗯恩唔哦噢喔啊呃诶欸哎额好对是行][的了吧呀啊呢嘛哈]?|没错|可以|明白了?|了解|理解|清楚|知道了?|这样|原来如此|确实|当然|"
    r"我?在听?的?|[你您]?(?:请|慢慢)?[说讲]|我?都?听着呢?|[你您]|我)*+"
)
_FAREWELL = re.compile(r"再见|再会|拜拜|挂了[啊吧]?$|祝你.{0,8}(?:愉快|快乐|顺利|如意)")
_QUESTION = re.compile(
    r"[吗么呢]$|什么|多少|几[号点个位]|哪[里儿天个家位]|怎么(?:称呼|处理|样)|能不能|是不是|有没有|行不行|可不可以|请.{0,3}(?:报|提供|告诉|说|讲)|对吧$"
)


class Interruptions:
    """The agent starts while the customer has been talking, and goes on over them (backchannels excepted).

    Either side's words may come first: they come in the order in which they end. A finding belongs to the agent's utterance and
    may be made, or grow, when the customer's is heard.
    """

    def __init__(self, config: Analysis) -> None:
        self._after, self._overlap = config.interruption_after, config.interruption_overlap
        self._runs: dict[Speaker, tuple[Span, ...]] = {"agent": (), "customer": ()}
        self._starts: list[
            tuple[Utterance, tuple[Span, ...]]
        ] = []  # the agent's newest utterances, with the runs that begin in them
        self._told: dict[str, float] = {}  # overlap by agent utterance

    def judge(self, said: Said, context: Context) -> list[Finding]:
        utterance = said.utterance
        if utterance.speaker not in self._runs:
            return []
        runs = joined([*self._runs[utterance.speaker], *_spans(utterance)], PAUSE[utterance.speaker])
        if utterance.speaker == "agent":
            made = [self._finding(utterance, _within(runs, utterance), self._runs["customer"])]
        else:
            made = [self._finding(agent, starts, runs) for agent, starts in self._starts if agent.start < utterance.end]
        return [finding for finding in made if finding and self._told.get(finding.utterance or "", 0.0) != finding.overlap]

    def settle(self, said: Said) -> None:
        utterance = said.utterance
        if utterance.speaker not in self._runs:
            return
        horizon = utterance.end - REMEMBERED
        runs = joined([*self._runs[utterance.speaker], *_spans(utterance)], PAUSE[utterance.speaker])
        self._runs[utterance.speaker] = tuple(run for run in runs if run[1] >= horizon)
        if utterance.speaker == "agent":
            self._starts = [
                (agent, starts) for agent, starts in self._starts if agent.end >= horizon and agent.id != utterance.id
            ]
            self._starts.append((utterance, _within(runs, utterance)))
        for finding in said.findings:
            if finding.rule == "interruption" and finding.utterance and finding.overlap:
                self._told[finding.utterance] = finding.overlap

    def _finding(self, agent: Utterance, starts: Iterable[Span], customer: Sequence[Span]) -> Finding | None:
        overlaps = [
            (min(end, stop) - start + ONSET, start)
            for start, end in starts
            for began, stop in customer
            if began + self._after < start < stop
        ]
        overlap, start = max(overlaps, default=(0.0, 0.0))
        if overlap <= self._overlap:
            return None
        said = _said(agent, start, start + overlap)
        if _BACKCHANNEL.fullmatch(texts.read(said).norm):
            return None
        return Finding(
            call=agent.call,
            id=f"{agent.id}.interruption",
            kind="conduct",
            rule="interruption",
            speaker="agent",
            start=start,
            end=start + overlap,
            text=said,
            confidence=round(min(0.98, 0.6 + 0.4 * (overlap - self._overlap)), 3),
            because=f"客户话没说完，坐席插话，重叠 {overlap:.1f} 秒",
            utterance=agent.id,
            overlap=round(overlap, 3),
        )


class DeadAir:
    """All sides silent for `config.dead_air` seconds or more: where the speakers' own silences meet.

    Told when it gets that long, again each second while it lasts, and last with its true length. Not before the first words of
    a call, nor after a farewell. A call that ends in silence without one keeps the finding: nobody was there.
    """

    def __init__(self, info: CallInfo, config: Analysis) -> None:
        self._call, self._limit = info.id, config.dead_air
        self._silent: dict[Speaker, Span | None] = dict.fromkeys(info.channels)
        self._last: tuple[Utterance, Text] | None = None
        self._open: Finding | None = None  # as told
        self._until = 0.0  # end of the open silence as known by now

    def hear(self, silence: Silence) -> list[Finding]:
        """One speaker's silence, new or grown: the findings it makes or ends."""
        if silence.speaker not in self._silent:
            return []
        self._silent[silence.speaker] = (silence.start, silence.end)
        known = [span for span in self._silent.values() if span]
        start, end = max(span[0] for span in known), min(span[1] for span in known)
        ended = self.close() if self._open and start > self._open.start else []
        if len(known) < len(self._silent) or end - start - SILENT_EDGES < self._limit or not self._expected(start):
            return ended
        self._until = end
        if self._open is None or end - self._open.end >= GROWTH:
            self._open = self._finding(start, end, self._open.speaker if self._open else self._owing())
            return [*ended, self._open]
        return ended

    def settle(self, utterance: Utterance, text: Text) -> list[Finding]:
        """A final utterance: the silence before it is over."""
        if self._last is None or utterance.end >= self._last[0].end:
            self._last = (utterance, text)
        return self.close() if self._open and utterance.start >= self._open.start else []

    def close(self) -> list[Finding]:
        """The open silence with its true length, where that was not told yet."""
        told, self._open = self._open, None
        return [self._finding(told.start, self._until, told.speaker)] if told and self._until > told.end else []

    def _expected(self, start: float) -> bool:
        """Whether somebody should have spoken: words came before, and no farewell."""
        return self._last is not None and self._last[0].start < start and not _FAREWELL.search(self._last[1].norm)

    def _finding(self, start: float, end: float, owing: Speaker) -> Finding:
        seconds = end - start - SILENT_EDGES
        return Finding(
            call=self._call,
            id=f"s{round(start * 1000)}.dead_air",
            kind="conduct",
            rule="dead_air",
            speaker=owing,
            start=start,
            end=end,
            text=f"静默 {seconds:.1f} 秒",
            confidence=round(min(0.99, 0.85 + 0.1 * (seconds - self._limit)), 3),
            because=f"双方都没有说话，已 {seconds:.1f} 秒（上限 {self._limit:g} 秒）",
            seconds=round(seconds, 3),
        )

    def _owing(self) -> Speaker:
        """Who should have spoken: the customer after an agent's question, else the agent."""
        if "agent" not in self._silent:
            return "unknown"
        if self._last and self._last[0].speaker == "agent" and "customer" in self._silent:
            norm, clauses = self._last[1].norm, self._last[1].clauses
            closing = norm[clauses[-1].start :] if clauses else ""
            if _QUESTION.search(closing) or (clauses and clauses[-1].stop == "？"):
                return "customer"
        return "agent"


def joined(spans: Iterable[Span], pause: float) -> tuple[Span, ...]:
    """Stretches of talk: `spans` in order of time, joined over shorter gaps than `pause` seconds."""
    runs: list[Span] = []
    for start, end in sorted(spans):
        if runs and start - runs[-1][1] < pause:
            runs[-1] = (runs[-1][0], max(runs[-1][1], end))
        else:
            runs.append((start, end))
    return tuple(runs)


def _spans(utterance: Utterance) -> tuple[Span, ...]:
    return utterance.spans or ((utterance.start, utterance.end),)


def _within(runs: Iterable[Span], utterance: Utterance) -> tuple[Span, ...]:
    return tuple(run for run in runs if utterance.start <= run[0] <= utterance.end)


def _said(utterance: Utterance, start: float, end: float) -> str:
    """The words of `utterance` in [start, end]; all of them where their times are not known."""
    inside = [word.text for word in utterance.words if word.end > start - WORD_SLACK and word.start < end + WORD_SLACK]
    return "".join(inside) or utterance.text
