"""A price too far from its symbol's mark, from a file to the API: held and told of, over restarts, and what a person makes of it."""
import json
import unittest

from mesh import Mesh, wait_until

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n"


def row(name, client, price, second):
    return f"{name},2024-09-20T08:36:{second:02}Z,{client},AAPL,BUY,10,{price},USD,B,M\n"


class HeldPrices(unittest.TestCase):
    def replay(self, mesh, journal, *rows):
        (mesh.folder / f"{journal}.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
        return mesh.replay(f"{journal}.csv", "--journal", mesh.folder / journal, "--stream-name", f"simulator@{journal}")

    def mark(self, mesh):
        return mesh.api("/exposures/symbols")["items"][0]["mark"]

    def held(self, mesh, waiting="true"):
        return mesh.api(f"/quarantine?kind=HELD_PRICE&waiting={waiting}")["items"]

    def restart(self, mesh):
        self.assertEqual(mesh.stop("risk-engine"), 0)
        mesh.start_ready("risk-engine")

    def check(self, postgres):
        with Mesh(postgres) as mesh:
            mesh.start_ready("risk-engine")
            mesh.start_ready("dashboard-gateway")
            self.replay(mesh, "wild", row("T1", "C1", 200, 1), row("T2", "C2", 20000, 2), row("T3", "C2", 20001, 2))
            self.assertEqual(float(self.mark(mesh)), 200)
            self.assertEqual([one["reason"] for one in self.held(mesh)], ["price: '20001 USD' is held until another price confirms it: the mark is 200 USD"])
            # It is counted apart, and nobody is called for it.
            wait_until(lambda: mesh.api("/summary")["waiting"] == {"conflicts": 0, "executions": 0, "held_prices": 1, "adjustments": 0}, "the held price in the summary")
            self.assertEqual(mesh.api("/summary")["transactions"]["quarantined"], 0)
            wait_until(lambda: mesh.metrics("risk-engine")["risk_held_prices"] == 1, "the held price in the metrics")
            self.assertEqual(mesh.metrics("risk-engine")["risk_waiting_conflicts"], 0)
            self.assertNotIn("warnings", mesh.get("risk-engine", "/readyz")[1])
            self.assertRegex(mesh.run("riskctl", "summary").stdout, r"conflicts waiting +0\n *awaiting their execution +0\n *held prices +1\n")
            (alert,) = mesh.api("/alerts")["items"]
            self.assertEqual((alert["alert_type"], alert["severity"], alert["entity_id"], alert["value"], alert["limit"], alert["utilisation"]),
                             ("PRICE_DEVIATION", "HIGH", "AAPL", "20000", "200", "100.0000"))
            self.assertEqual(alert["message"], "Symbol AAPL trade of client C2 at 20000 against a mark of 200 (10000.0%) is held, and the mark stays")
            self.restart(mesh)
            self.assertEqual(float(self.mark(mesh)), 200)
            self.replay(mesh, "confirmed", row("T4", "C3", 19999, 3))
            self.assertEqual(float(self.mark(mesh)), 19999)
            self.assertEqual(self.held(mesh), [])

            self.replay(mesh, "back", row("T5", "C1", 201, 4))
            self.assertEqual(float(self.mark(mesh)), 19999)
            self.restart(mesh)
            (held,) = self.held(mesh)
            applied = mesh.api(f"/quarantine/{held['quarantine_id']}/apply", {"user": "anna", "reason": "the exchange says so"})
            self.assertEqual((applied["decision"]["state"], applied["decision"]["user"]), ("APPLIED", "anna"))
            self.assertEqual(float(self.mark(mesh)), 201)
            self.replay(mesh, "again", row("T6", "C1", 7, 5))
            (held,) = self.held(mesh)
            dropped = mesh.run("riskctl", "quarantine", "drop", str(held["quarantine_id"]), "ben", "a typing error")
            self.assertEqual(dropped.returncode, 0, dropped)
            self.restart(mesh)
            self.assertEqual((self.held(mesh), float(self.mark(mesh))), ([], 201))
            self.assertEqual([one["decision"]["state"] for one in self.held(mesh, "false")], ["DROPPED", "APPLIED", "DROPPED", "DROPPED"])
            self.assertEqual(mesh.database.rows("SELECT kind, symbol FROM engine_inputs WHERE kind = 'HELD_PRICE'"), [("HELD_PRICE", "AAPL")] * 2)
            # What is stored is what a backtest makes of it, with the decisions of people.
            self.assertEqual(self.alerts(mesh, "--store"), ["OPENED"])
            self.assertEqual(mesh.stop("dashboard-gateway"), 0)
            self.assertEqual(mesh.stop("risk-engine"), 0)
            self.assertEqual(mesh.errors(), [])

    def alerts(self, mesh, *flags):
        answer = mesh.run("riskctl", "backtest", *flags, "--format", "jsonl")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        lines = [json.loads(line) for line in answer.stdout.splitlines()]
        return [line["event"] for line in lines if line["kind"] == "event" and line["alert_type"] == "PRICE_DEVIATION"]

    def test_on_sqlite(self):
        self.check(postgres=False)

    def test_on_postgresql(self):
        self.check(postgres=True)


if __name__ == "__main__":
    unittest.main()
