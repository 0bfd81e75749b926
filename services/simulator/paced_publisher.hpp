// Publishes a feed on time: each item at its own instant on an absolute schedule, so that a late one does not shift the
// others; what is due together travels together.
//
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "risk/log/writer.hpp"
#include "risk/service/repeated_log.hpp"
#include "risk/service/run.hpp"
#include "simulator/source.hpp"

namespace risk::simulator {

struct PublisherTotals {
  std::uint64_t transactions = 0;
  std::uint64_t busts = 0;        // among the transactions
  std::uint64_t corrections = 0;  // the same
  std::uint64_t opening_positions = 0;
  std::uint64_t instruments = 0;
  std::uint64_t adjustments = 0;
  std::uint64_t market_prices = 0;
  std::uint64_t exchange_rates = 0;
  std::uint64_t ticks = 0;
  std::uint64_t rejected_rows = 0;

  std::uint64_t published() const {
    return transactions + opening_positions + instruments + adjustments + market_prices + exchange_rates + ticks +
           rejected_rows;
  }
};

class PacedPublisher {
 public:
  // Called every 100 ms and at the end, with how late the last item was.
  using Report = std::function<void(const PublisherTotals&, std::chrono::duration<double> behind)>;

  // Appends to the topic "transactions", open. `log` and `stop` must outlive it.
  PacedPublisher(log::Writer& log, const service::StopSource& stop, Report report);

  // Until the feed ends or a stop is requested; the feed's times count from `start`. Returns whether the feed ended.
  bool run(Feed& feed, std::chrono::steady_clock::time_point start);

  const PublisherTotals& totals() const { return totals_; }

 private:
  using Clock = std::chrono::steady_clock;

  void publish(const Item& item, Timestamp received_at);
  void count(const Item& item);
  void idle_until(Clock::time_point due);
  void report_if_due(Clock::time_point now);

  log::Writer& log_;
  const service::StopSource& stop_;
  Report report_;
  service::RepeatedLog rejected_log_{service::LogLevel::kWarning, "row cannot be applied"};  // the quarantine has all
  PublisherTotals totals_;
  Clock::duration behind_{};
  wire::Provenance provenance_;  // of the item at hand, as payload_
  std::string payload_;
  Clock::time_point reported_{};
};

}  // namespace risk::simulator
