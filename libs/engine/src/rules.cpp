#include "risk/engine/rules.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <set>

#include "risk/engine/rule_table.hpp"

#include "risk/base/text.hpp"
#include "risk/engine/transaction_fields.hpp"

namespace risk::engine {
namespace {

using Problems = std::vector<std::string>;

void require(Problems& found, bool condition, std::string problem) {
  if (!condition) found.push_back(std::move(problem));
}

// The limits of single entities.
template <class Limit>
void check_limits(Problems& found, const std::string& key, EntityType type,
                  const std::map<std::string, Limit, std::less<>>& limits) {
  for (const auto& [entity, limit] : limits) {
    if constexpr (std::is_same_v<Limit, Money>) {
      require(found, limit.units() > 0, key + "." + printable(entity) + " " + limit.to_string() + ": must be above 0");
    } else if constexpr (std::is_same_v<Limit, Ratio>) {
      require(found, RuleKind<PriceRule>::is_jump_limit(limit),
              key + "." + printable(entity) + " " + limit.to_string() + ": must be 0, or 1 to 1000000");
    } else {
      require(found, limit >= 1, key + "." + printable(entity) + " 0: must be at least 1");
    }
  }
  for (const auto& [entity, limit] : limits) {
    if (const auto problem = id_problem(entity)) {
      found.push_back(key + ": name \"" + printable(entity) + "\": " + std::string(*problem));
    }
  }
  require(found, type != EntityType::kFirm || limits.empty(), key + ": the firm has one limit");
}

template <class Rule>
void check(Problems& found, const Rule& rule) {
  for_each_parameter<Rule>([&](const auto& parameter) {
    const std::string key = rule.name + "." + std::string(parameter.name);
    const auto& value = rule.*parameter.member;
    if constexpr (requires { value.begin(); }) {
      check_limits(found, key, rule.entity_type, value);
    } else if (parameter.is_allowed != nullptr) {
      require(found, parameter.is_allowed(rule),
              key + " " + parameter_text(value) + ": must be " + std::string(parameter.allowed));
    }
  });
}

// That the rules of a kind are those of the table and then others, in order, each with a name of its own.
template <class Rule>
void check_list(Problems& found, const std::vector<Rule>& rules) {
  const auto& builtin = RuleKind<Rule>::builtin;
  for (std::size_t i = 0; i < builtin.size(); ++i) {
    const bool is_there =
        i < rules.size() && rules[i].name == builtin[i].name && rules[i].entity_type == builtin[i].entity_type;
    require(found, is_there, std::string(builtin[i].name) + ": is missing");
  }
  for (std::size_t i = builtin.size(); i < rules.size(); ++i) {
    const Rule& rule = rules[i];
    if (const auto problem = id_problem(rule.name)) {
      found.push_back("name \"" + printable(rule.name) + "\" of a rule: " + std::string(*problem));
    }
    require(found, i == builtin.size() || rules[i - 1].name < rule.name, printable(rule.name) + ": is not in order");
    require(found, !std::is_same_v<Rule, VelocityRule> || rule.entity_type != EntityType::kFirm,
            printable(rule.name) + ": the firm has no velocity");
    require(found, !std::is_same_v<Rule, PriceRule> || rule.entity_type == EntityType::kSymbol,
            printable(rule.name) + ": prices are of symbols");
  }
}

void check_session(Problems& found, const SessionStart& start) {
  const auto require_all = [&](bool condition, const char* problem) {
    require(found, condition, "session_start: the changes of zone \"" + printable(start.zone) + "\" " + problem);
  };
  require(found, start.time_of_day_seconds < kSecondsPerDay,
          "session_start " + std::to_string(start.time_of_day_seconds) + ": must be a time of day");
  const auto& changes = start.changes;
  require_all(start.zone.empty() == changes.empty(), "are missing, or there is no zone");
  require_all(changes.size() <= kZoneChangesMax, "are more than 10000");
  require_all(
      std::adjacent_find(changes.begin(), changes.end(),
                         [](const ZoneChange& a, const ZoneChange& b) { return a.from >= b.from; }) == changes.end(),
      "are not in order");
  require_all(std::all_of(changes.begin(), changes.end(),
                          [](const ZoneChange& change) {
                            return std::abs(std::int64_t{change.offset_seconds}) < kSecondsPerDay &&
                                   kTimestampMin.seconds() <= change.from && change.from <= kTimestampMax.seconds();
                          }),
              "are out of range");
}

template <class... Rules>
void check_kinds(Problems& found, const RuleSet& rules, RuleKindList<Rules...>) {
  (check_list(found, rules.of<Rules>()), ...);
  std::set<std::string_view> names;
  for_each_rule(rules, [&](const auto& rule) {
    require(found, names.insert(rule.name).second, printable(rule.name) + ": two rules have this name");
    check(found, rule);
  });
}

template <class Rule>
void add_builtin(std::vector<Rule>& rules) {
  for (const auto& builtin : RuleKind<Rule>::builtin) {
    Rule& rule = rules.emplace_back();
    rule.name = builtin.name;
    rule.entity_type = builtin.entity_type;
    builtin.set_defaults(rule);
  }
}

std::optional<std::string_view> optional_id_problem(std::string_view text) {
  return text.empty() ? std::nullopt : id_problem(text);
}

Rejection reject(std::string field, std::string_view value, std::string reason) {
  return {std::move(field), printable(value), std::move(reason)};
}

std::optional<Rejection> time_problem(std::string_view field, Timestamp time) {
  if (time.is_in_range()) return std::nullopt;
  return reject(std::string(field), std::to_string(time.nanos), std::string(kOutsideTimestamps));
}

// Of a text for people.
std::optional<Rejection> text_problem(const char* field, const std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max && printable(text) == text) return std::nullopt;
  return reject(field, text,
                "longer than " + std::to_string(bytes_max) + " bytes, not UTF-8, or with characters that do not show");
}

// Why a value cannot be its field's.
template <class Field>
std::optional<Rejection> problem_of(Field, const std::string& text) {
  const auto problem = Field::presence == Presence::kRequired ? id_problem(text) : optional_id_problem(text);
  if (!problem) return std::nullopt;
  return reject(std::string(Field::name), text, std::string(*problem));
}
template <class Field, class Tag>
std::optional<Rejection> problem_of(Field field, const Id<Tag>& id) {
  return problem_of(field, id.text);
}
template <class Field>
std::optional<Rejection> problem_of(Field, Timestamp time) {
  return time_problem(Field::name, time);
}
template <class Field>
std::optional<Rejection> problem_of(Field, Side side) {
  if (side == Side::kBuy || side == Side::kSell) return std::nullopt;
  return reject(std::string(Field::name), std::to_string(static_cast<int>(side)), "not BUY or SELL");
}
template <class Field>
std::optional<Rejection> problem_of(Field, ExecutionKind kind) {
  if (to_string(kind) != "UNKNOWN") return std::nullopt;
  return reject(std::string(Field::name), std::to_string(static_cast<int>(kind)), "not EXECUTION, BUST or CORRECTION");
}
// A price may be zero, and whether it may be negative depends on its instrument.
template <class Field, class Tag>
std::optional<Rejection> problem_of(Field, Decimal<Tag> value) {
  if (std::is_same_v<Decimal<Tag>, Price> || value.units() > 0) return std::nullopt;
  return reject(std::string(Field::name), value.to_string(), "must be above 0");
}

// Of an execution there is none, of what takes one back there must be one.
std::optional<Rejection> reference_problem(const Transaction& transaction) {
  const std::string& reference = transaction.ref_transaction_id;
  const auto refuse = [&](std::string_view reason) {
    return reject("ref_transaction_id", reference, std::string(reason));
  };
  if (!transaction.is_reversal()) {
    if (reference.empty()) return std::nullopt;
    return refuse("is of a BUST or a CORRECTION alone");
  }
  if (const auto problem = id_problem(reference)) return refuse(*problem);
  if (transaction.kind == ExecutionKind::kCorrection && reference == transaction.transaction_id) {
    return refuse("is the correction's own id");
  }
  return std::nullopt;
}

}  // namespace

