"""Prices without trades, and exchange rates: from files over the bus and the store to exposures, alerts and a backtest."""
import json
import unittest
from decimal import Decimal

from mesh import Mesh, wait_until

TRANSACTIONS = """transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market
T1,2024-09-20T08:36:00Z,C1,SAP,BUY,6000,120,EUR,B,M
T2,2024-09-20T08:36:10Z,C2,VOD,BUY,100,101.5,GBX,B,M
T3,2024-09-20T08:36:20Z,C2,AAPL,BUY,10,200,,B,M
"""
POSITIONS = "client_id,symbol,quantity,price,currency\nC3,VOD,5000,99,GBX\n"
PRICES = """at,symbol,price,currency
2024-09-20T08:36:05Z,SAP,140,EUR
2024-09-20T08:36:15Z,MSFT,400,USD
2024-09-20T08:36:16Z,VOD,1,XTS
2024-09-20T08:36:30Z,AAPL,210,USD
"""
RATES = """at,currency,rate
2024-09-19T17:00:00Z,GBX,0.0127
2024-09-20T08:36:12Z,EUR,1.10
2024-09-20T08:36:13Z,USD,1
"""
CONFIG = "rules: {rates: {EUR: 1.27}}\n"
GROSS = {"C1": 6000 * 140 * Decimal("1.10"), "C2": 100 * Decimal("101.5") * Decimal("0.0127") + 10 * 210, "C3": 5000 * Decimal("101.5") * Decimal("0.0127")}
MARKS = {"AAPL": 210, "MSFT": 400, "SAP": 154, "VOD": Decimal("1.28905")}
FILES = ("--positions", "positions.csv", "--prices", "prices.csv", "--rates-file", "rates.csv")


class Prices(unittest.TestCase):
    def write(self, mesh):
        for name, text in (("t.csv", TRANSACTIONS), ("positions.csv", POSITIONS), ("prices.csv", PRICES), ("rates.csv", RATES), ("rates.yaml", CONFIG)):
            (mesh.folder / name).write_text(text)

    def backtest(self, mesh, *words):
        result = mesh.run("riskctl", "backtest", "--format", "jsonl", "--config", "rates.yaml", *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def check(self, postgres):
        with Mesh(postgres) as mesh:
            self.write(mesh)
            mesh.start_ready("risk-engine", "--config", "rates.yaml")
            mesh.replay("t.csv", *FILES)

            def gross():
                return {client: Decimal(amount) for client, amount in mesh.database.rows("SELECT client_id, gross FROM client_exposures")}
            wait_until(lambda: gross() == GROSS, f"exposures {GROSS}, last seen {gross()}")
            marks = {symbol: Decimal(mark) for symbol, mark in mesh.database.rows("SELECT symbol, mark FROM symbol_exposures")}
            self.assertEqual(marks, MARKS)
            self.assertEqual(mesh.database.rows("SELECT source, line, field, value FROM quarantine ORDER BY source"),
                             [("prices.csv", "4", "currency", "XTS"), ("rates.csv", "4", "currency", "USD")])
            kinds = mesh.database.rows("SELECT kind, count(*) FROM engine_inputs WHERE kind IN ('PRICE', 'RATE') GROUP BY kind ORDER BY kind")
            self.assertEqual(kinds, [("PRICE", "3"), ("RATE", "2")])
            # C1 was above its limit of a million after the price, and below it after the rate.
            self.assertEqual(mesh.database.rows("SELECT entity_id, message FROM alerts WHERE alert_type = 'HIGH_CLIENT_EXPOSURE'"),
                             [("C1", "Client C1 gross exposure $1,066,800.00 exceeds limit $1,000,000.00 (106.7%)")])

            # What is in the database is what an engine that starts again goes on from, and what a backtest reads.
            self.assertEqual(mesh.stop("risk-engine"), 0)
            mesh.start_ready("risk-engine", "--config", "rates.yaml")
            self.assertEqual(gross(), GROSS)
            of_files, of_store = self.backtest(mesh, "--transactions", "t.csv", *FILES), self.backtest(mesh, "--store")
            self.assertEqual([line for line in of_files if line["kind"] != "summary"], [line for line in of_store if line["kind"] != "summary"])
            self.assertEqual({line["client_id"]: Decimal(line["gross"]) for line in of_files if line["kind"] == "client"}, GROSS)
            self.assertEqual(of_files[-1]["quarantined"], 2)
            self.assertEqual(of_files[-1]["state_hash"], of_store[-1]["state_hash"])
            self.assertEqual(mesh.stop("risk-engine"), 0)
            self.assertEqual(mesh.errors(), [])

    def test_on_sqlite(self):
        self.check(postgres=False)

    def test_on_postgresql(self):
        self.check(postgres=True)

    def test_files_of_prices_and_rates_go_with_a_file_of_transactions(self):
        with Mesh() as mesh:
            self.write(mesh)
            for words in (("riskctl", "backtest", "--store", "--prices", "prices.csv"), ("simulator", "--prices", "prices.csv", "--check-config"),
                          ("simulator", "--rates-file", "rates.csv", "--check-config")):
                with self.subTest(words):
                    result = mesh.run(*words)
                    self.assertEqual(result.returncode, 2)
                    self.assertIn("go with --", result.stderr)


if __name__ == "__main__":
    unittest.main()
