"""The inputs of several streams in one order, what becomes of them, and which prices are marks or held."""
import collections
import pathlib
import tempfile
import unittest
from decimal import Decimal

from adjustments import FILES, HEADERS
from expected import CLOCK, Applied, Expected
from marks import Marking
from services import BIN
from sources import ADJUSTMENT, COMMANDS, PRICE, RATE, ROW, TICK, Input, Instant, Source, merge
from workload import write_csv

FIELDS = ("transaction_id", "executed_at", "client_id", "symbol", "side", "quantity", "price", "currency", "broker_id", "market", "kind", "ref_transaction_id")


def at(second):
    return f"2024-09-20T10:00:{second:02}.000000Z"


def row(name, second=0, client="C1", symbol="S", price="100", kind="", reference="", fate=None, side="BUY", quantity="1", line=0):
    return Input(ROW, dict(zip(FIELDS, (name, at(second), client, symbol, side, quantity, price, "USD", "B", "M", kind, reference))), fate, "rows", line)


def other(kind, *values, line=0, fate=None):
    return Input(kind, dict(zip(HEADERS[kind], values)), fate, FILES[kind], line)


def split(second, ratio="10:1", symbol="S"):
    return other(ADJUSTMENT, at(second), "SPLIT", symbol, ratio, "", "", "", "")


def rename(second, symbol, to):
    return other(ADJUSTMENT, at(second), "RENAME", symbol, "", to, "", "", "")


class MergeTest(unittest.TestCase):
    def merged(self, order, *sources):
        names = lambda made: f"at {made.at[17:19]}" if isinstance(made, Instant) else made.row.get("transaction_id", made.kind)
        return [names(made) for made in merge(order, sources)]

    def test_each_stream_keeps_its_order_and_what_is_not_applied_comes_before_the_next_that_is(self):
        one = Source("one", [row("A"), row("A", fate="duplicate"), row("B"), row("C", fate="bad")])
        two = Source("two", [row("X", fate="waiting"), row("Y"), row("Z")])
        order = [(ROW, "one", "A"), (ROW, "two", "Y"), (ROW, "two", "Z"), (ROW, "one", "B")]
        self.assertEqual(self.merged(order, one, two), ["A", "X", "Y", "Z", "A", "B", "C"])

    def test_what_the_order_lacks_or_has_twice_or_too_soon_comes_once_and_in_its_place(self):
        one, two = Source("one", [row("A"), row("B"), row("C")]), Source("two", [row("X"), row("Y")])
        order = [(ROW, "one", "C"), (ROW, "one", "A"), (ROW, "two", "Y"), (ROW, "one", "C"), (ROW, "one", "unknown")]
        self.assertEqual(self.merged(order, one, two), ["A", "B", "C", "X", "Y"])

    def test_what_waited_came_where_its_stream_has_it(self):
        one = Source("one", [row("bust", kind="BUST", reference="B"), row("A"), row("B")])
        order = [(ROW, "one", "A"), (ROW, "one", "B"), (ROW, COMMANDS, "bust")]
        self.assertEqual(self.merged(order, one), ["bust", "A", "B"])

    def test_what_moves_time_and_is_no_row_leaves_its_instant_before_the_row_of_another_stream(self):
        one = Source("one", [row("A"), other(PRICE, at(3), "S", "100", ""), split(4), other(RATE, at(5), "EUR", "1"), row("B", 6)])
        two = Source("two", [row("X"), row("Y"), row("Z")])
        order = [(ROW, "one", "A"), (TICK, "one", at(1)), (ROW, "two", "X"), (PRICE, "one", ""), (ROW, "two", "Y"), (ADJUSTMENT, COMMANDS, ""),
                 (RATE, "one", ""), (ROW, "two", "Z"), (ROW, "one", "B")]
        self.assertEqual(self.merged(order, one, two), ["A", "at 01", "X", PRICE, "at 03", "Y", ADJUSTMENT, "at 04", RATE, "at 05", "Z", "B"])

    def test_a_row_that_both_have_is_applied_of_the_first_and_known_of_the_second(self):
        for quantity, counts in (("1", ({"two": 1}, {})), ("2", ({}, {"two": 1}))):
            one = Source("one", [row("A"), row("B")], frozenset({"A"}))
            two = Source("two", [row("A", quantity=quantity, line=7), row("Y")], frozenset({"A"}))
            applied = Applied(merge([(ROW, "one", "A"), (ROW, "two", "Y"), (ROW, "one", "B")], [one, two]), one.shared)
            self.assertEqual((list(applied.transactions), applied.transactions["A"]["stream"]), (["A", "Y", "B"], "one"))
            self.assertEqual((dict(applied.duplicates), {name: count for name, count in applied.conflicts.items() if count}), counts)
            self.assertEqual(list(applied.quarantine), [("rows", 7)] if counts[1] else [])


