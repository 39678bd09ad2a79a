"""How likely a sentence says again what an earlier one said: what the two share, weighed by a logistic regression.

Its weights are plain numbers in the playbook's repeats.toml, fitted by `claims_train` on labelled dialogues. None of the
features is proof alone: the words (as written, by sound, by rough sound), the meaning (cosine of sentence embeddings), the
demand or threat that both make, figures of one kind, and what speaks against it (an answer, a question, the agent's own
words said back). Where there is a classifier of acts, what the two sentences do must bear it out: who demands, reproaches or
says that he has said it repeats sooner than who thanks, and a trouble or a demand is said again sooner than a remark.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.analysis.claim_language import Sentence, Window, sounds
from monitor.analysis.context import Act
from monitor.analysis.embedder import Embedder, Vectors
from monitor.analysis.figures import Figure
from monitor.analysis.likeness import Bag
from monitor.analysis.playbook import RULES
from monitor.analysis.weights import Model
from monitor.config import Section, read
from monitor.errors import ConfigError

ENOUGH = 2.6  # shared weight (rare pairs of syllables) of a full likeness
SAME_THING = 0.3  # shared weight of what is said around two figures of one thing
FAR = 5  # ratio of two figures of one thing, at most
SIMILAR, SUM, SHORT = 2.0, 100, 8  # two sums of one thing: their ratio at most, least yuan; characters of a bare answer
ALIKE = 0.25  # wording from which two sentences speak of one thing
_FEE = re.compile(r"[\u4e00-\u9fff][费金款价]")
UNLIKE = 0.86  # cosine of unrelated call lines; e5 keeps all lines within 0.8 .. 1
SPREAD = 0.1  # from there to the same
FEATURES = (
    "words", "cover", "rough", "meaning", "threat", "demand", "same_figure", "other_figure", "wondering", "insisting",
    "renewing", "answering", "asked", "refused", "echo", "short",
)  # fmt: skip
ACTED = (
    "retold", "dissatisfied", "thanks", "threatened", "of_demand", "of_trouble", "of_threat", "same_trouble", "same_act",
    "long_ago", "late", "long", "first", "just_said",
)  # fmt: skip
THREATS = tuple(rule for rule in RULES["escalation"] if rule != "dissatisfied")
MODELS = {
    "by_meaning": FEATURES,
    "by_words": tuple(name for name in FEATURES if name != "meaning"),
    "by_meaning_and_acts": (*FEATURES, *ACTED),
    "by_words_and_acts": (*(name for name in FEATURES if name != "meaning"), *ACTED),
}
BORNE_OUT = 0.15  # probability, the acts known, below which the likeness is none: talk comes back to its words all the time
DOUBT, SURE = 0.08, 0.85  # probability by words between which the meaning is asked
BUDGET = 60  # characters embedded for one utterance: a millisecond for five, less what was met before


class Sheet(Section):
    """repeats.toml: models with sentence embeddings and without, each where acts are known and where they are not."""

    by_meaning: Model
    by_words: Model
    by_meaning_and_acts: Model
    by_words_and_acts: Model


@dataclass(frozen=True, slots=True)
class Setting:
    """What stood around the new sentence."""

    answers: int  # characters of the utterance that answer the agent's question
    asked: bool  # the agent's turn ended on a question
    refused: bool  # the agent denied or declined
    agent: Sequence[Bag]  # the utterances of the agent's last turn
    one_sum: bool = False  # the customer has named one sum of money so far


@dataclass(frozen=True, slots=True)
class Doing:
    """What both sentences of a likeness do, by label how likely, and where they stand in the call."""

    acts: Sequence[Act]  # of the utterance of the new one
    earlier: Mapping[str, float]
    turn: int  # the customer's, of the new one
    earlier_turn: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """A new sentence against an earlier one: the window of it that is most alike, its features, and the figures that differ."""

    new: Sentence
    old: Sentence
    window: Window
    features: Mapping[str, float]
    differing: tuple[Figure, Figure] | None  # (earlier, now)
    doing: Doing | None = None  # where there is a classifier of acts


class Scorer:
    """Weighs likenesses. Built once, shared by all calls. Raises ConfigError naming the file."""

    def __init__(self, path: Path) -> None:
        sheet = read(Sheet, path)
        for name, features in MODELS.items():
            model = getattr(sheet, name)
            if wrong := model.differing(features):
                raise ConfigError(f"{path}: weights: {wrong}: one weight for each of {', '.join(features)}")
        self._by_words, self._by_meaning = sheet.by_words, sheet.by_meaning
        self._acted_by_words, self._acted_by_meaning = sheet.by_words_and_acts, sheet.by_meaning_and_acts

    def scores(self, likenesses: Sequence[Likeness], embedder: Embedder | None) -> list[float]:
        """Of each the probability 0..1 that it is a repetition.

        It is 0 where what the two sentences do does not bear it out, unless a figure differs: that has its own tests.

        The meaning is asked where the words leave a doubt, the most doubtful first, for as much text as BUDGET allows; what is
        left is judged by its words.
        """
        features = [likeness.features for likeness in likenesses]
        scores = [self._by_words.chance(its) for its in features]
        asked, doubtful = dict[str, None](), list[int]()
        for index in sorted(range(len(scores)), key=lambda index: -scores[index]) if embedder else ():
            lines = clips(likenesses[index])
            if not lines or not DOUBT <= scores[index] < SURE:
                continue
            if len("".join({**asked, **dict.fromkeys(lines)})) > BUDGET:
                break
            asked.update(dict.fromkeys(lines))
            doubtful.append(index)
        vectors = dict(zip(asked, embedder(list(asked)), strict=True)) if embedder and asked else {}
        for index in doubtful:
            new, old = (vectors[line] for line in clips(likenesses[index]))
            features[index] = {**features[index], "meaning": meaning(new, old)}
            scores[index] = self._by_meaning.chance(features[index])
        for index, likeness in enumerate(likenesses):
            if likeness.doing and not likeness.differing and scores[index] >= DOUBT:
                model = self._acted_by_meaning if "meaning" in features[index] else self._acted_by_words
                if model.chance({**features[index], **acted(likeness, likeness.doing)}) < BORNE_OUT:
                    scores[index] = 0.0
        return scores


def compare(new: Sentence, old: Sentence, setting: Setting, topic: Bag | None = None) -> Likeness | None:
    """The likeness by everything but the meaning; None where nothing of `new` can be held against anything.

    `topic`: what the agent had asked when the old sentence was said.
    """
    if not new.windows:
        return None
    graded = [(_wording(window.bag, old.bag), window) for window in new.windows]
    same, differing = _figures(new, old, setting, topic)
    words, window = max(graded, key=lambda pair: _promise(pair[0], pair[1], old, setting, differing))
    shared = window.demands & old.demands
    rough = window.bag.shared_roughly(old.bag)
    features = {
        "words": words,
        "cover": window.bag.share_in(old.bag),
        "rough": rough / max(1.0, sum(window.bag.rough.values())) * min(1.0, rough / ENOUGH),
        "threat": float(any(not demand.needs_object for demand in shared)),
        "demand": float(any(demand.needs_object for demand in shared)),
        "same_figure": float(same),
        "other_figure": float(differing is not None),
        "wondering": float(window.wondering),
        "insisting": float(new.insisting),
        "renewing": float(new.renewing),
        "answering": float(window.end <= setting.answers),
        "asked": float(setting.asked),
        "refused": float(setting.refused),
        "echo": max(0.0, max((window.bag.share_in(bag) for bag in setting.agent), default=0.0) - window.bag.share_in(old.bag)),
        "short": max(0.0, 1 - window.bag.mass / ENOUGH),
    }
    return Likeness(new, old, window, features, differing)


def acted(likeness: Likeness, doing: Doing) -> dict[str, float]:
    """The features of what the two sentences do."""
    now, then = chances(doing.acts, likeness.window.start, likeness.window.end), doing.earlier
    troubles = [label for label in now if label.startswith("cause_")]
    back = doing.turn - doing.earlier_turn
    return {
        **{name: now.get(name, 0.0) for name in ("retold", "dissatisfied", "thanks")},
        "threatened": max((now.get(label, 0.0) for label in THREATS), default=0.0),
        "of_demand": then.get("demand", 0.0),
        "of_trouble": max((chance for label, chance in then.items() if label.startswith("cause_")), default=0.0),
        "of_threat": max((then.get(label, 0.0) for label in THREATS), default=0.0),
        "same_trouble": math.fsum(now[label] * then.get(label, 0.0) for label in troubles),
        "same_act": math.fsum(min(now[label], then.get(label, 0.0)) for label in now),
        "long_ago": min(1.0, back / 10),
        "late": min(1.0, doing.turn / 12),
        "long": min(1.0, (likeness.new.end - likeness.new.start) / 60),
        "first": float(likeness.new.start == 0),
        "just_said": float(back == 1),
    }


def chances(acts: Sequence[Act], start: int, end: int) -> dict[str, float]:
    """Of each act that norm[start:end] has part in, how likely it is; without those that tell of the call as a whole."""
    return {
        act.label: act.probability for act in acts if act.start < end and act.end > start and not act.label.startswith("type_")
    }


def _promise(words: float, window: Window, old: Sentence, setting: Setting, differing: tuple[Figure, Figure] | None) -> float:
    """How promising a window is before all is weighed."""
    demanded = max((0.2 if demand.needs_object else 0.6 for demand in window.demands & old.demands), default=0.0)
    contradicts = 0.3 if differing and window.start <= differing[1].start < window.end else 0.0
    return (words + demanded + contradicts) * (1.0 if window.end > setting.answers else 0.5)


def clips(likeness: Likeness) -> tuple[str, ...]:
    """What is held against each other by meaning: a clip of the new sentence, and the one of the old that is most like it."""
    window = likeness.window
    new = max(likeness.new.clips, key=lambda clip: min(clip.end, window.end) - max(clip.start, window.start), default=None)
    old = max(likeness.old.clips, key=lambda clip: window.bag.shared(clip.bag), default=None)
    return (new.words, old.words) if new and old else ()


def meaning(new: Vectors, old: Vectors) -> float:
    """How near two lines come in meaning, 0 (unrelated) to 1 (the same) and a little beyond."""
    return max(0.0, (float(new @ old) - UNLIKE) / SPREAD)


def _wording(new: Bag, old: Bag) -> float:
    """Likeness 0..1 by words: how much of `new` is in `old`, less where that is little in itself."""
    shared = new.shared(old)
    return shared / new.mass * min(1.0, shared / ENOUGH) if new.mass else 0.0


def _figures(new: Sentence, old: Sentence, setting: Setting, topic: Bag | None) -> tuple[bool, tuple[Figure, Figure] | None]:
    """Whether both name the same figure, and (earlier, now) of one that differs although it is said of the same thing."""
    same, differing = False, None
    for now, about in zip(new.figures, new.about, strict=True):
        earlier = [(f, said_of) for f, said_of in zip(old.figures, old.about, strict=True) if f.kind == now.kind]
        if any(not now.differs(figure) for figure, _ in earlier):
            same = True
            continue
        of_it = [
            figure
            for figure, said_of in earlier
            if _called_alike(new, now, old)
            and (
                (
                    _near(now, figure)
                    and (_same_thing(about, said_of.joined(topic) if topic else said_of) or _alike(new, now, old))
                )
                or (setting.one_sum and _same_sum(new, now, figure))
            )
        ]
        differing = differing or ((of_it[-1], now) if of_it else None)
    return same, differing


def _near(now: Figure, figure: Figure) -> bool:
    """Whether one figure may be what the other has grown to: dates always, amounts within FAR."""
    if isinstance(now.value, str) or isinstance(figure.value, str) or now.kind in ("date", "weekday", "clock"):
        return True
    return max(now.value, figure.value) <= FAR * min(now.value, figure.value)


def _same_thing(about: Bag, other: Bag) -> bool:
    """Whether the words around two figures share something, at least by sound."""
    return about.shared(other) >= SAME_THING or about.shared_roughly(other) >= SAME_THING


def _alike(new: Sentence, now: Figure, old: Sentence) -> bool:
    """Whether what is said with the new figure was said before in much the same words."""
    return any(window.start <= now.start < window.end and _wording(window.bag, old.bag) >= ALIKE for window in new.windows)


def _same_sum(new: Sentence, now: Figure, figure: Figure) -> bool:
    """Whether a sum demanded, or named in few words, is the one that was named before, by its size."""
    if now.kind != "money" or isinstance(now.value, str) or isinstance(figure.value, str):
        return False
    larger, smaller = max(now.value, figure.value), min(now.value, figure.value)
    curt = any(clause.start <= now.start < clause.end <= clause.start + SHORT for clause in new.text.clauses)
    return (bool(new.demands) or curt) and smaller >= SUM and larger <= SIMILAR * smaller


def _called_alike(new: Sentence, now: Figure, old: Sentence) -> bool:
    """Whether what a sum is called (误工费) was named before, at least by its sound; a figure without a name may be any."""
    if now.kind != "money":
        return True
    first, last = max(new.start, now.start - 6), min(new.end, now.end + 3)
    spoken = sounds(old.text.syllables[old.start : old.end])
    called = (new.text.syllables[match.start() : match.end()] for match in _FEE.finditer(new.text.norm, first, last))
    return all(sounds(name) in spoken for name in called)
