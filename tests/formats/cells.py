"""Makers of cells: functions from (random, the cells of the row made so far) to a text that is mostly good."""
import datetime

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
BASE = datetime.datetime(2024, 1, 1)


def one_of(*texts):
    return lambda random, row: random.choice(texts)


def ids(prefix):
    return lambda random, row: prefix + str(random.randrange(10**random.randrange(1, 12)))


def money(decimal, thousands="", places=8, exponents=False):
    def make(random, row):
        whole = random.randrange(10**random.choice((1, 2, 3, 4, 4, 5, 6, 7, 9, 12)))
        text = str(whole)
        if thousands and random.random() < 0.5:
            text = f"{whole:,}".replace(",", thousands)
        decimals = random.choice((0, 0, 1, 2, 2, 3, 3, 4, places))
        if decimals:
            text += decimal + "".join(random.choice("0123456789") for _ in range(decimals)) + random.choice(("", "", "0", "000"))
        if exponents and random.random() < 0.3:
            text = f"{random.randrange(1, 1000)}" + random.choice(("", ".5")) + random.choice(("e-05", "e-7", "E6", "e+2", "e-9", "e45"))
        return random.choice(("", "", "", "", "", "", "-", "+")) + text
    return make


def moment(random):
    """Often around a change of clocks in one of the zones that the tests use."""
    near = random.choice((None, (2024, 3, 10), (2024, 3, 31), (2024, 11, 3), (2024, 10, 27), (2024, 4, 7)))
    begin = datetime.datetime(*near) if near else BASE + datetime.timedelta(days=random.randrange(-20000, 4000))
    return begin + datetime.timedelta(seconds=random.randrange(4 * 3600) if near else random.randrange(86400))


def dates(*patterns):
    return lambda random, row: date(random, random.choice(patterns))


def date(random, pattern):
    at = moment(random)
    fraction = "".join(random.choice("0123456789") for _ in range(random.randrange(1, 10)))
    if pattern == "iso":
        text = at.strftime(random.choice(("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"))) + random.choice(("", "." + fraction))
        return text + random.choice(("Z", "Z", "", "+05:30", "-0400", "+02", "+25:00"))
    if pattern == "fix":
        return at.strftime("%Y%m%d-%H:%M:%S") + random.choice(("", "." + fraction))
    if pattern.startswith("epoch_"):
        seconds = int((at - datetime.datetime(1970, 1, 1)).total_seconds())
        power = {"s": 0, "ms": 3, "us": 6, "ns": 9}[pattern.removeprefix("epoch_")]
        return str(abs(seconds) * 10**power + random.randrange(10**power)) + random.choice(("", "", ".5" if power < 9 else ""))
    return write(random, pattern, at, fraction)


def write(random, pattern, at, fraction):
    """A pattern of docs/FORMATS.md filled in; hours before minutes, as there."""
    text, rest, seen_hour = "", pattern, False
    while rest:
        token = next((t for t in ("yyyy", "mmm", "mm", "dd", "hh", "ss", "ap", ".f", ",f", "m", "d", "h", "s", "z") if rest.startswith(t)), rest[0])
        if token == "'":
            token = rest[:rest.index("'", 1) + 1]
        hour = at.hour % 12 or 12 if "ap" in pattern else at.hour
        text += {"yyyy": f"{at.year:04}", "mmm": random.choice((str.upper, str.lower, str))(MONTHS[at.month - 1]), "dd": f"{at.day:02}", "d": str(at.day),
                 "hh": f"{hour:02}", "h": str(hour), "ss": f"{at.second:02}", "s": str(at.second), "ap": "PM" if at.hour >= 12 else "am",
                 ".f": random.choice(("", "." + fraction)), ",f": random.choice(("", "," + fraction)), "z": random.choice(("Z", "+01:00", "-0330")),
                 "mm": f"{at.minute if seen_hour else at.month:02}", "m": str(at.minute if seen_hour else at.month),
                 "*": random.choice(("", "a b "))}.get(token, token.strip("'") if token.startswith("'") else token)
        seen_hour = seen_hour or token in ("hh", "h")
        rest = rest[len(token):]
    return text


def spoiled(random, text):
    """Now and then with a blank around it, another character in it, or nothing."""
    luck = random.random()
    if luck < 0.02:
        return random.choice((" " + text, text + " ", "\u00a0" + text))
    if luck < 0.03:
        return ""
    if luck < 0.05:
        at = random.randrange(len(text) + 1)
        return text[:at] + random.choice("0123456789.,-+eE'() $xé;\"") + text[at:]
    if luck < 0.06 and text:
        at = random.randrange(len(text))
        return text[:at] + text[at + 1:]
    return text
