"""Which minute a strategy takes part in next. Pure: the next minute is kept, not found from the clock,
so that none is skipped or taken twice when something straddles a boundary."""

from __future__ import annotations

from dataclasses import dataclass

from .._chassis.grid import minute_containing


@dataclass(frozen=True)
class Due:
    """A minute that is due."""

    minute: int
    """The current one."""
    skipped: int
    """How many minutes before it went by unattended: the process was stopped, or its clock stepped."""


class Schedule:
    """The minutes of one strategy."""

    def __init__(self, interval: int) -> None:
        self._interval = interval
        #: The first minute that the trader expects the strategy in; nothing is due before.
        self._first: int | None = None
        self._next = 0

    def expected_from(self, first: int, now: int) -> None:
        """The trader expects the strategy from `first` on. If that has passed, the minute at hand is due
        at once."""
        begun = minute_containing(now, self._interval) if self._first is None else self._next
        self._first, self._next = first, max(begun, first)

    def expects(self, minute: int) -> bool:
        """Whether the trader expects the strategy in `minute`."""
        return self._first is not None and self._first <= minute

    @property
    def next(self) -> int | None:
        """When the next minute starts."""
        return None if self._first is None else self._next

    def due(self, now: int) -> Due | None:
        """The minute that is due at `now`, once."""
        if self._first is None:
            return None
        if self._stepped_back(now):
            self._next = max(minute_containing(now, self._interval) + self._interval, self._first)
        if now < self._next:
            return None
        minute = minute_containing(now, self._interval)
        skipped = (minute - self._next) // self._interval
        self._next = minute + self._interval
        return Due(minute, skipped)

    def _stepped_back(self, now: int) -> bool:
        """The next minute starts within an interval of `now`, unless the clock was set back. Steps within
        the largest skew there can be, a tenth of the interval, are waited out."""
        return self._next - now > self._interval + self._interval // 10
