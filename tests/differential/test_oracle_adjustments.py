"""The oracle's splits, renames and set positions, against cases computed by hand, in the order of the rules."""
import unittest

from test_oracle import bust, correction, counted, events, instrument, of_kind, position, price, rate, rules, said, tick, trade
from test_oracle_price import decide, guarded, marks, rejected
from oracle_adjustments import ratio_of

LARGEST = "92233720368.54775807"


def adjustment(kind, symbol="S", at="12:00:00", **fields):
    return {"kind": "adjustment", "adjustment": kind, "effective_at": f"2024-09-20T{at}Z", "symbol": symbol, "ratio": "", "new_symbol": "", "client_id": "", "quantity": "",
            "reason": "", **fields}


def split(ratio, symbol="S", at="12:00:00"):
    return adjustment("SPLIT", symbol, at, ratio=ratio)


def rename(symbol, new_symbol, at="12:00:00"):
    return adjustment("RENAME", symbol, at, new_symbol=new_symbol)


def set_position(quantity, client="C", symbol="S", at="12:00:00"):
    return adjustment("SET_POSITION", symbol, at, client_id=client, quantity=quantity)


def positions(*lines):
    return {(line["client_id"], line["symbol"]): line["quantity"] for line in of_kind("position", said(*lines))}


def held(*lines, client="C", symbol="S"):
    return positions(*lines)[client, symbol]


def figures(*lines, kind="client", place=0):
    row = of_kind(kind, said(*lines))[place]
    return tuple(row[name].removesuffix(".0000") for name in ("net", "turnover", "pnl"))


