#!/usr/bin/env python3
"""What the risk core must say, computed the slow and obvious way: every value is summed anew from positions and plain lists.

Written from the specification alone, it shares nothing with the core that it judges. Reads streams as JSON lines and
prints what the core's driver prints:

    oracle.py < streams.jsonl

Quantities, prices, rates and ratios are integers of 10^-8, amounts of money integers of 10^-16, times nanoseconds
since 1970: nothing rounds except the functions that say so.
"""
import json
import sys
from fractions import Fraction

from oracle_activity import ActivityRules
from oracle_adjustments import Adjustments, History
from oracle_figures import CENT, INT64_MAX, MONEY, SECOND, UNIT, exact_text, half_even, money_text, nanos, root_half_even  # noqa: F401
from oracle_figures import session_number, time_text, units, utilisation_text
from oracle_marks import OLDEST, Marks
from oracle_orders import Activity
from oracle_pnl import Pnl
from oracle_price import Prices
from oracle_reversals import Execution, Reversals
from oracle_rules import ANOMALY_RULES, EXPOSURE_RULES, FIRM, TRANSACTION_FIELDS, Rules, problem

INT128_MAX = 2**127 - 1
CONTRIBUTORS_MAX = 10

EXPOSURE_TYPES = {"CLIENT": "HIGH_CLIENT_EXPOSURE", "SYMBOL": "HIGH_SYMBOL_EXPOSURE", "FIRM": "HIGH_FIRM_EXPOSURE"}

PART_OF = {  # what a position of q, one unit worth u, adds to a measure
    "gross": lambda q, u: abs(q * u),
    "net": lambda q, u: q * u,
    "long": lambda q, u: max(q, 0) * abs(u),
    "short": lambda q, u: max(-q, 0) * abs(u),
}
RISK_LEVELS = ((Fraction(1), "CRITICAL"), (Fraction(3, 4), "HIGH"), (Fraction(1, 2), "MEDIUM"))


class Alert:
    """An open alert. Values of an anomaly are squares of |z|; `last` and `last_at` are its latest above the threshold."""

    def __init__(self, alert_id, severity, value, limit):
        self.alert_id, self.severity, self.limit = alert_id, severity, limit
        self.announced = self.peak = self.last = value
        self.last_at = self.low_since = self.tipped_by = None  # the input of its latest event


