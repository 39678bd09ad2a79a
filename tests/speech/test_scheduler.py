"""Who is decoded when: order, company, what is given up, and failures that stay with their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from monitor.records import RATE, Lead, Speech, Stage, Utterance
from monitor.speech.lead import NOTHING, Past, Shape
from monitor.speech.scheduler import FEWEST, LONE, LONG, SLOT, WATCH, WORK, Scheduler


class Bench:
    """An engine that writes down its batches and holds each until let go: the order is the matter here, not the words."""

    def __init__(self, workers: int = 1) -> None:
        self.batches: list[list[str]] = []
        self.go = threading.Semaphore(0)
        self.workers = workers
        self.narrow: list[bool] = []

    def shape(self, speech: Speech) -> Shape:
        return Shape(8.0 if len(speech.samples) < 4 * RATE else 16.0, len(speech.lead.tokens) if speech.lead else 0)

    def led(self, speech: Speech, past: Past) -> Speech:
        return replace(speech, lead=Lead(past.samples, (7,)))

    def transcribe(self, batch: Sequence[Speech], *, narrow: bool) -> list[Utterance | None]:
        self.batches.append([speech.id for speech in batch])
        self.narrow.append(narrow)
        self.go.acquire()
        if any(speech.id == "bad" for speech in batch):
            raise RuntimeError("out of memory")
        return [
            Utterance(
                call=s.call, id=s.id, speaker=s.speaker, start=s.start, end=s.end, text=s.id, stage=s.stage, confidence=1.0
            )
            for s in batch
        ]


def speech(id: str, stage: Stage = "final", seconds: float = 1.0, call: str = "c") -> Speech:
    return Speech(
        call=call,
        id=id,
        speaker="agent",
        start=0.0,
        end=seconds,
        stage=stage,
        spans=((0.0, seconds),),
        voicing=0.9,
        offset=0.0,
        samples=np.zeros(round(seconds * RATE), np.float32),
    )


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def ask(scheduler: Scheduler, *speeches: Speech) -> list[asyncio.Task[Utterance | None]]:
    tasks = [asyncio.create_task(scheduler.transcribe(item)) for item in speeches]
    await settle()
    return tasks


async def test_what_waits_goes_together_by_when_it_is_due_and_of_one_length() -> None:
    bench = Bench()
    async with Scheduler(bench, 3) as scheduler:
        tasks = await ask(scheduler, speech("first"))
        tasks += await ask(
            scheduler,
            speech("i1", "interim"),
            speech("f1"),
            speech("long1", seconds=9),
            speech("f2", "draft"),
            speech("i2", "interim"),
            speech("f3"),
            speech("f4"),
            speech("long2", seconds=9),
        )
        for _ in range(10):
            bench.go.release()
        texts = [one.text if one else None for one in await asyncio.gather(*tasks)]
    assert bench.batches == [["first"], ["f2", "f1", "f3"], ["long1", "long2"], ["f4"], ["i1", "i2"]]
    assert texts == ["first", "i1", "f1", "long1", "f2", "i2", "f3", "f4", "long2"]


async def test_only_what_is_led_by_as_many_words_goes_together() -> None:
    bench = Bench()
    async with Scheduler(bench, 4) as scheduler:
        tasks = await ask(scheduler, speech("busy"))
        leads = {"a": 16, "b": 0, "c": 16, "d": 32}
        led = [replace(speech(one), lead=Lead(np.zeros(9, np.float32), (7,) * count)) for one, count in leads.items()]
        tasks += await ask(scheduler, *led)
        bench.go.release(9)
        await asyncio.gather(*tasks)
    assert bench.batches == [["busy"], ["a", "c"], ["b"], ["d"]]


async def test_where_nobody_waits_for_alerts_the_fullest_batch_goes_first() -> None:
    bench = Bench()
    async with Scheduler(bench, 4) as scheduler:
        tasks = await ask(scheduler, speech("busy"))
        tasks += await ask(scheduler, speech("long", seconds=9), *(speech(one, call=one) for one in "abc"))
        bench.go.release(9)
        await asyncio.gather(*tasks)
    assert bench.batches == [["busy"], ["a", "b", "c"], ["long"]]


async def test_one_that_waited_for_its_turn_is_due_by_when_it_began_to() -> None:
    bench = Bench()
    async with Scheduler(bench, 1) as scheduler:
        tasks = await ask(scheduler, speech("busy"), speech("x", call="x"))
        waited = asyncio.get_running_loop().time() - 5.0
        tasks.append(asyncio.create_task(scheduler.transcribe(speech("y", call="y"), waited)))
        await settle()
        bench.go.release(9)
        await asyncio.gather(*tasks)
    assert bench.batches == [["busy"], ["y"], ["x"]]


async def test_live_one_of_two_workers_keeps_to_what_alerts_wait_for() -> None:
    bench = Bench(workers=2)
    async with Scheduler(bench, 1, live=True) as scheduler:
        tasks = await ask(scheduler, speech("f1", seconds=9))
        tasks += await ask(scheduler, speech("f2", seconds=9))
        assert bench.batches == [["f1"]], "the quick worker leaves a lone final alone"
        tasks += await ask(scheduler, speech("i1", "interim"))
        assert bench.batches == [["f1"], ["i1"]]
        tasks += await ask(scheduler, speech("i2", "interim"), speech("d1", "draft"), speech("f3", seconds=9))
        for _ in range(10):
            bench.go.release()
        await asyncio.gather(*tasks)
    order = [batch[0] for batch in bench.batches]
    assert order.index("d1") < order.index("i2")
    assert sorted(order) == ["d1", "f1", "f2", "f3", "i1", "i2"]


async def test_an_interim_overtaken_by_more_of_its_utterance_is_given_up() -> None:
    bench = Bench()
    async with Scheduler(bench, 4) as scheduler:
        (busy,) = await ask(scheduler, speech("busy"))
        old, other = await ask(scheduler, speech("u1", "interim"), speech("u1", "interim", call="other"))
        (new,) = await ask(scheduler, speech("u1", "interim", seconds=2))
        assert await old is None
        for _ in range(3):
            bench.go.release()
        assert [one.text if one else None for one in await asyncio.gather(busy, other, new)] == ["busy", "u1", "u1"]


async def test_what_is_being_decoded_is_finished_and_a_draft_gives_way_to_its_final_only() -> None:
    bench = Bench()
    async with Scheduler(bench, 1) as scheduler:
        (begun,) = await ask(scheduler, speech("u1", "interim"))
        part, newer = await ask(scheduler, speech("u1", "draft"), speech("u1", "interim", seconds=2))
        assert not part.done(), "drafts add up: one does not overtake another"
        (final,) = await ask(scheduler, speech("u1", seconds=3))
        bench.go.release(2)
        assert part.done()
        assert newer.done()
        assert [part.result(), newer.result()] == [None, None]
        assert [one is not None for one in await asyncio.gather(begun, final)] == [True, True]
    assert len(bench.batches) == 2


async def test_a_failure_reaches_those_who_wait_and_nobody_else() -> None:
    bench = Bench()
    async with Scheduler(bench, 4) as scheduler:
        tasks = await ask(scheduler, speech("busy"))
        tasks += await ask(scheduler, speech("good"), speech("bad"), speech("fine"))
        bench.go.release(5)
        busy, good, bad, fine = await asyncio.gather(*tasks, return_exceptions=True)
    assert bench.batches == [["busy"], ["good", "bad", "fine"], ["good"], ["bad"], ["fine"]]
    assert [isinstance(one, Utterance) for one in (busy, good, bad, fine)] == [True, True, False, True]
    assert isinstance(bad, RuntimeError)


async def test_one_who_goes_away_is_not_decoded() -> None:
    bench = Bench()
    async with Scheduler(bench, 1) as scheduler:
        first, gone, last = await ask(scheduler, speech("first"), speech("gone"), speech("last"))
        gone.cancel()
        await settle()
        bench.go.release(2)
        await asyncio.gather(first, last)
    assert bench.batches == [["first"], ["last"]]


async def test_when_it_stops_nobody_is_left_waiting() -> None:
    bench = Bench()
    async with Scheduler(bench, 1) as scheduler:
        tasks = await ask(scheduler, speech("running"), speech("waiting"))
        bench.go.release(2)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError | Utterance) for result in results)
    with pytest.raises(RuntimeError, match="not running"):
        await scheduler.transcribe(speech("late"))


async def test_a_call_that_sends_much_holds_nobody_up() -> None:
    bench = Bench()
    async with Scheduler(bench, 2) as scheduler:
        tasks = await ask(scheduler, speech("busy"))
        tasks += await ask(scheduler, *(speech(f"flood{n}", call="flood") for n in range(8)))
        tasks += await ask(scheduler, speech("a", call="a"), speech("b", call="b"))
        bench.go.release(20)
        await asyncio.gather(*tasks)
    order = [id for batch in bench.batches for id in batch]
    assert order.index("a") <= 4
    assert order.index("b") <= 5
    floods = [id for id in order if id.startswith("flood")]
    assert floods == [f"flood{n}" for n in range(8)], "and in its own order, all of it"


async def test_a_final_takes_the_place_of_the_draft_it_overtakes() -> None:
    bench = Bench()
    async with Scheduler(bench, 1) as scheduler:
        tasks = await ask(scheduler, speech("busy"))
        tasks += await ask(scheduler, speech("u1", "draft", call="a"), speech("d2", "draft", call="b"))
        tasks += await ask(scheduler, speech("u1", call="a"))
        bench.go.release(9)
        await asyncio.gather(*tasks)
    assert bench.batches == [["busy"], ["u1"], ["d2"]]


async def test_live_a_batch_is_no_longer_than_others_can_wait() -> None:
    bench = Bench()
    async with Scheduler(bench, 64, live=True) as scheduler:
        tasks = await ask(scheduler, speech("busy"))
        tasks += await ask(scheduler, *(speech(f"{n}", call=f"{n}") for n in range(64)))
        bench.go.release(99)
        await asyncio.gather(*tasks)
    sizes = [len(batch) for batch in bench.batches]
    assert sum(sizes) == 65
    assert sizes[1] == max(FEWEST, int(SLOT / (WORK * 8.0)))


class Slow(Bench):
    """One whose batches take a quarter of a second of the clock each."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def transcribe(self, batch: Sequence[Speech], *, narrow: bool) -> list[Utterance | None]:
        self.go.release()
        self._clock.now += 0.25
        return super().transcribe(batch, narrow=narrow)


