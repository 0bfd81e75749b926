// The risk engine: opens the store, goes on where it stopped, applies what the log brings on one thread and writes on
// another.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "risk-engine/commands.hpp"
#include "risk-engine/gauges.hpp"
#include "risk-engine/leadership.hpp"
#include "risk-engine/options.hpp"
#include "risk-engine/processor.hpp"
#include "risk-engine/snapshotter.hpp"
#include "risk-engine/writer.hpp"
#include "risk/bus/request.hpp"
#include "risk/log/reader.hpp"
#include "risk/service/health.hpp"
#include "risk/service/metrics.hpp"
#include "risk/service/repeated_log.hpp"
#include "risk/service/run.hpp"
#include "risk/store/reader.hpp"

namespace risk::risk_engine {

inline constexpr char kPublishersCondition[] = "one publisher a stream";  // of health

class App : public service::App {
 public:
  // `context` must outlive it. Without `transactions` they are read from options.transaction_endpoints.
  App(Options options, service::RunContext& context, log::Source transactions = {});
  ~App() override;

  // Returns when the health port answers; opening the store and recovery go on in the background.
  void start() override;
  void stop() override;

  // As bound, once ready; "" before.
  std::string publish_endpoint() const;
  std::string command_endpoint() const;
  std::uint16_t health_port() const;
  const service::Health& health() const { return health_; }

 private:
  void run();
  // False of these: told to stop first.
  bool open();
  bool lead();
  bool recover(store::Store& store);
  bool told_to_stop() const;
  void fail(const std::string& reason);
  void start_streams(std::unique_ptr<store::Store> store);
  void read_transactions();
  void work();
  void turn();
  void serve_requests();
  void carry_out(const std::shared_ptr<Request>& request);
  void clean_up(const std::shared_ptr<Request>& request, std::uint32_t days);
  wire::CommandReply reply_to(const wire::Command& command);
  store::Reader& reader();  // of the applying thread; throws StoreUnavailable
  // What `ask` gets of the reader that it is told, asked until the database answers. Throws Stopped.
  template <class Ask>
  auto look_up(const Ask& ask);
  void write_snapshot(store::Store& store);
  void file_identities(store::Store& store, std::uint64_t up_to);
  void hand_over();
  void note_metrics(std::chrono::steady_clock::time_point now);
  bool gathers(std::chrono::steady_clock::time_point now) const;
  void tell_committed();
  void report_status();
  void watch_commit(std::chrono::steady_clock::time_point now);
  void report_rivals(const std::string& conflicts);
  void report_waiting();
  void report_late(const std::vector<wire::StreamStatus>& streams);
  void finish(bool commit);

  const Options options_;
  service::RunContext& context_;
  const log::Source source_;        // of transactions
  store::DatabaseConfig database_;  // that of options_, and no other once it was opened
  service::Health health_;
  service::Pulse& applying_ = health_.watch("applying");
  service::Pulse& writing_ = health_.watch("writing");
  service::Metrics metrics_;
  std::unique_ptr<Gauges> gauges_;
  std::unique_ptr<service::HealthServer> health_server_;
  service::RepeatedLog missing_log_{service::LogLevel::kError, "transactions are missing"};
  service::RepeatedLog dropped_log_{service::LogLevel::kError, "a frame was dropped"};
  service::RepeatedLog bus_log_{service::LogLevel::kError, "bus"};
  service::RepeatedLog away_log_{service::LogLevel::kWarning, "the database is away, trying again"};

  std::thread thread_;  // opens, then applies; owns what follows
  std::unique_ptr<Leadership> leadership_;
  std::uint64_t term_ = 0;
  std::unique_ptr<Processor> processor_;
  std::unique_ptr<Snapshotter> snapshotter_;
  std::unique_ptr<store::Reader> reader_;  // once it was asked for
  bool other_turn_ = false;                // not a commit's
  std::unique_ptr<log::Reader> transactions_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Commands> commands_;
  std::unique_ptr<bus::RequestServer> requests_server_;
  std::vector<OnStored> on_stored_;
  std::chrono::steady_clock::time_point marked_at_{}, measured_at_{}, reported_at_{}, handed_over_at_{},
      writing_since_{};
  bool commit_is_late_ = false;
  bool is_behind_ = false;  // the log has more than one poll took
  std::uint64_t reported_transactions_ = 0, reported_conflicts_ = 0, measured_inputs_ = 0;

  std::atomic<bool> stopping_{false};
  std::atomic<bool> database_is_away_{false};          // as the writer last said
  mutable std::mutex mutex_;                           // guards what follows
  std::map<std::string, store::CursorRow> committed_;  // of streams, by id, since the applying thread told them last
  std::uint64_t filed_up_to_ = 0;                      // identities, since then; 0: none
  std::optional<store::DroppedDays> dropped_;          // as Snapshotter::write_next said, since then
  log::Reader* wakeable_ = nullptr;
  std::string publish_endpoint_, command_endpoint_;
};

}  // namespace risk::risk_engine
