#include "risk/bus/request.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <list>
#include <thread>
#include <zmq.hpp>

#include "requests/request_frame.hpp"
#include "risk/base/check.hpp"
#include "transport/curve.hpp"
#include "transport/endpoint.hpp"
#include "transport/handshake.hpp"
#include "transport/peer_guard.hpp"
#include "transport/resolver.hpp"
#include "transport/wake_up.hpp"

namespace risk::bus {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kResolveInterval{1};

std::chrono::milliseconds until(Clock::time_point deadline) {
  const auto remaining = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return std::max(remaining, std::chrono::milliseconds{0});
}

// Of a client, at a server. One that keeps to the protocol has one of each.
constexpr int kRequestsQueuedMax = 2;
constexpr int kRepliesQueuedMax = 16;
constexpr std::uint64_t kUnreadBytesMax = std::uint64_t{1} << 20;  // and so many requests:
constexpr std::uint64_t kRequestsUnreadMax = 4;

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
  Impl(RequestServerOptions options, Handler given) : handle(std::move(given)), on_death(options.on_death) {
    RISK_CHECK(handle);
    set_common_options(socket, options.request_bytes_max + kRequestOverheadBytes);
    socket.set(zmq::sockopt::rcvhwm, kRequestsQueuedMax);
    socket.set(zmq::sockopt::sndhwm, kRepliesQueuedMax);
    if (options.curve) gate.emplace(context, *options.curve).guard(socket);
    const PeerLimits limits{.unread_bytes_max = kUnreadBytesMax + kRequestsUnreadMax * options.request_bytes_max};
    guard.emplace(context, socket, "clients", limits, options.on_problem);
    endpoint = bind_socket(socket, options.endpoint, options.allow_plaintext || gate);
    guard->start(parse_connect_endpoint(endpoint).port);
    thread = std::thread([this] { live(); });
  }

  ~Impl() {
    stop = true;
    bell.ring();
    thread.join();
  }

  std::string endpoint;
  std::uint64_t dropped_peers() const { return guard->dropped(); }

 private:
  void live() {
    try {
      run();
    } catch (const std::exception& error) {
      if (!on_death) throw;
      on_death(std::string("the command port has died: ") + error.what());
    }
  }

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
    auto bytes = message.size();
    const bool has_one_part = !message.more();
    while (message.more()) {
      (void)socket.recv(message, zmq::recv_flags::none);
      bytes += message.size();
    }
    guard->note_read(message, bytes);
    if (!has_one_part) return true;
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
  std::function<void(const std::string&)> on_death;
  zmq::context_t context{1};
  std::optional<Gate> gate;
  zmq::socket_t socket{context, zmq::socket_type::router};
  std::optional<PeerGuard> guard;
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
std::uint64_t RequestServer::dropped_peers() const {
  return impl_->dropped_peers();
}

class RequestClient::Impl {
 public:
  Impl(const std::vector<std::string>& endpoints, std::optional<CurveClient> given, const LookUp& look_up)
      : curve_(std::move(given)) {
    RISK_CHECK(!endpoints.empty());
    for (const auto& text : endpoints) {
      auto& name = names_.emplace_back();
      name.text = text;
      const auto endpoint = parse_connect_endpoint(text);
      if (endpoint.is_numeric()) {
        name.servers.emplace_back(endpoint, curve_);
      } else {
        name.resolver =
            std::make_unique<Resolver>(std::vector{endpoint}, kResolveInterval, look_up, [this] { bell_.ring(); });
      }
    }
  }

  std::optional<std::string> request(std::string_view payload, std::chrono::milliseconds timeout) {
    RISK_CHECK(payload.size() <= kFrameBytesMax - kRequestOverheadBytes);
    const auto deadline = Clock::now() + timeout;
    asked_ = send_to_one(encode_request_frame({RequestKind::kRequest, ++number_, payload}), deadline);
    std::optional<std::string> reply;
    if (asked_ != nullptr) reply = receive(*asked_, deadline);
    answered_ = reply.has_value();
    if (reply) return reply;
    // Withdrawn: a request that still waits here must not be carried out later. And the connections are in doubt, for
    // libzmq gives up some for good.
    for (auto& name : names_) {
      for (auto& server : name.servers) {
        if (!server.socket) continue;
        note_handshake(server);
        server.socket.close();
      }
    }
    return std::nullopt;
  }

