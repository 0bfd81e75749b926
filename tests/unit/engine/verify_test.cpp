// Core::verify() finds nothing in a sound core, and names what is wrong in one that is broken at one place.
#include <functional>
#include <limits>

#include "internals.hpp"
#include "market.hpp"
#include "support/snapshots.hpp"

using namespace risk;
using namespace risk::engine;
using Catch::Matchers::ContainsSubstring;

namespace {

using Impl = Internals::Impl;
constexpr Tuning kSmall{2, 2, 2};  // so that few positions reach what only many do

// Alerts of every rule are open in it, windows are full, exposures are kept and top holders found; one client trades
// more than the narrow windows hold, and one is far from every limit.
Core lively_core() {
  Market market(1);
  Core core(lively_rules(), {}, kSmall);
  std::vector<AlertEvent> events;
  for (int i = 0; i < 1'500; ++i) REQUIRE(core.apply(market.next(), events).ok());
  Desk maker;
  for (int i = 0; i < 3; ++i) {
    const double at = 300'000 + i;
    REQUIRE(core.apply(maker.transaction(at, "WIDE", "LARGE", i % 2 == 0 ? "1000000000" : "-1000000000", "90000000"),
                       events)
                .ok());
    for (const char* client : {"C1", "C2", "C3", "C4"}) {
      for (int more = 0; more < 14; ++more) {
        REQUIRE(core.apply(maker.transaction(at, client, more % 2 == 0 ? "S1" : "S2", "40", "100"), events).ok());
      }
    }
    REQUIRE(core.apply(maker.transaction(at, "SMALL", "S1", "0.5", "100"), events).ok());
    REQUIRE(core.apply(maker.transaction(at, "SMALL", "S2", "0.5", "100"), events).ok());
  }
  core.tick({events.back().at.nanos + 5 * kNanosPerSecond}, events);  // every list is gone through
  REQUIRE(core.apply(maker.transaction(300'005, "C1", "S1", "40", "100"), events).ok());
  return core;
}

ClientState& client(Impl& impl, std::string_view id) {
  auto& table = impl.positions.clients;
  return table[table.find(id, table.hash(id))];
}
SymbolState& symbol(Impl& impl, std::string_view id) {
  auto& table = impl.positions.symbols;
  return table[table.find(id, table.hash(id))];
}
Holding& holding(Impl& impl, std::string_view client_id, std::string_view symbol_id) {
  const auto& symbols = impl.positions.symbols;
  return *client(impl, client_id)
              .holdings.find(symbols.find(symbol_id, symbols.hash(symbol_id)), Internals::multiplier(impl.positions));
}
void each(auto& table, const auto& change) {
  for (std::uint32_t i = 0; i < table.size(); ++i) change(table[i]);
}

struct Break {
  const char* finding;  // a part of it
  std::function<void(Impl&)> breaks;
};

void check(const std::vector<Break>& all) {
  for (const Break& one : all) {
    Core core = lively_core();
    REQUIRE(broken(core) == "");
    one.breaks(Internals::impl(core));
    CHECK_THAT(broken(core), ContainsSubstring(one.finding));
  }
}

}  // namespace

TEST_CASE("a core is sound whatever it did, and so is what is loaded of it") {
  Core core = lively_core();
  CHECK(core.verify().empty());
  const auto loaded = load(save(core), {7, 8}, kSmall);
  REQUIRE(loaded.ok());
  CHECK(broken(*loaded) == "");
  CHECK(broken(core_of_golden_files()) == "");
  CHECK(broken(Core(RuleSet{})) == "");
}

TEST_CASE("the state that the other tests break has something of everything") {
  Core core = lively_core();
  Impl& impl = Internals::impl(core);
  int exposures = 0, velocities = 0, anomalies = 0, symbol_exposures = 0, valuations = 0, top_holders = 0;
  each(impl.positions.clients, [&](const ClientState& state) {
    exposures += state.rules.of<ExposureRule>(0).alert ? 1 : 0;
    velocities += state.rules.of<VelocityRule>(0).alert ? 1 : 0;
    anomalies += state.rules.of<AnomalyRule>(0).alert ? 1 : 0;
    valuations += state.valuation && state.valuation->moved == impl.positions.marks.moved() ? 1 : 0;
  });
  each(impl.positions.symbols, [&](const SymbolState& state) {
    symbol_exposures += state.rules.of<ExposureRule>(0).alert ? 1 : 0;
    top_holders += state.top_holders_floor != SymbolState::kNoFloor ? 1 : 0;
  });
  CHECK(exposures > 0);
  CHECK(symbol_exposures > 0);
  CHECK(velocities > 0);
  CHECK(anomalies > 0);
  CHECK(valuations > 0);
  CHECK(top_holders > 0);
  CHECK(Internals::wide(client(impl, "WIDE").rules.of<AnomalyRule>(0).window) != nullptr);
  CHECK_FALSE(client(impl, "SMALL").rules.of<ExposureRule>(0).alert);
}

TEST_CASE("time that does not fit the last sweep is found") {
  check({{"there is a swept second and no now", [](Impl& impl) { impl.now.reset(); }},
         {"there is a now and no swept second", [](Impl& impl) { impl.swept_second.reset(); }},
         {"is not that of now", [](Impl& impl) { ++*impl.swept_second; }},
         {"is not that of now", [](Impl& impl) { --*impl.swept_second; }},
         {"client C3: its last change is later than now",
          [](Impl& impl) { client(impl, "C3").touched.nanos = impl.now->nanos + 1; }},
         {"symbol S1: the last move of its mark is later than now",
          [](Impl& impl) { symbol(impl, "S1").mark_moved.nanos = impl.now->nanos + 1; }}});
}

TEST_CASE("a sum of the firm that is off by its last digit is found") {
  check({{"firm: its long value is", [](Impl& impl) { ++impl.positions.firm.long_value; }},
         {"firm: its short value is", [](Impl& impl) { --impl.positions.firm.short_value; }},
         {"firm: its turnover is",
          [](Impl& impl) {
            auto& turnover = impl.positions.firm.turnover;
            turnover = Notional::from_units(turnover.units() + 1);
          }},
         {"firm: its turnover is",
          [](Impl& impl) {
            auto& turnover = client(impl, "SMALL").turnover;
            turnover = Notional::from_units(turnover.units() - 1);
          }},
         {"firm: its number of transactions is", [](Impl& impl) { ++impl.counters.transactions; }},
         {"firm: its number of transactions is", [](Impl& impl) { ++symbol(impl, "S1").transactions; }},
         {"does not fit 127 bits",
          [](Impl& impl) { impl.positions.firm.long_value = static_cast<Int128>(~Uint128{0} >> 1); }},
         {"more transactions were late", [](Impl& impl) { impl.counters.late = impl.counters.transactions + 1; }},
         {"positions, ", [](Impl& impl) { ++Internals::position_count(impl.positions); }}});
}

TEST_CASE("a position that its client or its symbol does not count is found") {
  check(
      {{"symbol S1: it counts", [](Impl& impl) { ++holding(impl, "SMALL", "S1").quantity_units; }},
       {"has no opposite",
        [](Impl& impl) { holding(impl, "SMALL", "S1").quantity_units = std::numeric_limits<std::int64_t>::min(); }},
       {"client C1: ", [](Impl& impl) { ++client(impl, "C1").positions; }},
       {"symbol S2: ", [](Impl& impl) { ++symbol(impl, "S2").positions; }},
       {"client C1: it has", [](Impl& impl) { --Internals::used(client(impl, "C1").holdings); }},
       {"its key does not lead to it",
        [](Impl& impl) { holding(impl, "SMALL", "S1").key = holding(impl, "SMALL", "S2").key; }},
       {"which is not there", [](Impl& impl) { holding(impl, "SMALL", "S1").key = 1'000; }},
       {"an empty slot of its positions has a quantity", [](Impl& impl) { holding(impl, "SMALL", "S1").key = 0; }},
       {"symbol S1: its unit value is 100.00000001, that of valuations 100",
        [](Impl& impl) {
          SymbolState& state = symbol(impl, "S1");
          state.unit_value = Price::from_units(state.unit_value.units() + 1);
        }},
       {"symbol S1: its unit value is 100, of its mark 100.00000001 USD",
        [](Impl& impl) {
          Mark& mark = symbol(impl, "S1").mark;
          mark.price = Price::from_units(mark.price.units() + 1);
        }},
       {"symbol S1: its mark is in a currency that is not there",
        [](Impl& impl) { symbol(impl, "S1").mark.currency = 7; }},
       {"symbol S1: its long value is", [](Impl& impl) { ++symbol(impl, "S1").long_value; }},
       {"symbol S1: its short value is", [](Impl& impl) { ++symbol(impl, "S1").short_value; }},
       {"has a position in it and is not among its holders", [](Impl& impl) { symbol(impl, "S1").holders.pop_back(); }},
       {"is among its holders without a position in it, or twice",
        [](Impl& impl) { symbol(impl, "S1").holders.push_back(symbol(impl, "S1").holders.front()); }},
       {"marks: there are", [](Impl& impl) { Internals::units_by_key(impl.positions.marks).push_back(1); }}});
}

TEST_CASE("an exposure that is kept and is not that of the positions is found") {
  const auto each_valuation = [](Impl& impl, const auto& change) {
    each(impl.positions.clients, [&](ClientState& state) {
      if (state.valuation && state.valuation->moved == impl.positions.marks.moved()) change(*state.valuation);
    });
  };
  check(
      {{"the exposure that is kept of it comes to",
        [&](Impl& impl) { each_valuation(impl, [](Valuation& kept) { ++kept.long_value; }); }},
       {"the exposure that is kept of it comes to",
        [&](Impl& impl) { each_valuation(impl, [](Valuation& kept) { --kept.short_value; }); }},
       {"a move that is yet to come", [&](Impl& impl) { each_valuation(impl, [](Valuation& kept) { ++kept.moved; }); }},
       {"no exposure is kept of its", [](Impl& impl) { client(impl, "C1").valuation.reset(); }}});
}

TEST_CASE("a prefilter that would clear somebody by mistake is found") {
  check({{"symbol S1: its unit value 100 is above its reference",
          [](Impl& impl) {
            for (double& reference : Internals::references_by_key(impl.positions.prefilter)) reference *= 1e-3;
          }},
         {"above its bound of", [](Impl& impl) { client(impl, "C1").bound = 0; }},
         {"above what the prefilter takes for its most",
          [](Impl& impl) { Internals::rise(impl.positions.prefilter) = 1e-6; }},
         {"above its bound of", [](Impl& impl) { Internals::scale(impl.positions.prefilter) *= 1e-6; }},
         {"as its bound over its limit, not",
          [](Impl& impl) {
            for (double& ratio : Internals::ratios(impl.positions.prefilter)) ratio = 0;
          }},
         {"above the most of its block",
          [](Impl& impl) {
            for (double& most : Internals::block_max(impl.positions.prefilter)) most = 0;
          }},
         {"prefilter: it has ", [](Impl& impl) { Internals::references_by_key(impl.positions.prefilter).pop_back(); }},
         {"prefilter: it does not have room",
          [](Impl& impl) { Internals::block_max(impl.positions.prefilter).clear(); }}});
}

TEST_CASE("top holders that leave somebody out are found") {
  const auto each_top = [](Impl& impl, const auto& change) {
    each(impl.positions.symbols, [&](SymbolState& state) {
      if (state.top_holders_floor != SymbolState::kNoFloor) change(state, *state.top_holders);
    });
  };
  check(
      {{"more than the floor of its top holders",
        [&](Impl& impl) {
          each_top(impl, [&](SymbolState& state, TopHolders& top) {
            auto& symbols = impl.positions.symbols;
            const auto index = symbols.find(state.id.view(), symbols.hash(state.id.view()));
            for (const ClientIndex leader : top.clients()) {
              impl.positions.clients[leader].holdings.find(index, Internals::multiplier(impl.positions))->leads = false;
            }
            Internals::clients(top).clear();
          });
        }},
       {"is a top holder and its position does not say so",
        [&](Impl& impl) {
          each_top(impl, [](SymbolState&, TopHolders& top) { Internals::clients(top).push_back(999); });
        }},
       {"holders lead, ",
        [&](Impl& impl) { each_top(impl, [](SymbolState&, TopHolders& top) { Internals::clients(top).pop_back(); }); }},
       {"it has another floor than its top holders",
        [&](Impl& impl) { each_top(impl, [](SymbolState&, TopHolders& top) { ++Internals::floor(top); }); }},
       {"it has a floor without top holders",
        [&](Impl& impl) { each_top(impl, [](SymbolState&, TopHolders& top) { Internals::is_found(top) = false; }); }},
       {"holders lead though none were found", [&](Impl& impl) {
          each_top(impl, [](SymbolState& state, TopHolders& top) {
            Internals::is_found(top) = false;
            state.top_holders_floor = SymbolState::kNoFloor;
          });
        }}});
}

TEST_CASE("a change that would never be given, or twice, is found") {
  check({{"changed clients: client C1 is not listed",
          [](Impl& impl) { Internals::changed(impl.positions).clients.clear(); }},
         {"changed clients: client C1 is listed and does not say so",
          [](Impl& impl) { client(impl, "C1").changed = false; }},
         {"is listed twice",
          [](Impl& impl) {
            auto& list = Internals::changed(impl.positions).symbols;
            list.push_back(list.front());
          }},
         {"changed symbols: number 999 is listed and not there",
          [](Impl& impl) { Internals::changed(impl.positions).symbols.push_back(999); }},
         {"symbols whose marks moved: symbol S1", [](Impl& impl) { Internals::moved_marks(impl.positions).clear(); }},
         {"clients whose marks moved: client C1 is not listed", [](Impl& impl) { client(impl, "C1").mark_due = true; }},
         {"changed positions: ", [](Impl& impl) { Internals::changed(impl.positions).positions.pop_back(); }},
         {"is listed without its client or its symbol", [](Impl& impl) {
            Internals::changed(impl.positions).clients.clear();
            each(impl.positions.clients, [](ClientState& state) { state.changed = false; });
          }}});
}

TEST_CASE("an id that does not lead to its client or symbol is found") {
  const auto each_slot = [](auto& table, const auto& change) {
    for (auto& slot : Internals::slots(table)) {
      if (slot.entity != 0) return change(slot);
    }
  };
  check({{"its id does not lead to it",
          [&](Impl& impl) { each_slot(impl.positions.clients, [](auto& slot) { ++slot.hash; }); }},
         {"as another does",
          [&](Impl& impl) {
            each_slot(impl.positions.symbols, [](auto& slot) { slot.entity = slot.entity == 1 ? 2 : 1; });
          }},
         {"which is not there",
          [&](Impl& impl) { each_slot(impl.positions.clients, [](auto& slot) { slot.entity = 1'000; }); }},
         {"its id does not lead to it",
          [&](Impl& impl) { each_slot(impl.positions.clients, [](auto& slot) { slot = {}; }); }},
         {"the id is ", [](Impl& impl) { client(impl, "SMALL").id = InlineId("\x01"); }},
         {"is out of order, after ",
          [](Impl& impl) {
            (void)impl.positions.clients.in_order();
            std::swap(Internals::order(impl.positions.clients)[0], Internals::order(impl.positions.clients)[1]);
          }},
         {"twice or too early", [](Impl& impl) {
            (void)impl.positions.symbols.in_order();
            auto& order = Internals::order(impl.positions.symbols);
            order[0] = order[1];
          }}});
}

TEST_CASE("remembered marks that a bust must not bring back are found") {
  const auto of_s1 = [](Impl& impl) -> RememberedMarks& {
    const auto& symbols = impl.positions.symbols;
    return impl.remembered[symbols.find("S1", symbols.hash("S1"))];
  };
  const auto replace = [&](Impl& impl, std::size_t place, const auto& change) {
    MadeMark made = of_s1(impl).at(place);
    change(made);
    of_s1(impl).replace(place, made);
  };
  check({{"symbol S1: its mark is not the newest that is remembered",
          [&](Impl& impl) { replace(impl, 7, [](MadeMark& made) { ++made.mark.at.nanos; }); }},
         {"symbol S1: its mark is not the newest that is remembered", [&](Impl& impl) { of_s1(impl).remove(7); }},
         {"symbol S1: remembered marks are not by rising instants",
          [&](Impl& impl) { replace(impl, 0, [&](MadeMark& made) { made.mark.at.nanos = impl.now->nanos + 1; }); }},
         {"symbol S1: a mark is remembered in a currency that is not there",
          [&](Impl& impl) { replace(impl, 3, [](MadeMark& made) { made.mark.currency = 1'000; }); }},
         {"symbol S1: two remembered marks are of input 7",
          [&](Impl& impl) {
            for (const std::size_t place : {2, 5}) replace(impl, place, [](MadeMark& made) { made.input = 7; });
          }},
         {"symbol S1: its mark is not remembered", [&](Impl& impl) { of_s1(impl) = {}; }},
         {"remembered marks: there is room for those of", [](Impl& impl) { impl.remembered.pop_back(); }}});

  RuleSet rules = quiet_rules();
  rules.edition = 4;
  Desk desk(rules);
  desk.trade(1, "C", "A", "1", "100");
  Impl& impl = Internals::impl(desk.core);
  impl.remembered[0].add({impl.positions.symbols[0].mark, 1});
  impl.session_from = 1;
  CHECK(broken(desk.core) ==
        "session: the input that began it is kept by rules that know no reversals\n"
        "symbol A: marks are remembered by rules that know no reversals\n");
}

TEST_CASE("a held price that nothing can be made of, and a guard that the rules do not give, are found") {
  const auto hold = [](const auto& change) {
    return [change](Impl& impl) {
      const auto& symbols = impl.positions.symbols;
      const SymbolIndex index = symbols.find("S1", symbols.hash("S1"));
      HeldPrice held{.made = {impl.positions.symbols[index].mark, 1}};
      impl.set_held(index, held);
      change(impl, index);
    };
  };
  check({{"symbol S1: its held price is older than its mark",
          hold([](Impl& impl, SymbolIndex index) { --impl.held_prices[index].made.mark.at.nanos; })},
         {"symbol S1: its held price is in a currency that is not there",
          hold([](Impl& impl, SymbolIndex index) { impl.held_prices[index].made.mark.currency = kNoCurrency; })},
         {"symbol S1: its held price is of a client who is not there",
          hold([](Impl& impl, SymbolIndex index) { impl.held_prices[index].client = 1'000'000; })},
         {"symbol S1: a price of it is held, and it knows none",
          hold([](Impl& impl, SymbolIndex index) { impl.positions.symbols[index].holds_price = false; })},
         {"symbol S1: its held price is not there",
          hold([](Impl& impl, SymbolIndex index) { impl.held_prices.erase(index); })},
         {"symbol S1: its mark is guarded by another limit than the rules give it",
          [](Impl& impl) { symbol(impl, "S1").jump_limit = Ratio::from_whole(3); }}});
}

TEST_CASE("memory of the pool that two use, or nobody's, is found") {
  static std::uint32_t elsewhere[1'000] = {};
  check({{"its memory in the pool is somebody else's too",
          [](Impl& impl) {
            Internals::slots(client(impl, "C1").holdings) = Internals::slots(client(impl, "C2").holdings);
          }},
         {"lies outside of the pool",
          [](Impl& impl) { Internals::samples(client(impl, "C3").rules.of<AnomalyRule>(0).window) = elsewhere; }},
         {"the pool's free blocks: its memory in the pool is somebody else's too", [](Impl& impl) {
            auto*& head = Internals::free_lists(impl.positions.pool)[1];
            head = reinterpret_cast<std::remove_reference_t<decltype(head)>>(
                Internals::samples(client(impl, "C3").rules.of<AnomalyRule>(0).window));
          }}});
}

TEST_CASE("a window that does not count what it holds is found") {
  const auto velocity = [](Impl& impl) -> VelocityWindow& {
    return Internals::executions(symbol(impl, "S1").rules.of<VelocityRule>(0).window);
  };
  const auto anomaly = [](Impl& impl) -> AnomalyWindow& { return client(impl, "C1").rules.of<AnomalyRule>(0).window; };
  check(
      {{"symbol S1's velocity window: it counts", [&](Impl& impl) { ++Internals::total(velocity(impl)); }},
       {"symbol S1's velocity window: it counts",
        [&](Impl& impl) { Internals::occupied(velocity(impl)) &= Internals::occupied(velocity(impl)) - 1; }},
       {"a slot is in use that it does not have",
        [&](Impl& impl) { Internals::occupied(velocity(impl)) |= std::uint64_t{1} << 60; }},
       {"its newest slot is at place 60", [&](Impl& impl) { Internals::newest_place(velocity(impl)) = 60; }},
       {"is after now's", [&](Impl& impl) { Internals::newest_slot(velocity(impl)) += 1'000; }},
       {"client C1's anomaly window: its sum is", [&](Impl& impl) { ++Internals::sum(anomaly(impl)); }},
       {"client C1's anomaly window: its sum of squares is", [&](Impl& impl) { ++Internals::squares(anomaly(impl)); }},
       {"samples, 40 are allowed", [&](Impl& impl) { Internals::size(anomaly(impl)) = 41; }},
       {"samples in room for", [&](Impl& impl) { Internals::capacity(anomaly(impl)) = 1; }},
       {"though it is not full", [&](Impl& impl) { Internals::oldest(anomaly(impl)) = 40; }},
       {"client WIDE's anomaly window: its sum is not that",
        [](Impl& impl) { Internals::wide(client(impl, "WIDE").rules.of<AnomalyRule>(0).window)->sum += 1; }},
       {"client WIDE's anomaly window: its sum of squares is not that",
        [](Impl& impl) { Internals::wide(client(impl, "WIDE").rules.of<AnomalyRule>(0).window)->squares = {}; }},
       {"client WIDE's anomaly window: it holds",
        [](Impl& impl) { Internals::wide(client(impl, "WIDE").rules.of<AnomalyRule>(0).window)->cents.pop_back(); }},
       {"firm: its velocity is watched",
        [](Impl& impl) { impl.positions.firm.rules.of<VelocityRule>(0).window.add(1, 1, true); }}});
}

TEST_CASE("an open alert that no rule could have left is found") {
  const auto each_states = [](Impl& impl, const auto& change) {
    each(impl.positions.clients, [&](ClientState& state) { change(state.rules); });
    each(impl.positions.symbols, [&](SymbolState& state) { change(state.rules); });
  };
  const auto each_exposure = [&](Impl& impl, const auto& change) {
    each_states(impl, [&](RuleStates& states) {
      if (states.of<ExposureRule>(0).alert) change(*states.of<ExposureRule>(0).alert);
    });
  };
  const auto each_velocity = [&](Impl& impl, const auto& change) {
    each_states(impl, [&](RuleStates& states) {
      if (states.of<VelocityRule>(0).alert) change(*states.of<VelocityRule>(0).alert);
    });
  };
  const auto each_anomaly = [&](Impl& impl, const auto& change) {
    each_states(impl, [&](RuleStates& states) {
      if (states.of<AnomalyRule>(0).alert) change(*states.of<AnomalyRule>(0).alert);
    });
  };
  check({{"two open alerts have this id",
          [&](Impl& impl) { each_exposure(impl, [](AlertState& state) { state.alert_id = 1; }); }},
         {"its id was not given to any",
          [&](Impl& impl) { each_velocity(impl, [](AlertState& state) { state.alert_id += 1'000'000; }); }},
         {"'s exposure alert: its severity is MEDIUM",
          [&](Impl& impl) { each_exposure(impl, [](AlertState& state) { state.severity = Severity::kMedium; }); }},
         {"'s velocity alert: its severity is CRITICAL",
          [&](Impl& impl) { each_velocity(impl, [](AlertState& state) { state.severity = Severity::kCritical; }); }},
         {"'s anomaly alert: its severity is CRITICAL",
          [&](Impl& impl) { each_anomaly(impl, [](AlertState& state) { state.severity = Severity::kCritical; }); }},
         {"more was announced than its peak",
          [&](Impl& impl) { each_exposure(impl, [](AlertState& state) { state.peak = 0; }); }},
         {"'s velocity alert: it worsens from another value",
          [&](Impl& impl) { each_velocity(impl, [](AlertState& state) { ++state.worse_from; }); }},
         {"a score of it is not what its parts give",
          [&](Impl& impl) { each_anomaly(impl, [](AnomalyAlertState& state) { state.last.estimate *= 2; }); }},
         {"its last score is above its largest",
          [&](Impl& impl) {
            each_anomaly(impl, [](AnomalyAlertState& state) {
              state.last = ZScore::of(state.largest.distance * 2, state.largest.deviation);
            });
          }},
         {"its peak is not its largest score",
          [&](Impl& impl) { each_anomaly(impl, [](AnomalyAlertState& state) { ++state.peak; }); }},
         {"its last anomaly is later than now",
          [&](Impl& impl) {
            each_anomaly(impl, [&](AnomalyAlertState& state) { state.last_seen.nanos = impl.now->nanos + 1; });
          }},
         {"client C1: it has another exposure limit",
          [](Impl& impl) {
            client(impl, "C1").rules.of<ExposureRule>(0).limit = client(impl, "C3").rules.of<ExposureRule>(0).limit;
          }},
         {"client C2: it has another velocity limit",
          [](Impl& impl) { ++client(impl, "C2").rules.of<VelocityRule>(0).limit; }},
         {"firm: it has another exposure limit",
          [](Impl& impl) { impl.positions.firm.rules.of<ExposureRule>(0).limit = nullptr; }}});
}

TEST_CASE("an entity that the sweep should look at and does not is found") {
  const auto clear = [](auto& rules) {
    for (auto& active : rules) Internals::sorted(active.watched).clear(), Internals::added(active.watched).clear();
  };
  check({{"its exposure alert is open and no sweep looks at it",
          [&](Impl& impl) { clear(Internals::active<ExposureRule>(impl.evaluator)); }},
         {"'s velocity alert: no sweep looks at it when it can resolve",
          [&](Impl& impl) { clear(Internals::active<VelocityRule>(impl.evaluator)); }},
         {"'s anomaly alert: no sweep looks at it when it can resolve",
          [&](Impl& impl) {
            for (auto& active : Internals::active<AnomalyRule>(impl.evaluator)) {
              for (auto& entry : Internals::sorted(active.watched)) entry.due = Watchlist::kWoken;
            }
          }},
         {"the next sweep does not look at it", [](Impl& impl) { symbol(impl, "S1").unevaluated = true; }},
         {"above its limit, and there is no alert",
          [](Impl& impl) {
            each(impl.positions.symbols, [](SymbolState& state) { state.rules.of<ExposureRule>(0).alert.reset(); });
          }},
         {"is out of order or listed twice",
          [](Impl& impl) {
            auto& sorted = Internals::sorted(Internals::active<ExposureRule>(impl.evaluator).front().watched);
            sorted.push_back(sorted.front());
          }},
         {"number 999 is listed and not there",
          [](Impl& impl) { Internals::active<VelocityRule>(impl.evaluator).front().watched.add(999); }},
         {"was added and is not due", [](Impl& impl) {
            Internals::active<ExposureRule>(impl.evaluator).front().watched.add(0);
            Internals::added(Internals::active<ExposureRule>(impl.evaluator).front().watched).back().due =
                Watchlist::kWoken;
          }}});
}

TEST_CASE("of a state that is broken everywhere the first findings are given and the others counted") {
  Desk desk;
  for (int i = 0; i < 100; ++i) desk.trade(1, "C" + std::to_string(i), "A", "1", "100");
  each(Internals::impl(desk.core).positions.clients, [](ClientState& state) { ++state.positions; });
  const auto found = desk.core.verify();
  REQUIRE(found.size() == Core::kFindingsMax + 1);
  CHECK(found.front() == "client C0: 1 positions are not zero, 2 are counted");
  CHECK(found.back() == "and 80 more");
}
