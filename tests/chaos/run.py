#!/usr/bin/env python3
"""Rounds of the real services under load and faults, each judged by an auditor that shares no code with them.

    run.py --rounds 20 --seed 1                        any faults that can be injected here
    run.py --faults none                               the load alone
    run.py --faults crash-postgres,kill-copy --rounds 3

A line a round, then a table; the last line is "N passed, N failed, N skipped". A round that failed says how to play it
again. As root it runs in a network and a mount namespace of its own. README.md has the faults.
"""
import argparse
import contextlib
import gc
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import faults
from round import Round
from services import BIN, ROOT, Cluster

SHOWN_MAX = 20
IN_NAMESPACES = "CHAOS_IN_NAMESPACES"


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog="faults: " + ", ".join(faults.KINDS))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1, help="of the first round; each further one has the next")
    parser.add_argument("--faults", default="all", help="all, none, or some: " + "kill-engine,slow-link")
    parser.add_argument("--rate", type=int, default=20000, help="transactions a second")
    parser.add_argument("--seconds", type=float, default=8, help="of load")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/chaos", help="where failed rounds leave their logs")
    parser.add_argument("--list", action="store_true", help="print the faults, one a line, and run nothing")
    options = parser.parse_args()
    options.kinds = {"all": list(faults.KINDS), "none": []}.get(options.faults) if options.faults in ("all", "none") else options.faults.split(",")
    for kind in options.kinds:
        if kind not in faults.KINDS:
            parser.error(f"no fault {kind}; there are {', '.join(faults.KINDS)}")
    return options


def enter_namespaces():
    """Runs this program again in namespaces of its own, where packets may be dropped and volumes filled; true once there."""
    if os.environ.get(IN_NAMESPACES):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return True
    command = ["unshare", "--net", "--mount"]
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip") or subprocess.run([*command, "true"], capture_output=True).returncode:
        return False
    os.execvpe(command[0], [*command, sys.executable, "-B", *sys.argv], {**os.environ, IN_NAMESPACES: "1"})


def play(options, is_root):
    skipped = 0
    kinds = []
    for kind in options.kinds:
        reason = faults.why_not(kind, options.database == "postgresql", is_root)
        if reason is None:
            kinds.append(kind)
        else:
            print(f"skipped: fault {kind}: {reason}")
            skipped += 1
    if options.kinds and not kinds:
        return [], skipped
    if not (BIN / "chaos_listener").exists():
        print("chaos_listener is not built: what reaches a listener on the bus is not judged")
    if not faults.FAKETIME:
        print("libfaketime is not installed: no drop-copy runs")
    results = []
    with contextlib.ExitStack() as cleanups:
        cluster = None
        if options.database == "postgresql":
            folder = pathlib.Path(tempfile.mkdtemp(prefix="risk-chaos-"))
            cleanups.callback(shutil.rmtree, folder, ignore_errors=True)
            folder.chmod(0o755)
            cluster = Cluster(folder / "postgres")
            cleanups.callback(cluster.close)
        for seed in range(options.seed, options.seed + options.rounds):
            result = Round(seed, options.rate, options.seconds, kinds, cluster).play(options.output)
            results.append(result)
            show(result, options)
            gc.collect()
    return results, skipped


def show(result, options):
    recovery = ", ".join(f"{kind} {seconds:.2f} s" for kind, seconds in result.recoveries)
    print(f"round seed {result.seed}: {', '.join(map(str, result.faults)) or 'no faults'}; {result.events} events; "
          f"{len(result.differences)} differences; recovery: {recovery or '-'}", flush=True)
    for difference in result.differences[:SHOWN_MAX]:
        print(f"  {difference}")
    if len(result.differences) > SHOWN_MAX:
        print(f"  and {len(result.differences) - SHOWN_MAX} more")
    if result.kept:
        print(f"  logs and all differences: {result.kept}")
        print(f"  again: tests/chaos/run.py --seed {result.seed} --faults {options.faults} --rate {options.rate} --seconds {options.seconds:g} "
              f"--database {options.database}", flush=True)


def show_table(results):
    print(f"\n{'fault':<16} {'injected':>8} {'recovered':>9} {'median s':>9} {'max s':>7}")
    for kind in faults.KINDS:
        injected = sum(fault.kind == kind for result in results for fault in result.faults)
        times = [seconds for result in results for name, seconds in result.recoveries if name == kind]
        if injected:
            figures = f"{statistics.median(times):>9.2f} {max(times):>7.2f}" if times else f"{'-':>9} {'-':>7}"
            print(f"{kind:<16} {injected:>8} {len(times):>9} {figures}")
    print(f"\nrounds {len(results)}; alert events {sum(result.events for result in results)}; differences {sum(len(result.differences) for result in results)}; "
          f"events lost {sum(result.lost for result in results)}; events delivered again {sum(result.repeated for result in results)}\n")


def main():
    options = parse()
    if options.list:
        print("\n".join(faults.KINDS))
        return 0
    if not (BIN / "risk-engine").exists():
        print(f"chaos: no executables in {BIN} (RISK_BIN_DIR)", file=sys.stderr)
        return 2
    if options.database == "postgresql" and not list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        print("skipped: no PostgreSQL server is installed")
        print(f"0 passed, 0 failed, {options.rounds} skipped")
        return 0
    is_root = enter_namespaces()
    gc.disable()  # it would look through a million live objects again and again; a round's go when it is over
    results, skipped = play(options, is_root)
    show_table(results)
    failed = sum(bool(result.differences) for result in results)
    print(f"{len(results) - failed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
