"""Alert rules are read strictly: whatever is misspelt is refused at start, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.alerts.engine import Engine
from monitor.alerts.rules import load_rules
from monitor.errors import ConfigError
from monitor.records import Finding

GOOD = """\
[[rule]]
id = "quiet"
severity = "notice"
title = { zh = "安静", en = "Quiet" }
when = { kind = "conduct", rule = "dead_air" }
cooldown = 60

[[rule]]
id = "rude"
severity = "warning"
title = { zh = "不礼貌", en = "Rude" }
when = [
    { kind = "banned_phrase", rule = ["dismiss", "belittle"], speaker = "agent" },
    { kind = "conduct", rule = "arguing" },
]
after = { kind = "escalation", level_min = 2, within = 30 }
cooldown = 60
"""


def load(tmp_path: Path, text: str) -> None:
    path = tmp_path / "my-alerts.toml"
    path.write_text(text, "utf-8")
    load_rules(path)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('severity = "warning"', 'severty = "warning"', 10, "rule.1.severty: unknown key"),
        ('severity = "warning"', 'severity = "red"', 10, "rule.1.severity"),
        (
            'kind = "conduct", rule = "dead_air"',
            'kind = "conduc", rule = "dead_air"',
            5,
            "no kind 'conduc'; known: banned_phrase,",
        ),
        ('rule = "dead_air"', 'rule = "deadair"', 5, "no rule 'deadair'; known: interruption, dead_air,"),
        ('kind = "escalation", level', 'kind = "evasion", rule = "x", level', 16, "no rule 'x'; known: none"),
        ("level_min = 2", "level_min = 5", 16, "rule.1.after.level_min"),
        ("within = 30", "wihtin = 30", 16, "rule.1.after.wihtin: unknown key"),
        ('speaker = "agent"', 'speaker = "boss"', 12, "speaker"),
        ('title = { zh = "不礼貌", en = "Rude" }', 'title = { zh = "不礼貌" }', 11, "rule.1.title.en: Field required"),
        ('id = "rude"', 'id = "quiet"', 9, "'quiet' stands here for the second time"),
        ('id = "rude"', 'id = "Very rude"', 9, "rule.1.id"),
        ("cooldown = 60\n\n", "cooldown = -1\n\n", 6, "rule.0.cooldown"),
        (
            'cooldown = 60\n\n[[rule]]\nid = "rude"',
            'cooldown = 60\nwithin = 5\n\n[[rule]]\nid = "rude"',
            1,
            "`within` needs a `count`",
        ),
        ("level_min = 2", "seconds_min = 2", 16, "a finding of kind 'escalation' has no such value; known of: conduct"),
        ('kind = "conduct", rule = "dead_air"', 'kind = "conduct", level_min = 2', 5, "rule.0.when.0.level_min: .*escalation"),
        ('speaker = "agent"', 'speaker = "customer"', 12, "kind 'banned_phrase' is never of the speaker 'customer'"),
        ('when = { kind = "conduct", rule = "dead_air" }', "count = 2", 1, "needs `when` .* or `missing`"),
        ('when = { kind = "conduct", rule = "dead_air" }', "missing = { within = 5 }", 5, "missing.when: Field required"),
        (
            'when = { kind = "conduct", rule = "dead_air" }',
            'missing = { when = { kind = "step" }, whithin = 5 }',
            5,
            "rule.0.missing.whithin: unknown key",
        ),
        (
            'when = { kind = "conduct", rule = "dead_air" }',
            'missing = { when = { kind = "step", rule = "sooth" } }',
            5,
            "no rule 'sooth'; known: soothe,",
        ),
        (
            'when = { kind = "conduct", rule = "dead_air" }',
            'missing = { when = { kind = "step" }, ever = true }',
            1,
            "`ever` needs a `when`",
        ),
        (
            'when = { kind = "conduct", rule = "dead_air" }',
            'missing = { when = { kind = "step" } }\nby_rule = true',
            1,
            "`by_rule` needs a `when`",
        ),
        ("within = 30", 'missing = { when = { kind = "step" }, within = 0 }', 16, "rule.1.after.missing: unknown key"),
        ("cooldown = 60\n\n", "cooldown = nan\n\n", 6, "rule.0.cooldown"),
    ],
)
def test_a_mistake_is_refused_with_its_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    load(tmp_path, GOOD)
    assert GOOD.count(old) == 1
    with pytest.raises(ConfigError, match=says) as error:
        load(tmp_path, GOOD.replace(old, new))
    assert f"my-alerts.toml:{line}:" in str(error.value)


def test_no_rules_at_all_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        load(tmp_path, "rule = []\n")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_rules(tmp_path / "missing.toml")


def test_a_site_rule_with_several_conditions_and_a_window(tmp_path: Path) -> None:
    path = tmp_path / "my-alerts.toml"
    path.write_text(GOOD, "utf-8")
    engine = Engine(load_rules(path), "c", ("agent", "customer"))

    def finding(id: str, kind: str, rule: str, start: float, level: int | None = None) -> Finding:
        return Finding(
            call="c",
            id=id,
            kind=kind,
            rule=rule,
            speaker="agent",
            start=start,
            end=start + 1,
            text="",
            confidence=1,
            because="",
            level=level,
        )

    assert engine.feed(finding("a", "banned_phrase", "dismiss", 5)) == []
    assert engine.feed(finding("b", "escalation", "churn", 10, 2)) == []
    assert engine.feed(finding("c", "conduct", "arguing", 50)) == []
    [alert] = engine.feed(finding("d", "conduct", "arguing", 40))
    assert (alert.rule, alert.because, alert.at) == ("rude", ("b", "d"), 41)


def test_titles_in_both_languages() -> None:
    words = load_rules().vocabulary()
    assert words["external_threat"] == {
        "zh": "客户要向外投诉、曝光或走法律途径",
        "en": "Customer threatens a regulator, exposure or legal action",
    }
    assert all(name["zh"] and name["en"] for name in words.values())