@unittest.skipUnless((BIN / "riskctl").exists(), "riskctl is not built")
class BacktestTest(unittest.TestCase):
    def events(self, order, *sources):
        """Time, kind and transaction of each."""
        with tempfile.TemporaryDirectory(prefix="risk-expected-") as folder:
            folder = pathlib.Path(folder)
            for kind, name in FILES.items():
                write_csv(folder / name, HEADERS[kind], (made.row.values() for made in sources[0].inputs if made.kind == kind))
            rules = folder / "rules.yaml"
            rules.write_text("rules: {firm_exposure: {limit: 1200}, rates: {EUR: 1.1}}\n")
            expected = Expected(BIN / "riskctl", folder, rules, sources, order)
            self.assertEqual(expected.counts_of_backtest(), {field: expected.summary[field] for field in expected.counts_of_backtest()})
            self.assertNotIn(CLOCK, {*expected.symbols, *expected.clients})
            return [(event["at"], event["event"], event["transaction_id"]) for event in expected.events]

    def test_what_moved_time_and_is_no_row_does_so_before_a_row_of_another_stream_and_judges_nothing(self):
        of_load = lambda *between: Source("one", [row("A", 1, quantity="10"), *between, row("B", 5)])
        broker = Source("two", [row("X", symbol="T", client="C2", price="1"), row("Y", symbol="T", client="C2", price="1")])
        price, doubled = other(PRICE, at(1)[:-2] + "5Z", "S", "150", ""), other(ADJUSTMENT, at(4), "SET_POSITION", "S", "", "", "C1", "20", "")
        begin, end = (ROW, "one", "A"), (ROW, "one", "B")
        self.assertEqual(self.events([begin, (PRICE, "one", ""), (ROW, "two", "X"), (ROW, "two", "Y"), end], of_load(price), broker),
                         [(price.row["at"], "OPENED", "X")])
        self.assertEqual(self.events([begin, (ROW, "two", "X"), (ROW, "two", "Y"), (PRICE, "one", ""), end], of_load(price), broker), [(at(5), "OPENED", "")])
        self.assertEqual(self.events([begin, (ROW, "two", "X"), (ADJUSTMENT, COMMANDS, ""), (ROW, "two", "Y"), end], of_load(doubled), broker),
                         [(at(4), "OPENED", "Y")])
        # A tick sweeps.
        ticks = [begin, (PRICE, "one", ""), (TICK, "one", at(2)), (ROW, "two", "X"), (ROW, "two", "Y"), end]
        self.assertEqual(self.events(ticks, of_load(price), broker), [(at(2), "OPENED", "")])


class MarkingTest(unittest.TestCase):
    def states(self, *inputs):
        """By line, what the quarantine says of held prices; and the marks."""
        for line, made in enumerate(inputs, 1):
            made.line, made.source = line, "load"
        marking, applied = Marking({"EUR": Decimal("1.1")}, []), Applied(inputs, frozenset())
        for made, name in applied.sequence:
            marking.apply(made, applied.transactions.get(name))
        self.counts = marking.transaction_counts
        held = {line: [state[1:] for state in states] for (_, line), states in marking.held_states.items() if states}
        return held, marking.marks_now()

    def test_a_wild_price_is_held_until_a_usual_one_drops_it(self):
        held, marks = self.states(row("A"), row("W", 1, "C2", price="10000"))
        self.assertEqual((held, marks), ({2: [("WAITING", "W", "")]}, {"S": 100}))
        held, marks = self.states(row("A"), row("W", 1, "C2", price="10000"), row("B", 2, price="101"))
        self.assertEqual((held, marks), ({2: [("DROPPED", "", "dropped by B")]}, {"S": 101}))

    def test_another_client_or_order_or_a_price_confirms_it_and_the_same_order_does_not(self):
        wild = lambda: (row("A"), row("W", 1, "C2", price="10000"))
        dropped = {2: [("DROPPED", "", "dropped by B")]}
        self.assertEqual(self.states(*wild(), row("B", 1, "C3", price="9500")), (dropped, {"S": 9500}))
        self.assertEqual(self.states(*wild(), row("B", 1, "C2", price="10000", side="SELL")), (dropped, {"S": 10000}))
        self.assertEqual(self.states(*wild(), row("B", 1, "C2", price="10000")), (
            {2: [("DROPPED", "", "B is held in its place")], 3: [("WAITING", "B", "")]}, {"S": 100}))
        self.assertEqual(self.states(*wild(), other(PRICE, at(2), "S", "10000", "")), ({2: [("DROPPED", "", "dropped by PRICE")]}, {"S": 10000}))

    def test_a_bust_drops_it_and_a_correction_takes_its_place(self):
        wild = lambda: (row("A"), row("W", 1, "C2", price="10000"))
        self.assertEqual(self.states(*wild(), row("B", 2, kind="BUST", reference="W", client="C2")), ({2: [("DROPPED", "", "dropped by B")]}, {"S": 100}))
        self.assertEqual(self.states(*wild(), row("B", 2, "C2", price="102", kind="CORRECTION", reference="W")), ({2: [("DROPPED", "", "dropped by B")]}, {"S": 102}))

    def test_a_split_or_a_rename_drops_it_and_says_what_the_mark_is_since(self):
        wild = lambda: (row("A"), row("W", 1, "C2", price="10000"))
        dropped = {2: [("DROPPED", "", "dropped by ADJUSTMENT")]}
        self.assertEqual(self.states(*wild(), split(2)), (dropped, {"S": 10}))
        self.assertEqual(self.states(*wild(), rename(2, "S", "T")), (dropped, {"S": 0, "T": 100}))

    def test_what_is_from_before_a_split_or_under_an_old_name_is_counted_and_compared_as_it_is_now(self):
        held, marks = self.states(row("A", 1), split(3), row("L", 2, "C2", price="120"), rename(5, "S", "T"), row("B", 6, "C2", price="11"), row("C", 7, "C2", price="110"))
        self.assertEqual((held, marks), ({6: [("WAITING", "C", "")]}, {"S": 0, "T": 11}))
        self.assertEqual(self.counts, collections.Counter({("CLIENT", "C1"): 1, ("CLIENT", "C2"): 3, ("SYMBOL", "S"): 2, ("SYMBOL", "T"): 2}))

    def test_a_bust_of_before_a_split_leaves_the_mark_that_remains(self):
        self.assertEqual(self.states(row("A", 1), row("B", 2, price="104"), split(3), row("X", 4, kind="BUST", reference="B")), ({}, {"S": 10}))


if __name__ == "__main__":
    unittest.main()
