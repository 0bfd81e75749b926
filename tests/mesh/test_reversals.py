"""Busts and corrections from a file over the bus and the store to the API: after their execution and before it, over restarts, and those that wait."""
import json
import unittest

from mesh import Mesh, wait_until

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market,kind,ref_transaction_id\n"


def row(name, side="BUY", quantity="10", price="200", at="2024-09-20T08:36:00Z", kind="", reference=""):
    return f"{name},{at},C1,AAPL,{side},{quantity},{price},USD,B,M,{kind},{reference}\n"


def bust(name, reference):
    return row(name, "", "", "", kind="BUST", reference=reference)


def correction(name, reference, quantity, price="200"):
    return row(name, "BUY", quantity, price, kind="CORRECTION", reference=reference)


class Reversals(unittest.TestCase):
    def replay(self, mesh, rows, journal):
        (mesh.folder / f"{journal}.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
        return mesh.replay(f"{journal}.csv", "--journal", mesh.folder / journal, "--stream-name", f"simulator@{journal}")

    def position(self, mesh):
        return [float(quantity) for (quantity,) in mesh.database.rows("SELECT quantity FROM positions")]

    def restart(self, mesh):
        self.assertEqual(mesh.stop("risk-engine"), 0)
        mesh.start_ready("risk-engine")

    def check(self, postgres):
        with Mesh(postgres) as mesh:
            mesh.start_ready("risk-engine")
            # Before their executions: a bust, and a correction with a bust of it.
            self.replay(mesh, [bust("B0", "E0"), correction("K9", "E9", 77), bust("B9", "K9"), bust("B-NEVER", "NEVER")], "early")
            self.restart(mesh)
            self.replay(mesh, [row("E0"), row("E1"), row("E2"), correction("K2", "E2", 15), row("E9", quantity="70")], "fills")
            self.assertEqual(self.position(mesh), [25])
            self.replay(mesh, [bust("B1", "E1"), bust("B1", "E1"), bust("B1B", "E1")], "busts")
            self.restart(mesh)
            self.replay(mesh, [correction("K2B", "E2", 16), correction("K1", "E1", 5), row("E3", quantity="0.5")], "late")
            self.assertEqual(self.position(mesh), [16.5])
            self.assertEqual(mesh.database.rows("SELECT transaction_id, reversed_by_kind, reversed_by_transaction_id FROM transactions "
                                                "WHERE reversed_by_kind IS NOT NULL ORDER BY transaction_id"), [
                ("E0", "BUST", "B0"), ("E1", "BUST", "B1"), ("E2", "CORRECTION", "K2"), ("E9", "CORRECTION", "K9"), ("K2", "CORRECTION", "K2B"),
                ("K9", "BUST", "B9")])
            self.assertEqual(mesh.database.rows("SELECT field, value, reason FROM quarantine WHERE kind = 'REJECTED'"),
                             [("ref_transaction_id", "E1", self.taken_back(mesh))])
            self.assertEqual(mesh.database.rows("SELECT duplicates FROM stream_cursors WHERE name = 'simulator@busts'"), [("2",)])
            self.assertEqual(mesh.database.rows("SELECT transaction_count, turnover FROM firm_exposures")[0][0], "5")

            mesh.start_ready("dashboard-gateway")
            shown = {one["transaction_id"]: one for one in mesh.api("/transactions")["items"]}
            self.assertEqual(shown["E1"]["reversed_by"], {"apply_seq": shown["B1"]["apply_seq"], "kind": "BUST", "transaction_id": "B1"})
            self.assertEqual((shown["B1"]["kind"], shown["B1"]["ref_transaction_id"], shown["B1"]["reverses"]), ("BUST", "E1", shown["E1"]["apply_seq"]))
            self.assertEqual((shown["B1"]["side"], shown["B1"]["quantity"], shown["B1"]["price"]), ("BUY", "10", "200"))
            self.assertEqual((shown["E0"]["counted_only"], shown["E3"]["counted_only"]), (True, False))
            self.assertEqual((shown["E3"]["kind"], shown["E3"]["ref_transaction_id"], shown["E3"]["reversed_by"]), ("EXECUTION", None, None))
            waiting = mesh.api("/quarantine?kind=AWAITING_EXECUTION&waiting=true")["items"]
            self.assertEqual([one["reason"] for one in waiting], ["ref_transaction_id: 'NEVER' names an execution that has not come"])
            wait_until(lambda: mesh.api("/summary")["waiting"] == {"conflicts": 0, "executions": 1, "held_prices": 0, "adjustments": 0}, "what waits in the summary")
            self.assertEqual(mesh.api("/summary")["transactions"]["quarantined"], 1)
            wait_until(lambda: mesh.metrics("risk-engine")["risk_awaiting_executions"] == 1, "what waits in the metrics")
            self.assertNotIn("warnings", mesh.get("risk-engine", "/readyz")[1])
            number = str(waiting[0]["quarantine_id"])
            refused = mesh.run("riskctl", "quarantine", "apply", number, "anna", "it never came")
            self.assertEqual(refused.returncode, 1, refused)
            self.assertIn("its execution has not come", refused.stderr)
            dropped = mesh.run("riskctl", "quarantine", "drop", number, "anna", "it never came")
            self.assertEqual(dropped.returncode, 0, dropped)
            wait_until(lambda: mesh.api("/summary")["transactions"]["quarantined"] == 2, "what was dropped to count")
            self.assertEqual(mesh.database.rows("SELECT transaction_id FROM transactions WHERE kind = 'BUST' ORDER BY apply_seq"), [("B0",), ("B9",), ("B1",)])

            # What is stored is what a backtest makes of it, and of the files.
            self.assertEqual(self.backtest(mesh, "--store")["positions"], [16.5])
            self.assertEqual(mesh.stop("dashboard-gateway"), 0)
            self.assertEqual(mesh.stop("risk-engine"), 0)
            self.assertEqual(mesh.errors(), [])

    def taken_back(self, mesh):
        (number,) = mesh.database.rows("SELECT apply_seq FROM transactions WHERE transaction_id = 'B1'")[0]
        return f"was taken back by BUST B1 as input {number}"

    def backtest(self, mesh, *flags):
        answer = mesh.run("riskctl", "backtest", *flags, "--format", "jsonl")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        lines = [json.loads(line) for line in answer.stdout.splitlines()]
        summary = next(line for line in lines if line["kind"] == "summary")
        return {"positions": [float(line["quantity"]) for line in lines if line["kind"] == "position"], "summary": summary, "said": answer.stderr}

    def test_on_sqlite(self):
        self.check(postgres=False)

    def test_on_postgresql(self):
        self.check(postgres=True)

    def test_a_backtest_of_a_file_takes_them_back_as_the_engine_does(self):
        with Mesh() as mesh:
            rows = [bust("B0", "E0"), correction("K9", "E9", 77), bust("B9", "K9"), bust("B-NEVER", "NEVER"), row("E0"), row("E1"), row("E2"),
                    correction("K2", "E2", 15), row("E9", quantity="70"), bust("B1", "E1"), bust("B1", "E1"), bust("B1B", "E1"),
                    correction("K2B", "E2", 16), correction("K1", "E1", 5), row("E3", quantity="0.5")]
            (mesh.folder / "all.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
            result = self.backtest(mesh, "--transactions", "all.csv")
            self.assertEqual(result["positions"], [16.5], result)
            summary = result["summary"]
            self.assertEqual([summary[name] for name in ("transactions", "busted", "corrected", "duplicates", "quarantined")], [5, 3, 3, 2, 2], result)
            self.assertIn('"NEVER": names an execution that has not come', result["said"])
