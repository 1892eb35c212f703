"""A generator whose every fourth minute fails, and every other fourth is not a number."""

import math
from datetime import datetime

import minutehand


def compute(minute: datetime) -> float:
    mood = int(minute.timestamp() / 2) % 4
    if mood == 1:
        raise minutehand.NoSignal("the market is closed")
    return math.nan if mood == 3 else 1.0


if __name__ == "__main__":
    minutehand.generator(compute)
