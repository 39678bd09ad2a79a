"""TOML files that people write, read strictly as a pydantic model: all that is wrong in one is told at once, with its lines.

`read` refuses a file with any fault. `readable` also gives what is left of such a file without its faulty entries, so that a
check can go on to what only the whole shows (a name that nothing bears, a pattern that cannot be read).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from monitor.errors import ConfigError, Faults

T = TypeVar("T", bound=BaseModel)
Keys = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Readable(Generic[T]):
    """What of a file can be used, and where in the file it stands."""

    sheet: T
    text: str
    _raw: Any  # as parsed, None in the place of entries of lists that were left out

    def line(self, keys: Keys, near: str = "") -> int:
        """The line that sets `keys` of the sheet; or, from there on, the first that quotes `near`, if one does."""
        start = line_of(self.text, _in_full(self._raw, keys))
        quoted = (json.dumps(near, ensure_ascii=False), f"'{near}'")
        rows = enumerate(self.text.splitlines()[start - 1 :], start)
        return next((number for number, row in rows if near and any(one in row for one in quoted)), start)


def written(path: Path) -> str:
    """What stands in a text file, UTF-8. Raises ConfigError naming it, and the line where it is something else."""
    try:
        return path.read_text("utf-8-sig")  # editors on Windows mark the beginning
    except UnicodeDecodeError as error:
        number = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{number}: is not UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def read(model: type[T], path: Path) -> T:
    """Read a TOML file as `model`. Raises ConfigError naming file, line and key of every fault."""
    faults = Faults()
    sheet = readable(model, path, faults).sheet
    faults.tell()
    return sheet


def readable(model: type[T], path: Path, faults: Faults, instead: Path | None = None) -> Readable[T]:
    """Read a TOML file as `model` without what is wrong in it, which `faults` is told. Raises ConfigError if nothing is left.

    `instead`: a file that needed tables and keys are taken from where this one lacks them or has them wrong.
    """
    with faults.noted():
        text = written(path)
        raw = _parsed(text, path)
        known = _parsed(written(instead), instead) if instead else {}
        wrong = _wrong(model, raw)
        found = [(line_of(text, keys), ".".join(map(str, keys)), what) for keys, what in _faults(model, wrong)]
        faults.add(*(f"{path}:{line}: {name}: {what}" for line, name, what in sorted(found)))
        while wrong and _mend(raw, wrong, known):
            wrong = _wrong(model, raw)
        if not wrong:
            return Readable(model.model_validate(_whole(raw)), text, raw)
    raise ConfigError(*faults)


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) if place else max(1, len(text.splitlines()))
        raise ConfigError(f"{path}:{line}: {error}") from error


def _wrong(model: type[BaseModel], raw: Any) -> list[ErrorDetails]:
    try:
        model.model_validate(_whole(raw))
    except ValidationError as error:
        return error.errors()
    return []


def _faults(model: type[BaseModel], wrong: Sequence[ErrorDetails]) -> Iterable[tuple[Keys, str]]:
    """Keys and a sentence each. What a table lacks is said beside its unknown key, which may well be meant for it."""
    inner = {error["loc"][:depth] for error in wrong for depth in range(len(error["loc"]))}
    wrong = [error for error in wrong if error["loc"] not in inner]  # a list is too short only without its wrong entries
    strays = {error["loc"][:-1] for error in wrong if error["type"] == "extra_forbidden"}
    for error in wrong:
        keys = error["loc"]
        if error["type"] == "extra_forbidden":
            lacking = [str(one["loc"][-1]) for one in wrong if one["type"] == "missing" and one["loc"][:-1] == keys[:-1]]
            needed = f"; needed and not there: {', '.join(lacking)}" if lacking else ""
            yield keys, f"unknown key; known: {', '.join(_known(model, keys[:-1]))}{needed}"
        elif error["type"] != "missing" or keys[:-1] not in strays:
            yield keys, error["msg"].removeprefix("Value error, ")


def _known(annotation: Any, keys: Keys) -> list[str]:
    """The keys of the table that stands at `keys` of what is annotated so."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
        if not keys:
            return list(fields)
        return _known(fields[str(keys[0])].annotation, keys[1:]) if keys[0] in fields else []
    inside = keys[1:] if get_origin(annotation) in (tuple, list, dict) else keys
    return next((known for part in get_args(annotation) if (known := _known(part, inside))), [])


def _mend(raw: dict[str, Any], wrong: Sequence[ErrorDetails], known: dict[str, Any]) -> bool:
    """Take out of `raw` what is wrong, and put in what it needs out of `known`; whether all of it could be done."""
    out: set[Keys] = set()
    for error in wrong:
        keys, lacks = _in_full(raw, error["loc"]), error["type"] == "missing"
        if lacks and len(keys) == 1 and keys[0] in known:
            raw[str(keys[0])] = known.pop(str(keys[0]))
        elif place := _there(raw, keys[:-1] if lacks else keys):
            out.add(place)
        else:
            return False
    for keys in out:
        _take_out(raw, keys)
    return True


def _take_out(raw: Any, keys: Keys) -> None:
    table = raw
    for key in keys[:-1]:
        table = table.get(key) if isinstance(table, dict) else table[key]
        if table is None:  # what it stood in is out already
            return
    if isinstance(table, list):
        table[int(keys[-1])] = None
    else:
        table.pop(keys[-1], None)


def _there(raw: Any, keys: Keys) -> Keys:
    """As many of `keys` as lead to something."""
    for depth, key in enumerate(keys):
        there = key in raw if isinstance(raw, dict) else isinstance(raw, list) and isinstance(key, int) and key < len(raw)
        if not there:
            return keys[:depth]
        raw = raw[key]
    return keys


def _in_full(raw: Any, keys: Keys) -> Keys:
    """`keys` of what is left, as they were before entries of lists were left out."""
    full: list[int | str] = []
    for key in keys:
        if isinstance(raw, list) and isinstance(key, int):
            left = [number for number, item in enumerate(raw) if item is not None]
            key = left[key] if key < len(left) else len(raw)
        raw = raw[key] if _there(raw, (key,)) else None
        full.append(key)
    return tuple(full)


def _whole(raw: Any) -> Any:
    """Without the places of what was left out."""
    if isinstance(raw, dict):
        return {key: _whole(value) for key, value in raw.items()}
    return [_whole(item) for item in raw if item is not None] if isinstance(raw, list) else raw


def line_of(text: str, keys: Sequence[int | str]) -> int:
    """The line (from 1) of TOML `text` that sets `keys`, or of the nearest table above it.

    tomllib keeps no positions; this follows table headers and plain keys, which is all our files use.
    """
    wanted, table = tuple(keys), Keys()
    last: dict[Keys, int] = {}  # of each list of tables, the number of the table that is open
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line):
            table = _place(header[2], last, another=header[1] == "[[")
            here = table
        elif key := re.match(r"\s*([\w\"'.-]+?)\s*=", line):
            here = (*table, *_parts(key[1]))
        else:
            continue
        shared = min(len(here), len(wanted))  # a table inside what is asked for stands for it
        if here[:shared] == wanted[:shared] and shared > depth:
            best, depth = number, shared
    return best


def _place(name: str, last: dict[Keys, int], *, another: bool) -> Keys:
    """The keys of the table that a header opens."""
    place, parts = Keys(), _parts(name)
    for depth, part in enumerate(parts, 1):
        place = (*place, part)
        if another and depth == len(parts):
            last[place] = last.get(place, -1) + 1
        if place in last:
            place = (*place, last[place])
    return place


def _parts(name: str) -> list[str]:
    return [part.strip().strip("\"'") for part in name.split(".")]
