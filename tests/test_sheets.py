"""TOML files read strictly: where a key stands, what is known there, and what is left without the faulty entries."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field

from monitor.config import Section
from monitor.errors import ConfigError, Faults
from monitor.sheets import Keys, line_of, read, readable


class Item(Section):
    name: str
    size: int = Field(1, ge=1)
    tags: tuple[str, ...] = ()


class Group(Section):
    of: str = Field("", alias="is")
    items: tuple[Item, ...] = ()


class Sheet(Section):
    title: str
    groups: dict[str, Group] = Field(default_factory=dict)
    extra: Item | None = None


TEXT = """\
title = "a"

[groups.one]
is = "x"

[[groups.one.items]]
name = "first"
[[groups.one.items]]
name = "second"
size = 2
tags = [
  "p",
  "q",
]

[[groups.two.items]]
name = "third"
"""


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("title",), 1),
        (("groups", "one", "is"), 4),
        (("groups", "one", "items", 0, "name"), 7),
        (("groups", "one", "items", 0, "size"), 6),
        (("groups", "one", "items", 1), 8),
        (("groups", "one", "items", 1, "size"), 10),
        (("groups", "one", "items", 1, "tags", 1), 11),
        (("groups", "two", "items", 0, "name"), 17),
        (("nothing",), 1),
    ],
)
def test_where_keys_stand(keys: Keys, line: int) -> None:
    assert line_of(TEXT, keys) == line


def written(folder: Path, text: str, name: str = "sheet.toml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_what_is_well_is_read_whole(tmp_path: Path) -> None:
    sheet = read(Sheet, written(tmp_path, TEXT))
    assert [item.name for item in sheet.groups["one"].items] == ["first", "second"]


def test_every_fault_is_told_in_the_order_of_the_file_and_the_rest_can_be_used(tmp_path: Path) -> None:
    text = TEXT.replace('name = "first"', 'nam = "first"').replace("size = 2", "size = 0").replace('is = "x"', 'iss = "x"')
    path, faults = written(tmp_path, text), Faults()
    found = readable(Sheet, path, faults)
    assert list(faults) == [
        f"{path}:4: groups.one.iss: unknown key; known: is, items",
        f"{path}:7: groups.one.items.0.nam: unknown key; known: name, size, tags; needed and not there: name",
        f"{path}:10: groups.one.items.1.size: Input should be greater than or equal to 1",
    ]
    assert [(item.name, item.size) for item in found.sheet.groups["one"].items] == [("second", 1)]
    assert found.line(("groups", "one", "items", 0, "size")) == 10, "of what is left, where it stands in the file"
    assert found.line(("groups", "one", "items", 0, "tags"), "q") == 13
    with pytest.raises(ConfigError) as refused:
        read(Sheet, path)
    assert list(refused.value.faults) == list(faults)


def test_what_a_file_lacks_is_taken_from_another(tmp_path: Path) -> None:
    path, faults = written(tmp_path, "titel = 3\n[extra]\nsize = 2\n"), Faults()
    found = readable(Sheet, path, faults, written(tmp_path, TEXT, "other.toml"))
    assert found.sheet == Sheet(title="a")
    assert [fault.removeprefix(str(path)) for fault in faults] == [
        ":1: titel: unknown key; known: title, groups, extra; needed and not there: title",
        ":2: extra.name: Field required",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("titel = 3", ":1: titel: unknown key"),
        ("title = 'a'\ngroups = 3\n\n[x", ":4: "),
        ("title = [\n1,\n", ":2: "),
        ("title = 3", ":1: title: Input should be a valid string"),
    ],
)
def test_nothing_is_left_of_some(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as refused:
        readable(Sheet, path, Faults())
    assert refused.value.faults[0].startswith(f"{path}{says}")


@pytest.mark.parametrize(
    "value", ["3", "[]", "[3]", "{ one = 3 }", "{ one = { items = [3, {}] } }", "{ one = { items = {} } }"]
)
def test_a_value_of_another_shape_is_left_out(tmp_path: Path, value: str) -> None:
    faults = Faults()
    found = readable(Sheet, written(tmp_path, f"title = 'a'\ngroups = {value}\n"), faults)
    assert all(not group.items for group in found.sheet.groups.values())
    assert list(faults)


def test_a_file_that_stands_in_and_is_wrong_itself_is_no_help(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="title"):
        readable(Sheet, written(tmp_path, ""), Faults(), written(tmp_path, "title = 3", "other.toml"))