class Splits(unittest.TestCase):
    def test_positions_marks_and_nothing_else(self):
        lines = (rules(), trade("1000", "1200", symbol="NVDA"), trade("-3", "1210", symbol="NVDA", client="D"), split("10:1", "NVDA"))
        self.assertEqual((positions(*lines), marks(*lines)), ({("C", "NVDA"): "10000", ("D", "NVDA"): "-30"}, {"NVDA": "121"}))
        self.assertEqual((figures(*lines), figures(*lines, kind="firm")), (("1210000", "1200000", "10000"), ("1206370", "1203630", "10000")))
        self.assertEqual(said(*lines)[-1], {"kind": "summary", "transactions": 2, "late": 0, "rejected": 0})
        self.assertEqual(figures(*lines, trade("1", "120", symbol="NVDA", client="D")), ("1200000", "1200000", "0"))

    def test_no_alert_opens_or_resolves_by_it(self):
        lines = (rules(client_exposure={"limit": "1000000"}, symbol_exposure={"limit": "500000"}), trade("1000", "1200", symbol="NVDA"), split("10:1", "NVDA"),
                 trade("1", "120", symbol="NVDA", at="12:00:01"), tick("12:00:02"))
        self.assertEqual([(line["event"], line["value"]) for line in events(*lines)], [("OPENED", "1200000.0000")] * 2)

    def test_quantities_and_prices_are_rounded_half_to_even_once_a_split(self):
        for quantity, ratio, expected in (("0.00000001", "1:2", "0"), ("0.00000003", "1:2", "0.00000002"), ("-0.00000003", "1:2", "-0.00000002"), ("1", "7:3", "2.33333333"),
                                          ("0.00000005", "1:2", "0.00000002"), ("5", "4:2", "10"), ("5", "1:1", "5"), ("5", "1000000:1", "5000000")):
            self.assertEqual(held(rules(), position(quantity), split(ratio)), expected)
        self.assertEqual([marks(rules(), price(amount, "12:00:00"), split("2:1"))["S"] for amount in ("0.00000001", "0.00000003", "7")], ["0", "0.00000002", "3.5"])
        self.assertEqual(held(rules(), position("0.00000005"), split("1:2"), split("2:1")), "0.00000004")

    def test_what_rounding_leaves_is_nobodys_gain(self):
        lines = (rules(), trade("0.00000003", "100000000"), split("1:2"))
        self.assertEqual(figures(*lines), ("4", "3", "0"))

    def test_remembered_marks_are_split_each_in_its_own_currency(self):
        lines = (rules(rates={"EUR": "2"}), price("10", "12:00:00", currency="EUR"), trade("1", "21", transaction_id="A"), split("4:1"))
        self.assertEqual((marks(*lines)["S"], marks(*lines, bust("A"))["S"]), ("5.25", "5"))
        self.assertEqual(marks(*lines, bust("A"), rate("EUR", "3", "12:00:00"))["S"], "7.5")

    def test_it_moves_time_and_the_next_sweep_judges(self):
        lines = (rules(client_exposure={"limit": "10"}), tick("12:00:00"), position("11"), split("2:1", at="12:00:01"))
        line, = events(*lines)
        self.assertEqual((line["value"], line["at"][17:19], line["transaction_id"]), ("11.0000", "01", None))
        self.assertEqual(held(rules(), position("1"), tick("13:00:00"), split("2:1", at="12:00:00")), "2")  # of long ago: at once

    def test_an_execution_or_a_price_from_before_it_is_split_too(self):
        lines = (rules(), trade("10", "100", at="11:00:00"), split("4:1"))
        self.assertEqual(figures(*lines, trade("1", "80", client="D", at="11:59:59.999999999"), place=1), ("80", "80", "0"))
        self.assertEqual(held(*lines, trade("1", "80", at="11:59:59")), "44")
        self.assertEqual(held(*lines, trade("1", "80", at="12:00:00")), "41")
        self.assertEqual([marks(*lines, price("80", at))["S"] for at in ("11:59:59", "12:00:00", "10:00:00")], ["20", "80", "25"])
        self.assertEqual(held(*lines, position("1")), "1")

    def test_it_goes_through_each_split_that_it_is_from_before_by_instant(self):
        later_first = (rules(), position("0"), split("1:2", at="12:00:02"), split("3:1", at="12:00:01"))
        self.assertEqual(held(*later_first, trade("0.00000001", at="12:00:00")), "0.00000002")  # x 3, then / 2
        self.assertEqual(held(*later_first, trade("0.00000001", at="12:00:01")), "0")
        self.assertEqual(held(*later_first, trade("0.00000001", at="12:00:02")), "0.00000001")

    def test_what_a_split_makes_nothing_of_is_an_execution_still(self):
        lines = (rules(client_velocity={"limit": 1, "order_window_ms": 0}), position("1"), split("1:4"), *[trade("0.00000001", at="11:59:59")] * 2)
        self.assertEqual([line["value"] for line in events(*lines)], ["2"])
        self.assertEqual((held(*lines), said(*lines)[-1]["transactions"]), ("0.25", 2))

    def test_all_that_follows_goes_by_the_split_figures(self):
        line, = events(rules(client_size={"limit": "100"}), position("0"), split("1:3"), trade("1", "101", at="11:59:00"))
        self.assertEqual(line["value"], "101.0000")  # 0.33333333 x 303 = 100.99999899
        lines = (guarded(), price("100", "11:00:00"), split("4:1"), price("201", "11:30:00"))
        self.assertEqual(marks(*lines)["S"], "25")  # 50.25 is more than twice it
        self.assertEqual(marks(*lines[:-1], price("200", "11:30:00"))["S"], "50")

    def test_it_is_refused_whole(self):
        self.assertEqual(rejected(rules(), split("2:1")), [(1, "symbol")])
        self.assertEqual(rejected(rules(), instrument(), split("2:1")), [(2, "symbol")])
        half = "46116860184.27387904"
        lines = (rules(), position("1", client="A"), position(half, client="B"), split("2:1", at="13:00:00"), trade("1", client="D"))
        self.assertEqual((rejected(*lines), positions(*lines), said(*lines)[-1]["late"]), ([(3, "ratio")], {("A", "S"): "1", ("B", "S"): half, ("D", "S"): "1"}, 0))
        self.assertEqual(rejected(rules(), price(half, "12:00:00"), split("1:2")), [(2, "ratio")])
        self.assertEqual(rejected(rules(), price(half, "12:00:00"), trade("1", "1"), split("1:2")), [(3, "ratio")])  # remembered
        late = (rules(), position("0"), split("2:1"), trade(half, at="11:00:00"), split("1:4", at="12:00:01"), trade("1", half, at="11:00:00"), price(half, "11:00:00"))
        self.assertEqual(rejected(*late), [(3, "quantity"), (5, "price"), (6, "price")])  # half / 2 x 4 is a unit more than there is
        self.assertEqual(rejected(rules(), position("0"), split("1:4"), trade("1", half, at="11:00:00"), price(half, "11:00:00")), [(3, "price"), (4, "price")])

    def test_a_held_price_is_dropped(self):
        lines = (guarded(), price("10", "12:00:00"), price("100", "12:00:00"), split("10:1"))
        self.assertEqual((rejected(*lines, decide("APPLY")), marks(*lines, price("10", "12:00:00"))["S"]), ([(4, "symbol")], "1"))


