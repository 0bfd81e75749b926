// Two publishers of one stream, as a copied journal makes them: whoever comes second is refused and told of, whatever
// it has. And whoever comes honestly after the first goes on.
#include <algorithm>
#include <filesystem>

#include "listener.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "transport/stream_table.hpp"

using namespace risk::bus;
using namespace risk::bus::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using risk::test::TemporaryFolder;

namespace {

constexpr std::chrono::milliseconds kSilence{300};

PublisherOptions named(const std::string& name) {
  PublisherOptions options;
  options.name = name;
  options.heartbeat_interval = 20ms;
  options.batch_linger = 0ms;
  options.replay_endpoint = "tcp://127.0.0.1:*";
  return options;
}

// A publisher with its journal, as a process has them. A record is its publisher's name and its sequence.
struct Process {
  Process(const std::string& directory, const std::string& name, const std::string& endpoint = "tcp://127.0.0.1:*")
      : name_(name), journal(std::make_shared<Journal>(options_in(directory))) {
    auto options = named(name);
    options.endpoint = endpoint;
    publisher = std::make_unique<Publisher>(options);
    publisher->open_stream("t", journal);
  }
  static JournalOptions options_in(const std::string& directory) {
    JournalOptions options;
    options.directory = directory;
    options.durable_consumers = {"risk-engine"};
    return options;
  }
  void publish(int count) {
    for (int i = 0; i < count; ++i) {
      publisher->publish("t", name_ + std::to_string(publisher->last_sequence("t") + 1));
    }
    publisher->flush();
  }
  std::string endpoint() const { return publisher->endpoint(); }

  std::string name_;
  std::shared_ptr<Journal> journal;
  std::unique_ptr<Publisher> publisher;
};

SubscriberOptions engine(std::vector<std::string> endpoints) {
  auto options = listening_to(std::move(endpoints));
  options.consumer = "risk-engine";
  options.silence_max = kSilence;
  return options;
}

// An engine's end, and whoever publishes.
struct Desk {
  explicit Desk(std::vector<std::string> endpoints) : subscriber(engine(std::move(endpoints)), heard.handlers()) {}

  void turn(const std::vector<Process*>& processes) {
    for (auto* process : processes) process->publisher->service();
    subscriber.poll(1ms);
    for (const auto& stream : subscriber.streams()) subscriber.commit(stream.id, stream.epoch, stream.delivered);
  }
  bool has(std::size_t records, const std::vector<Process*>& processes) {
    return until([&] { return heard.records.size() >= records; }, [&] { turn(processes); });
  }
  std::string conflict() const { return conflicts(subscriber.streams()); }
  bool sees_conflict(const std::vector<Process*>& processes) {
    return until([&] { return !conflict().empty(); }, [&] { turn(processes); });
  }
  bool is_all_of(const std::string& name, std::size_t from = 0) const {
    return std::all_of(heard.payloads.begin() + static_cast<std::ptrdiff_t>(from), heard.payloads.end(),
                       [&](const std::string& payload) { return payload.starts_with(name); });
  }

  Heard heard;
  Subscriber subscriber;
};

struct Copied {
  TemporaryFolder folder;
  const std::string mine = folder / "journal";
  const std::string theirs = folder / "copy";

  // A stream of `before` records of "first", copied then, and of `after` more that the copy does not have.
  Copied(int before, int after) {
    {
      Process first(mine, "first");
      first.publish(before);
    }
    std::filesystem::copy(mine, theirs, std::filesystem::copy_options::recursive);
    Process first(mine, "first");
    first.publish(after);
  }
};

}  // namespace

TEST_CASE("Of two publishers of one stream that both live one is taken, and the other told and counted",
          "[bus][rivals]") {
  const Copied journals(10, 0);
  Process first(journals.mine, "first"), twin(journals.theirs, "twin");
  Desk desk({first.endpoint()});
  REQUIRE(desk.has(10, {&first}));
  Desk both({first.endpoint(), twin.endpoint()});
  REQUIRE(both.has(10, {&first, &twin}));
  const bool first_is_taken = both.subscriber.streams()[0].publisher == "first";
  for (int i = 0; i < 20; ++i) {
    first.publish(1);
    twin.publish(1);
    both.turn({&first, &twin});
  }
  REQUIRE(both.has(30, {&first, &twin}));
  REQUIRE(both.sees_conflict({&first, &twin}));
  CHECK(both.heard.records.size() == 30);
  CHECK(both.is_all_of(first_is_taken ? "first" : "twin", 10));
  CHECK_THAT(both.conflict(), ContainsSubstring("stream " + first.journal->stream().text + " has two publishers: "));
  CHECK_THAT(both.conflict(), ContainsSubstring("'first' at " + first.endpoint()));
  CHECK_THAT(both.conflict(), ContainsSubstring("'twin' at " + twin.endpoint()));
  CHECK(both.subscriber.counters().rival_frames > 0);
  CHECK(until([&] { return both.subscriber.counters().rival_records >= 1; },
              [&] {
                (first_is_taken ? twin : first).publish(1);
                both.turn({&first, &twin});
              }));
  CHECK(std::count_if(both.heard.bad.begin(), both.heard.bad.end(), [](const std::string& reason) {
          return reason.find("another publisher of this stream") != std::string::npos;
        }) == 1);  // the rest is counted
}

