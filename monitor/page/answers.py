"""The one shape of every answer: records as JSON, refusals as `{"error": {"code", "message"}}`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from monitor.errors import ArchiveError, MonitorError
from monitor.records import as_json

log = structlog.get_logger()

# 'unsafe-inline' for styles alone: Ant Design writes its style sheets from script.
HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Refused(MonitorError):
    """A request is refused with HTTP's `status`; `code` and message go to the page; after `wait` seconds it may try again."""

    def __init__(self, status: int, code: str, message: str, *, wait: int | None = None) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.wait = wait


def encode(value: Any) -> str:
    """`value` (records among plain JSON types) as JSON text.

    Half a surrogate pair, which JSON's escapes can smuggle in and UTF-8 cannot say, becomes "?". Raises ValueError for NaN.
    """
    text = json.dumps(as_json(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode("utf-8")


def answer(value: Any) -> Response:
    return _response(200, encode(value))


async def large_answer(value: Any) -> Response:
    """An answer that may be megabytes, as a long call's: encoded beside the event loop."""
    return _response(200, await asyncio.to_thread(encode, value))


def refusal(error: Refused) -> Response:
    response = _response(error.status, encode({"error": {"code": error.code, "message": str(error)}}))
    if error.wait is not None:
        response.headers["retry-after"] = str(error.wait)
    return response


def _response(status: int, text: str) -> Response:
    return Response(text, status, media_type="application/json", headers={"cache-control": "no-store"})


def install(app: FastAPI) -> None:
    """Make every error of `app` answer in the documented shape, telling nothing of the inside."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ArchiveError, _archive)
    app.add_exception_handler(Exception, _fault)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"])
    return refusal(Refused(422, "invalid", f"{where}: {fault['msg']}"))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    response = refusal(Refused(status, status.phrase.lower().replace(" ", "_"), f"{status.phrase}."))
    response.headers.update(error.headers or {})
    return response


UNREACHABLE = "The archive cannot be reached just now; the server's log says why."


async def _archive(request: Request, error: Exception) -> Response:
    log.error("archive_failed", error=str(error))
    return refusal(Refused(503, "archive", UNREACHABLE))


async def _fault(request: Request, error: Exception) -> Response:
    response = refusal(Refused(500, "internal", "Something went wrong on the server; its log says what."))
    response.headers.update(HEADERS)  # Starlette answers this one outside every middleware
    return response
