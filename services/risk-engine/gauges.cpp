#include "risk-engine/gauges.hpp"

#include <algorithm>

namespace risk::risk_engine {
namespace {

// Counters only rise: adds what a total of the processor has grown by.
void follow(service::Counter& counter, std::uint64_t& seen, std::uint64_t total) {
  counter.add(static_cast<double>(total - seen));
  seen = total;
}

service::Counter& adjustments(service::Metrics& registry, store::AdjustmentState state) {
  return registry.counter("risk_adjustments_total", "Splits, renames and set positions by what became of them",
                          {{"state", std::string(to_string(state))}});
}

}  // namespace

Gauges::Gauges(service::Metrics& registry)
    : metrics(registry),
      transactions(metrics.counter("risk_transactions_total", "Transactions applied")),
      late(metrics.counter("risk_late_transactions_total", "Transactions older than the engine's now")),
      adjustments_applied(adjustments(metrics, store::AdjustmentState::kApplied)),
      adjustments_refused(adjustments(metrics, store::AdjustmentState::kRefused)),
      adjustments_withdrawn(adjustments(metrics, store::AdjustmentState::kWithdrawn)),
      quarantined(metrics.counter("risk_quarantined_total", "Records that could not be applied")),
      busts(metrics.counter("risk_busted_executions_total", "Executions and corrections that busts took back")),
      corrections(metrics.counter("risk_corrected_executions_total", "Executions and corrections that were corrected")),
      missing(metrics.counter("risk_missing_records_total", "Records of transaction streams that never came")),
      alert_events(metrics.counter("risk_alert_events_total", "Changes of alerts")),
      open_alerts(metrics.gauge("risk_open_alerts", "Alerts that are open or acknowledged")),
      waiting_decisions(
          metrics.gauge("risk_waiting_conflicts", "Executions that conflict with others and wait for a person")),
      awaiting_executions(
          metrics.gauge("risk_awaiting_executions", "Busts and corrections that wait for their execution")),
      held_prices(metrics.gauge("risk_held_prices", "Prices that are held until another confirms them")),
      waiting_adjustments(metrics.gauge("risk_waiting_adjustments", "Adjustments that wait for their instant")),
      uncommitted(metrics.gauge("risk_uncommitted_inputs", "Inputs applied and not yet handed to the database")),
      remembered(metrics.gauge("risk_executions_remembered", "Executions in memory, to know duplicates by")),
      remembered_bytes(metrics.gauge("risk_executions_remembered_bytes", "Memory that they take")),
      lag(metrics.gauge("risk_stream_lag_records", "Records announced by publishers and not yet applied")),
      streams(metrics.gauge("risk_streams_up", "Transaction streams heard of lately")),
      replayed(metrics.counter("risk_replayed_records_total", "Records that came by asking for them again")),
      bad_frames(metrics.counter("risk_bad_frames_total", "Frames of publishers that were dropped")),
      rival_records(metrics.counter("risk_rival_records_total", "Records refused from a second publisher of a stream")),
      dropped_peers(
          metrics.counter("risk_dropped_peers_total", "Connections cut off that were too many or sent without end")),
      commit_seconds(metrics.histogram("risk_commit_seconds", "Time of a database commit",
                                       {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5})),
      commits(metrics.counter("risk_commits_total", "Database commits")),
      committed_inputs(metrics.counter("risk_committed_inputs_total", "Inputs committed")) {}

void Gauges::start_from(const Processor& processor) {
  seen_ = processor.counters();
  for (const auto& cursor : processor.stream_cursors()) {
    known_[cursor.stream_id] = {cursor.duplicates, cursor.conflicts};
  }
}

void Gauges::update(const ProcessorCounters& now) {
  follow(transactions, seen_.transactions, now.transactions);
  follow(late, seen_.late, now.late);
  follow(quarantined, seen_.quarantined, now.quarantined);
  follow(busts, seen_.busts, now.busts);
  follow(corrections, seen_.corrections, now.corrections);
  follow(missing, seen_.missing_records, now.missing_records);
  follow(alert_events, seen_.alert_events, now.alert_events);
  follow(adjustments_applied, seen_.adjustments_applied, now.adjustments_applied);
  follow(adjustments_refused, seen_.adjustments_refused, now.adjustments_refused);
  follow(adjustments_withdrawn, seen_.adjustments_withdrawn, now.adjustments_withdrawn);
}

void Gauges::update(const wire::Waiting& now) {
  waiting_decisions.set(static_cast<double>(now.conflicts));
  awaiting_executions.set(static_cast<double>(now.executions));
  held_prices.set(static_cast<double>(now.held_prices));
  waiting_adjustments.set(static_cast<double>(now.adjustments));
}

void Gauges::update(const log::ReaderCounters& now) {
  follow(replayed, heard_.replayed_records, now.replayed_records);
  follow(bad_frames, heard_.problems, now.problems);
  follow(rival_records, heard_.rival_records, now.rival_records);
}

void Gauges::update(const wire::StreamStatus& stream) {
  const service::Labels labels{{"stream", stream.stream_id}};
  const double recent = std::max<double>(stream.recent, 1);
  metrics.gauge("risk_stream_late_ratio", "Share of a stream's last 1,000 transactions that are late", labels)
      .set(stream.recent_late / recent);
  auto& known = known_[stream.stream_id];
  follow(metrics.counter("risk_duplicate_transactions_total",
                         "Transactions and opening positions that were applied before", labels),
         known.duplicates, stream.duplicates);
  follow(metrics.counter("risk_conflicting_transactions_total",
                         "Transactions of which the identity was applied with other figures", labels),
         known.conflicts, stream.conflicts);
  if (!stream.lead_nanos) return;
  metrics.gauge("risk_stream_lead_seconds", "How far a stream's latest execution is after that of all others", labels)
      .set(static_cast<double>(*stream.lead_nanos) / kNanosPerSecond);
}

void Gauges::update_dropped_peers(std::uint64_t now) {
  follow(dropped_peers, dropped_, now);
}

}  // namespace risk::risk_engine
