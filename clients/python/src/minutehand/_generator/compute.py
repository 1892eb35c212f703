"""What is computed: one number for each minute, by somebody else's function."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

#: Computes the signal of the minute that starts then, in UTC.
Compute = Callable[[datetime], float]


class NoSignal(Exception):
    """Raised by a computation: the minute has no signal, and why, for a person to read."""
