"""A strategy that has no opinion."""

from collections.abc import Sequence
from datetime import datetime

import minutehand


def decide(minute: datetime, signals: Sequence[minutehand.Signal]) -> float:
    raise minutehand.Abstain("no opinion")


if __name__ == "__main__":
    minutehand.strategy(decide)