std::string parameter_text(bool value) {
  return value ? "true" : "false";
}
std::string parameter_text(std::uint32_t value) {
  return std::to_string(value);
}
std::string parameter_text(Measure value) {
  return std::string(to_string(value));
}
std::string parameter_text(Ratio value) {
  return value.to_string();
}
std::string parameter_text(const std::optional<Money>& value) {
  return value ? value->to_string() : "none";
}

RuleSet::RuleSet() {
  for_each_kind([this]<class Rule>() { add_builtin(of<Rule>()); });
}

void keep_missing_rules(RuleSet& next, const RuleSet& before) {
  for_each_rule(before, [&]<class Rule>(const Rule& rule) {
    auto& rules = next.of<Rule>();
    const auto is_it = [&](const Rule& other) { return other.name == rule.name; };
    if (std::any_of(rules.begin(), rules.end(), is_it)) return;
    const auto further = rules.begin() + static_cast<std::ptrdiff_t>(RuleKind<Rule>::builtin.size());
    const auto place = std::find_if(further, rules.end(), [&](const Rule& other) { return rule.name < other.name; });
    rules.insert(place, rule)->enabled = false;
  });
}

Figure::Unit unit_of(AlertType type) {
  std::optional<Figure::Unit> unit;
  for_each_kind([&]<class Rule>() {
    if (is_alert_of<Rule>(type)) unit = RuleKind<Rule>::unit;
  });
  return unit.value_or(Figure::Unit::kMoney);
}

