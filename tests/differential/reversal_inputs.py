"""The part of a random stream that is of busts and corrections: of what set the mark, tipped an alert or is of another session, of chains, and of what came after its own."""
from oracle import INT64_MAX, SECOND, UNIT, exact_text, time_text, units
from oracle_price import after_bust, after_correction
from oracle_reversals import Change, Execution

# How often each kind of them comes, beside each other; how many of a stream's inputs they are follows from its family.
REVERSALS = dict(bust=5, correct=5, count_only=1.5, rebook=0.7, chain=0.7, fat_finger=2, reprint=0.7, aim_at_bust=3, aim_at_correction=3, aim_at_size=1,
                 across_sessions=0.5, after_change=1.5, name_gone=0.7, correct_to_edge=0.3, unfit_mark=0.3, three_giants=0.2, giant_at_end=0.2, forget=0.2)
SHARES = {"reversals": 0.7, "crowd": 0.15, "velocity": 0.35}
SHARE = 0.15
BAD_IDS = ("", "x" * 51, "é" * 26, "a\nb", "\x7f")
CHAIN_MAX = 4


class Booked(Execution):
    """An execution that stands as far as the stream knows, and the line as it came; inputs are named by transaction ids; `began` is the session of the first of its chain."""

    def __init__(self, line, worth, moment, received, began, depth=0, **how):
        super().__init__(line, worth, line["transaction_id"], moment, **how)
        self.line, self.began, self.depth, self.pair = received, began, depth, (line["client_id"], line["symbol"])