class Clock:
    now = 0.0


async def test_under_load_interims_go_first_then_the_beam_and_all_comes_back() -> None:
    clock = Clock()
    asyncio.get_running_loop().time = lambda: clock.now  # type: ignore[method-assign]
    slow = Slow(clock)
    seen, led = list[tuple[int, int]](), list[bool]()
    async with Scheduler(slow, 1, live=True) as scheduler:
        for wave in range(60):
            drafts = [speech(f"{wave}.{n}", "draft", call=f"{n}") for n in range(12 if wave < 5 else 1)]
            interim = asyncio.create_task(scheduler.transcribe(speech(f"i{wave}", "interim", call="other")))
            tasks = [asyncio.create_task(scheduler.transcribe(draft)) for draft in drafts]
            done = await asyncio.gather(*tasks)
            assert None not in done, "no draft is ever given up"
            seen.append((wave, sum(slow.narrow[-len(drafts) :])))
            shown = await interim is not None
            if wave < 1 or wave > 50:
                assert shown
            elif 1 < wave < 5:
                assert not shown
            led.append(scheduler.led(drafts[0], NOTHING).lead is not None)
            clock.now += 1.0
    assert not any(led[:5]), "what led up to a stretch is left out too"
    assert all(led[51:]), "and comes back"
    assert any(narrow for wave, narrow in seen if wave < 5)
    assert not any(narrow for wave, narrow in seen if wave > 50)


