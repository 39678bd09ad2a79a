"""How many stretches are decoded together: as few as this machine can do without losing speed. Found when it starts.

Some processors read the network's weights so slowly that eight stretches together cost a third of eight alone; on others
they cost as much, and whoever is decoded in company only waits for it. Words never depend on it.
"""

from __future__ import annotations

from collections.abc import Callable

ABOUT = 1.1  # a size that costs less than so many times the best is as good, and smaller is sooner done
TIMES = 2  # each is tried so often, its best counts: what disturbs a trial only makes it longer


def best_batch(trial: Callable[[int], float], most: int) -> int:
    """The fewest stretches, `most` at most, that cost about as little each as any.

    `trial` gives the seconds of one among so many. Tries 1, 2, 4, ... and `most`: computes for a second or two.
    """
    sizes = [*(1 << n for n in range(most.bit_length()) if 1 << n < most), most]
    costs = {size: min(trial(size) for _ in range(TIMES)) for size in sizes}
    least = min(costs.values())
    return next(size for size in sizes if costs[size] <= ABOUT * least)
