"""The load is the same for a seed, sends at its rate, and knows its bad rows."""
import csv
import pathlib
import tempfile
import unittest
from datetime import datetime, timedelta

from adjustments import FILES, NEGATIVE, RENAMES, SPLITS
from expected import Applied
from fix_load import FIX_BROKER, FixLoad, fields_of
from sources import ADJUSTMENT, INSTANTS, ROW, Source
from wild_prices import HALTED, THIN
from workload import BEGIN, HEADER, LINES, SHARED_BROKER, Workload


class WorkloadTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="risk-workload-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, *args):
        """The bytes of the files, and the load that wrote them."""
        load = Workload(*args)
        transactions, _ = load.write(self.folder)
        return b"".join(path.read_bytes() for path in (transactions, *(self.folder / name for name in FILES.values()))), load

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
        self.assertGreater(sum(corrected.get(name) in corrected for name in corrected), 10)
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
        done = Applied(Source("load", load.inputs).inputs, frozenset())
        waited = {line for (file, line), states in done.quarantine.items() if states[0][1] == "APPLIED" and file == "transactions.csv"}
        self.assertEqual((len(done.transactions), set(early) <= waited), (len(applied), True))
        # Nothing is taken back twice.
        stored = done.transactions.values()
        self.assertEqual(sum(row["reversed_by"] != "" for row in stored), sum(row["original"] != "" for row in stored))

    def test_what_is_no_row_comes_right_before_the_first_row_that_reaches_it(self):
        _, load = self.write(5, 20000, 2)
        reached, last, seen = "", None, set()
        for made in load.inputs:
            if made.kind in INSTANTS and made.fate is None:
                self.assertGreater(made.row[INSTANTS[made.kind]], reached, made)
                last = made.row[INSTANTS[made.kind]]
                seen.add(made.row.get("kind", made.kind))
            elif made.kind == ROW and last:
                # It is applied, in time, and of that very instant, so that a replay that merges by time and one that sends ahead do the same.
                self.assertEqual((made.fate, made.row["executed_at"], made.row["kind"] in ("", "EXECUTION")), (None, last, True), made)
                self.assertNotIn(last, load.ticks())
                last = None
            if made.kind == ROW and made.fate != "bad":
                reached = max(reached, made.row["executed_at"])
        self.assertEqual(seen, {"SPLIT", "RENAME", "SET_POSITION", "PRICE", "RATE"})
        fates = {made.fate for made in load.inputs if made.kind == ADJUSTMENT}
        self.assertEqual(fates, {None, "bad", "duplicate", "refused", "pending"})

    def test_rows_come_under_names_of_before_and_prices_are_in_the_terms_of_their_time(self):
        _, load = self.write(5, 20000, 2)
        renamed, split, under, before = set(), {}, set(), set()
        for made in load.inputs:
            row = made.row
            if made.kind == ADJUSTMENT and made.fate is None and row["kind"] == "RENAME":
                renamed.add(row["symbol"])
            elif made.kind == ADJUSTMENT and made.fate is None and row["kind"] == "SPLIT":
                split[row["symbol"]] = row["effective_at"]
            elif made.kind == ROW and made.fate is None:
                under |= {row["symbol"]} & renamed
                if row["executed_at"] < split.get(row["symbol"], ""):
                    before.add(row["kind"] or "EXECUTION")
        self.assertEqual((under, renamed), ({old for old, _ in RENAMES} - {"NEW008"} | ({"NEW008"} & under), {old for old, _ in RENAMES}))
        self.assertEqual(split.keys() - {"SYM017"}, {symbol for symbol, *_ in SPLITS})
        self.assertTrue({"EXECUTION", "CORRECTION"} <= before, before)

    def test_some_prices_are_wild_and_some_of_them_confirmed(self):
        _, load = self.write(5, 20000, 4)
        latest, wild, near = {}, 0, 0
        for made in load.inputs:
            if made.kind != ROW or made.fate or made.row["symbol"] not in THIN:
                continue
            price, before = float(made.row["price"]), latest.get(made.row["symbol"])
            wild += before is not None and not 1 / 50 < price / before < 50
            near += before is not None and 0.9 <= price / before <= 1.1
            latest[made.row["symbol"]] = price
        self.assertTrue(wild > 5 and near > 5, (wild, near))
        usual, last = [float(made.row["price"]) for made in load.inputs if made.kind == ROW and made.row["symbol"] == HALTED]
        self.assertFalse(1 / 50 < last / usual < 50)

    def test_a_broker_reports_rows_of_before_the_load_and_some_that_the_load_has(self):
        _, load = self.write(5, 20000, 2)
        fix, again = FixLoad(5, load, 600), FixLoad(5, load, 600)
        self.assertEqual([(made.row, made.fate) for made in fix.inputs], [(made.row, made.fate) for made in again.inputs])
        begin = load.time_text_of(0)
        rows = {row["transaction_id"]: row for row in (made.row for made in load.inputs if made.kind == ROW and made.fate is None)}
        others = {made.row["transaction_id"] for made in load.inputs if made.kind == ROW and made.row["transaction_id"] not in fix.shared}
        kinds, same = set(), []
        for made in fix.inputs:
            row = made.row
            self.assertLess(row["executed_at"], begin)
            self.assertNotIn(row["transaction_id"], others)
            kinds.add((row["kind"] or "EXECUTION", made.fate))
            if row["transaction_id"] in fix.shared:
                known = rows[row["transaction_id"]]
                self.assertEqual((row["broker_id"], known["broker_id"], row["executed_at"][:23]), (FIX_BROKER, SHARED_BROKER, known["executed_at"][:23]))
                same.append(row["quantity"] == known["quantity"])
        self.assertEqual(len(same), len(load.shared))
        self.assertTrue(len(same) / 2 < sum(same) < len(same), same)
        self.assertTrue({("EXECUTION", None), ("BUST", None), ("CORRECTION", None), ("EXECUTION", "bad"), ("EXECUTION", "duplicate")} <= kinds, kinds)

    def test_a_message_has_the_fields_of_its_row(self):
        row = dict(zip((*HEADER, "order_id"), ("F1", "2024-09-20T14:30:00.123456Z", "C", "S", "SELL", "5", "", "USD", "PRIME", "", "CORRECTION", "F0", "O1")))
        self.assertEqual(fields_of(row), [(1, "C"), (37, "O1"), (17, "F1"), (19, "F0"), (150, "G"), (39, "2"), (55, "S"), (54, "2"), (32, "5"), (15, "USD"),
                                          (60, "20240920-14:30:00.123456")])
        self.assertEqual({tag: value for tag, value in fields_of({**row, "kind": "BUST"}) if tag in (15, 31, 32, 150)}, {150: "H"})

    def test_bad_rows_are_known_by_their_lines(self):
        _, load = self.write(5, 20000, 1)
        self.assertTrue(2 < len(load.bad_lines) < 30, load.bad_lines)
        for line, row in enumerate(self.rows(), 2):
            if row["kind"] in ("BUST", "CORRECTION"):
                continue
            try:
                datetime.fromisoformat(row["executed_at"].replace("Z", "+00:00"))
                fine = (row["side"] in ("BUY", "SELL") and float(row["quantity"]) > 0 and (float(row["price"]) >= 0 or row["symbol"] == NEGATIVE) and "e" not in row["price"]
                        and row["currency"] in ("", "USD", "EUR", "JPY") and 0 < len(row["client_id"].encode()) <= 50 and row["symbol"]
                        and len(row["quantity"].partition(".")[2]) <= 8 and row["kind"] in ("", "EXECUTION") and not row["ref_transaction_id"])
            except ValueError:
                fine = False
            self.assertEqual(bool(fine), line not in load.bad_lines, f"line {line}: {row}")


if __name__ == "__main__":
    unittest.main()
