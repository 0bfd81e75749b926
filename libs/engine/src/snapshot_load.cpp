// Reads a snapshot.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "core_impl.hpp"
#include "snapshot_fields.hpp"
#include "snapshot_history.hpp"
#include "snapshot_marks.hpp"
#include "snapshot_orders.hpp"
#include "snapshot_rules.hpp"
#include "snapshot_stream.hpp"

namespace risk::engine {

using namespace snapshot;

// Reads it back into a core that is new. Trusts nothing: what it accepts, the core can go on from.
class SnapshotLoader {
 public:
  SnapshotLoader(SnapshotReader& in, HashKey key, const Tuning& tuning) : in_(in), key_(key), tuning_(tuning) {}

  std::unique_ptr<Core::Impl> load() {
    if (in_.raw(kMagic.size()) != kMagic) in_.refuse("the beginning", "is not that of a snapshot");
    version_ = in_.number<std::uint32_t>("version");
    if (version_ > kVersion) {
      in_.refuse("version",
                 std::to_string(version_) + " is newer than " + std::to_string(kVersion) + ", the last that is known");
    }
    if (version_ < kOldestVersion) in_.refuse("version", std::to_string(version_) + " is not known");
    in_.set_version(version_);
    LoadedMarket market;
    RuleSet rules = read_rules(in_, later_, market);
    if (const auto found = problems(rules); !found.empty()) in_.refuse("rules", "are not valid: " + found.front());
    core_ = std::make_unique<Core::Impl>(std::move(rules), key_, tuning_);
    for (const auto& [symbol, terms] : market.instruments) core_->instruments.set(symbol, terms);
    for (const auto& [currency, rate] : market.rates) {
      if (core_->rates.find(currency) == core_->rates.base()) in_.refuse("rate", "is of the base currency");
      core_->rates.set(currency, rate);
    }
    core_->positions.begin_pnl();
    load_time();
    Counters& counters = core_->counters;
    for (auto* count : {&counters.transactions, &counters.late, &counters.opening_positions, &counters.sweeps,
                        &counters.alerts_opened}) {
      *count = in_.number("counter", kCountMax);
    }
    core_->positions.set_bounds(Bounds::none());
    load_symbols();
    load_clients();
    load_held_prices();
    core_->positions.set_bounds({});
    load_states(core_->positions.firm.rules, EntityType::kFirm,
                [&, take_basis = basis_of(core_->positions.firm.basis)](std::uint32_t field, const auto& value) {
                  return take_basis(field, value) || load_session_from(field, value) || load_history(field, value);
                });
    note_history();
    const auto basis = static_cast<Uint128>(core_->positions.firm.basis);
    if (client_bases_ != basis || symbol_bases_ != basis) {
      in_.refuse("bases", "of clients, symbols and the firm differ in sum");
    }
    if (in_.number("the end") != 0) in_.refuse("the end", "is not where it should be");
    in_.finish();
    core_->evaluator.restore(counters.alerts_opened);
    core_->positions.take_changed(Core::kAllMarked);
    core_->positions.clients.in_order();
    core_->positions.symbols.in_order();
    return std::move(core_);
  }

  std::uint32_t version() const { return version_; }

 private:
  void load_time() {
    const auto flags = in_.number<std::uint8_t>("time flags", 3);
    if (flags == 0) return;
    if (flags != 3) in_.refuse("time flags", "are neither of a core that has seen time nor of one that has not");
    core_->now = in_.timestamp("now");
    const auto second =
        in_.signed_number("swept second", kOldMicrosMin / kMicrosPerSecond, kOldMicrosMax / kMicrosPerSecond);
    core_->swept_second = std::clamp(second, kTimestampMin.seconds(), kTimestampMax.seconds());
    if (*core_->swept_second != core_->now->seconds()) in_.refuse("swept second", "is not that of now");
  }

  std::string load_id(const char* what, const std::string& before) {
    std::string id = in_.text(what, kIdBytesMax);
    if (const auto problem = id_problem(id)) in_.refuse(what, std::string("is ") + std::string(*problem));
    if (id <= before) in_.refuse(what, "is not in order");
    return id;
  }

  void load_traded(auto& entity, Int128& turnover_sum, std::uint64_t& transactions_sum) {
    entity.touched = in_.timestamp("last change");
    entity.turnover = Notional::from_units(in_.number<Int128>("turnover", kNotionalMax));
    if (__builtin_add_overflow(turnover_sum, entity.turnover.units(), &turnover_sum)) {
      in_.refuse("turnover", "is out of range in sum");
    }
    entity.transactions = in_.number("transactions", kCountMax);
    transactions_sum += entity.transactions;
    if (transactions_sum > core_->counters.transactions) in_.refuse("transactions", "are more than there were");
  }

