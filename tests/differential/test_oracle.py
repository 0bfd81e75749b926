"""The oracle itself, against cases computed by hand; and the streams, which must reach every kind of event."""
import unittest
from fractions import Fraction

from compare import DEFAULT_RULES, compare_seeds, replay
from oracle import UNIT, exact_text, half_even, money_text, nanos, root_half_even, time_text
from streams import Stream

EVERY_EVENT = {
    *(("HIGH_CLIENT_EXPOSURE", "CLIENT", event) for event in ("OPENED", "ESCALATED", "WORSENED", "RESOLVED")),
    *(("HIGH_SYMBOL_EXPOSURE", "SYMBOL", event) for event in ("OPENED", "ESCALATED", "WORSENED", "RESOLVED")),
    *(("HIGH_FIRM_EXPOSURE", "FIRM", event) for event in ("OPENED", "ESCALATED", "WORSENED", "RESOLVED")),
    *(("HIGH_TRANSACTION_VELOCITY", kind, event) for kind in ("CLIENT", "SYMBOL") for event in ("OPENED", "WORSENED", "RESOLVED")),
    *(("LARGE_TRANSACTION", "CLIENT", event) for event in ("OPENED", "ESCALATED", "WORSENED", "RESOLVED")),
    *(("PRICE_DEVIATION", "SYMBOL", event) for event in ("OPENED", "ESCALATED", "RESOLVED")),
    *(("ANOMALY_DETECTED", kind, event) for kind in ("CLIENT", "SYMBOL", "FIRM") for event in ("OPENED", "WORSENED", "RESOLVED")),
    *(("rejected", field) for field in ("transaction_id", "client_id", "symbol", "side", "quantity", "price", "currency", "broker_id", "market",
                                        "order_id", "trader_id", "rate", "at", "multiplier", "contract", "ref_transaction_id",
                                        "ratio", "new_symbol", "reason", "kind")),
}


def rules(**changes):
    """The default rules with some rules, or parts of them, replaced; what is not named is off."""
    line = {name: {**rule, "enabled": name in changes} if isinstance(rule, dict) and "enabled" in rule else rule for name, rule in DEFAULT_RULES.items()}
    for name, change in changes.items():
        line[name] = {**line[name], **change} if isinstance(change, dict) and name != "rates" else change
    return line


def trade(quantity, price="1", client="C", symbol="S", at="12:00:00", **fields):
    return {"kind": "transaction", "transaction_id": "T", "executed_at": f"2024-09-20T{at}Z", "client_id": client, "symbol": symbol,
            "side": "SELL" if quantity.startswith("-") else "BUY", "quantity": quantity.lstrip("-"), "price": price,
            "currency": "", "broker_id": "", "market": "", **fields}


def position(quantity, price="1", client="C", symbol="S", currency=""):
    return {"kind": "position", "client_id": client, "symbol": symbol, "quantity": quantity, "price": price, "currency": currency}


def price(amount, at, symbol="S", currency=""):
    return {"kind": "price", "at": f"2024-09-20T{at}Z", "symbol": symbol, "price": amount, "currency": currency}


def instrument(symbol="S", **fields):
    return {"kind": "instrument", "symbol": symbol, "multiplier": "1", "currency": "", "contract": "LINEAR", "expires_at": None,
            "allows_negative": False, "name": "", **fields}


def rate(currency, amount, at):
    return {"kind": "rate", "at": f"2024-09-20T{at}Z", "currency": currency, "rate": amount}


def counted(quantity, price="1", **fields):
    """An execution that came after its bust or correction."""
    return {**trade(quantity, price, **fields), "kind": "counted"}


def correction(original, quantity, price="1", **fields):
    return {**trade(quantity, price, **{"transaction_id": f"{original}'", **fields}), "kind": "reversal", "execution_kind": "CORRECTION",
            "original": original, "ref_transaction_id": original}


def bust(original, **fields):
    """Of what it does not need it says nonsense."""
    return {**correction(original, "0", "-7", side="", currency="XXX", order_id="x" * 51, **fields), "execution_kind": "BUST"}


def tick(at, day="2024-09-20"):
    return {"kind": "tick", "time": f"{day}T{at}Z"}


def said(*lines):
    return list(replay([{"kind": "stream", "seed": 1}, *lines, {"kind": "end"}]))


def of_kind(kind, lines):
    return [line for line in lines if line["kind"] == kind]


def events(*lines):
    return of_kind("event", said(*lines))


def brief(*lines):
    return [(line["event"], line["severity"], line["value"]) for line in events(*lines)]


