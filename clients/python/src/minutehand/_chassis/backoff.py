"""How long to wait before the next try. Pure: chance comes in as an argument."""

from __future__ import annotations

import random

from .grid import MILLISECOND, SECOND

_FIRST = 50 * MILLISECOND
_LONGEST = SECOND


class Backoff:
    """Exponential backoff with full jitter: each wait is uniform below a ceiling that doubles from
    50 ms to 1 s, and at least half of the first ceiling."""

    def __init__(self) -> None:
        self._ceiling = _FIRST

    def next(self, rng: random.Random) -> int:
        """How long to wait before the next try."""
        wait = max(int(self._ceiling * rng.random()), _FIRST // 2)
        self._ceiling = min(self._ceiling * 2, _LONGEST)
        return wait

    def reset(self) -> None:
        """A try succeeded: the next failure waits shortly again."""
        self._ceiling = _FIRST
