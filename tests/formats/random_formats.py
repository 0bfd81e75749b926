"""Random formats, each with a maker of cells for its columns."""
from cells import date, ids, money, one_of, spoiled

PATTERNS = ("iso", "fix", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "dd-mm-yyyy hh:mm:ss", "yyyymmdd hhmmss.f", "m/d/yyyy h:mm ap", "dd mmm yyyy",
            "yyyy.mm.dd hh.mm.ss,f", "*'on' mm/dd/yyyy", "yyyy-mm-dd'T'hh:mm:ssz", "d.m.yyyy hh:mm")
ZONES = ("UTC", "America/New_York", "Europe/Amsterdam", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia")
WORDS = ("AAPL", "BRK.B", "a;b", "x,y", "q\"q", "BTCUSDT", "1INCHUSDT", "é€", "A|B", "", "O'Neil")


def random_format(random):
    """(format, {column: maker of cells})."""
    cells = {}

    def column(name, maker):
        name += random.choice(("", " x", "/y", "(z)"))
        cells[name] = maker
        return name

    numbers = {}
    if random.random() < 0.7:
        numbers["decimal"] = random.choice(".,")
        thousands = random.choice(["", "", " ", "'", "," if numbers["decimal"] == "." else "."])
        if thousands:
            numbers["thousands"] = thousands
    if random.random() < 0.3:
        numbers["exponents"] = True
    if random.random() < 0.3:
        numbers["parentheses"] = True
    if random.random() < 0.3:
        numbers["prefixes"] = ["$", "EUR "]
    patterns = random.sample(PATTERNS, random.choice((1, 1, 2)))
    time = {"formats": patterns, "zone": random.choice(ZONES), "repeated": random.choice(("earlier", "later", "refuse"))}

    def amount(random, row):
        decimal, thousands = numbers.get("decimal", random.choice(".,")), numbers.get("thousands", random.choice(",."))
        text = money(decimal, thousands, places=random.choice((3, 8, 9)), exponents="exponents" in numbers)(random, row)
        text = random.choice(numbers.get("prefixes", [""]) + [""]) + text
        return f"({text})" if random.random() < 0.05 else text

    when = lambda random, row: date(random, random.choice(patterns))
    fields = {"transaction_id": random.choice(({"template": "{file}-{line}"}, {"template": "{{{line}}}"}, column("id", ids("T")))),
              "client_id": random.choice(({"constant": "C 1"}, column("client", one_of("C1", "C2", "é")))),
              "executed_at": column("time", when)}
    symbol = column("symbol", one_of(*WORDS))
    fields["symbol"] = random.choice((symbol, {"column": [symbol, "nowhere"], "words": {"AAPL": "Apple, Inc", "": "none"}},
                                      {"column": symbol, "endings": {"T": "t", "DT": "dt", "€": "EUR"}, "other_words": random.choice(("keep", "refuse"))},
                                      {"column": symbol, "if_empty": "EMPTY"}, {"template": "{" + symbol + "|nowhere}-x"}))
    quantity, signs = {"column": column("quantity", amount)}, random.random()
    if signs < 0.4:
        quantity["sign"] = "gives_side"
    else:
        fields["side"] = random.choice((column("side", one_of("buy", "SELL", "Buy", "b")),
                                        {"column": column("side", one_of("K", "V", "verkauf", "buy")), "buy": "K", "sell": ["V", "Verkauf"]}, {"constant": "SELL"}))
        if signs < 0.6:
            quantity["sign"] = "agrees_with_side"
    price = {"column": column("price", amount)}
    if random.random() < 0.2 and "decimal" in numbers:
        price["implied_places"] = random.choice((2, 9))
    if random.random() < 0.3:
        unit = random.choice((["BTC", "TC", "5X"], {"start_of": symbol}, {"column": symbol}))
        quantity["unit"] = unit
        name = quantity["column"]

        def with_unit(random, row):
            known = row.get(symbol, "").strip()
            return amount(random, row) + random.choice(unit if isinstance(unit, list) else [known, known[:random.randrange(6)]])
        cells[name] = with_unit
    fields.update(quantity=quantity, price=price)
    for number in (quantity, price):
        if random.random() < 0.2:
            number["times"] = random.choice((2, 100, 1000000))
    if random.random() < 0.5:
        # Rows of another kind; "lot share" fits two cases, which is refused.
        case = column("case", one_of("", "", "", "lot", "lot", "share", "lot share"))
        other = column("other", amount)
        lots = random.choice(({"column": quantity["column"], "times": random.choice((10, 100, 999983))}, other, {"constant": random.choice(("-5", "0", "7.5"))}))
        quantity["where"] = [{"column": case, "contains": "lot", "use": lots},
                             {"column": [case, "nowhere"], "is": ["share", "lot share"], "use": {"column": other, "if_empty": "3", "times": 7}}]
        if isinstance(fields["symbol"], dict):
            fields["symbol"]["where"] = [{"column": case, "is_not": ["", "share"], "use": random.choice(({"template": "{" + symbol + "} lot"}, other))}]
        if isinstance(fields.get("side"), dict):
            fields["side"]["where"] = [{"column": "nowhere", "optional": True, "is_not": "", "use": case}, {"column": case, "is": "share", "use": {"constant": "BUY"}}]
    if random.random() < 0.4:
        # Of a bust no figure is read, whatever its cells hold.
        kind = column("execution", one_of("", "", "", "BUST", "CORRECTION", "B", "bust", "a B"))
        words = {"B": "BUST", random.choice(("", "bust")): random.choice(("CORRECTION", "BUST"))}
        fields["kind"] = random.choice((kind, {"column": kind, "words": words}, {"column": kind, "words": words, "other_words": "refuse"},
                                        {"column": kind, "endings": {"B": "BUST"}, "if_empty": "CORRECTION"},
                                        {"constant": "EXECUTION", "where": [{"column": kind, "contains": "B", "use": {"constant": "BUST"}},
                                                                            {"column": kind, "is": ["a B", "CORRECTION"], "use": {"constant": "CORRECTION"}}]}))
        fields["ref_transaction_id"] = {"column": column("reference", ids("T")), "if_empty": random.choice(("", "T1"))}
    format = {"numbers": numbers, "time": time, "fields": fields}
    if random.random() < 0.5:
        fields["currency"] = {"right_of": price["column"], "optional": True}
        after = {}
        for name, maker in cells.items():
            after[name] = maker
            if name == price["column"]:
                after["currency of it"] = one_of("USD", "GBX", "")
        cells = after
        format["minor_currencies"] = {"GBX": "GBP"}
    if random.random() < 0.5:
        kind = column("kind", one_of("trade", "fee", "split 1:2", ""))
        cells[kind] = one_of("trade", "trade", "fee", "split 1:2", "")
        format["rows"] = {"skip": [random.choice(({"column": kind, "is": ["fee", ""]}, {"column": kind, "is_not": "trade"}, {"column": "nowhere", "optional": True, "is": "x"}))],
                          "refuse": [{"column": [kind, "nowhere"], "contains": ["split"], "reason": "a split"}]}
    if random.random() < 0.3:
        format["header"] = list(cells)
    elif random.random() < 0.4:
        format["preamble_lines_max"] = random.randrange(1, 4)
    if random.random() < 0.3:
        format["footer"] = ["Total", "Sum"]
    if random.random() < 0.6:
        format["separator"] = random.choice((",", ";", "|", "tab"))
    return format, cells


def random_rows(random, cells, count):
    order = sorted(cells, key=lambda column: not column.startswith("symbol"))  # units depend on it
    rows = []
    for _ in range(count):
        row = {}
        for column in order:
            row[column] = spoiled(random, cells[column](random, row))
        rows.append([row[column] for column in cells])
    return rows