class Numbers(unittest.TestCase):
    def test_halves_go_to_the_even_neighbour(self):
        self.assertEqual([half_even(n, 2) for n in (-3, -1, 1, 3, 5)], [-2, 0, 0, 2, 2])
        self.assertEqual([half_even(n, 3) for n in (-4, -2, 2, 4)], [-1, -1, 1, 1])

    def test_roots_are_rounded_once_from_the_exact_value(self):
        self.assertEqual([root_half_even(Fraction(n, 4)) for n in (0, 1, 2, 9, 25, 36)], [0, 0, 1, 2, 2, 3])

    def test_texts(self):
        self.assertEqual([money_text(n * 10**11) for n in (5, 15, -5, -6)], ["0.0000", "0.0002", "0.0000", "-0.0001"])
        self.assertEqual([exact_text(n) for n in (0, 5 * UNIT, -740088000000, 1)], ["0", "5", "-7400.88", "0.00000001"])
        self.assertEqual(time_text(nanos("1969-12-31T23:59:59.5Z")), "1969-12-31T23:59:59.500000Z")
        self.assertEqual(time_text(nanos("2024-03-08T09:30:00.123456789-04:00")), "2024-03-08T13:30:00.123456789Z")
        self.assertEqual(time_text(nanos("2017-01-01T05:29:60+0530")), "2016-12-31T23:59:59.999999999Z")


class Exposure(unittest.TestCase):
    def test_an_alert_opens_above_the_limit_worsens_escalates_and_resolves(self):
        steps = ("1000", "4", "250.99999999", "0.00000001", "245", "0.00000001", "-550", "-0.00000001")
        self.assertEqual(brief(rules(client_exposure={"limit": "1000"}), *map(trade, steps)), [
            ("OPENED", "HIGH", "1004.0000"),         # 1000 is not above it
            ("WORSENED", "HIGH", "1255.0000"),       # 1.25 x 1004
            ("ESCALATED", "CRITICAL", "1500.0000"),  # 1500 is not above 1.5 x, 1500.00000001 is
            ("RESOLVED", "CRITICAL", "950.0000")])   # 950.00000001 is not down to 0.95 x

    def test_an_event_carries_its_evidence(self):
        line, = events(rules(client_exposure={"limit": "1000"}), position("-4", "100", symbol="B"), position("0.5", "800", symbol="A"),
                       trade("3", "150", symbol="é", at="12:00:00.25", transaction_id="T7"))
        self.assertEqual(line, {
            "kind": "event", "alert_id": 1, "event": "OPENED", "alert_type": "HIGH_CLIENT_EXPOSURE", "severity": "HIGH", "entity_type": "CLIENT",
            "entity_id": "C", "measure": "gross", "value": "1250.0000", "limit": "1000.0000", "peak": "1250.0000", "utilisation": "1.2500",
            "window_seconds": None, "config_version": 1, "at": "2024-09-20T12:00:00.250000Z", "transaction_id": "T7",
            "contributors": [["é", "450.0000"], ["A", "400.0000"], ["B", "400.0000"]], "anomaly": None})

    def test_a_price_moves_an_idle_client_at_the_next_sweep(self):
        lines = (rules(client_exposure={"limits": {"C": "100"}, "limit": None}), position("10", "10"), trade("1", "11", client="D"),
                 trade("1", "9", client="D", at="12:00:00.5"), trade("1", "11", client="D", at="12:00:00.9"), tick("12:00:01.7"))
        line, = events(*lines)
        self.assertEqual((line["entity_id"], line["value"], line["at"], line["transaction_id"]), ("C", "110.0000", "2024-09-20T12:00:01.000000Z", None))

    def test_net_is_judged_by_magnitude_and_its_parts_keep_their_signs(self):
        line, = events(rules(symbol_exposure={"measure": "net", "limit": "100"}), position("30", client="A"), trade("-150", client="B"))
        self.assertEqual((line["value"], line["contributors"]), ("120.0000", [["B", "-150.0000"], ["A", "30.0000"]]))

    def test_an_alert_without_a_limit_any_more_resolves_by_the_limit_it_was_last_judged_by(self):
        opened = (rules(client_exposure={"limit": "100"}), trade("150"))
        for gone in (rules(client_exposure={"limit": None}), rules(firm_exposure={})):
            with self.subTest(gone["client_exposure"]):
                line = events(*opened, gone, tick("12:00:01"))[-1]
                self.assertEqual((line["event"], line["value"], line["limit"], line["utilisation"]), ("RESOLVED", "150.0000", "100.0000", "1.5000"))

    def test_turnover_is_zero_again_before_the_first_sweep_of_a_session(self):
        lines = said(rules(client_exposure={"measure": "turnover", "limit": "100"}, session_start_seconds=43201),
                     trade("60"), trade("-60"), trade("1", at="12:00:01"))
        self.assertEqual([(line["event"], line["value"], line["peak"]) for line in of_kind("event", lines)],
                         [("OPENED", "120.0000", "120.0000"), ("RESOLVED", "0.0000", "120.0000")])
        self.assertEqual(of_kind("client", lines)[0]["turnover"], "1.0000")


