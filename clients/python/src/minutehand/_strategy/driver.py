"""The one loop: what happens goes into the session, what the session wants is done."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

from .._chassis.backoff import Backoff
from .._chassis.clock import Clock
from .._chassis.exits import Exit, Failure
from .._chassis.grid import SECOND
from .asking import Failed, Generator
from .decide import Decider
from .exchange import Action, Answer, Ask, End, Identity, Notice, Received, Register, Registered, Submit
from .link import Heard, Link
from .session import Session
from .signals import Signal
from .submission import Abstention, Decision
from .trader import Trader

#: What was decided for a minute, from which signals.
Decided = tuple[int, Decision | Abstention, tuple[Signal, ...]]


class Driver:
    """Owner of everything that a strategy is. At most one of each kind of work is under way; what takes
    its place cancels it."""

    def __init__(
        self,
        identity: Identity,
        trader: Trader,
        generators: Sequence[Generator],
        decider: Decider,
        around: tuple[Clock, random.Random],
    ) -> None:
        self._identity = identity
        self._trader = trader
        self._generators = generators
        self._decider = decider
        self._clock, self._rng = around
        self._backoff = Backoff()
        self.session = Session(identity)
        self._link = Link(trader, None, 0)
        self._hearing: asyncio.Task[Heard] | None = asyncio.ensure_future(self._link.next())
        self._deciding: asyncio.Task[Decided] | None = None
        self._submitting: asyncio.Task[tuple[int, Answer]] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Runs until `stop` is set, or raises Failure when the session has come to its end."""
        stopping = asyncio.ensure_future(stop.wait())
        try:
            while True:
                await self._something(stopping)
                if stop.is_set():
                    return
                # Time is looked at before anything else: what a process stopped for a while finds on its
                # table may belong to a minute that is over.
                self._act(self.session.time(self._clock.wall()))
                self._act(self._happened())
        finally:
            stopping.cancel()

    async def heard_within(self, allowed: int) -> None:
        """Waits for a registration under way, which may be on the trader's disk already."""
        if self._hearing is None:
            return
        await asyncio.wait({self._hearing}, timeout=allowed / SECOND)
        if self._hearing.done():
            heard = self._hearing.result()
            if isinstance(heard, Registered):
                self.session.registered(self._clock.wall(), heard)

    def close(self) -> None:
        """Ends what is under way."""
        for task in (self._hearing, self._deciding, self._submitting):
            if task is not None:
                task.cancel()
        self._link.close()

    async def _something(self, stopping: asyncio.Task[Any]) -> None:
        """Waits until something has happened, or until it is time to look at the clock again."""
        under_way = (stopping, self._hearing, self._deciding, self._submitting)
        look = self.session.next_look
        timeout = None if look is None else self._clock.nap(look) / SECOND
        waited = [task for task in under_way if task is not None]
        await asyncio.wait(waited, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)

    def _happened(self) -> list[Action]:
        """The first of what has happened."""
        if self._hearing is not None and self._hearing.done():
            heard, self._hearing = self._hearing.result(), None
            return self._heard(heard)
        if self._deciding is not None and self._deciding.done():
            (minute, content, signals), self._deciding = self._deciding.result(), None
            return self.session.decided(self._clock.wall(), minute, content, signals)
        if self._submitting is not None and self._submitting.done():
            (minute, answer), self._submitting = self._submitting.result(), None
            if isinstance(answer, Received):
                self._backoff.reset()
            return self.session.answered(minute, answer)
        return []

    def _heard(self, heard: Heard) -> list[Action]:
        if isinstance(heard, Registered):
            self._hearing = asyncio.ensure_future(self._link.next())
            return self.session.registered(self._clock.wall(), heard)
        if isinstance(heard, Notice):
            self._hearing = asyncio.ensure_future(self._link.next())
            return self.session.noticed(heard)
        return self.session.lost(self._clock.now(), heard)

    def _act(self, actions: Sequence[Action]) -> None:
        """Does what the session wants."""
        for action in actions:
            if isinstance(action, Register):
                self._register(action)
            elif isinstance(action, Ask):
                self._ask(action)
            elif isinstance(action, Submit):
                self._submit(action)
            elif isinstance(action, End):
                raise Failure(action.exit, action.message)
            else:
                action.note.log(self._identity.name, str(self._identity.trader))

    def _register(self, action: Register) -> None:
        for task in (self._submitting, self._hearing):
            if task is not None:
                task.cancel()
        self._link.close()
        self._submitting = None
        self._link = Link(self._trader, action.hold, self._backoff.next(self._rng))
        self._hearing = asyncio.ensure_future(self._link.next())

    def _ask(self, action: Ask) -> None:
        if self._deciding is not None:
            self._deciding.cancel()
        self._deciding = asyncio.ensure_future(self._decide(action))

    def _submit(self, action: Submit) -> None:
        if self._submitting is not None:
            self._submitting.cancel()
        rng = random.Random(self._rng.random())

        async def submit() -> tuple[int, Answer]:
            answer = await self._trader.submit(action.submission, action.hold, action.offset, action.until, rng)
            return action.submission.minute, answer

        self._submitting = asyncio.ensure_future(submit())

    async def _decide(self, action: Ask) -> Decided:
        """Asks every generator at the same time, and decides from what they answer."""
        timing = self.session.timing
        assert timing is not None, "a minute is due after a registration"
        questions = [
            generator.signal(action.minute, action.until, timing.skew, random.Random(self._rng.random()))
            for generator in self._generators
        ]
        readings = await asyncio.gather(*questions)
        signals = tuple(reading for reading in readings if isinstance(reading, Signal))
        failed = [reading for reading in readings if isinstance(reading, Failed)]
        for reading in failed:
            if reading.for_good:
                raise Failure(
                    Exit.REFUSED,
                    f"{reading.cause}; start strategy {self._identity.name} with the same --interval as its "
                    "generators and trader",
                )
        if failed:
            causes = "; ".join(reading.cause for reading in failed)
            return action.minute, Abstention(causes), signals
        # The function may take half of what the patience leaves of the grace.
        until = (action.until + timing.deadline(action.minute)) // 2
        return action.minute, await self._decider.decision(action.minute, signals, until), signals
