"""The protocol core, fed with messages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import Ingest
from monitor.errors import ProtocolError
from monitor.ingest import native
from monitor.ingest.native import Audio, Bye, Gap, Hello, Protocol
from tests.ingest.support import HELLO, TOKEN


def protocol(**settings: Any) -> Protocol:
    return Protocol(Ingest(**settings), TOKEN)


def greeting(**changes: Any) -> str:
    return json.dumps(HELLO | changes)


def greeted(settings: dict[str, Any] | None = None, **changes: Any) -> Protocol:
    core = protocol(**settings or {})
    core.receive(greeting(**changes))
    return core


def frame(number: int, samples: bytes = b"\x11" * 160) -> bytes:
    return number.to_bytes(4, "big") + samples


def refused(core: Protocol, message: str | bytes) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        core.receive(message)
    return caught.value


def test_a_call_from_hello_to_bye() -> None:
    core = protocol()
    hello = greeting(call="pbx-17", agent="王芳", team="售后", customer="13800001111")
    assert core.receive(hello) == [
        Hello(
            call="pbx-17",
            rate=8000,
            encoding="mulaw",
            channels=("agent", "customer"),
            agent="王芳",
            team="售后",
            customer="13800001111",
        )
    ]
    assert core.receive(frame(0)) == [Audio(b"\x11" * 160, 80)]
    assert core.receive(frame(1, b"\x22" * 80)) == [Audio(b"\x22" * 80, 40)]
    assert core.receive('{"type": "bye"}') == [Bye()]
    assert core.seconds == 0.015


def test_the_server_names_a_call_that_has_no_name_with_ids_that_sort_by_time() -> None:
    ids = [event.call for _ in range(3) for event in protocol().receive(greeting()) if isinstance(event, Hello)]
    assert ids == sorted(set(ids))
    assert all(call[14] == "7" for call in ids)


def test_null_stands_for_a_name_that_is_not_known() -> None:
    (hello,) = protocol().receive(greeting(agent=None, call=None, customer=None))
    assert isinstance(hello, Hello)
    assert hello.agent is None
    assert hello.call


@pytest.mark.parametrize("channels", [["agent"], ["customer"], ["unknown"], ["agent", "customer"], ["customer", "agent"]])
def test_channels_in_the_order_of_the_samples(channels: list[str]) -> None:
    (hello,) = protocol().receive(greeting(channels=channels))
    assert isinstance(hello, Hello)
    assert list(hello.channels) == channels


LIES = [
    ({"version": 2}, "bad_version"),
    ({"version": True}, "bad_version"),
    ({"version": "1"}, "bad_version"),
    ({"version": None}, "bad_version"),
    ({"token": TOKEN[:-1]}, "bad_token"),
    ({"token": ""}, "bad_token"),
    ({"token": None}, "bad_token"),
    ({"token": 17}, "bad_token"),
    ({"token": "\ud800"}, "bad_token"),
    ({"rate": 7999}, "bad_rate"),
    ({"rate": 48001}, "bad_rate"),
    ({"rate": "8000"}, "bad_rate"),
    ({"rate": 8000.0}, "bad_rate"),
    ({"rate": True}, "bad_rate"),
    ({"rate": 10**400}, "bad_rate"),
    ({"encoding": "opus"}, "bad_encoding"),
    ({"encoding": ["mulaw"]}, "bad_encoding"),
    ({"channels": []}, "bad_channels"),
    ({"channels": "agent"}, "bad_channels"),
    ({"channels": ["agent", "agent"]}, "bad_channels"),
    ({"channels": ["agent", "unknown"]}, "bad_channels"),
    ({"channels": ["agent", "customer", "unknown"]}, "bad_channels"),
    ({"channels": ["boss"]}, "bad_channels"),
    ({"channels": {"agent": 0}}, "bad_channels"),
    ({"call": ""}, "bad_hello"),
    ({"call": ".."}, "bad_hello"),
    ({"call": "../../etc/passwd"}, "bad_hello"),
    ({"call": "a b"}, "bad_hello"),
    ({"call": "a\n"}, "bad_hello"),
    ({"call": "x" * 65}, "bad_hello"),
    ({"call": 7}, "bad_hello"),
    ({"agent": ""}, "bad_hello"),
    ({"agent": "王" * 129}, "bad_hello"),
    ({"agent": "王\x00芳"}, "bad_hello"),
    ({"agent": "\u202e芳"}, "bad_hello"),
    ({"agent": "\ud800"}, "bad_hello"),
    ({"agent": {"zh": "王芳"}}, "bad_hello"),
    ({"team": ["a"]}, "bad_hello"),
    ({"customer": 13800001111}, "bad_hello"),
    ({"customer": "1" * 65}, "bad_hello"),
    ({"started": "yesterday"}, "bad_hello"),
    ({"type": "bye"}, "bad_hello"),
    ({"type": None}, "bad_hello"),
]


@pytest.mark.parametrize(("lie", "code"), LIES)
def test_a_hello_that_lies_is_refused_and_changes_nothing(lie: dict[str, Any], code: str) -> None:
    core = protocol()
    error = refused(core, greeting(**lie))
    assert error.code == code
    assert TOKEN[:-1] not in str(error)
    assert core.receive(greeting())  # still waiting for one that does not


@pytest.mark.parametrize("missing", ["version", "token", "rate", "encoding", "channels"])
def test_a_hello_without_what_it_needs_is_refused(missing: str) -> None:
    rest = {key: value for key, value in HELLO.items() if key != missing}
    assert refused(protocol(), json.dumps(rest)).code == f"bad_{missing}"


@pytest.mark.parametrize(
    "message",
    ["", "hello", "[]", "null", "NaN", '{"type": NaN}', "[" * 4000, "1" * 5000, '{"type":"hello","type":"hello"}', "{" * 4096],
)
def test_text_that_is_no_json_object_is_refused(message: str) -> None:
    assert refused(protocol(), message).code == "bad_json"


def test_the_token_is_looked_at_before_the_rest() -> None:
    assert refused(protocol(), greeting(token="wrong", rate=1, surprise=True)).code == "bad_token"


@pytest.mark.parametrize("message", [b"", frame(0), greeting().encode()])
def test_binary_before_the_hello(message: bytes) -> None:
    assert refused(protocol(), message).code == "unexpected_binary"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (greeting(), "unexpected_text"),
        ('{"type": "bye", "now": true}', "unexpected_text"),
        ('{"type": "BYE"}', "unexpected_text"),
        ("你好", "bad_json"),
        (b"", "bad_frame"),
        (b"\0\0\0", "bad_frame"),
        (frame(0, b""), "bad_frame"),
        (frame(0, b"\0"), "bad_frame"),
        (frame(0, b"\0" * 161), "bad_frame"),
        (frame(0, bytes(65_536)), "bad_frame"),
    ],
)
def test_what_is_no_audio_is_refused_and_the_call_can_go_on(message: str | bytes, code: str) -> None:
    core = greeted()
    assert refused(core, message).code == code
    assert core.receive(frame(0)) == [Audio(b"\x11" * 160, 80)]


@pytest.mark.parametrize("message", ['{"type": "bye"}', frame(1), b""])
def test_nothing_follows_the_bye(message: str | bytes) -> None:
    core = greeted()
    core.receive('{"type": "bye"}')
    assert refused(core, message).code == "after_bye"


def test_a_hole_is_filled_with_silence_as_long_as_the_last_frame_was() -> None:
    core = greeted()
    core.receive(frame(0))
    assert core.receive(frame(3, b"\x22" * 16)) == [Gap(1, 2, 0.02), Audio(b"\xff" * 320, 160), Audio(b"\x22" * 16, 8)]
    assert core.seconds == 0.031


def test_a_hole_before_the_first_frame_is_as_long_as_that_frame() -> None:
    assert greeted().receive(frame(2)) == [Gap(0, 2, 0.02), Audio(b"\xff" * 320, 160), Audio(b"\x11" * 160, 80)]


@pytest.mark.parametrize(("encoding", "silence"), [("pcm_s16le", b"\0\0"), ("mulaw", b"\xff"), ("alaw", b"\xd5")])
def test_silence_in_the_calls_own_encoding_in_pieces_of_a_second_at_most(encoding: str, silence: bytes) -> None:
    core = greeted(encoding=encoding, channels=["customer"])
    half = silence * 4000
    core.receive(frame(0, half))
    _, *pieces, last = core.receive(frame(6, half))
    assert pieces == [Audio(half * 2, 8000), Audio(half * 2, 8000), Audio(half, 4000)]
    assert last == Audio(half, 4000)


def test_a_hole_that_is_too_long_ends_the_call() -> None:
    core = greeted({"max_gap": 1.0})
    core.receive(frame(0))
    assert refused(core, frame(102)).code == "gap_too_long"
    assert core.receive(frame(101))[0] == Gap(1, 100, 1.0)


@pytest.mark.parametrize("number", [0, 1])
def test_a_number_again_or_backwards_is_out_of_order(number: int) -> None:
    core = greeted()
    core.receive(frame(0))
    core.receive(frame(1))
    assert str(refused(core, frame(number))) == f"frame {number} came where 2 was expected"


def test_ten_hours_pass_and_what_is_longer_than_allowed_does_not() -> None:
    core = greeted({"max_hours": 10.0, "max_gap": 0.0}, rate=8000, channels=["unknown"])
    hour_tenth = 60_000  # samples of a message, so that ten hours are 4800 messages
    payload = b"\x7f" * hour_tenth
    for number in range(4800):
        core.receive(frame(number, payload))
    assert core.seconds == 36_000
    assert refused(core, frame(4800, b"\x7f")).code == "too_long"
    assert core.receive('{"type":"bye"}') == [Bye()]


def test_silence_counts_towards_the_longest_call() -> None:
    core = greeted({"max_hours": 1 / 3600})
    assert refused(core, frame(100)).code == "too_long"
    assert core.receive(frame(99))


MESSAGES = st.one_of(
    st.binary(max_size=40),
    st.text(max_size=40),
    st.builds(frame, st.integers(0, 2**32 - 1), st.binary(max_size=40)),
    st.builds(frame, st.integers(0, 6), st.just(b"\x11" * 16)),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from([*HELLO, "call", "agent"]), inner),
    ).map(json.dumps),
    st.builds(greeting, rate=st.integers(0, 60_000), agent=st.text(max_size=130)),
    st.just(greeting()),
    st.just('{"type":"bye"}'),
)


@given(st.lists(MESSAGES, max_size=30))
def test_whatever_comes_only_protocol_errors_come_back_and_time_is_what_the_events_hold(messages: list[str | bytes]) -> None:
    core = protocol()
    frames, rate = 0, 8000
    for message in messages:
        before = core.seconds
        try:
            events = core.receive(message)
        except ProtocolError:
            assert core.seconds == before
            continue
        for event in events:
            if isinstance(event, Audio):
                frames += event.frames
            elif isinstance(event, Hello):
                rate = event.rate
    assert core.seconds == frames / rate


def test_answers_are_json_of_one_line() -> None:
    assert json.loads(native.ready("c1")) == {"type": "ready", "call": "c1"}
    assert json.loads(native.done("c1", 1 / 3)) == {"type": "done", "call": "c1", "seconds": 0.333}
    assert json.loads(native.error("bad_json", "no\nJSON")) == {"type": "error", "code": "bad_json", "message": "no\nJSON"}
    warning = json.loads(native.warning(Gap(4, 2, 0.2)))
    assert warning == {
        "type": "warning",
        "code": "gap",
        "message": "frames 4 to 5 are missing; 0.200 s of silence stand for them",
        "seconds": 0.2,
    }
