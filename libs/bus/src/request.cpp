#include "risk/bus/request.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <thread>
#include <zmq.hpp>

#include "curve.hpp"
#include "endpoint.hpp"
#include "handshake.hpp"
#include "request_frame.hpp"
#include "risk/base/check.hpp"
#include "wake_up.hpp"

namespace risk::bus {
namespace {

using Clock = std::chrono::steady_clock;

std::chrono::milliseconds until(Clock::time_point deadline) {
  const auto remaining = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return std::max(remaining, std::chrono::milliseconds{0});
}

// A signal ends a wait early, no more.
void wait(zmq::pollitem_t* items, std::size_t count, std::chrono::milliseconds time) {
  try {
    zmq::poll(items, count, time);
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw BusError(std::string("cannot wait: ") + error.what());
  }
}

}  // namespace

class RequestServer::Impl {
 public:
  Impl(RequestServerOptions options, Handler given) : handle(std::move(given)) {
    RISK_CHECK(handle);
    set_common_options(socket, kFrameBytesMax);
    if (options.curve) gate.emplace(context, *options.curve).guard(socket);
    endpoint = bind_socket(socket, options.endpoint, options.allow_plaintext || gate);
    thread = std::thread([this] { run(); });
  }

  ~Impl() {
    stop = true;
    bell.ring();
    thread.join();
  }

  std::string endpoint;

 private:
  void run() {
    zmq::pollitem_t items[] = {{socket.handle(), 0, ZMQ_POLLIN, 0}, {nullptr, bell.fd(), ZMQ_POLLIN, 0}};
    while (!stop) {
      wait(items, std::size(items), std::chrono::milliseconds{-1});
      while (!stop && answer_next()) {
      }
    }
  }

  // Returns whether a message was there, readable or not.
  bool answer_next() {
    zmq::message_t client;
    zmq::message_t message;
    if (!socket.recv(client, zmq::recv_flags::dontwait)) return false;
    if (!client.more() || !socket.recv(message, zmq::recv_flags::dontwait)) return true;
    if (message.more()) {
      while (message.more()) (void)socket.recv(message, zmq::recv_flags::none);
      return true;
    }
    const auto request = decode_request_frame(message.to_string_view());
    if (!request || request->kind != RequestKind::kRequest) return true;

    const auto reply = handle(request->payload);
    RISK_CHECK(reply.size() <= kFrameBytesMax - kRequestOverheadBytes);
    // A client that is gone, or does not read, loses its reply: the server waits for nobody.
    if (!socket.send(client, zmq::send_flags::sndmore | zmq::send_flags::dontwait)) return true;
    socket.send(zmq::buffer(encode_request_frame({RequestKind::kReply, request->number, reply})),
                zmq::send_flags::dontwait);
    return true;
  }

  Handler handle;
  zmq::context_t context{1};
  std::optional<Gate> gate;
  zmq::socket_t socket{context, zmq::socket_type::router};
  WakeUp bell;
  std::atomic<bool> stop = false;
  std::thread thread;
};

RequestServer::RequestServer(RequestServerOptions options, Handler handle)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handle))) {}
RequestServer::~RequestServer() = default;

std::string RequestServer::endpoint() const {
  return impl_->endpoint;
}

class RequestClient::Impl {
 public:
  Impl(const std::vector<std::string>& endpoints, std::optional<CurveClient> given) : curve_(std::move(given)) {
    RISK_CHECK(!endpoints.empty());
    for (const auto& endpoint : endpoints) servers_.emplace_back(parse_connect_endpoint(endpoint), endpoint, curve_);
  }

  std::optional<std::string> request(std::string_view payload, std::chrono::milliseconds timeout) {
    RISK_CHECK(payload.size() <= kFrameBytesMax - kRequestOverheadBytes);
    const auto deadline = Clock::now() + timeout;
    for (auto& server : servers_) {
      if (!server.socket || server.handshake.refused()) connect(server);
    }
    asked_ = send_to_one(encode_request_frame({RequestKind::kRequest, ++number_, payload}), deadline);
    std::optional<std::string> reply;
    if (asked_ != nullptr) reply = receive(*asked_, deadline);
    answered_ = reply.has_value();
    if (reply) return reply;
    // Withdrawn: a request that still waits here must not be carried out later. And the connections are in doubt, for
    // libzmq gives up some for good.
    for (auto& server : servers_) {
      note_handshake(server);
      server.socket.close();
    }
    return std::nullopt;
  }