std::vector<std::string> problems(const RuleSet& rules) {
  Problems found;
  if (const auto problem = id_problem(rules.base_currency)) {
    found.push_back("base_currency \"" + printable(rules.base_currency) + "\": " + std::string(*problem));
  }
  require(found, rules.edition >= 1 && rules.edition <= kEdition,
          "edition " + std::to_string(rules.edition) + ": must be 1 to " + std::to_string(kEdition));
  for (const auto& [currency, rate] : rules.rates) {
    if (const auto problem = id_problem(currency)) {
      found.push_back("rates: currency \"" + printable(currency) + "\": " + std::string(*problem));
    }
    require(found, rate.units() > 0, "rates." + printable(currency) + " " + rate.to_string() + ": must be above 0");
  }
  check_session(found, rules.session_start);
  check_kinds(found, rules, RuleKinds{});
  return found;
}

std::optional<Rejection> value_problem(const Transaction& transaction) {
  std::optional<Rejection> problem;
  // Of a kind that is not known nobody can say what is to be read.
  all_transaction_fields([&](auto field) {
    if constexpr (is_field<&Transaction::kind>(field)) problem = problem_of(field, transaction.kind);
    return !problem;
  });
  if (problem) return problem;
  all_transaction_fields([&](auto field) {
    if constexpr (is_field<&Transaction::ref_transaction_id>(field)) {
      problem = reference_problem(transaction);
    } else if (engine::is_read_of_bust(field) || transaction.kind != ExecutionKind::kBust) {
      problem = problem_of(field, field.of(transaction));
    }
    return !problem;
  });
  return problem;
}

std::optional<Rejection> value_problem(const OpeningPosition& position) {
  const auto& p = position;
  if (const auto problem = id_problem(p.client_id.text))
    return reject("client_id", p.client_id.text, std::string(*problem));
  if (const auto problem = id_problem(p.symbol.text)) return reject("symbol", p.symbol.text, std::string(*problem));
  if (p.quantity.units() == std::numeric_limits<std::int64_t>::min()) {
    return reject("quantity", p.quantity.to_string(), "out of range");
  }
  if (const auto problem = optional_id_problem(p.currency))
    return reject("currency", p.currency, std::string(*problem));
  return std::nullopt;
}

std::optional<Rejection> value_problem(const MarketPrice& price) {
  if (const auto problem = id_problem(price.symbol.text)) {
    return reject("symbol", price.symbol.text, std::string(*problem));
  }
  if (const auto problem = optional_id_problem(price.currency)) {
    return reject("currency", price.currency, std::string(*problem));
  }
  return time_problem("at", price.at);
}

