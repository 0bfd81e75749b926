// A desk that adjusts: splits, renames and positions that are set.
#pragma once

#include <string>
#include <utility>

#include "internals.hpp"
#include "reversal_desk.hpp"

namespace risk::engine {

struct AdjustmentDesk : ReversalDesk {
  explicit AdjustmentDesk(RuleSet rules = quiet_rules()) : ReversalDesk(std::move(rules)) {}

  static Adjustment splitted(double second, const char* symbol, const char* ratio) {
    return {.effective_at = at(second), .kind = AdjustmentKind::kSplit, .symbol = Symbol(symbol), .ratio = ratio};
  }
  static Adjustment renamed(double second, const char* symbol, const char* new_symbol) {
    return {.effective_at = at(second),
            .kind = AdjustmentKind::kRename,
            .symbol = Symbol(symbol),
            .new_symbol = Symbol(new_symbol)};
  }
  static Adjustment with_position(double second, const char* client, const char* symbol, const char* quantity) {
    return {.effective_at = at(second),
            .kind = AdjustmentKind::kSetPosition,
            .symbol = Symbol(symbol),
            .client_id = ClientId(client),
            .quantity = *Quantity::parse(quantity)};
  }
  Texts split(double second, const char* symbol, const char* ratio) { return adjust(splitted(second, symbol, ratio)); }
  Texts rename(double second, const char* symbol, const char* new_symbol) {
    return adjust(renamed(second, symbol, new_symbol));
  }
  Texts set_position(double second, const char* client, const char* symbol, const char* quantity) {
    return adjust(with_position(second, client, symbol, quantity));
  }
  Texts adjust(const Adjustment& adjustment) {
    begin_input();
    CHECK(core.apply(adjustment, events) == std::nullopt);
    verify();
    return texts();
  }
  // What cannot be applied changes nothing and tells nothing.
  Rejection refuse(const Adjustment& adjustment) {
    const auto before = save(core);
    const auto now = core.now();
    events.clear();
    core.number_next(input + 1);
    const auto rejection = core.apply(adjustment, events);
    REQUIRE(rejection);
    CHECK(save(core) == before);
    CHECK(core.now() == now);
    CHECK(events.empty());
    return *rejection;
  }

  // The prices of the marks that are remembered of a symbol, oldest first.
  std::string marks(const char* symbol) {
    auto& impl = Internals::impl(core);
    const RememberedMarks& marks = impl.remembered[Named::in(impl.positions.symbols, symbol).index];
    std::string text;
    for (std::size_t i = 0; i < marks.size(); ++i) {
      text += (i == 0 ? "" : " ") + marks.at(i).mark.price.to_string();
    }
    return text;
  }
  ExposureRow row(const std::string& client) const {
    for (auto& row : core.client_rows()) {
      if (row.id == client) return row;
    }
    return {};
  }
};

}  // namespace risk::engine
