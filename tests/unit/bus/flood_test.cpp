// Peers that send without end, to each socket that binds: cut off, with the memory bounded and the others served.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>

#include "listener.hpp"
#include "raw_peer.hpp"
#include "requests/request_frame.hpp"
#include "risk/bus/request.hpp"
#include "support/catch.hpp"
#include "support/sanitizer.hpp"
#include "support/temporary_folder.hpp"
#include "transport/replay_message.hpp"

using namespace risk::bus;
using namespace risk::bus::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using risk::test::TemporaryFolder;

namespace {

constexpr std::size_t kGrowthMax = std::size_t{200} << 20;
constexpr std::size_t kFloodBytesMax = std::size_t{256} << 20;  // a flood that nobody ends fails the test

std::size_t resident_bytes() {
  if (risk::test::kSanitized) return 0;
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// The kinds of endless input, as blocks to be sent again and again. Each is another one, by its number.
using Block = std::function<std::string(std::uint64_t number)>;

std::string endless_parts(std::uint64_t) {
  std::string block;
  for (int i = 0; i < 1'000; ++i) block += RawPeer::part("x", true);
  return block;
}

std::string endless_long_parts() {
  std::string block;
  for (int i = 0; i < 10; ++i) block += RawPeer::part(std::string(100'000, 'x'), true);
  return block;
}

// Of ever other topics, as long as may be.
std::string endless_subscriptions(std::uint64_t number) {
  std::string block;
  for (int i = 0; i < 100; ++i) {
    auto topic = "\1" + std::to_string(number) + "-" + std::to_string(i) + "-";
    topic.resize(400, static_cast<char>('a' + number % 26));
    block += RawPeer::part(topic);
  }
  return block;
}

std::string endless_messages(std::uint64_t) {
  std::string block;
  for (int i = 0; i < 1'000; ++i) block += RawPeer::part("neither a subscription nor anything");
  return block;
}

std::string endless_message(std::uint64_t number) {
  // A head that announces a terabyte, then its bytes.
  const std::string head = std::string("\2") + std::string("\0\0\1\0\0\0\0\0", 8);
  return (number == 0 ? head : "") + std::string(100'000, 'x');
}

// Sends blocks until the other end hangs up, while `meanwhile` runs again and again; tells whether it came to that.
bool is_cut_off(const std::string& endpoint, const std::string& type, const Block& block,
                const std::function<void()>& meanwhile) {
  std::atomic<int> state = 0;  // 1: hung up on, 2: never
  std::thread flood([&] {
    RawPeer peer(endpoint, type);
    std::size_t bytes = 0;
    for (std::uint64_t number = 0; bytes < kFloodBytesMax; ++number) {
      const auto next = block(number);
      bytes += next.size();
      if (peer.send(next)) continue;
      state = 1;
      return;
    }
    state = 2;
  });
  while (state == 0) meanwhile();
  flood.join();
  return state == 1;
}

struct Server {
  Server() : journal(std::make_shared<Journal>(journal_options())), publisher(options()) {
    publisher.open_stream("t", journal);
    publisher.publish("t", "first");
    publisher.flush();
  }
  JournalOptions journal_options() const {
    JournalOptions options;
    options.directory = folder / "j";
    return options;
  }
  PublisherOptions options() {
    PublisherOptions options;
    options.heartbeat_interval = 20ms;
    options.replay_endpoint = "tcp://127.0.0.1:*";
    options.on_problem = [this](const std::string& problem) {
      const std::lock_guard lock(mutex);
      problems.push_back(problem);
    };
    return options;
  }
  std::string replay_endpoint() const { return "tcp://127.0.0.1:" + std::to_string(publisher.replay_port()); }
  std::size_t told_of_cut_off() {
    const std::lock_guard lock(mutex);
    return static_cast<std::size_t>(std::count_if(problems.begin(), problems.end(), [](const std::string& problem) {
      return problem.find("127.0.0.1 is cut off: more than ") != problem.npos;
    }));
  }
  // Somebody honest comes and gets everything.
  bool serves() {
    Heard heard;
    Subscriber subscriber(listening_to({publisher.endpoint()}), heard.handlers());
    return until([&] { return !heard.records.empty(); },
                 [&] {
                   publisher.service();
                   subscriber.poll(1ms);
                 });
  }

  TemporaryFolder folder;
  std::mutex mutex;
  std::vector<std::string> problems;
  std::shared_ptr<Journal> journal;
  Publisher publisher;
};

struct Kind {
  const char* name;
  Block block;
};

}  // namespace

TEST_CASE("A subscriber that sends without end is cut off, and the others are served", "[bus][flood]") {
  const auto kind = GENERATE(values<Kind>({{"parts of a message", endless_parts},
                                           {"subscriptions", endless_subscriptions},
                                           {"messages", endless_messages},
                                           {"one message", endless_message}}));
  CAPTURE(kind.name);
  Server server;
  const auto before = resident_bytes();
  for (int i = 0; i < 3; ++i) {
    CHECK(is_cut_off(server.publisher.endpoint(), "SUB", kind.block, [&] {
      server.publisher.service();
      std::this_thread::yield();
    }));
  }
  CHECK(resident_bytes() < before + kGrowthMax);
  CHECK(server.serves());
  CHECK(server.told_of_cut_off() <= 1);  // libzmq ends one message by itself; the rest is told once, and counted
  if (kind.name != std::string("one message")) CHECK(server.publisher.dropped_peers() == 3);
}

TEST_CASE("Whoever asks for records without end is cut off, and the others are served", "[bus][flood]") {
  const auto kind = GENERATE(values<Kind>({{"parts of a message", endless_parts}, {"one message", endless_message}}));
  CAPTURE(kind.name);
  Server server;
  const auto before = resident_bytes();
  for (int i = 0; i < 3; ++i) {
    CHECK(is_cut_off(server.replay_endpoint(), "DEALER", kind.block, [&] { server.publisher.service(); }));
  }
  CHECK(resident_bytes() < before + kGrowthMax);
  CHECK(server.serves());
}

TEST_CASE("Whoever sends commands without end is cut off, and the others are served", "[bus][flood]") {
  const auto kind = GENERATE(values<Kind>({{"parts of a message", endless_parts}, {"one message", endless_message}}));
  CAPTURE(kind.name);
  RequestServer server({}, [](std::string_view request) { return std::string(request); });
  const auto before = resident_bytes();
  for (int i = 0; i < 3; ++i) {
    CHECK(is_cut_off(server.endpoint(), "DEALER", kind.block, [] { std::this_thread::yield(); }));
  }
  CHECK(resident_bytes() < before + kGrowthMax);
  RequestClient client(server.endpoint());
  CHECK(client.request("still there?", kPatience) == "still there?");
}

TEST_CASE("A peer that speaks a protocol before ZMTP 3 is cut off like any other, and ends no port", "[bus][flood]") {
  const Block old_messages = [](std::uint64_t number) {
    std::string block = number == 0 ? std::string("\1\0", 2) : "";  // the greeting of ZMTP 1.0: an empty identity
    for (int i = 0; i < 1'000; ++i) block += std::string("\6\0hello", 7);
    return block;
  };
  Server server;
  RequestServer commands({}, [](std::string_view request) { return std::string(request); });
  CHECK(is_cut_off(server.replay_endpoint(), "", old_messages, [&] { server.publisher.service(); }));
  CHECK(is_cut_off(server.publisher.endpoint(), "", old_messages, [&] { server.publisher.service(); }));
  CHECK(is_cut_off(commands.endpoint(), "", old_messages, [] { std::this_thread::yield(); }));
  CHECK(server.serves());
  RequestClient client(commands.endpoint());
  CHECK(client.request("still there?", kPatience) == "still there?");
}

TEST_CASE("Whoever asks and never reads holds a few answers in memory, however often it asks", "[bus][flood]") {
  Server server;
  for (int i = 0; i < 20'000; ++i) server.publisher.publish("t", std::string(1'000, 'x'));
  server.publisher.flush();
  ReplayMessage ask;
  ask.stream = *parse_stream_id(server.journal->stream().text);
  ask.epoch = 1;
  ask.first = 1;
  const auto question = RawPeer::part(encode_replay(ask));
  const auto before = resident_bytes();
  RawPeer peer(server.replay_endpoint(), "DEALER");
  constexpr std::uint64_t kAnswers = 40;  // of 4 MiB, about 4,000 records
  for (std::uint64_t i = 0; i < kAnswers; ++i) REQUIRE(peer.send(question));
  CHECK(until([&] { return server.publisher.counters().replayed_records >= kAnswers * 4'000; },
              [&] { server.publisher.service(); }));
  CHECK(resident_bytes() < before + (std::size_t{64} << 20));
  CHECK(server.serves());
}

TEST_CASE("Who reads answers gets each whole, however many frames it is in", "[bus][flood]") {
  Server server;
  // Runs of a little more than half a frame: as many frames an answer as there can be.
  for (int i = 0; i < 60'000; ++i) {
    server.publisher.publish("t", std::string(350, 'x'));
    if (i % 100 == 99) server.publisher.flush();
  }
  server.publisher.flush();
  Heard heard;
  Subscriber subscriber(listening_to({server.publisher.endpoint()}), heard.handlers());
  CHECK(until([&] { return heard.records.size() >= 60'001; },
              [&] {
                server.publisher.service();
                subscriber.poll(1ms);
              }));
  CHECK(heard.bad.empty());  // no answer that was waited for in vain
}

TEST_CASE("Whoever sends commands and never reads replies is served no further than its queue", "[bus][flood]") {
  std::atomic<std::uint64_t> asked = 0;
  RequestServer server({}, [&](std::string_view) {
    ++asked;
    return std::string(100'000, 'x');
  });
  const auto before = resident_bytes();
  RawPeer peer(server.endpoint(), "DEALER");
  const auto request = RawPeer::part(encode_request_frame({RequestKind::kRequest, 1, "x"}));
  for (int i = 0; i < 5'000; ++i) REQUIRE(peer.send(request));
  CHECK(until([&] { return asked >= 5'000; }, [] { std::this_thread::yield(); }));  // half a gigabyte of replies
  CHECK(resident_bytes() < before + (std::size_t{64} << 20));
  RequestClient client(server.endpoint());
  CHECK(client.request("x", kPatience));
}

TEST_CASE("Connections without end, silent or not, do not keep others out for longer than a handshake may take",
          "[bus][flood]") {
  const bool shake_hands = GENERATE(false, true);
  CAPTURE(shake_hands);
  Server server;
  std::vector<RawPeer> peers;
  for (int i = 0; i < 200; ++i) {
    peers.emplace_back(server.publisher.endpoint(), shake_hands ? "SUB" : "");
    server.publisher.service();
  }
  CHECK(until([&] { return server.publisher.dropped_peers() >= 200 - 64; }, [&] { server.publisher.service(); }));
  CHECK(server.told_of_cut_off() == 1);
  CHECK(peers.back().is_hung_up_on());
  if (shake_hands) peers.clear();  // who shook hands may stay
  CHECK(server.serves());
}

TEST_CASE("A client that sends many requests over one connection is not cut off", "[bus][flood]") {
  RequestServerOptions options;
  options.request_bytes_max = 64 << 10;
  RequestServer server(options, [](std::string_view request) { return std::string(request.substr(0, 1)); });
  RequestClient client(server.endpoint());
  const std::string request(60'000, 'x');
  for (int i = 0; i < 200; ++i) REQUIRE(client.request(request, kPatience) == "x");  // eight times what may be unread
  CHECK(server.dropped_peers() == 0);
}

TEST_CASE("A publisher that sends parts without end is cut off by its subscriber, which goes on", "[bus][flood]") {
  std::atomic<bool> is_cut_off = false;
  RawListener listener;
  std::thread flood([&] {
    auto peer = listener.accept("XPUB");
    const auto parts = endless_long_parts();
    std::size_t bytes = 0;
    while (bytes < kFloodBytesMax && peer.send(parts)) bytes += parts.size();
    is_cut_off = bytes < kFloodBytesMax;
  });
  Server server;
  Heard heard;
  auto options = listening_to({server.publisher.endpoint(), listener.endpoint()});
  options.frames_queued_max = 10;
  Subscriber subscriber(options, heard.handlers());
  CHECK(until([&] { return is_cut_off && !heard.records.empty(); },
              [&] {
                server.publisher.service();
                subscriber.poll(1ms);
              }));
  flood.join();
  CHECK_THAT(heard.bad.front(), ContainsSubstring("sends without end; connecting again"));
}
