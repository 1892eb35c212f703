"""A generator of the minute's own number, which depends on nothing else."""

from datetime import datetime

import minutehand


def compute(minute: datetime) -> float:
    return minute.timestamp() % 1000


if __name__ == "__main__":
    minutehand.generator(compute)
