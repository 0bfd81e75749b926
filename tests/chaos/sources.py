"""What was sent: the inputs of each stream in its order; and how those of several streams are brought into the one order in which the engine took them."""
import collections
import dataclasses
from typing import Optional

ROW, PRICE, RATE, INSTRUMENT, ADJUSTMENT, TICK = "ROW", "PRICE", "RATE", "INSTRUMENT", "ADJUSTMENT", "TICK"
COMMANDS = "commands"  # the stream_id of what had to wait: for its execution, or for its instant
INSTANTS = {PRICE: "at", RATE: "at", ADJUSTMENT: "effective_at"}  # fields of what moves time and is no row


@dataclasses.dataclass(slots=True)
class Input:
    """`fate` is what becomes of it: None, it is applied; else bad, conflict, waiting, dropped or duplicate, of an adjustment also refused or pending. `file` and
    `line` are where the quarantine says that it stood."""
    kind: str
    row: dict
    fate: Optional[str]
    file: str
    line: int
    source: str = ""  # the name of its stream


@dataclasses.dataclass(slots=True)
class Instant:
    """Where something has moved time that is no row: a backtest is told of it. `is_tick`: nothing else did."""
    at: str
    is_tick: bool = False


class Source:
    """A stream of the round. `shared`: the ids of rows that another stream has, too; of each the first that comes is applied. `instruments`: rows of those that the
    publisher makes of what it is told, whenever it starts. What `is_file` has rows that cannot be read; others are no rows then. `ticks`: the instants of those that
    move time; None: they come by a clock, and move none."""

    def __init__(self, name, inputs, shared=frozenset(), is_file=True, instruments=(), ticks=None):
        self.name, self.inputs, self.shared, self.is_file, self.instruments, self.ticks = name, inputs, shared, is_file, instruments, ticks
        for made in inputs:
            made.source = name


def places_of(sources):
    """Where each input is that is applied: of a row by its id, of a shared one by stream and id, of others by kind and number."""
    places = {}
    for source in sources:
        numbers = collections.Counter()
        for place, made in enumerate(source.inputs):
            if made.fate is not None:
                continue
            if made.kind == ROW:
                name = made.row["transaction_id"]
                places[(source.name, name) if name in source.shared else name] = source, place
            else:
                places[made.kind, numbers[made.kind]] = source, place
                numbers[made.kind] += 1
    return places


def merge(order, sources):
    """The inputs of all sources, each source's in its order, as they were applied by `order`: (kind, stream, id of a row or instant of a tick). What was not
    applied comes before the next of its stream that was.
    """
    places, merged, numbers = places_of(sources), [], collections.Counter()
    done = dict.fromkeys((source.name for source in sources), 0)
    shared = frozenset().union(*(source.shared for source in sources))
    for kind, stream, name in order:
        if kind == TICK:
            merged.append(Instant(name, is_tick=True))
            continue
        if kind == ROW:
            place = None if stream == COMMANDS else places.get((stream, name) if name in shared else name)  # what waited came before
        else:
            place = places.get((kind, numbers[kind]))
            numbers[kind] += 1
        if place is None:
            continue
        source, number = place
        merged += source.inputs[done[source.name]:number + 1]
        done[source.name] = max(done[source.name], number + 1)
        if kind in INSTANTS:
            merged.append(Instant(source.inputs[number].row[INSTANTS[kind]]))
    for source in sources:
        merged += source.inputs[done[source.name]:]
    return merged
