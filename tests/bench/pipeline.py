#!/usr/bin/env python3
"""Runs pipeline_bench and prints DESIGN's goals P3 to P7, each with its other side: pipeline.py FOLDER_OF_EXECUTABLES [MODE...]

MODE is one of memory, postgres, sqlite, latency, restart (default: all); restart fills a database with 10,000,000
transactions first, which takes minutes and some 6 GB.
"""
import contextlib
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mesh"))
from mesh import free_ports  # noqa: E402

REPETITIONS = 5
HISTORY = 10_000_000
RATES = {"memory": ("P3", "bus and engine, memory store", {"alone": "ZeroMQ and protobuf alone, one transaction to a message",
                                                           "alone_batched": "256 to a message"}),
         "postgres": ("P4", "the same, durable in PostgreSQL", {"alone": "COPY of the same rows into the same tables"}),
         "sqlite": ("P5", "the same, durable in SQLite", {"alone": "prepared inserts of the same rows"})}


def results(bench, *arguments):
    said = subprocess.run([bench, *arguments], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in said.splitlines()]


def print_rates(bench, mode):
    goal, what, others = RATES[mode]
    runs = results(bench, mode)
    said = f"{goal}  {what}: {statistics.median(run['pipeline'] for run in runs):,.0f}/s"
    for side, other in others.items():
        ratios = [run["pipeline"] / run[side] for run in runs]
        said += (f"; {other}: {statistics.median(run[side] for run in runs):,.0f}/s, ratio {statistics.median(ratios):.2f} "
                 f"({min(ratios):.2f} to {max(ratios):.2f})")
    print(said, flush=True)


def print_latency(bench):
    runs = results(bench, "latency")
    for rate in sorted({run["rate"] for run in runs}):
        of_rate = [run for run in runs if run["rate"] == rate]
        p50, p99, commit = (1000 * statistics.median(run[what] for run in of_rate) for what in ("p50", "p99", "commit"))
        size = statistics.median(run["commit_size"] for run in of_rate)
        print(f"P6  intended send time to alert received at {rate:,}/s, PostgreSQL: p50 {p50:.1f} ms, p99 {p99:.1f} ms; one commit of "
              f"{size:.0f}: {commit:.1f} ms; ratio of p50 {p50 / commit:.1f}", flush=True)


def start_until_ready(engine, env, port, folder):
    """Returns the process and how long it took."""
    begun = time.monotonic()
    process = subprocess.Popen([engine, "--publish-port", "0", "--replay-port", "0", "--command-port", "0", "--health-port", str(port)],
                               env=env, cwd=folder, stdout=subprocess.DEVNULL)
    while True:
        with contextlib.suppress(OSError, urllib.error.HTTPError):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
                if answer.status == 200:
                    return process, time.monotonic() - begun
        if process.poll() is not None:
            raise SystemExit("the engine ended before it was ready")
        time.sleep(0.005)


@contextlib.contextmanager
def filled_database(bench):
    """A database with HISTORY transactions while it is open: what the filler said of it, and the engine's environment."""
    with subprocess.Popen([bench, "fill", str(HISTORY)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as filler:
        snapshot, filled = (json.loads(filler.stdout.readline()) for _ in range(2))
        yield {**snapshot, **filled}, {
            "PATH": os.environ["PATH"], "DB_TYPE": "postgresql", "DB_HOST": "127.0.0.1", "DB_PORT": str(filled["port"]), "DB_NAME": filled["name"],
            "DB_USER": filled["user"], "DB_PASSWORD": filled["password"], "LOG_LEVEL": "error"}
        filler.stdin.close()


def restart(engine, env):
    """Returns the seconds until an engine on that database is ready, and kills it as kill -9 does."""
    with tempfile.TemporaryDirectory() as folder:
        process, seconds = start_until_ready(engine, env, free_ports(1)[0], folder)
        process.send_signal(signal.SIGKILL)
        process.wait()
    return seconds


def print_restart(bench, engine):
    with filled_database(bench) as (filled, env):
        times = [restart(engine, env) for _ in range(REPETITIONS)]
    print(f"P7  restart after kill -9, 1,000,000 positions, {filled['inputs']:,} inputs of history, 500,000 after the snapshot: "
          f"{statistics.median(times):.1f} s ({min(times):.1f} to {max(times):.1f}); applying was held up {1000 * filled['stall']:.1f} ms by a "
          f"snapshot of {filled['bytes'] / 1e6:.0f} MB", flush=True)
    print(f"P9  {filled['remembered']:,} executions remembered, {filled['remembered_bytes'] / filled['remembered']:.1f} bytes each", flush=True)


def main():
    folder, chosen = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:] or [*RATES, "latency", "restart"]
    bench = folder / "pipeline_bench"
    for mode in chosen:
        if mode == "latency":
            print_latency(bench)
        elif mode == "restart":
            print_restart(bench, folder / "risk-engine")
        else:
            print_rates(bench, mode)


if __name__ == "__main__":
    main()
