"""A generator as its callers see it: rules G1 to G3, and health."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest

from conftest import PATIENCE, Part, System
from minutehand._chassis import wire
from minutehand._chassis.grid import SECOND
from minutehand._chassis.status import Status
from minutehand._generator import health
from minutehand._generator.outcomes import Computed, Outcome, Outcomes
from minutehand._strategy.asking import GET_SIGNAL
from minutehand.v1 import generator_pb2 as pb

MINUTE = 2 * SECOND


def now() -> int:
    return time.time_ns() // 1_000


def outcome(minute: int, good: bool = True) -> Outcome:
    return Outcome(minute, Computed(0.5, minute, "r") if good else "why")


def after(*minutes: tuple[int, bool]) -> Outcomes:
    outcomes = Outcomes(interval=1)
    for minute, good in minutes:
        outcomes.push(outcome(minute, good))
    return outcomes


def test_g1_the_last_two_minutes_are_kept() -> None:
    outcomes = after((1, True), (2, True), (3, False))
    assert [outcomes.find(minute) for minute in (1, 2, 3, 4)] == [None, outcome(2), outcome(3, False), None]
    assert outcomes.oldest == 2
    assert after((1, True), (5, True)).oldest == 5, "minutes that were slept over are gone"


def test_g2_the_latest_signal_is_never_older_than_two_minutes() -> None:
    assert after().latest is None
    assert after((1, True), (2, True)).latest == outcome(2)
    assert after((1, True), (2, False)).latest == outcome(1)
    assert after((1, True), (2, False), (3, False)).latest == outcome(3, False)


Ask = Callable[..., Awaitable[pb.GetSignalResponse]]


def asking(generator: Part, story: Callable[[Ask], Awaitable[None]]) -> None:
    async def run() -> None:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{generator.port}") as channel:
            call: Any = channel.unary_unary(
                GET_SIGNAL, pb.GetSignalRequest.SerializeToString, pb.GetSignalResponse.FromString
            )

            async def ask(minute: int | None = None, **fields: Any) -> pb.GetSignalResponse:
                request = pb.GetSignalRequest(**fields)
                if minute is not None:
                    request.minute.CopyFrom(wire.timestamp(minute))
                answer: pb.GetSignalResponse = await call(request, timeout=PATIENCE)
                return answer

            await story(ask)

    asyncio.run(run())


async def refused(answer: Awaitable[pb.GetSignalResponse]) -> str:
    try:
        given = await answer
    except grpc.aio.AioRpcError as error:
        status = Status.of(error)
        return f"{status.code.name} {status.reason}: {status.message}"
    raise AssertionError(given)


def test_g2_exactly_the_minutes_signal_and_a_reason_for_every_refusal(system: System) -> None:
    generator = system.generator("g")

    async def story(ask: Ask) -> None:
        this = now() // MINUTE * MINUTE
        following = this + MINUTE
        told = await refused(ask(following))
        assert told.startswith("OUT_OF_RANGE future: ")
        # It waits for the minute that begins, and answers with no other.
        while following > now():  # noqa: ASYNC110 - it is the wall clock that is waited for
            await asyncio.sleep(0.01)
        answer = await ask(following, interval=wire.duration(MINUTE))
        assert wire.read_timestamp(answer.signal.minute) == following
        assert wire.read_timestamp(answer.signal.produced_at) >= following
        assert answer.signal.value == following / SECOND % 1000
        assert (answer.signal.generator, len(answer.signal.run_id)) == ("g", 16)
        assert abs(wire.read_timestamp(answer.generator_time) - now()) < 10 * SECOND
        assert (await ask()).signal.run_id == answer.signal.run_id
        for request, expected in (
            (ask(following - 10 * MINUTE), "OUT_OF_RANGE gone: "),
            (ask(following + 1), "INVALID_ARGUMENT off-grid: "),
            (
                ask(following, interval=wire.duration(60 * SECOND)),
                "FAILED_PRECONDITION interval: the caller's interval is 1m, this generator's is 2s",
            ),
            (ask(interval=wire.duration(-1)), "INVALID_ARGUMENT malformed: "),
        ):
            told = await refused(request)
            assert told.startswith(expected), told

    asking(generator, story)


def test_g2_the_same_value_for_the_same_minute_and_another_run_after_a_restart(system: System) -> None:
    generator = system.generator("g")
    seen: list[pb.Signal] = []

    async def story(ask: Ask) -> None:
        first = (await ask()).signal
        minute = wire.read_timestamp(first.minute)
        seen.append(first)
        assert (await ask(minute)).signal == first

    asking(generator, story)
    generator.kill()
    generator.again()
    asking(generator, story)
    assert seen[0].run_id != seen[1].run_id


def test_health_follows_the_minutes(system: System) -> None:
    generator = system.generator("g", script="moody.py")

    async def story() -> list[int]:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{generator.port}") as channel:
            codec = (health._Request.SerializeToString, health._Response.FromString)
            check: Any = channel.unary_unary("/grpc.health.v1.Health/Check", *codec)
            watch: Any = channel.unary_stream("/grpc.health.v1.Health/Watch", *codec)
            assert (await check(health._Request(), timeout=PATIENCE)).status == 1
            with pytest.raises(grpc.aio.AioRpcError, match="NOT_FOUND"):
                await check(health._Request(service="x"), timeout=PATIENCE)
            seen = []
            async for answer in watch(health._Request(service="minutehand.v1.GeneratorService"), timeout=PATIENCE):
                seen.append(answer.status)
                if len(seen) == 4:
                    break
            return seen

    statuses = asyncio.run(story())
    assert set(statuses) == {1, 2}
    assert all(before != after for before, after in itertools.pairwise(statuses)), "only changes are told"
