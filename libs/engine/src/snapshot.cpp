#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "core_impl.hpp"
#include "risk/base/encoding.hpp"
#include "snapshot_fields.hpp"
#include "snapshot_history.hpp"
#include "snapshot_marks.hpp"
#include "snapshot_orders.hpp"
#include "snapshot_rules.hpp"
#include "snapshot_stream.hpp"

namespace risk::engine {

using namespace snapshot;

// Writes a core's state in its canonical form.
class SnapshotSaver {
 public:
  SnapshotSaver(const Core::Impl& core, SnapshotWriter& out)
      : core_(core),
        out_(out),
        later_(later_rules(core.evaluator.rules(), [&]<class Rule>(const Rule& rule) { return has_states(rule); })) {}

  void save(std::uint32_t version) {
    out_.raw(kMagic);
    out_.number(version);
    write_rules(out_, core_.evaluator.rules(), later_, {core_.rates, core_.instruments});
    out_.number((core_.now ? 1 : 0) + (core_.swept_second ? 2 : 0));
    if (core_.now) out_.signed_number(core_.now->nanos);
    if (core_.swept_second) out_.signed_number(*core_.swept_second);
    const Counters& counters = core_.counters;
    for (const std::uint64_t count : {counters.transactions, counters.late, counters.opening_positions, counters.sweeps,
                                      core_.evaluator.alerts_opened()}) {
      out_.number(count);
    }
    save_symbols();
    save_clients();
    save_first_states(core_.positions.firm.rules, EntityType::kFirm);
    out_.later_number(kBasisField, folded(basis(core_.positions.firm_exposure(), core_.positions.firm.basis)), 0);
    out_.later_input_number(kSessionFromField, core_.session_from);
    out_.later_text(kSplitsField, splits_text(core_.history.splits, out_.input_numbers()));
    out_.later_text(kRenamesField, renames_text(core_.history.renames, out_.input_numbers()));
    save_later_states(core_.positions.firm.rules, EntityType::kFirm);
    out_.end_record();
    out_.number(0);
    out_.finish();
  }

 private:
  void save_symbols() {
    const auto& symbols = core_.positions.symbols;
    place_of_symbol_.resize(symbols.size());
    std::uint32_t place = 0;
    out_.number(symbols.size());
    for (const SymbolIndex index : symbols.in_order()) {
      place_of_symbol_[index] = place++;
      const SymbolState& symbol = symbols[index];
      out_.text(symbol.id.view());
      out_.number(static_cast<Uint128>(std::max<std::int64_t>(symbol.mark.price.units(), 0)));
      out_.signed_number(symbol.mark.at.nanos);
      out_.signed_number(symbol.mark_moved.nanos);
      save_traded(symbol);
      save_first_states(symbol.rules, EntityType::kSymbol);
      const Mark& mark = symbol.mark;
      if (mark.currency != core_.rates.base() && mark.currency != kNoCurrency) {
        out_.later_text(kMarkCurrencyField, core_.rates.name(mark.currency));
      }
      out_.later_number(kNegativeMarkField,
                        static_cast<Uint128>(-Int128{std::min<std::int64_t>(mark.price.units(), 0)}), 0);
      out_.later_number(kMarkIsWorthField, mark.currency == kNoCurrency ? 1 : 0, 0);
      out_.later_number(kSymbolBasisField, folded(basis(Positions::exposure_of(symbol), symbol.basis)), 0);
      out_.later_text(kRememberedMarksField,
                      remembered_marks_text(core_.remembered[index], core_.rates, out_.input_numbers()));
      if (symbol.holds_price) {
        out_.later_text(kHeldPriceField, held_price_text(index, core_.held_prices.at(index), core_.positions,
                                                         core_.rates, out_.input_numbers()));
      }
      save_further_executions(symbol.rules, EntityType::kSymbol);
      save_later_states(symbol.rules, EntityType::kSymbol);
      out_.end_record();
    }
  }

  void save_clients() {
    const auto& clients = core_.positions.clients;
    out_.number(clients.size());
    std::vector<std::pair<std::uint32_t, std::int64_t>> positions;
    for (const ClientIndex index : clients.in_order()) {
      const ClientState& client = clients[index];
      out_.text(client.id.view());
      save_traded(client);
      positions.clear();
      for (const Holding& holding : client.holdings) {
        if (holding.key != 0) positions.emplace_back(place_of_symbol_[holding.symbol()], holding.quantity_units);
      }
      std::sort(positions.begin(), positions.end());
      out_.number(positions.size());
      for (const auto& [symbol, quantity_units] : positions) {
        out_.number(symbol);
        out_.signed_number(quantity_units);
      }
      save_first_states(client.rules, EntityType::kClient);
      out_.later_number(kBasisField, folded(client_basis(client)), 0);
      out_.later_text(kOrderField, order_text(core_.positions.orders, client.order, place_of_symbol_));
      save_further_executions(client.rules, EntityType::kClient);
      save_later_states(client.rules, EntityType::kClient);
      out_.end_record();
    }
  }

