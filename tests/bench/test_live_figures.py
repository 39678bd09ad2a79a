"""How late, and what never came: events with their moments, held against labels and a solo run."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest

from monitor.bench import latency, outcome
from monitor.bench.figures import quantiles
from monitor.bench.latency import Expected
from monitor.bench.plan import Play, Slice, plan
from monitor.bench.server import loop_lag, parse
from monitor.bench.watch import Said, Seen
from monitor.records import SYSTEM
from tests.bench.support import take


def alert(
    id: str = "a1", *, call: str = "c1", at: float = 17.0, because: Iterable[str] = ("u1.x",), **more: object
) -> dict[str, object]:
    data = {
        "id": id,
        "rule": id,
        "severity": "critical",
        "at": at,
        "because": list(because),
        "text": "",
        "status": "open",
        "by": None,
    }
    return {"type": "alert", "call": call, "data": data | more}


def finding(end: float, *, rule: str = "supervisor") -> dict[str, object]:
    data = {"id": "u1.x", "kind": "escalation", "rule": rule, "speaker": "customer", "start": end - 1, "end": end}
    return {"type": "finding", "call": "c1", "data": data}


def seen(*events: tuple[float, dict[str, object]]) -> Seen:
    made = Seen()
    for came, event in events:
        made.feed(event, came)
    return made


PLAY = Play("c1", 0.0, Slice(take(), 10.0, 30.0))  # the labelled phrase ends at 27 s: 17 s into this call


def measured(found: Seen) -> list[latency.Latency]:
    return list(latency.latencies([PLAY], {"c1": 1000.0}, found.alerts.values(), found.findings))


def test_the_latency_is_from_the_labels_phrase_end_in_the_slice_that_was_played() -> None:
    (one,) = measured(seen((1017.9, finding(16.8)), (1018.0, alert(at=16.8))))
    assert one.labelled == pytest.approx(1.0)
    assert one.own == pytest.approx(1.2)


def test_an_alert_that_grows_or_is_settled_counts_from_when_it_first_came() -> None:
    found = seen((1018.0, alert(at=16.8)), (1018.1, finding(16.8)), (1021.0, alert(at=16.9, because=["u1.x", "u2.x"])))
    (one,) = measured(found)
    assert one.labelled == pytest.approx(1.0)


def test_an_alert_that_no_label_explains_has_the_products_own_time_alone() -> None:
    (one,) = measured(seen((1017.9, finding(16.8, rule="threat")), (1018.0, alert(at=16.8))))
    assert one.labelled is None
    assert one.own == pytest.approx(1.2)


def test_what_was_not_said_has_no_latency() -> None:
    assert not measured(seen((1030.0, alert(because=[]))))


def test_alerts_of_other_calls_than_ours_are_passed_over() -> None:
    assert not measured(seen((1018.0, alert(call="somebody's"))))


def expected(at: float, rule: str = "a1", severity: str = "critical") -> Expected:
    return Expected("c1", rule, severity, at)


def test_what_came_before_its_words_were_all_spoken_is_where_they_ended() -> None:
    came = seen((1012.0, alert(at=11.5)), (1018.0, alert(at=17.5)))
    assert not latency.lost([expected(17.0)], came.alerts.values())
    assert latency.lost([expected(12.0)], came.alerts.values())


def test_what_came_at_about_the_same_place_is_not_lost() -> None:
    assert not latency.lost([expected(16.0)], seen((1018.0, alert(at=17.5))).alerts.values())


@pytest.mark.parametrize(
    "came",
    [
        alert("a2"),  # of another rule
        alert(at=25.0),  # elsewhere
        alert(call="c2"),
        alert(status="resolved", by=SYSTEM),  # taken back
    ],
)
def test_what_never_came_is_lost(came: dict[str, object]) -> None:
    assert latency.lost([expected(17.0)], seen((1018.0, came)).alerts.values()) == [expected(17.0)]


def test_one_alert_does_not_stand_for_two() -> None:
    came = seen((1018.0, alert(at=17.0))).alerts.values()
    assert latency.lost([expected(17.2), expected(16.9)], came) == [expected(17.2)]


def test_a_supervisor_who_resolved_it_has_seen_it() -> None:
    assert not latency.lost([expected(17.0)], seen((1018.0, alert(status="resolved", by="王芳"))).alerts.values())


def test_notices_are_no_loss() -> None:
    assert not latency.lost([expected(17.0, severity="notice")], [])


def texts(*finals: tuple[float, float]) -> list[Said]:
    """(came, how late) of finals."""
    return [Said(came, "c1", "final", came - 1000.0 - late) for came, late in finals]


def test_the_course_counts_what_came_and_how_late() -> None:
    said = [Said(1001.0, "c1", "interim", 0.5), Said(1002.0, "c1", "draft", 1.0), *texts((1003.0, 1.0), (1012.0, 3.0))]
    rows = latency.course(said, {"c1": 1000.0}, 1000.0)
    assert [(row["from"], row["interim"], row["draft"], row["final"]) for row in rows] == [
        (0, 1, 1, 1),
        (5, 0, 0, 0),
        (10, 0, 0, 1),
    ]
    assert rows[2]["final_late"] == quantiles([3.0])


def test_recovery_is_when_finals_are_on_time_for_good() -> None:
    rows = latency.course(texts((1002, 9), (1022, 9), (1031, 9), (1036, 1), (1041, 1)), {"c1": 1000.0}, 1000.0)
    assert latency.recovery(rows, 30.0, 2.2) == 5.0
    assert latency.recovery(rows, 38.0, 2.2) == 0.0
    assert latency.recovery(rows, 30.0, 0.5) is None


def test_every_line_is_busy_and_no_two_are_in_step() -> None:
    takes = [take(str(number), 60.0) for number in range(3)]
    plays = plan(takes, 7, 100.0)
    assert len({play.call for play in plays}) == len(plays)
    firsts = [play for play in plays if play.call.endswith("-0")]
    assert len({(play.slice.take.id, play.slice.start) for play in firsts}) == 7
    for line in range(7):
        its = [play for play in plays if play.call.startswith(f"bench-{line:03d}-")]
        assert its[0].at <= 5.0
        for before, after in pairwise(its):
            assert after.at == pytest.approx(before.at + before.slice.seconds)
        assert 99.0 <= its[-1].at + its[-1].slice.seconds <= 100.0
        assert all(play.slice.start + play.slice.seconds <= 60.0 for play in its)


def test_half_of_the_lines_go_on_when_the_load_falls() -> None:
    ends: dict[str, float] = {}
    for play in plan([take()], 4, 60.0, 30.0):
        ends[play.call[:9]] = play.at + play.slice.seconds
    assert [round(ends[line]) for line in sorted(ends)] == [60, 90, 60, 90]


def test_the_loops_lag_is_read_from_what_was_counted_between() -> None:
    def scrape(*counts: int) -> dict[str, float]:
        bounds = ("0.005", "0.02", "+Inf")
        lines = [f'callmonitor_event_loop_lag_seconds_bucket{{le="{b}"}} {n}' for b, n in zip(bounds, counts, strict=True)]
        return parse("\n".join(["# HELP of it", *lines, ""]))

    assert loop_lag(scrape(100, 100, 100), scrape(190, 198, 200)) == {"p50": 0.005, "p95": 0.02, "p99": 0.02}
    assert loop_lag({}, {}) is None


def found(**more: object) -> dict[str, object]:
    good = {
        "silent": False,
        "failed": {},
        "lost": [],
        "latency_labelled": quantiles([0.5, 1.4]),
        "generator": {"lag": quantiles([0.001])},
        "cores_a_call": 0.002,
        "memory_mb": {"growth_a_call": 1.0},
    }
    return good | more


def test_the_reach_is_reached_where_all_of_it_is() -> None:
    assert all(outcome.verdict(found()).values())
    assert all(outcome.verdict(found(recovered_after=12.0, latency_labelled=quantiles([4.0]))).values()), "late, over capacity"
    assert all(outcome.verdict(found(silent=True, latency_labelled=quantiles([]))).values())


@pytest.mark.parametrize(
    "wrong",
    [
        {"latency_labelled": quantiles([1.6])},
        {"latency_labelled": quantiles([])},  # nothing measured is nothing shown
        {"lost": [{}]},
        {"failed": {"c1": "connection_lost"}},
        {"generator": {"lag": quantiles([0.2])}},
        {"recovered_after": None},
        {"recovered_after": 31.0},
        {"silent": True, "cores_a_call": 0.004},
        {"silent": True, "memory_mb": {"growth_a_call": None}},
    ],
)
def test_one_thing_wrong_is_the_reach_not_reached(wrong: dict[str, object]) -> None:
    assert list(outcome.verdict(found(**wrong)).values()).count(False) == 1
