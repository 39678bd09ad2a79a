"""config.toml -> a frozen, strict Config: an unknown key, a wrong type or a value out of range is refused, named with its line.

Every default stands here once and again, with its unit, in the repository's config.toml (a test keeps the two the same).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from monitor.errors import ConfigError

Seconds = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Server(Section):
    host: str = "127.0.0.1"
    port: int = Field(8770, ge=0, le=65535)
    password_hash: str = ""  # Argon2, made by `callmonitor password`; needed for any host but loopback
    allowed_hosts: tuple[str, ...] = ()  # further names this server is reached by


class Data(Section):
    folder: Path = Path("data")
    database: str = ""  # SQLAlchemy URL; empty: SQLite in the folder


class Model(Section):
    name: Literal["base", "small", "medium", "large-v3", "large-v3-turbo"] = "base"
    folder: Path = Path("models")
    device: Literal["auto", "cpu", "cuda"] = "auto"
    compute_type: str = "auto"  # auto: int8 on a CPU, float16 on a GPU
    threads: int = Field(0, ge=0, le=1024)  # 0: one a core
    language: Literal["zh", "en"] = "zh"


class Ingest(Section):
    max_calls: int = Field(200, ge=1)
    max_hours: float = Field(12.0, gt=0)
    hello_timeout: float = Field(10.0, gt=0)  # seconds
    idle_timeout: float = Field(60.0, gt=0)  # seconds
    max_gap: Seconds = 60.0  # a longer hole in the sequence ends the call
    max_frame: int = Field(65_536, ge=64)  # bytes of one message


class Vad(Section):
    threshold: Share = 0.3  # speech starts at this probability
    release: Share = 0.2  # and lasts until it falls under this one
    crosstalk: float = Field(22.0, ge=0)  # dB; a side this much quieter than the other is an echo of it

    @model_validator(mode="after")
    def _starts_above_release(self) -> Vad:
        if self.release > self.threshold:
            raise ValueError("release is at most threshold")
        return self


class Segment(Section):
    min_speech: Seconds = 0.2
    draft_silence: Seconds = 0.4  # pause after which a first decoding is made
    join_silence: Seconds = 0.7  # a speaker who goes on within this is joined and decoded again
    padding: float = Field(0.4, ge=0, le=2)  # seconds
    soft_limit: float = Field(12.0, ge=2, le=25)  # seconds; a longer stretch is cut at its weakest point (Whisper hears 30 s)
    interim_every: Seconds = 0.8

    @model_validator(mode="after")
    def _draft_before_joined(self) -> Segment:
        if not self.draft_silence <= self.join_silence <= 2:
            raise ValueError("draft_silence is at most join_silence, and that at most 2 s")
        return self


class Decode(Section):
    beam: int = Field(5, ge=1, le=16)
    batch: int = Field(8, ge=1, le=64)
    context_min: float = Field(8.0, ge=0, le=30)  # seconds
    context_extra: float = Field(4.0, ge=0, le=30)  # seconds
    prompt: str = ""  # a style for the decoder to follow; costs accuracy on telephone speech


class Gate(Section):
    """Invented text is dropped when any of these says so."""

    speech_probability: Share = 0.45  # mean over the voiced stretch, at least
    loudness: float = -55.0  # dBFS, at least
    no_speech_probability: Share = 0.8  # at most
    log_probability: float = -1.0  # mean a token, at least
    compression: float = 2.2  # at most
    characters_per_second: float = 12.0  # at most


class Analysis(Section):
    playbook: Path | None = None  # a site's own folder, laid over the built-in one
    dead_air: Seconds = 5.0
    interruption_after: Seconds = 1.0
    interruption_overlap: Seconds = 0.5


class Alerts(Section):
    rules: Path | None = None  # a site's own alert rules instead of the built-in ones


class Page(Section):
    history: int = Field(20_000, ge=100)  # events kept for pages that reconnect
    queue: int = Field(1_000, ge=10)  # events a slow page may lag before it must reload
    session_hours: float = Field(12.0, gt=0)


class Config(Section):
    server: Server = Server()
    data: Data = Data()
    model: Model = Model()
    ingest: Ingest = Ingest()
    vad: Vad = Vad()
    segment: Segment = Segment()
    decode: Decode = Decode()
    gate: Gate = Gate()
    analysis: Analysis = Analysis()
    alerts: Alerts = Alerts()
    page: Page = Page()


T = TypeVar("T", bound=BaseModel)


def load(path: Path) -> Config:
    """Read and check a config file. Raises ConfigError naming file, line and key."""
    return read(Config, path)


def read(model: type[T], path: Path) -> T:
    """Read a TOML file as `model`. Raises ConfigError naming file, line and key."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text: byte {error.start}") from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        fault = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")  # a misspelt key before a missing one
        keys = fault["loc"]
        what = "unknown key" if fault["type"] == "extra_forbidden" else fault["msg"]
        name = ".".join(str(key) for key in keys)
        raise ConfigError(f"{path}:{line_of(text, keys)}: {name}: {what}") from error


def line_of(text: str, keys: Sequence[int | str]) -> int:
    """The line (from 1) of TOML `text` that sets `keys`, or of the nearest table above it.

    tomllib keeps no positions; this follows table headers and plain keys, which is all our files use.
    """
    path = [key for key in keys if isinstance(key, str)]
    index = next((key for key in keys if isinstance(key, int)), None)
    table: list[str] = []
    seen: dict[str, int] = {}
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line):
            table = [part.strip().strip("\"'") for part in header[2].split(".")]
            if header[1] == "[[":
                seen[header[2]] = seen.get(header[2], -1) + 1
            here = table
        elif key := re.match(r"\s*([\w\"'.-]+?)\s*=", line):
            here = table + [part.strip("\"'") for part in key[1].split(".")]
        else:
            continue
        if index is not None and table and seen.get(".".join(table[:1]), index) != index:
            continue
        shared = min(len(here), len(path))  # a table inside what is asked for stands for it
        if here[:shared] == path[:shared] and shared > depth:
            best, depth = number, shared
    return best
