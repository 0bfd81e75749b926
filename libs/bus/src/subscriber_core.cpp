#include "subscriber_core.hpp"

#include <algorithm>
#include <cerrno>
#include <zmq.hpp>

#include "risk/base/check.hpp"

namespace risk::bus {
namespace {

constexpr std::size_t kFramesPerTurn = 64;     // of one connection before the next is read
constexpr std::size_t kFramesPerDrain = 4096;  // then the clock is asked again, whatever keeps coming
constexpr std::chrono::milliseconds kInspectInterval{500};

}  // namespace

struct SubscriberCore::Sockets {
  zmq::context_t context{1};
  std::vector<zmq::pollitem_t> poll_items;  // the doorbell, then each connection
  zmq::message_t message;
};

SubscriberCore::~SubscriberCore() = default;

SubscriberCore::SubscriberCore(SubscriberOptions options, SubscriberHandlers handlers, LookUp look_up)
    : options_(std::move(options)),
      table_(std::move(handlers), options_.silence_max, options_.first_met),
      sockets_(std::make_unique<Sockets>()) {
  for (const auto& topic : options_.topics) RISK_CHECK(is_topic(topic));
  std::vector<Endpoint> names;
  for (const auto& text : options_.endpoints) {
    auto endpoint = parse_connect_endpoint(text);
    if (endpoint.is_numeric()) {
      fixed_.insert(std::move(endpoint));
    } else {
      names.push_back(std::move(endpoint));
    }
  }

  sockets_->poll_items.push_back({nullptr, bell_.fd(), ZMQ_POLLIN, 0});
  for (const auto& address : fixed_) connect(address);
  if (names.empty()) return;
  resolver_ = std::make_unique<Resolver>(std::move(names), options_.resolve_interval, std::move(look_up), [this] {
    resolved_ = true;
    bell_.ring();
  });
}

void SubscriberCore::connect(const Endpoint& address) {
  connections_.emplace_back(sockets_->context, address, options_.topics, options_.frames_queued_max, ++last_path_);
  sockets_->poll_items.push_back({connections_.back().socket().handle(), 0, ZMQ_POLLIN, 0});
}

void SubscriberCore::connect_as_resolved() {
  auto wanted = resolver_->take();
  if (!wanted) return;
  wanted->insert(fixed_.begin(), fixed_.end());

  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (wanted->erase(connections_[i].address()) > 0) continue;
    leave(i);
  }
  for (const auto& address : *wanted) connect(address);
}

void SubscriberCore::leave(std::size_t i) {
  table_.forget_path(connections_[i].path());
  connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
  sockets_->poll_items.erase(sockets_->poll_items.begin() + 1 + static_cast<std::ptrdiff_t>(i));
}

void SubscriberCore::renew_given_up(Clock::time_point now) {
  if (now - inspected_ < kInspectInterval) return;
  inspected_ = now;
  for (std::size_t i = connections_.size(); i-- > 0;) {
    auto& connection = connections_[i];
    const bool has_frames = (connection.socket().get(zmq::sockopt::events) & ZMQ_POLLIN) != 0;
    if (!connection.given_up(now) || has_frames) continue;
    table_.bad_frame(connection.from(), "does not speak ZeroMQ, or sent a message of more than " +
                                            std::to_string(kFrameBytesMax) + " bytes; connecting again");
    const auto address = connection.address();
    leave(i);
    connect(address);
  }
}

void SubscriberCore::resume_after(const StreamId& stream, std::uint64_t epoch, std::uint64_t sequence) {
  const auto key = parse_stream_id(stream.text);
  RISK_CHECK(key);
  table_.resume_after(*key, epoch, sequence);
}

std::size_t SubscriberCore::poll(std::chrono::milliseconds timeout, std::size_t records_max) {
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    if (resolved_.exchange(false)) connect_as_resolved();
    renew_given_up(Clock::now());
    const bool woken = woken_.exchange(false);
    const auto delivered = drain(records_max);
    if (delivered > 0 || woken) return delivered;
    const auto remaining = deadline - Clock::now();
    if (remaining <= Clock::duration::zero()) return 0;
    wait(std::min<Clock::duration>(remaining, kInspectInterval));
  }
}

std::size_t SubscriberCore::drain(std::size_t records_max) {
  std::size_t delivered = 0;
  std::size_t frames = 0;
  std::size_t silent = 0;  // connections in a row with nothing to read
  while (silent < connections_.size() && delivered < records_max && frames < kFramesPerDrain) {
    auto& connection = connections_[turn_++ % connections_.size()];
    const auto now = Clock::now();
    std::size_t read = 0;
    while (read < kFramesPerTurn && delivered < records_max &&
           connection.socket().recv(sockets_->message, zmq::recv_flags::dontwait)) {
      ++read;
      if (sockets_->message.more()) {
        table_.bad_frame(connection.from(), "a message of several parts");
        while (sockets_->message.more()) (void)connection.socket().recv(sockets_->message, zmq::recv_flags::none);
        continue;
      }
      delivered += table_.take(sockets_->message.to_string_view(), connection.path(), connection.from(), now);
    }
    frames += read;
    silent = read == 0 ? silent + 1 : 0;
  }
  return delivered;
}

void SubscriberCore::wait(Clock::duration time) {
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(time);
  try {
    zmq::poll(sockets_->poll_items, rounded);
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw BusError(std::string("cannot wait for frames: ") + error.what());
  }
  if ((sockets_->poll_items.front().revents & ZMQ_POLLIN) != 0) bell_.silence();
}

void SubscriberCore::wake() {
  woken_ = true;
  bell_.ring();
}

}  // namespace risk::bus
