"""Judges what the services left behind against what `riskctl backtest` says of the same inputs in the same order.

It shares no code with the services: it reads the tables, what the sink behind the notifier's Slack channel was sent, and
what a listener on the bus wrote down. Each difference is a line that says what, where, expected and found.

riskctl runs the same core, so that a wrong rule goes unseen here (tests/differential looks for those); what no fault may
do is lose, repeat or reorder anything on the way through the services.
"""
import collections
import dataclasses
import difflib
import json
import re
from decimal import Decimal, InvalidOperation

from expected import ALERT_FIELDS, EVENT_FIELDS, EXPOSURES, TRANSACTION_FIELDS
from sources import ADJUSTMENT, COMMANDS, INSTRUMENT, PRICE, RATE, ROW, TICK

NUMBERS = {"gross", "net", "long", "short", "turnover", "pnl", "position_count", "quantity", "price", "value", "limit", "transaction_count",
           "counted_only", "rate", "multiplier", "mark"}
SLACK_EVENT = re.compile(r"^\d+, event (\d+), rules version \d+$")
INPUT = re.compile(r"\binput (\d+)")
HELD = "HELD_PRICE"
DROP_COPY = "drop-copy"  # how the names of its streams begin
INPUT_STREAMS = "stream_id NOT IN ('engine', 'alerts')"  # which are the engine's own
NOTHING = "nothing"
OTHER_FIELDS = {ADJUSTMENT: ("time", "adjustment", "symbol", "ratio", "new_symbol", "client_id", "quantity", "reason"), PRICE: ("time", "symbol", "price", "currency"),
                RATE: ("time", "currency", "rate"), INSTRUMENT: ("time", "symbol", "multiplier", "currency", "contract", "allows_negative", "name", "asset_class")}
ADJUSTMENT_FIELDS = ("effective_at", "kind", "symbol", "ratio", "new_symbol", "client_id", "quantity", "reason", "requested_by", "state")
INSTRUMENT_FIELDS = ("symbol", "multiplier", "currency", "contract", "expires_at", "allows_negative")


@dataclasses.dataclass(frozen=True)
class Difference:
    what: str
    where: str
    expected: object
    found: object

    def __str__(self):
        return f"{self.what} {self.where}: expected {self.expected}, found {self.found}"


def canonical(field, value):
    """10.50 and 10.5 are one number."""
    try:
        return Decimal(str(value)) if field in NUMBERS else str(value)
    except InvalidOperation:
        return str(value)


def same(field, expected, found):
    return canonical(field, expected) == canonical(field, found)


def names_of_streams(database):
    return dict(database.rows(f"SELECT stream_id, name FROM stream_cursors WHERE {INPUT_STREAMS}")) | {COMMANDS: COMMANDS}


