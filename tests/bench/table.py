#!/usr/bin/env python3
"""Runs core_bench market by market and prints medians and ratios: table.py CORE_BENCH [MARKET...]"""
import json
import re
import statistics
import subprocess
import sys

REPETITIONS = 5


def run(bench, pattern, *options):
    command = [bench, f"--benchmark_filter={pattern}", "--benchmark_format=json", *options]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [b for b in json.loads(said)["benchmarks"] if b.get("run_type") != "aggregate"]


def markets(bench):
    said = subprocess.run([bench, "--benchmark_list_tests"], check=True, capture_output=True, text=True).stdout
    return [match.group(1) for match in re.finditer(r"^core/([^/\n]+)", said, re.M)]


def millions(results, what):
    """Transactions a second of each repetition."""
    found = [r["items_per_second"] / 1e6 for r in results if r["name"].startswith(what + "/")]
    assert len(found) == REPETITIONS, (what, results)
    return found


def print_market(bench, market):
    pattern = "^(core|bare|bare_fetched)/" + re.escape(market) + "/"
    results = run(bench, pattern, f"--benchmark_repetitions={REPETITIONS}", "--benchmark_enable_random_interleaving=true")
    core, bare, fetched = (millions(results, what) for what in ("core", "bare", "bare_fetched"))
    middle = statistics.median
    events = middle(r["events_per_million"] for r in results if r["name"].startswith("core/"))
    print(f"{market:16} {middle(core):8.2f} {middle(bare):8.2f} {middle(core) / middle(bare):7.2f} {middle(fetched):10.2f} "
          f"{middle(core) / middle(fetched):7.2f} {events:10.0f}   {min(core):.2f} to {max(core):.2f}", flush=True)


def main():
    bench, chosen = sys.argv[1], sys.argv[2:]
    print("core: millions of transactions a second, every rule on, one thread; median of five")
    print("bare: the same look-ups alone; fetched: with the core's fetching ahead\n")
    print(f"{'market':16} {'core':>8} {'bare':>8} {'ratio':>7} {'fetched':>10} {'ratio':>7} {'events/M':>10}   core, least to most")
    for market in chosen or markets(bench):
        print_market(bench, market)
    if not chosen:
        (sizes,) = run(bench, "^bytes")
        shares = [r["share_of_a_core"] for r in run(bench, "^prices", f"--benchmark_repetitions={REPETITIONS}")]
        print(f"\nprices without trades, 5,000 symbols moved once a second, 100,000 clients: {statistics.median(shares):.4f} of one core")
        print(f"\nbytes of a client with both windows: {sizes['per_client']:.0f}, of a position: {sizes['per_position']:.0f}")


if __name__ == "__main__":
    main()
