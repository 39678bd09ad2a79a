"""The classifier of acts: how it is learnt and kept, and what it reads on edges.

They learn from tests/data/acts, six dozen lines.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from monitor.analysis import acts, acts_file, acts_train, corpus, embedder
from monitor.analysis.acts import BUDGET, LONGEST, REPORTED, SHORTEST, Acts, Head, telling
from monitor.analysis.context import Act
from monitor.analysis.corpus import Line
from monitor.analysis.embedder import Embedder, Vectors
from monitor.analysis.text import MAX_LENGTH, read
from monitor.errors import ConfigError
from monitor.records import Speaker
from tests.analysis.talk import OTHER, acts_in

DATA = Path(__file__).parent.parent / "data"
SPOKEN = (
    "这事儿不归我们管", "实在抱歉，让您着急了，不过那是门店的事，您找门店去", "请问您的订单号是多少", "我要找律师起诉你们",
    "谢谢你，弄好了", "那咱们法院见吧，录音我都留着呢，你们等着收律师函", "水管漏水", "跟我有什么关系啊找物流去",
)  # fmt: skip
ODD = (
    "", " ", "，。？！", "嗯", "我", "好好", "😀", "😀我要起诉😀", "OK", "VIP-2022 please hold on", "魑魅魍魉", "١٢٣",
    "\x00\u200b", "a" * MAX_LENGTH, "我" * MAX_LENGTH, "7" * MAX_LENGTH, "法院见，" * (MAX_LENGTH // 4),
    "你们等着收律师函吧" * 333,
)  # fmt: skip


class Counting:
    """The machine's embedder, and how many characters it was asked for."""

    def __init__(self, inner: Embedder) -> None:
        self.name, self._inner, self.asked = inner.name, inner, 0

    def __call__(self, lines: Sequence[str]) -> Vectors:
        self.asked += sum(map(len, lines))
        return self._inner(lines)

    def many(self, lines: Sequence[str]) -> Vectors:
        return self._inner.many(lines)


def small(site: Path = DATA) -> list[Line]:
    """A site's lines without the built-in ones."""
    return corpus.load(site)[len(corpus.load()) :]


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return small()


@pytest.fixture(scope="module")
def heads(lines: list[Line]) -> dict[Speaker, Head]:
    return acts_train.train(lines, None)


@pytest.fixture(scope="module")
def meaning() -> Embedder:
    found = embedder.load()
    if found is None:
        pytest.skip("this machine has no sentence embeddings")
    return found


@pytest.fixture(scope="module")
def heads_of_meaning(lines: list[Line], meaning: Embedder) -> dict[Speaker, Head]:
    return acts_train.train(lines, meaning)


