// A SUB socket on one address: within it frames keep their order, and leaving it is closing it. While records are
// missing that the publisher has, the frame before which they are missing is held, and nothing more is read: what
// follows waits in the socket, and what finds no room there is asked for later.
//
// libzmq opens a connection again that ended in the network, but never one that it ended itself: the peer sent a
// message over the limit, or does not speak ZMTP (for a moment, on a port that changes hands). Its events tell the two
// apart.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "transport/endpoint.hpp"
#include "transport/handshake.hpp"
#include "transport/inflow.hpp"
#include "transport/replay_client.hpp"
#include "transport/stream_table.hpp"

namespace zmq {
class context_t;
class socket_t;
}  // namespace zmq

namespace risk::bus {

class Connection {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  // `path` is a number that no other connection of the context has had. Throws BusError.
  Connection(zmq::context_t& context, const Endpoint& address, const std::vector<std::string>& topics,
             std::uint32_t frames_queued_max, std::uint64_t path, const std::optional<CurveClient>& curve);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  std::uint64_t path() const { return path_; }
  const Endpoint& address() const { return address_; }
  const std::string& from() const { return from_; }
  zmq::socket_t& socket() { return *socket_; }

  ReplayClient& replay() { return replay_; }

  // What is asked for, and the frame that waits for it.
  struct Held {
    StreamTable::Missing missing;
    std::string frame;
    Instant heard;                    // a word of the answer, or the question
    std::uint64_t asked = 0;          // the first record asked for
    std::optional<Instant> ask_at{};  // the publisher could not tell; ask again then
  };
  std::optional<Held>& held() { return held_; }

  // Whether libzmq gave the connection up: it has to be made anew. Takes note of what happened since the last call.
  bool given_up(Instant now);

  // Whether the peer was cut off now, for it sends without end: frames, or answers. What was lost is asked for again.
  bool cut_if_endless(Instant now) {
    note_events(now);
    return inflow_.cut_if_endless() || replay_.cut_if_endless();
  }
  void note_read(std::size_t bytes) { inflow_.note_read(bytes); }

  // What the peer does to our handshakes, as of the last given_up(): see Handshake::problem().
  std::string handshake_problem() const { return handshake_.problem(); }

 private:
  void note_events(Instant now);

  std::uint64_t path_;
  Endpoint address_;
  std::string from_;
  std::unique_ptr<zmq::socket_t> socket_;
  std::unique_ptr<zmq::socket_t> events_;
  Handshake handshake_;
  Inflow inflow_;
  std::optional<Instant> ended_;  // and not being opened again
  ReplayClient replay_;
  std::optional<Held> held_;
};

}  // namespace risk::bus
