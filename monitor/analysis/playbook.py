"""The playbook's phrases, read from TOML and compiled: what each rule listens for, and where it does not count.

A site's own folder is laid over the built-in one: its words and contexts replace those of the same name, its phrases are added
to the rule's, and the patterns it lists under `without` are left out. Anything misspelt is refused, with file and line, all of
it at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field

from monitor.analysis.corpus import LABELS
from monitor.analysis.patterns import Automaton, PatternError
from monitor.config import Section, Share
from monitor.errors import ConfigError, Faults
from monitor.sheets import Readable, readable

BUILT_IN = Path(__file__).parent.parent / "playbook" / "zh"
SHEETS = ("contexts.toml", "phrases.toml", "ladder.toml", "steps.toml", "promises.toml", "complaint.toml")
OTHERS = (  # read elsewhere
    "claims.toml", "asked.toml", "evasion.toml", "facts.toml", "arguing.toml", "alerts.toml", "alerts.tests.toml",
    "whispers.toml", "whispers.tests.toml",
)  # fmt: skip
ALL_LABELS = frozenset(label for labels in LABELS.values() for label in labels)
LINES = 0.7  # sureness from which likeness to the call lines makes a finding, where a rule says nothing else
LEAST = 0.3  # the same, from which a built-in phrase that accuses counts
ACCUSING = frozenset({"banned_phrase", "overpromise", "escalation"})
CONDITIONS = frozenset({"first_answer"})  # what `only` may ask beside contexts; decided in phrases.py
RULES: Mapping[str, tuple[str, ...]] = {
    "banned_phrase": (
        "belittle", "get_what_you_pay", "flat_denial", "not_my_job", "dont_know", "never_said", "cant", "hide_behind_policy",
        "read_it_yourself", "another_day", "dismiss", "blame_customer", "blame_others", "stall",
    ),
    "overpromise": ("absolute",),
    "escalation": ("dissatisfied", "demand_supervisor", "churn", "regulator", "exposure", "legal", "extreme"),
    "step": ("soothe", "probe", "act", "elevate", "close", "change"),
    "promise": ("dated", "undated"),
}  # fmt: skip
CUES: Mapping[str, tuple[str, ...]] = {  # no findings of their own: evidence of what a call is about (complaint.py)
    "cue": (
        "product", "service", "price", "integrity", "attitude", "incident", "trouble", "venting", "compensation", "demand",
        "suggestion", "revenge", "help", "courteous", "overbearing", "inquiry", "praise", "mistaken", "supposed",
    ),
    "agent_cue": ("callback", "admitted"),
}  # fmt: skip
LEXICON_OF: Mapping[str, str] = {  # which lexicon listens for a kind; those of one lexicon are heard in one pass
    "banned_phrase": "agent", "overpromise": "agent", "escalation": "customer",
    "step": "service", "promise": "service", "agent_cue": "service", "cue": "cues",
}  # fmt: skip
_ALL = {**RULES, **CUES}


class Names(Section):
    zh: str
    en: str


class ContextSheet(Section):
    """Words near a phrase that change what it means."""

    where: Literal["before", "after", "around"] = "around"
    within: Literal["clause", "sentence", "utterance"] = "clause"
    reach: int = Field(3000, ge=0)  # at most so many characters between the two
    say: tuple[str, ...] = ()
    affirmed: bool = False  # not where a negation stands right before the words (不能退 is no 能退)
    apart: bool = False  # not where the words are joined to the phrase (没权限给您退 is no 给您退)
    broken_by: str = ""  # a context whose words, standing between the two, end its reach
    stop: str = ""  # or the phrase's own clause ends in one of these marks
    lines: bool = True  # also of what is only like the call lines; no, where their classifier hears it itself (negations)


class PhraseSheet(Section):
    """Phrases with the same settings."""

    say: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()  # contexts
    only: tuple[str, ...] = ()  # contexts or conditions, all of which must hold
    sound: bool = True  # also where it only sounds so
    confidence: Share = 0.95


class RuleSheet(Section):
    zh: str = ""
    en: str = ""
    because: str = ""  # {text}: the words
    level: int | None = Field(None, ge=1, le=4)
    unless: tuple[str, ...] = ()
    only: tuple[str, ...] = ()  # conditions
    lines: Share | None = None  # probability from which likeness to the call lines is enough; 1: never
    least: Share | None = None  # probability by the call lines that a built-in phrase needs to count
    phrases: tuple[PhraseSheet, ...] = ()
    without: tuple[str, ...] = ()  # patterns of the built-in playbook to leave out


class Sheet(Section):
    lead: tuple[str, ...] = ()
    tail: str = ""
    kinds: dict[str, Names] = Field(default_factory=dict)
    words: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    contexts: dict[str, ContextSheet] = Field(default_factory=dict)
    banned_phrase: dict[str, RuleSheet] = Field(default_factory=dict)
    overpromise: dict[str, RuleSheet] = Field(default_factory=dict)
    escalation: dict[str, RuleSheet] = Field(default_factory=dict)
    step: dict[str, RuleSheet] = Field(default_factory=dict)
    promise: dict[str, RuleSheet] = Field(default_factory=dict)
    cue: dict[str, RuleSheet] = Field(default_factory=dict)
    agent_cue: dict[str, RuleSheet] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as the findings name it."""

    kind: str
    rule: str
    zh: str
    en: str
    because: str
    level: int | None
    unless: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    lines: float = LINES
    least: float = 0.0


