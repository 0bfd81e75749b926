// The core behind a pipe: streams of inputs as JSON lines on stdin, what came of them as JSON lines on stdout. The
// runner beside it (compare.py) gives the same streams to the oracle. The formats are described there.
//
// core_driver [--batch N] [--snapshot-every N] [--keep-from N] [--hash-every N]
//   --batch N            inputs are expected N at a time; changes nothing
//   --snapshot-every N   after every N inputs the core is saved and loaded; changes nothing
//   --keep-from N        from N positions or holders on the core keeps more, to be faster; changes nothing
//   --hash-every N       after every N inputs, and at the end, the state's hash is printed
#include <charconv>
#include <cstring>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "risk/base/time_zone.hpp"
#include "risk/engine/core.hpp"
#include "risk/engine/rule_table.hpp"
#include "support/snapshots.hpp"
#include "support/verified.hpp"

namespace risk::engine {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
T must(Result<T> result, const std::string& text) {
  if (!result) throw std::runtime_error("\"" + text + "\": " + result.error().reason);
  return std::move(result).value();
}

template <class D>
D decimal(const Json& value) {
  const auto text = value.get<std::string>();
  return must(D::parse(text), text);
}

Timestamp timestamp(const Json& value) {
  const auto text = value.get<std::string>();
  return must(parse_timestamp(text), text);
}

// A parameter of a rule.
void read(const Json& json, bool& value) {
  value = json;
}
void read(const Json& json, std::uint32_t& value) {
  value = json;
}
void read(const Json& json, Measure& value) {
  value = parse_enum<Measure>(json.get<std::string>()).value();
}
template <class D>
requires requires {
  D::from_units(1);
}
void read(const Json& json, D& value) {
  value = decimal<D>(json);
}
void read(const Json& json, std::optional<Money>& value) {
  value.reset();
  if (!json.is_null()) value = decimal<Money>(json);
}
template <class Limit>
void read(const Json& json, std::map<std::string, Limit, std::less<>>& limits) {
  for (const auto& [id, limit] : json.items()) read(limit, limits[id]);
}

RuleSet rule_set(const Json& json) {
  RuleSet rules;
  rules.config_version = json.at("config_version");
  rules.base_currency = json.at("base_currency");
  for (const auto& [currency, rate] : json.at("rates").items()) rules.rates[currency] = decimal<Rate>(rate);
  rules.require_instruments = json.value("require_instruments", false);
  rules.session_start.time_of_day_seconds = json.at("session_start_seconds");
  rules.session_start.zone = json.at("session_zone");
  if (const std::string& zone = rules.session_start.zone; !zone.empty()) {
    for (const auto& change : must(TimeZone::find(zone), zone).changes(kTimestampMin, kTimestampMax)) {
      rules.session_start.changes.push_back({change.from.seconds(), change.offset_seconds});
    }
  }
  for_each_rule(rules, [&]<class Rule>(Rule& rule) {
    if (!json.contains(rule.name)) return void(rule = absent_rule(*builtin_of(rule)));  // written before it was there
    const Json& parameters = json.at(rule.name);
    for_each_parameter<Rule>([&](const auto& parameter) {
      const std::string name(parameter.name);
      if (name != "limits" || rule.entity_type != EntityType::kFirm) read(parameters.at(name), rule.*parameter.member);
    });
  });
  if (const auto found = problems(rules); !found.empty()) throw std::runtime_error("rules: " + found.front());
  return rules;
}

Transaction transaction(const Json& json) {
  Transaction t;
  t.transaction_id = json.at("transaction_id");
  t.executed_at = timestamp(json.at("executed_at"));
  t.client_id.text = json.at("client_id");
  t.symbol.text = json.at("symbol");
  t.side = parse_enum<Side>(json.at("side").get<std::string>()).value_or(Side::kUnknown);
  t.quantity = decimal<Quantity>(json.at("quantity"));
  t.price = decimal<Price>(json.at("price"));
  t.currency = json.at("currency");
  t.broker_id = json.at("broker_id");
  t.market = json.at("market");
  t.order_id = json.value("order_id", "");
  t.trader_id = json.value("trader_id", "");
  if (json.at("kind") == "reversal")
    t.kind = parse_enum<ExecutionKind>(json.at("execution_kind").get<std::string>()).value();
  t.ref_transaction_id = json.value("ref_transaction_id", "");
  return t;
}

OpeningPosition opening_position(const Json& json) {
  OpeningPosition p;
  p.client_id.text = json.at("client_id");
  p.symbol.text = json.at("symbol");
  p.quantity = decimal<Quantity>(json.at("quantity"));
  p.price = decimal<Price>(json.at("price"));
  p.currency = json.at("currency");
  return p;
}

MarketPrice market_price(const Json& json) {
  return {Symbol(json.at("symbol").get<std::string>()), decimal<Price>(json.at("price")), json.at("currency"),
          timestamp(json.at("at"))};
}

ExchangeRate exchange_rate(const Json& json) {
  return {json.at("currency"), decimal<Rate>(json.at("rate")), timestamp(json.at("at"))};
}

HeldPriceDecision held_price_decision(const Json& json) {
  return {Symbol(json.at("symbol").get<std::string>()), json.at("decision") == "APPLY", timestamp(json.at("at"))};
}

Instrument instrument(const Json& json) {
  Instrument i;
  i.symbol.text = json.at("symbol");
  i.multiplier = decimal<Multiplier>(json.at("multiplier"));
  i.currency = json.at("currency");
  i.contract = parse_enum<Contract>(json.at("contract").get<std::string>()).value_or(Contract{});
  if (!json.at("expires_at").is_null()) i.expires_at = timestamp(json.at("expires_at"));
  i.allows_negative = json.at("allows_negative");
  i.name = json.at("name");
  return i;
}

Adjustment adjustment(const Json& json) {
  Adjustment a;
  a.effective_at = timestamp(json.at("effective_at"));
  a.kind = parse_enum<AdjustmentKind>(json.at("adjustment").get<std::string>()).value_or(AdjustmentKind{});
  a.symbol.text = json.value("symbol", "");
  a.ratio = json.value("ratio", "");
  a.new_symbol.text = json.value("new_symbol", "");
  a.client_id.text = json.value("client_id", "");
  if (json.value("quantity", "") != "") a.quantity = decimal<Quantity>(json.at("quantity"));
  a.reason = json.value("reason", "");
  return a;
}

Json ratio(std::optional<std::int64_t> e4) {
  return e4 ? Json(format_rounded(*e4, kEdgePlaces, kEdgePlaces)) : Json();
}

Json event_json(const AlertEvent& event) {
  Json contributors = Json::array();
  for (const auto& part : event.contributors) contributors.push_back({part.id, part.value.to_string()});
  Json anomaly;
  if (event.anomaly) {
    anomaly = {{"notional", event.anomaly->notional.to_string()},
               {"mean", event.anomaly->mean.to_string()},
               {"standard_deviation", event.anomaly->standard_deviation.to_string()},
               {"sample_count", event.anomaly->sample_count}};
  }
  return {{"kind", "event"},
          {"alert_id", event.alert_id},
          {"event", to_string(event.type)},
          {"alert_type", to_string(event.alert_type)},
          {"severity", to_string(event.severity)},
          {"entity_type", to_string(event.entity_type)},
          {"entity_id", event.entity_id},
          {"measure", event.measure ? Json(to_string(*event.measure)) : Json()},
          {"value", event.value.to_string()},
          {"limit", event.limit.to_string()},
          {"peak", event.peak.to_string()},
          {"utilisation", ratio(event.utilisation_e4)},
          {"window_seconds", event.window_seconds != 0 ? Json(event.window_seconds) : Json()},
          {"config_version", event.config_version},
          {"at", format_timestamp(event.at)},
          {"transaction_id", event.transaction_id ? Json(*event.transaction_id) : Json()},
          {"contributors", contributors},
          {"anomaly", anomaly}};
}

Json row_json(const char* kind, const char* id_name, const ExposureRow& row) {
  Json json = {{"kind", kind}};
  if (id_name != nullptr) json[id_name] = row.id;
  const Exposure& exposure = row.exposure;
  json["gross"] = exposure.gross().to_string();
  json["net"] = exposure.net().to_string();
  json["long"] = exposure.long_value.to_string();
  json["short"] = exposure.short_value.to_string();
  json["turnover"] = exposure.turnover.to_string();
  json["pnl"] = row.pnl.to_string();
  json["total_exposure"] = row.total_exposure.to_string();
  json["position_count"] = row.position_count;
  json["transaction_count"] = row.transaction_count;
  json["utilisation"] = ratio(row.utilisation_e4);
  json["risk_level"] = to_string(row.risk_level);
  if (row.mark) json["mark"] = row.mark->to_string();
  return json;
}

class Driver {
 public:
  struct Options {
    std::size_t batch = 1, snapshot_every = 0, keep_from = 0, hash_every = 0;
  };

