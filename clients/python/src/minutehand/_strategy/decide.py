"""From signals to one number, by somebody else's function."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from datetime import datetime

from .._chassis import log
from .._chassis.clock import Clock
from .._chassis.grid import SECOND, show_duration, show_instant, to_datetime
from .._chassis.names import told
from .._chassis.worker import Worker
from .signals import Signal, shared_name, show_value
from .submission import Abstention, Decision

#: How a strategy decides: from one signal of every generator, in the order in which the generators were
#: given. It is asked once a minute. What it remembers from minute to minute it has to find anew after a
#: restart.
Decide = Callable[[datetime, Sequence[Signal]], float]


class Abstain(Exception):
    """Raised by a decision: there is none this minute, and why, for a person to read."""


class Decider:
    """Calls the function in a thread of its own, so that one that is slow keeps nothing else waiting."""

    def __init__(self, decide: Decide, clock: Clock) -> None:
        self._decide = decide
        self._clock = clock
        self._worker = Worker("decide")
        #: The minute that the function was last asked for, and what comes of it.
        self._running: tuple[int, asyncio.Future[float]] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether the function is not at work."""
        return self._running is None or self._running[1].done()

    async def decision(self, minute: int, signals: Sequence[Signal], until: int) -> Decision | Abstention:
        """The decision for `minute`, which is finite; or why there is none by `until`."""
        if name := shared_name(signals):
            return Abstention(f"two generators call themselves {name}: give each its own --name")
        if self._running is not None and not self.is_idle:
            since = show_instant(self._running[0])
            return Abstention(f"the decision function is still at work on {since}: it has to be faster")
        start = to_datetime(minute)
        future = self._worker.number(lambda: self._decide(start, signals))
        self._running = (minute, future)
        allowed = max(until - self._clock.wall(), 0)
        done, _ = await asyncio.wait({future}, timeout=allowed / SECOND)
        if not done:
            future.add_done_callback(_forget)
            return Abstention(f"the decision function had not ended after {show_duration(allowed)}")
        return _judged(future, len(signals))


def _judged(future: asyncio.Future[float], count: int) -> Decision | Abstention:
    error = future.exception()
    if isinstance(error, Abstain):
        return Abstention(" ".join(str(error).split()) or "no reason given")
    if error is not None:
        log.trace_of("the decision function raised", error)
        return Abstention(f"the decision function raised {told(error)}")
    value = future.result()
    if math.isfinite(value):
        return Decision(value)
    return Abstention(f"the decision from {count} signals is {show_value(value)}, not a finite number")


def _forget(future: asyncio.Future[float]) -> None:
    """What comes too late is nobody's."""
    if not future.cancelled():
        future.exception()
