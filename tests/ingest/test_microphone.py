"""The sound card: weaving two inputs, on arrays; and the sounddevice module's part, played by one without hardware."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest

from monitor.errors import AudioError
from monitor.ingest.microphone import BLOCK, HELD, RATE, SLACK, Outbox, Weaver, channels, choose, devices, listen

Pcm = npt.NDArray[np.int16]


def steady(value: int, samples: int) -> Pcm:
    return np.full(samples, value, np.int16)


def woven(frames: list[tuple[int, bytes]], inputs: int = 2) -> Pcm:
    return np.frombuffer(b"".join(payload for _, payload in frames), "<i2").reshape(-1, inputs)


def test_two_inputs_are_interleaved_sample_by_sample() -> None:
    weaver = Weaver(2)
    first, second = np.arange(4800, dtype=np.int16), -np.arange(4800, dtype=np.int16)
    frames = []
    for start in range(0, 4800, 320):  # as a sound card gives them: 20 ms, in turn
        frames += weaver.feed(0, first[start : start + 320])
        frames += weaver.feed(1, second[start : start + 320])
    assert [number for number, _ in frames] == [0, 1, 2]
    assert np.array_equal(woven(frames), np.stack([first, second], axis=1))


def test_one_input_needs_no_other() -> None:
    frames = Weaver(1).feed(0, np.arange(BLOCK + 7, dtype=np.int16))
    assert [(number, len(payload)) for number, payload in frames] == [(0, 2 * BLOCK)]


def test_a_second_input_that_is_dead_is_silence_and_the_call_goes_on() -> None:
    weaver = Weaver(2)
    frames = [frame for _ in range(500) for frame in weaver.feed(0, steady(9, 320))]
    assert len(frames) * BLOCK >= 500 * 320 - SLACK - BLOCK
    assert np.array_equal(woven(frames), np.tile(np.array([9, 0], np.int16), (len(frames) * BLOCK, 1)))


@pytest.mark.parametrize("pace", [0.999, 1.001])
def test_clocks_that_drift_stay_together_for_hours(pace: float) -> None:
    """Each sample of the second input holds the second in which it was made: it must come out within SLACK of it."""
    weaver, made, frames = Weaver(2), 0, 0
    for second in range(2 * 3600):
        out = weaver.feed(0, steady(0, RATE))
        due = round((second + 1) * RATE * pace)
        out += weaver.feed(1, steady(second % 1000 + 1, due - made))
        made = due
        for number, payload in out:
            newest = np.frombuffer(payload, "<i2")[1::2].max()
            at = number * BLOCK / RATE
            if newest:
                assert abs((at - (newest - 1)) % 1000) < 1.5 or (at - (newest - 1)) % 1000 > 998.5
        frames += len(out)
    assert frames * BLOCK >= 2 * 3600 * RATE - SLACK - BLOCK  # the first input's clock is the call's


def test_a_slow_network_loses_the_oldest_frames_and_the_numbers_show_it() -> None:
    async def run() -> list[int]:
        outbox = Outbox(1, asyncio.get_running_loop())
        for _ in range(HELD + 50):
            outbox.put(0, steady(1, BLOCK))
        outbox.fail("over")
        return await drained(outbox)

    assert asyncio.run(run()) == list(range(50, HELD + 50))


async def drained(outbox: Outbox) -> list[int]:
    numbers = []
    try:
        async for number, _ in outbox.frames():
            numbers.append(number)
    except AudioError:
        return numbers
    raise AssertionError("frames() ends with what it was told")


async def test_frames_cross_from_the_sound_cards_thread() -> None:
    outbox = Outbox(2, asyncio.get_running_loop())

    def card() -> None:
        for _ in range(20):
            outbox.put(0, steady(1, BLOCK))
            outbox.put(1, steady(2, BLOCK))
        outbox.fail("over")

    playing = asyncio.create_task(asyncio.to_thread(card))
    assert await drained(outbox) == list(range(20))
    await playing


class Sound:
    """The part of the sounddevice module that is used, over devices that are a test's."""

    class PortAudioError(Exception):
        pass

    class default:
        device: ClassVar[list[int]] = [1, 0]

    def __init__(self, *inputs: str, broken: str = "") -> None:
        self.inputs = inputs
        self.broken = broken
        self.open: dict[int, Callable[..., None]] = {}

    def query_devices(self) -> list[dict[str, Any]]:
        loud = {"name": "Speaker", "max_input_channels": 0, "default_samplerate": 48_000.0}
        return [loud, *({"name": name, "max_input_channels": 2, "default_samplerate": 44_100.0} for name in self.inputs)]

    def RawInputStream(self, *, device: int, callback: Callable[..., None], **settings: Any) -> Any:
        assert (settings["samplerate"], settings["channels"], settings["dtype"]) == (RATE, 1, "int16")
        sound = self

        class Stream:
            def __enter__(self) -> None:
                if sound.inputs[device - 1] == sound.broken:
                    raise Sound.PortAudioError("Device unavailable")
                sound.open[device] = callback

            def __exit__(self, *details: object) -> None:
                del sound.open[device]
                settings["finished_callback"]()

        return Stream()


def test_only_devices_one_can_listen_to_are_listed() -> None:
    found = devices(Sound("Microphone", "Monitor of Speaker"))
    assert [(device.index, device.name, device.default) for device in found] == [
        (1, "Microphone", True),
        (2, "Monitor of Speaker", False),
    ]


@pytest.mark.parametrize(("wanted", "index"), [(None, 1), ("2", 2), ("monitor", 2), ("MICRO", 1)])
def test_a_device_by_its_index_or_a_part_of_its_name(wanted: str | None, index: int) -> None:
    assert choose(devices(Sound("Microphone", "Monitor of Speaker")), wanted).index == index


@pytest.mark.parametrize(("wanted", "count"), [("o", 2), ("headset", 0), ("0", 0)])
def test_a_name_that_is_not_one_device(wanted: str, count: int) -> None:
    with pytest.raises(AudioError, match=f"names {count} sound inputs, not one; --list-devices shows them"):
        choose(devices(Sound("Microphone", "Monitor of Speaker")), wanted)


def test_a_machine_without_a_microphone() -> None:
    with pytest.raises(AudioError, match="no microphone or other sound input"):
        choose(devices(Sound()), None)


async def test_listening_to_two_devices_and_letting_them_go() -> None:
    sound = Sound("Microphone", "Monitor of Speaker")
    async with aclosing(listen(customer="monitor", sound=sound)) as frames:
        waiting = asyncio.create_task(anext(frames))
        await asyncio.sleep(0)
        assert sorted(sound.open) == [1, 2]
        sound.open[1](steady(3, BLOCK).tobytes(), BLOCK, None, None)
        sound.open[2](steady(4, BLOCK).tobytes(), BLOCK, None, None)
        assert await waiting == (0, np.tile(np.array([3, 4], "<i2"), BLOCK).tobytes())
    assert sound.open == {}
    assert channels("monitor") == ("agent", "customer")
    assert channels(None) == ("agent",)


async def test_a_device_that_cannot_be_opened_is_named_and_the_other_let_go() -> None:
    sound = Sound("Microphone", "Monitor of Speaker", broken="Monitor of Speaker")
    with pytest.raises(AudioError, match="Monitor of Speaker: cannot be listened to: Device unavailable"):
        await anext(listen(customer="monitor", sound=sound))
    assert sound.open == {}


def test_a_machine_without_portaudio_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sounddevice.py").write_text('raise OSError("PortAudio library not found")', "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    with pytest.raises(AudioError, match="PortAudio library is not installed"):
        devices()
