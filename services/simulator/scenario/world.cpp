#include "simulator/scenario/world.hpp"

#include <algorithm>
#include <cmath>

#include "simulator/scenario/corporate_actions.hpp"
#include "simulator/scenario/currencies.hpp"
#include "simulator/scenario/futures.hpp"

namespace risk::simulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Beside the numbers that the flow is drawn by, and those of its amendments. Prices have numbers of their own: whose
// turn an execution is does not hang on them.
constexpr std::uint64_t kSequence = 0x776f726c64, kPriceSequence = 0x7072696365;
// Each part has one execution of so many.
constexpr std::uint64_t kTurnsPerPart = 16;
constexpr seconds kBetweenPrices{1};
// The first split comes after about so many executions, but within these times.
constexpr double kExecutionsBeforeSplit = 60;
constexpr double kFirstSplitMin = 2, kFirstSplitMax = 45;

nanoseconds first_split(double rate) {
  const double wait = std::clamp(kExecutionsBeforeSplit / rate, kFirstSplitMin, kFirstSplitMax);
  return nanoseconds{std::llround(wait * 1e9)};
}

}  // namespace

std::unique_ptr<World> World::make(const WorldOptions& options, Timestamp start, const std::vector<Listing>& flow,
                                   Blotter& blotter) {
  std::unique_ptr<World> world(new World(options, start, flow, blotter));
  const bool is_empty = world->parts_.empty() && world->next_price_ == nanoseconds::max();
  return is_empty ? nullptr : std::move(world);
}

World::World(const WorldOptions& options, Timestamp start, const std::vector<Listing>& flow, Blotter& blotter)
    : flow_(flow),
      flow_popularity_(flow.size()),
      random_(options.seed ^ kSequence),
      price_random_(options.seed ^ kPriceSequence),
      agenda_(start),
      next_price_(options.scenario.has(ScenarioPart::kPrices) ? kBetweenPrices : nanoseconds::max()) {
  const auto setting = [&] { return Part::Setting{random_.next(), options.clients, blotter, agenda_}; };
  // Its rates go before everything that is traded.
  if (options.scenario.has(ScenarioPart::kCurrencies))
    parts_.push_back(std::make_unique<Currencies>(setting(), options.base_currency));
  const CorporateActions::Options actions{.has_splits = options.scenario.has(ScenarioPart::kSplits),
                                          .has_renames = options.scenario.has(ScenarioPart::kRenames),
                                          .has_late_fills = options.scenario.has(ScenarioPart::kLateFills),
                                          .first_act = first_split(options.rate)};
  if (actions.has_splits || actions.has_renames || actions.has_late_fills) {
    parts_.push_back(std::make_unique<CorporateActions>(setting(), actions, Tickers(options.id_prefix)));
  }
  if (options.scenario.has(ScenarioPart::kFutures)) parts_.push_back(std::make_unique<Futures>(setting()));
}

std::optional<nanoseconds> World::take(nanoseconds until, wire::Input& input) {
  while (true) {
    const auto due = agenda_.next_due();
    // Whatever acts, at or before what is on the agenda; of one time a part goes before a price, which may be of it.
    const auto limit = std::min(until, due.value_or(until));
    const auto part = std::min_element(parts_.begin(), parts_.end(),
                                       [](const auto& a, const auto& b) { return a->next_act() < b->next_act(); });
    const auto next_act = part == parts_.end() ? nanoseconds::max() : (*part)->next_act();
    if (next_act <= std::min(limit, next_price_)) {
      (*part)->act();
    } else if (next_price_ <= limit) {
      add_price();
    } else if (due && *due <= until) {
      return agenda_.take(input);
    } else {
      return std::nullopt;
    }
  }
}

World::Turn World::next_execution(nanoseconds now, engine::Transaction& transaction) {
  const std::uint64_t turn = random_.below(kTurnsPerPart);
  if (turn >= parts_.size()) return Turn::kOfTheFlow;
  return parts_[turn]->trade(now, transaction) ? Turn::kWritten : Turn::kNothing;
}

void World::add_price() {
  // Half of them are of the flow.
  const auto& listings = [&]() -> const std::vector<Listing>& {
    if (parts_.empty() || price_random_.below(2) == 0) return flow_;
    return parts_[price_random_.below(parts_.size())]->listings();
  }();
  const auto& listing =
      listings[&listings == &flow_ ? flow_popularity_.draw(price_random_) : price_random_.below(listings.size())];
  const std::int64_t step_max = std::max<std::int64_t>(1, listing.price_cents / 2'000);
  const Price price =
      price_of(std::max<std::int64_t>(1, listing.price_cents + price_random_.between(-step_max, step_max)));
  agenda_.add(next_price_,
              engine::MarketPrice{listing.symbol, price, listing.currency, agenda_.instant_of(next_price_)});
  next_price_ += kBetweenPrices;
}

}  // namespace risk::simulator