class Marks(unittest.TestCase):
    def marks(self, *lines):
        return {line["symbol"]: line["mark"] for line in of_kind("symbol", said(*lines))}

    def test_a_rate_that_falls_moves_idle_clients_at_the_next_sweep(self):
        lines = (rules(client_exposure={"limit": "100", "resolved_after_seconds": 0}, rates={"EUR": "1.27"}), position("1", "100", currency="EUR"),
                 tick("12:00:00"), tick("12:00:01"), rate("EUR", "0.5", "12:00:01.5"), tick("12:00:02"))
        self.assertEqual(brief(*lines), [("OPENED", "HIGH", "127.0000"), ("RESOLVED", "HIGH", "50.0000")])

    def test_what_is_due_is_swept_before_a_price_and_a_rate(self):
        for line in (price("50", "12:00:05"), rate("GBP", "2", "12:00:05")):
            with self.subTest(line["kind"]):
                opened, = events(rules(client_exposure={"limit": "100"}), tick("12:00:00"), position("1", "101"), line)
                self.assertEqual((opened["value"], opened["at"], opened["transaction_id"]), ("101.0000", "2024-09-20T12:00:05.000000Z", None))

    def test_a_unit_value_is_rounded_once_from_the_price(self):
        lines = (rules(), rate("GBX", "0.5", "12:00:00"), price("0.00000005", "12:00:00", currency="GBX"))
        self.assertEqual(self.marks(*lines), {"S": "0.00000002"})
        self.assertEqual(self.marks(*lines, rate("GBX", "0.7", "12:00:01")), {"S": "0.00000004"})

    def test_an_older_price_does_nothing_and_an_older_rate_is_refused(self):
        lines = (rules(), price("5", "12:00:01"), rate("EUR", "2", "12:00:01"), price("6", "12:00:00"), rate("EUR", "3", "12:00:00"))
        self.assertEqual(self.marks(*lines), {"S": "5"})
        self.assertEqual([(line["input"], line["field"]) for line in of_kind("rejected", said(*lines))], [(4, "at")])

    def test_rates_of_the_rules_are_older_than_any_other_and_stay_when_they_are_left_out(self):
        lines = (rules(rates={"EUR": "2"}), position("1", "10", currency="EUR"), rules(rates={"EUR": "3"}))
        self.assertEqual(self.marks(*lines), {"S": "30"})
        self.assertEqual(self.marks(*lines, rules()), {"S": "30"})
        self.assertEqual(self.marks(*lines, rate("EUR", "4", "12:00:00"), rules(rates={"EUR": "5"})), {"S": "40"})
        self.assertEqual(self.marks(*lines, rules(base_currency="EUR", rates={"USD": "7"})), {"S": "30"})


class Instruments(unittest.TestCase):
    def test_the_worth_of_a_unit(self):
        cases = (("5", "LINEAR", "5125.25", "25626.25"), ("1", "INVERSE", "64000", "1"), ("0.5", "LINEAR", "0.00000005", "0.00000002"))
        for multiplier, contract, amount, worth in cases:
            with self.subTest(multiplier):
                lines = said(rules(), instrument(multiplier=multiplier, contract=contract), price(amount, "12:00:00"))
                self.assertEqual(of_kind("symbol", lines)[0]["mark"], worth)

    def test_net_is_the_market_value_of_what_has_a_negative_price(self):
        client, = of_kind("client", said(rules(), instrument(multiplier="1000", allows_negative=True), trade("2", "-37.63")))
        self.assertEqual([client[measure] for measure in ("gross", "net", "long", "short", "turnover")],
                         ["75260.0000", "-75260.0000", "75260.0000", "0.0000", "75260.0000"])

    def test_what_expires_is_closed_before_the_rules_are_judged(self):
        lines = (rules(symbol_exposure={"limit": "100"}), instrument(expires_at="2024-09-20T12:00:01Z"), trade("101"), trade("1", at="12:00:02"))
        self.assertEqual(brief(*lines), [("OPENED", "HIGH", "101.0000"), ("RESOLVED", "HIGH", "0.0000")])
        self.assertEqual(of_kind("position", said(*lines))[0]["quantity"], "1")  # until the next sweep
        self.assertEqual(of_kind("position", said(*lines, tick("12:00:03")))[0]["quantity"], "0")

    def test_a_negative_price_and_a_symbol_without_an_instrument_are_refused(self):
        lines = (rules(), trade("1", "-1"), trade("1", "0"), rules(require_instruments=True), trade("1"), instrument(), trade("1"))
        self.assertEqual([(line["input"], line["field"]) for line in of_kind("rejected", said(*lines))], [(1, "price"), (4, "symbol")])


