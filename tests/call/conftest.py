from __future__ import annotations

from pathlib import Path

import pytest

from monitor import config
from monitor.analysis.analyzer import Analysis


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return Analysis(config.Analysis())


@pytest.fixture
def sound(calls: Path) -> Path:
    return calls / "dev-09.opus"
