"""Trying a call again until it succeeds, is refused, or time is up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc

from .backoff import Backoff
from .clock import Clock
from .grid import SECOND
from .status import SILENCE, Status

#: One try lasts at most this.
TRY_TIMEOUT = 2 * SECOND

T = TypeVar("T")


class Refused(Exception):
    """One try that did not succeed."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.message)
        self.status = status


class GaveUp(Exception):
    """A call that did not succeed: `connection refused, 17 tries in 8.0 s`."""

    def __init__(self, status: Status, tries: int, elapsed: int, timed_out: bool) -> None:
        message = status.message
        if timed_out:
            message += f", {tries} {'try' if tries == 1 else 'tries'} in {elapsed / SECOND:.1f} s"
        super().__init__(message)
        self.status = status
        self.timed_out = timed_out


async def until(
    deadline: int,
    try_timeout: int,
    clock: Clock,
    rng: random.Random,
    call: Callable[[int], Awaitable[T]],
) -> T:
    """Calls `call` until it succeeds, is refused for good, or `deadline` has come by the monotonic
    clock; raises GaveUp then. Each call is given the time it may take, and raises Refused or what
    gRPC raises."""
    start, backoff, tries = clock.mono(), Backoff(), 0
    before: Status | None = None
    while True:
        allowed = max(min(deadline - clock.mono(), try_timeout), 0)
        tries += 1
        try:
            return await asyncio.wait_for(call(allowed), allowed / SECOND)
        except grpc.aio.AioRpcError as error:
            status = Status.of(error)
        except Refused as refused:
            status = refused.status
        except asyncio.TimeoutError:
            status = SILENCE
        # A last try that had no time to be answered tells less than the one before it.
        if before is not None and allowed < try_timeout and status.is_silence:
            status = before
        wait = backoff.next(rng)
        if not status.is_transient:
            raise GaveUp(status, tries, clock.mono() - start, timed_out=False)
        if clock.mono() + wait >= deadline:
            await asyncio.sleep(max(deadline - clock.mono(), 0) / SECOND)
            raise GaveUp(status, tries, clock.mono() - start, timed_out=True)
        before = status
        await asyncio.sleep(wait / SECOND)
