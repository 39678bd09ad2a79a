"""Regular expressions that could keep a call waiting are told from those that cannot."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from monitor.analysis import playbook
from monitor.analysis.backtracking import MOST, ways
from monitor.analysis.claim_language import Language
from monitor.errors import ConfigError


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$", "(?:好|好的|的)*错", "(x+x+)+y", "(.*)*", ".*退.*款", "(?>(a+)+)c", "(?=(a+)+c)", "(?:a?){30}",
        "(ab?){1,30}c", r"(?:\w+\s?)*!", "(?:(?:a|b|ab)+c?)+", "[^a]*[^b]*c", "(a|a)*b", "(?(1)a|(b+)+)",
    ],
)  # fmt: skip
def test_refused(pattern: str) -> None:
    assert ways(pattern) > MOST


@pytest.mark.parametrize(
    "pattern",
    [
        "", "退款", ".*退", "(?:好|好的|的)*+错", "[一二三]*", "(?:说|讲).{0,12}(?:次|遍)", "(?:的|吧|了)*", r"(\d+)号\1",
        "(?>a|ab)c", "(?<!不)退",
    ],
)  # fmt: skip
def test_taken(pattern: str) -> None:
    re.compile(pattern)
    assert ways(pattern) <= MOST


def test_a_site_s_claims_are_refused_with_their_line(tmp_path: Path) -> None:
    text = (playbook.BUILT_IN / "claims.toml").read_text("utf-8")
    social = tomllib.loads(text)["social"]
    for wrong, says in (("(?:好+)+坏", "would take too long"), ("(好", "is no regular expression")):
        path = tmp_path / "claims.toml"
        path.write_text(text.replace(social, wrong), "utf-8")
        line = next(number for number, row in enumerate(text.splitlines(), 1) if row.startswith("social"))
        with pytest.raises(ConfigError, match=says) as error:
            Language(path, [])
        assert str(error.value).startswith(f"{path}:{line}: social: ")
