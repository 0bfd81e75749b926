// Queue, order, pace, patience and shutdown, with real peers behind them.
#include "alert-notifier/delivery.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "delivery_bench.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace risk;
using namespace risk::notifier;
using namespace risk::notifier::test;
using risk::test::Peer;

TEST_CASE("an alert that Slack could not take is delivered once when it can") {
  Peer sink("http_sink.py", {"--script", "500,503,200"});
  Bench bench;
  Watch watch;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), quick(), bench.parts());
  delivery.enqueue(event(1));
  REQUIRE(watch.wait_for_delivered(1));
  delivery.begin_stop();
  delivery.end_stop(std::chrono::steady_clock::now() + kSoon);
  CHECK(watch.attempts() == 3);
  CHECK(counted(bench.metrics, "notifier_sent_total", "slack") == 1);
  CHECK(counted(bench.metrics, "notifier_retries_total", "slack") == 2);
  CHECK(counted(bench.metrics, "notifier_failed_total", "slack") == 0);
}

TEST_CASE("a Slack that asks to wait is not asked again before") {
  Peer sink("http_sink.py", {"--script", "429:1,200"});
  Bench bench;
  Watch watch;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), quick(), bench.parts());
  delivery.enqueue(event(1));
  REQUIRE(watch.wait_for_delivered(1));
  const double busy = sink.next("request")["at"], taken = sink.next("request")["at"];
  CHECK(taken - busy >= 1.0);
}

TEST_CASE("a mail waits for a server that is down and arrives when it is up") {
  Peer server("smtp_server.py", {"--wait"});
  Bench bench;
  Watch watch;
  Delivery delivery(watched<EmailChannel>(watch, notifier::test::mail_to(server)), quick(), bench.parts());
  delivery.enqueue(event(1));
  REQUIRE(watch.wait_for_attempts(3));
  CHECK(watch.delivered().empty());
  CHECK(bench.metrics.gauge("notifier_channel_failing", "", {{"channel", "email"}}).value() == 1);
  server.listen();
  REQUIRE(watch.wait_for_delivered(1));
  CHECK(server.next("mail")["subject"].get<std::string>().starts_with("[CRITICAL]"));
}

TEST_CASE("a dead mail server does not hold up Slack") {
  Peer server("smtp_server.py", {"--wait"});
  Peer sink("http_sink.py");
  Bench bench;
  Watch mails, posts;
  Delivery email(watched<EmailChannel>(mails, notifier::test::mail_to(server)), quick(), bench.parts());
  Delivery slack(watched<SlackChannel>(posts, webhook(sink)), quick(), bench.parts());
  for (std::uint64_t id = 1; id <= 20; ++id) {
    email.enqueue(event(id));
    slack.enqueue(event(id));
  }
  CHECK(posts.wait_for_delivered(20));
  CHECK(mails.delivered().empty());
}

TEST_CASE("alerts leave a channel in the order they came, whatever fails between") {
  Peer sink("http_sink.py", {"--script", "200,500,500,200,429,200,500,200"});
  Bench bench;
  Watch watch;
  std::vector<std::string> expected;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), quick(), bench.parts());
  for (std::uint64_t id = 1; id <= 10; ++id) {
    delivery.enqueue(event(id));
    expected.push_back(exposure_notification(id).event_key);
  }
  REQUIRE(watch.wait_for_delivered(10));
  CHECK(watch.delivered() == expected);
}

TEST_CASE("messages leave a channel at least its interval apart") {
  Peer sink("http_sink.py");
  Bench bench;
  Watch watch;
  DeliveryOptions options = quick();
  options.interval = 200ms;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), options, bench.parts());
  for (std::uint64_t id = 1; id <= 3; ++id) delivery.enqueue(event(id));
  const double first = sink.next("request")["at"];
  sink.next("request");
  const double third = sink.next("request")["at"];
  CHECK(third - first >= 0.38);  // the sink's clock starts a little later than ours
}

