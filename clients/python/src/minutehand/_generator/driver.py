"""The one task that computes: each minute at its boundary, in time or not at all (rule G3)."""

from __future__ import annotations

import asyncio
import math
from enum import Enum, auto
from typing import NoReturn

from .._chassis import log
from .._chassis.clock import Clock
from .._chassis.exits import Exit, Failure
from .._chassis.grid import SECOND, Timing, minute_containing, show_instant, to_datetime
from .._chassis.names import told
from .._chassis.worker import Worker
from .compute import Compute, NoSignal
from .outcomes import Computed, Outcome, Outcomes

#: So many computations in a row may be abandoned before the process ends: whoever supervises it can start
#: it anew, which is the best hope for one that hangs.
ABANDONED_MAX = 3


class _Woken(Enum):
    """How a wait ended."""

    REACHED = auto()
    COMPUTED = auto()
    STEPPED_BACK = auto()


class _Round(Enum):
    """How a round ended."""

    ENDED = auto()
    ABANDONED = auto()
    STEPPED_BACK = auto()


class Driver:
    """Owns the computation and is alone in publishing what comes of it."""

    def __init__(self, timing: Timing, clock: Clock, compute: Compute, run_id: str) -> None:
        self._timing = timing
        self._clock = clock
        self._compute = compute
        #: The id under which signals are produced at present.
        self.run_id = run_id
        self.outcomes = Outcomes(timing.interval)
        self._worker = Worker("compute")

    async def run(self) -> NoReturn:
        """Computes the current minute at once, and every later one at its boundary. Raises Failure when
        the computation hangs."""
        first_run, restarts = self.run_id, 0
        while True:
            await self._until_stepped_back()
            restarts += 1
            # One process gives one value for one minute, so this goes on as another one.
            self.run_id = f"{first_run}-{restarts}"
            log.warn(
                f"the clock was stepped back to {show_instant(self._clock.wall())}: starting anew under "
                "another run id",
                run_id=self.run_id,
            )
            self.outcomes.forget()

    async def _until_stepped_back(self) -> None:
        minute, abandoned = self._current(), 0
        # A generator that starts after the grace still computes the current minute (rule G1).
        first_due = self._clock.wall() + self._timing.grace
        while True:
            ended = await self._round(minute, max(self._timing.deadline(minute), first_due))
            if ended is _Round.STEPPED_BACK:
                return
            abandoned = abandoned + 1 if ended is _Round.ABANDONED else 0
            if abandoned == ABANDONED_MAX:
                raise Failure(
                    Exit.FAILED,
                    f"{ABANDONED_MAX} computations in a row were still running when the next minute began, "
                    f"the last one that of {show_instant(minute)}: the computation hangs, start the "
                    "generator anew",
                )
            minute = self._after(minute)

    def _after(self, minute: int) -> int:
        """The minute to compute next: counted on, so that none is computed twice however the clock slips;
        those that were slept over are nobody's any more."""
        following, current = minute + self._timing.interval, self._current()
        if current > following:
            log.warn(
                f"slept, or the clock was stepped: goes on with {show_instant(current)} instead of "
                f"{show_instant(following)}"
            )
        return max(following, current)

    async def _round(self, minute: int, due: int) -> _Round:
        """Computes one minute, publishes its outcome, and returns at the boundary after it."""
        end = minute + self._timing.interval
        due = min(due, end)
        start = to_datetime(minute)
        computing = self._worker.number(lambda: self._compute(start))
        computing.add_done_callback(_look_at)
        # Stamped no earlier than the minute's boundary, should the clock have slipped before it.
        for at, what in ((due, computing), (minute, None)):
            if await self._reach(minute, at, what) is _Woken.STEPPED_BACK:
                self._leave(computing)
                return _Round.STEPPED_BACK
        self._publish(Outcome(minute, self._judge(minute, due, computing)))
        woken = await self._reach(minute, end, None)
        left = self._leave(computing)
        if woken is _Woken.STEPPED_BACK:
            return _Round.STEPPED_BACK
        return _Round.ABANDONED if left else _Round.ENDED

    def _leave(self, computing: asyncio.Future[float]) -> bool:
        """Leaves the thread of a computation that still runs to itself; whether it does."""
        if computing.done():
            return False
        self._worker = Worker("compute")
        return True

    def _judge(self, minute: int, due: int, computing: asyncio.Future[float]) -> Computed | str:
        """The signal that was computed just now, unless it failed or came too late."""
        produced_at = self._clock.wall()
        if not computing.done():
            return self._late(minute, "not finished")
        error = computing.exception()
        if isinstance(error, NoSignal):
            return " ".join(str(error).split()) or "no reason given"
        if error is not None:
            log.trace_of("the computation raised", error)
            return f"the computation failed: {told(error)}"
        value = computing.result()
        if not math.isfinite(value):
            return f"the computation gave {value}, which is no finite number"
        if produced_at > due:
            return self._late(minute, "finished only")
        return Computed(value, produced_at, self.run_id)

    def _late(self, minute: int, how: str) -> str:
        after, grace = self._clock.wall() - minute, self._timing.grace
        return (
            f"the computation was {how} {after / SECOND:.1f} s after the minute began, "
            f"{grace / SECOND:.1f} s are allowed"
        )

    def _publish(self, outcome: Outcome) -> None:
        """Makes an outcome known; a change from good to bad and back is logged once."""
        before = self.outcomes.newest
        was_bad = before is not None and not before.is_good
        minute = show_instant(outcome.minute)
        if isinstance(outcome.result, Computed):
            log.debug("signal", minute=minute, value=outcome.result.value)
            if was_bad:
                log.info(f"signals are computed again, from {minute} on")
        else:
            (log.debug if was_bad else log.warn)(f"no signal of {minute}: {outcome.result}")
        self.outcomes.push(outcome)

    async def _reach(self, minute: int, at: int, computing: asyncio.Future[float] | None) -> _Woken:
        """Returns once the wall clock shows `at`, or was stepped back to minutes that are kept no more, or
        what is computed is there."""
        oldest = self.outcomes.oldest
        floor = (minute if oldest is None else oldest) - self._timing.skew
        while True:
            if computing is not None and computing.done():
                return _Woken.COMPUTED
            wall = self._clock.wall()
            if wall >= at:
                return _Woken.REACHED
            if wall < floor:
                return _Woken.STEPPED_BACK
            if computing is None:
                await self._clock.nap_towards(at)
            else:
                await asyncio.wait({computing}, timeout=self._clock.nap(at) / SECOND)

    def _current(self) -> int:
        return minute_containing(self._clock.wall(), self._timing.interval)


def _look_at(computing: asyncio.Future[float]) -> None:
    """What is abandoned may fail unseen."""
    if not computing.cancelled():
        computing.exception()
