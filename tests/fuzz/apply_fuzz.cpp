// The core under arbitrary inputs: nothing breaks, what is rejected changes nothing, totals stay the sums of their
// parts, and a second core that gets the same in batches, and is saved and loaded on the way, does the same.
#include <cstdio>
#include <utility>
#include <vector>

#include "input.hpp"
#include "risk/base/check.hpp"
#include "risk/engine/core.hpp"
#include "support/snapshots.hpp"

namespace {

using namespace risk;
using namespace risk::engine;
using fuzz::Input;

std::int64_t units(Input& input) {
  switch (input.below(4)) {
    case 0:
      return input.take<std::int64_t>();
    case 1:
      return std::int64_t{input.take<std::uint16_t>()} * kDecimalScale;
    case 2:
      return input.take<std::uint8_t>();
    default:
      return std::int64_t{input.take<std::uint8_t>()} * kDecimalScale / 4;
  }
}

std::string id(Input& input, const char* prefix) {
  const auto pick = input.take<std::uint8_t>();
  return pick < 8 ? input.text(60) : prefix + std::to_string(pick % 12);
}

std::string currency(Input& input) {
  switch (input.below(20)) {
    case 0:
    case 1:
      return "EUR";
    case 2:
      return "GBX";
    case 3:
      return input.text(8);
    default:
      return "";
  }
}

Timestamp time(Input& input, std::int64_t& nanos) {
  switch (input.below(8)) {
    case 0:
      return {input.take<std::int64_t>()};
    case 1:
      nanos += std::int64_t{input.take<std::uint16_t>()} * kNanosPerSecond;
      break;
    case 2:
      return {nanos - std::int64_t{input.take<std::uint8_t>()} * kNanosPerSecond};
    default:
      nanos += input.take<std::uint16_t>() * (input.below(2) == 0 ? 16 : 16 * kNanosPerMicro);
  }
  return {nanos};
}

Transaction transaction(Input& input, std::int64_t& nanos) {
  Transaction t;
  t.transaction_id = input.below(50) == 0 ? input.text(60) : "T";
  t.executed_at = time(input, nanos);
  t.client_id.text = id(input, "C");
  t.symbol.text = id(input, "S");
  t.side = static_cast<Side>(input.below(20) == 0 ? input.take<std::uint8_t>() : 1 + input.below(2));
  t.quantity = Quantity::from_units(units(input));
  t.price = Price::from_units(units(input));
  t.currency = currency(input);
  if (input.below(4) == 0) t.order_id = id(input, "O");
  return t;
}

Adjustment adjustment(Input& input, std::int64_t& nanos) {
  Adjustment a;
  a.effective_at = time(input, nanos);
  a.kind = static_cast<AdjustmentKind>(1 + input.below(3));
  a.symbol.text = id(input, "S");
  if (a.kind == AdjustmentKind::kSplit) {
    a.ratio =
        std::to_string(1 + input.below(6)) + ":" + std::to_string(1 + input.below(input.below(4) == 0 ? 1'000'000 : 6));
  }
  if (a.kind == AdjustmentKind::kRename) a.new_symbol.text = id(input, "S");
  if (a.kind == AdjustmentKind::kSetPosition) {
    a.client_id.text = id(input, "C");
    a.quantity = Quantity::from_units(units(input));
  }
  return a;
}

RuleSet rules(Input& input) {
  RuleSet rules;
  rules.config_version = input.take<std::uint8_t>();
  rules.rates["EUR"] = Rate::from_units(std::max<std::int64_t>(1, input.take<std::uint32_t>()));
  if (input.below(8) == 0) rules.rates["GBX"] = Rate::from_units(std::max<std::int64_t>(1, std::abs(units(input) / 2)));
  rules.session_start.time_of_day_seconds = input.below(60'000);
  for (ExposureRule& rule : rules.exposure_rules) {
    rule.enabled = input.below(8) != 0;
    rule.measure = static_cast<Measure>(1 + input.below(5));
    rule.limit.reset();
    if (input.below(8) != 0) rule.limit = Money::from_units(std::max<std::int64_t>(1, std::abs(units(input) / 2)));
    if (input.below(4) == 0) rule.worsened_ratio = Ratio::from_units(kDecimalScale + 1 + input.take<std::uint32_t>());
  }
  for (VelocityRule& rule : rules.velocity_rules) {
    rule.enabled = input.below(8) != 0;
    rule.limit = 1 + input.below(20);
    rule.window_seconds = input.below(2) == 0 ? 60 : 1 + input.below(3'600);
    if (input.below(3) == 0) rule.order_window_ms = input.below(5'000);
  }
  for (AnomalyRule& rule : rules.anomaly_rules) {
    rule.enabled = input.below(8) != 0;
    rule.window = 2 + input.below(40);
    rule.samples_min = 2 + input.below(rule.window - 1);
    rule.threshold = Ratio::from_units(std::int64_t{1} + input.take<std::uint32_t>());
    rule.high_threshold = std::max(rule.threshold, rule.high_threshold);
    rule.quiet_seconds = input.below(600);
  }
  RISK_CHECK(problems(rules).empty());
  return rules;
}

void check_totals(const Core& core) {
  const ExposureRow firm = core.firm_row();
  for (const auto& rows : {core.client_rows(), core.symbol_rows()}) {
    Int128 long_value = 0, short_value = 0, turnover = 0, inverted = 0;
    std::uint64_t positions = 0;
    for (const auto& row : rows) {
      long_value += row.exposure.long_value.units();
      short_value += row.exposure.short_value.units();
      turnover += row.exposure.turnover.units();
      inverted += row.exposure.inverted.units();
      positions += row.position_count;
    }
    RISK_CHECK(long_value == firm.exposure.long_value.units());
    RISK_CHECK(short_value == firm.exposure.short_value.units());
    RISK_CHECK(turnover == firm.exposure.turnover.units());
    RISK_CHECK(inverted == firm.exposure.inverted.units());
    RISK_CHECK(positions == firm.position_count);
  }
}

void check_sound(const Core& core) {
  for (const std::string& finding : core.verify()) std::fprintf(stderr, "%s\n", finding.c_str());
  RISK_CHECK(core.verify().empty());
}

constexpr Tuning kSmall{2, 2, 2};  // so that small books reach what only large ones do

bool same_outcome(const Result<bool, Rejection>& a, const Result<bool, Rejection>& b) {
  return a.ok() == b.ok() && (a ? *a == *b : a.error() == b.error());
}
bool same_outcome(const Result<Applied, Rejection>& a, const Result<Applied, Rejection>& b) {
  return a.ok() == b.ok() && (a ? a->price == b->price && a->late == b->late : a.error() == b.error());
}

// Runs of transactions, given to `core` one by one and to `other` as announced batches.
class Twins {
 public:
  Twins(RuleSet rules, const Bounds& bounds) : core_(rules), other_(std::move(rules), {3, 4}, kSmall), bounds_(bounds) {
    core_.set_bounds(bounds);
    other_.set_bounds(bounds);
  }

  void apply(const Transaction& transaction) {
    core_.number_next(++input_);
    const std::string before = input_ % 64 == 0 ? core_.state_hash() : "";
    const auto result = core_.apply(transaction, events_);
    if (!result && !before.empty()) RISK_CHECK(core_.state_hash() == before);
    if (result) note(transaction, transaction.signed_quantity(), result->price);
    batch_.push_back({transaction, input_});
    if (batch_.size() == 7) flush();
  }
  // One that comes after its bust or correction.
  void count(const Transaction& transaction) {
    begin_input();
    const auto result = core_.count(transaction, events_);
    RISK_CHECK(same_outcome(result, other_.count(transaction, other_events_)));
    if (result) note(transaction, Quantity{}, result->price);
  }
  // Takes one of those that were applied back, or corrects it by the figures of `made`.
  void reverse(std::size_t pick, ExecutionKind kind, Transaction made) {
    if (applied_.empty()) return;
    begin_input();
    std::swap(applied_[pick % applied_.size()], applied_.back());
    const auto [transaction, original] = applied_.back();
    made.transaction_id = "R";
    made.client_id = transaction.client_id;
    made.symbol = transaction.symbol;
    made.kind = kind;
    made.ref_transaction_id = transaction.transaction_id;
    const std::string before = core_.state_hash();
    const auto result = core_.apply(made, original, events_);
    RISK_CHECK(same_outcome(result, other_.apply(made, original, other_events_)));
    if (!result) {
      RISK_CHECK(core_.state_hash() == before);
      return;
    }
    applied_.pop_back();
    if (kind == ExecutionKind::kBust) return;
    Original corrected = original;
    corrected.input = input_;
    corrected.executed_at = made.executed_at;
    corrected.quantity = made.signed_quantity();
    corrected.unit_value = result->price;
    applied_.push_back({made, corrected});
  }
  void apply(const OpeningPosition& position) {
    begin_input();
    RISK_CHECK(core_.apply(position) == other_.apply(position));
  }
  void apply(const Instrument& instrument) {
    begin_input();
    RISK_CHECK(same_outcome(core_.apply(instrument), other_.apply(instrument)));
  }
  void apply(const Adjustment& adjustment) {
    begin_input();
    const std::string before = core_.state_hash();
    const auto rejection = core_.apply(adjustment, events_);
    RISK_CHECK(other_.apply(adjustment, other_events_) == rejection);
    if (rejection) RISK_CHECK(core_.state_hash() == before);
  }
  void apply_market(const auto& input) {
    begin_input();
    const std::string before = core_.state_hash();
    const auto changed = core_.apply(input, events_);
    RISK_CHECK(same_outcome(other_.apply(input, other_events_), changed));
    if (!changed || !*changed) RISK_CHECK(core_.state_hash() == before);
  }
  void tick(Timestamp time) {
    begin_input();
    core_.tick(time, events_);
    other_.tick(time, other_events_);
  }
  void set_rules(const RuleSet& rules) {
    begin_input();
    core_.set_rules(rules);
    other_.set_rules(rules);
  }
  void reload() {
    flush();
    auto loaded = load(save(other_), {5, 6}, kSmall);
    RISK_CHECK(loaded.ok());
    check_sound(*loaded);
    other_ = std::move(loaded).value();
    other_.set_bounds(bounds_);
  }
  void take_changes() {
    flush();
    (void)core_.take_changes(Core::Scope::kMarked);
  }

  void check() {
    flush();
    RISK_CHECK(events_ == other_events_);
    RISK_CHECK(core_.state_hash() == other_.state_hash());
    check_totals(core_);
    check_sound(core_);
    check_sound(other_);
    for (const auto& event : events_) RISK_CHECK(!alert_message(event, "USD").empty());
  }

 private:
  struct Numbered {
    Transaction transaction;
    std::uint64_t input;
  };
  struct Known {
    Transaction transaction;
    Original original;
  };

  void flush() {
    std::vector<const Transaction*> next;
    for (const auto& each : batch_) next.push_back(&each.transaction);
    other_.expect_at(next);
    for (const auto& [transaction, input] : batch_) {
      other_.number_next(input);
      (void)other_.apply(transaction, other_events_);
    }
    other_.expect({});
    batch_.clear();
  }
  void begin_input() {
    flush();
    ++input_;
    core_.number_next(input_);
    other_.number_next(input_);
  }
  void note(const Transaction& transaction, Quantity moved, Price unit_value) {
    applied_.push_back({transaction,
                        {input_, input_, transaction.executed_at, moved, unit_value, transaction.symbol.text,
                         transaction.executed_at}});
  }

  Core core_, other_;
  Bounds bounds_;
  std::vector<AlertEvent> events_, other_events_;
  std::vector<Numbered> batch_;
  std::vector<Known> applied_;  // and not taken back
  std::uint64_t input_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  std::int64_t nanos = 1'726'790'400 * kNanosPerSecond;
  RuleSet first = rules(input);
  Twins twins(std::move(first), {10, 10, 60});
  while (!input.empty()) {
    switch (input.below(64)) {
      case 0:
        twins.set_rules(rules(input));
        break;
      case 1:
      case 2: {
        const Timestamp at = time(input, nanos);
        if (kTimestampMin <= at && at <= kTimestampMax) twins.tick(at);
        break;
      }
      case 3:
        twins.apply(OpeningPosition{ClientId(id(input, "C")), Symbol(id(input, "S")),
                                    Quantity::from_units(units(input)), Price::from_units(units(input)), ""});
        break;
      case 6:
      case 7: {
        const Symbol symbol(id(input, "S"));
        const Price price = Price::from_units(units(input));
        twins.apply_market(MarketPrice{symbol, price, currency(input), time(input, nanos)});
        break;
      }
      case 9: {
        Instrument instrument;
        instrument.symbol.text = id(input, "S");
        instrument.multiplier = Multiplier::from_units(units(input));
        instrument.currency = currency(input);
        instrument.contract = static_cast<Contract>(input.below(8) == 0 ? 2 : 1);
        if (input.below(2) == 0) instrument.expires_at = time(input, nanos);
        instrument.allows_negative = input.below(2) == 0;
        twins.apply(instrument);
        break;
      }
      case 14:
      case 15:
        twins.apply(adjustment(input, nanos));
        break;
      case 8: {
        const Rate rate = Rate::from_units(units(input));
        twins.apply_market(ExchangeRate{currency(input), rate, time(input, nanos)});
        break;
      }
      case 4:
        twins.reload();
        break;
      case 5:
        twins.take_changes();
        break;
      case 10:
        twins.count(transaction(input, nanos));
        break;
      case 11:
      case 12:
      case 13: {
        const auto pick = input.take<std::uint8_t>();
        const auto kind = input.below(2) == 0 ? ExecutionKind::kBust : ExecutionKind::kCorrection;
        twins.reverse(pick, kind, transaction(input, nanos));
        break;
      }
      default:
        twins.apply(transaction(input, nanos));
    }
  }
  twins.check();
  return 0;
}
