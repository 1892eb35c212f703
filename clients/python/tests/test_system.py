"""A whole system of real processes: a trader and a strategy in Rust, a generator and a strategy in Python."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import time

import grpc
import pytest

from conftest import PARTS, PATIENCE, Part, System, binary
from minutehand._chassis.channel import OPTIONS

PY = "strategy.py"


def medians(trader: Part, count: int, of: int) -> None:
    """So many medians of so many decisions."""
    for _ in range(count):
        trader.line(rf"median: -?\d.* count={of}$")


def test_medians_come_of_both_and_mean_the_same(system: System) -> None:
    generator, trader = system.generator("g"), system.trader()
    system.strategy("R", trader, [generator])
    python = system.strategy("P", trader, [generator], script=PY)
    medians(trader, 2, of=2)
    decided = re.compile(r"(?P<name>[PR]) submitted (?P<value>\S+) minute=(?P<minute>\S+)")
    said: dict[str, set[str]] = {}
    for line in trader.look():
        if match := decided.search(line):
            said.setdefault(match["minute"], set()).add(match["value"])
    assert said
    assert all(len(values) == 1 for values in said.values())
    python.line(r"registered P epoch=\d+ first_minute=\S+Z taken_over=false")
    python.line(r"submitted \S+ for \S+Z")


def test_s3_a_generator_that_is_killed_is_named_and_used_again_when_it_is_back(system: System) -> None:
    generator, trader = system.generator("g"), system.trader()
    python = system.strategy("P", trader, [generator], script=PY)
    medians(trader, 1, of=1)
    generator.kill()
    cause = rf"generator 127\.0\.0\.1:{generator.port}: (connection refused|the connection was closed)"
    trader.line(rf"state ERROR .*P abstained .*: {cause}, \d+ (try|tries) in 0\.\d s")
    python.line(rf"WARN no decision for \S+Z: {cause}")
    generator.again()
    medians(trader, 1, of=1)
    trader.line(r"state OK \(was ERROR\)")


def test_s4_a_second_process_of_the_name_takes_it_over_and_the_first_exits_with_6(system: System) -> None:
    generator, trader = system.generator("g"), system.trader()
    first = system.strategy("P", trader, [generator], script=PY)
    medians(trader, 1, of=1)
    # The name of a living session stays taken.
    rival = system.strategy("P", trader, [generator], script=PY)
    assert rival.exits() == 1
    assert any("the name P is taken: a strategy of that name is connected" in line for line in rival.seen)
    # One that does not answer for a while loses its session, and then its name.
    first.send(signal.SIGSTOP)
    trader.line("lost the connection to P")
    second = system.strategy("P", trader, [generator], script=PY)
    second.line("registered P .*taken_over=true")
    first.send(signal.SIGCONT)
    assert first.exits() == 6
    assert any("fenced: another instance of P has taken the name over" in line for line in first.seen)
    medians(trader, 1, of=1)


def test_s4_deregistered_by_an_operator_it_exits_with_6(system: System) -> None:
    generator, trader = system.generator("g"), system.trader()
    python = system.strategy("P", trader, [generator], script=PY)
    medians(trader, 1, of=1)
    subprocess.run([binary("deregister"), "-n", "P", "--trader-port", str(trader.port)], check=True)
    assert python.exits() == 6
    assert any("P was deregistered at trader" in line for line in python.seen)


def test_s4_another_interval_exits_with_6(system: System) -> None:
    generator, trader = system.generator("g"), system.trader()
    python = system.strategy("P", trader, [generator], "--interval", "3s", script=PY)
    assert python.exits() == 6
    assert any("start strategy P with the same --interval" in line for line in python.seen)


def test_s6_a_trader_that_is_killed_finds_its_strategy_again(system: System) -> None:
    generator, trader = system.generator("g"), system.trader()
    python = system.strategy("P", trader, [generator], script=PY)
    medians(trader, 1, of=1)
    trader.kill()
    python.line(rf"WARN trader 127\.0\.0\.1:{trader.port}: .*; retrying")
    trader.again()
    medians(trader, 2, of=1)
    epochs = [line for line in python.look() if "registered P" in line]
    assert len(epochs) == 2
    assert len({re.sub(r"^\S+ ", "", line) for line in epochs}) == 1, "the same epoch and first minute"


def test_r4_a_trader_that_hangs_is_noticed_within_seconds(system: System) -> None:
    generator, trader = system.generator("g"), system.trader()
    python = system.strategy("P", trader, [generator], script=PY)
    medians(trader, 1, of=1)
    trader.send(signal.SIGSTOP)
    stopped = time.monotonic()
    python.line("WARN trader .*; retrying")
    assert time.monotonic() - stopped < 8
    trader.send(signal.SIGCONT)
    medians(trader, 1, of=1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_s5_it_deregisters_itself_when_it_is_stopped(system: System, number: signal.Signals) -> None:
    generator, trader = system.generator("g"), system.trader()
    python = system.strategy("P", trader, [generator], script=PY)
    trader.line("registered P")
    python.line("registered P")
    python.send(number)
    assert python.exits() == 0
    trader.line("deregistered P")
    generator.send(number)
    assert generator.exits() == 0


def test_s3_a_function_that_abstains_says_why_at_the_trader(system: System) -> None:
    generator, trader = system.generator("g"), system.trader()
    system.strategy("P", trader, [generator], script="raising.py")
    trader.line(r"state ERROR .*P abstained .*: no opinion$")


def test_g3_a_minute_without_a_signal_is_said_with_its_reason(system: System) -> None:
    generator, trader = system.generator("g", script="moody.py"), system.trader()
    system.strategy("R", trader, [generator])
    trader.line(r"state (OK|ERROR)")
    reasons = rf"generator 127\.0\.0\.1:{generator.port}: no signal of \S+Z: "
    trader.line(reasons + "the market is closed")
    generator.line(r"INFO signals are computed again, from \S+Z on")
    seen = "\n".join(generator.look() + trader.look())
    assert "the computation gave nan, which is no finite number" in seen or trader.line(
        reasons + "the computation gave"
    )


def test_g3_a_computation_that_hangs_ends_the_generator(system: System) -> None:
    generator = system.generator("g", script="hanging.py")
    generator.line(r"WARN no signal of \S+Z: the computation was not finished \d\.\d s after the minute began")
    assert generator.exits() == 1
    assert "3 computations in a row were still running when the next minute began" in generator.seen[-1]


def test_r4_probes_every_few_seconds_are_welcome(system: System) -> None:
    """A server that takes them for an attack ends the link with ENHANCE_YOUR_CALM at the third. Twice as often as
    ours, so that the server's own probes do not make up for them."""
    generator = system.generator("g")
    options = tuple({**dict(OPTIONS), "grpc.keepalive_time_ms": 1_500}.items())

    async def idle() -> bool:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{generator.port}", options) as channel:
            await asyncio.wait_for(channel.channel_ready(), PATIENCE)
            changed = channel.wait_for_state_change(grpc.ChannelConnectivity.READY)
            try:
                await asyncio.wait_for(changed, 10)
            except asyncio.TimeoutError:
                return True
            return False

    assert asyncio.run(idle()), "the link was ended"


