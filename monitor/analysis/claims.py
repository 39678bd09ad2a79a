"""repeated_claim: the customer says again what was said before, at least one turn of the other side in between.

A turn is cut into sentences and windows of one or two clauses; each is held against what the customer said in earlier turns: by
wording (`likeness`), by meaning where the wording leaves it open (`embedder`), by what is demanded, and by the customer's own
words (我都说了三遍了). Answers to what the agent asked, politeness and the agent's offers said back are no claims.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from monitor.analysis.claim_language import Language, Sentence, Window
from monitor.analysis.context import Context, Said
from monitor.analysis.embedder import Embedder
from monitor.analysis.likeness import Bag
from monitor.analysis.phrases import when
from monitor.analysis.text import Text
from monitor.records import Finding, Utterance

ALIKE = 0.38  # likeness from which two stretches make one claim
ENOUGH = 2.6  # shared weight (rare pairs of syllables) of a full likeness
OPEN = 0.1  # below this the wording says no, without asking for the meaning
MEANING_FROM = 0.91  # cosine of unrelated call lines, at most; e5 keeps all lines within 0.8 .. 1
MEANING = 12.0  # likeness for each point of cosine above that
SAME_DEMAND = 0.3  # likeness added where both demand the same kind of thing
SAME_THREAT = 0.6  # and where that needs no object (叫经理; 12315)
SAME_MEASURE = 0.12  # and where both name a figure of one kind
ECHOED = 0.7  # share of a window the agent has just said
WONDERING = 0.5  # share of the likeness that is left where the customer only asks
REMEMBERED = 240  # sentences


@dataclass(slots=True)
class Claim:
    """One thing the customer claims: where it was said, by turn, and the differing figures heard."""

    text: str
    turns: list[int]
    times: list[float]
    values: list[str] = field(default_factory=list)
    told: int | None = None  # turn its repetition was last told in


@dataclass(frozen=True, slots=True)
class Mention:
    """An earlier sentence of the customer, and the claim it makes."""

    sentence: Sentence
    utterance: str
    turn: int
    start: float
    claim: Claim


@dataclass(frozen=True, slots=True)
class Match:
    """A sentence that repeats an earlier one."""

    sentence: Sentence
    window: Window
    mention: Mention
    score: float
    explicit: bool = False
    values: tuple[str, str] | None = None


class Claims:
    """The customer's claims in one call."""

    def __init__(self, language: Language, embedder: Embedder | None) -> None:
        self._language, self._embedder = language, embedder
        self._mentions: list[Mention] = []
        self._turn = 0  # the customer's, counted by the agent's turns in between
        self._answered = False  # the customer has spoken since the agent did
        self._agent: list[Text] = []  # the agent's last turn
        self._agent_open = False

    def judge(self, said: Said, context: Context) -> list[Finding]:
        utterance, text = said.utterance, said.text
        if utterance.speaker != "customer":
            return []
        told = [match for match in self._matches(text) if self._news(match)]
        best = max(told, key=lambda match: (match.values is not None, match.explicit, match.score), default=None)
        return [self._finding(utterance, text, best)] if best else []

    def settle(self, said: Said) -> None:
        if said.speaker == "agent":
            self._settle_agent(said.text)
        elif said.speaker == "customer":
            self._settle_customer(said.utterance, said.text)

    @property
    def repeated(self) -> list[Claim]:
        """Claims made in two turns or more: the most repeated first, then the oldest."""
        claims = {id(mention.claim): mention.claim for mention in self._mentions}
        return sorted((c for c in claims.values() if len(c.turns) > 1), key=lambda claim: (-len(claim.turns), claim.times[0]))

    def _settle_agent(self, text: Text) -> None:
        if self._language.slight(text):
            return
        if not self._agent_open:
            self._agent, self._agent_open = [], True
            self._turn += 1
            self._answered = False
        self._agent.append(text)

    def _settle_customer(self, utterance: Utterance, text: Text) -> None:
        matches = {match.sentence.start: match for match in self._matches(text)}
        for sentence in self._language.sentences(text):
            if not sentence.claims:
                continue
            match = matches.get(sentence.start)
            claim = match.mention.claim if match else Claim(sentence.words, [], [])
            if self._turn not in claim.turns:
                claim.turns.append(self._turn)
                claim.times.append(utterance.start)
            if match and match.values:
                claim.values += [value for value in match.values if value not in claim.values]
            if match:
                claim.told = self._turn
            self._mentions.append(Mention(sentence, utterance.id, self._turn, utterance.start, claim))
        del self._mentions[:-REMEMBERED]
        if not self._language.slight(text):
            self._answered, self._agent_open = True, False

    def _news(self, match: Match) -> bool:
        return match.values is not None or match.explicit or match.mention.claim.told != self._turn

    def _matches(self, text: Text) -> list[Match]:
        """Of each sentence the earlier mention it repeats, where there is one."""
        earlier = [mention for mention in self._mentions if mention.turn < self._turn]
        if not earlier:
            return []
        answers = self._answers(text)
        near = [
            closest for sentence in self._language.sentences(text) if (closest := self._closest(sentence, earlier, answers))
        ]
        found = [match for match in near if match.score >= ALIKE] or self._meant(near)
        found = [self._compared(match, earlier) for match in found if not self._echo(match)]
        said_so = self._language.explicit(text)
        if said_so and not any(match.sentence.start <= said_so.start < match.sentence.end for match in found):
            of = max(found, key=lambda match: match.score).mention if found else self._likely(text, earlier)
            sentence = next(s for s in self._language.sentences(text) if s.start <= said_so.start < s.end)
            found.append(Match(sentence, said_so, of, 0.9, explicit=True))
        return found

    def _likely(self, text: Text, earlier: Sequence[Mention]) -> Mention:
        """What 我说过了 most likely refers to: the earlier sentence most like the rest of what is said, or the first."""
        whole = self._language.bag(text, 0, len(text.norm))
        return max(reversed(earlier), key=lambda mention: (_wording(whole, mention.sentence.bag), -mention.start))

    def _answers(self, text: Text) -> int:
        """How many characters of `text` answer the agent's question."""
        if self._answered or not self._agent:
            return 0
        if any(self._language.asks_again(said) for said in self._agent):
            return len(text.norm)
        if self._language.asks(self._agent[-1]):
            return text.clauses[min(1, len(text.clauses) - 1)].end if text.clauses else 0
        return 0

    def _closest(self, sentence: Sentence, earlier: Sequence[Mention], answers: int) -> Match | None:
        """The earlier mention that a sentence is most like, however little that is."""
        windows = [window for window in sentence.windows if window.end > answers or sentence.demands]
        if not sentence.claims or sentence.accepting or not windows:
            return None
        matches = (_likest(sentence, windows, mention) for mention in earlier)
        return max(matches, key=lambda match: (match.score, match.mention.start))

    def _meant(self, near: Sequence[Match]) -> list[Match]:
        """The sentence whose wording comes nearest, if it means the same. One is asked for: an embedding takes its time."""
        best = max(near, key=lambda match: match.score, default=None)
        if best is None or best.score < OPEN or self._embedder is None:
            return []
        new, old = self._embedder([best.sentence.words, best.mention.sentence.words])
        meaning = MEANING * max(0.0, float(new @ old) - MEANING_FROM)
        score = best.score + meaning * (WONDERING if best.window.wondering else 1.0)
        return [replace(best, score=score)] if score >= ALIKE else []

    def _echo(self, match: Match) -> bool:
        """The agent has just said it, more closely than the customer ever did."""
        bag = match.window.bag
        said = max((_share(bag, self._language.bag(text, 0, len(text.norm))) for text in self._agent), default=0.0)
        return said >= ECHOED and said > _share(bag, match.mention.sentence.bag)

    def _compared(self, match: Match, earlier: Sequence[Mention]) -> Match:
        return replace(match, values=self._differing(match.sentence, match.mention, earlier))

    def _differing(self, sentence: Sentence, mention: Mention, earlier: Iterable[Mention]) -> tuple[str, str] | None:
        """(as said before, as said now) of a figure that differs from every mention of the claim."""
        if self._language.corrects(sentence):
            return None
        for now in sentence.figures:
            heard = [
                (figure, other)
                for other in earlier
                if other.claim is mention.claim
                for figure in other.sentence.figures
                if figure.kind == now.kind
            ]
            if heard and all(now.differs(figure) for figure, _ in heard):
                figure, other = next((pair for pair in reversed(heard) if pair[1] is mention), heard[-1])
                return other.sentence.text.words(figure.start, figure.end), sentence.text.words(now.start, now.end)
        return None

    def _finding(self, utterance: Utterance, text: Text, match: Match) -> Finding:
        claim = match.mention.claim
        count = len(claim.turns) + (self._turn not in claim.turns)
        since = f"第 {count} 次说到，首次在 {_clock(claim.times[0])}：“{claim.text}”"
        because = f"客户说已经讲过；{since}" if match.explicit else since
        if match.values:
            because += f"；前后不一致：{match.values[0]}，{match.values[1]}"
        span = text.span(match.window.start, match.window.end)
        start, end = when(utterance, *span)
        return Finding(
            call=utterance.call,
            id=f"{utterance.id}.repeated_claim",
            kind="repeated_claim",
            rule=None,
            speaker="customer",
            start=start,
            end=end,
            text=text.words(match.window.start, match.window.end),
            confidence=round(min(0.98, 0.5 + 0.5 * match.score), 3),
            because=because,
            utterance=utterance.id,
            span=span,
            count=count,
            first=claim.times[0],
            inconsistent=match.values is not None,
            values=match.values,
        )


def _likest(sentence: Sentence, windows: Sequence[Window], mention: Mention) -> Match:
    """The window that `mention` covers best, and how alike they are."""
    old = mention.sentence
    score, window = max(
        ((_wording(window.bag, old.bag) * (WONDERING if window.wondering else 1.0), window) for window in windows),
        key=lambda pair: pair[0],
    )
    for demand in sentence.demands & old.demands:
        score += SAME_DEMAND if demand.needs_object else SAME_THREAT
    if {figure.kind for figure in sentence.figures} & {figure.kind for figure in old.figures}:
        score += SAME_MEASURE
    return Match(sentence, window, mention, score)


def _wording(new: Bag, old: Bag) -> float:
    """Likeness 0..1 by words: how much of `new` is in `old`, less where that is little in itself."""
    shared = new.shared(old)
    return shared / new.mass * min(1.0, shared / ENOUGH) if new.mass else 0.0


def _share(part: Bag, whole: Bag) -> float:
    return part.shared(whole) / part.mass if part.mass else 0.0


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
