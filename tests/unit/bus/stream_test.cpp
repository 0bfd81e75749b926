// One publisher and its subscribers over real sockets: what is lost, when, and how it shows.
#include <thread>

#include "listener.hpp"
#include "support/catch.hpp"
#include "transport/frame.hpp"
#include "zmq.hpp"

using namespace risk::bus;
using namespace risk::bus::test;
using namespace std::chrono_literals;

namespace {

const StreamId kStream{"00112233445566778899aabbccddeeff"};

PublisherOptions quick() {
  PublisherOptions options;
  options.name = "simulator@test";
  options.heartbeat_interval = 20ms;
  return options;
}

void publish(Publisher& publisher, std::uint64_t count, std::string_view topic = "t") {
  for (std::uint64_t i = 0; i < count; ++i) {
    publisher.publish(topic, "record " + std::to_string(publisher.last_sequence(topic) + 1));
  }
  publisher.flush();
}

// A subscriber renews its subscription in poll() when a connection comes back.
bool connected(Publisher& publisher, Subscriber& subscriber) {
  return until([&] { return publisher.wait_for_subscriber("t", 0ms); }, [&] { subscriber.poll(1ms); });
}

}  // namespace

TEST_CASE("Every record arrives once, in order, with its publisher's name", "[bus][stream]") {
  Publisher publisher(quick());
  publisher.open_stream("t", kStream, 1, 0);
  Heard heard;
  Subscriber subscriber(listening_to({publisher.endpoint()}), heard.handlers());
  REQUIRE(publisher.wait_for_subscriber("t", kPatience));
  publish(publisher, 1000);
  REQUIRE(until([&] { return heard.records.size() >= 1000; }, [&] { subscriber.poll(10ms); }));
  CHECK(heard.exactly(kStream, 1, 1000));
  CHECK(heard.payloads.at(0) == "record 1");
  CHECK(heard.publisher == "simulator@test");
  CHECK(heard.gaps.empty());
  CHECK(heard.bad.empty());
  CHECK(publisher.counters().frames == 4);
  CHECK(publisher.counters().records == 1000);
  CHECK(subscriber.counters().records == 1000);
}

TEST_CASE("Records that came in a frame are given together to who asks for that", "[bus][stream]") {
  Publisher publisher(quick());
  publisher.open_stream("t", kStream, 1, 0);
  std::vector<std::string> payloads;
  std::vector<std::size_t> runs;
  SubscriberHandlers handlers;
  handlers.on_records = [&](const Records& records) {
    CHECK(records.stream == kStream);
    CHECK(records.first == payloads.size() + 1);
    runs.push_back(records.payloads.size());
    payloads.insert(payloads.end(), records.payloads.begin(), records.payloads.end());
    CHECK(records.last() == payloads.size());
  };
  Subscriber subscriber(listening_to({publisher.endpoint()}), handlers);
  REQUIRE(publisher.wait_for_subscriber("t", kPatience));
  publish(publisher, 300);
  REQUIRE(until([&] { return payloads.size() >= 300; }, [&] { subscriber.poll(10ms); }));
  CHECK(runs == std::vector<std::size_t>{256, 44});
  CHECK(payloads.at(299) == "record 300");
  CHECK(subscriber.counters().records == 300);
}

TEST_CASE("A topic is not its prefix", "[bus][stream]") {
  Publisher publisher(quick());
  publisher.open_stream("alert", kStream, 1, 0);
  publisher.open_stream("alerts", make_stream_id(), 1, 0);
  Heard heard;
  Subscriber subscriber(listening_to({publisher.endpoint()}, {"alert"}), heard.handlers());
  REQUIRE(publisher.wait_for_subscriber("alert", kPatience));
  CHECK_FALSE(publisher.wait_for_subscriber("alerts", 0ms));
  publish(publisher, 1, "alerts");
  publish(publisher, 1, "alert");
  REQUIRE(until([&] { return !heard.records.empty(); }, [&] { subscriber.poll(10ms); }));
  CHECK(heard.records.size() == 1);
  CHECK(subscriber.streams().size() == 1);
  CHECK(subscriber.streams().at(0).topic == "alert");
}

