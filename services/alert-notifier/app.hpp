// The notifier at work: for each channel a subscription to the engine's alerts, a queue and a thread.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "alert-notifier/alert_receiver.hpp"
#include "alert-notifier/channels/channel.hpp"
#include "alert-notifier/delivery.hpp"
#include "alert-notifier/options.hpp"
#include "alert-notifier/state_file.hpp"
#include "risk/service/health.hpp"
#include "risk/service/metrics.hpp"
#include "risk/service/run.hpp"

namespace risk::notifier {

// The configured channels; the log when there is none.
std::vector<std::unique_ptr<Channel>> make_channels(const Options& options);

// --test: one message through every configured channel, each outcome a line on `out`. Returns the exit status: 0 when
// all took it, 1 when one did not or none is configured.
int send_test_message(const Options& options, std::ostream& out);

class NotifierApp : public service::App {
 public:
  // `context` must outlive it.
  NotifierApp(Options options, service::RunContext& context);
  ~NotifierApp() override;

  // Throws std::runtime_error: the state file is damaged or cannot be used, the health port is in use, an engine's
  // endpoint cannot be read.
  void start() override;
  // Delivers for up to 5 s what waits; what is left is delivered after the next start.
  void stop() override;

  std::uint16_t health_port() const;  // after start()
  const service::Health& health() const { return health_; }
  service::Metrics& metrics() { return metrics_; }

 private:
  log::Position first_contact(const log::Position& here);
  void note(const std::string& channel, const Progress& progress);

  const Options options_;
  service::RunContext& context_;
  service::Metrics metrics_;
  service::Health health_;

  std::unique_ptr<StateFile> state_;
  std::unique_ptr<service::HealthServer> health_server_;
  std::vector<std::unique_ptr<Delivery>> deliveries_;
  std::unique_ptr<UndeliveredKeeper> keeper_;  // destroyed before the deliveries, whose callbacks it holds
  std::vector<std::unique_ptr<AlertReceiver>> receivers_;
  std::mutex first_contact_mutex_;
  std::optional<log::Position> first_contact_;  // since the start
  service::Teardown teardown_;
};

}  // namespace risk::notifier
