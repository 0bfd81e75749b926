"""Each shipped format on its sample: to the right positions, and with every other row accounted for."""
import json
import pathlib
import tempfile
import unittest
from decimal import Decimal

from harness import ROOT, SAMPLES, converted, run, set_flags

# Closing positions, refused rows as (line, field), and how many rows are passed over; worked out by hand from the samples.
EXPECTED = {
    "binance-trades": ({("C1", "BTCUSDT"): "0.01", ("C1", "1INCHUSDT"): "1250.5", ("C1", "ADAEUR"): "2000"}, set(), 0),
    "coinbase-fills": ({("default", "BTC-USD"): "0.01", ("trading", "ETH-EUR"): "0", ("trading", "BTC-USDC"): "0.5"}, set(), 0),
    "databento-trades": ({("C1", "SPIB"): "50"}, {(5, "side")}, 1),
    "degiro": ({("C1", "US0378331005"): "7", ("C1", "NL0010273215"): "2", ("C1", "GB00BH4HKS39"): "1000"}, set(), 0),
    "ibkr-flex": ({("U0000001", "AAPL"): "120", ("U0000002", "ASML"): "-12", ("U0000002", "EUR.USD"): "10000"}, {(7, "AssetClass")}, 1),
    "ibkr-tws": ({("DU0000001", "ATVI"): "0", ("DU0000001", "ALTR"): "500"}, {(5, "Description"), (7, "Description"), (8, "Exchange")}, 0),
    "kraken-trades": ({("C1", "XXBTZUSD"): "0.025", ("C1", "ADAXBT"): "100"}, set(), 0),
    "robinhood": ({("C1", "AAPL"): "1149.5", ("C1", "AAPL 12/15/2023 Call $200.00"): "-100", ("C1", "SPY 1/19/2024 Put $440.00"): "75000"},
                  {(2, "Trans Code"), (13, "Trans Code"), (16, "side")}, 4),
    "schwab": ({("C1", "SWPPX"): "49.5", ("C1", "AAPL"): "1200", ("C1", "TSLA"): "-100"}, {(5, "side")}, 1),
    "tardis-trades": ({("C1", "BTC-PERPETUAL"): "15", ("C1", "shibusdt"): "15000000"}, {(4, "side")}, 0),
    "trading212": ({("C1", "AAPL"): "1.5", ("C1", "VOD"): "200"}, {(7, "side")}, 2),
    "zerodha-tradebook": ({("C1", "INFY"): "30", ("C1", "TCS"): "-5"}, {(6, "segment")}, 0),
}
# What each position's last price has to be, in its currency: pence are pounds, counts of 10^-9 are dollars.
PRICES = {"degiro": {"GB00BH4HKS39": ("0.7698", "GBP")}, "trading212": {"VOD": ("0.6695", "GBP")}, "databento-trades": {"SPIB": ("31.56", "USD")},
          "kraken-trades": {"ADAXBT": ("0.00001185", "BTC")}, "coinbase-fills": {"BTC-USDC": ("65000", "USD")},
          "robinhood": {"AAPL": ("172.55", "USD"), "SPY 1/19/2024 Put $440.00": ("2.35", "USD")},
          "schwab": {"AAPL": ("228.2", "USD")}, "tardis-trades": {"shibusdt": ("0.000005", "USD")}}
SETTINGS = {"client_id": "C1", "currency": "USD", "zone": "America/New_York"}
RATES = "rules: {rates: {EUR: 1.1, GBP: 1.3, BTC: 60000, INR: 0.012}}\n"


class Samples(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="risk-formats-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "rates.yaml").write_text(RATES)
        listed = run(self.folder, "convert", "--list-formats", "--json")
        self.formats = {line["name"]: line["needs"] for line in map(json.loads, listed.stdout.splitlines())}

    def settings(self, name):
        return {need: SETTINGS[need] for need in self.formats[name]}

    def test_every_format_has_a_sample_and_every_sample_a_format(self):
        self.assertEqual(set(self.formats), set(EXPECTED))
        self.assertEqual({path.stem for path in SAMPLES.iterdir()}, set(EXPECTED))
        self.assertEqual({path.stem for path in (ROOT / "deploy/formats").glob("*.yaml")}, set(EXPECTED))

    def test_convert_comes_to_the_right_positions(self):
        for name, (positions, refused, filtered) in EXPECTED.items():
            with self.subTest(format=name):
                rows, told_refused, told_filtered = converted(self.folder, name, self.settings(name), SAMPLES / f"{name}.csv")
                held = {}
                for row in rows:
                    key = row["client_id"], row["symbol"]
                    held[key] = held.get(key, Decimal(0)) + Decimal(row["quantity"]) * (1 if row["side"] == "BUY" else -1)
                self.assertEqual(held, {key: Decimal(quantity) for key, quantity in positions.items()})
                self.assertEqual(told_refused, refused)
                self.assertEqual(told_filtered, filtered)
                last = {row["symbol"]: (row["price"], row["currency"]) for row in rows}
                for symbol, price in PRICES.get(name, {}).items():
                    self.assertEqual(last[symbol], price)

    def test_backtest_comes_to_the_same_positions_from_the_file_itself_and_from_the_converted_one(self):
        for name, (positions, refused, filtered) in EXPECTED.items():
            with self.subTest(format=name):
                flags = ["--input-format", name, *set_flags(self.settings(name))]
                direct = self.backtest("--transactions", SAMPLES / f"{name}.csv", *flags)
                told = f"{name}.csv: {filtered} rows filtered, which are no executions\n" if filtered else ""
                self.assertTrue(self.told.endswith(told) and ("filtered" in self.told) == (told != ""), self.told)
                self.assertEqual(run(self.folder, "convert", *flags, SAMPLES / f"{name}.csv", "ours.csv").returncode, 0)
                ours = self.backtest("--transactions", "ours.csv")
                self.assertEqual({(line["client_id"], line["symbol"]): Decimal(line["quantity"]) for line in direct if line["kind"] == "position"},
                                 {key: Decimal(quantity) for key, quantity in positions.items()})
                self.assertEqual(direct[-1].pop("quarantined"), len(refused))
                self.assertEqual(ours[-1].pop("quarantined"), 0)
                for lines in (direct, ours):
                    lines[-1].pop("state_hash")  # it counts the rows that were refused
                self.assertEqual(direct, ours)

    def backtest(self, *words):
        result = run(self.folder, "backtest", "--config", "rates.yaml", "--format", "jsonl", *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.told = result.stderr.decode()
        return [json.loads(line) for line in result.stdout.splitlines()]


if __name__ == "__main__":
    unittest.main()
