"""The formats of deploy/formats, written down a second time after the brokers' documents, and random files of each.

FORMATS has for each name: the format as the oracle reads it, what --set gives, the header, and a maker of cells: a function from (random, column) to a text.
"""
from cells import dates, ids, money, one_of, spoiled

QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "DAI", "BTC", "ETH", "BNB", "EUR", "GBP", "TRY", "BRL", "AUD", "JPY", "PLN")
DOLLARS = QUOTES[:6]
KRAKEN = {"ZUSD": "USD", "USD": "USD", "ZEUR": "EUR", "EUR": "EUR", "ZGBP": "GBP", "GBP": "GBP", "ZCAD": "CAD", "CAD": "CAD", "ZAUD": "AUD", "AUD": "AUD",
          "ZJPY": "JPY", "JPY": "JPY", "CHF": "CHF", "USDT": "USD", "USDC": "USD", "DAI": "USD", "XXBT": "BTC", "XBT": "BTC", "BTC": "BTC", "XETH": "ETH",
          "ETH": "ETH"}
SCHWAB_CASH = ["Journal", "Qualified Dividend", "Cash Dividend", "Non-Qualified Div", "Special Dividend", "Special Qual Div", "Pr Yr Cash Div", "Reinvest Dividend",
               "Qual Div Reinvest", "Bank Interest", "Credit Interest", "Bond Interest", "Margin Interest", "Service Fee", "ADR Mgmt Fee", "Foreign Tax Paid",
               "NRA Tax Adj", "MoneyLink Transfer", "MoneyLink Deposit", "Wire Sent", "Wire Received", "Wire Funds", "Funds Received", "Funds Paid",
               "Long Term Cap Gain", "Short Term Cap Gain", "Misc Cash Entry", "Misc Credits"]
ROBINHOOD_OPTION = {"column": "Trans Code", "is": ["BTO", "BTC", "STO", "STC"]}
ROBINHOOD_CASH = ["ACH", "RTP", "CDIV", "MDIV", "INT", "MINT", "SLIP", "GOLD", "AFEE", "DFEE", "DTAX", "NRAT", "XENT_CC"]
ROBINHOOD_CHANGES = ["SPL", "SPR", "SXCH", "MRGS", "SOFF", "CONV", "OCA", "REC", "ACATI", "ACATO", "ITRF"]
LINE_ID = {"template": "{file}-{line}"}
MONTHS = [" JAN", " FEB", " MAR", " APR", " MAY", " JUN", " JUL", " AUG", " SEP", " OCT", " NOV", " DEC"]
FUTURES_EXCHANGES = ["CME", "CBOT", "ECBOT", "GLOBEX", "NYMEX", "COMEX", "CFE", "NYBOT", "ICEUS", "ICEEU", "IPE", "EUREX", "DTB", "MONEP", "MATIF", "FTA", "IDEM", "MEFFRV",
                     "SNFE", "SGX", "OSE.JPN", "HKFE", "CDE"]


def constant(text):
    return {"constant": text}


def with_asset(random, row):
    """A quantity with the begin of its pair at its end, as Binance writes it; now and then with something else."""
    pair = row["Pair"].strip()
    base = next((pair[:-len(quote)] for quote in QUOTES if pair.endswith(quote)), pair)
    return money(".", ",", places=10)(random, row) + random.choice([base] * 9 + ["", "XYZ", pair[:1]])