class SplitReversals(unittest.TestCase):
    def test_a_bust_takes_what_has_become_of_the_quantity_and_its_own_value(self):
        lines = (rules(), trade("10", "5", transaction_id="A"), trade("1", "8", client="D"), split("4:1"), bust("A"))
        self.assertEqual((held(*lines), figures(*lines), figures(*lines, kind="symbol")), ("0", ("0", "0", "0"), ("8", "8", "0")))
        self.assertEqual(figures(*lines[:4], tick("00:00:00", "2024-09-21"), bust("A")), ("0", "0", "-30"))

    def test_each_split_rounds_what_a_bust_takes(self):
        lines = (rules(), trade("0.00000005", transaction_id="A"), trade("0.00000005", transaction_id="B"), split("1:2"), split("2:1"), bust("A"))
        self.assertEqual(held(*lines), "0.00000006")  # (5 + 5) / 2 x 2 less 4: 5 / 2 is 2 to the even, x 2

    def test_those_from_after_its_instant_that_were_applied_before_it_too(self):
        lines = (rules(), position("100"), split("4:1"), trade("1", "80", transaction_id="A", at="11:00:00"), split("2:1"), bust("A"))
        self.assertEqual((held(*lines[:-1]), held(*lines)), ("808", "800"))
        self.assertEqual(held(rules(), position("100"), split("4:1"), trade("1", transaction_id="A"), bust("A")), "400")

    def test_a_correction_is_in_the_terms_of_the_first_of_its_chain(self):
        lines = (rules(), trade("10", "80", transaction_id="A"), split("4:1", at="12:00:01"), correction("A", "12", "84", at="12:00:02"))
        self.assertEqual((held(*lines), marks(*lines)["S"], figures(*lines)), ("48", "21", ("1008", "1008", "0")))
        again = (*lines, split("2:1", at="12:00:03"), correction("A'", "-5", "80", at="12:00:04"))
        self.assertEqual((held(*again), marks(*again)["S"], held(*again, bust("A''"))), ("-40", "10", "0"))
        late = (rules(), position("0"), split("4:1"), trade("1", "80", transaction_id="A", at="11:00:00"), correction("A", "2", "84", at="12:00:05"))
        self.assertEqual((held(*late), marks(*late)["S"]), ("8", "21"))
        own = (rules(), position("0"), split("4:1"), trade("1", "80", transaction_id="A"), correction("A", "2", "84", at="11:00:00"))
        self.assertEqual((held(*own), marks(*own)["S"]), ("2", "84"))

    def test_of_what_was_only_counted(self):
        lines = (rules(), counted("9", "80", transaction_id="A", at="11:00:00"), split("4:1"), correction("A", "2", "84", at="12:00:05"))
        self.assertEqual((held(*lines), marks(*lines)["S"]), ("8", "21"))

    def test_a_quantity_that_leaves_its_range_cannot_be_reversed(self):
        half = "46116860184.27387904"
        lines = (rules(), trade(half, transaction_id="A"), trade("-" + half), split("2:1"))
        self.assertEqual(rejected(*lines, bust("A"), correction("A", "1"), correction("A", LARGEST), correction("A", "1", LARGEST)),
                         [(4, "ref_transaction_id"), (5, "ref_transaction_id"), (6, "ref_transaction_id"), (7, "ref_transaction_id")])
        own = (rules(), trade("1", transaction_id="A"), split("2:1"))
        self.assertEqual(rejected(*own, correction("A", LARGEST), split("1:4"), correction("A", "1", LARGEST)), [(3, "quantity"), (5, "price")])


