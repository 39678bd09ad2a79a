"""One tree of errors: each names what is wrong and where, in a sentence a person can act on."""

from __future__ import annotations


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
    """A setting, rule or phrase file is wrong; the message names file, line and key."""

    code = "config"


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
