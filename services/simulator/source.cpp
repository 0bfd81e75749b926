#include "simulator/source.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "risk/engine/intake.hpp"
#include "risk/engine/rules.hpp"
#include "risk/ingest/market.hpp"

namespace risk::simulator {
namespace {

using std::chrono::microseconds;

constexpr microseconds kTickInterval = std::chrono::seconds{1};

class GeneratedSource : public InputSource {
 public:
  GeneratedSource(const GeneratorOptions& options, Timestamp start, std::uint64_t count)
      : generator_(options, start), start_(start), endless_(count == 0), left_(count) {}

  const Item* next() override {
    if (!endless_ && left_ == 0) return nullptr;
    const auto due = generator_.next(item_.input);
    item_.due = std::chrono::duration_cast<microseconds>(due);
    if (std::holds_alternative<engine::Transaction>(item_.input)) --left_;
    return &item_;
  }

  std::optional<Timestamp> time_at(microseconds elapsed) const override {
    return Timestamp{start_.nanos + elapsed.count() * kNanosPerMicro};
  }

 private:
  Generator generator_;
  Timestamp start_;
  bool endless_;
  std::uint64_t left_;
  Item item_;
};

// A row as an input, with where and when it was read; what no core can apply as a RejectedInput with raw().
template <class Value>
void set_input(Item& item, Value value, std::uint64_t line, const auto& raw) {
  item.provenance.line = line;
  item.provenance.received_at = system_now();
  if constexpr (std::is_same_v<Value, ingest::BadRow>) {
    item.input = wire::RejectedInput{std::move(value.rejection), std::move(value.raw)};
  } else if (auto problem = engine::value_problem(value)) {
    item.input = wire::RejectedInput{*std::move(problem), raw()};
  } else {
    item.input = std::move(value);
  }
}

// The next row of a file as an input; false at the end.
template <class Reader>
bool read_input(Reader& reader, Item& item) {
  auto row = reader.next();
  if (!row) return false;
  std::visit([&](auto& value) { set_input(item, std::move(value), reader.line(), [&] { return reader.raw(); }); },
             *row);
  return true;
}

// Of a path, what everybody may know: the quarantine is shown to whoever sees the page.
std::string file_name(const std::string& path) {
  return printable(std::filesystem::path(path).filename().string());
}

// All rows of a file, due at the start.
template <class Reader>
class RowSource : public InputSource {
 public:
  explicit RowSource(const std::string& path) : reader_(path) { item_.provenance.source = file_name(path); }

  const Item* next() override { return read_input(reader_, item_) ? &item_ : nullptr; }
  std::optional<Timestamp> time_at(microseconds) const override { return std::nullopt; }

 private:
  Reader reader_;
  Item item_;
};

class ReplaySource : public InputSource {
 public:
  ReplaySource(const ReplayFiles& files, Speed speed, std::chrono::milliseconds ahead_max)
      : reader_(files.transactions, files.format),
        market_({files.prices, files.rates, files.adjustments}),
        speed_(speed),
        ahead_max_nanos_(std::chrono::nanoseconds(ahead_max).count()) {
    if (!files.instruments.empty()) {
      instruments_ = std::make_unique<RowSource<ingest::InstrumentReader>>(files.instruments);
    }
    if (!files.positions.empty()) positions_ = make_position_source(files.positions);
    transaction_.provenance.source = file_name(files.transactions);
  }

  const Item* next() override {
    if (instruments_) {
      if (const Item* instrument = instruments_->next()) return instrument;
      instruments_.reset();
    }
    if (!has_row_ && !at_end_) read_row();
    if (has_row_ && std::holds_alternative<wire::RejectedInput>(transaction_.input)) return take_row();
    if (const Item* item = next_before_all()) return item;
    if (auto row = market_.next(at_end_ ? kTimestampMax : latest_)) return take(*std::move(row));
    return has_row_ ? take_row() : nullptr;
  }

  std::optional<Timestamp> time_at(microseconds elapsed) const override {
    if (!first_ || speed_ == Speed::max()) return std::nullopt;
    const Int128 passed = Int128{elapsed.count()} * kNanosPerMicro * speed_.factor;
    const Int128 left = Int128{kTimestampMax.nanos} - first_->nanos;
    return Timestamp{first_->nanos + static_cast<std::int64_t>(std::min(passed, left))};
  }

  std::uint64_t rows_skipped() const override { return reader_.rows_skipped(); }

