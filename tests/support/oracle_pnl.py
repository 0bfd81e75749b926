"""The session's P&L as the oracle has it: of each entity the net exposure, less a basis that moves with whatever moves that but prices and rates."""

INT128_MAX = 2**127 - 1
SMALL = 2**120


class Pnl:
    """`nets` gives the net exposure of every entity that there is now, by entity."""

    def __init__(self, nets):
        self.nets = nets
        self.bases = {}  # entity -> basis

    def of(self, entity):
        return self.nets()[entity] - self.bases.get(entity, 0)

    def begin_session(self):
        self.bases = self.nets()

    def trade(self, entities, value):
        for entity in entities:
            self.bases[entity] = self.bases.get(entity, 0) + value

    def nobody_gains(self, change):
        """Bases move with what nets move by the change."""
        before = self.nets()
        change()
        for entity, net in self.nets().items():
            self.bases[entity] = self.bases.get(entity, 0) + net - before.get(entity, 0)

    def is_in_range(self):
        nets = self.nets()
        return all(abs(self.bases.get(entity, 0)) <= INT128_MAX and abs(net - self.bases.get(entity, 0)) <= INT128_MAX for entity, net in nets.items())

    def is_far_from_range(self, gross):
        """Whatever moves by no more than such a gross exposure stays in range."""
        return gross <= SMALL and all(abs(basis) <= SMALL for basis in self.bases.values())
