#!/usr/bin/env python3
"""Random streams for the risk core that go where it hurts: onto limits and one unit beside them, across sessions, past ranges.

    streams.py --seed 1 --count 3      prints streams as JSON lines, ended each by {"kind":"end"}

A seed gives the same stream on every machine. The generator follows positions, marks and notionals itself, because
aiming at a limit takes the exposure as it is; it does not know what the core makes of them.
"""
import argparse
import copy
import json
import math
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from oracle import CENT, INT64_MAX, PART_OF, SECOND, UNIT, Marks, exact_text, half_even, nanos, session_number, time_text, units  # noqa: E402
from adjustment_inputs import AdjustmentInputs  # noqa: E402
from market_inputs import MarketInputs  # noqa: E402
from order_inputs import OrderInputs  # noqa: E402
from price_inputs import NEAR, PriceInputs, PriceRules  # noqa: E402
from reversal_inputs import ReversalInputs  # noqa: E402

MEASURES = (*PART_OF, "turnover")
EXPOSURES = {"CLIENT": "client_exposure", "SYMBOL": "symbol_exposure", "FIRM": "firm_exposure"}
ANOMALIES = {"CLIENT": "client_anomaly", "SYMBOL": "symbol_anomaly", "FIRM": "system_anomaly"}
LENGTH_MIN, LENGTH_MEAN, LENGTH_MAX = 200, 400, 2000
BEGINNINGS = ("2024-09-20T08:36:00Z", "2024-09-20T23:59:57Z", "2024-02-28T23:59:59.999999Z", "2024-12-31T23:59:00.000001Z", "1969-12-31T23:59:30Z")
# Just before their clocks are set: forward by an hour, by half of one and over a day, and back.
CLOCKS_SET = {"": BEGINNINGS, "America/New_York": ("2026-03-08T06:59:57Z", "2024-11-03T05:29:58.9Z"),
              "Australia/Lord_Howe": ("2024-10-05T15:29:57Z", "2024-04-06T14:59:57Z"), "Pacific/Apia": ("2011-12-30T09:59:58Z",)}
ZONES = ("", "", *CLOCKS_SET)
# The clocks skip 02:05 then, and show 01:30 twice.
SESSION_STARTS = (0, 0, 0, 1, 30960, 86399, 5400, 7500, 7500)
# Order as bytes differs from order as UTF-16 or by letter; some are prefixes of others.
ODD_IDS = ("a", "A", "B", "aa", "a0", "a ", "Z", "é", "e", "日本", "日", "😀", "\uffee", "ｚ", "\u0080", "-1", "0", 'q"', "b\\",
           "x" * 50, "é" * 25, "x" * 49)
RATES = {"EUR": "1.08", "JPY": "0.00671234", "GBP": "1.33333333", "CHF": "0.5", "XAU": "92233720368", "日圓": "0.00000001"}
BAD_IDS = ("", "x" * 51, "é" * 26, "日" * 17, "a\nb", "\x7f", "\x00", "tab\t")

# How often each kind of input comes, by family; reversals beside them.
FAMILIES = {
    "mixed": dict(instrument=1, market_price=2, aim_at_price=3, exchange_rate=1, aim_at_rate=2, trade=10, aim=8, climb=2, aim_at_idle=4, burst=1, fills=1, turns=0.3,
                  aim_anomaly=5, position=1, tick=2, invalid=1, change_rules=0.3),
    "aimed": dict(instrument=0.3, market_price=1, aim_at_price=4, exchange_rate=0.3, aim_at_rate=3, trade=3, aim=20, climb=8, aim_at_idle=8, position=0.5, tick=2,
                  change_rules=0.2),
    "velocity": dict(instrument=0.5, market_price=1, trade=10, burst=4, fills=5, turns=2, tick=4, invalid=0.3, change_rules=0.3),
    "anomaly": dict(instrument=0.5, trade=8, aim_anomaly=10, repeat=4, tick=2, change_rules=0.3),
    "crowd": dict(instrument=0.3, market_price=2, aim_at_price=3, exchange_rate=1, aim_at_rate=2, trade=10, aim=3, climb=1, aim_at_idle=3, position=0.5, tick=0.5,
                  change_rules=0.1),
    "extreme": dict(instrument=0.5, market_price=1, exchange_rate=1, trade=2, giant=10, position=1, tick=1, invalid=0.5, change_rules=0.3, aim_anomaly=1),
    "chaos": dict(instrument=2, market_price=2, aim_at_price=1, exchange_rate=2, aim_at_rate=1, trade=5, aim=3, climb=1, aim_at_idle=2, burst=0.5, fills=0.5, turns=0.3,
                  aim_anomaly=2, repeat=1, position=2, tick=2, invalid=4, change_rules=4),
    "reversals": dict(instrument=0.5, market_price=2, aim_at_price=1, exchange_rate=1, trade=8, aim=3, climb=0.5, burst=0.3, fills=0.5, aim_anomaly=2, position=0.5,
                      tick=2, invalid=0.3, change_rules=0.3),
    "prices": dict(instrument=0.3, market_price=2, aim_at_price=1, exchange_rate=1, trade=6, aim=2, burst=0.2, fills=1, aim_anomaly=2, position=0.5, tick=1, invalid=0.2,
                   change_rules=0.3),
}
FAMILY_WEIGHTS = dict(mixed=6, aimed=4, velocity=3, anomaly=4, crowd=2, extreme=3, chaos=3, reversals=5, prices=5)


