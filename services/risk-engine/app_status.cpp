// What an App says of itself: health, metrics, and the status that goes with the exposures.
#include <utility>

#include "risk-engine/app.hpp"
#include "risk/service/log.hpp"

namespace risk::risk_engine {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kReportInterval{1000};
constexpr std::chrono::seconds kCommitPatience{10};

}  // namespace

// A database that neither answers nor fails.
void App::watch_commit(Clock::time_point now) {
  const bool is_late = !writer_->idle() && now - writing_since_ > kCommitPatience;
  if (is_late && !database_is_away_) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - writing_since_).count();
    health_.not_met("database", "a write has waited for " + std::to_string(seconds) + " s");
  } else if (commit_is_late_ && !is_late) {
    health_.met("database");
  }
  commit_is_late_ = is_late;
}

void App::report_status() {
  const auto now = Clock::now();
  const std::chrono::duration<double> seconds = now - reported_at_;
  if (now - reported_at_ < kReportInterval) return;
  watch_commit(now);
  const auto& counters = processor_->counters();
  EngineStatus status;
  if (reported_at_ != Clock::time_point{}) {
    status.transactions_per_second =
        static_cast<double>(counters.transactions - reported_transactions_) / seconds.count();
  }
  reported_at_ = now;
  reported_transactions_ = counters.transactions;
  status.uncommitted_inputs = processor_->pending_records();
  double lag = 0, up = 0;
  const auto streams = transactions_->streams();
  report_rivals(log::conflicts(streams));
  report_waiting();
  for (const auto& stream : streams) {
    auto& told = status.streams.emplace_back(
        wire::StreamStatus{std::string(stream.stream().text), stream.publisher, stream.delivered.fields().sequence,
                           stream.announced.fields().sequence, stream.missing, stream.is_up});
    if (const StreamClock* clock = processor_->stream_clocks().find(told.stream_id)) {
      told.recent = clock->recent();
      told.recent_late = clock->recent_late();
      told.lead_nanos = processor_->stream_clocks().lead_of(told.stream_id);
    }
    if (const auto* cursor = processor_->find_cursor(told.stream_id)) {
      told.duplicates = cursor->duplicates;
      told.conflicts = cursor->conflicts;
    }
    lag += static_cast<double>(stream.lag());
    up += stream.is_up ? 1 : 0;
  }
  report_late(status.streams);
  writer_->broadcaster().set_status(std::move(status));
  gauges_->update(counters);
  gauges_->open_alerts.set(static_cast<double>(processor_->open_alerts()));
  gauges_->uncommitted.set(static_cast<double>(processor_->pending_records()));
  gauges_->remembered.set(static_cast<double>(processor_->executions().remembered()));
  gauges_->remembered_bytes.set(static_cast<double>(processor_->executions().memory_bytes()));
  gauges_->lag.set(lag);
  gauges_->streams.set(up);
  gauges_->update(transactions_->counters());
  gauges_->update_dropped_peers(requests_server_->dropped_peers() + writer_->broadcaster().dropped_peers());
}

void App::report_rivals(const std::string& conflicts) {
  if (conflicts.empty()) return health_.met(kPublishersCondition);
  health_.not_met(kPublishersCondition, conflicts);
}

// A person is called for conflicts, and for what has awaited its execution for long. The engine decides about held
// prices by itself, as about what awaits its execution.
void App::report_waiting() {
  const auto conflicts = processor_->counters().conflicts;
  const auto waiting = processor_->waiting();
  if (conflicts > reported_conflicts_) {
    service::log_warning("executions conflict with such as were applied",
                         {{"conflicts", conflicts - reported_conflicts_}, {"waiting_conflicts", waiting.conflicts}});
  }
  reported_conflicts_ = conflicts;
  gauges_->update(waiting);
  const auto counted = [](std::uint64_t count, const std::string& one, const std::string& many) {
    return count == 0 ? "" : std::to_string(count) + " " + (count == 1 ? one : many);
  };
  health_.warn("quarantine",
               counted(waiting.conflicts, "conflict waits for a decision", "conflicts wait for a decision"));
  const std::string hours = std::to_string(Processor::kOverdueAfter.count()) + " h for its execution";
  health_.warn("busts and corrections",
               counted(processor_->overdue_executions(system_now()), "has waited more than " + hours,
                       "have each waited more than " + hours));
}

// The streams that are late, and how far each is ahead: the one whose clock is wrong is as a rule the one that is not.
void App::report_late(const std::vector<wire::StreamStatus>& streams) {
  std::string late, leads;
  for (const auto& stream : streams) {
    const std::string name = printable(stream.publisher) + " (" + stream.stream_id.substr(0, 8) + ")";
    gauges_->update(stream);
    const StreamClock* clock = processor_->stream_clocks().find(stream.stream_id);
    if (clock != nullptr && clock->is_late(system_now())) {
      late += (late.empty() ? "" : ", ") + name + ": " + std::to_string(stream.recent_late) + " of its last " +
              std::to_string(stream.recent) + " transactions are late";
    }
    if (stream.lead_nanos && *stream.lead_nanos > 0) {
      leads = "; " + name + " is " + format_rounded(*stream.lead_nanos, 9, 3) + " s ahead of the others";
    }
  }
  health_.warn("transaction streams", late.empty() ? "" : late + leads);
}

}  // namespace risk::risk_engine
