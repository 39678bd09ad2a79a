"""step and step_missing: the steps of handling a complaint as the agent takes them, and those that never came.

A step is told once, where it is first really done, and only of a complaint: what was done before the call was known to be one
is told as soon as it is. What an utterance of some length is found to do of four of them is weighed with all else that it does
(`taken`). Thanks that may end the call count as closing once they do: with a farewell, or when nothing but the
customer's goodbye came after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from monitor.analysis.complaint import Complaint
from monitor.analysis.context import Context, Said
from monitor.analysis.hearing import Hearing
from monitor.analysis.phrases import MOST, Hit, Likeness
from monitor.analysis.phrases import finding as shown
from monitor.analysis.playbook import Playbook
from monitor.analysis.taken import LONG, WEIGHED, Taken
from monitor.analysis.text import Text, normal, read
from monitor.records import CallInfo, Finding

STEPS = ("soothe", "probe", "act", "elevate", "change", "close")
NEEDED = ("soothe", "probe", "act", "close")
DEMANDS_ELEVATION = 2  # rung of the ladder
FAREWELL = ("再见", "拜拜", "祝你", "生活愉快", "慢走", "晚安")
HEARD_OUT = 6  # characters the customer must have said before a question asks after them
DEEDS, TALK = (
    ("does_money", "does_goods", "does_visit", "does_repair"),
    ("does_call", "bosses"),
)  # lists of words: what is promised
ASKED = 0.8  # probability from which an act is a question for a fact; of ten characters or more: shorter ones are phrases
LAST = 2  # of the agent's turns may be the end
_UNDONE_BY = {
    "act": ("overpromise", "banned_phrase"),
    "probe": ("banned_phrase", "made_to_repeat"),
    "soothe": ("banned_phrase",),
}
_MISTAKEN = {("act", "soothe"), ("act", "probe"), ("probe", "soothe")}  # what is only like the first, for the second
_LEAST = {"probe": 0.6}  # confidence from which what undoes a step does so
_LEFT_OPEN = ("cant", "hide_behind_policy", "not_my_job", "blame_others")  # after which a way out may come all the same


@dataclass(frozen=True, slots=True)
class Candidate:
    """A step that an utterance takes, told or not; `sure`: by itself, whatever follows."""

    step: str
    finding: Finding
    turn: int
    sure: bool


class Steps:
    """The steps of one call."""

    def __init__(self, playbook: Playbook, info: CallInfo, service: Hearing, complaint: Complaint, taken: Taken) -> None:
        self._service, self._info, self._complaint, self._weighing = service, info, complaint, taken
        self._rules = {step: playbook.rules["step", step] for step in STEPS}
        words = playbook.words
        self._deeds = frozenset(normal(word) for name in DEEDS for word in words.get(name, ()))
        self._talk = frozenset(normal(word) for name in TALK for word in words.get(name, ()))
        self._asking = frozenset(normal(word) for word in words.get("asking", ()))
        self._waiting: list[Candidate] = []  # not told: no complaint yet, or perhaps no close
        self._told: dict[str, Finding] = {}
        self._level, self._turn, self._end = 0, 0, 0.0
        self._customer_said = 0
        self._agents = False  # the agent spoke last

    @property
    def done(self) -> dict[str, float | None]:
        """When each step was first done, as told; empty while the call is no complaint."""
        if not self._complaint.known:
            return {}
        return {step: found.start if (found := self._told.get(step)) else None for step in STEPS if step != "change"}

    @property
    def missing(self) -> tuple[str, ...]:
        """The steps a complaint still lacks."""
        if not self._complaint.known:
            return ()
        needed = [*NEEDED[:3], *(["elevate"] if self._level >= DEMANDS_ELEVATION else []), NEEDED[3]]
        return tuple(step for step in needed if step not in self._told)

    def judge(self, said: Said, context: Context) -> list[Finding]:
        if not self._complaint.known_with(said):
            return []
        candidates = [*self._waiting, *(self._taken(said) if said.speaker == "agent" else [])]
        return [one.finding for one in _first(candidates, self._told) if one.sure]

    def settle(self, said: Said) -> None:
        self._end = max(self._end, said.utterance.end)
        self._level = max([self._level, *(found.level or 0 for found in said.findings)])
        if said.speaker == "agent":
            self._turn += not self._agents
            self._waiting += self._taken(said)
            self._agents = True
        elif not said.slight:
            self._customer_said += len(said.text.norm)
            self._agents = False
        told = [found for found in said.findings if found.kind == "step"]
        self._told |= {found.rule: found for found in told if found.rule}
        self._waiting = [one for one in self._waiting if one.step not in self._told]

    def finish(self) -> list[Finding]:
        """The call is over: thanks that turned out to close it, and the steps that are missing."""
        if not self._complaint.known:
            return []
        ending = [one for one in self._waiting if one.step != "close" or one.turn > self._turn - LAST]
        late = [one.finding for one in _first(ending, self._told)]
        self._told |= {found.rule: found for found in late if found.rule}
        return [*late, *(self._lacks(step) for step in self.missing)]

    def _taken(self, said: Said) -> list[Candidate]:
        """The steps that the agent's utterance takes."""
        best = self.found(said)
        if said.labels:
            best = self._weighed(best, said)
        turn = self._turn + (not self._agents)
        return [Candidate(step, found, turn, step != "close" or _farewell(said)) for step, found in best.items()]

    def found(self, said: Said) -> dict[str, Finding]:
        """The steps that phrases, call lines, promises or questions find in the agent's utterance, the surest of each."""
        best: dict[str, Finding] = {}
        if not said.text.norm:
            return best
        for found in (*self._by_words(said), *self._by_promises(said), *self._by_questions(said)):
            step = found.rule or ""
            if self._undone(step, found, said) or (step in best and best[step].confidence >= found.confidence):
                continue
            best[step] = found
        return best

    def _weighed(self, found: Mapping[str, Finding], said: Said) -> dict[str, Finding]:
        """What was found of each step, or what is like it, if all that is done in the utterance bears it out.

        A site's own phrases count whatever that is; so does what is found in a few words, which may be a piece of a turn.
        """
        if len(said.text.norm) < LONG:
            return dict(found)
        chances = self._weighing.chances(said, {step: one.confidence for step, one in found.items()})
        best: dict[str, Finding] = {}
        for step in STEPS:
            one = found.get(step)
            if step in WEIGHED and step in said.labels and not (one and self._own(step, said)):
                one = (one or self._like(step, said, chances[step])) if step in chances else None
            if one:
                best[step] = one
        return best

    def _like(self, step: str, said: Said, chance: float) -> Finding | None:
        """What in the utterance is like the step, where no phrase finds it."""
        act = said.act(step) or (said.act("promise_dated") if step == "act" else None)
        if act is None or self._rules[step].lines >= 1:
            return None
        like = Likeness(self._rules[step], act)
        alike = shown(like, said.utterance, said.text)
        if not self._service.stands(like, said) or self._undone(step, alike, said):
            return None
        return replace(alike, confidence=round(min(chance, MOST), 3))

    def _own(self, step: str, said: Said) -> bool:
        """Whether one of a site's own phrases found it, or the promise that it is."""
        own = [hit.rule for hit in self._service(said) if isinstance(hit, Hit) and hit.phrase.own]
        return any(rule.rule == step or (step == "act" and rule.kind == "promise") for rule in own)

    def _by_words(self, said: Said) -> Iterable[Finding]:
        heard = [hit for hit in self._service(said) if hit.rule.kind == "step"]
        for hit in heard:
            if not any(_explains(other, hit) for other in heard):
                yield shown(hit, said.utterance, said.text)

    def _by_promises(self, said: Said) -> Iterable[Finding]:
        """A thing promised with its time is a plan; a call back is not yet."""
        rule = self._rules["act"]
        for made in said.findings:
            if made.kind == "promise" and made.rule == "dated" and self._is_deed(read(made.text).norm):
                because = rule.because.format(text=made.text)
                yield replace(
                    made, id=f"{said.utterance.id}.act", kind="step", rule="act", because=because, due=None, said=None
                )

    def _by_questions(self, said: Said) -> Iterable[Finding]:
        """Asking which, when, how many is probing, whatever for; asking what should be on file (number_asked) is not."""
        act = said.act("ask")
        if act is None or act.probability < ASKED:
            return
        asked, words = Likeness(self._rules["probe"], act), said.text.norm[act.start : act.end]
        if any(word in words for word in self._asking) and self._service.stands(asked, said):
            yield shown(asked, said.utterance, said.text)

    def _is_deed(self, words: str) -> bool:
        return any(word in words for word in self._deeds) or not any(word in words for word in self._talk)

    def _undone(self, step: str, found: Finding, said: Said) -> bool:
        """A question asked before anything was told, or what is no step for what else is said in it."""
        if step in ("probe", "act") and self._customer_said < HEARD_OUT:
            return True
        undoing = [
            other
            for other in said.findings
            if other.kind in _UNDONE_BY.get(step, ())
            and other.confidence >= _LEAST.get(step, 0.0)
            and not (step == "act" and other.rule in _LEFT_OPEN)
        ]
        return any(
            other.kind == "made_to_repeat"
            or _together(said.text, found, other, _CLAUSE if other.kind == "overpromise" else _STOPS)
            for other in undoing
        )

    def _lacks(self, step: str) -> Finding:
        because = "客户要求上级出面或更严重，直到通话结束也" if step == "elevate" else "这是投诉，直到通话结束也"
        return Finding(
            call=self._info.id,
            id=f"end.{step}_missing",
            kind="step_missing",
            rule=step,
            speaker="agent",
            start=self._end,
            end=self._end,
            text=LACKS[step],
            confidence=0.9,
            because=because + LACKS[step],
        )


