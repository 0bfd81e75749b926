// What the engine tells others once it is stored: each alert event at once, exposures that changed at most ten times a
// second.
//
// Threads: one at a time (the writer's); status() may be set by any.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "risk-engine/processor.hpp"
#include "risk/log/writer.hpp"
#include "risk/wire/exposure.hpp"

namespace risk::risk_engine {

// How the engine does, for the page.
struct EngineStatus {
  double transactions_per_second = 0;
  std::uint64_t uncommitted_inputs = 0;
  std::vector<wire::StreamStatus> streams;
};

class Broadcaster {
 public:
  // Opens its topics behind what is stored; alert events that were missed come from `past`. Throws log::LogError.
  Broadcaster(const log::OpenWriter& open, log::WriterHandlers handlers, const Processor& stored,
              std::shared_ptr<log::History> past);

  // A batch that is stored: its alert events go out now, its rows, which are taken out of it, with the next update.
  void publish(Batch& batch);
  void set_status(EngineStatus status);
  // Sends an update when one is due, and does what is due of the log. Call at least every 100 ms.
  void service(std::chrono::steady_clock::time_point now);
  std::uint64_t dropped_peers() const { return log_->dropped_peers(); }  // any thread, until close()
  void close(std::chrono::milliseconds timeout);

  std::string address() const { return log_->address(); }

 private:
  static constexpr std::size_t kTransactionsMax = 100;
  static constexpr std::size_t kRowsPerUpdate = 2'000;  // keeps a record well below log::kRecordBytesMax

  void send_update();

  std::unique_ptr<log::Writer> log_;
  using Rows = std::unordered_map<std::string, engine::ExposureRow>;
  Rows clients_, symbols_;  // changed since the last update
  std::optional<engine::ExposureRow> firm_;
  std::deque<wire::AppliedTransaction> transactions_;
  std::uint64_t apply_seq_ = 0;
  std::optional<Timestamp> now_;
  std::uint64_t transactions_total_ = 0;
  std::uint64_t quarantined_total_ = 0;
  wire::Waiting waiting_;
  bool changed_ = false;
  std::chrono::steady_clock::time_point last_update_{};

  std::mutex mutex_;  // guards the status
  EngineStatus status_;
};

}  // namespace risk::risk_engine
