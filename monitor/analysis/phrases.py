"""Banned phrases and overpromises: what the agent must not say, by character and by sound, minus where it does not count.

Confidence is graded: the words as written > with others in between > only alike in sound (recognisers write homophones).
"""

from __future__ import annotations

from dataclasses import dataclass

from monitor.analysis.acts import TELLING, telling
from monitor.analysis.context import SURE, Act, Context, Said
from monitor.analysis.near import Near
from monitor.analysis.odds import weighed
from monitor.analysis.patterns import Match, allowed
from monitor.analysis.playbook import ACCUSING, Lexicon, Phrase, Playbook, Rule
from monitor.analysis.text import Text
from monitor.records import Finding, Utterance

_LONG = 6  # syllables; a shorter one is not matched by sound across a comma
_PLAIN_WORDS = frozenset("是不没你我他们这那有给都也说要什么就个")
MOST = 0.95  # confidence of what is only like the call lines, at most
ALONE = 0.9  # confidence from which it stands beside what else the same words are
OTHERWISE = (  # what an agent does who breaks no rule, or another one: of likenesses beside that, two in three are innocent
    "soothe", "probe", "act", "elevate", "change", "close", "ask", "acknowledge", "promise_dated", "absolute",
)  # fmt: skip
EXCUSED = frozenset(("cant", "dont_know", "not_my_job", "hide_behind_policy", "read_it_yourself", "another_day"))
HELPS = ("act", "elevate", "change", "promise_dated")  # a rule or a limit named beside one of these is told to somebody helped
SURELY = 0.95  # probability by the call lines from which it is a breach all the same
EXPLAINED = 0.6  # probability from which that is so, and only a likeness of ALONE stands beside it
GRAVE = 3  # rung of the ladder from which the words of a phrase need no trouble before them: a first threat is one
_GAP = 0.97  # of the confidence, where other words stand in between
_ALIKE = 0.5  # of the confidence, were every character another


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found where it counts."""

    phrase: Phrase
    match: Match
    confidence: float

    @property
    def rule(self) -> Rule:
        return self.phrase.rule

    @property
    def start(self) -> int:
        return self.match.start

    @property
    def end(self) -> int:
        return self.match.end

    @property
    def how(self) -> str:
        return "（按读音认出，个别字听写可能有误）" if self.match.alike else ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A stretch that does what the call lines of a rule do, in words that no phrase foresaw."""

    rule: Rule
    act: Act
    odds: float = 0.0  # of the call so far

    @property
    def start(self) -> int:
        return self.act.start

    @property
    def end(self) -> int:
        return self.act.end

    @property
    def confidence(self) -> float:
        return min(weighed(self.act, self.odds), MOST)

    @property
    def how(self) -> str:
        return f"（与“{self.act.example}”一类说法相近）"


@dataclass(frozen=True, slots=True)
class Inferred(Likeness):
    """A stretch of which not its words tell but what came before or after it."""

    sure: float = 0.0
    why: str = ""

    @property
    def confidence(self) -> float:
        return self.sure

    @property
    def how(self) -> str:
        return self.why


def whole(label: str, said: Said) -> Act:
    """All of an utterance, as doing that."""
    return Act(label, 0, len(said.text.norm), 0.0, "")


def hits(lexicon: Lexicon, said: Said, context: Context) -> dict[Rule, Hit | Likeness]:
    """The best hit of each rule in one utterance, without those that only repeat a part of another's.

    Phrases come first: where none of a rule's is found, likeness to its call lines may do.
    """
    best: dict[Rule, Hit | Likeness] = {}
    for hit in heard(lexicon, said, context, Near(lexicon, said.text)):
        old = best.get(hit.rule)
        surer = old and isinstance(hit, Hit) and (hit.confidence, hit.end - hit.start) > (old.confidence, old.end - old.start)
        if old is None or surer:
            best[hit.rule] = hit
    return {rule: hit for rule, hit in best.items() if not any(_covers(other, hit) for other in best.values())}


def _like(lexicon: Lexicon, act: Act, odds: float) -> Likeness | None:
    """What the act amounts to, where the stretch is like enough; never where the playbook asks for certainty."""
    rule = lexicon.by_label.get(act.label)
    alike = Likeness(rule, act, odds if rule.kind in ACCUSING else 0.0) if rule and rule.lines < 1 else None
    return alike if alike and alike.confidence >= alike.rule.lines else None


