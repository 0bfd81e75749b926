"""Judges what the services left behind against what `riskctl backtest` says of the same file.

It shares no code with the services: it reads the tables, what the sink behind the notifier's Slack channel was sent, and
what a listener on the bus wrote down. Each difference is a line that says what, where, expected and found.

riskctl runs the same core, so that a wrong rule goes unseen here (tests/differential looks for those); what no fault may
do is lose, repeat or reorder anything on the way through the services.
"""
import collections
import csv
import dataclasses
import difflib
import json
import re
import subprocess
from decimal import Decimal, InvalidOperation

EXPOSURES = ("gross", "net", "long", "short", "turnover", "pnl", "position_count", "risk_level")
EVENT_FIELDS = ("event", "alert_type", "entity_type", "entity_id", "severity", "measure", "value", "limit", "at", "transaction_id")
ALERT_FIELDS = ("alert_type", "entity_type", "entity_id", "measure", "limit", "severity", "status", "value", "opened_at", "resolved_at")
TRANSACTION_FIELDS = ("executed_at", "client_id", "symbol", "side", "quantity", "price", "currency", "broker_id", "market", "kind", "ref_transaction_id",
                      "counted_only", "original", "reversed_by", "reversed_by_kind", "stream")
FIGURES = ("side", "quantity", "price", "currency")  # of a bust those of what it takes back
NUMBERS = {"gross", "net", "long", "short", "turnover", "pnl", "position_count", "quantity", "price", "value", "limit", "transaction_count",
           "counted_only"}
SECONDS_MAX = 120
SLACK_EVENT = re.compile(r"^\d+, event (\d+), rules version \d+$")
INPUT_STREAMS = "stream_id NOT IN ('engine', 'alerts')"  # which are the engine's own
NOTHING = "nothing"
COMMANDS = "commands"  # the stream_id of what had to wait in the quarantine
AWAITING = "AWAITING_EXECUTION"


@dataclasses.dataclass(frozen=True)
class Difference:
    what: str
    where: str
    expected: object
    found: object

    def __str__(self):
        return f"{self.what} {self.where}: expected {self.expected}, found {self.found}"


class Expected:
    """What must be there once a file of transactions is applied, whatever happened meanwhile."""

    def __init__(self, riskctl, transactions, rules, load):
        run = subprocess.run([riskctl, "backtest", "--transactions", transactions, "--config", rules, "--format", "jsonl"],
                             capture_output=True, text=True, check=True, timeout=SECONDS_MAX, env={"PATH": "/usr/bin:/bin"})
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        of = lambda kind: [line for line in lines if line["kind"] == kind]
        self.summary = of("summary")[0]
        self.positions = {(line["client_id"], line["symbol"]): {"quantity": line["quantity"]} for line in of("position")}
        self.clients = {line["client_id"]: {key: line[key] for key in EXPOSURES} for line in of("client")}
        self.symbols = {line["symbol"]: {key: line[key] for key in EXPOSURES} for line in of("symbol")}
        self.events = [{key: line[key] or "" for key in EVENT_FIELDS} for line in of("event")]
        self.alerts = alerts_of(self.events)
        self.quarantined_lines, self.duplicates, self.conflicts = load.quarantined_lines(), len(load.duplicate_lines), len(load.conflict_lines)
        with open(transactions, encoding="utf-8", newline="") as file:
            rows = [(line, row) for line, row in enumerate(csv.DictReader(file), 2)
                    if line not in self.quarantined_lines and line not in load.duplicate_lines]
        self.transactions, waited_lines = stored_rows(rows)  # by id, in order
        self.counts = collections.Counter(row["kind"] for row in self.transactions.values())
        # By line: kind, decision, and the id of the transaction that it became.
        self.quarantine = {line: (AWAITING, "APPLIED", transaction) for line, transaction in waited_lines.items()}
        for lines, state in ((load.bad_lines, ("REJECTED", "", "")), (load.conflict_lines, ("CONFLICT", "WAITING", "")),
                             (load.waiting_lines, (AWAITING, "WAITING", "")), (load.dropped_lines, (AWAITING, "DROPPED", ""))):
            self.quarantine |= dict.fromkeys(lines, state)
        for rows, key in ((self.clients, "client_id"), (self.symbols, "symbol")):
            for row in rows.values():
                row["transaction_count"] = 0
            for transaction in self.transactions.values():
                rows[transaction[key]]["transaction_count"] += transaction["kind"] == "EXECUTION"


