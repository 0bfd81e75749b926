"""Instants as brokers send them: to the nanosecond, with offsets, ahead of the clock, from streams whose clocks differ."""
import unittest
import urllib.request
from datetime import datetime, timedelta, timezone

from mesh import Mesh, wait_until

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n"


def row(number, at, client="C1", quantity=1, price=100):
    return f"T{number},{at},{client},AAPL,BUY,{quantity},{price},USD,B,M\n"


class Instants(unittest.TestCase):
    def check(self, postgres):
        with Mesh(postgres) as mesh:
            mesh.start_ready("risk-engine")
            (mesh.folder / "fills.csv").write_text(HEADER + row(1, "2024-03-08T09:30:00.123456789-05:00") +
                                                   row(2, "2024-03-08T14:30:00.123456788Z", price=90) + row(3, "2016-12-31T23:59:60Z", price=80) +
                                                   row(4, "2024-03-08 20:00:00.5+0530", price=110) + row(5, "2024-03-08T09:30:00"))
            mesh.replay("fills.csv")
            self.assertEqual(mesh.database.rows("SELECT transaction_id, executed_at_ns FROM transactions ORDER BY apply_seq"), [
                ("T1", "1709908200123456789"), ("T2", "1709908200123456788"), ("T3", "1483228799999999999"), ("T4", "1709908200500000000")])
            self.assertEqual([at.replace(" ", "T")[:26] for (at,) in mesh.database.rows("SELECT executed_at FROM transactions ORDER BY apply_seq LIMIT 1")],
                             ["2024-03-08T14:30:00.123456"])
            self.assertEqual(mesh.database.rows("SELECT field, value, reason FROM quarantine"), [
                ("executed_at", "2024-03-08T09:30:00", "has neither Z nor an offset from UTC, such as in 2024-09-20T08:36:00+01:00")])
            mesh.start_ready("dashboard-gateway")
            told = [tx["executed_at"] for tx in mesh.api("/transactions")["items"]]
            self.assertEqual(told, ["2024-03-08T14:30:00.500000Z", "2016-12-31T23:59:59.999999999Z", "2024-03-08T14:30:00.123456788Z",
                                    "2024-03-08T14:30:00.123456789Z"])
            # Neither of the two late fills puts its price back.
            marks = lambda: [float(mark) for (mark,) in mesh.database.rows("SELECT mark FROM symbol_exposures")]
            wait_until(lambda: marks() == [110], f"the mark of the latest fill, last seen {marks()}")
            before = mesh.database.rows("SELECT client_id, gross, last_updated_ns FROM client_exposures")
            self.assertEqual(mesh.stop("risk-engine"), 0)
            mesh.start_ready("risk-engine")
            self.assertEqual(mesh.database.rows("SELECT client_id, gross, last_updated_ns FROM client_exposures"), before)
            self.assertEqual(mesh.stop("risk-engine"), 0)
            self.assertEqual(mesh.errors(), [])

    def test_are_kept_to_the_nanosecond_on_sqlite(self):
        self.check(postgres=False)

    def test_are_kept_to_the_nanosecond_on_postgresql(self):
        self.check(postgres=True)


class AheadOfTheClock(unittest.TestCase):
    def test_a_row_of_2062_among_others_changes_no_alert_in_the_mesh_and_in_a_backtest(self):
        rows = [row(1, "2024-03-08T09:30:00Z", quantity=11_000), row(2, "2062-03-08T09:30:00Z"), row(3, "2024-03-08T09:31:00Z", quantity=1)]
        with Mesh() as mesh:
            mesh.start_ready("risk-engine")
            (mesh.folder / "fills.csv").write_text(HEADER + "".join(rows))
            mesh.replay("fills.csv")
            self.assertEqual(mesh.database.rows("SELECT transaction_id FROM transactions ORDER BY apply_seq"), [("T1",), ("T3",)])
            ((line, field, value, reason),) = mesh.database.rows("SELECT line, field, value, reason FROM quarantine")
            self.assertEqual((line, field, value), ("3", "executed_at", "2062-03-08T09:30:00.000000Z"))
            self.assertRegex(reason, r"\Aahead of the engine's clock, which was at 20\d\d-")
            self.assertEqual(mesh.database.rows("SELECT late FROM transactions ORDER BY apply_seq")[1][0] in ("0", "f"), True)
            (mesh.folder / "without.csv").write_text(HEADER + rows[0] + rows[2])
            with_it = mesh.run("riskctl", "backtest", "--transactions", "fills.csv", "--format", "jsonl")
            without = mesh.run("riskctl", "backtest", "--transactions", "without.csv", "--format", "jsonl")
            self.assertEqual(with_it.returncode, 0, with_it.stderr)
            self.assertIn("fills.csv:3", with_it.stderr)
            self.assertIn("ahead of the engine's clock", with_it.stderr)
            events = lambda run: [line for line in run.stdout.splitlines() if '"kind":"summary"' not in line]
            self.assertEqual(events(with_it), events(without))
            self.assertEqual(mesh.stop("risk-engine"), 0)


class Late(unittest.TestCase):
    def test_a_stream_whose_clock_runs_ahead_shows_in_health_metrics_and_api(self):
        with Mesh() as mesh:
            mesh.start_ready("risk-engine")
            now = datetime.now(timezone.utc)
            text = lambda at: at.isoformat(timespec="microseconds").replace("+00:00", "Z")
            (mesh.folder / "ahead.csv").write_text(HEADER + row(0, text(now + timedelta(seconds=40))))
            (mesh.folder / "behind.csv").write_text(HEADER + "".join(row(n, text(now), quantity=1, price=1) for n in range(1, 502)))
            mesh.replay("ahead.csv", "--journal", mesh.folder / "ahead", "--stream-name", "simulator@ahead")
            behind = mesh.replay("behind.csv", "--journal", mesh.folder / "behind", "--stream-name", "simulator@behind")
            self.assertEqual(behind.returncode, 0)
            self.assertEqual(mesh.database.rows("SELECT COUNT(*) FROM transactions WHERE late"), [("501",)])
            status, health = wait_until(lambda: (lambda answer: "warnings" in answer[1] and answer)(mesh.get("risk-engine", "/readyz")), "the warning")
            self.assertEqual((status, health["status"]), (200, "ready"))
            self.assertRegex(health["warnings"]["transaction streams"],
                             r"\Asimulator@behind \(\w{8}\): 501 of its last 501 transactions are late; simulator@ahead \(\w{8}\) is 40.000 s ahead of the others\Z")
            with urllib.request.urlopen(f"http://127.0.0.1:{mesh.ports['health-risk-engine']}/metrics", timeout=5) as answer:
                metrics = answer.read().decode()
            self.assertRegex(metrics, r'risk_stream_lead_seconds\{stream="\w{32}"\} 40\n')
            self.assertRegex(metrics, r'risk_stream_late_ratio\{stream="\w{32}"\} 1\n')
            mesh.start_ready("dashboard-gateway")
            streams = lambda: {s["publisher"]: (s["recent"], s["recent_late"], s["lead_seconds"]) for s in mesh.api("/system")["streams"]
                               if s["stream"].startswith("transactions")}
            expected = {"simulator@ahead": (1, 0, "40.000000000"), "simulator@behind": (501, 501, "-40.000000000")}
            wait_until(lambda: streams() == expected, f"{expected} in the API, last seen {streams()}")
            self.assertIn("level=warning service=risk-engine msg=warning condition=\"transaction streams\"", mesh.running["risk-engine"].text())
            self.assertEqual(mesh.stop("risk-engine"), 0)


if __name__ == "__main__":
    unittest.main()
