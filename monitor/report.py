"""A reviewed call as a person reads it in a terminal. Transcripts are untrusted: text only, never markup or control codes."""

from __future__ import annotations

import unicodedata

from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.records import CallRecord, Finding, Utterance

SEVERITY = {"critical": "bold red", "warning": "yellow", "notice": "cyan"}
SPEAKER = {"agent": ("坐席", "blue"), "customer": ("客户", "magenta"), "unknown": ("说话人", "white")}


def clean(text: str) -> str:
    """Without control and format characters, which a terminal would obey."""
    return "".join(character for character in text if unicodedata.category(character) not in ("Cc", "Cf", "Cs"))


def clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02d}:{rest:02d}"


def print_report(record: CallRecord, console: Console) -> None:
    """Alerts first, then the transcript with its evidence underlined, and what was found under each line."""
    call, summary = record.call, record.summary
    share = "，".join(f"{SPEAKER.get(who, (who, ''))[0]} {part:.0%}" for who, part in summary.talk_share.items())
    console.rule(Text(f"{clean(call.id)}  {clock(call.seconds)}"))
    console.print(Text(f"风险 {summary.risk}   升级阶梯 {summary.level}   说话占比 {share or '-'}"))
    for alert in record.alerts:
        line = Text(f"{clock(alert.at)} ", "dim")
        line.append(f"[{alert.severity}] {clean(alert.title)}", SEVERITY[alert.severity])
        if alert.text:
            line.append(f"  “{clean(alert.text)}”")
        console.print(line)
    table = Table(box=None, show_header=False, pad_edge=False, expand=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    of: dict[str | None, list[Finding]] = {}
    for finding in record.findings:
        of.setdefault(finding.utterance, []).append(finding)
    for utterance in record.utterances:
        name, colour = SPEAKER[utterance.speaker]
        table.add_row(Text(clock(utterance.start), "dim"), Text(name, colour), _line(utterance, of.get(utterance.id, [])))
        for finding in of.get(utterance.id, []):
            table.add_row("", "", _why(finding))
    for finding in of.get(None, []):
        table.add_row(Text(clock(finding.start), "dim"), "", _why(finding))
    console.print(table)


def _line(utterance: Utterance, findings: list[Finding]) -> Text:
    line = Text(clean(utterance.text))
    if len(line) == len(utterance.text):  # nothing was cleaned away: the spans still fit
        for finding in findings:
            if finding.span:
                line.stylize("bold underline", *finding.span)
    return line


def _why(finding: Finding) -> Text:
    name = finding.kind if not finding.rule else f"{finding.kind}/{finding.rule}"
    return Text(f"  └ {name} {finding.confidence:.2f}  {clean(finding.because)}", "yellow")
