// Queue, order, patience and shutdown, with real peers behind them.
#include "alert-notifier/delivery.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "alert-notifier/channels/slack.hpp"
#include "fixture.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace risk;
using namespace risk::notifier;
using notifier::test::exposure_notification;
using risk::test::Peer;

namespace {

constexpr auto kSoon = 20s;

DeliveryOptions quick() {
  DeliveryOptions options;
  options.retry.first_wait = 5ms;
  options.retry.longest_wait = 20ms;
  return options;
}

Event event(std::uint64_t id) {
  return {{bus::StreamId{notifier::test::kStream}, 1, id}, exposure_notification(id)};
}

void ignore(const Position&) {}

// Lets a test see and wait for what a channel does.
class Watch {
 public:
  void note(const std::string& key, const Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    ++attempts_;
    if (outcome.kind == Outcome::Kind::kDelivered) delivered_.push_back(key);
    changed_.notify_all();
  }
  bool wait_for_attempts(unsigned count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kSoon, [&] { return attempts_ >= count; });
  }
  bool wait_for_delivered(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kSoon, [&] { return delivered_.size() >= count; });
  }
  std::vector<std::string> delivered() const {
    const std::lock_guard lock(mutex_);
    return delivered_;
  }
  unsigned attempts() const {
    const std::lock_guard lock(mutex_);
    return attempts_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  unsigned attempts_ = 0;
  std::vector<std::string> delivered_;
};

// A real channel, watched.
class Watched : public Channel {
 public:
  Watched(std::unique_ptr<Channel> inner, Watch& watch) : inner_(std::move(inner)), watch_(watch) {}
  std::string_view name() const override { return inner_->name(); }
  Outcome send(const Notification& notification, std::stop_token cancel) override {
    const Outcome outcome = inner_->send(notification, std::move(cancel));
    watch_.note(notification.event_key, outcome);
    return outcome;
  }

 private:
  std::unique_ptr<Channel> inner_;
  Watch& watch_;
};

// A channel that a test opens: until then an attempt blocks, or fails.
class Gate : public Channel {
 public:
  std::string_view name() const override { return "gate"; }
  Outcome send(const Notification&, std::stop_token cancel) override {
    std::unique_lock lock(mutex_);
    const std::stop_callback wake(cancel, [this] { changed_.notify_all(); });
    changed_.wait(lock, [&] { return open_ || cancel.stop_requested(); });
    return {cancel.stop_requested() ? Outcome::Kind::kTryAgain : Outcome::Kind::kDelivered, "", {}};
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool open_ = false;
};

class Down : public Channel {
 public:
  std::string_view name() const override { return "down"; }
  Outcome send(const Notification&, std::stop_token) override { return {Outcome::Kind::kTryAgain, "down", {}}; }
};

template <class T, class... Arguments>
std::unique_ptr<Channel> watched(Watch& watch, Arguments&&... arguments) {
  return std::make_unique<Watched>(std::make_unique<T>(std::forward<Arguments>(arguments)...), watch);
}

Secret webhook(const Peer& sink) {
  return Secret("http://127.0.0.1:" + std::to_string(sink.port()) + "/services/T/B/tokentokentoken");
}

double counted(service::Metrics& metrics, const std::string& name, const std::string& channel) {
  return metrics.counter(name, "", {{"channel", channel}}).value();
}

}  // namespace

TEST_CASE("an alert that Slack could not take is delivered once when it can") {
  Peer sink("http_sink.py", {"--script", "500,503,200"});
  service::Metrics metrics;
  Watch watch;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), quick(), metrics, ignore);
  delivery.enqueue(event(1));
  REQUIRE(watch.wait_for_delivered(1));
  delivery.begin_stop();
  delivery.end_stop(std::chrono::steady_clock::now() + kSoon);
  CHECK(watch.attempts() == 3);
  CHECK(counted(metrics, "notifier_sent_total", "slack") == 1);
  CHECK(counted(metrics, "notifier_retries_total", "slack") == 2);
  CHECK(counted(metrics, "notifier_failed_total", "slack") == 0);
}

