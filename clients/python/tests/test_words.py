"""What signals, decisions, refusals and links come to in words."""

from __future__ import annotations

import asyncio
import math
import random
import re
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

import grpc
import pytest
from grpc import StatusCode

import minutehand
from minutehand._chassis import grid, log, retry, status, wire
from minutehand._chassis.backoff import Backoff
from minutehand._chassis.channel import parse_address
from minutehand._chassis.clock import Clock
from minutehand._chassis.grid import SECOND
from minutehand._chassis.retry import GaveUp, Refused
from minutehand._chassis.status import Status, root_cause, unavailable
from minutehand._strategy import main
from minutehand._strategy.decide import Decider
from minutehand._strategy.refusal import Reason, classify
from minutehand._strategy.run import Config
from minutehand._strategy.signals import Signal, Unfit, check
from minutehand._strategy.submission import Abstention, Decision
from minutehand.v1 import generator_pb2 as pb


def at(text: str) -> int:
    instant = grid.parse_instant(f"2026-11-20T12:{text}Z")
    assert instant is not None
    return instant


def answer(minute: str, produced_at: str, value: float) -> pb.GetSignalResponse:
    signal = pb.Signal(generator="g", run_id="r", value=value)
    signal.minute.CopyFrom(wire.timestamp(at(minute)))
    signal.produced_at.CopyFrom(wire.timestamp(at(produced_at)))
    return pb.GetSignalResponse(signal=signal)


def checked(given: pb.GetSignalResponse) -> float | str:
    """Of 12:01, read at 12:01:02 with a skew of one second."""
    try:
        signal = check(given, at("01:00"), at("01:02"), SECOND)
    except Unfit as unfit:
        return str(unfit)
    assert signal.to_wire() == given.signal
    return signal.value


@pytest.mark.parametrize(
    ("minute", "produced_at", "value", "expected"),
    [
        ("01:00", "01:00", 0.5, 0.5),
        ("01:00", "01:03", -0.5, -0.5),
        (
            "01:00",
            "00:59.5",
            0.5,
            "stale: produced at 2026-11-20T12:00:59.500Z, 0.500 s before the minute began at 2026-11-20T12:01:00Z",
        ),
        (
            "01:00",
            "01:03.001",
            0.5,
            "future: produced at 2026-11-20T12:01:03.001Z, 1.001 s after 2026-11-20T12:01:02Z by this machine's "
            "clock, with 1.000 s tolerated; compare the two clocks",
        ),
        (
            "00:00",
            "01:00",
            0.5,
            "wrong minute: the answer is for 2026-11-20T12:00:00Z, asked was 2026-11-20T12:01:00Z",
        ),
        ("01:00", "01:00", math.nan, "not finite: the signal is NaN"),
        ("01:00", "01:00", math.inf, "not finite: the signal is inf"),
    ],
)
def test_s2_t2_each_signal_is_checked(minute: str, produced_at: str, value: float, expected: float | str) -> None:
    assert checked(answer(minute, produced_at, value)) == expected


def test_s2_an_answer_with_parts_missing_is_not_used() -> None:
    def without(clear: Callable[[pb.Signal], object]) -> str:
        given = answer("01:00", "01:00", 1.0)
        clear(given.signal)
        return str(checked(given))

    for clear in (
        lambda signal: signal.ClearField("generator"),
        lambda signal: setattr(signal, "generator", "x" * 65),
        lambda signal: signal.ClearField("run_id"),
        lambda signal: signal.ClearField("minute"),
        lambda signal: signal.ClearField("produced_at"),
        lambda signal: setattr(signal.produced_at, "nanos", -1),
    ):
        assert without(clear).startswith("malformed: the answer has no ")


def test_t2_a_generator_whose_clock_is_ahead_is_not_believed() -> None:
    given = answer("01:00", "01:00", 1.0)
    given.generator_time.CopyFrom(wire.timestamp(at("01:03")))
    assert checked(given) == 1.0
    given.generator_time.CopyFrom(wire.timestamp(at("01:04")))
    assert str(checked(given)).startswith("clock: the generator's clock showed 2026-11-20T12:01:04Z, 2.000 s after ")


def decide_with(function: minutehand.Decide, signals: Sequence[Signal], allowed: int = 10 * SECOND) -> object:
    async def once() -> object:
        clock = Clock()
        return await Decider(function, clock).decision(0, signals, clock.wall() + allowed)

    return asyncio.run(once())


SIGNALS = (Signal.example("a", 0.25), Signal.example("b", 0.5))


def test_s2_a_decision_is_what_the_function_returns() -> None:
    def decide(minute: datetime, signals: Sequence[Signal]) -> float:
        assert minute == datetime.fromisoformat("1970-01-01T00:00:00+00:00")
        return sum(signal.value for signal in signals)

    assert decide_with(decide, SIGNALS) == Decision(0.75)


