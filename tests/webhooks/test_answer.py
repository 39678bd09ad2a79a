"""What answers mean: taken, later, never."""

from __future__ import annotations

import json

import pytest

from monitor.webhooks.answer import judge
from tests.archive.make import START

TAKEN, NEVER = None, True


def robot(code: int, text: str = "", *, key: str = "errcode") -> bytes:
    return json.dumps({key: code, {"errcode": "errmsg", "code": "msg"}.get(key, "StatusMessage"): text}).encode()


@pytest.mark.parametrize(
    ("shape", "status", "body", "refused"),
    [
        ("json", 200, b"", TAKEN),
        ("json", 204, b"", TAKEN),
        ("json", 202, b'{"errcode": 1}', TAKEN),
        ("json", 301, b"", NEVER),
        ("json", 304, b"", NEVER),
        ("json", 400, b"", NEVER),
        ("json", 401, b"", NEVER),
        ("json", 408, b"", False),
        ("json", 429, b"", False),
        ("json", 500, b"", False),
        ("json", 503, b"", False),
        ("wecom", 200, robot(0, "ok"), TAKEN),
        ("wecom", 200, robot(-1, "system busy"), False),
        ("wecom", 200, robot(45009, "api freq out of limit"), False),
        ("wecom", 200, robot(40058, "invalid Request Parameter"), NEVER),
        ("wecom", 502, robot(0), False),
        ("dingtalk", 200, robot(0, "ok"), TAKEN),
        ("dingtalk", 200, robot(310000, "sign not match"), NEVER),
        ("dingtalk", 200, b'{"status":1111,"wait":5,"errcode":130101,"errmsg":"send too fast"}', False),
        ("feishu", 200, robot(0, "success", key="code"), TAKEN),
        ("feishu", 200, robot(0, "success", key="StatusCode"), TAKEN),
        ("feishu", 200, robot(11232, "frequency limited", key="code"), False),
        ("feishu", 400, robot(9499, "too many request", key="code"), False),
        ("feishu", 400, robot(9499, "Bad Request", key="code"), NEVER),
        ("feishu", 200, robot(19024, "Key Words Not Found", key="code"), NEVER),
        ("feishu", 200, b"<html>portal</html>", False),
        ("feishu", 200, b"[0]", False),
        ("feishu", 200, b'{"code": true}', False),
        ("feishu", 200, b"", False),
        ("feishu", 404, b"not found", NEVER),
    ],
)
def test_an_answer_is_understood(shape: str, status: int, body: bytes, refused: bool | None) -> None:
    failure = judge(shape, status, {}, body, START)
    assert (failure and failure.refused) is refused
    if failure:
        assert failure.why


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "Sun, 22 Nov 2026 01:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 00:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "9" * 400}, 9999999999.0),
        ({"x-ogw-ratelimit-reset": "52"}, 52.0),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_from_the_answer(headers: dict[str, str], seconds: float | None) -> None:
    failure = judge("json", 429, headers, b"", START)
    assert failure
    assert failure.after == seconds


def test_a_robot_that_is_asked_too_often_is_left_alone_for_its_time() -> None:
    for shape, body, seconds in (
        ("wecom", robot(45009), 60.0),
        ("dingtalk", robot(130101), 600.0),
        ("feishu", robot(11232, key="code"), 60.0),
    ):
        failure = judge(shape, 200, {}, body, START)
        assert failure
        assert failure.after == seconds


def test_a_long_answer_is_quoted_in_part() -> None:
    failure = judge("wecom", 200, {}, robot(40001, "x" * 5_000), START)
    assert failure
    assert len(failure.why) < 300
