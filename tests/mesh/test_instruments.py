"""What symbols stand for: from a file over the bus and the store to exposures, the API, riskctl and a backtest."""
import json
import unittest
from decimal import Decimal

from mesh import Mesh, wait_until

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n"
TRANSACTIONS = HEADER + """\
T1,2024-09-20T08:36:00Z,C1,MES,BUY,10,5125.25,USD,B,M
T2,2024-09-20T08:36:01Z,C2,XBTUSD,SELL,100000,64000,,B,M
T3,2024-09-20T08:36:02Z,C3,VOD,BUY,1000,101.5,,B,M
T4,2024-09-20T08:36:03Z,C4,SPX_P,BUY,50,2,USD,B,M
T5,2024-09-20T08:36:04Z,C5,CL,BUY,2,-37.63,USD,B,M
T6,2024-09-20T08:36:05Z,C5,AAPL,BUY,2,-1,USD,B,M
T7,2024-09-20T08:36:20Z,C4,MES,BUY,1,5125.25,USD,B,M
"""
INSTRUMENTS = """symbol,multiplier,currency,contract,expires_at,allows_negative,name,asset_class
MES,5,USD,LINEAR,,false,"Micro E-mini, S&P 500",future
XBTUSD,1,USD,INVERSE,,,,crypto
VOD,,GBX,,,,Vodafone,equity
SPX_P,100,USD,LINEAR,2024-09-20T08:36:10Z,false,,option
CL,1000,USD,LINEAR,,true,Crude oil,future
BAD,0,USD,LINEAR,,,,
"""
# A price of 0 is believed when it comes a second time.
PRICES = "at,symbol,price,currency\n2024-09-20T08:36:08Z,SPX_P,0,\n2024-09-20T08:36:09Z,SPX_P,0,\n"
CONFIG = "rules: {rates: {GBX: 0.01}}\n"
GROSS = {"C1": Decimal("256262.50"), "C2": Decimal(100000), "C3": Decimal(1015), "C4": Decimal("25626.25"), "C5": Decimal(75260)}
FILES = ("--instruments", "instruments.csv", "--prices", "prices.csv")


class Instruments(unittest.TestCase):
    def backtest(self, mesh, *words):
        result = mesh.run("riskctl", "backtest", "--format", "jsonl", "--config", "rates.yaml", *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def check(self, postgres):
        with Mesh(postgres) as mesh:
            for name, text in (("t.csv", TRANSACTIONS), ("instruments.csv", INSTRUMENTS), ("prices.csv", PRICES), ("rates.yaml", CONFIG)):
                (mesh.folder / name).write_text(text)
            mesh.start_ready("risk-engine", "--config", "rates.yaml")
            mesh.replay("t.csv", *FILES)

            def amounts(column):
                return {client: Decimal(amount) for client, amount in mesh.database.rows(f"SELECT client_id, {column} FROM client_exposures")}
            wait_until(lambda: amounts("gross") == GROSS, f"exposures {GROSS}, last seen {amounts('gross')}")
            self.assertEqual(amounts("net"), {**GROSS, "C2": -GROSS["C2"], "C5": -GROSS["C5"]})  # oil below zero is a debt
            # The option has expired worthless.
            self.assertEqual([Decimal(held) for held, in mesh.database.rows("SELECT quantity FROM positions WHERE symbol = 'SPX_P'")], [0])
            self.assertEqual(mesh.database.rows("SELECT source, line, field, value, reason FROM quarantine WHERE kind = 'REJECTED' ORDER BY source"), [
                ("instruments.csv", "7", "multiplier", "0", "must be above 0"),
                ("t.csv", "7", "price", "-1", "a negative price where the instrument has none")])
            self.assertEqual(mesh.database.rows("SELECT symbol, name, contract FROM instruments ORDER BY symbol"), [
                ("CL", "Crude oil", "LINEAR"), ("MES", "Micro E-mini, S&P 500", "LINEAR"), ("SPX_P", "", "LINEAR"), ("VOD", "Vodafone", "LINEAR"),
                ("XBTUSD", "", "INVERSE")])

            mesh.start_ready("dashboard-gateway")
            shown = mesh.api("/exposures/symbols/MES")
            self.assertEqual(shown["instrument"], {"multiplier": "5", "currency": "USD", "contract": "LINEAR", "expires_at": None,
                                                   "allows_negative": False, "name": "Micro E-mini, S&P 500", "asset_class": "future"})
            self.assertEqual(shown["exposure"]["mark"], "25626.25")
            self.assertEqual(mesh.api("/exposures/symbols/SPX_P")["instrument"]["expires_at"], "2024-09-20T08:36:10.000000Z")
            self.assertEqual(mesh.api("/exposures/clients/C5")["exposure"]["net"], "-75260.0000")

            listed = mesh.run("riskctl", "instruments", "--json")
            self.assertEqual(listed.returncode, 0, listed.stderr)
            self.assertEqual([json.loads(line)["symbol"] for line in listed.stdout.splitlines()], ["CL", "MES", "SPX_P", "VOD", "XBTUSD"])
            self.assertIn("Micro E-mini", mesh.run("riskctl", "instruments").stdout)

            # What is in the database is what an engine that starts again goes on from, and what a backtest reads.
            self.assertEqual(mesh.stop("risk-engine"), 0)
            mesh.start_ready("risk-engine", "--config", "rates.yaml")
            self.assertEqual(amounts("gross"), GROSS)
            of_files, of_store = self.backtest(mesh, "--transactions", "t.csv", *FILES), self.backtest(mesh, "--store")
            self.assertEqual(of_files[:-1], of_store[:-1])
            self.assertEqual(of_files[-1]["state_hash"], of_store[-1]["state_hash"])
            self.assertEqual(mesh.stop("dashboard-gateway"), 0)
            self.assertEqual(mesh.stop("risk-engine"), 0)
            self.assertEqual(mesh.errors(), [])

    def test_on_sqlite(self):
        self.check(postgres=False)

    def test_on_postgresql(self):
        self.check(postgres=True)

    def test_a_symbol_without_an_instrument_is_quarantined_where_they_are_required(self):
        with Mesh(env={"REQUIRE_INSTRUMENTS": "1"}) as mesh:
            (mesh.folder / "t.csv").write_text(HEADER + "T1,2024-09-20T08:36:00Z,C1,MES,BUY,10,5125.25,USD,B,M\nT2,2024-09-20T08:36:00Z,C1,A,BUY,1,1,USD,B,M\n")
            (mesh.folder / "instruments.csv").write_text(INSTRUMENTS)
            mesh.start_ready("risk-engine")
            mesh.replay("t.csv", "--instruments", "instruments.csv")
            self.assertEqual(mesh.database.rows("SELECT symbol FROM transactions"), [("MES",)])
            self.assertEqual(mesh.database.rows("SELECT value, reason FROM quarantine WHERE source = 't.csv'"), [("A", "there is no instrument of it")])
            self.assertEqual(mesh.stop("risk-engine"), 0)


if __name__ == "__main__":
    unittest.main()
