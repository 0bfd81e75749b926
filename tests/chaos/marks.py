"""Which price is each symbol's mark, and which are held, after inputs in the order in which they were applied: by the oracle's reading of the rules (tests/support).

A backtest says what the marks come to, and not what was held.
"""
import collections
import pathlib
import sys
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from oracle_adjustments import History, Split, ratio_of, with_splits  # noqa: E402
from oracle_figures import SECOND, UNIT, nanos, units  # noqa: E402
from oracle_marks import OLDEST, Marks  # noqa: E402
from oracle_price import Quote, after_bust, after_correction, after_quote, quote_of  # noqa: E402
from sources import INSTRUMENT, PRICE, RATE, ROW  # noqa: E402

BASE = "USD"
HELD = "HELD_PRICE"
ORDER_WINDOW = SECOND


class Guard:
    """The default of the rule price_deviation, as the oracle's rules have it."""
    enabled = True

    def of(self, names, entity):
        return self

    def limit_of(self, entity):
        return 2 * UNIT


class Trade:
    """An execution or a correction that was applied: where, after which adjustments, and from before which splits."""
    __slots__ = ("symbol", "moment", "splits", "at", "client", "applied_by", "is_counted", "origin")

    def __init__(self, symbol, moment, splits, at, client, applied_by, is_counted, origin=None):
        self.symbol, self.moment, self.splits, self.at, self.client = symbol, moment, splits, at, client
        self.applied_by, self.is_counted, self.origin = applied_by, is_counted, origin or self


class Marking:
    def __init__(self, rates, instruments):
        """`instruments`: rows of those that are known before anything else."""
        self.marks, self.history, self.rules = Marks(), History(), Guard()
        self.marks.base = BASE
        self.marks.rates = {currency: (units(rate), OLDEST) for currency, rate in rates.items()}
        for row in instruments:
            self.introduce_instrument(row)
        self.now = None
        self.trades = {}  # by id
        self.orders = {}  # client: (order_id, symbol, side, instant of the first, which it is)
        self.held_at = {}  # symbol: the place in the quarantine of what is held
        self.held_states = collections.defaultdict(list)  # by place
        self.transaction_counts = collections.Counter()
        self.days = {}

    def apply(self, made, stored):
        """`stored`: of a row what it became."""
        row, kind = made.row, made.kind
        if kind == ROW:
            self.now, symbols = self.apply_row(row, stored), (self.trades[row["transaction_id"]].symbol,) if stored["kind"] != "BUST" else (self.busted,)
            name, place = row["transaction_id"], ("", 0) if stored["stream"] == "commands" else (made.file, made.line)
        else:
            symbols, name, place = self.apply_other(kind, row), kind, (made.file, made.line)
        for symbol in symbols:
            self.note_held(symbol, name if kind == ROW else "", name, place)

    def instant(self, text):
        """As nanos(), of what the load writes."""
        day = self.days.get(text[:10])
        if day is None:
            day = self.days[text[:10]] = nanos(text[:10] + "T00:00:00Z")
        return day + (int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])) * SECOND + int(text[20:26]) * 1000

    # --- rows

    def apply_row(self, row, stored):
        at = self.instant(row["executed_at"])
        now = at if self.now is None else max(self.now, at)
        if stored["kind"] == "EXECUTION":
            self.execute(row, stored, at, now)
        elif stored["kind"] == "BUST":
            old = self.trades[stored["original"]]
            self.busted = self.history.since(old.symbol, old.moment)[0]
            self.put(after_bust(self.marks, self.busted, old))
        else:
            self.correct(row, stored, at, now)
        return now

    def execute(self, row, stored, at, now):
        name, client = self.history.meaning(row["symbol"]), row["client_id"]
        self.transaction_counts["CLIENT", client] += 1
        self.transaction_counts["SYMBOL", name] += 1
        line, splits = row, ()
        if at < now and self.history.log:
            line, _ = self.history.in_terms_of_now({**row, "symbol": name, "received_as": row["symbol"]}, at)
            splits = line["splits"]
        trade = self.trades[row["transaction_id"]] = Trade(name, self.history.moment(), splits, at, client, row["transaction_id"], bool(stored["counted_only"]))
        if trade.is_counted:
            self.marks.introduce(name)
            return
        currency = row["currency"] or self.marks.currency_of(row | {"symbol": name})
        quote = Quote(name, units(line["price"]), currency, at, trade.applied_by, client, row.get("order_id", ""), self.order_of(row, name, at))
        if not self.marks.is_older(name, at):
            self.put(after_quote(self.marks, self.rules, quote, now, self.marks.held.get(name)))

    def order_of(self, row, symbol, at):
        order_id, client = row.get("order_id", ""), row["client_id"]
        known = self.orders.get(client)
        if known:
            open_id, open_symbol, side, first, order = known
            if order_id == open_id if order_id or open_id else ((open_symbol, side) == (symbol, row["side"]) and at - first < ORDER_WINDOW):
                return order
        order = object()
        self.orders[client] = order_id, symbol, row["side"], at, order
        return order

    def correct(self, row, stored, at, now):
        old = self.trades[stored["original"]]
        symbol, splits = self.history.since(old.origin.symbol, old.origin.moment)
        line, _ = with_splits({**row, "symbol": symbol}, [*old.origin.splits, *splits], ("price",))
        name = row["transaction_id"]
        self.put(after_correction(self.marks, self.rules, line, old, name, now))
        self.trades[name] = Trade(symbol, self.history.moment(), (), at, old.client, name, False, old.origin)

    def introduce_instrument(self, row):
        self.marks.instruments[row["symbol"]] = {**row, "contract": row["contract"] or "LINEAR", "multiplier": row["multiplier"] or "1"}

    def put(self, after):
        self.marks.put(after)

    # --- others

    def apply_other(self, kind, row):
        """Gives the symbols whose price may be held since, or no longer."""
        if kind == INSTRUMENT:
            self.introduce_instrument(row)
            return ()
        at = nanos(row["at" if kind in (PRICE, RATE) else "effective_at"])
        self.now = max(self.now, at)
        if kind == RATE:
            self.marks.set_rate(row)
            return ()
        symbol = self.history.meaning(row["symbol"])
        if kind == PRICE:
            line = {**row, "symbol": symbol}
            self.put(after_quote(self.marks, self.rules, quote_of(self.marks, line, at, object()), self.now, self.marks.held.get(symbol)))
            return (symbol,)
        if row["kind"] == "SPLIT":
            split = Split(symbol, at, *ratio_of(row["ratio"]))
            self.marks.split(split)
            self.history.split(split)
        elif row["kind"] == "RENAME":
            to = self.history.meaning(row["new_symbol"])
            self.marks.rename(symbol, to)
            self.history.rename(symbol, to)
            return symbol, to
        else:
            self.marks.introduce(symbol)
        return (symbol,)

    # --- what is held

    def note_held(self, symbol, became, by, place):
        held = self.marks.held.get(symbol)
        before = self.held_at.get(symbol)
        if (held is None and before is None) or (before and held is before[0]):
            return
        if before:
            _, was, was_became = before
            self.held_states[was].remove((HELD, "WAITING", was_became, ""))
            self.held_states[was].append((HELD, "DROPPED", "", f"{by} is held in its place" if held else f"dropped by {by}"))
            del self.held_at[symbol]
        if held:
            self.held_at[symbol] = held, place, became
            self.held_states[place].append((HELD, "WAITING", became, ""))

    def marks_now(self):
        """What one unit of each symbol is worth."""
        return {symbol: Decimal(self.marks[symbol]) / UNIT for symbol in self.marks}
