"""The auditor names what is wrong: each test alters a database, or what a consumer got, on purpose."""
import contextlib
import json
import pathlib
import shutil
import sqlite3
import tempfile
import unittest

from auditor import Auditor, judge_delivery, judge_listener, judge_page, listened, notifier_lanes, slack_events
from broker import FILE
from expected import Expected
from fix_load import INSTRUMENT_ROW, FixLoad
from services import BIN, FIX_STREAM, ROOT, STREAM_NAME, Sqlite
from sources import ADJUSTMENT, COMMANDS, INSTRUMENT, ROW, Source
from workload import Workload

STREAM, FIX = "7f6f60d438e949a2196aa663d4827cce", "0123456789abcdef0123456789abcdef"
SEED, FIX_COUNT, FIX_EVERY, REPEATED = 4, 250, 40, 3


def interleaved(load, fix):
    """An order as the engine may have taken the two streams in: the broker's begins after the load's first row."""
    order, fix_inputs, ticks, taken, latest = [], iter(fix.inputs), load.ticks(), set(), ""

    def take(made, stream):
        name = made.row.get("transaction_id", "")
        if made.fate is None and name not in taken:
            order.append((made.kind, stream, name))
            taken.update([name] if name else [])
    for place, made in enumerate(load.inputs):
        while made.kind == ROW and made.fate is None and ticks and ticks[0] <= made.row["executed_at"]:
            order.append(("TICK", STREAM_NAME, ticks.pop(0)))
        take(made, STREAM_NAME)
        if place % FIX_EVERY == FIX_EVERY - 1:
            for made in (next(fix_inputs, None),):
                if made:
                    take(made, FIX_STREAM)
    for made in fix_inputs:
        take(made, FIX_STREAM)
    return order


def load_into(path, expected, order):
    """A database as the engine leaves it, made from what is expected of it."""
    at = "2024-09-21T00:00:00.000000Z"
    stream_ids = {STREAM_NAME: STREAM, FIX_STREAM: FIX, COMMANDS: COMMANDS}
    with contextlib.closing(sqlite3.connect(path)) as database:
        for migration in sorted((ROOT / "sql/sqlite").glob("*.sql")):
            database.executescript(migration.read_text(encoding="utf-8"))
        insert = lambda table, **row: database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
        # The ticks come between the rest where the order has them.
        applied, sequence, ticks = iter(expected.applied.sequence), [], 0
        waiting = next(applied, None)
        for kind, _, name in order:
            if kind == "TICK":
                sequence.append((None, name))
                continue
            while waiting:
                sequence.append(waiting)
                is_it = waiting[0].kind == kind and (waiting[1] or "") == name
                waiting = next(applied, None)
                if is_it:
                    break
        sequence += ([waiting] if waiting else []) + list(applied)
        late = expected.summary["late"]
        numbers = {name: number for number, (made, name) in enumerate(sequence, 1) if made and name}
        adjustments = {}
        for number, (made, name) in enumerate(sequence, 1):
            if made is None:
                insert("engine_inputs", apply_seq=number, recorded_on="2024-09-21", stream_id=STREAM, epoch=1, sequence=number, kind="TICK", time=name)
            elif name is None:
                insert_other(insert, number, made, adjustments)
            else:
                insert_transaction(insert, number, name, dict(expected.transactions[name]), numbers, stream_ids, late)
                late -= 1
        for number, (made, state) in enumerate(expected.applied.adjustments, 1):
            insert("adjustments", adjustment_id=number, effective_at_ns=number, requested_by=made.source, requested_at=at, state=state, why="",
                   applied_as=adjustments.get(id(made)), **{**made.row, "quantity": made.row["quantity"] or None})
        for made in expected.applied.others:
            if made.kind == INSTRUMENT:
                insert_instrument(insert, made.row)
        for row in expected.sources[FIX_STREAM].instruments:
            insert_instrument(insert, row)
        waits = ((file, line, *state) for (file, line), states in sorted(expected.quarantine.items()) for state in states)
        for number, (file, line, kind, decision, became, by) in enumerate(waits, len(sequence) + 1):
            decider = by.partition(" is held")[0].removeprefix("dropped by ")
            reason = by.replace(decider, f"input {numbers[decider]}") if decider in numbers else by
            insert("quarantine", stream_id=STREAM, sequence=number, source=file, line=line, field="", value="", reason="", raw="", received_at=at,
                   kind=kind, decision=decision or None, applied_as=numbers.get(became), decision_reason=reason)
        for name, source in expected.sources.items():
            records = len(source.inputs) + expected.repeated[name] + len(source.ticks or ())
            insert("stream_cursors", stream_id=stream_ids[name], name=name, epoch=1, sequence=records, missing=0, updated_at=at,
                   duplicates=expected.duplicates[name], conflicts=expected.conflicts[name])
        for table, key, rows in (("client_exposures", "client_id", expected.clients), ("symbol_exposures", "symbol", expected.symbols)):
            for name, row in rows.items():
                row = {field: str(value) if field == "mark" else value for field, value in row.items()}
                insert(table, **{key: name}, total_exposure=row["gross"], last_updated=at, **row)
        zero = dict.fromkeys(("total_exposure", "gross", "net", "long", "short", "turnover", "pnl"), "0.0000")
        insert("firm_exposures", firm_id="", position_count=0, transaction_count=expected.counts["EXECUTION"], risk_level="LOW", last_updated=at, **zero)
        for (client, symbol), row in expected.positions.items():
            insert("positions", client_id=client, symbol=symbol, **row)
        insert_alerts(insert, expected, at)
        database.commit()


