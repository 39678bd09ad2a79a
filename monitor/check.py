"""A site's own playbook and alert rules, checked before a call depends on them: what is wrong and where."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from monitor import config, language
from monitor.alerts import cases, whisper_cases
from monitor.alerts.rules import Rules, load_rules
from monitor.alerts.whisper_sheet import FILE as WHISPERS_FILE
from monitor.alerts.whisper_sheet import Whispers, load_whispers
from monitor.analysis import corpus, playbook
from monitor.analysis.analyzer import Analysis
from monitor.analysis.arguing import Language as Contradicting
from monitor.analysis.asked import Questions
from monitor.analysis.claim_language import Language
from monitor.analysis.evasion import Language as Dodging
from monitor.analysis.facts import FactLanguage
from monitor.analysis.playbook import ACCUSING, CUES, RULES
from monitor.errors import ConfigError, Faults
from monitor.records import CallInfo, Speaker, Utterance
from monitor.speech import confusion

RULES_FILE, LINES_FILE = "alerts.toml", "lines.tsv"
LANGUAGES: dict[str, Callable[[Path], object]] = {  # files that stand instead of the built-in ones, and what reads them
    "claims.toml": lambda path: Language(path, []),
    "asked.toml": Questions,
    "evasion.toml": Dodging,
    "facts.toml": FactLanguage,
    "arguing.toml": Contradicting,
}
OTHER: dict[Speaker, Speaker] = {"agent": "customer", "customer": "agent"}


@dataclass(slots=True)
class Checked:
    """`looked_at`: what was found and is well, a phrase each; `wrong`: a sentence each, with file and line."""

    looked_at: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def part(self, look: Callable[[], str | None]) -> bool:
        """Look at one part; what it says was found, or what is wrong. Whether it is well."""
        before = len(self.wrong)
        try:
            if found := look():
                self.looked_at.append(found)
        except ConfigError as error:
            self.wrong += [fault for fault in error.faults if fault not in self.wrong]
        return len(self.wrong) == before


@dataclass(frozen=True, slots=True)
class Line:
    """A line of lines.tsv: what is said and what it must come to."""

    number: int
    text: str
    speaker: Speaker
    before: str
    rules: frozenset[str]


def check(site: Path | None, rules: Path | None, analysis: Callable[[Path], Analysis]) -> Checked:
    """Check a playbook folder, a file of alert rules, or both; neither: the built-in ones. `analysis` loads one for a playbook.

    Nothing is thrown: all faults of all files are gathered.
    """
    checked = Checked()
    whole = checked.part(lambda: _phrases(site)) if site or not rules else True
    if site and site.is_dir():
        for name, read in LANGUAGES.items():
            whole &= checked.part(partial(_language, site / name, read))
        whole &= checked.part(lambda: _call_lines(site))
        checked.part(lambda: _talk(site / language.TALK))
        checked.part(lambda: _heard(site / language.HEARD))
        _whispers(site, checked)
        if (site / LINES_FILE).exists():
            checked.part(lambda: _lines(site / LINES_FILE, (lambda: analysis(site)) if whole else None))
    if rules or not site:
        _alert_rules(rules, checked)
    return checked


def _phrases(site: Path | None) -> str:
    if site is None:
        return f"the built-in playbook: {_number(len(playbook.load().rules), 'rule')}"
    faults = Faults()
    with faults.noted():
        playbook.load(site)
    for path in sorted(site.glob("*.tsv")):
        if path.name not in (LINES_FILE, language.HEARD):
            faults.add(f"{path}: is no part of a playbook; call lines stand in {site / corpus.FOLDER}")
    faults.tell()
    sheets = [config.read(playbook.Sheet, site / name) for name in playbook.SHEETS if (site / name).exists()]
    named = [sheet for part in sheets for kind in (*RULES, *CUES) for sheet in getattr(part, kind).values()]
    phrases = sum(len(group.say) for sheet in named for group in sheet.phrases)
    left_out = sum(len(sheet.without) for sheet in named)
    contexts, words = sum(len(sheet.contexts) for sheet in sheets), sum(len(sheet.words) for sheet in sheets)
    return (
        f"{site}: {_number(phrases, 'phrase')} and {left_out} left out in {_number(len(named), 'rule')}, "
        f"{_number(contexts, 'context')}, {_number(words, 'word list')}"
    )


def _language(path: Path, read: Callable[[Path], object]) -> str | None:
    if not path.exists():
        return None
    read(path)
    return f"{path}: instead of the built-in one"


def _call_lines(site: Path) -> str | None:
    own = [path for path in corpus.files(site) if path.is_relative_to(site)]
    faults = Faults()
    for path in own:
        faults.add(*_faults_of_call_lines(path))
    faults.tell()
    lines = len(corpus.load(site)) - (len(corpus.load()) if own else 0)
    return f"{site / corpus.FOLDER}: {_number(lines, 'call line')} in {_number(len(own), 'file')}" if own else None


def _talk(folder: Path) -> str | None:
    files, faults, lines = sorted(folder.glob("*")) if folder.exists() else [], Faults(), 0
    for path in files:
        if path.suffix != ".txt":
            faults.add(f"{path}: is not read; talk stands in files named *.txt")
            continue
        with faults.noted():
            lines += len(language.talk(path))
    faults.tell()
    return f"{folder}: {_number(lines, 'line')} of talk in {_number(len(files), 'file')}" if files else None


def _heard(path: Path) -> str | None:
    return f"{path}: {_number(confusion.counted(path).total(), 'syllable')} heard" if path.exists() else None


def _faults_of_call_lines(path: Path) -> Iterator[str]:
    """Every fault of a file: the corpus stops at the first, so it is given a copy from which that row is gone, and so on."""
    try:
        written = path.read_bytes()
    except OSError as error:
        yield f"{path}: {error}"
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / corpus.FOLDER / path.name
        copy.parent.mkdir()
        copy.write_bytes(written)
        while fault := _fault_of_call_lines(Path(folder)):
            yield fault.replace(str(copy), str(path))
            place = re.match(rf"{re.escape(str(copy))}:(\d+):", fault)
            rows = copy.read_bytes().split(b"\n")
            if place and rows[int(place[1]) - 1]:
                rows[int(place[1]) - 1] = b""
                copy.write_bytes(b"\n".join(rows))
            else:
                copy.unlink()


def _fault_of_call_lines(site: Path) -> str:
    try:
        corpus.load(site)
    except ConfigError as error:
        return str(error)
    return ""


def _lines(path: Path, analysis: Callable[[], Analysis] | None) -> str | None:
    """Judge the lines of a site that can be read; without an analysis (the playbook is wrong), only read them."""
    faults = Faults()
    lines = _read_lines(path, faults)
    judge = analysis() if analysis and lines else None
    for line in lines if judge else ():
        assert judge is not None
        got = _found(judge, line)
        if got != line.rules:
            faults.add(f"{path}:{line.number}: {line.text}: should raise {_named(line.rules)}, raises {_named(got)}")
    faults.tell()
    return f"{path}: {_number(len(lines), 'line')}, all as expected" if judge else None


def _read_lines(path: Path, faults: Faults) -> list[Line]:
    try:
        rows = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    lines: list[Line] = []
    for number, row in enumerate(rows, 1):
        if row.strip() and not row.startswith("#"):
            with faults.noted():
                lines.append(_read_line(f"{path}:{number}", number, row))
    return lines


def _read_line(where: str, number: int, row: str) -> Line:
    """One row of lines.tsv. Raises ConfigError."""
    faults = Faults()
    columns = [column.strip() for column in row.split("\t")]
    if len(columns) != 4:
        raise ConfigError(f"{where}: needs four columns, text<TAB>speaker<TAB>before<TAB>rules; has {len(columns)}")
    text, speaker, before, names = columns
    if speaker not in OTHER:
        faults.add(f"{where}: no speaker {speaker!r}; known: {', '.join(OTHER)}")
    rules = frozenset() if names == "-" else frozenset(name.strip() for name in names.split(","))
    known = {rule for kind in ACCUSING for rule in RULES[kind]}
    for name in sorted(rules - known):
        faults.add(f"{where}: no rule {name!r}; known: {', '.join(sorted(known))} (- for none)")
    faults.tell()
    return Line(number, text, "agent" if speaker == "agent" else "customer", before, rules)


def _found(analysis: Analysis, line: Line) -> frozenset[str]:
    """The rules that a line raises, after what the other side said before."""
    info = CallInfo(id="line", started=datetime.now(UTC), source="file", model="script", channels=("agent", "customer"))
    analyzer = analysis.call(info)
    if line.before:
        analyzer.feed(_said(OTHER[line.speaker], line.before, 0.0))
    found = analyzer.feed(_said(line.speaker, line.text, 20.0)).findings
    return frozenset(finding.rule for finding in found if finding.kind in ACCUSING and finding.rule)


def _said(speaker: Speaker, text: str, start: float) -> Utterance:
    return Utterance(
        call="line",
        id=f"u{start:g}",
        speaker=speaker,
        start=start,
        end=start + 4.0,
        text=text,
        stage="final",
        confidence=1.0,
    )


def _alert_rules(path: Path | None, checked: Checked) -> None:
    loaded: list[Rules] = []

    def rules() -> str:
        loaded.append(load_rules(path))
        return f"{path or 'the built-in alert rules'}: {_number(len(loaded[0].rule), 'alert rule')}"

    def tested() -> str | None:
        beside = cases.beside(path) if path else None
        if beside is None or not beside.exists():
            return None
        if not loaded:
            cases.load_cases(beside)
            return None
        count, faults = len(cases.load_cases(beside).case), Faults()
        for failure in cases.failures(loaded[0], beside):
            expected, got = _named(failure.expected), _named(failure.got)
            faults.add(f"{beside}:{failure.line}: {failure.name}: should raise {expected}, raises {got}")
        faults.tell()
        return f"{beside}: {_number(count, 'case')}, all as expected"

    checked.part(rules)
    checked.part(tested)


def _whispers(site: Path, checked: Checked) -> None:
    loaded: list[Whispers] = []
    path, beside = site / WHISPERS_FILE, site / whisper_cases.CASES_FILE

    def entries() -> str | None:
        loaded.append(load_whispers(site))
        return f"{path}: {_number(len(loaded[0].entries), 'whisper')} with the built-in ones" if path.exists() else None

    def tested() -> str | None:
        if not beside.exists():
            return None
        count, faults = len(whisper_cases.load_cases(beside).case), Faults()
        for failure in whisper_cases.failures(loaded[0], beside) if loaded else ():
            expected, got = _named(failure.expected), _named(failure.got)
            faults.add(f"{beside}:{failure.line}: {failure.name}: should whisper {expected}, whispers {got}")
        faults.tell()
        return f"{beside}: {_number(count, 'case')}, all as expected" if loaded else None

    checked.part(entries)
    checked.part(tested)


def _named(names: frozenset[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(names) if isinstance(names, frozenset) else names) or "nothing"


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
