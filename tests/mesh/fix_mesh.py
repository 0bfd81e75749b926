"""A mesh with drop-copy and brokers of tests/support/fix_counterparty.py, one for each session."""
import contextlib
import pathlib
import sys

from mesh import Mesh, free_ports, wait_until

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fix_counterparty import Counterparty, encode, fill, trade, utc_now  # noqa: E402,F401

AT = "20260302-14:30:00.000"  # of executions: long before the clock


class FixMesh(Mesh):
    def __init__(self, **options):
        super().__init__(**options)
        self.brokers = {}
        self.sessions = []

    def environment(self, service):
        ports = self.ports
        both = f"tcp://127.0.0.1:{ports['transactions']},tcp://127.0.0.1:{ports['fix']}"
        return {**super().environment(service), "TRANSACTION_ENDPOINTS": both}

    def session(self, name="prime", version="FIX.4.4", role="initiator", **more):
        """A session in the settings, and its broker, which listens where drop-copy is the initiator."""
        broker = Counterparty(version, comp_id=f"BROKER-{name}", peer="DESK")
        self.cleanups.callback(broker.close)
        self.brokers[name] = broker
        port = broker.listen() if role == "initiator" else free_ports(1)[0]
        fields = {"name": name, "role": role, "host": "127.0.0.1", "port": port, "version": version, "reconnect": "100ms",
                  "sender_comp_id": "DESK", "target_comp_id": f"BROKER-{name}", **more}
        self.sessions.append(fields)
        lines = ["drop_copy:", "  sessions:"]
        for known in self.sessions:
            lines += [("    - " if at == 0 else "      ") + f"{key}: {value}" for at, (key, value) in enumerate(known.items())]
        (self.folder / "fix.yaml").write_text("\n".join(lines) + "\n")
        return broker

    def port_of(self, name):
        return next(session["port"] for session in self.sessions if session["name"] == name)

    def start_drop_copy(self, *flags, ready=True, **options):
        process = self.start("drop-copy", "--config", self.folder / "fix.yaml", *flags, **options)
        if ready:
            self.wait_ready("drop-copy")
        return process

    def facts(self, name="prime"):
        return self.get("drop-copy", "/readyz")[1].get("facts", {}).get(f"session {name}", {})

    def wait_received(self, broker, name="prime"):
        """Until drop-copy has every number that the broker gave."""
        missing = lambda: len(broker.sent) - self.facts(name).get("last_sequence", 0)  # it may have to log on again first
        self.wait_equal(missing, 0, f"what {name} has yet to receive")

    def transactions(self, columns="transaction_id", where="1 = 1"):
        return self.database.rows(f"SELECT {columns} FROM transactions WHERE {where} ORDER BY executed_at_ns, transaction_id")

    def wait_transactions(self, count):
        self.wait_equal(lambda: int((self.database.rows("SELECT count(*) FROM transactions") or [(0,)])[0][0]), count, "transactions")

    def wait_equal(self, found, wanted, what):
        """As wait_until, and tells what was there at the end."""
        seen = []
        with contextlib.suppress(AssertionError):
            wait_until(lambda: seen.append(found()) or seen[-1] == wanted, what)
        if seen[-1] != wanted:
            raise AssertionError(f"waited in vain for {what} to be {wanted}; it was {seen[-1]}")

    def streams(self):
        """Duplicates and conflicts by the name of a stream without its host."""
        rows = self.database.rows("SELECT name, duplicates, conflicts, missing FROM stream_cursors WHERE name LIKE 'drop-copy%'")
        return {name.partition("/")[2]: tuple(map(int, counts)) for name, *counts in rows}
