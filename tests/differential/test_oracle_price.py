"""The oracle's jump guard, held prices and price rule, against cases computed by hand, in the order of the rules."""
import unittest

from test_oracle import Anomaly, brief, bust, correction, counted, events, instrument, of_kind, position, price, rate, rules, said, tick, trade

GUARD = {"limit": "2", "quiet_seconds": 300}
SAMPLES = [trade(quantity) for quantity in ("1", "3", "1", "3")]  # mean 2, deviation 1


def guarded(**changes):
    return rules(**{"price_deviation": GUARD, **changes})


def decide(decision, at="12:00:00", symbol="S"):
    return {"kind": "held_price", "symbol": symbol, "decision": decision, "at": f"2024-09-20T{at}Z"}


def marks(*lines):
    return {line["symbol"]: line["mark"] for line in of_kind("symbol", said(*lines))}


def mark(*lines):
    return marks(*lines)["S"]


def rejected(*lines):
    return [(line["input"], line["field"]) for line in of_kind("rejected", said(*lines))]


class Guard(unittest.TestCase):
    def test_a_price_jumps_beyond_the_limit_and_not_at_it(self):
        for amount, expected in (("20", "20"), ("20.00000001", "10"), ("5", "5"), ("4.99999999", "10"), ("0", "10"), ("1000", "10")):
            for wild in (trade("1", amount), price(amount, "12:00:00")):
                with self.subTest(amount, kind=wild["kind"]):
                    self.assertEqual(mark(guarded(), trade("1", "10"), wild), expected)

    def test_a_third_of_the_mark_is_compared_exactly(self):
        lines = (guarded(price_deviation={**GUARD, "limit": "3"}), trade("1", "1"))
        self.assertEqual([mark(*lines, trade("1", amount)) for amount in ("0.33333334", "0.33333333")], ["0.33333334", "1"])

    def test_a_negative_price_jumps(self):
        self.assertEqual(mark(guarded(), instrument(allows_negative=True), trade("1", "10"), trade("1", "-10")), "10")

    def test_a_limit_of_a_symbol_goes_before_the_general_one(self):
        line = guarded(price_deviation={**GUARD, "limits": {"S": "5", "T": "0", "U": "1"}})
        for symbol, amount, expected in (("S", "50", "50"), ("S", "51", "10"), ("T", "9999", "9999"), ("U", "10", "10"), ("U", "10.00000001", "10")):
            with self.subTest(symbol, amount=amount):
                self.assertEqual(marks(line, price("10", "12:00:00", symbol), price(amount, "12:00:00", symbol))[symbol], expected)

    def test_there_is_no_guard_without_the_rule(self):
        absent = {name: rule for name, rule in rules().items() if name != "price_deviation"}
        for line in (absent, rules(), guarded(price_deviation={**GUARD, "limit": "0"})):
            self.assertEqual(mark(line, trade("1", "10"), trade("1", "1000")), "1000")
            self.assertEqual(events(line, trade("1", "10"), trade("1", "1000")), [])

    def test_prices_are_compared_in_base_currency_at_the_rates_of_now(self):
        lines = (guarded(), rate("EUR", "2", "12:00:00"), price("10", "12:00:00", currency="EUR"))
        self.assertEqual([mark(*lines, price(amount, "12:00:00")) for amount in ("40", "40.00000001", "10", "9.99999999")], ["40", "20", "10", "20"])
        self.assertEqual(mark(*lines, rate("EUR", "3", "12:00:00"), price("60", "12:00:00")), "60")
        self.assertEqual(mark(*lines, rate("EUR", "3", "12:00:00"), price("14.99", "12:00:00")), "30")

    def test_a_rounded_unit_value_plays_no_part(self):
        # 5 x 10^-8 x 0.5 is 2.5 x 10^-8, worth 2 x 10^-8: up to 5 x 10^-8 is no jump.
        lines = (guarded(), rate("GBX", "0.5", "12:00:00"), price("0.00000005", "12:00:00", currency="GBX"))
        self.assertEqual([mark(*lines, price(amount, "12:00:00")) for amount in ("0.00000005", "0.00000006")], ["0.00000005", "0.00000002"])

    def test_only_a_positive_mark_guards(self):
        self.assertEqual(mark(guarded(), price("0", "12:00:00"), price("1000", "12:00:00")), "1000")
        self.assertEqual(mark(guarded(), instrument(allows_negative=True), price("-1", "12:00:00"), price("1000", "12:00:00")), "1000")

    def test_a_mark_without_an_instant_does_not_guard(self):
        self.assertEqual(mark(guarded(), position("1", "10"), trade("1", "1000")), "1000")
        self.assertEqual(mark(guarded(), counted("1", "10"), trade("1", "1000")), "1000")

    def test_a_mark_of_24_hours_does_not_guard(self):
        for time, expected in (("11:59:59.999999999", "10"), ("12:00:00", "1000")):
            self.assertEqual(mark(guarded(), price("10", "12:00:00"), trade("1", "1000", executed_at=f"2024-09-21T{time}Z")), expected)
        # It is now that counts, of whatever moved it.
        self.assertEqual(mark(guarded(), price("10", "12:00:00"), tick("12:00:00", "2024-09-21"), trade("1", "1000", at="12:00:01")), "1000")

    def test_a_mark_that_another_base_currency_kept_does_not_guard(self):
        self.assertEqual(mark(guarded(), price("10", "12:00:00"), guarded(base_currency="EUR"), price("1000", "12:00:00")), "1000")

    def test_an_older_price_neither_marks_nor_is_held_nor_drops_what_is(self):
        lines = (guarded(), price("10", "12:00:01"), price("100", "12:00:01"))
        for old in (trade("1", "100", at="12:00:00"), price("100", "12:00:00"), trade("1", "11", at="12:00:00")):
            self.assertEqual(mark(*lines, old), "10")
            self.assertEqual(mark(*lines, old, price("100", "12:00:01")), "100")
        self.assertEqual(len(events(*lines, trade("1", "9000", at="12:00:00"))), 1)
        self.assertEqual(events(*lines[:2], trade("1", "100", at="12:00:00")), [])


