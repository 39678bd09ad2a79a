"""The only place that builds and joins the rooms: the service with its calls, from settings to a running server."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI

from monitor import config, language
from monitor.alerts.engine import Engine
from monitor.alerts.rules import Rules, load_rules
from monitor.alerts.whisper_sheet import Whispers, load_whispers
from monitor.alerts.whispers import Whisperer
from monitor.analysis.analyzer import Analysis
from monitor.analysis.recall import Remembered
from monitor.archive.audio import CallAudio
from monitor.archive.store import Archive
from monitor.audio_clock import AudioClock
from monitor.call import Conversation, Rooms
from monitor.desk import Desk, LiveCall
from monitor.errors import ConfigError, MonitorError, ProtocolError
from monitor.ingest.native import Hello
from monitor.ingest.pcm import Decoder as PcmDecoder
from monitor.ingest.token import METRICS, ensure_token
from monitor.ingest.websocket import endpoint
from monitor.meters import Meters
from monitor.outlet import Outlet
from monitor.page import api
from monitor.page.accounts import check_bind
from monitor.page.api import local_now
from monitor.page.hub import Hub
from monitor.page.onair import OnAir
from monitor.page.policy import masked
from monitor.page.webhooks import Webhooks
from monitor.page.whispering import Whispering
from monitor.records import CallInfo, EarlierCall, Encoding, Whisper, WhisperStatus
from monitor.speech import machine, models
from monitor.speech.calibration import best_batch
from monitor.speech.listener import Listener
from monitor.speech.scheduler import Scheduler
from monitor.speech.transcript import Transcriber
from monitor.speech.vad import VadModel
from monitor.speech.whisper import Decoder
from monitor.tap import Tap
from monitor.watch import Watch
from monitor.webhooks.courier import Courier
from monitor.webhooks.endpoint import Endpoint, resolve

PAGES = Path(__file__).parent.parent / "web" / "dist"
PONG = 60.0  # seconds, at least
SHUTDOWN = 15.0  # seconds that calls under way are given to be closed when the service stops

log = structlog.get_logger(__name__)


class Workshop:
    """What every call needs, live or recorded, built once: models, rules, threads. Raises ModelError and ConfigError."""

    def __init__(
        self,
        settings: config.Config,
        rules: Rules,
        whispers: Whispers,
        analysis: Analysis,
        scheduler: Scheduler,
        meters: Meters,
    ) -> None:
        """Use `workshop`."""
        self.settings, self.rules, self.whispers, self.analysis, self.meters = settings, rules, whispers, analysis, meters
        self.vad = VadModel()
        self.rooms = Rooms(
            scheduler, settings.decode.lead, ThreadPoolExecutor(1, "hearing"), ThreadPoolExecutor(1, "thinking"), local_now
        )

    def conversation(
        self, info: CallInfo, rate: int, encoding: Encoding, outlet: Outlet, earlier: Sequence[Remembered] = ()
    ) -> Conversation:
        """A call about to begin; `earlier`: what its customer claimed before. Guesses are made where somebody waits: live."""
        return Conversation(
            info,
            PcmDecoder(info.id, rate, encoding, info.channels),
            Listener(info.id, info.channels, self.vad, self.settings.vad, self.settings.segment, drafts=info.source == "live"),
            self.analysis.call(info, earlier),
            Engine(self.rules, info.id, info.channels),
            Whisperer(self.whispers, info.id),
            self.rooms,
            outlet,
        )

    async def remember(self, call: EarlierCall) -> Remembered:
        """Read an earlier call of somebody who calls again, between what other calls ask of the thread that thinks."""
        return await asyncio.get_running_loop().run_in_executor(self.rooms.thinking, self.analysis.remember, call)

    def vocabulary(self) -> dict[str, Any]:
        """Names in Chinese and English of all kinds, rules and alerts, and the reasons of whispers."""
        return {**self.analysis.vocabulary, "alerts": self.rules.vocabulary(), "whispers": self.whispers.vocabulary()}


def load_analysis(settings: config.Config) -> Analysis:
    """What judges the words, for all calls. Takes a second; minutes where call lines are to be learnt. Raises ConfigError."""
    return Analysis(settings.analysis, settings.model.folder)


@asynccontextmanager
async def workshop(settings: config.Config, *, live: bool = False) -> AsyncIterator[Workshop]:
    """Load everything (seconds, off the event loop) and let it go at the end. `live`: alerts will be waited for."""
    machine.prepare()
    rules, whispers = load_rules(settings.alerts.rules), load_whispers(settings.analysis.playbook)
    decoder, analysis, spelling = await asyncio.gather(
        asyncio.to_thread(lambda: Decoder(models.path(settings.model), settings.model, settings.decode)),
        asyncio.to_thread(load_analysis, settings),
        asyncio.to_thread(language.spelling, settings),
    )
    machine.keep_memory()
    meters = Meters()
    meters.about(model=settings.model.name, version=metadata.version("callmonitor"))
    transcriber = Transcriber(decoder, settings.gate, settings.model.language, meters, spelling)
    batch = await asyncio.to_thread(best_batch, decoder.trial, settings.decode.batch)
    log.info("decoding_calibrated", batch=batch)
    async with Scheduler(transcriber, batch, live=live, meters=meters) as scheduler:
        made = Workshop(settings, rules, whispers, analysis, scheduler, meters)
        try:
            yield made
        finally:
            made.rooms.hearing.shutdown(wait=False)
            made.rooms.thinking.shutdown(wait=False)


class Service:
    """The running product: live calls in, events out."""

    def __init__(
        self, made: Workshop, archive: Archive, token: str, metrics_token: str, endpoints: Sequence[Endpoint] = ()
    ) -> None:
        """Use `service`."""
        self.courier = Courier(endpoints, archive.outbox, made.settings.webhooks, mask=masked, now=local_now)
        self.settings, self.workshop, self.archive = made.settings, made, archive
        self.token, self.metrics_token = token, metrics_token
        self.meters = made.meters
        self.hub = Hub(history=made.settings.page.history, queue=made.settings.page.queue)
        self.watch = Watch(self.meters, self.hub, made.settings.data.folder, made.settings.page.latency_target)
        self.onair = OnAir(asyncio.get_running_loop().time)
        self._live: dict[str, LiveCall | None] = {}  # None while it is being set up
        self._quiet = asyncio.Event()
        self._quiet.set()

    async def begin(self, hello: Hello) -> LiveCall:
        """Raises ProtocolError where this call cannot be taken."""
        if len(self._live) >= self.settings.ingest.max_calls:
            raise ProtocolError(f"{len(self._live)} calls are under way, which is all this server takes", code="too_many_calls")
        if hello.call in self._live:
            raise ProtocolError(f"call {hello.call} is under way already", code="call_exists")
        self._live[hello.call] = None
        self.meters.calls(len(self._live))
        self._quiet.clear()
        try:
            call = await self._open(hello)
        except BaseException as error:
            self._gone(hello.call)
            if isinstance(error, MonitorError) and not isinstance(error, ProtocolError):
                raise ProtocolError(str(error), code=error.code) from error
            raise
        self._live[hello.call] = call
        return call

    async def _open(self, hello: Hello) -> LiveCall:
        if await self.archive.has_call(hello.call):
            raise ProtocolError(f"a call {hello.call} was here before; every call needs an id of its own", code="call_exists")
        info = CallInfo(
            id=hello.call,
            started=local_now(),
            source="live",
            model=self.settings.model.name,
            channels=hello.channels,
            agent=hello.agent,
            team=hello.team,
            customer=hello.customer,
        )
        audio = await CallAudio.open(self.settings.data, info, rate=hello.rate, encoding=hello.encoding)
        try:
            await self.archive.add(info)
        except BaseException as error:
            await audio.close()
            if isinstance(error, MonitorError):  # there is no such call: its id may be used again
                audio.path.unlink(missing_ok=True)
            raise
        clock = AudioClock(asyncio.get_running_loop().time)
        desk = Desk(info, self.archive, self.hub, clock, self.meters, self.courier)
        conversation = self.workshop.conversation(info, hello.rate, hello.encoding, desk, await self._earlier(info))
        desk.show("call", data=conversation.view())
        log.info("call_began", call=info.id, rate=hello.rate, encoding=hello.encoding, channels=len(hello.channels))
        tap = Tap(self.onair, info, hello.rate, hello.encoding)
        return LiveCall(conversation, audio, tap, hello.rate, clock, lambda: self._gone(info.id))

    async def _earlier(self, info: CallInfo) -> Sequence[Remembered]:
        """What the customer claimed before; without it the call goes on all the same."""
        if not info.customer:
            return ()
        try:
            return [await self.workshop.remember(call) for call in await self.archive.earlier(info.customer, info.started)]
        except MonitorError as error:
            log.warning("earlier_calls_unread", call=info.id, code=error.code)
        except Exception:
            log.exception("earlier_calls_unread", call=info.id)
        return ()

    def _gone(self, call: str) -> None:
        self._live.pop(call, None)
        self.meters.calls(len(self._live))
        if not self._live:
            self._quiet.set()
        log.info("call_over", call=call, live=len(self._live))

    async def whisper(self, call: str, text: str, by: str | None) -> Whisper:
        """A supervisor's words for the agent of a live call. Raises MonitorError: `call_over`, or why it could not be kept."""
        return await self._conversation(call).whisper(text, by)

    async def mark(self, call: str, id: str, status: WhisperStatus) -> Whisper | None:
        """What the agent of a live call does with a whisper; None where there is none of that id. Raises as `whisper` does."""
        return await self._conversation(call).mark(id, status)

    def _conversation(self, call: str) -> Conversation:
        if live := self._live.get(call):
            return live.conversation
        raise MonitorError(f"call {call} is not under way", code="call_over")

    async def quiet(self, seconds: float) -> bool:
        """Wait until no call is live, `seconds` at most; whether that came about."""
        try:
            async with asyncio.timeout(seconds):
                await self._quiet.wait()
        except TimeoutError:
            return False
        return True

    def application(self, pages: Path = PAGES) -> FastAPI:
        """Pages, API, live socket and `/ingest`."""
        app = api.build(
            self.settings,
            self.hub,
            self.archive,
            model=self.settings.model.name,
            version=metadata.version("callmonitor"),
            vocabulary=self.workshop.vocabulary(),
            live_calls=lambda: len(self._live),
            meters=self.meters,
            health=lambda: self.watch.health,
            metrics_token=self.metrics_token,
            onair=self.onair,
            pages=pages,
        )
        app.include_router(Whispering(self.archive, self, local_now).router)
        app.include_router(Webhooks(self.archive.outbox, self.courier, local_now).router)
        app.add_api_websocket_route("/ingest", endpoint(self.settings.ingest, self.token, self))
        return app


