"""A process from its start to its end: signals, and the exit code."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import NoReturn

from . import log
from .exits import Failure

Work = Callable[[asyncio.Event], Awaitable[None]]


def end_with(work: Work) -> NoReturn:
    """Runs `work` to its end and ends the process with its exit code; a failure is logged, here and
    nowhere else. SIGINT or SIGTERM sets the event that `work` was given; another one ends the process
    at once with 1."""
    try:
        asyncio.run(_attended(work))
    except Failure as failure:
        log.error(failure.message)
        sys.exit(int(failure.exit))
    sys.exit(0)


def seeded(seed: int | None) -> random.Random:
    """Chance, from a seed that the log keeps."""
    if seed is None:
        seed = random.SystemRandom().getrandbits(64)
    log.debug("random numbers", seed=seed)
    return random.Random(seed)


async def _attended(work: Work) -> None:
    stop = asyncio.Event()

    def asked(name: str) -> None:
        if stop.is_set():
            os._exit(1)
        log.info(f"{name}: stopping; a second signal stops at once")
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked, number.name)
    await work(stop)
