#!/usr/bin/env python3
"""Measures two builds against each other, in turn, and prints the ratio of each goal of DESIGN: against.py BEFORE AFTER [GOAL...]

BEFORE and AFTER are folders of executables of tests/bench/run.sh, such as build/bench/bin of two worktrees. GOAL is one of P1
to P7 (default: all). A ratio is above one when AFTER is better, and is the median over pairs of runs that follow each other.
"""
import contextlib
import pathlib
import re
import statistics
import sys

import pipeline
import table

MARKET = "100k_zipf_0.99"
ROUNDS = {"P1": 7, "P3": 3, "P4": 3, "P5": 3, "P6": 2, "P7": 7}


def core(folder):
    (run,) = table.run(folder / "core_bench", f"^core/{re.escape(MARKET)}/")
    return {"P1 core, transactions/s": [run["items_per_second"]]}


def sizes(folder):
    (run,) = table.run(folder / "core_bench", "^bytes")
    return {"P2 bytes of a client with both windows": [run["per_client"]], "P2 bytes of a position": [run["per_position"]]}


def rates(folder, mode):
    goal, what, _ = pipeline.RATES[mode]
    return {f"{goal} {what}, transactions/s": [run["pipeline"] for run in pipeline.results(folder / "pipeline_bench", mode)]}


def latency(folder):
    found = {}
    for run in pipeline.results(folder / "pipeline_bench", "latency"):
        for what in ("p50", "p99"):
            found.setdefault(f"P6 {what} at {run['rate']:,}/s, ms", []).append(1000 * run[what])
    return found


MEASURES = {"P1": core, "P3": lambda folder: rates(folder, "memory"), "P4": lambda folder: rates(folder, "postgres"),
            "P5": lambda folder: rates(folder, "sqlite"), "P6": latency}


def print_pairs(before, after, lower_is_better):
    for what, values in before.items():
        pairs = list(zip(values, after[what]))
        ratios = [b / a if lower_is_better else a / b for b, a in pairs]
        print(f"{what}: {statistics.median(values):,.4g} before, {statistics.median(after[what]):,.4g} after, ratio "
              f"{statistics.median(ratios):.3f} ({min(ratios):.2f} to {max(ratios):.2f}, {len(pairs)} pairs)", flush=True)


def add(found, more):
    for what, values in more.items():
        found.setdefault(what, []).extend(values)


def compare(goal, folders):
    """Even rounds begin with the one, odd rounds with the other: a machine that warms up favours neither."""
    found = [{}, {}]
    for i in range(ROUNDS[goal]):
        for side in ((0, 1), (1, 0))[i % 2]:
            add(found[side], MEASURES[goal](folders[side]))
    print_pairs(*found, lower_is_better=goal == "P6")


def compare_restarts(folders):
    found = [{}, {}]
    with contextlib.ExitStack() as stack:
        databases = [stack.enter_context(pipeline.filled_database(folder / "pipeline_bench")) for folder in folders]
        for i in range(ROUNDS["P7"]):
            for side in ((0, 1), (1, 0))[i % 2]:
                seconds = pipeline.restart(folders[side] / "risk-engine", databases[side][1])
                add(found[side], {"P7 restart after kill -9, s": [seconds]})
    print_pairs(*found, lower_is_better=True)


def main():
    folders = [pathlib.Path(folder).resolve() for folder in sys.argv[1:3]]
    for goal in sys.argv[3:] or ["P1", "P2", "P3", "P4", "P5", "P6", "P7"]:
        if goal == "P2":
            print_pairs(*(sizes(folder) for folder in folders), lower_is_better=True)
        elif goal == "P7":
            compare_restarts(folders)
        else:
            compare(goal, folders)


if __name__ == "__main__":
    main()
