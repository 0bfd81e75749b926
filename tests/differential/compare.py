#!/usr/bin/env python3
"""The core and the oracle, fed the same streams, must print the same lines.

    compare.py --streams 2000 --seed 1 --jobs 2       random streams; a difference is shrunk to a small stream and printed
    compare.py --csv ../shared/data/fills.csv         recorded transactions under the default rules
    compare.py --streams 200 --oracle-only --census   what the streams exercise, without a core
"""
import argparse
import collections
import csv
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from oracle import nanos, replay, time_text  # noqa: E402
from streams import Stream  # noqa: E402

DRIVER = pathlib.Path(os.environ.get("RISK_BIN_DIR", ROOT / "build/dev/bin")) / "core_driver"
# None of these may change anything: how many inputs are announced at a time, after how many the core is saved and loaded,
# from which sizes on it keeps more to be faster.
OPTIONS = (("--keep-from", "2"), ("--batch", "7", "--keep-from", "4"), ("--snapshot-every", "37"), ("--keep-from", "3", "--snapshot-every", "50"),
           ("--batch", "64", "--keep-from", "1"), ("--snapshot-every", "1"), ("--batch", "1000", "--snapshot-every", "101", "--keep-from", "8"))
STREAMS_AT_ONCE = 10
DRIVER_SECONDS_MAX = 120
SHRINK_SECONDS_MAX = 30
SHOWN_MAX = 3

EXPOSURE = {"enabled": True, "measure": "gross", "limit": None, "limits": {}, "critical_ratio": "1.5", "worsened_ratio": "1.25", "resolved_ratio": "0.95",
            "resolved_after_seconds": 0}
VELOCITY = {"enabled": True, "limit": 10, "limits": {}, "window_seconds": 60, "worsened_ratio": "2", "resolved_ratio": "0.5", "order_window_ms": 1000}
SIZE = {"enabled": True, "limit": None, "limits": {}, "critical_ratio": "10", "worsened_ratio": "2", "quiet_seconds": 300}
PRICE = {"enabled": True, "limit": "2", "limits": {}, "quiet_seconds": 300}
ANOMALY = {"enabled": True, "threshold": "3", "high_threshold": "4", "window": 100, "samples_min": 30, "quiet_seconds": 300}
DEFAULT_RULES = {
    "kind": "rules", "config_version": 1, "base_currency": "USD", "rates": {}, "session_start_seconds": 0, "session_zone": "",
    "client_exposure": {**EXPOSURE, "limit": "1000000"}, "symbol_exposure": {**EXPOSURE, "limit": "500000"}, "firm_exposure": EXPOSURE,
    "client_velocity": VELOCITY, "symbol_velocity": VELOCITY,
    "client_size": SIZE, "price_deviation": PRICE,
    "client_anomaly": ANOMALY, "symbol_anomaly": ANOMALY, "system_anomaly": ANOMALY}


class DriverFailed(Exception):
    """The driver crashed, hung or printed something that is not a line of JSON."""


class Driver:
    def __init__(self, path):
        self.path = path

    def say(self, lines, *options):
        """What it prints for these lines, unparsed."""
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        try:
            run = subprocess.run([self.path, *options], input=text, capture_output=True, encoding="utf-8", timeout=DRIVER_SECONDS_MAX)
        except (subprocess.TimeoutExpired, UnicodeDecodeError) as error:
            raise DriverFailed(str(error)) from error
        if run.returncode:
            raise DriverFailed(f"status {run.returncode}: {run.stderr[-2000:]}")
        return run.stdout

    def replay(self, lines, *options):
        try:
            return [json.loads(line) for line in self.say(lines, *options).splitlines()]
        except json.JSONDecodeError as error:
            raise DriverFailed(f"{error}: {error.doc[:200]}") from error


class Difference:
    """Where the core first says something else than the oracle, or what became of the driver."""

    def __init__(self, expected, actual, failure=None):
        self.failure = failure
        at = next((n for n, pair in enumerate(zip(expected, actual)) if pair[0] != pair[1]), min(len(expected), len(actual)))
        self.expected = expected[at] if at < len(expected) else None
        self.actual = actual[at] if at < len(actual) else None

    def __str__(self):
        if self.failure:
            return f"  the driver failed: {self.failure}"
        show = lambda line: "nothing more" if line is None else json.dumps(line, ensure_ascii=False)
        return f"  fields {', '.join(self.fields())}\n  oracle {show(self.expected)}\n  core   {show(self.actual)}"

    def fields(self):
        expected, actual = self.expected or {}, self.actual or {}
        return [key for key in {**expected, **actual} if expected.get(key) != actual.get(key) or (key in expected) != (key in actual)]


def difference(driver, lines, options=(), expected=None):
    """The first difference over one stream, or nothing."""
    expected = list(replay(lines)) if expected is None else expected
    try:
        actual = driver.replay(lines, *options)
    except DriverFailed as failure:
        return Difference(expected, [], failure)
    return None if actual == expected else Difference(expected, actual)


def shrink(driver, lines, options=(), seconds=SHRINK_SECONDS_MAX):
    """A part of the stream that still shows a difference: halves, quarters and so on are left out while one remains."""
    head, body, tail = lines[:2], lines[2:-1], lines[-1:]
    end, size = time.monotonic() + seconds, len(body)
    while size > 0:
        start, smaller = 0, False
        while start < len(body) and time.monotonic() < end:
            rest = body[:start] + body[start + size:]
            if difference(driver, head + rest + tail, options):
                body, smaller = rest, True
            else:
                start += size
        if time.monotonic() >= end:
            break
        size = min(size, len(body)) if smaller and size == 1 else size // 2
    return head + body + tail


