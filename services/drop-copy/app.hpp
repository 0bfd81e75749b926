// drop-copy as a whole: one thread has the sessions and their journals, one answers for health and metrics.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "drop-copy/feed.hpp"
#include "drop-copy/net/lines.hpp"
#include "drop-copy/options.hpp"
#include "risk/log/writer.hpp"
#include "risk/service/health.hpp"
#include "risk/service/metrics.hpp"
#include "risk/service/repeated_log.hpp"
#include "risk/service/run.hpp"

namespace risk::drop_copy {

class DropCopyApp : public service::App {
 public:
  // `context` must outlive it.
  DropCopyApp(Options options, service::RunContext& context);
  ~DropCopyApp() override;

  // Opens the journals, binds and begins. Throws: a journal is damaged, a port is in use.
  void start() override;
  void stop() override;

  // After start(): as bound, with the real ports.
  std::string endpoint() const { return writers_.front()->address(); }
  std::uint16_t health_port() const { return health_server_->port(); }

 private:
  class Gauges;

  void run() noexcept;
  void work();
  void say_goodbye();
  void commit();
  void open_log();
  void log_opened() const;
  void report();
  log::Writer& log() const { return *writers_.front(); }  // whose flush(), service() and close() are those of all

  Options options_;
  service::RunContext& context_;
  service::Metrics metrics_;
  service::Health health_;
  service::Pulse& working_ = health_.watch("session");
  service::RepeatedLog problem_log_{service::LogLevel::kError, "bus"};
  std::vector<std::unique_ptr<log::Writer>> writers_;  // one of each session, as those below
  std::vector<std::unique_ptr<Feed>> feeds_;
  std::vector<std::unique_ptr<Gauges>> gauges_;
  std::unique_ptr<Lines> lines_;
  std::unique_ptr<service::HealthServer> health_server_;
  service::StopSource stopping_;
  service::StopSource done_;
  std::thread thread_;
};

}  // namespace risk::drop_copy
