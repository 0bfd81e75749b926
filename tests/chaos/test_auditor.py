"""The auditor names what is wrong: each test alters a database, or what a consumer got, on purpose."""
import contextlib
import json
import pathlib
import shutil
import sqlite3
import tempfile
import unittest

from auditor import Auditor, Expected, judge_delivery, judge_listener, judge_page, listened, notifier_lanes, slack_events
from services import BIN, ROOT, Sqlite
from workload import Workload

STREAM = "7f6f60d438e949a2196aa663d4827cce"


def load_into(path, expected):
    """A database as the engine leaves it, made from what is expected of it."""
    at = "2024-09-21T00:00:00.000000Z"
    with contextlib.closing(sqlite3.connect(path)) as database:
        for migration in sorted((ROOT / "sql/sqlite").glob("*.sql")):
            database.executescript(migration.read_text(encoding="utf-8"))
        insert = lambda table, **row: database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
        late = expected.summary["late"]
        numbers = {transaction: number for number, transaction in enumerate(expected.transactions, 1)}
        for transaction, row in expected.transactions.items():
            number, stored = numbers[transaction], dict(row)
            original, reversed_by, stream = (stored.pop(field) for field in ("original", "reversed_by", "stream"))
            stored["reversed_by_kind"] = stored["reversed_by_kind"] or None
            insert("transactions", apply_seq=number, recorded_on="2024-09-21", stream_id=STREAM if stream == "its own" else "commands", epoch=1,
                   sequence=number, transaction_id=transaction, base_price="1", notional="1", late=int(number <= late),
                   original_apply_seq=numbers.get(original), reversed_by_apply_seq=numbers.get(reversed_by), reversed_by_transaction_id=reversed_by or None,
                   **stored)
        for number, (line, (kind, decision, became)) in enumerate(sorted(expected.quarantine.items()), len(expected.transactions) + 1):
            insert("quarantine", stream_id=STREAM, sequence=number, source="transactions.csv", line=line, field="", value="", reason="", raw="", received_at=at,
                   kind=kind, decision=decision or None, applied_as=numbers.get(became))
        records = len(expected.transactions) + len(expected.quarantined_lines) + expected.duplicates
        insert("stream_cursors", stream_id=STREAM, name="simulator@chaos", epoch=1, sequence=records, missing=0, updated_at=at,
               duplicates=expected.duplicates, conflicts=expected.conflicts)
        for table, key, rows in (("client_exposures", "client_id", expected.clients), ("symbol_exposures", "symbol", expected.symbols)):
            for name, row in rows.items():
                insert(table, **{key: name}, total_exposure=row["gross"], last_updated=at, **row)
        zero = dict.fromkeys(("total_exposure", "gross", "net", "long", "short", "turnover", "pnl"), "0.0000")
        insert("firm_exposures", firm_id="", position_count=0, transaction_count=expected.counts["EXECUTION"], risk_level="LOW", last_updated=at, **zero)
        for (client, symbol), row in expected.positions.items():
            insert("positions", client_id=client, symbol=symbol, **row)
        open_now = {}
        opened = 0
        for number, event in enumerate(expected.events, 1):
            rule = event["alert_type"], event["entity_type"], event["entity_id"]
            if event["event"] == "OPENED":
                alert = expected.alerts[opened]
                opened += 1
                open_now[rule] = opened
                insert("alerts", alert_id=opened, limit_value=alert["limit"], peak="0", window_seconds=0, config_version=1, contributors="[]",
                       latest_event_type="OPENED", latest_event_at=at, message="", updated_at=at, resolved_at=alert["resolved_at"] or None,
                       measure=alert["measure"] or None, **{key: alert[key] for key in ("alert_type", "severity", "status", "entity_type", "entity_id", "value", "opened_at")})
            insert("alert_events", event_id=number, alert_id=open_now[rule], event_type=event["event"], severity=event["severity"], value=event["value"],
                   at=event["at"], transaction_id=event["transaction_id"] or None, message="", payload=b"event %d" % number)
        database.commit()


