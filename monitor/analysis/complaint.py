"""What a call is as a whole: the type of complaint, its cause, and whether the company failed (validity).

Each final utterance leaves evidence: cues of the playbook and lines like them (complaint.toml), findings, bitterness. A call is
a complaint from the moment its troubles weigh `COMPLAINT`, and stays one. The type is then what `calltype` makes of all that
was heard; it may still say that the customer only asks, or in a follow-up call that the troubles are past.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from monitor.analysis import calltype
from monitor.analysis.calltype import Traits, Weigher
from monitor.analysis.context import Context, Said
from monitor.analysis.hearing import Hearing
from monitor.analysis.phrases import Hit, Likeness
from monitor.analysis.playbook import CUES, Playbook
from monitor.records import Finding

CAUSES = ("product", "service", "price", "integrity", "attitude", "incident")
UNTROUBLED = ("inquiry", "none")  # the types of a call without trouble
COMPLAINT = 0.65  # weight of trouble from which a call is one
ASKING = 0.25  # more, where the customer says that he only asks
ON_FOLLOW_UP = 1.3  # the same, of a call that the company makes to ask how it went
TROUBLE = {  # what counts as trouble, and how much
    **dict.fromkeys((*CAUSES, "trouble", "suggestion", "help", "escalated", "overbearing", "revenge"), 1.0),
    "compensation": 0.8, "bitter": 1.0, "venting": 1.0, "demand": 0.3,
}  # fmt: skip
BY_AGENT, AT_MOST = (
    {"banned": 0.5, "admitted": 0.6, "soothe": 0.35},
    0.45,
)  # and in the agent's words, which do not make one alone
BITTER, BITTEREST, FEELING = (
    -0.55,
    0.55,
    8,
)  # valence from which words are bitter, the weight of the bitterest, characters at least
SURE = 0.5  # weight from which a cue is taken to be there
AS_LINE = 0.7  # weight of what is only like the call lines
ASKS, LIKELY = ("type_inquiry", "thanks"), 0.8  # acts of an utterance that complains of nothing, and how sure they must be
MARGIN = 0.3  # log-odds by which another type must lead to replace the one shown while a call lasts
SUBSTANCE = 4  # characters
MEANT = (*CAUSES, "trouble", "demand", "compensation", "venting")  # what a like line says only where it is meant
UNMEANT = {"supposed", "praise"}  # cues of such an utterance


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one utterance says for `label`, with its weight 0..1 and its words."""

    label: str
    weight: float
    text: str
    because: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Ids of design's findings, or None where not known (yet); `because`: the strongest evidence, in plain words."""

    type: str | None = None
    cause: str | None = None
    validity: str | None = None
    because: tuple[str, ...] = ()


