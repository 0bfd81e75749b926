#include "riskctl/backtest/history.hpp"

#include <algorithm>
#include <filesystem>

#include "risk/base/overloaded.hpp"
#include "risk/engine/intake.hpp"
#include "risk/ingest/csv.hpp"
#include "risk/ingest/market.hpp"
#include "risk/store/reader.hpp"
#include "riskctl/backtest/applied_executions.hpp"

namespace risk::riskctl {
namespace {

constexpr std::size_t kBatch = 512;

class Replay {
 public:
  Replay(const BacktestOptions& options, std::span<RuleSetRun* const> runs, Console& console)
      : options_(options), runs_(runs), console_(console), batch_(kBatch), numbers_(kBatch) {}

  // Instruments, or positions.
  template <class Reader>
  void read_rows(const std::string& path);
  void read_files(const ingest::Format& format);
  void read_store(const store::DatabaseConfig& database);

  const Period& period() const { return period_; }

 private:
  bool is_in_range(Timestamp time) const {
    return (!options_.from || time >= *options_.from) && (!options_.to || time < *options_.to);
  }

  // Transactions wait until there are enough of them for the core to look ahead. `next` gives the place of the next
  // one, keep() takes what was put there; `number` is its line or number in the source.
  engine::Transaction& next() { return batch_[waiting_]; }
  void keep(std::uint64_t number);
  // Why an instant must not move time: its row is received now.
  std::optional<engine::Rejection> is_ahead(std::string_view field, Timestamp instant) const;
  void flush();
  // flush() of what came before the next one, which stays.
  void flush_before_next();

  // Prices and rates beside the transactions up to an instant, or before the first transaction the rates alone.
  void take_market(ingest::MarketReader& market, Timestamp until);
  void take_first_rates(ingest::MarketReader& market, Timestamp until);
  void take(const ingest::MarketReader::Row& row);
  // A price or a rate.
  void apply_market(const auto& input, std::uint64_t number);

  template <class Input>
  bool apply(const Input& input, std::uint64_t number);
  void apply_once(const engine::OpeningPosition& position, std::uint64_t number);
  bool is_known(std::size_t waiting);
  void refuse(std::uint64_t number, const engine::Rejection& rejection);
  std::string place(std::uint64_t number) const { return source_ + std::to_string(number); }

