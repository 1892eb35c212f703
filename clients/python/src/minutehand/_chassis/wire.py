"""Instants and durations as protocol buffers have them."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from .grid import INSTANT_MAX, SECOND, check_minute

_NANOS = 1_000_000_000


class OutOfRange(ValueError):
    """A well-formed message whose instant or duration is out of its type's range."""


def timestamp(at: int) -> Timestamp:
    """An instant for the wire."""
    return Timestamp(seconds=at // SECOND, nanos=at % SECOND * 1_000)


def read_timestamp(at: Timestamp) -> int:
    """An instant from the wire, to the microsecond: from 1970 to the end of year 9999."""
    instant = at.seconds * SECOND + at.nanos // 1_000
    if not (0 <= at.nanos < _NANOS and 0 <= instant <= INSTANT_MAX):
        raise OutOfRange("an instant lies between 1970 and 9999, with 0 to 999999999 ns")
    return instant


def read_minute(at: Timestamp, interval: int) -> int:
    """A minute from the wire, named by its start to the nanosecond; raises ValueError if no minute
    starts there."""
    start = read_timestamp(at)
    # Reading drops parts of a microsecond, which must not bring anything onto the grid.
    if at.nanos % 1_000 and start % interval == 0:
        start += 1
    return check_minute(start, interval)


def duration(length: int) -> Duration:
    """A duration, or a difference of either sign, for the wire: both parts have one sign."""
    sign = -1 if length < 0 else 1
    return Duration(seconds=sign * (abs(length) // SECOND), nanos=sign * (abs(length) % SECOND) * 1_000)


def read_duration(length: Duration) -> int:
    """A duration from the wire, not below zero."""
    if length.seconds < 0 or not 0 <= length.nanos < _NANOS:
        raise OutOfRange("a duration is not below zero, with 0 to 999999999 ns")
    return length.seconds * SECOND + length.nanos // 1_000
