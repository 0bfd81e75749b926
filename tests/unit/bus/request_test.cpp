// Requests and replies over real sockets: who answers what, and what happens when someone is gone.
#include "risk/bus/request.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "listener.hpp"
#include "request_frame.hpp"
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
  RequestServer server({}, shout);
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
