"""The oracle's adjustments: splits, renames and positions that are set, and what they make of inputs from before them and of names that stand for others."""
import re
from typing import NamedTuple

from oracle_figures import INT64_MAX, exact_text, half_even, nanos, units
from oracle_rules import is_id

FACTOR_MAX = 10**6
REASON_BYTES_MAX = 200
NEEDED = {"SPLIT": ("ratio",), "RENAME": ("new_symbol",), "SET_POSITION": ("client_id", "quantity")}
NAMING = ("transaction", "counted", "position", "price", "held_price")  # kinds of lines whose symbol may be a name for another


class Split(NamedTuple):
    """`new` units for `old` ones, of a symbol as of an instant."""

    symbol: str
    at: int
    new: int
    old: int

    def quantity(self, quantity):
        return half_even(quantity * self.new, self.old)

    def price(self, price):
        return half_even(price * self.old, self.new)


class Rename(NamedTuple):
    symbol: str
    to: str


class History:
    """The adjustments that were applied. A moment is how many there were."""

    def __init__(self):
        self.log = []
        self.names = {}  # name -> (what it was renamed to, the moment after that)
        self.lives = {}  # symbol -> the moment at which it came to be a symbol of its own again

    def moment(self):
        return len(self.log)

    def meaning(self, name):
        while name in self.names:
            name = self.names[name][0]
        return name

    def splits_of(self, name):
        """Those that what comes under the name may be from before: of each symbol that the name has stood for, since it did. What came back to its name went through
        those of the other one."""
        found, since = [], 0
        while True:
            since = max(since, self.lives.get(name, 0))
            to, renamed = self.names.get(name, (None, len(self.log) + 1))
            found += self.since(name, since, renamed - 1)[1]
            if to is None:
                return found
            name, since = to, renamed

    def since(self, symbol, moment, until=None):
        """Where a position of then is now, or was at a later moment, and the splits that it went through."""
        splits = []
        for entry in self.log[moment:until]:
            if entry.symbol != symbol:
                continue
            if isinstance(entry, Split):
                splits.append(entry)
            else:
                symbol = entry.to
        return symbol, splits

    def split(self, split):
        self.log.append(split)

    def rename(self, symbol, to):
        self.names.pop(to, None)
        self.log.append(Rename(symbol, to))
        self.names[symbol] = to, self.moment()

    def revive(self, symbol):
        """What was renamed is a symbol of its own again, as if it were new."""
        if symbol in self.names:
            del self.names[symbol]
            self.lives[symbol] = self.moment()

    def meant(self, line):
        """The line with the symbol that it means, and the name by which it came."""
        return {**line, "symbol": self.meaning(line["symbol"]), "received_as": line["symbol"]} if line["kind"] in NAMING else line

    def in_terms_of_now(self, line, at):
        """The line as if it came after the splits that it is from before, and no field, or the field that leaves its range."""
        splits = sorted((split for split in self.splits_of(line["received_as"]) if at < split.at), key=lambda split: split.at)
        return with_splits(line, splits)


def with_splits(line, splits, fields=("quantity", "price")):
    line = {**line, "splits": splits}
    for field in fields:
        if field in line:
            amount = split_amount(units(line[field]), splits, field)
            if amount is None:
                return line, field
            line[field] = exact_text(amount)
    return line, None


def split_amount(amount, splits, kind="quantity"):
    """Through one split after the other, each rounding; nothing if one of them takes it out of range."""
    for split in splits:
        amount = getattr(split, kind)(amount)
        if abs(amount) > INT64_MAX:
            return None
    return amount


def ratio_of(text):
    """(new, old), or nothing."""
    match = re.fullmatch(r"([0-9]+):([0-9]+)", text)
    ratio = match and tuple(map(int, match.groups()))
    return ratio if ratio and all(1 <= factor <= FACTOR_MAX for factor in ratio) else None


def adjustment_problem(line):
    """The first field that does not fit, judged alone. What another kind needs must be empty."""
    kind, data = line["adjustment"], line["reason"].encode()
    if kind not in NEEDED:
        return "kind"
    fits = {"ratio": ratio_of, "new_symbol": lambda name: is_id(name) and name != line["symbol"], "client_id": is_id,
            "quantity": lambda text: re.fullmatch(r"-?[0-9]+(\.[0-9]{1,8})?", text) and abs(units(text)) <= INT64_MAX}
    if not is_id(line["symbol"]):
        return "symbol"
    for field in ("ratio", "new_symbol", "client_id", "quantity"):
        if not (fits[field](line[field]) if field in NEEDED[kind] else line[field] == ""):
            return field
    return "reason" if len(data) > REASON_BYTES_MAX or any(byte < 0x20 or byte == 0x7F for byte in data) else None


class Adjustments:
    """The part of an Oracle that applies them."""

    def adjust(self, line):
        field = adjustment_problem(line)
        field = field or {"SPLIT": self.split, "RENAME": self.rename, "SET_POSITION": self.set_position}[line["adjustment"]](line, self.history.meaning(line["symbol"]))
        if field:
            self.reject(field)

    def split(self, line, symbol):
        if symbol not in self.marks:
            return "symbol"
        split = Split(symbol, nanos(line["effective_at"]), *ratio_of(line["ratio"]))

        def change():
            for row in self.positions.values():
                row.update({symbol: split.quantity(row[symbol])} if symbol in row else {})
            self.marks.split(split)
        return None if self.apply_adjustment(line, change, (symbol,), lambda: self.history.split(split)) else "ratio"

    def rename(self, line, symbol):
        to = self.history.meaning(line["new_symbol"])
        if to == symbol:
            to = line["new_symbol"]  # which is a symbol of its own again
        if to == symbol:
            return "new_symbol"

        def change():
            for row in self.positions.values():
                if row.get(symbol):
                    row[to], row[symbol] = row.get(to, 0) + row[symbol], 0
            self.marks.rename(symbol, to)
        return None if self.apply_adjustment(line, change, (symbol, to), lambda: self.history.rename(symbol, to)) else "new_symbol"

    def set_position(self, line, symbol):
        if self.marks.require_instruments and symbol not in self.marks.instruments:
            return "symbol"

        def change():
            self.positions.setdefault(line["client_id"], {})[symbol] = units(line["quantity"])
            self.marks.introduce(symbol)
        return None if self.apply_adjustment(line, change, (symbol,), lambda: None) else "quantity"

    def apply_adjustment(self, line, change, symbols, record):
        """Whether it leaves everything in its range, judged before time moves and also as if its own sweep closed what is over; then it is applied, whole."""
        at = nanos(line["effective_at"])
        over = [symbol for symbol in symbols if self.marks.is_over(symbol, at)]
        if not self.would_fit(change, ()) or (over and not self.would_fit(change, over)):
            return False
        self.move_now(at)
        self.pnl.nobody_gains(change)
        record()
        return True

    def would_fit(self, change, closed):
        positions, marks, bases = {client: dict(row) for client, row in self.positions.items()}, self.marks.copy_of(), dict(self.pnl.bases)

        def close():
            for row in self.positions.values():
                row.update({symbol: 0 for symbol in closed if symbol in row})
        self.pnl.nobody_gains(close)
        self.pnl.nobody_gains(change)
        fits = all(abs(quantity) <= INT64_MAX for row in self.positions.values() for quantity in row.values())
        fits = fits and self.marks.fit() and self.marks.remembered_fit() and self.is_in_range() and self.pnl.is_in_range()
        self.positions, self.pnl.bases = positions, bases
        self.marks.restore(marks)
        return fits
