// What a channel's subscription says of the engine's stream.
#include "alert-notifier/alert_receiver.hpp"

#include <atomic>
#include <mutex>
#include <optional>

#include "alert-notifier/channels/log.hpp"
#include "engine_end.hpp"
#include "fixture.hpp"
#include "risk/log/memory.hpp"
#include "risk/settings/log.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::notifier;
using Catch::Matchers::ContainsSubstring;
using notifier::test::Engine;
using notifier::test::exposure_alert;
using notifier::test::Past;
using notifier::test::until;

namespace {

// A receiver and its delivery, on a log in memory.
struct Receiving {
  Receiving(const log::MemoryLog& log, StreamPositions positions) {
    AlertReceiverOptions options;
    options.engines = log.source();
    receiver.emplace(options, std::move(positions),
                     AlertReceiverParts{delivery, metrics, health,
                                        [this](const log::Position& here) {
                                          begun_after = here;
                                          has_begun = true;
                                          return here;
                                        },
                                        [](const auto&) {}});
  }
  ~Receiving() {
    receiver.reset();
    delivery.begin_stop();
    delivery.end_stop(std::chrono::steady_clock::now());
  }
  bool comes_to(const log::Position& position) {
    return until([&] {
      const std::lock_guard lock(mutex);
      return reached == position;
    });
  }
  double received() { return metrics.counter("notifier_alert_events_total", "", {{"channel", "log"}}).value(); }

  std::mutex mutex;
  log::Position reached;      // guarded by the mutex
  log::Position begun_after;  // read after has_begun
  std::atomic<bool> has_begun{false};
  service::Metrics metrics;
  service::Health health;
  Delivery delivery{std::make_unique<LogChannel>(),
                    DeliveryOptions{},
                    {metrics, health,
                     [this](const Progress& progress) {
                       const std::lock_guard lock(mutex);
                       reached = progress.position;
                     },
                     [](Undelivered, const std::function<void()>&) {}}};
  std::optional<AlertReceiver> receiver;
};

std::vector<log::Position> raise(log::Writer& engine, std::uint64_t first, std::uint64_t last) {
  std::vector<log::Position> positions;
  for (auto id = first; id <= last; ++id) {
    positions.push_back(engine.append(wire::kAlertsTopic, wire::encode(exposure_alert(id))));
  }
  return positions;
}

}  // namespace

TEST_CASE("a channel goes on behind its position, and is not told again what it was told ahead of others") {
  const log::MemoryLog log;
  const auto engine = log.writer("risk-engine")({{wire::kAlertsTopic}}, {});
  const auto alerts = raise(*engine, 1, 6);
  Receiving channel(log, {{alerts[1], {alerts[3].fields().sequence, alerts[4].fields().sequence}}});
  REQUIRE(channel.comes_to(alerts[5]));
  CHECK(channel.received() == 2);  // the third and the sixth
  CHECK_FALSE(channel.has_begun);
}

TEST_CASE("a channel that never heard an engine begins where the engine is, and tells what comes from there on") {
  const log::MemoryLog log;
  const auto engine = log.writer("risk-engine")({{wire::kAlertsTopic}}, {});
  const auto before = raise(*engine, 1, 3);
  Receiving channel(log, {});
  REQUIRE(until([&] { return channel.has_begun.load(); }));
  CHECK(channel.begun_after == before.back());
  const auto after = raise(*engine, 4, 5);
  REQUIRE(channel.comes_to(after.back()));
  CHECK(channel.received() == 2);
}

TEST_CASE("two engines that publish one stream of alerts make the notifier unready, with both named") {
  const auto past = std::make_shared<Past>();
  Engine first(past), twin(past);
  service::Metrics metrics;
  service::Health health;
  Delivery delivery(std::make_unique<LogChannel>(), DeliveryOptions{},
                    {metrics, health, [](const Progress&) {}, [](Undelivered, const std::function<void()>&) {}});
  AlertReceiverOptions options;
  options.engines = settings::source_at({first.endpoint(), twin.endpoint()}, settings::CurveOptions{}, "risk-engine");
  AlertReceiver receiver(options, {},
                         AlertReceiverParts{delivery, metrics, health, [](const log::Position& here) { return here; },
                                            [](const auto&) {}});
  REQUIRE(until([&] { return health.readiness().json.find("has two publishers") != std::string::npos; }));
  CHECK_FALSE(health.readiness().ok);
  for (const auto& part : {std::string(past->stream.text), first.endpoint(), twin.endpoint()}) {
    CHECK_THAT(health.readiness().json, ContainsSubstring(part));
  }
  receiver.stop();
  delivery.begin_stop();
  delivery.end_stop(std::chrono::steady_clock::now());
}
