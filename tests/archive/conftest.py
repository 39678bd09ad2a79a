from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.archive.store import Archive
from monitor.config import Data


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return Data(folder=tmp_path / "data")


@pytest.fixture
async def archive(data: Data) -> AsyncIterator[Archive]:
    archive = await Archive.open(data)
    yield archive
    await archive.close()
