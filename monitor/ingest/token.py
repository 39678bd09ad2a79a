"""The secrets that let programs in, one to send calls and one to read the meters: made at first start, kept in the data folder,
readable by their owner only."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from monitor.errors import ConfigError

NAME = "ingest-token"
METRICS = "metrics-token"
VARIABLE = "CALLMONITOR_TOKEN"
SHAPE = re.compile(r"[A-Za-z0-9_-]{32,128}")


def ensure_token(folder: Path, name: str = NAME) -> str:
    """The server's token of that name, made now if `folder` has none. Two servers that start at once get the same one.

    Raises ConfigError, naming the file, where it cannot be written, others could read it, or it is damaged.
    """
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path, secrets.token_urlsafe(32))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be made: {error.strerror}") from error
    return read_token(folder, name)


def _create(path: Path, token: str) -> None:
    """Write beside, then link: `path` is whole or absent at every moment, and never replaces one that came first."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(token + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def read_token(folder: Path, name: str = NAME) -> str:
    """The token of that name in `folder`. Raises ConfigError where there is none, others could read it, or it is damaged."""
    path = folder / name
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            token = file.read(256).strip()
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no token yet; start the server once, or set {VARIABLE}") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    if os.name == "posix" and mode & 0o077:
        raise ConfigError(f"{path}: other users may read it (mode {mode:o}); run: chmod 600 {path}")
    if not SHAPE.fullmatch(token):
        raise ConfigError(f"{path}: is damaged; delete it, and the server makes a new one")
    return token


def client_token(folder: Path, environment: Mapping[str, str]) -> str:
    """What a client shows: the environment's CALLMONITOR_TOKEN, else the one in `folder`. Raises as `read_token`."""
    return environment.get(VARIABLE) or read_token(folder)