TEST_CASE("A subscriber that starts before its publisher gets everything", "[bus][stream]") {
  std::string endpoint;
  {
    const Publisher reserves{quick()};
    endpoint = reserves.endpoint();
  }
  Heard heard;
  Subscriber subscriber(listening_to({endpoint}), heard.handlers());
  subscriber.poll(0ms);
  auto options = quick();
  options.endpoint = endpoint;
  Publisher publisher(options);
  publisher.open_stream("t", kStream, 1, 0);
  REQUIRE(publisher.wait_for_subscriber("t", kPatience));
  publish(publisher, 10);
  REQUIRE(until([&] { return heard.records.size() >= 10; }, [&] { subscriber.poll(10ms); }));
  CHECK(heard.exactly(kStream, 1, 10));
  CHECK(heard.gaps.empty());
}

TEST_CASE("A latecomer to a quiet publisher learns at once what it missed", "[bus][stream]") {
  auto options = quick();
  options.heartbeat_interval = 1h;  // the greeting alone can tell
  Publisher publisher(options);
  publisher.open_stream("t", kStream, 1, 0);
  publish(publisher, 5);
  publisher.service();
  Heard heard;
  Subscriber subscriber(listening_to({publisher.endpoint()}), heard.handlers());
  REQUIRE(until([&] { return !heard.gaps.empty(); },
                [&] {
                  publisher.service();
                  subscriber.poll(10ms);
                }));
  CHECK(heard.gaps.at(0) == std::pair<std::uint64_t, std::uint64_t>{1, 5});
  CHECK(subscriber.streams().at(0).up);
}

TEST_CASE("A restarted subscriber resumes after what is done", "[bus][stream]") {
  Publisher publisher(quick());
  publisher.open_stream("t", kStream, 1, 41);
  Heard heard;
  Subscriber subscriber(listening_to({publisher.endpoint()}), heard.handlers());
  subscriber.resume_after(kStream, 1, 41);
  REQUIRE(publisher.wait_for_subscriber("t", kPatience));
  publish(publisher, 2);
  REQUIRE(until([&] { return heard.records.size() >= 2; }, [&] { subscriber.poll(10ms); }));
  CHECK(heard.exactly(kStream, 42, 43));
  CHECK(heard.gaps.empty());
}

TEST_CASE("A batch waits for the linger, a full batch, or a flush", "[bus][stream]") {
  auto options = quick();
  options.batch_records = 4;
  SECTION("a full batch leaves") {
    options.batch_linger = 1h;
    Publisher publisher(options);
    publisher.open_stream("t", kStream, 1, 0);
    for (int i = 0; i < 9; ++i) publisher.publish("t", "x");
    publisher.service();
    CHECK(publisher.counters().frames == 2);
    publisher.flush();
    CHECK(publisher.counters().frames == 3);
    publisher.flush();
    CHECK(publisher.counters().frames == 3);
  }
  SECTION("service() sends what is over its linger") {
    options.batch_linger = 1us;
    Publisher publisher(options);
    publisher.open_stream("t", kStream, 1, 0);
    publisher.publish("t", "x");
    CHECK(until([&] { return publisher.counters().frames == 1; }, [&] { publisher.service(); }));
  }
  SECTION("no linger, no waiting") {
    options.batch_linger = 0us;
    Publisher publisher(options);
    publisher.open_stream("t", kStream, 1, 0);
    publisher.publish("t", "x");
    CHECK(publisher.counters().frames == 1);
  }
}

TEST_CASE("Records of the largest size share no frame that is too large", "[bus][stream]") {
  auto options = quick();
  options.batch_linger = 1h;
  Publisher publisher(options);
  publisher.open_stream("t", kStream, 1, 0);
  Heard heard;
  Subscriber subscriber(listening_to({publisher.endpoint()}), heard.handlers());
  REQUIRE(publisher.wait_for_subscriber("t", kPatience));
  const std::string largest(kRecordBytesMax, 'x');
  for (int i = 0; i < 20; ++i) publisher.publish("t", largest);
  publisher.flush();
  CHECK(publisher.counters().frames == 3);
  REQUIRE(until([&] { return heard.records.size() >= 20; }, [&] { subscriber.poll(10ms); }));
  CHECK(heard.exactly(kStream, 1, 20));
}

