"""A generator whose computation never ends."""

import threading
from datetime import datetime

import minutehand


def compute(minute: datetime) -> float:
    threading.Event().wait()
    return 0.0


if __name__ == "__main__":
    minutehand.generator(compute)
