#include "transport/replay_client.hpp"

#include <zmq.hpp>

#include "transport/curve.hpp"
#include "transport/frame.hpp"
#include "transport/handshake.hpp"

namespace risk::bus {
namespace {

constexpr std::uint64_t kFramesOfAnswerMax = 256;

}  // namespace

ReplayClient::ReplayClient(zmq::context_t& context, Endpoint publisher, std::string name,
                           std::optional<CurveClient> curve)
    : context_(&context),
      address_(std::move(publisher)),
      name_(std::move(name)),
      curve_(std::move(curve)),
      inflow_(kFramesOfAnswerMax) {
  address_.port = 0;
}

ReplayClient::~ReplayClient() = default;
ReplayClient::ReplayClient(ReplayClient&&) noexcept = default;
ReplayClient& ReplayClient::operator=(ReplayClient&&) noexcept = default;

void ReplayClient::ask(std::uint16_t port, const StreamKey& stream, std::uint64_t epoch, std::uint64_t first) {
  ReplayMessage message;
  message.kind = ReplayMessage::Kind::kAsk;
  message.stream = stream;
  message.epoch = epoch;
  message.first = first;
  send(port, message);
}

void ReplayClient::ask_proof(std::uint16_t port, const StreamKey& stream, std::uint64_t epoch, std::uint64_t sequence) {
  ReplayMessage message;
  message.kind = ReplayMessage::Kind::kProve;
  message.stream = stream;
  message.epoch = epoch;
  message.last = sequence;
  send(port, message);
}

void ReplayClient::tell_committed(std::uint16_t port, const std::string& consumer, const StreamKey& stream,
                                  std::uint64_t epoch, std::uint64_t sequence) {
  ReplayMessage message;
  message.kind = ReplayMessage::Kind::kCommitted;
  message.stream = stream;
  message.epoch = epoch;
  message.last = sequence;
  message.text = consumer;
  send(port, message);
}

bool ReplayClient::cut_if_endless() {
  if (!events_) return false;
  while (const auto event = next_event(*events_)) {
    if (event->event == ZMQ_EVENT_CONNECTED) inflow_.note_connected(static_cast<int>(event->value));
  }
  return inflow_.cut_if_endless();
}

void ReplayClient::send(std::uint16_t port, const ReplayMessage& message) {
  if (!socket_ || address_.port != port) {
    address_.port = port;
    socket_ = std::make_unique<zmq::socket_t>(*context_, zmq::socket_type::dealer);
    set_common_options(*socket_, kFrameBytesMax);
    if (curve_) secure_client(*socket_, *curve_);
    if (address_.is_ipv6()) socket_->set(zmq::sockopt::ipv6, true);
    events_ = std::make_unique<zmq::socket_t>(
        watch(*context_, *socket_, name_ + "-" + std::to_string(++sockets_), ZMQ_EVENT_CONNECTED));
    socket_->connect(address_.text());
  }
  // With nobody there it waits in the socket; a queue full of questions needs no more of them.
  (void)socket_->send(zmq::buffer(encode_replay(message)), zmq::send_flags::dontwait);
}

}  // namespace risk::bus
