"""The command line of a generator, and its `main`."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import NoReturn

from .._chassis import flags, log, process
from .._chassis.grid import Timing, TimingError
from .._chassis.names import check_name
from .compute import Compute
from .server import Config, serve

_EPILOG = """\
examples:
  -p 1000
  -p 0 --interval 2s
  --host 10.0.0.5 --tls-ca ca.pem --tls-cert generator-g.pem --tls-key generator-g.key

exit codes: 0 stopped, 1 failed, 2 usage."""


def generator(compute: Compute, arguments: Sequence[str] | None = None) -> NoReturn:
    """The whole `main` of a signal generator: it takes the flags of the command `generator` and ends the
    process with its exit code.

    `compute(minute)` is called once a minute, in a thread of its own. What it returns is the signal of the
    minute; if it raises, or is not done when the grace is over, there is none, and its strategies say why.
    """
    parser = _parser()
    parsed = parser.parse(arguments)
    try:
        timing = Timing.of(parsed.interval, parsed.grace, parsed.skew)
    except TimingError as error:
        parser.wrong(str(error))
    tls = flags.tls(parser, parsed)
    if parsed.insecure and tls is not None:
        parser.wrong("--insecure and --tls-ca exclude each other")
    config = Config(parsed.host, parsed.port, timing, parsed.name, parsed.insecure, tls)
    log.start(parsed.log_format)

    async def work(stop: asyncio.Event) -> None:
        if tls is not None:
            tls.open_as("generator", None)
        await serve(compute, config, process.seeded(None), stop)

    process.end_with(work)


def _parser() -> flags.Parser:
    parser = flags.Parser("generator", "Computes one signal a minute and serves it over gRPC.", _EPILOG)
    parser.add(
        "--port",
        "-p",
        metavar="PORT",
        read=_port,
        default=1000,
        help="port to listen on; 0 takes a free one [default: 1000]",
    )
    parser.add("--host", read=_host, default="127.0.0.1", help="address to listen on [default: 127.0.0.1]")
    parser.switch("--insecure", "listen beyond this machine though nothing is encrypted")
    parser.add(
        "--name", read=check_name, help="name that signals carry [default: host and port, like 127.0.0.1-1000]"
    )
    parser.add(
        "--grace",
        metavar="DURATION",
        read=flags.longer_than_nothing,
        help="how long after its minute began a signal may come [default: interval/6, 10s at most]",
    )
    parser.add(
        "--skew",
        metavar="DURATION",
        read=flags.duration,
        help="largest tolerated difference between two clocks [default: interval/60, 1s at most]",
    )
    flags.add_common(parser)
    return parser


def _port(text: str) -> int:
    return 0 if text == "0" else flags.port(text)


def _host(text: str) -> str:
    return str(ipaddress.ip_address(text))