class Auditor:
    """Reads one database. order() says in which order the engine took what was sent, audit() gives the differences from what that must come to."""

    def __init__(self, database):
        self.database = database
        self.expected = None
        self.found = []
        streams = names_of_streams(database)
        self.stored, self.others = self.stored_transactions(), self.stored_others()
        for row in (*self.stored, *self.others):
            row["stream"] = streams.get(row["stream"], row["stream"])

    def order(self):
        """As sources.merge takes it."""
        rows = [(int(row["apply_seq"]), ROW, row["stream"], row["transaction_id"]) for row in self.stored]
        rows += [(int(row["apply_seq"]), row["kind"], row["stream"], row["time"]) for row in self.others
                 if row["kind"] != INSTRUMENT or not row["stream"].startswith(DROP_COPY)]
        return [row[1:] for row in sorted(rows)]

    def audit(self, expected):
        self.found, self.expected = [], expected
        self.judge_backtest()
        self.judge_transactions()
        self.judge_others()
        self.judge_cursors()
        self.judge_quarantine()
        self.judge_state()
        self.judge_alerts()
        return self.found

    def stored_transactions(self):
        """As they are stored, in order. What they refer to is the apply_seq, 0 where there is none."""
        return self.rows(("transaction_id", *TRANSACTION_FIELDS, "apply_seq", "sequence"), f"""
            SELECT transaction_id, {self.time('executed_at')}, client_id, symbol, side, quantity, price, currency, broker_id, market, order_id,
                   kind, ref_transaction_id, CASE WHEN counted_only THEN 1 ELSE 0 END, coalesce(original_apply_seq, 0), coalesce(reversed_by_apply_seq, 0),
                   coalesce(reversed_by_kind, ''), stream_id, apply_seq, sequence
            FROM transactions ORDER BY apply_seq""")

    def stored_others(self):
        columns = ("symbol", "client_id", "quantity", "price", "currency", "rate", "multiplier", "contract", "allows_negative", "name", "asset_class",
                   "adjustment", "ratio", "new_symbol", "reason")
        return self.rows(("apply_seq", "kind", "stream", "time", *columns), f"""
            SELECT apply_seq, kind, stream_id, {self.time('time')}, {', '.join(map(self.text, columns))}
            FROM engine_inputs WHERE kind <> 'RULES' ORDER BY apply_seq""")

    @staticmethod
    def text(column):
        return f"coalesce(CAST({column} AS TEXT), '')"

    def differ(self, what, where, expected, found):
        self.found.append(Difference(what, where, expected, found))

    def rows(self, fields, sql):
        return [dict(zip(fields, row)) for row in self.database.rows(sql)]

    def one(self, sql):
        rows = self.database.rows(sql)
        return rows[0][0] if rows else NOTHING

    def time(self, column):
        if self.database.env["DB_TYPE"] == "sqlite":
            return f"coalesce({column}, '')"
        return f"coalesce(to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), '')"

    def compare(self, what, where, expected, found):
        for field, value in expected.items():
            if not same(field, value, found[field]):
                self.differ(what, f"{where} {field}", value, found[field])

    def compare_tables(self, what, expected, found):
        """Rows by key."""
        for key in expected.keys() | found.keys():
            where = " ".join(key) if isinstance(key, tuple) else key
            if key not in found:
                self.differ(what, where, expected[key], NOTHING)
            elif key not in expected:
                self.differ(what, where, NOTHING, found[key])
            else:
                self.compare(what, where, expected[key], found[key])

    def compare_lists(self, what, expected, found):
        """Rows in order, by their number from 1; a row too many or too few does not make all that follow differ."""
        keys = [[tuple(canonical(field, row[field]) for field in (expected or found)[0]) for row in rows] for rows in (expected, found)]
        for kind, a, a_end, b, b_end in difflib.SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
            if kind == "equal":
                continue
            both = min(a_end - a, b_end - b)
            for offset in range(both):
                self.compare(what, str(a + offset + 1), expected[a + offset], found[b + offset])
            for number in range(a + both, a_end):
                self.differ(what, str(number + 1), expected[number], NOTHING)
            for number in range(b + both, b_end):
                self.differ(what, f"after {a_end}", NOTHING, found[number])

    def judge_backtest(self):
        for field, count in self.expected.counts_of_backtest().items():
            if count != self.expected.summary[field]:
                self.differ("backtest", field, count, self.expected.summary[field])

    def judge_transactions(self):
        found = self.stored
        id_of = {row["apply_seq"]: row["transaction_id"] for row in found}
        expected, seen = self.expected.transactions, set()
        latest, places, sequences = 0, {transaction: place for place, transaction in enumerate(expected)}, collections.Counter()
        for row in found:
            row = dict(row)
            for field in ("original", "reversed_by"):
                row[field] = "" if row[field] == "0" else id_of.get(row[field], f"apply_seq {row[field]}")
            transaction, sequence = row["transaction_id"], int(row["sequence"])
            # What had to wait has no sequence of its own.
            if row["stream"] == COMMANDS and row["sequence"] != row["apply_seq"]:
                self.differ("transaction", f"{transaction} sequence", row["apply_seq"], row["sequence"])
            if sequence <= sequences[row["stream"]] and transaction not in seen:
                self.differ("transaction", f"{transaction} sequence", f"after {sequences[row['stream']]}", sequence)
            sequences[row["stream"]] = max(sequences[row["stream"]], sequence)
            if transaction in seen:
                self.differ("transaction", transaction, "once", "again")
                continue
            seen.add(transaction)
            if transaction not in expected:
                self.differ("transaction", transaction, NOTHING, row)
                continue
            self.compare("transaction", transaction, expected[transaction], row)
            if places[transaction] < latest:
                self.differ("transaction", transaction, "in its order", "after one that follows it")
            latest = max(latest, places[transaction])
        for transaction in expected:
            if transaction not in seen:
                self.differ("transaction", transaction, "stored", NOTHING)
        late = self.one("SELECT count(*) FROM transactions WHERE late" + ("" if self.database.env["DB_TYPE"] == "postgresql" else " = 1"))
        if not same("position_count", self.expected.summary["late"], late):
            self.differ("transactions", "late", self.expected.summary["late"], late)

    def judge_others(self):
        """What is an input and no transaction: each once, in the order of its stream, as it was sent."""
        found, ticks = [], []
        for row in self.others:
            kind = row["kind"]
            if kind == TICK:
                ticks.append({"at": row["time"]})
            elif kind != INSTRUMENT or not self.expected.sources[row["stream"]].instruments:
                found.append({"kind": kind, **{field: row[field] for field in OTHER_FIELDS[kind]}})
        fields = {"effective_at": "time", "at": "time", "expires_at": "time", "kind": "adjustment"}
        expected = [{"kind": made.kind, **{fields.get(field, field): value for field, value in made.row.items()}} for made in self.expected.applied.others]
        for row in (*expected, *found):
            if row["kind"] == INSTRUMENT:
                row |= {"contract": row["contract"] or "LINEAR", "allows_negative": str(row["allows_negative"]).lower() in ("1", "t", "true")}
        for kind in OTHER_FIELDS:
            self.compare_lists(kind.lower(), *([row for row in rows if row["kind"] == kind] for rows in (expected, found)))
        ticks_of = [source.ticks for source in self.expected.sources.values() if source.ticks is not None]
        self.compare_lists("tick", [{"at": at} for ticks in ticks_of for at in ticks], ticks)
        self.compare_lists("adjustments", [{"requested_by": made.source, "state": state, **made.row} for made, state in self.expected.applied.adjustments],
                           self.rows(ADJUSTMENT_FIELDS, f"""
            SELECT {self.time('effective_at')}, kind, symbol, ratio, new_symbol, client_id, {self.text('quantity')}, reason, requested_by, state
            FROM adjustments ORDER BY adjustment_id"""))
        told = [made.row for made in self.expected.applied.others if made.kind == INSTRUMENT]
        told += [row for source in self.expected.sources.values() for row in source.instruments]
        instruments = {row["symbol"]: {field: row[field] for field in INSTRUMENT_FIELDS} for row in told}
        stored = {row["symbol"]: row for row in self.rows(INSTRUMENT_FIELDS, f"""
            SELECT symbol, multiplier, currency, contract, {self.time('expires_at')}, allows_negative FROM instruments""")}
        for row in (*instruments.values(), *stored.values()):
            row |= {"contract": row["contract"] or "LINEAR", "allows_negative": row["allows_negative"].lower() in ("1", "t", "true")}
        self.compare_tables("instrument", instruments, stored)

    def judge_cursors(self):
        """Each stream, whole: a record is an input, which is applied, quarantined or known already, or a tick. What had to wait was one record, though it is
        both in the quarantine and a transaction.
        """
        # In one statement, for a stream that goes by a clock may still go on.
        streams = self.rows(("name", "sequence", "missing", "duplicates", "conflicts", "ticks", "instruments"), f"""
            SELECT name, sequence, missing, duplicates, conflicts, (SELECT count(*) FROM engine_inputs i WHERE i.kind = 'TICK' AND i.stream_id = c.stream_id),
                   (SELECT count(*) FROM engine_inputs i WHERE i.kind = 'INSTRUMENT' AND i.stream_id = c.stream_id)
            FROM stream_cursors c WHERE {INPUT_STREAMS} ORDER BY name""")
        if sorted(row["name"] for row in streams) != sorted(self.expected.sources):
            self.differ("cursor", "streams", sorted(self.expected.sources), [f"{row['name']} at {row['sequence']}" for row in streams])
            return
        for row in streams:
            self.judge_cursor(row, self.expected.sources[row["name"]])

    def judge_cursor(self, row, source):
        where = f"of {source.name.partition('@')[0]}"
        records, ticks, sequence = len(source.inputs) + self.expected.repeated[source.name], int(row["ticks"]), int(row["sequence"])
        records += ticks + (int(row["instruments"]) if source.instruments else 0)
        # Ticks that move no time leave nothing.
        if sequence != records if source.ticks is not None else sequence < records:
            self.differ("cursor", f"{where} sequence", f"{records}, {ticks} ticks among them" if source.ticks is not None else f"{records} at least", sequence)
        for field, count in (("missing", 0), ("duplicates", self.expected.duplicates[source.name]), ("conflicts", self.expected.conflicts[source.name])):
            if int(row[field]) != count:
                self.differ("cursor", f"{where} {field}", count, row[field])

    def judge_quarantine(self):
        rows = self.database.rows("""
            SELECT q.source, coalesce(q.line, 0), q.kind, coalesce(q.decision, ''), coalesce(t.transaction_id, ''), coalesce(q.decision_reason, '')
            FROM quarantine q LEFT JOIN transactions t ON t.apply_seq = q.applied_as ORDER BY q.quarantine_id""")
        names = {row["apply_seq"]: row["transaction_id"] for row in self.stored} | {row["apply_seq"]: row["kind"] for row in self.others}
        found, expected = collections.defaultdict(list), self.expected.quarantine
        for file, line, kind, decision, became, reason in rows:
            by = INPUT.sub(lambda match: names.get(match.group(1), match.group(0)), reason) if kind == HELD else ""
            found[file, int(line)].append((kind, decision, became, by))
        for place in sorted(found.keys() | expected.keys()):
            where, states, wanted = f"{place[0] or 'what waited'} line {place[1]}", sorted(found[place]), expected.get(place, [])
            if len(states) != len(wanted):
                self.differ("quarantine", where, f"{len(wanted)} times {wanted}", f"{len(states)} times {states}")
                continue
            for state, wanted_state in zip(states, wanted):
                fields = ("kind", "decision", "became", "by")
                self.compare("quarantine", where, dict(zip(fields, wanted_state)), dict(zip(fields, state)))

    def judge_state(self):
        fields = (*EXPOSURES, "transaction_count")
        keyed = lambda key, table, columns: {row.pop(key): row for row in self.rows((key, *columns), f"SELECT {key}, {', '.join(map(self.text, columns))} FROM {table}")}
        self.compare_tables("client", self.expected.clients, keyed("client_id", "client_exposures", fields))
        self.compare_tables("symbol", self.expected.symbols, keyed("symbol", "symbol_exposures", (*fields, "mark")))
        positions = self.database.rows("SELECT client_id, symbol, quantity FROM positions")
        self.compare_tables("position", self.expected.positions, {(client, symbol): {"quantity": quantity} for client, symbol, quantity in positions})
        count = self.one("SELECT transaction_count FROM firm_exposures")
        if not same("transaction_count", self.expected.summary["transactions"], count):
            self.differ("firm", "transaction_count", self.expected.summary["transactions"], count)

    def judge_alerts(self):
        ids = [int(number) for number, in self.database.rows("SELECT event_id FROM alert_events ORDER BY event_id")]
        for number in sorted(set(range(1, len(self.expected.events) + 1)) ^ set(ids)):
            missing = number <= len(self.expected.events)
            self.differ("event id", str(number), "stored" if missing else NOTHING, NOTHING if missing else "stored")
        # A value of the event, the rest of its alert.
        self.compare_lists("alert event", self.expected.events, self.rows(EVENT_FIELDS, f"""
            SELECT e.event_type, a.alert_type, a.entity_type, a.entity_id, e.severity, coalesce(a.measure, ''), e.value, a.limit_value,
                   {self.time('e.at')}, coalesce(e.transaction_id, '')
            FROM alert_events e JOIN alerts a ON a.alert_id = e.alert_id ORDER BY e.event_id"""))
        self.compare_lists("alert", self.expected.alerts, self.rows(ALERT_FIELDS, f"""
            SELECT alert_type, entity_type, entity_id, coalesce(measure, ''), limit_value, severity, status, value, {self.time('opened_at')}, {self.time('resolved_at')}
            FROM alerts ORDER BY alert_id"""))