@unittest.skipUnless((BIN / "riskctl").exists(), "riskctl is not built")
class AuditTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="risk-auditor-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        load = Workload(4, 20000, 1)
        transactions, rules = load.write(cls.folder)
        cls.expected = Expected(BIN / "riskctl", transactions, rules, load)
        load_into(cls.folder / "right.db", cls.expected)

    def differences(self, *statements):
        """What the auditor says once these have altered the database."""
        path = self.folder / "altered.db"
        shutil.copy(self.folder / "right.db", path)
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA foreign_keys = OFF")
            for statement in statements:
                self.assertGreater(database.execute(statement).rowcount, 0, statement)
            database.commit()
        return [str(difference) for difference in Auditor(self.expected, Sqlite(path)).audit()]

    def test_what_is_right_has_no_difference(self):
        self.assertGreater(len(self.expected.events), 20)
        self.assertEqual(self.differences(), [])

    def test_a_position_that_changed(self):
        [(client, symbol), row] = next(iter(self.expected.positions.items()))
        self.assertEqual(self.differences(f"UPDATE positions SET quantity = '0.00000001' WHERE client_id = '{client}' AND symbol = '{symbol}'"),
                         [f"position {client} {symbol} quantity: expected {row['quantity']}, found 0.00000001"])

    def test_a_position_too_few_and_one_too_many(self):
        found = self.differences("UPDATE positions SET client_id = 'NOBODY' WHERE (client_id, symbol) = (SELECT client_id, symbol FROM positions LIMIT 1)")
        self.assertEqual(len(found), 2, found)
        self.assertTrue(any(line.startswith("position NOBODY") and "expected nothing" in line for line in found), found)

    def test_an_exposure_that_is_a_ten_thousandth_off(self):
        client, row = next(iter(self.expected.clients.items()))
        self.assertEqual(self.differences(f"UPDATE client_exposures SET net = '0.0001' WHERE client_id = '{client}'"),
                         [f"client {client} net: expected {row['net']}, found 0.0001"])
        symbol, row = next(iter(self.expected.symbols.items()))
        self.assertEqual(self.differences(f"UPDATE symbol_exposures SET transaction_count = 0 WHERE symbol = '{symbol}'"),
                         [f"symbol {symbol} transaction_count: expected {row['transaction_count']}, found 0"])

    def test_a_transaction_that_is_missing(self):
        found = self.differences("DELETE FROM transactions WHERE transaction_id = 'T0010000'")
        self.assertEqual(found, ["transaction T0010000: expected stored, found nothing"])

    def test_a_transaction_that_came_twice(self):
        found = self.differences(f"""
            INSERT INTO transactions (apply_seq, recorded_on, epoch, stream_id, sequence, transaction_id, executed_at, client_id, symbol, side, quantity, price, currency,
            base_price, notional, broker_id, market, late) SELECT 1000000, recorded_on, 1, '{STREAM}', 1000000, transaction_id, executed_at, client_id, symbol, side, quantity,
            price, currency, base_price, notional, broker_id, market, late FROM transactions WHERE transaction_id = 'T0010000'""")
        self.assertEqual(found, ["transaction T0010000: expected once, found again"])

    def test_transactions_in_another_order(self):
        found = self.differences("UPDATE transactions SET apply_seq = 1000000 WHERE transaction_id = 'T0010000'")
        self.assertEqual(found, ["transaction T0010000: expected in its order, found after one that follows it"])

    def test_a_transaction_that_changed(self):
        found = self.differences("UPDATE transactions SET price = '1' WHERE transaction_id = 'T0010000'")
        self.assertEqual(found, [f"transaction T0010000 price: expected {self.expected.transactions['T0010000']['price']}, found 1"])

    def some(self, **fields):
        """The id of the first transaction that has these."""
        return next(name for name, row in self.expected.transactions.items() if all(row[field] == value for field, value in fields.items()))

    def test_a_bust_or_a_correction_that_is_stored_as_another_one(self):
        bust = self.some(kind="BUST")
        of = self.expected.transactions[bust]["original"]
        for change, differs in ((f"reversed_by_kind = 'CORRECTION' WHERE transaction_id = '{of}'", f"{of} reversed_by_kind: expected BUST, found CORRECTION"),
                                (f"reversed_by_apply_seq = NULL WHERE transaction_id = '{of}'", f"{of} reversed_by: expected {bust}, found "),
                                (f"original_apply_seq = 1 WHERE transaction_id = '{bust}'", f"{bust} original: expected {of}, found T0000001"),
                                (f"kind = 'EXECUTION' WHERE transaction_id = '{bust}'", f"{bust} kind: expected BUST, found EXECUTION"),
                                (f"ref_transaction_id = 'X' WHERE transaction_id = '{bust}'",
                                 f"{bust} ref_transaction_id: expected {self.expected.transactions[bust]['ref_transaction_id']}, found X")):
            self.assertEqual(self.differences(f"UPDATE transactions SET {change}"), [f"transaction {differs}"])
        counted = self.some(counted_only=1)
        self.assertEqual(self.differences(f"UPDATE transactions SET counted_only = 0 WHERE transaction_id = '{counted}'"),
                         [f"transaction {counted} counted_only: expected 1, found 0"])

    def test_what_waited_and_is_stored_elsewhere_or_still_waits(self):
        [line, (_, _, waited)] = next((line, state) for line, state in sorted(self.expected.quarantine.items()) if state[1] == "APPLIED")
        self.assertEqual(self.differences(f"UPDATE transactions SET stream_id = '{STREAM}' WHERE transaction_id = '{waited}'"),
                         [f"transaction {waited} stream: expected commands, found its own"])
        self.assertEqual(self.differences(f"UPDATE transactions SET sequence = 0 WHERE transaction_id = '{waited}'")[0].partition(":")[0],
                         f"transaction {waited} sequence")
        self.assertEqual(self.differences(f"UPDATE quarantine SET decision = 'WAITING', applied_as = NULL WHERE line = {line}"),
                         [f"quarantine line {line} decision: expected APPLIED, found WAITING", f"quarantine line {line} became: expected {waited}, found "])
        self.assertEqual(self.differences(f"UPDATE quarantine SET applied_as = 1 WHERE line = {line}"),
                         [f"quarantine line {line} became: expected {waited}, found T0000001"])
        self.assertEqual(self.differences(f"UPDATE quarantine SET kind = 'REJECTED' WHERE line = {line}"),
                         [f"quarantine line {line} kind: expected AWAITING_EXECUTION, found REJECTED"])

    def test_an_event_that_is_missing(self):
        found = self.differences("DELETE FROM alert_events WHERE event_id = 7")
        self.assertEqual(found[0], "event id 7: expected stored, found nothing")
        self.assertEqual(len(found), 2, found)
        self.assertRegex(found[1], r"^alert event 7: expected \{.*\}, found nothing$")

    def test_an_event_that_is_there_twice(self):
        last = len(self.expected.events)
        found = self.differences(f"""INSERT INTO alert_events (event_id, alert_id, event_type, severity, value, at, transaction_id, message, payload)
            SELECT {last + 1}, alert_id, event_type, severity, value, at, transaction_id, message, payload FROM alert_events WHERE event_id = 7""")
        self.assertEqual(found[0], f"event id {last + 1}: expected nothing, found stored")
        self.assertEqual(len(found), 2, found)
        self.assertTrue(found[1].startswith(f"alert event after {last}: expected nothing"), found)

    def test_an_event_that_changed(self):
        event = self.expected.events[6]
        self.assertEqual(self.differences("UPDATE alert_events SET value = '1.0000' WHERE event_id = 7"),
                         [f"alert event 7 value: expected {event['value']}, found 1.0000"])
        self.assertEqual(self.differences("UPDATE alert_events SET at = '2024-01-01T00:00:00.000000Z' WHERE event_id = 7"),
                         [f"alert event 7 at: expected {event['at']}, found 2024-01-01T00:00:00.000000Z"])

    def test_an_alert_that_is_in_another_state(self):
        found = self.differences("UPDATE alerts SET status = 'ACKNOWLEDGED' WHERE alert_id = 3")
        self.assertEqual(found, [f"alert 3 status: expected {self.expected.alerts[2]['status']}, found ACKNOWLEDGED"])

    def test_a_quarantined_row_that_is_missing_or_there_twice(self):
        line = min(self.expected.quarantined_lines)
        self.assertEqual(self.differences(f"DELETE FROM quarantine WHERE line = {line}"), [f"quarantine line {line}: expected once, found 0 times"])
        self.assertEqual(self.differences(f"""INSERT INTO quarantine (stream_id, sequence, source, line, field, value, reason, raw, received_at)
            SELECT stream_id, sequence, source, line, field, value, reason, raw, received_at FROM quarantine WHERE line = {line}"""),
                         [f"quarantine line {line}: expected once, found 2 times"])

    def test_a_cursor_that_is_behind_or_has_a_gap_and_a_second_stream(self):
        records = len(self.expected.transactions) + len(self.expected.quarantined_lines) + self.expected.duplicates
        where = f"WHERE stream_id = '{STREAM}'"
        self.assertEqual(self.differences(f"UPDATE stream_cursors SET sequence = sequence - 1 {where}"),
                         [f"cursor sequence: expected {records}, 0 ticks among them, found {records - 1}"])
        self.assertEqual(self.differences(f"UPDATE stream_cursors SET missing = 2 {where}"), ["cursor missing: expected 0, found 2"])
        for field in ("duplicates", "conflicts"):
            count = getattr(self.expected, field)
            self.assertEqual(self.differences(f"UPDATE stream_cursors SET {field} = {field} + 1 {where}"),
                             [f"cursor {field}: expected {count}, found {count + 1}"])
        found = self.differences("""INSERT INTO stream_cursors (stream_id, name, epoch, sequence, missing, updated_at)
            VALUES ('another', 'simulator@chaos', 1, 5, 0, '')""")
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith("cursor streams: expected 1, found"), found)

    def test_a_page_that_shows_another_total(self):
        database = Sqlite(self.folder / "right.db")
        stored = self.expected.counts["EXECUTION"]
        self.assertEqual(judge_page(stored, database), [])
        self.assertEqual([str(difference) for difference in judge_page(5, database)], [f"page transactions.total: expected {stored}, found 5"])

    def test_a_listener_that_got_another_payload(self):
        database = Sqlite(self.folder / "right.db")
        records = [(number, (b"event %d" % number).hex()) for number in range(1, 11)]
        self.assertEqual(judge_listener(records, database, 10).differences, [])
        records[4] = (5, records[3][1])
        [difference] = judge_listener(records, database, 10).differences
        self.assertEqual((difference.where, difference.found), ("payload of event 5", records[3][1]))


