"""The part of a random stream that is of prices too far from their marks: at the edge of the guard, confirmed or not, late, busted, corrected, and decided by a person."""
from oracle import INT64_MAX, OLDEST, SECOND, UNIT, exact_text, time_text, units
from oracle_orders import Activity
from oracle_price import MARK_AGE_MAX, Quote, after_quote, guard_of, jumps, quote_of
from oracle_rules import Rules, is_id

# How often each kind of them comes, beside each other; how many of a stream's inputs they are follows from its family and from whether it has the guard.
PRICES = dict(wild_print=5, deviate=5, answer=3, age=0.7, decide=0.7, change_guard=0.4, undo_print=0.7, hold_giant=0.15)
SHARES = {"prices": 0.6, "crowd": 0.05, "extreme": 0.1}
SHARE, SHARE_WITHOUT = 0.15, 0.03
EACH_MAX = 4
NEAR = 0.75  # how often a price of a guarded stream is near the level of the stream, so that marks move at all
RATIOS = ("2", "2", "2", "2", "1", "1.00000001", "1.5", "3", "10", "1000000", "0")


class PriceRules:
    """For RuleMaker. Some streams have no such rule, some have it disabled."""

    def choose_guard(self):
        self.guard = self.rng.choices(("on", "off", "absent"), (60, 20, 20))[0]

    def price_deviation(self):
        if self.guard == "absent":
            return {}
        choice = self.rng.choice
        enabled = self.rng.random() < (0.95 if self.guard == "on" else 0.1)
        return {"price_deviation": {"enabled": enabled, "limit": choice(RATIOS), "limits": self.some(self.symbols, lambda: choice(RATIOS)),
                                    "quiet_seconds": choice((0, 1, 30, 300, 300))}}