FORMATS = {
    "ibkr-flex": dict(
        format={
            "numbers": {"decimal": "."},
            "time": {"formats": ["yyyymmdd;hhmmss", "yyyymmdd;hh:mm:ss", "yyyy-mm-dd;hh:mm:ss", "yyyy-mm-dd;hhmmss", "yyyymmdd hhmmss", "iso"], "zone": "America/New_York"},
            "fields": {"transaction_id": "TradeID", "executed_at": "DateTime", "client_id": "ClientAccountID", "symbol": "Symbol", "side": "Buy/Sell",
                       "quantity": {"column": "Quantity", "sign": "agrees_with_side"}, "price": "TradePrice", "currency": "CurrencyPrimary",
                       "broker_id": constant("IBKR"), "market": {"column": "Exchange", "optional": True}, "order_id": {"column": "IBOrderID", "optional": True}},
            "rows": {"skip": [{"column": "LevelOfDetail", "is_not": "EXECUTION"}], "refuse": [{"column": "AssetClass", "is_not": ["STK", "FUND", "CASH", "CRYPTO"]}]}},
        settings={},
        cells={"ClientAccountID": ids("U"), "CurrencyPrimary": one_of("USD", "EUR"), "AssetClass": one_of("STK", "STK", "STK", "FUND", "OPT", ""),
               "Symbol": one_of("AAPL", "BRK B", "EUR.USD"), "TradeID": ids("5"), "DateTime": dates("yyyymmdd;hhmmss", "yyyy-mm-dd;hh:mm:ss", "yyyymmdd hhmmss", "iso"),
               "Exchange": one_of("NYSE", ""), "Buy/Sell": one_of("BUY", "SELL", "SELL", "BUY (Ca.)"),
               "Quantity": lambda random, row: ("-" if (row["Buy/Sell"] == "SELL") != (random.random() < 0.1) else "") + money(".")(random, row).strip("+-"),
               "TradePrice": money(".", places=9), "LevelOfDetail": one_of("EXECUTION", "EXECUTION", "EXECUTION", "ORDER", "CLOSED_LOT"), "IBOrderID": ids("7")}),
    "ibkr-tws": dict(
        format={
            "numbers": {"decimal": ".", "thousands": ","}, "time": {"formats": ["yyyymmdd hh:mm:ss", "yyyy-mm-dd hh:mm:ss"]},
            "fields": {"transaction_id": LINE_ID, "executed_at": {"template": "{Date} {Time}"}, "client_id": "Account", "symbol": "Description",
                       "side": {"column": "Action", "buy": "BOT", "sell": "SLD"}, "quantity": "Quantity", "price": "Price", "currency": "Currency",
                       "broker_id": constant("IBKR"), "market": {"column": "Exchange", "optional": True}, "order_id": {"column": "Order ID", "optional": True}},
            "rows": {"refuse": [{"column": "Description", "contains": [" CALL", " PUT", *MONTHS]},
                                {"column": "Exchange", "optional": True, "is": FUTURES_EXCHANGES}, {"column": "Comb", "optional": True, "is_not": ["", "No"]}]}},
        settings={"zone": "America/Chicago"},
        cells={"Action": one_of("BOT", "SLD", "bot", "BUY"), "Quantity": money(".", ","), "Underlying": one_of("A"), "Comb": one_of("", "", "No", "Yes"),
               "Description": one_of("A", "B, Inc", "A DEC24 20 CALL", "ES SEP24", "BRK B", "A JANUS"),
               "Price": money(".", ","), "Currency": one_of("USD"), "Exchange": one_of("ARCA", "ISLAND", "CME"),
               "Date": dates("yyyymmdd", "yyyy-mm-dd"), "Time": one_of("21:29:33", "02:30:00", "01:30:00", "1:2:3", "24:00:00"), "Order ID": ids(""), "Account": ids("DU")}),
    "coinbase-fills": dict(
        format={"numbers": {"decimal": "."},
                "fields": {"transaction_id": "trade id", "executed_at": "created at", "client_id": "portfolio", "symbol": "product", "side": "side", "quantity": "size",
                           "price": "price", "currency": {"column": "price/fee/total unit", "words": {"USDC": "USD", "USDT": "USD", "DAI": "USD"}},
                           "broker_id": constant("COINBASE")}},
        settings={},
        cells={"portfolio": one_of("default", "trading"), "trade id": ids(""), "product": one_of("BTC-USD", "ETH-EUR"), "side": one_of("BUY", "SELL", "sell", "HOLD"),
               "created at": dates("iso"), "size": money("."), "size unit": one_of("BTC"), "price": money("."), "fee": money("."), "total": money("."),
               "price/fee/total unit": one_of("USD", "EUR", "USDC")}),
    "kraken-trades": dict(
        format={"numbers": {"decimal": "."}, "time": {"formats": ["yyyy-mm-dd hh:mm:ss.f"], "zone": "UTC"},
                "fields": {"transaction_id": "txid", "executed_at": "time", "symbol": "pair", "side": "type", "quantity": "vol", "price": "price",
                           "currency": {"column": "pair", "endings": KRAKEN, "other_words": "refuse"}, "broker_id": constant("KRAKEN"), "order_id": "ordertxid"}},
        settings={"client_id": "DESK 1"},
        cells={"txid": ids("T"), "ordertxid": ids("O"), "pair": one_of("XXBTZUSD", "XBTUSD", "ADAXBT", "ETHUSDT", "USDTZUSD", "FOOBAR"),
               "time": dates("yyyy-mm-dd hh:mm:ss.f"), "type": one_of("buy", "sell"), "ordertype": one_of("limit"), "price": money(".", places=11),
               "cost": money("."), "fee": money("."), "vol": money("."), "margin": one_of("0"), "misc": one_of(""), "ledgers": one_of("L1,L2", "L1")}),
    "binance-trades": dict(
        format={"numbers": {"decimal": ".", "thousands": ","}, "time": {"formats": ["yyyy-mm-dd hh:mm:ss"], "zone": "UTC"},
                "fields": {"transaction_id": LINE_ID, "executed_at": "Date(UTC)", "symbol": "Pair", "side": "Side", "price": "Price",
                           "quantity": {"column": "Executed", "unit": {"start_of": "Pair"}},
                           "currency": {"column": "Pair", "endings": {quote: "USD" if quote in DOLLARS else quote for quote in QUOTES}, "other_words": "refuse"},
                           "broker_id": constant("BINANCE")}},
        settings={"client_id": "C"},
        cells={"Date(UTC)": dates("yyyy-mm-dd hh:mm:ss"), "Pair": one_of("BTCUSDT", "1INCHUSDT", "1000SATSTRY", "ADAEUR", "11USDT", "FOOBAR"),
               "Side": one_of("BUY", "SELL"), "Price": money(".", ","), "Executed": with_asset, "Amount": money("."), "Fee": money(".")}),
    "zerodha-tradebook": dict(
        format={"numbers": {"decimal": "."}, "time": {"formats": ["iso", "yyyy-mm-dd hh:mm:ss"], "zone": "Asia/Kolkata"},
                "fields": {"transaction_id": "trade_id", "executed_at": "order_execution_time", "symbol": "symbol", "side": "trade_type", "quantity": "quantity",
                           "price": "price", "currency": constant("INR"), "broker_id": constant("ZERODHA"), "market": "exchange", "order_id": "order_id"},
                "rows": {"refuse": [{"column": "segment", "is_not": ["EQ", "MF"]}]}},
        settings={"client_id": "C"},
        cells={"symbol": one_of("INFY", "M&M"), "isin": ids("INE"), "trade_date": dates("yyyy-mm-dd"), "exchange": one_of("NSE", "BSE"),
               "segment": one_of("EQ", "EQ", "MF", "FO"), "series": one_of("EQ"), "trade_type": one_of("buy", "sell"), "auction": one_of("false"),
               "quantity": money("."), "price": money("."), "trade_id": ids(""), "order_id": ids("11"), "order_execution_time": dates("iso")}),
    "degiro": dict(
        format={"time": {"formats": ["dd-mm-yyyy hh:mm"], "zone": "Europe/Amsterdam"}, "minor_currencies": {"GBX": "GBP"},
                "fields": {"transaction_id": LINE_ID, "executed_at": {"template": "{Date|Datum} {Time|Tijd}"}, "symbol": "ISIN",
                           "quantity": {"column": ["Quantity", "Aantal", "Number"], "sign": "gives_side"}, "price": {"column": ["Price", "Koers"]},
                           "currency": {"right_of": ["Price", "Koers"]}, "broker_id": constant("DEGIRO"),
                           "market": {"column": ["Venue", "Uitvoeringsplaats", "Execution Venue", "Reference exchange", "Reference", "Beurs"], "optional": True},
                           "order_id": {"column": ["Order ID", "Order Id"], "optional": True}}},
        settings={"client_id": "C"},
        cells={"Datum": dates("dd-mm-yyyy"), "Tijd": one_of("09:05", "02:30", "23:59", "9:05", "15:31:00"), "Product": one_of("ASML, N.V.", "VOD"), "ISIN": ids("NL"),
               "Beurs": one_of("EAM"), "Uitvoeringsplaats": one_of("XAMS", ""), "Aantal": money(",", ".", places=3), "Koers": money(",", ".", places=5),
               "": one_of("EUR", "USD", "GBX"), "Waarde": money(",", "."), "Order Id": ids("")}),
    "trading212": dict(
        format={"numbers": {"decimal": "."}, "time": {"formats": ["yyyy-mm-dd hh:mm:ss.f"], "zone": "UTC"}, "minor_currencies": {"GBX": "GBP"},
                "fields": {"transaction_id": "ID", "executed_at": "Time", "symbol": "Ticker",
                           "side": {"column": "Action", "buy": ["Market buy", "Limit buy", "Stop buy", "Stop limit buy"],
                                    "sell": ["Market sell", "Limit sell", "Stop sell", "Stop limit sell"]},
                           "quantity": "No. of shares", "price": "Price / share", "currency": "Currency (Price / share)", "broker_id": constant("TRADING212")},
                "rows": {"skip": [{"column": "Action", "contains": ["Deposit", "Withdrawal", "Dividend", "Interest", "Lending", "Cashback", "Card", "Currency conversion"]}]}},
        settings={"client_id": "C", "market": "LSE"},
        cells={"Action": one_of("Market buy", "Limit sell", "Stop limit buy", "Dividend (Ordinary)", "Interest on cash", "Stock split open"),
               "Time": dates("yyyy-mm-dd hh:mm:ss.f"), "ISIN": ids("US"), "Ticker": one_of("AAPL", "VOD"), "Name": one_of("Apple, Inc."),
               "No. of shares": money(".", places=10), "Price / share": money(".", places=10), "Currency (Price / share)": one_of("USD", "GBX", "GBP"), "ID": ids("EOF")}),
    "schwab": dict(
        format={"preamble_lines_max": 3, "footer": ["Transactions Total"], "numbers": {"decimal": ".", "thousands": ",", "prefixes": ["$"]},
                "time": {"formats": ["mm/dd/yyyy", "* 'as of' mm/dd/yyyy"], "zone": "America/New_York"},
                "fields": {"transaction_id": LINE_ID, "executed_at": "Date", "symbol": "Symbol", "quantity": "Quantity", "price": "Price", "currency": constant("USD"),
                           "side": {"column": "Action", "buy": ["Buy", "Reinvest Shares"], "sell": ["Sell", "Sell Short"]}, "broker_id": constant("SCHWAB")},
                "rows": {"skip": [{"column": "Action", "is": SCHWAB_CASH}]}},
        settings={"client_id": "C"},
        cells={"Date": dates("mm/dd/yyyy", "mm/dd/yyyy' as of 'mm/dd/yyyy"), "Action": one_of("Buy", "Sell", "Sell Short", "Journal", "Buy to Open", "Misc Credits"),
               "Symbol": one_of("AAPL", "BRK/B"), "Description": one_of("APPLE INC", "a \"b\", c"), "Quantity": money(".", ","),
               "Price": lambda random, row: random.choice(["$", "$", "", "-$", "$$"]) + money(".", ",", places=4)(random, row), "Fees & Comm": one_of(""),
               "Amount": one_of("")}),
    "robinhood": dict(
        format={"footer": ["The data provided is for informational purposes"], "numbers": {"decimal": ".", "thousands": ",", "prefixes": ["$"]},
                "time": {"formats": ["m/d/yyyy"], "zone": "America/New_York"},
                "fields": {"transaction_id": LINE_ID, "executed_at": "Activity Date", "price": "Price", "currency": constant("USD"), "broker_id": constant("ROBINHOOD"),
                           "symbol": {"column": "Instrument", "where": [dict(ROBINHOOD_OPTION, use="Description")]},
                           "side": {"column": "Trans Code", "buy": ["Buy", "BTO", "BTC"], "sell": ["Sell", "STO", "STC"]},
                           "quantity": {"column": "Quantity", "where": [dict(ROBINHOOD_OPTION, use={"column": "Quantity", "times": 100})]}},
                "rows": {"skip": [{"column": "Trans Code", "is": ROBINHOOD_CASH}],
                         "refuse": [{"column": "Trans Code", "is": ["OEXP", "OASGN", "OEXCS"]}, {"column": "Trans Code", "is": ROBINHOOD_CHANGES}]}},
        settings={"client_id": "C"},
        cells={"Activity Date": dates("m/d/yyyy"), "Process Date": dates("m/d/yyyy"), "Settle Date": dates("m/d/yyyy"), "Instrument": one_of("AAPL", "BRK.B", "AAPL", ""),
               "Description": one_of("AAPL 12/15/2023 Call $200.00", " SPY 1/19/2024 Put $440.00 ", "Apple, Inc"),
               "Trans Code": one_of("Buy", "Sell", "BTO", "BTC", "STO", "STC", "BTO", "STC", "CDIV", "ACH", "INT", "OEXP", "SPL", "JNLS", "bto"),
               "Quantity": lambda random, row: money(".", ",", places=9)(random, row) + random.choice([""] * 9 + ["S"]),
               "Price": lambda random, row: random.choice(["$", "$", "$", "", "$$"]) + money(".", ",", places=4)(random, row).strip("+-"),
               "Amount": lambda random, row: random.choice(("", "${}", "(${})")).format(money(".", ",", places=2)(random, row))}),
    "tardis-trades": dict(
        format={"numbers": {"decimal": ".", "exponents": True}, "time": {"formats": ["epoch_us"]},
                "fields": {"transaction_id": "id", "executed_at": "timestamp", "symbol": "symbol", "side": "side", "quantity": "amount", "price": "price",
                           "market": "exchange"}},
        settings={"client_id": "C", "currency": "USD"},
        cells={"exchange": one_of("deribit"), "symbol": one_of("BTC-PERPETUAL"), "timestamp": dates("epoch_us"), "local_timestamp": dates("epoch_us"), "id": ids(""),
               "side": one_of("buy", "sell", "unknown"), "price": money(".", exponents=True), "amount": money(".", exponents=True)}),
    "databento-trades": dict(
        format={"numbers": {"decimal": "."}, "time": {"formats": ["iso", "epoch_ns"]},
                "fields": {"transaction_id": {"template": "{sequence}-{line}"}, "executed_at": "ts_event", "symbol": "symbol",
                           "side": {"column": "side", "buy": "B", "sell": "A"}, "quantity": "size", "price": {"column": "price", "implied_places": 9},
                           "market": "publisher_id"},
                "rows": {"skip": [{"column": "action", "is_not": "T"}]}},
        settings={"client_id": "C", "currency": "USD"},
        cells={"ts_recv": dates("epoch_ns"), "ts_event": dates("iso", "epoch_ns"), "rtype": one_of("0"), "publisher_id": one_of("1", "45"), "instrument_id": ids(""),
               "action": one_of("T", "T", "T", "C"), "side": one_of("A", "B", "N"), "depth": one_of("0"),
               "price": lambda random, row: random.choice([f"{random.randrange(10**6)}.{random.randrange(10**9):09}",
                                                           f"{random.randrange(10**7)}.{random.randrange(100):02}0000000",
                                                           str(random.randrange(10**12) * 10), "1.25", "9223372036854775807"]),
               "size": one_of("1", "100", "0", "1.5"), "flags": one_of("130"), "ts_in_delta": one_of("1"), "sequence": ids(""), "symbol": one_of("SPIB", "T")}),
}


def random_file(random, name, rows):
    """(format, settings, header, rows of cells) of one random file."""
    about = FORMATS[name]
    header = list(about["cells"])
    made = []
    for _ in range(rows):
        row = {}
        for column in order_of(header):
            row[column] = spoiled(random, about["cells"][column](random, row))
        made.append([row[column] for column in header])
    return about["format"], about["settings"], header, made


def order_of(header):
    """Those that others depend on come first."""
    first = [column for column in ("Buy/Sell", "Pair") if column in header]
    return first + [column for column in header if column not in first]
