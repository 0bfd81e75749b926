// What a channel answers when it does not deliver, and what becomes of the alert.
#include <mutex>

#include "delivery_bench.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace risk;
using namespace risk::notifier;
using namespace risk::notifier::test;
using risk::test::Peer;

TEST_CASE("a channel's own error loses nothing: every alert arrives when it is mended, in order and once") {
  Peer sink("http_sink.py", {"--script", "401,404,410,403,302,200=<html>,500,400=invalid_token"});
  Bench bench;
  Watch watch;
  std::vector<std::string> expected;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), quick(), bench.parts());
  for (std::uint64_t id = 1; id <= 5; ++id) {
    delivery.enqueue(event(id));
    expected.push_back(exposure_notification(id).event_key);
  }
  REQUIRE(watch.wait_for_delivered(5));
  CHECK(watch.delivered() == expected);
  CHECK(watch.attempts() == 8 + 5);
  CHECK(counted(bench.metrics, "notifier_failed_total", "slack") == 0);
  CHECK(bench.kept().empty());
}

TEST_CASE("a channel that fails is named broken, with its reason, until it takes a message") {
  Peer sink("http_sink.py", {"--script", "401=invalid_auth,stall"});
  Bench bench;
  Watch watch;
  const auto broken = [&](const std::string& reason) {
    return bench.metrics.gauge("notifier_channel_broken", "", {{"channel", "slack"}, {"reason", reason}}).value();
  };
  CHECK(bench.health.readiness().ok);
  {
    Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), quick(), bench.parts());
    delivery.enqueue(event(1));
    sink.next("request");
    sink.next("request");  // the second attempt is under way: what the first showed stands
    CHECK_FALSE(bench.health.readiness().ok);
    CHECK(bench.readiness().find("\"channel slack\":\"status 401: invalid_auth\"") != std::string::npos);
    CHECK(broken("http_401") == 1);
    CHECK(bench.metrics.gauge("notifier_channel_failing", "", {{"channel", "slack"}}).value() == 1);
  }
  Peer mended("http_sink.py");
  Delivery delivery(watched<SlackChannel>(watch, webhook(mended)), quick(), bench.parts());
  delivery.enqueue(event(2));
  REQUIRE(watch.wait_for_delivered(1));
  CHECK(until([&] { return bench.health.readiness().ok; }));
}

TEST_CASE("a message that alone is refused is kept as undelivered, a notice takes its place, and the next goes on") {
  Peer sink("http_sink.py", {"--poison", "CLIENT_666"});
  Bench bench;
  Watch watch;
  std::mutex mutex;
  std::uint64_t done = 0;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), quick(), bench.parts([&](const Progress& progress) {
    const std::lock_guard lock(mutex);
    done = progress.position.fields().sequence;
  }));
  Event poison = event(1);
  poison.notification->message = "Client CLIENT_666 gross exposure";
  delivery.enqueue(poison);
  delivery.enqueue(event(2));
  REQUIRE(watch.wait_for_delivered(2));
  CHECK(watch.delivered() ==
        std::vector{"notice-" + exposure_notification(1).event_key, exposure_notification(2).event_key});
  REQUIRE(bench.kept().size() == 1);
  const auto kept = bench.kept().front();
  CHECK(kept.stream == notifier::test::kStream);
  CHECK(kept.record.channel == "slack");
  CHECK(kept.record.event_id == 1);
  CHECK(kept.record.alert_id == 12);
  CHECK(kept.record.outcome == wire::DeliveryRecord::Outcome::kRefused);
  CHECK(kept.record.answer == "status 400: invalid_payload");
  CHECK(counted(bench.metrics, "notifier_failed_total", "slack") == 1);
  CHECK(bench.health.readiness().ok);
  delivery.begin_stop();
  delivery.end_stop(std::chrono::steady_clock::now() + kSoon);
  const std::lock_guard lock(mutex);
  CHECK(done == 2);
}

TEST_CASE("a channel that refuses even a plain notice is broken, and keeps what waits") {
  std::string script;
  for (int i = 0; i < 6; ++i) script += "400=invalid_payload,";
  Peer sink("http_sink.py", {"--script", script + "200"});
  Bench bench;
  Watch watch;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), quick(), bench.parts());
  delivery.enqueue(event(1));
  delivery.enqueue(event(2));
  REQUIRE(watch.wait_for_delivered(2));
  CHECK(watch.delivered() == std::vector{exposure_notification(1).event_key, exposure_notification(2).event_key});
  CHECK(counted(bench.metrics, "notifier_retries_total", "slack") == 2);
  CHECK(bench.kept().empty());
}

TEST_CASE("a summary whose texts a channel refuses goes as counts, and none of it is lost") {
  Peer sink("http_sink.py", {"--script", "500", "--poison", "CLIENT_666"});
  Bench bench;
  Watch watch;
  DeliveryOptions options = quick();
  options.retry.first_wait = options.retry.longest_wait = 200ms;
  options.summary_above = 2;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), options, bench.parts());
  for (std::uint64_t id = 1; id <= 4; ++id) {
    Event poison = event(id);
    poison.notification->message = "Client CLIENT_666 gross exposure";
    delivery.enqueue(poison);
  }
  REQUIRE(watch.wait_for_delivered(1));
  sink.next("request");  // the first event, alone, which failed
  CHECK(sink.next("request")["status"] == "400=invalid_payload");
  const auto payload = nlohmann::json::parse(sink.next("request")["body"].get<std::string>());
  CHECK(payload["text"] == "4 alert events of 1 alert waited for this channel: 4 opened");
  CHECK(until([&] { return counted(bench.metrics, "notifier_summarised_total", "slack") == 4; }));
  CHECK(bench.kept().empty());
}

TEST_CASE("an alert that did not reach every recipient is kept as told in part, and the channel is not well") {
  Peer server("smtp_server.py", {"--reply", "RCPT=451 4.7.1 greylisted"});
  EmailSettings settings = mail_to(server);
  settings.to = {"first@example.com", "second@example.com"};
  Bench bench;
  Watch watch;
  Delivery delivery(watched<EmailChannel>(watch, settings), quick(), bench.parts());
  delivery.enqueue(event(1));
  REQUIRE(watch.wait_for_delivered(1));
  REQUIRE(until([&] { return bench.kept().size() == 1; }));
  CHECK(bench.kept().front().record.outcome == wire::DeliveryRecord::Outcome::kPartly);
  CHECK(bench.kept().front().record.answer == "not to RCPT TO:<first@example.com>: 451 4.7.1 greylisted");
  CHECK(bench.readiness().find("delivers, but not to RCPT TO:<first@example.com>") != std::string::npos);
  delivery.enqueue(event(2));
  REQUIRE(watch.wait_for_delivered(2));
  CHECK(until([&] { return bench.health.readiness().ok; }));
}

TEST_CASE("a message that is too long for a channel goes out shortened") {
  Peer sink("http_sink.py", {"--bytes-max", "1500"});
  Bench bench;
  Watch watch;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), quick(), bench.parts());
  Event longer = event(1);
  longer.notification->message += std::string(3000, 'x');
  delivery.enqueue(longer);
  REQUIRE(watch.wait_for_delivered(1));
  CHECK(sink.next("request")["status"] == "413");
  const auto payload = nlohmann::json::parse(sink.next("request")["body"].get<std::string>());
  CHECK(payload["text"].get<std::string>().starts_with("Client CLIENT_001 gross exposure"));
  CHECK(payload["attachments"][0]["fields"][0]["title"] == "Shortened");
  CHECK(bench.kept().empty());
}