class Held(unittest.TestCase):
    LINES = (guarded(), trade("1", "10"), trade("1", "100", transaction_id="H", client="A"))

    def test_an_execution_counts_at_its_own_price_and_the_symbol_is_worth_the_mark(self):
        row = of_kind("client", said(*self.LINES))[0]
        self.assertEqual([row[name] for name in ("gross", "turnover", "pnl", "transaction_count")], ["10.0000", "100.0000", "-90.0000", 1])

    def test_a_price_within_the_guard_drops_what_is_held(self):
        self.assertEqual(mark(*self.LINES, trade("1", "11")), "11")
        self.assertEqual(mark(*self.LINES, trade("1", "11"), price("100", "12:00:00")), "11")

    def test_a_tenth_confirms_and_more_does_not(self):
        self.assertEqual([mark(*self.LINES, price(amount, "12:00:00")) for amount in ("110", "110.00000001", "90", "89.99999999")], ["110", "10", "90", "10"])

    def test_what_does_not_confirm_is_held_instead(self):
        self.assertEqual(mark(*self.LINES, price("120", "12:00:00"), price("100", "12:00:00")), "10")
        self.assertEqual(mark(*self.LINES, price("120", "12:00:00"), price("110", "12:00:00")), "110")

    def test_the_tenth_is_of_what_both_are_worth_at_the_rates_of_now(self):
        lines = (guarded(), rate("EUR", "2", "12:00:00"), trade("1", "10"), price("50", "12:00:00", currency="EUR"), rate("EUR", "3", "12:00:00"))
        self.assertEqual([mark(*lines, price(amount, "12:00:00")) for amount in ("165", "166", "135", "100")], ["165", "10", "135", "10"])

    def test_a_negative_or_no_price_is_confirmed_as_any(self):
        lines = (guarded(), instrument(allows_negative=True), trade("1", "10"))
        self.assertEqual(mark(*lines, price("-20", "12:00:00"), price("-22", "12:00:00")), "-22")
        self.assertEqual(mark(*lines, price("-20", "12:00:00"), price("-22.1", "12:00:00")), "10")
        self.assertEqual(mark(*lines, price("0", "12:00:00"), price("0", "12:00:00")), "0")
        self.assertEqual(mark(*lines, price("0", "12:00:00"), price("0.00000001", "12:00:00")), "10")

    def confirmed(self, held, by, line=None):
        return mark(line or guarded(), trade("1", "10", client="Z"), held, by) != "10"

    def test_who_confirms(self):
        own = trade("1", "100", client="A", order_id="O1")
        for by, expected in ((price("100", "12:00:00"), True), (trade("1", "100", client="B", order_id="O1"), True), (trade("-1", "100", client="A", order_id="O1"), False),
                             (trade("1", "100", client="A", order_id="O2"), True), (trade("1", "100", client="A"), True)):
            with self.subTest(by):
                self.assertEqual(self.confirmed(own, by), expected)
        self.assertTrue(self.confirmed(price("100", "12:00:00"), own))
        self.assertTrue(self.confirmed(price("100", "12:00:00"), price("100", "12:00:00")))
        self.assertTrue(self.confirmed(trade("1", "100", client="A"), own))

    def test_an_order_without_an_id_is_the_open_one_that_both_are_of(self):
        own = trade("1", "100", client="A")
        for by, expected in ((trade("1", "100", client="A", at="12:00:00.999999999"), False), (trade("1", "100", client="A", at="12:00:01"), True),
                             (trade("-1", "100", client="A"), True)):
            with self.subTest(by):
                self.assertEqual(self.confirmed(own, by), expected)
        between = (guarded(), trade("1", "10", client="Z"), own, trade("1", "1", symbol="T", client="A"))
        self.assertEqual(mark(*between, own), "100")
        one = (guarded(), trade("1", "10", client="A"), own)  # of the order that the mark is of
        self.assertEqual((mark(*one, own), mark(*one, trade("1", "100", client="B"))), ("10", "100"))

    def test_without_an_order_window_each_execution_is_an_order_unless_it_has_an_id(self):
        line = guarded(client_velocity={"order_window_ms": 0}, symbol_velocity={"order_window_ms": 0})
        self.assertTrue(self.confirmed(trade("1", "100", client="A"), trade("1", "100", client="A"), line))
        self.assertFalse(self.confirmed(trade("1", "100", client="A", order_id="O"), trade("1", "100", client="A", order_id="O"), line))

    def test_orders_that_were_forgotten_are_continued_by_nobody(self):
        off = guarded(client_velocity={"order_window_ms": 0}, symbol_velocity={"order_window_ms": 0})
        own = trade("1", "100", client="A")
        self.assertEqual(mark(guarded(), trade("1", "10", client="Z"), own, off, guarded(), own), "100")
        self.assertEqual(mark(guarded(), trade("1", "10", client="Z"), own, guarded(client_velocity={"order_window_ms": 9000}), own), "10")

    def test_what_confirms_raises_nothing(self):
        self.assertEqual(len(events(*self.LINES, price("100", "12:00:00"))), 1)