def insert_transaction(insert, number, name, stored, numbers, stream_ids, late):
    original, reversed_by, stream = (stored.pop(field) for field in ("original", "reversed_by", "stream"))
    stored["reversed_by_kind"] = stored["reversed_by_kind"] or None
    insert("transactions", apply_seq=number, recorded_on="2024-09-21", stream_id=stream_ids[stream], epoch=1,
           sequence=number, transaction_id=name, base_price="1", notional="1", late=int(late > 0),
           original_apply_seq=numbers.get(original), reversed_by_apply_seq=numbers.get(reversed_by), reversed_by_transaction_id=reversed_by or None, **stored)


def insert_other(insert, number, made, adjustments):
    row = {field: value for field, value in made.row.items() if value != ""}
    row["time"] = row.pop("effective_at", None) or row.pop("at", None) or row.pop("expires_at", None)
    if "kind" in row:
        row["adjustment"] = row.pop("kind")
        adjustments[id(made)] = number
    if made.kind == INSTRUMENT:
        row |= {"contract": row.get("contract", "LINEAR"), "allows_negative": int(row.get("allows_negative") == "true")}
    insert("engine_inputs", apply_seq=number, recorded_on="2024-09-21", stream_id=COMMANDS if made.kind == ADJUSTMENT else STREAM, epoch=1, sequence=number,
           kind=made.kind, **row)


def insert_instrument(insert, row):
    insert("instruments", **{**row, "contract": row["contract"] or "LINEAR", "expires_at": row["expires_at"] or None, "allows_negative": int(row["allows_negative"] == "true")})


def insert_alerts(insert, expected, at):
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


