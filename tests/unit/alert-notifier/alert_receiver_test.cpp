// What a channel's subscription says of the engine's stream.
#include "alert-notifier/alert_receiver.hpp"

#include "alert-notifier/channels/log.hpp"
#include "engine_end.hpp"
#include "risk/settings/log.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::notifier;
using Catch::Matchers::ContainsSubstring;
using notifier::test::Engine;
using notifier::test::Past;
using notifier::test::until;

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