class Rule(unittest.TestCase):
    LIMIT = {"client_exposure": {"limit": "100000", "enabled": False}}

    def test_an_event_carries_its_evidence(self):
        line, = events(guarded(**self.LIMIT), trade("1", "187.12", client="A"), trade("2", "18.712", client="é", at="12:00:00.5", transaction_id="T7"))
        self.assertEqual(line, {
            "kind": "event", "alert_id": 1, "event": "OPENED", "alert_type": "PRICE_DEVIATION", "severity": "MEDIUM", "entity_type": "SYMBOL", "entity_id": "S",
            "measure": None, "value": "18.712", "limit": "187.12", "peak": "18.712", "utilisation": "0.1000", "window_seconds": None, "config_version": 1,
            "at": "2024-09-20T12:00:00.500000Z", "transaction_id": "T7", "contributors": [["é", "37.4240"]], "anomaly": None})

    def test_a_price_is_judged_at_once_and_after_what_is_due(self):
        line = guarded(**self.LIMIT, symbol_exposure={"limit": "15"})
        found = events(line, tick("11:59:00"), position("2", "10"), price("10", "12:00:00"), price("1000", "12:00:01.5"))
        self.assertEqual([(each["alert_type"], each["at"][17:], each["transaction_id"], each["contributors"]) for each in found], [
            ("HIGH_SYMBOL_EXPOSURE", "00.000000Z", None, [["C", "20.0000"]]), ("PRICE_DEVIATION", "01.500000Z", None, [])])
        self.assertEqual((found[1]["severity"], found[1]["utilisation"]), ("MEDIUM", "100.0000"))

    def test_severity_goes_by_a_thousandth_of_the_clients_limit(self):
        for limits, quantity, expected in (({"limit": "100000"}, "0.99999999", "MEDIUM"), ({"limit": "100000"}, "1", "HIGH"), ({"limit": None}, "0.00000001", "HIGH"),
                                           ({"limit": "1", "limits": {"A": "100000"}}, "0.5", "MEDIUM"), ({"limit": None, "limits": {"B": "1000000000"}}, "0.5", "HIGH"),
                                           ({"limit": "100000"}, "-1", "HIGH")):
            with self.subTest(limits, quantity=quantity):
                line = guarded(client_exposure={**limits, "enabled": False})
                self.assertEqual([each["severity"] for each in events(line, trade("1", "10"), trade(quantity, "100", client="A"))], [expected])

    def test_the_higher_severity_escalates_and_a_further_one_only_counts(self):
        lines = (guarded(**self.LIMIT), trade("1", "10"), trade("0.1", "100"), trade("0.1", "500"), trade("1", "200", transaction_id="E"), trade("9", "800"), trade("0.1", "25"))
        self.assertEqual([(line["event"], line["severity"], line["value"], line["peak"], line["transaction_id"]) for line in events(*lines, tick("12:05:00"))], [
            ("OPENED", "MEDIUM", "100", "100", "T"), ("ESCALATED", "HIGH", "200", "500", "E"), ("RESOLVED", "HIGH", "25", "800", None)])
        self.assertEqual(events(*lines, tick("12:05:00"))[-1]["contributors"], [])

    def test_it_resolves_300_seconds_after_the_last(self):
        lines = (guarded(**self.LIMIT), trade("1", "10"), trade("1", "100"), price("50", "12:00:10"), price("9", "12:00:11"), tick("12:05:09.9"), tick("12:05:10"))
        self.assertEqual([(line["event"], line["value"], line["limit"], line["utilisation"], line["at"][11:19]) for line in events(*lines)], [
            ("OPENED", "100", "10", "10.0000", "12:00:00"), ("RESOLVED", "50", "10", "5.0000", "12:05:10")])

    def test_a_price_of_nothing_says_nothing(self):
        self.assertEqual(events(guarded(), trade("1", "10"), trade("1", "0")), [])
        lines = (guarded(**self.LIMIT), trade("1", "10"), price("100", "12:00:00"), trade("1", "0", at="12:00:10"), tick("12:05:00"))
        self.assertEqual([(line["event"], line["value"]) for line in events(*lines)], [("OPENED", "100"), ("RESOLVED", "100")])

    def test_a_peak_is_the_price_furthest_up(self):
        lines = (guarded(**self.LIMIT), instrument(allows_negative=True), trade("1", "10"), trade("0.1", "-50"), trade("0.1", "-20"), trade("0.1", "-30"), tick("12:05:00"))
        self.assertEqual([(line["value"], line["peak"], line["utilisation"]) for line in events(*lines)], [("-50", "-50", "5.0000"), ("-30", "-20", "3.0000")])

    def test_figures_are_each_in_its_own_currency_and_utilisation_is_of_what_they_are_worth(self):
        line, = events(guarded(), rate("EUR", "2", "12:00:00"), price("7", "12:00:00", currency="EUR"), price("100", "12:00:00"))
        self.assertEqual((line["value"], line["limit"], line["utilisation"]), ("100", "7", "7.1429"))
        largest = events(guarded(), price("0.00000001", "12:00:00"), price("92233720368.54775807", "12:00:00"))[0]
        self.assertEqual(largest["utilisation"], "922337203685477.5807")
        halves = [events(guarded(), price("20000", "12:00:00"), price(amount, "12:00:00"))[0]["utilisation"] for amount in ("41", "43")]
        self.assertEqual(halves, ["0.0020", "0.0022"])  # 20.5 and 21.5 ten thousandths, to the even neighbour

    def test_without_a_guard_any_more_it_resolves_at_the_next_sweep(self):
        lines = (guarded(), trade("1", "10"), trade("1", "100"))
        for line in (rules(), guarded(price_deviation={**GUARD, "limit": "0"}), guarded(price_deviation={**GUARD, "limits": {"S": "0"}})):
            self.assertEqual([each["event"] for each in events(*lines, line, tick("12:00:01"))], ["OPENED", "RESOLVED"])

    def test_it_comes_after_size_and_before_anomaly(self):
        lines = (guarded(client_size={"limit": "50", "quiet_seconds": 300}, client_anomaly={**Anomaly.RULES, "quiet_seconds": 300}), *SAMPLES, trade("99", "100"))
        order = ["LARGE_TRANSACTION", "PRICE_DEVIATION", "ANOMALY_DETECTED"]
        self.assertEqual([line["alert_type"] for line in events(*lines, tick("12:05:00"))], [*order, *order])

    def test_an_anomaly_is_scored_at_the_mark(self):
        lines = (guarded(client_anomaly=Anomaly.RULES), *SAMPLES)
        self.assertEqual([line["alert_type"] for line in events(*lines, trade("5", "100"))], ["PRICE_DEVIATION"])
        found = events(*lines, trade("6", "100"))[1]
        self.assertEqual((found["alert_type"], found["value"], found["anomaly"]["notional"]), ("ANOMALY_DETECTED", "4.0000", "6.0000"))
        found = events(*lines, trade("1", "100"), trade("5.01"))[1]  # it is in the norm as 1, not as 100
        self.assertEqual((found["alert_type"], found["value"], found["anomaly"]["mean"]), ("ANOMALY_DETECTED", "3.0100", "2.0000"))

    def test_what_expires_loses_its_alert_in_the_order_of_the_table(self):
        lines = (guarded(symbol_velocity={"limit": 1, "order_window_ms": 0}, symbol_anomaly=Anomaly.RULES), instrument(expires_at="2024-09-20T12:00:01Z"), *SAMPLES,
                 trade("99", "100"), tick("12:00:01"))
        found = [line["alert_type"] for line in events(*lines) if line["event"] == "RESOLVED"]
        self.assertEqual(found, ["HIGH_TRANSACTION_VELOCITY", "PRICE_DEVIATION", "ANOMALY_DETECTED"])


