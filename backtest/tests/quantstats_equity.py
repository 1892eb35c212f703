"""Prints what quantstats makes of a generated equity: `backtest/tests/quantstats.csv`, which `parity.rs` reads.

A line of names, a line of numbers, then the equity, a minute a line. Needs what
quantstats.requirements.txt lists; `.ci/deep parity` runs it and compares.
"""

import random

import pandas as pd
import quantstats.stats as qs

MINUTES = 2_000
YEAR = 365 * 24 * 60

chance = random.Random(7)
values = [1.0]
for minute in range(MINUTES):
    step = 0.0 if minute % 7 == 3 else chance.gauss(2e-6, 1e-4)
    values.append(values[-1] * (1.0 + step))
equity = pd.Series(values, index=pd.date_range("2022-01-01", periods=MINUTES + 1, freq="min"))
returns = equity.pct_change().dropna()

statistics = {
    "total_return": qs.comp(returns),
    "cagr": qs.cagr(returns, periods=YEAR),
    "sharpe": qs.sharpe(returns, periods=YEAR),
    "sortino": qs.sortino(returns, periods=YEAR),
    "calmar": qs.calmar(returns, periods=YEAR),
    "max_drawdown": qs.max_drawdown(returns),
    "win_rate": qs.win_rate(returns),
    "profit_factor": qs.profit_factor(returns),
}
print(";".join(statistics))
print(";".join(repr(float(value)) for value in statistics.values()))
for value in values[1:]:
    print(repr(value))
