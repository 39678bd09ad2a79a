"""When something was said, by how its audio came: on time, in bursts, after a stall, from a file, or left unread."""

from __future__ import annotations

import pytest

from monitor.audio_clock import KEPT, AudioClock

FRAME = 0.02  # seconds


class Call:
    """A client of an `AudioClock` under a clock the test sets."""

    def __init__(self) -> None:
        self.now, self.sent = 1_000.0, 0.0
        self.clock = AudioClock(lambda: self.now)

    def send(self, seconds: float, *, pace: float = 1.0, block: float = FRAME, taking: float = 0.0) -> None:
        """Send so much in blocks, each when it is spoken (`pace` 1), sooner, or later; each keeps the service busy so long."""
        for _ in range(round(seconds / block)):
            self.now = max(self.now, self.now + block / pace - taking)
            self.clock.received(block)
            self.sent += block
            self.now += taking
            self.clock.ready()


@pytest.fixture
def call() -> Call:
    return Call()


def test_the_service_is_as_late_as_it_is(call: Call) -> None:
    call.send(10)
    call.now += 0.7
    assert call.clock.since(10) == pytest.approx(0.7)
    assert call.clock.since(8) == pytest.approx(2.7)


def test_audio_of_a_whole_second_at_once_is_as_old_as_it_is(call: Call) -> None:
    call.send(20, block=1.0)
    assert call.clock.since(19.4) == pytest.approx(0.6)


def test_what_is_lost_in_the_first_moment_is_found_again(call: Call) -> None:
    """The call began while the service was still opening it: its first audio is read late, and at once."""
    call.now += 0.8
    call.send(0.8, pace=1e6)
    call.send(10)
    assert call.clock.since(10.8) == pytest.approx(0, abs=0.01)


def test_a_client_that_sat_silent_does_not_make_the_service_late(call: Call) -> None:
    call.send(10)
    call.now += 30
    call.send(10)
    assert call.clock.since(20) == pytest.approx(0, abs=0.05)
    assert call.clock.since(9.9) == pytest.approx(40.1, abs=0.05), "what was said before it was said then"


def test_audio_held_up_by_the_network_is_not_charged_to_the_service(call: Call) -> None:
    call.send(10)
    call.now += 5
    call.send(5, pace=1e6)
    assert call.clock.since(12) == pytest.approx(0, abs=0.26)
    call.send(5)
    assert call.clock.since(20) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("pace", [5, 20, 1000])
def test_a_file_sent_faster_than_it_was_spoken_is_late_from_when_it_came(call: Call, pace: float) -> None:
    call.send(60, pace=pace)
    arrived = call.now
    call.now += 2
    assert call.clock.since(60) == pytest.approx(2, abs=0.26)
    assert call.clock.since(30) == pytest.approx(call.now - (arrived - 30 / pace), abs=0.26)


def test_a_service_that_cannot_keep_up_does_not_hide_it(call: Call) -> None:
    """It takes in a second of audio in two: after a minute it stands at half of what was said."""
    call.send(30, taking=2 * FRAME)
    assert call.clock.since(30) == pytest.approx(30, rel=0.02)


def test_a_slow_sample_clock_does_not_add_up(call: Call) -> None:
    call.send(3600, pace=1 - 5e-5, block=0.1)
    assert call.clock.since(3600) == pytest.approx(0, abs=0.1)


def test_what_is_long_gone_is_not_known_and_nothing_is_kept_without_bound(call: Call) -> None:
    for _ in range(2 * KEPT):  # every block under an anchor of its own
        call.send(0.5, pace=50, block=0.5)
    assert call.clock.since(1.0) is None
    assert call.clock.since(call.sent) == pytest.approx(0, abs=0.01)


def test_before_the_first_sound_nothing_is_late(call: Call) -> None:
    assert call.clock.since(0) is None
