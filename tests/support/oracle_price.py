"""The oracle's jump guard: which price becomes a mark, which is held until another confirms it, and the rule that tells of those.

A stream follows the guard by the same functions, for it must know the marks it aims at.
"""
from typing import NamedTuple, Optional

from oracle_figures import INT64_MAX, SECOND, UNIT, exact_text, money_text, nanos, units, utilisation_text
from oracle_marks import OLDEST
from oracle_rules import PRICE_RULES, problem

INT128_MAX = 2**127 - 1
MARK_AGE_MAX = 86400 * SECOND


class Quote(NamedTuple):
    """A price that may become its symbol's mark, the input that made it, and whose order it is of; of a price without a trade there is no client."""

    symbol: str
    price: int
    currency: str
    at: int
    maker: object
    client: Optional[str] = None
    order_id: str = ""
    order: object = None  # which of the client's orders, where it has no id


class After(NamedTuple):
    """What is remembered of a symbol's marks, and what is held of it, once an input is applied."""

    symbol: str
    remembered: tuple
    held: Optional[Quote]


def quote_of(marks, line, at, maker, **whose):
    return Quote(line["symbol"], units(line["price"]), marks.currency_of(line), at, maker, **whose)


def guard_of(rules, symbol):
    """How far a price may be from the mark, as a ratio; 0 where there is no guard."""
    rule = rules.of(PRICE_RULES, ("SYMBOL", symbol))
    return rule.limit_of(("SYMBOL", symbol)) if rule.enabled else 0


def jumps(marks, rules, quote, now):
    """Only a mark that says when and in what it was made, and that is not too old, is one to compare with."""
    guard = guard_of(rules, quote.symbol)
    if not guard or quote.symbol not in marks:
        return False
    price, currency, at = marks.latest(quote.symbol)
    if price <= 0 or currency is None or at == OLDEST or now - at >= MARK_AGE_MAX:
        return False
    new, old = quote.price * marks.rate_of(quote.currency), price * marks.rate_of(currency)
    return new * UNIT > guard * old or new * guard < old * UNIT


def confirms(marks, quote, held):
    """Whether the price is near the held one, and of somebody or something else."""
    new, old = quote.price * marks.rate_of(quote.currency), held.price * marks.rate_of(held.currency)
    return 10 * abs(new - old) <= abs(old) and not are_of_one_order(quote, held)


def are_of_one_order(quote, held):
    if quote.client is None or quote.client != held.client:
        return False
    return quote.order_id == held.order_id if quote.order_id or held.order_id else quote.order is held.order


def after_quote(marks, rules, quote, now, held, may_confirm=True):
    """The price becomes the mark, or is held in place of what was; an older one does neither."""
    symbol = quote.symbol
    if marks.is_older(symbol, quote.at):
        return After(symbol, marks.remembered_of(symbol), held)
    if jumps(marks, rules, quote, now) and not (may_confirm and held and confirms(marks, quote, held)):
        return After(symbol, marks.remembered_of(symbol), quote)
    return After(symbol, marks.remembered_with(quote), None)


def after_bust(marks, symbol, old):
    """`symbol` is that in which the original is by now."""
    held = marks.held.get(symbol)
    return After(symbol, marks.remembered_without(symbol, old.applied_by), held if is_not_of(held, old) else None)


def after_correction(marks, rules, line, old, maker, now):
    """The price takes the place of the original's, wherever that is: among the remembered marks, held, or, of what was only counted, still to be judged."""
    held = marks.held.get(line["symbol"])
    if is_not_of(held, old) and not old.is_counted:
        return After(line["symbol"], marks.remembered_instead(line, old.applied_by, maker), held)
    if is_not_of(held, old):  # an execution that was only counted was of no order
        quote = quote_of(marks, line, old.at, maker, client=old.client, order=object())
        return after_quote(marks, rules, quote, now, held, may_confirm=False)
    quote = quote_of(marks, line, held.at, maker, client=old.client, order_id=held.order_id, order=held.order)
    return after_quote(marks, rules, quote, now, None)


def is_not_of(held, old):
    return held is None or held.maker != old.applied_by


