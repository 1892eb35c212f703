"""What it costs a trader with many strategies to be scraped, and whether its medians are later for it.

    scrape.py DIRECTORY_OF_BINARIES [STRATEGIES]

Minutes of 2 s, the journal on disk, `bench load` decides for all. Needs `trader`, `minutehand` and `bench`, built
with --release, and nothing else.
"""

import http.client
import json
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime

INTERVAL = 2
ROUNDS = 8
MINUTES = 10  # of a round
TIMED, COUNTED = 200, 1_000  # scrapes


def scrape(connection):
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    return len(body)


def busy(process):
    """Processor time of each thread so far, in seconds."""
    tasks = pathlib.Path(f"/proc/{process.pid}/task").iterdir()
    return {task.name: int((task / "schedstat").read_text().split()[0]) / 1e9 for task in tasks}


class Verdicts(threading.Thread):
    """How long after its boundary each median is heard by a watcher, in milliseconds."""

    def __init__(self, watch):
        super().__init__(daemon=True)
        self.lines, self.heard, self.failed = watch.stdout, {}, 0
        self.start()

    def run(self):
        for line in self.lines:
            at, said = time.time(), json.loads(line)
            if said["event"] == "verdict" and said["kind"] == "median":
                minute = datetime.fromisoformat(said["minute"]).timestamp()
                self.heard[minute] = (at - minute) * 1e3
            elif said["event"] == "verdict":
                self.failed += 1


class Scraper(threading.Thread):
    """Scrapes until it is told to stop: as often as `pause` says, in seconds."""

    def __init__(self, connect, pause):
        super().__init__(daemon=True)
        self.connection, self.pause, self.going = connect(), pause, True
        self.start()

    def run(self):
        while self.going:
            time.sleep(self.pause())
            scrape(self.connection)


# A second on average, at any place between two boundaries; and just when all decide.
ARMS = {
    "none": None,
    "once a second": lambda: random.uniform(0.5, 1.5),
    "at each boundary": lambda: INTERVAL - time.time() % INTERVAL,
}


def round_of(pause, connect, verdicts):
    # The round's first boundary comes when the scraper is there.
    scraper = pause and Scraper(connect, pause)
    begins = time.time() // INTERVAL * INTERVAL + INTERVAL
    time.sleep(begins + (MINUTES - 0.2) * INTERVAL - time.time())
    if scraper:
        scraper.going = False
        scraper.join()
    heard = [verdicts.heard.get(begins + minute * INTERVAL) for minute in range(MINUTES)]
    assert all(heard), f"minutes without a median: {heard}"
    return statistics.median(heard), max(heard)


def cost(trader, connect):
    connection = connect()
    took = []
    for _ in range(TIMED):
        began = time.monotonic()
        bytes_of_page = scrape(connection)
        took.append((time.monotonic() - began) * 1e3)
        time.sleep(0.02)
    print(f"{bytes_of_page} bytes; {TIMED} scrapes: median {statistics.median(took):.2f} ms, worst {max(took):.2f} ms")
    before, began = busy(trader), time.monotonic()
    for _ in range(COUNTED):
        scrape(connection)
    between, lasted = busy(trader), time.monotonic() - began
    time.sleep(lasted)
    after = busy(trader)
    spent = {task: between[task] - before[task] - (after[task] - between[task]) for task in before}
    own = spent.pop(str(trader.pid)) / COUNTED * 1e3
    print(
        f"processor time of the trader a scrape, of {COUNTED}: {own + sum(spent.values()) / COUNTED * 1e3:.2f} ms, "
        f"{own:.2f} ms of it in the thread of the loop"
    )


def measure(binaries, strategies, directory, processes):
    def start(*command, **options):
        process = subprocess.Popen([str(binaries / command[0]), *command[1:]], text=True, **options)
        processes.append(process)
        return process

    log = open(directory / "log", "w+")
    journal = str(directory / "trader.sqlite")
    flags = ["--interval", f"{INTERVAL}s", "--requests-max", "4096", "--journal", journal]
    trader = start("trader", "-p", "0", "--http", "0", *flags, stderr=log)
    time.sleep(1)
    said = pathlib.Path(log.name).read_text()
    port = re.search(r"listening on 127\.0\.0\.1:(\d+)", said)[1]
    page = re.search(r"http://127\.0\.0\.1:(\d+)/", said)[1]
    load = ["--trader-port", port, "--interval", f"{INTERVAL}s", "--strategies", str(strategies)]
    start("bench", "load", *load, "--minutes", "100000", stdout=subprocess.DEVNULL)
    watch = ["minutehand", "watch", "--json", "--trader", f"127.0.0.1:{port}"]
    verdicts = Verdicts(start(*watch, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
    connect = lambda: http.client.HTTPConnection("127.0.0.1", int(page))
    time.sleep(4 * INTERVAL)
    cost(trader, connect)
    found = {name: [] for name in ARMS}
    for _ in range(ROUNDS):
        for name in random.sample(list(ARMS), len(ARMS)):
            found[name].append(round_of(ARMS[name], connect, verdicts))
    for name, rounds in found.items():
        median = statistics.median(median for median, _ in rounds)
        ratios = [ours / none for (ours, _), (none, _) in zip(rounds, found["none"], strict=True)]
        print(
            f"scraped {name}: boundary to median {median:.2f} ms, {statistics.median(ratios):.2f} of none "
            f"({min(ratios):.2f} to {max(ratios):.2f}), worst {max(worst for _, worst in rounds):.1f} ms"
        )
    print(f"{ROUNDS} rounds of {MINUTES} minutes, in turns; {verdicts.failed} minutes without a median")


def main():
    binaries = pathlib.Path(sys.argv[1])
    strategies = int(sys.argv[2]) if len(sys.argv) > 2 else 256
    processes = []
    with tempfile.TemporaryDirectory() as directory:
        try:
            measure(binaries, strategies, pathlib.Path(directory), processes)
        finally:
            for process in reversed(processes):
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
