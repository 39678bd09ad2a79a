"""What is left out when the decoder falls behind, and when it comes back."""

from __future__ import annotations

import itertools
import random

from monitor.speech.strain import ALL, CALM, CALMEST, FEW_INTERIMS, NARROW, SOON, TOO_LONG, Strain


def test_interims_go_first_then_the_beam() -> None:
    strain = Strain()
    assert strain.see(0.0, 0.1) == ALL
    assert strain.see(1.0, TOO_LONG[0]) == FEW_INTERIMS
    assert strain.see(1.1, TOO_LONG[1]) == NARROW


def test_it_comes_back_a_step_at_a_time() -> None:
    strain = Strain()
    strain.see(0.0, 5.0)
    levels = [strain.see(now / 2, 0.0) for now in range(1, 60)]
    assert [level for level, _ in itertools.groupby(levels)] == [NARROW, FEW_INTERIMS, ALL]
    assert levels.index(ALL) / 2 <= 2 * CALM + 1


def test_half_a_strain_holds_the_level() -> None:
    strain = Strain()
    strain.see(0.0, TOO_LONG[0])
    assert all(strain.see(float(now), 0.6 * TOO_LONG[0]) == FEW_INTERIMS for now in range(1, 50))


def test_a_load_near_the_limit_does_not_swing() -> None:
    strain, levels = Strain(), []
    for now in range(400):  # each time interims come back, it is too much
        levels.append(strain.see(float(now), TOO_LONG[0] if strain.level == ALL else 0.0))
    changes = sum(one != other for one, other in itertools.pairwise(levels))
    assert changes <= 2 * 400 / CALMEST + 4


def test_after_any_load_it_is_back_within_half_a_minute() -> None:
    chance = random.Random(5)
    for _ in range(200):
        strain, now = Strain(), 0.0
        for _ in range(chance.randrange(200)):
            now += chance.uniform(0, SOON)
            assert ALL <= strain.see(now, chance.choice((0.0, 0.1, 0.4, 2.0))) <= NARROW
        over = now
        while strain.level and now < over + 60:
            now += 0.5
            strain.see(now, 0.0)
        assert now <= over + 2 * CALMEST
