"""The live socket: what happened since the page last looked, then everything as it happens (docs/api.md)."""

from __future__ import annotations

import asyncio

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from monitor.page.accounts import Accounts, Session
from monitor.page.answers import encode
from monitor.page.hub import Hub, Lagged, Subscriber
from monitor.page.policy import Person
from monitor.page.sockets import GRACE, NORMAL, POLICY, Close, first, signed_out

HELLO = 10.0  # seconds a page has to say where it stands
RESET = (NORMAL, "reset")


class Hello(BaseModel):
    """Where a page stands: the run and the number of the last event it has, or neither."""

    model_config = ConfigDict(extra="forbid", strict=True)

    epoch: str | None = Field(max_length=64)
    seq: int | None = Field(ge=0)

    @model_validator(mode="after")
    def _both(self) -> Hello:
        if (self.epoch is None) != (self.seq is None):
            raise ValueError("epoch and seq come together")
        return self


async def live(socket: WebSocket, hub: Hub, accounts: Accounts, session: Session) -> None:
    """Serve one page until it leaves, lags, breaks the protocol, signs out, or the server stops.

    It is told what the person of `session` may know, and nothing when that session is over.
    """
    await socket.accept()
    try:
        close = await _serve(socket, hub, accounts, session)
        await asyncio.wait_for(_part(socket, close), GRACE)
    except (WebSocketDisconnect, TimeoutError):
        return


async def _serve(socket: WebSocket, hub: Hub, accounts: Accounts, session: Session) -> Close:
    try:
        hello = await asyncio.wait_for(_hello(socket), HELLO)
    except (TimeoutError, ValidationError):
        return POLICY, 'expected {"epoch": ..., "seq": ...} as the first message'
    try:
        with hub.subscribe(hello.epoch, hello.seq) as subscriber:
            return await first(
                _feed(socket, subscriber, session.person),
                _listen(socket),
                _stuck(subscriber),
                signed_out(accounts, session),
            )
    except Lagged:
        return RESET


async def _part(socket: WebSocket, close: Close) -> None:
    if close is RESET:
        await socket.send_text(encode({"type": "reset"}))
    if close:
        await socket.close(*close)


async def _hello(socket: WebSocket) -> Hello:
    """The page's first message. Raises ValidationError for anything else."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message["code"])
    return Hello.model_validate_json(message.get("text") or "")


async def _feed(socket: WebSocket, subscriber: Subscriber, person: Person) -> Close:
    try:
        while True:
            for event in await subscriber.take():
                if (text := event.told(person)) is not None:
                    await socket.send_text(text)
            await asyncio.sleep(0)  # a fast page with much to catch up on must not keep the loop from the calls
    except Lagged:
        return RESET
    except WebSocketDisconnect:
        return None


async def _listen(socket: WebSocket) -> Close:
    """A page says nothing after its hello: the next message is its leaving, the server's stopping, or a fault."""
    message = await socket.receive()
    return None if message["type"] == "websocket.disconnect" else (POLICY, "only one message is expected")


async def _stuck(subscriber: Subscriber) -> Close:
    """A page that lags and does not even take what is on its way is given up."""
    await subscriber.lost.wait()
    await asyncio.sleep(GRACE)
    return None