TEST_CASE("A subscriber that is too slow for a dropping publisher sees the gap, the lost tail included",
          "[bus][stream]") {
  auto options = quick();
  options.frames_queued_max = 10;
  options.batch_records = 1;
  Publisher publisher(options);
  publisher.open_stream("t", kStream, 1, 0);
  Heard heard;
  auto listening = listening_to({publisher.endpoint()});
  listening.frames_queued_max = 10;
  Subscriber subscriber(listening, heard.handlers());
  REQUIRE(publisher.wait_for_subscriber("t", kPatience));
  // More than the kernel's buffers on both sides hold.
  const std::string payload(kRecordBytesMax, 'x');
  for (int i = 0; i < 200; ++i) publisher.publish("t", payload);
  REQUIRE(until([&] { return subscriber.counters().records + subscriber.counters().missing_records >= 200; },
                [&] {
                  publisher.service();
                  subscriber.poll(10ms);
                }));
  CHECK(subscriber.counters().missing_records > 0);
  CHECK(subscriber.counters().records + subscriber.counters().missing_records == 200);
  CHECK(subscriber.streams().at(0).announced == 200);
}

TEST_CASE("What close() was given time for is delivered", "[bus][stream]") {
  auto publisher = std::make_unique<Publisher>(quick());
  publisher->open_stream("t", kStream, 1, 0);
  Heard heard;
  Subscriber subscriber(listening_to({publisher->endpoint()}), heard.handlers());
  REQUIRE(publisher->wait_for_subscriber("t", kPatience));
  for (int i = 0; i < 1000; ++i) publisher->publish("t", std::string(1000, 'x'));
  publisher->close(kPatience);
  publisher->close(kPatience);
  const auto counted = publisher->counters().records;
  publisher.reset();
  REQUIRE(until([&] { return heard.records.size() >= counted; }, [&] { subscriber.poll(10ms); }));
  CHECK(heard.exactly(kStream, 1, 1000));
}

TEST_CASE("A publisher that is killed and bound again on its port is heard again", "[bus][stream]") {
  auto publisher = std::make_unique<Publisher>(quick());
  const auto endpoint = publisher->endpoint();
  publisher->open_stream("t", kStream, 1, 0);
  Heard heard;
  Subscriber subscriber(listening_to({endpoint}), heard.handlers());
  REQUIRE(publisher->wait_for_subscriber("t", kPatience));
  publish(*publisher, 3);
  REQUIRE(until([&] { return heard.records.size() >= 3; }, [&] { subscriber.poll(10ms); }));
  publisher.reset();

  auto options = quick();
  options.endpoint = endpoint;
  publisher = std::make_unique<Publisher>(options);
  SECTION("its stream goes on") {
    publisher->open_stream("t", kStream, 1, 3);
    REQUIRE(connected(*publisher, subscriber));
    publish(*publisher, 2);
    REQUIRE(until([&] { return heard.records.size() >= 5; }, [&] { subscriber.poll(10ms); }));
    CHECK(heard.exactly(kStream, 1, 5));
    CHECK(heard.gaps.empty());
  }
  SECTION("with a new stream") {
    const auto fresh = make_stream_id();
    publisher->open_stream("t", fresh, 1, 0);
    REQUIRE(connected(*publisher, subscriber));
    publish(*publisher, 2);
    REQUIRE(until([&] { return heard.records.size() >= 5; }, [&] { subscriber.poll(10ms); }));
    CHECK(heard.exactly(kStream, 1, 3));
    CHECK(heard.exactly(fresh, 1, 2));
    CHECK(subscriber.streams().size() == 2);
    CHECK(heard.gaps.empty());
  }
  SECTION("with its sequences set back, which is loud") {
    publisher->open_stream("t", kStream, 1, 0);
    REQUIRE(until([&] { return !heard.bad.empty(); },
                  [&] {
                    publisher->service();
                    subscriber.poll(10ms);
                  }));
    CHECK(heard.bad.at(0).find("without a new epoch") != std::string::npos);
    CHECK(heard.bad.at(0).find(endpoint) == 0);
  }
}

