#include "riskctl/backtest/history.hpp"

#include <algorithm>
#include <filesystem>

#include "risk/base/overloaded.hpp"
#include "risk/engine/awaiting.hpp"
#include "risk/engine/intake.hpp"
#include "risk/ingest/csv.hpp"
#include "risk/ingest/market.hpp"
#include "risk/store/reader.hpp"
#include "riskctl/backtest/applied_executions.hpp"
#include "riskctl/backtest/pending_adjustments.hpp"

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

  // Prices, rates and adjustments beside the transactions up to an instant, or before the first transaction the rates
  // alone.
  void take_market(ingest::MarketReader& market, Timestamp until);
  void take_first_rates(ingest::MarketReader& market, Timestamp until);
  void take(const ingest::MarketReader::Row& row);
  // A price or a rate.
  void apply_market(const auto& input, std::uint64_t number);

  // The adjustments that an input reaches.
  void apply_due(Timestamp reached);
  // All names of an execution's or a reversal's symbol, its own first.
  std::vector<std::string> names_of(const engine::Transaction& transaction) const {
    return runs_.front()->core().names_of(transaction.symbol.text);
  }
  // Of an execution, under each of them.
  std::vector<engine::ExecutionDigest> identities_of(const engine::Transaction& transaction) const;

  // Whether a run has taken it.
  template <class Input>
  bool apply(const Input& input, std::uint64_t number);
  // The same of what `to_run` gives to a run, as the next input.
  bool put(std::uint64_t number, const auto& to_run);
  void apply_once(const engine::OpeningPosition& position, std::uint64_t number);
  bool is_known(std::size_t waiting);
  // One of a file, which was not applied before.
  void apply_new(std::size_t waiting);
  // A bust or a correction of a file.
  void reverse(std::size_t waiting);
  // Whether a run has taken it back.
  bool reverse(const engine::Transaction& reversal, const engine::ExecutionDigest& digest,
               const AppliedExecutions::Applied& original, std::uint64_t number);
  // It was applied last.
  void note(const engine::Transaction& transaction, const engine::ExecutionDigest& digest, bool is_counted_only);
  // What has awaited the execution or correction that was applied last.
  void apply_awaiting(const engine::Transaction& execution);
  void refuse_awaiting(const engine::Awaiting<std::uint64_t>::Reversal& awaiting);
  // As that of each run. Of a store `number` is what stored reversals name it by; of positions before it, 0.
  void number_next(std::uint64_t number);
  void take_stored(const store::TransactionInput& input, std::uint64_t number);
  void refuse(std::uint64_t number, const engine::Rejection& rejection);
  std::string place(std::uint64_t number) const { return source_ + std::to_string(number); }

  const BacktestOptions& options_;
  std::span<RuleSetRun* const> runs_;
  Console& console_;
  std::string source_;  // what a number stands behind: "fills.csv:"
  std::vector<engine::Transaction> batch_;
  std::vector<std::uint64_t> numbers_;
  std::size_t waiting_ = 0;
  bool reads_store_ = false;
  bool judges_identity_ = false;  // of a file's executions: those of a store were judged
  AppliedExecutions executions_{options_.executions.broker_aliases};
  engine::Awaiting<std::uint64_t> awaiting_;  // busts and corrections that came before their execution, by line
  PendingAdjustments adjustments_;            // of a file
  std::uint64_t input_ = 0;
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
    if (!judges_identity_) {
      apply(transactions[i], numbers_[i]);
    } else if (transactions[i].is_reversal()) {
      reverse(i);
    } else if (is_known(i)) {
      continue;
    } else {
      apply_new(i);
    }
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

void Replay::number_next(std::uint64_t number) {
  input_ = judges_identity_ ? input_ + 1 : reads_store_ ? number : 0;
  for (auto* run : runs_) run->number_next(input_);
}

