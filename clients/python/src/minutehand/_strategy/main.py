"""The command line of a strategy, and its `main`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from .._chassis import flags, log, process
from .._chassis.channel import Address, local, parse_address
from .._chassis.names import check_name
from .decide import Decide
from .run import Config, run

#: Most generators of one strategy: as many signals as the trader takes with one submission.
GENERATORS_MAX = 64

_EPILOG = """\
examples:
  --name X --trader-port 1010 --signal-ports 1000
  --name Z --trader trader.example:1010 --signals a.example:1000,b.example:1000 --stay

exit codes: 0 stopped, 1 failed, 2 usage, 6 refused for good (fenced, deregistered, other interval)."""


def strategy(decide: Decide, arguments: Sequence[str] | None = None) -> NoReturn:
    """The whole `main` of a strategy: it takes the flags of the command `strategy` and ends the process
    with its exit code.

    `decide(minute, signals)` is called once a minute, in a thread of its own, when the signals of all
    generators are there and of that minute. What it returns is the decision; if it raises, the strategy
    abstains, and the trader shows why.
    """
    parser = _parser()
    parsed = parser.parse(arguments)
    config = _config(parser, parsed)
    log.start(parsed.log_format)

    async def work(stop: asyncio.Event) -> None:
        if config.tls is not None:
            # The trader takes no other name from it.
            config.tls.open_as("strategy", config.name)
        await run(decide, config, process.seeded(parsed.seed), stop)

    process.end_with(work)


def _parser() -> flags.Parser:
    parser = flags.Parser(
        "strategy", "Asks generators for a signal each minute, decides, and tells the trader.", _EPILOG
    )
    parser.add("--name", read=check_name, help="name that the trader expects each minute")
    parser.add(
        "--trader-port", metavar="PORT", read=flags.port, help="port of the trader on this machine [default: 1010]"
    )
    parser.add("--trader", metavar="HOST:PORT", read=parse_address, help="the trader, if it runs elsewhere")
    parser.add(
        "--signal-ports", metavar="PORT,…", read=_ports, help="ports of the generators on this machine, 1 to 64"
    )
    parser.add("--signals", metavar="HOST:PORT,…", read=_addresses, help="the generators, if they run elsewhere")
    parser.add(
        "--patience",
        metavar="DURATION",
        read=flags.longer_than_nothing,
        help="how long to try for signals before abstaining [default: 0.8 × the trader's grace]",
    )
    parser.switch(
        "--stay", "stay registered when stopped, for restarts: the trader waits for the strategy to come back"
    )
    parser.add("--seed", metavar="NUMBER", read=int, help="seed of the random numbers (backoff, process id)")
    flags.add_common(parser)
    return parser


def _config(parser: flags.Parser, parsed: Any) -> Config:
    if parsed.name is None:
        parser.wrong("--name is required")
    if (parsed.signals is None) == (parsed.signal_ports is None):
        parser.wrong("one of --signals and --signal-ports is required")
    if parsed.trader is not None and parsed.trader_port is not None:
        parser.wrong("--trader and --trader-port exclude each other")
    return Config(
        name=parsed.name,
        trader=parsed.trader or local(parsed.trader_port or 1010),
        generators=parsed.signals or parsed.signal_ports,
        interval=parsed.interval,
        patience=parsed.patience,
        stay=parsed.stay,
        tls=flags.tls(parser, parsed),
    )


def _ports(text: str) -> tuple[Address, ...]:
    return _each(text, lambda word: local(flags.port(word)))


def _addresses(text: str) -> tuple[Address, ...]:
    return _each(text, parse_address)


def _each(text: str, read: Callable[[str], Address]) -> tuple[Address, ...]:
    addresses = tuple(read(word.strip()) for word in text.split(","))
    if len(addresses) > GENERATORS_MAX:
        raise ValueError(f"{len(addresses)} generators are more than {GENERATORS_MAX}")
    for address in addresses:
        if addresses.count(address) > 1:
            raise ValueError(f"{address} is there twice: name each generator once")
    return addresses