TEST_CASE("a Slack that asks to wait is not asked again before") {
  Peer sink("http_sink.py", {"--script", "429:1,200"});
  service::Metrics metrics;
  Watch watch;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), quick(), metrics, ignore);
  delivery.enqueue(event(1));
  REQUIRE(watch.wait_for_delivered(1));
  const double busy = sink.next("request")["at"], taken = sink.next("request")["at"];
  CHECK(taken - busy >= 1.0);
}

TEST_CASE("a mail waits for a server that is down and arrives when it is up") {
  Peer server("smtp_server.py", {"--wait"});
  service::Metrics metrics;
  Watch watch;
  Delivery delivery(watched<EmailChannel>(watch, notifier::test::mail_to(server)), quick(), metrics, ignore);
  delivery.enqueue(event(1));
  REQUIRE(watch.wait_for_attempts(3));
  CHECK(watch.delivered().empty());
  CHECK(metrics.gauge("notifier_channel_failing", "", {{"channel", "email"}}).value() == 1);
  server.listen();
  REQUIRE(watch.wait_for_delivered(1));
  CHECK(server.next("mail")["subject"].get<std::string>().starts_with("[CRITICAL]"));
}

TEST_CASE("a dead mail server does not hold up Slack") {
  Peer server("smtp_server.py", {"--wait"});
  Peer sink("http_sink.py");
  service::Metrics metrics;
  Watch mails, posts;
  Delivery email(watched<EmailChannel>(mails, notifier::test::mail_to(server)), quick(), metrics, ignore);
  Delivery slack(watched<SlackChannel>(posts, webhook(sink)), quick(), metrics, ignore);
  for (std::uint64_t id = 1; id <= 20; ++id) {
    email.enqueue(event(id));
    slack.enqueue(event(id));
  }
  CHECK(posts.wait_for_delivered(20));
  CHECK(mails.delivered().empty());
}

TEST_CASE("alerts leave a channel in the order they came, whatever fails between") {
  Peer sink("http_sink.py", {"--script", "200,500,500,200,429,200,500,200"});
  service::Metrics metrics;
  Watch watch;
  std::vector<std::string> expected;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), quick(), metrics, ignore);
  for (std::uint64_t id = 1; id <= 10; ++id) {
    delivery.enqueue(event(id));
    expected.push_back(exposure_notification(id).event_key);
  }
  REQUIRE(watch.wait_for_delivered(10));
  CHECK(watch.delivered() == expected);
}

TEST_CASE("an alert that is refused for good does not block the next") {
  Peer sink("http_sink.py", {"--script", "404,200"});
  service::Metrics metrics;
  Watch watch;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), quick(), metrics, ignore);
  delivery.enqueue(event(1));
  delivery.enqueue(event(2));
  REQUIRE(watch.wait_for_delivered(1));
  CHECK(watch.delivered() == std::vector{exposure_notification(2).event_key});
  CHECK(watch.attempts() == 2);
  CHECK(counted(metrics, "notifier_failed_total", "slack") == 1);
}

