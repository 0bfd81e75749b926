#include "risk/bus/request.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
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
  Impl(const std::string& given, std::optional<CurveClient> given_curve)
      : endpoint(parse_connect_endpoint(given)), curve(std::move(given_curve)), handshake(curve) {}

  std::optional<std::string> request(std::string_view payload, std::chrono::milliseconds timeout) {
    RISK_CHECK(payload.size() <= kFrameBytesMax - kRequestOverheadBytes);
    const auto deadline = Clock::now() + timeout;
    if (!socket) connect();
    if (send(encode_request_frame({RequestKind::kRequest, ++number, payload}), deadline)) {
      if (auto reply = receive(deadline)) return reply;
    }
    note_handshake();
    // Withdrawn: a request that still waits here must not be carried out later. And the connection is in doubt, for
    // libzmq gives up some for good.
    socket.close();
    return std::nullopt;
  }

  std::string why_unreachable() const { return handshake.problem(); }

 private:
  void connect() {
    handshake = Handshake(curve);
    socket = zmq::socket_t(context, zmq::socket_type::dealer);
    set_common_options(socket, kFrameBytesMax);
    if (endpoint.is_ipv6()) socket.set(zmq::sockopt::ipv6, true);
    if (curve) secure_client(socket, *curve);
    events = watch(context, socket, "request-" + std::to_string(number));
    socket.connect(endpoint.text());
  }

  bool send(const std::string& frame, Clock::time_point deadline) {
    zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLOUT, 0};
    while (!socket.send(zmq::buffer(frame), zmq::send_flags::dontwait)) {
      const auto remaining = until(deadline);
      if (remaining.count() == 0) return false;
      wait(&item, 1, remaining);
    }
    return true;
  }

  void note_handshake() {
    while (const auto event = next_event(events)) handshake.note(*event);
  }

  std::optional<std::string> receive(Clock::time_point deadline) {
    zmq::pollitem_t items[] = {{socket.handle(), 0, ZMQ_POLLIN, 0}, {events.handle(), 0, ZMQ_POLLIN, 0}};
    for (;;) {
      zmq::message_t message;
      while (socket.recv(message, zmq::recv_flags::dontwait)) {
        const auto reply = decode_request_frame(message.to_string_view());
        if (!reply || message.more() || reply->kind != RequestKind::kReply || reply->number != number) continue;
        return std::string(reply->payload);
      }
      note_handshake();
      const auto remaining = until(deadline);
      if (remaining.count() == 0 || handshake.refused()) return std::nullopt;
      wait(items, std::size(items), remaining);
    }
  }

  Endpoint endpoint;
  std::optional<CurveClient> curve;
  Handshake handshake;  // of the connection that is, or was last
  zmq::context_t context{1};
  zmq::socket_t socket;
  zmq::socket_t events;  // of `socket`
  std::uint64_t number = 0;
};

RequestClient::RequestClient(std::string endpoint, std::optional<CurveClient> curve)
    : impl_(std::make_unique<Impl>(endpoint, std::move(curve))) {}
RequestClient::~RequestClient() = default;

std::optional<std::string> RequestClient::request(std::string_view request, std::chrono::milliseconds timeout) {
  return impl_->request(request, timeout);
}
std::string RequestClient::why_unreachable() const {
  return impl_->why_unreachable();
}

}  // namespace risk::bus
