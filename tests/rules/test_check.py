"""`callmonitor rules check` on playbooks that are well and wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from monitor import config, rules_cli
from monitor.analysis import playbook
from monitor.analysis.analyzer import Analysis
from monitor.cli import cli
from monitor.errors import ConfigError, MonitorError
from tests.conftest import ROOT
from tests.rules.support import change, run

pytestmark = pytest.mark.usefixtures("_log_restored")

PHRASES = """\
[contexts.promised_back]
where = "after"
within = "utterance"
say = ["给你回电"]

[[banned_phrase.not_my_job.phrases]]
say = ["你去问营销中心"]
unless = ["promised_back"]

[banned_phrase.belittle]
without = ["小儿科"]
"""
LINES = """\
# text	speaker	before	rules
你去问营销中心。	agent	我的退款呢？	not_my_job
你去问营销中心，他们今天给你回电。	agent		-
我要打12315投诉你们。	customer		regulator
"""
ACTS = "# idea: a department\nnot_my_job\t这个归营销中心\n-\t我帮您问营销中心\n"
ALERTS = """\
[[rule]]
id = "not_my_job"
severity = "warning"
title = { zh = "推诿", en = "Passed on" }
when = { kind = "banned_phrase", rule = "not_my_job" }
missing = { when = { kind = "step", rule = "act" }, within = 20 }
cooldown = 60
"""
CASES = """\
[[case]]
name = "passed on and left there"
findings = [{ u = "u1", is = "banned_phrase/not_my_job", start = 5, end = 10 }]
seconds = 60
alerts = ["not_my_job warning 30 u1.not_my_job"]
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A playbook of a site with one of everything."""
    folder = tmp_path / "site"
    (folder / "acts").mkdir(parents=True)
    files = {
        "phrases.toml": PHRASES,
        "lines.tsv": LINES,
        "acts/agent_own.tsv": ACTS,
        "alerts.toml": ALERTS,
        "alerts.tests.toml": CASES,
        "claims.toml": (playbook.BUILT_IN / "claims.toml").read_text("utf-8"),
        "arguing.toml": (playbook.BUILT_IN / "arguing.toml").read_text("utf-8"),
    }
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def test_what_is_well_is_said_to_have_been_looked_at(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "acts" / "agent_own.tsv").unlink()
    outcome = run("check", site, monkeypatch=monkeypatch)
    assert outcome.exit_code == 0, outcome.output
    assert outcome.stdout.splitlines() == [
        f"{site}: 1 phrase and 1 left out in 2 rules, 1 context, 0 word lists",
        f"{site}/claims.toml: instead of the built-in one",
        f"{site}/arguing.toml: instead of the built-in one",
        f"{site}/lines.tsv: 3 lines, all as expected",
        f"{site}/alerts.toml: 1 alert rule",
        f"{site}/alerts.tests.toml: 1 case, all as expected",
        "all is well",
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "says"),
    [
        ("phrases.toml", "say = [", "sayy = [", 4, "unknown key"),
        ("phrases.toml", "not_my_job", "not_my_jobs", 6, "no such rule; known: belittle,"),
        ("phrases.toml", '"promised_back"', '"promised"', 8, "no context 'promised'"),
        ("phrases.toml", "你去问营销中心", "你去..99问营销中心", 7, "that is not ..N or ...N"),
        ("phrases.toml", "你去问营销中心", "(你去", 7, "opens a bracket"),
        ("phrases.toml", "小儿科", "大儿科", 11, "no pattern '大儿科' to leave out"),
        ("claims.toml", "social = '你好|", "social = '(?:你+好*)+x|", None, "would take too long"),
        ("claims.toml", "social = ", "sozial = ", None, "sozial: unknown key"),
        ("arguing.toml", "contradicts = ", "contradictz = ", None, "contradictz: unknown key"),
        ("acts/agent_own.tsv", "not_my_job", "notmyjob", 2, "no label 'notmyjob'"),
        ("acts/agent_own.tsv", "\t这个", " 这个", 2, "has 1 columns"),
        ("alerts.toml", "not_my_job\" }", "my_job\" }", 5, "no rule 'my_job'"),
        ("alerts.toml", "within = 20", "after = 20", 6, "rule.0.missing.after: unknown key"),
        ("alerts.tests.toml", "start = 5", "begin = 5", 3, "unknown key"),
        ("alerts.tests.toml", "warning 30", "warning 31", 2, "raises not_my_job warning 30"),
        ("lines.tsv", "\tregulator", "\tregulater", 4, "no rule 'regulater'"),
        ("lines.tsv", "\tcustomer", "\tboss", 4, "no speaker 'boss'"),
        ("lines.tsv", "agent\t\t-", "agent\t-", 3, "needs four columns"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(
    site: Path, file: str, old: str, new: str, line: int | None, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / "lines.tsv").rename(site / "lines.off")
    if file == "lines.tsv":
        (site / "lines.off").rename(site / "lines.tsv")
        (site / "acts" / "agent_own.tsv").unlink()
    change(site / file, old, new)
    outcome = run("check", site, monkeypatch=monkeypatch)
    assert outcome.exit_code == 1
    if line is None:
        line = next(number for number, row in enumerate((site / file).read_text("utf-8").splitlines(), 1) if new in row)
    [fault] = [row for row in outcome.stdout.splitlines() if row.startswith(f"{site / file}:{line}:")]
    assert says in fault
    assert "all is well" not in outcome.stdout


def test_all_files_that_are_wrong_are_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(site / "phrases.toml", "say = [", "sayy = [")
    change(site / "acts" / "agent_own.tsv", "not_my_job", "notmyjob")
    change(site / "alerts.toml", "severity", "gravity")
    change(site / "alerts.tests.toml", "seconds", "secunds")
    outcome = run("check", site, monkeypatch=monkeypatch)
    wrong = [row.split(":")[0].removeprefix(f"{site}/") for row in outcome.stdout.splitlines()]
    assert wrong[:4] == ["phrases.toml", "acts/agent_own.tsv", "alerts.toml", "alerts.tests.toml"]


MISTAKES = """\
[contexts.promised_back]
where = "near"
say = ["给你回电", "(给"]

