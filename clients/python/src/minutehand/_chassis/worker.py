"""Somebody else's function in a thread of its own, so that a slow one stops nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import SupportsFloat


class Worker:
    """One thread that calls one function after another. It does not keep the process: a function that
    hangs ends with it."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def number(self, function: Callable[[], object]) -> asyncio.Future[float]:
        """The number that the function returns, or what it raises. Cancelling it does not stop the
        function."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[float] = loop.create_future()

        def job() -> None:
            try:
                value = _number(function())
            except BaseException as raised:
                _tell(loop, _fail, result, raised)
            else:
                _tell(loop, _succeed, result, value)

        self._jobs.put(job)
        return result

    def _work(self) -> None:
        while True:
            self._jobs.get()()


def _number(value: object) -> float:
    """`float` would read text, too."""
    if isinstance(value, SupportsFloat):
        return float(value)
    raise TypeError(f"it returned {type(value).__name__}, which is no number")


def _tell(loop: asyncio.AbstractEventLoop, say: Callable[..., None], *what: object) -> None:
    # When the loop has ended, nobody waits any more.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(say, *what)


def _succeed(result: asyncio.Future[float], value: float) -> None:
    if not result.done():
        result.set_result(value)


def _fail(result: asyncio.Future[float], error: BaseException) -> None:
    if isinstance(error, StopIteration) or not isinstance(error, Exception):
        # A future takes no StopIteration; and `sys.exit` in a function ends the function, not the process.
        error = RuntimeError(repr(error))
    if not result.done():
        result.set_exception(error)
