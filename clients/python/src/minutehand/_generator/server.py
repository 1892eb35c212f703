"""A generator from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import random
import socket
from dataclasses import dataclass
from typing import Any

import grpc

from .._chassis import log
from .._chassis.channel import ANSWER_BYTES_MAX
from .._chassis.clock import Clock
from .._chassis.exits import Exit, Failure
from .._chassis.grid import SECOND, Timing, show_duration
from .._chassis.names import random_name
from .._chassis.tls import Files
from ..v1 import generator_pb2 as pb
from .compute import Compute
from .driver import Driver
from .health import Health
from .service import SERVICE, Service

#: Strategies probe their links every 3 s, which gRPC takes for an attack unless it is told. A quiet
#: connection is probed as often from here, and is dead when that is not answered within 2 s (rule R4).
OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.http2.min_ping_interval_without_data_ms", 1_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", 3_000),
    ("grpc.keepalive_timeout_ms", 2_000),
    ("grpc.http2.ping_timeout_ms", 2_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.max_concurrent_streams", 256),
    ("grpc.max_receive_message_length", 16 * 1024),
    ("grpc.max_send_message_length", ANSWER_BYTES_MAX),
    ("grpc.max_metadata_size", 8 * 1024),
    ("grpc.so_reuseport", 0),
)

#: Under TLS a connection lives this long, so that whoever's certificate has expired, or is of an authority
#: that was replaced, is gone within a minute. Calls end first.
CONNECTION_AGE_MS = 30_000

#: Open calls are waited for this long at a stop.
DRAIN_TIMEOUT = 5 * SECOND


@dataclass(frozen=True)
class Config:
    """What a generator is told, checked."""

    host: str
    port: int
    """0 takes a free one."""
    timing: Timing
    name: str | None = None
    """Host and port, like `127.0.0.1-1000`, if not given."""
    insecure: bool = False
    """Whether it may listen beyond this machine though nothing is encrypted."""
    tls: Files | None = None


async def serve(compute: Compute, config: Config, rng: random.Random, stop: asyncio.Event) -> None:
    """Serves what `compute` computes until `stop` is set; raises Failure."""
    _check(config)
    clock, run_id = Clock(), random_name(rng)
    driver = Driver(config.timing, clock, compute, run_id)
    age = (("grpc.max_connection_age_ms", CONNECTION_AGE_MS),) if config.tls else ()
    server = grpc.aio.server(options=(*OPTIONS, *age))
    port = _listen(server, config)
    name = config.name or f"{config.host.replace(':', '-')}-{port}"
    service = Service(name, config.timing, clock, driver.outcomes, config.tls is not None)
    handlers = (_handler(service), Health(driver.outcomes, config.tls is not None).handler())
    server.add_generic_rpc_handlers(handlers)
    await server.start()
    log.info(f"listening on {_target(config.host, port)}")
    log.info("generator", name=name, run_id=run_id, interval=show_duration(config.timing.interval))
    computing = asyncio.ensure_future(driver.run())
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({computing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if computing.done():
            computing.result()
    finally:
        # First the computation: whoever waits for a signal is told at once, and the server can drain.
        computing.cancel()
        stopping.cancel()
        driver.outcomes.stop()
        await server.stop(DRAIN_TIMEOUT / SECOND)


def _handler(service: Service) -> grpc.GenericRpcHandler:
    get_signal = grpc.unary_unary_rpc_method_handler(
        service.get_signal,
        request_deserializer=pb.GetSignalRequest.FromString,
        response_serializer=pb.GetSignalResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(SERVICE, {"GetSignal": get_signal})


def _check(config: Config) -> None:
    """What has to hold before anything listens."""
    beyond = not ipaddress.ip_address(config.host).is_loopback
    if beyond and config.tls is None and not config.insecure:
        raise Failure(
            Exit.USAGE,
            f"{config.host} can be reached from other machines, and connections are not encrypted: listen on "
            "127.0.0.1, use mutual TLS (--tls-ca, --tls-cert, --tls-key), or say --insecure if the network "
            "is trusted",
        )
    _try_to_bind(config.host, config.port)
    if beyond and config.tls is None:
        log.warn(
            f"insecure: whoever reaches {_target(config.host, config.port)} over the network may call this "
            "server, and nothing is encrypted"
        )


def _try_to_bind(host: str, port: int) -> None:
    """gRPC does not say why it cannot listen; the system does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    address = _target(host, port)
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
            tried.listen()
        except OSError as error:
            message = f"cannot listen on {address}: {error.strerror}"
            if error.errno == errno.EADDRINUSE:
                message = (
                    f"{address} is in use by another process: stop that one, or choose another port with "
                    "--port (0 takes a free one)"
                )
            if error.errno == errno.EACCES and port:
                message = (
                    f"no right to listen on {address}: ports below 1024 need root or CAP_NET_BIND_SERVICE; "
                    f"use a port above, like --port {port + 10_000}"
                )
            raise Failure(Exit.FAILED, message) from None


def _listen(server: grpc.aio.Server, config: Config) -> int:
    address = _target(config.host, config.port)
    try:
        if config.tls is None:
            return server.add_insecure_port(address)
        return server.add_secure_port(address, _credentials(config.tls))
    except RuntimeError as error:
        raise Failure(Exit.FAILED, f"cannot listen on {address}: {error}") from None


def _credentials(files: Files) -> grpc.ServerCredentials:
    """By what is in the files at each handshake; what was read last stays in force where they cannot be
    read."""
    in_force = _configuration(files)

    def configuration() -> grpc.ServerCertificateConfiguration:
        nonlocal in_force
        with contextlib.suppress(OSError):
            in_force = _configuration(files)
        return in_force

    return grpc.dynamic_ssl_server_credentials(in_force, configuration, require_client_authentication=True)


def _configuration(files: Files) -> grpc.ServerCertificateConfiguration:
    ca, certificate, key = files.contents()
    return grpc.ssl_server_certificate_configuration([(key, certificate)], ca)


def _target(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