def stored_rows(rows):
    """What becomes of the rows of a file that are applied, (line, row): the transactions by id in their order, and of the lines of those that had to wait
    their ids. What takes another one back and comes before it follows it at once.
    """
    stored, waiting, chains, waited_lines = {}, collections.defaultdict(list), {}, {}

    def store(line, row, has_waited):
        name, kind = row["transaction_id"], row["kind"] or "EXECUTION"
        made = {field: row.get(field, "") for field in TRANSACTION_FIELDS}
        made |= {"kind": kind, "counted_only": int(kind == "EXECUTION" and name in waiting), "original": "", "reversed_by": "", "reversed_by_kind": "",
                 "stream": COMMANDS if has_waited else "its own"}
        if has_waited:
            waited_lines[line] = name
        if kind == "EXECUTION":
            chains[name] = [name]
        else:
            chain = chains[row["ref_transaction_id"]]
            original = stored[chain[-1]]
            original |= {"reversed_by": name, "reversed_by_kind": kind}
            made["original"] = chain[-1]
            if kind == "BUST":
                made |= {field: original[field] for field in FIGURES}
            else:
                chain.append(name)
                chains[name] = chain
        stored[name] = made
        for next_line, next_row in waiting.pop(name, ()):
            store(next_line, next_row, True)

    for line, row in rows:
        if row["ref_transaction_id"] and row["ref_transaction_id"] not in chains:
            waiting[row["ref_transaction_id"]].append((line, row))
        else:
            store(line, row, False)
    return stored, waited_lines


def alerts_of(events):
    """The alerts that events tell of, in the order of their opening, each as of its last event."""
    alerts, open_now = [], {}
    for event in events:
        rule = event["alert_type"], event["entity_type"], event["entity_id"]
        if event["event"] == "OPENED":
            open_now[rule] = {**event, "status": "OPEN", "opened_at": event["at"], "resolved_at": ""}
            alerts.append(open_now[rule])
        alert = open_now[rule]
        alert.update(severity=event["severity"], value=event["value"])
        if event["event"] == "RESOLVED":
            alert.update(status="RESOLVED", resolved_at=event["at"])
    return [{key: alert[key] for key in ALERT_FIELDS} for alert in alerts]


def canonical(field, value):
    """10.50 and 10.5 are one number."""
    try:
        return Decimal(str(value)) if field in NUMBERS else str(value)
    except InvalidOperation:
        return str(value)


def same(field, expected, found):
    return canonical(field, expected) == canonical(field, found)