class Prices:
    """The part of an Oracle that takes prices, holds them, and judges those that are held."""

    def now_with(self, at):
        """What now will be once an input of that instant has moved it."""
        return at if self.now is None else max(self.now, at)

    def after_trade(self, line, order):
        at = nanos(line["executed_at"])
        quote = quote_of(self.marks, line, at, self.index, client=line["client_id"], order_id=line.get("order_id") or "", order=order)
        return after_quote(self.marks, self.rules, quote, self.now_with(at), self.marks.held.get(line["symbol"]))

    def holds_its_own(self, symbol):
        """Whether the price of the input that is being applied is held."""
        return symbol in self.marks.held and self.marks.held[symbol].maker == self.index

    def take_price(self, line):
        line, field = self.as_of_now(line, nanos(line["at"]), problem(line, ("symbol",), (), ("currency",)))
        _, field = self.worth_of(line, field)
        if field or self.marks.is_older(line["symbol"], nanos(line["at"])):
            return field and self.reject(field)
        symbol, at = line["symbol"], nanos(line["at"])
        after = after_quote(self.marks, self.rules, quote_of(self.marks, line, at, self.index), self.now_with(at), self.marks.held.get(symbol))
        if not self.fits_after(after):
            return self.reject("price")
        self.move_now(at)
        self.put_marks(after)
        if self.holds_its_own(symbol):
            self.judge_price(symbol, None, None)

    def decide_held(self, line):
        """A person says what becomes of a held price."""
        symbol, at, held = line["symbol"], nanos(line["at"]), self.marks.held.get(line["symbol"])
        applies = line["decision"] == "APPLY"
        if not held or (applies and self.marks.is_older(symbol, held.at)):
            return self.reject("symbol")
        after = After(symbol, self.marks.remembered_with(held) if applies else self.marks.remembered_of(symbol), None)
        if not self.fits_after(after):
            return self.reject("price")
        self.move_now(at)
        self.marks.put(after)

    def fits_after(self, after):
        worth = self.marks.latest_worth(after.symbol, after.remembered)
        if abs(worth) > INT64_MAX or self.gross_with(None, after.symbol, 0, worth) > INT128_MAX:
            return False
        return self.keeps_pnl(lambda: self.put_marks(after), 0, is_kept=False)

    def put_marks(self, after):
        """By the first mark of a symbol nobody gains: without one a position is worth nothing, and not because its price is."""
        if self.marks.remembered_of(after.symbol):
            self.marks.put(after)
        else:
            self.pnl.nobody_gains(lambda: self.marks.put(after))

    def judge_price(self, symbol, notional, transaction_id):
        """Of the price that is held now; `notional` of the execution that it is of."""
        held, entity = self.marks.held[symbol], ("SYMBOL", symbol)
        if held.price == 0:
            return
        mark, currency, _ = self.marks.latest(symbol)
        severity = "HIGH" if held.client is not None and self.is_material(held.client, notional) else "MEDIUM"
        alert, event = self.price_alerts.get(entity), None
        if alert is None:
            event, alert = "OPENED", self.new_alert(severity, held.price, mark)
            self.price_alerts[entity] = alert
        elif (alert.severity, severity) == ("MEDIUM", "HIGH"):
            event, alert.severity = "ESCALATED", severity
        alert.last, alert.limit, alert.last_at, alert.peak = held.price, mark, self.now, max(alert.peak, held.price)
        alert.utilisation = utilisation_text(held.price * self.marks.rate_of(held.currency), mark * self.marks.rate_of(currency))
        if event:
            self.say_deviation(event, entity, alert, self.now, transaction_id, () if held.client is None else [[held.client, money_text(notional)]])

    def is_material(self, client, notional):
        """From a thousandth of the client's limit on, whether that is enabled or not."""
        limit = self.rules.named["client_exposure"].limit_of(("CLIENT", client))
        return limit is None or notional * 1000 >= limit

    def resolve_price(self, entity, at, over=False):
        rule, alert = self.rules.of(PRICE_RULES, entity), self.price_alerts.get(entity)
        if alert and (over or not guard_of(self.rules, entity[1]) or at - alert.last_at >= rule.quiet_seconds * SECOND):
            del self.price_alerts[entity]
            self.say_deviation("RESOLVED", entity, alert, at, None)

    def say_deviation(self, event, entity, alert, at, transaction_id, contributors=()):
        self.say_event("PRICE_DEVIATION", event, entity, alert, at, transaction_id, value=exact_text(alert.last), limit=exact_text(alert.limit),
                       peak=exact_text(alert.peak), utilisation=alert.utilisation, contributors=contributors)
