"""Mutual TLS with the certificates that `minutehand certs` makes."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import PARTS, Part, System, binary

PARTIES = ("generator/g", "trader/T", "strategy/P", "strategy/R")


def make(directory: Path) -> Path:
    """A CA of its own, and a certificate for each."""
    wanted = [word for party in PARTIES for word in ("--for", party)]
    command = [binary("minutehand"), "certs", *wanted, "--dir", str(directory)]
    subprocess.run(command, check=True, capture_output=True)
    return directory


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    return make(tmp_path / "certs")


def files(directory: Path, who: str) -> list[str]:
    flags = ["--tls-ca", str(directory / "ca.pem")]
    return [*flags, "--tls-cert", str(directory / f"{who}.pem"), "--tls-key", str(directory / f"{who}.key")]


def test_fault_55_all_parts_meet_under_mutual_tls(system: System, certificates: Path) -> None:
    generator = system.generator("g", *files(certificates, "generator-g"))
    trader = system.trader(*files(certificates, "trader-T"))
    python = system.strategy("P", trader, [generator], *files(certificates, "strategy-P"), script="strategy.py")
    system.strategy("R", trader, [generator], *files(certificates, "strategy-R"))
    trader.line(r"median: -?\d.* count=2$")
    # The trader is made anew: the bridge dials again.
    trader.kill()
    trader.again()
    trader.line(r"median: -?\d.* count=2$")
    python.send(signal.SIGTERM)
    assert python.exits() == 0
    assert python.seen[-1].endswith("INFO deregistered P")


def refused(part: Part, words: str) -> None:
    assert part.exits() == 1
    assert words in part.seen[-1]


def test_fault_55_a_certificate_of_another_name_or_role_is_refused_at_the_start(
    system: System, certificates: Path
) -> None:
    def start(script: str, name: str, who: str) -> Part:
        links = ["--trader-port", "1", "--signal-ports", "1"]
        more = [*([] if script == "generator.py" else links), *files(certificates, who)]
        return system.part(
            name, sys.executable, str(PARTS / script), "--name", name, *more, *files(certificates, who)
        )

    refused(
        start("strategy.py", "X", "strategy-P"), "--tls-cert is for strategy P, and this is a strategy: it needs one"
    )
    refused(start("strategy.py", "P", "generator-g"), "--tls-cert is for generator g, and this is a strategy")
    refused(start("generator.py", "g", "strategy-P"), "--tls-cert is for strategy P, and this is a generator")
    key = certificates / "strategy-P.key"
    key.chmod(0o644)
    refused(start("strategy.py", "P", "strategy-P"), "can be read by others: `chmod 600")
    key.unlink()
    refused(start("strategy.py", "P", "strategy-P"), "No such file or directory")


def test_fault_55_a_generator_is_no_trader(system: System, certificates: Path) -> None:
    generator = system.generator("g", *files(certificates, "generator-g"))
    python = system.strategy("P", generator, [generator], *files(certificates, "strategy-P"), script="strategy.py")
    python.line("TLS: it is generator g, and a trader was expected: see the address; retrying")


def test_fault_55_another_authority_is_named_on_both_sides(
    system: System, certificates: Path, tmp_path: Path
) -> None:
    others = make(tmp_path / "others")
    trader = system.trader(*files(certificates, "trader-T"))
    generator = system.generator("g", *files(certificates, "generator-g"))
    stranger = system.strategy("P", trader, [generator], *files(others, "strategy-P"), script="strategy.py")
    stranger.line("TLS: its certificate is from another authority: see --tls-ca of both sides; retrying")
    # The server refuses what it does not know, though its own certificate is trusted.
    shutil.copy(certificates / "ca.pem", others / "ca.pem")
    mixed = system.strategy("P", trader, [generator], *files(others, "strategy-P"), script="strategy.py")
    assert mixed.exits() == 1
    assert "--tls-ca, --tls-cert, --tls-key: its certificate is from another authority" in mixed.seen[-1]


def test_fault_55_a_caller_without_a_certificate_is_refused(system: System, certificates: Path) -> None:
    trader = system.trader(*files(certificates, "trader-T"))
    generator = system.generator("g")
    python = system.strategy("P", trader, [generator], script="strategy.py")
    python.line(rf"WARN trader 127\.0\.0\.1:{trader.port}: .*; retrying")
    assert python.process.poll() is None