async def test_under_strain_who_talks_on_without_a_breath_is_heard_where_nothing_else_waits() -> None:
    """No draft tells those words until he breathes. One worker keeps free meanwhile for drafts."""
    bench = Bench(workers=2)
    async with Scheduler(bench, 1, live=True) as scheduler:
        scheduler._strain.see(asyncio.get_running_loop().time(), 0.5)
        tasks = await ask(scheduler, speech("short", "interim", LONG - 0.1, "a"), speech("long", "interim", LONG, "b"))
        tasks += await ask(scheduler, speech("another", "interim", LONG, "c"))
        assert bench.batches == [["long"]]
        tasks += await ask(scheduler, speech("draft", "draft", 1.0, "d"))
        assert bench.batches == [["long"], ["draft"]]
        bench.go.release(9)
        heard = await asyncio.gather(*tasks)
    assert [one is not None for one in heard] == [False, True, True, True]
    assert bench.batches == [["long"], ["draft"], ["another"]]


async def test_live_a_lone_final_is_not_left_alone_for_long() -> None:
    clock = Clock()
    asyncio.get_running_loop().time = lambda: clock.now  # type: ignore[method-assign]
    bench = Bench(workers=2)
    async with Scheduler(bench, 1, live=True) as scheduler:
        tasks = await ask(scheduler, speech("f1", seconds=9))
        tasks += await ask(scheduler, speech("f2", seconds=9))
        before = list(bench.batches)
        clock.now += LONE + WATCH  # the watch wakes whoever is free
        await settle()
        while len(bench.batches) < 2 and clock.now < 9:
            clock.now += WATCH
            await settle()
        after = list(bench.batches)  # the first is still being decoded
        bench.go.release(5)
        await asyncio.gather(*tasks)
    assert before == [["f1"]]
    assert after == [["f1"], ["f2"]]
