// A channel's own subscription to the engine's alerts: goes on behind the channel's position, judges each event, and
// queues it. While the queue is full nothing is read; the engine keeps what waits. So no channel holds up another.
//
// A channel without a position has never heard an engine: its first contact becomes its position. From then on a stream
// that it does not know is one that began without it, and is told from its first event on.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "alert-notifier/delivery.hpp"
#include "alert-notifier/filter.hpp"
#include "alert-notifier/state_file.hpp"
#include "risk/log/reader.hpp"
#include "risk/service/health.hpp"
#include "risk/service/metrics.hpp"
#include "risk/service/repeated_log.hpp"

namespace risk::notifier {

struct AlertReceiverOptions {
  log::Source engines;
  Filter filter;
};

// What it works with, and tells. All must outlive it.
struct AlertReceiverParts {
  Delivery& delivery;
  service::Metrics& metrics;
  service::Health& health;
  // A channel that had no position has heard the engine, whose stream is at `here`; returns where the channel begins.
  std::function<log::Position(const log::Position& here)> first_contact;
  std::function<void(const std::string& reason)> on_death;  // by an error: nothing is read any more
};

class AlertReceiver {
 public:
  // `positions` are those that the channel has noted. Throws log::LogError: an engine's place cannot
  // be understood.
  AlertReceiver(AlertReceiverOptions options, StreamPositions positions, AlertReceiverParts parts);
  ~AlertReceiver();  // stop()

  // What it says of its stream in Health.
  static std::string condition(std::string_view channel);

  // Nothing is queued after it. Idempotent.
  void stop();

 private:
  void run();
  void meet();
  std::unique_ptr<log::Reader> make_scout();     // sees where the stream is
  std::unique_ptr<log::Reader> make_follower();  // goes on behind positions_
  static log::ReaderOptions alerts_from(log::FirstMet first_met);
  void on_record(const log::Record& record);
  void on_gap(const log::Gap& gap);
  void on_problem(std::string_view reason);
  void note_streams();

  const AlertReceiverOptions options_;
  StreamPositions positions_;
  std::map<log::StreamId, std::set<log::Position>> told_ahead_;  // what was told before something ahead of it
  const AlertReceiverParts parts_;
  const std::string channel_;
  const std::string condition_;
  service::Counter& received_;
  service::Counter& skipped_;
  service::Counter& unreadable_;
  service::Counter& missing_;
  service::RepeatedLog problem_log_{service::LogLevel::kError, "frame that cannot be read"};
  service::RepeatedLog unreadable_log_{service::LogLevel::kError, "alert event that cannot be read"};
  service::RepeatedLog missing_log_{service::LogLevel::kError, "alert events are missing"};
  service::Pulse& pulse_;
  std::set<log::StreamId> known_;
  std::unique_ptr<log::Reader> reader_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace risk::notifier
