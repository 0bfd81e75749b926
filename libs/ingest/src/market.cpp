#include "risk/ingest/market.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include "risk/base/check.hpp"
#include "risk/base/overloaded.hpp"
#include "risk/engine/rules.hpp"

namespace risk::ingest {
namespace {

// The next row of a file as it is to be given on, for what no core could apply a BadRow.
template <class Reader>
std::optional<MarketReader::Row> read_row(Reader& reader, const std::string& path) {
  auto next = reader.next();
  if (!next) return std::nullopt;
  const auto judged = [&](auto& value) -> MarketReader::Value {
    if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, BadRow>) {
      if (auto problem = engine::value_problem(value)) {
        return BadRow{reader.line(), *std::move(problem), reader.raw()};
      }
    }
    return std::move(value);
  };
  return MarketReader::Row{std::visit(judged, *next), path, reader.line()};
}

bool is_bad(const MarketReader::Row& row) {
  return std::holds_alternative<BadRow>(row.value);
}

}  // namespace

// A file whose next row is read ahead.
template <class Reader>
class MarketReader::Source {
 public:
  explicit Source(const std::string& path) : path_(path), reader_(path) { read(); }

  // Whether the next row is due: it is not before the one in front of it.
  bool is_due(Timestamp until) const { return row_ && due_ <= until; }
  // Precondition: there is one.
  Timestamp due() const { return due_; }
  Row take() {
    Row row = *std::exchange(row_, std::nullopt);
    read();
    return row;
  }

 private:
  void read() {
    row_ = read_row(reader_, path_);
    if (row_ && !is_bad(*row_)) due_ = std::max(due_, instant_of(row_->value));
  }

  std::string path_;
  Reader reader_;
  std::optional<Row> row_;
  Timestamp due_{kTimestampMin};
};

// A file that is read to its end before the first row is due.
class MarketReader::Adjustments {
 public:
  explicit Adjustments(const std::string& path) : path_(path), reader_(path) {}

  // The next BadRow; when there is none any more, the others are in order.
  std::optional<Row> next_bad() {
    if (is_read_) return std::nullopt;
    while (auto row = read_row(reader_, path_)) {
      if (is_bad(*row)) return row;
      if (rows_.size() >= kAdjustmentsMax) {
        return Row{BadRow{row->line,
                          {"effective_at", format_timestamp(instant_of(row->value)),
                           "one more than " + std::to_string(kAdjustmentsMax) + ", as many as may wait"},
                          reader_.raw()},
                   path_, row->line};
      }
      rows_.push_back(*std::move(row));
    }
    is_read_ = true;
    // The next one is the last.
    std::reverse(rows_.begin(), rows_.end());
    std::stable_sort(rows_.begin(), rows_.end(),
                     [](const Row& a, const Row& b) { return instant_of(a.value) > instant_of(b.value); });
    return std::nullopt;
  }

  // Precondition of all: next_bad() has said that there is none.
  bool is_due(Timestamp until) const { return !rows_.empty() && due() <= until; }
  Timestamp due() const { return instant_of(rows_.back().value); }
  Row take() {
    Row row = std::move(rows_.back());
    rows_.pop_back();
    return row;
  }

 private:
  std::string path_;
  AdjustmentReader reader_;
  bool is_read_ = false;
  std::vector<Row> rows_;
};

MarketReader::MarketReader(const MarketFiles& files) {
  if (!files.adjustments.empty()) adjustments_ = std::make_unique<Adjustments>(files.adjustments);
  if (!files.rates.empty()) rates_ = std::make_unique<Source<RateReader>>(files.rates);
  if (!files.prices.empty()) prices_ = std::make_unique<Source<PriceReader>>(files.prices);
}
MarketReader::~MarketReader() = default;

std::optional<MarketReader::Row> MarketReader::next(Timestamp until) {
  if (adjustments_) {
    if (auto bad = adjustments_->next_bad()) return bad;
  }
  // What is due first, of one instant the one that is named first.
  std::optional<Timestamp> first;
  const auto goes_first = [&](const auto& source) {
    if (!source || !source->is_due(until) || (first && source->due() >= *first)) return false;
    first = source->due();
    return true;
  };
  const bool of_adjustments = goes_first(adjustments_);
  const bool of_rates = goes_first(rates_);
  if (goes_first(prices_)) return prices_->take();
  if (of_rates) return rates_->take();
  if (of_adjustments) return adjustments_->take();
  return std::nullopt;
}

std::optional<MarketReader::Row> MarketReader::next_rate(Timestamp until) {
  if (adjustments_) {
    if (auto bad = adjustments_->next_bad()) return bad;
  }
  if (!rates_ || !rates_->is_due(until)) return std::nullopt;
  return rates_->take();
}

Timestamp instant_of(const MarketReader::Value& value) {
  return std::visit(Overloaded{
                        [](const BadRow&) -> Timestamp { RISK_CHECK(!"a row that was read"); },
                        [](const engine::Adjustment& adjustment) { return adjustment.effective_at; },
                        [](const auto& row) { return row.at; },
                    },
                    value);
}

}  // namespace risk::ingest