def test_s3_whatever_else_a_function_does_is_an_abstention() -> None:
    def raises(error: BaseException) -> minutehand.Decide:
        def decide(minute: datetime, signals: Sequence[Signal]) -> float:
            raise error

        return decide

    for function, cause in (
        (raises(minutehand.Abstain("holiday")), "holiday"),
        (raises(minutehand.Abstain()), "no reason given"),
        (raises(ValueError("a\n  b")), "the decision function raised ValueError: a b"),
        (raises(StopIteration()), "the decision function raised RuntimeError: StopIteration()"),
        (raises(KeyError("x")), "the decision function raised KeyError: 'x'"),
        (raises(SystemExit(1)), "the decision function raised RuntimeError: SystemExit(1)"),
        (lambda _, __: math.nan, "the decision from 2 signals is NaN, not a finite number"),
        (lambda _, __: -math.inf, "the decision from 2 signals is -inf, not a finite number"),
        (lambda _, __: None, "the decision function raised TypeError: it returned NoneType, which is no number"),
        (lambda _, __: "1.5", "the decision function raised TypeError: it returned str, which is no number"),
    ):
        decided = decide_with(function, SIGNALS)  # type: ignore[arg-type]
        assert isinstance(decided, Abstention)
        assert decided.cause.startswith(cause)


def test_s2_two_generators_of_one_name_are_no_decision() -> None:
    twice = (SIGNALS[0], SIGNALS[0])
    assert decide_with(lambda _, __: 1.0, twice) == Abstention(
        'two generators call themselves "a": give each its own --name'
    )


def test_s3_a_function_that_is_slow_is_an_abstention_and_not_called_twice_at_a_time() -> None:
    release, calls = threading.Event(), []

    def decide(minute: datetime, signals: Sequence[Signal]) -> float:
        calls.append(minute)
        release.wait(10)
        return 1.0

    async def story() -> list[object]:
        clock = Clock()
        decider = Decider(decide, clock)
        first = await decider.decision(0, SIGNALS, clock.wall() + SECOND // 20)
        second = await decider.decision(60 * SECOND, SIGNALS, clock.wall() + SECOND // 20)
        release.set()
        while not decider.is_idle:  # noqa: ASYNC110 - the function ends in its thread
            await asyncio.sleep(0.01)
        return [first, second, await decider.decision(120 * SECOND, SIGNALS, clock.wall() + 10 * SECOND)]

    first, second, third = asyncio.run(story())
    assert isinstance(first, Abstention)
    assert first.cause.startswith("the decision function had not ended after ")
    assert second == Abstention("the decision function is still at work on 1970-01-01T00:00:00Z: it has to be faster")
    assert third == Decision(1.0)
    assert len(calls) == 2


def test_s3_a_long_cause_is_cut_between_characters() -> None:
    cause = Abstention.of("é" * 1_000).cause
    assert 1_020 <= len(cause.encode()) <= 1_024
    assert cause.endswith("é…")
    assert Abstention.of("x" * 1_024) == Abstention("x" * 1_024)


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (StatusCode.ABORTED, "fenced", Reason.FENCED),
        (StatusCode.ABORTED, "deregistered", Reason.DEREGISTERED),
        (StatusCode.FAILED_PRECONDITION, "interval", Reason.INTERVAL),
        (StatusCode.ALREADY_EXISTS, "taken", Reason.TAKEN),
        (StatusCode.NOT_FOUND, "not-registered", Reason.NOT_REGISTERED),
        (StatusCode.NOT_FOUND, "", Reason.OTHER),
        (StatusCode.UNAVAILABLE, "journal", Reason.PASSING),
        (StatusCode.RESOURCE_EXHAUSTED, "full", Reason.PASSING),
        (StatusCode.CANCELLED, "", Reason.PASSING),
        (StatusCode.UNKNOWN, "", Reason.PASSING),
        (StatusCode.OUT_OF_RANGE, "", Reason.PASSING),
        (StatusCode.OUT_OF_RANGE, "late", Reason.OTHER),
        (StatusCode.FAILED_PRECONDITION, "stale", Reason.OTHER),
        (StatusCode.ALREADY_EXISTS, "conflict", Reason.OTHER),
        (StatusCode.PERMISSION_DENIED, "not-yours", Reason.OTHER),
        (StatusCode.INVALID_ARGUMENT, "malformed", Reason.OTHER),
    ],
)
def test_s4_refusals_are_told_apart_by_code_and_reason(code: StatusCode, reason: str, expected: Reason) -> None:
    assert classify(Status(code, "why", reason)) is expected