EACH = {"limit": 2, "order_window_ms": 0}  # execution is counted


class Velocity(unittest.TestCase):
    def test_a_window_has_60_slots_and_late_transactions_count_where_they_belong(self):
        lines = events(rules(client_velocity=EACH), trade("1", at="12:00:00.9"), trade("1", at="12:01:00"), trade("1", at="12:01:00"),
                       trade("1", at="12:00:00"), trade("1", at="12:00:01"), trade("1", at="12:01:00"), trade("1", at="12:01:00"), trade("1", at="12:01:00"))
        # 12:00:00 is outside when it is 12:01:00, 12:00:01 inside: the counts are 1 1 2 2 3 4 5 6.
        self.assertEqual([(line["event"], line["value"], line["utilisation"]) for line in lines], [("OPENED", "3", "1.5000"), ("WORSENED", "6", "3.0000")])

    def test_it_resolves_at_a_sweep_only(self):
        lines = events(rules(client_velocity=EACH), *[trade("1")] * 3, tick("12:00:59.9"), tick("12:01:00.5"))
        self.assertEqual([(line["event"], line["value"], line["peak"], line["at"]) for line in lines], [
            ("OPENED", "3", "3", "2024-09-20T12:00:00.000000Z"), ("RESOLVED", "0", "3", "2024-09-20T12:01:00.000000Z")])

    def test_another_window_length_starts_counting_anew(self):
        lines = events(rules(client_velocity=EACH), *[trade("1")] * 2, rules(client_velocity={**EACH, "window_seconds": 61}), *[trade("1")] * 3)
        self.assertEqual([(line["value"], line["window_seconds"]) for line in lines], [("3", 61)])

    def values(self, *lines):
        return [(line["entity_id"], line["value"]) for line in events(*lines)]

    def test_forty_fills_of_one_order_are_one_and_count_like_four(self):
        for fields in ({}, {"order_id": "O1"}):
            fills = [trade("1", at=f"12:00:00.{20 * n:03}", **fields) for n in range(40)]
            self.assertEqual(self.values(rules(client_velocity={"limit": 3}), *fills), [("C", "4")])
            self.assertEqual(self.values(rules(client_velocity={"limit": 4}), *fills), [])

    def test_an_order_without_an_id_is_in_one_symbol_on_one_side_and_shorter_than_the_order_window(self):
        one = rules(client_velocity={"limit": 1})
        same = trade("1", at="12:00:00.999999999"), trade("1", at="11:59:00")
        self.assertEqual(self.values(one, trade("1"), *same), [])
        for other in (trade("1", at="12:00:01"), trade("-1"), trade("1", symbol="T"), trade("1", order_id="O1")):
            self.assertEqual(self.values(one, trade("1"), *same, other), [("C", "2")])

    def test_one_of_the_last_eight_ids_is_not_counted_again(self):
        ids = [trade("1", order_id=f"O{n}") for n in range(9)]
        self.assertEqual(self.values(rules(client_velocity={"limit": 8}), *ids[:8], ids[0], ids[7], trade("-1")), [("C", "9")])
        self.assertEqual(self.values(rules(client_velocity={"limit": 8}), *ids[:8], ids[0], ids[8]), [("C", "9")])
        self.assertEqual(self.values(rules(client_velocity={"limit": 9}), *ids, ids[1]), [])
        self.assertEqual(self.values(rules(client_velocity={"limit": 9}), *ids, ids[0]), [("C", "10")])

    def test_of_a_symbol_the_orders_count_that_begin_in_it(self):
        fills = trade("1", order_id="O1"), trade("1", symbol="T", order_id="O1"), trade("1", symbol="T", order_id="O2"), trade("1", order_id="O2")
        self.assertEqual(self.values(rules(symbol_velocity={"limit": 1}), *fills), [])
        self.assertEqual(self.values(rules(symbol_velocity={"limit": 1}), *fills, trade("1", client="D", order_id="O1")), [("S", "2")])

    def test_the_order_window_is_that_of_the_first_rule_which_counts_orders(self):
        fills = trade("1"), trade("1", at="12:00:01.5")
        line = rules(client_velocity={"limit": 1, "order_window_ms": 2000}, symbol_velocity={"limit": 1})
        self.assertEqual(self.values(line, *fills), [])
        self.assertEqual(self.values(rules(client_velocity=EACH, symbol_velocity={"limit": 1}), *fills), [("S", "2")])