class Complaint:
    """One call's evidence. Makes no findings."""

    def __init__(self, playbook: Playbook, service: Hearing, weigher: Weigher | None = None) -> None:
        """`service` hears what agents do, for this call; `weigher`: other than the built-in one."""
        self._cues, self._service = Hearing(playbook.lexicons["cues"]), service
        self._evidence: list[Evidence] = []
        self._weights: defaultdict[str, float] = defaultdict(float)
        self._told = 0  # utterances of substance of the customer
        self._weigher = weigher or calltype.built_in()
        self._traits = Traits(self._weigher.words)
        self._shown: str | None = None
        self._known = False

    @property
    def known(self) -> bool:
        """Whether the call is known to be a complaint. Once so, always so."""
        return self._known

    def known_with(self, said: Said) -> bool:
        """The same, were `said` settled."""
        return self._known or self._troubled(self._weighed(self._heard(said)))

    def judge(self, said: Said, context: Context) -> list[Finding]:
        return []

    def settle(self, said: Said) -> None:
        new = self._heard(said)
        self._weights = self._weighed(new)
        self._evidence += new
        self._traits.settle(said)
        if said.speaker != "agent" and len(said.text.norm) >= SUBSTANCE:
            self._told += 1
        self._known = self._known or self._troubled(self._weights)
        self._shown = self._best(self._shown)

    @property
    def features(self) -> dict[str, float]:
        """What `Weigher` weighs, of the call so far."""
        return self._traits.features(self._weights, CAUSES)

    def verdict(self, *, ended: bool = False) -> Verdict:
        """The call so far, or (`ended`) at its end."""
        kind = self._best(None, ended=True) if ended else self._shown
        if kind is None or kind == "none":
            return Verdict(kind, None, kind)
        cause = self._cause() if kind not in (*UNTROUBLED, "help") else None
        return Verdict(kind, cause, self._validity(kind, cause), tuple(self._reasons({kind, cause})))

    def _best(self, shown: str | None, *, ended: bool = False) -> str | None:
        """The type that most speaks for; `shown` stays unless another leads clearly."""
        if ended and not self._told:
            return "none"
        if not self._known and not ended:
            return "inquiry" if self._weights["inquiry"] >= SURE and not self._called_back() else None
        score = self._weigher.scores(self.features)
        if not self._known:
            score = {type_: score[type_] for type_ in UNTROUBLED}
        elif self._weights["callback"] < SURE:  # praise at the end of a complaint does not undo it
            del score["none"]
        best = max(score, key=lambda type_: score[type_])
        return shown if shown in score and score[best] < score[shown] + MARGIN else best

    def _cause(self) -> str | None:
        """The cause with most evidence; what is said first weighs most."""
        score: defaultdict[str, float] = defaultdict(float)
        for rank, evidence in enumerate(one for one in self._evidence if one.label in CAUSES):
            score[evidence.label] += evidence.weight * max(0.3, 1 - 0.15 * rank)
        return max(score, key=lambda cause: score[cause]) if score else None

    def _validity(self, kind: str, cause: str | None) -> str:
        """valid: the company failed. A mistake of the customer's own, or a grievance without a failure, is none."""
        if kind in ("help", "inquiry", "suggestion"):
            return "communicative"
        failed = self._weights["admitted"] + self._weights["banned"] + sum(self._weights[cause] for cause in CAUSES)
        own = self._weights["mistaken"] >= SURE and self._weights["admitted"] < SURE
        return "communicative" if own or (kind == "venting" and failed < SURE) else "valid"

    def _called_back(self) -> bool:
        return self._weights["callback"] >= SURE or (self._weights["praise"] >= SURE > self._weights["inquiry"])

    def _troubled(self, weights: Mapping[str, float]) -> bool:
        enough = ON_FOLLOW_UP if weights["callback"] >= SURE else COMPLAINT + ASKING * (weights["inquiry"] >= SURE)
        said = sum(weight * weights[label] for label, weight in TROUBLE.items())
        return said + min(AT_MOST, sum(weight * weights[label] for label, weight in BY_AGENT.items())) >= enough

    def _weighed(self, new: Iterable[Evidence]) -> defaultdict[str, float]:
        weights = self._weights.copy()
        for evidence in new:
            weights[evidence.label] += evidence.weight
        return weights

    def _heard(self, said: Said) -> list[Evidence]:
        """The evidence of one utterance: of each label the strongest, weighing what all of that label do together."""
        if not said.text.norm:
            return []
        agent = said.speaker == "agent"
        best: dict[str, Evidence] = {}
        doubt: dict[str, float] = {}
        for one in (*self._by_words(said, agent), *self._by_findings(said), *self._by_mood(said, agent)):
            doubt[one.label] = doubt.get(one.label, 1.0) * (1 - one.weight)
            if one.label not in best or one.weight > best[one.label].weight:
                best[one.label] = one
        return [replace(one, weight=1 - doubt[label]) for label, one in best.items()]

    def _by_words(self, said: Said, agent: bool) -> Iterable[Evidence]:
        """Cues, and what is like the call lines of one; of those no trouble where the customer supposes, asks or praises."""
        found = [hit for hit in (self._service if agent else self._cues)(said) if self._tells(hit, agent)]
        cues = {hit.rule.rule for hit in found if isinstance(hit, Hit)}
        unmeant = cues & UNMEANT or any(act.label in ASKS and act.probability >= LIKELY for act in said.acts)
        told: set[tuple[str, int]] = set()  # one thing said is one piece of evidence, whatever patterns it meets
        for hit in found:
            rule, clause = hit.rule, said.text.clause_at[hit.start]
            like = isinstance(hit, Likeness)
            if (rule.rule, clause) in told or (like and unmeant and rule.rule in MEANT):
                continue
            told.add((rule.rule, clause))
            words = said.text.words(hit.start, hit.end)
            weight = AS_LINE * hit.confidence if like else hit.confidence
            yield Evidence(rule.rule, weight, words, rule.because.format(text=words) + hit.how)

    def _tells(self, hit: Hit | Likeness, agent: bool) -> bool:
        return hit.rule.kind in CUES or (agent and hit.rule.rule == "soothe")

    def _by_findings(self, said: Said) -> Iterable[Evidence]:
        for found in said.findings:
            if found.kind == "banned_phrase":
                yield Evidence("banned", found.confidence, found.text, found.because)
            elif found.kind == "escalation":
                yield Evidence("escalated" if (found.level or 0) > 1 else "dissatisfied", 1.0, found.text, found.because)
                yield Evidence("trouble", 1.0, found.text, found.because)
                if found.rule == "extreme":
                    yield Evidence("extreme", 1.0, found.text, found.because)

    def _by_mood(self, said: Said, agent: bool) -> Iterable[Evidence]:
        valence = said.utterance.valence
        if not agent and valence is not None and valence < BITTER and len(said.text.norm) >= FEELING:
            weight = BITTEREST * (BITTER - valence) / (1 + BITTER)
            yield Evidence("bitter", weight, said.utterance.text, f"客户话里带着怨气：“{said.utterance.text}”")

    def _reasons(self, labels: set[str | None]) -> Iterable[str]:
        shown = [one for one in self._evidence if one.label in labels]
        return [one.because for one in sorted(shown, key=lambda one: -one.weight)[:3]]
