"""The ingest token: made once, kept to its owner, read back with care."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.ingest.token import METRICS, NAME, client_token, ensure_token, read_token


def test_the_first_start_makes_a_token_only_its_owner_may_read(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    token = ensure_token(folder)
    assert len(token) == 43
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600
    assert ensure_token(folder) == read_token(folder) == token
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_every_server_has_its_own(tmp_path: Path) -> None:
    assert ensure_token(tmp_path / "a") != ensure_token(tmp_path / "b")


def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        ensure_token(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_many_starts_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: ensure_token(tmp_path), range(32)))
    assert len(tokens) == 1
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o620])
def test_a_token_others_can_read_or_write_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    ensure_token(tmp_path)
    (tmp_path / NAME).chmod(mode)
    with pytest.raises(ConfigError, match=rf"mode {mode:o}.*chmod 600 .*{NAME}"):
        ensure_token(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"short", b"x" * 129, b"has spaces in the middle of it, which is wrong", b"\xff" * 43]
)
def test_a_damaged_token_is_refused_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / NAME
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="is damaged"):
        ensure_token(tmp_path)
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=rf"file/{NAME}: cannot be made: "):
        ensure_token(tmp_path / "file")


def test_a_client_before_the_first_start_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="start the server once, or set CALLMONITOR_TOKEN"):
        client_token(tmp_path, {})


def test_the_environments_token_goes_before_the_files(tmp_path: Path) -> None:
    token = ensure_token(tmp_path)
    assert client_token(tmp_path, {}) == token
    assert client_token(tmp_path, {"CALLMONITOR_TOKEN": ""}) == token
    assert client_token(tmp_path, {"CALLMONITOR_TOKEN": "another"}) == "another"


def test_each_purpose_has_a_token_of_its_own(tmp_path: Path) -> None:
    assert ensure_token(tmp_path) != ensure_token(tmp_path, METRICS)
    assert ensure_token(tmp_path, METRICS) == read_token(tmp_path, METRICS)
    assert stat.S_IMODE((tmp_path / METRICS).stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([NAME, METRICS])
