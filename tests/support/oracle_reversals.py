"""The oracle's busts and corrections, and the executions that came after theirs: what stands, and what is taken back of it."""
from oracle_adjustments import split_amount, with_splits
from oracle_figures import INT64_MAX, nanos, units
from oracle_price import after_bust, after_correction
from oracle_rules import FIRM, TRANSACTION_FIELDS, problem

INT128_MAX = 2**127 - 1
BUST_FIELDS = (("transaction_id", "client_id", "symbol"), (), ("broker_id", "market"))


def reversal_problem(line, fields):
    """The first field that does not fit; the reference is the last of them."""
    return problem(line, *fields) or problem(line, ("ref_transaction_id",), (), ())


class Execution:
    """The latest of a chain that stands: what it added to its position then, what one unit was worth at its price, the input that applied it, and the first of the chain.

    `line` is in the terms of after the splits that it is from before; `moment` is that of the adjustments.
    """

    def __init__(self, line, worth, applied_by, moment, origin=None, is_counted=False):
        self.client, self.symbol, self.at, self.worth, self.is_counted = line["client_id"], line["symbol"], nanos(line["executed_at"]), worth, is_counted
        self.quantity = 0 if is_counted else units(line["quantity"]) if line["side"] == "BUY" else -units(line["quantity"])
        self.applied_by, self.moment, self.splits = applied_by, moment, line.get("splits", [])
        self.origin = origin or self

    def entities(self):
        """Those by which it was judged."""
        return ("CLIENT", self.client), ("SYMBOL", self.symbol), FIRM

    def value(self):
        return self.quantity * self.worth

    def now(self, history):
        """The symbol in which it is by now, and its quantity there, if that is one."""
        symbol, splits = history.since(self.symbol, self.moment)
        return symbol, split_amount(self.quantity, splits)

    def correction_now(self, history, line):
        """A correction is in the terms of the first of its chain, whatever its own instant is. The field is one that leaves its range."""
        first = self.origin
        symbol, splits = history.since(first.symbol, first.moment)
        return with_splits({**line, "symbol": symbol}, [*first.splits, *splits], ("price", "quantity"))


class Change:
    """From an execution that stands to another, or to nothing: by what position, basis and turnover move, and what is remembered of the symbol's marks and held of it then.

    `held` is the quantity of the old one in the terms of now."""

    def __init__(self, old, new, held, after):
        self.old, self.after, self.symbol = old, after, after.symbol
        self.quantity = (new.quantity if new else 0) - held
        self.value = (new.value() if new else 0) - old.value()
        self.turnover = (abs(new.value()) if new else 0) - abs(old.value())

    def entities(self):
        return ("CLIENT", self.old.client), ("SYMBOL", self.symbol), FIRM


class Reversals:
    """The part of an Oracle that applies them."""

    def count_only(self, line):
        """An execution that was reversed before it came: it is counted, and known by name."""
        at = nanos(line["executed_at"])
        line, field = self.as_of_now(line, at, problem(line, *TRANSACTION_FIELDS))
        _, field = self.worth_of(line, field)
        if field:
            return self.reject(field)
        self.late += self.now is not None and at < self.now
        self.move_now(at)
        execution = self.executions[line["transaction_id"]] = Execution(line, 0, self.index, self.history.moment(), is_counted=True)
        self.positions.setdefault(execution.client, {}).setdefault(execution.symbol, 0)
        self.marks.introduce(execution.symbol)
        self.count(execution.entities(), 0)

    def reverse(self, line):
        """What does not stand, or was never applied, cannot be reversed: nothing comes of it."""
        old = self.executions.get(line["original"])
        if old:
            {"BUST": self.bust, "CORRECTION": self.correct}[line["execution_kind"]](line, old)

    def bust(self, line, old):
        field, (symbol, held) = reversal_problem(line, BUST_FIELDS), old.now(self.history)
        if field or held is None:
            return self.reject(field or "ref_transaction_id")
        change = Change(old, None, held, after_bust(self.marks, symbol, old))
        if not self.fits(change, nanos(line["executed_at"])):
            return self.reject("ref_transaction_id")
        self.change(change, line)

    def correct(self, line, old):
        at, (_, held) = nanos(line["executed_at"]), old.now(self.history)
        field = reversal_problem(line, TRANSACTION_FIELDS) or ("ref_transaction_id" if held is None else None)
        if not field:
            line, field = old.correction_now(self.history, line)
        worth, field = self.worth_of(line, field)
        if field:
            return self.reject(field)
        new = Execution(line, worth, self.index, self.history.moment(), old.origin)
        change = Change(old, new, held, after_correction(self.marks, self.rules, line, old, self.index, self.now_with(at)))
        if not self.fits(change, at):
            return self.reject("quantity")
        self.executions[line["transaction_id"]] = new
        self.change(change, line)
        self.judge_size(("CLIENT", new.client), abs(new.value()), line["transaction_id"])

    def change(self, change, line):
        old, transaction_id = change.old, line["transaction_id"]
        self.move_now(nanos(line["executed_at"]))
        self.put(change)
        if self.is_of_session(old):
            for entity in old.origin.entities():
                self.turnovers.setdefault(entity, []).append(change.turnover)
        del self.executions[line["original"]]
        self.resolve_tipped(old, transaction_id)
        for entity in change.entities():
            self.judge_exposure(entity, self.now, transaction_id)

    def put(self, change):
        self.put_marks(change.after)
        row = self.positions[change.old.client]
        row[change.symbol] = row.get(change.symbol, 0) + change.quantity
        self.pnl.trade(change.entities(), change.value)

    def is_of_session(self, execution):
        return execution.origin.applied_by >= self.session_began

    def fits(self, change, at):
        """Judged before time moves, as a transaction is; from the end of the symbol on also as if its positions were closed."""
        client, symbol, mark = change.old.client, change.symbol, self.marks.latest_worth(change.symbol, change.after.remembered)
        position = self.held(client, symbol) + change.quantity
        if abs(position) > INT64_MAX or abs(mark) > INT64_MAX or self.gross_with(client, symbol, position, mark) > INT128_MAX:
            return False
        if self.is_of_session(change.old) and self.exposure(FIRM, "turnover") + change.turnover > INT128_MAX:
            return False
        if self.marks.is_over(symbol, at):
            if abs(change.quantity) > INT64_MAX or abs(change.quantity * mark) + self.gross_beside(symbol) > INT128_MAX:
                return False
            gain = change.quantity * mark - change.value  # closing keeps every P&L
            if any(abs(self.pnl.of(entity) + gain) > INT128_MAX for entity in change.entities()):
                return False
        return self.keeps_pnl(lambda: self.put(change), change.value, is_kept=False)

    def resolve_tipped(self, execution, transaction_id):
        """Alerts whose latest event came with the execution; velocity and exposure go by what is, not by what tipped them."""
        client, symbol, firm = execution.entities()
        self.resolve_what_tipped(self.size_alerts, client, execution, lambda alert: self.say_size("RESOLVED", client, alert, self.now, transaction_id))
        self.resolve_what_tipped(self.price_alerts, symbol, execution, lambda alert: self.say_deviation("RESOLVED", symbol, alert, self.now, transaction_id))
        for entity in (client, symbol, firm):
            say = lambda alert, entity=entity: self.say_anomaly("RESOLVED", entity, alert, self.now, transaction_id, None)
            self.resolve_what_tipped(self.anomaly_alerts, entity, execution, say)

    @staticmethod
    def resolve_what_tipped(alerts, entity, execution, say):
        if entity in alerts and alerts[entity].tipped_by == execution.applied_by:
            say(alerts.pop(entity))
