#include "simulator/scenario/corporate_actions.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "simulator/amendments.hpp"

namespace risk::simulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;

constexpr std::size_t kNames = 3;
constexpr std::size_t kTickerLetters = 8;
constexpr minutes kBetween{10};  // two splits, or two renames
// Splits, and renames: of no name more than an engine remembers of a symbol, and of a run so few that it remembers
// those of a hundred runs.
constexpr std::uint64_t kOfAKindMax = 900;
// A share below it is merged with others, and none is split to below the other.
constexpr std::int64_t kCheapCents = 30'00;
constexpr std::int64_t kCheapestCents = 5'00;
constexpr std::uint64_t kLateOneOf = 8;  // executions

std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

std::vector<Listing> list_names(Tickers& tickers, std::uint64_t seed) {
  Random random(seed);
  std::vector<Listing> listings;
  for (std::size_t i = 0; i < kNames; ++i) {
    const std::int64_t cents = random.between(60'00, 400'00);
    listings.push_back({.symbol = tickers.next(),
                        .market = i % 2 == 0 ? "NYSE" : "NASDAQ",
                        .anchor_cents = cents,
                        .price_cents = cents});
  }
  return listings;
}

engine::Instrument instrument_of(const Listing& listing) {
  engine::Instrument instrument{.symbol = listing.symbol};
  instrument.currency = listing.currency;
  instrument.name = "Simulated " + listing.symbol.text;
  instrument.asset_class = "equity";
  return instrument;
}

}  // namespace

Tickers::Tickers(const std::string& run) : random_(hash_of(run)) {}

Symbol Tickers::next() {
  while (true) {
    std::string name;
    for (std::size_t i = 0; i < kTickerLetters; ++i) name += static_cast<char>('A' + random_.below(26));
    if (taken_.insert(name).second) return Symbol(name);
  }
}

CorporateActions::CorporateActions(const Setting& setting, const Options& options, Tickers tickers)
    : Part(setting, list_names(tickers, setting.seed), {.symbol_count = kNames}),
      options_(options),
      tickers_(std::move(tickers)),
      splits_{options.has_splits ? options.first_act : nanoseconds::max()},
      renames_{options.has_renames ? 2 * options.first_act : nanoseconds::max()} {
  for (std::uint32_t i = 0; i < listings_.size(); ++i) {
    agenda_.add(nanoseconds{0}, instrument_of(listings_[i]));
    // A split of what nobody has traded would be refused.
    engine::Transaction first;
    const Order order = opening_order(i);
    flow_.note_open(order);
    write(first, order, nanoseconds{0});
    agenda_.add(nanoseconds{0}, std::move(first));
  }
}

nanoseconds CorporateActions::next_act() const {
  return std::min(splits_.next, renames_.next);
}

void CorporateActions::act() {
  Schedule& due = splits_.next <= renames_.next ? splits_ : renames_;
  const auto at = due.next;
  if (&due == &splits_) {
    split_a_name(at);
  } else {
    rename_a_name(at);
  }
  ++due.count;
  due.next = due.count == kOfAKindMax ? nanoseconds::max() : at + kBetween;
}

bool CorporateActions::trade(nanoseconds now, engine::Transaction& transaction) {
  Part::trade(now, transaction);
  if (!options_.has_late_fills || random_.below(kLateOneOf) != 0) return true;
  agenda_.add(now + milliseconds{random_.between(1'500, 6'000)}, transaction);
  return false;
}

void CorporateActions::split_a_name(nanoseconds at) {
  const auto index = static_cast<std::uint32_t>(random_.below(kNames));
  if (options_.has_late_fills) add_late_fill(index, at, splits_.count % 2 == 0);
  Listing& listing = listings_[index];
  const auto ratio = next_ratio(listing);
  engine::Adjustment adjustment{.effective_at = agenda_.instant_of(at), .kind = engine::AdjustmentKind::kSplit};
  adjustment.symbol = listing.symbol;
  adjustment.ratio = std::to_string(ratio.new_units) + ":" + std::to_string(ratio.old_units);
  adjustment.reason = "simulated";
  agenda_.add(at, std::move(adjustment));
  flow_.split(index, ratio);
  for (auto* cents : {&listing.anchor_cents, &listing.price_cents}) *cents = *cents * ratio.old_units / ratio.new_units;
}

engine::SplitRatio CorporateActions::next_ratio(const Listing& listing) {
  if (listing.anchor_cents < kCheapCents) return {1, 5};
  constexpr std::array<std::uint32_t, 3> kNewUnits{2, 4, 10};
  const auto fitting = std::count_if(kNewUnits.begin(), kNewUnits.end(), [&](std::uint32_t new_units) {
    return listing.anchor_cents / new_units >= kCheapestCents;
  });
  return {kNewUnits[random_.below(static_cast<std::uint64_t>(fitting))], 1};
}

void CorporateActions::rename_a_name(nanoseconds at) {
  const auto index = static_cast<std::uint32_t>(random_.below(kNames));
  if (options_.has_late_fills) add_late_fill(index, at, renames_.count % 2 == 1);
  Listing& listing = listings_[index];
  engine::Adjustment adjustment{.effective_at = agenda_.instant_of(at), .kind = engine::AdjustmentKind::kRename};
  adjustment.symbol = listing.symbol;
  adjustment.new_symbol = listing.symbol = tickers_.next();
  adjustment.reason = "simulated";
  agenda_.add(at, std::move(adjustment));
}

void CorporateActions::add_late_fill(std::uint32_t listing, nanoseconds at, bool is_busted) {
  const Order order = opening_order(listing);
  engine::Transaction fill;
  write(fill, order, at - milliseconds{random_.between(1, 800)});
  const auto comes = at + milliseconds{random_.between(2'000, 5'000)};
  if (is_busted) {
    engine::Transaction bust = bust_of(fill);
    const auto busted = comes + milliseconds{random_.between(2'000, 4'000)};
    bust.executed_at = agenda_.instant_of(busted);
    agenda_.add(busted, std::move(bust));
  } else {
    flow_.note_open(order);
  }
  agenda_.add(comes, std::move(fill));
}

}  // namespace risk::simulator
