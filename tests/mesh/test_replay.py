"""Recorded executions through the running mesh: every one stored, every position and exposure exact."""
import csv
import unittest
from decimal import Decimal

from mesh import DATA, Mesh, wait_until

FILLS = DATA / "fills.csv"
CLOSING = DATA / "fills-closing-positions.csv"


def exposures_by_hand():
    """Long and short of each client at the last marks, by decimal arithmetic from the file alone."""
    quantity, mark, marked_at = {}, {}, {}
    with open(FILLS, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            sign = 1 if row["side"] == "BUY" else -1
            key = row["client_id"], row["symbol"]
            quantity[key] = quantity.get(key, Decimal(0)) + sign * Decimal(row["quantity"])
            if row["executed_at"] >= marked_at.get(row["symbol"], ""):
                mark[row["symbol"]], marked_at[row["symbol"]] = Decimal(row["price"]), row["executed_at"]
    sides = {}
    for (client, symbol), held in quantity.items():
        long, short = sides.get(client, (Decimal(0), Decimal(0)))
        value = held * mark[symbol]
        sides[client] = (long + max(value, Decimal(0)), short + max(-value, Decimal(0)))
    return {client: tuple(amount.quantize(Decimal("0.0001")) for amount in (long + short, long - short, long, short))
            for client, (long, short) in sides.items()}


class Replay(unittest.TestCase):
    def setUp(self):
        if not FILLS.exists():
            self.skipTest(f"the recorded executions are not at {DATA.name}/fills.csv beside the project")

    def check(self, postgres):
        with Mesh(postgres) as mesh:
            mesh.start_ready("risk-engine")
            mesh.replay(FILLS)
            rows = mesh.database.rows
            self.assertEqual(rows("SELECT count(*) FROM transactions"), [("3273",)])

            with open(CLOSING, newline="", encoding="utf-8") as file:
                closing = {(row["client_id"], row["symbol"]): Decimal(row["quantity"]) for row in csv.DictReader(file)}
            stored = {(client, symbol): Decimal(quantity)
                      for client, symbol, quantity in rows("SELECT client_id, symbol, quantity FROM positions")}
            self.assertEqual(len(closing), 31)
            self.assertEqual(stored, closing)

            def exposures():
                return {client: tuple(map(Decimal, amounts)) for client, *amounts in
                        rows('SELECT client_id, gross, net, "long", "short" FROM client_exposures')}
            expected = exposures_by_hand()
            wait_until(lambda: exposures() == expected, f"exposures {expected}, last seen {exposures()}")
            self.assertEqual(mesh.stop("risk-engine"), 0)
            self.assertEqual(mesh.errors(), [])

    def test_on_sqlite(self):
        self.check(postgres=False)

    def test_on_postgresql(self):
        self.check(postgres=True)


class Roles(unittest.TestCase):
    def test_the_gateways_role_cannot_write(self):
        with Mesh(postgres=True) as mesh:
            mesh.start_ready("risk-engine")
            tables = [name for (name,) in mesh.database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
            self.assertIn("alerts", tables)
            for table in tables:
                for statement in (f"DELETE FROM {table}", f"INSERT INTO {table} DEFAULT VALUES", f"TRUNCATE {table}", f"DROP TABLE {table}"):
                    refused = mesh.database.psql("risk_reader", "risk_alert", statement, password="reader-pw", check=False)
                    self.assertNotEqual(refused.returncode, 0, statement)
                    self.assertRegex(refused.stderr, "permission denied|must be owner", statement)
                mesh.database.psql("risk_reader", "risk_alert", f"SELECT count(*) FROM {table}", password="reader-pw")
            created = mesh.database.psql("risk_reader", "risk_alert", "CREATE TABLE mine (id int)", password="reader-pw", check=False)
            self.assertIn("permission denied", created.stderr)


if __name__ == "__main__":
    unittest.main()