  std::vector<Unanswered> unanswered() const {
    std::vector<Unanswered> all;
    if (answered_) return all;
    for (const auto& name : names_) {
      auto& one = all.emplace_back(Unanswered{name.text, "", false});
      for (const auto& server : name.servers) {
        one.was_asked |= &server == asked_;
        if (one.reason.empty()) one.reason = server.handshake.problem();
      }
      if (one.was_asked) {
        one.reason = "did not answer in time";
      } else if (one.reason.empty()) {
        one.reason = asked_ != nullptr ? "was not asked" : "cannot be reached";
      }
    }
    return all;
  }

 private:
  struct Server {
    Server(Endpoint at, const std::optional<CurveClient>& curve) : endpoint(std::move(at)), handshake(curve) {}
    Endpoint endpoint;    // an address
    Handshake handshake;  // of the connection that is, or was last
    zmq::socket_t socket;
    zmq::socket_t events;  // of `socket`
  };
  // An endpoint as it was given. A name may stand for an engine and its standby, and libzmq would try one of its
  // addresses alone: each is a server of its own.
  struct Name {
    std::string text;
    std::list<Server> servers;
    std::unique_ptr<Resolver> resolver;  // of an address: none
  };

  static void note_addresses(Name& name, const std::optional<CurveClient>& curve) {
    const auto found = name.resolver ? name.resolver->take() : std::nullopt;
    if (!found) return;
    name.servers.remove_if([&](const Server& server) { return !found->contains(server.endpoint); });
    for (const auto& endpoint : *found) {
      const auto is_known = [&](const Server& server) { return server.endpoint == endpoint; };
      if (std::none_of(name.servers.begin(), name.servers.end(), is_known)) name.servers.emplace_back(endpoint, curve);
    }
  }

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

  // Connects to every address there is, but to one that refused us only when the request begins.
  void connect_all(bool begins) {
    bell_.silence();
    for (auto& name : names_) {
      note_addresses(name, curve_);
      for (auto& server : name.servers) {
        if (!server.socket || (begins && server.handshake.refused())) connect(server);
      }
    }
  }

  // Returns whom it was sent to; nobody: no connection came up, or no server will have us.
  Server* send_to_one(const std::string& frame, Clock::time_point deadline) {
    for (bool begins = true;; begins = false) {
      connect_all(begins);
      std::vector<zmq::pollitem_t> items{{nullptr, bell_.fd(), ZMQ_POLLIN, 0}};
      bool all_refuse = true;
      for (auto& name : names_) {
        all_refuse = all_refuse && !name.servers.empty();
        for (auto& server : name.servers) {
          if (server.socket.send(zmq::buffer(frame), zmq::send_flags::dontwait)) return &server;
          note_handshake(server);
          all_refuse = all_refuse && server.handshake.refused();
          items.push_back({server.socket.handle(), 0, ZMQ_POLLOUT, 0});
          items.push_back({server.events.handle(), 0, ZMQ_POLLIN, 0});
        }
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
  WakeUp bell_;              // a name has other addresses
  std::list<Name> names_;    // in the order given
  Server* asked_ = nullptr;  // by the last request
  bool answered_ = true;
  std::uint64_t watched_ = 0;
  std::uint64_t number_ = 0;
};

RequestClient::RequestClient(const std::vector<std::string>& endpoints, std::optional<CurveClient> curve,
                             LookUp look_up)
    : impl_(std::make_unique<Impl>(endpoints, std::move(curve), look_up ? std::move(look_up) : bus::look_up)) {}
RequestClient::RequestClient(const std::string& endpoint, std::optional<CurveClient> curve)
    : RequestClient(std::vector<std::string>{endpoint}, std::move(curve)) {}
RequestClient::~RequestClient() = default;

std::optional<std::string> RequestClient::request(std::string_view request, std::chrono::milliseconds timeout) {
  return impl_->request(request, timeout);
}
std::string in_words(const std::vector<RequestClient::Unanswered>& servers, std::string_view name) {
  std::string text;
  for (const auto& server : servers) {
    text.append(text.empty() ? "" : "; ").append(name).append(" at " + server.endpoint + " " + server.reason);
  }
  return text;
}

std::vector<RequestClient::Unanswered> RequestClient::unanswered() const {
  return impl_->unanswered();
}

}  // namespace risk::bus
