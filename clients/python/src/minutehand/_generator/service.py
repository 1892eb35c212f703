"""Answers calls, from the outcomes that the driver makes known and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

import grpc
from grpc import StatusCode

from .._chassis import wire
from .._chassis.clock import Clock
from .._chassis.grid import SECOND, Timing, minute_containing, seconds, show_duration, show_instant
from .._chassis.retry import Refused
from .._chassis.status import Status, details
from .._chassis.tls import identity_among
from ..v1 import generator_pb2 as pb
from .outcomes import Computed, Outcome, Outcomes

SERVICE = "minutehand.v1.GeneratorService"

#: How long a request may take from its first byte to its answer, if its caller does not say less.
REQUEST_TIMEOUT = 30 * SECOND

Context = grpc.aio.ServicerContext[Any, Any]


class Service:
    """The generator as callers see it."""

    def __init__(self, name: str, timing: Timing, clock: Clock, outcomes: Outcomes, known_callers: bool) -> None:
        self._name = name
        self._timing = timing
        self._clock = clock
        self._outcomes = outcomes
        self._known_callers = known_callers

    async def get_signal(self, request: pb.GetSignalRequest, context: Context) -> pb.GetSignalResponse:
        """The signal of a minute, as soon as there is one."""
        try:
            if self._known_callers:
                check_caller(context)
            minute = self._asked(request)
            computed = await asyncio.wait_for(self._wait(minute), REQUEST_TIMEOUT / SECOND)
        except Refused as refused:
            await refuse(context, refused.status)
        except asyncio.TimeoutError:
            limit = show_duration(REQUEST_TIMEOUT)
            message = f"slow: no answer within {limit}, which is the limit; try again"
            await refuse(context, Status(StatusCode.DEADLINE_EXCEEDED, message, "slow"))
        return self._answer(*computed)

    def _answer(self, minute: int, computed: Computed) -> pb.GetSignalResponse:
        signal = pb.Signal(
            generator=self._name,
            run_id=computed.run_id,
            minute=wire.timestamp(minute),
            value=computed.value,
            produced_at=wire.timestamp(computed.produced_at),
        )
        return pb.GetSignalResponse(signal=signal, generator_time=wire.timestamp(self._clock.wall()))

    def _asked(self, request: pb.GetSignalRequest) -> int | None:
        """The minute that a request asks for; none: the latest. Raises Refused."""
        try:
            if request.HasField("interval"):
                theirs, ours = wire.read_duration(request.interval), self._timing.interval
                if theirs != ours:
                    raise _refused(
                        StatusCode.FAILED_PRECONDITION,
                        "interval",
                        f"the caller's interval is {show_duration(theirs)}, this generator's is "
                        f"{show_duration(ours)}: start both with the same --interval",
                    )
            if not request.HasField("minute"):
                return None
            return wire.read_minute(request.minute, self._timing.interval)
        except wire.OutOfRange as error:
            raise _refused(StatusCode.INVALID_ARGUMENT, "malformed", f"malformed: {error}") from None
        except ValueError as error:
            raise _refused(StatusCode.INVALID_ARGUMENT, "off-grid", str(error)) from None

    async def _wait(self, minute: int | None) -> tuple[int, Computed]:
        """The signal of `minute`, or the latest. How long that may take is up to the caller: the call ends
        at its deadline."""
        while True:
            if self._outcomes.stopped:
                raise _refused(StatusCode.UNAVAILABLE, "no-signal", "this generator is stopping")
            outcome = self._latest() if minute is None else self._look(minute)
            if outcome is None:
                await self._outcomes.changed()
            elif isinstance(outcome.result, Computed):
                return outcome.minute, outcome.result
            else:
                message = f"no signal of {show_instant(outcome.minute)}: {outcome.result}"
                raise _refused(StatusCode.UNAVAILABLE, "no-signal", message)

    def _look(self, minute: int) -> Outcome | None:
        """The outcome as things are; none while it is still to come. Raises Refused."""
        # Asked each time, since the clock may be stepped back while somebody waits.
        wall, skew = self._clock.wall(), self._timing.skew
        if minute > wall + skew:
            raise _refused(
                StatusCode.OUT_OF_RANGE,
                "future",
                f"{show_instant(minute)} is {seconds(minute - wall):.3f} s ahead of this generator's clock "
                f"({show_instant(wall)}), {seconds(skew):.3f} s are tolerated: check the clocks of both machines",
            )
        outcome, oldest = self._outcomes.find(minute), self._outcomes.oldest
        if outcome is None and oldest is not None and minute < oldest:
            raise _refused(
                StatusCode.OUT_OF_RANGE,
                "gone",
                f"the signal of {show_instant(minute)} is not kept, the oldest minute that is kept is "
                f"{show_instant(oldest)}; if {show_instant(minute)} is this minute, compare the clocks of both "
                "machines",
            )
        return outcome

    def _latest(self) -> Outcome | None:
        current = minute_containing(self._clock.wall(), self._timing.interval)
        newest = self._outcomes.newest
        # After a sleep, what was the latest before it is old: the current one is on its way.
        if newest is None or newest.minute + self._timing.interval < current:
            return None
        return self._outcomes.latest


def check_caller(context: Context) -> None:
    """Whoever has a certificate of this project may call; raises Refused for anybody else."""
    names = context.auth_context().get("x509_subject_alternative_name", [])
    try:
        identity_among([text for name in names if "://" in (text := name.decode(errors="replace"))])
    except ValueError as error:
        raise _refused(StatusCode.UNAUTHENTICATED, "no-identity", str(error)) from None


async def refuse(context: Context, status: Status) -> NoReturn:
    """Ends a call with a refusal and its reason."""
    trailing = details(status.code, status.reason, status.message)
    await context.abort(status.code, status.message, trailing)


def _refused(code: StatusCode, reason: str, message: str) -> Refused:
    return Refused(Status(code, message, reason))
