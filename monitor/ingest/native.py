"""The native ingest protocol, version 1, without I/O: messages in, events out (docs/ingest.md describes it for clients).

A client says hello in JSON, sends numbered binary frames of interleaved samples, and says bye. `Protocol.receive` takes one
WebSocket message and returns what it means; an illegal one raises ProtocolError with a code and changes nothing. The
functions at the end make the server's answers.
"""

from __future__ import annotations

import hmac
import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import uuid_utils
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from monitor.config import Ingest
from monitor.errors import ProtocolError
from monitor.records import Encoding, Speaker

VERSION = 1
SEQUENCE = 4  # bytes of the frame number, big-endian, unsigned
MAX_TEXT = 4096  # characters of a JSON message
SLICE = 1.0  # seconds of silence in one event, at most

WIDTH: dict[Encoding, int] = {"pcm_s16le": 2, "mulaw": 1, "alaw": 1}  # bytes of a sample
SILENCE: dict[Encoding, bytes] = {"pcm_s16le": b"\0", "mulaw": b"\xff", "alaw": b"\xd5"}

FAULTS = {"type": "bad_hello", "rate": "bad_rate", "encoding": "bad_encoding", "channels": "bad_channels"}
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, bidirectional overrides, surrogates, line separators


def _visible(text: str) -> str:
    if any(unicodedata.category(letter) in HIDDEN for letter in text):
        raise PydanticCustomError("control_character", "holds a control character")
    return text


def _known(channels: tuple[Speaker, ...]) -> tuple[Speaker, ...]:
    if len(channels) == 2 and set(channels) != {"agent", "customer"}:
        raise PydanticCustomError("channel_names", 'two channels are "agent" and "customer", in the order of the samples')
    return channels


CallId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=128), AfterValidator(_visible)]
Number = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_visible)]
Channels = Annotated[tuple[Speaker, ...], Field(min_length=1, max_length=2, strict=False), AfterValidator(_known)]


class _Greeting(BaseModel):
    """The JSON of a hello, all but its version and token."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["hello"]
    call: CallId | None = None
    agent: Name | None = None
    team: Name | None = None
    customer: Number | None = None
    rate: int = Field(ge=8000, le=48_000)
    encoding: Encoding
    channels: Channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What a client said of its call. The token is checked and not kept."""

    call: str
    rate: int  # Hertz, 8000 to 48000
    encoding: Encoding
    channels: tuple[Speaker, ...]  # in the order of the samples
    agent: str | None = None
    team: str | None = None
    customer: str | None = None  # number

    @property
    def frame(self) -> int:
        """Bytes of one sample of every channel."""
        return WIDTH[self.encoding] * len(self.channels)