  void load_symbols() {
    Int128 turnover = 0;
    std::uint64_t transactions = 0;
    std::string id;
    for (auto left = in_.number<std::uint32_t>("symbol count"); left > 0; --left) {
      id = load_id("symbol", id);
      const auto price = Price::from_units(in_.number<std::int64_t>("mark"));
      const SymbolIndex index = core_->add_symbol({id, core_->positions.symbols.hash(id), kNone}, price);
      SymbolState& symbol = core_->positions.symbols[index];
      symbol.mark = {price, {}, core_->rates.base()};
      if (version_ >= 3) symbol.mark.at = {in_.signed_number("time of the mark", kOldest.nanos, kTimestampMax.nanos)};
      const Timestamp mark_moved = in_.timestamp("move of the mark");
      load_traded(symbol, turnover, transactions);
      const Timestamp touched = symbol.touched;
      load_states(symbol.rules, EntityType::kSymbol, [&](std::uint32_t field, const SnapshotReader::LaterValue& value) {
        if (field == kSymbolBasisField) return load_basis(symbol.basis, value);
        if (field == kRememberedMarksField && value.is_text) {
          check_remembers();
          core_->remembered[index] = read_remembered_marks(in_, value.text, symbol.mark, core_->rates);
          return true;
        }
        if (field == kHeldPriceField && value.is_text) {
          check_remembers();
          held_texts_.emplace_back(index, value.text);
          return true;
        }
        return load_mark_field(symbol.mark, field, value);
      });
      symbol_bases_ += static_cast<Uint128>(symbol.basis);
      load_unit_value(index);
      symbol.mark_moved = mark_moved;
      symbol.touched = touched;
    }
    core_->positions.firm.turnover = Notional::from_units(turnover);
    symbol_transactions_ = transactions;
  }

  void load_clients() {
    Int128 turnover = 0;
    std::uint64_t transactions = 0;
    std::string id;
    for (auto left = in_.number<std::uint32_t>("client count"); left > 0; --left) {
      id = load_id("client", id);
      ClientState loaded;
      load_traded(loaded, turnover, transactions);
      const ClientIndex index = load_positions(id);
      ClientState& client = core_->positions.clients[index];
      client.touched = loaded.touched;
      client.turnover = loaded.turnover;
      client.transactions = loaded.transactions;
      load_states(client.rules, EntityType::kClient,
                  [&, take_basis = basis_of(client.basis)](std::uint32_t field, const auto& value) {
                    if (field != kOrderField || !value.is_text) return take_basis(field, value);
                    Positions& positions = core_->positions;
                    read_order(in_, value.text, positions.orders, client.order, positions.symbols.size(), core_->now);
                    return true;
                  });
      client_bases_ += static_cast<Uint128>(client.basis);
    }
    if (turnover != core_->positions.firm.turnover.units() || transactions != symbol_transactions_ ||
        transactions != core_->counters.transactions) {
      in_.refuse("turnover and transactions", "of clients and symbols differ in sum");
    }
    if (transactions != 0 && !core_->now) in_.refuse("transactions", "were made before there was time");
  }

  void load_held_prices() {
    for (const auto& [symbol, text] : held_texts_) {
      core_->set_held(symbol, read_held_price(in_, text, symbol, core_->positions, core_->rates));
    }
  }

  ClientIndex load_positions(const std::string& id) {
    const auto count = in_.number<std::uint32_t>("position count");
    if (count == 0) in_.refuse("client", "has no position");
    std::optional<std::uint32_t> before;
    ClientIndex client = kNone;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto symbol = in_.number<std::uint32_t>("symbol of a position");
      if (symbol >= core_->positions.symbols.size() || (before && symbol <= *before)) {
        in_.refuse("symbol of a position", "is unknown or not in order");
      }
      before = symbol;
      const auto quantity = Quantity::from_units(in_.signed_number("quantity", -INT64_MAX));
      const auto place = core_->restore_position(id, symbol, quantity);
      if (!place) in_.refuse("quantity", "takes an exposure out of range");
      client = *place;
    }
    return client;
  }

  SnapshotReader::TakeLater basis_of(Int128& basis) {
    return [this, &basis](std::uint32_t field, const SnapshotReader::LaterValue& value) {
      return field == kBasisField && load_basis(basis, value);
    };
  }
  bool load_basis(Int128& basis, const SnapshotReader::LaterValue& value) {
    if (value.is_text) return false;
    if (!core_->evaluator.rules().has_pnl()) in_.refuse("basis", "is of rules that keep none");
    core_->positions.restore_basis(basis, unfolded(value.number));
    return true;
  }

  void check_remembers() {
    if (!core_->evaluator.rules().knows_reversals()) in_.refuse("what reversals need", "is of rules that know none");
  }
  bool load_session_from(std::uint32_t field, const SnapshotReader::LaterValue& value) {
    if (field != kSessionFromField || value.is_text) return false;
    check_remembers();
    if (value.number > kCountMax) in_.refuse("beginning of the session", "is out of range");
    core_->session_from = static_cast<std::uint64_t>(value.number);
    return true;
  }

