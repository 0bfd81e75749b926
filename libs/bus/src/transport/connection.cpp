#include "transport/connection.hpp"

#include <zmq.hpp>

#include "risk/bus/message.hpp"
#include "transport/curve.hpp"
#include "transport/frame.hpp"

namespace risk::bus {
namespace {

constexpr int kEnded = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                       ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
constexpr int kOpening = ZMQ_EVENT_CONNECT_DELAYED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_CONNECTED;

// libzmq announces a new attempt right after the end. This long without one means that there will be none; it is also
// how often a peer that breaks the rules again and again is given another chance.
constexpr std::chrono::seconds kGivenUpAfter{1};

}  // namespace

Connection::Connection(zmq::context_t& context, const Endpoint& address, const std::vector<std::string>& topics,
                       std::uint32_t frames_queued_max, std::uint64_t path, const std::optional<CurveClient>& curve)
    : path_(path),
      address_(address),
      from_(address.text()),
      socket_(std::make_unique<zmq::socket_t>(context, zmq::socket_type::sub)),
      events_(std::make_unique<zmq::socket_t>(
          watch(context, *socket_, "connection-" + std::to_string(path), kEnded | kOpening))),
      handshake_(curve),
      inflow_(frames_queued_max),
      replay_(context, address, "replay-" + std::to_string(path), curve) {
  set_common_options(*socket_, kFrameBytesMax);
  socket_->set(zmq::sockopt::rcvhwm, static_cast<int>(frames_queued_max));
  if (curve) secure_client(*socket_, *curve);
  if (address.is_ipv6()) socket_->set(zmq::sockopt::ipv6, true);
  for (const auto& topic : topics) socket_->set(zmq::sockopt::subscribe, topic_prefix(topic));
  socket_->connect(from_);
}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

void Connection::note_events(Instant now) {
  while (const auto event = next_event(*events_)) {
    handshake_.note(*event);
    if ((event->event & kOpening) != 0) ended_.reset();
    if ((event->event & kEnded) != 0) ended_ = now;
    if (event->event == ZMQ_EVENT_CONNECTED) inflow_.note_connected(static_cast<int>(event->value));
  }
}

bool Connection::given_up(Instant now) {
  note_events(now);
  return ended_ && now - *ended_ >= kGivenUpAfter;
}

}  // namespace risk::bus
