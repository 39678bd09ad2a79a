"""config.toml -> a frozen, strict Config: an unknown key, a wrong type or a value out of range is refused, named with its line.

Every default stands here once and again, with its unit, in the repository's config.toml (a test keeps the two the same).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from monitor.records import Severity
from monitor.sheets import line_of as line_of
from monitor.sheets import read as read

Seconds = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


def _kept_elsewhere(place: str) -> str:
    """A secret in a config file ends up in its backups, and in what people send each other; so it is not said in a fault."""
    if not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+", place):
        raise ValueError('says where the secret is kept, "env:NAME" or "file:PATH", and not the secret itself')
    return place


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Server(Section):
    host: str = "127.0.0.1"
    port: int = Field(8770, ge=0, le=65535)
    allowed_hosts: tuple[str, ...] = ()  # further names this server is reached by

    @model_validator(mode="before")
    @classmethod
    def _one_password_no_more(cls, values: Any) -> Any:
        if isinstance(values, dict) and "password_hash" in values:
            raise ValueError(
                "password_hash is no more: people sign in with accounts. Take the line out, and make the first account with "
                "`callmonitor users add NAME --role admin`"
            )
        return values


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
    context_extra: float = Field(3.0, ge=0, le=30)  # seconds
    lead: float = Field(8.0, ge=0, le=15)  # seconds
    spelling: bool = True
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
    latency_target: float = Field(1.5, gt=0)  # seconds from what was said to its alert; when p95 passes it, pages say so


class Webhooks(Section):
    """What holds for all webhooks; their own settings are `Webhook`."""

    pages: str = ""  # where people open the pages, https://monitor.example.com: for links in messages; empty: none
    timeout: float = Field(10.0, gt=0, le=60)  # seconds one attempt may last
    max_age: float = Field(3600.0, ge=1, le=86_400)  # seconds after which what could not be sent is a dead letter

    @field_validator("pages")
    @classmethod
    def _an_address(cls, pages: str) -> str:
        if pages and not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?", pages):
            raise ValueError("is the address of the pages, such as https://monitor.example.com")
        return pages.rstrip("/")


Kept = Annotated[str, AfterValidator(_kept_elsewhere)]  # a secret: where it is kept


class Webhook(Section):
    """Where critical alerts are told besides the pages."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")
    shape: Literal["json", "wecom", "dingtalk", "feishu"]
    url: Kept
    secret: Kept | None = None  # what messages are signed with
    severities: tuple[Severity, ...] = Field(("critical",), min_length=1)
    teams: tuple[str, ...] = ()  # of these teams' calls; none: of all
    delay: float = Field(3.0, ge=0, le=600)  # seconds an alert waits first: one that is taken back meanwhile is not sent
    per_minute: int | None = Field(None, ge=1, le=6_000)  # messages, at most; none: a little less than the robot takes

    @model_validator(mode="after")
    def _signed_as_the_shape_says(self) -> Webhook:
        if self.shape == "json" and self.secret is None:
            raise ValueError('shape "json" needs a `secret` to sign with')
        if self.shape == "wecom" and self.secret is not None:
            raise ValueError('shape "wecom" takes no `secret`: the key in its url is all there is')
        return self


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
    webhooks: Webhooks = Webhooks()
    webhook: tuple[Webhook, ...] = ()

    @model_validator(mode="after")
    def _webhooks_can_work(self) -> Config:
        names = [one.name for one in self.webhook]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two webhooks are named {', '.join(sorted(twice))}")
        if late := [one.name for one in self.webhook if one.delay >= self.webhooks.max_age]:
            raise ValueError(f"webhook {late[0]} would wait its `delay` until webhooks.max_age is over")
        return self


def load(path: Path) -> Config:
    """Read and check a config file. Raises ConfigError naming file, line and key."""
    return read(Config, path)
