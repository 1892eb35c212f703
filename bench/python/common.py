"""What both Python trios share: the grid of minutes, the median, the journal and the trader's book.

All instants are integers, microseconds since the Unix epoch; a minute is named by the instant at which it starts.
"""

import math
import os
import signal
import sqlite3
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import NamedTuple

HOST = "127.0.0.1"
SECOND = 1_000_000
RETRY_SECONDS = 0.02
BEHIND_US = int(os.environ.get("BEHIND_US", "0"))  # by so much, for systems that run side by side


def now_us():
    return time.time_ns() // 1000 - BEHIND_US


def sleep_until(instant):
    while (left := instant - now_us()) > 0:
        time.sleep(left / SECOND)


def announce(port):
    print(f"listening on {HOST}:{port}", file=sys.stderr, flush=True)


def random_id():
    return os.urandom(8).hex()


def exit_on_sigterm():
    """For programs without an event loop: SIGTERM unwinds the main thread."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def add_trio_commands(commands):
    """The commands that both flavours have, with the same flags."""
    generator, trader, strategy = (commands.add_parser(name) for name in ("generator", "trader", "strategy"))
    for command in (generator, trader):
        command.add_argument("-p", "--port", type=int, required=True)
    for command in (generator, trader, strategy):
        command.add_argument("--interval", type=Grid.of_seconds, required=True, dest="grid")
    trader.add_argument("--grace", type=lambda seconds: Grid.of_seconds(seconds).interval, required=True)
    trader.add_argument("--journal", required=True)
    strategy.add_argument("--name", required=True)
    strategy.add_argument("--trader-port", type=int, required=True)
    strategy.add_argument("--signal-ports", type=lambda ports: [int(p) for p in ports.split(",")], required=True)


@dataclass(frozen=True)
class Grid:
    """The minutes k × interval, UTC."""

    interval: int

    @classmethod
    def of_seconds(cls, seconds):
        return cls(round(float(seconds) * SECOND))

    def at(self, instant):
        return instant - instant % self.interval

    def after(self, instant):
        return self.at(instant) + self.interval

    @property
    def skew(self):
        return min(self.interval // 60, SECOND)


def median(ordered):
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    # Halves first: the sum of two large decisions may not be finite.
    return ordered[middle - 1] / 2 + ordered[middle] / 2


class Refused(Exception):
    """A request that is wrong, with the reason as its only argument."""

    @property
    def reason(self):
        return self.args[0]


class Signal(NamedTuple):
    generator: str
    run_id: str
    value: float
    produced_at: int


class Submission(NamedTuple):
    strategy: str
    epoch: int
    instance: str
    decided_at: int
    received_at: int
    decision: float
    signals: tuple


class Verdict(NamedTuple):
    minute: int
    kind: str  # median or failed
    median: float | None
    lowest: float | None
    highest: float | None
    count: int
    missing: int
    closed_at: int


class Journal:
    """The SQLite file. A method has written durably when it returns; any thread may call it."""

    SCHEMA = """
        CREATE TABLE IF NOT EXISTS meta (journal TEXT NOT NULL, interval_us INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS registrations (
            epoch INTEGER PRIMARY KEY, strategy TEXT NOT NULL, instance TEXT NOT NULL,
            first_minute INTEGER NOT NULL, registered_at INTEGER NOT NULL, ended_at INTEGER);
        CREATE UNIQUE INDEX IF NOT EXISTS in_force ON registrations (strategy) WHERE ended_at IS NULL;
        CREATE TABLE IF NOT EXISTS submissions (
            minute INTEGER NOT NULL, strategy TEXT NOT NULL, epoch INTEGER NOT NULL, instance TEXT NOT NULL,
            decided_at INTEGER NOT NULL, received_at INTEGER NOT NULL, decision REAL NOT NULL,
            PRIMARY KEY (minute, strategy)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS signals (
            minute INTEGER NOT NULL, strategy TEXT NOT NULL, position INTEGER NOT NULL, generator TEXT NOT NULL,
            run_id TEXT NOT NULL, value REAL NOT NULL, produced_at INTEGER NOT NULL,
            PRIMARY KEY (minute, strategy, position)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS verdicts (
            minute INTEGER PRIMARY KEY, kind TEXT NOT NULL, median REAL, lowest REAL, highest REAL,
            count INTEGER NOT NULL, missing INTEGER NOT NULL, closed_at INTEGER NOT NULL);
    """

    def __init__(self, path, grid):
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(self.SCHEMA)
        with self._db:
            if self._db.execute("SELECT count(*) FROM meta").fetchone() == (0,):
                self._db.execute("INSERT INTO meta VALUES (?, ?)", (random_id(), grid.interval))
        self.id, interval = self._db.execute("SELECT journal, interval_us FROM meta").fetchone()
        if interval != grid.interval:
            raise SystemExit("the journal is of another interval")

    def registrations(self):
        return self._db.execute(
            "SELECT strategy, instance, epoch, first_minute FROM registrations WHERE ended_at IS NULL").fetchall()

    def register(self, name, instance, first_minute, at):
        with self._lock, self._db:
            self._end(name, at)
            return self._db.execute(
                "INSERT INTO registrations (strategy, instance, first_minute, registered_at) VALUES (?, ?, ?, ?)",
                (name, instance, first_minute, at)).lastrowid

    def deregister(self, name, at):
        with self._lock, self._db:
            self._end(name, at)

    def _end(self, name, at):
        self._db.execute(
            "UPDATE registrations SET ended_at = ? WHERE strategy = ? AND ended_at IS NULL", (at, name))

    def record(self, verdict, submissions):
        minute = verdict.minute
        submissions.sort()  # in order of their keys, which is how SQLite appends fastest
        with self._lock, self._db:
            self._db.executemany("INSERT INTO submissions VALUES (?, ?, ?, ?, ?, ?, ?)",
                                 ((minute, *said[:6]) for said in submissions))
            self._db.executemany("INSERT INTO signals VALUES (?, ?, ?, ?, ?, ?, ?)",
                                 ((minute, said.strategy, position, *signal)
                                  for said in submissions for position, signal in enumerate(said.signals)))
            self._db.execute("INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", verdict)

    def close(self):
        with self._lock:
            self._db.close()


@dataclass(slots=True)
class Strategy:
    instance: str
    epoch: int
    first_minute: int
    sessions: int = 0


@dataclass(slots=True)
class Round:
    """An open minute: who has not spoken yet, and what the others said."""

    waiting: set
    said: dict = field(default_factory=dict)


class Book:
    """Who is registered and what was said in the open minutes. Neither locks nor waits: its owner does."""

    def __init__(self, grid, grace, registrations):
        self.grid, self.grace = grid, grace
        self.strategies = {name: Strategy(*rest) for name, *rest in registrations}
        self.rounds = {}
        self.closed = grid.at(now_us())  # the minute in which the trader starts is not judged

    def holder(self, name, instance):
        """The strategy if this instance has the name already, or None; refuses if another one is there."""
        held = self.strategies.get(name)
        if held and held.instance == instance:
            return held
        if held and held.sessions:
            raise Refused("taken")
        return None

    def first_minute(self, name):
        held = self.strategies.get(name)
        return held.first_minute if held else self.grid.after(now_us())

    def hold(self, name, instance, epoch, first_minute):
        if name not in self.strategies:
            for minute, round_ in self.rounds.items():
                if minute >= first_minute:
                    round_.waiting.add(name)
        self.strategies[name] = held = Strategy(instance, epoch, first_minute)
        return held

    def drop(self, name):
        if self.strategies.pop(name, None) is None:
            raise Refused("unknown")
        for round_ in self.rounds.values():
            round_.waiting.discard(name)

    def submit(self, name, instance, epoch, minute, decided_at, decision, signals):
        """Takes what a strategy says; returns whether it had said the same before."""
        now = now_us()
        held = self.strategies.get(name)
        if held is None:
            raise Refused("not-registered")
        if held.epoch != epoch or held.instance != instance:
            raise Refused("fenced")
        if minute % self.grid.interval or not signals or not math.isfinite(decision):
            raise Refused("malformed")
        horizon = now + self.grid.skew
        if minute > horizon:
            raise Refused("future")
        if minute <= self.closed or now > minute + self.grace:
            raise Refused("late")
        if minute < held.first_minute:
            raise Refused("not-expected")
        for _, _, value, produced_at in signals:
            if not math.isfinite(value):
                raise Refused("malformed")
            if not minute <= produced_at <= horizon:
                raise Refused("stale" if produced_at < minute else "future")
        if not minute <= decided_at <= horizon:
            raise Refused("stale" if decided_at < minute else "future")
        round_ = self._round(minute)
        before = round_.said.get(name)
        if before is not None:
            if (before.decided_at, before.decision, before.signals) != (decided_at, decision, signals):
                raise Refused("conflict")
            return True
        round_.said[name] = Submission(name, epoch, instance, decided_at, now, decision, signals)
        round_.waiting.discard(name)
        return False

    def _round(self, minute):
        if minute not in self.rounds:
            self.rounds[minute] = Round(
                {name for name, held in self.strategies.items() if held.first_minute <= minute})
        return self.rounds[minute]

    def full(self, minute):
        round_ = self.rounds.get(minute)
        return round_ is not None and not round_.waiting and bool(round_.said)

    def close(self, minute):
        """Ends a minute with its verdict and submissions, or None if nobody was expected in it."""
        round_ = self._round(minute)
        del self.rounds[minute]
        self.closed = minute
        submissions, missing, now = list(round_.said.values()), len(round_.waiting), now_us()
        if missing:
            return Verdict(minute, "failed", None, None, None, len(submissions), missing, now), submissions
        if not submissions:
            return None
        ordered = sorted(said.decision for said in submissions)
        return Verdict(minute, "median", median(ordered), ordered[0], ordered[-1], len(ordered), 0, now), submissions
