"""One round: a load, the services, faults at seeded instants, and a judgement of what is there when all has healed."""
import contextlib
import dataclasses
import pathlib
import random
import shutil
import subprocess
import tempfile
import threading
import time

import faults
from auditor import NOTHING, Auditor, Difference, judge_delivery, judge_listener, judge_page, listened, notifier_lanes, slack_events
from broker import Broker
from expected import MERGED, MERGED_PRICES, Expected
from fix_load import INSTRUMENT_ROW, FixLoad
from services import BIN, FAKETIME, FIX_STREAM, STREAM_NAME, Services, Sqlite, wait_until
from sources import INSTRUMENT, Source
from workload import Workload

BEGIN_SECONDS_MAX = 30
RECOVERY_SECONDS_MAX = 60
COMPLETE_SECONDS_MAX = 180
DELIVERY_SECONDS_MAX = 60


@dataclasses.dataclass
class Result:
    seed: int
    faults: list
    differences: list = dataclasses.field(default_factory=list)
    recoveries: list = dataclasses.field(default_factory=list)  # (kind, seconds)
    events: int = 0
    lost: int = 0
    repeated: int = 0
    kept: pathlib.Path = None  # where the logs of a failed round are


class Round:
    def __init__(self, seed, rate, seconds, kinds, cluster):
        """`cluster`: a PostgreSQL server, None for SQLite."""
        self.seed, self.cluster = seed, cluster
        self.load = Workload(seed, rate, seconds)
        self.fix = None  # what a broker reports, where there can be a drop-copy
        self.faults = faults.pick(random.Random(f"faults {seed}"), kinds, seconds)
        self.result = Result(seed, self.faults)

    def play(self, output):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="risk-chaos-"))
        try:
            transactions, self.rules = self.load.write(folder)
            if FAKETIME:
                self.fix = FixLoad(self.seed, self.load)
            if self.cluster:
                self.cluster.recreate()
            with Services(folder, self.cluster or Sqlite(folder / "risk.db"), transactions, self.rules) as services:
                with self.noting("round"):
                    self.run(services)
            if self.result.differences:
                self.result.kept = keep(folder, output / f"round-{self.seed}", self.result)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return self.result

    @contextlib.contextmanager
    def noting(self, what):
        """What could not be done, or did not come in time, is a difference."""
        try:
            yield
        except (AssertionError, OSError, ValueError, subprocess.SubprocessError) as error:
            detail = getattr(error, "stderr", None) or ""
            self.result.differences.append(Difference(what, type(error).__name__, "done", f"{error} {detail}".strip()))

    def run(self, services):
        for fault in self.faults:
            fault.prepare(services)
        services.start_sink()
        services.start_ready("risk-engine")
        if services.with_standby:
            services.start("standby")
            services.wait_standby("standby")
        services.start("alert-notifier")
        services.start("dashboard-gateway")
        if (BIN / "chaos_listener").exists():
            services.start("listener")
        for name in ("alert-notifier", "dashboard-gateway"):
            services.wait_ready(name)
        services.start("simulator")
        wait_until(services.has_begun, "the first commit", BEGIN_SECONDS_MAX)
        # Not before: what comes ahead of the first row of the load would move time.
        if self.fix:
            services.start_drop_copy(Broker(self.fix, self.load.seconds, self.seed))
            services.broker.begin()
        self.inject_all(services)
        self.wait_complete(services)
        auditor = Auditor(services.database)
        expected = self.expected(services, auditor.order())
        self.wait_delivered(services, expected)
        self.judge(services, auditor, expected)
        for name, status in services.stop_all():
            self.result.differences.append(Difference("process", name, "to end when asked, with status 0", f"status {status}"))

    def inject_all(self, services):
        begun = time.monotonic()
        threads = [threading.Thread(target=self.inject, args=(fault, services, begun)) for fault in self.faults]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def inject(self, fault, services, begun):
        with self.noting(f"fault {fault}"):
            wait_for_instant(begun + fault.at)
            fault.aim(services)
            since = time.monotonic()
            fault.inject(services)
            wait_for_instant(time.monotonic() + fault.hold)
            fault.heal(services)
            if not fault.from_injection:
                since = time.monotonic()
            fault.healed(services)
            wait_until(lambda: fault.recovered(services, len(self.load.inputs)), f"recovery from {fault}", RECOVERY_SECONDS_MAX)
            self.result.recoveries.append((fault.kind, time.monotonic() - since))

    def wait_complete(self, services):
        sent = sum(made.kind != INSTRUMENT or made.fate is not None for made in self.load.inputs)
        with self.noting("completion"):
            if self.fix:
                wait_until(services.broker.is_done, "the broker to send all it has", COMPLETE_SECONDS_MAX)
                wait_until(lambda: services.fix_received() >= services.broker.numbers(), "drop-copy to receive all the broker sent", COMPLETE_SECONDS_MAX)
                sent += len(self.fix.inputs) + services.broker.repeated
            wait_until(lambda: (services.taken() or 0) >= sent, "the engine to commit the whole input", COMPLETE_SECONDS_MAX)
        with self.noting("completion"):
            wait_until(lambda: not services.is_running("simulator"), "the simulator to end by itself")

    def expected(self, services, order):
        sources = [Source(STREAM_NAME, self.load.inputs, self.fix.shared if self.fix else frozenset(), ticks=self.load.ticks())]
        repeated = {}
        if self.fix:
            told = [INSTRUMENT_ROW] if self.fix.tells_of_future else []
            sources.append(Source(FIX_STREAM, self.fix.inputs, self.fix.shared, is_file=False, instruments=told))
            repeated[FIX_STREAM] = services.broker.repeated
        return Expected(BIN / "riskctl", services.folder, self.rules, sources, order, repeated)

    def wait_delivered(self, services, expected):
        events = len(expected.events)
        with self.noting("notifier"):
            wait_until(lambda: count_lines(services.sink_out) > events and len(set(slack_events(services.sink_out))) >= events,
                       "every alert event in the sink", DELIVERY_SECONDS_MAX)
        if "listener" in services.processes:
            with self.noting("bus listener"):
                wait_until(lambda: len(set(listened(services.listened))) >= events, "every alert event at the listener", DELIVERY_SECONDS_MAX)
        with self.noting("page"):
            wait_until(lambda: services.transactions_shown() >= expected.counts["EXECUTION"], "every transaction on the page")

    def judge(self, services, auditor, expected):
        result, database = self.result, services.database
        result.events = len(expected.events)
        with self.noting("audit"):
            result.differences += auditor.audit(expected)
            if services.broker:
                result.differences += [Difference("broker", "session", NOTHING, complaint) for complaint in services.broker.complaints]
            deliveries = [judge_delivery("notifier", slack_events(services.sink_out), result.events, notifier_lanes(expected.events))]
            if "listener" in services.processes:
                deliveries.append(judge_listener(listened(services.listened), database, result.events))
            for delivery in deliveries:
                result.differences += delivery.differences
                result.lost += delivery.lost
                result.repeated += delivery.repeated
            result.differences += judge_page(services.transactions_shown(), database)


def wait_for_instant(instant):
    threading.Event().wait(max(0, instant - time.monotonic()))


def count_lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def keep(folder, target, result):
    """Saves the logs of a failed round, all its differences, and what the order of the two streams decides. The rest of the input comes back with the seed."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in [*folder.glob("*.log"), folder / "rules.yaml", folder / "sink.jsonl", folder / "listened", folder / MERGED, folder / MERGED_PRICES]:
        if path.exists():
            shutil.copy(path, target)
    (target / "differences").write_text("".join(f"{difference}\n" for difference in result.differences), encoding="utf-8")
    return target
