"""The built pages (web/dist): hashed assets cached for ever, the rest fresh, index.html for every address the pages make up."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from monitor.page.guard import is_api

UNBUILT = "The pages are not built yet. Run `make setup`, then load this page again.\n"


class Pages:
    """ASGI app for every path no route takes."""

    def __init__(self, folder: Path) -> None:
        self._files = StaticFiles(directory=folder, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        response = await self.respond(scope)
        await response(scope, receive, send)

    async def respond(self, scope: Scope) -> Response:
        """Raises HTTPException 404 for what is neither a file nor a page, 405 for what only reads."""
        path = self._files.get_path(scope)
        if is_api(scope):
            raise HTTPException(404)
        if path.split(os.sep)[0] == "assets":
            response = await self._files.get_response(path, scope)
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
            return response
        response = await self._page(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response

    async def _page(self, path: str, scope: Scope) -> Response:
        for candidate in (path, "index.html"):
            try:
                return await self._files.get_response(candidate, scope)
            except HTTPException as error:
                if error.status_code != 404:
                    raise
        return PlainTextResponse(UNBUILT, 503)