TEST_CASE("A publisher counts who came and went", "[bus][stream]") {
  Publisher publisher(quick());
  publisher.open_stream("t", kStream, 1, 0);
  CHECK_FALSE(publisher.wait_for_subscriber("t", 0ms));
  Heard heard;
  auto first = std::make_unique<Subscriber>(listening_to({publisher.endpoint()}), heard.handlers());
  REQUIRE(publisher.wait_for_subscriber("t", kPatience));
  auto second = std::make_unique<Subscriber>(listening_to({publisher.endpoint()}), heard.handlers());
  REQUIRE(until([&] { return second->poll(0ms) + second->streams().size() > 0; }, [&] { publisher.service(); }));
  first.reset();
  CHECK(publisher.wait_for_subscriber("t", 0ms));
  second.reset();
  CHECK(until([&] { return !publisher.wait_for_subscriber("t", 0ms); }, [] { std::this_thread::yield(); }));
}

TEST_CASE("wake() ends a poll from another thread, and one that has not begun", "[bus][stream]") {
  Heard heard;
  Subscriber subscriber(listening_to({"tcp://127.0.0.1:1"}), heard.handlers());
  subscriber.wake();
  CHECK(subscriber.poll(std::chrono::duration_cast<std::chrono::milliseconds>(kPatience)) == 0);
  const auto begun = std::chrono::steady_clock::now();
  std::thread other([&] { subscriber.wake(); });
  subscriber.poll(std::chrono::duration_cast<std::chrono::milliseconds>(kPatience));
  other.join();
  CHECK(std::chrono::steady_clock::now() - begun < kPatience);
}

TEST_CASE("poll() stops at its number of records, between frames", "[bus][stream]") {
  auto options = quick();
  options.batch_records = 10;
  Publisher publisher(options);
  publisher.open_stream("t", kStream, 1, 0);
  Heard heard;
  Subscriber subscriber(listening_to({publisher.endpoint()}), heard.handlers());
  REQUIRE(publisher.wait_for_subscriber("t", kPatience));
  publish(publisher, 100);
  std::size_t delivered = 0;
  REQUIRE(until([&] { return heard.records.size() >= 100; },
                [&] {
                  delivered = subscriber.poll(10ms, 15);
                  CHECK(delivered <= 20);
                }));
  CHECK(heard.exactly(kStream, 1, 100));
}

TEST_CASE("A peer that sends rubbish is dropped frame by frame, and the process lives", "[bus][stream]") {
  zmq::context_t context;
  zmq::socket_t rogue(context, zmq::socket_type::xpub);
  rogue.set(zmq::sockopt::linger, 0);
  rogue.bind("tcp://127.0.0.1:*");
  Heard heard;
  Subscriber subscriber(listening_to({rogue.get(zmq::sockopt::last_endpoint)}), heard.handlers());
  zmq::message_t subscription;
  REQUIRE(rogue.recv(subscription));

  const std::string topic("t\0", 2);
  rogue.send(zmq::buffer(topic), zmq::send_flags::none);
  rogue.send(zmq::buffer(topic + std::string(1000, 'x')), zmq::send_flags::none);
  rogue.send(zmq::buffer(topic), zmq::send_flags::sndmore);
  rogue.send(zmq::buffer(std::string("second part")), zmq::send_flags::sndmore);
  rogue.send(zmq::buffer(std::string("third part")), zmq::send_flags::none);
  FrameWriter writer("t", *parse_stream_id(kStream.text), 1, "rogue");
  writer.append("fine");
  rogue.send(zmq::buffer(writer.finish(1)), zmq::send_flags::none);

  REQUIRE(until([&] { return !heard.records.empty(); }, [&] { subscriber.poll(10ms); }));
  CHECK(heard.payloads.at(0) == "fine");
  REQUIRE(heard.bad.size() == 3);
  CHECK(heard.bad[0].find("cut off in its header") != std::string::npos);
  CHECK(heard.bad[1].find("not a frame of this bus") != std::string::npos);
  CHECK(heard.bad[2].find("several parts") != std::string::npos);
  CHECK(subscriber.counters().bad_frames == 3);
}

