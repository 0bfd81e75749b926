// Several publishers, several addresses of a name: streams stay apart, and nothing comes twice.
#include <mutex>

#include "listener.hpp"
#include "support/catch.hpp"
#include "transport/subscriber_core.hpp"

using namespace risk::bus;
using namespace risk::bus::test;
using namespace std::chrono_literals;

namespace {

// A name server whose answer the test decides.
struct NameServer {
  std::mutex mutex;
  std::vector<std::string> addresses;

  void answer(std::vector<std::string> now) {
    const std::lock_guard lock(mutex);
    addresses = std::move(now);
  }
  LookUp look_up() {
    return [this](const std::string&) -> std::optional<std::vector<std::string>> {
      const std::lock_guard lock(mutex);
      return addresses;
    };
  }
};

struct Source {
  StreamId stream = make_stream_id();
  std::unique_ptr<Publisher> publisher;

  explicit Source(const std::string& endpoint, bool beyond_loopback = false) {
    PublisherOptions options;
    options.endpoint = endpoint;
    options.name = "source " + endpoint;
    options.heartbeat_interval = 20ms;
    options.allow_plaintext = beyond_loopback;
    publisher = std::make_unique<Publisher>(options);
    publisher->open_stream("t", stream, 1, 0);
  }
  void publish(int count) {
    for (int i = 0; i < count; ++i) publisher->publish("t", "x");
    publisher->flush();
  }
  std::string port() const {
    const auto endpoint = publisher->endpoint();
    return endpoint.substr(endpoint.rfind(':') + 1);
  }
};

// Two publishers on one port of two addresses, as two containers of one name have it.
std::pair<Source, Source> two_hosts() {
  for (;;) {
    Source first("tcp://127.0.0.1:*");
    try {
      Source second("tcp://127.0.0.2:" + first.port());
      return {std::move(first), std::move(second)};
    } catch (const BusError&) {
      continue;  // someone else has that port of 127.0.0.2
    }
  }
}

SubscriberOptions quick(std::vector<std::string> endpoints) {
  auto options = listening_to(std::move(endpoints));
  options.resolve_interval = 1ms;
  return options;
}

}  // namespace

TEST_CASE("Two publishers behind two endpoints are two streams", "[bus][fan-in]") {
  auto [first, second] = two_hosts();
  Heard heard;
  Subscriber subscriber(listening_to({first.publisher->endpoint(), second.publisher->endpoint()}), heard.handlers());
  REQUIRE(first.publisher->wait_for_subscriber("t", kPatience));
  REQUIRE(second.publisher->wait_for_subscriber("t", kPatience));
  for (int i = 0; i < 50; ++i) {
    first.publish(3);
    second.publish(2);
  }
  REQUIRE(until([&] { return heard.records.size() >= 250; }, [&] { subscriber.poll(10ms); }));
  CHECK(heard.exactly(first.stream, 1, 150));
  CHECK(heard.exactly(second.stream, 1, 100));
  CHECK(heard.gaps.empty());
}

TEST_CASE("A name that resolves to two addresses is two publishers", "[bus][fan-in]") {
  auto [first, second] = two_hosts();
  NameServer names;
  names.answer({"127.0.0.1", "127.0.0.2"});
  Heard heard;
  SubscriberCore subscriber(quick({"tcp://simulator:" + first.port()}), heard.handlers(), names.look_up());
  REQUIRE(until(
      [&] { return first.publisher->wait_for_subscriber("t", 0ms) && second.publisher->wait_for_subscriber("t", 0ms); },
      [&] { subscriber.poll(1ms, 1); }));
  first.publish(10);
  second.publish(20);
  REQUIRE(until([&] { return heard.records.size() >= 30; }, [&] { subscriber.poll(10ms, 100); }));
  CHECK(heard.exactly(first.stream, 1, 10));
  CHECK(heard.exactly(second.stream, 1, 20));
}

