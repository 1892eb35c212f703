"""The sole reader of time."""

from __future__ import annotations

import asyncio
import time

from .grid import SECOND, Now

#: A wait for the wall clock sleeps at most this long before it looks again: a stepped clock is
#: noticed within this.
NAP_MAX = SECOND


class Clock:
    """The machine's clocks."""

    def now(self) -> Now:
        """Both clocks, read together."""
        return Now(self.wall(), self.mono())

    def wall(self) -> int:
        """The wall clock."""
        return time.time_ns() // 1_000

    def mono(self) -> int:
        """The monotonic clock."""
        return time.monotonic_ns() // 1_000

    async def nap_towards(self, at: int) -> None:
        """Returns when the wall clock shows `at`, or earlier: after a nap, for another look."""
        await asyncio.sleep(self.nap(at) / SECOND)

    def nap(self, at: int) -> int:
        """How long to nap towards `at`."""
        return min(max(at - self.wall(), 0), NAP_MAX)
