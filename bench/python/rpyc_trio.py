"""Generator, trader and strategy over RPyC: a threaded server each, plain tuples on the wire."""

import argparse
import collections
import random
import socket
import sys
import threading
import time

import rpyc
from rpyc.utils.helpers import classpartial
from rpyc.utils.server import ThreadedServer

from common import (HOST, RETRY_SECONDS, SECOND, Book, Grid, Journal, Refused, add_trio_commands, announce,
                    exit_on_sigterm, now_us, random_id, sleep_until)
from rpyc_load import load

# What a lost or silent connection looks like; a timeout is an OSError, too.
LOST = (EOFError, OSError)
KEPT_MINUTES = 64


def connect(port):
    """Without Nagle's algorithm, which holds back every small message behind an unacknowledged one."""
    stream = rpyc.SocketStream.connect(HOST, port, nodelay=True, attempts=1)
    return rpyc.connect_stream(stream, config={
        "import_custom_exceptions": True, "instantiate_custom_exceptions": True, "sync_request_timeout": None})


def start_server(service, port):
    server = ThreadedServer(service, hostname=HOST, port=port)
    server.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted sockets inherit it
    server.listener.listen(server.backlog)
    announce(server.port)
    threading.Thread(target=server.start, daemon=True).start()


class Generator:
    def __init__(self, grid):
        self.grid = grid
        self.run_id = random_id()
        self.signals = {}
        self.computed = threading.Condition()

    def run(self):
        while True:
            minute = self.grid.after(now_us())
            sleep_until(minute)
            with self.computed:
                self.signals[minute] = (f"g-{self.run_id}", self.run_id, random.random(), now_us())
                self.signals.pop(minute - KEPT_MINUTES * self.grid.interval, None)
                self.computed.notify_all()

    def signal(self, minute):
        if minute % self.grid.interval:
            raise Refused("off-grid")
        with self.computed:
            if minute > self.grid.after(now_us()):
                raise Refused("future")
            if not self.computed.wait_for(lambda: minute in self.signals, self._patience(minute)):
                raise Refused("no-signal")
            return self.signals[minute]

    def _patience(self, minute):
        return max(0, minute + self.grid.interval - now_us()) / SECOND


class GeneratorService(rpyc.Service):
    def __init__(self, generator):
        self.exposed_signal = generator.signal


class Trader:
    def __init__(self, grid, grace, path):
        self.grid, self.grace = grid, grace
        self.journal = Journal(path, grid)
        self.book = Book(grid, grace, self.journal.registrations())
        self.changed = threading.Condition()  # guards the book
        self.published = threading.Condition()  # guards the verdicts
        self.verdicts = collections.deque(maxlen=KEPT_MINUTES)

    def run(self):
        minute = self.grid.after(now_us())
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.book.full(minute), (minute + self.grace - now_us()) / SECOND)
                ended = self.book.close(minute)
            if ended:
                self.journal.record(*ended)
                with self.published:
                    self.verdicts.append(tuple(ended[0]))
                    self.published.notify_all()
            minute = max(minute + self.grid.interval, self.grid.at(now_us()))

    def register(self, name, instance, interval):
        if interval != self.grid.interval:
            raise Refused("interval")
        with self.changed:
            held = self.book.holder(name, instance)
            if held is None:
                first = self.book.first_minute(name)
                epoch = self.journal.register(name, instance, first, now_us())
                held = self.book.hold(name, instance, epoch, first)
            held.sessions += 1
            return held

    def submit(self, name, instance, epoch, minute, decided_at, decision, signals):
        with self.changed:
            duplicate = self.book.submit(name, instance, epoch, minute, decided_at, decision, signals)
            if self.book.full(minute):
                self.changed.notify_all()
        return duplicate, now_us()

    def deregister(self, name):
        with self.changed:
            self.book.drop(name)
            self.journal.deregister(name, now_us())
            self.changed.notify_all()

    def watch(self, after):
        with self.published:
            if after is None:
                after = self.verdicts[-1][0] if self.verdicts else 0
            self.published.wait_for(lambda: self.verdicts and self.verdicts[-1][0] > after)
            return tuple(verdict for verdict in self.verdicts if verdict[0] > after)