@dataclass(frozen=True, slots=True)
class Phrase:
    """One pattern of a rule with all that was said about it."""

    rule: Rule
    pattern: str
    unless: tuple[str, ...]
    only: tuple[str, ...]
    sound: bool
    confidence: float
    own: bool  # a site's


@dataclass(frozen=True)
class Lexicon:
    """What is listened for together. Pattern numbers index `entries`: a phrase, or the name of a context."""

    automaton: Automaton
    entries: tuple[Phrase | str, ...]
    contexts: Mapping[str, ContextSheet]
    by_label: Mapping[str, Rule]  # rules that call lines are labelled with


@dataclass(frozen=True)
class Playbook:
    rules: Mapping[tuple[str, str], Rule]
    kinds: Mapping[str, Names]
    lexicons: Mapping[str, Lexicon]  # by the names in LEXICON_OF
    words: Mapping[str, tuple[str, ...]]

    @cached_property
    def vocabulary(self) -> dict[str, dict[str, dict[str, str]]]:
        """Display names: {"kinds": {kind: {"zh", "en"}}, "rules": {"kind/rule": {"zh", "en"}}}."""
        return {
            "kinds": {kind: names.model_dump() for kind, names in self.kinds.items()},
            "rules": {
                f"{rule.kind}/{rule.rule}": {"zh": rule.zh, "en": rule.en} for rule in self.rules.values() if rule.kind in RULES
            },
        }


def load(site: Path | None = None) -> Playbook:
    """The built-in playbook with a site's folder laid over it. Raises ConfigError naming file and line of every fault."""
    paths, faults = [BUILT_IN / name for name in SHEETS], Faults()
    if site is not None:
        if not site.is_dir():
            raise ConfigError(f"{site}: is no folder with a playbook")
        for path in sorted(site.glob("*.toml")):
            if path.name not in (*SHEETS, *OTHERS):
                faults.add(f"{path}: is no part of a playbook; known: {', '.join((*SHEETS, *OTHERS))}")
        paths += [site / name for name in SHEETS if (site / name).exists()]
    files: list[_File] = []
    for path in paths:
        with faults.noted():
            files.append(_File(path, readable(Sheet, path, faults)))
    return _Compiler(files, faults, whole=len(files) == len(paths)).playbook()


