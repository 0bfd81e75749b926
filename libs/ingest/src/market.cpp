#include "risk/ingest/market.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "risk/base/check.hpp"
#include "risk/base/overloaded.hpp"
#include "risk/engine/rules.hpp"

namespace risk::ingest {

// A file whose next row is read ahead.
template <class Reader>
class MarketReader::Source {
 public:
  explicit Source(const std::string& path) : path_(path), reader_(path) { read(); }

  bool has_row() const { return row_.has_value(); }
  // When the next row is due: not before the one in front of it. Precondition: has_row().
  Timestamp due() const { return due_; }
  Row take() {
    Row row = *std::exchange(row_, std::nullopt);
    read();
    return row;
  }

 private:
  void read() {
    auto next = reader_.next();
    if (!next) return;
    row_ =
        Row{std::visit([this](auto& value) { return this->judged(std::move(value)); }, *next), path_, reader_.line()};
    if (!std::holds_alternative<BadRow>(row_->value)) due_ = std::max(due_, instant_of(row_->value));
  }

  template <class T>
  Value judged(T value) const {
    if constexpr (!std::is_same_v<T, BadRow>) {
      if (auto problem = engine::value_problem(value))
        return BadRow{reader_.line(), *std::move(problem), reader_.raw()};
    }
    return value;
  }

  std::string path_;
  Reader reader_;
  std::optional<Row> row_;
  Timestamp due_{kTimestampMin};
};

MarketReader::MarketReader(const std::string& prices_path, const std::string& rates_path) {
  if (!prices_path.empty()) prices_ = std::make_unique<Source<PriceReader>>(prices_path);
  if (!rates_path.empty()) rates_ = std::make_unique<Source<RateReader>>(rates_path);
}
MarketReader::~MarketReader() = default;

std::optional<MarketReader::Row> MarketReader::next(Timestamp until) {
  const bool has_price = prices_ && prices_->has_row() && prices_->due() <= until;
  const bool is_rate_due = rates_ && rates_->has_row() && (!has_price || rates_->due() <= prices_->due());
  if (is_rate_due) {
    if (auto rate = next_rate(until)) return rate;
  }
  if (has_price) return prices_->take();
  return std::nullopt;
}

std::optional<MarketReader::Row> MarketReader::next_rate(Timestamp until) {
  if (!rates_ || !rates_->has_row() || rates_->due() > until) return std::nullopt;
  return rates_->take();
}

Timestamp instant_of(const MarketReader::Value& value) {
  return std::visit(Overloaded{
                        [](const BadRow&) -> Timestamp { RISK_CHECK(!"a row that was read"); },
                        [](const auto& row) { return row.at; },
                    },
                    value);
}

}  // namespace risk::ingest