TEST_CASE("a CRITICAL alert does not wait behind a storm, and the storm is one message") {
  constexpr std::uint64_t kStorm = 2000;
  auto owned = std::make_unique<Gate>();
  Gate& gate = *owned;
  Bench bench;
  Watch watch;
  DeliveryOptions options = quick();
  options.summary_above = 20;
  Delivery delivery(std::make_unique<Watched>(std::move(owned), watch), options, bench.parts());
  const auto high = [](std::uint64_t id) {
    Event one = event(id);
    one.notification->severity = engine::Severity::kHigh;
    return one;
  };
  delivery.enqueue(high(1));
  REQUIRE(until([&] { return delivery.wait_for_room(1s) == options.queue_max - 1; }));
  for (std::uint64_t id = 2; id <= kStorm; ++id) delivery.enqueue(high(id));
  delivery.enqueue(event(kStorm + 1));
  gate.open();
  REQUIRE(watch.wait_for_delivered(3));
  delivery.begin_stop();
  delivery.end_stop(std::chrono::steady_clock::now() + kSoon);
  const auto delivered = watch.delivered();
  REQUIRE(delivered.size() >= 2);
  const auto critical = std::find(delivered.begin(), delivered.end(), exposure_notification(kStorm + 1).event_key);
  CHECK(critical - delivered.begin() <= 1);
  CHECK(delivered.size() <= 3);
  CHECK(counted(bench.metrics, "notifier_summarised_total", "gate") >= kStorm - 1);
}

TEST_CASE("a full queue has no room until the channel takes something, and drops nothing") {
  auto owned = std::make_unique<Gate>();
  Gate& gate = *owned;
  Bench bench;
  Watch watch;
  DeliveryOptions options = quick();
  options.queue_max = 3;
  Delivery delivery(std::make_unique<Watched>(std::move(owned), watch), options, bench.parts());
  std::uint64_t queued = 0;
  while (delivery.wait_for_room(queued < 3 ? 20s : 20ms) > 0) delivery.enqueue(event(++queued));
  CHECK(queued >= 3);
  CHECK(queued <= 4);  // the first may be on its way already
  gate.open();
  while (queued < 10) {
    if (delivery.wait_for_room(20s) > 0) delivery.enqueue(event(++queued));
  }
  REQUIRE(watch.wait_for_delivered(10));
  for (std::uint64_t id = 1; id <= 10; ++id) CHECK(watch.delivered()[id - 1] == exposure_notification(id).event_key);
}

TEST_CASE("an event is done after its delivery, never before, and what nobody is told of in its turn") {
  auto owned = std::make_unique<Gate>();
  Gate& gate = *owned;
  Bench bench;
  Watch watch;
  std::mutex mutex;
  std::vector<std::uint64_t> done;
  std::size_t delivered_first = 0;
  {
    Delivery delivery(std::make_unique<Watched>(std::move(owned), watch), quick(),
                      bench.parts([&](const Progress& progress) {
                        const std::lock_guard lock(mutex);
                        if (done.empty()) delivered_first = watch.delivered().size();
                        done.push_back(progress.position.fields().sequence);
                      }));
    delivery.enqueue(event(1));
    for (std::uint64_t id = 2; id <= 4; ++id) delivery.enqueue({event(id).position, std::nullopt});
    delivery.enqueue(event(5));
    {
      const std::lock_guard lock(mutex);
      CHECK(done.empty());
    }
    gate.open();
    REQUIRE(watch.wait_for_delivered(2));
    delivery.begin_stop();
    delivery.end_stop(std::chrono::steady_clock::now() + kSoon);
  }
  CHECK(delivered_first == 1);
  CHECK(done == std::vector<std::uint64_t>{4, 5});  // 4 stands for 1 to 3 as well
}

TEST_CASE("what a stop leaves undelivered is not done") {
  Bench bench;
  Watch watch;
  bool is_done = false;
  Delivery delivery(watched<Down>(watch), quick(), bench.parts([&](const Progress&) { is_done = true; }));
  delivery.enqueue(event(1));
  delivery.enqueue(event(2));
  REQUIRE(watch.wait_for_attempts(1));
  delivery.begin_stop();
  delivery.end_stop(std::chrono::steady_clock::now() + 20ms);
  CHECK_FALSE(is_done);
}

TEST_CASE("a stop delivers what waits") {
  Peer sink("http_sink.py");
  Bench bench;
  Watch watch;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), quick(), bench.parts());
  for (std::uint64_t id = 1; id <= 20; ++id) delivery.enqueue(event(id));
  delivery.begin_stop();
  delivery.end_stop(std::chrono::steady_clock::now() + kSoon);
  CHECK(watch.delivered().size() == 20);
}

