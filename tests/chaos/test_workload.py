"""The load is the same for a seed, sends at its rate, and knows its bad rows."""
import csv
import pathlib
import tempfile
import unittest
from datetime import datetime, timedelta

from auditor import stored_rows
from workload import BEGIN, HEADER, LINES, Workload


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
        self.assertEqual((first, *(getattr(load, lines) for lines in LINES)), (again, *(getattr(same, lines) for lines in LINES)))
        self.assertNotEqual(first, other)

    def test_rows_are_spaced_as_the_rate_asks_but_for_the_late_ones(self):
        _, load = self.write(3, 5000, 2)
        known = load.duplicate_lines | load.conflict_lines
        rows = self.rows()
        named = {row["ref_transaction_id"] for row in rows}
        self.assertEqual((len(rows), tuple(rows[0])), (10_000, HEADER))
        late = 0
        for number, row in enumerate(rows):
            if not row["executed_at"].startswith("2024-09-2") or number + 2 in known or row["kind"] == "CORRECTION" or row["transaction_id"] in named:
                continue  # one of the bad rows, or one of before; or it may have the instant of another one
            due = BEGIN + timedelta(microseconds=200 * number)
            at = datetime.fromisoformat(row["executed_at"].replace("Z", "+00:00"))
            self.assertLessEqual(at, due)
            late += at < due
        self.assertTrue(5 < late < 100, late)

    def test_rows_that_come_again_are_known_by_their_lines(self):
        _, load = self.write(5, 20000, 2)
        self.assertTrue(80 < len(load.duplicate_lines) < 300 and 3 < len(load.conflict_lines) < 40, (load.duplicate_lines, load.conflict_lines))
        first_of = {}
        for line, row in enumerate(self.rows(), 2):
            first = first_of.get(row["transaction_id"])
            if first is None and line not in load.bad_lines | load.dropped_lines:
                first_of[row["transaction_id"]] = row
            elif first is not None:
                self.assertIn(line, load.duplicate_lines | load.conflict_lines, row)
                self.assertEqual(row == first, line in load.duplicate_lines, f"line {line}: {row}")
                self.assertEqual({**row, "quantity": ""}, {**first, "quantity": ""})
            if first is None and line in load.duplicate_lines | load.conflict_lines:
                self.assertEqual((row["kind"], line in load.duplicate_lines), ("BUST", True), row)

    def test_what_becomes_of_busts_and_corrections_is_known_by_their_lines(self):
        _, load = self.write(5, 20000, 4)
        rows = dict(enumerate(self.rows(), 2))
        applied = {line: row for line, row in rows.items() if line not in load.quarantined_lines() | load.duplicate_lines}
        line_of = {row["transaction_id"]: line for line, row in applied.items()}
        corrected = {row["transaction_id"]: row["ref_transaction_id"] for row in applied.values() if row["kind"] == "CORRECTION"}

        def execution_of(name):
            while name in corrected:
                name = corrected[name]
            return name
        busted = {execution_of(row["ref_transaction_id"]): line for line, row in applied.items() if row["kind"] == "BUST"}
        early = [line for line, row in applied.items() if row["ref_transaction_id"] and line_of[row["ref_transaction_id"]] > line]
        old = [line for line, row in applied.items() if row["ref_transaction_id"] and line_of[row["ref_transaction_id"]] < line - 30000]
        reversals = [line for line, row in rows.items() if row["kind"] in ("BUST", "CORRECTION")]
        self.assertTrue(0.006 < len(reversals) / len(rows) < 0.014, len(reversals))
        counts = [len(lines) for lines in (early, old, load.waiting_lines, load.dropped_lines)]
        self.assertTrue(all(count > 3 for count in counts), counts)
        self.assertGreater(sum(corrected.get(name) in corrected for name in corrected), 20)
        for line in reversals:
            row = rows[line]
            reference = row["ref_transaction_id"]
            if line in load.waiting_lines:
                self.assertNotIn(reference, line_of)
            elif line in load.bad_lines:
                unreadable = row["kind"] == "CORRECTION" and reference == row["transaction_id"]
                self.assertTrue(not reference or unreadable or busted[execution_of(reference)] < line, row)
            elif line in load.dropped_lines:
                self.assertTrue(busted[reference] < line < line_of[reference], row)
            elif line not in applied and row["transaction_id"] not in line_of:
                self.assertLess(busted[execution_of(reference)], line, row)
        stored, waited = stored_rows(list(applied.items()))
        self.assertEqual((len(stored), set(early) <= waited.keys()), (len(applied), True))
        # Nothing is taken back twice.
        self.assertEqual(sum(row["reversed_by"] != "" for row in stored.values()), sum(row["original"] != "" for row in stored.values()))

    def test_bad_rows_are_known_by_their_lines(self):
        _, load = self.write(5, 20000, 1)
        self.assertTrue(2 < len(load.bad_lines) < 30, load.bad_lines)
        for line, row in enumerate(self.rows(), 2):
            if row["kind"] in ("BUST", "CORRECTION"):
                continue
            try:
                datetime.fromisoformat(row["executed_at"].replace("Z", "+00:00"))
                fine = (row["side"] in ("BUY", "SELL") and float(row["quantity"]) > 0 and float(row["price"]) >= 0 and "e" not in row["price"]
                        and row["currency"] in ("USD", "EUR", "JPY") and 0 < len(row["client_id"].encode()) <= 50 and row["symbol"]
                        and len(row["quantity"].partition(".")[2]) <= 8 and row["kind"] in ("", "EXECUTION") and not row["ref_transaction_id"])
            except ValueError:
                fine = False
            self.assertEqual(bool(fine), line not in load.bad_lines, f"line {line}: {row}")


if __name__ == "__main__":
    unittest.main()
