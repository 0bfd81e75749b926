"""The wild prices of a load: a hundred times the usual one or a hundredth of it, and what comes right after them.

A word of a plan is a row: w is wild, of a client; W as wild, of another one; o as wild, the same client's on the other side, which is another order; s the same
again, which is of the same order; x as far off on the other side; u and U are usual, of a client and of another one; b busts the wild one, c corrects it to
the usual price; p is a price without a trade as wild, before a row of another symbol.
"""
import collections
from decimal import Decimal

PART = 1 / 4000  # of the rows
PLANS = ("w", "w", "w", "w", "w u", "w s", "w x", "w b", "w c", "w c b", "s w b")
# Confirmed, in symbols that trade little else, so that not everybody is told of what a busy one is worth meanwhile.
CONFIRMED = ("u w W u U", "u w o U u", "u w p u U", "u w s W U u", "u w W b u U", "w W u")
CONFIRMED_PART = 0.4
THIN = tuple(f"THIN{number}" for number in range(1, 9))
HALTED = "HALT1"  # its last price is a wild one
NEAR = (Decimal("0.95"), Decimal(1), Decimal("1.02"), Decimal("1.1"))


class WildPrices:
    def __init__(self, rng, load, reversals, adjustments):
        self.rng, self.load, self.reversals, self.adjustments = rng, load, reversals, adjustments
        self.planned = collections.deque()  # calls that take a number and give a row and the name of its lines
        self.halts_at = load.count * 4 // 5
        self.is_halted = False

    def next_row(self, number):
        """A row of an earlier plan, or the first of a new one; None: nothing is due."""
        if not self.planned:
            if not self.is_halted and number >= self.halts_at and self.adjustments.are_free(number, 2):
                self.is_halted = True
                self.plan(HALTED, "u w")
            elif self.rng.random() < PART and self.adjustments.are_free(number, 6):
                is_confirmed = self.rng.random() < CONFIRMED_PART
                symbol = self.rng.choice(THIN) if is_confirmed else self.load.market.some_symbol(self.rng)
                self.plan(symbol, self.rng.choice(CONFIRMED if is_confirmed else PLANS))
        return self.planned.popleft()(number) if self.planned else None

    def plan(self, symbol, words):
        market = self.load.market
        first, second = self.rng.sample(market.clients, 2)
        side = self.rng.choice(("BUY", "SELL"))
        other_side = "SELL" if side == "BUY" else "BUY"
        usual = Decimal(market.prices[self.adjustments.meaning(symbol)]) / 100
        factor = self.rng.choice((Decimal(100), Decimal("0.01")))
        wild = usual * factor
        as_wild = lambda: wild * self.rng.choice(NEAR)
        row = lambda client, side, price: lambda number: self.trade(number, client, symbol, side, price)
        made = {}

        def first_wild(number):
            made["w"], lines = self.trade(number, first, symbol, side, wild)
            return made["w"], lines
        calls = {"w": first_wild, "W": row(second, side, as_wild()), "o": row(first, other_side, as_wild()), "s": row(first, side, as_wild()),
                 "x": row(second, side, usual / factor), "u": row(first, side, usual), "U": row(second, side, usual),
                 "b": lambda number: (self.reversals.bust_row(made["w"], number), None),
                 "c": lambda number: (self.reversals.correct_row(made["w"], number, f"{usual:f}"), None)}
        for word in words.split(" "):
            if word == "p":
                self.planned.append(lambda number: self.beside_price(number, symbol, as_wild()))
            else:
                self.planned.append(calls[word])

    def trade(self, number, client, symbol, side, price):
        row = self.load.execution(number, client, symbol, side, str(self.rng.randint(1, 20)), f"{price:f}", "USD")
        return self.load.applied(row), None

    def beside_price(self, number, symbol, price):
        """The row that reaches the instant of the price first."""
        self.load.inputs.append(self.adjustments.price_of(number, symbol, price.quantize(Decimal("0.00000001"))))
        market = self.load.market
        client, other = market.some_client(self.rng), market.some_symbol(self.rng)
        price = Decimal(market.prices[self.adjustments.meaning(other)]) / 100
        return self.trade(number, client, other, "BUY", price)
