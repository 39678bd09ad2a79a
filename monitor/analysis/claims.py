"""repeated_claim: the customer says again what was said before, at least one turn of the other side in between.

A turn is cut into sentences; each is held against what the customer said in earlier turns (`repeats`): by its words, by meaning
where the words leave it open, by what is demanded and which figures it names; and the customer's own words count
(我都说了三遍了). Answers to what the agent asked, politeness and the agent's offers said back are no claims.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from monitor.analysis.claim_language import Language, Sentence, Window
from monitor.analysis.context import Context, Said
from monitor.analysis.embedder import Embedder
from monitor.analysis.likeness import Bag
from monitor.analysis.phrases import when
from monitor.analysis.repeats import Doing, Likeness, Scorer, Setting, chances, compare
from monitor.analysis.text import Text
from monitor.records import Finding, Utterance

REPEATED = 0.3  # probability from which two sentences make one claim
RETOLD = 0.7  # probability of the act from which the customer says that it was said before
REMINDED = 0.35  # ... where the agent has just asked for what was given
CONTRADICTED = 0.05  # ... for an answer that contradicts what the agent had been given
ECHOED = 0.7  # share of a window the agent has just said
REMEMBERED = 240  # sentences
LOUD = 1.0  # a raised voice counts as much as one repetition
LONG = 60  # characters, which count as much as half of one
STRESSED = 0.9  # from which a claim was stressed


@dataclass(slots=True)
class Claim:
    """One thing the customer claims: its telling clause, where it was said, by turn, and the differing figures heard."""

    text: str
    turns: list[int]
    times: list[float]
    values: list[str] = field(default_factory=list)
    told: int | None = None  # turn its repetition was last told in
    arousal: float = 0.0  # 0..1, of the voice at its loudest
    length: int = 0  # characters, of all its mentions

    @property
    def stress(self) -> float:
        """How much the customer stressed it: how often, how loud, how long."""
        return len(self.turns) - 1 + LOUD * self.arousal + min(1.0, self.length / LONG) / 2


@dataclass(frozen=True, slots=True)
class Mention:
    """An earlier sentence of the customer, and the claim it makes."""

    sentence: Sentence
    turn: int
    claim: Claim
    topic: Bag | None = None  # what the agent had asked, where the sentence answers
    acts: Mapping[str, float] = field(default_factory=dict)  # what it does, by label how likely


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

    def __init__(self, language: Language, scorer: Scorer, embedder: Embedder | None) -> None:
        self._language, self._scorer, self._embedder = language, scorer, embedder
        self._mentions: list[Mention] = []
        self._turn = 0  # the customer's, counted by the agent's turns in between
        self._answered = False  # the customer has spoken since the agent did
        self._agent: list[Text] = []  # the agent's last turn
        self._agent_open = False
        self._asked_again = False  # in that turn the agent asked for what was given

    def judge(self, said: Said, context: Context) -> list[Finding]:
        if said.speaker != "customer":
            return []
        told = [match for match in self._matches(said) if self._news(match)]
        best = max(told, key=lambda match: (match.values is not None, match.explicit, match.score), default=None)
        return [self._finding(said.utterance, said.text, best)] if best else []

    def settle(self, said: Said) -> None:
        if said.speaker == "agent":
            self._settle_agent(said)
        elif said.speaker == "customer":
            self._settle_customer(said)

    @property
    def turn(self) -> int:
        return self._turn

    @property
    def all(self) -> list[Claim]:
        """Every claim made so far, the oldest first."""
        return list({id(mention.claim): mention.claim for mention in self._mentions}.values())

    @property
    def repeated(self) -> list[Claim]:
        """Claims made in two turns or more: the most repeated first, then the oldest."""
        return sorted((c for c in self.all if len(c.turns) > 1), key=lambda claim: (-len(claim.turns), claim.times[0]))

    @property
    def stressed(self) -> list[Claim]:
        """What the customer stressed: the most repeated, loudest and longest first."""
        return sorted((c for c in self.all if c.stress >= STRESSED), key=lambda claim: (-claim.stress, claim.times[0]))

    def likenesses(self, said: Said) -> list[tuple[Likeness, Mention]]:
        """Each sentence that claims something, against each earlier one."""
        text = said.text
        earlier = [mention for mention in self._mentions if mention.turn < self._turn]
        if not earlier or self._told_to_retell():
            return []
        setting = self._setting(text)
        sentences = [s for s in self._language.sentences(text) if s.claims and not s.accepting]
        found = [
            (likeness, mention)
            for sentence in sentences
            for mention in earlier
            if (likeness := compare(sentence, mention.sentence, setting, mention.topic))
        ]
        if not said.labels:
            return found
        return [
            (replace(one, doing=Doing(said.acts, mention.acts, self._turn, mention.turn)), mention) for one, mention in found
        ]

    def _settle_agent(self, said: Said) -> None:
        text = said.text
        if self._language.slight(text):
            return
        if not self._agent_open:
            self._agent, self._agent_open, self._asked_again = [], True, False
            self._turn += 1
            self._answered = False
        self._agent.append(text)
        self._asked_again |= any(finding.kind == "made_to_repeat" for finding in said.findings)

    def _settle_customer(self, said: Said) -> None:
        utterance, text = said.utterance, said.text
        matches = {match.sentence.start: match for match in self._matches(said)}
        setting = self._setting(text)
        topic = setting.agent[-1] if setting.asked else None
        for sentence in self._language.sentences(text):
            if not sentence.claims:
                continue
            match = matches.get(sentence.start)
            claim = match.mention.claim if match else Claim(sentence.telling(), [], [])
            if self._turn not in claim.turns:
                claim.turns.append(self._turn)
                claim.times.append(utterance.start)
            if match and match.values:
                claim.values += [value for value in match.values if value not in claim.values]
            if match:
                if len(claim.turns) == 2:
                    claim.text = match.mention.sentence.telling(match.window.bag)
                claim.told = self._turn
            claim.arousal = max(claim.arousal, utterance.arousal or 0.0)
            claim.length += sentence.end - sentence.start
            does = chances(said.acts, sentence.start, sentence.end)
            self._mentions.append(Mention(sentence, self._turn, claim, topic, does))
        del self._mentions[:-REMEMBERED]
        if not self._language.slight(text):
            self._answered, self._agent_open = True, False

    def _news(self, match: Match) -> bool:
        return match.values is not None or match.explicit or match.mention.claim.told != self._turn

    def _matches(self, said: Said) -> list[Match]:
        """Of each sentence the earlier mention it repeats, where there is one."""
        pairs = self.likenesses(said)
        scores = self._scorer.scores([likeness for likeness, _ in pairs], self._embedder)
        judged = [
            Match(likeness.new, likeness.window, mention, score, values=self._differing(likeness, mention))
            for (likeness, mention), score in zip(pairs, scores, strict=True)
        ]
        best: dict[int, Match] = {}
        for match in judged:
            old = best.get(match.sentence.start)
            least = CONTRADICTED if match.values and self._asked_again and not self._answered else REPEATED
            if match.score >= least and not self._echo(match) and (old is None or _rank(match) > _rank(old)):
                best[match.sentence.start] = match
        found = list(best.values())
        contradicting = max((match for match in judged if match.values), key=lambda match: match.score, default=None)
        explicit = self._explicit(said, found, contradicting)
        return [match for match in found if explicit is None or match.sentence.start != explicit.sentence.start] + (
            [explicit] if explicit else []
        )

    def _explicit(self, said: Said, found: Sequence[Match], contradicting: Match | None) -> Match | None:
        """That the customer says himself that he has said it: of what he has said something like, or first."""
        text = said.text
        earlier = [mention for mention in self._mentions if mention.turn < self._turn]
        window = self._language.explicit(text) or self._retold(said)
        if window is None or not earlier:
            return None
        sentence = next(s for s in self._language.sentences(text) if s.start <= window.start < s.end)
        best = max(found, key=lambda match: match.score, default=contradicting)
        values = (best.values if best else None) or (contradicting.values if contradicting else None)
        return Match(sentence, window, best.mention if best else self._likely(text, earlier), 0.9, True, values)

    def _retold(self, said: Said) -> Window | None:
        act = said.act("retold")
        least = REMINDED if self._asked_again and not self._answered else RETOLD
        if act is None or act.probability < least or not self._language.says(said.text, act.start, act.end):
            return None
        return Window(act.start, act.end, self._language.bag(said.text, act.start, act.end))

    def _likely(self, text: Text, earlier: Sequence[Mention]) -> Mention:
        """What 我说过了 most likely refers to: the earlier sentence most like the rest of what is said, or the first."""
        whole = self._language.bag(text, 0, len(text.norm))
        return max(reversed(earlier), key=lambda mention: whole.shared(mention.sentence.bag))

    def _setting(self, text: Text) -> Setting:
        asked = not self._answered and bool(self._agent) and self._language.asks(self._agent[-1])
        answers = text.clauses[min(1, len(text.clauses) - 1)].end if asked and text.clauses else 0
        refused = any(self._language.refuses(said) for said in self._agent)
        sums = {figure.value for mention in self._mentions for figure in mention.sentence.figures if figure.kind == "money"}
        agent = [self._language.bag(said, 0, len(said.norm)) for said in self._agent]
        return Setting(answers, asked, refused, agent, len(sums) == 1)

    def _told_to_retell(self) -> bool:
        """The agent asks to hear all of it (again): whatever follows is an answer."""
        return not self._answered and any(self._language.asks_again(said) for said in self._agent)

    def _echo(self, match: Match) -> bool:
        """The agent has just said it, more closely than the customer ever did."""
        bag = match.window.bag
        said = max((bag.share_in(self._language.bag(text, 0, len(text.norm))) for text in self._agent), default=0.0)
        return said >= ECHOED and said > bag.share_in(match.mention.sentence.bag)

    def _differing(self, likeness: Likeness, mention: Mention) -> tuple[str, str] | None:
        """(as said before, as said now) of a figure that differs from every mention of the claim."""
        if likeness.differing is None or self._language.corrects(likeness.new):
            return None
        earlier, now = likeness.differing
        others: Iterable[Mention] = (other for other in self._mentions if other.claim is mention.claim)
        if any(figure.kind == now.kind and not now.differs(figure) for other in others for figure in other.sentence.figures):
            return None
        return likeness.old.text.words(earlier.start, earlier.end), likeness.new.text.words(now.start, now.end)

    def _finding(self, utterance: Utterance, text: Text, match: Match) -> Finding:
        claim = match.mention.claim
        count = len(claim.turns) + (self._turn not in claim.turns)
        earlier = match.mention.sentence.telling(match.window.bag) if count == 2 else claim.text
        since = f"第 {count} 次说到，首次在 {_clock(claim.times[0])}：“{earlier}”"
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
            confidence=round(min(0.98, match.score), 3),
            because=because,
            utterance=utterance.id,
            span=span,
            count=count,
            first=claim.times[0],
            inconsistent=match.values is not None,
            values=match.values,
        )


def _rank(match: Match) -> tuple[bool, float, int]:
    return match.values is not None, match.score, match.mention.turn


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
