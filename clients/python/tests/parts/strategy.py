"""A strategy of the sum of its signals."""

from collections.abc import Sequence
from datetime import datetime

import minutehand


def decide(minute: datetime, signals: Sequence[minutehand.Signal]) -> float:
    return sum(signal.value for signal in signals)


if __name__ == "__main__":
    minutehand.strategy(decide)
