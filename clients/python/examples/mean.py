"""The mean of all signals, which it cuts to between -1 and 1."""

from collections.abc import Sequence
from datetime import datetime

import minutehand


def decide(minute: datetime, signals: Sequence[minutehand.Signal]) -> float:
    """All signals have the same weight."""
    mean = sum(signal.value for signal in signals) / len(signals)
    return min(max(mean, -1.0), 1.0)


if __name__ == "__main__":
    minutehand.strategy(decide)
