"""An execution's order and trader: from a file over the bus and the store to the API, and a feed that has none."""
import unittest

from mesh import Mesh

COLUMNS = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market"
HEADER = COLUMNS + ",trader_id,order_id\n"
TEXTS = "SELECT transaction_id, order_id, trader_id FROM transactions ORDER BY apply_seq"


def row(name, quantity="10"):
    return f"{name},2024-09-20T08:36:00Z,C1,AAPL,BUY,{quantity},200,USD,B,M"


class Orders(unittest.TestCase):
    def check(self, postgres):
        long = "O" * 51
        with Mesh(postgres) as mesh:
            mesh.start_ready("risk-engine")
            (mesh.folder / "orders.csv").write_text(HEADER + f"{row('G1')},TRD-1,ORD-1\n{row('G2', '8000')},,ORD-1\n{row('G3')},,\n"
                                                    f"{row('B1')},TRD-1,{long}\n{row('B2')},a\tb,ORD-1\n{row('B3')},TRD-1\n", encoding="utf-8")
            mesh.replay("orders.csv")
            stored = [("G1", "ORD-1", "TRD-1"), ("G2", "ORD-1", ""), ("G3", "", "")]
            self.assertEqual(mesh.database.rows(TEXTS), stored)
            self.assertEqual(mesh.database.rows("SELECT line, field, value, reason FROM quarantine ORDER BY line"), [
                ("5", "order_id", long, "longer than 50 bytes"), ("6", "trader_id", "a\\x09b", "contains a control character"),
                ("7", "order_id", "", "missing: the row has 11 of 12 fields")])

            mesh.start_ready("dashboard-gateway")
            shown = mesh.api("/transactions")["items"]
            self.assertEqual([(one["transaction_id"], one["order_id"], one["trader_id"]) for one in reversed(shown)],
                             [(name, order or None, trader or None) for name, order, trader in stored])
            alerts = mesh.api("/alerts")["items"]
            self.assertEqual({one["transaction_id"] for one in alerts}, {"G2"})
            tipped = mesh.api(f"/alerts/{alerts[0]['alert_id']}")["transaction"]
            self.assertEqual((tipped["order_id"], tipped["trader_id"]), ("ORD-1", None))

            # What is in the database is what an engine that starts again goes on from.
            self.assertEqual(mesh.stop("risk-engine"), 0)
            mesh.start_ready("risk-engine")
            self.assertEqual(mesh.database.rows(TEXTS), stored)
            answer = mesh.run("riskctl", "backtest", "--store")
            self.assertEqual(answer.returncode, 0, answer.stderr)
            self.assertEqual(mesh.stop("dashboard-gateway"), 0)
            self.assertEqual(mesh.stop("risk-engine"), 0)
            self.assertEqual(mesh.errors(), [])

    def test_on_sqlite(self):
        self.check(postgres=False)

    def test_on_postgresql(self):
        self.check(postgres=True)

    def test_a_backtest_reads_a_file_with_them_and_refuses_what_is_no_id(self):
        with Mesh() as mesh:
            (mesh.folder / "orders.csv").write_text(HEADER + f"{row('G1', '8000')},TRD-1,ORD-1\n{row('B1')},TRD-1,{'O' * 51}\n")
            (mesh.folder / "plain.csv").write_text(f"{COLUMNS}\n{row('G1', '8000')}\n")
            events = [mesh.run("riskctl", "backtest", "--transactions", name, "--format", "jsonl") for name in ("orders.csv", "plain.csv")]
            self.assertEqual([result.returncode for result in events], [0, 0], events)
            told = [[line for line in result.stdout.splitlines() if '"kind":"event"' in line.replace(" ", "")] for result in events]
            self.assertTrue(told[0])
            self.assertEqual(told[0], told[1])
            self.assertIn("order_id", events[0].stdout + events[0].stderr)


if __name__ == "__main__":
    unittest.main()
