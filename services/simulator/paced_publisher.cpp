#include "simulator/paced_publisher.hpp"

#include <algorithm>
#include <thread>

#include "risk/base/overloaded.hpp"

namespace risk::simulator {
namespace {

using std::chrono::milliseconds;

constexpr int kBurstMax = 256;  // items between two looks at the clock
constexpr milliseconds kServiceInterval{50};
constexpr milliseconds kReportInterval{100};
}  // namespace

PacedPublisher::PacedPublisher(log::Writer& log, const service::StopSource& stop, Report report)
    : log_(log), stop_(stop), report_(std::move(report)) {}

bool PacedPublisher::run(Feed& feed, Clock::time_point start) {
  const Item* item = feed.next();
  while (item != nullptr && !stop_.stop_requested()) {
    const auto now = Clock::now();
    if (now < start + item->due) {
      idle_until(start + item->due);
      continue;
    }
    behind_ = now - (start + item->due);
    const Timestamp received_at = system_now();  // of what is made and not read
    for (int i = 0; i < kBurstMax && item != nullptr && start + item->due <= now; ++i) {
      publish(*item, received_at);
      item = feed.next();
    }
    log_.service();
    report_if_due(now);
  }
  log_.flush();
  report_(totals_, behind_);
  return item == nullptr;
}

void PacedPublisher::publish(const Item& item, Timestamp received_at) {
  provenance_ = item.provenance;
  if (!provenance_.received_at) provenance_.received_at = received_at;
  wire::encode(item.input, provenance_, payload_);
  log_.append(wire::kTransactionsTopic, payload_);
  count(item);
}

void PacedPublisher::count(const Item& item) {
  std::visit(Overloaded{
                 [&](const engine::Transaction& transaction) {
                   ++totals_.transactions;
                   totals_.busts += transaction.kind == engine::ExecutionKind::kBust;
                   totals_.corrections += transaction.kind == engine::ExecutionKind::kCorrection;
                 },
                 [&](const wire::Tick&) { ++totals_.ticks; },
                 [&](const engine::OpeningPosition&) { ++totals_.opening_positions; },
                 [&](const engine::Instrument&) { ++totals_.instruments; },
                 [&](const engine::Adjustment&) { ++totals_.adjustments; },
                 [&](const engine::MarketPrice&) { ++totals_.market_prices; },
                 [&](const engine::ExchangeRate&) { ++totals_.exchange_rates; },
                 [&](const wire::RejectedInput& rejected) {
                   ++totals_.rejected_rows;
                   rejected_log_.tell({{"file", item.provenance.source},
                                       {"line", item.provenance.line.value_or(0)},
                                       {"field", rejected.rejection.field},
                                       {"value", rejected.rejection.value},
                                       {"reason", rejected.rejection.reason}});
                 },
             },
             item.input);
}

void PacedPublisher::idle_until(Clock::time_point due) {
  log_.flush();
  log_.service();
  const auto now = Clock::now();
  report_if_due(now);
  const auto wait = std::min<Clock::duration>(due - now, kServiceInterval);
  // A stop is heard at once, but with milliseconds; what is left of one is slept away.
  const auto whole = std::chrono::floor<milliseconds>(wait);
  if (whole > milliseconds{0}) {
    stop_.wait_for(whole);
  } else if (wait > Clock::duration{0}) {
    std::this_thread::sleep_for(wait);
  }
}

void PacedPublisher::report_if_due(Clock::time_point now) {
  if (now - reported_ < kReportInterval) return;
  reported_ = now;
  report_(totals_, behind_);
}

}  // namespace risk::simulator