TEST_CASE("a stop tries at once what waits for its next attempt") {
  Peer server("smtp_server.py", {"--wait"});
  Bench bench;
  Watch watch;
  DeliveryOptions options;
  options.retry.first_wait = 1h;
  options.retry.longest_wait = 1h;
  Delivery delivery(watched<EmailChannel>(watch, notifier::test::mail_to(server)), options, bench.parts());
  delivery.enqueue(event(1));
  REQUIRE(watch.wait_for_attempts(1));
  server.listen();
  delivery.begin_stop();
  delivery.end_stop(std::chrono::steady_clock::now() + kSoon);
  CHECK(watch.delivered().size() == 1);
}

// Is down at the first attempt, which lasts until it is told to end, and takes what comes after.
class DownOnce : public Channel {
 public:
  explicit DownOnce(std::shared_future<void> end) : end_(std::move(end)) {}
  std::string_view name() const override { return "once"; }
  Outcome send(const Notification&, std::stop_token) override {
    if (std::exchange(is_first_, false)) {
      begun_.set_value();
      end_.wait();
      return {Outcome::Kind::kTryAgain, "down", {}};
    }
    return {};
  }
  std::future<void> begun() { return begun_.get_future(); }

 private:
  std::shared_future<void> end_;
  std::promise<void> begun_;
  bool is_first_ = true;
};

TEST_CASE("a stop that comes during an attempt which fails tries once more at once") {
  Bench bench;
  DeliveryOptions options;
  options.retry.first_wait = 1h;
  options.retry.longest_wait = 1h;
  std::promise<void> end;
  auto channel = std::make_unique<DownOnce>(end.get_future().share());
  auto begun = channel->begun();
  Delivery delivery(std::move(channel), options, bench.parts());
  delivery.enqueue(event(1));
  begun.wait();
  delivery.begin_stop();
  end.set_value();
  delivery.end_stop(std::chrono::steady_clock::now() + kSoon);
  CHECK(counted(bench.metrics, "notifier_sent_total", "once") == 1);
}

TEST_CASE("a stop ends at its deadline, whatever a channel does") {
  Bench bench;
  SECTION("a channel that does not answer") {
    Delivery delivery(std::make_unique<Gate>(), quick(), bench.parts());
    delivery.enqueue(event(1));
    delivery.begin_stop();
    delivery.end_stop(std::chrono::steady_clock::now() + 50ms);
    CHECK(counted(bench.metrics, "notifier_sent_total", "gate") == 0);
  }
  SECTION("a channel that waits for its next attempt") {
    DeliveryOptions options;
    options.retry.first_wait = 1h;
    options.retry.longest_wait = 1h;
    Watch watch;
    Delivery delivery(watched<Down>(watch), options, bench.parts());
    delivery.enqueue(event(1));
    REQUIRE(watch.wait_for_attempts(1));
    delivery.begin_stop();
    delivery.end_stop(std::chrono::steady_clock::now() + 50ms);
    CHECK(counted(bench.metrics, "notifier_failed_total", "down") == 0);
  }
}

TEST_CASE("an alert that waited too long for a channel that fails is undelivered: kept and counted") {
  Bench bench;
  Watch watch;
  std::atomic<std::int64_t> hours{0};
  DeliveryOptions options = quick();
  options.now = [&] { return SteadyTime(std::chrono::hours(hours++)); };
  std::atomic<bool> is_done = false;
  Delivery delivery(watched<Down>(watch), options, bench.parts([&](const Progress&) { is_done = true; }));
  delivery.enqueue(event(1));
  REQUIRE(until([&] { return counted(bench.metrics, "notifier_failed_total", "down") == 1; }));
  CHECK(watch.attempts() > 1);
  CHECK(watch.attempts() < 30);
  REQUIRE(until([&] { return is_done.load(); }));
  REQUIRE(bench.kept().size() == 1);
  CHECK(bench.kept().front().record.outcome == wire::DeliveryRecord::Outcome::kGivenUp);
  CHECK(bench.kept().front().record.answer == "down");
}