  bool load_history(std::uint32_t field, const SnapshotReader::LaterValue& value) {
    if (!value.is_text || (field != kSplitsField && field != kRenamesField)) return false;
    if (field == kSplitsField) read_splits(in_, value.text, core_->history.splits);
    if (field == kRenamesField) read_renames(in_, value.text, core_->history.renames);
    return true;
  }
  void note_history() {
    auto& symbols = core_->positions.symbols;
    for (SymbolIndex index = 0; index < symbols.size(); ++index) {
      SymbolState& symbol = symbols[index];
      symbol.has_history = core_->history.knows(symbol.id.view());
      if (core_->history.renames.in_force(symbol.id.view()) == nullptr) continue;
      const bool is_empty = symbol.positions == 0 && symbol.mark.price == Price{} && symbol.terms == nullptr;
      if (!is_empty) in_.refuse("renames", "are of a symbol that is held, marked or known");
    }
  }

  bool load_mark_field(Mark& mark, std::uint32_t field, const SnapshotReader::LaterValue& value) {
    if (field == kMarkCurrencyField && value.is_text) {
      mark.currency = core_->rates.find(value.text);
      if (mark.currency == kNoCurrency || mark.currency == core_->rates.base()) {
        in_.refuse("currency of the mark", "has no rate");
      }
    } else if (field == kNegativeMarkField && !value.is_text) {
      if (value.number == 0 || value.number > INT64_MAX || mark.price.units() != 0)
        in_.refuse("mark", "is out of range");
      mark.price = Price::from_units(-static_cast<std::int64_t>(value.number));
    } else if (field == kMarkIsWorthField && !value.is_text) {
      if (value.number != 1 || mark.currency != core_->rates.base()) in_.refuse("mark", "is in a currency and in none");
      mark.currency = kNoCurrency;
    } else {
      return false;
    }
    return true;
  }

  // Nobody holds the symbol yet.
  void load_unit_value(SymbolIndex index) {
    const SymbolState& symbol = core_->positions.symbols[index];
    const auto unit_value = core_->rates.unit_value(symbol.mark.price, symbol.mark.currency, symbol.terms);
    if (!unit_value) in_.refuse("mark", "is worth more than there is room for");
    Positions::Revaluation revaluation;
    revaluation.add(index, *unit_value);
    core_->positions.take(revaluation, {});
  }

  // To the end of the record. `take_field` is given the fields that are no rule's.
  void load_states(RuleStates& states, EntityType type, const SnapshotReader::TakeLater& take_field = nullptr) {
    for_each_rule_of(core_->evaluator.rules(), type, [&]<class Rule>(const Rule& rule, std::size_t place) {
      if (is_of_version_1(rule)) KindOf<Rule>::load(in_, states.of<Rule>(place), rule, loading());
    });
    const RuleSet& rules = core_->evaluator.rules();
    in_.end_record([&](std::uint32_t field, const SnapshotReader::LaterValue& value) {
      if (field == kFurtherExecutionsField && value.is_text) {
        read_further_executions(in_, value.text, rules, later_, states, type, loading());
        return true;
      }
      if (field < kLaterRulesFrom) return take_field && take_field(field, value);
      if (field - kLaterRulesFrom >= later_.size() || !value.is_text) in_.refuse("state of a rule", "has no rule");
      const std::string& name = later_[field - kLaterRulesFrom];
      bool is_loaded = false;
      for_each_rule_of(core_->evaluator.rules(), type, [&]<class Rule>(const Rule& rule, std::size_t place) {
        if (rule.name != name) return;
        is_loaded = true;
        in_.read_inner("state of a rule", value.text, [&](SnapshotReader& inner) {
          KindOf<Rule>::load(inner, states.of<Rule>(place), rule, loading());
        });
      });
      if (!is_loaded && !name.empty()) in_.refuse("state of a rule", "is of a rule that does not watch the entity");
      return is_loaded;
    });
    check_further_executions(in_, rules, states, type);
  }

  Loading loading() { return {core_->now, core_->counters.alerts_opened, core_->positions.pool}; }

  SnapshotReader& in_;
  HashKey key_;
  Tuning tuning_;
  std::unique_ptr<Core::Impl> core_;
  std::vector<std::string> later_;                               // the rules in later fields, by field; "": not known
  std::vector<std::pair<SymbolIndex, std::string>> held_texts_;  // whose clients come after them
  std::uint64_t symbol_transactions_ = 0;
  Uint128 client_bases_ = 0, symbol_bases_ = 0;  // sums, which wrap
  std::uint32_t version_ = 0;
};

Result<Core> Core::load(const std::function<std::optional<std::string>()>& read, HashKey key, const Tuning& tuning,
                        SnapshotFormat* format) {
  SnapshotReader in(read);
  SnapshotLoader loader(in, key, tuning);
  const auto tell_format = [&] {
    if (format == nullptr) return;
    *format = {.version = loader.version(),
               .is_older = loader.version() < kVersion,
               .is_newer = loader.version() > kVersion,
               .unknown_fields = in.unknown_fields()};
  };
  try {
    Core core(loader.load());
    tell_format();
    return core;
  } catch (const BadSnapshot& bad) {
    if (loader.version() > kVersion) tell_format();
    return Error{bad.reason};
  }
}

}  // namespace risk::engine