def explained(said: Said) -> float:
    """How likely the utterance does something that explains words like a banned phrase."""
    return max((act.probability for act in said.acts if act.label in OTHERWISE), default=0.0)


def stands(alike: Likeness, said: Said, context: Context, near: Near) -> bool:
    """Whether nothing near the stretch takes it back, and the rule's conditions hold."""
    if any(near.bears(name) and near.holds(name, alike.start, alike.end, inside=True) for name in alike.rule.unless):
        return False
    return all(_condition(name, said.utterance, context) for name in alike.rule.only)


def heard(lexicon: Lexicon, said: Said, context: Context, near: Near) -> list[Hit | Likeness]:
    """Everything found where it counts: phrases in the order of the scan, then what is like the call lines of a rule."""
    alike = [one for act in said.acts if (one := _like(lexicon, act, said.odds))]
    if explained(said) >= EXPLAINED:
        alike = [one for one in alike if one.rule.kind != "banned_phrase" or one.confidence >= ALONE]
    standing = [one for one in alike if not _helped(one.rule, said) and stands(one, said, context, near)]
    counted = _counted(lexicon, said.utterance, said.text, context, near)
    return [*(hit for hit in counted if not _denied(hit, said)), *standing]


def _helped(rule: Rule, said: Said) -> bool:
    """Whether the utterance offers a way beside words that are not surely a breach: 我们有个规矩，延误的免费加做."""
    if rule.rule not in EXCUSED or not any(act.label in HELPS and act.probability >= EXPLAINED for act in said.acts):
        return False
    act = said.act(rule.rule)
    return act is None or act.probability < SURELY


def _denied(hit: Hit, said: Said) -> bool:
    """Whether the call lines say that a built-in phrase is innocent here: 打官司 of others, 拉横幅 for a team.

    A site's own phrases count whatever its lines say. Of a few words no act is surer than their length allows: less is asked of
    them, and an act that is not told may yet be there.
    """
    rule, length = hit.rule, len(said.text.norm)
    if hit.phrase.own or rule.rule not in said.labels:
        return False
    if _helped(rule, said):
        return True
    act = said.act(rule.rule)
    if act is None:
        return rule.least > 0 and length > TELLING
    threat = (rule.level or 0) >= GRAVE
    likely = act.probability if threat else weighed(act, said.odds)
    return likely < rule.least * telling(length)


def _counted(lexicon: Lexicon, utterance: Utterance, text: Text, context: Context, near: Near) -> list[Hit]:
    """Every phrase found where it counts, in the order of the scan."""
    found: list[Hit] = []
    for match in near.matches:
        phrase = lexicon.entries[match.pattern]
        if isinstance(phrase, str) or _within_number(match, text) or (match.alike and not _plausible(phrase, match, text)):
            continue
        if any(near.holds(name, match.start, match.end) for name in phrase.unless):
            continue
        if all(
            _condition(name, utterance, context) if name in _CONDITIONS else near.holds(name, match.start, match.end)
            for name in phrase.only
        ):
            found.append(Hit(phrase, match, _confidence(phrase, match)))
    return found


def _covers(other: Hit | Likeness, hit: Hit | Likeness) -> bool:
    """Whether a hit only repeats a part of what another rule heard better: 告你们 within 去消协告你们."""
    overlap = other is not hit and other.start < hit.end and hit.start < other.end
    if isinstance(hit, Likeness):  # words that a phrase or a better likeness explains are no likeness to something else
        return overlap and hit.confidence < ALONE and (isinstance(other, Hit) or other.confidence > hit.confidence)
    if isinstance(other, Likeness):  # a stretch is wider than what it rests on
        return False
    within = other.start <= hit.start and hit.end <= other.end and (other.start, other.end) != (hit.start, hit.end)
    return within or (overlap and (other.rule.level or 0) > (hit.rule.level or 0))


