// The engine's metrics.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "risk-engine/processor.hpp"
#include "risk/log/reader.hpp"
#include "risk/service/metrics.hpp"

namespace risk::risk_engine {

struct Gauges {
  explicit Gauges(service::Metrics& registry);

  // What was before this process is not counted again.
  void start_from(const Processor& processor);
  void update(const ProcessorCounters& now);
  void update(const wire::Waiting& now);
  void update(const log::ReaderCounters& now);
  void update(const wire::StreamStatus& stream);
  void update_dropped_peers(std::uint64_t now);

  service::Metrics& metrics;
  service::Counter &transactions, &late, &adjustments_applied, &adjustments_refused, &adjustments_withdrawn,
      &quarantined, &busts, &corrections, &missing, &alert_events;
  service::Gauge &open_alerts, &waiting_decisions, &awaiting_executions, &held_prices, &waiting_adjustments,
      &uncommitted, &remembered, &remembered_bytes, &lag, &streams;
  service::Counter &replayed, &bad_frames, &rival_records, &dropped_peers;
  service::Histogram& commit_seconds;
  service::Counter &commits, &committed_inputs;

 private:
  ProcessorCounters seen_;
  log::ReaderCounters heard_;
  std::uint64_t dropped_ = 0;
  struct KnownExecutions {
    std::uint64_t duplicates = 0;
    std::uint64_t conflicts = 0;
  };
  std::map<std::string, KnownExecutions> known_;  // by stream
};

}  // namespace risk::risk_engine
