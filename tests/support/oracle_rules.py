"""The oracle's rules, and which values an input may have."""
from fractions import Fraction

from oracle_figures import UNIT, units

ID_BYTES_MAX = 50

FIRM = ("FIRM", "")
EXPOSURE_RULES = {"CLIENT": "client_exposure", "SYMBOL": "symbol_exposure", "FIRM": "firm_exposure"}
VELOCITY_RULES = {"CLIENT": "client_velocity", "SYMBOL": "symbol_velocity"}
SIZE_RULES = {"CLIENT": "client_size"}
PRICE_RULES = {"SYMBOL": "price_deviation"}
NO_GUARD = {"enabled": False, "limit": "0", "limits": {}, "quiet_seconds": 0}  # of rules from before there was one
ANOMALY_RULES = {"CLIENT": "client_anomaly", "SYMBOL": "symbol_anomaly", "FIRM": "system_anomaly"}

# For problem(), of a transaction.
TRANSACTION_FIELDS = (("transaction_id", "client_id", "symbol", "side"), ("quantity",), ("currency", "broker_id", "market", "order_id", "trader_id"))


def is_id(text):
    data = text.encode()
    return 1 <= len(data) <= ID_BYTES_MAX and not any(byte < 0x20 or byte == 0x7F for byte in data)


def problem(line, ids, amounts, optional_ids):
    """The first field that does not fit, judged alone."""
    for field in ids:
        if not (line[field] in ("BUY", "SELL") if field == "side" else is_id(line[field])):
            return field
    for field in amounts:
        if units(line[field]) <= 0:
            return field
    return next((field for field in optional_ids if line.get(field) and not is_id(line[field])), None)


class Rule:
    """One rule of a rules line, its decimals as numbers."""

    def __init__(self, line):
        self.__dict__.update(line)
        for key in {"critical_ratio", "worsened_ratio", "resolved_ratio"} & line.keys():
            setattr(self, key, units(line[key]))
        for key in {"threshold", "high_threshold"} & line.keys():
            setattr(self, key, Fraction(line[key]))
        if "critical_ratio" in line:  # of an amount of money
            self.limit = None if line["limit"] is None else units(line["limit"]) * UNIT
            self.limits = {entity_id: units(limit) * UNIT for entity_id, limit in line["limits"].items()}

    def limit_of(self, entity):
        return self.limits.get(entity[1], self.limit)


class PriceRule(Rule):
    """Its limits are ratios, 0 of a symbol that is not guarded."""

    def __init__(self, line):
        super().__init__({**line, "limit": units(line["limit"]), "limits": {symbol: units(limit) for symbol, limit in line["limits"].items()}})


class Rules:
    def __init__(self, line):
        self.config_version = line["config_version"]
        self.require_instruments = line.get("require_instruments", False)
        self.base_currency = line["base_currency"]
        self.rates = {currency: units(rate) for currency, rate in line["rates"].items()}
        self.session_start_seconds, self.session_zone = line["session_start_seconds"], line["session_zone"]
        self.named = {name: Rule(line[name]) for names in (EXPOSURE_RULES, VELOCITY_RULES, SIZE_RULES, ANOMALY_RULES)
                      for name in names.values()}
        self.named["price_deviation"] = PriceRule(line.get("price_deviation", NO_GUARD))

    def of(self, names, entity):
        return self.named[names[entity[0]]]
