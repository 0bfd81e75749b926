// The simulator as a whole: one thread publishes the feed, one answers for health and metrics.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "risk/log/writer.hpp"
#include "risk/service/health.hpp"
#include "risk/service/metrics.hpp"
#include "risk/service/repeated_log.hpp"
#include "risk/service/run.hpp"
#include "simulator/options.hpp"
#include "simulator/paced_publisher.hpp"

namespace risk::simulator {

class SimulatorApp : public service::App {
 public:
  // `context` must outlive it; a finite run asks it to stop at its end.
  SimulatorApp(Options options, service::RunContext& context);
  ~SimulatorApp() override;

  // Binds and starts publishing. Throws: a file cannot be read as a whole, a port is in use.
  void start() override;
  void stop() override;

  // After start(): as bound, with the real ports.
  std::string endpoint() const { return log_->address(); }
  std::uint16_t health_port() const { return health_server_->port(); }

 private:
  class Gauges;

  void run() noexcept;
  void publish();
  void open_log();
  void log_opened() const;
  // Until every durable consumer has everything, or a stop is requested.
  void wait_for_consumers();
  void report(const PublisherTotals& totals, std::chrono::duration<double> behind);
  std::unique_ptr<InputSource> make_generated(Timestamp start);

  Options options_;
  service::RunContext& context_;
  service::Metrics metrics_;
  service::Health health_;
  service::Pulse& publishing_ = health_.watch("publishing");
  std::unique_ptr<Gauges> gauges_;
  service::RepeatedLog problem_log_{service::LogLevel::kError, "bus"};
  std::unique_ptr<log::Writer> log_;
  std::unique_ptr<InputSource> positions_;
  std::unique_ptr<InputSource> replay_;
  std::unique_ptr<service::HealthServer> health_server_;
  service::StopSource stopping_;
  service::StopSource done_;  // the thread has published all it will
  std::thread thread_;
};

}  // namespace risk::simulator