def pick(rng, weights):
    return rng.choices(list(weights), list(weights.values()))[0]


class RuleMaker(PriceRules):
    """Rules with low limits, so that alerts open and resolve often."""

    def __init__(self, rng, family, clients, symbols):
        self.rng, self.family, self.clients, self.symbols = rng, family, clients, symbols
        self.scale = 10 ** rng.randint(1, 6)
        self.choose_guard()

    def all(self):
        choice = self.rng.choice
        return {
            "kind": "rules", "config_version": self.rng.randint(1, 9), "base_currency": choice(("USD", "USD", "EUR")),
            "rates": {currency: choice((RATES[currency], RATES[currency], "0.75")) for currency in self.rng.sample(list(RATES), 3)},
            "require_instruments": self.rng.random() < 0.04,
            "session_start_seconds": choice(SESSION_STARTS), "session_zone": choice(ZONES),
            "client_exposure": self.exposure(self.clients), "symbol_exposure": self.exposure(self.symbols), "firm_exposure": self.exposure(()),
            "client_velocity": self.velocity(self.clients), "symbol_velocity": self.velocity(self.symbols),
            "client_size": self.size(self.clients), **self.price_deviation(),
            "client_anomaly": self.anomaly(), "symbol_anomaly": self.anomaly(), "system_anomaly": self.anomaly()}

    def enabled(self):
        return self.rng.random() < 0.9

    def limit(self):
        if self.family == "extreme" or self.rng.random() < 0.02:
            return self.rng.choice(("0.00000001", "1", "92233720368.54775807", "1000000", "0.33333333"))
        return exact_text(self.scale * UNIT * self.rng.choice((1, 2, 5, 8)) + self.rng.choice((0, 0, 0, 1)))

    def some(self, ids, value):
        return {name: value() for name in self.rng.sample(ids, min(len(ids), self.rng.choice((0, 0, 1, 3))))}

    def exposure(self, ids):
        choice = self.rng.choice
        huge = ("92233720368.54775807",) if self.family == "extreme" else ()
        return {"enabled": self.enabled(), "measure": choice(MEASURES), "limit": None if self.rng.random() < 0.12 else self.limit(),
                "limits": self.some(ids, self.limit), "critical_ratio": choice(("1.5", "1.5", "1", "2", "1.00000001", "10", *huge)),
                "worsened_ratio": choice(("1.25", "1.25", "1.1", "1.00000001", "3", *huge)),
                "resolved_ratio": choice(("0.95", "0.95", "0.5", "0", "1", "0.99999999")),
                "resolved_after_seconds": choice((0, 0, 1, 10, 60, 60, 3600))}

    def velocity(self, ids):
        choice, low = self.rng.choice, self.family in ("velocity", "chaos")
        limit = lambda: choice((1, 2, 3, 5, 10)) if low else choice((3, 10, 50, 1000000))
        return {"enabled": self.enabled(), "limit": limit(), "limits": self.some(ids, limit), "window_seconds": choice((1, 7, 60, 60, 61, 3600, 86400)),
                "worsened_ratio": choice(("2", "2", "1.5", "1.00000001", "3")), "resolved_ratio": choice(("0.5", "0.5", "0", "1", "0.9")),
                "order_window_ms": choice((0, 0, 1000, 1000, 1000, 1, 250, 5000, 86400000))}

    def size(self, ids):
        choice = self.rng.choice
        huge = ("92233720368.54775807",) if self.family == "extreme" else ()
        return {"enabled": self.enabled(), "limit": None if self.rng.random() < 0.3 else self.limit(), "limits": self.some(ids, self.limit),
                "critical_ratio": choice(("10", "10", "1", "1.5", "1.00000001", *huge)), "worsened_ratio": choice(("2", "2", "1.1", "1.00000001", *huge)),
                "quiet_seconds": choice((0, 1, 30, 300))}

    def anomaly(self):
        choice = self.rng.choice
        window = choice((2, 2, 3, 4, 5, 8, 12, 100)) if self.family != "crowd" else choice((12, 100, 1000))
        threshold = choice(("3", "2", "1", "1.5", "0.5", "0.00000001", "2.33333333"))
        high = exact_text(max(units(choice(("4", "2", "1.5", "10", "1000000"))), units(threshold)))
        return {"enabled": self.enabled(), "threshold": threshold, "high_threshold": high, "window": window,
                "samples_min": self.rng.randint(2, min(window, 30)), "quiet_seconds": choice((1, 30, 300, 3600))}

    def changed(self, rules):
        changed = copy.deepcopy(rules)
        changed["config_version"] += 1
        fresh = self.all()
        if self.rng.random() < 0.4:  # so that marks are in currencies whose rates change
            changed["rates"] = {currency: self.rng.choice((rate, "0.75", "1.5")) for currency, rate in changed["rates"].items()}
        for name in self.rng.sample([name for name in fresh if name not in ("kind", "config_version")], self.rng.choice((1, 1, 2, 4))):
            if isinstance(fresh[name], dict) and name != "rates":
                for key in self.rng.sample(sorted(fresh[name]), self.rng.choice((1, 1, 3))):
                    changed[name][key] = fresh[name][key]
                self.mend(changed[name])
            else:
                changed[name] = fresh[name]
        return changed

    @staticmethod
    def mend(rule):
        """Keeps a rule that was changed in part within what the core takes."""
        if "threshold" in rule:
            rule["samples_min"] = min(rule["samples_min"], rule["window"])
            rule["high_threshold"] = max(rule["threshold"], rule["high_threshold"], key=units)