@dataclasses.dataclass
class Delivery:
    """What a consumer of alert events got: differences, and how many events it lost or got again."""
    differences: list
    lost: int = 0
    repeated: int = 0


def judge_delivery(consumer, numbers, events, lane_of=lambda number: ""):
    """Every event from 1 to `events`; those of a lane in order once repeats are left out. Repeats are allowed, and counted."""
    delivery, seen, latest_of = Delivery([]), set(), {}
    for number in numbers:
        if number in seen:
            delivery.repeated += 1
            continue
        seen.add(number)
        if not 1 <= number <= events:
            delivery.differences.append(Difference(consumer, f"event {number}", NOTHING, "delivered"))
            continue
        latest = latest_of.get(lane_of(number), 0)
        if number < latest:
            delivery.differences.append(Difference(consumer, f"event {number}", "in order", f"after event {latest}"))
        latest_of[lane_of(number)] = max(latest, number)
    for number in range(1, events + 1):
        if number not in seen:
            delivery.differences.append(Difference(consumer, f"event {number}", "delivered", NOTHING))
            delivery.lost += 1
    return delivery


def notifier_lanes(events):
    """What became CRITICAL may pass the rest; each of the two keeps its order. `events`: what is expected, from event 1 on."""
    def lane_of(number):
        event = events[number - 1] if number <= len(events) else {}
        becomes_critical = event.get("event") in ("OPENED", "ESCALATED") and event.get("severity") == "CRITICAL"
        return "critical" if becomes_critical else "rest"
    return lane_of