class DeliveryTest(unittest.TestCase):
    def judge(self, numbers, events=4):
        delivery = judge_delivery("notifier", numbers, events)
        return [str(difference) for difference in delivery.differences], delivery.lost, delivery.repeated

    def test_repeats_are_counted_and_no_difference(self):
        self.assertEqual(self.judge([1, 2, 1, 2, 3, 4]), ([], 0, 2))

    def test_an_event_that_is_lost(self):
        self.assertEqual(self.judge([1, 2, 4]), (["notifier event 3: expected delivered, found nothing"], 1, 0))

    def test_an_event_out_of_order(self):
        self.assertEqual(self.judge([1, 3, 2, 4]), (["notifier event 2: expected in order, found after event 3"], 0, 0))

    def test_what_became_critical_may_pass_the_rest_and_nothing_else_may(self):
        critical = {"event": "OPENED", "severity": "CRITICAL"}
        events = [{"event": "OPENED", "severity": "HIGH"}, critical, {"event": "RESOLVED", "severity": "CRITICAL"}, critical]

        def judge(numbers):
            return [str(difference) for difference in judge_delivery("notifier", numbers, 4, notifier_lanes(events)).differences]
        self.assertEqual(judge([2, 4, 1, 3]), [])
        self.assertEqual(judge([4, 2, 1, 3]), ["notifier event 2: expected in order, found after event 4"])
        self.assertEqual(judge([2, 3, 1, 4]), ["notifier event 1: expected in order, found after event 3"])

    def test_an_event_that_never_was(self):
        self.assertEqual(self.judge([1, 2, 3, 4, 5]), (["notifier event 5: expected nothing, found delivered"], 0, 0))

    def test_reads_what_consumers_wrote(self):
        with tempfile.TemporaryDirectory(prefix="risk-auditor-") as folder:
            sink, listener = pathlib.Path(folder) / "sink", pathlib.Path(folder) / "listened"
            self.assertEqual((slack_events(sink), listened(listener)), ([], []))
            message = {"attachments": [{"fields": [{"title": "Alert", "value": "12, event 34, rules version 1"}]}]}
            sink.write_text("".join(json.dumps(line) + "\n" for line in (
                {"event": "listening", "port": 1}, {"event": "request", "status": "200", "body": json.dumps(message)},
                {"event": "request", "status": "500", "body": json.dumps(message)})))
            listener.write_text("1 aa\n2 bb\n3 c")
            self.assertEqual((slack_events(sink), listened(listener)), ([34], [(1, "aa"), (2, "bb")]))


if __name__ == "__main__":
    unittest.main()
