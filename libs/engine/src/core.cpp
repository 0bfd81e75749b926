#include "risk/engine/core.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "book.hpp"
#include "judge.hpp"

namespace risk::engine {
namespace {

std::int64_t floor_divide(std::int64_t value, std::int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

}  // namespace

class Core::Impl {
 public:
  explicit Impl(RuleSet rules) : judge(std::move(rules), book) {}

  // Time passes up to `time`, with the sweep that goes with it.
  void advance(Timestamp time, std::vector<AlertEvent>& events) {
    now = now ? std::max(*now, time) : time;
    const std::int64_t second = floor_divide(now->micros, kMicrosPerSecond);
    if (!swept_second) swept_second = second;
    if (second == *swept_second) return;

    const Timestamp at = Timestamp::from_seconds(second);
    if (session_of(second) > session_of(*swept_second)) book.reset_turnover(at);
    swept_second = second;
    ++counters.sweeps;
    judge.sweep(at, events);
  }

  std::int64_t session_of(std::int64_t second) const {
    return floor_divide(second - static_cast<std::int64_t>(judge.rules().session_start_seconds), 86'400);
  }

  ExposureRow row(const std::string& id, const Exposure& exposure, const ExposureRule& rule, const Watch& watch) const {
    ExposureRow row;
    row.id = id;
    row.exposure = exposure;
    row.total_exposure = exposure.value(rule.measure);
    if (watch.exposure_limit != nullptr) {
      const Int128 value = row.total_exposure.magnitude().units();
      row.utilisation_e4 = utilisation_e4(value, watch.exposure_limit->limit);
      row.risk_level = risk_level(value, watch.exposure_limit->limit);
    }
    return row;
  }

  ExposureRow row(const ClientState& client) const {
    auto row = this->row(client.id, book.exposure_of(client), judge.rules().client_exposure, client.watch);
    row.position_count = client.positions;
    row.transaction_count = client.transactions;
    row.last_updated = client.touched;
    for (const Holding& holding : client.holdings) {
      if (holding.quantity == Quantity{}) continue;
      row.last_updated = std::max(row.last_updated, book.symbols[holding.symbol].mark_moved);
    }
    return row;
  }

  ExposureRow row(const SymbolState& symbol) const {
    auto row = this->row(symbol.id, Book::exposure_of(symbol), judge.rules().symbol_exposure, symbol.watch);
    row.position_count = symbol.positions;
    row.transaction_count = symbol.transactions;
    row.last_updated = symbol.touched;
    row.mark = symbol.mark;
    return row;
  }

  PositionRow row(const ClientState& client, const Holding& holding) const {
    const SymbolState& symbol = book.symbols[holding.symbol];
    return {ClientId(client.id), Symbol(symbol.id), holding.quantity, symbol.mark};
  }

  Book book;
  Judge judge;
  Counters counters;
  std::optional<Timestamp> now;
  std::optional<std::int64_t> swept_second;
};

Core::Core(RuleSet rules) : impl_(std::make_unique<Impl>(std::move(rules))) {}
Core::~Core() = default;
Core::Core(Core&&) noexcept = default;
Core& Core::operator=(Core&&) noexcept = default;

Result<Applied, Rejection> Core::apply(const Transaction& transaction, std::vector<AlertEvent>& events) {
  const auto price = validate(transaction, impl_->judge.rules());
  if (!price) return price.error();
  const auto plan = impl_->book.plan(transaction, *price);
  if (!plan) return plan.error();

  const bool late = impl_->now && transaction.executed_at < *impl_->now;
  impl_->advance(transaction.executed_at, events);
  const Book::Place place = impl_->book.take(*plan, *impl_->now);
  const Notional notional = transaction.quantity * *price;
  impl_->book.add_turnover(place, notional);
  impl_->judge.admit(place);
  impl_->judge.judge(transaction, notional, place, *impl_->now, events);
  ++impl_->counters.transactions;
  impl_->counters.late += late ? 1 : 0;
  return Applied{*price, late};
}

std::optional<Rejection> Core::apply(const OpeningPosition& position) {
  const auto price = validate(position, impl_->judge.rules());
  if (!price) return price.error();
  const auto plan = impl_->book.plan(position, *price);
  if (!plan) return plan.error();
  impl_->judge.admit(impl_->book.take(*plan, impl_->now.value_or(Timestamp{})));
  ++impl_->counters.opening_positions;
  return std::nullopt;
}

bool Core::tick(Timestamp time, std::vector<AlertEvent>& events) {
  if (impl_->now && time <= *impl_->now) return false;
  impl_->advance(time, events);
  return true;
}

void Core::set_rules(RuleSet rules) {
  impl_->judge.set_rules(std::move(rules));
  impl_->book.note_all_changed();
}

const RuleSet& Core::rules() const {
  return impl_->judge.rules();
}

Counters Core::counters() const {
  Counters counters = impl_->counters;
  counters.alerts_opened = impl_->judge.alerts_opened();
  return counters;
}

std::optional<Timestamp> Core::now() const {
  return impl_->now;
}

Core::Changes Core::take_changes(Scope scope) {
  Book& book = impl_->book;
  auto changed = book.take_changed(scope == Scope::kMarked);
  for (const SymbolIndex symbol : changed.marks) {
    const auto& holders = book.symbols[symbol].holders;
    changed.clients.insert(changed.clients.end(), holders.begin(), holders.end());
  }
  const auto sort_by_id = [](auto& indices, const auto& entities) {
    std::sort(indices.begin(), indices.end(), [&](auto a, auto b) { return entities[a].id < entities[b].id; });
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  };
  sort_by_id(changed.clients, book.clients);
  sort_by_id(changed.symbols, book.symbols);

  Changes changes;
  for (const ClientIndex index : changed.clients) changes.clients.push_back(impl_->row(book.clients[index]));
  for (const SymbolIndex index : changed.symbols) changes.symbols.push_back(impl_->row(book.symbols[index]));
  for (const Book::Place place : changed.positions) {
    changes.positions.push_back(impl_->row(book.clients[place.client], book.holding(place)));
  }
  std::sort(changes.positions.begin(), changes.positions.end(), [](const PositionRow& a, const PositionRow& b) {
    return std::tie(a.client_id, a.symbol) < std::tie(b.client_id, b.symbol);
  });
  return changes;
}

void Core::note_all_changed() {
  impl_->book.note_all_changed();
}

bool Core::has_moved_marks() const {
  return impl_->book.has_moved_marks();
}

std::vector<ExposureRow> Core::client_rows() const {
  std::vector<ExposureRow> rows;
  for (const auto index : impl_->book.clients.in_order()) rows.push_back(impl_->row(impl_->book.clients[index]));
  return rows;
}

std::vector<ExposureRow> Core::symbol_rows() const {
  std::vector<ExposureRow> rows;
  for (const auto index : impl_->book.symbols.in_order()) rows.push_back(impl_->row(impl_->book.symbols[index]));
  return rows;
}

std::vector<PositionRow> Core::position_rows() const {
  std::vector<PositionRow> rows;
  for (const auto index : impl_->book.clients.in_order()) {
    const ClientState& client = impl_->book.clients[index];
    const auto first = static_cast<std::ptrdiff_t>(rows.size());
    for (const Holding& holding : client.holdings) rows.push_back(impl_->row(client, holding));
    std::sort(rows.begin() + first, rows.end(),
              [](const PositionRow& a, const PositionRow& b) { return a.symbol < b.symbol; });
  }
  return rows;
}

ExposureRow Core::firm_row() const {
  const Book& book = impl_->book;
  auto row = impl_->row("", book.firm_exposure(), impl_->judge.rules().firm_exposure, book.firm.watch);
  for (std::uint32_t i = 0; i < book.symbols.size(); ++i) row.position_count += book.symbols[i].positions;
  row.transaction_count = impl_->counters.transactions;
  row.last_updated = impl_->now.value_or(Timestamp{});
  return row;
}

}  // namespace risk::engine