class ReversalInputs:
    """For Stream."""

    def begin_reversals(self):
        self.standing = []  # Booked
        self.gone = []  # lines of what was refused, of what is reversed, and of busts
        self.reversals = self.strangers = 0

    def with_reversals(self, weights):
        share = SHARES.get(self.family, SHARE)
        factor = share / (1 - share) * sum(weights.values()) / sum(REVERSALS.values())
        return {**weights, **{kind: weight * factor for kind, weight in REVERSALS.items()}}

    def book(self, received, line, worth, **how):
        if worth is None:
            self.gone.append(received)
        else:
            self.standing.append(Booked(line, worth, self.history.moment(), received, self.session, **how))

    def booked(self, *what, **how):
        """Of an execution made now, or nothing if it is refused."""
        self.execute(*what, **how)
        return self.standing[-1] if self.standing and self.standing[-1].line is self.lines[-1] else None

    def original(self):
        """Mostly one of the latest."""
        return self.rng.choice(self.standing[-self.rng.choice((1, 1, 2, 5, 20, 200)):] or [None])

    # Kinds of input

    def bust(self):
        old = self.original()
        if not old:
            return self.trade()
        self.say_bust(old)
        if self.rng.random() < 0.05:
            self.say_bust(old)  # once more

    def correct(self):
        old = self.original()
        if not old or old.depth >= CHAIN_MAX:
            return self.trade()
        self.say_any_correction(old)

    def reverse(self, old, at=None):
        return old and (self.say_bust(old, at) if self.rng.random() < 0.6 else self.say_any_correction(old, at))

    def count_only(self, name=None, at=None):
        """An execution that comes after its bust or correction, sometimes of a client or symbol that nobody knew; then what is made of it."""
        rng, (client, symbol) = self.rng, self.pair()
        client, symbol = rng.choice(((client, symbol), (client, symbol), (client, self.stranger()), (self.stranger(), symbol), (self.stranger(), self.stranger())))
        symbol = name or symbol
        line = self.transaction(client, symbol, rng.choice((1, -1)) * self.quantity(), self.odd_price(symbol, self.price()), self.currency(),
                                self.clock.next(self.windows()) if at is None else at)
        line["kind"] = "counted"
        self.trades += 1
        self.lines.append(line)
        if rng.random() < 0.08:
            self.spoil(line, ("transaction_id", "client_id", "symbol", "side", "quantity", "currency", "order_id"))
            return self.gone.append(line)
        received, (line, worth) = line, self.as_of_now(line)
        self.begin_session()
        self.close_expired()
        self.book(received, line, worth, is_counted=True)
        if worth is None:
            return
        symbol = line["symbol"]
        self.positions.setdefault((client, symbol), 0)
        self.marks.introduce(symbol)
        old = self.standing[-1]
        if rng.random() < (0.1 if symbol in self.symbols else 0.6):
            rng.choice((lambda: self.instrument(symbol), lambda: self.end(symbol, None, "INVERSE"), lambda: self.expire(symbol), self.change_base,
                        lambda: self.hold(client, symbol, self.quantity(), self.price()),
                        lambda: self.reverse(self.booked(client, symbol, self.quantity(), self.price(), at=self.clock.at))))()
        for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
            if rng.random() < 0.3:
                self.disturb(old)
            if not (old := rng.choice((self.say_bust, self.say_any_correction, self.say_any_correction))(old)):
                return

    def rebook(self):
        """An execution, its bust, and the same again under another id or another client."""
        client, symbol = self.pair()
        what = symbol, self.rng.choice((1, -1)) * self.quantity(), self.price()
        old = self.booked(client, *what)
        if old:
            self.say_bust(old)
        self.execute(self.rng.choice((client, *self.clients)), *what)

    def chain(self):
        """Corrections of corrections, and often a bust of the last."""
        old = self.booked(*self.pair(), self.rng.choice((1, -1)) * self.quantity(), self.price(), self.currency())
        for _ in range(self.rng.randint(1, CHAIN_MAX)):
            old = old and self.say_any_correction(old, self.rng.choice((None, self.clock.at)))
            if self.rng.random() < 0.2:
                self.disturb(old)
        if self.rng.random() < 0.6:
            self.say_bust(old)

    def fat_finger(self):
        """An execution far too large, and what is done about it at once or after something else that may be too large as well."""
        rng, (client, symbol) = self.rng, self.pair()
        wrong = self.too_large(client, symbol)
        other = self.too_large(client, symbol) if rng.random() < 0.3 else None
        if rng.random() < 0.3:
            self.disturb(wrong)
        if rng.random() < 0.3:  # the right one first
            self.execute(client, symbol, rng.choice((1, -1)) * self.quantity(), self.price(), at=self.clock.at)
        both = [wrong, other]
        rng.shuffle(both)
        for old in both if rng.random() < 0.5 else both[:1]:
            if old and rng.random() < 0.6:
                self.say_bust(old, rng.choice((None, self.clock.at)))
            elif old:
                self.say_correction(old, rng.choice((old.quantity, old.quantity // 100 or 1, -old.quantity)), self.price(), "")

    def reprint(self):
        """Prices of one symbol, some without a trade, around as many as are remembered; then some or all of them are taken back."""
        rng, symbol = self.rng, self.rng.choice((*self.symbols, self.stranger()))
        if rng.random() < 0.3:
            self.hold(rng.choice(self.clients), symbol, self.quantity(), self.price())
        made = []
        for _ in range(rng.choice((1, 2, 3, 5, 8, 9, 12))):
            if rng.random() < 0.2:
                self.follow_price(self.say_price(symbol, self.price(), self.currency()))
                continue
            old = self.booked(rng.choice(self.clients), symbol, rng.choice((1, -1)) * self.quantity(), self.price(), self.currency(), at=rng.choice((None, self.clock.at)))
            made += [old] if old else []
        rng.choice((rng.shuffle, list.reverse, lambda _: None))(made)
        for old in made[:rng.choice((1, 2, len(made)))]:
            self.reverse(old, rng.choice((None, self.clock.at)))
            if rng.random() < 0.1:
                self.disturb(old)
        if rng.random() < 0.4:  # older than the marks that left, and at times not older than that which remains
            self.execute(rng.choice(self.clients), symbol, self.quantity(), self.price(), at=self.clock.at - rng.choice((1, SECOND, 60 * SECOND, rng.randint(1, 10 * SECOND))))

    def aim_at_bust(self):
        """An execution after which an exposure is exactly at a threshold, or next to it, once another is busted."""
        old = self.original()
        entity = self.rng.choice(old.entities()) if old else None
        target = self.target(entity) if old else None
        if target is None:
            return self.trade()
        session, held = self.session, self.positions.get(old.pair, 0)
        gone = {each: abs(old.value()) for each in old.entities() if old.began == session}
        self.positions[old.pair] = held - old.quantity
        for each, value in gone.items():
            self.turnovers[each] = self.turnovers.get(each, 0) - value
        found = self.reach(entity, old.pair, target)
        self.positions[old.pair] = self.positions.get(old.pair, 0) + old.quantity
        if session == self.session:
            for each, value in gone.items():
                self.turnovers[each] += value
        if found:
            self.say_bust(old, self.clock.at)

    def aim_at_correction(self):
        """A correction that brings an exposure exactly to a threshold, or next to it."""
        old = self.original()
        entity = self.rng.choice(old.entities()) if old else None
        target = self.target(entity) if old else None
        prices = [UNIT, 100 * UNIT, UNIT // 100] if old and self.made_mark(old) else []
        prices += [self.marks[old.symbol]] if old and old.symbol in self.marks and self.marks[old.symbol] > 0 else []
        if target is None or not prices:
            return self.trade()
        price, sign = self.rng.choice(prices), self.rng.choice((1, -1))
        measure = self.rules[self.exposure_rule(entity)]["measure"]
        if measure == "turnover":
            quantity = max(target - self.turnovers.get(entity, 0) + (abs(old.value()) if old.began == self.session else 0), 0) // price * sign
        else:
            quantity = old.quantity + self.step(entity, old.pair, target, price, sign)[0]
        if not 0 < abs(quantity) <= INT64_MAX:
            return self.trade()
        self.say_correction(old, quantity, price, "", self.rng.choice((None, self.clock.at)))

    def aim_at_size(self):
        """A correction whose notional is exactly at a threshold of the size rule, or next to it."""
        old, rule = self.original(), self.rules["client_size"]
        limit = old and rule["limits"].get(old.client, rule["limit"])
        if not limit:
            return self.trade()
        ratio = self.rng.choice((UNIT, UNIT, units(rule["critical_ratio"]), units(rule["worsened_ratio"])))
        quantity = units(limit) * ratio // UNIT + self.rng.choice((0, 1, 1, -1))
        if not 0 < quantity <= INT64_MAX:
            return self.trade()
        new = self.say_correction(old, self.rng.choice((1, -1)) * quantity, UNIT, "")
        if new and self.rng.random() < 0.5:
            self.reverse(new)

    def forget(self):
        """As many prices as are remembered, or some more, taken back from the newest on until one is left, or none is known."""
        rng, symbol = self.rng, self.rng.choice((self.stranger(), *self.symbols))
        made = [self.booked(rng.choice(self.clients), symbol, self.quantity(), self.price(), at=self.clock.at) for _ in range(rng.choice((8, 9, 10)))]
        for old in made[:0:-1] if rng.random() < 0.5 else made[::-1]:
            self.say_bust(old, self.clock.at)

    def across_sessions(self):
        """Of another session, of the one that it began itself, or of one that begins with the bust or correction."""
        rng = self.rng
        what = *self.pair(), rng.choice((1, -1)) * self.quantity(), self.price()
        old = self.booked(*what, at=self.clock.at)
        if rng.random() < 0.4:
            old = old and self.say_any_correction(old, self.clock.at)
        self.clock.at += rng.choice((43200, 86400, 86400, 86401)) * SECOND
        begins = rng.choice((None, self.tick, self.trade, lambda: self.execute(*what, at=self.clock.at)))
        if begins:
            begins()
        if begins and rng.random() < 0.3:
            old = self.standing[-1] if self.standing else None
        new = old and rng.choice((self.say_bust, self.say_any_correction))(old, self.clock.at)
        if new and rng.random() < 0.5:
            self.reverse(new)

    def after_change(self):
        """Something else is made of what an execution is in, or of its position, before it is reversed."""
        rng, (client, symbol) = self.rng, self.pair()
        symbol = rng.choice((symbol, symbol, self.stranger()))
        currency = rng.choice(("", *self.marks.rates))
        changes = {"rate": lambda: self.follow_rate(self.say_rate(currency or self.rules["base_currency"], rng.choice(("0.5", "2", "1.33333333", "0.00671234")))),
                   "instrument": lambda: self.instrument(symbol), "expiry": lambda: self.expire(symbol),
                   "opening": lambda: self.hold(rng.choice((client, *self.clients)), symbol, rng.choice((0, 1, -1)) * self.quantity(), self.price()),
                   "base": self.change_base}
        if rng.random() < 0.2:
            changes["opening"]()
        made = [self.booked(client, symbol, rng.choice((1, -1)) * self.quantity(), self.price(), currency) for _ in range(rng.choice((1, 2)))]
        if rng.random() < 0.3:
            self.execute(rng.choice(self.clients), symbol, self.quantity(), self.price(), self.currency())
        changes[rng.choice(sorted(changes))]()
        for old in made[::rng.choice((1, -1))]:
            new = self.reverse(old)
            if new and rng.random() < 0.3:
                self.say_bust(new)
        if symbol in self.symbols and self.marks.is_over(symbol, self.clock.at):
            self.end(symbol, None)

    def name_gone(self):
        """What was refused, reversed before, is a bust, or never was: nothing comes of it."""
        line = self.rng.choice(self.gone or [self.transaction(*self.pair(), UNIT, UNIT, "", self.clock.at)])
        self.lines.append(self.reversal(self.rng.choice(("BUST", "CORRECTION")), line, self.clock.next(self.windows())))

    def correct_to_edge(self):
        """A correction after which the position is the largest there can be, or one unit more, or its worth is."""
        old = self.original()
        if not old:
            return self.trade()
        rng = self.rng
        edge = rng.choice((INT64_MAX, -INT64_MAX, INT64_MAX + 1, -INT64_MAX - 1)) - self.positions.get(old.pair, 0) + old.quantity
        quantity = rng.choice((edge, edge, INT64_MAX, -INT64_MAX))
        quantity = max(-INT64_MAX, min(INT64_MAX, quantity)) or UNIT
        new = self.say_correction(old, quantity, rng.choice((1, 1, UNIT, self.price(), INT64_MAX, INT64_MAX // 2)), "")
        if new and (rng.random() < 0.7 or self.family != "extreme"):
            self.say_bust(new)

    def unfit_mark(self):
        """A price that was fit when it was the mark, and is not any more at the rate that came since."""
        currency = self.rng.choice([None, *self.marks.rates])
        if not currency or currency == self.rules["base_currency"]:
            return self.trade()
        client, symbol = self.rng.choice(self.clients), self.stranger()
        rate = exact_text(self.marks.rates[currency][0])
        self.booked(client, symbol, 1, min(INT64_MAX // 10**4 * UNIT // self.marks.rates[currency][0], INT64_MAX), currency)
        later = self.booked(client, symbol, self.rng.choice((1, -1)) * self.quantity(), self.price())
        self.follow_rate(self.say_rate(currency, "92233720368"))
        if later:
            self.say_bust(later)
        self.follow_rate(self.say_rate(currency, rate))
        if later and self.rng.random() < 0.5:
            self.say_bust(later)

    def three_giants(self):
        """Of three like these the firm has room for two: in its exposure, its turnover and, of another session, its bases."""
        rng, symbol, clients = self.rng, self.stranger(), [self.stranger() for _ in range(3)]
        large = rng.choice((INT64_MAX, INT64_MAX // 10 * 9, INT64_MAX // 10 * 7))
        made = [[self.booked(client, symbol, sign * INT64_MAX, 1, at=self.clock.at) for sign in (1, -1)] for client in clients]
        if rng.random() < 0.5:
            self.clock.at += 86400 * SECOND
        if rng.random() < 0.7:
            self.tick()
        if rng.random() < 0.5:
            self.execute(*self.pair(), self.quantity(), self.price(), at=self.clock.at)
        if rng.random() < 0.5:
            self.follow_price(self.say_price(symbol, large, ""))
            reverse = self.say_bust
        else:
            self.follow_price(self.say_price(symbol, 1, ""))
            reverse = lambda old: self.say_correction(old, old.quantity, large, "")
        which = rng.choice((0, 1))
        new = [reverse(rng.choice((pair[which], pair[which], *pair))) for pair in made if None not in pair]
        self.follow_price(self.say_price(symbol, 1, ""))
        for old in new if rng.random() < 0.7 else ():
            self.say_bust(old)

    def giant_at_end(self):
        """A change that fits the position, but not the one that is closed when the symbol ends, or the other way round."""
        rng, client, symbol = self.rng, self.rng.choice(self.clients), self.stranger()
        sign = rng.choice((1, -1))
        old = self.booked(client, symbol, sign * INT64_MAX, rng.choice((1, self.price())), at=self.clock.at)
        if rng.random() < 0.3:
            self.hold(rng.choice(self.clients), symbol, rng.choice((INT64_MAX, -INT64_MAX, 0)), 1)
        self.end(symbol, time_text(self.clock.at + SECOND))
        at = self.clock.at + rng.choice((SECOND - 1, SECOND, SECOND, 2 * SECOND))
        if rng.random() < 0.3:
            self.clock.at = at
            self.tick()
        if old:
            quantity, price = rng.choice(((-old.quantity, 1), (-old.quantity // 2, 1), (UNIT * -sign, 1), (-old.quantity, INT64_MAX), (old.quantity, INT64_MAX)))
            self.say_correction(old, quantity, price, "", at)
            self.clock.at = max(self.clock.at, at)

    # What they are made of

    def disturb(self, old):
        """Something else happens."""
        again = lambda: self.execute(*old.pair, self.rng.choice((1, -1)) * self.quantity(), self.price(), at=self.clock.at) if old else self.trade()
        adjust = (lambda: self.happen_to(old.pair[1]) if old else self.split()) if self.is_adjusted else self.tick
        self.rng.choice((again, again, self.trade, adjust, self.market_price, self.exchange_rate))()

    def too_large(self, client, symbol):
        rng, rule = self.rng, self.rules["client_size"]
        limit = rule["limits"].get(client, rule["limit"])
        quantity, price = self.quantity() * rng.choice((100, 10**4)), self.price()
        if limit is not None and rng.random() < 0.7:
            ratio = rng.choice((UNIT, UNIT, units(rule["critical_ratio"]), units(rule["worsened_ratio"]), 3 * UNIT // 2))
            quantity, price = units(limit) * ratio // UNIT + rng.choice((0, 1, 1, UNIT)), UNIT
        return self.booked(client, symbol, rng.choice((1, -1)) * min(quantity, INT64_MAX), price, at=rng.choice((None, self.clock.at)))

    def stranger(self):
        """A client or symbol that nobody knows."""
        self.strangers += 1
        return f"N{self.strangers}"

    def expire(self, symbol):
        """The symbol ends, and often time goes past that."""
        self.end(symbol, time_text(self.clock.at + self.rng.choice((-SECOND, 0, SECOND, SECOND // 2))))
        self.clock.at += self.rng.choice((0, SECOND, 2 * SECOND))
        if self.rng.random() < 0.5:
            self.tick()
        if self.rng.random() < 0.3:  # what trades after the end
            self.execute(self.rng.choice(self.clients), symbol, self.quantity(), self.price(), at=self.clock.at)

    def end(self, symbol, expires_at, contract=None):
        line = {"kind": "instrument", "symbol": symbol, "multiplier": "1", "currency": "", "contract": contract or self.rng.choice(("LINEAR", "LINEAR", "LINEAR", "INVERSE")),
                "expires_at": expires_at, "allows_negative": False, "name": ""}
        self.lines.append(line)
        self.follow_instrument(line)

    def change_base(self):
        self.change_rules_to({**self.maker.changed(self.rules), "base_currency": {"USD": "EUR"}.get(self.rules["base_currency"], "USD")})

    def made_mark(self, old):
        return any(mark[3] == old.applied_by for mark in self.marks.remembered.get(old.symbol, ())[-1:])

    def say_bust(self, old, at=None):
        """Nothing stands after it. Of what it does not need it says anything."""
        if not old:
            return None
        rng, line = self.rng, self.reversal("BUST", old.line, self.clock.next(self.windows()) if at is None else at)
        if rng.random() < 0.5:
            line.update(side="", quantity="0", price=rng.choice(("0", "-7")), currency=rng.choice(("", "XXX", "a\nb", "x" * 51)))
        if rng.random() < 0.1:
            line.update(order_id="x" * 51, trader_id="\n")
        self.lines.append(line)
        self.gone.append(line)
        if rng.random() < 0.04:
            self.spoil(line, ("transaction_id", "client_id", "symbol", "broker_id", "market", "ref_transaction_id", "ref_transaction_id"))
        elif old in self.standing:
            symbol, held = old.now(self.history)
            if held is not None:
                self.follow(Change(old, None, held, after_bust(self.marks, symbol, old)))
        return None

    def say_any_correction(self, old, at=None):
        rng = self.rng
        quantity = units(old.line["quantity"]) * (1 if old.line["side"] == "BUY" else -1)
        price, currency, what = units(old.line["price"]), old.line["currency"], rng.choice(("quantity", "price", "side", "currency", "all", "none"))
        quantity = rng.choice((quantity // 2, quantity * 2, rng.choice((1, -1)) * self.quantity())) if what in ("quantity", "all") else quantity
        price = rng.choice((self.odd_price(old.symbol, self.price()), price * 2, price // 2, price + 1)) if what in ("price", "all") else price
        currency = self.currency() if what in ("currency", "all") else currency
        quantity = -quantity if what == "side" else quantity
        bounded = lambda number: max(-INT64_MAX, min(INT64_MAX, number))
        return self.say_correction(old, bounded(quantity) or UNIT, bounded(price), currency, at)

    def say_correction(self, old, quantity, price, currency, at=None):
        """What stands after it, if anything is known to."""
        line = self.reversal("CORRECTION", old.line, self.clock.next(self.windows()) if at is None else at)
        line.update(side="BUY" if quantity > 0 else "SELL", quantity=exact_text(abs(quantity)), price=exact_text(price), currency=currency)
        self.lines.append(line)
        if self.rng.random() < 0.04:
            self.spoil(line, ("transaction_id", "client_id", "symbol", "side", "quantity", "currency", "broker_id", "market", "order_id", "ref_transaction_id"))
            return self.gone.append(line)
        if old not in self.standing:
            return None
        received, (line, field), (_, held) = line, old.correction_now(self.history, line), old.now(self.history)
        worth = None if field else self.marks.worth(line)[0]
        if worth is None or held is None:
            return None
        new = Booked(line, worth, self.history.moment(), received, old.began, old.depth + 1, origin=old.origin)
        change = Change(old, new, held, after_correction(self.marks, self.read, line, old, new.applied_by, max(self.clock.at, new.at)))
        if not self.follow(change):
            return None
        self.standing.append(new)
        return new

    def follow(self, change):
        """Whether it is taken, as far as the stream knows."""
        old = change.old
        self.begin_session()
        self.close_expired()
        held = self.positions.get((old.client, change.symbol), 0) + change.quantity
        if max(abs(held), abs(self.marks.latest_worth(change.symbol, change.after.remembered))) > INT64_MAX:
            return False
        self.positions[old.client, change.symbol] = held
        self.marks.put(change.after)
        for entity in old.origin.entities() if old.began == self.session else ():
            self.turnovers[entity] = self.turnovers.get(entity, 0) + change.turnover
        self.standing.remove(old)
        self.gone.append(old.line)
        return True

    def reversal(self, kind, line, at):
        """Of the execution in a line. It may be named by any id of its chain: which it is has been found out before."""
        self.reversals += 1
        named = self.rng.choice((line["transaction_id"], line["transaction_id"], line.get("ref_transaction_id") or line["transaction_id"], "x" * 50))
        fields = {name: value for name, value in line.items() if name not in ("original", "ref_transaction_id", "execution_kind")}
        if self.is_adjusted and self.rng.random() < 0.3:  # under either name
            fields["symbol"] = self.history.meaning(fields["symbol"])
        return {**fields, "kind": "reversal", "execution_kind": kind, "ref_transaction_id": named, "original": line["transaction_id"],
                "transaction_id": f"V{self.reversals}", "executed_at": self.any_time_text(at)}

    def spoil(self, line, fields):
        """One field does not fit."""
        field = self.rng.choice(fields)
        wrong = {"side": ("", "buy"), "quantity": ("0", "-1"), "currency": ("XTS", "a\nb")}
        line[field] = self.rng.choice(wrong.get(field, BAD_IDS[1:] if field in ("broker_id", "market", "order_id") else BAD_IDS))