class Size(unittest.TestCase):
    def test_a_transaction_above_the_limit_opens_escalates_and_worsens(self):
        lines = events(rules(client_size={"limit": "100"}), trade("100"), trade("100.01"), trade("-1000.01"), trade("1500"), trade("2001"))
        self.assertEqual([(line["event"], line["severity"], line["value"], line["utilisation"]) for line in lines], [
            ("OPENED", "HIGH", "100.0100", "1.0001"), ("ESCALATED", "CRITICAL", "1000.0100", "10.0001"),
            ("WORSENED", "CRITICAL", "2001.0000", "20.0100")])

    def test_it_resolves_with_the_last_one_when_none_came_for_300_seconds(self):
        lines = events(rules(client_size={"limit": "100"}), trade("300"), trade("200", at="12:00:10"), trade("50", at="12:05:00"),
                       tick("12:05:09.9"), tick("12:05:10"))
        self.assertEqual([(line["event"], line["value"], line["peak"], line["at"]) for line in lines], [
            ("OPENED", "300.0000", "300.0000", "2024-09-20T12:00:00.000000Z"), ("RESOLVED", "200.0000", "300.0000", "2024-09-20T12:05:10.000000Z")])

    def test_an_alert_whose_limit_is_gone_resolves_at_the_next_sweep(self):
        opened = (rules(client_size={"limit": "100"}), trade("150"))
        for gone in (rules(client_size={"limit": None}), rules(firm_exposure={})):
            with self.subTest(gone["client_size"]):
                line = events(*opened, gone, tick("12:00:01"))[-1]
                self.assertEqual((line["event"], line["value"], line["limit"]), ("RESOLVED", "150.0000", "100.0000"))


class Anomaly(unittest.TestCase):
    RULES = {"threshold": "3", "window": 4, "samples_min": 4, "quiet_seconds": 5}
    SAMPLES = [trade("1", price) for price in ("1", "3", "1", "3")]  # mean 2, deviation 1

    def test_the_threshold_itself_is_no_anomaly(self):
        self.assertEqual(events(rules(client_anomaly=self.RULES), *self.SAMPLES, trade("1", "5")), [])

    def test_an_anomaly_carries_its_evidence(self):
        line, = events(rules(client_anomaly=self.RULES), *self.SAMPLES, trade("1", "5.01004"))
        self.assertEqual((line["severity"], line["value"], line["limit"], line["peak"], line["utilisation"]), ("MEDIUM", "3.0100", "3.0000", "3.0100", None))
        self.assertEqual(line["anomaly"], {"notional": "5.0100", "mean": "2.0000", "standard_deviation": "1.0000", "sample_count": 4})

    def test_it_worsens_above_the_largest_so_far_and_resolves_after_quiet(self):
        lines = events(rules(system_anomaly={**self.RULES, "threshold": "1.5"}), *self.SAMPLES, trade("1", "4"), trade("1", "99", at="12:00:00.5"),
                       tick("12:00:05"), tick("12:00:06"))
        # samples 3 1 3 4: mean 2.75, deviation sqrt(4.75 / 4) = 1.0897, |z| = 96.25 / 1.0897
        self.assertEqual([(line["event"], line["severity"], line["value"], line["entity_type"]) for line in lines], [
            ("OPENED", "MEDIUM", "2.0000", "FIRM"), ("WORSENED", "HIGH", "88.3251", "FIRM"), ("RESOLVED", "HIGH", "88.3251", "FIRM")])
        self.assertEqual(lines[-1]["at"], "2024-09-20T12:00:06.000000Z")

    def test_no_deviation_no_alert(self):
        self.assertEqual(events(rules(client_anomaly=self.RULES), *[trade("1")] * 6, trade("1", "1000")), [])


