"""A signal generator: a wave with a period of an hour, which does not trade on Sundays."""

import math
from datetime import datetime

import minutehand


def compute(minute: datetime) -> float:
    """From -1 to 1; the same after a restart."""
    if minute.weekday() == 6:
        raise minutehand.NoSignal("it is Sunday")
    return math.sin(2 * math.pi * minute.timestamp() / 3600)


if __name__ == "__main__":
    minutehand.generator(compute)
