"""What the measuring commands reckon, on numbers that are known."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from monitor import config
from monitor.bench import capacity, figures, limit
from monitor.records import Speech, Stage
from tests.bench.support import speech


def test_quantiles_of_known_numbers() -> None:
    assert figures.quantiles([float(n) for n in range(101)]) == {"count": 101, "p50": 50.0, "p95": 95.0, "max": 100.0}
    assert figures.quantiles([0.25]) == {"count": 1, "p50": 0.25, "p95": 0.25, "max": 0.25}


def test_of_no_numbers_nothing_is_claimed() -> None:
    nothing = figures.quantiles([])
    assert nothing == {"count": 0, "p50": None, "p95": None, "max": None}
    assert figures.spread(nothing) == "none measured"


def test_the_table_names_the_machine_and_obeys_no_markup() -> None:
    text = io.StringIO()
    head = figures.header("limit", config.Config())
    figures.show(head, [("[red]a call[/red]", "1.5")], Console(file=text, width=200), notes=["a\x1b[31m note"])
    shown = text.getvalue()
    assert f"{head['machine']['cores']} cores" in shown
    assert head["date"][:10] in shown
    assert "[red]a call[/red]" in shown
    assert "\x1b" not in shown


def test_figures_are_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    figures.write(path, {"calls_per_second": 30.0, "cer": None})
    assert json.loads(path.read_text("utf-8")) == {"calls_per_second": 30.0, "cer": None}
    assert list(tmp_path.iterdir()) == [path]


def test_calls_are_what_the_headroom_of_the_cores_pays_for() -> None:
    rows = {row["model"]: row for row in capacity.table("base", 0.010, {"base": 0.030, "small": 0.190}, 2)}
    assert rows["base"]["calls"] == 40  # 2 cores * 0.8 / 0.040
    assert rows["small"]["calls"] == 8
    assert [name for name, row in rows.items() if row["estimate"]] == ["medium", "large-v3-turbo"]


def test_a_model_that_is_not_here_is_estimated_by_its_parameters() -> None:
    rows = {row["model"]: row for row in capacity.table("base", 0.0, {"base": 0.074}, 8)}
    assert rows["medium"]["decoding"] == pytest.approx(0.769)
    assert rows["medium"]["calls"] == 8
    configured = capacity.table("large-v3", 0.0, {"large-v3": 1.55}, 2)
    assert [row["model"] for row in configured] == ["large-v3", "base", "small", "medium", "large-v3-turbo"]
    assert configured[1]["decoding"] == pytest.approx(0.074)


@pytest.mark.parametrize(
    ("heard", "stages"),
    [
        ([speech("u1", "draft", 0, 2), speech("u1", "final", 0, 2)], ["draft"]),  # the same sound is decoded once
        ([speech("u1", "draft", 0, 2), speech("u1", "final", 0, 3)], ["draft", "final"]),  # somebody went on
        ([speech("u1", "interim", 0, 1), speech("u1", "final", 0, 2)], ["final"]),
        ([speech("u1", "draft", 0, 2), speech("u2", "final", 0, 2)], ["draft", "final"]),
    ],
)
def test_what_a_live_call_gives_the_decoder(heard: list[Speech], stages: list[Stage]) -> None:
    assert [one.stage for one in capacity.decoded(heard)] == stages


def test_the_limit_packs_full_batches_of_one_context() -> None:
    sized = [(8.0 if number % 3 else 12.0, speech("u", "final", 0, 1 + number % 5).samples) for number in range(20)]
    batches = limit.full(sized, 4)
    assert sum(len(batch) for _, batch in batches) == 20
    for context in (8.0, 12.0):
        sizes = [len(batch) for its, batch in batches if its == context]
        assert sum(size < 4 for size in sizes) <= 1, "all but the last are full"
    assert all(max(map(len, batch)) <= 5 * 16_000 for _, batch in batches)


def test_the_share_of_the_limit_is_of_seconds_of_call() -> None:
    assert limit.share({"calls_per_second": 50.0}, {"calls_per_second": 41.0}) == pytest.approx(0.82)