def finding(hit: Hit | Likeness, utterance: Utterance, text: Text, because: str = "") -> Finding:
    """A hit as it is shown: the words as written, and when they were said. `because` is added to the rule's own."""
    rule, span = hit.rule, text.span(hit.start, hit.end)
    words = text.words(hit.start, hit.end)
    start, end = when(utterance, *span)
    return Finding(
        call=utterance.call,
        id=f"{utterance.id}.{rule.rule}",
        kind=rule.kind,
        rule=rule.rule,
        speaker=utterance.speaker,
        start=start,
        end=end,
        text=words,
        confidence=round(hit.confidence, 3),
        because=rule.because.format(text=words) + hit.how + because,
        utterance=utterance.id,
        span=span,
        level=rule.level,
    )


def when(utterance: Utterance, start: int, end: int) -> tuple[float, float]:
    """When characters [start, end) of the utterance's text were said: by its words, else in proportion."""
    places, index = [], 0
    for word in utterance.words:
        found = utterance.text.find(word.text.strip(), index)
        if found < 0:
            continue
        index = found + len(word.text.strip())
        places.append((found, index, word))
    spoken = [word for a, b, word in places if a < end and b > start]
    if spoken:
        return spoken[0].start, max(spoken[-1].end, spoken[0].start)
    length, whole = max(1, len(utterance.text)), utterance.end - utterance.start
    return utterance.start + whole * start / length, utterance.start + whole * end / length


class PhraseDetector:
    """banned_phrase and overpromise. Keeps no state of its own: what was said before comes with the context."""

    def __init__(self, playbook: Playbook) -> None:
        self._lexicon = playbook.lexicons["agent"]

    def judge(self, said: Said, context: Context) -> list[Finding]:
        if said.speaker != "agent" or not said.text.norm:
            return []
        # Pauses cut a turn into utterances: what was told of one of them is not told again.
        told = {one.rule for last in context.turn(said.utterance) for one in last.findings if one.confidence >= SURE}
        found = hits(self._lexicon, said, context).values()
        return [finding(hit, said.utterance, said.text) for hit in found if hit.rule.rule not in told]

    def settle(self, said: Said) -> None:
        """Nothing to keep."""


def _within_number(match: Match, text: Text) -> bool:
    """Whether the match begins or ends in the middle of a number (12345 in 1234567)."""
    norm, clause = text.norm, text.clauses[text.clause_at[match.start]]
    before = norm[match.start - 1 : match.start] if match.start > clause.start else ""
    clause = text.clauses[text.clause_at[match.end - 1]]
    after = norm[match.end : match.end + 1] if match.end < clause.end else ""
    return (before.isdecimal() and norm[match.start].isdecimal()) or (after.isdecimal() and norm[match.end - 1].isdecimal())


def _plausible(phrase: Phrase, match: Match, text: Text) -> bool:
    """Whether the phrase may have been misheard as this: most of it is there as written, and what is not is no word of its own.

    Recognisers write wrong words where they hear rare ones; they seldom invent 是, 不 or 你, and a word that reaches out of the
    phrase (客户 in 客户呢, sounding like 糊弄 from its middle on) was meant as it stands.
    """
    if not phrase.sound or match.cost > allowed(match.literals):
        return False
    if any(text.norm[index] in _PLAIN_WORDS for index in match.alike):
        return False
    if match.literals < _LONG and text.clause_at[match.start] != text.clause_at[match.end - 1]:
        return False
    return not any(
        end - start > 1 and (start < match.start or end > match.end) and start <= index < end
        for start, end in text.word_spans
        for index in match.alike
    )


def _confidence(phrase: Phrase, match: Match) -> float:
    share = match.cost / match.literals
    gap = _GAP if match.end - match.start > match.literals else 1.0
    return phrase.confidence * gap * (1 - (1 - _ALIKE) * share)


def _first_answer(utterance: Utterance, context: Context) -> bool:
    """The agent has said nothing of substance since the customer first spoke of what is wrong."""
    past = [said for said in context.before(utterance) if not said.slight]
    first = next((index for index, said in enumerate(past) if said.speaker == "customer" and len(said.text.norm) >= 6), None)
    return first is not None and not any(said.speaker == "agent" and len(said.text.norm) >= 6 for said in past[first:])


_CONDITIONS = {"first_answer": _first_answer}


def _condition(name: str, utterance: Utterance, context: Context) -> bool:
    return _CONDITIONS[name](utterance, context)
