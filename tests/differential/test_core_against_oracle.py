"""The core agrees with a naive oracle, event for event, over random streams and recorded executions."""
import csv
import os
import unittest

from compare import DRIVER, ROOT, Driver, compare_csv, compare_streams, explain, replay, stream_of_csv

DATA = ROOT.parent / "shared/data"
STREAMS = 80
SHRINK_SECONDS = 15
CLOSING_PAIRS = 31


def closing_positions():
    with open(DATA / "fills-closing-positions.csv", newline="", encoding="utf-8") as file:
        return {(row["client_id"], row["symbol"]): row["quantity"] for row in csv.DictReader(file)}


def positions(said):
    return {(line["client_id"], line["symbol"]): line["quantity"] for line in said if line["kind"] == "position"}


class CoreAgainstOracle(unittest.TestCase):
    def setUp(self):
        if "RISK_BIN_DIR" not in os.environ:
            self.skipTest("RISK_BIN_DIR does not say where core_driver is")
        self.assertTrue(DRIVER.is_file(), f"there is no driver at {DRIVER}")
        self.driver = Driver(DRIVER)

    def test_random_streams(self):
        report = compare_streams(self.driver, 1, STREAMS)
        self.assertEqual(report.streams, STREAMS)
        if report.differences:
            self.fail(f"{report}\n{explain(self.driver, report.differences[0], SHRINK_SECONDS)}")

    def test_recorded_executions(self):
        fills = recorded_executions(self)
        report = compare_csv(self.driver, fills)
        self.assertEqual([f"{options}\n{what}" for _, _, options, what in report.differences], [])
        self.assertEqual(positions(self.driver.replay(stream_of_csv(fills))), closing_positions())


class OracleOverRecordedExecutions(unittest.TestCase):
    def test_it_ends_at_the_positions_that_the_exchange_reported(self):
        said = list(replay(stream_of_csv(recorded_executions(self))))
        self.assertEqual(said[-1], {"kind": "summary", "transactions": 3273, "late": 0, "rejected": 0})
        self.assertEqual(len(closing_positions()), CLOSING_PAIRS)
        self.assertEqual(positions(said), closing_positions())


def recorded_executions(test):
    fills = DATA / "fills.csv"
    if not fills.exists():
        test.skipTest(f"the recorded executions are not at {DATA.name}/fills.csv beside the project")
    return fills


if __name__ == "__main__":
    unittest.main()