class Renames(unittest.TestCase):
    LINES = (rules(), trade("10", "300", symbol="FB", transaction_id="A"), trade("5", "310", symbol="FB", client="D", at="12:00:01"))

    def test_positions_go_over_and_turnover_stays(self):
        lines = (*self.LINES, trade("1", "7", symbol="META", client="D", at="12:00:00"), rename("FB", "META", at="12:00:02"))
        self.assertEqual((positions(*lines), marks(*lines)), ({("C", "FB"): "0", ("C", "META"): "10", ("D", "FB"): "0", ("D", "META"): "6"}, {"FB": "0", "META": "310"}))
        self.assertEqual([figures(*lines, kind="symbol", place=place) for place in (0, 1)], [("0", "4550", "100"), ("4960", "7", "0")])
        self.assertEqual([line["transaction_count"] for line in of_kind("symbol", said(*lines))], [2, 1])
        self.assertEqual(figures(*lines, kind="firm"), ("4960", "4557", "100"))

    def test_a_client_with_none_of_it_gets_no_row(self):
        self.assertEqual(positions(*self.LINES, trade("-10", "300", symbol="FB"), rename("FB", "META")), {("C", "FB"): "0", ("D", "FB"): "0", ("D", "META"): "5"})

    def test_later_inputs_under_the_old_name_mean_the_new_one_through_chains(self):
        lines = (*self.LINES, rename("FB", "META"), rename("META", "M"), trade("1", "320", symbol="FB", at="12:00:02"), price("330", "12:00:03", "META"))
        self.assertEqual((held(*lines, symbol="M"), marks(*lines)), ("11", {"FB": "0", "META": "0", "M": "330"}))
        self.assertEqual(held(*lines, position("3", "300", symbol="FB"), symbol="M"), "3")
        self.assertEqual(held(*lines, set_position("4", symbol="META"), split("2:1", "FB"), symbol="M"), "8")
        self.assertEqual(held(*lines, rename("FB", "X"), trade("1", "320", symbol="META"), symbol="X"), "12")
        self.assertEqual(rejected(*lines, rename("FB", "META")), [])

    def test_marks_are_merged_by_instant_its_own_before_those_of_the_other(self):
        lines = (rules(), trade("1", "5", symbol="N", transaction_id="N1", at="12:00:01"), trade("1", "3", transaction_id="S1", at="12:00:01"),
                 trade("1", "4", transaction_id="S2", at="12:00:02"), rename("S", "N"))
        self.assertEqual([marks(*lines, *busts)["N"] for busts in ((), (bust("S2"),), (bust("S2"), bust("N1")))], ["4", "5", "3"])
        nine = (rules(), *[trade("1", str(n), symbol="N", transaction_id=f"N{n}", at=f"12:00:0{n}") for n in range(1, 6)],
                *[trade("1", str(10 * n), transaction_id=f"S{n}", at=f"12:00:0{n}") for n in range(1, 5)], rename("S", "N"))
        gone = [bust(f"{name}{n}") for n in range(5, 0, -1) for name in "NS"]
        self.assertEqual(marks(*nine, *gone)["N"], "1")  # the tenth, S1, is not remembered
        self.assertEqual(marks(*nine, *gone[:-2])["N"], "1")

    def test_without_a_mark_there_is_none(self):
        lines = (rules(), set_position("5"), rename("S", "N"))
        self.assertEqual((positions(*lines), marks(*lines)), ({("C", "S"): "0", ("C", "N"): "5"}, {"N": "0", "S": "0"}))
        self.assertEqual(marks(*lines, trade("1", "7", symbol="N", at="10:00:00"))["N"], "7")

    def test_instruments_go_along_unless_the_other_has_its_own(self):
        lines = (rules(), instrument(multiplier="10"), trade("1", "5"), instrument("T", multiplier="3"))
        self.assertEqual(marks(*lines, rename("S", "N"))["N"], "50")
        self.assertEqual(marks(*lines, rename("S", "T"))["T"], "15")
        self.assertEqual(figures(*lines, rename("S", "T")), ("15", "50", "0"))
        self.assertEqual(marks(*lines, rename("S", "N"), instrument("S"), trade("1", "5"))["S"], "5")

    def test_of_what_nobody_traded_only_the_name_changes(self):
        lines = (rules(), rename("S", "N"))
        self.assertEqual([line["kind"] for line in said(*lines)], ["stream", "firm", "summary"])
        self.assertEqual(positions(*lines, trade("1")), {("C", "N"): "1"})

    def test_an_instrument_of_the_old_name_makes_it_a_symbol_of_its_own(self):
        lines = (*self.LINES, rename("FB", "META"), instrument("FB"), trade("1", "3", symbol="FB"))
        self.assertEqual((positions(*lines), marks(*lines)), ({("C", "FB"): "1", ("C", "META"): "10", ("D", "FB"): "0", ("D", "META"): "5"}, {"FB": "3", "META": "310"}))
        refused = (*self.LINES, rename("FB", "META"), instrument("FB", multiplier="0"), trade("1", "320", symbol="FB", at="12:00:02"))
        self.assertEqual(held(*refused, symbol="META"), "11")

    def test_renamed_back_the_old_rename_ends(self):
        lines = (*self.LINES, rename("FB", "META"), rename("META", "FB"), trade("1", "320", symbol="META", at="12:00:02"))
        self.assertEqual(positions(*lines), {("C", "FB"): "11", ("C", "META"): "0", ("D", "FB"): "5", ("D", "META"): "0"})

    def test_what_changes_nothing_is_refused(self):
        lines = (*self.LINES, rename("FB", "FB"), rename("FB", "META"), rename("FB", "META"), rename("FB", "FB"), rename("META", "META"))
        self.assertEqual(rejected(*lines), [(3, "new_symbol"), (5, "new_symbol"), (6, "new_symbol"), (7, "new_symbol")])

    def test_a_sum_out_of_range_is_refused_whole(self):
        lines = (rules(), position("1", client="B"), position(LARGEST, symbol="N"), position("0.00000001"), rename("S", "N"), trade("1", client="D"))
        self.assertEqual((rejected(*lines), positions(*lines)["B", "S"], positions(*lines)["D", "S"]), ([(4, "new_symbol")], "1", "1"))

    def test_busts_and_corrections_follow_the_position(self):
        lines = (*self.LINES, rename("FB", "META"), instrument("FB"))
        for name in ("FB", "META"):
            busted = (*lines, bust("A", symbol=name))
            self.assertEqual((held(*busted, symbol="META"), held(*busted, symbol="FB"), figures(*busted, kind="symbol")[1]), ("0", "0", "1550"))
        corrected = (*lines, correction("A", "20", "305", symbol="FB"))
        self.assertEqual((held(*corrected, symbol="META"), figures(*corrected), [figures(*corrected, kind="symbol", place=place)[1] for place in (0, 1)]),
                         ("20", ("6200", "6100", "100"), ["7650", "0"]))
        sold = (*self.LINES, trade("-10", "300", symbol="FB"), rename("FB", "META"), bust("A"))
        self.assertEqual((held(*sold, symbol="META"), held(*sold, symbol="FB")), ("-10", "0"))

    def test_exposures_are_judged_where_the_position_is(self):
        lines = (rules(symbol_exposure={"limit": "100"}), trade("9", "10", transaction_id="A"), trade("-15", "10", symbol="N", client="D", transaction_id="B"),
                 trade("1", "10", symbol="N", client="D"), rename("S", "N"))
        found = events(*lines, correction("A", "1", "10"))[-1]
        self.assertEqual((found["entity_id"], found["event"], found["value"]), ("N", "OPENED", "150.0000"))

    def test_splits_go_along_for_the_old_name_and_those_of_before_do_not_count_for_the_new_one(self):
        lines = (rules(), position("0"), position("0", symbol="N"), split("2:1"), split("3:1", "N"), rename("S", "N"), split("5:1", "N", at="12:00:01"))
        self.assertEqual([held(*lines, trade("1", at=at, symbol=name), symbol="N") for name in "SN" for at in ("11:59:59", "12:00:00")], ["10", "5", "15", "5"])
        self.assertEqual(held(*lines, instrument("S"), trade("1", at="11:00:00")), "1")  # a new life
        self.assertEqual(held(*lines, rename("N", "S"), trade("1", symbol="N", at="11:00:00")), "15")
        self.assertEqual(held(*lines, rename("N", "S"), trade("1", at="11:00:00")), "10")  # which the splits of N are of, too

    def test_a_bust_across_a_split_a_rename_and_another_split(self):
        lines = (*self.LINES, split("2:1", "FB"), rename("FB", "META"), split("3:1", "META"), instrument("FB"), trade("7", "1", symbol="FB"), split("5:1", "FB"), bust("A"))
        self.assertEqual((held(*lines, symbol="META"), held(*lines, symbol="FB")), ("0", "35"))

    def test_a_name_of_a_name_that_lives_again_means_that(self):
        lines = (rules(), trade("1", symbol="A"), rename("A", "S"), rename("S", "N"), split("2:1", "N"), instrument("S"), trade("3", symbol="A", at="11:00:00"))
        self.assertEqual((held(*lines), held(*lines, symbol="N")), ("3", "2"))

    def test_held_prices_of_both_are_dropped(self):
        for wild in "SN":
            lines = (guarded(), price("10", "12:00:00", "N"), price("10", "12:00:00"), price("100", "12:00:00", wild), rename("S", "N"), price("100", "12:00:00", "N"))
            self.assertEqual(marks(*lines)["N"], "10")

    def test_an_order_goes_on_by_what_its_symbol_meant(self):
        one = rules(client_velocity={"limit": 1})
        self.assertEqual(len(events(one, trade("1"), rename("S", "N"), trade("1"))), 1)
        self.assertEqual(events(one, trade("1", symbol="X"), rename("X", "N"), rename("S", "N"), *[trade("1", symbol=name, client="D") for name in "SNX"]), [])

    def test_a_rename_moves_time_first(self):
        lines = (rules(symbol_exposure={"limit": "10"}), tick("12:00:00"), position("11"), rename("S", "N", at="12:00:01"), tick("12:00:02"))
        self.assertEqual([(line["event"], line["entity_id"], line["at"][17:19]) for line in events(*lines)],
                         [("OPENED", "S", "01"), ("OPENED", "N", "02"), ("RESOLVED", "S", "02")])