[[banned_phrase.not_my_job.phrases]]
sayy = ["你去问营销中心"]

[[banned_phrase.not_my_job.phrases]]
say = ["(你去", "<nolist>管"]
unless = ["promised"]
confidence = 3

[[banned_phrase.not_my_job.phrases]]
say = ["那儿去"]
unless = ["promised"]

[banned_phrase.belitle]
zh = "贬低"

[banned_phrase.belittle]
without = ["大儿科"]
"""
MISRULED = """\
[[rule]]
id = "passed_on"
gravity = "warning"
title = { zh = "推诿" }
when = [{ kind = "banned", rule = "x" }, { kind = "banned_phrase", rule = ["x", "stall"] }]
cooldown = 60

[[rule]]
id = "silent"
severity = "grave"
title = { zh = "静默", en = "Silent" }
when = { kind = "conduct", rule = "dead_air" }
cooldown = -1

[[rule]]
id = "silent_too"
severity = "notice"
title = { zh = "静默", en = "Silent" }
when = { kind = "conduct", rule = "dead_air" }
cooldown = 60

[[rule]]
id = "silent_too"
severity = "notice"
title = { zh = "静默", en = "Silent" }
when = { kind = "conduct", rule = "dead_air" }
cooldown = 60
"""


def test_all_faults_of_all_files_are_told_in_one_run(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "phrases.toml").write_text(MISTAKES, "utf-8")
    (site / "alerts.toml").write_text(MISRULED, "utf-8")
    (site / "evasion.toml").write_text("dodging = '(a'\n[[questions]]\nid = 'sum'\nzh = '金额'\nask = '(b'\n", "utf-8")
    (site / "acts" / "agent_own.tsv").write_text("mine\t这个归别人\n-\nyours\t那个归别人\n", "utf-8")
    (site / "acts" / "ours.tsv").write_text("-\t好的\n", "utf-8")
    (site / "lines.tsv").write_text("a\tb\n好\tboss\t\tmine,regulator\n", "utf-8")
    (site / "phrase.toml").touch()
    (site / "words.toml").touch()
    outcome = run("check", site, monkeypatch=monkeypatch)
    assert outcome.exit_code == 1
    told = [row.removeprefix(f"{site}/") for row in outcome.stdout.splitlines()]
    expected = [
        "phrase.toml: is no part of a playbook; known: contexts.toml,",
        "words.toml: is no part of a playbook; known: contexts.toml,",
        "phrases.toml:2: contexts.promised_back.where: Input should be 'before', 'after' or 'around'",
        "phrases.toml:3: contexts.promised_back.say: the pattern '(给' opens a bracket at character 1",
        "phrases.toml:6: banned_phrase.not_my_job.phrases.0.sayy: unknown key; known: say, unless, only, sound, confidence; "
        "needed and not there: say",
        "phrases.toml:9: banned_phrase.not_my_job.phrases.say: the pattern '(你去' opens a bracket",
        "phrases.toml:9: banned_phrase.not_my_job.phrases.say: the pattern '<nolist>管' names a list <nolist>",
        "phrases.toml:10: banned_phrase.not_my_job.phrases.unless: no context 'promised'; known: ",
        "phrases.toml:11: banned_phrase.not_my_job.phrases.1.confidence: Input should be less than or equal to 1",
        "phrases.toml:15: banned_phrase.not_my_job.phrases.unless: no context 'promised'; known: ",
        "phrases.toml:17: banned_phrase.belitle: no such rule; known: belittle,",
        "phrases.toml:21: banned_phrase.belittle.without: no pattern '大儿科' to leave out; near it: '小儿科'",
        "evasion.toml:1: dodging: is no regular expression",
        "evasion.toml:2: questions.0.answer: Field required",
        "acts/agent_own.tsv:1: no label 'mine'; known: belittle,",
        "acts/agent_own.tsv:2: needs labels<TAB>text",
        "acts/agent_own.tsv:3: no label 'yours'; known: belittle,",
        "acts/ours.tsv: the name of a file of call lines begins with agent, customer or calls",
        "lines.tsv:1: needs four columns",
        "lines.tsv:2: no speaker 'boss'; known: agent, customer",
        "lines.tsv:2: no rule 'mine'; known: absolute,",
        "alerts.toml:3: rule.0.gravity: unknown key; known: id, severity, title,",
        "alerts.toml:4: rule.0.title.en: Field required",
        "alerts.toml:5: rule.0.when.0.kind: no kind 'banned'; known: banned_phrase,",
        "alerts.toml:5: rule.0.when.1.rule: no rule 'x'; known: belittle,",
        "alerts.toml:10: rule.1.severity: Input should be 'notice', 'warning' or 'critical'",
        "alerts.toml:13: rule.1.cooldown: Input should be greater than or equal to 0",
        "alerts.toml:23: id: 'silent_too' stands here for the second time",
    ]
    for fault in expected:
        assert sum(row.startswith(fault) for row in told) == 1, fault
    faults = [row for row in told if re.match(r"[\w/]+\.(toml|tsv):(\d+:)? ?", row) and "instead of" not in row]
    assert len([row for row in faults if ", all as expected" not in row]) == len(expected), told


def test_a_file_that_cannot_be_read_hides_no_fault_of_the_others_and_makes_none(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / "contexts.toml").write_text("[words]\nours = ['营销中心'\n", "utf-8")
    change(site / "phrases.toml", "promised_back]", "called_back]")
    change(site / "phrases.toml", '"你去问营销中心"', '"找<ours>去", "(你去"')
    (site / "lines.tsv").unlink()
    outcome = run("check", site, monkeypatch=monkeypatch)
    told = [row for row in outcome.stdout.splitlines() if row.startswith((f"{site}/contexts", f"{site}/phrases"))]
    assert [row.split(": ")[0].removeprefix(f"{site}/") for row in told] == ["contexts.toml:2", "phrases.toml:7"]
    assert "opens a bracket" in told[1]


def test_serving_is_refused_with_all_faults_of_the_playbook(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(site / "phrases.toml", "where =", "wher =")
    change(site / "phrases.toml", '"你去问营销中心"', '"(你去"')
    settings = site.parent / "my.toml"
    settings.write_text(f"[analysis]\nplaybook = {json.dumps(str(site))}\n", "utf-8")
    with pytest.raises(ConfigError) as refused:
        Analysis(config.load(settings).analysis)
    assert [fault.split(": ")[0] for fault in refused.value.faults] == [f"{site}/phrases.toml:2", f"{site}/phrases.toml:7"]
    assert str(refused.value).splitlines() == list(refused.value.faults)


def test_a_line_that_comes_out_otherwise_is_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "acts" / "agent_own.tsv").unlink()
    change(site / "phrases.toml", "你去问营销中心", "你找营销中心")
    outcome = run("check", site, monkeypatch=monkeypatch)
    assert outcome.exit_code == 1
    assert f"{site}/lines.tsv:2: 你去问营销中心。: should raise not_my_job, raises nothing" in outcome.stdout


@pytest.mark.parametrize(
    ("name", "says"),
    [("phrase.toml", "is no part of a playbook"), ("agent_x.tsv", "is no part of a playbook; call lines")],
)
def test_a_file_that_is_no_part_of_a_playbook_is_named(
    site: Path, name: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / name).write_text("", "utf-8")
    (site / "lines.tsv").unlink()
    outcome = run("check", site, monkeypatch=monkeypatch)
    assert outcome.exit_code == 1
    assert f"{site / name}: {says}" in outcome.stdout


def test_the_built_in_ones_one_file_and_none(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built_in = run("check", monkeypatch=monkeypatch)
    assert (built_in.exit_code, built_in.stdout.splitlines()[-1]) == (0, "all is well")
    assert "the built-in playbook: " in built_in.stdout
    rules = run("check", site / "alerts.toml", monkeypatch=monkeypatch)
    assert [row.rpartition("/")[2] for row in rules.stdout.splitlines()] == [
        "alerts.toml: 1 alert rule",
        "alerts.tests.toml: 1 case, all as expected",
        "all is well",
    ]
    nowhere = run("check", site / "nowhere", monkeypatch=monkeypatch)
    assert nowhere.exit_code == 1
    assert isinstance(nowhere.exception, MonitorError)
    (site / "empty").mkdir()
    assert run("check", site / "empty", monkeypatch=monkeypatch).exit_code == 0


def test_the_configured_ones_are_checked_where_none_is_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "lines.tsv").unlink()
    settings = site.parent / "my.toml"
    settings.write_text(
        f"[analysis]\nplaybook = {json.dumps(str(site))}\n[alerts]\nrules = {json.dumps(str(site / 'alerts.toml'))}\n"
    )
    monkeypatch.setattr(rules_cli, "out", Console(width=200, highlight=False))
    outcome = CliRunner().invoke(cli, ["--config", str(settings), "rules", "check"])
    assert f"{site}: 1 phrase" in outcome.stdout
    assert f"{site}/alerts.toml: 1 alert rule" in outcome.stdout


def test_what_the_document_shows_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples of docs/playbook.md, put into the files they are of, make a playbook that is well."""
    blocks = re.findall(r"```(\w*)\n(.*?)```", (ROOT / "docs" / "playbook.md").read_text("utf-8"), re.DOTALL)
    shown = {
        "phrases.toml": [text for kind, text in blocks if kind == "toml" and "[contexts." in text],
        "alerts.toml": [text for kind, text in blocks if kind == "toml" and "[[rule]]" in text],
        "alerts.tests.toml": [text for kind, text in blocks if kind == "toml" and "\nalerts = [" in text],
        "whispers.toml": [text for kind, text in blocks if kind == "toml" and "[[whisper]]" in text],
        "whispers.tests.toml": [text for kind, text in blocks if kind == "toml" and "\nwhispers = [" in text],
        "acts/agent_own.tsv": [text for kind, text in blocks if not kind and "# idea: " in text],
        "lines.tsv": [text for kind, text in blocks if not kind and "\tagent\t" in text],
    }
    (tmp_path / "acts").mkdir()
    for name, texts in shown.items():
        assert len(texts) == 1, name
        (tmp_path / name).write_text(texts[0], "utf-8")
    (tmp_path / "lines.tsv").rename(tmp_path / "lines.later")
    outcome = run("check", tmp_path, monkeypatch=monkeypatch)
    assert outcome.exit_code == 0, outcome.output
    (tmp_path / "lines.later").rename(tmp_path / "lines.tsv")
    (tmp_path / "acts" / "agent_own.tsv").unlink()  # or they would be learnt first
    outcome = run("check", tmp_path, monkeypatch=monkeypatch)
    assert outcome.exit_code == 0, outcome.output
    assert "2 lines, all as expected" in outcome.stdout
