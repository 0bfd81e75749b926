"""What must be there once the inputs of all streams are applied, in the order in which the engine took them and whatever happened meanwhile."""
import collections
import json
import subprocess

from adjustments import FILES, HEADERS, RATES
from marks import Marking
from sources import ADJUSTMENT, COMMANDS, INSTRUMENT, PRICE, ROW, Instant, merge
from workload import HEADER, write_csv

EXPOSURES = ("gross", "net", "long", "short", "turnover", "pnl", "position_count", "risk_level")
EVENT_FIELDS = ("event", "alert_type", "entity_type", "entity_id", "severity", "measure", "value", "limit", "at", "transaction_id")
ALERT_FIELDS = ("alert_type", "entity_type", "entity_id", "measure", "limit", "severity", "status", "value", "opened_at", "resolved_at")
TRANSACTION_FIELDS = ("executed_at", "client_id", "symbol", "side", "quantity", "price", "currency", "broker_id", "market", "order_id", "kind", "ref_transaction_id",
                      "counted_only", "original", "reversed_by", "reversed_by_kind", "stream")
FIGURES = ("side", "quantity", "price", "currency")  # of a bust those of what it takes back
SECONDS_MAX = 120
AWAITING = "AWAITING_EXECUTION"
STATES = {"bad": ("REJECTED", "", "", ""), "conflict": ("CONFLICT", "WAITING", "", ""), "waiting": (AWAITING, "WAITING", "", ""), "dropped": (AWAITING, "DROPPED", "", "")}
# A file of transactions is merged with others by the instants of its rows. Where something moved time that is no row, it has one of that instant that is refused,
# and so does nothing more; for a tick there is a price of a symbol that nobody holds.
CLOCK = "CLOCK"
MERGED, MERGED_PRICES, MERGED_INSTRUMENTS = "merged.csv", "merged-prices.csv", "merged-instruments.csv"


class Applied:
    """What becomes of inputs in the order in which they came, by what is known of each."""

    def __init__(self, inputs, shared):
        self.shared = shared
        self.transactions = {}  # by id, in order
        self.others = []        # inputs that are applied and no rows
        self.adjustments = []   # that have a row in their table: (input, state)
        self.sequence = []      # inputs that are applied, each with the id of its transaction, if it is one
        self.quarantine = collections.defaultdict(list)  # by file and line: kind, decision, what it became, and what decided
        self.duplicates, self.conflicts = collections.Counter(), collections.Counter()  # by stream
        self.waiting, self.chains = collections.defaultdict(list), {}
        for made in inputs:
            if isinstance(made, Instant):
                continue
            if made.kind == ROW:
                self.take_row(made)
            else:
                self.take_other(made)

    def take_row(self, made):
        reference = made.row["ref_transaction_id"]
        if made.fate == "duplicate":
            self.duplicates[made.source] += 1
        elif made.fate is not None:
            self.conflicts[made.source] += made.fate == "conflict"
            self.quarantine[made.file, made.line].append(STATES[made.fate])
        elif made.row["transaction_id"] in self.shared and made.row["transaction_id"] in self.transactions:
            self.take_second(made)
        elif reference and reference not in self.chains:
            self.waiting[reference].append(made)
        else:
            self.store(made, False)

    def take_second(self, made):
        """A row that another stream had first."""
        first = self.transactions[made.row["transaction_id"]]
        if first["quantity"] == made.row["quantity"]:
            self.duplicates[made.source] += 1
        else:
            self.conflicts[made.source] += 1
            self.quarantine[made.file, made.line].append(STATES["conflict"])

    def take_other(self, made):
        if made.fate == "duplicate":
            self.duplicates[made.source] += 1
        elif made.fate == "bad":
            self.quarantine[made.file, made.line].append(STATES["bad"])
        elif made.kind == ADJUSTMENT:
            self.adjustments.append((made, {None: "APPLIED", "refused": "REFUSED", "pending": "PENDING"}[made.fate]))
        if made.fate is None:
            self.others.append(made)
            self.sequence.append((made, None))

    def store(self, made, has_waited):
        """What takes another one back and comes before it follows it at once."""
        row = made.row
        name, kind = row["transaction_id"], row["kind"] or "EXECUTION"
        stored = {field: row.get(field, "") for field in TRANSACTION_FIELDS}
        stored |= {"kind": kind, "counted_only": int(kind == "EXECUTION" and name in self.waiting), "original": "", "reversed_by": "", "reversed_by_kind": "",
                   "stream": COMMANDS if has_waited else made.source}
        if has_waited:
            self.quarantine[made.file, made.line].append((AWAITING, "APPLIED", name, ""))
        if kind == "EXECUTION":
            self.chains[name] = [name]
        else:
            chain = self.chains[row["ref_transaction_id"]]
            original = self.transactions[chain[-1]]
            original |= {"reversed_by": name, "reversed_by_kind": kind}
            stored["original"] = chain[-1]
            if kind == "BUST":
                stored |= {field: original[field] for field in FIGURES}
            else:
                chain.append(name)
                self.chains[name] = chain
        self.transactions[name] = stored
        self.sequence.append((made, name))
        for other in self.waiting.pop(name, ()):
            self.store(other, True)


