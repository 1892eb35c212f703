"""A generator's signal, and what makes it fit for a decision (rules S2, T2). Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .._chassis import grid, wire
from .._chassis.grid import show_instant
from .._chassis.names import LENGTH_MAX, untrusted
from ..v1 import generator_pb2 as pb


class Unfit(Exception):
    """Why an answer of a generator is not fit for a decision."""


@dataclass(frozen=True)
class Signal:
    """One number that a generator computed for one minute, checked."""

    generator: str
    """Name of the generator."""
    value: float
    """The number: finite."""
    minute: datetime
    """The minute that it is for, by its start, in UTC."""
    produced_at: datetime
    """When it was produced, by the generator's clock."""
    run_id: str
    """Random id of the generator's process."""

    @classmethod
    def example(cls, generator: str, value: float) -> Signal:
        """A signal for the test of a decision: of the first minute of 1970."""
        start = grid.to_datetime(0)
        return cls(generator, value, start, start, "example")

    def to_wire(self) -> pb.Signal:
        """For the wire."""
        return pb.Signal(
            generator=self.generator,
            run_id=self.run_id,
            minute=self.minute,
            value=self.value,
            produced_at=self.produced_at,
        )


def check(answer: pb.GetSignalResponse, minute: int, now: int, skew: int) -> Signal:
    """Checks a generator's answer for `minute`, read at `now`; raises Unfit."""
    if answer.HasField("generator_time"):
        _check_clock(answer, now, skew)
    raw = answer.signal
    for text, what in ((raw.generator, "generator name"), (raw.run_id, "run id")):
        if not 1 <= len(text) <= LENGTH_MAX:
            raise Unfit(f"malformed: the answer has no {what} of 1 to {LENGTH_MAX} characters")
    got = _instant(raw, "minute", "minute")
    produced_at = _instant(raw, "produced_at", "time of production")
    if got != minute:
        raise Unfit(f"wrong minute: the answer is for {show_instant(got)}, asked was {show_instant(minute)}")
    if produced_at < minute:
        raise Unfit(
            f"stale: produced at {show_instant(produced_at)}, {grid.seconds(minute - produced_at):.3f} s "
            f"before the minute began at {show_instant(minute)}"
        )
    if produced_at > now + skew:
        raise Unfit(f"future: produced at {_ahead(produced_at, now, skew)}")
    if not math.isfinite(raw.value):
        raise Unfit(f"not finite: the signal is {show_value(raw.value)}")
    start, produced = grid.to_datetime(minute), grid.to_datetime(produced_at)
    return Signal(raw.generator, raw.value, start, produced, raw.run_id)


def shared_name(signals: Sequence[Signal]) -> str | None:
    """The first generator name that two of `signals` carry. The trader takes each name once."""
    names = sorted(signal.generator for signal in signals)
    for name, following in itertools.pairwise(names):
        if name == following:
            return untrusted(name)
    return None


def show_value(value: float) -> str:
    """A number as the other parts of a system write it."""
    return "NaN" if math.isnan(value) else repr(value)


def _check_clock(answer: pb.GetSignalResponse, now: int, skew: int) -> None:
    """A generator whose clock was ahead by more than `skew` when it sent the answer may have given the
    signal of a minute that had not begun."""
    try:
        theirs = wire.read_timestamp(answer.generator_time)
    except wire.OutOfRange:
        raise Unfit("malformed: the answer has no clock") from None
    if theirs > now + skew:
        raise Unfit(f"clock: the generator's clock showed {_ahead(theirs, now, skew)}")


def _instant(raw: pb.Signal, field: str, what: str) -> int:
    try:
        if raw.HasField(field):
            return wire.read_timestamp(getattr(raw, field))
    except wire.OutOfRange:
        pass
    raise Unfit(f"malformed: the answer has no {what}")


def _ahead(theirs: int, now: int, skew: int) -> str:
    return (
        f"{show_instant(theirs)}, {grid.seconds(theirs - now):.3f} s after {show_instant(now)} by this "
        f"machine's clock, with {grid.seconds(skew):.3f} s tolerated; compare the two clocks"
    )
