#include "rule_evaluator.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "risk/engine/rule_table.hpp"

namespace risk::engine {
namespace {

constexpr std::size_t place_of(EntityType type) {
  return static_cast<std::size_t>(type) - static_cast<std::size_t>(kEntityTypes[0]);
}
static_assert(place_of(EntityType::kClient) == 0 && place_of(EntityType::kSymbol) == 1 &&
              place_of(EntityType::kFirm) == 2);

}  // namespace

RuleEvaluator::RuleEvaluator(RuleSet rules, Positions& positions) : positions_(positions) {
  set_rules(std::move(rules));
}

void RuleEvaluator::for_each_active(const auto& look) {
  const auto of_kind = [&](auto& list) {
    for (auto& active : list) look(active);
  };
  std::apply([&](auto&... lists) { (of_kind(lists), ...); }, active_);
}

void RuleEvaluator::for_each_subject(EntityType type, const auto& look) {
  switch (type) {
    case EntityType::kClient:
      for (ClientIndex index = 0; index < positions_.clients.size(); ++index) look(client(index));
      return;
    case EntityType::kSymbol:
      for (SymbolIndex index = 0; index < positions_.symbols.size(); ++index) look(symbol(index));
      return;
    case EntityType::kFirm:
      return look(firm());
  }
}

template <class Rule>
void RuleEvaluator::take_over() {
  const std::vector<ActiveRule<Rule>> before = std::exchange(active<Rule>(), {});
  std::map<EntityType, std::vector<const ActiveRule<Rule>*>> were;  // by place; null: the rule is new
  std::size_t found = 0;
  for (const Rule& rule : rules_.of<Rule>()) {
    auto& of_type = were[rule.entity_type];
    const auto was = std::find_if(before.begin(), before.end(), [&](const auto& active) {
      return active.rule->name == rule.name && active.rule->entity_type == rule.entity_type;
    });
    auto& active = this->active<Rule>().emplace_back(rule, of_type.size());
    of_type.push_back(was != before.end() ? &*was : nullptr);
    if (was == before.end()) continue;
    active.watched = was->watched;
    ++found;
  }
  RISK_CHECK(found == before.size());

  for (const auto& were_of_type : were) {
    const auto& of_type = were_of_type.second;
    for_each_subject(were_of_type.first, [&](const Subject& subject) {
      states_of(subject).arrange<Rule>(of_type.size(), [&](std::size_t place) {
        return of_type[place] != nullptr ? std::optional(of_type[place]->place) : std::nullopt;
      });
    });
  }
  for (auto& active : this->active<Rule>()) {
    const ActiveRule<Rule>* was = were[active.rule->entity_type][active.place];
    for_each_subject(active.rule->entity_type, [&](const Subject& subject) {
      auto& state = states_of(subject).template of<Rule>(active.place);
      KindOf<Rule>::fit(active.derived, *active.rule, state, subject.id);
      KindOf<Rule>::refit(active.derived, *active.rule, was != nullptr ? was->rule : nullptr, state, positions_.pool);
      // An exposure may be over its limit now without a transaction.
      if (std::is_same_v<Rule, ExposureRule>) active.watch(subject.type, subject.index);
    });
    active.watched.wake();
  }
}

void RuleEvaluator::set_rules(RuleSet rules) {
  RISK_CHECK(problems(rules).empty());
  // Kept until the end: the rules at work point into it.
  const RuleSet before = std::exchange(rules_, std::move(rules));
  for_each_kind([this]<class Rule>() { take_over<Rule>(); });
  take_over_orders();
  for (SymbolIndex index = 0; index < positions_.symbols.size(); ++index) guard(index);
}

void RuleEvaluator::guard(SymbolIndex index) {
  SymbolState& symbol = positions_.symbols[index];
  symbol.jump_limit = rules_.guards_marks() ? symbol.rules.of<PriceRule>(0).limit : Ratio{};
}

void RuleEvaluator::take_over_orders() {
  const std::uint32_t window_ms = order_window_ms(rules_);
  positions_.orders.set_window_ms(window_ms);
  if (window_ms != 0) return;
  for (ClientIndex index = 0; index < positions_.clients.size(); ++index) positions_.clients[index].order = {};
  positions_.orders.forget();
}

void RuleEvaluator::admit(const Subject& subject) {
  for_each_kind([&]<class Rule>() {
    std::size_t count = 0;
    for (const auto& active : active<Rule>()) count += active.rule->entity_type == subject.type ? 1 : 0;
    states_of(subject).arrange<Rule>(count, [](std::size_t) { return std::optional<std::size_t>(); });
    for (const auto& active : active<Rule>()) {
      if (active.rule->entity_type != subject.type) continue;
      KindOf<Rule>::fit(active.derived, *active.rule, states_of(subject).template of<Rule>(active.place), subject.id);
    }
  });
}

void RuleEvaluator::admit_client(ClientIndex index) {
  admit(client(index));
  note_client(index);
}

void RuleEvaluator::admit_symbol(SymbolIndex index) {
  admit(symbol(index));
  guard(index);
}

void RuleEvaluator::note_client(ClientIndex index) {
  const ClientState& client = positions_.clients[index];
  positions_.prefilter.note(index, client.bound, Positions::inverse_limit(client));
}

void RuleEvaluator::note_symbol(SymbolIndex index) {
  if (std::exchange(positions_.symbols[index].unevaluated, true)) return;
  for (auto& active : active<ExposureRule>()) {
    if (active.rule->entity_type == EntityType::kSymbol) active.watched.add(index);
  }
}

void RuleEvaluator::note_turnover_reset() {
  for (auto& active : active<ExposureRule>()) {
    if (active.rule->entity_type == EntityType::kSymbol) active.watched.wake();
  }
}

template <class Rule>
[[gnu::always_inline]] inline void RuleEvaluator::evaluate(ActiveRule<Rule>& active, const Subject& subject,
                                                           RuleStates& states, const Size& size,
                                                           const EvaluationParts& parts) {
  // Before the state is so much as looked for: it is far away.
  if constexpr (kIsRare<Rule>) {
    if (!KindOf<Rule>::concerns(parts)) [[likely]]
      return;
  }
  auto& state = states.of<Rule>(active.place);
  Evaluation<Rule> evaluation{*active.rule, active.derived, state, subject, parts};
  KindOf<Rule>::evaluate(evaluation, size);
  if (evaluation.is_to_be_watched) active.watch(subject.type, subject.index);
}

template <class Rule>
Due RuleEvaluator::sweep(ActiveRule<Rule>& active, const Subject& subject, const EvaluationParts& parts) {
  auto& state = states_of(subject).of<Rule>(active.place);
  Evaluation<Rule> evaluation{*active.rule, active.derived, state, subject, parts};
  const Due due = KindOf<Rule>::sweep(evaluation);
  if (std::is_same_v<Rule, ExposureRule> && subject.type == EntityType::kClient) note_client(subject.index);
  return due;
}

void RuleEvaluator::evaluate(const Executed& executed, Notional notional, PositionKey place, Timestamp now,
                             std::vector<AlertEvent>& events) {
  const EvaluationParts parts{positions_,
                              rules_.config_version,
                              alerts_opened_,
                              events,
                              now,
                              &executed.transaction,
                              rules_.knows_reversals() ? executed.input : 0,
                              executed.order,
                              executed.held};
  const Notional scored =
      executed.held == nullptr
          ? notional
          : Notional::of(executed.transaction.quantity, positions_.symbols[place.symbol].unit_value).magnitude();
  const Size size{notional, scored, to_cents(scored)};
  // By entity type, so that each kind is expanded once and not once for each type.
  const std::array subjects{client(place.client), symbol(place.symbol), firm()};
  const std::array states{&states_of(subjects[0]), &states_of(subjects[1]), &states_of(subjects[2])};
  for_each_active([&](auto& active) __attribute__((always_inline)) {
    const std::size_t type = place_of(active.rule->entity_type);
    evaluate(active, subjects[type], *states[type], size, parts);
  });
  note_client(place.client);
}

void RuleEvaluator::evaluate_price(const HeldNow& held, std::uint64_t input, SymbolIndex index, Timestamp now,
                                   std::vector<AlertEvent>& events) {
  const EvaluationParts parts{positions_, rules_.config_version, alerts_opened_, events, now, nullptr,
                              input,      OrderPart::kBeginning, &held};
  const Subject subject = symbol(index);
  for (auto& active : active<PriceRule>()) evaluate(active, subject, states_of(subject), {}, parts);
}

Severity RuleEvaluator::severity_of_held(std::string_view client, Notional notional) const {
  const ExposureRule& rule = rules_.exposure("client_exposure");
  const auto own = rule.limit_by_entity.find(client);
  const auto limit = own != rule.limit_by_entity.end() ? std::optional(own->second) : rule.limit;
  const bool is_material = !limit || notional.units() >= Notional::of(*limit).units() / 1'000;
  return is_material ? Severity::kHigh : Severity::kMedium;
}

void RuleEvaluator::evaluate_reversal(const Reversing& reversing, std::optional<Notional> notional, PositionKey place,
                                      Timestamp now, std::vector<AlertEvent>& events) {
  const EvaluationParts parts{positions_, rules_.config_version,  alerts_opened_, events,
                              now,        &reversing.transaction, reversing.input};
  const std::array subjects{client(place.client), symbol(place.symbol), firm()};
  for_each_active([&]<class Rule>(ActiveRule<Rule>& active) {
    if constexpr (KindOf<Rule>::kIsOfOneTransaction) {
      const bool is_of_symbol = active.rule->entity_type == EntityType::kSymbol;
      const Subject subject = is_of_symbol ? symbol(reversing.judged_in) : subjects[place_of(active.rule->entity_type)];
      auto& state = states_of(subject).template of<Rule>(active.place);
      if (!state.alert || state.alert->tipped_by != reversing.original) return;
      Evaluation<Rule> evaluation{*active.rule, active.derived, state, subject, parts};
      KindOf<Rule>::end(evaluation);
    }
  });
  const Notional sized = notional.value_or(Notional{});
  const Size size{sized, sized, to_cents(sized)};
  for_each_active([&]<class Rule>(ActiveRule<Rule>& active) {
    if (!std::is_same_v<Rule, ExposureRule> && !(std::is_same_v<Rule, SizeRule> && notional)) return;
    const Subject& subject = subjects[place_of(active.rule->entity_type)];
    evaluate(active, subject, states_of(subject), size, parts);
  });
  note_client(place.client);
}

void RuleEvaluator::sweep(Timestamp second, std::vector<AlertEvent>& events) {
  const EvaluationParts parts{positions_, rules_.config_version, alerts_opened_, events, second, nullptr};
  auto& clients = positions_.clients;
  auto& symbols = positions_.symbols;

  positions_.renew_prefilter();
  positions_.prefilter.visit_uncleared([this](ClientIndex index) {
    for (auto& active : active<ExposureRule>()) {
      if (active.rule->entity_type == EntityType::kClient) active.watched.add(index);
    }
  });
  for_each_active([&]<class Rule>(ActiveRule<Rule>& active) {
    const auto fetch_client = [&](ClientIndex index) __attribute__((always_inline)) {
      fetch_all(clients[index]);
      if constexpr (std::is_same_v<Rule, ExposureRule>) {
        positions_.fetch_holdings(index);
        fetch(clients[index].rules.of<ExposureRule>(active.place).alert.get());
      }
    };
    const auto fetch_symbol = [&](SymbolIndex index) __attribute__((always_inline)) {
      fetch_all(symbols[index]);
    };
    switch (active.rule->entity_type) {
      case EntityType::kClient:
        active.watched.visit(clients, second, fetch_client,
                             [&](ClientIndex index) { return sweep(active, client(index), parts); });
        return;
      case EntityType::kSymbol:
        active.watched.visit(symbols, second, fetch_symbol, [&](SymbolIndex index) {
          if (std::is_same_v<Rule, ExposureRule>) symbols[index].unevaluated = false;
          const Terms* terms = symbols[index].terms;
          if (terms != nullptr && terms->is_expired(second)) return Due();  // see end_symbol
          return sweep(active, symbol(index), parts);
        });
        return;
      case EntityType::kFirm:
        sweep(active, firm(), parts);
        return;
    }
  });
}

void RuleEvaluator::end_symbol(SymbolIndex index, Timestamp second, std::vector<AlertEvent>& events) {
  const EvaluationParts parts{positions_, rules_.config_version, alerts_opened_, events, second, nullptr};
  const Subject subject = symbol(index);
  for_each_active([&]<class Rule>(ActiveRule<Rule>& active) {
    if (active.rule->entity_type != EntityType::kSymbol) return;
    auto& state = states_of(subject).template of<Rule>(active.place);
    if (!state.alert) return;
    Evaluation<Rule> evaluation{*active.rule, active.derived, state, subject, parts};
    KindOf<Rule>::end(evaluation);
  });
}

void RuleEvaluator::restore(std::uint64_t alerts_opened) {
  alerts_opened_ = alerts_opened;
  for_each_active([&]<class Rule>(ActiveRule<Rule>& active) {
    for_each_subject(active.rule->entity_type, [&](const Subject& subject) {
      KindOf<Rule>::restore(*active.rule, states_of(subject).template of<Rule>(active.place));
      // What was to be looked at by the next sweep is not in a snapshot: it looks at everyone.
      active.watch(subject.type, subject.index);
    });
  });
}

RuleStates& RuleEvaluator::states_of(const Subject& subject) {
  switch (subject.type) {
    case EntityType::kClient:
      return positions_.clients[subject.index].rules;
    case EntityType::kSymbol:
      return positions_.symbols[subject.index].rules;
    case EntityType::kFirm:
      return positions_.firm.rules;
  }
  RISK_CHECK(!"an entity type");
}

Int128 magnitude(Positions& positions, const Subject& subject, Measure measure) {
  switch (subject.type) {
    case EntityType::kClient:
      return positions.value(positions.clients[subject.index], measure);
    case EntityType::kSymbol:
      return Positions::exposure_of(positions.symbols[subject.index]).value(measure).magnitude().units();
    case EntityType::kFirm:
      return positions.firm_exposure().value(measure).magnitude().units();
  }
  RISK_CHECK(!"an entity type");
}

std::vector<Contributor> contributors(Positions& positions, const Subject& subject, Measure measure) {
  switch (subject.type) {
    case EntityType::kClient:
      return positions.contributors(positions.clients[subject.index], measure);
    case EntityType::kSymbol:
      return positions.contributors(subject.index, measure);
    case EntityType::kFirm:
      return positions.firm_contributors(measure);
  }
  RISK_CHECK(!"an entity type");
}

bool is_cleared(Positions& positions, const Subject& subject, const ExposureThresholds& limit) {
  return subject.type == EntityType::kClient && limit.inverse != 0 &&
         positions.prefilter.clears(positions.clients[subject.index].bound, limit.inverse);
}

Pool& pool_of(Positions& positions) {
  return positions.pool;
}

}  // namespace risk::engine
