"""Strategies and signal generators for Minutehand, each as one function.

import minutehand

def decide(minute, signals):
    return sum(signal.value for signal in signals)

minutehand.strategy(decide)
"""

from ._generator.compute import Compute, NoSignal
from ._generator.main import generator
from ._strategy.decide import Abstain, Decide
from ._strategy.main import strategy
from ._strategy.signals import Signal

__all__ = ["Abstain", "Compute", "Decide", "NoSignal", "Signal", "generator", "strategy"]
