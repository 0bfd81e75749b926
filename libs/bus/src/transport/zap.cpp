#include "transport/zap.hpp"

#include <array>
#include <cerrno>
#include <utility>
#include <zmq.hpp>

#include "risk/bus/message.hpp"

namespace risk::bus {
namespace {

constexpr char kAddress[] = "inproc://zeromq.zap.01";
constexpr char kVersion[] = "1.0";
constexpr std::size_t kKeyBytes = 32;

// The frames of a request, in this order; of CURVE there is one credential, the public key as bytes.
enum RequestFrame : std::size_t { kRequestVersion, kId, kDomain, kPeer, kRoutingId, kMechanism, kKey, kRequestFrames };

std::string as_text(const std::string& key) {
  std::array<char, kKeyBytes * 5 / 4 + 1> text;
  zmq_z85_encode(text.data(), reinterpret_cast<const std::uint8_t*>(key.data()), kKeyBytes);
  return text.data();
}

}  // namespace

ZapHandler::ZapHandler(zmq::context_t& context, const std::vector<std::string>& allowed_keys, OnRefused on_refused)
    : allowed_keys_(allowed_keys.begin(), allowed_keys.end()),
      on_refused_(std::move(on_refused)),
      socket_(std::make_unique<zmq::socket_t>(context, zmq::socket_type::rep)) {
  socket_->set(zmq::sockopt::linger, 0);
  try {
    socket_->bind(kAddress);
  } catch (const zmq::error_t& error) {
    throw BusError(std::string("cannot bind ") + kAddress + ": " + error.what());
  }
  thread_ = std::thread([this] { run(); });
}

ZapHandler::~ZapHandler() {
  stop_.ring();
  thread_.join();
}

void ZapHandler::run() {
  zmq::pollitem_t items[] = {{socket_->handle(), 0, ZMQ_POLLIN, 0}, {nullptr, stop_.fd(), ZMQ_POLLIN, 0}};
  while ((items[1].revents & ZMQ_POLLIN) == 0) {
    try {
      zmq::poll(items, std::size(items), std::chrono::milliseconds{-1});
      while (answer_next()) {
      }
    } catch (const zmq::error_t& error) {
      if (error.num() == ETERM) break;  // the context ends, and waits for this socket
      if (error.num() != EINTR) throw;
    }
  }
  socket_.reset();
}

// Returns whether a request was there.
bool ZapHandler::answer_next() {
  std::vector<std::string> request;
  zmq::message_t frame;
  if (!socket_->recv(frame, zmq::recv_flags::dontwait)) return false;
  request.push_back(frame.to_string());
  while (frame.more()) {
    (void)socket_->recv(frame, zmq::recv_flags::none);
    request.push_back(frame.to_string());
  }

  const bool admitted = admits(request);
  const std::string id = request.size() > kId ? request[kId] : "";
  const char* const status = admitted ? "200" : "400";
  const char* const reason = admitted ? "OK" : "not on the allow-list";
  const std::string reply[] = {kVersion, id, status, reason, /* user id */ "", /* metadata */ ""};
  for (const auto& part : reply) {
    const bool last = &part == std::end(reply) - 1;
    socket_->send(zmq::buffer(part), last ? zmq::send_flags::none : zmq::send_flags::sndmore);
  }
  return true;
}

bool ZapHandler::admits(const std::vector<std::string>& request) {
  if (request.size() != kRequestFrames || request[kRequestVersion] != kVersion) return false;
  if (request[kMechanism] != "CURVE" || request[kKey].size() != kKeyBytes) return false;
  const auto key = as_text(request[kKey]);
  if (allowed_keys_.contains(key)) return true;
  ++refused_;
  const auto& peer = request[kPeer];
  if (on_refused_ && told_.admit(key + " " + peer, std::chrono::steady_clock::now()))
    on_refused_({key, peer, refused_});
  return false;
}

}  // namespace risk::bus
