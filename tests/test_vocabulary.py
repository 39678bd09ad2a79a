"""The rooms may not import each other, so what they must agree on is compared here."""

from __future__ import annotations

from monitor import config
from monitor.alerts.vocabulary import KINDS
from monitor.analysis.analyzer import Analysis
from monitor.analysis.playbook import RULES
from monitor.archive.audio import FORMATS
from monitor.ingest.native import SILENCE, WIDTH


def test_alert_rules_may_ask_for_all_that_analysis_finds() -> None:
    assert {kind: KINDS[kind] for kind in RULES} == dict(RULES)


def test_what_has_a_name_has_it_in_both_languages_and_alert_rules_know_it() -> None:
    names = Analysis(config.Analysis()).vocabulary
    assert names["kinds"].keys() <= KINDS.keys()
    assert names["rules"].keys() <= {f"{kind}/{rule}" for kind, rules in KINDS.items() for rule in rules}
    assert all(name["zh"] and name["en"] for group in names.values() for name in group.values())


def test_ingest_and_archive_mean_the_same_by_an_encoding() -> None:
    assert {name: (width, silence) for name, (_, width, silence) in FORMATS.items()} == {
        name: (WIDTH[name], SILENCE[name][0]) for name in WIDTH
    }