 private:
  void read_row() {
    has_row_ = read_input(reader_, transaction_);
    at_end_ = !has_row_;
    const auto* transaction = std::get_if<engine::Transaction>(&transaction_.input);
    if (!has_row_ || transaction == nullptr) return;
    const Timestamp at = transaction->executed_at;
    if (engine::ahead_of_clock("executed_at", at, latest_, {system_now(), {}}, ahead_max_nanos_)) return;
    latest_ = std::max(latest_, at);
  }

  // Of the rates up to the first transaction and the opening positions the next one.
  const Item* next_before_all() {
    if (!is_before_all_) return nullptr;
    if (has_row_) {
      if (auto row = market_.next_rate(latest_)) return take(*std::move(row));
    }
    if (positions_) {
      if (const Item* position = positions_->next()) return position;
      positions_.reset();
    }
    is_before_all_ = false;
    return nullptr;
  }

  const Item* take(ingest::MarketReader::Row row) {
    market_item_.provenance.source = file_name(std::string(row.path));
    // An adjustment is not waited for: its instant may be years away, and the engine holds it.
    const bool has_time =
        !std::holds_alternative<ingest::BadRow>(row.value) && !std::holds_alternative<engine::Adjustment>(row.value);
    const auto at = has_time ? std::optional(ingest::instant_of(row.value)) : std::nullopt;
    const auto no_raw = [] { return std::string(); };  // what would need it is a BadRow already
    std::visit([&](auto& value) { set_input(market_item_, std::move(value), row.line, no_raw); }, row.value);
    if (at && at_end_ && !first_) first_ = at;
    return due_at(market_item_, at);
  }

  const Item* take_row() {
    has_row_ = false;
    const auto* transaction = std::get_if<engine::Transaction>(&transaction_.input);
    if (transaction == nullptr) return due_at(transaction_, std::nullopt);
    if (!first_) first_ = transaction->executed_at;
    return due_at(transaction_, transaction->executed_at);
  }

  // What comes before the first transaction is due at once.
  const Item* due_at(Item& item, std::optional<Timestamp> at) {
    if (at && first_ && speed_ != Speed::max()) {
      due_ = std::max(due_, microseconds{(at->micros() - first_->micros()) / speed_.factor});
    }
    item.due = due_;
    return &item;
  }

  ingest::TransactionReader reader_;
  ingest::MarketReader market_;
  std::unique_ptr<InputSource> instruments_;  // null: none, or all are taken
  std::unique_ptr<InputSource> positions_;    // null: none, or all are taken
  Speed speed_;
  std::int64_t ahead_max_nanos_;
  bool has_row_ = false;             // that was read and is still to come: transaction_
  bool at_end_ = false;              // of the transactions
  bool is_before_all_ = true;        // no transaction, price or position has come
  Timestamp latest_{kTimestampMin};  // executed_at of the rows read so far
  std::optional<Timestamp> first_;   // which is due at 0
  microseconds due_{0};              // of the last item
  Item transaction_, market_item_;
};

}  // namespace

std::unique_ptr<InputSource> make_generated_source(const GeneratorOptions& options, Timestamp start,
                                                   std::uint64_t count) {
  return std::make_unique<GeneratedSource>(options, start, count);
}

std::unique_ptr<InputSource> make_replay_source(const ReplayFiles& files, Speed speed,
                                                std::chrono::milliseconds ahead_max) {
  return std::make_unique<ReplaySource>(files, speed, ahead_max);
}

std::unique_ptr<InputSource> make_position_source(const std::string& path) {
  return std::make_unique<RowSource<ingest::PositionReader>>(path);
}

Feed::Feed(std::unique_ptr<InputSource> positions, std::unique_ptr<InputSource> source)
    : positions_(std::move(positions)), source_(std::move(source)), next_tick_(kTickInterval) {}

const Item* Feed::next() {
  if (positions_) {
    if (const Item* position = positions_->next()) return position;
    positions_.reset();
  }
  if (pending_ == nullptr) pending_ = source_->next();
  if (pending_ == nullptr) return nullptr;
  if (next_tick_ <= pending_->due) {
    if (const auto time = source_->time_at(next_tick_)) {
      tick_.due = next_tick_;
      tick_.input = wire::Tick{*time};
      next_tick_ += kTickInterval;
      return &tick_;
    }
  }
  return std::exchange(pending_, nullptr);
}

std::chrono::microseconds Feed::skip(std::uint64_t items) {
  std::chrono::microseconds due{0};
  while (items-- > 0) {
    const Item* item = next();
    if (item == nullptr) break;
    due = item->due;
  }
  return due;
}

}  // namespace risk::simulator
