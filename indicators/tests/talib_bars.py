"""Prints what TA-Lib makes of generated bars: `indicators/tests/talib.csv`, which `parity.rs` reads.

A column a thing, a row a bar, ';' between them; empty where TA-Lib has no value. Needs what
talib.requirements.txt lists; `.ci/deep parity` runs it and compares.
"""

import math
import random

import numpy as np
import talib

BARS = 400


def bars():
    """A random walk in cents, with quiet bars and long ones, and the shapes that patterns look for."""
    chance = random.Random(7)
    close = 10_000
    for _ in range(BARS):
        wide = chance.choice([2, 10, 40, 120])
        opened = close + chance.choice([0, 0, chance.randint(-wide, wide)])
        close = opened + chance.choice([0, 1, chance.randint(-wide, wide)])
        high = max(opened, close) + chance.choice([0, chance.randint(0, wide)])
        low = min(opened, close) - chance.choice([0, chance.randint(0, 3 * wide)])
        yield [opened / 100, high / 100, low / 100, close / 100, float(chance.randint(1, 999))]


opened, high, low, close, volume = (np.array(column) for column in zip(*bars()))
upper, _, lower = talib.BBANDS(close, 20, 2.0, 2.0)
macd, signal, histogram = talib.MACD(close, 12, 26, 9)


def pattern(function):
    """TA-Lib says 100 where we say 1."""
    return function(opened, high, low, close) / 100.0


columns = {
    "open": opened,
    "high": high,
    "low": low,
    "close": close,
    "volume": volume,
    "typical": talib.TYPPRICE(high, low, close),
    "sma(close, 14)": talib.SMA(close, 14),
    "ema(close, 12)": talib.EMA(close, 12),
    "wma(close, 10)": talib.WMA(close, 10),
    "std(close, 20)": talib.STDDEV(close, 20, 1.0),
    "bollinger_upper(close, 20, 2)": upper,
    "bollinger_lower(close, 20, 2)": lower,
    "highest(close, 20)": talib.MAX(close, 20),
    "lowest(close, 20)": talib.MIN(close, 20),
    "donchian_upper(20)": talib.MAX(high, 20),
    "donchian_lower(20)": talib.MIN(low, 20),
    "momentum(close, 10)": talib.MOM(close, 10),
    "roc(close, 10)": talib.ROC(close, 10),
    "rsi(close, 14)": talib.RSI(close, 14),
    "macd(close, 12, 26)": macd,
    "macd_signal(close, 12, 26, 9)": signal,
    "macd_histogram(close, 12, 26, 9)": histogram,
    "slope(close, 14)": talib.LINEARREG_SLOPE(close, 14),
    "atr(14)": talib.ATR(high, low, close, 14),
    "doji()": pattern(talib.CDLDOJI),
    "hammer()": pattern(talib.CDLHAMMER),
    "spinning_top()": pattern(talib.CDLSPINNINGTOP),
    "engulfing()": pattern(talib.CDLENGULFING),
}

print(";".join(columns))
for row in zip(*columns.values()):
    print(";".join("" if math.isnan(value) else repr(float(value)) for value in row))
