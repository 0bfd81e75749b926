"""The oracle's orders: which execution begins one, and what a velocity rule counts of them."""
from oracle_figures import SECOND
from oracle_rules import VELOCITY_RULES

SLOTS = 60
COUNTED_IDS = 8
EXECUTIONS_AN_ORDER = 10


class Orders:
    """Of each client the order that its latest execution is of, and the ids that were counted last."""

    def __init__(self):
        self.open = {}     # client -> (order_id, symbol, side, instant of its first execution, which it is)
        self.counted = {}  # client -> ids, the newest last

    def begins_counted(self, line, at, window, order):
        """Whether the execution is the first of an order that is counted; `window` in nanoseconds; `order` it is if it begins one."""
        client, order_id = line["client_id"], line.get("order_id") or ""
        if self.continues(client, line, order_id, at, window):
            return False
        self.open[client] = order_id, line["symbol"], line["side"], at, order
        counted = self.counted.setdefault(client, [])
        if order_id in counted:
            return False
        if order_id:
            counted.append(order_id)
            del counted[:-COUNTED_IDS]
        return True

    def continues(self, client, line, order_id, at, window):
        if client not in self.open:
            return False
        open_id, symbol, side, first, _ = self.open[client]
        if order_id or open_id:
            return order_id == open_id
        return (symbol, side) == (line["symbol"], line["side"]) and at - first < window


class Activity:
    """What velocity rules count: of each entity (slot, whether it counts for an order) of its executions. An entity is a pair (type, id)."""

    def __init__(self):
        self.orders, self.executions = Orders(), {}

    def change_rules(self, before, rules):
        for entity in self.executions:
            rule = rules.of(VELOCITY_RULES, entity)
            if not rule.enabled or rule.window_seconds != before.of(VELOCITY_RULES, entity).window_seconds:
                self.executions[entity] = []
        if not order_window(rules):
            self.orders = Orders()

    def order_of(self, line, at, rules):
        """Which order the execution will be of: the open one if it continues that, else one of its own."""
        window, client = order_window(rules), line["client_id"]
        continues = window and self.orders.continues(client, line, line.get("order_id") or "", at, window)
        return self.orders.open[client][-1] if continues else object()

    def add(self, line, at, rules, order):
        window = order_window(rules)
        begins = not window or self.orders.begins_counted(line, at, window, order)
        for entity in (("CLIENT", line["client_id"]), ("SYMBOL", line["symbol"])):
            rule = rules.of(VELOCITY_RULES, entity)
            if rule.enabled:
                self.executions.setdefault(entity, []).append((slot(at, rule), begins or rule.order_window_ms == 0))

    def count(self, entity, at, rule):
        newest = slot(at, rule)
        seen = [begins for counted, begins in self.executions.get(entity, []) if newest - SLOTS < counted <= newest]
        return max(sum(seen), len(seen) // EXECUTIONS_AN_ORDER)


def order_window(rules):
    """In nanoseconds: that of the first velocity rule that counts orders; 0 where none does."""
    return next((rules.named[name].order_window_ms for name in VELOCITY_RULES.values() if rules.named[name].order_window_ms), 0) * SECOND // 1000


def slot(at, rule):
    return at * SLOTS // (rule.window_seconds * SECOND)
