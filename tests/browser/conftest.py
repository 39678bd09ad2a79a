from __future__ import annotations

from pathlib import Path

import pytest

from tests.road.support import ROOT


@pytest.fixture(scope="session")
def pages() -> Path:
    """The built pages."""
    built = ROOT / "web" / "dist"
    assert (built / "index.html").exists(), "the pages are not built: make setup"
    return built


@pytest.fixture
def built(tmp_path: Path, pages: Path) -> Path:
    """A site's folder with the built pages in it."""
    (tmp_path / "dist").symlink_to(pages)
    return tmp_path