class Report:
    """Counts over many streams, and the differences found: (seed, profile, options of the driver, Difference)."""

    def __init__(self):
        self.streams = self.transactions = 0
        self.events = collections.Counter()
        self.differences = []

    def add(self, other):
        self.streams += other.streams
        self.transactions += other.transactions
        self.events += other.events
        self.differences += other.differences

    def count(self, said):
        self.streams += 1
        for line in said:
            if line["kind"] == "event":
                self.events[line["alert_type"], line["entity_type"], line["event"]] += 1
            elif line["kind"] == "rejected":
                self.events["rejected", line["field"]] += 1
            elif line["kind"] == "summary":
                self.transactions += line["transactions"]

    def event_count(self):
        return sum(count for key, count in self.events.items() if key[0] != "rejected")

    def __str__(self):
        return f"{self.streams} streams, {self.transactions} transactions, {self.event_count()} events, {len(self.differences)} differences"

    def census(self):
        return "\n".join(f"{count:9} {' '.join(key)}" for key, count in sorted(self.events.items()))


def compare_seeds(driver, seeds):
    """Every stream in one run of the driver, as a whole and in batches; one by one only to find who differs."""
    report, streams = Report(), [Stream(seed) for seed in seeds]
    said = [list(replay(stream.lines)) for stream in streams]
    for lines in said:
        report.count(lines)
    if driver is None:
        return report
    batch = OPTIONS[seeds[0] // STREAMS_AT_ONCE % len(OPTIONS)]
    if all_agree(driver, streams, said, batch):
        return report
    for stream, expected in zip(streams, said):
        for options in ((), batch):
            found = difference(driver, stream.lines, options, expected)
            if found:
                report.differences.append((stream.lines[0]["seed"], stream.profile(), options, found))
                break
    if not report.differences:
        failure = DriverFailed(f"seeds {seeds[0]} to {seeds[-1]} differ only when one run of the driver takes them all")
        report.differences.append((seeds[0], streams[0].profile(), batch, Difference([], [], failure)))
    return report


def all_agree(driver, streams, said, batch):
    lines = [line for stream in streams for line in stream.lines]
    try:
        whole = driver.say(lines)
        parsed = [json.loads(line) for line in whole.splitlines()]
        return parsed == [line for lines in said for line in lines] and driver.say(lines, *batch) == whole
    except (DriverFailed, json.JSONDecodeError):
        return False


def compare_streams(driver, first, count, jobs=1, on_difference=lambda difference: None):
    """Random streams of the seeds from `first` on."""
    chunks = [(driver, range(seed, min(seed + STREAMS_AT_ONCE, first + count))) for seed in range(first, first + count, STREAMS_AT_ONCE)]
    total = Report()
    with multiprocessing.Pool(jobs) as pool:
        for report in pool.imap(compare_chunk, chunks):
            total.add(report)
            for found in report.differences:
                on_difference(found)
    return total


def compare_chunk(chunk):
    return compare_seeds(*chunk)


def explain(driver, found, seconds=SHRINK_SECONDS_MAX):
    """A difference as a person wants it: where, what, and a small stream that shows it."""
    seed, profile, options, what = found
    text = f"seed {seed} ({profile}){' ' + ' '.join(options) if options else ''}:\n{what}\n"
    small = shrink(driver, Stream(seed).lines, options, seconds)
    again = difference(driver, small, options)
    if again is None:
        return text
    stream = "\n".join(json.dumps(line, ensure_ascii=False) for line in small)
    return f"{text}shrunk to {len(small)} lines:\n{stream}\n{again}\n"


def stream_of_csv(path, rules=None):
    """A file of transactions as one stream, under the default rules."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = [{"kind": "transaction", **row, "executed_at": time_text(nanos(row["executed_at"]))} for row in csv.DictReader(file)]
    return [{"kind": "stream", "seed": 0}, rules or DEFAULT_RULES, *rows, {"kind": "end"}]


def compare_csv(driver, path):
    lines = stream_of_csv(path)
    report, expected = Report(), list(replay(lines))
    report.count(expected)
    for options in ((), *OPTIONS) if driver else ():
        found = difference(driver, lines, options, expected)
        if found:
            report.differences.append((0, str(path), options, found))
    return report


def main():
    parser = argparse.ArgumentParser(description="compares the core with the oracle")
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first stream; the others follow")
    parser.add_argument("--driver", type=pathlib.Path, default=DRIVER)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--csv", type=pathlib.Path, metavar="FILE", help="compare over a file of transactions instead")
    parser.add_argument("--oracle-only", action="store_true", help="run no driver")
    parser.add_argument("--census", action="store_true", help="print how often each event came")
    options = parser.parse_args()
    driver = None if options.oracle_only else Driver(options.driver)
    if driver and not options.driver.is_file():
        parser.error(f"there is no driver at {options.driver}")

    shown = []

    def show(found):
        shown.append(found)
        if len(shown) <= SHOWN_MAX:
            print(explain(driver, found), flush=True)

    if options.csv:
        report = compare_csv(driver, options.csv)
        for _, name, flags, what in report.differences:
            print(f"{name} {' '.join(flags)}:\n{what}")
    else:
        report = compare_streams(driver, options.seed, options.streams, options.jobs, show)
        print(f"seeds {options.seed} to {options.seed + options.streams - 1}: ", end="")
    print(report)
    if len(shown) > SHOWN_MAX:
        print(f"seeds that differ: {' '.join(str(found[0]) for found in shown)}")
    if options.census:
        print(report.census())
    return 1 if report.differences else 0


if __name__ == "__main__":
    sys.exit(main())
