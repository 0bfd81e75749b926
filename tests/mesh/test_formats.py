"""A broker's own file through the running mesh: stored as what it means, and what it does not say clearly in the quarantine."""
import unittest
from decimal import Decimal

from mesh import Mesh, ROOT

SAMPLE = ROOT / "deploy/formats/samples/trading212.csv"
FORMAT = ("--input-format", "trading212", "--set", "client_id=C1")


class ForeignFile(unittest.TestCase):
    def test_a_replay_of_a_brokers_file_stores_its_positions_and_quarantines_what_is_unclear(self):
        with Mesh(env={"CURRENCY_RATES": "GBP=1.25"}) as mesh:
            mesh.start_ready("risk-engine")
            published = mesh.replay(SAMPLE, *FORMAT)
            self.assertIn("transactions=3 busts=0 corrections=0 opening_positions=0 rejected=1 filtered=2", published.stdout)
            rows = mesh.database.rows
            self.assertEqual({(client, symbol): Decimal(quantity) for client, symbol, quantity in rows("SELECT client_id, symbol, quantity FROM positions")},
                             {("C1", "AAPL"): Decimal("1.5"), ("C1", "VOD"): Decimal(200)})
            self.assertEqual(rows("SELECT field, value, reason FROM quarantine"), [("side", "Stock split open", "not among the words for a side")])
            # Pence are pounds.
            self.assertEqual([Decimal(price) for price, in rows("SELECT price FROM transactions WHERE symbol = 'VOD'")], [Decimal("0.6695")])
            # Another way of reading the same file is another input, and all of it comes again; the same way resumes behind the end.
            self.assertEqual(mesh.run("simulator", "--replay", SAMPLE, "--speed", "max", "--resume", *FORMAT).returncode, 0)
            self.assertEqual(rows("SELECT count(*) FROM transactions"), [("3",)])
            mesh.replay(SAMPLE, "--resume", *FORMAT, "--set", "market=LSE")
            self.assertEqual(rows("SELECT count(*) FROM transactions"), [("6",)])
            self.assertEqual(mesh.stop("risk-engine"), 0)


if __name__ == "__main__":
    unittest.main()
