"""The real services, started as a person would, for tests: each with ports, a folder and a database of its own.

Ports are chosen before a service starts, because a service that is killed comes back on the same one.
Nothing sleeps for a result: wait_until() returns as soon as the thing itself is there.
"""
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(os.environ.get("RISK_ROOT", pathlib.Path(__file__).parents[2]))
BIN = pathlib.Path(os.environ.get("RISK_BIN_DIR", ROOT / "build/dev/bin"))
DATA = ROOT.parent / "shared/data"
SUPPORT = ROOT / "tests/support"
PORT_MIN = 10_000
SECONDS_MAX = float(os.environ.get("MESH_SECONDS_MAX", "30"))


def free_ports(count):
    """As many free ports in a row. The kernel gives none of these to an outgoing connection, so that a service that was
    killed finds its own free again."""
    first_given = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(100):
        first = random.randrange(PORT_MIN, first_given - count)
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError):
            for port in range(first, first + count):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return list(range(first, first + count))
    raise AssertionError(f"no {count} free ports in a row")


def wait_until(condition, what, seconds=SECONDS_MAX):
    """Returns the condition's first true value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.02)


class Process:
    """A child with its output in a file."""

    def __init__(self, name, command, log, env, cwd, stdin=None):
        self.name, self.log = name, log
        self.out = open(log, "ab")
        self.child = subprocess.Popen([str(word) for word in command], stdout=self.out, stderr=subprocess.STDOUT,
                                      env=env, cwd=cwd, stdin=stdin or subprocess.DEVNULL)

    def text(self):
        return self.log.read_text(errors="replace")

    def stop(self, with_signal=signal.SIGINT, seconds=SECONDS_MAX):
        """Returns the exit status."""
        if self.child.poll() is None:
            self.child.send_signal(with_signal)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError(f"{self.name} did not stop on {with_signal!r}:\n{self.text()[-3000:]}") from None
        finally:
            self.out.close()

    def wait(self, seconds=SECONDS_MAX):
        return self.child.wait(seconds)


class Database:
    """What a test asks of the store behind the services' backs."""

    def __init__(self, env):
        self.env = env  # the services' settings

    def rows(self, sql):
        raise NotImplementedError


class Sqlite(Database):
    def __init__(self, path):
        super().__init__({"DB_TYPE": "sqlite", "SQLITE_DB_PATH": str(path)})
        self.path = path
        self.reader_env = self.env

    def rows(self, sql):
        if not self.path.exists():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)) as connection:
            try:
                return [tuple(map(str, row)) for row in connection.execute(sql)]
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []
                raise


class Postgres(Database):
    """A cluster made for the run, with the two roles of sql/postgres/roles.sql."""

    def __init__(self, folder):
        self.folder = folder
        out = subprocess.run([SUPPORT / "pg_cluster.sh", "start", folder], check=True, capture_output=True, text=True).stdout
        server = dict(line.split("=", 1) for line in out.splitlines() if line.startswith("TEST_POSTGRES_"))
        self.host, self.port = server["TEST_POSTGRES_HOST"], server["TEST_POSTGRES_PORT"]
        self.password = server["TEST_POSTGRES_PASSWORD"]
        self.psql("postgres", "postgres", "CREATE ROLE risk_engine LOGIN PASSWORD 'engine-pw'",
                  "CREATE ROLE risk_reader LOGIN PASSWORD 'reader-pw'", "CREATE DATABASE risk_alert OWNER risk_engine")
        common = {"DB_TYPE": "postgresql", "DB_HOST": self.host, "DB_PORT": self.port, "DB_NAME": "risk_alert"}
        super().__init__({**common, "DB_USER": "risk_engine", "DB_PASSWORD": "engine-pw"})
        self.reader_env = {**common, "DB_USER": "risk_reader", "DB_PASSWORD": "reader-pw"}

    def psql(self, user, database, *statements, password=None, check=True):
        commands = [word for statement in statements for word in ("-c", statement)]
        env = {**os.environ, "PGPASSWORD": password or self.password}
        return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", self.host, "-p", self.port,
                               "-U", user, "-d", database, *commands], env=env, check=check, capture_output=True, text=True)

    def rows(self, sql):
        result = self.psql("postgres", "risk_alert", sql, check=False)
        if result.returncode != 0:
            if "does not exist" in result.stderr:
                return []
            raise AssertionError(result.stderr)
        return [tuple(line.split("\t")) for line in result.stdout.splitlines()]

    def close(self):
        subprocess.run([SUPPORT / "pg_cluster.sh", "stop", self.folder], check=True, capture_output=True)