TEST_CASE("A message beyond the largest size is refused unread and told, and the connection comes back",
          "[bus][stream]") {
  zmq::context_t context;
  zmq::socket_t rogue(context, zmq::socket_type::xpub);
  rogue.set(zmq::sockopt::linger, 0);
  rogue.bind("tcp://127.0.0.1:*");
  Heard heard;
  Subscriber subscriber(listening_to({rogue.get(zmq::sockopt::last_endpoint)}), heard.handlers());
  zmq::message_t subscription;
  REQUIRE(rogue.recv(subscription));
  rogue.send(zmq::buffer(std::string("t\0", 2) + std::string(kFrameBytesMax, 'x')), zmq::send_flags::none);
  int changes = 0;  // it leaves, and comes back
  REQUIRE(until([&] { return changes == 2; },
                [&] {
                  subscriber.poll(1ms);
                  while (rogue.recv(subscription, zmq::recv_flags::dontwait)) ++changes;
                }));
  FrameWriter writer("t", *parse_stream_id(kStream.text), 1, "rogue");
  writer.append("fine");
  rogue.send(zmq::buffer(writer.finish(1)), zmq::send_flags::none);
  REQUIRE(until([&] { return !heard.records.empty(); }, [&] { subscriber.poll(10ms); }));
  REQUIRE(heard.bad.size() == 1);
  CHECK(heard.bad[0].find("more than 8388608 bytes; connecting again") != std::string::npos);
}

TEST_CASE("A peer that failed the handshake is tried again", "[bus][stream]") {
  zmq::context_t context;
  std::string endpoint;
  Heard heard;
  std::unique_ptr<Subscriber> subscriber;
  {
    zmq::socket_t stranger(context, zmq::socket_type::stream);  // plain TCP
    stranger.set(zmq::sockopt::linger, 0);
    stranger.bind("tcp://127.0.0.1:*");
    endpoint = stranger.get(zmq::sockopt::last_endpoint);
    subscriber = std::make_unique<Subscriber>(listening_to({endpoint}), heard.handlers());
    zmq::message_t peer, greeting;
    REQUIRE(stranger.recv(peer));
    REQUIRE(stranger.recv(greeting));
    stranger.send(zmq::buffer(peer.data(), peer.size()), zmq::send_flags::sndmore);
    // A ZMTP 3 greeting that asks for a security mechanism that nobody has.
    auto foreign = std::string("\xff\0\0\0\0\0\0\0\0\x7f\3\0UNKNOWN", 19);
    foreign.resize(64);
    stranger.send(zmq::buffer(foreign), zmq::send_flags::none);
    REQUIRE(until([&] { return !heard.bad.empty(); }, [&] { subscriber->poll(10ms); }));
  }
  auto options = quick();
  options.endpoint = endpoint;
  std::unique_ptr<Publisher> publisher;
  REQUIRE(until([&] { return publisher != nullptr; },
                [&] {
                  try {
                    publisher = std::make_unique<Publisher>(options);
                  } catch (const BusError&) {  // libzmq closes the stranger's socket in its own time
                    std::this_thread::yield();
                  }
                }));
  publisher->open_stream("t", kStream, 1, 0);
  REQUIRE(connected(*publisher, *subscriber));
  publish(*publisher, 3);
  REQUIRE(until([&] { return heard.records.size() >= 3; }, [&] { subscriber->poll(10ms); }));
  CHECK(heard.exactly(kStream, 1, 3));
}