@asynccontextmanager
async def service(settings: config.Config) -> AsyncIterator[Service]:
    """Open the data folder, close what a killed process left open, load the models.

    Raises MonitorError; ConfigError where the address is open to a network and there are no accounts, or a webhook's secrets
    cannot be read.
    """
    endpoints = [resolve(one) for one in settings.webhook]
    async with AsyncExitStack() as stack:
        archive = await Archive.open(settings.data)
        stack.push_async_callback(archive.close)
        check_bind(settings.server, await archive.users())
        token = await asyncio.to_thread(ensure_token, settings.data.folder)
        metrics_token = await asyncio.to_thread(ensure_token, settings.data.folder, METRICS)
        left = await archive.interrupted(local_now())
        if left:
            log.warning("calls_interrupted", calls=left)
        made = await stack.enter_async_context(workshop(settings, live=True))
        running = Service(made, archive, token, metrics_token, endpoints)
        await stack.enter_async_context(running.courier)
        await stack.enter_async_context(running.watch)
        yield running


def bind(settings: config.Server) -> socket.socket:
    """The socket to serve on. Raises ConfigError where the address cannot be used."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        where = f"{settings.host} port {settings.port}"
        raise ConfigError(f"{where}: cannot be listened on: {error.strerror or error}; choose another with --port") from error


class _Server(uvicorn.Server):
    """uvicorn, leaving signals to us: it raises them again at its end, before the calls are closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(running: Service, listener: socket.socket, pages: Path = PAGES) -> None:
    """Answer on `listener` until a signal says stop, then close what is live. No access log: paths carry call ids."""
    address = listener.getsockname()
    log.info("listening", host=address[0], port=address[1])
    server = _Server(
        uvicorn.Config(
            running.application(pages),
            ws="websockets-sansio",
            ws_max_size=2 * running.settings.ingest.max_frame,
            ws_per_message_deflate=False,
            # A client's pong waits behind audio that is not read yet.
            ws_ping_timeout=max(PONG, running.settings.ingest.idle_timeout),
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=int(SHUTDOWN),
        )
    )

    def stop() -> None:
        server.force_exit = server.should_exit  # a second signal waits for nobody
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        await server.serve(sockets=[listener])
        await running.quiet(SHUTDOWN)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