class SetPositions(unittest.TestCase):
    def test_the_position_becomes_it_and_nobody_gains(self):
        lines = (rules(), trade("10", "5"), trade("1", "6", client="D"), set_position("-3"))
        self.assertEqual((held(*lines), figures(*lines), figures(*lines, kind="firm"), said(*lines)[-1]["transactions"]), ("-3", ("-18", "50", "10"), ("-12", "56", "10"), 2))

    def test_what_is_new_is_made_and_worth_nothing_yet(self):
        lines = (rules(), set_position("5", "X", "Y"))
        self.assertEqual((positions(*lines), marks(*lines), figures(*lines)), ({("X", "Y"): "5"}, {"Y": "0"}, ("0", "0", "0")))
        self.assertEqual(marks(*lines, trade("1", "7", symbol="Y", at="10:00:00"))["Y"], "7")

    def test_its_first_mark_is_nobodys_gain(self):
        lines = (rules(), set_position("5"))
        self.assertEqual(figures(*lines, price("7", "12:00:00")), ("35", "0", "0"))
        self.assertEqual(figures(*lines, trade("1", "7"), price("8", "12:00:00")), ("48", "7", "6"))
        self.assertEqual(figures(*lines, counted("1", transaction_id="A"), correction("A", "2", "7")), ("49", "14", "0"))

    def test_the_next_sweep_judges(self):
        lines = (rules(client_exposure={"limit": "10"}), price("1", "12:00:00"), set_position("11", at="12:00:01"), tick("12:00:02"))
        self.assertEqual([(line["event"], line["at"][17:19]) for line in events(*lines)], [("OPENED", "02")])

    def test_out_of_range_it_is_refused_whole(self):
        lines = (rules(), position("0", LARGEST), *[set_position(LARGEST, client=name, at="13:00:00") for name in "ABD"])
        self.assertEqual((rejected(*lines), ("D", "S") in positions(*lines)), ([(4, "quantity")], False))

    def test_its_own_sweep_closes_the_symbol_first(self):
        lines = (rules(), instrument(expires_at="2024-09-20T12:00:01Z"), trade("10", "5"), set_position("3", client="D", at="12:00:01"))
        self.assertEqual((positions(*lines), figures(*lines)), ({("C", "S"): "0", ("D", "S"): "3"}, ("0", "50", "0")))

    def test_it_needs_an_instrument_where_all_do(self):
        self.assertEqual(rejected(rules(require_instruments=True), set_position("1"), instrument(), set_position("1")), [(1, "symbol")])


