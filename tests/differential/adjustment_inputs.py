"""The part of a random stream that is of splits, renames and positions that are set: of what is held, marked or reversed across them, and of names that come back."""
from oracle import INT64_MAX, SECOND, UNIT, exact_text, nanos, time_text
from oracle_adjustments import History, Split, ratio_of

# How often each kind of them comes, beside each other.
ADJUSTMENTS = dict(split=3, rename=1.5, set_position=2, late_fill=3, across=4, come_back=0.8, rename_unknown=0.5, split_what_is_held=1, expire_and_adjust=0.4,
                   unfit_adjustment=0.5, bad_adjustment=0.7)
SHARE_OF_STREAMS, SHARE = 1 / 3, 0.2
RATIOS = ("4:1", "4:1", "2:1", "1:2", "1:2", "3:2", "1:10", "10:1", "7:3", "1:1", "4:2", "1000:999", "1:3", "1000000:1", "1:1000000")
BAD_RATIOS = ("", "0:1", "1:0", "1000001:1", "1:1000001", "4", "4:", "a:b", "-1:1", "1.5:1", "4:1:1")


class AdjustmentInputs:
    """For Stream. What it knows of names and splits it asks the same history that the oracle keeps."""

    def begin_adjustments(self):
        self.history = History()
        self.is_adjusted = self.rng.random() < SHARE_OF_STREAMS

    def with_adjustments(self, weights):
        if not self.is_adjusted:
            return weights
        factor = SHARE / (1 - SHARE) * sum(weights.values()) / sum(ADJUSTMENTS.values())
        return {**weights, **{kind: weight * factor for kind, weight in ADJUSTMENTS.items()}}

    # What it knows of them

    def as_of_now(self, line):
        """A line in the terms of now, and what a unit is worth at its price: nothing if it is refused."""
        line, field = self.history.in_terms_of_now(self.history.meant(line), nanos(line["at" if line["kind"] == "price" else "executed_at"]))
        return line, None if field else self.marks.worth(line)[0]

    def follow_instrument(self, line):
        if not self.marks.instrument_problem(line, lambda: True):
            self.marks.instruments[line["symbol"]] = line
            self.history.revive(line["symbol"])

    def follow_adjustment(self, change):
        """Whether there is room for it, as far as the stream knows."""
        positions, marks = dict(self.positions), self.marks.copy_of()
        self.begin_session()
        self.close_expired()
        change()
        if all(abs(quantity) <= INT64_MAX for quantity in self.positions.values()) and self.marks.fit() and self.marks.remembered_fit():
            return True
        self.positions = positions
        self.marks.restore(marks)
        return False

    # Kinds of input

    def split(self, symbol=None, ratio=None, at=None):
        """Often of quantities of which a half is left over."""
        rng, name = self.rng, symbol or self.any_name()
        if symbol is None and rng.random() < 0.3:
            self.execute(rng.choice(self.clients), name, rng.choice((1, 3, 5, -1, -3, UNIT + 1)), self.price(), at=self.clock.at)
            ratio = rng.choice(("1:2", "3:2", "5:2", "1:4"))
        ratio = ratio or rng.choice(RATIOS)
        line = self.say_adjustment("SPLIT", name, at, ratio=ratio)
        split = Split(self.history.meaning(name), nanos(line["effective_at"]), *ratio_of(ratio))
        if split.symbol not in self.marks:
            return

        def change():
            for pair in self.positions:
                if pair[1] == split.symbol:
                    self.positions[pair] = split.quantity(self.positions[pair])
            self.marks.split(split)
        if self.follow_adjustment(change):
            self.history.split(split)

    def rename(self, name=None, new_name=None, at=None):
        """To a symbol that is known, a new one, or a name of before; then something comes under the old name."""
        rng, name = self.rng, name or self.any_name()
        new_name = new_name or rng.choice((rng.choice(self.symbols), rng.choice(self.symbols), self.stranger(), rng.choice([*self.history.names, name])))
        self.say_adjustment("RENAME", name, at, new_symbol=new_name)
        symbol, to = self.history.meaning(name), self.history.meaning(new_name)
        to = new_name if to == symbol else to
        if new_name in (name, symbol):
            return

        def change():
            for client, held in list(self.positions):
                if held == symbol and self.positions[client, held]:
                    self.positions[client, to] = self.positions.get((client, to), 0) + self.positions[client, held]
                    self.positions[client, held] = 0
            self.marks.rename(symbol, to)
        if self.follow_adjustment(change):
            self.history.rename(symbol, to)
        if rng.random() < 0.5:
            rng.choice((lambda: self.execute(rng.choice(self.clients), name, rng.choice((1, -1)) * self.quantity(), self.price()),
                        lambda: self.follow_price(self.say_price(name, self.price(), self.currency())),
                        lambda: self.hold(rng.choice(self.clients), name, self.quantity(), self.price())))()

    def set_position(self, client=None, symbol=None, quantity=None):
        """Of anybody in anything, known or not."""
        rng = self.rng
        client = client or rng.choice((*self.clients, *self.clients, self.stranger()))
        name = symbol or rng.choice((self.any_name(), self.any_name(), self.any_name(), self.stranger()))
        quantity = rng.choice((1, 1, -1, 0)) * self.quantity() if quantity is None else quantity
        self.say_adjustment("SET_POSITION", name, client_id=client, quantity=exact_text(quantity))
        symbol = self.history.meaning(name)
        if self.marks.require_instruments and symbol not in self.marks.instruments:
            return

        def change():
            self.positions[client, symbol] = quantity
            self.marks.introduce(symbol)
        self.follow_adjustment(change)

    def late_fill(self):
        """An execution or a price from just before a split, or of its instant, that comes after it; one may be the first after it and mark."""
        rng, splits = self.rng, [entry for entry in self.history.log if isinstance(entry, Split)]
        if not splits or rng.random() < 0.3:
            self.split(ratio=rng.choice(RATIOS[:11]), at=self.clock.at + rng.choice((1, SECOND)))
            splits = [entry for entry in self.history.log if isinstance(entry, Split)] or [Split(self.symbols[0], self.clock.at, 1, 1)]
        split = rng.choice(splits[-rng.choice((1, 1, 3)):])
        names = [name for name in (*self.symbols, *self.history.names) if self.history.meaning(name) == self.history.meaning(split.symbol)]
        name, at = rng.choice([split.symbol, *names]), split.at - rng.choice((1, 1, 1, 0, 0, SECOND, 3600 * SECOND))
        known = self.marks.latest(self.history.meaning(name))[0] if self.history.meaning(name) in self.marks else 0
        before = known * split.new // split.old
        price = rng.choice((before if 0 < before <= INT64_MAX else self.price(), self.price(), rng.choice((1, 3, UNIT + 1))))
        quantity = rng.choice((self.quantity(), self.quantity(), 1, 3, UNIT + 5))
        if rng.random() < 0.25:
            return self.follow_price(self.say_price(name, price, self.currency(), at))
        if rng.random() < 0.2:
            return self.count_only(name, at)
        old = self.booked(rng.choice(self.clients), name, rng.choice((1, -1)) * quantity, price, rng.choice(("", "", self.currency())), at=at)
        if rng.random() < 0.3:
            self.reverse(old)

    def across(self):
        """An execution, what becomes of its symbol, and its bust or corrections under either name."""
        rng, (client, symbol) = self.rng, self.pair()
        symbol = rng.choice((symbol, symbol, self.stranger()))
        sign, quantity = rng.choice((1, -1)), rng.choice((self.quantity(), self.quantity(), 1, 3, 7, UNIT + 1))
        if rng.random() < 0.2:
            return self.count_only()
        if rng.random() < 0.3:
            self.hold(rng.choice(self.clients), symbol, self.quantity(), self.price())
        old = self.booked(client, symbol, sign * quantity, self.price(), at=self.clock.at)
        for _ in range(rng.randint(1, 3)):
            self.happen_to(symbol)
        if rng.random() < 0.2:
            self.execute(*self.pair(), self.quantity(), self.price(), at=self.clock.at)
        for _ in range(rng.choice((1, 1, 2, 3))):
            old = old and self.reverse(old, rng.choice((None, self.clock.at, self.clock.at)))
            if rng.random() < 0.4:
                self.happen_to(symbol)

    def happen_to(self, symbol):
        rng = self.rng
        divide, rename = lambda: self.split(symbol, rng.choice(RATIOS[:11])), lambda: self.rename(symbol, rng.choice((None, self.stranger())))
        rng.choice((divide, divide, rename,
                    lambda: self.set_position(None, symbol), lambda: self.come_back(symbol) if rng.random() < 0.5 else self.tick()))()

    def come_back(self, name=None):
        """A name that was given up is one of its own again: by its instrument, or because its heir is renamed to it. It is traded then."""
        rng, names = self.rng, [name] if name in self.history.names else list(self.history.names)
        if not names:
            return self.rename()
        name = rng.choice(names)
        if rng.random() < 0.6:
            self.instrument(name)
        else:
            self.rename(self.history.meaning(name), name)
        if rng.random() < 0.6:
            self.execute(rng.choice(self.clients), name, self.quantity(), self.price(), at=self.clock.at)
        if rng.random() < 0.4:
            self.reverse(self.original())
        return None

    def rename_unknown(self):
        """A name that nobody has traded, or a position without a mark, or an instrument alone; then the new name or the old one comes to be traded."""
        rng, name = self.rng, self.stranger()
        if rng.random() < 0.4:
            self.instrument(name)
        if rng.random() < 0.5:
            self.set_position(rng.choice(self.clients), name)
        new_name = rng.choice((self.stranger(), self.stranger(), rng.choice(self.symbols)))
        self.rename(name, new_name)
        self.execute(rng.choice(self.clients), rng.choice((name, new_name)), rng.choice((1, -1)) * self.quantity(), self.price(), at=self.clock.at)
        if rng.random() < 0.5:
            self.happen_to(name)

    def split_what_is_held(self):
        """A price that is held when its symbol is split or renamed, or another is renamed to that; then comes what would have confirmed it."""
        rng, symbol = self.rng, self.marked()
        self.wild_print(symbol)
        held = self.marks.held.get(symbol)
        if rng.random() < 0.5:
            self.split(symbol)
        else:
            self.rename(*rng.choice(((symbol, None), (rng.choice(self.symbols), symbol))))
        if held:
            self.follow_price(self.say_price(symbol, held.price, held.currency, self.clock.at))

    def expire_and_adjust(self):
        """An adjustment whose own sweep closes the symbol."""
        rng, symbol = self.rng, self.any_name()
        self.end(symbol, time_text(self.clock.at + SECOND))
        at = self.clock.at + rng.choice((SECOND - 1, SECOND, 2 * SECOND))
        if rng.random() < 0.7:
            rng.choice((lambda: self.split(symbol, at=at), lambda: self.rename(symbol, at=at), lambda: self.rename(rng.choice(self.symbols), symbol, at)))()
        else:
            self.clock.at = at
            self.set_position(rng.choice(self.clients), symbol)
        self.tick()
        if self.marks.is_over(self.history.meaning(symbol), self.clock.at):
            self.end(self.history.meaning(symbol), None)

    def unfit_adjustment(self):
        """Nothing is left in its range by it: a position, a price, what a unit is worth, the firm's exposure; some just fit."""
        rng, symbol, others = self.rng, self.stranger(), [self.stranger() for _ in range(3)]
        half = rng.choice((INT64_MAX // 2, INT64_MAX // 2 + 1))
        kind = rng.choice(("position", "price", "worth", "sum", "gross", "remembered", "reversal"))
        if kind == "position":
            self.hold(others[0], symbol, rng.choice((1, -1)) * half, 1)
            self.split(symbol, "2:1")
        elif kind == "reversal":
            old = self.booked(others[0], symbol, half, 1, at=self.clock.at)
            self.execute(others[0], symbol, -half, 1, at=self.clock.at)
            self.split(symbol, "2:1")
            self.reverse(old)
        elif kind in ("price", "remembered"):
            self.follow_price(self.say_price(symbol, half, self.marks.base, self.clock.at))
            if kind == "remembered":
                self.follow_price(self.say_price(symbol, half, self.marks.base, self.clock.at))
                self.booked(others[0], symbol, 1, half // 2, self.marks.base, at=self.clock.at)
            self.split(symbol, "1:2")
        elif kind == "worth":
            self.hold(others[0], symbol, 1, 1)
            self.follow_price(self.say_price(symbol, half, self.marks.base, self.clock.at))
            line = {"kind": "instrument", "symbol": others[1], "multiplier": "2", "currency": "", "contract": "LINEAR", "expires_at": None, "allows_negative": False, "name": ""}
            self.lines.append(line)
            self.follow_instrument(line)
            self.rename(symbol, others[1])
        elif kind == "sum":
            self.hold(others[0], symbol, half, 1)
            self.hold(others[0], others[1], half + 1, 1)
            self.rename(symbol, others[1])
        else:
            self.hold(others[0], symbol, 1, INT64_MAX)
            for other in others:
                self.set_position(other, symbol, rng.choice((INT64_MAX, -INT64_MAX)))
        for other in (*others, *self.clients[:1]):
            for held in (symbol, *others):
                if self.positions.get((other, held)):
                    self.set_position(other, held, 0)
        self.trades += 1

    def bad_adjustment(self):
        """One field does not fit, or is of another kind."""
        rng = self.rng
        kind, fields = rng.choice((("SPLIT", {"ratio": "4:1"}), ("RENAME", {"new_symbol": self.stranger()}),
                                   ("SET_POSITION", {"client_id": rng.choice(self.clients), "quantity": "5"})))
        line = self.say_adjustment(kind, self.any_name(), **fields)
        field = rng.choice(("adjustment", "symbol", "ratio", "new_symbol", "client_id", "quantity", "reason", "unknown"))
        if field == "unknown":
            line.update(adjustment="SPLIT", symbol=self.stranger(), ratio="2:1", new_symbol="", client_id="", quantity="")
        elif field == "adjustment":
            line[field] = rng.choice(("", "MERGE"))
        elif line[field] and field != "reason":
            line[field] = rng.choice(BAD_RATIOS) if field == "ratio" else rng.choice(("", "x" * 51, "a\nb")) if field != "quantity" else ""
        else:
            line[field] = {"symbol": "", "ratio": "1:1", "new_symbol": "N", "client_id": "C", "quantity": "1", "reason": rng.choice(("a\nb", "é" * 101))}[field]
        self.trades += 1

    # What they are made of

    def any_name(self):
        return self.rng.choice((*self.symbols, *self.symbols, *self.symbols, *self.history.names))

    def say_adjustment(self, kind, symbol, at=None, **fields):
        """Often of now, sometimes of what is to come at once, or of long ago."""
        rng = self.rng
        if at is None:
            at = rng.choice((self.clock.at,) * 4 + (self.clock.next(self.windows()), self.clock.at - 3600 * SECOND, self.clock.at - 1, self.clock.at + SECOND))
        self.clock.at = max(self.clock.at, at)
        line = {"kind": "adjustment", "adjustment": kind, "effective_at": self.any_time_text(at), "symbol": symbol, "ratio": "", "new_symbol": "", "client_id": "",
                "quantity": "", "reason": rng.choice(("", "corporate action", "é" * 100)), **fields}
        self.lines.append(line)
        return line
