"""What the oracle's symbols are worth: each has its latest price in a currency, valued anew whenever somebody asks."""
from oracle_figures import INT64_MAX, SECOND, UNIT, half_even, nanos, units

OLDEST = -2**63  # of the price of an opening position, and of a rate of the rules: before every other
REMEMBERED = 8


class Marks(dict):
    """symbol -> (price, currency, instant) inside, and what one unit is worth to who looks."""

    def __init__(self):
        super().__init__()
        self.remembered = {}  # symbol -> its last marks: (price, currency, instant, who made it), in the order they came
        self.held = {}  # symbol -> a price that is too far from its mark to become it at once
        self.base, self.rates = None, {}  # currency -> (rate, instant)
        self.instruments = {}  # symbol -> its line
        self.require_instruments = False

    def __getitem__(self, symbol):
        price, currency, _ = super().__getitem__(symbol)
        return self.value(symbol, price, currency)

    def value(self, symbol, price, currency):
        """Of no currency the price is what one unit is worth, as it was under another base currency."""
        if currency is None:
            return price
        instrument, rate = self.instruments.get(symbol), self.rate_of(currency)
        if instrument is None:
            return half_even(price * rate, UNIT)
        return half_even((UNIT if instrument["contract"] == "INVERSE" else price) * units(instrument["multiplier"]) * rate, UNIT * UNIT)

    def rate_of(self, currency):
        return UNIT if currency == self.base else self.rates[currency][0]

    def latest(self, symbol):
        """The mark itself: price, currency, instant."""
        return super().__getitem__(symbol)

    def currency_of(self, line):
        return line["currency"] or self.instruments.get(line["symbol"], {}).get("currency") or self.base

    def worth(self, line):
        """Of one unit at the line's price and no field, or nothing and the field that does not fit."""
        instrument, price, currency = self.instruments.get(line["symbol"]), units(line["price"]), self.currency_of(line)
        if instrument is None and self.require_instruments:
            return None, "symbol"
        if price < 0 and not (instrument and instrument["allows_negative"]):
            return None, "price"
        if currency != self.base and currency not in self.rates:
            return None, "currency"
        value = self.value(line["symbol"], price, currency)
        return (value, None) if abs(value) <= INT64_MAX else (None, "price")

    def instrument_problem(self, line, is_in_range):
        """The field of an instrument that does not fit the marks."""
        before = dict(self.instruments)
        self.instruments[line["symbol"]] = line
        good = self.fit() and is_in_range()
        self.instruments = before
        return None if good else "multiplier"

    def expired(self, second):
        """Symbols that have a mark and whose end has come, in byte order."""
        return [symbol for symbol in sorted(self, key=str.encode) if self.is_expired(symbol, second)]

    def is_expired(self, symbol, second):
        return self.is_over(symbol, second * SECOND)

    def is_over(self, symbol, at):
        end = self.instruments.get(symbol, {}).get("expires_at")
        return bool(end) and nanos(end) <= at

    def instant(self, symbol):
        return super().__getitem__(symbol)[2] if symbol in self else OLDEST

    def is_older(self, symbol, at):
        return at < self.instant(symbol)

    def with_price(self, symbol, worth, at):
        """What one unit is worth after a price of that instant: what is older than the mark does not become it."""
        return self[symbol] if self.is_older(symbol, at) else worth

    def open(self, line, maker=None):
        """The price of an opening position, which nothing guards."""
        if not self.is_older(line["symbol"], OLDEST):
            mark = units(line["price"]), self.currency_of(line), OLDEST, maker
            self.recall(line["symbol"], (*self.remembered_of(line["symbol"]), mark)[-REMEMBERED:])

    def remembered_of(self, symbol):
        return self.remembered.get(symbol, ())

    def remembered_with(self, quote):
        """What is remembered of the symbol once the quote is its mark."""
        return (*self.remembered_of(quote.symbol), (quote.price, quote.currency, quote.at, quote.maker))[-REMEMBERED:]

    def remembered_without(self, symbol, maker):
        """What is remembered when that which the maker made leaves; the only one stays."""
        remembered = self.remembered_of(symbol)
        return tuple(mark for mark in remembered if mark[3] != maker) or remembered

    def remembered_instead(self, line, maker, new_maker):
        """What is remembered when the line's price takes the place and instant of that which the maker made."""
        price, currency = units(line["price"]), self.currency_of(line)
        return tuple((price, currency, mark[2], new_maker) if mark[3] == maker else mark for mark in self.remembered_of(line["symbol"]))

    def recall(self, symbol, remembered):
        """The latest that is remembered is the mark."""
        if remembered:
            self.remembered[symbol], self[symbol] = remembered, remembered[-1][:3]

    def put(self, after):
        self.recall(after.symbol, after.remembered)
        self.held.pop(after.symbol, None)
        if after.held:
            self.held[after.symbol] = after.held

    def latest_worth(self, symbol, remembered):
        return self.value(symbol, *remembered[-1][:2]) if remembered else self[symbol]

    def introduce(self, symbol):
        """A symbol that is known but has no mark is worth nothing."""
        self.setdefault(symbol, (0, None, OLDEST))

    def split(self, split):
        """Whatever is remembered of the symbol is in the terms of after it; what is held is not, and goes."""
        self.held.pop(split.symbol, None)
        self.recall(split.symbol, tuple((split.price(price), *rest) for price, *rest in self.remembered_of(split.symbol)))

    def rename(self, symbol, to):
        """What is known of the symbol is of the other, which knows better where it has the same."""
        instrument = self.instruments.pop(symbol, None)
        if instrument:
            self.instruments.setdefault(to, {**instrument, "symbol": to})
        self.held.pop(symbol, None)
        self.held.pop(to, None)
        if symbol not in self:
            return
        merged = sorted((*self.remembered.pop(symbol, ()), *self.remembered_of(to)), key=lambda mark: mark[2])[-REMEMBERED:]
        self[symbol] = 0, None, OLDEST
        self.introduce(to)
        self.recall(to, tuple(merged))

    def copy_of(self):
        return {symbol: super(Marks, self).__getitem__(symbol) for symbol in self}, dict(self.remembered), dict(self.rates), dict(self.instruments), dict(self.held)

    def restore(self, copy):
        self.clear()
        self.update(copy[0])
        self.remembered, self.rates, self.instruments, self.held = copy[1:]

    def fit(self):
        return all(abs(self[symbol]) <= INT64_MAX for symbol in self)

    def remembered_fit(self):
        return all(abs(mark[0]) <= INT64_MAX for marks in self.remembered.values() for mark in marks)

    def rate_problem(self, line, is_in_range):
        """The field of a rate that does not fit."""
        currency, rate, at = line["currency"], units(line["rate"]), nanos(line["at"])
        if currency == self.base:
            return "currency"
        if currency in self.rates and at < self.rates[currency][1]:
            return "at"
        return None if self.fits_at(currency, (rate, at), is_in_range) else "rate"

    def fits_at(self, currency, rate, is_in_range):
        before = dict(self.rates)
        self.rates[currency] = rate
        good = self.fit() and is_in_range()
        self.rates = before
        return good

    def set_rate(self, line):
        self.rates[line["currency"]] = units(line["rate"]), nanos(line["at"])

    def change_rules(self, rules, is_in_range):
        """The rates of rules are older than any other. Of another base currency all numbers are read as they stand."""
        self.require_instruments = rules.require_instruments
        if rules.base_currency != self.base:
            worth = {symbol: (self[symbol], None, self.instant(symbol)) for symbol in self}
            self.update(worth)
            self.remembered = {symbol: ((*worth[symbol], marks[-1][3]),) for symbol, marks in self.remembered.items()}
            self.base, self.rates, self.held = rules.base_currency, {}, {}
        for currency in sorted(rules.rates, key=str.encode):
            rate = rules.rates[currency], OLDEST
            if currency != self.base and self.rates.get(currency, rate)[1] == OLDEST and self.fits_at(currency, rate, is_in_range):
                self.rates[currency] = rate
