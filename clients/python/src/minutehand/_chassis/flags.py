"""Flags that several programs take: their values, and the environment variable of each."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from . import grid
from .grid import DAY, check_interval, parse_duration
from .tls import Files


class Parser:
    """A command line each of whose flags has an environment variable: `MINUTEHAND_<COMMAND>_<FLAG>`.

    The flag outranks the variable, which outranks the default.
    """

    def __init__(self, command: str, about: str, epilog: str) -> None:
        self._prefix = f"MINUTEHAND_{command.upper()}_"
        self._values: dict[str, argparse.Action] = {}
        self._parser = argparse.ArgumentParser(
            description=about,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def add(self, flag: str, *short: str, help: str, read: Callable[[str], Any] = str, **settings: Any) -> None:
        """A flag with a value, which `read` makes of its text."""
        variable = self._variable(flag)
        text = f"{help} [env: {variable}]"
        self._values[variable] = self._parser.add_argument(*short, flag, help=text, type=_explained(read), **settings)

    def switch(self, flag: str, help: str) -> None:
        """A flag without a value."""
        variable = self._variable(flag)
        action = self._parser.add_argument(flag, help=f"{help} [env: {variable}]", action="store_true")
        self._values[variable] = action

    def parse(self, words: Sequence[str] | None = None) -> argparse.Namespace:
        """What the command line says, or the environment; ends the process with 2 if it is wrong."""
        for variable, action in self._values.items():
            text = os.environ.get(variable)
            if text is not None:
                action.default = self._read(variable, action, text)
        return self._parser.parse_args(words)

    def wrong(self, message: str) -> Any:
        """Ends the process with 2: the flags do not go together."""
        self._parser.error(message)

    def _variable(self, flag: str) -> str:
        return self._prefix + flag.lstrip("-").replace("-", "_").upper()

    def _read(self, variable: str, action: argparse.Action, text: str) -> Any:
        if action.nargs == 0:
            if text not in ("true", "false"):
                self.wrong(f"{variable}={text}: write true or false")
            return text == "true"
        try:
            value = action.type(text) if callable(action.type) else text
        except (argparse.ArgumentTypeError, ValueError) as error:
            self.wrong(f"{variable}: {error}")
        if action.choices is not None and value not in action.choices:
            self.wrong(f"{variable}={text}: it is one of {', '.join(action.choices)}")
        return value


def _explained(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Says what a ValueError says, which argparse would leave out."""

    def reading(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return reading


def interval(text: str) -> int:
    """Length of a minute."""
    return check_interval(parse_duration(text))


def duration(text: str) -> int:
    """A duration of at most 24 h."""
    length = parse_duration(text)
    if length > DAY:
        raise ValueError("it is more than 24h")
    return length


def longer_than_nothing(text: str) -> int:
    """A duration that is not zero."""
    length = duration(text)
    if length == 0:
        raise ValueError("it is zero")
    return length


def port(text: str) -> int:
    """A port to call."""
    if not text.strip().isdecimal() or not 1 <= int(text) <= 65_535:
        raise ValueError(f"{text!r} is not a port, a number from 1 to 65535")
    return int(text)


def add_common(parser: Parser) -> None:
    """What every part takes."""
    parser.add(
        "--interval",
        metavar="DURATION",
        read=interval,
        default=grid.MINUTE,
        help="length of a minute, the same for every part [default: 1m]",
    )
    parser.add("--log-format", choices=("text", "json"), default="text", help="how log lines are written")
    for flag, help in (
        ("--tls-ca", "certificates of the authority that both sides trust"),
        ("--tls-cert", "this process's certificate, which says its role and name"),
        ("--tls-key", "its private key, readable by its owner only"),
    ):
        parser.add(flag, metavar="FILE", read=Path, help=f"mutual TLS (all three, or none): {help}")


def tls(parser: Parser, parsed: argparse.Namespace) -> Files | None:
    """Where the files of mutual TLS are, if there are any."""
    given = (parsed.tls_ca, parsed.tls_cert, parsed.tls_key)
    if None not in given:
        return Files(*given)
    if given != (None, None, None):
        parser.wrong("--tls-ca, --tls-cert and --tls-key go together")
    return None
