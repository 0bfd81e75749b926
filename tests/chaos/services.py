"""The processes of one round: where they listen, with which flags they start, and how they are killed, paused and asked.

FLAGS is the one place that names the services' flags.
"""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

from adjustments import FILES
from broker import SESSION
from workload import BEGIN, FIX_BROKER

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mesh"))
from mesh import BIN, ROOT, SUPPORT, Postgres, Process, Sqlite, free_ports, wait_until  # noqa: E402

STREAM_NAME, FIX_STREAM_NAME = "simulator@chaos", "drop-copy@chaos"
FIX_STREAM = f"{FIX_STREAM_NAME}/{SESSION}"
# drop-copy tells the time by a clock, which here is that of the day before the load: it must not move the load's time.
FIX_CLOCK = BEGIN - timedelta(days=1)
FAKETIME = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
TOLD_EVENTS = "OPENED,ESCALATED,WORSENED,RESOLVED"
READY_SECONDS_MAX = 60
JOURNAL_BYTES_MAX = 16 << 20  # less than the load, so that an engine that is away for long fills it
ENGINES = ("risk-engine", "standby")
PROGRAMS = {"standby": "risk-engine", "listener": "chaos_listener"}  # others are named as their program

SESSION_SETTINGS = """\
drop_copy:
  sessions:
    - name: {name}
      role: initiator
      host: 127.0.0.1
      port: {port}
      version: FIX.4.4
      sender_comp_id: DESK
      target_comp_id: BROKER
      broker_id: {broker}
      reconnect: 100ms
"""

# {name} is a port, a path or a number of the round; see Services.values.
FLAGS = {
    "simulator": "--port {transactions} --replay-port {transactions_replay} --journal {journal} --journal-bytes-max {journal_bytes_max}"
                 " --resume --replay {input} --adjustments {adjustments} --prices {prices} --rates-file {rates} --instruments {instruments}"
                 " --speed real --stream-name {stream_name} --health-port {simulator}",
    "drop-copy": "--config {fix} --port {fix_transactions} --replay-port {fix_replay} --journal {fix_journal} --stream-name {fix_stream_name}"
                 " --health-port {drop-copy}",
    "risk-engine": "--publish-port {engine} --replay-port {engine_replay} --command-port {commands}"
                   " --snapshot-interval {snapshot_interval} --health-port {risk-engine} --config {rules}",
    "standby": "--publish-port {standby_engine} --replay-port {standby_engine_replay} --command-port {standby_commands}"
               " --snapshot-interval {snapshot_interval} --health-port {standby} --config {rules}",
    "alert-notifier": "--state-path {notifier_state} --events {told_events} --retry-first-wait 50ms --retry-longest-wait 500ms"
                      " --health-port {alert-notifier}",
    "dashboard-gateway": "--port {dashboard-gateway} --web-root {web_root}",
    "listener": "{engine_endpoint} {listened}",
}
# A stream's replay has the port after the stream's; by the name of a process, its health.
PORTS = ("transactions", "transactions_replay", "engine", "engine_replay", "standby_engine", "standby_engine_replay",
         "commands", "standby_commands", "fix_transactions", "fix_replay",
         "simulator", "drop-copy", "risk-engine", "standby", "alert-notifier", "dashboard-gateway")


class Cluster(Postgres):
    """One server for a run, a new database for a round."""

    def recreate(self):
        self.psql("postgres", "postgres", "DROP DATABASE IF EXISTS risk_alert WITH (FORCE)", "CREATE DATABASE risk_alert OWNER risk_engine")

    def cluster(self, command):
        subprocess.run([SUPPORT / "pg_cluster.sh", command, self.folder], check=True, capture_output=True)


