"""The oracle's busts and corrections, and the executions that came after theirs: what stands, and what is taken back of it."""
from oracle_figures import INT64_MAX, nanos, units
from oracle_price import after_bust, after_correction
from oracle_rules import FIRM, TRANSACTION_FIELDS, problem

INT128_MAX = 2**127 - 1
BUST_FIELDS = (("transaction_id", "client_id", "symbol", "ref_transaction_id"), (), ("broker_id", "market"))
CORRECTION_FIELDS = ((*TRANSACTION_FIELDS[0], "ref_transaction_id"), *TRANSACTION_FIELDS[1:])


class Execution:
    """The latest of a chain that stands: what it added to its position, what one unit was worth at its price, and the inputs that applied it and the first of the chain."""

    def __init__(self, line, worth, applied_by, began=None, is_counted=False):
        self.client, self.symbol, self.at, self.worth, self.is_counted = line["client_id"], line["symbol"], nanos(line["executed_at"]), worth, is_counted
        self.quantity = 0 if is_counted else units(line["quantity"]) if line["side"] == "BUY" else -units(line["quantity"])
        self.applied_by, self.began = applied_by, applied_by if began is None else began

    def entities(self):
        return ("CLIENT", self.client), ("SYMBOL", self.symbol), FIRM

    def value(self):
        return self.quantity * self.worth


class Change:
    """From an execution that stands to another, or to nothing: by what position, basis and turnover move, and what is remembered of the symbol's marks and held of it then."""

    def __init__(self, old, new, after):
        self.old, self.after = old, after
        self.quantity = (new.quantity if new else 0) - old.quantity
        self.value = (new.value() if new else 0) - old.value()
        self.turnover = (abs(new.value()) if new else 0) - abs(old.value())


class Reversals:
    """The part of an Oracle that applies them."""

    def count_only(self, line):
        """An execution that was reversed before it came: it is counted, and known by name."""
        _, field = self.worth_of(line, problem(line, *TRANSACTION_FIELDS))
        if field:
            return self.reject(field)
        at = nanos(line["executed_at"])
        self.late += self.now is not None and at < self.now
        self.move_now(at)
        execution = self.executions[line["transaction_id"]] = Execution(line, 0, self.index, is_counted=True)
        self.positions.setdefault(execution.client, {}).setdefault(execution.symbol, 0)
        self.marks.introduce(execution.symbol)
        self.count(execution.entities(), 0)

    def reverse(self, line):
        """What does not stand, or was never applied, cannot be reversed: nothing comes of it."""
        old = self.executions.get(line["original"])
        if old:
            {"BUST": self.bust, "CORRECTION": self.correct}[line["execution_kind"]](line, old)

    def bust(self, line, old):
        field = problem(line, *BUST_FIELDS)
        change = Change(old, None, after_bust(self.marks, old))
        if field or not self.fits(change, nanos(line["executed_at"])):
            return self.reject(field or "ref_transaction_id")
        self.change(change, line)

    def correct(self, line, old):
        worth, field = self.worth_of(line, problem(line, *CORRECTION_FIELDS))
        if field:
            return self.reject(field)
        new, at = Execution(line, worth, self.index, old.began), nanos(line["executed_at"])
        change = Change(old, new, after_correction(self.marks, self.rules, line, old, self.index, self.now_with(at)))
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
            for entity in old.entities():
                self.turnovers.setdefault(entity, []).append(change.turnover)
        del self.executions[line["original"]]
        self.resolve_tipped(old, transaction_id)
        for entity in old.entities():
            self.judge_exposure(entity, self.now, transaction_id)

    def put(self, change):
        old = change.old
        self.positions[old.client][old.symbol] += change.quantity
        self.marks.put(change.after)
        self.pnl.trade(old.entities(), change.value)

    def is_of_session(self, execution):
        return execution.began >= self.session_began

    def fits(self, change, at):
        """Judged before time moves, as a transaction is; from the end of the symbol on also as if its positions were closed."""
        old, mark = change.old, self.marks.latest_worth(change.old.symbol, change.after.remembered)
        position = self.held(old.client, old.symbol) + change.quantity
        if abs(position) > INT64_MAX or abs(mark) > INT64_MAX or self.gross_with(old.client, old.symbol, position, mark) > INT128_MAX:
            return False
        if self.is_of_session(old) and self.exposure(FIRM, "turnover") + change.turnover > INT128_MAX:
            return False
        if self.marks.is_over(old.symbol, at):
            if abs(change.quantity) > INT64_MAX or abs(change.quantity * mark) + self.gross_beside(old.symbol) > INT128_MAX:
                return False
            gain = change.quantity * mark - change.value  # closing keeps every P&L
            if any(abs(self.pnl.of(entity) + gain) > INT128_MAX for entity in old.entities()):
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
