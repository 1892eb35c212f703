"""The grid of minutes: instants, durations, and the settings that belong together. Pure.

An instant is a whole number of microseconds since the Unix epoch, UTC; a duration is a whole number
of microseconds. A minute is named by the instant at which it starts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

INTERVAL_SHORTEST = 500 * MILLISECOND
INTERVAL_LONGEST = DAY

#: The last instant that RFC 3339 and `google.protobuf.Timestamp` can say: the end of year 9999.
INSTANT_MAX = 253_402_300_799_999_999

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_UNITS = {
    "us": 1, "usec": 1, "ms": MILLISECOND, "msec": MILLISECOND,
    "s": SECOND, "sec": SECOND, "secs": SECOND, "second": SECOND, "seconds": SECOND,
    "m": MINUTE, "min": MINUTE, "mins": MINUTE, "minute": MINUTE, "minutes": MINUTE,
    "h": HOUR, "hr": HOUR, "hour": HOUR, "hours": HOUR, "d": DAY, "day": DAY, "days": DAY,
}  # fmt: skip
_PARTS = re.compile(r"(\d{1,18})\s*([a-z]+)\s*")
_SHOWN = (("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", MILLISECOND), ("us", 1))


def parse_duration(text: str) -> int:
    """A duration like `10s`, `500ms` or `1h 30m`; raises ValueError for anything else."""
    at, total = 0, 0
    while part := _PARTS.match(text, at):
        number, unit = part.groups()
        if unit not in _UNITS:
            raise ValueError(f"`{unit}` is no unit of time; write it like 10s or 500ms")
        total += int(number) * _UNITS[unit]
        at = part.end()
    if at == 0 or at < len(text):
        raise ValueError(f"{text!r} is no duration; write it like 10s or 500ms")
    return total


def show_duration(length: int) -> str:
    """As people write it: `1m`, `2s`, `1s 500ms`."""
    days, rest = divmod(length, DAY)
    shown = [f"{days}day{'s' if days > 1 else ''}"] if days else []
    for unit, size in _SHOWN:
        count, rest = divmod(rest, size)
        if count:
            shown.append(f"{count}{unit}")
    return " ".join(shown) or "0s"


def show_instant(at: int) -> str:
    """RFC 3339 in UTC, with milliseconds if there are any: `2026-11-20T12:01:00Z`."""
    if at < 0:
        return f"{-at} us before 1970"
    at = min(at, INSTANT_MAX)
    whole = to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S")
    millis = at % SECOND // MILLISECOND
    return f"{whole}.{millis:03}Z" if millis else f"{whole}Z"


def parse_instant(text: str) -> int | None:
    """From RFC 3339 in UTC, from 1970 on; None for anything else."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", text)
    if match is None:
        return None
    try:
        whole = datetime.fromisoformat(f"{match[1]}+00:00")
    except ValueError:
        return None
    micros = int((match[2] or "").ljust(6, "0")[:6])
    at = (whole - _EPOCH) // timedelta(microseconds=1) + micros
    return at if at >= 0 else None


def to_datetime(at: int) -> datetime:
    """An instant from 1970 to 9999 as an aware `datetime`."""
    return _EPOCH + timedelta(microseconds=at)


def seconds(length: int) -> float:
    """A duration in seconds."""
    return length / SECOND


def check_interval(length: int) -> int:
    """The interval, if it is one; raises ValueError if not."""
    if length % MILLISECOND or not INTERVAL_SHORTEST <= length <= INTERVAL_LONGEST:
        raise ValueError(
            "an interval is whole milliseconds from 500ms to 24h, not "
            f"`{show_duration(length)}`; write it like 60s, 1m or 500ms"
        )
    return length


def minute_containing(at: int, interval: int) -> int:
    """The minute that an instant falls into."""
    return at - at % interval


def check_minute(at: int, interval: int) -> int:
    """The minute that starts exactly at `at`; raises ValueError if none does."""
    within = minute_containing(at, interval)
    if within != at:
        raise ValueError(
            f"{show_instant(at)} is not the start of a minute of {show_duration(interval)}; "
            f"the minute it falls into is {show_instant(within)}"
        )
    return at


@dataclass(frozen=True)
class Now:
    """One look at both clocks of a process."""

    wall: int
    """Names minutes, can be stepped."""
    mono: int
    """Measures, never steps."""


@dataclass(frozen=True)
class ClockOffset:
    """Difference of a peer's clock and one's own, from one exchange."""

    micros: int
    """The peer's clock less one's own."""
    uncertainty: int
    """Half the round trip: the true difference is within this of `micros`."""

    @classmethod
    def estimate(cls, sent: int, theirs: int, received: int) -> ClockOffset:
        """Asked at `sent`, answered with the peer's clock, heard at `received`."""
        half = max(received - sent, 0) // 2
        return cls(theirs - (sent + half), half)

    def exceeds(self, skew: int) -> bool:
        """Whether the clocks differ by more than `skew` however the uncertainty falls."""
        return abs(self.micros) > skew + self.uncertainty

    def __str__(self) -> str:
        return f"{self.micros / SECOND:+.3f} s ± {self.uncertainty / SECOND:.3f} s"


class TimingError(ValueError):
    """Settings that do not fit each other."""


@dataclass(frozen=True)
class Timing:
    """Interval, grace and skew that fit each other."""

    interval: int
    grace: int
    """How long after the boundary the last submission is waited for."""
    skew: int
    """Largest tolerated difference between two clocks."""

    @classmethod
    def of(cls, interval: int, grace: int | None = None, skew: int | None = None) -> Timing:
        """Checks settings together; those not given have the contract's defaults."""
        if grace is None:
            grace = min(max(interval // 6, min(SECOND, interval // 2)), 10 * SECOND)
        if skew is None:
            skew = min(SECOND, interval // 60)
        if skew > interval // 10:
            raise TimingError(
                f"skew {show_duration(skew)} is more than a tenth of the interval "
                f"{show_duration(interval)}: set it to {show_duration(interval // 10)} or less"
            )
        if grace + skew >= interval:
            raise TimingError(
                f"grace {show_duration(grace)} and skew {show_duration(skew)} together are not less "
                f"than the interval {show_duration(interval)}: set a shorter grace"
            )
        return cls(interval, grace, skew)

    def patience(self, given: int | None) -> int:
        """How long a strategy tries before it abstains: as given, or 0.8 × the grace."""
        patience = self.grace * 4 // 5 if given is None else given
        if patience + self.skew >= self.grace:
            raise TimingError(
                f"patience {show_duration(patience)} and skew {show_duration(self.skew)} together "
                f"are not less than the grace {show_duration(self.grace)}: set a shorter patience"
            )
        return patience

    def deadline(self, minute: int) -> int:
        """The minute's boundary + grace: the last submission is in, or the minute fails."""
        return minute + self.grace