void Replay::apply_new(std::size_t waiting) {
  const auto& transaction = batch_[waiting];
  const engine::ExecutionDigest digest = executions_.digest(waiting);
  const engine::Awaiting<std::uint64_t>::Reversal* awaiting = nullptr;
  for (const auto& identity : identities_of(transaction)) {
    if (awaiting == nullptr) awaiting = awaiting_.find(identity);
  }
  const bool is_counted_only = awaiting != nullptr && (awaiting->transaction.kind == engine::ExecutionKind::kBust ||
                                                       runs_.front()->core().unit_value(awaiting->transaction));
  const bool is_applied = is_counted_only
                              ? put(numbers_[waiting], [&](RuleSetRun& run) { return run.count(transaction); })
                              : apply(transaction, numbers_[waiting]);
  if (!is_applied) return;
  note(transaction, digest, is_counted_only);
  apply_awaiting(transaction);
}

void Replay::reverse(std::size_t waiting) {
  const auto& reversal = batch_[waiting];
  const std::uint64_t number = numbers_[waiting];
  const auto reject = [&](const engine::Rejection& rejection) {
    console_.reject(place(number), rejection);
    for (auto* run : runs_) run->note_unreadable();
  };
  if (const auto problem = engine::value_problem(reversal)) return reject(*problem);
  const bool corrects = reversal.kind == engine::ExecutionKind::kCorrection;
  if (corrects) {
    if (const auto unit_value = runs_.front()->core().unit_value(reversal); !unit_value) {
      return reject(unit_value.error());
    }
    if (is_known(waiting)) return;
  }
  const auto reference = executions_.resolve(reversal, names_of(reversal));
  using Kind = decltype(reference.kind);
  if (reference.kind == Kind::kFound) {
    reverse(reversal, executions_.digest(waiting), *reference.known, number);
  } else if (reference.kind == Kind::kRepeated || (reference.kind == Kind::kBusted && !corrects)) {
    for (auto* run : runs_) run->note_duplicate();
  } else if (const auto problem = engine::reference_problem(reversal, reference)) {
    reject(*problem);
  } else {
    engine::Awaiting<std::uint64_t>::Reversal awaiting{number, reversal, executions_.digest(waiting),
                                                       executions_.reference_digests_of(reversal), 0};
    if (awaiting_.has(awaiting)) {
      for (auto* run : runs_) run->note_duplicate();
      return;
    }
    if (const auto oldest = awaiting_.add(std::move(awaiting))) refuse_awaiting(*oldest);
  }
}

bool Replay::reverse(const engine::Transaction& reversal, const engine::ExecutionDigest& digest,
                     const AppliedExecutions::Applied& original, std::uint64_t number) {
  const auto taken_back = executions_.as_original(original);
  if (!put(number, [&](RuleSetRun& run) { return run.reverse(reversal, taken_back); })) return false;
  const bool corrects = reversal.kind == engine::ExecutionKind::kCorrection;
  if (corrects) note(reversal, digest, false);
  executions_.note_reversal(taken_back.input, reversal, input_);
  if (corrects) apply_awaiting(reversal);
  return true;
}

void Replay::note(const engine::Transaction& transaction, const engine::ExecutionDigest& digest, bool is_counted_only) {
  executions_.note(transaction, digest, input_, is_counted_only);
  // A correction that waits was new when it came, and may be no longer.
  while (const auto same = awaiting_.take_same(digest)) {
    const bool is_duplicate = same->digest.is_duplicate_of(digest);
    if (!is_duplicate) {
      console_.reject(place(same->origin), engine::conflict_of(same->transaction, digest, "another row"));
    }
    for (auto* run : runs_) is_duplicate ? run->note_duplicate() : run->note_unreadable();
  }
}

std::vector<engine::ExecutionDigest> Replay::identities_of(const engine::Transaction& transaction) const {
  std::vector<engine::ExecutionDigest> identities;
  if (awaiting_.size() == 0) return identities;
  engine::Transaction named = transaction;
  for (const auto& name : names_of(transaction)) {
    named.symbol.text = name;
    identities.push_back(executions_.digest_of(named));
  }
  return identities;
}

