// Requests and replies over real sockets: who answers what, and what happens when someone is gone.
#include "risk/bus/request.hpp"

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "listener.hpp"
#include "requests/request_frame.hpp"
#include "support/catch.hpp"

using namespace risk::bus;
using namespace risk::bus::test;
using namespace std::chrono_literals;

namespace {

std::string shout(std::string_view text) {
  return std::string(text) + "!";
}

RequestServerOptions at(std::string endpoint) {
  RequestServerOptions options;
  options.endpoint = std::move(endpoint);
  return options;
}

}  // namespace

TEST_CASE("A request frame comes back as it was written, and any damage is noticed", "[bus][request]") {
  const auto bytes = encode_request_frame({RequestKind::kReply, 7, "payload"});
  CHECK(bytes.size() == kRequestOverheadBytes + 7);
  const auto frame = decode_request_frame(bytes);
  REQUIRE(frame);
  CHECK(frame->kind == RequestKind::kReply);
  CHECK(frame->number == 7);
  CHECK(frame->payload == "payload");
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    INFO(bit);
    CHECK_FALSE(decode_request_frame(damaged));
  }
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CHECK_FALSE(decode_request_frame(std::string_view(bytes).substr(0, length)));
  }
}

TEST_CASE("A request is answered", "[bus][request]") {
  auto options = at("tcp://127.0.0.1:*");
  options.request_bytes_max = 4 << 20;
  RequestServer server(options, shout);
  RequestClient client(server.endpoint());
  CHECK(client.request("one", kPatience) == "one!");
  CHECK(client.request("", kPatience) == "!");
  const std::string large(4 << 20, 'x');
  CHECK(client.request(large, kPatience) == large + "!");
}

TEST_CASE("Many clients get each its own answers", "[bus][request]") {
  RequestServer server({}, shout);
  std::atomic<int> right = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      RequestClient client(server.endpoint());
      for (int k = 0; k < 50; ++k) {
        const auto text = std::to_string(i) + ":" + std::to_string(k);
        if (client.request(text, kPatience) == text + "!") ++right;
      }
    });
  }
  for (auto& client : clients) client.join();
  CHECK(right == 400);
}

TEST_CASE("Nobody there is no reply, and nothing is left to be carried out later", "[bus][request]") {
  std::string endpoint;
  {
    const RequestServer reserves({}, shout);
    endpoint = reserves.endpoint();
  }
  RequestClient client(endpoint);
  CHECK_FALSE(client.request("too early", 20ms));
  std::mutex mutex;
  std::vector<std::string> handled;
  const RequestServer server(at(endpoint), [&](std::string_view request) {
    const std::lock_guard lock(mutex);
    handled.emplace_back(request);
    return shout(request);
  });
  CHECK(client.request("in time", kPatience) == "in time!");
  const std::lock_guard lock(mutex);
  CHECK(handled == std::vector<std::string>{"in time"});
}

TEST_CASE("A late reply is dropped, the next request gets its own", "[bus][request]") {
  std::mutex mutex;
  std::condition_variable changed;
  bool may_answer = false;
  RequestServer server({}, [&](std::string_view request) {
    std::unique_lock lock(mutex);
    if (request == "slow") changed.wait(lock, [&] { return may_answer; });
    return shout(request);
  });
  RequestClient client(server.endpoint());
  REQUIRE(client.request("first", kPatience) == "first!");
  CHECK_FALSE(client.request("slow", 20ms));
  {
    const std::lock_guard lock(mutex);
    may_answer = true;
  }
  changed.notify_all();
  CHECK(client.request("next", kPatience) == "next!");
}

TEST_CASE("Replies to other requests are not taken", "[bus][request]") {
  zmq::context_t context;
  zmq::socket_t rogue(context, zmq::socket_type::router);
  rogue.set(zmq::sockopt::linger, 0);
  rogue.bind("tcp://127.0.0.1:*");
  RequestClient client(rogue.get(zmq::sockopt::last_endpoint));
  std::thread server([&] {
    zmq::message_t peer, message;
    if (!rogue.recv(peer) || !rogue.recv(message)) return;
    const auto request = decode_request_frame(message.to_string_view());
    const auto send = [&](const std::string& bytes) {
      rogue.send(zmq::buffer(peer.data(), peer.size()), zmq::send_flags::sndmore);
      rogue.send(zmq::buffer(bytes), zmq::send_flags::none);
    };
    send("rubbish");
    send(encode_request_frame({RequestKind::kReply, request->number - 1, "late"}));
    send(encode_request_frame({RequestKind::kRequest, request->number, "no reply"}));
    send(encode_request_frame({RequestKind::kReply, request->number, "right"}));
  });
  CHECK(client.request("x", kPatience) == "right");
  server.join();
}

