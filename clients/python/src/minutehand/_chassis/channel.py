"""Links to servers: where they are, how they are dialled, and calls over them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from .bridge import CONNECT_TIMEOUT, Bridge
from .grid import MILLISECOND, SECOND
from .retry import Refused
from .status import Status
from .tls import Files

#: Longest answer taken from a server, in bytes: what servers of this project send at most.
ANSWER_BYTES_MAX = 64 * 1024

#: An idle link is probed every 3 s, and is dead when the probe is not answered within 2 s (rule R4). gRPC
#: probes by itself as well, and waits for a minute unless it is told.
#: gRPC dials again by itself, at most a second after the last time; it looks a host's name up anew as
#: often, and goes through no proxy.
OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.keepalive_time_ms", 3_000),
    ("grpc.keepalive_timeout_ms", 2_000),
    ("grpc.http2.ping_timeout_ms", 2_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.min_reconnect_backoff_ms", CONNECT_TIMEOUT // MILLISECOND),
    ("grpc.dns_min_time_between_resolutions_ms", 1_000),
    ("grpc.max_receive_message_length", ANSWER_BYTES_MAX),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.service_config_disable_resolution", 1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.enable_retries", 0),
)

Answer = TypeVar("Answer", bound=Message)


@dataclass(frozen=True)
class Address:
    """`HOST:PORT` of a server."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def local(port: int) -> Address:
    """A port of this machine."""
    return Address("127.0.0.1", port)


def parse_address(text: str) -> Address:
    """`HOST:PORT`; raises ValueError for anything else."""
    match = re.fullmatch(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})", text)
    if match is None or not 1 <= int(match[2]) <= 65_535:
        raise ValueError(f"{text!r} is not HOST:PORT, like 127.0.0.1:1010 or [::1]:1010 or trader.example:1010")
    return Address(match[1], int(match[2]))


class Channel:
    """A link to one server: dialled at the first call, and again at the next call after a loss."""

    def __init__(self, channel: grpc.aio.Channel, bridge: Bridge | None) -> None:
        self._channel = channel
        self._bridge = bridge

    async def call(self, method: str, question: Message, answer: type[Answer], allowed: int) -> Answer:
        """One answer within `allowed` microseconds; raises Refused."""
        call: Callable[..., Awaitable[Answer]] = self._channel.unary_unary(
            method, type(question).SerializeToString, answer.FromString
        )
        try:
            return await call(question, timeout=allowed / SECOND)
        except grpc.aio.AioRpcError as error:
            raise Refused(self.status(error)) from None

    def stream(self, method: str, question: Message, answer: type[Answer]) -> grpc.aio.UnaryStreamCall[Any, Answer]:
        """Answers that come as long as the server likes; what it raises, `status` reads."""
        call: Callable[..., grpc.aio.UnaryStreamCall[Any, Answer]] = self._channel.unary_stream(
            method, type(question).SerializeToString, answer.FromString
        )
        return call(question)

    def status(self, error: grpc.aio.AioRpcError) -> Status:
        """What a call raised, with the bridge's word where the link failed."""
        status = Status.of(error)
        if self._bridge is None or status.reason or not self._bridge.trouble:
            return status
        return Status(status.code, self._bridge.trouble)

    async def close(self) -> None:
        """Ends the link and all calls over it."""
        await self._channel.close()
        if self._bridge is not None:
            await self._bridge.close()


async def dial(address: Address, role: str, files: Files | None) -> Channel:
    """A link to a server, which must be of `role` where there is TLS."""
    if files is None:
        return Channel(grpc.aio.insecure_channel(str(address), OPTIONS), None)
    bridge = Bridge(files, address.host.strip("[]"), address.port, role)
    target = await bridge.open()
    authority = ("grpc.default_authority", str(address))
    return Channel(grpc.aio.insecure_channel(target, (*OPTIONS, authority)), bridge)
