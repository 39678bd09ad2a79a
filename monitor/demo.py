"""`callmonitor demo`: the service on this machine, and three bundled calls played into it as if they were happening."""

from __future__ import annotations

import asyncio
import os
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path

from monitor import app, config
from monitor.errors import AudioError, MonitorError
from monitor.ingest.play import Recording, play

CALLS = Path(__file__).parent.parent / "tests" / "data" / "calls"
CAST = (  # one that escalates to the press, one lost by its agent, one saved by hers
    ("dev-16.opus", "王芳", "电商一组", "13800004417"),
    ("dev-01.opus", "李强", "家电售后", "13800112233"),
    ("dev-02.opus", "林晓", "电商一组", "13900002088"),
)


async def demo(settings: config.Config, say: Callable[[str], None], *, browser: bool = True) -> None:
    """Serve on loopback until interrupted; the calls are played once. Data goes to a folder of its own in the data folder."""
    missing = [name for name, *_ in CAST if not (CALLS / name).exists()]
    if missing:
        raise AudioError(f"{CALLS / missing[0]}: the bundled calls are not here; run the demo from a checkout")
    own = settings.model_copy(
        update={
            "server": config.Server(port=settings.server.port),
            "data": config.Data(folder=settings.data.folder / "demo"),
        }
    )
    say("Loading the speech model ...")
    with app.bind(own.server) as listener:
        port = int(listener.getsockname()[1])
        async with app.service(own) as running:
            address = f"http://127.0.0.1:{port}/"
            say(f"Open {address}  - three calls begin now. Ctrl-C ends it.")
            if browser:
                _open(address)
            playing = asyncio.create_task(_play(port, running.token, say))
            try:
                await app.serve(running, listener)
            finally:
                playing.cancel()
                await asyncio.gather(playing, return_exceptions=True)


async def _play(port: int, token: str, say: Callable[[str], None]) -> None:
    cast = [Recording(path=CALLS / name, agent=agent, team=team, customer=customer) for name, agent, team, customer in CAST]
    for outcome in await play(cast, url=f"ws://127.0.0.1:{port}/ingest", token=token):
        if isinstance(outcome, MonitorError):
            if outcome.code == "connection_lost":
                return  # Ctrl-C: nothing to say
            say(f"A call could not be played to its end: {outcome}")
    say("The calls have ended; the page stays up. Ctrl-C ends it.")


def _open(address: str) -> None:
    """Show the page, where there is somebody with a screen to see it."""
    screen = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if screen:
        webbrowser.open(address)
