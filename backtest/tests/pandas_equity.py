"""Prints bars, decisions and the equity that pandas makes of them: `backtest/tests/pandas.csv`, which `parity.rs` reads.

In parts of the equity, where the backtest counts units. ';' between columns; a decision is empty where there is none.
Needs what quantstats.requirements.txt lists; `.ci/deep parity` runs it and compares.
"""

import random

import pandas as pd

MINUTES = 500
COST = 0.0007

chance = random.Random(11)
rows = []
close = 100.0
for minute in range(MINUTES):
    opened = round(close * (1 + chance.gauss(0, 1e-4)), 4)
    close = round(opened * (1 + chance.gauss(0, 1e-3)), 4)
    decision = chance.choice([None, round(chance.uniform(-1.5, 1.5), 3)])
    rows.append((opened, close, decision))
bars = pd.DataFrame(rows, columns=["open", "close", "decision"], dtype=float)
bars["gap"] = bars["open"] / bars["close"].shift(1).fillna(bars["open"])
bars["move"] = bars["close"] / bars["open"]
bars["target"] = bars["decision"].clip(-1.0, 1.0)

equity, held, values = 1.0, 0.0, []
for bar in bars.itertuples():
    grown = 1.0 + held * (bar.gap - 1.0)
    equity, held = equity * grown, held * bar.gap / grown
    if not pd.isna(bar.target):
        left = 1.0 - abs(bar.target - held) * COST
        equity, held = equity * left, bar.target / left
    grown = 1.0 + held * (bar.move - 1.0)
    equity, held = equity * grown, held * bar.move / grown
    values.append(equity)

print("open;close;decision;equity")
for bar, value in zip(bars.itertuples(), values):
    decision = "" if pd.isna(bar.decision) else repr(bar.decision)
    print(f"{bar.open!r};{bar.close!r};{decision};{value!r}")