class Mesh:
    """The services of one test. Use as a context manager: leaves no process and no file behind."""

    SERVICES = {"simulator": "simulator", "risk-engine": "engine", "alert-notifier": "notifier", "dashboard-gateway": "gateway"}
    OPTIONAL = ("drop-copy",)  # runs where there are brokers

    def __init__(self, postgres=False, env=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="risk-mesh-"))
        self.folder.chmod(0o755)
        self.cleanups = contextlib.ExitStack()
        self.cleanups.callback(shutil.rmtree, self.folder, ignore_errors=True)
        if postgres:
            if not list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")):
                raise unittest.SkipTest("no PostgreSQL server is installed")
            self.database = Postgres(self.folder / "postgres")
            self.cleanups.callback(self.database.close)
        else:
            self.database = Sqlite(self.folder / "risk.db")
        # What tests post to is as fast as they are.
        pace = {"NOTIFIER_SLACK_INTERVAL": "0ms", "NOTIFIER_EMAIL_INTERVAL": "0ms", "NOTIFIER_SUMMARY_ABOVE": "0"}
        self.env = {"LOG_LEVEL": "info", **pace, **(env or {})}
        names = ("transactions", "transactions-replay", "fix", "fix-replay", "engine", "engine-replay", "commands", "gateway",
                 "health-simulator", "health-drop-copy", "health-risk-engine", "health-alert-notifier")
        self.ports = dict(zip(names, free_ports(len(names))))
        self.running = {}

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for name in list(self.running):
            with contextlib.suppress(Exception):
                self.running.pop(name).stop(signal.SIGKILL)
        if kind not in (None, unittest.SkipTest):
            for log in sorted(self.folder.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}")
        self.cleanups.close()

    def environment(self, service):
        """The variables of a service; nothing of the caller's but the path."""
        ports = self.ports
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **self.env}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        env |= self.database.reader_env if service in ("dashboard-gateway", "riskctl") else self.database.env
        env |= {
            "TRANSACTION_ENDPOINTS": f"tcp://127.0.0.1:{ports['transactions']}",
            "ENGINE_ENDPOINT": f"tcp://127.0.0.1:{ports['engine']}",
            "ENGINE_COMMAND_ENDPOINT": f"tcp://127.0.0.1:{ports['commands']}",
        }
        if f"health-{service}" in ports:
            env["HEALTH_PORT"] = str(ports[f"health-{service}"])
        return env

    def flags(self, service):
        ports = self.ports
        return {
            "simulator": ["--port", ports["transactions"], "--replay-port", ports["transactions-replay"]],
            "drop-copy": ["--port", ports["fix"], "--replay-port", ports["fix-replay"], "--journal", self.folder / "drop-copy-journal"],
            "risk-engine": ["--publish-port", ports["engine"], "--replay-port", ports["engine-replay"], "--command-port", ports["commands"]],
            "alert-notifier": [],
            "dashboard-gateway": ["--port", ports["gateway"], "--web-root", ROOT / "services/dashboard-gateway/web/dist"],
        }[service]

    def start(self, service, *flags, env=None, name=None):
        """Starts a service; does not wait."""
        name = name or service
        process = Process(name, [BIN / service, *self.flags(service), *flags], self.folder / f"{name}.log",
                          {**self.environment(service), **(env or {})}, self.folder)
        self.running[name] = process
        return process

    def start_ready(self, service, *flags, **options):
        process = self.start(service, *flags, **options)
        self.wait_ready(service)
        return process

    def wait_ready(self, service):
        wait_until(lambda: self.ready(service), f"{service} to be ready")

    def ready(self, service):
        return self.get(service, "/readyz")[0] == 200

    def get(self, service, path):
        """Status and JSON of a service's health port, or of the gateway's; (None, {}) while nobody answers."""
        port = self.ports["gateway"] if service == "dashboard-gateway" else self.ports[f"health-{service}"]
        with contextlib.suppress(OSError):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
                    return answer.status, json.load(answer)
            except urllib.error.HTTPError as refusal:
                return refusal.code, json.load(refusal)
        return None, {}

    def metrics(self, service):
        """The values of a service's metrics, by name and labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[f'health-{service}']}/metrics", timeout=2) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line and line[0] != "#")}

    def stop(self, name, with_signal=signal.SIGINT):
        return self.running.pop(name).stop(with_signal)

    def run(self, service, *flags, env=None, seconds=SECONDS_MAX):
        """Runs a service to its end; returns the completed process with its output as text."""
        own = self.flags(service) if service in (*self.SERVICES, *self.OPTIONAL) else []
        return subprocess.run([str(word) for word in (BIN / service, *own, *flags)], env={**self.environment(service), **(env or {})},
                              cwd=self.folder, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)

    def replay(self, path, *flags):
        """Replays a file at full speed, and waits until the engine has committed all of it."""
        result = self.run("simulator", "--replay", path, "--speed", "max", *flags)
        if result.returncode != 0:
            raise AssertionError(result.stdout + result.stderr)
        published = int(re.search(r"msg=published .*\bsequence=(\d+)", result.stdout).group(1))
        wait_until(lambda: ("simulator", str(published)) in
                   [(name.split("@")[0], sequence) for name, sequence in
                    self.database.rows("SELECT name, sequence FROM stream_cursors")], "the engine to commit the replay")
        return result

    def api(self, path, body=None, method=None):
        """GETs JSON from the gateway, or POSTs it."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports['gateway']}/api/v1{path}", data=data, method=method,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def errors(self):
        """Every error line of every service."""
        return [line for log in self.folder.glob("*.log") for line in log.read_text(errors="replace").splitlines()
                if "level=error" in line]


class Peer:
    """A scripted server of tests/support: SMTP, or HTTP standing in for Slack."""

    def __init__(self, mesh, script, *flags):
        self.process = subprocess.Popen(["python3", SUPPORT / script, *flags], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
        mesh.cleanups.callback(self.close)
        self.events = []
        self.pending = ""
        os.set_blocking(self.process.stdout.fileno(), False)
        self.first = wait_until(lambda: self.all() and self.events[0], f"{script} to start")
        self.port = self.first["port"]

    def all(self, kind=None):
        """Every event so far, of one kind."""
        with contextlib.suppress(TypeError, BlockingIOError):
            self.pending += self.process.stdout.read() or ""
        *lines, self.pending = self.pending.split("\n")
        self.events += [json.loads(line) for line in lines]
        return [event for event in self.events if kind is None or event["event"] == kind]

    def listen(self):
        """Lets a server that was started with --wait listen."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stdin.close()
