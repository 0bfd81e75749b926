"""deploy/run.sh with the real services: one that ends is started again as docker compose would, what is wrong from the start ends
all, and Ctrl+C leaves no process."""
import contextlib
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "mesh"))
from mesh import BIN, ROOT, free_ports, wait_until  # noqa: E402

SERVICES = ("simulator", "risk-engine", "alert-notifier", "dashboard-gateway")


class Run:
    """The script on ports and a folder of its own. Use as a context manager: leaves no process behind."""

    def __init__(self, *options, env=None):
        self.token = uuid.uuid4().hex  # in the environment of everything it starts
        self.folder = tempfile.TemporaryDirectory(prefix="risk-run-")
        self.log = pathlib.Path(self.folder.name, "run.log")
        names = ("SIMULATOR_PORT", "SIMULATOR_REPLAY_PORT", "DROP_COPY_PORT", "DROP_COPY_REPLAY_PORT", "ENGINE_PUBLISH_PORT", "ENGINE_REPLAY_PORT", "ENGINE_COMMAND_PORT",
                 "DASHBOARD_PORT", "SIMULATOR_HEALTH", "DROP_COPY_HEALTH", "ENGINE_HEALTH", "NOTIFIER_HEALTH")
        self.ports = dict(zip(names, free_ports(len(names))))
        ports = self.ports
        web = pathlib.Path(self.folder.name, "web")
        web.mkdir()
        environment = {
            **{name: str(port) for name, port in ports.items() if name.endswith("_PORT")},
            **{f"{name}_URL": f"http://127.0.0.1:{port}/readyz" for name, port in ports.items() if name.endswith("_HEALTH")},
            "TRANSACTION_ENDPOINTS": f"tcp://127.0.0.1:{ports['SIMULATOR_PORT']}",
            "ENGINE_ENDPOINT": f"tcp://127.0.0.1:{ports['ENGINE_PUBLISH_PORT']}",
            "ENGINE_COMMAND_ENDPOINT": f"tcp://127.0.0.1:{ports['ENGINE_COMMAND_PORT']}",
            "WEB_ROOT": str(web), "RISK_BIN_DIR": str(BIN), "RUN_TEST_TOKEN": self.token,
        }
        with self.log.open("wb") as out:
            self.child = subprocess.Popen(
                [ROOT / "deploy/run.sh", "--no-install", "--no-build", "--data-dir", pathlib.Path(self.folder.name, "data"), *options],
                env={"PATH": os.environ["PATH"], **environment, **(env or {})}, stdout=out, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if kind is not None:
            print(self.text()[-6000:])
        self.folder.cleanup()

    def text(self):
        return self.log.read_text(errors="replace")

    def said(self):
        """What the script itself said."""
        return [line for line in self.text().splitlines() if line.startswith("run: ")]

    def processes(self, name=None):
        """Everything that the script has started and that still runs, or one service of it."""
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                ours = f"RUN_TEST_TOKEN={self.token}".encode() in (folder / "environ").read_bytes()
                if ours and (name is None or pathlib.Path(os.readlink(folder / "exe")).name == name):
                    found.append(int(folder.name))
        return found

    def status(self, port, path):
        with contextlib.suppress(OSError):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[port]}{path}", timeout=2) as answer:
                    return answer.status
            except urllib.error.HTTPError as refusal:
                return refusal.code
        return None

    def wait_up(self):
        wait_until(lambda: self.child.poll() is not None or any("the dashboard is at" in line for line in self.said()), "the page")
        if self.child.poll() is not None:
            raise AssertionError("it ended")

    def kill(self, name):
        """Kills a service; returns when another process of it runs."""
        (victim,) = wait_until(lambda: self.processes(name), name)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: [pid for pid in self.processes(name) if pid != victim], f"{name} to come back")

    def transactions(self):
        database = pathlib.Path(self.folder.name, "data", "risk_alert.db")
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute("SELECT count(*) FROM transactions").fetchone()[0]

    def interrupt(self):
        self.child.send_signal(signal.SIGINT)
        return self.child.wait(60)


