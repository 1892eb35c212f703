"""Generator, trader and strategy over gRPC, package minutehand.v1: one event loop each, SQLite in a thread."""

import argparse
import asyncio
import concurrent.futures
import random
import signal
import sys

import grpc
from grpc import StatusCode

from common import HOST, SECOND, Book, Journal, Refused, add_trio_commands, announce, now_us, random_id
from grpc_strategy import Strategy
from wire import (STUBS, generator_pb2, generator_pb2_grpc, microseconds, sleep_until, span, stamp, trader_pb2,
                  trader_pb2_grpc)

CODES = {
    "future": StatusCode.OUT_OF_RANGE, "gone": StatusCode.OUT_OF_RANGE, "late": StatusCode.OUT_OF_RANGE,
    "off-grid": StatusCode.INVALID_ARGUMENT, "malformed": StatusCode.INVALID_ARGUMENT,
    "interval": StatusCode.FAILED_PRECONDITION, "stale": StatusCode.FAILED_PRECONDITION,
    "not-expected": StatusCode.FAILED_PRECONDITION, "no-median": StatusCode.FAILED_PRECONDITION,
    "not-registered": StatusCode.NOT_FOUND, "unknown": StatusCode.NOT_FOUND,
    "fenced": StatusCode.ABORTED, "taken": StatusCode.ALREADY_EXISTS, "conflict": StatusCode.ALREADY_EXISTS,
}
KEPT_MINUTES = 64
STOP_SECONDS = 0.2


async def serve(add_servicer, servicer, port):
    server = grpc.aio.server()
    add_servicer(servicer, server)
    port = server.add_insecure_port(f"{HOST}:{port}")
    await server.start()
    announce(port)
    try:
        await servicer.run()
    finally:
        await server.stop(STOP_SECONDS)


def refuse(context, reason):
    return context.abort(CODES[reason], reason)


class Generator(generator_pb2_grpc.GeneratorServiceServicer):
    def __init__(self, grid):
        self.grid = grid
        self.run_id = random_id()
        self.signals = {}
        self.computed = asyncio.Event()

    async def run(self):
        while True:
            minute = self.grid.after(now_us())
            await sleep_until(minute)
            self.signals[minute] = generator_pb2.Signal(
                generator=f"g-{self.run_id}", run_id=self.run_id, minute=stamp(minute), value=random.random(),
                produced_at=stamp(now_us()))
            self.signals.pop(minute - KEPT_MINUTES * self.grid.interval, None)
            self.computed.set()
            self.computed = asyncio.Event()

    async def GetSignal(self, request, context):
        now = now_us()
        minute = microseconds(request.minute) if request.HasField("minute") else max(self.signals, default=0)
        if request.HasField("interval") and microseconds(request.interval) != self.grid.interval:
            await refuse(context, "interval")
        if minute % self.grid.interval:
            await refuse(context, "off-grid")
        if minute > self.grid.after(now):
            await refuse(context, "future")
        if minute < self.grid.at(now) and minute not in self.signals:
            await refuse(context, "gone")
        while minute not in self.signals:
            await self.computed.wait()
        return generator_pb2.GetSignalResponse(signal=self.signals[minute], generator_time=stamp(now_us()))


