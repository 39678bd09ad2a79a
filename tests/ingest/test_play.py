"""Recordings played to a real server; pacing on a clock of the test's own."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from monitor.errors import AudioError, ProtocolError
from monitor.ingest.client import Sent
from monitor.ingest.file import pcm
from monitor.ingest.play import Recording, paced, play
from tests.ingest.support import TOKEN, KeptCalls, serving

CALLS = Path(__file__).parents[1] / "data" / "calls"
FAST = 1e6


def record(path: Path, seconds: float, channels: int = 2) -> Path:
    with wave.open(str(path), "wb") as recording:
        recording.setparams((channels, 2, 8000, 0, "NONE", ""))
        recording.writeframes(np.random.default_rng(5).bytes(round(8000 * seconds) * channels * 2))
    return path


class Clock:
    """Time that passes in sleep, which oversleeps, and in the consumer's work."""

    def __init__(self, oversleep: float) -> None:
        self.now = 100.0
        self.oversleep = oversleep

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + (self.oversleep if seconds else 0)


async def test_frames_are_sent_when_they_have_been_spoken_and_lateness_does_not_add_up() -> None:
    clock = Clock(oversleep=0.015)
    late = []
    async for number, block in paced([b"a"] * 36_000, 0.1, clock=clock, sleep=clock.sleep):
        assert block == b"a"
        late.append(clock.now - 100.0 - (number + 1) * 0.1)
        clock.now += 0.02  # the network
    assert len(late) == 36_000
    assert min(late) > -1e-6
    assert max(late) < 0.0151


async def test_after_a_stall_the_frames_follow_at_once_and_then_the_pace_is_back() -> None:
    clock = Clock(oversleep=0.0)
    sent = []
    async for number, _ in paced([b""] * 20, 0.1, clock=clock, sleep=clock.sleep):
        sent.append(round(clock.now - 100.0, 3))
        if number == 4:
            clock.now += 0.5
    assert sent[4:12] == [0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.1, 1.2]


async def test_a_bundled_call_arrives_as_it_is_in_the_file() -> None:
    path, calls, started = CALLS / "dev-13.opus", KeptCalls(), list[tuple[Path, str]]()
    async with serving(calls) as server:
        (sent,) = await play(
            [Recording(path=path, agent="王芳", team="售后", customer="13800001111", call="demo-13")],
            url=server.url,
            token=TOKEN,
            speed=FAST,
            started=lambda which, call: started.append((which, call)),
        )
    assert isinstance(sent, Sent)
    assert started == [(path, "demo-13")]
    hello = calls.only.hello
    assert (hello.agent, hello.team, hello.customer) == ("王芳", "售后", "13800001111")
    assert (hello.rate, hello.encoding, hello.channels) == (48_000, "pcm_s16le", ("agent", "customer"))
    assert calls.only.kept == b"".join(pcm(path))
    assert calls.only.ending == ("ended", None)


async def test_several_at_once_and_a_bad_one_spoils_only_itself(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    paths = [record(tmp_path / "a.wav", 3.0), tmp_path / "bad.wav", record(tmp_path / "b.wav", 2.0, channels=1)]
    calls = KeptCalls()
    async with serving(calls) as server:
        first, bad, last = await play(
            [Recording(path=path, swap=True) for path in paths], url=server.url, token=TOKEN, speed=FAST
        )
    assert isinstance(first, Sent)
    assert isinstance(last, Sent)
    assert isinstance(bad, AudioError)
    assert (first.seconds, last.seconds) == (3.0, 2.0)
    assert calls.calls[first.call].hello.channels == ("customer", "agent")
    assert calls.calls[last.call].hello.channels == ("unknown",)


async def test_what_is_wrong_on_the_way_is_told_of_its_file(tmp_path: Path) -> None:
    path = record(tmp_path / "cut.wav", 4.0)
    path.write_bytes(path.read_bytes()[:60_000])
    warned: list[tuple[Path, str]] = []
    async with serving(KeptCalls()) as server:
        await play(
            [Recording(path=path)],
            url=server.url,
            token=TOKEN,
            speed=FAST,
            warned=lambda which, what: warned.append((which, what)),
        )
    assert warned
    assert {which for which, _ in warned} == {path}


async def test_a_server_that_refuses_is_an_outcome(tmp_path: Path) -> None:
    async with serving(KeptCalls()) as server:
        (outcome,) = await play([Recording(path=record(tmp_path / "a.wav", 0.5))], url=server.url, token="wrong", speed=FAST)
    assert isinstance(outcome, ProtocolError)
    assert outcome.code == "bad_token"
