"""Executions and opening positions that come more than once: by a file replayed twice, two simulators, a restart, a take-over, two names of a broker."""
import json
import re
import signal
import unittest
import urllib.error
import urllib.request

from mesh import Mesh, free_ports, wait_until

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n"


def fill(number, quantity=1, price=100, at="2024-03-08T09:30:00Z", broker="B"):
    return f"T{number},{at},C1,AAPL,BUY,{quantity},{price},USD,{broker},M\n"


def metrics(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return answer.read().decode()


class Duplicates(unittest.TestCase):
    def replay(self, mesh, rows, journal):
        """A file by a simulator of its own, as its journal makes it."""
        (mesh.folder / f"{journal}.csv").write_text(HEADER + "".join(rows))
        return mesh.replay(f"{journal}.csv", "--journal", mesh.folder / journal, "--stream-name", f"simulator@{journal}")

    def position(self, mesh):
        return [float(quantity) for (quantity,) in mesh.database.rows("SELECT quantity FROM positions")]

    def check(self, postgres):
        rows = [fill(n, at=f"2024-03-08T09:30:{n:02}Z") for n in range(50)]
        with Mesh(postgres) as mesh:
            engine = mesh.start_ready("risk-engine")
            self.replay(mesh, rows + rows, "twice-in-a-file")
            self.replay(mesh, rows, "another-simulator")
            self.assertEqual(self.position(mesh), [50])
            self.assertEqual(mesh.stop("risk-engine"), 0)
            mesh.start_ready("risk-engine")
            self.replay(mesh, rows + [fill(50)], "after-a-restart")
            self.assertEqual(self.position(mesh), [51])

            (health,) = free_ports(1)
            standby = mesh.start("risk-engine", name="standby", env={"HEALTH_PORT": str(health)})
            wait_until(lambda: "waiting to lead" in standby.text(), "the standby to wait")
            mesh.stop("risk-engine", signal.SIGKILL)
            wait_until(lambda: "msg=ready" in standby.text(), "the standby to take over")
            self.replay(mesh, rows + [fill(51)], "after-a-take-over")
            self.assertEqual(self.position(mesh), [52])
            self.assertEqual(mesh.database.rows("SELECT COUNT(*) FROM transactions"), [("52",)])
            self.assertEqual(mesh.database.rows("SELECT name, duplicates FROM stream_cursors WHERE name LIKE 'simulator%' ORDER BY name"), [
                ("simulator@after-a-restart", "50"), ("simulator@after-a-take-over", "50"), ("simulator@another-simulator", "50"),
                ("simulator@twice-in-a-file", "50")])
            self.assertEqual(mesh.database.rows("SELECT COUNT(*) FROM quarantine"), [("0",)])
            wait_until(lambda: "risk_executions_remembered 52\n" in metrics(health), "52 executions to be remembered")
            self.assertRegex(metrics(health), r'risk_duplicate_transactions_total\{stream="\w{32}"\} 50\n')
            summary = mesh.run("riskctl", "summary")
            self.assertRegex(summary.stdout, r"simulator@after-a-restart +51 +0 +50 +0\n")
            mesh.start_ready("dashboard-gateway")
            streams = lambda: {s["publisher"]: (s["duplicates"], s["conflicts"]) for s in mesh.api("/system")["streams"] if s["stream"].startswith("transactions")}
            wait_until(lambda: streams().get("simulator@after-a-take-over") == (50, 0), f"duplicates in the API, last seen {streams()}")
            self.assertEqual(mesh.stop("standby"), 0)
            self.assertNotIn("level=error", standby.text() + engine.text())

    def test_are_counted_once_on_sqlite(self):
        self.check(postgres=False)

    def test_are_counted_once_on_postgresql(self):
        self.check(postgres=True)

    def check_beyond_memory(self, postgres):
        count = 40_000
        rows = [fill(n, at=f"2024-03-08T{9 + n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z") for n in range(count)]
        with Mesh(postgres, {"DUPLICATES_MAX": "1000"}) as mesh:
            mesh.start_ready("risk-engine")
            self.replay(mesh, rows, "first")
            filed = lambda: int(mesh.database.rows("SELECT COUNT(*) FROM identities")[0][0])
            wait_until(lambda: filed() == 32_768, "two full pieces to be filed")
            self.replay(mesh, rows, "again")
            self.assertEqual(mesh.stop("risk-engine"), 0)
            mesh.start_ready("risk-engine")
            self.replay(mesh, rows[:100] + rows[-100:] + [fill(1, quantity=7)], "after-a-restart")
            self.assertEqual(self.position(mesh), [count])
            self.assertEqual(mesh.database.rows("SELECT name, duplicates, conflicts FROM stream_cursors WHERE name LIKE 'simulator%' ORDER BY name"), [
                ("simulator@after-a-restart", "200", "1"), ("simulator@again", str(count), "0"), ("simulator@first", "0", "0")])
            self.assertEqual(mesh.stop("risk-engine"), 0)
            self.assertEqual(mesh.errors(), [])

    def test_of_executions_that_memory_has_no_room_for_are_found_on_sqlite(self):
        self.check_beyond_memory(postgres=False)

    def test_of_executions_that_memory_has_no_room_for_are_found_on_postgresql(self):
        self.check_beyond_memory(postgres=True)

    def test_that_come_while_the_database_is_away_are_found_when_it_is_back(self):
        rows = [fill(n, at=f"2024-03-08T09:30:{n:02}Z") for n in range(50)]
        with Mesh(postgres=True) as mesh:
            engine = mesh.start_ready("risk-engine")
            self.replay(mesh, rows, "first")
            mesh.database.psql("postgres", "postgres", "ALTER ROLE risk_engine NOLOGIN",
                               "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'risk_engine'")
            (mesh.folder / "again.csv").write_text(HEADER + "".join(rows) + fill(99))
            simulator = mesh.start("simulator", "--replay", "again.csv", "--speed", "max", "--journal", "again")
            wait_until(lambda: "the database is away" in engine.text(), "the engine to miss the database")
            # It can be stopped in the middle of its question, and applies none of the records half.
            self.assertEqual(mesh.stop("risk-engine"), 0)
            mesh.database.psql("postgres", "postgres", "ALTER ROLE risk_engine LOGIN")
            mesh.start_ready("risk-engine")
            wait_until(lambda: self.position(mesh) == [51], "the one new execution")
            mesh.database.psql("postgres", "postgres", "ALTER ROLE risk_engine NOLOGIN",
                               "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'risk_engine'")
            (mesh.folder / "third.csv").write_text(HEADER + "".join(rows) + fill(100))
            self.assertEqual(simulator.wait(), 0)
            simulator = mesh.start("simulator", "--replay", "third.csv", "--speed", "max", "--journal", "third", name="third")
            wait_until(lambda: "the database is away" in mesh.running["risk-engine"].text(), "the engine to miss the database")
            mesh.database.psql("postgres", "postgres", "ALTER ROLE risk_engine LOGIN")
            self.assertEqual(simulator.wait(), 0)
            wait_until(lambda: self.position(mesh) == [52], "the second new execution")
            self.assertEqual(mesh.stop("risk-engine"), 0)


class OpeningPositions(unittest.TestCase):
    def send(self, mesh, journal, quantity=100):
        (mesh.folder / "positions.csv").write_text(f"client_id,symbol,quantity,price,currency\nC1,AAPL,{quantity},100,USD\nC2,AAPL,5,100,\n")
        mesh.replay("fills.csv", "--positions", "positions.csv", "--journal", mesh.folder / journal, "--stream-name", f"simulator@{journal}")
        return [(client, float(quantity)) for client, quantity in mesh.database.rows("SELECT client_id, quantity FROM positions ORDER BY client_id")]

    def held(self, quantity):
        return [("C1", quantity), ("C2", 5)]

    def check(self, postgres):
        with Mesh(postgres, {"DUPLICATES_MAX": "1000"}) as mesh:
            mesh.start_ready("risk-engine")
            (mesh.folder / "fills.csv").write_text(HEADER + "".join(fill(n) for n in range(10)))
            self.assertEqual(self.send(mesh, "first"), self.held(110))
            self.assertEqual(self.send(mesh, "again"), self.held(110))
            self.assertEqual(mesh.stop("risk-engine"), 0)
            mesh.start_ready("risk-engine")
            self.assertEqual(self.send(mesh, "after-a-restart"), self.held(110))
            # Who corrects the file sets the position: trades of before are in what it says, those that come after it add.
            self.assertEqual(self.send(mesh, "corrected", quantity=200), self.held(200))

            (health,) = free_ports(1)
            standby = mesh.start("risk-engine", name="standby", env={"HEALTH_PORT": str(health)})
            wait_until(lambda: "waiting to lead" in standby.text(), "the standby to wait")
            mesh.stop("risk-engine", signal.SIGKILL)
            wait_until(lambda: "msg=ready" in standby.text(), "the standby to take over")
            (mesh.folder / "fills.csv").write_text(HEADER + fill(10))
            self.assertEqual(self.send(mesh, "after-a-take-over", quantity=200), self.held(201))
            self.assertEqual(self.send(mesh, "corrected-back"), self.held(100))
            counted = mesh.database.rows("SELECT name, duplicates FROM stream_cursors WHERE name LIKE 'simulator%' ORDER BY name")
            self.assertEqual(counted, [("simulator@after-a-restart", "12"), ("simulator@after-a-take-over", "2"), ("simulator@again", "12"),
                                       ("simulator@corrected", "11"), ("simulator@corrected-back", "2"), ("simulator@first", "0")])
            self.assertEqual(mesh.database.rows("SELECT COUNT(*) FROM quarantine"), [("0",)])
            self.assertEqual(mesh.stop("standby"), 0)

    def test_do_not_set_back_what_was_traded_since_on_sqlite(self):
        self.check(postgres=False)

    def test_do_not_set_back_what_was_traded_since_on_postgresql(self):
        self.check(postgres=True)


class Conflicts(unittest.TestCase):
    def test_wait_for_a_person_who_applies_or_drops_them(self):
        with Mesh() as mesh:
            engine = mesh.start_ready("risk-engine")
            (mesh.folder / "fills.csv").write_text(HEADER + fill(1, 10) + fill(2, 10) + fill(1, 20) + fill(2, 10, price=101) + fill(1, 10))
            mesh.replay("fills.csv")
            mesh.start_ready("dashboard-gateway")
            self.assertEqual([item["reason"] for item in mesh.api("/quarantine?waiting=true")["items"]], [
                "price: '101' conflicts with input 3, which was applied with quantity 10, price 100, executed at 2024-03-08T09:30:00.000000Z",
                "quantity: '20' conflicts with input 2, which was applied with quantity 10, price 100, executed at 2024-03-08T09:30:00.000000Z"])
            warnings = lambda: mesh.get("risk-engine", "/readyz")[1].get("warnings")
            wait_until(lambda: warnings() == {"quarantine": "2 conflicts wait for a decision"}, f"the warning, last seen {warnings()}")
            self.assertIn("executions conflict with such as were applied", engine.text())
            listed = mesh.run("riskctl", "quarantine", "waiting")
            self.assertEqual(listed.returncode, 0, listed.stderr)
            self.assertRegex(listed.stdout, r"1  CONFLICT  WAITING .* fills.csv +4 ")

            done = mesh.run("riskctl", "quarantine", "apply", "1", "anna", "two fills, says the broker")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(mesh.database.rows("SELECT quantity FROM positions"), [("40",)])
            twice = mesh.run("riskctl", "quarantine", "drop", "1", "ben", "no")
            self.assertEqual((twice.returncode, twice.stdout), (1, ""))
            self.assertIn("row 1 was decided already", twice.stderr)
            (mesh.folder / "more.csv").write_text(HEADER + fill(2, 11) + fill(2, 12))
            mesh.replay("more.csv", "--journal", mesh.folder / "more")
            dropped = mesh.run("riskctl", "quarantine", "drop", "all", "ben", "a wrong copy")
            self.assertEqual((dropped.returncode, dropped.stdout), (0, "3 quarantined records dropped by ben.\n"))
            (item,) = [item for item in mesh.api("/quarantine")["items"] if item["quarantine_id"] == 2]
            self.assertEqual((item["decision"]["state"], item["decision"]["user"], item["decision"]["apply_seq"]), ("DROPPED", "ben", None))
            mesh.replay("fills.csv", "--journal", mesh.folder / "third")
            answer = mesh.api("/quarantine/5/drop", {"user": "ben", "reason": "again"})
            self.assertEqual((answer["decision"]["state"], answer["decision"]["reason"]), ("DROPPED", "again"))
            with self.assertRaises(urllib.error.HTTPError) as refused:
                mesh.api("/quarantine/9/apply", {"user": "ben", "reason": "x"})
            self.assertEqual(refused.exception.code, 404)
            self.assertEqual(mesh.database.rows("SELECT actor, command, target, new_value FROM commands ORDER BY command_id"), [
                ("anna", "APPLY", "quarantine 1", "APPLIED: two fills, says the broker"), *[("ben", "DROP", f"quarantine {n}", "DROPPED: a wrong copy") for n in (2, 3, 4)],
                ("ben", "DROP", "quarantine 5", "DROPPED: again")])
            wait_until(lambda: warnings() is None, "no warning any more")
            self.assertIn("Nothing waits in the quarantine.", mesh.run("riskctl", "quarantine", "waiting").stdout)
            # What was decided holds after a restart, and both copies are known.
            self.assertEqual(mesh.stop("risk-engine"), 0)
            mesh.start_ready("risk-engine")
            mesh.replay("fills.csv", "--journal", mesh.folder / "again")
            self.assertEqual(mesh.database.rows("SELECT quantity FROM positions"), [("40",)])
            counted = mesh.database.rows("SELECT duplicates, conflicts FROM stream_cursors WHERE name LIKE 'simulator%'")
            self.assertEqual(sorted(counted), [("0", "2"), ("1", "2"), ("4", "1"), ("4", "1")])
            # Of two copies of a conflict the second cannot be applied when the first was; what comes after it can.
            (mesh.folder / "copies.csv").write_text(HEADER + fill(1, 77) + fill(1, 77) + fill(2, 78))
            mesh.replay("copies.csv", "--journal", mesh.folder / "copies")
            copies = mesh.run("riskctl", "quarantine", "apply", "all", "anna", "all of them")
            self.assertEqual(copies.returncode, 1)
            self.assertIn("quarantined records applied by anna.", copies.stdout)
            self.assertRegex(copies.stderr, r"row \d+ cannot be applied: it was applied since, as input \d+")
            self.assertEqual(mesh.database.rows("SELECT COUNT(*) FROM transactions WHERE quantity = '77'"), [("1",)])
            self.assertEqual(mesh.database.rows("SELECT COUNT(*) FROM transactions WHERE quantity = '78'"), [("1",)])
            for words in (["quarantine", "frobnicate"], ["quarantine", "apply", "1", "anna"], ["quarantine", "drop", "one", "anna", "x"]):
                self.assertEqual(mesh.run("riskctl", *words).returncode, 2, words)
            self.assertEqual(mesh.stop("risk-engine"), 0)
            self.assertEqual(mesh.errors(), [])


class Aliases(unittest.TestCase):
    def test_of_a_broker_make_two_feeds_one(self):
        rows = fill(1, broker="IB"), fill(1, broker="IBKR"), fill(1, broker="SCHWAB")
        with Mesh(env={"BROKER_ALIASES": "IB=IBKR,Interactive=IBKR"}) as mesh:
            mesh.start_ready("risk-engine")
            (mesh.folder / "fills.csv").write_text(HEADER + "".join(rows))
            mesh.replay("fills.csv")
            self.assertEqual(mesh.database.rows("SELECT broker_id FROM transactions ORDER BY apply_seq"), [("IB",), ("SCHWAB",)])
            for aliases, problem in (("A=B,B=C", 'executions.broker_aliases "A": stands for "B", which is an alias itself'),
                                     ("A=", "an alias and the broker that it stands for")):
                wrong = mesh.run("risk-engine", "--check-config", env={"BROKER_ALIASES": aliases})
                self.assertEqual(wrong.returncode, 2)
                self.assertIn(problem, wrong.stderr)
            self.assertEqual(mesh.stop("risk-engine"), 0)


class Backtest(unittest.TestCase):
    def test_counts_each_execution_once_and_names_conflicts(self):
        rows = [fill(n) for n in range(2000)]
        with Mesh() as mesh:
            (mesh.folder / "fills.csv").write_text(HEADER + "".join(rows) + "".join(rows) + fill(7, quantity=3))
            run = mesh.run("riskctl", "backtest", "--transactions", "fills.csv", "--format", "jsonl")
            self.assertEqual(run.returncode, 0, run.stderr)
            lines = [json.loads(line) for line in run.stdout.splitlines()]
            summary = lines[-1]
            self.assertEqual((summary["transactions"], summary["duplicates"], summary["quarantined"]), (2000, 2000, 1))
            self.assertEqual([line["quantity"] for line in lines if line["kind"] == "position"], ["2000"])
            self.assertIn('fills.csv:4002: quantity "3": conflicts with an earlier row, which was applied with quantity 1, price 100, '
                          "executed at 2024-03-08T09:30:00.000000Z", run.stderr)
            table = mesh.run("riskctl", "backtest", "--transactions", "fills.csv")
            self.assertTrue(re.search(r"duplicates +2,?000", table.stdout), table.stdout)

    def test_counts_an_opening_position_that_comes_again(self):
        with Mesh() as mesh:
            (mesh.folder / "fills.csv").write_text(HEADER + fill(1))
            rows = "C1,AAPL,100,100,USD\n", "C1,AAPL,100,100,USD\n", "C1,AAPL,70,100,USD\n", "C1,AAPL,100,100,USD\n"
            (mesh.folder / "positions.csv").write_text("client_id,symbol,quantity,price,currency\n" + "".join(rows))
            run = mesh.run("riskctl", "backtest", "--transactions", "fills.csv", "--positions", "positions.csv", "--format", "jsonl")
            self.assertEqual(run.returncode, 0, run.stderr)
            lines = [json.loads(line) for line in run.stdout.splitlines()]
            self.assertEqual((lines[-1]["transactions"], lines[-1]["duplicates"]), (1, 1))
            self.assertEqual([line["quantity"] for line in lines if line["kind"] == "position"], ["101"])
            # The engine comes to the same.
            mesh.start_ready("risk-engine")
            mesh.replay("fills.csv", "--positions", "positions.csv")
            self.assertEqual(mesh.database.rows("SELECT duplicates FROM stream_cursors WHERE name LIKE 'simulator%'"), [("1",)])
            stored = mesh.run("riskctl", "backtest", "--store", "--format", "jsonl")
            self.assertEqual(stored.returncode, 0, stored.stderr)
            self.assertEqual(json.loads(stored.stdout.splitlines()[-1])["state_hash"], lines[-1]["state_hash"])
            self.assertEqual(mesh.stop("risk-engine"), 0)


if __name__ == "__main__":
    unittest.main()
