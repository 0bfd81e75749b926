"""The busts and corrections of a load. What becomes of each is known when it is made, by its plan: it is applied, or the line belongs to
one of the load's sets of lines.
"""
import dataclasses
import heapq
import itertools

# What comes before its execution. "bust" and "correct" name the execution e or the correction c by the letter behind them. A row behind "=" comes a
# second time, one behind "!" is dropped when the execution comes, because a bust has taken that back already.
EARLY = ("b:e e", "b:e =b:e e", "c:e e", "c:e =c e", "d:c c:e e", "c:e b:e e", "b:e !c:e e", "e b:c c:e", "c:e b:c e")
EARLY_PART = 0.3
NEVER_PART, AGAIN_PART, BUSTED_PART, BAD_PART, BUST_PART = 0.06, 0.08, 0.08, 0.04, 0.35  # of the others; what is left are corrections
GAP_MAX = 400  # rows between two of a plan
NONSENSE = {"side": "?", "quantity": "many", "price": "1e3", "currency": "a currency"}  # of a bust nothing of it is read


@dataclasses.dataclass
class Chain:
    """An execution and its corrections; the last one counts."""
    rows: list


class Reversals:
    def __init__(self, rng, count, time_text_of, applied, hold, prefix="", has_nonsense=True):
        """`time_text_of`: of a row's number. `applied`: the rows that were applied, which is added to. `hold`: called with a row and 1 or -1 when
        what it traded is held, or no longer. `prefix`: of its ids. `has_nonsense`: busts may have figures that are none.
        """
        self.prefix, self.figures_of_busts = prefix, ({}, dict.fromkeys(NONSENSE, ""), NONSENSE) if has_nonsense else ({},)
        self.rng, self.time_text_of, self.applied, self.hold = rng, time_text_of, applied, hold
        self.live, self.busted = [], []
        self.planned = []  # a heap: number from which it may come, place in the plan, row, name of a set of lines, plan to finish with it
        self.numbers = itertools.count(1)
        self.gap_max = min(GAP_MAX, count // 40)
        self.early_until = count - 6 * self.gap_max - 20  # so that all of a plan comes

    def add(self, row):
        """An execution that was applied as it came."""
        self.live.append(Chain([row]))
        self.hold(row, 1)

    def planned_row(self, number):
        """What of an earlier plan is due: a row, and the name of the lines among which it belongs. None: nothing is."""
        if not self.planned or self.planned[0][0] > number:
            return None
        _, _, row, lines, finish = heapq.heappop(self.planned)
        if finish:
            finish()
        return row, lines

    def may_be_early(self, number):
        return self.gap_max > 0 and number < self.early_until and self.rng.random() < EARLY_PART

    def plan_early(self, execution, number):
        """Rows that come before what they take back; the first of them is due now."""
        rows, applied, busted, chain = {"e": execution}, [], False, Chain([execution])
        words = self.rng.choice(EARLY).split(" ")
        late_execution = self.rng.random() < 0.5
        due = number
        for place, word in enumerate(words):
            name, _, of = word.lstrip("=!").partition(":")
            if name == "d":  # comes before the correction that it corrects
                rows["c"] = self.correction(execution, due)
                rows["d"] = self.correction(rows["c"], due)
                chain.rows += [rows["c"], rows["d"]]
            elif name == "c" and "c" not in rows:
                rows["c"] = self.correction(execution, due)
                chain.rows += [rows["c"]] if word[0] != "!" else []
            elif name == "b":
                if of == "c" and "c" not in rows:
                    rows["c"] = self.correction(execution, due)
                    chain.rows.append(rows["c"])
                rows["b"] = self.bust(rows[of], rows[of]["transaction_id"], due)
                busted = True
            elif name == "e" and due > number and not late_execution:
                execution["executed_at"] = self.time_text_of(due)
            lines = {"=": "duplicate_lines", "!": "dropped_lines"}.get(word[0])
            if lines is None:
                applied.append(rows[name])
            is_last = place == len(words) - 1
            heapq.heappush(self.planned, (due, next(self.numbers), rows[name], lines, (lambda: self.finish(chain, busted, applied)) if is_last else None))
            due += self.rng.randint(1, self.gap_max)
        return self.planned_row(number)

    def finish(self, chain, busted, applied):
        self.applied += applied
        (self.busted if busted else self.live).append(chain)
        if not busted:
            self.hold(chain.rows[-1], 1)

    def usual(self, number):
        """A row that comes after what it takes back, or for which that never comes, and the name of the lines among which it belongs."""
        luck = self.rng.random()
        for part, make in ((NEVER_PART, self.of_nothing), (AGAIN_PART, self.bust_again), (BUSTED_PART, self.correction_of_busted), (BAD_PART, self.bad)):
            if luck < part and (self.busted or make in (self.of_nothing, self.bad)):
                return make(number)
            luck -= part
        place = self.rng.randrange(len(self.live))
        reference = self.rng.choice(self.live[place].rows)["transaction_id"]
        return (self.bust_at if self.rng.random() < BUST_PART else self.correct_at)(place, reference, number), None

    def bust_at(self, place, reference, number):
        """Of the chain at that place among the live ones."""
        chain = self.live[place]
        row = self.bust(chain.rows[-1], reference, number)
        self.hold(chain.rows[-1], -1)
        self.live[place] = self.live[-1]
        self.live.pop()
        self.busted.append(chain)
        self.applied.append(row)
        return row

    def correct_at(self, place, reference, number, price=None):
        chain = self.live[place]
        row = self.correction(chain.rows[-1], number, reference)
        if price is not None:
            row = {**chain.rows[-1], "transaction_id": row["transaction_id"], "kind": "CORRECTION", "ref_transaction_id": reference, "price": price}
        self.hold(chain.rows[-1], -1)
        self.hold(row, 1)
        chain.rows.append(row)
        self.applied.append(row)
        return row

    def bust_row(self, row, number):
        """Of an execution that came a few rows before."""
        return self.bust_at(self.place_of(row), row["transaction_id"], number)

    def correct_row(self, row, number, price):
        return self.correct_at(self.place_of(row), row["transaction_id"], number, price)

    def place_of(self, row):
        return next(place for place in range(len(self.live) - 1, -1, -1) if self.live[place].rows[0] is row)

    def of_nothing(self, number):
        row = self.rng.choice((self.bust, self.correction_as))(self.rng.choice(self.live).rows[-1], f"{self.prefix}N{next(self.numbers):07}", number)
        return row, "waiting_lines"

    def bust_again(self, number):
        chain = self.rng.choice(self.busted)
        return self.bust(chain.rows[-1], self.rng.choice(chain.rows)["transaction_id"], number), "duplicate_lines"

    def correction_of_busted(self, number):
        chain = self.rng.choice(self.busted)
        return self.correction(chain.rows[-1], number, self.rng.choice(chain.rows)["transaction_id"]), "bad_lines"

    def bad(self, number):
        row = self.rng.choice((self.bust, self.correction_as))(self.rng.choice(self.live).rows[-1], "", number)
        if row["kind"] == "CORRECTION":
            row["ref_transaction_id"] = row["transaction_id"]
        return row, "bad_lines"

    def bust(self, original, reference, number):
        row = {**original, "transaction_id": self.id(), "executed_at": self.time_text_of(number), "kind": "BUST", "ref_transaction_id": reference}
        return row | self.rng.choice(self.figures_of_busts)

    def correction(self, original, number, reference=None):
        row = {**original, "transaction_id": self.id(), "kind": "CORRECTION", "ref_transaction_id": reference or original["transaction_id"]}
        if self.rng.random() < 0.5:
            row["executed_at"] = self.time_text_of(number)
        change = self.rng.random()
        if change < 0.45:
            row["quantity"] = str(self.rng.randint(1, 60))
        elif change < 0.9:
            whole, dot, places = row["price"].partition(".")
            row["price"] = f"{max(1, int(whole) + self.rng.choice((-1, 1)))}{dot}{places}"
        else:
            row["side"] = "SELL" if row["side"] == "BUY" else "BUY"
        return row

    def correction_as(self, original, reference, number):
        return self.correction(original, number, reference)

    def id(self):
        return f"{self.prefix}R{next(self.numbers):07}"
