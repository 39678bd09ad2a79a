"""How many go together: no more than pay, whatever the machine."""

from __future__ import annotations

import pytest

from monitor.speech import whisper
from monitor.speech.calibration import TIMES, best_batch
from monitor.speech.whisper import Decoder


@pytest.mark.parametrize(
    ("costs", "best"),
    [
        ({1: 1.0, 2: 1.0, 4: 1.02, 8: 1.2}, 1),
        ({1: 3.0, 2: 2.0, 4: 1.5, 8: 1.0}, 8),
        ({1: 2.0, 2: 1.4, 4: 1.05, 8: 1.0}, 4),
    ],
    ids=["company costs", "company pays", "four are nearly as good as eight"],
)
def test_as_few_as_cost_about_the_least(costs: dict[int, float], best: int) -> None:
    assert best_batch(costs.__getitem__, 8) == best


def test_one_disturbed_trial_decides_nothing() -> None:
    times = iter([9.0, 1.0, 1.0, 1.0])
    assert best_batch(lambda size: next(times), 2) == 1
    assert next(times, None) is None, f"each size has its {TIMES} trials"


@pytest.mark.parametrize(("most", "tried"), [(1, [1]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])])
def test_no_more_than_the_setting_allows_is_tried(most: int, tried: list[int]) -> None:
    sizes = dict[int, None]()
    best_batch(lambda size: sizes.setdefault(size) or 1.0, most)
    assert list(sizes) == tried


def test_a_trial_generates_as_many_tokens_for_each(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence has no words: left to itself the network would end at once, and nothing would be measured."""
    generated = list[int]()
    model = decoder._model

    class Watched:
        device = model.device
        encode = staticmethod(model.encode)

        @staticmethod
        def generate(*args: object, **options: object) -> object:
            results = model.generate(*args, **options)
            generated.extend(len(result.sequences_ids[0]) for result in results)
            return results

    monkeypatch.setattr(decoder, "_model", Watched)
    took = [decoder.trial(size) for size in (1, 3)]
    assert generated == [whisper.TRIAL] * 4
    assert all(seconds > 0 for seconds in took)
