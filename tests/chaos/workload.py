#!/usr/bin/env python3
"""A seeded load: a file of transactions as a busy market sends them, and rules that make a few hundred alert events of it.

    workload.py --seed 1 --rate 20000 --seconds 8 FOLDER      writes FOLDER/transactions.csv, rules.yaml and the files that go with them

A seed gives the same bytes on every machine. `simulator --replay transactions.csv --speed real` sends at the rate. The
load knows which of its rows must be quarantined (bad_lines, conflict_lines; of busts and corrections also waiting_lines, whose execution
never comes, and dropped_lines, whose execution was busted before they could correct it) and which come a second time (duplicate_lines), but
nothing of what the rules make of the others. `inputs` has all of it in the order of the stream.
"""
import argparse
import collections
import csv
import itertools
import pathlib
import random
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from adjustments import FILES, HEADERS, IN_EUR, NEGATIVE, RATES, Adjustments
from reversals import Reversals
from sources import ROW, Input
from wild_prices import HALTED, THIN, WildPrices

HEADER = ("transaction_id", "executed_at", "client_id", "symbol", "side", "quantity", "price", "currency", "broker_id", "market", "kind", "ref_transaction_id")
# Midnight comes three seconds into the load, so that a session ends in the middle of it. The first row is on a whole
# second: ticks, which follow it second by second, then sweep where the transactions do, in a backtest without ticks too.
BEGIN = datetime(2024, 9, 20, 23, 59, 57, tzinfo=timezone.utc)

CLIENTS, SYMBOLS, ZIPF = 400, 120, 0.9
ODD_CLIENTS = ('O"Neill, Inc.', "Çelik Ağaç", "日本証券", "client with spaces")  # quoted, or more bytes than letters
LATE_PART, LATE_SECONDS_MAX = 1 / 400, 6
FAT_FINGER_PART = 1 / 4000
BAD_PART = 1 / 2500
AGAIN_PART = 1 / 250  # rows that came before, as they were
CONFLICT_PART = 0.1  # of those: under the same identity, with another quantity
SHARED = 40  # rows that a broker of drop-copy reports, too; so late that they move no time
SHARED_CONFLICT_PART = 0.2  # of those: the broker's has another quantity
REVERSAL_PART = 1 / 110  # busts and corrections, and executions with those that come before them
CLOSING_PART = 0.3  # of the trades of a client in a symbol that it holds; so exposures come and go
TRADES_IN_A_MOOD = 40  # a client buys more than it sells for about so long, then the other way round
MOOD = 0.6

# Each breaks one field of a row in a way that no engine may apply.
BAD_ROWS = (
    {"quantity": "0"}, {"quantity": "-5"}, {"quantity": "many"}, {"quantity": "1.000000001"}, {"price": "-0.01"}, {"price": ""},
    {"price": "1e3"}, {"side": "HOLD"}, {"side": ""}, {"client_id": ""}, {"client_id": "x" * 51}, {"symbol": ""},
    {"currency": "XXX"}, {"executed_at": "yesterday"}, {"executed_at": "2024-02-30T00:00:00Z"}, {"kind": "bust"}, {"kind": "TRADE"},
    {"ref_transaction_id": "T0000001"})
LINES = ("bad_lines", "conflict_lines", "waiting_lines", "dropped_lines", "duplicate_lines")

# Velocities go with the rate.
RULES = """\
# Fewer than the load has, so that the store is asked for the others.
executions:
  duplicates_max: 30000
  broker_aliases: {{{fix_broker}: {shared_broker}}}
rules:
  rates: {{{rates}}}
  client_exposure:
    limit: 700000
    limits: {{CLIENT_0001: 2000000, CLIENT_0002: 1500000}}
  symbol_exposure:
    limit: 2500000
  firm_exposure:
    limit: 70000000
  client_velocity:
    limit: {client_velocity}
    window_seconds: 2
  symbol_velocity:
    limit: {symbol_velocity}
    window_seconds: 2
  client_anomaly:
    threshold: 9
    high_threshold: 12
    quiet_seconds: 2
  symbol_anomaly:
    threshold: 9
    high_threshold: 14
    quiet_seconds: 2
  price_deviation:
    quiet_seconds: 2
"""
FIX_BROKER, SHARED_BROKER = "PRIME", "B1"  # one broker, by its names in the two feeds
VELOCITY_PARTS = {"client_velocity": 0.045, "symbol_velocity": 0.075}  # of the rate


def zipf(count):
    return list(itertools.accumulate(1 / rank**ZIPF for rank in range(1, count + 1)))


def time_text(at):
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


