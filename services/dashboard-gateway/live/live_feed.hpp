// Keeps the live model fresh, on a thread of its own: reads the database at the start, then applies the engine's
// streams; after a gap, when the engine has started again or the database was away it reads the database anew. While
// the database is away it tries again, waiting longer each time, and goes on applying what the engine sends.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "dashboard-gateway/api/database_pool.hpp"
#include "dashboard-gateway/api/system_status.hpp"
#include "dashboard-gateway/live/live_model.hpp"
#include "risk/log/reader.hpp"
#include "risk/service/health.hpp"
#include "risk/service/metrics.hpp"
#include "risk/service/repeated_log.hpp"

namespace risk::gateway {

struct LiveFeedOptions {
  log::Source engines;  // the engine's streams, with its standbys'
  std::chrono::milliseconds retry_min{250};
  std::chrono::milliseconds retry_max{5000};
  std::chrono::milliseconds refresh_interval{5000};  // of what no stream carries: the limits
};

struct LiveFeedParts {
  LiveModel& model;
  SystemStatus& status;
  service::Health& health;  // conditions "database", "one publisher a stream"; thread "live feed"
  service::Metrics& metrics;
  std::function<void(const std::string& reason)> on_death;  // by an error: nothing is shown any more as it happens
};

class LiveFeed {
 public:
  // Throws log::LogError: an engine's place cannot be understood. The parts must outlive it.
  LiveFeed(LiveFeedOptions options, LiveFeedParts parts, OpenReader open_reader);
  ~LiveFeed();  // stop()

  void stop();  // waits for the thread; idempotent

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  void work();
  void on_records(const log::Records& records);
  void note_streams();
  void note_stream(const log::StreamId& stream);
  void report_conflicts(const std::string& conflicts);
  void on_alert(std::string_view payload);
  void on_exposures(std::string_view payload);
  void read_database();
  void refresh();
  void database_lost(const std::string& reason);
  bool due(Clock::time_point at) const { return Clock::now() >= at; }

  const LiveFeedOptions options_;
  const LiveFeedParts parts_;
  const OpenReader open_reader_;
  service::Pulse& pulse_;
  service::Counter& database_errors_;
  service::Counter& bad_records_;
  service::RepeatedLog read_log_{service::LogLevel::kInfo, "database read"};
  service::RepeatedLog missed_log_{service::LogLevel::kWarning, "records missed, reading the database again"};
  service::RepeatedLog problem_log_{service::LogLevel::kError, "bad frame"};
  service::RepeatedLog bad_record_log_{service::LogLevel::kError, "record that cannot be read"};

  std::unique_ptr<store::Reader> database_;
  bool load_due_ = true;
  Clock::time_point next_attempt_;
  Clock::time_point next_refresh_;
  std::chrono::milliseconds retry_;

  std::set<log::StreamId> known_;  // streams heard so far
  std::unique_ptr<log::Reader> reader_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// Reads everything the live model starts from. Throws as the reader does.
LiveLoad read_live_load(store::Reader& reader, const LiveModel& model);

}  // namespace risk::gateway
