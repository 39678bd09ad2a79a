"""Ok, busy or overloaded: what counts, how fast it counts, how slowly it is let go, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.health import CALM, GB, RISE, Doctor, Health, Sign, Vitals, signs
from monitor.records import as_json

TARGET = 1.5
WELL = Vitals(latency=0.8, loop_lag=0.004, disk_free=100 * GB)


class Patient:
    """A service that a doctor looks at once a second."""

    def __init__(self, target: float = TARGET) -> None:
        self.doctor, self.now = Doctor(target), 0.0
        self.health = self.doctor.examine(WELL, self.now)

    def spend(self, seconds: float, vitals: Vitals) -> Health:
        for _ in range(round(seconds)):
            self.now += 1
            self.health = self.doctor.examine(vitals, self.now)
        return self.health

    @property
    def codes(self) -> list[str]:
        return [cause.code for cause in self.health.why]


@pytest.fixture
def patient() -> Patient:
    return Patient()


def test_a_service_that_does_well_is_ok_and_has_nothing_to_say(patient: Patient) -> None:
    assert patient.spend(60, WELL) == Health("ok", (), 0.8, TARGET)
    assert patient.spend(60, Vitals()) == Health("ok", (), None, TARGET), "so is one of which nothing is known"


@pytest.mark.parametrize(
    ("code", "status", "vitals"),
    [
        ("latency", "busy", replace(WELL, latency=1.6)),
        ("latency", "overloaded", replace(WELL, latency=4.6)),
        ("queue", "busy", replace(WELL, queue_age=1.6)),
        ("queue", "overloaded", replace(WELL, queue_age=6.1)),
        ("degraded", "busy", replace(WELL, degradation=1)),
        ("degraded", "overloaded", replace(WELL, degradation=2)),
        ("loop", "busy", replace(WELL, loop_lag=0.11)),
        ("loop", "overloaded", replace(WELL, loop_lag=0.6)),
        ("disk", "busy", replace(WELL, disk_free=4.9 * GB)),
        ("disk", "overloaded", replace(WELL, disk_free=0.2 * GB)),
    ],
)
def test_each_sign_counts_by_itself_once_it_lasts_and_goes_once_it_is_over(
    patient: Patient, code: str, status: str, vitals: Vitals
) -> None:
    assert patient.spend(RISE, vitals).status == "ok", "a moment is no trouble"
    health = patient.spend(1, vitals)
    assert (health.status, patient.codes) == (status, [code])
    (cause,) = health.why
    assert cause.status == status
    assert cause.value >= 0
    for sentence in (cause.zh, cause.en):
        assert sentence
        assert "{" not in sentence
    patient.spend(CALM, WELL)
    assert patient.codes == [code], "not let go at once"
    assert patient.spend(1, WELL).status == "ok"


def test_at_the_target_is_within_the_target(patient: Patient) -> None:
    assert patient.spend(60, replace(WELL, latency=TARGET)).status == "ok"


def test_what_hovers_about_a_limit_does_not_flap(patient: Patient) -> None:
    above, below = replace(WELL, latency=1.6), replace(WELL, latency=1.4)
    for _ in range(20):
        patient.spend(1, above)
        assert patient.spend(1, below).status == "ok", "never above it for long"
    patient.spend(5, above)
    for _ in range(20):
        assert patient.spend(CALM + 5, below).status == "busy", "never well under it"
        assert patient.spend(CALM - 2, WELL).status == "busy", "nor for long"


def test_overload_eases_to_busy_before_it_is_over(patient: Patient) -> None:
    patient.spend(5, replace(WELL, queue_age=9.0))
    assert patient.spend(CALM + 1, replace(WELL, queue_age=2.0)).status == "busy"
    assert patient.spend(CALM + 1, WELL).status == "ok"


def test_the_sentence_tells_how_bad_it_was_when_it_was_bad(patient: Patient) -> None:
    patient.spend(5, replace(WELL, queue_age=3.24))
    (cause,) = patient.spend(3, WELL).why
    assert cause.value == 3.24
    assert "3.2 秒" in cause.zh
    assert "3.2 s" in cause.en


def test_the_worst_is_said_first_and_all_of_it(patient: Patient) -> None:
    health = patient.spend(5, Vitals(queue_age=2.0, degradation=2, latency=1.7, loop_lag=0.01, disk_free=0.4 * GB))
    assert health.status == "overloaded"
    assert patient.codes == ["degraded", "disk", "latency", "queue"]


def test_the_target_is_the_sites_own() -> None:
    slow = replace(WELL, latency=2.5)
    assert Patient(3.0).spend(60, slow).status == "ok"
    (cause,) = Patient(1.0).spend(60, slow).why
    assert (cause.status, cause.limit) == ("busy", 1.0)
    assert "1 秒以内" in cause.zh


def test_news_is_another_sign_or_grade_and_no_other_number(patient: Patient) -> None:
    first = patient.spend(5, replace(WELL, latency=2.0))
    assert patient.spend(1, replace(WELL, latency=2.3)).gist == first.gist
    assert patient.spend(5, replace(WELL, latency=9.0)).gist != first.gist


def test_told_as_plain_json(patient: Patient) -> None:
    told = as_json(patient.spend(5, replace(WELL, latency=2.0)))
    assert set(told) == {"status", "why", "latency_p95", "latency_target"}
    assert set(told["why"][0]) == {"code", "status", "value", "limit", "zh", "en"}


@pytest.mark.parametrize("sign", signs(TARGET), ids=lambda sign: sign.code)
def test_limits_leave_room_between_coming_and_going(sign: Sign) -> None:
    for limit in sign.limits:
        assert limit.leave <= limit.enter
    assert sign.busy.enter < sign.overloaded.enter
    assert sign.busy.leave <= sign.overloaded.leave


@given(st.lists(st.sampled_from((0.0, 1.3, 1.6, 7.0)), max_size=80))
def test_it_never_changes_without_its_time(ages: list[float]) -> None:
    patient = Patient()
    seen = [patient.spend(1, replace(WELL, queue_age=age)).status for age in ages]
    changes = [at for at, (before, after) in enumerate(pairwise(["ok", *seen])) if before != after]
    order: Callable[[int], int] = lambda at: ("ok", "busy", "overloaded").index(seen[at])  # noqa: E731
    for before, after in pairwise(changes):
        worse = order(after) > order(before)
        assert after - before >= (1 if worse else CALM)
