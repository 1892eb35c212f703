"""The load: one thread that submits for many strategies, many at a time, over a few RPyC connections."""

import random
import select
import sys
import time

import rpyc

from common import now_us, random_id, sleep_until


class Lane:
    """A connection of the load with its share of the strategies."""

    def __init__(self, conn, names, instance, interval):
        self.instance = instance
        self.conn = conn
        self.submit = rpyc.async_(self.conn.root.submit)
        register = self.conn.root.register
        self.epochs = {}
        for name in names:
            _, self.epochs[name], self.first_minute, _, _ = register(name, instance, interval)

    def begin(self, minute, window):
        self.minute, self.signals = minute, (("load", self.instance, 0.5, minute),)
        self.left = iter(self.epochs.items())
        self.accepted = self.refused = 0
        for _ in range(window):
            self.send_next()

    def send_next(self):
        for name, epoch in self.left:
            answer = self.submit(name, self.instance, epoch, self.minute, now_us(), random.random(), self.signals)
            answer.add_callback(self.answered)
            return

    def answered(self, answer):
        if answer.error:
            self.refused += 1
        else:
            self.accepted += 1
        self.send_next()

    def done(self):
        return self.accepted + self.refused == len(self.epochs)


def load(grid, connect, strategies, in_flight, connections, minutes):
    connections = min(connections, in_flight, strategies)
    sleep_until(grid.after(now_us()))  # so that registering has a whole minute, and all are expected from the next
    instance = random_id()
    lanes = [Lane(connect(), [f"load-{n}" for n in range(first, strategies, connections)], instance, grid.interval)
             for first in range(connections)]
    by_descriptor = {lane.conn.fileno(): lane for lane in lanes}
    poller = select.poll()
    for descriptor in by_descriptor:
        poller.register(descriptor, select.POLLIN)
    minute = max(lane.first_minute for lane in lanes)
    for _ in range(minutes):
        sleep_until(minute)
        started = time.perf_counter()
        for position, lane in enumerate(lanes):
            lane.begin(minute, len(range(position, in_flight, connections)))
        pending = len(lanes)
        while pending:
            for descriptor, _ in poller.poll():
                lane = by_descriptor[descriptor]
                lane.conn.serve(0)
                pending -= lane.done()
        seconds = time.perf_counter() - started
        print(f"minute {minute} submissions {sum(lane.accepted for lane in lanes)} seconds {seconds:.6f}", flush=True)
        if refused := sum(lane.refused for lane in lanes):
            print(f"refused {refused} in minute {minute}", file=sys.stderr, flush=True)
        minute = grid.after(now_us())