class Reversals(unittest.TestCase):
    def figures(self, *lines, kind="client"):
        row = of_kind(kind, said(*lines))[0]
        return tuple(row[name].removesuffix(".0000") for name in ("net", "turnover", "pnl"))

    def marks(self, *lines):
        return {line["symbol"]: line["mark"] for line in of_kind("symbol", said(*lines))}

    def test_buy_bust_rebook(self):
        lines = (rules(), position("1", "4"), trade("10", "5", transaction_id="A"), bust("A", at="12:00:01"))
        self.assertEqual(self.figures(*lines), ("4", "0", "0"))
        self.assertEqual(self.marks(*lines), {"S": "4"})
        self.assertEqual(self.figures(*lines, trade("10", "6", transaction_id="B", at="12:00:01")), ("66", "60", "2"))
        self.assertEqual(said(*lines)[-1], {"kind": "summary", "transactions": 1, "late": 0, "rejected": 0})

    def test_of_what_does_not_stand_nothing_comes(self):
        lines = (rules(), trade("10", transaction_id="A"), trade("0", transaction_id="B"), bust("A"), bust("A", at="12:00:01"), bust("A'"), bust("B"), correction("A", "5"),
                 trade("0"))
        self.assertEqual([(line["input"], line["field"]) for line in of_kind("rejected", said(*lines))], [(2, "quantity"), (8, "quantity")])
        self.assertEqual(self.figures(*lines), ("0", "0", "0"))

    def test_a_correction_of_a_correction(self):
        lines = (rules(), trade("10", "5", transaction_id="A"), correction("A", "-4", "6"), correction("A'", "20", "3", at="12:00:05"))
        self.assertEqual(self.figures(*lines[:3]), ("-24", "24", "0"))
        self.assertEqual(self.figures(*lines), ("60", "60", "0"))
        self.assertEqual(self.figures(*lines, correction("A", "1"), bust("A''")), ("0", "0", "0"))
        self.assertEqual(said(*lines)[-1], {"kind": "summary", "transactions": 1, "late": 0, "rejected": 0})

    def test_what_is_of_an_earlier_session_moves_no_turnover_and_all_its_gain_is_of_this_one(self):
        lines = (rules(), trade("10", "5", transaction_id="A"), trade("1", "7", transaction_id="B"), tick("00:00:00", day="2024-09-21"))
        self.assertEqual(self.figures(*lines), ("77", "0", "0"))
        self.assertEqual(self.figures(*lines, correction("A", "20", "6")), ("147", "0", "0"))  # less 77 - 10 x 5 + 20 x 6
        self.assertEqual(self.figures(*lines, bust("A")), ("7", "0", "-20"))
        begins = (*lines[:3], trade("1", "7", at="00:00:00", transaction_id="C", executed_at="2024-09-21T00:00:00Z"))
        self.assertEqual(self.figures(*begins, bust("C"), bust("B")), ("50", "0", "-20"))  # a price that is gone was a gain before
        self.assertEqual(self.figures(*begins, correction("C", "1", "9")), ("108", "9", "22"))
        self.assertEqual(self.figures(*lines[:3], bust("A", executed_at="2024-09-21T00:00:00Z")), ("7", "0", "-20"))  # begins the session itself

    def test_of_the_execution_that_set_the_mark_the_one_before_returns_with_its_instant(self):
        lines = (rules(rates={"EUR": "2"}), price("5", "12:00:00", currency="EUR"), trade("1", "7", transaction_id="A", at="12:00:02"),
                 trade("1", "8", transaction_id="B", at="12:00:03"), rate("EUR", "3", "12:00:04"), bust("B"))
        self.assertEqual(self.marks(*lines), {"S": "7"})
        self.assertEqual(self.marks(*lines, bust("A")), {"S": "15"})  # at the rate of now
        self.assertEqual(self.marks(*lines, price("9", "12:00:01")), {"S": "7"})
        self.assertEqual(self.marks(*lines, bust("A"), price("9", "12:00:01")), {"S": "9"})

    def test_eight_marks_are_remembered_and_the_last_one_stays(self):
        trades = [trade("1", str(n), transaction_id=f"T{n}") for n in range(1, 10)]
        self.assertEqual(self.marks(rules(), *trades, *[bust(f"T{n}") for n in range(9, 2, -1)]), {"S": "2"})
        self.assertEqual(self.marks(rules(), *trades, *[bust(f"T{n}") for n in range(9, 0, -1)]), {"S": "2"})
        self.assertEqual(self.marks(rules(), *trades, bust("T5"), bust("T9"), correction("T1", "1", "50")), {"S": "8"})

    def test_the_price_of_a_correction_takes_the_place_and_the_instant(self):
        lines = (rules(), trade("1", "5", transaction_id="A"), trade("1", "6", transaction_id="B", at="12:00:02"), correction("A", "1", "50", at="12:00:03"))
        self.assertEqual(self.marks(*lines), {"S": "6"})
        self.assertEqual(self.marks(*lines, bust("B")), {"S": "50"})
        self.assertEqual(self.marks(*lines, bust("B"), price("9", "12:00:01")), {"S": "9"})
        self.assertEqual(self.marks(*lines, correction("B", "1", "60", at="12:00:09"), price("9", "12:00:02")), {"S": "9"})
        self.assertEqual(self.marks(*lines, bust("A'"), bust("B")), {"S": "6"})

    def test_what_came_too_late_only_counts_and_a_correction_makes_it_an_execution(self):
        lines = (rules(client_velocity=EACH), *[counted("10", "5", transaction_id=name, at="12:00:01") for name in "ABC"], counted("0"))
        self.assertEqual([line["kind"] for line in said(*lines)], ["stream", "rejected", "client", "symbol", "firm", "position", "summary"])
        self.assertEqual([line["transaction_count"] for line in said(*lines)[2:5]], [3, 3, 3])
        self.assertEqual((self.marks(*lines), self.figures(*lines), self.figures(*lines, bust("A"))), ({"S": "0"}, ("0", "0", "0"), ("0", "0", "0")))
        lines += correction("A", "-2", "6", at="12:00:09"),
        self.assertEqual((self.marks(*lines), self.figures(*lines)), ({"S": "6"}, ("-12", "12", "0")))
        self.assertEqual(self.marks(*lines, price("7", "12:00:01")), {"S": "7"})  # it is of the execution's instant
        self.assertEqual(self.marks(*lines, price("7", "12:00:02"), correction("B", "1", "8")), {"S": "7"})
        self.assertEqual(said(*lines)[-1], {"kind": "summary", "transactions": 3, "late": 0, "rejected": 1})

    def test_an_alert_that_it_tipped_resolves_before_the_exposures_are_judged(self):
        lines = (rules(client_size={"limit": "100"}, client_exposure={"limit": "1000"}), trade("-900"), trade("-200", transaction_id="A"), trade("150", transaction_id="B"),
                 trade("150", transaction_id="C"))
        self.assertEqual([(line["alert_type"][:5], line["event"], line["transaction_id"]) for line in events(*lines, bust("A"))],
                         [("LARGE", "OPENED", "T"), ("HIGH_", "OPENED", "A"), ("HIGH_", "RESOLVED", "B")])
        tipped = (*lines[:1], *lines[2:3])
        self.assertEqual([(line["event"], line["value"], line["at"][11:19], line["transaction_id"]) for line in events(*tipped, bust("A", at="12:00:07"))],
                         [("OPENED", "200.0000", "12:00:00", "A"), ("RESOLVED", "200.0000", "12:00:07", "A'")])
        self.assertEqual(brief(*tipped, trade("150"), bust("A")), [("OPENED", "HIGH", "200.0000"), ("RESOLVED", "HIGH", "150.0000")])  # the other made no event
        self.assertEqual(brief(*tipped, trade("400", transaction_id="D"), bust("A")), [("OPENED", "HIGH", "200.0000"), ("WORSENED", "HIGH", "400.0000")])

    def test_a_correction_is_judged_by_its_own_size(self):
        lines = (rules(client_size={"limit": "100"}), trade("200", transaction_id="A"), correction("A", "20", "7"))
        self.assertEqual([(line["alert_id"], line["event"], line["value"]) for line in events(*lines)],
                         [(1, "OPENED", "200.0000"), (1, "RESOLVED", "200.0000"), (2, "OPENED", "140.0000")])
        self.assertEqual([line["transaction_id"] for line in events(*lines, bust("A'"))], ["A", "A'", "A'", "A''"])

    def test_an_anomaly_that_it_tipped_resolves_and_the_norm_keeps_it(self):
        lines = (rules(client_anomaly=Anomaly.RULES, system_anomaly=Anomaly.RULES), *Anomaly.SAMPLES, trade("1", "99", transaction_id="A"), bust("A"), trade("1", "99"))
        self.assertEqual([(line["entity_type"], line["event"], line["transaction_id"]) for line in events(*lines)], [
            ("CLIENT", "OPENED", "A"), ("FIRM", "OPENED", "A"), ("CLIENT", "RESOLVED", "A'"), ("FIRM", "RESOLVED", "A'")])

    def test_it_moves_a_position_that_was_closed_or_set_since(self):
        self.assertEqual(self.figures(rules(), trade("10", "5", transaction_id="A"), position("3"), bust("A")), ("-35", "0", "0"))
        expired = (rules(), instrument(expires_at="2024-09-20T12:00:01Z"), trade("10", "5", transaction_id="A"), tick("12:00:01"), bust("A"))
        self.assertEqual(self.figures(*expired), ("-50", "0", "0"))

    def test_what_its_own_sweep_closes_keeps_its_gain_which_leaves_no_room_for_more(self):
        largest, gained = "92233720368.54775807", []
        for symbol, amount in ("A", largest), ("B", "80000000000"):
            gained += position(largest, "0", "G", symbol), price(amount, "12:00:00", symbol), position("0", "0", "G", symbol)
        lines = (rules(), *gained, instrument(expires_at="2024-09-20T12:00:05Z"), price("0", "12:00:00"), trade(largest, largest, transaction_id="X", at="12:00:01"))
        self.assertEqual([line["field"] for line in of_kind("rejected", said(*lines, bust("X", at="12:00:05")))], ["ref_transaction_id"])
        self.assertEqual(of_kind("rejected", said(*lines, bust("X", at="12:00:04"))), [])

    def test_with_another_base_currency_only_the_mark_is_remembered(self):
        lines = (rules(), trade("1", "5", transaction_id="A"), trade("1", "6", transaction_id="B"), rules(base_currency="EUR"))
        self.assertEqual(self.marks(*lines, bust("B")), {"S": "6"})
        self.assertEqual(self.marks(*lines, trade("1", "7", transaction_id="C"), bust("A"), bust("B"), bust("C")), {"S": "7"})
        self.assertEqual(self.marks(*lines, trade("1", "7", transaction_id="C"), bust("C")), {"S": "6"})

    def test_the_reference_is_the_last_that_is_named(self):
        nameless = {"ref_transaction_id": ""}
        lines = (rules(), trade("10", "5", transaction_id="A"), {**bust("A", market="\n"), **nameless}, {**correction("A", "1", currency="\n"), **nameless})
        self.assertEqual([line["field"] for line in of_kind("rejected", said(*lines))], ["market", "currency"])

    def test_what_is_refused_leaves_the_execution(self):
        largest = "92233720368.54775807"
        lines = (rules(), trade("10", "5", transaction_id="A"), bust("A", market="\n"), {**bust("A"), "ref_transaction_id": ""}, correction("A", "1", currency="XTS"),
                 correction("A", "1", "-1"), correction("A", "0"), {**correction("A", "1"), "ref_transaction_id": "x" * 51}, trade("20", transaction_id="B"),
                 correction("A", largest), correction("A", "-" + largest), trade(largest, client="D", transaction_id="C"), trade("-1", client="D", transaction_id="D"),
                 trade("1", client="D"), bust("D"), bust("A'"))
        self.assertEqual([(line["input"], line["field"]) for line in of_kind("rejected", said(*lines))], [
            (2, "market"), (3, "ref_transaction_id"), (4, "currency"), (5, "price"), (6, "quantity"), (7, "ref_transaction_id"), (9, "quantity"), (14, "ref_transaction_id")])
        self.assertEqual([line["quantity"] for line in of_kind("position", said(*lines))], ["20", largest])


