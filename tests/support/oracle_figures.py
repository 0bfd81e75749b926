"""The oracle's numbers and times, and their texts."""
import math
import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

UNIT = 10**8
MONEY = UNIT * UNIT
CENT = MONEY // 100
INT64_MAX = 2**63 - 1
SECOND = 10**9
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def units(text):
    return int(Decimal(text).scaleb(8))


def nanos(text):
    """The nanoseconds since 1970 of ISO 8601 with Z or an offset; a second 60 is the last of the second before."""
    minute, second, fraction, zone = re.fullmatch(r"(.{16}):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d(?::?\d\d)?)", text).groups()
    begin = (datetime.fromisoformat(minute + zone) - EPOCH) // timedelta(seconds=1) * SECOND
    return begin + (60 * SECOND - 1 if second == "60" else int(second) * SECOND + int((fraction or "0").ljust(9, "0")))


def time_text(at):
    """In UTC, with six places of a second, or nine where there are so many."""
    micros, rest = divmod(at, 1000)
    text = (EPOCH + timedelta(microseconds=micros)).replace(tzinfo=None).isoformat(timespec="microseconds")
    return text + (f"{rest:03}" if rest else "") + "Z"


def first_second_at(day, seconds, zone):
    """The first second at which the clocks of a zone show that time of a day, or more: they may skip it."""
    wanted = datetime.fromordinal(day) + timedelta(seconds=seconds)
    shown = lambda second: datetime.fromtimestamp(second, zone).replace(tzinfo=None)
    second = int(wanted.replace(tzinfo=zone, fold=0).timestamp())
    if shown(second) == wanted:
        return second
    before, after = second - 2 * 86400, second  # it is skipped between them
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (before, middle) if shown(middle) >= wanted else (middle, after)
    return after


def session_number(second, start_seconds, zone_name):
    """That of the session in which a second lies: a number that is larger for a later one."""
    if not zone_name:
        return (second - start_seconds) // 86400
    zone = ZoneInfo(zone_name)
    day = datetime.fromtimestamp(second, zone).toordinal() + 1
    while first_second_at(day, start_seconds, zone) > second:
        day -= 1
    return day


def half_even(numerator, denominator):
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2))


def root_half_even(square):
    """The root of a Fraction, rounded once to an integer."""
    root = math.isqrt(square.numerator // square.denominator)
    middle = Fraction((2 * root + 1) ** 2, 4)
    return root + (square > middle or (square == middle and root % 2))


def four_places(ten_thousandths):
    whole, rest = divmod(abs(ten_thousandths), 10**4)
    return f"{'-' if ten_thousandths < 0 else ''}{whole}.{rest:04}"


def money_text(amount):
    return rounded_text(Fraction(amount, MONEY))


def exact_text(quantity):
    whole, rest = divmod(abs(quantity), UNIT)
    return ("-" if quantity < 0 else "") + f"{whole}.{rest:08}".rstrip("0").rstrip(".")


def utilisation_text(value, limit):
    return four_places(min(half_even(abs(value) * 10**4, limit), INT64_MAX))


def rounded_text(number):
    return four_places(half_even(number.numerator * 10**4, number.denominator))


def score_text(squared):
    return four_places(root_half_even(squared * 10**8))


class Score:
    """How far x lies from the mean of samples, in standard deviations; there is none without a deviation."""

    def __init__(self, x, samples):
        self.count, total = len(samples), sum(samples)
        self.spread = self.count * sum(sample * sample for sample in samples) - total * total  # (count x deviation)^2
        self.mean = Fraction(total, self.count)
        self.squared = Fraction((self.count * x - total) ** 2, self.spread) if self.spread else None

    def evidence(self, notional):
        deviation = root_half_even(Fraction(self.spread * 10**4, self.count**2))
        return {"notional": money_text(notional), "mean": rounded_text(self.mean / 100),
                "standard_deviation": four_places(deviation), "sample_count": self.count}
