"""What a foreign file means by a format: an independent reading with csv, decimal and zoneinfo.

A format is a dictionary with the keys of docs/FORMATS.md. expected() says for each row what riskctl convert has to make of it. It shares no code with what it
judges, and where a number is not stated it asks which readings there are at all instead of which marks stand where.
"""
import csv
import datetime
import io
import re
import zoneinfo
from decimal import Decimal, getcontext

getcontext().prec = 400

FIELDS = ("transaction_id", "executed_at", "client_id", "symbol", "side", "quantity", "price", "currency", "broker_id", "market", "order_id", "trader_id",
          "kind", "ref_transaction_id")
NOT_OF_BUSTS = ("side", "quantity", "price", "currency", "order_id", "trader_id")
EPOCH = datetime.datetime(1970, 1, 1)
UNITS_MAX = 2**63 - 1
PLACES = 8
SPACES = {" ": "[ \u00a0\u202f\u2009]", "'": "['\u2019]"}
BLANKS = " \t\u00a0"


class Refused(Exception):
    """Its text is the field that is refused."""


class NoNumber(Exception):
    pass


# --- Numbers

def readings(text, decimal, thousands, style):
    """All that the text can be with these marks: (value, decimals or None)."""
    groups = "" if not thousands else f"|[1-9][0-9]{{0,2}}(?:{SPACES.get(thousands, re.escape(thousands))}[0-9]{{3}})+"
    mark = re.escape(decimal)
    exponent = "(?:[eE](?P<exponent>[+-]?[0-9]+))?" if style.get("exponents") else ""
    match = re.fullmatch(f"(?:(?P<whole>[0-9]+{groups})(?:{mark}(?P<fraction>[0-9]+))?|{mark}(?P<only>[0-9]+)){exponent}", text)
    if not match:
        return []
    part = match.groupdict()
    whole = re.sub("[^0-9]", "", part["whole"] or "")
    fraction = part["fraction"] or part["only"]
    power = int(part.get("exponent") or 0)
    if abs(power) > 40:
        return []
    return [(Decimal(f"{whole or 0}.{fraction or 0}").scaleb(power), len(fraction) if fraction else None)]


def read_number(text, style, rule):
    negative = False
    if style.get("parentheses") and len(text) >= 2 and text[0] == "(" and text[-1] == ")":
        negative, text = True, text[1:-1]
        lead = "(?P<sign>)"
    else:
        lead = "(?P<sign>[+-]?)"
    prefixes = "|".join(map(re.escape, style.get("prefixes", [])))
    if prefixes:
        match = re.fullmatch(f"(?:(?:{prefixes}){lead.replace('sign', 'late')}|{lead}(?:{prefixes})?)(?P<rest>[^+-].*|)", text, re.S)
    else:
        match = re.fullmatch(f"{lead}(?P<rest>.*)", text, re.S)
    if not match:
        raise NoNumber
    part = match.groupdict()
    negative = negative or "-" in ((part["sign"] or "") + (part.get("late") or ""))
    rest = part["rest"]
    if style.get("decimal"):
        found = readings(rest, style["decimal"], style.get("thousands"), style)
    else:
        found = readings(rest, ".", ",", style) + readings(rest, ",", ".", style)
    if len({value for value, _ in found}) != 1:
        raise NoNumber
    value, decimals = found[0]
    places = rule.get("implied_places")
    if places and decimals is None:
        value = value.scaleb(-places)
    elif places and decimals != places:
        raise NoNumber
    value *= rule.get("times", 1)
    return -value if negative else value


def read_with_unit(text, style, rule, cell):
    unit = rule.get("unit")
    if unit is None:
        return read_number(text, style, rule)
    if isinstance(unit, dict) and "start_of" in unit:
        start = cell(unit["start_of"])
        units = {start[:length] for length in range(1, len(start) + 1)}
    else:
        units = {cell(unit["column"])} if isinstance(unit, dict) else set(unit)
    values = set()
    for name in units:
        if name and text.endswith(name) and len(text) > len(name):
            try:
                values.add(read_number(text[:-len(name)].strip(BLANKS), style, rule))
            except NoNumber:
                pass
    if len(values) != 1:
        raise NoNumber
    return values.pop()


def in_range(value):
    units = value.scaleb(PLACES)
    return units == units.to_integral_value() and abs(units) <= UNITS_MAX


def number_text(value):
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


