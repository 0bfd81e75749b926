"""What a broker reports over FIX during a load: executions of clients and symbols of the load and of its own, all from before the load begins, so that they move no
time; busts, corrections, rows that come again, wild prices, and rows that the load has, too.
"""
import collections
import random
from datetime import timedelta
from decimal import Decimal

from adjustments import HEADERS, RENAMES
from reversals import Reversals
from sources import INSTRUMENT, ROW, Input
from workload import BEGIN, FIX_BROKER, HEADER, time_text

PART, COUNT_MIN = 1 / 300, 40  # of the load's rows
OWN_CLIENTS, OWN_SYMBOLS, OWN_PART = 25, 12, 0.5
REVERSAL_PART, AGAIN_PART, CONFLICT_PART, BAD_PART, WILD_PART = 0.12, 0.03, 0.2, 0.02, 0.12
IN_ORDER_PART, HOURS_MAX = 0.6, 12
FUTURE, MULTIPLIER = "FIX_FUTURE", "50"  # messages say what it stands for
INSTRUMENT_ROW = dict.fromkeys(HEADERS[INSTRUMENT], "") | {"symbol": FUTURE, "multiplier": MULTIPLIER, "currency": "USD", "contract": "LINEAR"}
BAD_ROWS = ({"quantity": "0"}, {"quantity": "many"}, {"price": "1e3"}, {"price": ""}, {"side": "8"}, {"client_id": ""}, {"client_id": "x" * 51}, {"symbol": ""},
            {"currency": "XXX"})
SIDES = {"BUY": "1", "SELL": "2"}
EXEC_TYPES = {"BUST": "H", "CORRECTION": "G"}


class FixLoad:
    """`inputs` are rows like those of the load, with an order_id; their lines are the MsgSeqNums, known once they are sent."""

    def __init__(self, seed, load, count=None):
        """`load` has been written. `count`: of rows."""
        self.load, self.rng = load, random.Random(f"fix {seed}")
        self.count = count or max(COUNT_MIN, int(load.count * PART))
        self.inputs = [Input(ROW, row, lines and lines.removesuffix("_lines"), "", 0) for row, lines in self.rows()]
        self.tells_of_future = any(made.fate != "bad" and made.row["symbol"] == FUTURE for made in self.inputs)
        self.shared = frozenset(row["transaction_id"] for row, _ in load.shared)

    def rows(self):
        rng, sent = self.rng, []
        clients = [f"FIX_CLIENT_{number:02}" for number in range(OWN_CLIENTS)]
        self.prices = {FUTURE: 500_00, **{f"FIX{number:02}": rng.randint(1000, 9000) for number in range(OWN_SYMBOLS)}}
        symbols = [*self.load.market.symbols[:40], *(name for names in RENAMES for name in names)]
        reversals = Reversals(rng, self.count, self.instant, sent, lambda row, sign: None, prefix="F", has_nonsense=False)
        # In another order than the load's, so that now the one stream and now the other has a row first.
        shared = collections.deque(rng.sample(self.load.shared, len(self.load.shared)))
        shares_every = max(1, self.count // (len(shared) + 1))
        for number in range(self.count):
            if shared and number % shares_every == 0:
                yield self.share(*shared.popleft()), None
            elif planned := reversals.planned_row(number):
                yield planned
            elif sent and rng.random() < AGAIN_PART:
                row = dict(rng.choice(sent))
                conflicts = row["kind"] != "BUST" and rng.random() < CONFLICT_PART
                if conflicts:
                    row["quantity"] = f"{Decimal(row['quantity']) + 1:f}"
                yield row, "conflict_lines" if conflicts else "duplicate_lines"
            elif reversals.live and reversals.busted and rng.random() < REVERSAL_PART:
                yield reversals.plan_early(self.usual(number, clients, symbols), number) if reversals.may_be_early(number) else reversals.usual(number)
            elif len(reversals.live) > 5 and not reversals.busted:
                yield reversals.bust_at(0, reversals.live[0].rows[0]["transaction_id"], number), None
            else:
                row = self.usual(number, clients, symbols)
                if rng.random() < BAD_PART:
                    yield row | {"symbol": "FIX00"} | rng.choice(BAD_ROWS), "bad_lines"
                    continue
                reversals.add(row)
                sent.append(row)
                yield row, None

    def instant(self, number):
        """From before the load, often one after the other, so that a price may be a mark; some brokers tell whole seconds or milliseconds."""
        micros = 1_000_000 * (self.count - number + 1) if self.rng.random() < IN_ORDER_PART else self.rng.randint(1_000_000, HOURS_MAX * 3_600_000_000)
        unit = self.rng.choice((1, 1, 1000, 1_000_000))
        return time_text(BEGIN - timedelta(microseconds=-(-micros // unit) * unit))

    def usual(self, number, clients, symbols):
        rng = self.rng
        symbol = rng.choice(tuple(self.prices)) if rng.random() < OWN_PART else rng.choice(symbols)
        client = rng.choice(clients) if rng.random() < OWN_PART else self.load.market.some_client(rng)
        price = Decimal(self.prices.get(symbol, 5000) + rng.randint(-20, 20)) / 100
        if symbol in self.prices and rng.random() < WILD_PART:
            price *= rng.choice((100, Decimal("0.01")))
        kind, order = rng.choice(("", "EXECUTION")), f"O{rng.randint(number // 2, number)}"
        return self.row(f"F{number + 1:05}", self.instant(number), client, symbol, rng.choice(("BUY", "SELL")), str(rng.randint(1, 40)), f"{price:f}", "USD",
                        rng.choice(("XNYS", "")), kind, order)

    def row(self, name, at, client, symbol, side, quantity, price, currency, market, kind="", order_id=""):
        return dict(zip((*HEADER, "order_id"), (name, at, client, symbol, side, quantity, price, currency, FIX_BROKER, market, kind, "", order_id)))

    def share(self, row, conflicts):
        """As the broker tells it: under its other name, in milliseconds, and of an order."""
        at = row["executed_at"][:-4] + "000Z"
        quantity = f"{Decimal(row['quantity']) + 1:f}" if conflicts else row["quantity"]
        return {**row, "executed_at": at, "broker_id": FIX_BROKER, "quantity": quantity, "kind": "", "order_id": "O-" + row["transaction_id"]}


def fields_of(row):
    """The fields of an ExecutionReport that tells of a row; what is empty is left out."""
    kind = row["kind"]
    at = row["executed_at"].rstrip("Z").replace("-", "").replace("T", "-")
    figures = [] if kind == "BUST" else [(32, row["quantity"]), (31, row["price"]), (15, row["currency"])]
    fields = [(1, row["client_id"]), (37, row["order_id"]), (17, row["transaction_id"]), (19, row["ref_transaction_id"]), (150, EXEC_TYPES.get(kind, "F")), (39, "2"),
              (55, row["symbol"]), (54, SIDES.get(row["side"], row["side"])), *figures, (60, at), (30, row["market"])]
    if row["symbol"] == FUTURE:
        fields.append((231, MULTIPLIER))
    return [(tag, value) for tag, value in fields if value]