TEST_CASE("When the first ends its twin is not taken, whether it has less or more", "[bus][rivals]") {
  const int of_twin = GENERATE(0, 5, 40);
  const bool on_same_port = GENERATE(false, true);
  CAPTURE(of_twin, on_same_port);
  const Copied journals(10, 20);
  auto first = std::make_unique<Process>(journals.mine, "first");
  const auto endpoint = first->endpoint();
  // It listens elsewhere, or comes to the port of the first.
  auto twin = on_same_port ? nullptr : std::make_unique<Process>(journals.theirs, "twin");
  Desk desk(on_same_port ? std::vector{endpoint} : std::vector{endpoint, twin->endpoint()});
  REQUIRE(desk.has(30, {first.get()}));
  first.reset();
  if (on_same_port) twin = std::make_unique<Process>(journals.theirs, "twin", endpoint);
  twin->publish(of_twin);
  REQUIRE(desk.sees_conflict({twin.get()}));
  twin->publish(40);
  REQUIRE(until([&] { return desk.subscriber.counters().rival_records >= 40; }, [&] { desk.turn({twin.get()}); }));
  CHECK(desk.heard.records.size() == 30);
  CHECK(desk.is_all_of("first"));
  CHECK(desk.heard.gaps.empty());
  CHECK_THAT(desk.conflict(), ContainsSubstring("'twin' at " + twin->endpoint() + " is refused"));
  CHECK_THAT(desk.conflict(), ContainsSubstring(": it"));
  CHECK(twin->journal->committed() == 0);                               // what the first committed is not told to it
  CHECK(twin->journal->contradiction().has_value() == (of_twin < 20));  // who never had what is asked for has to stop

  // Its end, and the first one's return, mend it.
  twin.reset();
  first = std::make_unique<Process>(journals.mine, "first", endpoint);
  first->publish(5);
  REQUIRE(desk.has(35, {first.get()}));
  CHECK(desk.is_all_of("first"));
  CHECK(until([&] { return desk.conflict().empty(); }, [&] { desk.turn({first.get()}); }));
}

TEST_CASE("A consumer that starts anew refuses a twin by what it kept of the last record", "[bus][rivals]") {
  const Copied journals(10, 5);
  std::uint64_t last = 0, hash = 0;
  const auto heard_of = [&](Process& publisher, const StreamId* stream) {
    SubscriberHandlers handlers;
    handlers.on_records = [&](const Records& records) {
      last = records.last();
      hash = records.last_hash.value();
    };
    auto subscriber = std::make_unique<Subscriber>(engine({publisher.endpoint()}), handlers);
    if (stream != nullptr) subscriber->resume_after(*stream, 1, last, hash);
    return subscriber;
  };
  StreamId stream;
  {
    Process first(journals.mine, "first");
    stream = first.journal->stream();
    const auto subscriber = heard_of(first, nullptr);
    REQUIRE(until([&] { return last == 15; },
                  [&] {
                    first.publisher->service();
                    subscriber->poll(1ms);
                  }));
  }
  {
    Process twin(journals.theirs, "twin");
    twin.publish(10);
    const auto subscriber = heard_of(twin, &stream);
    REQUIRE(until([&] { return !conflicts(subscriber->streams()).empty(); },
                  [&] {
                    twin.publish(1);
                    twin.publisher->service();
                    subscriber->poll(1ms);
                  }));
    CHECK_THAT(conflicts(subscriber->streams()), ContainsSubstring("its record 15 of epoch 1 is not the one"));
    CHECK(last == 15);
  }
  Process first(journals.mine, "first");
  const auto subscriber = heard_of(first, &stream);
  first.publish(1);
  CHECK(until([&] { return last == 16; },
              [&] {
                first.publisher->service();
                subscriber->poll(1ms);
              }));
  CHECK(conflicts(subscriber->streams()).empty());
}

