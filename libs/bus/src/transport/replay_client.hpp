// A connection's second socket: asks the publisher for what did not come, and tells it what is done. Made when it is
// first needed: frames say on which port. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "risk/bus/curve.hpp"
#include "transport/endpoint.hpp"
#include "transport/inflow.hpp"
#include "transport/replay_message.hpp"

namespace zmq {
class context_t;
class socket_t;
}  // namespace zmq

namespace risk::bus {

class ReplayClient {
 public:
  // `publisher` is the address that the frames come from; `name` is one that no other watched socket of the context
  // has.
  ReplayClient(zmq::context_t& context, Endpoint publisher, std::string name, std::optional<CurveClient> curve);
  ~ReplayClient();
  ReplayClient(ReplayClient&&) noexcept;
  ReplayClient& operator=(ReplayClient&&) noexcept;

  // Asks for the records from `first` on.
  void ask(std::uint16_t port, const StreamKey& stream, std::uint64_t epoch, std::uint64_t first);
  // Asks for the hash of a record.
  void ask_proof(std::uint16_t port, const StreamKey& stream, std::uint64_t epoch, std::uint64_t sequence);
  void tell_committed(std::uint16_t port, const std::string& consumer, const StreamKey& stream, std::uint64_t epoch,
                      std::uint64_t sequence);

  void note_read(std::size_t bytes) { inflow_.note_read(bytes); }
  // See Connection.
  bool cut_if_endless();

  // Precondition: something was asked.
  zmq::socket_t& socket() { return *socket_; }

 private:
  void send(std::uint16_t port, const ReplayMessage& message);

  zmq::context_t* context_;
  Endpoint address_;  // port 0: not connected yet
  std::string name_;
  std::uint64_t sockets_ = 0;  // so far
  std::optional<CurveClient> curve_;
  Inflow inflow_;  // of answers, one at a time
  std::unique_ptr<zmq::socket_t> socket_;
  std::unique_ptr<zmq::socket_t> events_;
};

}  // namespace risk::bus