  // What a reversal may take back, by transaction id.
  using Originals = std::map<std::string, Original, std::less<>>;

  explicit Driver(const Options& options) : options_(options) {
    if (options.keep_from == 0) return;
    tuning_.valued_from = tuning_.top_holders_from = tuning_.leapt_to = static_cast<std::uint32_t>(options.keep_from);
  }

  void take(Json line) {
    const auto kind = line.at("kind").get<std::string>();
    if (kind == "transaction") {
      waiting_.emplace_back(input_++, transaction(line));
      if (waiting_.size() >= options_.batch) apply_waiting();
      return;
    }
    apply_waiting();
    if (kind == "stream") {
      core_.reset();
      originals_.clear();
      input_ = rejected_ = 0;
      print(line);
      return;
    }
    if (kind == "end") return print_state();
    const std::size_t input = input_++;
    events_.clear();
    if (core_) core_->number_next(input + 1);
    if (kind == "rules") {
      core_ ? core_->set_rules(rule_set(line)) : void(core_.emplace(rule_set(line), HashKey{11, 22}, tuning_));
    } else if (kind == "tick") {
      core_->tick(timestamp(line.at("time")), events_);
    } else if (kind == "price" || kind == "rate") {
      const auto changed =
          kind == "price" ? core_->apply(market_price(line), events_) : core_->apply(exchange_rate(line), events_);
      if (!changed) print_rejected(input, changed.error());
    } else if (kind == "instrument") {
      if (const auto changed = core_->apply(instrument(line)); !changed) print_rejected(input, changed.error());
    } else if (kind == "held_price") {
      const auto changed = core_->apply(held_price_decision(line), events_);
      if (!changed) print_rejected(input, changed.error());
    } else if (kind == "adjustment") {
      if (const auto rejection = core_->apply(adjustment(line), events_)) print_rejected(input, *rejection);
    } else if (kind == "counted") {
      const Transaction counted = transaction(line);
      const auto applied = core_->count(counted, events_);
      if (!applied) print_rejected(input, applied.error());
      if (applied) note_applied(counted, input + 1, {}, applied->price);
    } else if (kind == "reversal") {
      reverse(line, input);
    } else if (kind == "position") {
      if (const auto rejection = core_->apply(opening_position(line))) print_rejected(input, *rejection);
    } else {
      throw std::runtime_error("kind \"" + kind + "\"");
    }
    print_events();
  }