def test_c3_bad_flags_are_a_usage_error(system: System) -> None:
    def said(script: str, *flags: str) -> str:
        part = system.part("bad", sys.executable, str(PARTS / script), *flags)
        assert part.exits() == 2, flags
        return part.seen[-1]

    links = ("--trader-port", "1", "--signal-ports", "1")
    assert "--name is required" in said(PY, *links)
    assert "is not a name" in said(PY, "--name", "a/b", *links)
    assert "one of --signals and --signal-ports is required" in said(PY, "--name", "x")
    assert "is there twice: name each generator once" in said(PY, "--name", "x", "--signal-ports", "1,1")
    assert "an interval is whole milliseconds" in said(PY, "--name", "x", *links, "--interval", "1ms")
    assert "go together" in said(PY, "--name", "x", *links, "--tls-ca", "ca.pem")
    assert "together are not less than the interval" in said("generator.py", "--grace", "60s")
    assert "10.0.0.1 can be reached from other machines" in said("generator.py", "--host", "10.0.0.1")


def test_fault_38_a_port_in_use_is_named(system: System) -> None:
    generator = system.generator("g")
    second = system.part("second", *generator.command)
    assert second.exits() == 1
    assert f"127.0.0.1:{generator.port} is in use by another process" in second.seen[-1]
