"""What the decoder needs of the machine before its libraries are first used. All of it is about speed; nothing depends on it.

Measured on two cores (12 s of context, base in int8): memory kept instead of given back and fetched again for every batch makes
encoding eight stretches 1.4 times as fast, AVX-512 another 1.15 times.
"""

from __future__ import annotations

import ctypes
import os
import platform
from contextlib import suppress
from pathlib import Path

from threadpoolctl import threadpool_limits

CPUINFO = Path("/proc/cpuinfo")
FAST = "avx512_vnni"  # processors that have it do not slow their clock for AVX-512, older ones may
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # of malloc.h
KEPT = 1 << 30  # bytes freed at the end of the heap that are kept for what comes next
AHEAD = 16 << 20  # bytes fetched beyond what is asked for


def prepare() -> None:
    """Once, before the first model is loaded."""
    threadpool_limits(1, user_api="blas")  # its threads spin while they wait, beside decoders that need the cores
    if fast_avx512(CPUINFO):
        os.environ.setdefault("CT2_FORCE_CPU_ISA", "AVX512")  # left alone it takes AVX2


def keep_memory() -> None:
    """Once, after the models are loaded: what that took for a moment is better given back."""
    if platform.libc_ver()[0] == "glibc":
        with suppress(OSError, AttributeError):
            mallopt = ctypes.CDLL("libc.so.6").mallopt
            for parameter, value in ((M_MMAP_THRESHOLD, KEPT), (M_TRIM_THRESHOLD, KEPT), (M_TOP_PAD, AHEAD)):
                mallopt(parameter, value)


def fast_avx512(cpuinfo: Path) -> bool:
    """Whether this processor gains by AVX-512."""
    try:
        lines = cpuinfo.read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    return any(line.startswith("flags") and FAST in line.split() for line in lines)
