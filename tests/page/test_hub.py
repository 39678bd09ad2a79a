from __future__ import annotations

import asyncio
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.page.hub import BATCH, Hub, Lagged, Subscriber
from tests.page.support import alert


def publish(hub: Hub, count: int) -> None:
    for number in range(count):
        hub.publish(type="utterance", call="c1", id=f"u{number}")


async def numbers(subscriber: Subscriber, count: int) -> list[int]:
    taken: list[int] = []
    while len(taken) < count:
        taken += [event.seq for event in await subscriber.take()]
    return taken


def test_an_event_is_numbered_and_in_the_documented_shape() -> None:
    hub = Hub(history=100, queue=10)
    assert hub.publish(type="alert", call="c1", data=alert()) == 1
    assert hub.publish(type="notice", call=None, level="warning", code="disk", message="磁盘将满") == 2
    first, second = (json.loads(event.text) for event in hub.after(0, 10))
    assert (first["seq"], first["type"], first["call"]) == (1, "alert", "c1")
    assert first["data"]["raised"] == "2026-11-22T09:00:00.000+08:00"
    assert first["data"]["because"] == ["f1"]
    assert second == {"seq": 2, "type": "notice", "call": None, "level": "warning", "code": "disk", "message": "磁盘将满"}


def test_what_json_cannot_say_is_refused_and_takes_no_number() -> None:
    hub = Hub(history=100, queue=10)
    with pytest.raises(ValueError, match="not JSON compliant"):
        hub.publish(type="call", call="c1", data={"seconds": math.nan})
    assert hub.seq == 0
    assert hub.publish(type="call", call="c1", data={}) == 1


def test_half_a_surrogate_pair_reaches_no_socket() -> None:
    hub = Hub(history=100, queue=10)
    hub.publish(type="call", call="c1", data={"agent": "\ud800王"})
    (event,) = hub.after(0, 1)
    assert json.loads(event.text.encode("utf-8"))["data"]["agent"] == "?王"


async def test_from_now_means_from_now() -> None:
    hub = Hub(history=100, queue=10)
    publish(hub, 3)
    with hub.subscribe(None, None) as subscriber:
        publish(hub, 2)
        assert await numbers(subscriber, 2) == [4, 5]


async def test_a_subscriber_waits_for_what_is_to_come() -> None:
    hub = Hub(history=100, queue=10)
    with hub.subscribe(None, None) as subscriber:
        waiting = asyncio.create_task(subscriber.take())
        await asyncio.sleep(0)
        assert not waiting.done()
        publish(hub, 1)
        assert [event.seq for event in await waiting] == [1]


async def test_everything_missed_comes_once_and_in_order_however_much_it_is() -> None:
    hub = Hub(history=1_000, queue=10)
    publish(hub, 5 * BATCH + 7)
    with hub.subscribe(hub.epoch, 3) as subscriber:
        publish(hub, 2)
        assert await numbers(subscriber, hub.seq - 3) == list(range(4, hub.seq + 1))


@pytest.mark.parametrize("seq", [0, 4, 16, 1_000_000])
def test_what_cannot_be_given_is_refused(seq: int) -> None:
    hub = Hub(history=10, queue=10)
    publish(hub, 15)
    with pytest.raises(Lagged), hub.subscribe(hub.epoch, seq):
        pass


async def test_the_oldest_event_kept_can_still_be_had() -> None:
    hub = Hub(history=10, queue=10)
    publish(hub, 15)
    with hub.subscribe(hub.epoch, 5) as subscriber:
        assert await numbers(subscriber, 10) == list(range(6, 16))


def test_numbers_of_another_run_are_refused() -> None:
    before, after = Hub(history=10, queue=10), Hub(history=10, queue=10)
    publish(before, 1)
    publish(after, 1)
    with pytest.raises(Lagged), after.subscribe(before.epoch, 1):
        pass


async def test_one_who_lags_is_lost_and_nobody_else() -> None:
    hub = Hub(history=1_000, queue=10)
    with hub.subscribe(None, None) as slow, hub.subscribe(None, None) as quick:
        publish(hub, 10)
        assert not slow.lost.is_set()
        assert await numbers(quick, 10) == list(range(1, 11))
        publish(hub, 1)
        assert slow.lost.is_set()
        with pytest.raises(Lagged):
            await slow.take()
        assert await numbers(quick, 1) == [11]


async def test_one_whose_events_were_overwritten_is_lost() -> None:
    hub = Hub(history=10, queue=1_000)
    with hub.subscribe(None, None) as subscriber:
        publish(hub, 11)
        with pytest.raises(Lagged):
            await subscriber.take()


async def test_one_who_left_is_forgotten() -> None:
    hub = Hub(history=100, queue=10)
    with hub.subscribe(None, None) as subscriber:
        pass
    publish(hub, 50)
    assert not subscriber.lost.is_set()


@given(st.lists(st.one_of(st.integers(1, 30), st.just(0)), max_size=30), st.integers(0, 5))
def test_no_interleaving_loses_or_doubles_an_event(steps: list[int], missed: int) -> None:
    """Publish so many events at each step; at 0 the subscriber takes what there is."""

    async def run() -> None:
        hub = Hub(history=2_000, queue=2_000)
        publish(hub, missed)
        with hub.subscribe(hub.epoch, 0) as subscriber:
            taken: list[int] = []
            for step in [*steps, 0]:
                publish(hub, step)
                if step == 0:
                    taken += await numbers(subscriber, hub.seq - len(taken))
            assert taken == list(range(1, hub.seq + 1))

    asyncio.run(run())
