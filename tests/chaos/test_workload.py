"""The load is the same for a seed, sends at its rate, and knows its bad rows."""
import csv
import pathlib
import tempfile
import unittest
from datetime import datetime, timedelta

from workload import BEGIN, HEADER, Workload


class WorkloadTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="risk-workload-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, *args):
        """The bytes of the file, and the load that wrote it."""
        load = Workload(*args)
        transactions, _ = load.write(self.folder)
        return transactions.read_bytes(), load

    def rows(self):
        with open(self.folder / "transactions.csv", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def test_a_seed_gives_the_same_bytes_and_another_seed_others(self):
        first, load = self.write(7, 4000, 1)
        again, same = self.write(7, 4000, 1)
        other, _ = self.write(8, 4000, 1)
        self.assertEqual((first, load.bad_lines, load.duplicate_lines), (again, same.bad_lines, same.duplicate_lines))
        self.assertNotEqual(first, other)

    def test_rows_are_spaced_as_the_rate_asks_but_for_the_late_ones(self):
        _, load = self.write(3, 5000, 2)
        known = load.duplicate_lines | load.conflict_lines
        rows = self.rows()
        self.assertEqual((len(rows), tuple(rows[0])), (10_000, HEADER))
        late = 0
        for number, row in enumerate(rows):
            if not row["executed_at"].startswith("2024-09-2") or number + 2 in known:
                continue  # one of the bad rows, or one of before
            due = BEGIN + timedelta(microseconds=200 * number)
            at = datetime.fromisoformat(row["executed_at"].replace("Z", "+00:00"))
            self.assertLessEqual(at, due)
            late += at < due
        self.assertTrue(5 < late < 100, late)

    def test_rows_that_come_again_are_known_by_their_lines(self):
        _, load = self.write(5, 20000, 2)
        self.assertTrue(80 < len(load.duplicate_lines) < 250 and 3 < len(load.conflict_lines) < 40, (load.duplicate_lines, load.conflict_lines))
        applied = {}
        for line, row in enumerate(self.rows(), 2):
            first = applied.get(row["transaction_id"])
            self.assertEqual(first is not None, line in load.duplicate_lines | load.conflict_lines, f"line {line}: {row}")
            if first is None and line not in load.bad_lines:
                applied[row["transaction_id"]] = row
            elif first is not None:
                self.assertEqual(row == first, line in load.duplicate_lines, f"line {line}: {row}")
                self.assertEqual({**row, "quantity": ""}, {**first, "quantity": ""})

    def test_bad_rows_are_known_by_their_lines(self):
        _, load = self.write(5, 20000, 1)
        self.assertTrue(2 < len(load.bad_lines) < 30, load.bad_lines)
        for line, row in enumerate(self.rows(), 2):
            try:
                datetime.fromisoformat(row["executed_at"].replace("Z", "+00:00"))
                fine = (row["side"] in ("BUY", "SELL") and float(row["quantity"]) > 0 and float(row["price"]) >= 0 and "e" not in row["price"]
                        and row["currency"] in ("USD", "EUR", "JPY") and 0 < len(row["client_id"].encode()) <= 50 and row["symbol"]
                        and len(row["quantity"].partition(".")[2]) <= 8)
            except ValueError:
                fine = False
            self.assertEqual(bool(fine), line not in load.bad_lines, f"line {line}: {row}")


if __name__ == "__main__":
    unittest.main()