class Trader(trader_pb2_grpc.TraderServiceServicer):
    def __init__(self, grid, grace, path):
        self.grid, self.grace = grid, grace
        self.disk = concurrent.futures.ThreadPoolExecutor(max_workers=1)
        self.journal = Journal(path, grid)
        self.book = Book(grid, grace, self.journal.registrations())
        self.registering = asyncio.Lock()
        self.sessions = {}
        self.changed = asyncio.Event()
        self.watchers = set()
        self.last = None

    def on_disk(self, write, *arguments):
        return asyncio.get_running_loop().run_in_executor(self.disk, write, *arguments)

    async def run(self):
        try:
            await self.judge_minutes()
        finally:
            for notice in self.sessions.values():
                self.end_session(notice, trader_pb2.SESSION_NOTICE_STOPPING)
            for watcher in self.watchers:
                watcher.put_nowait(None)

    @staticmethod
    def end_session(notice, why):
        if not notice.done():
            notice.set_result(why)

    async def judge_minutes(self):
        minute = self.grid.after(now_us())
        while True:
            try:
                async with asyncio.timeout((minute + self.grace - now_us()) / SECOND):
                    while not self.book.full(minute):
                        self.changed.clear()
                        await self.changed.wait()
            except TimeoutError:
                pass
            if ended := self.book.close(minute):
                await self.on_disk(self.journal.record, *ended)
                self.publish(ended[0])
            minute = max(minute + self.grid.interval, self.grid.at(now_us()))

    def publish(self, verdict):
        passed = verdict.kind == "median"
        self.last = trader_pb2.Verdict(
            minute=stamp(verdict.minute), last_minute=stamp(verdict.minute),
            kind=trader_pb2.VERDICT_KIND_MEDIAN if passed else trader_pb2.VERDICT_KIND_FAILED,
            median=verdict.median, count=verdict.count, lowest=verdict.lowest, highest=verdict.highest,
            state=trader_pb2.STATE_OK if passed else trader_pb2.STATE_ERROR, closed_at=stamp(verdict.closed_at),
            valid_until=stamp(verdict.minute + self.grid.interval + self.grace), causes_total=verdict.missing)
        response = trader_pb2.WatchResponse(verdict=self.last, trader_time=stamp(now_us()))
        for watcher in self.watchers:
            watcher.put_nowait(response)

    def state(self):
        return self.last.state if self.last else trader_pb2.STATE_WAITING

    async def Register(self, request, context):
        if microseconds(request.interval) != self.grid.interval:
            await refuse(context, "interval")
        name, instance, outcome = request.name, request.instance, trader_pb2.REGISTER_OUTCOME_ACCEPTED
        async with self.registering:
            try:
                held = self.book.holder(name, instance)
            except Refused as refused:
                await refuse(context, refused.reason)
            if held is None:
                if name in self.book.strategies:
                    outcome = trader_pb2.REGISTER_OUTCOME_TAKEN_OVER
                first = self.book.first_minute(name)
                epoch = await self.on_disk(self.journal.register, name, instance, first, now_us())
                held = self.book.hold(name, instance, epoch, first)
        notice = asyncio.get_running_loop().create_future()
        self.sessions[name] = notice
        held.sessions += 1
        try:
            yield trader_pb2.RegisterResponse(registered=trader_pb2.Registered(
                outcome=outcome, journal=self.journal.id, epoch=held.epoch, first_minute=stamp(held.first_minute),
                trader_time=stamp(now_us()), interval=span(self.grid.interval), grace=span(self.grace),
                skew=span(self.grid.skew)))
            yield trader_pb2.RegisterResponse(notice=await notice)
        finally:
            held.sessions -= 1

    async def Submit(self, request, context):
        minute = request.minute
        signals = tuple((signal.generator, signal.run_id, signal.value, microseconds(signal.produced_at))
                        for signal in request.signals)
        try:
            if not request.HasField("decision") or any(signal.minute != minute for signal in request.signals):
                raise Refused("malformed")
            if request.journal != self.journal.id:
                raise Refused("fenced")
            minute = microseconds(minute)
            duplicate = self.book.submit(request.name, request.instance, request.epoch, minute,
                                         microseconds(request.decided_at), request.decision, signals)
        except Refused as refused:
            await refuse(context, refused.reason)
        if self.book.full(minute):
            self.changed.set()
        return trader_pb2.SubmitResponse(duplicate=duplicate, trader_time=stamp(now_us()))

    async def Deregister(self, request, context):
        async with self.registering:
            try:
                self.book.drop(request.name)
            except Refused as refused:
                await refuse(context, refused.reason)
            await self.on_disk(self.journal.deregister, request.name, now_us())
        self.changed.set()
        if notice := self.sessions.pop(request.name, None):
            self.end_session(notice, trader_pb2.SESSION_NOTICE_DEREGISTERED)
        return trader_pb2.DeregisterResponse(trader_time=stamp(now_us()))

    async def GetMedian(self, request, context):
        last, now = self.last, now_us()
        if not last or last.kind != trader_pb2.VERDICT_KIND_MEDIAN or now >= microseconds(last.valid_until):
            await refuse(context, "no-median")
        return trader_pb2.GetMedianResponse(
            minute=last.minute, median=last.median, count=last.count, lowest=last.lowest, highest=last.highest,
            state=last.state, trader_time=stamp(now), valid_until=last.valid_until)

    async def Watch(self, request, context):
        watcher = asyncio.Queue()
        self.watchers.add(watcher)
        try:
            now, state = stamp(now_us()), self.state()
            change = trader_pb2.StateChange(to=state, changed_at=now, **{"from": state})
            yield trader_pb2.WatchResponse(state_change=change, trader_time=now)
            while response := await watcher.get():
                yield response
        finally:
            self.watchers.discard(watcher)


async def main():
    parser = argparse.ArgumentParser(description=__doc__, parents=[STUBS])
    add_trio_commands(parser.add_subparsers(dest="command", required=True))
    args = parser.parse_args()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    try:
        match args.command:
            case "generator":
                add = generator_pb2_grpc.add_GeneratorServiceServicer_to_server
                await serve(add, Generator(args.grid), args.port)
            case "trader":
                trader = Trader(args.grid, args.grace, args.journal)
                try:
                    await serve(trader_pb2_grpc.add_TraderServiceServicer_to_server, trader, args.port)
                finally:
                    trader.disk.shutdown()
                    trader.journal.close()
            case "strategy":
                await Strategy(args.name, args.grid, args.trader_port, args.signal_ports).run()
    except asyncio.CancelledError:
        return None
    except Refused as refused:
        return f"{args.name}: {refused.reason}"


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
