"""What the decoder needs of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.speech.machine import fast_avx512


@pytest.mark.parametrize(
    ("text", "fast"),
    [
        ("flags\t\t: fpu avx2 avx512f avx512_vnni\n", True),
        ("flags\t\t: fpu avx2 avx512f\n", False),
        ("model name: avx512_vnni\n", False),
        ("", False),
    ],
)
def test_avx512_is_taken_where_it_does_not_slow_the_clock(tmp_path: Path, text: str, fast: bool) -> None:
    (tmp_path / "cpuinfo").write_text(text, "utf-8")
    assert fast_avx512(tmp_path / "cpuinfo") is fast


def test_a_machine_that_does_not_say_what_it_is(tmp_path: Path) -> None:
    assert not fast_avx512(tmp_path / "none")
    (tmp_path / "cpuinfo").write_bytes(b"\xff\xfe flags")
    assert not fast_avx512(tmp_path / "cpuinfo")