class Restarts(unittest.TestCase):
    def test_a_service_that_is_killed_is_named_and_started_again_ever_later_and_an_interrupt_leaves_nothing(self):
        with Run("--rate", "20", "--seed", "7") as run:
            run.wait_up()
            run.kill("risk-engine")
            self.assertIn("run: risk-engine ended by SIGKILL; starting it again in 0.1 s", run.said())
            wait_until(lambda: run.status("ENGINE_HEALTH", "/readyz") == 200, "the engine to be ready")
            for pause in ("0.1", "0.2", "0.4"):
                run.kill("alert-notifier")
                self.assertIn(f"run: alert-notifier ended by SIGKILL; starting it again in {pause} s", run.said())
            run.kill("simulator")
            run.kill("dashboard-gateway")
            for port in ("ENGINE_HEALTH", "SIMULATOR_HEALTH", "NOTIFIER_HEALTH", "DASHBOARD_PORT"):
                wait_until(lambda: run.status(port, "/healthz") == 200, f"{port} to answer")
            self.assertEqual(run.interrupt(), 0)
            self.assertEqual(run.processes(), [])
            ended = [re.search(r"service=([a-z-]+) msg=stopped seconds", line) for line in run.text().splitlines()]
            self.assertEqual([match[1] for match in ended if match], list(SERVICES))  # in the order that transactions flow

    def test_drop_copy_runs_where_a_file_names_its_sessions_and_only_there(self):
        with Run() as run:
            run.wait_up()
            self.assertEqual(run.processes("drop-copy"), [])
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as settings:
            settings.write("drop_copy:\n  sessions:\n    - {name: prime, role: acceptor, port: 0, sender_comp_id: DESK, target_comp_id: PRIME}\n")
            settings.flush()
            with Run(env={"DROP_COPY_CONFIG_FILE": settings.name}) as run:
                run.wait_up()
                wait_until(lambda: run.status("DROP_COPY_HEALTH", "/healthz") == 200, "drop-copy to answer")
                run.kill("drop-copy")
                self.assertEqual(run.interrupt(), 0)
                self.assertEqual(run.processes(), [])

    def test_an_interrupt_while_a_service_waits_to_be_started_again_leaves_nothing(self):
        with Run() as run:
            run.wait_up()
            for _ in range(5):
                run.kill("alert-notifier")
            (victim,) = run.processes("alert-notifier")
            os.kill(victim, signal.SIGKILL)
            wait_until(lambda: any("again in 3.2 s" in line for line in run.said()), "the script to notice")
            self.assertEqual(run.interrupt(), 0)
            self.assertEqual(run.processes(), [])

    def test_a_simulator_that_has_sent_all_stays_ended(self):
        with Run("--rate", "100", "--count", "20") as run:
            run.wait_up()
            wait_until(lambda: any("the simulator has sent all" in line for line in run.said()), "the simulator to end")
            run.kill("alert-notifier")  # the script has looked again since
            self.assertEqual(run.processes("simulator"), [])
            self.assertEqual(run.interrupt(), 0)

    def test_a_replay_that_is_killed_goes_on_where_it_stood(self):
        with tempfile.TemporaryDirectory() as folder:
            fills = pathlib.Path(folder, "fills.csv")
            fills.write_text("transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n" + "".join(
                f"T{i},2024-09-20T08:{i // 60:02}:{i % 60:02}Z,CLIENT_001,AAPL,BUY,1,10,USD,B,M\n" for i in range(200)))
            with Run("--replay", str(fills), "--speed", "x25") as run:
                run.wait_up()
                wait_until(lambda: run.transactions() > 20, "the first transactions")
                run.kill("simulator")
                wait_until(lambda: any("the simulator has sent all" in line for line in run.said()), "the simulator to end")
                wait_until(lambda: run.transactions() >= 200, "every transaction")
                self.assertEqual(run.interrupt(), 0)
                self.assertEqual(run.transactions(), 200)


class FromTheStart(unittest.TestCase):
    def check_ends_all(self, run, name, status):
        self.assertEqual(run.child.wait(60), 1)
        self.assertIn(f"run: {name} ended with exit status {status} before everything ran: what it said last is why; stopping the others",
                      run.said())
        self.assertEqual(run.processes(), [])

    def test_a_setting_that_a_service_refuses_ends_all_with_its_message(self):
        with Run(env={"NOTIFIER_QUEUE_MAX": "many"}) as run:
            self.check_ends_all(run, "alert-notifier", 2)
            self.assertRegex(run.text(), r"alert-notifier +\|.*NOTIFIER_QUEUE_MAX")

    def test_an_engine_that_refuses_its_database_ends_all_with_its_message(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "risk.db")
            path.with_suffix(".db-wal").write_bytes(b"left over")
            with Run(env={"SQLITE_DB_PATH": str(path)}) as run:
                self.check_ends_all(run, "risk-engine", 1)
                self.assertIn("risk.db-wal beside it belongs to a database that was", run.text())


if __name__ == "__main__":
    unittest.main()