@pytest.fixture
def built_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small corpus in the place of the built-in one, in a folder of its own."""
    folder = tmp_path / "corpus"
    shutil.copytree(DATA / corpus.FOLDER, folder)
    monkeypatch.setattr(corpus, "BUILT_IN", folder)
    return folder


# --- learning ---------------------------------------------------------------------------------------------------------------


def test_a_small_corpus_is_learnt(heads: dict[Speaker, Head]) -> None:
    classifier = Acts(heads, None)
    assert acts_in(classifier, "这事儿不归我们管")["not_my_job"] > 0.9
    assert acts_in(classifier, "实在抱歉，让您着急了")["soothe"] > 0.9
    assert acts_in(classifier, "我要找律师起诉你们", "customer")["legal"] > 0.9
    assert acts_in(classifier, "谢谢你，弄好了", "customer")["thanks"] > 0.9
    assert max(acts_in(classifier, "请问您的订单号是多少").values(), default=0) < 0.5
    assert "legal" not in acts_in(classifier, "我家就住在法院旁边", "customer")


def test_the_same_lines_are_learnt_the_same(lines: list[Line], heads: dict[Speaker, Head]) -> None:
    again = acts_train.train(lines, None)
    for speaker, head in heads.items():
        assert head.features == again[speaker].features
        assert np.array_equal(head.by_words.weights, again[speaker].by_words.weights)
        assert np.array_equal(head.by_words.slope, again[speaker].by_words.slope)


def test_a_label_with_too_few_lines_is_not_learnt(lines: list[Line]) -> None:
    few = [line for line in lines if "soothe" in line.labels][acts_train.FEWEST - 1 :]
    rest = acts_train.train([line for line in lines if line not in few], None)
    assert rest["agent"].labels == ("not_my_job",)
    assert acts_train.train([line for line in lines if not line.labels], None) == {}
    assert acts_train.train([], None) == {}


def test_lines_of_a_site_change_what_is_found(tmp_path: Path, heads: dict[Speaker, Head]) -> None:
    shutil.copytree(DATA / corpus.FOLDER, tmp_path / corpus.FOLDER)
    own = "".join(
        f"# idea: {number}\nnot_my_job\t{line}\n"
        for number, line in enumerate(
            ["您打给营销中心吧", "营销中心会看的，您打给他们", "打给营销中心，别打给我", "您还是打给营销中心"]
        )
    )
    (tmp_path / corpus.FOLDER / "agent_own.tsv").write_text(own, "utf-8")
    line = "这个您打给营销中心"
    before, after = (acts_in(Acts(one, None), line) for one in (heads, acts_train.train(small(tmp_path), None)))
    assert after["not_my_job"] > 0.9
    assert after["not_my_job"] > before.get("not_my_job", 0) + 0.1


def test_lines_that_may_lack_a_label_say_nothing_about_it(lines: list[Line]) -> None:
    plain = ("您这是第几单呀", "您要蓝的还是红的", "邮费一共十块", "您的快递到了站点", "一共是三件货", "明天下午有空吗") * 2
    more = [f"实在抱歉，{text}" for text in plain]

    def chance(unmarked: frozenset[str]) -> float:
        added = [Line("agent", frozenset(), text, "", f"more {number}", unmarked) for number, text in enumerate(more)]
        return acts_in(Acts(acts_train.train([*lines, *added], None), None), "实在抱歉").get("soothe", 0.0)

    assert chance(frozenset()) + 0.1 < chance(frozenset({"soothe"})) > 0.9


# --- keeping ----------------------------------------------------------------------------------------------------------------


def test_what_was_kept_reads_as_what_was_learnt(
    tmp_path: Path, heads: dict[Speaker, Head], heads_of_meaning: dict[Speaker, Head], meaning: Embedder
) -> None:
    for number, (learnt_heads, asked) in enumerate(((heads, None), (heads_of_meaning, meaning))):
        path = tmp_path / f"{number}.npz"
        acts_file.write(path, learnt_heads)
        kept = acts_file.read(path)
        assert kept is not None
        for text in (*SPOKEN, *ODD):
            for speaker in OTHER:
                one, other = (Acts(some, asked).read(read(text), speaker, None) for some in (learnt_heads, kept))
                assert one == other


def test_an_unchanged_corpus_is_learnt_once(built_in: Path, tmp_path: Path) -> None:
    path = acts_train.learnt(tmp_path, None, None)
    kept, changed = path.read_bytes(), path.stat().st_mtime_ns
    with capture_logs() as logs:
        acts_train.load(tmp_path, None, None)
    assert not logs
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (kept, changed)
    assert path.stat().st_mode & 0o077 == (built_in / "agent.tsv").stat().st_mode & 0o077, "others may read it, as any file"
    assert [file for file in path.parent.iterdir() if file.suffix == ".part"] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("这个不归我管", "那个不归我管"),
        ("not_my_job\t这个不归我管", "-\t这个不归我管"),
        ("这个不归我管", "这个不归我管\t我的钱呢"),
        ("# idea: ask them\n", ""),
        ("# idea: whose", "# unmarked: ask\n# idea: whose"),
    ],
)
def test_a_changed_corpus_is_learnt_anew(built_in: Path, tmp_path: Path, old: str, new: str) -> None:
    before = acts_train.learnt(tmp_path, None, None)
    file = built_in / "agent.tsv"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    assert acts_train.learnt(tmp_path, None, None) != before


@pytest.mark.usefixtures("built_in")
def test_a_damaged_file_is_learnt_anew_and_the_log_says_so(tmp_path: Path) -> None:
    path = acts_train.learnt(tmp_path, None, None)
    good, rng = path.read_bytes(), random.Random(3)
    middle = len(good) // 2
    for bad in (
        b"",
        b"no archive at all",
        b"\x93NUMPY" + good[:50],
        good[:middle],
        good[:-1],
        good[:middle] + rng.randbytes(200) + good[middle + 200 :],
        good[:300] + rng.randbytes(200) + good[500:],
    ):
        path.write_bytes(bad)
        with capture_logs() as logs:
            classifier = acts_train.load(tmp_path, None, None)
        events = [log["event"] for log in logs]
        assert "acts_unreadable" in events
        assert events[-1] == "learning_call_lines"
        assert acts_in(classifier, "这事儿不归我们管")["not_my_job"] > 0.9
        with capture_logs() as logs:
            acts_train.load(tmp_path, None, None)
        assert not logs


def test_no_damage_to_a_file_is_more_than_a_warning(tmp_path: Path, heads: dict[Speaker, Head]) -> None:
    path, rng = tmp_path / "acts.npz", random.Random(5)
    acts_file.write(path, heads)
    good = path.read_bytes()
    for _ in range(200):
        bad = bytearray(good)
        for _ in range(rng.choice((1, 1, 20))):
            bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
        path.write_bytes(bad)
        with capture_logs() as logs:
            kept = acts_file.read(path)
        assert (kept is None) == bool(logs)


@pytest.mark.usefixtures("built_in")
def test_where_nothing_can_be_kept_there_still_is_a_classifier(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.write_text("no folder", "utf-8")
    with capture_logs() as logs:
        classifier = acts_train.load(folder, None, None)
    assert [log["event"] for log in logs] == ["learning_call_lines", "acts_not_kept"]
    assert acts_in(classifier, "这事儿不归我们管")["not_my_job"] > 0.9
    with pytest.raises(ConfigError, match="cannot be kept here"):
        acts_train.learnt(folder, None, None)


def aged(folder: Path, name: str, days: float) -> Path:
    """A file last written and last read so many days ago."""
    file, then = folder / name, time.time() - days * 86_400
    file.write_bytes(b"")
    os.utime(file, (then, then))
    return file


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


@pytest.mark.parametrize(("days", "left"), [(6, {"own", "a", "b", "c"}), (8, {"own", "a"}), (400, {"own", "a"})])
def test_what_was_learnt_otherwise_goes_when_it_is_old_but_for_the_newest(
    tmp_path: Path, heads: dict[Speaker, Head], days: float, left: set[str]
) -> None:
    for hours, name in enumerate("abc"):
        aged(tmp_path, f"{name}.npz", days + hours / 24)
    acts_file.write(tmp_path / "own.npz", heads)
    assert names(tmp_path) == {f"{name}.npz" for name in left}


def test_never_more_than_so_many_are_kept(tmp_path: Path, heads: dict[Speaker, Head]) -> None:
    _, most = acts_file.KEPT
    for number in range(most + 2):
        aged(tmp_path, f"{number}.npz", number / 100)
    acts_file.write(tmp_path / "own.npz", heads)
    assert names(tmp_path) == {"own.npz", *(f"{number}.npz" for number in range(most - 1))}


def test_reading_keeps_what_is_read_and_tidies_too(tmp_path: Path, heads: dict[Speaker, Head]) -> None:
    acts_file.write(tmp_path / "own.npz", heads)
    written = (tmp_path / "own.npz").stat().st_mtime_ns - 30 * 86_400 * 10**9
    os.utime(tmp_path / "own.npz", ns=(written, written))
    for number in range(3):
        aged(tmp_path, f"{number}.npz", 10 + number)
    aged(tmp_path, "left.part", 2)
    aged(tmp_path, "being.part", 0)
    assert acts_file.read(tmp_path / "own.npz") is not None
    assert names(tmp_path) == {"own.npz", "0.npz", "being.part"}
    assert (tmp_path / "own.npz").stat().st_mtime_ns == written, "read, not written"


def test_what_cannot_be_read_tidies_nothing_away(tmp_path: Path) -> None:
    for number in range(3):
        aged(tmp_path, f"{number}.npz", 10 + number)
    assert acts_file.read(tmp_path / "own.npz") is None
    assert acts_file.read(tmp_path / "0.npz") is None
    assert names(tmp_path) == {"0.npz", "1.npz", "2.npz"}


# --- reading ----------------------------------------------------------------------------------------------------------------


def test_odd_text_gives_acts_within_it(heads_of_meaning: dict[Speaker, Head], meaning: Embedder) -> None:
    classifier = Acts(heads_of_meaning, meaning)
    for text in (*ODD, *SPOKEN):
        for speaker in OTHER:
            norm = read(text)
            found = classifier.read(norm, speaker, norm)
            assert len({act.label for act in found}) == len(found)
            assert [act.probability for act in found] == sorted((act.probability for act in found), reverse=True)
            for act in found:
                assert 0 <= act.start < act.end <= len(norm.norm)
                assert REPORTED <= act.probability <= 1
                assert act.example
            if len(norm.norm) < SHORTEST:
                assert found == ()


def test_nobody_elses_words_are_read(heads: dict[Speaker, Head]) -> None:
    assert Acts(heads, None).read(read("我要起诉你们"), "unknown", None) == ()
    assert "legal" not in acts_in(Acts(heads, None), "我要起诉你们", "agent")


def test_traditional_characters_read_as_simplified(heads: dict[Speaker, Head]) -> None:
    classifier = Acts(heads, None)
    assert acts_in(classifier, "這個跟我們沒關係，您找門店去") == acts_in(classifier, "这个跟我们没关系，您找门店去") != {}


def test_an_act_names_the_line_most_like_it(lines: list[Line], heads: dict[Speaker, Head]) -> None:
    classifier = Acts(heads, None)
    for line in lines:
        for act in classifier.read(read(line.text), line.speaker, None):
            if act.label in line.labels and act.end - act.start == len(read(line.text).norm):
                assert act.example == line.text


def test_an_example_without_features_is_passed_over() -> None:
    none, some = np.zeros(0, np.intp), np.array([0, 1], np.intp)
    values = np.array([0.6, 0.8], np.float32)
    for lines, starts in ((("一", "二"), [0, 0]), (("二", "一"), [0, 2])):
        examples = acts.Examples(lines, some, values, np.array(starts))
        assert examples.nearest((some, values)) == "二"
        assert examples.nearest((none, values[:0])) in lines


def test_the_same_text_gives_the_same_acts_in_any_company(heads_of_meaning: dict[Speaker, Head], meaning: Embedder) -> None:
    asked = [(text, speaker) for text in (*SPOKEN, *ODD) for speaker in OTHER] * 3
    random.Random(1).shuffle(asked)

    def answer(classifier: Acts, one: tuple[str, Speaker]) -> tuple[Act, ...]:
        return classifier.read(read(one[0]), one[1], None)

    alone = {one: answer(Acts(heads_of_meaning, meaning), one) for one in sorted(set(asked))}
    together = Acts(heads_of_meaning, meaning)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda one: answer(together, one), asked))
    assert found == [alone[one] for one in asked]


def test_windows_are_of_a_length_and_leave_nothing_out() -> None:
    for text in (*ODD, *SPOKEN, *(line.text for line in corpus.load()[::40])):
        norm = read(text)
        covered = set[int]()
        for start, end, present in acts.stretches(norm):
            assert 0 <= start < end <= len(norm.norm)
            assert SHORTEST <= end - start <= LONGEST
            assert present
            covered.update(range(start, end))
        if text not in ("a" * MAX_LENGTH, "7" * MAX_LENGTH):  # one word that is no word is read at its beginning
            assert all(
                covered.issuperset(range(clause.start, clause.end)) for clause in norm.clauses if clause.end - clause.start > 1
            )


def test_the_meaning_is_asked_for_few_characters_and_never_of_an_interim(
    heads_of_meaning: dict[Speaker, Head], meaning: Embedder
) -> None:
    counting = Counting(meaning)
    deep, shallow = Acts(heads_of_meaning, counting), Acts(heads_of_meaning, None)
    most = 0
    for text in (*SPOKEN, *ODD, "，".join(SPOKEN)):
        for speaker in OTHER:
            counting.asked = 0
            deep.read(read(text), speaker, None)
            most = max(most, counting.asked)
            counting.asked = 0
            assert deep.read(read(text), speaker, None, deep=False) == shallow.read(read(text), speaker, None)
            assert counting.asked == 0
    assert 0 < most <= BUDGET


def test_the_shorter_the_stretch_the_less_is_it_taken_for(heads: dict[Speaker, Head]) -> None:
    classifier = Acts(heads, None)
    for text in (*SPOKEN, "不归我管", "管", "这事儿不归我们管"):
        for act in classifier.read(read(text), "agent", None):
            assert act.probability <= telling(act.end - act.start) + 0.001
    short, long = (classifier.read(read(text), "agent", None)[0] for text in ("不归我管", "这个事儿不归我们管，也不归我管"))
    assert short.probability < 0.5 < long.probability
