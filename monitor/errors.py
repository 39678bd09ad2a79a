"""One tree of errors: each names what is wrong and where, in a sentence a person can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class MonitorError(Exception):
    """Base of every error this product raises on purpose.

    `code` is a stable, machine-readable name (snake_case); `str(error)` is the sentence shown to people.
    """

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class ConfigError(MonitorError):
    """A setting, rule or phrase file is wrong; `faults` name file, line and key, one a line of the message."""

    code = "config"

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Faults:
    """Gathers what is wrong, each fault once, so that all of it is told together."""

    def __init__(self) -> None:
        self._found: dict[str, None] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def add(self, *faults: str) -> None:
        self._found.update(dict.fromkeys(faults))

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Keep the faults of a ConfigError raised inside, and go on after it."""
        try:
            yield
        except ConfigError as error:
            self.add(*error.faults)

    def tell(self) -> None:
        """Raise ConfigError with all of them, if there are any."""
        if self._found:
            raise ConfigError(*self._found)


class ProtocolError(MonitorError):
    """A client broke an ingest protocol; sent back to it as JSON before closing."""

    code = "protocol"


class AudioError(MonitorError):
    """A recording or a device cannot be read; the message names it."""

    code = "audio"


class ModelError(MonitorError):
    """A speech model is missing or its files are not what the manifest says."""

    code = "model"


class ArchiveError(MonitorError):
    """Something could not be kept (full disk, locked or damaged database); the message names the path."""

    code = "archive"