TEST_CASE("A publisher that starts again is no twin, on the same port or another, with its journal moved or not",
          "[bus][rivals]") {
  const Copied journals(10, 0);  // the copy is as good as the first: it was moved
  auto process = std::make_unique<Process>(journals.mine, "first");
  const auto endpoint = process->endpoint();
  Process elsewhere(journals.folder / "other", "other");
  const auto free = elsewhere.endpoint();
  elsewhere.publisher.reset();
  Desk desk({endpoint, free});
  REQUIRE(desk.has(10, {process.get()}));
  process.reset();
  process = std::make_unique<Process>(journals.theirs, "first", endpoint);
  process->publish(10);
  REQUIRE(desk.has(20, {process.get()}));
  process.reset();
  process = std::make_unique<Process>(journals.theirs, "first", free);
  process->publish(10);
  REQUIRE(desk.has(30, {process.get()}));
  CHECK(desk.conflict().empty());
  CHECK(desk.is_all_of("first"));
  CHECK(desk.heard.gaps.empty());
}

TEST_CASE("A publisher that starts again when its consumer has committed all, and its journal is trimmed, is no twin",
          "[bus][rivals]") {
  TemporaryFolder folder;
  auto process = std::make_unique<Process>(folder / "j", "first");
  const auto endpoint = process->endpoint();
  Desk desk({endpoint});
  process->publish(10);
  REQUIRE(desk.has(10, {process.get()}));
  REQUIRE(until([&] { return process->journal->committed() == 10; }, [&] { desk.turn({process.get()}); }));
  process.reset();
  process = std::make_unique<Process>(folder / "j", "first", endpoint);
  process->publish(1);
  REQUIRE(desk.has(11, {process.get()}));
  CHECK(desk.conflict().empty());
}

TEST_CASE("A stream whose journal was reset goes on in its next epoch", "[bus][rivals]") {
  TemporaryFolder folder;
  auto process = std::make_unique<Process>(folder / "j", "first");
  const auto endpoint = process->endpoint();
  Desk desk({endpoint});
  process->publish(10);
  REQUIRE(desk.has(10, {process.get()}));
  process.reset();
  auto options = Process::options_in(folder / "j");
  options.reset = true;
  { const Journal reset(options); }
  process = std::make_unique<Process>(folder / "j", "first", endpoint);
  process->publish(3);
  REQUIRE(desk.has(13, {process.get()}));
  CHECK(desk.conflict().empty());
}

TEST_CASE("A reset copy that has other records is refused in its new epoch too", "[bus][rivals]") {
  const Copied journals(10, 20);
  auto first = std::make_unique<Process>(journals.mine, "first");
  const auto endpoint = first->endpoint();
  {
    Process twin(journals.theirs, "twin");
    twin.publish(40);
  }
  auto options = Process::options_in(journals.theirs);
  options.reset = true;
  { const Journal reset(options); }
  Desk desk({endpoint});
  REQUIRE(desk.has(30, {first.get()}));
  first.reset();
  Process twin(journals.theirs, "twin", endpoint);
  twin.publish(5);
  REQUIRE(desk.sees_conflict({&twin}));
  CHECK(desk.heard.records.size() == 30);
}

TEST_CASE("Invented publishers of a stream are bounded", "[bus][rivals]") {
  Rivals rivals;
  const Rival::Instant start{1h};
  for (std::uint64_t instance = 1; instance <= 100; ++instance) {
    rivals.note(instance, "other", start + std::chrono::milliseconds(instance));
  }
  std::size_t known = 0;
  for (std::uint64_t instance = 1; instance <= 100; ++instance) known += rivals.find(instance) != nullptr ? 1 : 0;
  CHECK(known == kRivalsMax);
  CHECK(rivals.find(100) != nullptr);
  CHECK(rivals.find(1) == nullptr);
}

TEST_CASE("A publisher of before instances were is taken as ever", "[bus][rivals]") {
  std::size_t records = 0;
  StreamTable table({[&](const Record&) { ++records; }, {}, {}}, 5000ms);
  const auto frame = [](std::uint64_t sequence, std::uint64_t instance) {
    FrameWriter writer("t", *parse_stream_id(std::string(32, 'a')), 1, "p", 5552, instance);
    writer.append("x");
    return std::string(writer.finish(sequence));
  };
  const StreamTable::Instant now{1h};
  table.take(frame(1, 0), 1, "here", now);
  table.take(frame(2, 0), 2, "there", now);
  CHECK(records == 2);
  // It was upgraded, and is asked for what it has.
  const auto upgraded = table.take(frame(3, 7), 1, "here", now);
  REQUIRE(upgraded.missing);
  CHECK(upgraded.missing->unproven == 7);
  CHECK(upgraded.missing->last == 2);
}