class PriceInputs:
    """For Stream."""

    def begin_prices(self):
        self.activity, self.level = Activity(), self.number(self.maker.scale)

    def with_prices(self, weights):
        share = SHARES.get(self.family, SHARE) if self.maker.guard == "on" else SHARE_WITHOUT
        factor = share / (1 - share) * sum(weights.values()) / sum(PRICES.values())
        return {**weights, **{kind: weight * factor for kind, weight in PRICES.items()}}

    # What it knows of the guard

    def follow_rules(self):
        before, self.read = getattr(self, "read", None), Rules(self.rules)
        self.marks.change_rules(self.read, lambda: True)
        self.activity.change_rules(before, self.read)

    def follow_quote(self, quote):
        self.marks.put(after_quote(self.marks, self.read, quote, max(self.clock.at, quote.at), self.marks.held.get(quote.symbol)))

    def follow_execution(self, line, at):
        order = self.activity.order_of(line, at, self.read)
        self.follow_quote(quote_of(self.marks, line, at, line["transaction_id"], client=line["client_id"], order_id=line.get("order_id") or "", order=order))
        self.activity.add(line, at, self.read, order)

    def stay_near(self, symbol, prices):
        """Of some prices in base currency mostly those that mark the symbol at once."""
        near = [price for price in prices if not jumps(self.marks, self.read, Quote(symbol, price, self.marks.base, self.clock.at, None), self.clock.at)]
        return near if near and self.rng.random() < 0.8 else prices

    def near_level(self):
        step = UNIT // 10**self.places
        return max(self.level * self.rng.randint(75, 130) // 100 // step * step, step)

    def insist(self, symbol):
        """What was held for its leap is often said again, so that it takes effect."""
        if symbol in self.marks.held and self.rng.random() < 0.7:
            held = self.marks.held[symbol]
            self.follow_price(self.say_price(symbol, held.price, held.currency, self.clock.at))

    # Kinds of input

    def wild_print(self, symbol=None):
        """A price at the edge of the guard or far beyond it, by an execution or without one; returns what it made to reverse."""
        rng, symbol = self.rng, symbol or self.marked()
        currency = rng.choice(("", "", "", self.rules["base_currency"], *self.marks.rates))
        price = self.wild_price(symbol, currency or self.marks.currency_of({"symbol": symbol, "currency": ""}))
        if price is None:
            return self.trade()
        at = rng.choice((self.clock.at,) * 6 + (None, self.marks.instant(symbol), self.marks.instant(symbol) - 1))
        at = None if at is not None and at <= OLDEST else at  # the mark has no instant
        at = None if at is not None and abs(at - self.clock.at) > 10**6 * SECOND else at
        return self.say_print(rng.choice(self.clients), symbol, price, currency, at)

    def deviate(self):
        """A wild print and what comes of it."""
        symbol = self.marked()
        made = [self.wild_print(symbol)]
        for _ in range(self.rng.randint(1, EACH_MAX)):
            kind = self.rng.choice(("answer",) * 4 + ("wild", "wild", "undo", "undo", "decide", "later", "disturb", "age", "rate", "guard", "opening", "instrument", "base"))
            if kind == "answer":
                made.append(self.answer(symbol))
            elif kind == "wild":
                made.append(self.wild_print(symbol))
            elif kind == "undo":
                made.append(self.undo(symbol, made))
            else:
                {"decide": lambda: self.decide(symbol), "later": self.wait_for_quiet, "disturb": lambda: self.disturb(None), "age": lambda: self.age(symbol),
                 "rate": lambda: self.move_rate(symbol), "guard": self.change_guard, "opening": lambda: self.hold(*self.pair()[:1], symbol, self.quantity(), self.price()),
                 "instrument": lambda: self.instrument(symbol), "base": self.change_base if self.rng.random() < 0.3 else self.tick}[kind]()

    def answer(self, symbol=None):
        """A price a tenth from the held one, or just not, of the same order, another, somebody else's or nobody's."""
        rng = self.rng
        held = self.marks.held.get(symbol) if symbol else rng.choice([None, *self.marks.held.values()])
        if not held:
            return self.wild_print(symbol)
        symbol, base = held.symbol, held.price * self.marks.rate_of(held.currency)
        currency = rng.choice((held.currency, held.currency, held.currency, *self.marks.rates))
        price = (base + rng.choice((0, 0, 1, 1, -1, -1)) * abs(base) // 10) // self.marks.rate_of(currency) + rng.choice((0, 0, 0, 1, -1))
        if not abs(price) <= INT64_MAX:
            return self.trade()
        at = rng.choice((self.clock.at,) * 8 + (held.at - 1, self.marks.instant(symbol), self.marks.instant(symbol) - 1, None, self.clock.at + max(self.order_window(), 1)))
        at = None if at is not None and at <= OLDEST else at  # the mark has no instant
        if at is not None:
            self.clock.at = max(self.clock.at, at)
        who = rng.choice(("order", "order", "order", "client", "client", "other", "other", "price"))
        if who == "price" or held.client is None and rng.random() < 0.5:
            return self.follow_price(self.say_price(symbol, price, currency, at))
        client, order_id = held.client or rng.choice(self.clients), held.order_id
        sign = self.sign_of(held)
        if who == "client":
            order_id, sign = rng.choice(((f"W{self.trades}", sign), ("", sign), (order_id, -sign)))
        elif who == "other":
            client = rng.choice([other for other in self.clients if other != client] or [self.stranger()])
        return self.booked(client, symbol, sign * self.quantity(), price, currency, at=at, order_id=order_id)

    def age(self, symbol=None):
        """The mark becomes too old to guard anything, or nearly; then comes a price that is far from it, of then or from before."""
        rng, symbol = self.rng, symbol or self.marked()
        then = self.marks.instant(symbol) + MARK_AGE_MAX + rng.choice((-1, 0, 0, 1, -SECOND))
        if not 0 <= then - self.clock.at <= 2 * MARK_AGE_MAX:
            return self.trade()
        before, self.clock.at = self.clock.at, then
        if rng.random() < 0.6:
            self.lines.append({"kind": "tick", "time": time_text(then)})
        price = self.wild_price(symbol, self.marks.base)
        return self.say_print(rng.choice(self.clients), symbol, self.price() if price is None else price, self.marks.base, rng.choice((then, then, before)))

    def decide(self, symbol=None):
        """A person takes a held price for the mark, or drops it; sometimes there is none."""
        rng = self.rng
        symbol = symbol or rng.choice([*self.marks.held, *self.marks.held, *self.symbols, rng.choice(("NEW", "", "x" * 51))])
        line = {"kind": "held_price", "symbol": symbol, "decision": rng.choice(("APPLY", "APPLY", "DROP")),
                "at": time_text(rng.choice((self.clock.at, self.clock.next(self.windows()))))}
        self.lines.append(line)
        held = self.marks.held.pop(self.history.meaning(symbol), None)
        if held and line["decision"] == "APPLY":
            self.marks.recall(held.symbol, self.marks.remembered_with(held))

    def change_guard(self):
        """The rule off, on, or of another limit: of all symbols, of one, or of those that have a price held."""
        rng, rule = self.rng, self.rules.get("price_deviation")
        if rule is None:
            return self.change_rules()
        rule = {**rule, "limits": dict(rule["limits"])}
        what = rng.choice(("enabled", "limit", "limits", "limits", "quiet_seconds"))
        if what == "limits":
            named = [name for name in (*self.symbols, *self.marks.held) if is_id(name)]
            rule["limits"][rng.choice(named)] = rng.choice(RATIOS)
        else:
            rule[what] = {"enabled": not rule["enabled"] or rng.random() < 0.2, "limit": rng.choice(RATIOS), "quiet_seconds": rng.choice((0, 1, 30, 300))}[what]
        self.change_rules_to({**self.rules, "config_version": self.rules["config_version"] + 1, "price_deviation": rule})
        return None

    def hold_giant(self):
        """A price that may be held, for nothing is worth more by it, but for which there is no room once it is confirmed or a person takes it."""
        rng, symbol, holders = self.rng, self.stranger(), [self.stranger() for _ in range(3)]
        for holder in holders:
            self.hold(holder, symbol, INT64_MAX, 1)
        self.follow_price(self.say_price(symbol, 1, self.marks.base, self.clock.at))
        currency = rng.choice([self.marks.base, *self.marks.rates])
        rate = self.marks.rate_of(currency)
        price = min(INT64_MAX // 10 * 9, INT64_MAX // 10 * 9 * UNIT // rate)
        self.follow_quote(Quote(symbol, price, currency, self.clock.at, None))
        self.say_price(symbol, price, currency, self.clock.at)
        if currency != self.marks.base and rate <= INT64_MAX // 3 and rng.random() < 0.7:
            self.follow_rate(self.say_rate(currency, exact_text(rate * 3)))
        for _ in range(rng.randint(1, 3)):
            rng.choice((lambda: self.decide(symbol), lambda: self.say_price(symbol, price - rng.choice((0, 1)), currency, self.clock.at),
                        lambda: self.lines.append(self.transaction(rng.choice(self.clients), symbol, UNIT, price, currency, self.clock.at))))()
            self.trades += 1
        for holder in holders:
            self.hold(holder, symbol, 0, 1)
        if currency != self.marks.base:
            self.follow_rate(self.say_rate(currency, exact_text(rate)))

    def undo_print(self):
        symbol = self.rng.choice([self.marked(), *self.marks.held, *self.marks.held])
        return self.undo(symbol, [])

    # What they are made of

    def undo(self, symbol, made):
        """Takes back or corrects what is held, what confirmed it, or what it is compared with."""
        rng, held = self.rng, self.marks.held.get(symbol)
        latest = self.marks.remembered_of(symbol)[-1:]
        makers = [held.maker] * 2 if held else []
        makers += [mark[3] for mark in latest]
        standing = [old for old in self.standing if old.applied_by in makers] + [old for old in made if old in self.standing]
        if not standing:
            return self.count_only() if rng.random() < 0.5 else self.trade()
        old = rng.choice(standing)
        if rng.random() < 0.4:
            return self.say_bust(old, rng.choice((None, self.clock.at, self.clock.at)))
        price = self.wild_price(symbol, self.marks.base) if rng.random() < 0.5 else rng.choice((self.price(), units(old.line["price"])))
        return self.say_correction(old, rng.choice((old.quantity or UNIT, self.quantity())), self.price() if price is None else price, self.marks.base, self.clock.at)

    def marked(self):
        """A symbol that has a mark with an instant, if only one that it makes now."""
        symbol = self.history.meaning(self.rng.choice(self.symbols))
        if symbol not in self.marks or self.marks.latest(symbol)[0] <= 0 or self.marks.instant(symbol) == OLDEST:
            self.execute(self.rng.choice(self.clients), symbol, self.quantity(), self.near_level(), at=self.clock.at)
        return symbol

    def wild_price(self, symbol, currency):
        """In units of the currency, or nothing where there is no mark to be far from."""
        rng = self.rng
        if symbol not in self.marks or currency != self.marks.base and currency not in self.marks.rates:
            return None
        price, of_mark, _ = self.marks.latest(symbol)
        if price <= 0 or of_mark is None:
            return None
        mark, guard = price * self.marks.rate_of(of_mark), guard_of(self.read, symbol) or 2 * UNIT
        wanted = rng.choice((mark * guard // UNIT, mark * guard // UNIT, mark * UNIT // guard, mark * UNIT // guard, 100 * mark, 3 * mark, mark // 100, 0, -mark))
        if wanted < 0:
            self.allow_negative(symbol)
        price = wanted // self.marks.rate_of(currency) + rng.choice((0, 0, 1, -1)) * (wanted != 0)
        return price if abs(price) <= INT64_MAX else None

    def allow_negative(self, symbol):
        line = {"kind": "instrument", "symbol": symbol, "multiplier": "1", "currency": "", "contract": "LINEAR", "expires_at": None, "allows_negative": True, "name": ""}
        self.lines.append(line)
        self.follow_instrument(line)

    def say_print(self, client, symbol, price, currency, at):
        rng = self.rng
        if rng.random() < 0.25:
            return self.follow_price(self.say_price(symbol, price, currency, at))
        order_id = rng.choice((None, "", "", f"W{self.trades // 3}"))
        return self.booked(client, symbol, rng.choice((1, -1)) * self.material(client, symbol, price, currency), price, currency, at=at, order_id=order_id)

    def material(self, client, symbol, price, currency):
        """A quantity that makes the price matter to its client, or just not; or any."""
        rule = self.rules["client_exposure"]
        limit = rule["limits"].get(client, rule["limit"])
        worth = abs(self.marks.value(symbol, price, currency or self.marks.currency_of({"symbol": symbol, "currency": ""})))
        if limit is None or not worth or self.rng.random() < 0.5:
            return self.quantity()
        quantity = -(-units(limit) * UNIT // (1000 * worth)) + self.rng.choice((0, 0, -1))
        return quantity if 0 < quantity <= INT64_MAX // 10**4 else self.quantity()

    def move_rate(self, symbol):
        """The rate of the mark's currency or of the held price's changes, by a little or by more than the guard allows."""
        held = self.marks.held.get(symbol)
        currencies = [currency for currency in (self.marks.latest(symbol)[1] if symbol in self.marks else None, held and held.currency) if currency in self.marks.rates]
        if not currencies:
            return self.exchange_rate()
        currency = self.rng.choice(currencies)
        rate = self.marks.rates[currency][0] * self.rng.choice((90, 110, 50, 200, 300, 101)) // 100
        return self.follow_rate(self.say_rate(currency, exact_text(rate))) if 0 < rate <= INT64_MAX else self.exchange_rate()

    def wait_for_quiet(self):
        """Up to the second at which a price alert is over, or the one before."""
        quiet = self.rules.get("price_deviation", {}).get("quiet_seconds", 0)
        self.clock.at += max(quiet + self.rng.choice((-1, 0, 0, 1)), 0) * SECOND
        self.lines.append({"kind": "tick", "time": time_text(self.clock.at)})

    def sign_of(self, held):
        side = next((old.line["side"] for old in self.standing if old.applied_by == held.maker), self.rng.choice(("BUY", "SELL")))
        return 1 if side == "BUY" else -1