TEST_CASE("An address that comes later is connected to, one that vanishes is left", "[bus][fan-in]") {
  auto [first, second] = two_hosts();
  NameServer names;
  names.answer({"127.0.0.1"});
  Heard heard;
  SubscriberCore subscriber(quick({"tcp://simulator:" + first.port()}), heard.handlers(), names.look_up());
  REQUIRE(until([&] { return first.publisher->wait_for_subscriber("t", 0ms); }, [&] { subscriber.poll(1ms, 1); }));
  CHECK(subscriber.connections() == 1);
  names.answer({"127.0.0.1", "127.0.0.2"});
  REQUIRE(until([&] { return second.publisher->wait_for_subscriber("t", 0ms); }, [&] { subscriber.poll(1ms, 1); }));
  CHECK(subscriber.connections() == 2);
  names.answer({"127.0.0.2"});
  REQUIRE(until([&] { return !first.publisher->wait_for_subscriber("t", 0ms); }, [&] { subscriber.poll(1ms, 1); }));
  CHECK(subscriber.connections() == 1);
  second.publish(5);
  REQUIRE(until([&] { return heard.records.size() >= 5; }, [&] { subscriber.poll(10ms, 100); }));
  CHECK(heard.exactly(second.stream, 1, 5));
  CHECK(heard.gaps.empty());
}

TEST_CASE("An address given twice is one connection", "[bus][fan-in]") {
  NameServer names;
  names.answer({"127.0.0.1"});
  Source source("tcp://127.0.0.1:*");
  Heard heard;
  SubscriberCore subscriber(quick({source.publisher->endpoint(), source.publisher->endpoint(),
                                   "tcp://simulator:" + source.port(), "tcp://alias:" + source.port()}),
                            heard.handlers(), names.look_up());
  REQUIRE(source.publisher->wait_for_subscriber("t", kPatience));
  source.publish(5);
  REQUIRE(until([&] { return heard.records.size() >= 5; }, [&] { subscriber.poll(10ms, 100); }));
  CHECK(subscriber.connections() == 1);
  CHECK(subscriber.counters().duplicate_records == 0);
}

TEST_CASE("One publisher through two of its addresses is delivered once", "[bus][fan-in]") {
  Source source("tcp://0.0.0.0:*", true);
  NameServer names;
  names.answer({"127.0.0.1", "127.0.0.2"});
  Heard heard;
  SubscriberCore subscriber(quick({"tcp://simulator:" + source.port()}), heard.handlers(), names.look_up());
  REQUIRE(until([&] { return subscriber.connections() == 2 && source.publisher->wait_for_subscriber("t", 0ms); },
                [&] { subscriber.poll(1ms, 1); }));
  // Until both connections carry: copies come then.
  int published = 0;
  REQUIRE(until([&] { return subscriber.counters().duplicate_records > 0; },
                [&] {
                  source.publish(1);
                  ++published;
                  subscriber.poll(10ms, 1);
                }));
  for (int i = 0; i < 300; ++i) source.publish(3);  // fewer frames than a queue holds
  const std::uint64_t last = static_cast<std::uint64_t>(published) + 900;
  REQUIRE(until([&] { return subscriber.streams().at(0).delivered >= last; }, [&] { subscriber.poll(10ms, 100); }));
  CHECK(heard.exactly(source.stream, 1, last));
  CHECK(heard.gaps.empty());
}

TEST_CASE("An IPv6 endpoint carries streams", "[bus][fan-in]") {
  std::unique_ptr<Source> source;
  try {
    source = std::make_unique<Source>("tcp://[::1]:*");
  } catch (const BusError& error) {
    WARN("no IPv6 on this machine: " << error.what());
    return;
  }
  CHECK(source->publisher->endpoint().find("tcp://[::1]:") == 0);
  Heard heard;
  Subscriber subscriber(listening_to({source->publisher->endpoint()}), heard.handlers());
  REQUIRE(source->publisher->wait_for_subscriber("t", kPatience));
  source->publish(5);
  REQUIRE(until([&] { return heard.records.size() >= 5; }, [&] { subscriber.poll(10ms); }));
  CHECK(heard.exactly(source->stream, 1, 5));
}

TEST_CASE("localhost is found by its name", "[bus][fan-in]") {
  Source source("tcp://localhost:*");
  Heard heard;
  Subscriber subscriber(quick({"tcp://localhost:" + source.port()}), heard.handlers());
  REQUIRE(until([&] { return source.publisher->wait_for_subscriber("t", 0ms); }, [&] { subscriber.poll(1ms); }));
  source.publish(5);
  REQUIRE(until([&] { return heard.records.size() >= 5; }, [&] { subscriber.poll(10ms); }));
  CHECK(heard.exactly(source.stream, 1, 5));
}
