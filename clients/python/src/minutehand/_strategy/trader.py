"""The strategy's three calls to its trader."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import grpc
from google.protobuf.message import Message

from .._chassis import retry, wire
from .._chassis.channel import Channel
from .._chassis.clock import Clock
from .._chassis.grid import SECOND, ClockOffset, Now, parse_instant
from .._chassis.retry import GaveUp, Refused
from .._chassis.status import SILENCE, Status, unavailable
from ..v1 import trader_pb2 as pb
from .exchange import Answer, Notice, Received, Registered
from .refusal import Refusal, classify
from .submission import Hold, Submission

#: Dialling the trader and its first message together take at most this; the trader writes the
#: registration to its disk meanwhile.
REGISTER_TIMEOUT = 4 * SECOND

_SERVICE = "/minutehand.v1.TraderService/"
_NOTICES = {
    pb.SESSION_NOTICE_FENCED: Notice.FENCED,
    pb.SESSION_NOTICE_DEREGISTERED: Notice.DEREGISTERED,
    pb.SESSION_NOTICE_STOPPING: Notice.STOPPING,
}


class Trader:
    """The trader, as one strategy's process calls it."""

    def __init__(self, channel: Channel, clock: Clock, name: str, instance: str, interval: int) -> None:
        self._channel = channel
        self._clock = clock
        self._name = name
        self._instance = instance
        self._interval = interval

    def open(self, hold: Hold | None) -> Stream:
        """Opens a session."""
        request = pb.RegisterRequest(
            name=self._name,
            instance=self._instance,
            interval=wire.duration(self._interval),
            journal=hold.journal if hold else "",
            epoch=hold.epoch if hold else 0,
        )
        sent = self._clock.now()
        call = self._channel.stream(_SERVICE + "Register", request, pb.RegisterResponse)
        return Stream(self, call, sent)

    async def submit(
        self, submission: Submission, hold: Hold, offset: ClockOffset | None, until: int, rng: random.Random
    ) -> Answer:
        """Hands in a submission, again and again until it is answered or the minute is over."""
        message = submission.to_wire(self._name, self._instance, hold, offset)
        measured: ClockOffset | None = None

        async def once(allowed: int) -> None:
            nonlocal measured
            sent = self._clock.now()
            if sent.wall >= until:
                # The monotonic clock stands still while a machine is suspended, and the deadline with
                # it; the wall clock knows that the minute is over.
                raise Refused(SILENCE)
            try:
                answer = await self._channel.call(_SERVICE + "Submit", message, pb.SubmitResponse, allowed)
            except Refused as refused:
                theirs = parse_instant(refused.status.facts.get("trader_time", ""))
                measured = None if theirs is None else self._offset(sent, theirs)
                raise
            theirs = _instant(answer, "trader_time")
            measured = None if theirs is None else self._offset(sent, theirs)

        deadline = self._clock.mono() + max(until - self._clock.wall(), 0)
        try:
            await retry.until(deadline, retry.TRY_TIMEOUT, self._clock, rng, once)
        except GaveUp as failure:
            return Refusal(classify(failure.status), str(failure), measured)
        return Received(measured)

    async def deregister(self, hold: Hold, deadline: int, rng: random.Random) -> None:
        """Takes the strategy off the trader's list: tried until `deadline`; raises GaveUp."""
        message = pb.DeregisterRequest(name=self._name, instance=self._instance, epoch=hold.epoch)

        async def once(allowed: int) -> None:
            await self._channel.call(_SERVICE + "Deregister", message, pb.DeregisterResponse, allowed)

        await retry.until(deadline, retry.TRY_TIMEOUT, self._clock, rng, once)

    def status(self, error: grpc.aio.AioRpcError) -> Status:
        """Why a session could not be opened, or ended."""
        return self._channel.status(error)

    def read(self, first: pb.RegisterResponse, sent: Now) -> Registered | None:
        """The first message of a session, if it is a whole `registered`."""
        if first.WhichOneof("event") != "registered":
            return None
        told = first.registered
        instants = [_instant(told, field) for field in ("first_minute", "trader_time")]
        lengths = [_length(told, field) for field in ("interval", "grace", "skew")]
        if None in instants or None in lengths:
            return None
        first_minute, trader_time = (instant or 0 for instant in instants)
        interval, grace, skew = (length or 0 for length in lengths)
        return Registered(
            hold=Hold(told.journal, told.epoch),
            taken_over=told.outcome == pb.REGISTER_OUTCOME_TAKEN_OVER,
            first_minute=first_minute,
            trader_time=trader_time,
            offset=self._offset(sent, trader_time),
            interval=interval,
            grace=grace,
            skew=skew,
        )

    def _offset(self, sent: Now, theirs: int) -> ClockOffset:
        """Measured by the monotonic clock, so that a stepped wall clock does not spoil it."""
        took = self._clock.mono() - sent.mono
        return ClockOffset.estimate(sent.wall, theirs, sent.wall + took)


class Stream:
    """A session's stream, from its opening to its end. Closing it ends the session."""

    def __init__(self, trader: Trader, call: grpc.aio.UnaryStreamCall[Any, pb.RegisterResponse], sent: Now) -> None:
        self._trader = trader
        self._call = call
        self._sent = sent

    async def first(self) -> Registered:
        """Its first message; raises Refused."""
        try:
            message = await asyncio.wait_for(self._next(), REGISTER_TIMEOUT / SECOND)
        except asyncio.TimeoutError:
            raise Refused(SILENCE) from None
        registered = self._trader.read(message, self._sent)
        if registered is None:
            what = "the first message of the session is not a whole `registered`"
            raise Refused(unavailable(what))
        return registered

    async def notice(self) -> Notice:
        """The next notice; what a later version may say is passed over. Raises Refused at the end."""
        while True:
            message = await self._next()
            notice = _NOTICES.get(message.notice)
            if notice is not None:
                return notice

    def close(self) -> None:
        """Ends the session."""
        self._call.cancel()

    async def _next(self) -> pb.RegisterResponse:
        try:
            message = await self._call.read()
        except grpc.aio.AioRpcError as error:
            raise Refused(self._trader.status(error)) from None
        if isinstance(message, pb.RegisterResponse):
            return message
        raise Refused(unavailable("the session has ended"))


def _instant(message: Message, field: str) -> int | None:
    try:
        return wire.read_timestamp(getattr(message, field)) if message.HasField(field) else None
    except wire.OutOfRange:
        return None


def _length(message: Message, field: str) -> int | None:
    try:
        return wire.read_duration(getattr(message, field)) if message.HasField(field) else None
    except wire.OutOfRange:
        return None