# --- Times: whole seconds and nanoseconds since 1970

TOKENS = {"yyyy": "(?P<year>[0-9]{4})", "mmm": "(?P<name>[A-Za-z]{3})", "dd": "(?P<day>[0-9]{2})", "d": "(?P<day>[0-9]{1,2})", "hh": "(?P<hour>[0-9]{2})",
          "h": "(?P<hour>[0-9]{1,2})", "ss": "(?P<second>[0-9]{2})", "s": "(?P<second>[0-9]{1,2})", "ap": "(?P<half>[AaPp][Mm])", "*": ".*?",
          ".f": r"(?:\.(?P<fraction>[0-9]+))?", ",f": "(?:,(?P<fraction>[0-9]+))?", "z": "(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)"}
NAMED = {"iso": r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
                "(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?",
         "fix": r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})-(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?(?P<zone>)"}
EPOCHS = {"epoch_s": 0, "epoch_ms": 3, "epoch_us": 6, "epoch_ns": 9}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def pattern_regex(pattern):
    regex, seen_hour = "", False
    for token in re.findall(r"'[^']*'|yyyy|mmm|mm|m|dd|d|hh|h|ss|s|ap|[.,]f|z|\*|.", pattern):
        if token in ("mm", "m"):
            regex += f"(?P<{'minute' if seen_hour else 'month'}>[0-9]{{{'2' if token == 'mm' else '1,2'}}})"
        elif token in TOKENS:
            regex += TOKENS[token]
            seen_hour = seen_hour or token in ("hh", "h")
        else:
            regex += re.escape(token.strip("'") if token.startswith("'") else token)
    return regex


def read_epoch(text, places):
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return None
    whole, _, fraction = text.partition(".")
    number = int(whole + fraction) * 10**9
    nanos, rest = divmod(number, 10**(places + len(fraction)))
    if rest:
        raise Refused
    seconds, nanos = divmod(nanos, 10**9)
    if not 315532800 <= seconds < 10**10:
        raise Refused
    return seconds, nanos


def read_time(text, style):
    for pattern in style.get("formats", ["iso"]):
        if pattern in EPOCHS:
            found = read_epoch(text, EPOCHS[pattern])
            if found:
                return found
            continue
        match = re.fullmatch(NAMED.get(pattern) or pattern_regex(pattern), text, re.S)
        if match:
            return instant(match.groupdict(), style)
    raise Refused


def instant(part, style):
    fraction = part.get("fraction") or ""
    if len(fraction) > 9:
        raise Refused
    nanos = int(fraction.ljust(9, "0"))
    number = lambda name: int(part.get(name) or 0)
    month = number("month")
    if part.get("name"):
        if part["name"].lower() not in MONTHS:
            raise Refused
        month = MONTHS.index(part["name"].lower()) + 1
    hour, second = number("hour"), number("second")
    if part.get("half"):
        if not 1 <= hour <= 12:
            raise Refused
        hour = hour % 12 + (12 if part["half"].lower() == "pm" else 0)
    if second == 60:
        second, nanos = 59, 10**9 - 1
    try:
        local = datetime.datetime(number("year"), month, number("day"), hour, number("minute"), second)
    except ValueError:
        raise Refused from None
    zone = part.get("zone")
    if zone is None and not style.get("zone"):
        raise Refused
    if zone is not None:
        shift = 0
        if zone not in ("Z", ""):
            digits = zone[1:].replace(":", "").ljust(4, "0")
            if int(digits[:2]) > 23 or int(digits[2:]) > 59:
                raise Refused
            shift = (int(digits[:2]) * 3600 + int(digits[2:]) * 60) * (-1 if zone[0] == "-" else 1)
        return int((local - EPOCH).total_seconds()) - shift, nanos
    return int(utc_of(local, zoneinfo.ZoneInfo(style["zone"]), style.get("repeated", "earlier"))), nanos


def utc_of(local, zone, repeated):
    """Of both folds those that come back as the same reading."""
    found = set()
    for fold in (0, 1):
        aware = local.replace(tzinfo=zone, fold=fold)
        utc = aware.astimezone(datetime.timezone.utc)
        if utc.astimezone(zone).replace(tzinfo=None, fold=0) == local:
            found.add((utc.replace(tzinfo=None) - EPOCH).total_seconds())
    if not found or (len(found) == 2 and repeated == "refuse"):
        raise Refused
    return max(found) if repeated == "later" else min(found)


def time_text(seconds, nanos):
    moment = EPOCH + datetime.timedelta(seconds=seconds)
    if not 1678 <= moment.year <= 2261:
        raise Refused
    places = f"{nanos:09}"
    return moment.strftime("%Y-%m-%dT%H:%M:%S.").rjust(20, "0") + (places if nanos % 1000 else places[:6]) + "Z"


# --- Rows

def as_list(value):
    return value if isinstance(value, list) else [value]


def full(rule):
    return {"column": rule} if isinstance(rule, str) else rule


class Reader:
    """One file by one format."""

    def __init__(self, format, settings, header, file):
        self.format, self.settings, self.file = format, settings, file
        self.header = [name.strip(BLANKS) for name in header]
        self.numbers = dict(format.get("numbers", {}), **{name: settings[name] for name in ("decimal", "thousands") if name in settings})
        self.time = dict(format.get("time", {}), **({"zone": settings["zone"]} if "zone" in settings else {}))

    def cell(self, names, right_of=False):
        for name in as_list(names):
            if name in self.header:
                return self.row[self.header.index(name) + right_of].strip(BLANKS)
        return ""

    def text(self, rule):
        if "template" in rule:
            text = "".join(self.part(part) for part in re.findall(r"\{\{|\}\}|\{[^}]*\}|[^{}]+", rule["template"])).strip(BLANKS)
        elif "right_of" in rule:
            text = self.cell(rule["right_of"], right_of=True)
        else:
            text = self.cell(rule.get("column", []))
        return text or rule.get("if_empty", "")

    def part(self, part):
        if part in ("{{", "}}"):
            return part[0]
        if not part.startswith("{"):
            return part
        name = part[1:-1]
        return {"file": self.file, "line": str(self.line)}.get(name) or self.cell(name.split("|"))

    def holds(self, condition):
        text = self.cell(condition["column"])
        if "contains" in condition:
            return any(part in text for part in as_list(condition["contains"]))
        return (text in as_list(condition["is"])) if "is" in condition else (text not in as_list(condition["is_not"]))

    def rule(self, field):
        """What is said of the field for this row; raises Refused where two cases of its `where` hold."""
        if field in self.settings:
            return {"constant": self.settings[field]}
        rule = full(self.format["fields"].get(field))
        cases = [case["use"] for case in (rule or {}).get("where", []) if self.holds(case)]
        if len(cases) > 1:
            raise Refused
        return dict(full(cases[0]), sign=rule.get("sign")) if cases else rule

    def read(self, row, line):
        """The row as a dictionary of canonical texts, None where it is passed over; raises Refused with the field."""
        self.row, self.line = row, line
        width = len(self.header)
        if not any(cell.strip(BLANKS) for cell in row):
            return None
        if len(row) < width:
            raise Refused(self.header[len(row)])
        if any(cell.strip(BLANKS) for cell in row[width:]):
            raise Refused("")
        if row[:width] == self.header and not self.format.get("header") and len(row) == width:
            raise Refused(self.header[0])
        rows = self.format.get("rows", {})
        if any(self.holds(condition) for condition in rows.get("skip", [])):
            return None
        for condition in rows.get("refuse", []):
            if self.holds(condition):
                raise Refused(as_list(condition["column"])[0])
        return self.values()

    def values(self):
        made = {}
        minor = self.format.get("minor_currencies", {})
        try:
            currency = self.value("currency", {})
        except Refused:
            currency = ""
        busts = self.busts()
        for field in FIELDS:
            if busts and field in NOT_OF_BUSTS:
                made[field] = self.side_of_bust() if field == "side" else ""
                continue
            try:
                made[field] = self.value(field, made)
                if field == "price" and currency in minor:
                    made[field] = made[field].scaleb(-2)
                if field in ("quantity", "price") and not in_range(made[field]):
                    raise Refused
                if field == "currency":
                    made[field] = minor.get(made[field], made[field])
                if field == "executed_at" and not isinstance(made[field], str):
                    made[field] = time_text(*made[field])
            except (Refused, NoNumber):
                raise Refused(field) from None
        return {field: number_text(value) if isinstance(value, Decimal) else value for field, value in made.items()}

    def busts(self):
        try:
            return self.value("kind", {}) == "BUST"
        except Refused:
            return False  # the kind is refused at its turn

    def side_of_bust(self):
        """Where it can be read: it says which execution is meant if both sides have the id."""
        try:
            if self.rule("side") is None and not self.number(self.rule("quantity")):
                return ""
            return self.value("side", {})
        except (Refused, NoNumber):
            return ""

    def value(self, field, made):
        rule = self.rule(field)
        if field == "kind":
            kind = rule["constant"] if rule and "constant" in rule else self.word(rule, self.text(rule)) if rule else ""
            if kind not in ("", "EXECUTION", "BUST", "CORRECTION"):
                raise Refused
            return kind or "EXECUTION"
        if rule is None and field == "side":
            return self.side_by_sign()
        if rule is None:
            return ""
        if "constant" in rule and field not in ("quantity", "price"):
            return rule["constant"]
        text = self.text(rule)
        if field == "executed_at":
            return read_time(text, self.time)
        if field == "side":
            for side, words in (("BUY", rule.get("buy", "buy")), ("SELL", rule.get("sell", "sell"))):
                if ascii_lower(text) in map(ascii_lower, as_list(words)):
                    return side
            raise Refused
        if field in ("quantity", "price"):
            value = self.number(rule)
            if rule.get("sign") == "agrees_with_side" and value and (value < 0) != (made["side"] == "SELL"):
                raise Refused
            return abs(value) if rule.get("sign") else value
        return self.word(rule, text)

    def word(self, rule, text):
        if text in rule.get("words", {}):
            return rule["words"][text]
        endings = [ending for ending in rule.get("endings", {}) if text.endswith(ending)]
        if endings:
            return rule["endings"][max(endings, key=lambda ending: len(ending.encode()))]
        if rule.get("other_words") == "refuse":
            raise Refused
        return text

    def number(self, rule):
        return Decimal(rule["constant"]) if "constant" in rule else read_with_unit(self.text(rule), self.numbers, rule, self.cell)

    def side_by_sign(self):
        try:
            value = self.number(self.rule("quantity"))
        except (NoNumber, Refused):
            return "BUY"  # the quantity is refused next
        if not value:
            raise Refused
        return "SELL" if value < 0 else "BUY"


def ascii_lower(text):
    return re.sub("[A-Z]", lambda match: match.group().lower(), text)


def expected(format, settings, text, file):
    """(rows, refused, filtered): dictionaries, {(line, field)}, a count. `text` is the decoded file; no field of it holds a line end."""
    separator = {"tab": "\t"}.get(format.get("separator", ","), format.get("separator", ","))
    reader, rows, refused, filtered = None, [], set(), 0
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    if format.get("header"):
        reader = Reader(format, settings, format["header"], file)
    needed = needed_columns(format)
    for row in lines:
        if not row:
            continue
        if reader is None:
            header = [name.strip(BLANKS) for name in row]
            if all(any(name in header for name in names) for names in needed):
                reader = Reader(format, settings, row, file)
            continue
        alone = [cell.strip(BLANKS) for cell in row if cell.strip(BLANKS)][:2]
        if any(text.startswith(footer) for footer in as_list(format.get("footer", [])) for text in [row[0].strip(BLANKS), *alone[:len(alone) == 1]]):
            break
        try:
            made = reader.read(row, lines.line_num)
        except Refused as error:
            refused.add((lines.line_num, str(error)))
            continue
        if made is None:
            filtered += 1
        else:
            rows.append(made)
    return rows, refused, filtered


def needed_columns(format):
    """Lists of names, of each of which the header has one."""
    needed = []
    rules = [full(rule) for rule in format["fields"].values()]
    cases = [case for rule in rules for case in rule.get("where", [])]
    needed += [as_list(case["column"]) for case in cases if not case.get("optional")]
    for rule in rules + [full(case["use"]) for case in cases]:
        if rule.get("optional"):
            continue
        needed += [as_list(rule[key]) for key in ("column", "right_of") if key in rule]
        needed += [part.split("|") for part in re.findall(r"(?<!\{)\{([^{}]+)\}", rule.get("template", "")) if part not in ("file", "line")]
        unit = rule.get("unit")
        needed += [as_list(names) for names in unit.values()] if isinstance(unit, dict) else []
    for kind in ("skip", "refuse"):
        needed += [as_list(condition["column"]) for condition in format.get("rows", {}).get(kind, []) if not condition.get("optional")]
    return needed