std::optional<Rejection> value_problem(const ExchangeRate& rate) {
  if (const auto problem = id_problem(rate.currency)) {
    return reject("currency", rate.currency, std::string(*problem));
  }
  if (rate.rate.units() <= 0) return reject("rate", rate.rate.to_string(), "must be above 0");
  return time_problem("at", rate.at);
}

std::optional<Rejection> value_problem(const HeldPriceDecision& decision) {
  if (const auto problem = id_problem(decision.symbol.text)) {
    return reject("symbol", decision.symbol.text, std::string(*problem));
  }
  return time_problem("at", decision.at);
}

std::optional<Rejection> value_problem(const Instrument& instrument) {
  if (const auto problem = id_problem(instrument.symbol.text)) {
    return reject("symbol", instrument.symbol.text, std::string(*problem));
  }
  if (instrument.multiplier.units() <= 0) {
    return reject("multiplier", instrument.multiplier.to_string(), "must be above 0");
  }
  if (const auto problem = optional_id_problem(instrument.currency)) {
    return reject("currency", instrument.currency, std::string(*problem));
  }
  if (to_string(instrument.contract) == "UNKNOWN") {
    return reject("contract", std::to_string(static_cast<int>(instrument.contract)), "not LINEAR or INVERSE");
  }
  if (instrument.expires_at) {
    if (auto problem = time_problem("expires_at", *instrument.expires_at)) return problem;
  }
  if (auto problem = text_problem("name", instrument.name, kInstrumentTextBytesMax)) return problem;
  return text_problem("asset_class", instrument.asset_class, kInstrumentTextBytesMax);
}

std::optional<Rejection> value_problem(const Adjustment& adjustment) {
  if (auto problem = time_problem("effective_at", adjustment.effective_at)) return problem;
  if (to_string(adjustment.kind) == "UNKNOWN") {
    return reject("kind", std::to_string(static_cast<int>(adjustment.kind)), "not SPLIT, RENAME or SET_POSITION");
  }
  const auto is_of = [&](AdjustmentKind kind) { return adjustment.kind == kind; };
  // Of an id that one kind needs and no other has.
  const auto id_of = [&](AdjustmentKind kind, const char* field, const std::string& id) -> std::optional<Rejection> {
    if (!is_of(kind)) {
      if (id.empty()) return std::nullopt;
      return reject(field, id, "is of a " + std::string(to_string(kind)) + " alone");
    }
    const auto problem = id_problem(id);
    return problem ? std::optional(reject(field, id, std::string(*problem))) : std::nullopt;
  };
  if (const auto problem = id_problem(adjustment.symbol.text)) {
    return reject("symbol", adjustment.symbol.text, std::string(*problem));
  }
  if (is_of(AdjustmentKind::kSplit) && !SplitRatio::parse(adjustment.ratio)) {
    return reject("ratio", adjustment.ratio, "not new to old as two whole numbers from 1 to 1000000, such as 4:1");
  }
  if (!is_of(AdjustmentKind::kSplit) && !adjustment.ratio.empty()) {
    return reject("ratio", adjustment.ratio, "is of a SPLIT alone");
  }
  if (auto problem = id_of(AdjustmentKind::kRename, "new_symbol", adjustment.new_symbol.text)) return problem;
  if (is_of(AdjustmentKind::kRename) && adjustment.new_symbol == adjustment.symbol) {
    return reject("new_symbol", adjustment.new_symbol.text, "is the symbol itself");
  }
  if (auto problem = id_of(AdjustmentKind::kSetPosition, "client_id", adjustment.client_id.text)) return problem;
  const auto& quantity = adjustment.quantity;
  if (is_of(AdjustmentKind::kSetPosition) && !quantity) return reject("quantity", "", "is missing");
  if (!is_of(AdjustmentKind::kSetPosition) && quantity) {
    return reject("quantity", quantity->to_string(), "is of a SET_POSITION alone");
  }
  if (quantity && quantity->units() == std::numeric_limits<std::int64_t>::min()) {
    return reject("quantity", quantity->to_string(), "out of range");
  }
  return text_problem("reason", adjustment.reason, kAdjustmentTextBytesMax);
}

}  // namespace risk::engine