class Rejections(unittest.TestCase):
    def rejected(self, *lines):
        return [(line["input"], line["field"]) for line in of_kind("rejected", said(*lines))]

    def test_order_and_trader_may_be_absent_or_empty_and_are_ids_if_not(self):
        lines = (rules(), trade("1"), trade("1", order_id="", trader_id=""), trade("1", order_id="O" * 50, trader_id="D"),
                 trade("1", order_id="O" * 51, trader_id="\n"), trade("1", trader_id="\n"), trade("1", market="\n", order_id="\n"))
        self.assertEqual(self.rejected(*lines), [(4, "order_id"), (5, "trader_id"), (6, "market")])

    def test_the_first_field_that_does_not_fit_is_named_and_nothing_changes(self):
        lines = (rules(rates={"EUR": "0.5", "GBP": "2"}), trade("1", client="x" * 51, side="HOLD"), trade("0", "0"), trade("1", currency="XTS", market="\n"),
                 trade("1", currency="XTS"), trade("1", "92233720368", currency="GBP"), trade("1", at="13:00:00", side="HOLD"), trade("2", "3", currency="EUR"))
        self.assertEqual(self.rejected(*lines), [(1, "client_id"), (2, "quantity"), (3, "market"), (4, "currency"), (5, "price"), (6, "side")])
        self.assertEqual(said(*lines)[-1], {"kind": "summary", "transactions": 1, "late": 0, "rejected": 6})
        self.assertEqual(of_kind("symbol", said(*lines))[0]["mark"], "1.5")

    def test_numbers_that_would_leave_their_ranges(self):
        largest = "92233720368.54775807"
        self.assertEqual(self.rejected(rules(), trade(largest), trade("0.00000001"), trade("-" + largest), trade("-" + largest), trade("-0.00000001")),
                         [(2, "quantity"), (5, "quantity")])
        # Two of (2^63-1)^2 fit into 2^127-1, three do not; a mark that lifts the firm's gross beyond it neither.
        self.assertEqual(self.rejected(rules(), *[trade(largest, largest, client=name) for name in "ABC"]), [(3, "quantity")])
        self.assertEqual(self.rejected(rules(), *[position(largest, client=name) for name in "ABC"], trade("0.00000001", largest, client="D")), [(4, "price")])


class Streams(unittest.TestCase):
    def test_a_seed_gives_the_same_stream(self):
        self.assertEqual(Stream(7).lines, Stream(7).lines)

    def test_streams_reach_every_kind_of_event_and_rejection(self):
        self.assertEqual(EVERY_EVENT - set(compare_seeds(None, range(1, 31)).events), set())


if __name__ == "__main__":
    unittest.main()