class Oracle(Reversals, Prices, Adjustments, ActivityRules):
    """Applies the inputs of one stream; what it says is appended to `said`. An entity is a pair (type, id)."""

    def __init__(self):
        self.said = []
        self.rules = None
        self.index = -1
        self.now = None        # nanoseconds
        self.swept = None      # the second of the last sweep
        self.session_began = -1  # by that input
        self.positions = {}    # client -> symbol -> quantity
        self.marks = Marks()   # symbol -> what one unit is worth
        self.history = History()  # of adjustments
        self.executions = {}   # transaction_id -> Execution: those that stand
        self.pnl = Pnl(lambda: {entity: self.exposure(entity, "net") for entity in self.entities()})
        self.applied = {}      # entity -> number of transactions
        self.turnovers = {}    # entity -> notionals of this session
        self.activity = Activity()  # what velocity rules count
        self.samples = {}      # entity -> newest notionals in cents
        self.alerts_opened = 0
        self.exposure_alerts, self.velocity_alerts, self.size_alerts, self.price_alerts, self.anomaly_alerts = {}, {}, {}, {}, {}  # entity -> Alert
        self.late = self.rejected = 0

    def take(self, line):
        self.index += 1
        line = self.history.meant(line)
        {"rules": self.change_rules, "position": self.open_position, "transaction": self.apply, "counted": self.count_only, "reversal": self.reverse,
         "price": self.take_price, "held_price": self.decide_held, "rate": self.take_rate, "instrument": self.take_instrument, "tick": self.tick,
         "adjustment": self.adjust, "end": self.finish}[line["kind"]](line)

    def change_rules(self, line):
        before, self.rules = self.rules, Rules(line)
        self.marks.change_rules(self.rules, self.is_in_range)
        self.activity.change_rules(before, self.rules)
        for entity in self.samples:
            self.samples[entity] = self.samples[entity][-self.rules.of(ANOMALY_RULES, entity).window:]

    def open_position(self, line):
        worth, field = self.worth_of_position(line)
        if field or not self.keeps_pnl(lambda: self.pnl.nobody_gains(lambda: self.open(line)), 0):
            return self.reject(field or "quantity")

    def open(self, line):
        self.positions.setdefault(line["client_id"], {})[line["symbol"]] = units(line["quantity"])
        self.marks.open(line, self.index)

    def apply(self, line):
        at, client, symbol = nanos(line["executed_at"]), line["client_id"], line["symbol"]
        line, field = self.as_of_now(line, at, problem(line, *TRANSACTION_FIELDS))
        worth, field = self.worth_of(line, field)
        if field:
            return self.reject(field)
        quantity = units(line["quantity"])
        order = self.activity.order_of(line, at, self.rules)
        after = self.after_trade(line, order)
        if field := self.range_problem(line, worth, after):
            return self.reject(field)
        self.late += self.now is not None and at < self.now
        self.move_now(at)
        self.trade(line, worth, after)
        self.executions[line["transaction_id"]] = Execution(line, worth, self.index, self.history.moment())
        self.count((("CLIENT", client), ("SYMBOL", symbol), FIRM), quantity * abs(worth))
        self.activity.add(line, at, self.rules, order)
        self.judge(line["transaction_id"], ("CLIENT", client), ("SYMBOL", symbol), quantity, worth)

    def trade(self, line, worth, after):
        client, symbol = line["client_id"], line["symbol"]
        quantity = units(line["quantity"]) if line["side"] == "BUY" else -units(line["quantity"])
        self.put_marks(after)
        self.positions.setdefault(client, {})[symbol] = self.held(client, symbol) + quantity
        self.pnl.trade((("CLIENT", client), ("SYMBOL", symbol), FIRM), quantity * worth)

    def take_rate(self, line):
        set_rate = lambda: self.marks.set_rate(line)
        field = problem(line, ("currency",), ("rate",), ()) or self.marks.rate_problem(line, self.is_in_range)
        if field or not self.keeps_pnl(set_rate, 0, is_kept=False):
            return self.reject(field or "rate")
        self.move_now(nanos(line["at"]))
        set_rate()

    def take_instrument(self, line):
        field = problem(line, ("symbol",), ("multiplier",), ("currency",))
        field = field or ("contract" if line["contract"] not in ("LINEAR", "INVERSE") else self.marks.instrument_problem(line, self.is_in_range))
        change = lambda: self.marks.instruments.update({line["symbol"]: line})
        if field or not self.keeps_pnl(lambda: self.pnl.nobody_gains(change), 0):
            return self.reject(field or "multiplier")
        self.history.revive(line["symbol"])

    def keeps_pnl(self, change, value, is_kept=True):
        """Makes the change, unless it takes a basis or P&L out of range; with is_kept false it is only tried. Whether it does not."""
        positions, marks, bases = {client: dict(row) for client, row in self.positions.items()}, self.marks.copy_of(), dict(self.pnl.bases)
        change()
        good = self.pnl.is_far_from_range(self.gross_with(None, None, 0, 0) + abs(value)) or self.pnl.is_in_range()
        if not good or not is_kept:
            self.positions, self.pnl.bases = positions, bases
            self.marks.restore(marks)
        return good

    def entities(self):
        return [*(("CLIENT", client) for client in self.positions), *(("SYMBOL", symbol) for symbol in self.marks), FIRM]

    def tick(self, line):
        if self.now is None or nanos(line["time"]) > self.now:
            self.move_now(nanos(line["time"]))

    def finish(self, _):
        order = lambda ids: sorted(ids, key=str.encode)
        for client in order(self.positions):
            self.say(kind="client", client_id=client, **self.row(("CLIENT", client)))
        for symbol in order(self.marks):
            self.say(kind="symbol", symbol=symbol, **self.row(("SYMBOL", symbol)), mark=exact_text(self.marks[symbol]))
        self.say(kind="firm", **self.row(FIRM))
        for client in order(self.positions):
            for symbol in order(self.positions[client]):
                self.say(kind="position", client_id=client, symbol=symbol, quantity=exact_text(self.held(client, symbol)))
        self.say(kind="summary", transactions=self.applied.get(FIRM, 0), late=self.late, rejected=self.rejected)

    def as_of_now(self, line, at, field):
        """A line of an instant in the terms of after all splits, unless a field of it does not fit."""
        return (line, field) if field else self.history.in_terms_of_now(line, at)

    def worth_of(self, line, field):
        """What one unit is worth at the line's price and no field, or nothing and the field that does not fit."""
        return (None, field) if field else self.marks.worth(line)

    def worth_of_position(self, line):
        worth, field = self.worth_of(line, problem(line, ("client_id", "symbol"), (), ("currency",)))
        if not field:
            mark = self.marks.with_price(line["symbol"], worth, OLDEST)
            if self.gross_with(line["client_id"], line["symbol"], units(line["quantity"]), mark) > INT128_MAX:
                return None, "price"
        return worth, field

    def range_problem(self, line, worth, after):
        client, symbol, quantity = line["client_id"], line["symbol"], units(line["quantity"])
        position = self.held(client, symbol) + (quantity if line["side"] == "BUY" else -quantity)
        if abs(position) > INT64_MAX:
            return "quantity"
        if sum(self.turnovers.get(FIRM, [])) + quantity * abs(worth) > INT128_MAX:
            return "quantity"
        mark = self.marks.latest_worth(symbol, after.remembered)
        if self.gross_with(client, symbol, position, mark) > INT128_MAX:  # no long or short value exceeds the firm's gross
            return "price"
        if self.marks.is_over(symbol, nanos(line["executed_at"])) and abs(quantity * mark) + self.gross_beside(symbol) > INT128_MAX:
            return "price"  # the sweep that comes with it may close the symbol's positions
        return None if self.keeps_pnl(lambda: self.trade(line, worth, after), quantity * worth, is_kept=False) else "quantity"

    def gross_with(self, client, symbol, quantity, mark):
        """The firm's gross exposure if the client held `quantity` and one unit were worth `mark`."""
        gross = abs(quantity * mark)
        for other, row in self.positions.items():
            for held, position in row.items():
                if (other, held) != (client, symbol):
                    gross += abs(position * (mark if held == symbol else self.marks[held]))
        return gross

    def gross_beside(self, symbol):
        return sum(abs(position * self.marks[held]) for row in self.positions.values() for held, position in row.items() if held != symbol)

    def is_in_range(self):
        return self.gross_with(None, None, 0, 0) <= INT128_MAX

    def reject(self, field):
        self.rejected += 1
        self.say(kind="rejected", input=self.index, field=field)

    def held(self, client, symbol):
        return self.positions.get(client, {}).get(symbol, 0)

    def count(self, entities, notional):
        for entity in entities:
            self.applied[entity] = self.applied.get(entity, 0) + 1
            self.turnovers.setdefault(entity, []).append(notional)

    def parts(self, entity, measure):
        """(id, what it adds to the measure) of everything that makes up the entity's exposure."""
        kind, entity_id = entity
        if kind == "FIRM":
            return [(client, self.exposure(("CLIENT", client), measure)) for client in self.positions]
        if measure == "turnover":
            return []
        part = PART_OF[measure]
        if kind == "CLIENT":
            return [(symbol, part(held, self.marks[symbol])) for symbol, held in self.positions[entity_id].items()]
        mark = self.marks[entity_id]
        return [(client, part(row[entity_id], mark)) for client, row in self.positions.items() if entity_id in row]

    def exposure(self, entity, measure):
        if measure == "turnover":
            return sum(self.turnovers.get(entity, []))
        return sum(value for _, value in self.parts(entity, measure))

    def contributors(self, entity, measure):
        parts = [part for part in self.parts(entity, measure) if part[1]]
        parts.sort(key=lambda part: (-abs(part[1]), part[0].encode()))
        return [[name, money_text(value)] for name, value in parts[:CONTRIBUTORS_MAX]]

    def move_now(self, at):
        first = self.now is None
        self.now = at if first else max(self.now, at)
        second = self.now // SECOND
        if first:
            self.swept = second
        elif second > self.swept:
            self.sweep(second)

    def sweep(self, second):
        if self.session_of(second) > self.session_of(self.swept):
            self.turnovers, self.session_began = {}, self.index
            self.pnl.begin_session()
        self.swept = second
        if any(row.get(symbol) for symbol in self.marks.expired(second) for row in self.positions.values()):
            self.pnl.nobody_gains(lambda: self.close_positions(second))
        self.end_expired(second)
        clients = [("CLIENT", client) for client in sorted(self.positions, key=str.encode)]
        symbols = [("SYMBOL", symbol) for symbol in sorted(self.marks, key=str.encode)]
        expired = self.marks.expired(second)
        for entity in (*clients, *(symbol for symbol in symbols if symbol[1] not in expired), FIRM):
            self.judge_exposure(entity, second * SECOND, None)
        for entity in (*clients, *symbols):
            self.resolve_velocity(entity, second * SECOND)
        for entity in clients:
            self.resolve_size(entity, second * SECOND)
        for entity in symbols:
            self.resolve_price(entity, second * SECOND)
        for entity in (*clients, *symbols, FIRM):
            self.resolve_anomaly(entity, second * SECOND)

    def close_positions(self, second):
        for symbol in self.marks.expired(second):
            for row in self.positions.values():
                row.update({symbol: 0} if symbol in row else {})

    def end_expired(self, second):
        """Of a symbol that is over no alert is left; it is not judged by sweeps any more."""
        for symbol in self.marks.expired(second):
            entity = ("SYMBOL", symbol)
            self.end_exposure(entity, second * SECOND)
            self.resolve_velocity(entity, second * SECOND, over=True)
            self.resolve_price(entity, second * SECOND, over=True)
            self.resolve_anomaly(entity, second * SECOND, over=True)

    def end_exposure(self, entity, at):
        rule, alert = self.rules.of(EXPOSURE_RULES, entity), self.exposure_alerts.pop(entity, None)
        if not alert:
            return
        limit, value = rule.limit_of(entity) if rule.enabled else None, abs(self.exposure(entity, rule.measure))
        alert.limit, alert.peak = alert.limit if limit is None else limit, max(alert.peak, value)
        self.say_exposure("RESOLVED", entity, alert, rule, value, at, None)

    def session_of(self, second):
        return session_number(second, self.rules.session_start_seconds, self.rules.session_zone)

    def judge(self, transaction_id, client, symbol, quantity, worth):
        notional = quantity * abs(worth)
        for entity in (client, symbol, FIRM):
            self.judge_exposure(entity, self.now, transaction_id)
        for entity in (client, symbol):
            self.judge_velocity(entity, transaction_id)
        self.judge_size(client, notional, transaction_id)
        if self.holds_its_own(symbol[1]):
            self.judge_price(symbol[1], notional, transaction_id)
            notional = quantity * abs(self.marks[symbol[1]])  # a price that may be wrong makes no size unusual
        for entity in (client, symbol, FIRM):
            self.judge_anomaly(entity, notional, transaction_id)
        for entity in (client, symbol, FIRM):
            rule = self.rules.of(ANOMALY_RULES, entity)
            if rule.enabled:
                self.samples[entity] = [*self.samples.get(entity, []), half_even(notional, CENT)][-rule.window:]

    def judge_exposure(self, entity, at, transaction_id):
        rule, alert = self.rules.of(EXPOSURE_RULES, entity), self.exposure_alerts.get(entity)
        limit = rule.limit_of(entity) if rule.enabled else None
        if alert is None and limit is None:
            return
        value = abs(self.exposure(entity, rule.measure))
        event = self.exposure_event(entity, alert, rule, value, limit)
        if alert and limit is not None:
            event = self.after_hold(alert, rule, event, at, transaction_id)
        if event is None:
            return
        alert = self.exposure_alerts[entity]
        if event == "RESOLVED":
            del self.exposure_alerts[entity]
        else:
            alert.announced = value
        self.say_exposure(event, entity, alert, rule, value, at, transaction_id)

    def say_exposure(self, event, entity, alert, rule, value, at, transaction_id):
        self.say_event(EXPOSURE_TYPES[entity[0]], event, entity, alert, at, transaction_id, measure=rule.measure,
                       value=money_text(value), limit=money_text(alert.limit), peak=money_text(alert.peak),
                       utilisation=utilisation_text(value, alert.limit), contributors=self.contributors(entity, rule.measure))

    @staticmethod
    def after_hold(alert, rule, event, at, transaction_id):
        """An alert resolves only at a sweep, and only when everything since that time found it low."""
        if event != "RESOLVED" or rule.resolved_after_seconds == 0:
            alert.low_since = None
            return event
        alert.low_since = at if alert.low_since is None else alert.low_since
        return event if transaction_id is None and at >= alert.low_since + rule.resolved_after_seconds * SECOND else None

    def exposure_event(self, entity, alert, rule, value, limit):
        critical = limit is not None and value * UNIT > rule.critical_ratio * limit
        if alert is None:
            if value <= limit:
                return None
            self.exposure_alerts[entity] = self.new_alert("CRITICAL" if critical else "HIGH", value, limit)
            return "OPENED"
        alert.peak = max(alert.peak, value)
        if limit is None:
            return "RESOLVED"
        alert.limit = limit
        if value * UNIT <= rule.resolved_ratio * limit:
            return "RESOLVED"
        if critical and alert.severity == "HIGH":
            alert.severity = "CRITICAL"
            return "ESCALATED"
        return "WORSENED" if value * UNIT >= rule.worsened_ratio * alert.announced else None

    def new_alert(self, severity, value, limit):
        self.alerts_opened += 1
        return Alert(self.alerts_opened, severity, value, limit)

    def say(self, **line):
        self.said.append(line)

    def say_event(self, alert_type, event, entity, alert, at, transaction_id, value, limit, peak,
                  measure=None, utilisation=None, window_seconds=None, contributors=(), anomaly=None):
        alert.tipped_by = self.index
        self.say(kind="event", alert_id=alert.alert_id, event=event, alert_type=alert_type, severity=alert.severity,
                 entity_type=entity[0], entity_id=entity[1], measure=measure, value=value, limit=limit, peak=peak,
                 utilisation=utilisation, window_seconds=window_seconds, config_version=self.rules.config_version,
                 at=time_text(at), transaction_id=transaction_id, contributors=list(contributors), anomaly=anomaly)

    def row(self, entity):
        kind, entity_id = entity
        rule = self.rules.of(EXPOSURE_RULES, entity)
        limit, total = (rule.limit_of(entity) if rule.enabled else None), self.exposure(entity, rule.measure)
        quantities = [held for client, row in self.positions.items() for symbol, held in row.items()
                      if kind == "FIRM" or entity_id == (client if kind == "CLIENT" else symbol)]
        measures = {measure: money_text(self.exposure(entity, measure)) for measure in (*PART_OF, "turnover")}
        return {**measures, "pnl": money_text(self.pnl.of(entity)), "total_exposure": money_text(total), "position_count": sum(held != 0 for held in quantities),
                "transaction_count": self.applied.get(entity, 0),
                "utilisation": None if limit is None else utilisation_text(total, limit),
                "risk_level": next((level for least, level in RISK_LEVELS if limit and abs(total) >= least * limit), "LOW")}


def replay(lines):
    """What the core must print for these streams, one after the other."""
    for line in lines:
        if line["kind"] == "stream":
            oracle = Oracle()
            oracle.say(**line)
        else:
            oracle.take(line)
        yield from oracle.said
        oracle.said.clear()


def main():
    for said in replay(map(json.loads, sys.stdin)):
        print(json.dumps(said, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