@dataclass(frozen=True, slots=True)
class Audio:
    """Interleaved samples as they came, or the silence that stands for lost ones. `frames`: samples a channel."""

    payload: bytes = field(repr=False)
    frames: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Frames `first` to `first + missing - 1` never came; the Audio events that follow it hold their silence."""

    first: int
    missing: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Bye:
    """The client has sent everything."""


Event = Hello | Audio | Gap | Bye


class Protocol:
    """One connection's state: waiting for the hello, then for audio, then done."""

    def __init__(self, settings: Ingest, token: str, *, new_id: Callable[[], str] = lambda: str(uuid_utils.uuid7())) -> None:
        self._settings = settings
        self._token = token
        self._new_id = new_id
        self._state: Literal["hello", "audio", "done"] = "hello"
        self._hello: Hello
        self._next = 0  # number of the frame to come
        self._last = 0  # bytes of samples in the frame before
        self._frames = 0  # samples a channel so far, silence included

    @property
    def seconds(self) -> float:
        """Call time received so far, silence for lost frames included."""
        return self._frames / self._hello.rate if self._state != "hello" else 0.0

    def receive(self, message: str | bytes) -> list[Event]:
        """The events of one WebSocket message. Raises ProtocolError on an illegal one, and is then as it was before."""
        if self._state == "done":
            raise ProtocolError("nothing may follow the bye", code="after_bye")
        if isinstance(message, str):
            return [self._greet(message)] if self._state == "hello" else [self._part(message)]
        if self._state == "hello":
            raise ProtocolError("the first message must be the JSON hello, not binary", code="unexpected_binary")
        return self._listen(message)

    def _greet(self, message: str) -> Hello:
        self._hello = parse_hello(message, self._token, self._new_id)
        self._state = "audio"
        return self._hello

    def _part(self, message: str) -> Bye:
        if parse_object(message) != {"type": "bye"}:
            raise ProtocolError('after the hello, the only text is {"type": "bye"}; audio is binary', code="unexpected_text")
        self._state = "done"
        return Bye()

    def _listen(self, message: bytes) -> list[Event]:
        size = self._payload_size(message)
        number = int.from_bytes(message[:SEQUENCE], "big")
        missing = number - self._next
        if missing < 0:
            raise ProtocolError(f"frame {number} came where {self._next} was expected", code="out_of_order")
        width, rate = self._hello.frame, self._hello.rate
        lost = missing * (self._last or size) // width
        if lost > self._settings.max_gap * rate:
            raise ProtocolError(
                f"{lost / rate:.1f} s are missing before frame {number}; at most {self._settings.max_gap:g} s may be",
                code="gap_too_long",
            )
        frames = size // width
        if self._frames + lost + frames > self._settings.max_hours * 3600 * rate:
            raise ProtocolError(f"a call lasts at most {self._settings.max_hours:g} hours", code="too_long")
        self._next, self._last = number + 1, size
        self._frames += lost + frames
        gap: list[Event] = [Gap(number - missing, missing, lost / rate), *self._silence(lost)] if missing else []
        return [*gap, Audio(message[SEQUENCE:], frames)]

    def _payload_size(self, message: bytes) -> int:
        """Bytes of samples in a binary message that is well formed."""
        size, width = len(message) - SEQUENCE, self._hello.frame
        if len(message) > self._settings.max_frame:
            raise ProtocolError(f"a frame of {len(message)} bytes; at most {self._settings.max_frame}", code="bad_frame")
        if size < width:
            raise ProtocolError(f"a frame of {len(message)} bytes; at least {SEQUENCE + width}", code="bad_frame")
        if size % width:
            raise ProtocolError(f"{size} bytes of samples; a sample of every channel takes {width}", code="bad_frame")
        return size

    def _silence(self, frames: int) -> list[Audio]:
        """`frames` of silence, in events that share one payload of at most SLICE seconds."""
        step = max(1, int(SLICE * self._hello.rate))
        whole, rest = divmod(frames, step)
        unit = SILENCE[self._hello.encoding] * self._hello.frame
        events = [Audio(unit * step, step)] * whole
        return [*events, Audio(unit * rest, rest)] if rest else events


def parse_hello(message: str, token: str, new_id: Callable[[], str]) -> Hello:
    """Check a hello, the version and the token before all else. Raises ProtocolError; its sentences never hold the token."""
    raw = parse_object(message)
    if raw.get("type") != "hello":
        raise ProtocolError('the first message must be {"type": "hello", …}', code="bad_hello")
    version, given = raw.pop("version", None), raw.pop("token", None)
    if type(version) is not int or version != VERSION:
        raise ProtocolError(f"this server speaks version {VERSION} of the protocol", code="bad_version")
    if not isinstance(given, str) or not hmac.compare_digest(_octets(given), _octets(token)):
        raise ProtocolError("the token is not this server's", code="bad_token")
    try:
        greeting = _Greeting.model_validate(raw)
    except ValidationError as error:
        raise _refusal(error) from error
    fields = greeting.model_dump(exclude={"type"})
    return Hello(**fields | {"call": greeting.call or new_id()})


def parse_object(message: str) -> dict[str, Any]:
    """A JSON object of at most MAX_TEXT characters, no key twice. Raises ProtocolError (bad_json)."""
    if len(message) > MAX_TEXT:
        raise ProtocolError(f"a text message of {len(message)} characters; at most {MAX_TEXT}", code="bad_json")
    try:
        value = json.loads(message, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("a text message is not valid JSON", code="bad_json") from error
    if not isinstance(value, dict):
        raise ProtocolError("a text message is not a JSON object", code="bad_json")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _refusal(error: ValidationError) -> ProtocolError:
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    key = str(fault["loc"][0])
    if fault["type"] == "extra_forbidden":
        return ProtocolError(f"{key[:64]!a} is no key of a hello", code="bad_hello")
    return ProtocolError(f"{key}: {fault['msg']}", code=FAULTS.get(key, "bad_hello"))


def ready(call: str) -> str:
    return _compact({"type": "ready", "call": call})


def done(call: str, seconds: float) -> str:
    return _compact({"type": "done", "call": call, "seconds": round(seconds, 3)})


def warning(gap: Gap) -> str:
    message = f"frames {gap.first} to {gap.first + gap.missing - 1} are missing; {gap.seconds:.3f} s of silence stand for them"
    return _compact({"type": "warning", "code": "gap", "message": message, "seconds": round(gap.seconds, 3)})


def error(code: str, message: str) -> str:
    return _compact({"type": "error", "code": code, "message": message})


def _compact(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