class Auditor:
    """Reads one database; audit() gives the differences."""

    def __init__(self, expected, database):
        self.expected, self.database = expected, database
        self.found = []

    def audit(self):
        self.found = []
        self.judge_transactions()
        self.judge_cursor()
        self.judge_quarantine()
        self.judge_state()
        self.judge_alerts()
        return self.found

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

    def judge_transactions(self):
        found = self.stored()
        places_of = {row["apply_seq"]: row["transaction_id"] for row in found}
        for row in found:
            for field in ("original", "reversed_by"):
                row[field] = "" if row[field] == "0" else places_of.get(row[field], f"apply_seq {row[field]}")
            # What had to wait has no sequence of its own.
            if row["stream"] == COMMANDS and row["sequence"] != row["apply_seq"]:
                self.differ("transaction", f"{row['transaction_id']} sequence", row["apply_seq"], row["sequence"])
            row["stream"] = COMMANDS if row["stream"] == COMMANDS else "its own"
        expected, seen = self.expected.transactions, set()
        latest, places = 0, {transaction: place for place, transaction in enumerate(expected)}
        for row in found:
            transaction = row.pop("transaction_id")
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

    def stored(self):
        """The transactions as they are stored, in order. What they refer to is the apply_seq, 0 where there is none."""
        return self.rows(("transaction_id", *TRANSACTION_FIELDS, "apply_seq", "sequence"), f"""
            SELECT transaction_id, {self.time('executed_at')}, client_id, symbol, side, quantity, price, currency, broker_id, market,
                   kind, ref_transaction_id, CASE WHEN counted_only THEN 1 ELSE 0 END, coalesce(original_apply_seq, 0), coalesce(reversed_by_apply_seq, 0),
                   coalesce(reversed_by_kind, ''), stream_id, apply_seq, sequence
            FROM transactions ORDER BY apply_seq""")

    def judge_cursor(self):
        """One stream, whole: a record is a row, which is stored, quarantined or known already, or a tick. What had to wait was one record, though it is
        both in the quarantine and a transaction.
        """
        streams = self.rows(("stream", "name", "sequence", "missing", "duplicates", "conflicts"),
                            f"SELECT stream_id, name, sequence, missing, duplicates, conflicts FROM stream_cursors WHERE {INPUT_STREAMS}")
        if len(streams) != 1:
            self.differ("cursor", "streams", 1, [f"{row['stream']} of {row['name']} at {row['sequence']}" for row in streams])
            return
        ticks = int(self.one("SELECT count(*) FROM engine_inputs WHERE kind = 'TICK'"))
        records = len(self.expected.transactions) + len(self.expected.quarantined_lines) + self.expected.duplicates + ticks
        if int(streams[0]["sequence"]) != records:
            self.differ("cursor", "sequence", f"{records}, {ticks} ticks among them", streams[0]["sequence"])
        for field, count in (("missing", 0), ("duplicates", self.expected.duplicates), ("conflicts", self.expected.conflicts)):
            if int(streams[0][field]) != count:
                self.differ("cursor", field, count, streams[0][field])

    def judge_quarantine(self):
        rows = self.rows(("line", "kind", "decision", "became"), """
            SELECT coalesce(q.line, 0), q.kind, coalesce(q.decision, ''), coalesce(t.transaction_id, '')
            FROM quarantine q LEFT JOIN transactions t ON t.apply_seq = q.applied_as ORDER BY q.quarantine_id""")
        found, expected = collections.defaultdict(list), self.expected.quarantine
        for row in rows:
            found[int(row.pop("line"))].append(row)
        for line in sorted(found.keys() | expected.keys()):
            if len(found[line]) != (line in expected):
                self.differ("quarantine", f"line {line}", "once" if line in expected else NOTHING, f"{len(found[line])} times")
            elif line in expected:
                self.compare("quarantine", f"line {line}", dict(zip(("kind", "decision", "became"), expected[line])), found[line][0])
        counts = self.expected.counts
        for field, count in (("quarantined", len(self.expected.quarantined_lines)), ("duplicates", self.expected.duplicates),
                             ("transactions", counts["EXECUTION"]), ("busted", counts["BUST"]), ("corrected", counts["CORRECTION"])):
            if count != self.expected.summary[field]:
                self.differ("backtest", field, count, self.expected.summary[field])

    def judge_state(self):
        fields = (*EXPOSURES, "transaction_count")
        columns = ", ".join(fields)
        keyed = lambda key, table: {row.pop(key): row for row in self.rows((key, *fields), f"SELECT {key}, {columns} FROM {table}")}
        self.compare_tables("client", self.expected.clients, keyed("client_id", "client_exposures"))
        self.compare_tables("symbol", self.expected.symbols, keyed("symbol", "symbol_exposures"))
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
        # A value of the event, the rest of its alert: a limit or a measure does not change while an alert is open.
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