class Reversed(unittest.TestCase):
    LINES = (guarded(), trade("1", "10", transaction_id="M"), trade("1", "100", transaction_id="H", client="A", order_id="O"))

    def of_h(self, **fields):
        return {"client": "A", **fields}

    def test_a_bust_drops_what_is_held_of_it_and_resolves_what_it_tipped(self):
        lines = (*self.LINES, bust("H", client="A", at="12:00:05"))
        self.assertEqual([(line["event"], line["value"], line["at"][17:19], line["transaction_id"]) for line in events(*lines)],
                         [("OPENED", "100", "00", "H"), ("RESOLVED", "100", "05", "H'")])
        self.assertEqual(mark(*lines, price("100", "12:00:05")), "10")

    def test_a_bust_of_another_leaves_what_is_held(self):
        self.assertEqual(mark(*self.LINES, bust("M"), price("100", "12:00:00")), "100")
        self.assertEqual(len(events(*self.LINES, bust("M"))), 1)
        again = (*self.LINES, trade("1", "500", transaction_id="N", client="A"), bust("H", client="A"))
        self.assertEqual([line["event"] for line in events(*again)], ["OPENED", "RESOLVED"])  # the other made no event
        self.assertEqual(mark(*again, price("500", "12:00:00")), "500")

    def test_a_bust_of_what_confirmed_brings_the_mark_back_and_not_what_was_held(self):
        lines = (*self.LINES, trade("1", "101", client="B", transaction_id="K"), bust("K", client="B"))
        self.assertEqual((mark(*lines), mark(*lines, price("100", "12:00:00"))), ("10", "10"))

    def test_a_correction_is_judged_at_the_originals_instant(self):
        lines = (*self.LINES[:2], trade("1", "100", transaction_id="H", client="A", order_id="O", at="12:00:01"))
        near = (*lines, correction("H", "1", "11", client="A", at="12:00:09"))
        self.assertEqual((mark(*near), mark(*near, price("12", "12:00:01")), mark(*near, price("12", "12:00:00.9"))), ("11", "12", "11"))
        far = (*lines, correction("H", "1", "99", client="A", at="12:00:09"))
        self.assertEqual(mark(*far), "10")
        self.assertEqual([line["event"] for line in events(*far)], ["OPENED", "RESOLVED"])  # it raises nothing itself
        self.assertEqual(mark(*far, correction("H'", "1", "100", client="A", at="12:00:09"), price("12", "12:00:00.9"), price("100", "12:00:01")), "12")

    def test_a_correction_confirms_nothing_and_is_of_the_order_of_its_original(self):
        far = (*self.LINES, correction("H", "1", "99", client="A", order_id="P"))
        for by, becomes in ((trade("1", "99", client="A", order_id="O"), "10"), (trade("1", "99", client="A", order_id="P"), "99"),
                            (trade("1", "99", client="A"), "99"), (trade("1", "99", client="B"), "99"), (price("99", "12:00:00"), "99")):
            self.assertEqual(mark(*far, by), becomes)
        late = (*self.LINES, counted("1", "5", client="B", transaction_id="L"))
        self.assertEqual(mark(*late, correction("L", "1", "100", client="B")), "10")
        self.assertEqual(mark(*late, correction("L", "1", "100", client="B"), price("100", "12:00:00")), "100")

    def test_a_correction_of_what_only_counted_is_guarded(self):
        lines = (guarded(), trade("1", "10"), counted("1", "5", client="A", transaction_id="L", at="12:00:01"))
        self.assertEqual([mark(*lines, correction("L", "1", amount, client="A", at="12:00:02")) for amount in ("20", "21")], ["20", "10"])
        self.assertEqual(events(*lines, correction("L", "1", "21", client="A", at="12:00:02")), [])
        held = (*lines[:2], price("100", "12:00:00"), lines[2])
        self.assertEqual(mark(*held, correction("L", "1", "11", client="A", at="12:00:02"), price("100", "12:00:03")), "11")

    def test_a_correction_of_a_remembered_mark_is_not_guarded(self):
        self.assertEqual(mark(*self.LINES, correction("M", "1", "1000")), "1000")
        self.assertEqual(mark(*self.LINES, correction("M", "1", "1000"), price("100", "12:00:00")), "100")  # which is still held