class Market:
    """Who trades what, at which price in cents, and what is held."""

    def __init__(self, rng):
        self.clients = [f"CLIENT_{number:04}" for number in range(1, CLIENTS + 1 - len(ODD_CLIENTS))] + list(ODD_CLIENTS)
        self.symbols = [f"SYM{number:03}" for number in range(1, SYMBOLS + 1)]
        self.client_weights, self.symbol_weights = zipf(len(self.clients)), zipf(len(self.symbols))
        self.prices = {symbol: rng.randint(500, 40000) for symbol in (*self.symbols, *THIN, HALTED)}
        self.held = collections.defaultdict(Decimal)

    def some_client(self, rng):
        return rng.choices(self.clients, cum_weights=self.client_weights)[0]

    def some_symbol(self, rng):
        return rng.choices(self.symbols, cum_weights=self.symbol_weights)[0]

    def split(self, symbol, new, old):
        self.prices[symbol] = max(100, self.prices[symbol] * old // new)
        for key in self.held:
            if key[1] == symbol:
                self.held[key] = (self.held[key] * new / old).quantize(Decimal("0.00000001"))

    def rename(self, symbol, new_symbol):
        self.prices.setdefault(new_symbol, self.prices[symbol])
        for client, other in list(self.held):
            if other == symbol:
                self.held[client, new_symbol] += self.held.pop((client, symbol))


class Workload:
    def __init__(self, seed, rate=20000, seconds=8.0):
        self.seed, self.rate, self.seconds = seed, rate, seconds
        self.count = max(1, int(rate * seconds))
        self.forget()

    def forget(self):
        self.inputs = []  # in the order of the stream: rows of all files
        self.shared = []  # rows that a broker reports, too, and whether it reports them otherwise
        # Of the file, from 1; known once it is written.
        self.bad_lines, self.conflict_lines, self.waiting_lines, self.dropped_lines, self.duplicate_lines = (set() for _ in LINES)

    def quarantined_lines(self):
        return self.bad_lines | self.conflict_lines | self.waiting_lines | self.dropped_lines

    def time_of(self, number):
        return BEGIN + timedelta(microseconds=number * 1_000_000 // self.rate)

    def time_text_of(self, number):
        return time_text(self.time_of(number))

    def ticks(self):
        """The instants of those that a replay at this rate sends between."""
        return [self.time_text_of(number) for number in range(self.rate, self.count, self.rate)]

    def rows(self):
        """Each row of the file as a dictionary, and the name of the lines among which it belongs, if any. Before a row that reaches them first, `inputs` gets
        those of the other files."""
        rng = random.Random(f"workload {self.seed}")
        self.market = market = Market(rng)
        self.adjustments = adjustments = Adjustments(self.seed, self.count, self.rate, self.time_text_of,
                                                     time_text(self.time_of(self.count - 1) + timedelta(microseconds=1)))
        self.sent = sent = []  # rows that are applied
        self.reversals = reversals = Reversals(rng, self.count, self.time_text_of, sent, self.hold)
        self.wild_prices = WildPrices(random.Random(f"wild prices {self.seed}"), self, reversals, adjustments)
        self.buys = {client: rng.random() < 0.5 for client in market.clients}
        shares = set(rng.sample(range(self.count), min(SHARED, self.count // 500)))
        self.inputs += adjustments.instruments()
        for number in range(self.count):
            # Where a tick is due, or something that is no row, there is an execution that is applied.
            if adjustments.is_plain(number):
                self.inputs += adjustments.due(number, market)
                yield self.applied(self.usual(rng, number)), None
            elif wild := self.wild_prices.next_row(number):
                yield wild
            elif number in shares:
                yield self.share(rng, number), None
            elif planned := reversals.planned_row(number):
                yield planned
            elif rng.random() < AGAIN_PART:
                row = dict(rng.choice(sent))
                conflicts = row["kind"] != "BUST" and rng.random() < CONFLICT_PART
                if conflicts:
                    row["quantity"] = f"{Decimal(row['quantity']) + 1:f}"
                yield row, "conflict_lines" if conflicts else "duplicate_lines"
            elif rng.random() < REVERSAL_PART:
                yield reversals.plan_early(self.usual(rng, number), number) if reversals.may_be_early(number) else reversals.usual(number)
            else:
                yield self.late_or_bad(rng, number)
        self.inputs += adjustments.at_end()

    def late_or_bad(self, rng, number):
        """Or neither of the two, as nearly all are."""
        row = self.usual(rng, number)
        if rng.random() < LATE_PART:
            before = rng.randint(1, LATE_SECONDS_MAX * 1_000_000)
            row["executed_at"] = time_text(self.time_of(number) - timedelta(microseconds=before))
            # In the terms of that time.
            price = self.adjustments.in_terms_of(self.adjustments.meaning(row["symbol"]), Decimal(row["price"]), number - before * self.rate // 1_000_000)
            row["price"] = f"{price:f}"
        if rng.random() < BAD_PART:
            return row | rng.choice(BAD_ROWS), "bad_lines"
        return self.applied(row), None

    def share(self, rng, number):
        """One that a broker reports, too. Which comes first nobody knows, so nothing refers to it."""
        at = time_text(BEGIN - timedelta(microseconds=rng.randint(1, 3_600_000_000)))
        row = self.usual(rng, number) | {"executed_at": at, "broker_id": SHARED_BROKER}
        self.shared.append((row, rng.random() < SHARED_CONFLICT_PART))
        return row

    def applied(self, row):
        self.reversals.add(row)
        self.sent.append(row)
        return row

    def hold(self, row, sign):
        signed = sign if row["side"] == "BUY" else -sign
        self.market.held[row["client_id"], self.adjustments.meaning(row["symbol"])] += signed * Decimal(row["quantity"])

    def usual(self, rng, number):
        """An execution at about the price of before, on a whim or to close."""
        market, client, symbol = self.market, self.market.some_client(rng), self.market.some_symbol(rng)
        meaning = self.adjustments.meaning(symbol)
        if rng.random() < 1 / TRADES_IN_A_MOOD:
            self.buys[client] = not self.buys[client]
        market.prices[meaning] = cents = max(100, market.prices[meaning] + rng.choice((-1, 0, 0, 1)) * (1 + market.prices[meaning] // 2500))
        side, quantity = "BUY" if (rng.random() < MOOD) == self.buys[client] else "SELL", self.quantity(rng)
        held = market.held[client, meaning]
        if rng.random() < CLOSING_PART and held:
            side, quantity = "SELL" if held > 0 else "BUY", f"{abs(held):f}"
        price, currency = self.price(rng, cents)
        if symbol == IN_EUR:
            price, currency = self.in_currency(cents, "EUR"), ""
        elif symbol == NEGATIVE and rng.random() < 0.2:
            price = f"-{price}"
        return self.execution(number, client, self.adjustments.name_of(rng, symbol), side, quantity, price, currency, rng)

    def execution(self, number, client, symbol, side, quantity, price, currency, rng=None):
        rng = rng or self.wild_prices.rng
        return dict(zip(HEADER, (
            f"T{number + 1:07}", self.time_text_of(number), client, symbol, side, quantity, price, currency,
            f"B{rng.randint(1, 9)}", rng.choice(("XNYS", "XNAS", "XLON")), rng.choice(("", "", "", "EXECUTION")), "")))

    @staticmethod
    def quantity(rng):
        whole = rng.randint(1, 60)
        if rng.random() < FAT_FINGER_PART:
            return str(whole * rng.choice((50, 100, 200)))
        return rng.choice((str(whole), str(whole), f"{whole}.5", f"{whole}.{rng.randint(1, 99_999_999):08}"))

    @classmethod
    def price(cls, rng, cents):
        """Price and currency."""
        kind = rng.random()
        if kind < 0.9:
            return str(Decimal(cents) / 100), "USD"
        currency = "EUR" if kind < 0.96 else "JPY"
        return cls.in_currency(cents, currency), currency

    @staticmethod
    def in_currency(cents, currency):
        return str((Decimal(cents) / 100 / RATES[currency]).quantize(Decimal("0.01" if currency == "JPY" else "0.00000001")))

    def rules(self):
        counts = {name: max(5, int(self.rate * part)) for name, part in VELOCITY_PARTS.items()}
        return RULES.format(**counts, fix_broker=FIX_BROKER, shared_broker=SHARED_BROKER, rates=", ".join(f"{currency}: {rate}" for currency, rate in RATES.items()))

    def write(self, folder):
        """Writes all files, and returns the paths of the transactions and the rules."""
        folder = pathlib.Path(folder)
        transactions, rules = folder / "transactions.csv", folder / "rules.yaml"
        self.forget()
        for line, (row, lines) in enumerate(self.rows(), 2):
            self.inputs.append(Input(ROW, row, lines and lines.removesuffix("_lines"), transactions.name, line))
            if lines is not None:
                getattr(self, lines).add(line)
        write_csv(transactions, HEADER, (made.row.values() for made in self.inputs if made.kind == ROW))
        for kind, header in HEADERS.items():
            write_csv(folder / FILES[kind], header, (made.row.values() for made in self.inputs if made.kind == kind))
        rules.write_text(self.rules())
        return transactions, rules


def write_csv(path, header, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=int, default=20000, help="transactions a second")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("folder")
    options = parser.parse_args()
    load = Workload(options.seed, options.rate, options.seconds)
    for path in load.write(options.folder):
        print(path)
    print(f"{load.count} rows, {len(load.quarantined_lines())} to be quarantined, {len(load.duplicate_lines)} a second time")


if __name__ == "__main__":
    main()