class Expected:
    """`order` as of sources.merge. `repeated`: how many more messages each stream had that told what was told."""

    def __init__(self, riskctl, folder, rules, sources, order, repeated=None):
        shared = frozenset().union(*(source.shared for source in sources))
        inputs = merge(order, sources)
        self.sources = {source.name: source for source in sources}
        self.applied = applied = Applied(inputs, shared)
        self.transactions = applied.transactions
        self.counts = collections.Counter(row["kind"] for row in self.transactions.values())
        self.duplicates = applied.duplicates + collections.Counter(repeated or {})
        self.conflicts, self.repeated = applied.conflicts, collections.Counter(repeated or {})
        self.ticks = [name for kind, _, name in order if kind == "TICK"]
        refused = self.write(folder, inputs)
        with self.started(riskctl, folder, rules) as run:
            self.judge_by_marks()  # while the backtest runs
            self.read_backtest(run, refused)

    def judge_by_marks(self):
        """What of the prices is a mark, and what is held."""
        marking = Marking(RATES, [row for source in self.sources.values() for row in source.instruments])
        for made, name in self.applied.sequence:
            marking.apply(made, self.transactions.get(name))
        self.marks = marking.marks_now()
        self.quarantine = {place: sorted(states + marking.held_states.pop(place, [])) for place, states in self.applied.quarantine.items()}
        self.quarantine |= {place: sorted(states) for place, states in marking.held_states.items()}
        self.transaction_counts = marking.transaction_counts

    @staticmethod
    def started(riskctl, folder, rules):
        paths = {"--transactions": MERGED, "--adjustments": FILES["ADJUSTMENT"], "--prices": MERGED_PRICES, "--rates-file": FILES["RATE"],
                 "--instruments": MERGED_INSTRUMENTS}
        flags = [word for flag, name in paths.items() for word in (flag, folder / name)]
        command = [riskctl, "backtest", *flags, "--config", rules, "--format", "jsonl"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PATH": "/usr/bin:/bin"})

    def read_backtest(self, run, refused):
        try:
            out, errors = run.communicate(timeout=SECONDS_MAX)
        except subprocess.TimeoutExpired:
            run.kill()
            raise
        if run.returncode != 0:
            raise subprocess.CalledProcessError(run.returncode, run.args, stderr=errors)
        lines = [json.loads(line) for line in out.splitlines()]
        of = lambda kind: [line for line in lines if line["kind"] == kind and line.get("symbol") != CLOCK]
        self.summary = of("summary")[0]
        self.summary["quarantined"] -= refused
        self.positions = {(line["client_id"], line["symbol"]): {"quantity": line["quantity"]} for line in of("position")}
        self.clients = {line["client_id"]: {key: line[key] for key in EXPOSURES} for line in of("client")}
        self.symbols = {line["symbol"]: {key: line[key] for key in EXPOSURES} for line in of("symbol")}
        self.alerts, self.events = alerts_of([{key: line[key] or "" for key in EVENT_FIELDS} for line in of("event")])
        for rows, kind in ((self.clients, "CLIENT"), (self.symbols, "SYMBOL")):
            for name, row in rows.items():
                row["transaction_count"] = self.transaction_counts[kind, name]
        for symbol, row in self.symbols.items():
            row["mark"] = self.marks.get(symbol, "")

    def counts_of_backtest(self):
        """What the backtest must say, which has seen neither what a broker sent again nor what was bad of it."""
        of_files = lambda name: [made for source in self.sources.values() for made in source.inputs if made.fate == name]
        quarantined = sum(self.conflicts.values()) + sum(len(of_files(fate)) for fate in ("waiting", "dropped", "refused"))
        quarantined += sum(self.sources[made.source].is_file for made in of_files("bad"))
        return {"quarantined": quarantined, "duplicates": sum((self.duplicates - self.repeated).values()),
                "transactions": self.counts["EXECUTION"], "busted": self.counts["BUST"], "corrected": self.counts["CORRECTION"]}

    def write(self, folder, inputs):
        """All rows as one file in the order in which they came, all prices and all instruments. Returns how many rows are only there for their instant."""
        instruments = [made.row for source in self.sources.values() for made in source.inputs if made.kind == INSTRUMENT]
        instruments += [row for source in self.sources.values() for row in source.instruments]
        write_csv(folder / MERGED_INSTRUMENTS, HEADERS[INSTRUMENT], (row.values() for row in instruments))
        rows, prices, refused = [], [], 0
        for made in inputs:
            if isinstance(made, Instant):
                refused += 1
                rows.append((f"{CLOCK}{refused}", made.at, CLOCK, CLOCK, "BUY", "0", "1", "USD", CLOCK, CLOCK, "", "", ""))
                if made.is_tick:
                    prices.append((made.at, CLOCK, "1", "USD"))
            elif made.kind == PRICE:
                prices.append(made.row.values())
            elif made.kind == ROW and (made.fate != "bad" or self.sources[made.source].is_file):
                rows.append([*made.row.values(), ""][:len(HEADER) + 1])
        write_csv(folder / MERGED_PRICES, HEADERS[PRICE], prices)
        write_csv(folder / MERGED, (*HEADER, "order_id"), rows)
        return refused


def alerts_of(events):
    """The alerts that events tell of, in the order of their opening, each as of its last event; and the events, each with the limit that its alert has at the end:
    what a held price is held against may change while an alert is open, and only the alert's row says it.
    """
    alerts, open_now, alert_of = [], {}, []
    for event in events:
        rule = event["alert_type"], event["entity_type"], event["entity_id"]
        if event["event"] == "OPENED":
            open_now[rule] = {**event, "status": "OPEN", "opened_at": event["at"], "resolved_at": ""}
            alerts.append(open_now[rule])
        alert = open_now[rule]
        alert.update(severity=event["severity"], value=event["value"], limit=event["limit"])
        alert_of.append(alert)
        if event["event"] == "RESOLVED":
            alert.update(status="RESOLVED", resolved_at=event["at"])
    return [{key: alert[key] for key in ALERT_FIELDS} for alert in alerts], [{**event, "limit": alert["limit"]} for event, alert in zip(events, alert_of)]