def slack_events(sink):
    """The event ids of what the sink took, in order: the message says "Alert: 12, event 34, rules version 1"."""
    numbers = []
    for line in sink.read_text(encoding="utf-8").splitlines() if sink.exists() else ():
        request = json.loads(line)
        if request["event"] != "request" or request["status"] != "200":
            continue
        fields = json.loads(request["body"])["attachments"][0]["fields"]
        numbers += [int(SLACK_EVENT.match(field["value"]).group(1)) for field in fields if field["title"] == "Alert"]
    return numbers


def listened(path):
    """(sequence, payload in hex) of each whole line a listener wrote."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    pairs = (line.split() for line in text[:text.rfind("\n") + 1].splitlines())
    return [(int(sequence), payload) for sequence, payload in pairs]


def judge_listener(records, database, events):
    """As judge_delivery, and that a sequence always came with the payload that the table holds."""
    delivery = judge_delivery("bus listener", [sequence for sequence, _ in records], events)
    hexed = "hex(payload)" if database.env["DB_TYPE"] == "sqlite" else "encode(payload, 'hex')"
    stored = {int(number): payload.lower() for number, payload in database.rows(f"SELECT event_id, {hexed} FROM alert_events")}
    for sequence, payload in records:
        if payload != stored.get(sequence):
            delivery.differences.append(Difference("bus listener", f"payload of event {sequence}", stored.get(sequence), payload))
    return delivery


def judge_page(total, database):
    """What the page shows as the number of transactions: executions, busted ones too."""
    stored = database.rows("SELECT count(*) FROM transactions WHERE kind = 'EXECUTION'")[0][0]
    return [] if str(total) == stored else [Difference("page", "transactions.total", stored, total)]