def test_a_refusal_reads_back_as_it_was_built() -> None:
    trailing = grpc.aio.Metadata(*status.details(StatusCode.ABORTED, "fenced", "gone"))
    error = grpc.aio.AioRpcError(StatusCode.ABORTED, grpc.aio.Metadata(), trailing, "gone")
    read = Status.of(error)
    assert (read.code, read.message, read.reason) == (StatusCode.ABORTED, "gone", "fenced")
    garbled = grpc.aio.Metadata((status.DETAILS, b"\xff\xff"))
    assert Status.of(grpc.aio.AioRpcError(StatusCode.ABORTED, garbled, garbled, "gone")).reason == ""


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (
            "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to connect to remote "
            "host: connect: Connection refused (111)",
            "connection refused",
        ),
        (
            "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to connect to remote "
            "host: Connection refused",
            "connection refused",
        ),
        ("recvmsg:Connection reset by peer", "connection reset by peer"),
        ("recvmsg: Connection reset by peer (104)", "connection reset by peer"),
        ("Socket closed", "the connection was closed"),
        (
            "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:9: connection attempt timed out "
            "before receiving SETTINGS frame",
            "connection attempt timed out before receiving SETTINGS frame",
        ),
        ("keepalive watchdog timeout", "no answer to a probe of the connection"),
        ("DNS resolution failed for x: Domain name not found", "DNS resolution failed for x: Domain name not found"),
    ],
)
def test_s3_a_failed_link_is_named_in_the_systems_words(said: str, cause: str) -> None:
    assert root_cause(said) == cause


def test_s3_waits_grow_to_a_second_and_start_anew_after_success() -> None:
    rng, backoff = random.Random(1), Backoff()
    waits = [backoff.next(rng) for _ in range(100)]
    assert waits[0] <= 50_000
    assert all(25_000 <= wait <= SECOND for wait in waits)
    assert max(waits[10:]) > SECOND // 2
    backoff.reset()
    assert backoff.next(rng) <= 50_000


def tried(statuses: Sequence[Status | None], within: int) -> GaveUp | None:
    left = list(statuses)

    async def call(allowed: int) -> None:
        status = left.pop(0) if len(left) > 1 else left[0]
        if status is not None:
            raise Refused(status)

    async def run() -> None:
        clock = Clock()
        await retry.until(clock.mono() + within, retry.TRY_TIMEOUT, clock, random.Random(7), call)

    try:
        asyncio.run(run())
    except GaveUp as failure:
        return failure
    return None


def test_s3_a_passing_failure_is_tried_again_and_a_refusal_is_not() -> None:
    down = unavailable("down")
    assert tried([down, down, None], 5 * SECOND) is None
    refused = tried([Status(StatusCode.ABORTED, "gone")], 5 * SECOND)
    assert refused is not None
    assert (str(refused), refused.timed_out) == ("gone", False)
    timed_out = tried([down], SECOND // 2)
    assert timed_out is not None
    assert str(timed_out).startswith("down, ")
    assert str(timed_out).endswith(" tries in 0.5 s")


def test_c1_addresses_are_host_and_port() -> None:
    for good in ("127.0.0.1:1010", "localhost:1", "[::1]:65535", "a-b.example:1010"):
        assert str(parse_address(good)) == good
    for bad in (
        "",
        ":",
        "1010",
        "host",
        "host:",
        ":1010",
        "host:0",
        "host:65536",
        "::1:10",
        "a b:1",
        "h/x:1",
        "m@h:1",
    ):
        with pytest.raises(ValueError, match="is not HOST:PORT"):
            parse_address(bad)


def test_c1_a_flag_outranks_its_variable_and_that_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    def parsed(*words: str) -> Config:
        parser = main._parser()
        return main._config(parser, parser.parse(["--signal-ports", "1000", *words]))

    monkeypatch.setenv("MINUTEHAND_STRATEGY_NAME", "E")
    monkeypatch.setenv("MINUTEHAND_STRATEGY_INTERVAL", "2s")
    monkeypatch.setenv("MINUTEHAND_STRATEGY_STAY", "true")
    config = parsed()
    assert (config.name, config.interval, config.stay) == ("E", 2 * SECOND, True)
    assert (str(config.trader), [str(at) for at in config.generators]) == ("127.0.0.1:1010", ["127.0.0.1:1000"])
    assert parsed("--name", "F").name == "F"
    assert str(parsed("--trader", "t.example:9").trader) == "t.example:9"
    monkeypatch.setenv("MINUTEHAND_STRATEGY_INTERVAL", "1ms")
    with pytest.raises(SystemExit):
        parsed()


def test_c2_log_lines_are_those_of_the_other_parts(capsys: pytest.CaptureFixture[str]) -> None:
    for format, expected in (
        ("text", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO registered X epoch=7 taken_over=false\n"),
        (
            "json",
            r'\{"timestamp": "[^"]+Z", "level": "INFO", "fields": \{"message": "registered X", "epoch": 7, .*\n',
        ),
    ):
        log.start(format)
        log.info("registered X", epoch=7, taken_over=False)
        assert re.fullmatch(expected, capsys.readouterr().err)
