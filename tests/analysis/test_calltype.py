"""The weighing of a call's type: its sheet, its features, and that each fitted type is the best somewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.analysis import calltype, calltype_train
from monitor.analysis import text as texts
from monitor.analysis.calltype import PATH, TYPES, Traits, Weigher
from monitor.analysis.context import Act, Said
from monitor.errors import ConfigError
from tests.analysis.grievances import DIALOGUES
from tests.analysis.talk import said


def told(words: str, *acts: Act) -> Said:
    return Said(said("customer", words, 0.0), texts.read(words), acts)


def test_features_are_sums_of_the_surest_act_of_each_utterance() -> None:
    traits = Traits(calltype.built_in().words)
    act = Act("cause_price", 0, 2, 0.5, ""), Act("cause_service", 0, 2, 0.9, ""), Act("demand", 0, 2, 0.1, "")
    traits.settle(told("您得赔我三千块", *act))
    features = traits.features({"product": 1.0, "price": 1.0}, ("product", "price"))
    assert features["act_cause"] == pytest.approx(0.642, abs=0.001)  # log 1.9
    assert features["heard_cause"] == pytest.approx(1.099, abs=0.001)  # log 3
    assert features["act_demand"] == 0
    assert features["words_repay"] == features["words_polite"] == pytest.approx(0.693, abs=0.001)
    assert features["words_offered"] == 0  # the agent's


def test_a_type_is_favoured_by_its_own_acts() -> None:
    weigher = calltype.built_in()
    nothing = dict.fromkeys(calltype.names(weigher.words), 0.0)
    for type_ in set(TYPES) - {"none"}:
        less, more = weigher.scores(nothing), weigher.scores({**nothing, f"act_type_{type_}": 1.0})
        assert max(TYPES, key=lambda name: more[name] - less[name]) == type_


@pytest.mark.parametrize(
    ("old", "new"), [("[type.help]", "[type.hlep]"), ('say = ["赔"', 'say = ["(赔"'), ("act_churn", "act_chrun")]
)
def test_a_broken_sheet_is_named(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "types.toml"
    path.write_text(PATH.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=r"types\.toml"):
        Weigher(path)


def test_the_labelled_calls_are_those_of_the_corpus() -> None:
    calls = calltype_train.of_corpus(DIALOGUES / "calls.tsv")
    rows = [row for row in (DIALOGUES / "calls.tsv").read_text("utf-8").splitlines() if not row.startswith("#")]
    assert len(calls) == len(rows)
    assert {type_ for call in calls for type_ in call.types} == set(TYPES)
