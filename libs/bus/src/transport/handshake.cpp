#include "transport/handshake.hpp"

#include <cstring>
#include <zmq.hpp>

#include "risk/bus/message.hpp"
#include "transport/curve.hpp"

namespace risk::bus {
namespace {

constexpr int kHandshakeEvents = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                                 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

// A server that stops hangs up too, once. And where one side alone encrypts, this many attempts mostly show it.
constexpr int kHungUpToTell = 4;

}  // namespace

zmq::socket_t watch(zmq::context_t& context, zmq::socket_t& socket, const std::string& name, int mask, int queued_max) {
  const auto address = "inproc://" + name;
  if (zmq_socket_monitor(socket.handle(), address.c_str(), mask | kHandshakeEvents) != 0) {
    throw BusError("cannot watch " + name + ": " + zmq_strerror(zmq_errno()));
  }
  zmq::socket_t events(context, zmq::socket_type::pair);
  events.set(zmq::sockopt::linger, 0);
  events.set(zmq::sockopt::rcvhwm, queued_max);
  events.connect(address);
  return events;
}

std::optional<SocketEvent> next_event(zmq::socket_t& events) {
  // Two parts: the event as 16 bits with its value as 32, then the address.
  zmq::message_t message;
  if (!events.recv(message, zmq::recv_flags::dontwait)) return std::nullopt;
  SocketEvent event{};
  if (message.size() >= sizeof event.event + sizeof event.value) {
    std::memcpy(&event.event, message.data(), sizeof event.event);
    std::memcpy(&event.value, message.data<char>() + sizeof event.event, sizeof event.value);
  }
  while (message.more()) (void)events.recv(message, zmq::recv_flags::none);
  return event;
}

Handshake::Handshake(const std::optional<CurveClient>& curve) {
  if (!curve) return;
  require_keys(*curve);
  our_key_ = public_key_of(curve->secret_key);
  expected_key_ = curve->server_name.empty() ? curve->server_key : curve->server_name + ", " + curve->server_key;
}

void Handshake::note(SocketEvent event) {
  switch (event.event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      key_refused_ = mismatch_ = false;
      hung_up_ = 0;
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      key_refused_ = true;
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      if (event.value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH) mismatch_ = true;
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      ++hung_up_;
      break;
    default:
      break;
  }
}

std::string Handshake::problem() const {
  const bool encrypts = !our_key_.empty();
  if (key_refused_) return "refuses our key " + our_key_ + ": it is not on its allow-list";
  if (mismatch_) {
    return encrypts ? "does not encrypt, and we do: set its bus.curve_directory (BUS_CURVE_DIRECTORY)"
                    : "wants encryption: set bus.curve_directory (BUS_CURVE_DIRECTORY)";
  }
  if (hung_up_ < kHungUpToTell) return "";
  return encrypts ? "hangs up on us: it has another key than " + expected_key_
                  : "hangs up on us: it is not ready, or wants encryption (bus.curve_directory)";
}

}  // namespace risk::bus