class Clock:
    """Where time goes from one input to the next; its habits are those of the stream."""

    def __init__(self, rng, zone):
        self.rng, self.at = rng, nanos(rng.choice(rng.choice((BEGINNINGS, CLOCKS_SET[zone]))))
        habits = ["still", "instant", "fraction", "seconds", "slots", "window", "minutes", "hours", "days", "late"]
        self.habits = {habit: rng.choice((0, 1, 1, 4)) for habit in habits}
        self.habits.update(still=rng.choice((0, 2, 20)), fraction=5, hours=rng.choice((0, 0.2)), days=rng.choice((0, 0.1)), late=rng.choice((0, 0.5, 5)))

    def next(self, windows):
        """The time of the next input; a late one does not move the clock."""
        rng, window = self.rng, self.rng.choice(windows)
        habit = pick(rng, self.habits)
        if habit == "late":
            return self.at - rng.choice((1, SECOND, rng.randint(1, 10 * SECOND), window * SECOND, window * SECOND * 59 // 60, 3600 * SECOND, 86400 * SECOND))
        step = {
            "still": lambda: 0,
            "instant": lambda: 1,
            "fraction": lambda: rng.randint(1, SECOND),
            "seconds": lambda: SECOND - self.at % SECOND + rng.choice((0, 0, -1)) + rng.choice((0, 0, 1, 4)) * SECOND,
            "slots": lambda: window * SECOND // 60 * rng.choice((1, 1, 59, 60)) + rng.choice((-1, 0, 0, 1)),
            "window": lambda: window * SECOND - self.at % (window * SECOND) + rng.choice((-1, 0, 0, 1)),
            "minutes": lambda: rng.choice((60, 299, 300, 301, 1800)) * SECOND + rng.choice((0, 0, -1)),
            "hours": lambda: rng.randint(1, 9) * 3600 * SECOND,
            "days": lambda: rng.choice((1, 1, 2, 40)) * 86400 * SECOND,
        }[habit]()
        self.at += max(step, 0)
        return self.at


class Stream(AdjustmentInputs, MarketInputs, OrderInputs, PriceInputs, ReversalInputs):
    def __init__(self, seed):
        self.rng = rng = random.Random(seed)
        self.family = pick(rng, FAMILY_WEIGHTS)
        self.clients, self.symbols = self.people()
        self.length = min(LENGTH_MAX, LENGTH_MIN + int(rng.expovariate(1 / (LENGTH_MEAN - LENGTH_MIN))))
        if self.family == "crowd":
            self.length = LENGTH_MIN
        self.maker = RuleMaker(rng, self.family, self.clients, self.symbols)
        self.places = rng.choice((0, 0, 2, 2, 4, 8))  # of quantities and prices
        self.has_order_ids = rng.random() < 0.6
        self.rules = self.maker.all()
        self.clock = Clock(rng, self.rules["session_zone"])
        self.lines = [{"kind": "stream", "seed": seed}, self.rules]
        self.positions, self.marks, self.turnovers, self.samples = {}, Marks(), {}, {}
        self.begin_prices()
        self.begin_adjustments()
        self.follow_rules()
        self.session = None
        self.trades = 0
        self.begin_reversals()
        self.constant = self.quantity(), self.price()
        self.fill()

    def profile(self):
        return (f"{self.family}, {len(self.clients)} clients, {len(self.symbols)} symbols, {self.places} places, {self.trades} transactions, "
                f"{', '.join(rule + '=' + str(self.rules[rule]['measure']) for rule in EXPOSURES.values())}")

    def people(self):
        rng = self.rng
        if self.family == "crowd":
            many, few = [f"E{n}" for n in range(rng.choice((60, 130, 260)))], [f"E{n}" for n in range(rng.randint(1, 3))]
            return (many, few) if rng.random() < 0.5 else (few, many)
        pool = rng.choice((ODD_IDS, ("C", "C1", "C10", "C2", "C01", "D", "c1", "C1 "), ("CLIENT_001", "CLIENT_002", "CLIENT_010", "AAPL", "X", "AA")))
        return rng.sample(pool, rng.randint(1, 6)), rng.sample(pool, rng.randint(1, 5))

    def fill(self):
        if self.family == "crowd" or self.rng.random() < 0.3:
            alike = self.rng.random() < 0.4  # equal parts are ordered by id
            for client in self.clients:
                for symbol in self.symbols:
                    if alike:
                        self.hold(client, symbol, *self.constant)
                    elif self.rng.random() < 0.8:
                        self.position(client, symbol)
        weights = self.with_adjustments(self.with_prices(self.with_reversals(FAMILIES[self.family])))
        while self.trades < self.length:
            getattr(self, pick(self.rng, weights))()
        self.lines.append({"kind": "end"})

    # Kinds of input

    def trade(self):
        """Any client, any symbol, any currency."""
        client, symbol = self.pair()
        self.execute(client, symbol, self.rng.choice((1, 1, -1)) * self.quantity(), self.odd_price(symbol, self.price()), self.currency())

    def repeat(self):
        """The same notional again and again has no deviation."""
        for _ in range(self.rng.randint(1, 6)):
            self.execute(*self.pair(), *self.constant)

    def aim(self):
        """One transaction that brings an exposure exactly to a threshold, or next to it."""
        entity, pair = self.entity()
        target = self.target(entity)
        if target is None or not self.reach(entity, pair, target):
            self.trade()

    def climb(self):
        """Opens an alert, then goes just below the value from which it has worsened, then onto it."""
        entity, pair = self.entity()
        rule, limit = self.rules[EXPOSURES[entity[0]]], self.limit(entity)
        if limit is None:
            return self.trade()
        self.reach(entity, pair, limit * units(rule["resolved_ratio"]) // UNIT)
        amount = limit + self.rng.choice((UNIT, limit // 10, limit // 1000))
        for _ in range(self.rng.randint(2, 4)):
            if self.rng.random() < 0.7:
                self.reach(entity, pair, amount - UNIT, at=self.clock.at)
            if not self.reach(entity, pair, amount, at=self.clock.at):
                return
            amount = amount * units(rule["worsened_ratio"]) // UNIT

    def aim_at_idle(self):
        """A price, made by someone else, that brings a client who does nothing exactly to a threshold."""
        held = [pair for pair, quantity in self.positions.items() if quantity]
        measure = self.rules["client_exposure"]["measure"]
        if not held or measure == "turnover":
            return self.trade()
        client, symbol = self.rng.choice(held)
        target, quantity = self.target(("CLIENT", client)), abs(PART_OF[measure](self.positions[client, symbol], 1))
        if target is None or not quantity:
            return self.trade()
        price = (target - self.exposure(("CLIENT", client), measure, without=(client, symbol))) // quantity
        if not 0 < price <= INT64_MAX:
            return self.trade()
        self.execute(self.rng.choice(self.clients), symbol, self.rng.choice((1, -1)) * self.quantity(), price)
        self.insist(symbol)

    def burst(self):
        """As many transactions of one client as its limit allows, one more, or twice as many."""
        client, symbol = self.pair()
        rule = self.rules["client_velocity"]
        limit = min(rule["limits"].get(client, rule["limit"]), 60)
        count = self.rng.choice((limit - 1, limit, limit + 1, 2 * limit, 2 * limit + 2, 300 if self.rng.random() < 0.02 else limit))
        at, each = self.clock.next(self.windows()), self.rng.random() < 0.7
        for _ in range(count):
            self.execute(client, symbol, self.rng.choice((1, -1)) * self.quantity(), self.price(), at=at, order_id=f"B{self.trades}" if each else None)

    def aim_anomaly(self):
        """A notional whose distance from the mean is exactly the threshold, or a cent beside it."""
        entity, (client, symbol) = self.entity()
        rule = self.rules[ANOMALIES[entity[0]]]
        samples = self.samples.get(entity, [])[-rule["window"]:]
        if not samples:
            return self.trade()
        count, total = len(samples), sum(samples)
        spread = count * sum(sample * sample for sample in samples) - total * total
        distance = units(self.rng.choice((rule["threshold"], rule["high_threshold"]))) * math.isqrt(spread) // UNIT
        cents = (total + self.rng.choice((1, 1, -1)) * distance) // count + self.rng.choice((-1, 0, 0, 0, 1))
        price = cents * (CENT // UNIT) + self.rng.choice((0, 0, CENT // UNIT // 2))  # of a quantity of 1; sometimes half a cent more
        if not 0 < price <= INT64_MAX:
            return self.trade()
        self.execute(client, symbol, self.rng.choice((1, -1)) * UNIT, price)

    def giant(self):
        """Numbers at the edges of their ranges."""
        near = lambda: self.rng.choice((INT64_MAX, INT64_MAX, INT64_MAX - 1, INT64_MAX // 2, INT64_MAX // 2 + 1, UNIT, 1, 1, 2, self.quantity()))
        if self.rng.random() < 0.1:
            return self.rng.choice((self.market_price, self.exchange_rate))()
        self.execute(*self.pair(), self.rng.choice((1, -1)) * near(), near(), self.currency())

    def position(self, client=None, symbol=None):
        if client is None:
            client, symbol = self.pair()
        quantity, price = self.rng.choice((1, 1, -1)) * self.quantity(), self.price()
        if self.rng.random() < 0.05:
            quantity = 0
        if self.family == "extreme" and self.rng.random() < 0.5:
            quantity, price = self.rng.choice((INT64_MAX, -INT64_MAX, 1)), self.rng.choice((INT64_MAX, INT64_MAX - 1, price))
        self.hold(client, symbol, quantity, price)
        line = self.lines[-1]
        if self.rng.random() < 0.1:
            line[self.rng.choice(("client_id", "symbol"))] = self.rng.choice(BAD_IDS)
        elif self.rng.random() < 0.1:
            field, value = self.rng.choice((("price", "-1"), ("currency", "XTS"), ("currency", "a\nb"), ("currency", min(self.rules["rates"]))))
            line[field] = value

    def hold(self, client, symbol, quantity, price):
        self.lines.append({"kind": "position", "client_id": client, "symbol": symbol,
                           "quantity": exact_text(quantity), "price": exact_text(price), "currency": ""})
        line = self.history.meant(self.lines[-1])
        if self.marks.worth(line)[0] is not None:
            self.positions[client, line["symbol"]] = quantity
            self.marks.open(line)

    def tick(self):
        self.lines.append({"kind": "tick", "time": time_text(self.clock.next(self.windows()))})

    def invalid(self):
        """One field that does not fit, sometimes two."""
        client, symbol = self.pair()
        line = self.transaction(client, symbol, self.quantity(), self.price(), "", self.clock.next(self.windows()))
        bad_id = lambda: self.rng.choice(BAD_IDS)
        faults = {"transaction_id": bad_id, "client_id": bad_id, "symbol": bad_id, "side": lambda: self.rng.choice(("", "buy", "HOLD", "BUY ")),
                  "quantity": lambda: self.rng.choice(("0", "-1", "-92233720368.54775807")), "price": lambda: self.rng.choice(("-1", "-0.00000001")),
                  "currency": lambda: self.rng.choice(("XTS", "usd", "x" * 51)), "broker_id": lambda: self.rng.choice(BAD_IDS[1:]),
                  "market": lambda: self.rng.choice(BAD_IDS[1:]), "order_id": lambda: self.rng.choice(BAD_IDS[1:]),
                  "trader_id": lambda: self.rng.choice(BAD_IDS[1:])}
        for field in self.rng.sample(sorted(faults), self.rng.choice((1, 1, 1, 2, 3))):
            line[field] = faults[field]()
        self.lines.append(line)
        self.gone.append(line)
        self.trades += 1

    def change_rules(self):
        self.change_rules_to(self.maker.changed(self.rules))

    def change_rules_to(self, rules):
        self.rules = rules
        self.lines.append(self.rules)
        self.follow_rules()

    # What they are made of

    def pair(self):
        """By names of before at times, which keeps aims from their targets."""
        client, symbol = self.rng.choice(self.clients), self.rng.choice(self.symbols)
        return client, self.history.meaning(symbol) if self.history.names and self.rng.random() < 0.7 else symbol

    def number(self, whole_max):
        if self.places == 8:
            return self.rng.randint(1, whole_max * UNIT)
        return self.rng.choice((1, 2, 5, 10, self.rng.randint(1, whole_max))) * UNIT // 10 ** self.rng.randint(0, self.places)

    def quantity(self):
        return self.number(100)

    def price(self):
        if self.maker.guard == "on" and self.rng.random() < NEAR:
            return self.near_level()
        return self.number(self.maker.scale)

    def windows(self):
        return [self.rules[rule]["window_seconds"] for rule in ("client_velocity", "symbol_velocity")]

    @staticmethod
    def exposure_rule(entity):
        return EXPOSURES[entity[0]]

    def entity(self):
        """Something that has an exposure rule, and a pair that moves its exposure."""
        kind, (client, symbol) = self.rng.choice(tuple(EXPOSURES)), self.pair()
        return (kind, {"CLIENT": client, "SYMBOL": symbol, "FIRM": ""}[kind]), (client, symbol)

    def limit(self, entity):
        rule = self.rules[EXPOSURES[entity[0]]]
        limit = rule["limits"].get(entity[1], rule["limit"])
        return None if limit is None else units(limit) * UNIT

    def target(self, entity):
        """An amount at which the entity's exposure rule has something to decide, or nothing without a limit."""
        rule, limit = self.rules[EXPOSURES[entity[0]]], self.limit(entity)
        if limit is None:
            return None
        ratio = self.rng.choice((UNIT, UNIT, units(rule["resolved_ratio"]), units(rule["critical_ratio"])))
        return limit * ratio // UNIT + self.rng.choice((0, 0, 1, 1, -1)) * UNIT

    def reach(self, entity, pair, target, at=None):
        """A transaction after which the exposure is the target, exactly if some price allows it; False: none does it."""
        prices = [UNIT, UNIT // 100, UNIT // 10**4, 100 * UNIT, *(self.marks[symbol] for symbol in self.marks if symbol == pair[1] and self.marks[symbol] > 0)]
        prices = self.stay_near(pair[1], prices)
        self.rng.shuffle(prices)
        signs = self.rng.choice(((1, -1), (-1, 1)))
        steps = [(step, price) for price in prices for sign in signs for step, rest in (self.step(entity, pair, target, price, sign),)
                 if not rest and 0 < abs(step) <= INT64_MAX and abs(self.positions.get(pair, 0) + step) <= INT64_MAX]
        if steps:
            self.execute(*pair, *steps[0], at=at)
        return bool(steps)

    def step(self, entity, pair, target, price, sign):
        """By how much the pair's position must change at this price, and what is missing then."""
        measure = self.rules[EXPOSURES[entity[0]]]["measure"]
        if measure == "turnover":
            step, rest = divmod(target - self.turnovers.get(entity, 0), price)
            return max(step, 0) * sign, rest
        wanted = (sign * target if measure == "net" else target) - self.exposure(entity, measure, without=pair, at={pair[1]: price})
        if measure != "net" and wanted < 0:
            return 0, wanted
        after, rest = divmod(wanted, price)
        return after * {"gross": sign, "net": 1, "long": 1, "short": -1}[measure] - self.positions.get(pair, 0), rest

    def exposure(self, entity, measure, without, at=()):
        """The entity's measure but for one pair's part, with some marks replaced."""
        kind, name = entity
        marks = {**{symbol: self.marks[symbol] for symbol in self.marks}, **dict(at)}
        part = PART_OF[measure]
        return sum(part(quantity, marks[symbol]) for (client, symbol), quantity in self.positions.items()
                   if (client, symbol) != without and (kind == "FIRM" or name == (client if kind == "CLIENT" else symbol)))

    def execute(self, client, symbol, quantity, price, currency="", at=None, order_id=None):
        at = self.clock.next(self.windows()) if at is None else at
        received = self.transaction(client, symbol, quantity, price, currency, at, order_id)
        self.lines.append(received)
        self.trades += 1
        line, price = self.as_of_now(received)
        self.begin_session()
        self.close_expired()
        symbol, quantity = line["symbol"], units(line["quantity"]) * (1 if quantity > 0 else -1)
        held = self.positions.get((client, symbol), 0) + quantity
        self.book(received, line, price if abs(held) <= INT64_MAX else None)
        if price is not None and abs(held) <= INT64_MAX:
            self.positions[client, symbol] = held
            self.follow_execution(line, at)
            for entity in (("CLIENT", client), ("SYMBOL", symbol), ("FIRM", "")):
                self.turnovers[entity] = self.turnovers.get(entity, 0) + abs(quantity * price)
                self.samples.setdefault(entity, []).append(half_even(abs(quantity * price), CENT))

    def begin_session(self):
        session = session_number(self.clock.at // SECOND, self.rules["session_start_seconds"], self.rules["session_zone"])
        if session != self.session:
            self.session, self.turnovers = session, {}

    def any_time_text(self, at):
        """In one of the ways to write an instant."""
        offset = self.rng.choice((0, 0, 0, 0, 0, 330, -240, 840))
        if offset == 0:
            return time_text(at)
        zone = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
        return time_text(at + offset * 60 * SECOND).rstrip("Z").rstrip("0").rstrip(".") + zone

    def transaction(self, client, symbol, quantity, price, currency, at, order_id=None):
        # Not every feed has an order and a trader.
        if order_id is None:
            order_id = f"O{self.trades // 4}" if self.has_order_ids and self.trades % 3 else ""
        order = {"order_id": order_id} if order_id else {}
        trader = {"trader_id": f"D{self.trades % 2}"} if self.trades % 5 else {}
        return {"kind": "transaction", "transaction_id": f"T{self.trades}", "executed_at": self.any_time_text(at), "client_id": client, "symbol": symbol,
                "side": "BUY" if quantity > 0 else "SELL", "quantity": exact_text(abs(quantity)), "price": exact_text(price), "currency": currency,
                "broker_id": self.rng.choice(("", "", "B1")), "market": self.rng.choice(("", "XNAS")), **order, **trader}


def main():
    parser = argparse.ArgumentParser(description="prints random streams as JSON lines")
    parser.add_argument("--seed", type=int, default=1, help="of the first stream; the others follow")
    parser.add_argument("--count", type=int, default=1)
    options = parser.parse_args()
    for seed in range(options.seed, options.seed + options.count):
        for line in Stream(seed).lines:
            print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
