from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.archive.store import Archive
from monitor.config import Data
from tests.archive import make


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return Data(folder=tmp_path / "data")


@pytest.fixture
async def archive(data: Data) -> AsyncIterator[Archive]:
    """With a call to tell of."""
    archive = await Archive.open(data)
    await archive.add(make.call(agent="王芳", team="一组", customer="13812342233"))
    yield archive
    await archive.close()
