"""The part of a random stream that is of orders: fills of one order, and orders that are filled by turns."""
from oracle import SECOND


class OrderInputs:
    """For Stream. A client's order ends by another id, symbol, side or, without an id, by the order window: it goes onto each of these."""

    def order_window(self):
        return next((self.rules[rule]["order_window_ms"] for rule in ("client_velocity", "symbol_velocity") if self.rules[rule]["order_window_ms"]), 0) * SECOND // 1000

    def velocity_limit(self, client):
        rule = self.rules["client_velocity"]
        return min(rule["limits"].get(client, rule["limit"]), 20)

    def fills(self):
        """One order in many executions, up to as many as count like one order too many; without an id to the end of the order window and past it."""
        rng, (client, symbol), sign = self.rng, self.pair(), self.rng.choice((1, -1))
        order_id = rng.choice(("", "", f"F{self.trades}", f"F{self.trades // 8}"))
        limit, window = self.velocity_limit(client), max(self.order_window(), 1)
        first = self.clock.next(self.windows())
        at = first
        for _ in range(rng.choice((2, 3, 9, 10, 11, 10 * limit, 10 * limit + rng.randint(1, 12)) if rng.random() < 0.4 else (2, 3, 5, 8))):
            self.clock.at = max(self.clock.at, at)
            self.execute(client, symbol, sign * self.quantity(), self.price(), at=at, order_id=order_id)
            at = rng.choice((at, at, at, first, at + 1, first + window - 1, first + window, first - 1, first - SECOND, at + window // 3))
            if rng.random() < 0.1:  # somebody else trades in between: nothing to this client
                self.execute(rng.choice(self.clients), symbol, sign * self.quantity(), self.price(), at=at, order_id=order_id)
            if rng.random() < 0.05:
                sign = -sign
            if rng.random() < 0.05:
                symbol = rng.choice(self.symbols)

    def turns(self):
        """Orders with ids that are filled by turns, around as many as are remembered; some executions without an id."""
        rng, client = self.rng, self.rng.choice(self.clients)
        ids = [f"R{self.trades // 50}-{n}" for n in range(rng.choice((2, 3, 8, 8, 9, 10)))]
        at, rises = self.clock.next(self.windows()), rng.random() < 0.5
        for n in range(rng.choice((2, 3)) * len(ids)):
            order_id = ids[n % len(ids)] if rises else rng.choice(ids)
            if rng.random() < 0.1:
                order_id = rng.choice(("", f"R{self.trades}"))
            self.execute(client, rng.choice(self.symbols), rng.choice((1, -1)) * self.quantity(), self.price(), at=at, order_id=order_id)