TEST_CASE("a full queue has no room until the channel takes something, and drops nothing") {
  auto owned = std::make_unique<Gate>();
  Gate& gate = *owned;
  service::Metrics metrics;
  Watch watch;
  DeliveryOptions options = quick();
  options.queue_max = 3;
  Delivery delivery(std::make_unique<Watched>(std::move(owned), watch), options, metrics, ignore);
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
  service::Metrics metrics;
  Watch watch;
  std::mutex mutex;
  std::vector<std::uint64_t> done;
  std::size_t delivered_first = 0;
  {
    Delivery delivery(std::make_unique<Watched>(std::move(owned), watch), quick(), metrics,
                      [&](const Position& position) {
                        const std::lock_guard lock(mutex);
                        if (done.empty()) delivered_first = watch.delivered().size();
                        done.push_back(position.sequence);
                      });
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
  // 4 stands for 2 and 3 as well, unless the thread was quicker than this test: then each came by itself.
  CHECK(done.front() == 1);
  CHECK(done[done.size() - 2] == 4);
  CHECK(done.back() == 5);
  CHECK(std::is_sorted(done.begin(), done.end()));
}

TEST_CASE("what a stop leaves undelivered is not done") {
  service::Metrics metrics;
  Watch watch;
  bool is_done = false;
  Delivery delivery(watched<Down>(watch), quick(), metrics, [&](const Position&) { is_done = true; });
  delivery.enqueue(event(1));
  delivery.enqueue(event(2));
  REQUIRE(watch.wait_for_attempts(1));
  delivery.begin_stop();
  delivery.end_stop(std::chrono::steady_clock::now() + 20ms);
  CHECK_FALSE(is_done);
}

TEST_CASE("a stop delivers what waits") {
  Peer sink("http_sink.py");
  service::Metrics metrics;
  Watch watch;
  Delivery delivery(watched<SlackChannel>(watch, webhook(sink)), quick(), metrics, ignore);
  for (std::uint64_t id = 1; id <= 20; ++id) delivery.enqueue(event(id));
  delivery.begin_stop();
  delivery.end_stop(std::chrono::steady_clock::now() + kSoon);
  CHECK(watch.delivered().size() == 20);
}

TEST_CASE("a stop tries at once what waits for its next attempt") {
  Peer server("smtp_server.py", {"--wait"});
  service::Metrics metrics;
  Watch watch;
  DeliveryOptions options;
  options.retry.first_wait = 1h;
  options.retry.longest_wait = 1h;
  Delivery delivery(watched<EmailChannel>(watch, notifier::test::mail_to(server)), options, metrics, ignore);
  delivery.enqueue(event(1));
  REQUIRE(watch.wait_for_attempts(1));
  server.listen();
  delivery.begin_stop();
  delivery.end_stop(std::chrono::steady_clock::now() + kSoon);
  CHECK(watch.delivered().size() == 1);
}

TEST_CASE("a stop ends at its deadline, whatever a channel does") {
  service::Metrics metrics;
  SECTION("a channel that does not answer") {
    Delivery delivery(std::make_unique<Gate>(), quick(), metrics, ignore);
    delivery.enqueue(event(1));
    delivery.begin_stop();
    delivery.end_stop(std::chrono::steady_clock::now() + 50ms);
    CHECK(counted(metrics, "notifier_sent_total", "gate") == 0);
  }
  SECTION("a channel that waits for its next attempt") {
    DeliveryOptions options;
    options.retry.first_wait = 1h;
    options.retry.longest_wait = 1h;
    Watch watch;
    Delivery delivery(watched<Down>(watch), options, metrics, ignore);
    delivery.enqueue(event(1));
    REQUIRE(watch.wait_for_attempts(1));
    delivery.begin_stop();
    delivery.end_stop(std::chrono::steady_clock::now() + 50ms);
    CHECK(counted(metrics, "notifier_failed_total", "down") == 0);
  }
}

TEST_CASE("an alert that was tried for too long is given up and counted") {
  service::Metrics metrics;
  Watch watch;
  std::atomic<std::int64_t> hours{0};
  DeliveryOptions options = quick();
  options.now = [&] { return SteadyTime(std::chrono::hours(hours++)); };
  std::atomic<bool> is_done = false;
  Delivery delivery(watched<Down>(watch), options, metrics, [&](const Position&) { is_done = true; });
  delivery.enqueue(event(1));
  while (counted(metrics, "notifier_failed_total", "down") < 1) std::this_thread::yield();
  CHECK(watch.attempts() > 1);
  CHECK(watch.attempts() < 30);
  while (!is_done) std::this_thread::yield();
}
