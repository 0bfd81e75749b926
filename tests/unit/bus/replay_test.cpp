// What did not come is asked for and comes, whatever stood in the way: late, slow, paused and restarted subscribers,
// publishers that come and go, a past that is gone.
#include <atomic>
#include <map>
#include <thread>
#include <zmq.hpp>

#include "listener.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "transport/frame.hpp"
#include "transport/replay_message.hpp"

using namespace risk::bus;
using namespace risk::bus::test;
using namespace std::chrono_literals;
using risk::test::TemporaryFolder;

namespace {

PublisherOptions quick() {
  PublisherOptions options;
  options.name = "simulator@test";
  options.heartbeat_interval = 20ms;
  options.replay_endpoint = "tcp://127.0.0.1:*";
  return options;
}

JournalOptions in(const std::string& directory) {
  JournalOptions options;
  options.directory = directory;
  options.durable_consumers = {"risk-engine"};
  return options;
}

// A publisher with its journal, as a process has them.
struct Source {
  explicit Source(const JournalOptions& where, const PublisherOptions& options = quick())
      : journal(std::make_shared<Journal>(where)), publisher(options) {
    publisher.open_stream("t", journal);
  }
  void publish(std::uint64_t count, std::size_t bytes = 0) {
    for (std::uint64_t i = 0; i < count; ++i) {
      publisher.publish("t", std::to_string(publisher.last_sequence("t") + 1) + std::string(bytes, ' '));
    }
    publisher.flush();
  }

  std::shared_ptr<Journal> journal;
  Publisher publisher;
};

SubscriberOptions durable(std::vector<std::string> endpoints) {
  auto options = listening_to(std::move(endpoints));
  options.consumer = "risk-engine";
  options.replay_timeout = 100ms;
  return options;
}

bool hears(Heard& heard, Subscriber& subscriber, Source& source, std::uint64_t records) {
  return until([&] { return heard.records.size() >= records; },
               [&] {
                 source.publisher.service();
                 subscriber.poll(1ms);
               });
}

// A past that a test writes down.
struct Past final : ReplaySource {
  std::mutex mutex;
  std::map<std::uint64_t, std::string> records;
  std::uint64_t first = 1;
  bool away = false;
  std::uint64_t asked = 0;

  Extent extent(std::uint64_t epoch) override {
    const std::lock_guard lock(mutex);
    ++asked;
    if (away) throw BusError("the database is away");
    if (epoch != 1) return {1, 0, epoch < 1};
    return {first, records.empty() ? first - 1 : records.rbegin()->first, false};
  }
  void read(std::uint64_t, std::uint64_t from, std::size_t, const std::function<void(const Run&)>& take) override {
    const std::lock_guard lock(mutex);
    FrameWriter batch("t", {}, 1, "p");
    for (auto record = records.find(from); record != records.end(); ++record) batch.append(record->second);
    take({from, batch.count(), batch.records()});
  }
  void committed(std::string_view, std::uint64_t, std::uint64_t) override {}
};

}  // namespace