class _File:
    """One TOML file, and where in it things stand."""

    def __init__(self, path: Path, found: Readable[Sheet]) -> None:
        self.path, self.sheet, self._found = path, found.sheet, found

    def rules(self) -> Iterator[tuple[str, str, RuleSheet]]:
        for kind in _ALL:
            for rule, sheet in getattr(self.sheet, kind).items():
                yield kind, rule, sheet

    def fault(self, keys: tuple[str | int, ...], what: str, near: str = "") -> str:
        """A fault at the line that sets `keys`, or that quotes `near` from there on."""
        name = ".".join(key for key in keys if isinstance(key, str))
        return f"{self.path}:{self._found.line(keys, near)}: {name}: {what}"


class _Compiler:
    """Goes on after a fault, to find them all; with any there is no playbook."""

    def __init__(self, files: list[_File], faults: Faults, *, whole: bool) -> None:
        """Not `whole`: a file cannot be read, in which names that the others use may stand."""
        self._files, self._faults, self._whole = files, faults, whole
        self._words: dict[str, tuple[str, ...]] = {}
        self._contexts: dict[str, tuple[_File, ContextSheet]] = {}
        self._kinds: dict[str, Names] = {}
        self._lead: tuple[str, ...] = ()
        self._tail = ""
        for file in files:
            self._words |= file.sheet.words
            self._contexts |= {name: (file, sheet) for name, sheet in file.sheet.contexts.items()}
            self._kinds |= file.sheet.kinds
            self._lead += file.sheet.lead
            self._tail += file.sheet.tail

    def playbook(self) -> Playbook:
        rules = self._rules()
        phrases = list(self._phrases(rules))
        for name, (file, context) in self._contexts.items():
            if context.broken_by:
                self._check_names(file, ("contexts", name, "broken_by"), (context.broken_by,), frozenset())
        for name, (file, context) in self._contexts.items():  # also those that nothing names
            for pattern in context.say:
                self._add(Automaton(self._words), file, ("contexts", name, "say"), pattern)
        self._faults.tell()
        lexicons = {name: self._lexicon(name, phrases) for name in dict.fromkeys(LEXICON_OF.values())}
        self._faults.tell()
        return Playbook(rules, self._kinds, lexicons, self._words)

    def _rules(self) -> dict[tuple[str, str], Rule]:
        rules: dict[tuple[str, str], Rule] = {}
        for file in self._files:
            for kind, name, sheet in file.rules():
                if name not in _ALL[kind]:
                    self._faults.add(file.fault((kind, name), f"no such rule; known: {', '.join(_ALL[kind])}"))
                    continue
                least = LEAST if kind in ACCUSING else 0.0
                old = rules.get((kind, name), Rule(kind, name, "", "", "", None, least=least))
                self._check_names(file, (kind, name, "unless"), sheet.unless, frozenset())
                self._check_names(file, (kind, name, "only"), sheet.only, CONDITIONS)
                rule = Rule(
                    kind,
                    name,
                    sheet.zh or old.zh,
                    sheet.en or old.en,
                    sheet.because or old.because,
                    sheet.level or old.level,
                    (*old.unless, *sheet.unless),
                    (*old.only, *sheet.only),
                    old.lines if sheet.lines is None else sheet.lines,
                    old.least if sheet.least is None else sheet.least,
                )
                if not (rule.zh and rule.en and rule.because):
                    self._faults.add(file.fault((kind, name), "needs zh, en and because"))
                if (rule.level is None) != (kind != "escalation"):
                    self._faults.add(file.fault((kind, name), "every rung of the ladder, and nothing else, has a level"))
                self._check_because(file, rule)
                rules[kind, name] = rule
        if missing := [f"{kind}.{name}" for kind in _ALL for name in _ALL[kind] if (kind, name) not in rules]:
            self._faults.add(f"{self._files[0].path}: lacks the rules {', '.join(missing)}")
        return rules

    def _check_because(self, file: _File, rule: Rule) -> None:
        if set("{}") & set(rule.because.replace("{text}", "")):
            self._faults.add(file.fault((rule.kind, rule.rule, "because"), "may hold {text} and no other braces"))

    def _lexicon(self, name: str, phrases: Sequence[tuple[_File, Phrase]]) -> Lexicon:
        automaton = Automaton(self._words, self._lead, self._tail)
        entries: list[Phrase | str] = []
        own = [(file, phrase) for file, phrase in phrases if LEXICON_OF[phrase.rule.kind] == name]
        for context in self._needed(own):
            file, sheet = self._contexts[context]
            for pattern in sheet.say:
                self._add(automaton, file, ("contexts", context, "say"), pattern)
                entries.append(context)
        for file, phrase in own:
            self._add(automaton, file, (phrase.rule.kind, phrase.rule.rule, "phrases", "say"), phrase.pattern, phrase.sound)
            entries.append(phrase)
        automaton.build()
        by_label = {label: phrase.rule for _, phrase in own for label in _labels(phrase.rule) if label in ALL_LABELS}
        return Lexicon(automaton, tuple(entries), {name: sheet for name, (_, sheet) in self._contexts.items()}, by_label)

    def _needed(self, phrases: Sequence[tuple[_File, Phrase]]) -> list[str]:
        """The contexts that these phrases name, and what breaks those, in the order of the files."""
        named = {name for _, phrase in phrases for name in (*phrase.unless, *phrase.only, *phrase.rule.unless)}
        named |= {self._contexts[name][1].broken_by for name in named if name in self._contexts}
        return [name for name in self._contexts if name in named]

    def _add(self, automaton: Automaton, file: _File, keys: tuple[str | int, ...], pattern: str, sound: bool = True) -> None:
        try:
            automaton.add(pattern, sound)
        except PatternError as error:
            if self._whole or "<" not in pattern:
                self._faults.add(file.fault(keys, f"the pattern {pattern!r} {error}", pattern))

    def _phrases(self, rules: Mapping[tuple[str, str], Rule]) -> Iterator[tuple[_File, Phrase]]:
        left_out = {
            (kind, name, pattern): file
            for file in self._files
            for kind, name, sheet in file.rules()
            for pattern in sheet.without
        }
        used: set[tuple[str, str, str]] = set()
        for file in self._files:
            for kind, name, sheet in file.rules():
                own = file.path.parent != BUILT_IN
                for number, group in enumerate(sheet.phrases):
                    keys = (kind, name, "phrases", number)
                    self._check_names(file, (*keys, "unless"), group.unless, frozenset())
                    self._check_names(file, (*keys, "only"), group.only, CONDITIONS)
                    for pattern in group.say:
                        if (kind, name, pattern) in left_out:
                            used.add((kind, name, pattern))
                            continue
                        if own:
                            self._add(Automaton(self._words), file, (*keys, "say"), pattern)
                        if rule := rules.get((kind, name)):
                            unless, only = (*sheet.unless, *group.unless), (*sheet.only, *group.only)
                            yield file, Phrase(rule, pattern, unless, only, group.sound, group.confidence, own)
        for (kind, name, pattern), file in left_out.items():
            if (kind, name, pattern) not in used:
                self._faults.add(file.fault((kind, name, "without"), self._nothing_to_leave_out(kind, name, pattern), pattern))

    def _nothing_to_leave_out(self, kind: str, name: str, pattern: str) -> str:
        said = [
            one
            for file in self._files
            for of, rule, sheet in file.rules()
            if (of, rule) == (kind, name)
            for group in sheet.phrases
            for one in group.say
        ]
        near = ", ".join(map(repr, get_close_matches(pattern, said, cutoff=0.3))) or f"none of its {len(said)} is like it"
        return f"no pattern {pattern!r} to leave out; near it: {near}"

    def _check_names(self, file: _File, keys: tuple[str | int, ...], names: tuple[str, ...], also: frozenset[str]) -> None:
        for name in names:
            if self._whole and name not in self._contexts and name not in also:
                known = ", ".join(sorted({*self._contexts, *also}))
                self._faults.add(file.fault(keys, f"no context {name!r}; known: {known}", name))


def _labels(rule: Rule) -> tuple[str, ...]:
    """What the corpus may call a rule: soothe, promise_dated; a cue is of a type or a cause."""
    return (rule.rule, f"{rule.kind}_{rule.rule}", *((f"type_{rule.rule}", f"cause_{rule.rule}") if rule.kind == "cue" else ()))
