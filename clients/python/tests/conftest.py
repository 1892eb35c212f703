"""Real processes: those of this package, and those of the system that it belongs to.

MINUTEHAND_BIN names the directory of the binaries; by default it is where `cargo build` puts them.
"""

from __future__ import annotations

import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PARTS = HERE / "parts"
INTERVAL = "2s"

#: What happens within a few minutes on an idle machine happens within this on a busy one.
PATIENCE = 40.0


def binary(name: str) -> str:
    """One of the system's own binaries."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    directory = Path(os.environ.get("MINUTEHAND_BIN", target / "debug"))
    path = directory / name
    assert path.is_file(), f"{path} is not there: `cargo build -p minutehand -p conformance`, or set MINUTEHAND_BIN"
    return str(path)


class Part:
    """One process, and what it writes."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.command = command
        self.port = 0
        self.seen: list[str] = []
        self._launch()

    def _launch(self) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MINUTEHAND_")}
        environment.pop("RUST_LOG", None)
        self.process = subprocess.Popen(
            self.command, env=environment, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._relay, args=(self.process, self._lines), daemon=True).start()

    @staticmethod
    def _relay(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line.rstrip("\n"))

    def line(self, pattern: str) -> str:
        """The next line that the pattern is found in."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._lines.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                told = "\n".join(self.seen)
                raise AssertionError(f"{self.name} did not say `{pattern}`:\n{told}") from None
            self.seen.append(line)
            if re.search(pattern, line):
                return line

    def look(self) -> list[str]:
        """Every line so far."""
        while True:
            try:
                self.seen.append(self._lines.get_nowait())
            except queue.Empty:
                return self.seen

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        self.process.wait()

    def again(self) -> None:
        """Starts it as it was started before."""
        self._launch()
        if self.port:
            self.line("listening on ")

    def exits(self) -> int:
        """Its exit code."""
        code = self.process.wait(timeout=PATIENCE)
        time.sleep(0.1)
        self.look()
        return code


class System:
    """The processes of one test; they end with it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._parts: list[Part] = []
        self._reserved: list[socket.socket] = []

    def part(self, name: str, *command: str) -> Part:
        part = Part(name, list(command))
        self._parts.append(part)
        return part

    def server(self, name: str, *command: str) -> Part:
        """On a port that stays its own while it is down."""
        reserved = socket.socket()
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        self._reserved.append(reserved)
        port = reserved.getsockname()[1]
        server = self.part(name, *command, "--port", str(port), "--interval", INTERVAL)
        server.port = port
        server.line(rf"listening on 127\.0\.0\.1:{port}$")
        return server

    def trader(self, *more: str) -> Part:
        journal = str(self.directory / "trader.sqlite")
        return self.server("trader", binary("trader"), "--journal", journal, *more)

    def generator(self, name: str, *more: str, script: str = "generator.py") -> Part:
        return self.server(name, sys.executable, str(PARTS / script), "--name", name, *more)

    def strategy(self, name: str, trader: Part, generators: list[Part], *more: str, script: str = "") -> Part:
        """Of this package, or the system's own if there is no script."""
        command = [sys.executable, str(PARTS / script)] if script else [binary("strategy")]
        ports = ",".join(str(generator.port) for generator in generators)
        links = ["--trader-port", str(trader.port), "--signal-ports", ports]
        return self.part(name, *command, "--name", name, "--interval", INTERVAL, *links, *more)

    def close(self) -> str:
        """Ends everything; what was said."""
        for part in self._parts:
            part.process.kill()
            part.process.wait()
        for reserved in self._reserved:
            reserved.close()
        return "\n".join(f"{part.name:>8} | {line}" for part in self._parts for line in part.look())


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    system = System(tmp_path)
    try:
        yield system
    finally:
        told = system.close()
        print(told)
    assert "Traceback" not in told
