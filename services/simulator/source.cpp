#include "simulator/source.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "risk/engine/rules.hpp"

namespace risk::simulator {
namespace {

using std::chrono::microseconds;

constexpr microseconds kTickInterval = std::chrono::seconds{1};

class GeneratedSource : public InputSource {
 public:
  GeneratedSource(const GeneratorOptions& options, Timestamp start, std::uint64_t count)
      : generator_(options, start), start_(start), endless_(count == 0), left_(count) {
    item_.input = engine::Transaction{};
  }

  const Item* next() override {
    if (!endless_ && left_-- == 0) return nullptr;
    const auto due = generator_.next(std::get<engine::Transaction>(item_.input));
    item_.due = std::chrono::duration_cast<microseconds>(due);
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

// Why the rules would reject a value of a file, as far as they are known here: rates are the engine's.
template <class Value>
std::optional<engine::Rejection> rejection_of(const Value& value) {
  static const engine::RuleSet kRules;
  const auto price = engine::validate(value, kRules);
  if (price || price.error().field == "currency") return std::nullopt;
  return price.error();
}

// The next row of a file as an input with its line; false at the end.
template <class Reader>
bool read_input(Reader& reader, Item& item) {
  auto row = reader.next();
  if (!row) return false;
  item.provenance.line = reader.line();
  item.provenance.received_at = system_now();
  if (auto* bad = std::get_if<ingest::BadRow>(&*row)) {
    item.input = wire::RejectedInput{std::move(bad->rejection), std::move(bad->raw)};
  } else if (auto rejection = rejection_of(std::get<0>(*row))) {
    item.input = wire::RejectedInput{std::move(*rejection), reader.raw()};
  } else {
    item.input = std::move(std::get<0>(*row));
  }
  return true;
}

// Of a path, what everybody may know: the quarantine is shown to whoever sees the page.
std::string file_name(const std::string& path) {
  return printable(std::filesystem::path(path).filename().string());
}

class ReplaySource : public InputSource {
 public:
  ReplaySource(const std::string& path, Speed speed, const ingest::Format& format)
      : reader_(path, format), speed_(speed) {
    item_.provenance.source = file_name(path);
  }

  const Item* next() override {
    if (!read_input(reader_, item_)) return nullptr;
    if (const auto* transaction = std::get_if<engine::Transaction>(&item_.input)) {
      if (!first_) first_ = transaction->executed_at;
      item_.due = std::max(item_.due, due_of(transaction->executed_at));
    }
    return &item_;
  }

  std::optional<Timestamp> time_at(microseconds elapsed) const override {
    if (!first_ || speed_ == Speed::max()) return std::nullopt;
    const Int128 passed = Int128{elapsed.count()} * kNanosPerMicro * speed_.factor;
    const Int128 left = Int128{kTimestampMax.nanos} - first_->nanos;
    return Timestamp{first_->nanos + static_cast<std::int64_t>(std::min(passed, left))};
  }

  std::uint64_t rows_skipped() const override { return reader_.rows_skipped(); }

 private:
  microseconds due_of(Timestamp executed_at) const {
    if (speed_ == Speed::max()) return microseconds{0};
    return microseconds{(executed_at.micros() - first_->micros()) / speed_.factor};
  }

  ingest::TransactionReader reader_;
  Speed speed_;
  std::optional<Timestamp> first_;
  Item item_;
};

class PositionSource : public InputSource {
 public:
  explicit PositionSource(const std::string& path) : reader_(path) { item_.provenance.source = file_name(path); }

  const Item* next() override { return read_input(reader_, item_) ? &item_ : nullptr; }
  std::optional<Timestamp> time_at(microseconds) const override { return std::nullopt; }

 private:
  ingest::PositionReader reader_;
  Item item_;
};

}  // namespace

std::unique_ptr<InputSource> make_generated_source(const GeneratorOptions& options, Timestamp start,
                                                   std::uint64_t count) {
  return std::make_unique<GeneratedSource>(options, start, count);
}

std::unique_ptr<InputSource> make_replay_source(const std::string& path, Speed speed, const ingest::Format& format) {
  return std::make_unique<ReplaySource>(path, speed, format);
}

std::unique_ptr<InputSource> make_position_source(const std::string& path) {
  return std::make_unique<PositionSource>(path);
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
