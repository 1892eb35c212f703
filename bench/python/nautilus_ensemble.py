"""A plan of moving averages as an ensemble in Nautilus Trader: a strategy each, and the median of all.

One engine, the bars in memory before anything is timed, and nothing that has no part in it: logging,
analysis, risk checks and the exchange's own pass over the bars are off, and no orders are sent.
"""

import argparse
import csv
import re
import time
import tomllib
from datetime import datetime, timezone
from importlib.metadata import version

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, RiskEngineConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy, StrategyConfig

MINUTE_NS = 60_000_000_000

# Passes are timed until they have lasted so long, and at least so many of them.
TIMED_FOR_S = 2.0
PASSES_MIN = 3

SIGNAL = re.compile(r"sign\(close - sma\(close, (\d+)\)\)")


class Medians:
    """Takes a decision of every strategy, and keeps the median once all of a minute are in."""

    def __init__(self, count):
        assert count % 2 == 1, "the middle one"
        self.count = count
        self.clear()

    def clear(self):
        self.minute_ns = 0
        self.decisions = []
        self.minutes = []

    def decide(self, minute_ns, decision):
        decisions = self.decisions
        if minute_ns != self.minute_ns:
            self.minute_ns = minute_ns
            decisions.clear()
        decisions.append(decision)
        if len(decisions) == self.count:
            decisions.sort()
            self.minutes.append((minute_ns, decisions[self.count // 2]))


class SideOfAverage(Strategy):
    """Decides on which side of its moving average the close is."""

    def __init__(self, config, bar_type, period, medians):
        super().__init__(config)
        self.bar_type = bar_type
        self.average = SimpleMovingAverage(period)
        self.medians = medians

    def on_start(self):
        self.register_indicator_for_bars(self.bar_type, self.average)
        self.subscribe_bars(self.bar_type)

    def on_bar(self, bar):
        average = self.average
        if average.initialized:
            above = bar.close.as_double() - average.value
            decision = 1.0 if above > 0.0 else -1.0 if above < 0.0 else 0.0
            self.medians.decide(bar.ts_event, decision)

    def on_reset(self):
        self.average.reset()


def periods(file):
    """Of each strategy of a plan."""
    with open(file, "rb") as source:
        plan = tomllib.load(source)
    signals = {one["name"]: one["signal"] for one in plan["generator"]}
    found = []
    for strategy in plan["strategy"]:
        (signal,) = strategy["signals"]
        assert set(strategy) == {"name", "signals"}, strategy
        found.append(int(SIGNAL.fullmatch(signals[signal]).group(1)))
    return found


def nanoseconds(timestamp):
    """Of milliseconds, or of date and time in UTC."""
    if timestamp.isdigit():
        return int(timestamp) * 1_000_000
    return int(datetime.fromisoformat(timestamp).replace(tzinfo=timezone.utc).timestamp()) * 1_000_000_000


def bars(file, bar_type, precision):
    """Of a file of bars of a minute, stamped with their open; each is known at its close."""
    with open(file, newline="") as source:
        for row in csv.DictReader(source):
            prices = [Price(float(row[name]), precision) for name in ("open", "high", "low", "close")]
            closed = nanoseconds(row["timestamp"]) + MINUTE_NS
            yield Bar(bar_type, *prices, Quantity(float(row["volume"]), 6), closed, closed)


def ensemble(plan, data):
    """An engine that is ready to run, and where its medians come."""
    quiet = LoggingConfig(bypass_logging=True)
    engine = BacktestEngine(
        BacktestEngineConfig(logging=quiet, risk_engine=RiskEngineConfig(bypass=True), run_analysis=False)
    )
    engine.add_venue(
        Venue("BINANCE"), OmsType.NETTING, AccountType.CASH, [Money(1_000_000, USD)], bar_execution=False
    )
    instrument = TestInstrumentProvider.btcusdt_binance()
    engine.add_instrument(instrument)
    bar_type = BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")
    engine.add_data(list(bars(data, bar_type, instrument.price_precision)))
    found = periods(plan)
    medians = Medians(len(found))
    for period in found:
        config = StrategyConfig(strategy_id=f"S-{period}", order_id_tag=str(period))
        engine.add_strategy(SideOfAverage(config, bar_type, period, medians))
    return engine, medians


def write(file, minutes):
    with open(file, "w") as out:
        for minute_ns, median in minutes:
            minute = datetime.fromtimestamp(minute_ns // 1_000_000_000, timezone.utc)
            out.write(f"{minute:%Y-%m-%dT%H:%M:%SZ},{median}\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("plan")
    parser.add_argument("--data", required=True)
    parser.add_argument("--medians", help="write them here, and time nothing")
    args = parser.parse_args()
    engine, medians = ensemble(args.plan, args.data)
    if args.medians:
        engine.run()
        write(args.medians, medians.minutes)
        return
    passes, taken = 0, 0.0
    while passes < PASSES_MIN or taken < TIMED_FOR_S:
        engine.reset()
        medians.clear()
        begun = time.perf_counter()
        engine.run()
        taken += time.perf_counter() - begun
        passes += 1
        assert medians.minutes, "no medians came"
    bars_seen = engine.iteration * passes
    print(f"nautilus {version('nautilus_trader')} minutes {bars_seen} seconds {taken}")


if __name__ == "__main__":
    main()
