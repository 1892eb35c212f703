"""A system of real processes, which end with this one."""

import pathlib
import queue
import re
import subprocess
import threading
import time

PATIENCE = 30  # seconds; a minute of these systems takes two
LISTENING = r"listening on 127\.0\.0\.1:(\d+)"
PAGE = r"http://127\.0\.0\.1:(\d+)/"


class Part:
    """A process, and what it has logged."""

    def __init__(self, name, command):
        self.name, self.logged = name, []
        self.lines = queue.Queue()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.logged.append(line)
            self.lines.put(line)

    def says(self, pattern):
        """Waits for a line that matches; its first group."""
        until = time.monotonic() + PATIENCE
        while (left := until - time.monotonic()) > 0:
            try:
                found = re.search(pattern, self.lines.get(timeout=left))
            except queue.Empty:
                break
            if found:
                return found.group(1)
        raise AssertionError(f"{self.name} does not say {pattern}:\n{''.join(self.logged)}")

    def kill(self):
        """As a crash: it has no chance to say anything."""
        self.process.kill()
        self.process.wait()


class System:
    """Generators, a trader with its page, and strategies."""

    def __init__(self, binaries, directory, interval="2s", grace="1s"):
        self.binaries = pathlib.Path(binaries)
        self.directory = pathlib.Path(directory)
        self.timing, self.grace = ["--interval", interval], ["--grace", grace]
        self.parts, self.all = {}, []
        self.port = "0"
        # Where each part tells its figures.
        self.pages = {}

    def _start(self, name, program, *arguments):
        page = self.pages.get(name, "0")
        command = [str(self.binaries / program), *self.timing, "--http", page, *arguments]
        part = self.parts[name] = Part(name, command)
        self.all.append(part)
        return part

    def generator(self, name, port="0"):
        part = self._start(name, "generator", "-p", port)
        listening = part.says(LISTENING)
        self.pages[name] = part.says(PAGE)
        return listening

    def trader(self):
        """Where it was before, if it was there before."""
        journal = str(self.directory / "trader.sqlite")
        part = self._start("trader", "trader", *self.grace, "-p", self.port, "--journal", journal)
        self.port = part.says(LISTENING)
        self.pages["trader"] = part.says(PAGE)
        return f"http://127.0.0.1:{self.pages['trader']}/"

    def strategy(self, name, generators):
        part = self._start(
            name,
            "strategy",
            "--name",
            name,
            "--trader-port",
            self.port,
            "--signal-ports",
            ",".join(generators),
        )
        self.pages[name] = part.says(PAGE)

    def deregister(self, name):
        command = [str(self.binaries / "deregister"), "-n", name, "--trader", f"127.0.0.1:{self.port}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE)

    def kill(self, name):
        self.parts[name].kill()

    def end(self):
        for part in self.all:
            part.kill()

    def logs(self):
        return "\n".join(f"== {part.name}\n{''.join(part.logged[-20:])}" for part in self.all)