TEST_CASE("A server that restarts is found again", "[bus][request]") {
  auto server = std::make_unique<RequestServer>(RequestServerOptions{}, shout);
  const auto endpoint = server->endpoint();
  RequestClient client(endpoint);
  REQUIRE(client.request("one", kPatience) == "one!");
  server.reset();
  CHECK_FALSE(client.request("two", 20ms));
  server = std::make_unique<RequestServer>(at(endpoint), shout);
  CHECK(client.request("three", kPatience) == "three!");
}

namespace {

// A port that nobody listens on, which a server may bind later.
std::string free_endpoint() {
  const RequestServer reserves({}, shout);
  return reserves.endpoint();
}

// Counts what it is asked.
struct Counting {
  explicit Counting(const std::string& endpoint = "tcp://127.0.0.1:*")
      : server(at(endpoint), [this](std::string_view request) {
          ++handled;
          return shout(request);
        }) {}
  std::atomic<int> handled = 0;
  RequestServer server;
};

}  // namespace

TEST_CASE("Of several servers the one that listens is asked, wherever it stands", "[bus][request]") {
  const auto standby = free_endpoint();
  Counting leader;
  const bool leader_is_first = GENERATE(true, false);
  const std::vector<std::string> endpoints =
      leader_is_first ? std::vector{leader.server.endpoint(), standby} : std::vector{standby, leader.server.endpoint()};
  RequestClient client(endpoints);
  for (int i = 1; i <= 10; ++i) {
    CHECK(client.request(std::to_string(i), kPatience) == std::to_string(i) + "!");
    CHECK(leader.handled == i);
  }
  CHECK(client.unanswered().empty());
}

TEST_CASE("Of the addresses of one name the one that listens is asked, also when it moves", "[bus][request]") {
  std::atomic<bool> has_moved = false;
  const auto look_up = [&](const std::string&) -> std::optional<std::vector<std::string>> {
    if (has_moved) return std::vector<std::string>{"127.0.0.1", "127.0.0.4"};
    return std::vector<std::string>{"127.0.0.1", "127.0.0.2", "127.0.0.3"};
  };
  const auto port = free_endpoint().substr(std::string("tcp://127.0.0.1:").size());
  const auto address_of = [&](const char* address) { return "tcp://" + std::string(address) + ":" + port; };
  RequestClient client({address_of("engine")}, std::nullopt, look_up);
  // One that has just died may be asked in vain once.
  const auto ask = [&client] {
    auto reply = client.request("x", 1s);
    for (int i = 0; i < 20 && !reply; ++i) reply = client.request("x", 1s);
    return reply;
  };
  CHECK_FALSE(client.request("x", 20ms));
  REQUIRE(client.unanswered().size() == 1);
  CHECK(client.unanswered()[0].endpoint == address_of("engine"));
  CHECK(client.unanswered()[0].reason == "cannot be reached");
  for (const auto* address : {"127.0.0.2", "127.0.0.3"}) {
    const RequestServer server(at(address_of(address)), shout);
    CHECK(ask() == "x!");
  }
  has_moved = true;
  const RequestServer server(at(address_of("127.0.0.4")), shout);
  CHECK(ask() == "x!");
}

TEST_CASE("Of two servers that listen one alone carries a request out", "[bus][request]") {
  Counting first, second;
  const std::vector<std::string> endpoints{first.server.endpoint(), second.server.endpoint()};
  RequestClient client(endpoints);
  for (int i = 1; i <= 50; ++i) {
    CHECK(client.request("x", kPatience) == "x!");
    CHECK(first.handled + second.handled == i);
  }
}

TEST_CASE("A request waits for a server to come up, whichever it is", "[bus][request]") {
  const std::vector<std::string> endpoints{free_endpoint(), free_endpoint()};
  RequestClient client(endpoints);
  CHECK_FALSE(client.request("too early", 20ms));
  std::optional<std::string> reply;
  std::thread asking([&] { reply = client.request("in time", kPatience); });
  Counting standby(endpoints[1]);
  asking.join();
  CHECK(reply == "in time!");
  CHECK(standby.handled == 1);
}

TEST_CASE("When one server has taken over from another, requests go there", "[bus][request]") {
  auto leader = std::make_unique<Counting>();
  const std::vector<std::string> endpoints{leader->server.endpoint(), free_endpoint()};
  RequestClient client(endpoints);
  REQUIRE(client.request("one", kPatience) == "one!");
  leader.reset();
  Counting standby(endpoints[1]);
  std::optional<std::string> reply;
  CHECK(until([&] { return reply == "two!"; }, [&] { reply = client.request("two", 2s); }));
  CHECK(standby.handled == 1);
}