void Replay::apply_awaiting(const engine::Transaction& execution) {
  const std::uint64_t begin = input_;
  const auto take_next = [&]() -> std::optional<engine::Awaiting<std::uint64_t>::Reversal> {
    for (const auto& identity : identities_of(execution)) {
      if (auto taken = awaiting_.take(identity)) return taken;
    }
    return std::nullopt;
  };
  while (const auto awaiting = take_next()) {
    if (const auto* original = executions_.latest_of(begin)) {
      reverse(awaiting->transaction, awaiting->digest, *original, awaiting->origin);
    } else {
      console_.reject(place(awaiting->origin),
                      {"ref_transaction_id", awaiting->transaction.ref_transaction_id, "was taken back by a bust"});
      for (auto* run : runs_) run->note_unreadable();
    }
  }
}

void Replay::refuse_awaiting(const engine::Awaiting<std::uint64_t>::Reversal& awaiting) {
  console_.reject(place(awaiting.origin), {"ref_transaction_id", awaiting.transaction.ref_transaction_id,
                                           "names an execution that has not come"});
  for (auto* run : runs_) run->note_unreadable();
}

template <class Input>
bool Replay::apply(const Input& input, std::uint64_t number) {
  return put(number, [&input](RuleSetRun& run) { return run.apply(input); });
}

bool Replay::put(std::uint64_t number, const auto& to_run) {
  number_next(number);
  bool is_applied = false;
  for (auto* run : runs_) {
    const auto rejection = to_run(*run);
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
                        [&](const engine::Adjustment& adjustment) {
                          if (adjustments_.add(adjustment, row.line)) return;
                          for (auto* run : runs_) run->note_duplicate();
                        },
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
  apply_due(input.at);
  apply(input, number);
}

void Replay::apply_due(Timestamp reached) {
  if (!adjustments_.is_due(reached)) return;
  flush_before_next();
  const auto of_transactions = std::exchange(source_, options_.adjustments_path + ":");
  while (const auto due = adjustments_.take_due(reached)) {
    if (!options_.to || due->adjustment.effective_at < *options_.to) apply(due->adjustment, due->line);
  }
  source_ = of_transactions;
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
  ingest::MarketReader market({options_.prices_path, options_.rates_path, options_.adjustments_path});
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
      apply_due(*latest_read);
      keep(reader.line());
    }
    if (++rows % kBatch == 0) console_.progress(reader.bytes_read(), total, rows);
  }
  flush();
  if (!latest_read) read_rows<ingest::PositionReader>(options_.positions_path);
  take_market(market, kTimestampMax);
  while (const auto awaiting = awaiting_.take_oldest()) refuse_awaiting(*awaiting);
  console_.note_filtered(path, reader.rows_skipped());
}

void Replay::take_stored(const store::TransactionInput& input, std::uint64_t number) {
  const auto& transaction = input.transaction;
  if (!input.original && !input.counted_only) {
    next() = transaction;
    return keep(number);
  }
  if (!is_in_range(transaction.executed_at)) return;
  flush();
  if (input.original) {
    put(number, [&input](RuleSetRun& run) { return run.reverse(input.transaction, *input.original); });
  } else {
    put(number, [&input](RuleSetRun& run) { return run.count(input.transaction); });
  }
}

void Replay::read_store(const store::DatabaseConfig& database) {
  source_ = store::describe(database) + " input ";
  reads_store_ = true;
  const auto reader = store::open_reader(database);
  std::uint64_t total = 0;
  for (const auto& cursor : reader->cursors()) {
    if (cursor.stream_id == store::kEngineCursor) total = cursor.sequence;
  }
  std::uint64_t transactions = 0;
  reader->replay(0, [&](const store::AppliedInput& applied) {
    std::visit(Overloaded{[&](const store::TransactionInput& input) {
                            ++transactions;
                            take_stored(input, applied.apply_seq);
                          },
                          [&](const store::TickInput& tick) {
                            if (!is_in_range(tick.time)) return;
                            flush();
                            number_next(applied.apply_seq);
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
                          [&](const engine::HeldPriceDecision& decision) {
                            if (!is_in_range(decision.at)) return;
                            flush();
                            number_next(applied.apply_seq);
                            for (auto* run : runs_) run->apply(decision);
                          },
                          [&](const engine::Adjustment& adjustment) {
                            if (options_.to && adjustment.effective_at >= *options_.to) return;
                            flush();
                            apply(adjustment, applied.apply_seq);
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
