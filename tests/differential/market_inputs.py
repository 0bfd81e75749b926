"""The part of a stream that makes prices without trades, and rates: those that bring an idle client onto a limit among them."""
from oracle import INT64_MAX, OLDEST, PART_OF, SECOND, UNIT, exact_text, half_even, nanos, time_text, units
from oracle_price import quote_of

MULTIPLIERS = ("1", "1", "5", "100", "0.01", "0.00000001", "1000", "0.33333333", "92233720368")
RATE_TEXTS = ("1.08", "1.27", "0.01", "0.5", "0.00671234", "1.33333333", "0.00000001", "2", "92233720368")


class MarketInputs:
    def currency(self):
        """Of a price: often the base currency, by its name or without; sometimes one that has no rate."""
        return self.rng.choice(("", "", "", self.rules["base_currency"], *self.rules["rates"], *self.marks.rates))

    def market_price(self):
        """Any symbol, known or not, at any time."""
        symbol = self.rng.choice((*self.symbols, *self.symbols, *self.symbols, "NEW", "Ω"))
        price = self.rng.choice((INT64_MAX, INT64_MAX // 3, 1)) if self.family == "extreme" and self.rng.random() < 0.5 else self.odd_price(symbol, self.price())
        line = self.say_price(symbol, price, self.currency())
        if self.rng.random() < 0.08:
            field, value = self.rng.choice((("currency", "XTS"), ("currency", "a\nb"), ("symbol", ""), ("symbol", "x" * 51)))
            line[field] = value
        self.follow_price(line)

    def instrument(self, symbol=None):
        """What a symbol stands for, for the first time or anew: often with an end in a while, sometimes in the past."""
        rng = self.rng
        ends = (None, None, None, self.clock.at - SECOND, *(self.clock.at + step * SECOND // 2 for step in (1, 2, 9, 60, 600)))
        line = {"kind": "instrument", "symbol": symbol or rng.choice((*self.symbols, *self.symbols, "NEW")), "multiplier": rng.choice(MULTIPLIERS),
                "currency": rng.choice(("", "", "", *self.rules["rates"], *self.marks.rates, "XTS")), "contract": rng.choice(("LINEAR",) * 5 + ("INVERSE",)),
                "expires_at": None, "allows_negative": rng.random() < 0.5, "name": rng.choice(("", "E-mini"))}
        end = rng.choice(ends)
        if end is not None:
            line["expires_at"] = time_text(end)
        if rng.random() < 0.08:
            field, value = rng.choice((("multiplier", "0"), ("multiplier", "-1"), ("currency", "a\nb"), ("symbol", ""), ("symbol", "x" * 51), ("contract", "")))
            line[field] = value
        else:
            self.follow_instrument(line)
        self.lines.append(line)

    def close_expired(self):
        expired = self.marks.expired(self.clock.at // SECOND)
        for pair in self.positions:
            if pair[1] in expired:
                self.positions[pair] = 0

    def odd_price(self, symbol, price):
        """Sometimes zero or negative, above all where the instrument allows it."""
        allowed = self.marks.instruments.get(symbol, {}).get("allows_negative", False)
        return self.rng.choice((0, -1, -price, -price)) if self.rng.random() < (0.5 if allowed else 0.03) else price

    def exchange_rate(self):
        """Of a currency that rules know or not; some are refused."""
        known = (*self.rules["rates"], *self.marks.rates)
        currency = self.rng.choice((*known, *known, "EUR", "GBX", "USD", self.rules["base_currency"]))
        line = self.say_rate(currency, self.rng.choice((*RATE_TEXTS, exact_text(self.rng.randint(1, 3 * UNIT)))))
        before = self.marks.rates.get(currency, (None, OLDEST))[1]
        if before != OLDEST and self.rng.random() < 0.1:
            line["at"] = time_text(before - self.rng.choice((0, 1, SECOND)))
        if self.rng.random() < 0.08:
            line["rate"] = self.rng.choice(("0", "-1"))
        elif self.rng.random() < 0.05:
            line["currency"] = self.rng.choice(("", "x" * 51, "\n"))
        self.follow_rate(line)

    def aim_at_price(self):
        """A price without a trade, after which a client who does nothing is exactly at a threshold, or next to it."""
        client, symbol, target, quantity = self.idle()
        if target is None:
            return self.market_price()
        wanted = (target - self.exposure(("CLIENT", client), self.client_measure(), without=(client, symbol))) // quantity
        if not 0 < wanted <= INT64_MAX:
            return self.market_price()
        currency = self.rng.choice(("", "", *self.marks.rates))
        rate = self.marks.rates[currency][0] if currency else UNIT
        price = half_even(wanted * UNIT, rate)
        self.follow_price(self.say_price(symbol, min(max(price, 1), INT64_MAX), currency))
        self.insist(symbol)

    def aim_at_rate(self):
        """A rate that does the same, of the currency of one of the client's marks."""
        client, symbol, target, quantity = self.idle()
        price, currency, _ = dict.get(self.marks, symbol, (0, self.marks.base, 0))
        if target is None or currency in (None, self.marks.base) or price <= 0:
            return self.exchange_rate()
        others = self.exposure(("CLIENT", client), self.client_measure(), without=(client, symbol))
        wanted = half_even((target - others) // quantity * UNIT, price) + self.rng.choice((0, 0, 1, -1))
        if not 0 < wanted <= INT64_MAX:
            return self.exchange_rate()
        self.follow_rate(self.say_rate(currency, exact_text(wanted)))

    def idle(self):
        """A position, the amount to bring its client to, and what the position counts; no amount where there is none."""
        measure, held = self.client_measure(), [pair for pair, quantity in self.positions.items() if quantity]
        if not held or measure == "turnover":
            return None, None, None, None
        client, symbol = self.rng.choice(held)
        target, quantity = self.target(("CLIENT", client)), abs(PART_OF[measure](self.positions[client, symbol], 1))
        return client, symbol, target if quantity else None, quantity

    def client_measure(self):
        return self.rules["client_exposure"]["measure"]

    def say_price(self, symbol, price, currency, at=None):
        self.lines.append({"kind": "price", "at": time_text(self.clock.next(self.windows()) if at in (None, OLDEST) else at), "symbol": symbol, "price": exact_text(price),
                           "currency": currency})
        return self.lines[-1]

    def say_rate(self, currency, rate):
        self.lines.append({"kind": "rate", "at": time_text(self.clock.next(self.windows())), "currency": currency, "rate": rate})
        return self.lines[-1]

    def follow_price(self, line):
        line, worth = self.as_of_now(line)
        if worth is not None:
            self.follow_quote(quote_of(self.marks, line, nanos(line["at"]), None))

    def follow_rate(self, line):
        if line["currency"] and units(line["rate"]) > 0 and not self.marks.rate_problem(line, lambda: True):
            self.marks.set_rate(line)