@unittest.skipUnless((BIN / "riskctl").exists(), "riskctl is not built")
class AuditTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="risk-auditor-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        load = Workload(SEED, 8000, 1.3)
        _, rules = load.write(cls.folder)
        fix = FixLoad(SEED, load, FIX_COUNT)
        for number, made in enumerate(fix.inputs, 2):
            made.file, made.line = FILE, number
        cls.sources = [Source(STREAM_NAME, load.inputs, fix.shared, ticks=load.ticks()),
                       Source(FIX_STREAM, fix.inputs, fix.shared, is_file=False, instruments=[INSTRUMENT_ROW])]
        order = interleaved(load, fix)
        cls.expected = Expected(BIN / "riskctl", cls.folder, rules, cls.sources, order, {FIX_STREAM: REPEATED})
        load_into(cls.folder / "right.db", cls.expected, order)

    def differences(self, *statements):
        """What the auditor says once these have altered the database."""
        path = self.folder / "altered.db"
        self.alter(path, *statements)
        return [str(difference) for difference in Auditor(Sqlite(path)).audit(self.expected)]

    def alter(self, path, *statements):
        shutil.copy(self.folder / "right.db", path)
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA foreign_keys = OFF")
            for statement in statements:
                self.assertGreater(database.execute(statement).rowcount, 0, statement)
            database.commit()

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
        self.assertEqual(len(found), 2, found)
        self.assertRegex(found[0], r"^transaction T0010000 sequence: expected after \d+, found \d+$")
        self.assertEqual(found[1], "transaction T0010000: expected in its order, found after one that follows it")

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
                                (f"original_apply_seq = 1 WHERE transaction_id = '{bust}'", f"{bust} original: expected {of}, found apply_seq 1"),
                                (f"kind = 'EXECUTION' WHERE transaction_id = '{bust}'", f"{bust} kind: expected BUST, found EXECUTION"),
                                (f"ref_transaction_id = 'X' WHERE transaction_id = '{bust}'",
                                 f"{bust} ref_transaction_id: expected {self.expected.transactions[bust]['ref_transaction_id']}, found X")):
            self.assertEqual(self.differences(f"UPDATE transactions SET {change}"), [f"transaction {differs}"])
        counted = self.some(counted_only=1)
        self.assertEqual(self.differences(f"UPDATE transactions SET counted_only = 0 WHERE transaction_id = '{counted}'"),
                         [f"transaction {counted} counted_only: expected 1, found 0"])

    def test_what_waited_and_is_stored_elsewhere_or_still_waits(self):
        [file, line], waited = self.place_of("AWAITING_EXECUTION", "APPLIED")
        place, where = f"{file} line {line}", f"WHERE source = '{file}' AND line = {line}"
        self.assertEqual(self.differences(f"UPDATE transactions SET stream_id = '{STREAM}' WHERE transaction_id = '{waited}'"),
                         [f"transaction {waited} stream: expected commands, found {STREAM_NAME}"])
        self.assertEqual(self.differences(f"UPDATE transactions SET sequence = 0 WHERE transaction_id = '{waited}'")[0].partition(":")[0],
                         f"transaction {waited} sequence")
        self.assertEqual(self.differences(f"UPDATE quarantine SET decision = 'WAITING', applied_as = NULL {where}"),
                         [f"quarantine {place} decision: expected APPLIED, found WAITING", f"quarantine {place} became: expected {waited}, found "])
        other = self.some(kind="EXECUTION")
        self.assertEqual(self.differences(f"UPDATE quarantine SET applied_as = (SELECT apply_seq FROM transactions WHERE transaction_id = '{other}') {where}"),
                         [f"quarantine {place} became: expected {waited}, found {other}"])
        self.assertEqual(self.differences(f"UPDATE quarantine SET kind = 'REJECTED' {where}"),
                         [f"quarantine {place} kind: expected AWAITING_EXECUTION, found REJECTED"])

    def place_of(self, kind, decision):
        """The first place of one state like that in the quarantine, and what it became."""
        return next((place, states[0][2]) for place, states in sorted(self.expected.quarantine.items()) if len(states) == 1 and states[0][:2] == (kind, decision))

    def test_a_held_price_that_is_missing_or_was_decided_otherwise(self):
        (file, line), _ = self.place_of("HELD_PRICE", "DROPPED")
        place, where = f"{file} line {line}", f"WHERE source = '{file}' AND line = {line}"
        [(*_, by)] = self.expected.quarantine[file, line]
        self.assertRegex(by, r"^(dropped by \S+|\S+ is held in its place)$")
        self.assertRegex(self.differences(f"DELETE FROM quarantine {where}")[0], f"^quarantine {place}: expected 1 times .*, found 0 times")
        self.assertEqual(self.differences(f"UPDATE quarantine SET decision = 'WAITING', decision_reason = '' {where}"),
                         [f"quarantine {place} decision: expected DROPPED, found WAITING", f"quarantine {place} by: expected {by}, found "])
        self.assertEqual(self.differences(f"UPDATE quarantine SET decision_reason = 'dropped by input 999999' {where}"),
                         [f"quarantine {place} by: expected {by}, found dropped by input 999999"])
        (file, line), held = self.place_of("HELD_PRICE", "WAITING")
        self.assertEqual(self.differences(f"UPDATE quarantine SET applied_as = NULL WHERE source = '{file}' AND line = {line}"),
                         [f"quarantine {file} line {line} became: expected {held}, found "])

    def test_a_held_price_that_nobody_expects(self):
        found = self.differences("""INSERT INTO quarantine (stream_id, sequence, source, line, field, value, reason, raw, received_at, kind, decision)
            SELECT stream_id, 999999, 'transactions.csv', 1, '', '', '', '', received_at, 'HELD_PRICE', 'WAITING' FROM quarantine LIMIT 1""")
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith("quarantine transactions.csv line 1: expected 0 times [], found 1 times"), found)

    def test_a_mark_that_is_another_one(self):
        for symbol in ("SYM001", "FIX00", "LAST008"):
            mark = self.expected.symbols[symbol]["mark"]
            self.assertEqual(self.differences(f"UPDATE symbol_exposures SET mark = '0.00000001' WHERE symbol = '{symbol}'"),
                             [f"symbol {symbol} mark: expected {mark}, found 0.00000001"])

    def test_an_adjustment_that_is_not_applied_or_in_another_state(self):
        split = next(made for made in self.expected.applied.others if made.row.get("kind") == "SPLIT")
        where = f"kind = 'ADJUSTMENT' AND adjustment = 'SPLIT' AND symbol = '{split.row['symbol']}' AND ratio = '{split.row['ratio']}'"
        found = self.differences(f"DELETE FROM engine_inputs WHERE {where}")
        self.assertEqual(len(found), 1, found)
        self.assertRegex(found[0], r"^adjustment \d+: expected \{.*'SPLIT'.*\}, found nothing$")
        self.assertRegex(self.differences(f"UPDATE engine_inputs SET ratio = '9:1' WHERE {where}")[0], "^adjustment \\d+ ratio: expected .*, found 9:1$")
        states = [state for _, state in self.expected.applied.adjustments]
        self.assertEqual({"APPLIED", "REFUSED", "PENDING"}, set(states))
        for state, other in (("APPLIED", "PENDING"), ("REFUSED", "APPLIED"), ("PENDING", "REFUSED")):
            number = states.index(state) + 1
            self.assertEqual(self.differences(f"UPDATE adjustments SET state = '{other}' WHERE adjustment_id = {number}"),
                             [f"adjustments {number} state: expected {state}, found {other}"])

    def test_a_price_or_a_rate_that_is_missing_there_twice_or_another_one(self):
        for kind, column in (("PRICE", "price"), ("RATE", "rate")):
            where = f"WHERE apply_seq = (SELECT min(apply_seq) FROM engine_inputs WHERE kind = '{kind}')"
            self.assertRegex("".join(self.differences(f"DELETE FROM engine_inputs {where}")), f"^{kind.lower()} 1: expected .*, found nothing$")
            self.assertRegex("".join(self.differences(f"UPDATE engine_inputs SET {column} = '7' {where}")), f"^{kind.lower()} 1 {column}: expected .*, found 7$")
            self.assertRegex("".join(self.differences(f"UPDATE engine_inputs SET apply_seq = 999999 {where}")), f"{kind.lower()} 1: expected .*, found nothing")

    def test_an_instrument_that_is_missing_or_another_one(self):
        for symbol in ("SYM115", "FIX_FUTURE"):
            self.assertRegex("".join(self.differences(f"DELETE FROM instruments WHERE symbol = '{symbol}'")), f"^instrument {symbol}: expected .*, found nothing$")
            self.assertRegex("".join(self.differences(f"UPDATE instruments SET multiplier = '3' WHERE symbol = '{symbol}'")),
                             f"^instrument {symbol} multiplier: expected .*, found 3$")

    def test_a_tick_that_is_missing(self):
        found = self.differences("DELETE FROM engine_inputs WHERE kind = 'TICK'")
        self.assertEqual(found[0], f"tick 1: expected {{'at': '{self.expected.ticks[0]}'}}, found nothing")
        self.assertRegex(found[1], r"^cursor of simulator sequence: expected \d+, 0 ticks among them, found \d+$")

    def test_what_a_broker_reported_and_is_missing_there_twice_or_of_another_stream(self):
        name = self.some(stream=FIX_STREAM, kind="EXECUTION")
        self.assertEqual(self.differences(f"DELETE FROM transactions WHERE transaction_id = '{name}'")[0], f"transaction {name}: expected stored, found nothing")
        self.assertEqual(self.differences(f"UPDATE transactions SET order_id = 'X' WHERE transaction_id = '{name}'"),
                         [f"transaction {name} order_id: expected {self.expected.transactions[name]['order_id']}, found X"])
        self.assertIn(f"transaction {name} stream: expected {FIX_STREAM}, found {STREAM_NAME}",
                      self.differences(f"UPDATE transactions SET stream_id = '{STREAM}' WHERE transaction_id = '{name}'"))

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
        for wanted in ("transactions.csv", FILE, "adjustments.csv", "prices.csv", "rates.csv", "instruments.csv"):
            file, line = next((file, line) for (file, line), states in sorted(self.expected.quarantine.items()) if file == wanted and len(states) == 1)
            where = f"WHERE source = '{file}' AND line = {line}"
            self.assertRegex("".join(self.differences(f"DELETE FROM quarantine {where}")), f"^quarantine {file} line {line}: expected 1 times .*, found 0 times")
            self.assertRegex("".join(self.differences(f"""INSERT INTO quarantine (stream_id, sequence, source, line, field, value, reason, raw, received_at)
                SELECT stream_id, sequence, source, line, field, value, reason, raw, received_at FROM quarantine {where}""")),
                             f"^quarantine {file} line {line}: expected 1 times .*, found 2 times")

    def test_a_cursor_that_is_behind_or_has_a_gap_and_another_stream(self):
        for stream, name, short in ((STREAM, STREAM_NAME, "simulator"), (FIX, FIX_STREAM, "drop-copy")):
            source, where = self.expected.sources[name], f"WHERE stream_id = '{stream}'"
            records = len(source.inputs) + self.expected.repeated[name] + len(source.ticks or ())
            whole = f"{records}, {len(source.ticks)} ticks among them" if source.ticks else f"{records} at least"
            self.assertEqual(self.differences(f"UPDATE stream_cursors SET sequence = sequence - 1 {where}"),
                             [f"cursor of {short} sequence: expected {whole}, found {records - 1}"])
            self.assertEqual(self.differences(f"UPDATE stream_cursors SET missing = 2 {where}"), [f"cursor of {short} missing: expected 0, found 2"])
            for field in ("duplicates", "conflicts"):
                count = getattr(self.expected, field)[name]
                self.assertEqual(self.differences(f"UPDATE stream_cursors SET {field} = {field} + 1 {where}"),
                                 [f"cursor of {short} {field}: expected {count}, found {count + 1}"])
        found = self.differences("""INSERT INTO stream_cursors (stream_id, name, epoch, sequence, missing, updated_at)
            VALUES ('another', 'simulator@chaos', 1, 5, 0, '')""")
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith("cursor streams: expected ["), found)

    def judged_by_its_own_order(self, *statements):
        """What the auditor says where it also takes the order of the streams from the altered database, as in a round."""
        path = self.folder / "altered.db"
        self.alter(path, *statements)
        auditor = Auditor(Sqlite(path))
        expected = Expected(BIN / "riskctl", self.folder, self.folder / "rules.yaml", self.sources, auditor.order(), {FIX_STREAM: REPEATED})
        return [str(difference) for difference in auditor.audit(expected)]

    def test_the_order_of_the_streams_is_taken_from_the_database_and_within_a_stream_it_is_not(self):
        self.assertEqual(self.judged_by_its_own_order(), [])
        first, second = [name for name, row in self.expected.transactions.items() if row["stream"] == FIX_STREAM and row["kind"] == "EXECUTION"][10:12]
        swap = "UPDATE transactions SET apply_seq = {} WHERE transaction_id = '{}'"
        with contextlib.closing(sqlite3.connect(self.folder / "right.db")) as database:
            places = dict(database.execute(f"SELECT transaction_id, apply_seq FROM transactions WHERE transaction_id IN ('{first}', '{second}')"))
        found = self.judged_by_its_own_order(swap.format(0, first), swap.format(places[first], second), swap.format(places[second], first))
        self.assertTrue(any(line.startswith(f"transaction {first} sequence: expected after ") for line in found), found)
        self.assertIn(f"transaction {first}: expected in its order, found after one that follows it", found)

    def test_a_transaction_that_is_lost_is_told_where_the_order_is_taken_from_what_is_there(self):
        name = self.some(stream=FIX_STREAM, kind="EXECUTION", reversed_by="")
        self.assertIn(f"transaction {name}: expected stored, found nothing", self.judged_by_its_own_order(f"DELETE FROM transactions WHERE transaction_id = '{name}'"))

    def test_what_both_streams_have_is_there_once_and_the_other_one_is_counted(self):
        name = next(name for name in self.expected.transactions if name in self.sources[1].shared)
        first = self.expected.transactions[name]["stream"]
        [other] = {STREAM_NAME, FIX_STREAM} - {first}
        found = self.judged_by_its_own_order(f"""
            INSERT INTO transactions (apply_seq, recorded_on, epoch, stream_id, sequence, transaction_id, executed_at, client_id, symbol, side, quantity, price, currency,
            base_price, notional, broker_id, market, late) SELECT 999999, recorded_on, 1, '{FIX if other == FIX_STREAM else STREAM}', 999999, transaction_id, executed_at,
            client_id, symbol, side, quantity, price, currency, base_price, notional, broker_id, market, late FROM transactions WHERE transaction_id = '{name}'""")
        self.assertIn(f"transaction {name}: expected once, found again", found)
        self.assertEqual(self.differences(f"UPDATE stream_cursors SET duplicates = duplicates - 1 WHERE name = '{other}'"),
                         [f"cursor of {other.partition('@')[0]} duplicates: expected {self.expected.duplicates[other]}, found {self.expected.duplicates[other] - 1}"])

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