class TraderService(rpyc.Service):
    """One connection to the trader; what was registered over it is connected as long as it is."""

    def __init__(self, trader):
        self.trader = trader
        self.held = []
        self.exposed_submit = trader.submit
        self.exposed_deregister = trader.deregister
        self.exposed_watch = trader.watch

    def exposed_register(self, name, instance, interval):
        held = self.trader.register(name, instance, interval)
        self.held.append(held)
        return self.trader.journal.id, held.epoch, held.first_minute, now_us(), self.trader.grace

    def on_disconnect(self, conn):
        with self.trader.changed:
            for held in self.held:
                held.sessions -= 1


class Link:
    """A connection whose one method is called without waiting; it is made anew after it was lost."""

    def __init__(self, port, method, greet=lambda conn: None):
        self.port, self.method, self.greet = port, method, greet
        self.conn = None

    def open(self):
        if self.conn is None or self.conn.closed:
            self.conn = connect(self.port)
            self.greeting = self.greet(self.conn)
            # Looked up once: every lookup of a remote attribute is a round trip.
            self.call = rpyc.async_(getattr(self.conn.root, self.method))

    def ask(self, *arguments, deadline):
        self.open()
        asked = self.call(*arguments)
        asked.set_expiry(max(0, deadline - now_us()) / SECOND)
        return asked


class Strategy:
    def __init__(self, name, grid, trader_port, signal_ports):
        self.name, self.grid = name, grid
        self.instance = random_id()
        self.generators = [Link(port, "signal") for port in signal_ports]
        self.trader = Link(trader_port, "submit", lambda conn: conn.root.register(name, self.instance, grid.interval))

    def run(self):
        if not self.try_until(None, self.open_all):
            sys.exit(1)
        _, _, minute, _, grace = self.trader.greeting
        while True:
            sleep_until(minute)
            deadline = minute + grace
            decided = self.try_until(deadline, lambda: self.decide(minute, deadline))
            if decided:
                self.try_until(deadline, lambda: self.submit(minute, *decided, deadline))
            minute = self.grid.after(max(minute, now_us()))

    def open_all(self):
        for link in (*self.generators, self.trader):
            link.open()
        return True

    def try_until(self, deadline, attempt):
        while deadline is None or now_us() < deadline:
            try:
                return attempt()
            except Refused as refused:
                print(f"{self.name}: {refused.reason}", flush=True)
                if refused.reason != "no-signal":
                    return None
            except LOST:
                pass
            time.sleep(RETRY_SECONDS)

    def decide(self, minute, deadline):
        asked = [generator.ask(minute, deadline=deadline) for generator in self.generators]
        signals = tuple(answer.value for answer in asked)
        return now_us(), sum(value for _, _, value, _ in signals), signals

    def submit(self, minute, decided_at, decision, signals, deadline):
        self.trader.open()
        epoch = self.trader.greeting[1]
        asked = self.trader.ask(
            self.name, self.instance, epoch, minute, decided_at, decision, signals, deadline=deadline)
        return asked.value


def watch(port):
    verdicts = connect(port).root.watch
    after = None
    while True:
        for minute, kind, _, _, _, count, _, _ in verdicts(after):
            print(kind, minute, now_us(), count, flush=True)
            after = minute


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    add_trio_commands(commands)
    command = commands.add_parser("watch")
    command.add_argument("--trader-port", type=int, required=True)
    command = commands.add_parser("load")
    command.add_argument("--interval", type=Grid.of_seconds, required=True, dest="grid")
    for flag in ("--trader-port", "--strategies", "--in-flight", "--connections", "--minutes"):
        command.add_argument(flag, type=int, required=True)
    return parser.parse_args()


def main():
    args = parse()
    exit_on_sigterm()
    match args.command:
        case "generator":
            generator = Generator(args.grid)
            start_server(classpartial(GeneratorService, generator), args.port)
            generator.run()
        case "trader":
            trader = Trader(args.grid, args.grace, args.journal)
            start_server(classpartial(TraderService, trader), args.port)
            try:
                trader.run()
            finally:
                trader.journal.close()
        case "strategy":
            Strategy(args.name, args.grid, args.trader_port, args.signal_ports).run()
        case "watch":
            watch(args.trader_port)
        case "load":
            load(args.grid, lambda: connect(args.trader_port), args.strategies, args.in_flight, args.connections,
                 args.minutes)


if __name__ == "__main__":
    main()