  const BacktestOptions& options_;
  std::span<RuleSetRun* const> runs_;
  Console& console_;
  std::string source_;  // what a number stands behind: "fills.csv:"
  std::vector<engine::Transaction> batch_;
  std::vector<std::uint64_t> numbers_;
  std::size_t waiting_ = 0;
  bool judges_identity_ = false;  // of a file's executions: those of a store were judged
  AppliedExecutions executions_{options_.executions.broker_aliases};
  std::optional<Timestamp> latest_;  // of those that were kept
  Period period_;
};

void Replay::keep(std::uint64_t number) {
  if (!is_in_range(next().executed_at)) return;
  latest_ = std::max(latest_.value_or(next().executed_at), next().executed_at);
  numbers_[waiting_++] = number;
  if (waiting_ == batch_.size()) flush();
}

void Replay::flush() {
  const std::span<const engine::Transaction> transactions(batch_.data(), waiting_);
  for (auto* run : runs_) run->expect(transactions);
  if (judges_identity_) executions_.expect(transactions);
  for (std::size_t i = 0; i < waiting_; ++i) {
    if (judges_identity_ && is_known(i)) continue;
    if (apply(transactions[i], numbers_[i]) && judges_identity_) executions_.note(i);
    const auto at = transactions[i].executed_at;
    period_.first = std::min(period_.first.value_or(at), at);
    period_.last = std::max(period_.last.value_or(at), at);
  }
  waiting_ = 0;
}

// Whether an execution was applied before: then it is counted, or refused, and no more.
bool Replay::is_known(std::size_t waiting) {
  const auto known = executions_.find(waiting);
  // What is not valid is nothing else: the core says why.
  if (!known || !runs_.front()->core().unit_value(batch_[waiting])) return false;
  if (known->is_duplicate) {
    for (auto* run : runs_) run->note_duplicate();
    return true;
  }
  console_.reject(place(numbers_[waiting]), engine::conflict_of(batch_[waiting], known->digest, "an earlier row"));
  for (auto* run : runs_) run->note_unreadable();
  return true;
}

// Whether a run has taken it.
template <class Input>
bool Replay::apply(const Input& input, std::uint64_t number) {
  bool is_applied = false;
  for (auto* run : runs_) {
    const auto rejection = run->apply(input);
    is_applied |= !rejection;
    if (!rejection) continue;
    console_.reject(place(number) + (run->name().empty() ? "" : " under " + run->name()), *rejection);
  }
  return is_applied;
}

// Of a file, whose rows nobody has judged.
void Replay::apply_once(const engine::OpeningPosition& position, std::uint64_t number) {
  if (executions_.is_duplicate(position)) {
    for (auto* run : runs_) run->note_duplicate();
  } else if (apply(position, number)) {
    executions_.note(position);
  }
}

void Replay::flush_before_next() {
  const std::size_t next = waiting_;
  flush();
  if (next != 0) std::swap(batch_[0], batch_[next]);
}

void Replay::refuse(std::uint64_t number, const engine::Rejection& rejection) {
  flush();  // what stands before it in the file is named before it
  console_.reject(place(number), rejection);
  for (auto* run : runs_) run->note_unreadable();
}

std::optional<engine::Rejection> Replay::is_ahead(std::string_view field, Timestamp instant) const {
  const std::int64_t ahead_max = std::chrono::nanoseconds(options_.ahead_max).count();
  return engine::ahead_of_clock(field, instant, latest_, {system_now(), {}}, ahead_max);
}

void Replay::take_market(ingest::MarketReader& market, Timestamp until) {
  while (const auto row = market.next(until)) take(*row);
}

void Replay::take_first_rates(ingest::MarketReader& market, Timestamp until) {
  while (const auto row = market.next_rate(until)) take(*row);
}

void Replay::take(const ingest::MarketReader::Row& row) {
  flush_before_next();
  const auto of_transactions = std::exchange(source_, std::string(row.path) + ":");
  std::visit(Overloaded{[&](const ingest::BadRow& bad) { refuse(bad.line, bad.rejection); },
                        [&](const auto& input) {
                          if (const auto ahead = is_ahead("at", input.at)) return refuse(row.line, *ahead);
                          apply_market(input, row.line);
                        }},
             row.value);
  source_ = of_transactions;
}

void Replay::apply_market(const auto& input, std::uint64_t number) {
  if (options_.to && input.at >= *options_.to) return;
  latest_ = std::max(latest_.value_or(input.at), input.at);
  apply(input, number);
}

template <class Reader>
void Replay::read_rows(const std::string& path) {
  if (path.empty()) return;
  const auto of_transactions = std::exchange(source_, path + ":");
  Reader reader(path);
  while (const auto row = reader.next()) {
    std::visit(Overloaded{[&](const ingest::BadRow& bad) { refuse(bad.line, bad.rejection); },
                          [&](const engine::OpeningPosition& position) { apply_once(position, reader.line()); },
                          [&](const auto& input) { apply(input, reader.line()); }},
               *row);
  }
  source_ = of_transactions;
}

void Replay::read_files(const ingest::Format& format) {
  const std::string& path = options_.transactions_path;
  source_ = path + ":";
  judges_identity_ = true;
  ingest::TransactionReader reader(path, format);
  ingest::MarketReader market(options_.prices_path, options_.rates_path);
  read_rows<ingest::InstrumentReader>(options_.instruments_path);
  std::error_code unknown;
  const auto bytes = std::filesystem::file_size(path, unknown);
  const std::uint64_t total = unknown ? 0 : bytes;
  std::uint64_t rows = 0;
  std::optional<Timestamp> latest_read;  // executed_at of all rows so far, those that are left out too
  ingest::BadRow bad;
  while (true) {
    const auto step = reader.read(next(), bad);
    if (step == ingest::Step::kEnd) break;
    if (step == ingest::Step::kBadRow) {
      refuse(bad.line, bad.rejection);
    } else if (const auto ahead = is_ahead("executed_at", next().executed_at)) {
      refuse(reader.line(), *ahead);
    } else {
      const Timestamp at = next().executed_at;
      if (!latest_read) {
        take_first_rates(market, at);
        read_rows<ingest::PositionReader>(options_.positions_path);
      }
      latest_read = std::max(latest_read.value_or(at), at);
      take_market(market, *latest_read);
      keep(reader.line());
    }
    if (++rows % kBatch == 0) console_.progress(reader.bytes_read(), total, rows);
  }
  flush();
  if (!latest_read) read_rows<ingest::PositionReader>(options_.positions_path);
  take_market(market, kTimestampMax);
  console_.note_filtered(path, reader.rows_skipped());
}

void Replay::read_store(const store::DatabaseConfig& database) {
  source_ = store::describe(database) + " input ";
  const auto reader = store::open_reader(database);
  std::uint64_t total = 0;
  for (const auto& cursor : reader->cursors()) {
    if (cursor.stream_id == store::kEngineCursor) total = cursor.sequence;
  }
  std::uint64_t transactions = 0;
  reader->replay(0, [&](const store::AppliedInput& applied) {
    std::visit(Overloaded{[&](const store::TransactionInput& input) {
                            ++transactions;
                            next() = input.transaction;
                            keep(applied.apply_seq);
                          },
                          [&](const store::TickInput& tick) {
                            if (!is_in_range(tick.time)) return;
                            flush();
                            for (auto* run : runs_) run->tick(tick.time);
                          },
                          [&](const engine::OpeningPosition& position) {
                            flush();
                            apply(position, applied.apply_seq);
                          },
                          [&](const engine::MarketPrice& price) {
                            flush();
                            apply_market(price, applied.apply_seq);
                          },
                          [&](const engine::ExchangeRate& rate) {
                            flush();
                            apply_market(rate, applied.apply_seq);
                          },
                          [&](const engine::Instrument& instrument) {
                            flush();
                            apply(instrument, applied.apply_seq);
                          },
                          [](const store::RulesInput&) {}},
               applied.input);
    if (applied.apply_seq % kBatch == 0) console_.progress(applied.apply_seq, total, transactions);
  });
  flush();
}

}  // namespace

Period replay_history(const Options& options, std::span<RuleSetRun* const> runs, Console& console) {
  const auto& backtest = options.backtest;
  Replay replay(backtest, runs, console);
  if (backtest.from_store) {
    replay.read_rows<ingest::PositionReader>(backtest.positions_path);
    replay.read_store(options.database);
  } else {
    replay.read_files(options.input_format.format);
  }
  return replay.period();
}

}  // namespace risk::riskctl