TEST_CASE("A latecomer gets everything from the journal, in order, and then what is new", "[bus][replay]") {
  TemporaryFolder folder;
  Source source(in(folder.path()));
  source.publish(5'000);
  Heard heard;
  Subscriber subscriber(durable({source.publisher.endpoint()}), heard.handlers());
  REQUIRE(hears(heard, subscriber, source, 5'000));
  source.publish(10);
  REQUIRE(hears(heard, subscriber, source, 5'010));
  CHECK(heard.exactly(source.journal->stream(), 1, 5'010));
  CHECK(heard.payloads.at(4'999).substr(0, 4) == "5000");
  CHECK(heard.gaps.empty());
  CHECK(heard.bad.empty());
  CHECK(subscriber.counters().replayed_records >= 5'000);
  CHECK(source.publisher.counters().replayed_records >= 5'000);
}

TEST_CASE("A subscriber resumes after its cursor, over a restart of either side", "[bus][replay]") {
  TemporaryFolder folder;
  auto options = quick();
  std::string endpoint;
  StreamId stream;
  {
    Source source(in(folder.path()), options);
    endpoint = source.publisher.endpoint();
    stream = source.journal->stream();
    source.publish(100);
  }
  options.endpoint = endpoint;
  Source source(in(folder.path()), options);
  CHECK(source.journal->stream() == stream);
  Heard heard;
  Subscriber subscriber(durable({endpoint}), heard.handlers());
  subscriber.resume_after(stream, 1, 42);
  REQUIRE(hears(heard, subscriber, source, 58));
  CHECK(heard.exactly(stream, 43, 100));
  source.publish(1);
  REQUIRE(hears(heard, subscriber, source, 59));
  CHECK(heard.gaps.empty());
}

TEST_CASE("A subscriber stalled past its high-water mark loses nothing, while the publisher goes on", "[bus][replay]") {
  TemporaryFolder folder;
  auto options = quick();
  options.frames_queued_max = 5;
  options.batch_records = 1;
  Source source(in(folder.path()), options);
  Heard heard;
  auto listening = durable({source.publisher.endpoint()});
  listening.frames_queued_max = 5;
  Subscriber subscriber(listening, heard.handlers());
  REQUIRE(source.publisher.wait_for_subscriber("t", kPatience));
  source.publish(300, 100'000);  // far more than the queues and the kernel's buffers hold
  REQUIRE(hears(heard, subscriber, source, 300));
  CHECK(heard.exactly(source.journal->stream(), 1, 300));
  CHECK(heard.gaps.empty());
  CHECK(subscriber.counters().replayed_records > 0);
}

TEST_CASE("A publisher that is killed and comes back on other ports is asked there", "[bus][replay]") {
  TemporaryFolder folder;
  auto options = quick();
  auto source = std::make_unique<Source>(in(folder.path()), options);
  options.endpoint = source->publisher.endpoint();
  Heard heard;
  Subscriber subscriber(durable({options.endpoint}), heard.handlers());
  source->publish(3);
  REQUIRE(hears(heard, subscriber, *source, 3));
  const auto port = source->publisher.replay_port();
  source.reset();
  {  // someone else takes the old port, and says nothing
    zmq::context_t context;
    zmq::socket_t silent(context, zmq::socket_type::router);
    silent.set(zmq::sockopt::linger, 0);
    silent.bind("tcp://127.0.0.1:" + std::to_string(port));
    auto unheard = options;
    unheard.endpoint = "tcp://127.0.0.1:*";
    source = std::make_unique<Source>(in(folder.path()), unheard);
    source->publish(50);
    source.reset();
    source = std::make_unique<Source>(in(folder.path()), options);
    REQUIRE(source->publisher.replay_port() != port);
    REQUIRE(hears(heard, subscriber, *source, 53));
  }
  CHECK(heard.exactly(source->journal->stream(), 1, 53));
  CHECK(heard.gaps.empty());
}

TEST_CASE("A publisher that dies in the middle of an answer is asked again", "[bus][replay]") {
  TemporaryFolder folder;
  auto options = quick();
  auto source = std::make_unique<Source>(in(folder.path()), options);
  options.endpoint = source->publisher.endpoint();
  source->publish(200, 100'000);
  Heard heard;
  Subscriber subscriber(durable({options.endpoint}), heard.handlers());
  REQUIRE(until([&] { return heard.records.size() > 20; },
                [&] {
                  source->publisher.service();
                  subscriber.poll(1ms, 1);
                }));
  const auto stream = source->journal->stream();
  source.reset();
  for (int i = 0; i < 5; ++i) subscriber.poll(1ms);
  source = std::make_unique<Source>(in(folder.path()), options);
  REQUIRE(hears(heard, subscriber, *source, 200));
  CHECK(heard.exactly(stream, 1, 200));
  CHECK(heard.gaps.empty());
}

TEST_CASE("What was trimmed before anybody wanted it is a gap, told once, and the rest comes", "[bus][replay]") {
  TemporaryFolder folder;
  auto where = in(folder.path());
  where.bytes_max = 64 << 10;
  Source source(where);
  source.publish(500, 50);
  source.journal->committed("risk-engine", 1, 500);
  source.journal->trim();
  const auto first = source.journal->extent(1).first;
  REQUIRE(first > 1);
  Heard heard;
  Subscriber subscriber(durable({source.publisher.endpoint()}), heard.handlers());
  REQUIRE(hears(heard, subscriber, source, 500 - first + 1));
  CHECK(heard.exactly(source.journal->stream(), first, 500));
  REQUIRE(heard.gaps.size() == 1);
  CHECK(heard.gaps[0] == std::pair<std::uint64_t, std::uint64_t>{1, first - 1});
}

TEST_CASE("After a reset the rest of the old epoch comes first, then the new one", "[bus][replay]") {
  TemporaryFolder folder;
  auto options = quick();
  StreamId stream;
  {
    Source source(in(folder.path()), options);
    options.endpoint = source.publisher.endpoint();
    stream = source.journal->stream();
    source.publish(10);
  }
  auto where = in(folder.path());
  where.reset = true;
  Source source(where, options);
  source.publish(3);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
  Subscriber subscriber(durable({options.endpoint}),
                        {[&](const Record& record) { told.emplace_back(record.epoch, record.sequence); }, {}, {}});
  subscriber.resume_after(stream, 1, 8);
  REQUIRE(until([&] { return told.size() >= 5; },
                [&] {
                  source.publisher.service();
                  subscriber.poll(1ms);
                }));
  CHECK(told == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{1, 9}, {1, 10}, {2, 1}, {2, 2}, {2, 3}});
}

TEST_CASE("A publisher with a full journal waits, says so, and goes on when its consumer has committed",
          "[bus][replay]") {
  TemporaryFolder folder;
  auto where = in(folder.path());
  where.bytes_max = 64 << 10;
  auto options = quick();
  std::atomic<int> blocked = 0, freed = 0;
  options.on_blocked = [&](const std::optional<std::string>& why) { ++(why ? blocked : freed); };
  Source source(where, options);
  Heard heard;
  Subscriber subscriber(durable({source.publisher.endpoint()}), heard.handlers());
  std::atomic<bool> done = false;
  std::thread producer([&] {
    source.publish(3'000, 50);
    while (!done) source.publisher.service();
  });
  REQUIRE(until([&] { return blocked > 0; }, [&] { subscriber.poll(1ms); }));
  CHECK(source.journal->bytes() <= where.bytes_max);
  CHECK(until([&] { return heard.records.size() >= 3'000; },
              [&] {
                subscriber.poll(1ms);
                if (!heard.records.empty()) subscriber.commit(source.journal->stream(), 1, heard.records.back().second);
              }));
  CHECK(until([&] { return source.journal->committed() == 3'000; }, [&] { subscriber.poll(1ms); }));
  done = true;
  producer.join();
  CHECK(freed == blocked);
  CHECK(heard.exactly(source.journal->stream(), 1, 3'000));
  CHECK(heard.gaps.empty());
}

TEST_CASE("A publisher that waits for room can be stopped, and has used no sequence in vain", "[bus][replay]") {
  TemporaryFolder folder;
  auto where = in(folder.path());
  where.bytes_max = 64 << 10;
  auto options = quick();
  std::atomic<bool> blocked = false;
  options.on_blocked = [&](const std::optional<std::string>& why) { blocked = why.has_value(); };
  Source source(where, options);
  std::thread producer([&] {
    while (!blocked) source.publish(100, 50);
  });
  REQUIRE(until([&] { return blocked.load(); }, [] { std::this_thread::yield(); }));
  source.publisher.interrupt();
  producer.join();
  CHECK(source.publisher.last_sequence("t") == source.journal->last_sequence());
}

TEST_CASE("A past that is away for a moment is asked again, and nothing is lost", "[bus][replay]") {
  auto past = std::make_shared<Past>();
  past->records = {{1, "1"}, {2, "2"}, {3, "3"}};
  past->away = true;
  std::atomic<int> problems = 0;
  auto options = quick();
  options.on_problem = [&](const std::string& problem) {
    if (problem.find("the database is away") != std::string::npos) ++problems;
  };
  Publisher publisher(options);
  const auto stream = make_stream_id();
  publisher.open_stream("t", stream, 1, 3, past);
  Heard heard;
  Subscriber subscriber(durable({publisher.endpoint()}), heard.handlers());
  const auto step = [&] {
    publisher.service();
    subscriber.poll(1ms);
  };
  REQUIRE(until([&] { return problems > 0 && !heard.bad.empty(); }, step));
  CHECK(heard.bad.at(0).find("the database is away") != std::string::npos);
  {
    const std::lock_guard lock(past->mutex);
    past->away = false;
  }
  REQUIRE(until([&] { return heard.records.size() >= 3; }, step));
  CHECK(heard.exactly(stream, 1, 3));
  CHECK(heard.gaps.empty());
}

TEST_CASE("Several publishers behind one subscriber are each asked for their own", "[bus][replay]") {
  TemporaryFolder folder;
  Source first(in(folder / "1")), second(in(folder / "2"));
  first.publish(700);
  second.publish(900);
  Heard heard;
  Subscriber subscriber(durable({first.publisher.endpoint(), second.publisher.endpoint()}), heard.handlers());
  REQUIRE(until([&] { return heard.records.size() >= 1'600; },
                [&] {
                  first.publisher.service();
                  second.publisher.service();
                  subscriber.poll(1ms);
                }));
  CHECK(heard.exactly(first.journal->stream(), 1, 700));
  CHECK(heard.exactly(second.journal->stream(), 1, 900));
  CHECK(heard.gaps.empty());
}

TEST_CASE("A stream without a past is not asked for: what it lost is a gap", "[bus][replay]") {
  Publisher publisher(quick());
  publisher.open_stream("t", make_stream_id(), 1, 7);
  Heard heard;
  Subscriber subscriber(listening_to({publisher.endpoint()}), heard.handlers());
  REQUIRE(until([&] { return !heard.gaps.empty(); },
                [&] {
                  publisher.service();
                  subscriber.poll(1ms);
                }));
  CHECK(heard.gaps[0] == std::pair<std::uint64_t, std::uint64_t>{1, 7});
}

TEST_CASE("A peer that asks rubbish is counted and told, and the others are served", "[bus][replay]") {
  TemporaryFolder folder;
  std::atomic<int> problems = 0;
  auto options = quick();
  options.on_problem = [&](const std::string&) { ++problems; };
  Source source(in(folder.path()), options);
  source.publish(10);
  zmq::context_t context;
  zmq::socket_t rogue(context, zmq::socket_type::dealer);
  rogue.set(zmq::sockopt::linger, 0);
  rogue.connect("tcp://127.0.0.1:" + std::to_string(source.publisher.replay_port()));
  ReplayMessage ask;
  ask.stream = *parse_stream_id(source.journal->stream().text);
  ask.epoch = 1;
  ask.first = 1;
  auto wrong = encode_replay(ask);
  wrong[30] = static_cast<char>(wrong[30] ^ 1);
  rogue.send(zmq::buffer(std::string("rubbish")), zmq::send_flags::none);
  rogue.send(zmq::buffer(wrong), zmq::send_flags::none);
  rogue.send(zmq::buffer(std::string()), zmq::send_flags::none);
  ask.kind = ReplayMessage::Kind::kEnd;
  rogue.send(zmq::buffer(encode_replay(ask)), zmq::send_flags::none);
  REQUIRE(until([&] { return problems >= 4; }, [] { std::this_thread::yield(); }));

  ask.kind = ReplayMessage::Kind::kAsk;
  ask.stream = *parse_stream_id(make_stream_id().text);
  rogue.send(zmq::buffer(encode_replay(ask)), zmq::send_flags::none);
  zmq::message_t answer;
  REQUIRE(rogue.recv(answer));
  const auto end = decode_replay(answer.to_string_view());
  REQUIRE(end);
  CHECK(end->answer == ReplayMessage::Answer::kUnknown);

  Heard heard;
  Subscriber subscriber(durable({source.publisher.endpoint()}), heard.handlers());
  REQUIRE(hears(heard, subscriber, source, 10));
  CHECK(heard.exactly(source.journal->stream(), 1, 10));
}

TEST_CASE("A message about replay comes back as it was written, and damaged is refused", "[bus][replay]") {
  ReplayMessage message;
  message.kind = ReplayMessage::Kind::kCommitted;
  message.stream = *parse_stream_id("00112233445566778899aabbccddeeff");
  message.epoch = 2;
  message.last = 99;
  message.text = "risk-engine";
  const auto bytes = encode_replay(message);
  const auto decoded = decode_replay(bytes);
  REQUIRE(decoded);
  CHECK(decoded->kind == message.kind);
  CHECK(decoded->stream == message.stream);
  CHECK(decoded->epoch == 2);
  CHECK(decoded->last == 99);
  CHECK(decoded->text == "risk-engine");
  for (std::size_t length = 0; length < bytes.size(); ++length) CHECK_FALSE(decode_replay(bytes.substr(0, length)));
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    CHECK_FALSE(decode_replay(damaged));
  }
  CHECK_FALSE(decode_replay(bytes + "x"));
}

TEST_CASE("A publisher whose replay thread has died says so instead of going on half", "[bus][replay]") {
  struct Broken final : ReplaySource {
    Extent extent(std::uint64_t) override { return {}; }
    void read(std::uint64_t, std::uint64_t, std::size_t, const std::function<void(const Run&)>&) override {}
    void committed(std::string_view, std::uint64_t, std::uint64_t) override {
      throw std::runtime_error("out of order");
    }
  };
  Publisher publisher(quick());
  const auto id = make_stream_id();
  publisher.open_stream("t", id, 1, 0, std::make_shared<Broken>());
  Heard heard;
  Subscriber subscriber(durable({publisher.endpoint()}), heard.handlers());
  REQUIRE(publisher.wait_for_subscriber("t", kPatience));  // the broken past cannot give it
  publisher.publish("t", "one");
  std::string death;
  CHECK(until([&] { return !death.empty(); },
              [&] {
                try {
                  publisher.service();
                } catch (const BusError& error) {
                  death = error.what();
                }
                subscriber.poll(1ms);
                if (!heard.records.empty()) subscriber.commit(id, 1, 1);
              }));
  CHECK(death == "the replay thread has died: out of order");
}