_STOPS = "。！？!?"
_CLAUSE = _STOPS + "，,、；;"
LACKS = {
    "soothe": "没有安抚客户的情绪",
    "probe": "没有问清情况和诉求",
    "act": "没有给出办法",
    "elevate": "没有请上级出面",
    "close": "没有致谢并重申承诺",
}


def _first(candidates: Iterable[Candidate], told: Mapping[str, Finding]) -> list[Candidate]:
    """The first candidate of each step that was not told yet."""
    first: dict[str, Candidate] = {}
    for one in candidates:
        if one.step not in told and (one.step not in first or (one.sure and not first[one.step].sure)):
            first[one.step] = one
    return list(first.values())


def _together(text: Text, one: Finding, other: Finding, marks: str) -> bool:
    """Whether two findings rest on the same stretch between those marks."""
    if one.span is None or other.span is None:
        return False
    low, high = sorted((one.span, other.span))
    between = text.original[low[1] : high[0]]
    return not any(mark in between for mark in marks)


def _explains(other: Hit | Likeness, hit: Hit | Likeness) -> bool:
    """Whether what is only like a step has half of its words from what is surer to be another: 跟您道个歉，那您看."""
    if not (isinstance(hit, Likeness) and isinstance(other, Likeness)) or other.act.probability <= hit.act.probability:
        return False
    shared = min(other.end, hit.end) - max(other.start, hit.start)
    return (hit.rule.rule, other.rule.rule) in _MISTAKEN and 2 * shared >= hit.end - hit.start


def _farewell(said: Said) -> bool:
    return any(word in said.text.norm for word in FAREWELL)