class Fields(unittest.TestCase):
    def test_a_ratio(self):
        self.assertEqual([ratio_of(text) for text in ("4:1", "1000000:1", "1:1000000")], [(4, 1), (10**6, 1), (1, 10**6)])
        self.assertEqual([text for text in ("", "4", "4:", ":1", "0:1", "1:0", "1000001:1", "1:1000001", "-1:1", "1.5:1", "4 :1", "4:1:1", "4/1") if ratio_of(text)], [])

    def test_the_first_that_does_not_fit_is_named(self):
        good = {"SPLIT": split("4:1"), "RENAME": rename("S", "N"), "SET_POSITION": set_position("5", client="D")}
        cases = (("SPLIT", {"adjustment": "MERGE", "symbol": ""}, "kind"), ("SPLIT", {"symbol": "", "ratio": ""}, "symbol"), ("SPLIT", {"symbol": "x" * 51}, "symbol"),
                 ("SPLIT", {"ratio": "", "new_symbol": "N"}, "ratio"), ("SPLIT", {"new_symbol": "N", "client_id": "C"}, "new_symbol"),
                 ("SPLIT", {"client_id": "C", "quantity": "1"}, "client_id"), ("RENAME", {"new_symbol": "S", "reason": "\n"}, "new_symbol"),
                 ("SPLIT", {"quantity": "1"}, "quantity"), ("RENAME", {"ratio": "1:1", "new_symbol": ""}, "ratio"), ("RENAME", {"new_symbol": ""}, "new_symbol"),
                 ("RENAME", {"new_symbol": "a\nb"}, "new_symbol"), ("RENAME", {"client_id": "C"}, "client_id"), ("RENAME", {"quantity": "0"}, "quantity"),
                 ("SET_POSITION", {"ratio": "1:1"}, "ratio"), ("SET_POSITION", {"new_symbol": "N"}, "new_symbol"), ("SET_POSITION", {"client_id": "", "quantity": ""}, "client_id"),
                 ("SET_POSITION", {"quantity": ""}, "quantity"), ("SET_POSITION", {"quantity": "x", "reason": "\n"}, "quantity"), ("SPLIT", {"reason": "a\nb"}, "reason"),
                 ("RENAME", {"reason": "é" * 100 + "x"}, "reason"))
        for kind, fields, expected in cases:
            with self.subTest(kind, **fields):
                self.assertEqual(rejected(rules(), position("1"), {**good[kind], **fields}), [(2, expected)])
        for line in good.values():
            self.assertEqual(rejected(rules(), position("1"), {**line, "reason": "é" * 100}), [])


if __name__ == "__main__":
    unittest.main()
