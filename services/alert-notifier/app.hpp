// The notifier at work: alerts in from the engine's stream, through the stages, out to a queue for each channel.
#pragma once

#include <atomic>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <thread>
#include <vector>

#include "alert-notifier/channels/channel.hpp"
#include "alert-notifier/delivery.hpp"
#include "alert-notifier/filter.hpp"
#include "alert-notifier/options.hpp"
#include "risk/bus/subscriber.hpp"
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

  // Throws std::runtime_error: the health port is in use, the engine's endpoint cannot be read.
  void start() override;
  // Delivers for up to 5 s what waits, and logs what is left.
  void stop() override;

  std::uint16_t health_port() const;  // after start()
  const service::Health& health() const { return health_; }
  service::Metrics& metrics() { return metrics_; }

 private:
  void listen();  // the subscriber's thread
  void on_record(const bus::Record& record);
  void on_gap(const bus::Gap& gap);
  void note_stream();

  const Options options_;
  service::RunContext& context_;
  service::Metrics metrics_;
  service::Health health_;
  service::Counter& received_;
  service::Counter& repeated_;
  service::Counter& skipped_;
  service::Counter& unreadable_;
  service::Counter& missing_;
  const Filter filter_;
  RepeatFilter repeats_;  // of the subscriber's thread
  bool stream_is_up_ = false;

  std::unique_ptr<service::HealthServer> health_server_;
  std::vector<std::unique_ptr<Delivery>> deliveries_;
  std::unique_ptr<bus::Subscriber> subscriber_;
  std::atomic<bool> stopping_{false};
  std::thread listener_;
  service::Teardown teardown_;
};

}  // namespace risk::notifier
