"""What happens to the symbols of a load beside its executions: instruments, splits, renames, positions that are set, prices without a trade and rates.

Each is as of the instant of a row that reaches it first, and so right before that row in the stream, whether a replay merges by time or sends ahead what
waits for its instant. Those rows (`plain`) are in time and applied.
"""
import collections
import random
from decimal import ROUND_HALF_EVEN, Decimal

from sources import ADJUSTMENT, INSTRUMENT, PRICE, RATE, Input

HEADERS = {
    ADJUSTMENT: ("effective_at", "kind", "symbol", "ratio", "new_symbol", "client_id", "quantity", "reason"),
    PRICE: ("at", "symbol", "price", "currency"), RATE: ("at", "currency", "rate"),
    INSTRUMENT: ("symbol", "multiplier", "currency", "contract", "expires_at", "allows_negative", "name", "asset_class")}
FILES = {ADJUSTMENT: "adjustments.csv", PRICE: "prices.csv", RATE: "rates.csv", INSTRUMENT: "instruments.csv"}
RATES = {"EUR": Decimal("1.0842"), "JPY": Decimal("0.00671234")}  # those of the rules; others come by and by
PLACES = Decimal("0.00000001")

# By when they come, each after a part of the load. Of a symbol that is renamed later rows come under both names.
SPLITS = (("SYM002", 4, 1), ("SYM005", 1, 5), ("SYM011", 3, 2), ("SYM005", 10, 1), ("SYM003", 7, 3))
RENAMES = (("SYM004", "NEW004"), ("SYM008", "NEW008"), ("SYM020", "SYM021"), ("NEW008", "LAST008"), ("SYM005", "NEW005"), ("SYM013", "NEW013"))
SET_POSITIONS, PRICES, RATES_COUNT = 5, 40, 10
RATES_APART = Decimal("0.02")
COUNT_MIN = 10_000  # of rows: in fewer not all of these symbols trade early enough
INVERSE, EXPIRING, NEGATIVE, IN_EUR, FUTURE = "SYM117", "SYM118", "SYM119", "SYM116", "SYM115"


