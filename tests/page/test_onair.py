from __future__ import annotations

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.page import onair
from monitor.page.onair import FRAME, HEADER, LISTENERS, STALE, WINDOW, Full, Line, Listener, OnAir, Stalled
from tests.page.support import PATIENCE, Clock

RATE = 8000
STEP = round(FRAME * RATE)  # samples a channel of one frame


def line(clock: Clock | None = None) -> Line:
    return OnAir(clock or Clock()).begin("c1", RATE, ("agent", "customer"))


def sound(first: int, count: int) -> bytes:
    """Samples `first` to `first + count` of a call: on the agent's channel their number, on the customer's its negative."""
    numbers = np.arange(first, first + count)
    return np.stack([numbers, -numbers], axis=1).astype("<i2").tobytes()


async def taken(listener: Listener) -> tuple[float, int, float, float, bytes]:
    frame = await asyncio.wait_for(listener.take(), PATIENCE)
    assert frame is not None
    at, number, age, trip = HEADER.unpack_from(frame)
    return at, number, age, trip, frame[HEADER.size :]


@given(st.lists(st.integers(0, 3000), max_size=8))
async def test_frames_are_the_same_however_the_sound_comes(sizes: list[int]) -> None:
    aired = line()
    with aired.listen() as listener:
        first = 0
        for size in sizes:
            aired.feed(sound(first, size), first)
            first += size
        for number in range(first // STEP):
            frame = await taken(listener)
            assert frame == (number * STEP / RATE, number + 1, 0.0, 0.0, sound(number * STEP, STEP))
            listener.got(number + 1)
        aired.end()
        if first % STEP:
            assert (await taken(listener))[4] == sound(first - first % STEP, first % STEP)
        assert await listener.take() is None


async def test_one_listens_from_when_one_came() -> None:
    aired = line()
    assert not aired.wanted
    with aired.listen() as early:
        assert aired.wanted
        aired.feed(sound(0, STEP), 0)
        with aired.listen() as late:
            aired.feed(sound(STEP, STEP), STEP)
            assert [(await taken(early))[0], (await taken(early))[0]] == [0.0, FRAME]
            assert (await taken(late))[:2] == (FRAME, 1)
    assert not aired.wanted


async def test_what_was_not_fed_while_nobody_listened_is_not_missed() -> None:
    aired = line()
    with aired.listen():
        aired.feed(sound(0, STEP // 2), 0)
    with aired.listen() as listener:
        aired.feed(sound(10 * STEP, STEP), 10 * STEP)
        at, _, _, _, samples = await taken(listener)
        assert (at, samples) == (1.0, sound(10 * STEP, STEP))


async def test_who_confirms_nothing_gets_no_more_than_a_window_and_then_the_newest() -> None:
    clock = Clock()
    aired = line(clock)
    with aired.listen() as slow, aired.listen() as fast:
        for number in range(100):
            clock.now += FRAME
            aired.feed(sound(number * STEP, STEP), number * STEP)
            assert (await taken(fast))[1] == number + 1
            fast.got(number + 1)
            if number < WINDOW:
                await taken(slow)
        waiting = asyncio.create_task(taken(slow))
        await asyncio.sleep(0)
        assert not waiting.done()
        clock.now += 0.25
        slow.got(WINDOW)
        at, number, age, trip, samples = await waiting
        first = round(at * RATE)
        assert number == WINDOW + 1
        assert samples == sound(first, STEP)
        assert (100 * STEP - first) / RATE <= STALE + FRAME  # of all that waited, only what is still worth hearing
        assert 0 < age <= STALE
        assert trip == pytest.approx(94 * FRAME + 0.25)
        assert slow.dropped == (first - WINDOW * STEP) // STEP
        assert fast.dropped == 0
        assert fast.heard == (0.0, 99 * STEP / RATE)


async def test_sound_that_comes_seconds_at_a_time_is_not_dropped() -> None:
    aired = line()
    with aired.listen() as listener:
        aired.feed(sound(0, 50 * STEP), 0)
        for number in range(50):
            assert (await taken(listener))[:2] == (number * STEP / RATE, number + 1)
            listener.got(number + 1)
        assert listener.dropped == 0


async def test_no_more_waits_than_memory_allows() -> None:
    aired = line()
    with aired.listen() as listener:
        aired.feed(sound(0, 500 * STEP), 0)
        assert listener.dropped == 500 - onair.QUEUE
        assert (await taken(listener))[0] == pytest.approx((500 - onair.QUEUE) * FRAME)


@pytest.mark.parametrize("number", [0, 2, 3, 2**32])
async def test_only_what_is_on_its_way_can_be_confirmed(number: int) -> None:
    aired = line()
    with aired.listen() as listener:
        with pytest.raises(ValueError, match="not on its way"):
            listener.got(1)
        aired.feed(sound(0, STEP), 0)
        await taken(listener)
        with pytest.raises(ValueError, match="not on its way"):
            listener.got(number)
        listener.got(1)
        with pytest.raises(ValueError, match="not on its way"):
            listener.got(1)


async def test_who_confirms_nothing_for_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onair, "STALLED", 0.01)
    aired = line()
    with aired.listen() as listener:
        aired.feed(sound(0, STEP), 0)
        await taken(listener)
        with pytest.raises(Stalled):
            await asyncio.wait_for(listener.take(), PATIENCE)


async def test_a_call_that_is_over_is_not_on_air() -> None:
    air = OnAir(Clock())
    aired = air.begin("c1", RATE, ("unknown",))
    assert air.line("c1") is aired
    with aired.listen() as listener:
        aired.end()
        assert air.line("c1") is None
        assert await listener.take() is None
        assert listener.heard is None


def test_so_many_listen_to_a_call_and_no_more() -> None:
    aired = line()
    held = [aired.listen() for _ in range(LISTENERS)]
    for one in held:
        one.__enter__()
    with pytest.raises(Full), aired.listen():
        pass
    held.pop().__exit__(None, None, None)
    with aired.listen():
        assert aired.wanted
    for one in held:
        one.__exit__(None, None, None)
    assert not aired.wanted