class OtherChanges(unittest.TestCase):
    LINES = (guarded(rates={"EUR": "2"}), trade("1", "10"), trade("1", "100", client="A"))

    def test_openings_expiries_instruments_and_rates_leave_what_is_held(self):
        for line in (position("5", "7"), instrument(multiplier="3"), instrument(expires_at="2024-09-20T12:00:01Z"), rate("GBP", "3", "12:00:00"), tick("12:00:01")):
            with self.subTest(line["kind"]):
                multiplied = {"10": "30", "100": "300"} if line.get("multiplier") == "3" else {}
                self.assertEqual(mark(*self.LINES, line), multiplied.get("10", "10"))
                self.assertEqual(mark(*self.LINES, line, price("100", "12:00:01")), multiplied.get("100", "100"))

    def test_another_base_currency_drops_it(self):
        lines = (*self.LINES, guarded(base_currency="EUR"), price("10", "12:00:00"))
        self.assertEqual(mark(*lines, price("100", "12:00:00")), "10")

    def test_without_a_guard_it_stays_until_the_next_price(self):
        self.assertEqual(mark(*self.LINES, rules()), "10")
        self.assertEqual(mark(*self.LINES, rules(), guarded(), price("100", "12:00:00")), "100")
        self.assertEqual(mark(*self.LINES, rules(), trade("1", "3000", client="B")), "3000")
        self.assertEqual(mark(*self.LINES, rules(), trade("1", "12", client="B"), guarded(), price("100", "12:00:00")), "12")

    def test_a_person_takes_it_with_its_own_instant_and_input(self):
        lines = (guarded(), trade("1", "10"), trade("1", "100", client="A", transaction_id="H", at="12:00:01"), decide("APPLY", at="12:00:09"))
        self.assertEqual(mark(*lines), "100")
        self.assertEqual((mark(*lines, price("101", "12:00:01")), mark(*lines, price("101", "12:00:00.9"))), ("101", "100"))
        self.assertEqual(mark(*lines, bust("H", client="A")), "10")
        self.assertEqual(len(events(*lines)), 1)
        self.assertEqual(rejected(*lines, decide("APPLY")), [(4, "symbol")])

    def test_a_person_drops_it(self):
        lines = (*self.LINES, decide("DROP"))
        self.assertEqual((mark(*lines), mark(*lines, price("100", "12:00:00"))), ("10", "10"))
        self.assertEqual(rejected(*lines, decide("DROP"), decide("APPLY", symbol="X"), decide("DROP", symbol="")), [(4, "symbol"), (5, "symbol"), (6, "symbol")])

    def test_a_decision_moves_time_unless_it_is_refused(self):
        line = guarded(client_exposure={"limit": "50"})
        lines = (line, trade("6", "10"), price("100", "12:00:00"))
        swept = events(*lines, tick("12:00:00"), decide("APPLY", at="12:00:01"), tick("12:00:02"))
        self.assertEqual([(each["event"], each["value"], each["at"][17:19]) for each in swept if each["entity_type"] == "CLIENT"],
                         [("OPENED", "60.0000", "00"), ("ESCALATED", "600.0000", "02")])
        self.assertEqual(brief(*lines, decide("DROP", symbol="X", at="13:00:00"))[1:], [("OPENED", "MEDIUM", "100")])

    def test_there_must_be_room_for_what_a_person_takes_but_not_for_what_is_held(self):
        largest = "92233720368.54775807"
        lines = (guarded(), *[position(largest, "1", client=name) for name in "ABC"], price("1", "12:00:00"), price(largest, "12:00:00"))
        self.assertEqual(rejected(*lines, decide("APPLY"), price(largest, "12:00:00"), trade("1", largest, client="D")), [(6, "price"), (7, "price"), (8, "price")])
        worth = (guarded(), rate("EUR", "1", "12:00:00"), price("1", "12:00:00"), price(largest, "12:00:00", currency="EUR"), rate("EUR", "2", "12:00:00"), decide("APPLY"))
        self.assertEqual(rejected(*worth), [(5, "price")])


if __name__ == "__main__":
    unittest.main()