 private:
  void reverse(const Json& line, std::size_t input) {
    const auto original = originals_.find(line.at("original").get<std::string>());
    if (original == originals_.end()) return;
    const Transaction reversal = transaction(line);
    const auto applied = core_->apply(reversal, original->second, events_);
    if (!applied) return print_rejected(input, applied.error());
    Original corrected = original->second;
    originals_.erase(original);
    if (reversal.kind == ExecutionKind::kBust) return;
    corrected.input = input + 1;
    corrected.executed_at = reversal.executed_at;
    corrected.quantity = reversal.signed_quantity();
    corrected.unit_value = applied->price;
    originals_[reversal.transaction_id] = corrected;
  }

  void note_applied(const Transaction& execution, std::uint64_t number, Quantity quantity, Price unit_value) {
    originals_[execution.transaction_id] = {
        number, number, execution.executed_at, quantity, unit_value, execution.symbol.text, execution.executed_at};
  }

  void apply_waiting() {
    std::vector<Transaction> batch;
    for (auto& [input, waiting] : waiting_) batch.push_back(std::move(waiting));
    if (core_) core_->expect(batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      events_.clear();
      const std::uint64_t number = waiting_[i].first + 1;
      core_->number_next(number);
      const auto applied = core_->apply(batch[i], events_);
      print_events();
      if (!applied) print_rejected(waiting_[i].first, applied.error());
      if (applied) note_applied(batch[i], number, batch[i].signed_quantity(), applied->price);
      ++applied_;
      if (options_.snapshot_every != 0 && applied_ % options_.snapshot_every == 0) restart();
      if (options_.hash_every != 0 && applied_ % options_.hash_every == 0) print_hash();
    }
    if (core_) core_->expect({});
    waiting_.clear();
  }