  void save_traded(const auto& entity) {
    out_.signed_number(entity.touched.nanos);
    out_.number(static_cast<Uint128>(entity.turnover.units()));
    out_.number(entity.transactions);
  }

  Int128 basis(const Exposure& exposure, Int128 kept) const { return core_.positions.basis(exposure, kept); }
  // Of whom the exposure is a walk through all positions, which is rarely needed.
  Int128 client_basis(const ClientState& client) const {
    return core_.positions.is_in_step() ? basis(core_.positions.exposure_of(client), client.basis) : client.basis;
  }

  template <class Rule>
  bool has_states(const Rule& rule) const {
    const auto& list = core_.evaluator.rules().template of<Rule>();
    std::size_t place = 0;  // of its state
    for (auto other = list.begin(); other->name != rule.name; ++other) place += other->entity_type == rule.entity_type;
    const auto is_new = [&](const RuleStates& states) { return KindOf<Rule>::is_new(states.template of<Rule>(place)); };
    const auto has_any = [&](const auto& table) {
      for (std::uint32_t i = 0; i < table.size(); ++i) {
        if (!is_new(table[i].rules)) return true;
      }
      return false;
    };
    const Positions& positions = core_.positions;
    switch (rule.entity_type) {
      case EntityType::kClient:
        return has_any(positions.clients);
      case EntityType::kSymbol:
        return has_any(positions.symbols);
      case EntityType::kFirm:
        return !is_new(positions.firm.rules);
    }
    RISK_CHECK(!"an entity type");
  }

  // The states of the rules that watch an entity: those of version 1 in their order, the others in later fields, after
  // those that are no rule's.
  void save_first_states(const RuleStates& states, EntityType type) {
    for_each_rule_of(core_.evaluator.rules(), type, [&]<class Rule>(const Rule& rule, std::size_t place) {
      if (is_of_version_1(rule)) KindOf<Rule>::save(out_, states.of<Rule>(place), rule, core_.now);
    });
  }
  void save_further_executions(const RuleStates& states, EntityType type) {
    const RuleSet& rules = core_.evaluator.rules();
    out_.later_text(kFurtherExecutionsField, further_executions_text(rules, later_, states, type, core_.now));
  }
  void save_later_states(const RuleStates& states, EntityType type) {
    if (later_.empty()) return;
    for_each_rule_of(core_.evaluator.rules(), type, [&]<class Rule>(const Rule& rule, std::size_t place) {
      const auto later = std::find(later_.begin(), later_.end(), rule.name);
      if (later == later_.end() || KindOf<Rule>::is_new(states.of<Rule>(place))) return;
      const auto text_of = [&](const StateOf<Rule>& state) {
        return SnapshotWriter::text_of(
            [&](SnapshotWriter& inner) { KindOf<Rule>::save(inner, state, rule, core_.now); }, out_.input_numbers());
      };
      const std::string text = text_of(states.of<Rule>(place));
      // As one that is new: a window that nobody looked at lately may hold only what has left it.
      if (text == text_of({})) return;
      out_.later_text(kLaterRulesFrom + static_cast<std::uint32_t>(later - later_.begin()), text);
    });
  }

  const Core::Impl& core_;
  SnapshotWriter& out_;
  std::vector<std::string> later_;  // the rules in later fields
  std::vector<std::uint32_t> place_of_symbol_;
};

void Core::save(const std::function<void(std::string_view chunk)>& write) const {
  std::uint32_t number = 0;
  SnapshotWriter out([&](std::string_view payload) { write(make_chunk(number++, payload)); });
  SnapshotSaver(*impl_, out).save(kVersion);
}

std::string Core::state_hash() const {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash(XXH3_createState(), XXH3_freeState);
  XXH3_128bits_reset(hash.get());
  SnapshotWriter out([&](std::string_view payload) { XXH3_128bits_update(hash.get(), payload.data(), payload.size()); },
                     SnapshotWriter::EmptyEnd::kLeftOut, SnapshotWriter::InputNumbers::kLeftOut);
  SnapshotSaver(*impl_, out).save(kHashVersion);
  const XXH128_hash_t digest = XXH3_128bits_digest(hash.get());
  return to_hex(std::uint64_t{digest.high64}) + to_hex(std::uint64_t{digest.low64});
}

std::string kept_hash(std::string_view state_hash) {
  return std::string(kHashPrefix).append(state_hash);
}

bool is_comparable_hash(std::string_view kept) {
  return kept.starts_with(kHashPrefix);
}

}  // namespace risk::engine
