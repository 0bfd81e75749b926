#include "transport/peer_guard.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>
#include <zmq.hpp>

#include "transport/handshake.hpp"
#include "transport/tcp.hpp"

namespace risk::bus {
namespace {

constexpr int kEventsQueuedMax = 100'000;  // libzmq's thread waits where they are not taken

}  // namespace

PeerGuard::PeerGuard(zmq::context_t& context, zmq::socket_t& socket, const std::string& name, const PeerLimits& limits,
                     OnDropped on_dropped)
    : socket_(socket),
      events_(std::make_unique<zmq::socket_t>(
          watch(context, socket, name, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED, kEventsQueuedMax))),
      limits_(limits),
      on_dropped_(std::move(on_dropped)) {}

PeerGuard::~PeerGuard() {
  if (thread_.joinable()) {
    stop_.ring();
    thread_.join();
  }
  // Before the events have nobody to go to.
  zmq_socket_monitor(socket_.handle(), nullptr, 0);
}

void PeerGuard::start(std::uint16_t port) {
  port_ = port;
  thread_ = std::thread([this] { run(); });
}

void PeerGuard::note_read(zmq::message_t& last_part, std::size_t message_bytes) {
  const int fd = zmq_msg_get(last_part.handle(), ZMQ_SRCFD);  // -1 where the peer speaks a protocol before ZMTP 3
  const std::lock_guard lock(mutex_);
  const auto peer = peers_.find(fd);
  if (peer != peers_.end()) peer->second.read += message_bytes + kWireOverheadBytes;
}

void PeerGuard::run() {
  zmq::pollitem_t items[] = {{events_->handle(), 0, ZMQ_POLLIN, 0}, {nullptr, stop_.fd(), ZMQ_POLLIN, 0}};
  while ((items[1].revents & ZMQ_POLLIN) == 0) {
    try {
      zmq::poll(items, std::size(items), peers_.empty() ? std::chrono::milliseconds{-1} : kTick);
      note_events();
      judge_all();
    } catch (const zmq::error_t& error) {
      if (error.num() == ETERM) break;
      if (error.num() != EINTR) throw;
    }
  }
}

void PeerGuard::note_events() {
  while (const auto event = next_event(*events_)) {
    const int fd = static_cast<int>(event->value);
    if (event->event == ZMQ_EVENT_ACCEPTED) {
      note_accepted(fd);
    } else if (event->event == ZMQ_EVENT_DISCONNECTED) {
      const std::lock_guard lock(mutex_);
      peers_.erase(fd);
    }
  }
}

void PeerGuard::note_accepted(int fd) {
  const auto ends = ends_of(fd);
  if (!ends || ends->port_here != port_) return;  // gone already
  const std::lock_guard lock(mutex_);
  auto& peer = peers_[fd] = {*ends, 0, false};
  const auto of_address = std::count_if(peers_.begin(), peers_.end(), [&](const auto& entry) {
    return entry.second.ends.peer_address == peer.ends.peer_address && !entry.second.is_dropped;
  });
  const auto of_all =
      std::count_if(peers_.begin(), peers_.end(), [](const auto& entry) { return !entry.second.is_dropped; });
  if (static_cast<std::size_t>(of_address) > limits_.peers_per_address_max) {
    drop(fd, peer, "more than " + std::to_string(limits_.peers_per_address_max) + " connections of this address");
  } else if (static_cast<std::size_t>(of_all) > limits_.peers_max) {
    drop(fd, peer, "more than " + std::to_string(limits_.peers_max) + " connections");
  }
}

void PeerGuard::judge_all() {
  const std::lock_guard lock(mutex_);
  for (auto entry = peers_.begin(); entry != peers_.end();) {
    auto& [fd, peer] = *entry;
    if (ends_of(fd) != peer.ends) {  // its end was not told
      entry = peers_.erase(entry);
      continue;
    }
    const auto received = bytes_received(fd);
    if (!peer.is_dropped && received && *received > peer.read + limits_.unread_bytes_max) {
      drop(fd, peer, "more than " + std::to_string(limits_.unread_bytes_max) + " bytes of no use");
    }
    ++entry;
  }
}

// libzmq reads the end of the connection, and lets go of all that it held for it.
void PeerGuard::drop(int fd, Peer& peer, const std::string& why) {
  peer.is_dropped = true;
  ++dropped_;
  shut_down(fd, peer.ends);
  if (!on_dropped_ || !told_.admit(peer.ends.peer_address + why, std::chrono::steady_clock::now())) return;
  on_dropped_(peer.ends.peer_address + " is cut off: " + why + "; " + std::to_string(dropped_) + " connections so far");
}

}  // namespace risk::bus