class Adjustments:
    """What is planned of a load, and what names and prices mean meanwhile."""

    def __init__(self, seed, count, rate, time_text_of, after_all):
        """`time_text_of`: of a row's number. `after_all`: an instant that no row reaches, and before which no tick is due."""
        self.after_all = after_all
        self.rng = random.Random(f"adjustments {seed}")
        self.rate, self.time_text_of = rate, time_text_of
        self.names = {}     # a name that was renamed, and to what
        self.splits = collections.defaultdict(list)  # of a symbol: (number of the first row in new terms, new, old)
        self.plans = collections.defaultdict(list)  # number: calls that give inputs
        self.lines = collections.Counter()  # of each file
        self.expires_at = time_text_of(count * 2 // 5)
        if count >= COUNT_MIN:
            self.plan(count)

    def plan(self, count):
        plans = [(self.split, *split) for split in SPLITS] + [(self.rename, *names) for names in RENAMES]
        plans = [plans[place] for place in (0, 5, 1, 6, 7, 2, 8, 3, 9, 4, 10)]  # a symbol's own in their order
        others = [(self.set_position,)] * SET_POSITIONS + [(self.price,)] * PRICES + [(self.new_rate,)] * RATES_COUNT
        others += [(self.bad_price,), (self.older_rate,), (self.refused,), (self.split_again,)]
        free = [number for number in range(count // 20, count * 9 // 10) if number % self.rate]
        numbers = self.rng.sample(free, len(plans) + len(others))
        for number, (call, *words) in zip(sorted(numbers[:len(plans)]), plans):
            self.plans[number].append((call, words))
        for number, (call, *words) in zip(numbers[len(plans):], others):
            self.plans[number].append((call, words))

    def is_plain(self, number):
        """An execution has to come there that is applied, and not late. On whole seconds a tick is due."""
        return number % self.rate == 0 or number in self.plans

    def are_free(self, first, count):
        return not any(self.is_plain(number) for number in range(first, first + count))

    def meaning(self, name):
        while name in self.names:
            name = self.names[name]
        return name

    def name_of(self, rng, name):
        """That of before, or the one that it has been renamed to."""
        return name if rng.random() < 0.4 else self.meaning(name)

    def in_terms_of(self, symbol, price, number):
        """A price of now as it was when that row was due."""
        for since, new, old in self.splits[symbol]:
            if number < since:
                price = price * new / old
        return price.quantize(PLACES)

    # --- inputs

    def input(self, kind, values, fate=None):
        self.lines[kind] += 1
        return Input(kind, dict(zip(HEADERS[kind], values)), fate, FILES[kind], self.lines[kind] + 1)

    def instruments(self):
        """Of symbols that trade little; they come before everything else."""
        for fate, *values in ((None, FUTURE, "10", "USD", "LINEAR", "", "", "a future", "FUTURE"), (None, IN_EUR, "0.5", "EUR", "", "", "", "", ""),
                              ("bad", "SYM114", "0", "USD", "LINEAR", "", "", "", ""), (None, INVERSE, "1", "USD", "INVERSE", "", "", "", ""),
                              (None, EXPIRING, "1", "USD", "LINEAR", self.expires_at, "", "", "OPTION"), (None, NEGATIVE, "1", "USD", "LINEAR", "", "true", "", "")):
            yield self.input(INSTRUMENT, values, fate)

    def due(self, number, market):
        """What comes right before that row. `market` has the prices in cents and what is held, which splits and renames change."""
        for call, words in self.plans.get(number, ()):
            yield from call(number, market, *words)

    def at_end(self):
        yield self.adjustment(self.after_all, "SPLIT", "SYM001", ratio="2:1", reason="nobody reaches it", fate="pending")

    def adjustment(self, at, kind, symbol, ratio="", new_symbol="", client="", quantity="", reason="", fate=None):
        return self.input(ADJUSTMENT, (at, kind, symbol, ratio, new_symbol, client, quantity, reason), fate)

    def split(self, number, market, name, new, old):
        symbol = self.meaning(name)
        self.splits[symbol].append((number, new, old))
        market.split(symbol, new, old)
        yield self.adjustment(self.time_text_of(number), "SPLIT", name, f"{new}:{old}", reason=f"{new} for {old}")

    def split_again(self, number, market):
        """The same row twice, and one whose ratio is none."""
        split = next(iter(self.split(number, market, "SYM017", 2, 1)))
        yield split
        yield self.input(ADJUSTMENT, split.row.values(), "duplicate")
        yield self.adjustment(self.time_text_of(number), "SPLIT", "SYM017", "2:0", fate="bad")

    def refused(self, number, market):
        yield self.adjustment(self.time_text_of(number), "SPLIT", "NOBODY_TRADES_IT", "2:1", fate="refused")

    def rename(self, number, market, name, new_name):
        symbol, new_symbol = self.meaning(name), self.meaning(new_name)
        self.names[symbol] = new_symbol
        self.splits[new_symbol] = self.splits.pop(symbol, []) + self.splits[new_symbol]
        market.rename(symbol, new_symbol)
        yield self.adjustment(self.time_text_of(number), "RENAME", name, new_symbol=new_name)

    def set_position(self, number, market):
        symbol, client = market.some_symbol(self.rng), market.some_client(self.rng)
        client = self.rng.choice((client, client, f"TRANSFER {number}"))
        quantity = Decimal(self.rng.randint(-6000, 6000)) / 100
        market.held[client, self.meaning(symbol)] = quantity
        yield self.adjustment(self.time_text_of(number), "SET_POSITION", symbol, client=client, quantity=f"{quantity:f}", reason="transfer, by hand")

    def price(self, number, market):
        symbol = market.some_symbol(self.rng)
        price = Decimal(market.prices[self.meaning(symbol)]) / 100 * self.rng.choice((100, 101, 102, 99, 98)) / 100
        wild = self.rng.choice((1, 1, 1, 1, 1, 1, 1, Decimal(100), 1 / Decimal(100)))
        yield self.price_of(number, symbol, (price * wild).quantize(PLACES))

    def price_of(self, number, symbol, price):
        return self.input(PRICE, (self.time_text_of(number), symbol, f"{price:f}", self.rng.choice(("USD", "USD", ""))))

    def bad_price(self, number, market):
        yield self.input(PRICE, (self.time_text_of(number), "SYM001", "12.5", "XXX"), "bad")

    def new_rate(self, number, market):
        currency = self.rng.choice(sorted(RATES))
        rate = RATES[currency] * (1 + RATES_APART * self.rng.randint(-100, 100) / 100)
        yield self.input(RATE, (self.time_text_of(number), currency, f"{rate.quantize(PLACES, ROUND_HALF_EVEN):f}"))

    def older_rate(self, number, market):
        """It comes right after the one before it, and is not taken."""
        yield self.input(RATE, (self.time_text_of(number), "EUR", "1.09"))
        yield self.input(RATE, (self.time_text_of(number // 2), "EUR", "1.1"), "bad")
