"""What an installed copy holds: all the data the code reads."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_file_beside_the_code_is_packaged() -> None:
    package = ROOT / "monitor"
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    packaged = {path for pattern in settings["package-data"]["monitor"] for path in package.glob(pattern)}
    there = {path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    in_packages = {path for path in there if path.suffix == ".py" and (path.parent / "__init__.py").exists()}
    assert there - in_packages - packaged == set()
    assert all((ROOT / file).is_file() for files in settings["data-files"].values() for file in files)
