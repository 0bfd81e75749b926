#!/usr/bin/env python3
"""A seeded load: a file of transactions as a busy market sends them, and rules that make a few hundred alert events of it.

    workload.py --seed 1 --rate 20000 --seconds 8 FOLDER      writes FOLDER/transactions.csv and FOLDER/rules.yaml

A seed gives the same bytes on every machine. `simulator --replay transactions.csv --speed real` sends at the rate. The
load knows which of its rows must be quarantined (bad_lines, conflict_lines; of busts and corrections also waiting_lines, whose execution
never comes, and dropped_lines, whose execution was busted before they could correct it) and which come a second time (duplicate_lines), but
nothing of what the rules make of the others.
"""
import argparse
import collections
import csv
import itertools
import pathlib
import random
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from reversals import Reversals

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
rules:
  rates: {{EUR: 1.0842, JPY: 0.00671234}}
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
"""
VELOCITY_PARTS = {"client_velocity": 0.045, "symbol_velocity": 0.075}  # of the rate


def zipf(count):
    return list(itertools.accumulate(1 / rank**ZIPF for rank in range(1, count + 1)))


def time_text(at):
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


class Workload:
    def __init__(self, seed, rate=20000, seconds=8.0):
        self.seed, self.rate, self.seconds = seed, rate, seconds
        self.count = max(1, int(rate * seconds))
        self.forget_lines()

    def forget_lines(self):
        # Of the file, from 1; known once it is written.
        self.bad_lines, self.conflict_lines, self.waiting_lines, self.dropped_lines, self.duplicate_lines = (set() for _ in LINES)

    def quarantined_lines(self):
        return self.bad_lines | self.conflict_lines | self.waiting_lines | self.dropped_lines

    def time_text_of(self, number):
        return time_text(BEGIN + timedelta(microseconds=number * 1_000_000 // self.rate))

    def rows(self):
        """Each row of the file as a dictionary, and the name of the lines among which it belongs, if any."""
        rng = random.Random(f"workload {self.seed}")
        clients = [f"CLIENT_{number:04}" for number in range(1, CLIENTS + 1 - len(ODD_CLIENTS))] + list(ODD_CLIENTS)
        symbols = [f"SYM{number:03}" for number in range(1, SYMBOLS + 1)]
        client_weights, symbol_weights = zipf(len(clients)), zipf(len(symbols))
        prices = {symbol: rng.randint(500, 40000) for symbol in symbols}  # cents
        buys = {client: rng.random() < 0.5 for client in clients}
        held = collections.defaultdict(Decimal)
        sent = []  # rows that are applied

        def hold(row, sign):
            held[row["client_id"], row["symbol"]] += sign * Decimal(row["quantity"]) * (1 if row["side"] == "BUY" else -1)
        reversals = Reversals(rng, self.count, self.time_text_of, sent, hold)
        for number in range(self.count):
            # Where a tick is due there is an execution that is applied.
            is_plain = number % self.rate == 0
            if not is_plain and (planned := reversals.planned_row(number)):
                yield planned
                continue
            if not is_plain and rng.random() < AGAIN_PART:
                row = dict(rng.choice(sent))
                conflicts = row["kind"] != "BUST" and rng.random() < CONFLICT_PART
                if conflicts:
                    row["quantity"] = f"{Decimal(row['quantity']) + 1:f}"
                yield row, "conflict_lines" if conflicts else "duplicate_lines"
                continue
            reverses = not is_plain and rng.random() < REVERSAL_PART
            is_early = reverses and reversals.may_be_early(number)
            if reverses and not is_early:
                yield reversals.usual(number)
                continue
            client = rng.choices(clients, cum_weights=client_weights)[0]
            symbol = rng.choices(symbols, cum_weights=symbol_weights)[0]
            if rng.random() < 1 / TRADES_IN_A_MOOD:
                buys[client] = not buys[client]
            prices[symbol] = max(100, prices[symbol] + rng.choice((-1, 0, 0, 1)) * (1 + prices[symbol] // 2500))
            side, quantity = "BUY" if (rng.random() < MOOD) == buys[client] else "SELL", self.quantity(rng)
            if rng.random() < CLOSING_PART and held[client, symbol]:
                side, quantity = "SELL" if held[client, symbol] > 0 else "BUY", f"{abs(held[client, symbol]):f}"
            row = dict(zip(HEADER, (
                f"T{number + 1:07}", self.time_text_of(number), client, symbol, side, quantity, *self.price(rng, prices[symbol]),
                f"B{rng.randint(1, 9)}", rng.choice(("XNYS", "XNAS", "XLON")), rng.choice(("", "", "", "EXECUTION")), "")))
            if is_early:
                yield reversals.plan_early(row, number)
                continue
            if not is_plain and rng.random() < LATE_PART:
                at = BEGIN + timedelta(microseconds=number * 1_000_000 // self.rate - rng.randint(1, LATE_SECONDS_MAX * 1_000_000))
                row["executed_at"] = time_text(at)
            bad = not is_plain and rng.random() < BAD_PART
            if bad:
                row |= rng.choice(BAD_ROWS)
            else:
                reversals.add(row)
                sent.append(row)
            yield row, "bad_lines" if bad else None

    @staticmethod
    def quantity(rng):
        whole = rng.randint(1, 60)
        if rng.random() < FAT_FINGER_PART:
            return str(whole * rng.choice((50, 100, 200)))
        return rng.choice((str(whole), str(whole), f"{whole}.5", f"{whole}.{rng.randint(1, 99_999_999):08}"))

    @staticmethod
    def price(rng, cents):
        """Price and currency."""
        dollars = Decimal(cents) / 100
        kind = rng.random()
        if kind < 0.9:
            return str(dollars), "USD"
        if kind < 0.96:
            return str((dollars / Decimal("1.0842")).quantize(Decimal("0.00000001"))), "EUR"
        return str((dollars / Decimal("0.00671234")).quantize(Decimal("0.01"))), "JPY"

    def rules(self):
        counts = {name: max(5, int(self.rate * part)) for name, part in VELOCITY_PARTS.items()}
        return RULES.format(**counts)

    def write(self, folder):
        """Writes both files, and returns their paths."""
        folder = pathlib.Path(folder)
        transactions, rules = folder / "transactions.csv", folder / "rules.yaml"
        self.forget_lines()
        with open(transactions, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADER)
            for line, (row, lines) in enumerate(self.rows(), 2):
                writer.writerow(row.values())
                if lines is not None:
                    getattr(self, lines).add(line)
        rules.write_text(self.rules())
        return transactions, rules


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