  void restart() {
    verify();
    auto loaded = load(save(*core_), HashKey{33, 44}, tuning_);
    if (!loaded) throw std::runtime_error(loaded.error().reason);
    core_ = std::move(loaded).value();
    verify();
  }

  void verify() const {
    if (const auto what = broken(*core_); !what.empty()) throw std::runtime_error("the core is broken:\n" + what);
  }

  void print_events() {
    for (const auto& event : events_) print(event_json(event));
  }
  void print_rejected(std::size_t input, const Rejection& rejection) {
    ++rejected_;
    print({{"kind", "rejected"}, {"input", input}, {"field", rejection.field}});
  }
  void print_state() const {
    verify();
    for (const auto& row : core_->client_rows()) print(row_json("client", "client_id", row));
    for (const auto& row : core_->symbol_rows()) print(row_json("symbol", "symbol", row));
    print(row_json("firm", nullptr, core_->firm_row()));
    for (const auto& row : core_->position_rows()) {
      print({{"kind", "position"},
             {"client_id", row.client_id.text},
             {"symbol", row.symbol.text},
             {"quantity", row.quantity.to_string()}});
    }
    const Counters counters = core_->counters();
    if (options_.hash_every != 0) print_hash();
    print({{"kind", "summary"},
           {"transactions", counters.transactions},
           {"late", counters.late},
           {"rejected", rejected_}});
  }
  void print_hash() const { print({{"kind", "hash"}, {"hash", core_->state_hash()}}); }
  static void print(const Json& json) { std::cout << json.dump() << '\n'; }

  Options options_;
  Tuning tuning_;
  std::optional<Core> core_;
  std::vector<std::pair<std::size_t, Transaction>> waiting_;
  std::vector<AlertEvent> events_;
  Originals originals_;
  std::size_t input_ = 0, rejected_ = 0, applied_ = 0;
};

int run(int argc, char** argv) {
  Driver::Options options;
  const std::map<std::string_view, std::size_t*> known = {{"--batch", &options.batch},
                                                          {"--snapshot-every", &options.snapshot_every},
                                                          {"--keep-from", &options.keep_from},
                                                          {"--hash-every", &options.hash_every}};
  for (int i = 1; i < argc; i += 2) {
    const auto option = known.find(argv[i]);
    if (option == known.end() || i + 1 == argc) {
      std::cerr << "core_driver: " << argv[i] << " is not an option with a number\n";
      return 2;
    }
    std::from_chars(argv[i + 1], argv[i + 1] + std::strlen(argv[i + 1]), *option->second);
  }
  std::ios::sync_with_stdio(false);
  Driver driver(options);
  std::size_t number = 0;
  try {
    for (std::string line; std::getline(std::cin, line);) {
      ++number;
      driver.take(Json::parse(line));
    }
  } catch (const std::exception& error) {
    std::cout.flush();
    std::cerr << "core_driver: line " << number << ": " << error.what() << '\n';
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace risk::engine

int main(int argc, char** argv) {
  return risk::engine::run(argc, argv);
}
