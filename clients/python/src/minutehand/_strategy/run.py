"""A strategy from its start to its end."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from .._chassis import log
from .._chassis.channel import Address, Channel, dial
from .._chassis.clock import Clock
from .._chassis.exits import Exit, Failure
from .._chassis.grid import SECOND, show_duration
from .._chassis.names import random_name
from .._chassis.retry import GaveUp
from .._chassis.tls import Files
from .asking import Generator
from .decide import Decide, Decider
from .driver import Driver
from .ending import stays
from .exchange import Identity
from .refusal import Reason, classify
from .trader import Trader

#: How long a strategy tries to deregister itself (rule S5).
LEAVE_TIMEOUT = 5 * SECOND


@dataclass(frozen=True)
class Config:
    """Everything that a strategy is told. Durations are microseconds."""

    name: str
    trader: Address
    generators: tuple[Address, ...]
    """1 to 64, each once."""
    interval: int = 60 * SECOND
    patience: int | None = None
    """How long it tries before it abstains; 0.8 × the trader's grace if not given."""
    stay: bool = False
    """Whether it stays registered when it is stopped."""
    tls: Files | None = None


async def run(decide: Decide, config: Config, rng: random.Random, stop: asyncio.Event) -> None:
    """Runs a strategy until `stop` is set; raises Failure when it is refused for good."""
    clock = Clock()
    # The time is part of it, since a process started again with the same seed is another instance.
    instance = f"{random_name(rng)}-{clock.wall():x}"
    name, trader, interval = config.name, config.trader, config.interval
    log.info(f"strategy {name}, trader {trader}", instance=instance, interval=show_duration(interval))
    channels: list[Channel] = []
    try:
        channels.append(await dial(trader, "trader", config.tls))
        link = Trader(channels[0], clock, name, instance, interval)
        generators = []
        for address in config.generators:
            channels.append(await dial(address, "generator", config.tls))
            generators.append(Generator(address, channels[-1], clock, interval))
        identity = Identity(name, trader, interval, config.patience)
        around = (clock, rng)
        driver = Driver(identity, link, generators, Decider(decide, clock), around)
        try:
            await _to_the_end(driver, _Leaving(identity, link, clock, rng), config.stay, stop)
        finally:
            driver.close()
    finally:
        for channel in channels:
            await channel.close()


async def _to_the_end(driver: Driver, leaving: _Leaving, stay: bool, stop: asyncio.Event) -> None:
    try:
        await driver.run(stop)
    except Failure as failure:
        raise await leaving.take_back(driver, failure) from None
    if stay:
        log.info("stopped; the registration remains (--stay)")
    else:
        await leaving.leave(driver)


@dataclass(frozen=True)
class _Leaving:
    """Taking the strategy off its trader's list."""

    identity: Identity
    trader: Trader
    clock: Clock
    rng: random.Random

    async def leave(self, driver: Driver) -> None:
        """At a stop (rule S5); raises Failure if it stays registered."""
        name, trader = self.identity.name, self.identity.trader
        deadline = self.clock.mono() + LEAVE_TIMEOUT
        if driver.session.hold is None:
            await driver.heard_within(LEAVE_TIMEOUT)
        hold = driver.session.hold
        if hold is None:
            log.info(
                f"{name} was not registered, as far as is known here; if trader {trader} lists it all the "
                f"same: `{self.identity.way_out}`"
            )
            return
        try:
            await self.trader.deregister(hold, deadline, self.rng)
        except GaveUp as failure:
            self._not_its_own(failure)
        else:
            log.info(f"deregistered {name}")

    def _not_its_own(self, failure: GaveUp) -> None:
        name, trader = self.identity.name, self.identity.trader
        if not failure.timed_out and failure.status.code.name == "NOT_FOUND":
            log.info(f"{name} was off the list of trader {trader} already")
            return
        reason = classify(failure.status)
        if reason is Reason.DEREGISTERED:
            log.info(f"{name} was deregistered already")
        elif reason is Reason.FENCED:
            log.warn(f"another instance of {name} has taken the name over and stays registered")
        else:
            message = f"trader {trader}: {failure}; {stays(self.identity)}, which waits for it each minute"
            raise Failure(Exit.FAILED, message)

    async def take_back(self, driver: Driver, failure: Failure) -> Failure:
        """What was registered for a strategy that does not start, so that nothing has changed."""
        hold = driver.session.unwanted
        if hold is None:
            return failure
        try:
            await self.trader.deregister(hold, self.clock.mono() + LEAVE_TIMEOUT, self.rng)
        except GaveUp:
            return Failure(failure.exit, f"{failure.message}; {stays(self.identity)}")
        return failure
