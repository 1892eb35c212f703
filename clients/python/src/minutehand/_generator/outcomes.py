"""What computing and serving share: the outcomes of the last two minutes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True)
class Computed:
    """A signal that may be served."""

    value: float
    produced_at: int
    run_id: str


@dataclass(frozen=True)
class Outcome:
    """How a minute's computation ended."""

    minute: int
    result: Computed | str
    """The signal, or why there is none."""

    @property
    def is_good(self) -> bool:
        """Whether there is a signal."""
        return isinstance(self.result, Computed)


class Outcomes:
    """The last minute's outcome and that of the minute before it, and who waits for the next one."""

    def __init__(self, interval: int) -> None:
        self._interval = interval
        self._kept: list[Outcome] = []
        self._changed = asyncio.Event()
        #: Nothing is computed any more.
        self.stopped = False

    @property
    def newest(self) -> Outcome | None:
        """The last minute's outcome."""
        return self._kept[0] if self._kept else None

    @property
    def oldest(self) -> int | None:
        """The oldest minute that is kept."""
        return self._kept[-1].minute if self._kept else None

    @property
    def latest(self) -> Outcome | None:
        """The latest signal; where there is none, the latest reason; none before the first outcome."""
        good = [outcome for outcome in self._kept if outcome.is_good]
        return good[0] if good else self.newest

    def find(self, minute: int) -> Outcome | None:
        """The minute's outcome, if it is kept."""
        return next((outcome for outcome in self._kept if outcome.minute == minute), None)

    def push(self, outcome: Outcome) -> None:
        """Adds the outcome of a later minute, and forgets all but the one just before it."""
        last = self.newest
        assert last is None or last.minute < outcome.minute, "minutes go on"
        before = [last] if last and last.minute + self._interval == outcome.minute else []
        self._kept = [outcome, *before]
        self._tell()

    def forget(self) -> None:
        """The clock was stepped back: nothing is known any more."""
        self._kept = []
        self._tell()

    def stop(self) -> None:
        """Nothing is computed any more."""
        self.stopped = True
        self._tell()

    async def changed(self) -> None:
        """Returns at the next change."""
        await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
