"""A strategy over gRPC, package minutehand.v1."""

import asyncio

import grpc
from grpc import StatusCode

from common import HOST, RETRY_SECONDS, SECOND, Refused, now_us, random_id
from wire import generator_pb2, generator_pb2_grpc, microseconds, sleep_until, span, stamp, trader_pb2, trader_pb2_grpc

# Failures after which the same call may succeed within the minute.
PASSING = (StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.CANCELLED)
CHANNEL_OPTIONS = (("grpc.initial_reconnect_backoff_ms", 100), ("grpc.min_reconnect_backoff_ms", 100),
                   ("grpc.max_reconnect_backoff_ms", 1000))


def connect(port):
    return grpc.aio.insecure_channel(f"{HOST}:{port}", options=CHANNEL_OPTIONS)


class Strategy:
    def __init__(self, name, grid, trader_port, signal_ports):
        self.name, self.grid = name, grid
        self.instance = random_id()
        self.generators = [generator_pb2_grpc.GeneratorServiceStub(connect(port)) for port in signal_ports]
        self.trader = trader_pb2_grpc.TraderServiceStub(connect(trader_port))
        self.registered = asyncio.get_running_loop().create_future()

    async def run(self):
        await asyncio.gather(self.keep_session(), self.decide_each_minute())

    async def keep_session(self):
        while True:
            try:
                async for response in self.trader.Register(trader_pb2.RegisterRequest(
                        name=self.name, instance=self.instance, interval=span(self.grid.interval)),
                        wait_for_ready=True):
                    if response.notice == trader_pb2.SESSION_NOTICE_DEREGISTERED:
                        raise Refused("deregistered")
                    if not response.HasField("registered"):
                        break
                    if self.registered.done():
                        self.registered = asyncio.get_running_loop().create_future()
                    self.registered.set_result(response.registered)
            except grpc.aio.AioRpcError as error:
                if error.code() not in PASSING:
                    raise Refused(error.details()) from None
            await asyncio.sleep(RETRY_SECONDS)

    async def decide_each_minute(self):
        registered = await self.registered
        minute, grace = microseconds(registered.first_minute), microseconds(registered.grace)
        while True:
            await sleep_until(minute)
            try:
                async with asyncio.timeout(max(0, minute + grace - now_us()) / SECOND):
                    await self.retried(self.submit, await self.retried(self.decide, minute))
            except TimeoutError:
                print(f"{self.name}: late", flush=True)
            except grpc.aio.AioRpcError as error:
                print(f"{self.name}: {error.details()}", flush=True)
            minute = self.grid.after(max(minute, now_us()))

    @staticmethod
    async def retried(attempt, argument):
        while True:
            try:
                return await attempt(argument)
            except grpc.aio.AioRpcError as error:
                if error.code() not in PASSING:
                    raise
            await asyncio.sleep(RETRY_SECONDS)

    async def decide(self, minute):
        request = generator_pb2.GetSignalRequest(minute=stamp(minute), interval=span(self.grid.interval))
        answers = await asyncio.gather(*(generator.GetSignal(request) for generator in self.generators))
        signals = [answer.signal for answer in answers]
        return trader_pb2.SubmitRequest(
            name=self.name, instance=self.instance, minute=request.minute, decided_at=stamp(now_us()),
            decision=sum(signal.value for signal in signals), signals=signals)

    async def submit(self, request):
        registered = await self.registered
        request.journal, request.epoch = registered.journal, registered.epoch
        await self.trader.Submit(request)
