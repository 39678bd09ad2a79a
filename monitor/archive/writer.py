"""Group commit: what waits while one transaction is written goes together into the next, so that many calls share its cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from monitor.archive.database import explain, is_locked
from monitor.errors import ArchiveError

T = TypeVar("T")
LIMIT = 1_000  # changes that may wait; whoever brings more waits outside


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to write: `apply` runs inside a transaction, and again in its own when that fails."""

    what: str
    apply: Callable[[Connection], Any]
    done: asyncio.Future[Any]


class Writer:
    """One thread that writes, in the order asked; `do` returns when its change is committed."""

    def __init__(self, engine: Engine, where: str) -> None:
        self._engine = engine.execution_options(write=True)
        self._where = where
        self._waiting: list[Change] = []
        self._room = asyncio.Semaphore(LIMIT)
        self._wake = asyncio.Event()
        self._closed = False  # nothing more may be asked
        self._ended = False  # and nothing will come
        self._thread = ThreadPoolExecutor(1, "archive-write")
        self._task = asyncio.create_task(self._run(), name="archive writer")

    async def do(self, what: str, apply: Callable[[Connection], T]) -> T:
        """Run `apply` in a transaction; returns its result once committed. Raises ArchiveError.

        A caller that is cancelled leaves its change to be written all the same.
        """
        if self._closed:
            raise ArchiveError(f"{self._where}: is closed")
        async with self._room:
            done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
            self._waiting.append(Change(what, apply, done))
            self._wake.set()
            return await done

    async def close(self) -> None:
        """Write all that was asked for, then stop."""
        self._closed = True
        await self._room.acquire()  # places are given in the order asked, so by now all who asked before have put theirs in
        self._ended = True
        self._wake.set()
        await self._task
        self._thread.shutdown()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._ended:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                changes, self._waiting = self._waiting, []
                results = await loop.run_in_executor(self._thread, self._commit, changes)
                for change, result in zip(changes, results, strict=True):
                    if change.done.done():  # its caller was cancelled
                        continue
                    if isinstance(result, ArchiveError):
                        change.done.set_exception(result)
                    else:
                        change.done.set_result(result)

    def _commit(self, changes: list[Change]) -> list[Any]:
        """Each change's result, or the ArchiveError that kept it, and it alone, from being written."""
        try:
            with self._engine.begin() as connection:
                return [change.apply(connection) for change in changes]
        except Exception as error:
            if len(changes) == 1 or is_locked(error):
                return [self._failure(error, change) for change in changes]
        return [self._commit([change])[0] for change in changes]

    def _failure(self, error: Exception, change: Change) -> ArchiveError:
        failure = explain(error, self._where, change.what)
        failure.__cause__ = error
        return failure