  std::vector<Unanswered> unanswered() const {
    std::vector<Unanswered> all;
    if (answered_) return all;
    for (const auto& server : servers_) {
      all.push_back({server.text, server.handshake.problem(), &server == asked_});
      auto& reason = all.back().reason;
      if (all.back().was_asked) {
        reason = "did not answer in time";
      } else if (reason.empty()) {
        reason = asked_ != nullptr ? "was not asked" : "cannot be reached";
      }
    }
    return all;
  }

 private:
  struct Server {
    Server(Endpoint at, std::string given, const std::optional<CurveClient>& curve)
        : endpoint(std::move(at)), text(std::move(given)), handshake(curve) {}
    Endpoint endpoint;
    std::string text;
    Handshake handshake;  // of the connection that is, or was last
    zmq::socket_t socket;
    zmq::socket_t events;  // of `socket`
  };

  void connect(Server& server) {
    server.handshake = Handshake(curve_);
    server.socket = zmq::socket_t(context_, zmq::socket_type::dealer);
    set_common_options(server.socket, kFrameBytesMax);
    // Nothing is queued for a connection that is not up, and what one had queued ends with it: this is what keeps a
    // request from going to two.
    server.socket.set(zmq::sockopt::immediate, true);
    if (server.endpoint.is_ipv6()) server.socket.set(zmq::sockopt::ipv6, true);
    if (curve_) secure_client(server.socket, *curve_);
    server.events = watch(context_, server.socket, "request-" + std::to_string(++watched_));
    server.socket.connect(server.endpoint.text());
  }

  // Returns whom it was sent to; nobody: no connection came up, or no server will have us.
  Server* send_to_one(const std::string& frame, Clock::time_point deadline) {
    for (;;) {
      std::vector<zmq::pollitem_t> items;
      bool all_refuse = true;
      for (auto& server : servers_) {
        if (server.socket.send(zmq::buffer(frame), zmq::send_flags::dontwait)) return &server;
        note_handshake(server);
        all_refuse = all_refuse && server.handshake.refused();
        items.push_back({server.socket.handle(), 0, ZMQ_POLLOUT, 0});
        items.push_back({server.events.handle(), 0, ZMQ_POLLIN, 0});
      }
      const auto remaining = until(deadline);
      if (remaining.count() == 0 || all_refuse) return nullptr;
      wait(items.data(), items.size(), remaining);
    }
  }

  static void note_handshake(Server& server) {
    while (const auto event = next_event(server.events)) server.handshake.note(*event);
  }

  std::optional<std::string> receive(Server& server, Clock::time_point deadline) {
    zmq::pollitem_t item{server.socket.handle(), 0, ZMQ_POLLIN, 0};
    for (;;) {
      zmq::message_t message;
      while (server.socket.recv(message, zmq::recv_flags::dontwait)) {
        const auto reply = decode_request_frame(message.to_string_view());
        if (!reply || message.more() || reply->kind != RequestKind::kReply || reply->number != number_) continue;
        return std::string(reply->payload);
      }
      const auto remaining = until(deadline);
      if (remaining.count() == 0) return std::nullopt;
      wait(&item, 1, remaining);
    }
  }

  std::optional<CurveClient> curve_;
  zmq::context_t context_{1};
  std::deque<Server> servers_;  // in the order given
  Server* asked_ = nullptr;     // by the last request
  bool answered_ = true;
  std::uint64_t watched_ = 0;
  std::uint64_t number_ = 0;
};

RequestClient::RequestClient(const std::vector<std::string>& endpoints, std::optional<CurveClient> curve)
    : impl_(std::make_unique<Impl>(endpoints, std::move(curve))) {}
RequestClient::RequestClient(const std::string& endpoint, std::optional<CurveClient> curve)
    : RequestClient(std::vector<std::string>{endpoint}, std::move(curve)) {}
RequestClient::~RequestClient() = default;

std::optional<std::string> RequestClient::request(std::string_view request, std::chrono::milliseconds timeout) {
  return impl_->request(request, timeout);
}
std::vector<RequestClient::Unanswered> RequestClient::unanswered() const {
  return impl_->unanswered();
}

}  // namespace risk::bus
