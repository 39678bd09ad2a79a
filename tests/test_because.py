"""Why something was found is known by its form to the English page (web/src/i18n/because.ts): no form is missing there.

`web/tests/because.txt` has one sentence of each form; the page's own tests say each in English.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor import config, labels, scripts
from monitor.alerts.rules import load_rules
from monitor.analysis import playbook, steps
from monitor.analysis.analyzer import Analysis
from monitor.analysis.playbook import RULES
from tests.conftest import ROOT

FORMS = frozenset((ROOT / "web" / "tests" / "because.txt").read_text("utf-8").splitlines())
STATED = frozenset((ROOT / "web" / "tests" / "stated.txt").read_text("utf-8").splitlines())
ENDINGS = re.compile(
    r"(?:（第1次）|（按读音认出，个别字听写可能有误）|（与“话”一类说法相近）|（类似“话”）"
    r"|；前后不一致：.*|；单看这一句不能确定，但本通坐席另有两次用语不当|，最迟 1 月 1 日 1:1)$"
)


def form(because: str) -> str:
    """A sentence without what differs from call to call, and without what may follow any."""
    plain = re.sub(r"\d+(?:\.\d+)?", "1", re.sub(r"“.*?”", "“话”", because))
    plain = re.sub(r"^[^“，]*(?=客户在 1:1 已经)", "单号", plain)
    plain = re.sub(r"(?<=两次问到).*(?=，客户)", "金额、时间", plain)
    shorter = ENDINGS.sub("", plain)
    return plain if shorter == plain else form(shorter)


def test_a_form_is_what_stays_the_same() -> None:
    for line in FORMS:
        assert form(line) == line
    assert form("客户说“受不了”，明确表示不满（与“真受不了”一类说法相近）（第3次）") == "客户说“话”，明确表示不满"
    assert form("第 3 次说到，首次在 0:16：“两万块”；前后不一致：两万块，三万块") == "第 1 次说到，首次在 1:1：“话”"


def test_the_page_knows_every_reason_of_the_playbook() -> None:
    said = {rule.because.format(text="话") for rule in playbook.load().rules.values() if rule.kind in RULES}
    assert said <= FORMS


@pytest.mark.model
def test_the_page_knows_every_reason_found_in_the_bundled_calls(calls: Path) -> None:
    analysis, rules = Analysis(config.Analysis()), load_rules()
    records = [scripts.review(sample, analysis, rules) for sample in labels.load_samples(calls)]
    said = {form(found.because) for record in records for found in record.findings}
    assert len(said) > 30
    assert said <= FORMS
    silences = {form(found.text) for record in records for found in record.findings if found.rule == "dead_air"}
    missing = {found.text for record in records for found in record.findings if found.kind == "step_missing"}
    assert silences
    assert missing
    assert silences | missing <= STATED


def test_the_page_knows_every_step_that_may_be_missing() -> None:
    assert {"静默 1 秒", *steps.LACKS.values()} == STATED
