"""Asking one generator for one minute's signal, until it is there or patience is over."""

from __future__ import annotations

import random
from dataclasses import dataclass

from grpc import StatusCode

from .._chassis import retry, wire
from .._chassis.channel import Address, Channel
from .._chassis.clock import Clock
from .._chassis.retry import GaveUp, Refused
from .._chassis.status import Status, unavailable
from ..v1 import generator_pb2 as pb
from .signals import Signal, Unfit, check

GET_SIGNAL = "/minutehand.v1.GeneratorService/GetSignal"


@dataclass(frozen=True)
class Failed:
    """No signal from a generator."""

    cause: str
    """The root cause, with the generator's address."""
    for_good: bool
    """Generator and strategy do not mean the same minutes: refused for good."""


class Generator:
    """A link to one generator."""

    def __init__(self, address: Address, channel: Channel, clock: Clock, interval: int) -> None:
        self._address = address
        self._channel = channel
        self._clock = clock
        self._interval = interval

    async def signal(self, minute: int, until: int, skew: int, rng: random.Random) -> Signal | Failed:
        """The minute's signal, checked: asked for until `until`. An answer that is not fit counts as a
        failed try, since the generator may be just starting or its clock about to be set."""
        patience = max(until - self._clock.wall(), 0)
        deadline = self._clock.mono() + patience

        async def ask(allowed: int) -> Signal:
            return await self._ask(minute, skew, allowed)

        try:
            # The call waits at the generator while it computes, so one try may last all the time left.
            return await retry.until(deadline, patience, self._clock, rng, ask)
        except GaveUp as failure:
            status = failure.status
            other = status.code is StatusCode.FAILED_PRECONDITION and status.reason == "interval"
            return Failed(f"generator {self._address}: {failure}", for_good=other)

    async def _ask(self, minute: int, skew: int, allowed: int) -> Signal:
        question = pb.GetSignalRequest(minute=wire.timestamp(minute), interval=wire.duration(self._interval))
        try:
            answer = await self._channel.call(GET_SIGNAL, question, pb.GetSignalResponse, allowed)
        except Refused as refused:
            raise Refused(_repeatable(refused.status)) from None
        try:
            return check(answer, minute, self._clock.wall(), skew)
        except Unfit as unfit:
            raise Refused(unavailable(str(unfit))) from None


def _repeatable(status: Status) -> Status:
    """A generator whose clock is behind refuses the minute as `future` until it begins there, too: that
    passes."""
    return unavailable(status.message) if status.reason == "future" else status