class Services:
    """Use as a context manager: leaves no process behind. `folder` is the caller's."""

    def __init__(self, folder, database, transactions, rules):
        self.folder, self.database = folder, database
        self.processes = {}
        self.expected_ends = set()  # names of processes that a fault may make end
        self.cleanups = contextlib.ExitStack()
        self.extra_env = {}  # by process
        self.link = None  # between simulator and engine
        self.journal = folder / "journal"
        self.journal.mkdir()
        self.with_standby = False
        self.broker = None  # of drop-copy, where there is one
        self.sink_port = None
        self.sink_out, self.listened = folder / "sink.jsonl", folder / "listened"
        ports = dict(zip(PORTS, free_ports(len(PORTS))))
        self.values = {
            **ports, "journal": self.journal, "journal_bytes_max": JOURNAL_BYTES_MAX, "input": transactions, "rules": rules, "stream_name": STREAM_NAME,
            **{kind.lower() + "s": folder / name for kind, name in FILES.items()},
            "fix": folder / "fix.yaml", "fix_journal": folder / "fix-journal", "fix_stream_name": FIX_STREAM_NAME, "snapshot_interval": "2s",
            "notifier_state": folder / "notifier-state", "told_events": TOLD_EVENTS,
            "web_root": ROOT / "services/dashboard-gateway/web/dist", "listened": self.listened}

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for process in self.processes.values():
            with contextlib.suppress(AssertionError):
                process.stop(signal.SIGKILL)
        if self.link:
            self.link.close()
        if self.broker:
            self.broker.close()
        self.cleanups.close()

    def environment(self, name):
        address = self.link.ADDRESS if self.link else "127.0.0.1"
        transactions = [f"tcp://{address}:{self.values['transactions']}"] + [f"tcp://127.0.0.1:{self.values['fix_transactions']}"] * bool(FAKETIME)
        database = self.database.reader_env if name == "dashboard-gateway" else self.database.env
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LOG_LEVEL": "info", **database,
               "TRANSACTION_ENDPOINTS": ",".join(transactions), "ENGINE_ENDPOINT": self.engine_endpoint(),
               "ENGINE_COMMAND_ENDPOINT": f"tcp://127.0.0.1:{self.values['commands']}"}
        if name == "alert-notifier":
            # Each event by itself and at once: the auditor counts them.
            env |= {"SLACK_WEBHOOK_URL": f"http://127.0.0.1:{self.sink_port}/hook", "NOTIFIER_SLACK_INTERVAL": "0ms",
                    "NOTIFIER_SUMMARY_ABOVE": "0"}
        return {**env, **self.extra_env.get(name, {})}

    def engine_endpoint(self):
        engines = ("engine", "standby_engine") if self.with_standby else ("engine",)
        return ",".join(f"tcp://127.0.0.1:{self.values[engine]}" for engine in engines)

    def start_sink(self):
        log = self.folder / "sink.log"
        self.processes["sink"] = Process("sink", ["python3", SUPPORT / "http_sink.py", "--out", self.sink_out], log, {"PATH": os.environ["PATH"]}, self.folder)
        text = wait_until(lambda: log.read_text().partition("\n")[0], "the sink to listen")
        self.sink_port = int(text.rpartition(" ")[2].rstrip("}"))

    def start_drop_copy(self, broker):
        """With a session with that broker, which is closed with the rest."""
        self.broker = broker
        settings = SESSION_SETTINGS.format(name=SESSION, port=broker.listen(), broker=FIX_BROKER)
        self.values["fix"].write_text(settings, encoding="utf-8")
        offset = int((FIX_CLOCK - datetime.now(timezone.utc)).total_seconds())
        self.extra_env["drop-copy"] = with_clock(self.folder / "fix-clock", str(offset))
        self.start("drop-copy")

    def fix_received(self):
        """The last number of the broker's that drop-copy has, while they are logged on; else 0."""
        status, text = self.readyz("drop-copy")
        return json.loads(text)["facts"][f"session {SESSION}"]["last_sequence"] if status == 200 else 0

    def start(self, name):
        """Starts a process; does not wait."""
        values = {**self.values, "engine_endpoint": self.engine_endpoint()}
        flags = [word.format_map(values) for word in FLAGS[name].split(" ")]
        self.processes[name] = Process(name, [BIN / PROGRAMS.get(name, name), *flags], self.folder / f"{name}.log", self.environment(name), self.folder)

    def start_ready(self, name):
        self.start(name)
        self.wait_ready(name)

    def wait_ready(self, name):
        def ready_or_dead():
            status = self.processes[name].child.poll()
            if status is not None:
                raise AssertionError(f"{name} ended with status {status}: {self.processes[name].text()[-2000:]}")
            return self.ready(name)
        wait_until(ready_or_dead, f"{name} to be ready", READY_SECONDS_MAX)

    def ready(self, name):
        return self.readyz(name)[0] == 200

    def readyz(self, name):
        """Status and text, (None, "") when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.values[name]}/readyz", timeout=1) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except OSError:
            return None, ""

    def transactions_shown(self):
        """The number of transactions on the page."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.values['dashboard-gateway']}/api/v1/summary", timeout=10) as answer:
            return int(json.load(answer)["transactions"]["total"])

    def is_running(self, name):
        return name in self.processes and self.processes[name].child.poll() is None

    def kill(self, name):
        """False: it had ended before."""
        was_running = self.is_running(name)
        self.processes[name].stop(signal.SIGKILL)
        return was_running

    def signal(self, name, number):
        if self.is_running(name):
            self.processes[name].child.send_signal(number)

    def leader(self):
        """The engine that leads, None while there is none."""
        return next((name for name in ENGINES if self.ready(name)), None)

    def stands_by(self, name):
        status, text = self.readyz(name)
        return status == 503 and "standby: " in text

    def wait_standby(self, name):
        wait_until(lambda: self.stands_by(name), f"{name} to wait for the lease", READY_SECONDS_MAX)

    def has_begun(self):
        """Something is committed. Fails when the simulator ended before."""
        cursor = self.cursor()
        if not cursor and not self.is_running("simulator"):
            raise AssertionError(f"the simulator ended: {self.processes['simulator'].text()[-2000:]}")
        return cursor

    def cursor(self, stream=STREAM_NAME):
        """The committed sequence of a stream, None while the database does not answer."""
        return self.number(f"SELECT coalesce(max(sequence), 0) FROM stream_cursors WHERE name = '{stream}'")

    def taken(self):
        """How much of what was sent has become something: it is stored, quarantined or known already. But for instruments, which drop-copy makes."""
        # What waited in the quarantine is a transaction now, and what is held there is one, or a price.
        return self.number("SELECT (SELECT count(*) FROM transactions) + (SELECT count(*) FROM quarantine WHERE kind <> 'HELD_PRICE' AND applied_as IS NULL) + "
                           "(SELECT coalesce(sum(duplicates), 0) FROM stream_cursors) + (SELECT count(*) FROM adjustments) + "
                           "(SELECT count(*) FROM engine_inputs WHERE kind IN ('PRICE', 'RATE'))")

    def number(self, sql):
        try:
            rows = self.database.rows(sql)
        except AssertionError:
            return None
        return int(rows[0][0]) if rows else 0

    def stop(self, name):
        """The status with which it ends."""
        try:
            return self.processes[name].stop()
        except AssertionError:
            return "killed: it did not stop"

    def stop_all(self):
        """Consumers first, as a person would; returns (process, status) of those that did not end well."""
        bad = []
        for name in ("listener", "alert-notifier", "dashboard-gateway", "drop-copy", "simulator", "standby", "risk-engine"):
            if name not in self.processes:
                continue
            was_running, status = self.is_running(name), self.stop(name)
            may_have_ended = name in self.expected_ends or (name == "simulator" and status == 0)
            if (was_running and status != 0) or (not was_running and not may_have_ended):
                bad.append((name, status))
        return bad


def with_clock(path, offset):
    """Variables of a process whose clock, but for the monotonic one, is off by what the file says."""
    path.write_text(offset + "\n")
    return {"LD_PRELOAD": str(FAKETIME[0]), "FAKETIME_TIMESTAMP_FILE": str(path), "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