TEST_CASE("A request that went to a server that then died is given to no other", "[bus][request]") {
  std::mutex mutex;
  std::condition_variable changed;
  bool handling = false;
  bool may_answer = false;
  auto leader = std::make_unique<RequestServer>(RequestServerOptions{}, [&](std::string_view request) {
    std::unique_lock lock(mutex);
    handling = true;
    changed.notify_all();
    changed.wait(lock, [&] { return may_answer; });
    return shout(request);
  });
  const std::vector<std::string> endpoints{leader->endpoint(), free_endpoint()};
  RequestClient client(endpoints);
  std::optional<std::string> reply;
  std::thread asking([&] { reply = client.request("once", 1s); });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return handling; });
  }
  Counting standby(endpoints[1]);
  asking.join();
  CHECK_FALSE(reply);
  CHECK(standby.handled == 0);
  const auto why = client.unanswered();
  REQUIRE(why.size() == 2);
  CHECK(why[0].reason == "did not answer in time");
  CHECK(why[0].was_asked);
  CHECK(why[1].reason == "was not asked");
  CHECK_FALSE(why[1].was_asked);
  {
    const std::lock_guard lock(mutex);
    may_answer = true;
  }
  changed.notify_all();
}

TEST_CASE("Of each server that gave no reply the reason is told", "[bus][request]") {
  const std::vector<std::string> endpoints{free_endpoint(), free_endpoint()};
  RequestClient client(endpoints);
  CHECK_FALSE(client.request("x", 20ms));
  const auto why = client.unanswered();
  REQUIRE(why.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(why[i].endpoint == endpoints[i]);
    CHECK(why[i].reason == "cannot be reached");
    CHECK_FALSE(why[i].was_asked);
  }
}

TEST_CASE("A server survives rubbish", "[bus][request]") {
  RequestServer server({}, shout);
  zmq::context_t context;
  zmq::socket_t rogue(context, zmq::socket_type::dealer);
  rogue.set(zmq::sockopt::linger, 0);
  rogue.connect(server.endpoint());
  rogue.send(zmq::buffer(std::string("rubbish")), zmq::send_flags::none);
  rogue.send(zmq::buffer(std::string()), zmq::send_flags::none);
  rogue.send(zmq::buffer(encode_request_frame({RequestKind::kReply, 1, "no request"})), zmq::send_flags::none);
  const auto fine = encode_request_frame({RequestKind::kRequest, 2, "fine"});
  rogue.send(zmq::buffer(fine), zmq::send_flags::sndmore);
  rogue.send(zmq::buffer(fine), zmq::send_flags::sndmore);
  rogue.send(zmq::buffer(fine), zmq::send_flags::none);
  rogue.send(zmq::buffer(encode_request_frame({RequestKind::kRequest, 3, "fine"})), zmq::send_flags::none);
  zmq::message_t message;
  REQUIRE(rogue.recv(message));
  const auto reply = decode_request_frame(message.to_string_view());
  REQUIRE(reply);
  CHECK(reply->number == 3);
  CHECK(reply->payload == "fine!");
  RequestClient client(server.endpoint());
  CHECK(client.request("one", kPatience) == "one!");
}

TEST_CASE("A client that left does not hold up the server", "[bus][request]") {
  std::mutex mutex;
  std::condition_variable changed;
  bool handling = false;
  bool may_answer = false;
  RequestServer server({}, [&](std::string_view request) {
    std::unique_lock lock(mutex);
    if (request != "leaving") return shout(request);
    handling = true;
    changed.wait(lock, [&] { return may_answer; });
    return shout(request);
  });
  bool started = false;
  {
    RequestClient leaving(server.endpoint());
    started = until(
        [&] {
          const std::lock_guard lock(mutex);
          return handling;
        },
        [&] { leaving.request("leaving", 20ms); });
  }
  CHECK(started);
  {
    const std::lock_guard lock(mutex);
    may_answer = true;
  }
  changed.notify_all();
  RequestClient client(server.endpoint());
  CHECK(client.request("one", kPatience) == "one!");
}

TEST_CASE("A server refuses plaintext beyond loopback and a port in use", "[bus][request]") {
  const auto refusal = [](RequestServerOptions options) -> std::string {
    try {
      RequestServer server(std::move(options), shout);
    } catch (const BusError& error) {
      return error.what();
    }
    return "no refusal";
  };
  CHECK(refusal(at("tcp://*:0")).find("BUS_ALLOW_PLAINTEXT") != std::string::npos);
  const RequestServer first({}, shout);
  CHECK(refusal(at(first.endpoint())).find(" is in use") != std::string::npos);
  CHECK_THROWS_AS(RequestClient("nonsense"), BusError);
}

TEST_CASE("A command port whose thread has died says so", "[bus][request]") {
  std::promise<std::string> death;
  auto options = at("tcp://127.0.0.1:*");
  options.on_death = [&](const std::string& reason) { death.set_value(reason); };
  RequestServer server(options, [](std::string_view) -> std::string { throw std::runtime_error("out of order"); });
  RequestClient client(server.endpoint());
  CHECK_FALSE(client.request("one", 200ms));
  auto reason = death.get_future();
  REQUIRE(reason.wait_for(kPatience) == std::future_status::ready);
  CHECK(reason.get() == "the command port has died: out of order");
}
